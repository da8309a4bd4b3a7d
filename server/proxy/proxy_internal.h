/* proxy_internal.h: what the files of this folder share.
 *
 * proxy.c is the way in: loops, breadth, whom to ask, redirection; preferences.c and plan.c say
 * which contacts in which order, expand.c what becomes of those that are users of ours; calls.c
 * bounds what waits for an answer; bucket.c keeps what waits for a device; fork.c is the response
 * context of RFC 3261 16.7; forward.c writes requests, send.c sends them; redirect.c answers 302;
 * loop.c makes and finds the keys; answer.c keeps and writes what goes back; lines.c knows the
 * calls of our users. */
#ifndef PROXY_PROXY_INTERNAL_H
#define PROXY_PROXY_INTERNAL_H

#include "base/memory.h"
#include "front/relay.h"
#include "proxy/lines_internal.h"
#include "proxy/send.h"

enum { MESSAGE_MAX = 131072, ADDED_MAX = 65536, URI_MAX = 8192 };

struct fork;

/* calls.c: the calls that wait for their answer, of whom they are counted. */
enum call_party { CALL_SOURCE, CALL_CALLER, CALL_CALLEE, CALL_PARTIES };
struct tally;
struct calls {
    struct tally *tallies;
    unsigned count; /* of all */
};
/* What one of them is counted in. */
struct call {
    struct tally *tallies[CALL_PARTIES]; /* NULL: not counted of that party */
    bool counted;
};

/* What is known of a user's contacts, and what the caller thinks of them. */
struct choice {
    struct proxy_target targets[PROXY_TARGETS_MAX];
    unsigned scores[PROXY_TARGETS_MAX];
    size_t count;
    struct net_flow flows[PROXY_TARGETS_MAX]; /* expand.c: memory of the targets' */
};

struct proxy {
    struct front *front;
    const struct front_parts *parts;
    struct proxy_settings settings;
    struct proxy_locator locator;
    struct fork *forks;
    struct calls calls;
    struct lines lines;
    struct proxy_waker waker; /* all NULL: nobody */
    struct held *held;        /* what waits for devices */
    size_t held_count;
    struct fork *joinable; /* that devices may join which were woken */
    struct choice found;   /* by proxy_find, the last time */
    uint64_t seed;         /* of loop keys and tallies */
    char *scratch;         /* one message at a time, MESSAGE_MAX */
    char *added;           /* what is added to it, ADDED_MAX */
};

/* Puts the contacts of users of ours in the place of targets that are such users. False when that
 * cannot be for the moment, because it would have to wait for two changes. */
bool expand_users(struct proxy *proxy, struct front_request *request, struct choice *choice);

/* proxy.c: finds and orders the contacts. `told`: they are not used but told, as they are. The
 * verdict is for the caller of the request; `later`: after a moment. */
struct chosen {
    struct verdict verdict;
    bool later;
};
struct chosen choose_targets(struct proxy *proxy, struct front_request *request, bool told,
                             struct choice *choice);
/* How often a request may be divided from here on (RFC 5393 5.3.3). */
uint32_t breadth_of(const struct proxy *proxy, const struct front_request *request);

/* True when a request for it goes by TLS: its URI says so, or its flow is so. */
bool proxy_target_is_secure(const struct proxy_target *target);

/* plan.c: the order in which targets are tried. */
enum plan_manner {
    PLAN_BY_Q,      /* those of one q together, the highest first (RFC 3261 16.6) */
    PLAN_TOGETHER,  /* all */
    PLAN_ONE_BY_ONE /* Request-Disposition: sequential (RFC 3841 9.1) */
};
struct plan_place {
    unsigned group; /* from 0; a group begins when the one before has failed */
    unsigned lead;  /* the target that stands for this one's device: itself, unless there is an
                       earlier one with the same instance (RFC 5626 7) */
};
/* Orders by q, those of one q by score, each in the order in which they came. */
void plan_sort(struct proxy_target *targets, unsigned *scores, size_t count);
/* Finds the place of each target; they stand in their order. */
void plan_make(const struct proxy_target *targets, size_t count, enum plan_manner manner,
               struct plan_place *places);
/* How many devices the widest group has. */
unsigned plan_widest(const struct plan_place *places, size_t count);

/* loop.c: the part of our branches by which a loop is known from a spiral (RFC 5393 4.2). */
uint64_t loop_key(const struct proxy *proxy, const struct front_request *request);
/* True when the request has been here before with this key. */
bool loop_found(const struct proxy *proxy, const struct front_request *request, uint64_t key);

