/* front.h: the SIP front end: a request's way through the routing table to who handles it.
 *
 * The table (steps.c) is an ordered list of steps, each of which looks at one thing, and lets the
 * request pass or answers it: overload, syntax, hops, Route, whom it is aimed at, Require, open
 * relaying, the home of who is meant, room in the store, credentials, the user. So no handler
 * repeats a check. Parts register methods with what they need; what is not for this server itself,
 * and what has no handler, is relayed by whoever registered SIP_METHOD_OTHER (the proxy). OPTIONS
 * for the server itself is answered here. */
#ifndef FRONT_FRONT_H
#define FRONT_FRONT_H

#include "base/log.h"
#include "base/metrics.h"
#include "front/accounts.h"
#include "front/auth.h"
#include "front/domains.h"
#include "front/flow_token.h"
#include "front/gruu.h"
#include "front/guard.h"
#include "front/why.h"
#include "policy/policy.h"
#include "transaction/transaction.h"

enum front_needs {
    FRONT_PROVED = 1,     /* the sender is an authenticated local user (or at a trusted address) */
    FRONT_LOCAL_USER = 2, /* out of a dialog, the target is an existing local user */
    FRONT_CHANGES = 4,    /* it changes what is stored: 503 when the store has no room */
    FRONT_RELAYED = 8,    /* we are a proxy for it: 407 instead of 401 (RFC 3261 22.3) */
    FRONT_TO_IS_TARGET =
        16, /* the target is in To (REGISTER, RFC 3261 10.2), the Request-URI names the domain */
    FRONT_DIALOGS = 32, /* it has dialogs with us: inside one, the dialog decides who is meant */
    FRONT_NOBODY = 64,  /* with FRONT_PROVED: who is none of ours gets to the handler as nobody,
                           which  refuses with front_refuse_stranger */
    FRONT_EVERYWHERE = 128, /* outside dialogs it handles what is aimed at a device and elsewhere,
                               too, and what is aimed at the server itself, whoever that means */
};

/* Whom a request is aimed at (RFC 3261 16.4 and 16.5). */
enum front_aim {
    FRONT_AIM_SERVER,   /* this server itself: one of its domains or addresses without a user */
    FRONT_AIM_USER,     /* an address-of-record of ours: the method's handler, else its bindings */
    FRONT_AIM_DEVICE,   /* one device of a user of ours (a GRUU, RFC 5627) */
    FRONT_AIM_ELSEWHERE /* where its Route field or its Request-URI leads, which is not us */
};

/* Who sends inside a dialog that we record-routed, as its Route proves. */
enum front_party {
    FRONT_PARTY_NONE,   /* From and To are not those of the dialog */
    FRONT_PARTY_EITHER, /* they are */
    FRONT_PARTY_CALLED, /* they are, and From is the user of ours for whom the dialog began */
};

/* A checked request, valid during the handler's call. */
struct front_request {
    struct front *front;
    struct incoming *incoming;
    const struct sip_message *message;
    struct sip_uri uri; /* the Request-URI, parsed; after strict-route repair (16.4) */
    enum front_aim aim;
    struct bytes route;   /* value of the Route field that goes on, without our own; or empty */
    struct net_flow flow; /* when has_flow: the flow that the token in our Route names (RFC 5626) */
    bool has_flow;
    bool routed;            /* a Route of our own making led here: a dialog that we record-routed */
    enum front_party party; /* ... and whether From and To are those of that dialog */
    struct bytes instance;  /* with FRONT_AIM_DEVICE: its +sip.instance, without quotes */
    struct bytes gruu_call; /* of a temporary GRUU: see gruu.h; else empty */
    struct bytes identity;  /* canonical address-of-record of the sender; empty: not proved */
    bool foreign;           /* the identity is of another domain, which has proved itself by TLS */
    struct bytes target;    /* canonical address-of-record that is meant; empty inside a dialog when
                               the Request-URI is not one of ours */
    const struct domain *domain; /* of the target, NULL inside a dialog perhaps */
    unsigned partition;          /* of the target */
    struct store_change seen;    /* the partition's state that the handler sees waits for this */
    bool in_dialog;              /* of a method that has dialogs with us, and To has a tag */
    bool from_trusted;           /* it came from a trusted address */
    bool trusted;                /* ... and is believed: it may act for others */
    bool stateful;               /* a 2xx is remembered for retransmissions */
    enum front_why why;          /* set before refusing, where the status does not say (why.h) */
    bool acknowledged; /* an INVITE inside a dialog that we relay, or whose handler sees it:
                          refusals have a transaction, because their ACK has the callee's tag
                          and would go on to him like that of a 2xx */
};

struct front_method {
    enum sip_method method;
    unsigned needs; /* enum front_needs, or-ed */
    void (*handle)(void *context, struct front_request *request);
    void *context;
    const char *supports; /* option tags that a request may require of the handler (RFC
                             3261 8.2.2.3), "path outbound"; NULL: none */
};

