/* rows.h: what the store keeps, as plain values. Times are milliseconds since 1970 (wall clock).
 *
 * Every row remembers the request that made it (`origin`: Call-ID, CSeq and branch), so that a
 * retransmission after a crash gets the same answer and makes no second object. A row that a
 * request removed stays, marked `ended`, until its expires_ms (64*T1 later) for the same reason.
 * Slices given to the store are copied; slices that it hands out are valid during the call. */
#ifndef STORE_ROWS_H
#define STORE_ROWS_H

#include "base/bytes.h"

struct store_origin {
    struct bytes call_id, branch;
    uint32_t cseq;
};

/* A user. HA1 in lower-case hex, in the order MD5, SHA-256, SHA-512-256; passwords are never
 * stored. Key: aor. */
struct store_account {
    struct bytes aor; /* "alice@example.org", canonical */
    struct bytes ha1[3];
    struct bytes name; /* as people are called: "Alice Archer", or empty */
    bool disabled;     /* may do nothing, and keeps what it has */
    uint64_t born;     /* tells it from an earlier one of its name; the store's to set */
    bool removed;      /* only in what store_accounts_changed visits */
    uint64_t changed;  /* rises with each change of any account; the store's to set */
};

/* Another name of an account. Key: alias. */
struct store_alias {
    struct bytes alias; /* canonical, of the account's domain */
    struct bytes aor;
    bool removed; /* only in what store_load_aliases visits */
};

/* One whom a user wants to see. Key: aor, buddy. */
struct store_buddy {
    struct bytes aor;   /* of the roster's owner */
    struct bytes buddy; /* canonical address-of-record */
    struct bytes name;  /* what the owner calls them, or empty */
    struct bytes
        groups; /* the owner's groups that it is in, a line each ("friends\nwork"), or empty */
    struct bytes notes; /* what the owner wrote about them, or empty */
    uint64_t position;  /* where the owner wants them: by position, then by address */
};

/* A group of a roster that has a place among the others, or that nobody is in yet. Key: aor, name.
 */
struct store_group {
    struct bytes aor; /* of the roster's owner */
    struct bytes name;
    uint64_t position; /* by position, then by name */
};

/* A group of people that the operator puts into rosters. A line of people is a user
 * ("alice@example.org") or all of a domain ("@example.org"). Key: name. */
struct store_shared {
    struct bytes name;
    struct bytes title;    /* what those who see it call the group */
    struct bytes members;  /* lines of people */
    struct bytes watchers; /* likewise, who has it in the roster; empty: its members */
};

/* A user's side of a call that was answered, for its lamp (RFC 4235). Key: aor, call_id, local_tag,
 * remote_tag. */
struct store_line {
    struct bytes aor, call_id, local_tag, remote_tag;
    bool initiator;                                              /* the user called */
    struct bytes local_uri, local_name, remote_uri, remote_name; /* as the INVITE had them */
    uint32_t silence_s; /* how long nothing may be heard of it */
    uint64_t since_ms, expires_ms;
};

/* What a user wants to be done otherwise than by default: "carbon" "on". Key: aor, name. */
struct store_preference {
    struct bytes aor, name, value;
};

/* Who may see a user: application/auth-policy+xml (RFC 4745, RFC 5025). Key: aor. */
struct store_rules {
    struct bytes aor;
    struct bytes document;
};

/* A binding of the registrar (RFC 3261 10.3). Key: aor, contact, instance, reg_id: flows of one
 * device have the same contact (RFC 5626 9.2), devices behind different NATs perhaps too. */
struct store_binding {
    struct bytes aor;
    struct bytes contact;    /* the URI as registered */
    struct bytes instance;   /* +sip.instance in its canonical form, or empty */
    uint32_t reg_id;         /* RFC 5626; 0: none */
    struct bytes path;       /* value of the Path field (RFC 3327), or empty */
    struct bytes parameters; /* of the Contact, as written: ";+sip.instance=..." */
    struct bytes flow;       /* where it registered from (net_flow_write); empty: unknown */
    struct bytes user_agent;
    struct store_origin origin;
    uint32_t q;          /* thousandths */
    uint64_t updated_ms; /* by its last REGISTER */
    uint64_t expires_ms;
};

