/* look.h: what an operator wants to know of presence, and may order. Nothing here is on the way of
 * a request. What is looked at may be younger than what is durable: an answer that tells of it
 * waits for the latest change of the user's partition. */
#ifndef PRESENCE_LOOK_H
#define PRESENCE_LOOK_H

#include "base/spread.h"
#include "policy/policy.h"
#include "presence/presence.h"

/* Publications. */

/* In the order of what is worth more (pidf/compose.c). */
enum presence_life {
    PRESENCE_LIVE,     /* a client's who is there */
    PRESENCE_SET,      /* hard state (presence_set_state) */
    PRESENCE_LAST_SEEN /* of a client that is lost: shown closed */
};

struct presence_look_publication {
    uint64_t id; /* of this one, at its user; the same over refreshes and restarts */
    const char *event;
    enum presence_life life;
    struct bytes content_type, body;
    struct bytes instance;       /* of its client's device; empty: unknown */
    const struct net_flow *flow; /* where it came from; NULL: unknown */
    uint64_t changed_ms;         /* wall clock; refreshes do not count */
    uint64_t expires_ms;         /* 0: never */
    uint64_t closes_ms;          /* its client is lost, and this is when it goes, or went, closed */
};
typedef void (*presence_look_publication_fn)(void *context,
                                             const struct presence_look_publication *publication);
/* Visits what there is of a user, of one event or (empty) of all, in the order in which it is
 * composed. */
void presence_look_publications(struct presence *presence, struct bytes event, struct bytes aor,
                                presence_look_publication_fn visit, void *context);

/* What is composed, as it would be sent. */

struct presence_look_state {
    struct blob *body;   /* a reference for the caller */
    const char *type;    /* of it, a constant */
    uint64_t changed_ms; /* of the youngest publication; 0: there is none */
    unsigned publications;
    bool registered;     /* by registrations, where those count */
    bool doubted;        /* nobody is registered, so what clients publish is not believed */
    bool fallback;       /* nobody publishes, and it is shown that the user is registered */
    struct bytes sphere; /* lies in the publications; empty: undefined */
};
/* The whole. False: no such event package, or one without states (winfo). */
bool presence_look_state(struct presence *presence, struct bytes event, struct bytes aor,
                         struct presence_look_state *state) __attribute__((warn_unused_result));

/* What a watcher may see of it now, subscribed or not. */
struct presence_look_view {
    struct policy_decision decision; /* its rights are a reference for the caller */
    struct blob *body;               /* a reference for the caller; NULL: nothing at all */
    const char *type;
    bool by_event; /* no default decided, nor a rule that allows, but the event */
    bool cut;      /* its rights leave less than there is */
    bool offline;  /* blocked politely: shown as if nothing were published */
};
/* `filter` is one of a subscription that is visited, or empty. Of winfo, whose documents are each
 * reader's own, there is no body. False: no such event package. */
bool presence_look_as(struct presence *presence, struct bytes event, struct bytes aor,
                      const struct policy_watcher *watcher, struct bytes filter,
                      struct presence_look_view *view) __attribute__((warn_unused_result));

/* Subscriptions. */

enum presence_owed {
    PRESENCE_OWED_NOTHING,
    PRESENCE_OWED_UNDER_WAY, /* a NOTIFY is on its way, and not answered yet */
    PRESENCE_OWED_POLICY,    /* one waits until policy was asked again */
    PRESENCE_OWED_ASKED,     /* its watcher said Retry-After */
    PRESENCE_OWED_SILENT,    /* it did not answer, and is tried again */
    PRESENCE_OWED_NO_WAY,    /* held: there is no way to it */
    PRESENCE_OWED_PACED,     /* it was told a moment ago */
    PRESENCE_OWED_QUEUED     /* its turn after a restart has not come */
};

struct presence_look_subscription {
    uint64_t id; /* of this one, at its presentity and event; the same over restarts */
    struct bytes presentity, watcher;
    const char *event;
    struct bytes event_id, call_id, target; /* the remote target, a URI */
    struct bytes local_tag, remote_tag;
    struct bytes instance; /* of its device; empty: unknown */
    const char *accept;
    const char *state;     /* "active", "pending", "waiting", "terminated" */
    const char *cause;     /* the event of RFC 3858 that led there */
    bool foreign, trusted; /* how the watcher was proved (policy.h) */
    uint64_t begun_ms;     /* wall clock; 0: unknown */
    uint64_t expires_ms;
    uint64_t waits_since_ms; /* for the presentity's word; 0: it does not */
    const struct net_flow *flow;
    uint64_t told_ms; /* wall clock, of the last NOTIFY in this life of the server; 0: none */
    const char *told; /* the state that it told; "" none */
    unsigned answer;  /* its final answer; 0: none yet */
    bool heard;       /* that came from the watcher's side; else 408: silence, 503: no way */
    uint32_t cseq;    /* of the last NOTIFY */
    uint32_t version; /* of its partial state (RFC 5263); 0: it gets whole states */
    enum presence_owed owed;
    uint64_t owed_since_ms; /* of a trouble, wall clock; 0: none */
    bool sees;              /* it is shown the state, or part of it */
    bool cut, offline;      /* see presence_look_view */
    struct bytes filter;    /* RFC 4661, empty: none */
};
typedef void (*presence_look_subscription_fn)(
    void *context, const struct presence_look_subscription *subscription);