/* forward.c: a request for one target. */
struct forward {
    const struct front_request *request;
    struct bytes uri, route;     /* the target and what leads there; route may be empty */
    const struct net_flow *flow; /* by which it is reached; NULL: to be found out */
    uint32_t breadth;            /* its Max-Breadth */
};
struct forwarded {
    struct bytes line, head; /* in the proxy's scratch memory: good until the next is written */
    struct bytes next_hop;   /* where to look for a way */
    char memory[2 * URI_MAX];
};
/* False when it does not fit into what we write (513). */
bool forward_write(struct proxy *proxy, const struct forward *forward, struct forwarded *out);
/* send.c: one request on its way to one target. */
struct dispatch {
    const struct front_request *request;
    struct bytes uri, route;
    const struct net_flow *flow; /* NULL: none known; one that is gone is passed over ... */
    bool flow_only;              /* ... or, with this, is the only way */
    uint32_t breadth;
    uint64_t loop_key;
    struct store_change after;
    client_answer_fn answer;
    void (*add)(void *context, const struct net_flow *flow, struct buffer *out);
    void *context;
};
/* As proxy_send. */
uint64_t dispatch_send(struct proxy *proxy, const struct dispatch *dispatch, unsigned *why);

/* The domain of ours for which a request goes on: the target's whose contact is meant, else the
 * sender's, else, inside a dialog, the other side's; empty: none of ours. */
struct bytes forward_speaker(const struct proxy *proxy, const struct front_request *request);
/* True when who is at this URI can only be reached by this flow: a stream, or a datagram's way
 * through a NAT. */
bool forward_flow_only(const struct net_flow *flow, struct bytes uri);
/* True when a request with this target and route goes on with sips in its Request-URI or topmost
 * Route. */
bool forward_is_secure(struct bytes uri, struct bytes route);

/* redirect.c: answers 302 with the targets in their order. */
void redirect_to(struct front_request *request, const struct proxy_target *targets,
                 const unsigned *scores, size_t count);

/* answer.c: the best of the final responses (RFC 3261 16.7 steps 3 to 7), as it goes back. */
void answer_release(struct proxy *proxy, struct proxy_best *answer);
/* A response, where it came from and where it goes. */
struct answered {
    const struct sip_message *response;
    const struct net_address *from, *to;
};
/* A response as it goes back, in the proxy's scratch memory; empty when it must not: no Via but
 * ours (step 3), or too large. */
struct bytes answer_write(struct proxy *proxy, const struct answered *answered);
/* Keeps the response when it is better than what there was (step 6); challenges are gathered (step
 * 7). */
void answer_consider(struct proxy *proxy, struct proxy_best *answer,
                     const struct answered *answered);
/* The order of step 6, lower is better. */
unsigned answer_badness(unsigned status);

/* True when one more INVITE may be under way; else it was answered. */
bool calls_admit(const struct proxy *proxy, struct front_request *request);
/* Counts it, and, when it is counted, no more. */
void call_begin(struct proxy *proxy, const struct front_request *request, struct call *call);
void call_end(struct proxy *proxy, struct call *call);

/* fork.c */
struct fork_plan {
    const struct proxy_target *targets;
    const struct plan_place *places;
    size_t count;
    uint32_t breadth;
    uint64_t loop_key;
    struct server_transaction *server; /* NULL: one is begun */
    unsigned spare;                    /* devices that were woken and may join */
    bool no_cancel;                    /* RFC 3841 9.1 */
};
/* Fills in targets, at most as many as may be, their places and the breadth. */
void plan_for(struct proxy *proxy, const struct front_request *request, const struct choice *choice,
              enum plan_manner manner, struct plan_place *places, struct fork_plan *plan);
/* Begins; it answers by itself and ends by itself. */
void fork_begin(struct proxy *proxy, struct front_request *request, const struct fork_plan *plan);
/* How many have not ended. */
size_t fork_count(const struct proxy *proxy);
/* A device of the user registered: calls that wait for it go there, too, when the turn is over. */
void fork_device_came(struct proxy *proxy, struct bytes aor);
/* Cancels the one that tells of this call, as its caller would (RFC 3261 16.10). */
void fork_cancel(struct proxy *proxy, const struct line_call *call);
/* Ends all of a proxy's forks; nobody is answered. */
void fork_end_all(struct proxy *proxy);

#endif