/* Who wants to know of flows that die (RFC 5626 7). */
struct front_flow_watch {
    void (*closed)(void *context, uint64_t connection);
    void *context;
};

/* What the front end works with; all of it outlives the front end. */
struct front_parts {
    struct world *world;
    struct net *net;
    struct store *store;
    struct transaction_layer *transactions;
    struct domains *domains;
    struct accounts *accounts;
    struct auth *auth;
    struct policy *policy;
    struct guard *guard;
    struct gruu *gruu;
    struct flow_tokens *flow_tokens;
    struct log *log;
    struct metrics *metrics;
};

struct front_settings {
    const char *server;                /* the Server field; "": none */
    const char *allow_events;          /* "presence": of 489 and OPTIONS (RFC 6665 8.2.2) */
    const char *accept;                /* body types, of OPTIONS */
    unsigned retry_after_s;            /* of 503; default 5 */
    unsigned late_ms;                  /* see overload.h; default 50 */
    const struct net_network *trusted; /* whose requests are believed without a challenge (a PBX) */
    size_t trusted_count;
};

struct front *front_new(const struct front_parts *parts, const struct front_settings *settings);
void front_free(struct front **front);
const struct front_parts *front_parts(const struct front *front);
const struct front_settings *front_settings(const struct front *front);

/* Takes over changed settings while running. */
void front_reload(struct front *front, const struct front_settings *settings);

/* Registers a method at start-up; one handler a method. SIP_METHOD_OTHER: whatever is to be
 * relayed, of any method, the ACK for a 2xx too (to which nothing is answered: front_refuse drops
 * it). Copied. */
void front_register(struct front *front, const struct front_method *method);

/* Registers a service of the server's own: what has this method and is for user@DOMAIN or
 * user+ANYTHING@DOMAIN, of any domain of ours, goes to this handler, aimed at FRONT_AIM_SERVER,
 * with the handler's needs and option tags. An account of the very name that is meant goes before.
 * Once more for the same method: the service has this name from now on; "" none. At most
 * FRONT_SERVICES_MAX; copied, but for the texts. */
enum { FRONT_SERVICES_MAX = 4 };
void front_register_service(struct front *front, const char *user,
                            const struct front_method *method);

/* Has the watch called for each connection that goes, in the order of registration; at start-up, at
 * most FRONT_WATCHES_MAX. Copied. */
enum { FRONT_WATCHES_MAX = 4 };
void front_watch_flows(struct front *front, const struct front_flow_watch *watch);

/* A partition whose state is not there is closed: what is meant for its users is answered 503 until
 * it is opened again. All are open at first. */
void front_set_closed(struct front *front, unsigned partition, bool closed);
bool front_is_closed(const struct front *front, unsigned partition);

/* Starts a response (status line to CSeq, Server); the caller may add fields to the buffer, which
 * is the front end's and good for one response, and sends it with front_send.
 * `to_tag` empty: derived. */
struct buffer *front_respond(struct front_request *request, unsigned status, const char *reason,
                             struct bytes to_tag);

/* Sends the response begun last, without a body, when `after` is durable, and what the handler saw
 * of its partition. With a transaction when it must wait or is a 2xx; other refusals go without
 * state (RFC 3261 8.2.7). */
void front_send(struct front_request *request, struct store_change after);

/* front_respond and front_send in one: no further fields. */
void front_refuse(struct front_request *request, unsigned status, const char *reason);
/* 403 to who is nobody here: the same whether the user that is meant exists or not. */
void front_refuse_stranger(struct front_request *request);
void front_refuse_verdict(struct front_request *request, struct verdict verdict);
/* The same with one more field that tells the way out (Accept of a 415, Min-Expires of a 423). */
void front_refuse_listing(struct front_request *request, unsigned status, const char *reason,
                          const char *field, struct bytes value);
/* The same with Retry-After, in seconds (RFC 3261 20.33). */
void front_refuse_later(struct front_request *request, unsigned status, const char *reason,
                        unsigned seconds);
/* 423: the wished time is too short; Min-Expires tells the shortest, in seconds. */
void front_refuse_interval(struct front_request *request, uint32_t least_s);

/* Our own Contact for a dialog that came over this flow: "<sip:user@host:port;transport=tcp>", by
 * the listener's address as its peers see it. `user` as it stands in an address-of-record
 * (escaped); empty: none. `secure`: a sips URI, when the flow is secure (RFC 3261 12.1.1). */
void front_write_contact(const struct front *front, const struct net_flow *flow, struct bytes user,
                         bool secure, struct buffer *out);

/* True when the sender of a request can be reached at the given Contact over the flow that the
 * request came by: the Contact names the same place as the only Via's sent-by (then it is the
 * sender itself, and it is where we saw it, NAT or not), or the place where we saw it, or a host
 * that cannot be dialled (".invalid", a GRUU of ours). False: the Contact is to be followed
 * instead. */
bool front_contact_is_sender(const struct front *front, const struct incoming *incoming,
                             const struct sip_uri *contact);

#endif