/* Each empty: any. */
struct presence_look_query {
    struct bytes presentity, watcher, event;
    struct bytes after; /* a name by presence_look_name; empty: from the first */
    size_t most;
};
/* "event;presentity;id": the name of a subscription, by which they are ordered. */
void presence_look_name(const struct presence_look_subscription *subscription, struct buffer *out);
/* False: presence_look_name never wrote this. The subscription may have ended. */
bool presence_look_is_name(struct bytes name);
/* Visits those that the query means, in the order of their names, those that have ended and are
 * but remembered apart; true: there are more. Without presentity and watcher all resources are
 * walked once. */
bool presence_look_subscriptions(struct presence *presence, const struct presence_look_query *query,
                                 presence_look_subscription_fn visit, void *context);

/* Visits the one with this name; false: there is none. */
bool presence_look_one(struct presence *presence, struct bytes name,
                       presence_look_subscription_fn visit, void *context);

/* How the last subscription of a watcher ended, if that is still known. */
enum presence_end {
    END_NONE, /* nothing is known of any */
    END_UNSUBSCRIBED,
    END_EXPIRED,
    END_REJECTED,
    END_GIVEUP,
    END_DEACTIVATED,
    END_PROBATION,
    END_NORESOURCE,
    END_SILENT,      /* a NOTIFY was not answered */
    END_REFUSED,     /* a NOTIFY was answered with a refusal */
    END_UNREACHABLE, /* there was no way to it */
    PRESENCE_ENDS
};
/* And the last NOTIFY of it. */
struct presence_ended {
    enum presence_end why;
    uint64_t when_ms; /* wall clock */
    uint64_t told_ms; /* the same, of the NOTIFY; 0: none was sent in this life of the server */
    unsigned answer;  /* as in struct presence_look_subscription */
    bool heard, has_flow;
    struct net_flow flow;
};
void presence_look_end(const struct presence *presence, struct bytes event, struct bytes presentity,
                       struct bytes watcher, struct presence_ended *ended);

/* Orders. */

/* Ends the subscription of this name. `reason` is one of RFC 6665 4.1.3 that RFC 6665 4.4.1 lets
 * end it: "deactivated" (it may come back at once), "probation" (later), "rejected" (it is not to
 * come back). ERR_PARSE: no name, or no such reason; ERR_NOT_FOUND; ERR_BUSY: nothing can be
 * changed now. The NOTIFY leaves when *change is durable. */
enum err presence_end_subscription(struct presence *presence, struct bytes name,
                                   struct bytes reason, struct store_change *change)
    __attribute__((warn_unused_result));

/* Takes away one publication of the user, or (`id` NULL) all but hard state, as if its client had
 * removed it (RFC 3903 4.5): watchers are told, nothing of it is left, and its entity-tag is good
 * for nothing any more (412). ERR_NOT_FOUND: there is none with this id; ERR_CONFLICT: it is hard
 * state, which presence_set_state takes out; ERR_BUSY: nothing can be changed now. */
enum err presence_end_publications(struct presence *presence, struct bytes aor, const uint64_t *id,
                                   struct store_change *change) __attribute__((warn_unused_result));

/* Takes away what a device of the user has published, of all events, as if it had done so itself.
 * ERR_BUSY: nothing can be changed now. */
enum err presence_end_device(struct presence *presence, struct bytes aor,
                             const struct front_device *device, struct store_change *change)
    __attribute__((warn_unused_result));

/* How long an event package takes to tell: from a change to the last NOTIFY that was sent of it at
 * once; and, of each NOTIFY that had to wait, from the oldest news in it to its sending. */
struct presence_times {
    const char *event; /* a constant */
    const struct latency *at_once, *deferred;
};
/* Of the package with this number, from 0; false: there are no more. */
bool presence_times_of(const struct presence *presence, size_t number,
                       struct presence_times *times);

#endif