/* Who a publication is of; the numbers are the database's. */
enum store_publisher {
    STORE_CLIENT = 0, /* sent PUBLISH */
    STORE_HARD = 1, /* nobody's: state that was set for the user, good until it is set again, or its
                       time is over */
    STORE_SEEN = 2  /* of a client that did not refresh it: that it was there, and until when */
};

/* A publication (RFC 3903). Key: aor, event, id. */
struct store_publication {
    struct bytes aor, event;
    struct bytes id;  /* never changes; the first entity-tag */
    struct bytes tag; /* the current entity-tag */
    struct bytes content_type, body;
    struct bytes flow; /* where it came from (net_flow_write); empty: unknown */
    struct store_origin origin;
    struct bytes instance;      /* of its publisher (+sip.instance, canonical); empty: unknown */
    struct bytes from_tag;      /* of the last request: with its Call-ID, who published */
    struct bytes previous;      /* the entity-tag before; empty: none */
    uint64_t previous_until_ms; /* how long that is good for the same publisher */
    uint64_t made_ms;           /* order of publications */
    uint64_t expires_ms;
    uint64_t closes_ms; /* when it goes, or went, closed, its publisher being lost; 0: it is not */
    bool closed;        /* what it shows is what was last seen of it */
    bool ended;
    enum store_publisher publisher;
};

/* How far a subscription is (RFC 3857 4.7.1); the numbers are the database's. One whose end its
 * watcher has not been told of stays, whatever ended it. */
enum store_state {
    STORE_ACTIVE = 0,
    STORE_ENDED = 1,       /* remembered for a while */
    STORE_TERMINATING = 2, /* its last NOTIFY is owed */
    STORE_PENDING = 3,     /* nobody said yet whether it may be */
    STORE_WAITING = 4,     /* it ended, and nobody has said so yet */
    STORE_PARTING = 5      /* the same, and its last NOTIFY is owed */
};

/* A subscription with its dialog (RFC 6665, RFC 3261 12). Key: aor, event, local_tag. */
struct store_subscription {
    struct bytes aor, event; /* the resource and the package */
    struct bytes event_id;
    struct bytes watcher; /* its address-of-record */
    struct bytes local_tag, remote_tag;
    struct bytes local_uri, remote_uri; /* To and From of the SUBSCRIBE, without tags */
    struct bytes remote_target;
    struct bytes route_set; /* the Route field's value, or empty */
    struct bytes contact;   /* our own Contact in this dialog */
    struct bytes flow;
    struct bytes accept; /* the chosen body type */
    struct store_origin
        origin; /* of the last SUBSCRIBE; its call_id is the dialog's, its cseq the remote CSeq */
    uint32_t local_cseq; /* of the last NOTIFY when the row was written */
    uint64_t epoch;      /* that wrote the row */
    uint64_t expires_ms;
    enum store_state state;
    struct bytes cause;    /* what made it so: an event's name of RFC 3857 4.7.1, or empty */
    uint64_t since_ms;     /* of the state, for those that wait for a word: when that began */
    bool foreign, trusted; /* how the watcher was proved (policy.h) */
    struct bytes instance; /* of the watcher (+sip.instance, canonical); empty: unknown */
    struct bytes filter;   /* application/simple-filter+xml, or empty */
    /* RFC 6446; 0: not asked for. The last: an adaptive-min-rate, as the interval that it means. */
    uint64_t min_interval_ms, max_interval_ms, adaptive_interval_ms;
    uint64_t held_since_ms; /* when its watcher could not be reached any more; 0: it can */
    uint64_t begun_ms;      /* when its first SUBSCRIBE came; 0: an earlier version made it */
};

#endif
