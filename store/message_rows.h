/* message_rows.h: what the store keeps of instant messages, as plain values; see rows.h. */
#ifndef STORE_MESSAGE_ROWS_H
#define STORE_MESSAGE_ROWS_H

#include "store/rows.h"

/* What a message is to the owner of its row; the numbers are the database's. */
enum store_message_kind {
    STORE_RECEIVED = 0, /* for the owner's devices */
    STORE_SENT = 1,     /* by the owner: its history, copies for its other devices, and, when its
                           receiver is not of ours, what is on its way there */
    STORE_NOTICE = 2    /* made by this server, for the owner's devices or on the owner's behalf for
                           somebody elsewhere; no part of a history */
};

/* A message of somebody's log (RFC 3428). Key: aor, serial. */
struct store_message {
    struct bytes aor; /* whose log */
    uint64_t serial;  /* by their order, one number once in a database: epoch << 40 and a count */
    enum store_message_kind kind;
    struct bytes peer;     /* canonical address-of-record of the other side, as far as proved */
    bool foreign, trusted; /* how the sender was proved (policy.h) */
    struct store_origin origin;
    struct bytes from_tag; /* with Call-ID and CSeq: which request it is */
    unsigned status;       /* of the answer that its sender got: 200 or 202; 0: not sent yet */
    struct bytes content_type;
    struct bytes head; /* request line and fields as they go on, with the blank line: no Via, Route,
                          Record-Route, credentials */
    struct bytes body; /* exactly as it came */
    uint64_t made_ms;
    uint64_t expires_ms;    /* until when its delivery is tried */
    uint64_t keep_until_ms; /* until when the row stays, at least until it has expired or all have
                               taken it */
};

/* To whom a delivery goes; the numbers are the database's. */
enum store_whom {
    STORE_TO_DEVICE = 0, /* of the owner */
    STORE_TO_PEER = 1,   /* in another domain: where the head's Request-URI leads */
    STORE_TO_ANY = 2     /* the owner has no device yet: whichever comes */
};

/* How far a delivery is; the numbers are the database's. */
enum store_delivery_state {
    STORE_OWED = 0,
    STORE_TAKEN = 1,    /* it answered 2xx */
    STORE_FAILED = 2,   /* it answered that it never will; `status` says how */
    STORE_EXPIRED = 3,  /* its time was over */
    STORE_FORGOTTEN = 4 /* the device has not been seen for too long */
};

/* A message's way to one device. Key: aor, serial, whom, device. */
struct store_delivery {
    struct bytes aor;
    uint64_t serial;
    enum store_whom whom;
    struct bytes device; /* its instance (+sip.instance, canonical); empty: all that say none */
    enum store_delivery_state state;
    unsigned status;     /* of the last answer; 0: none yet */
    unsigned tries;      /* how often it was sent */
    uint64_t changed_ms; /* of the state */
};

/* A device of a user's that is owed messages though it may be away. Key: aor, instance. */
struct store_device {
    struct bytes aor;
    struct bytes instance; /* canonical; empty: all that say none */
    uint64_t since_ms;     /* when it was seen first */
    uint64_t seen_ms;      /* and last, to the day */
};

/* What is owed, without the message's text: what a partition remembers of it. */
struct store_owed {
    struct store_delivery delivery;
    enum store_message_kind kind;
    struct bytes peer;
    uint64_t made_ms, expires_ms, keep_until_ms;
    size_t size;       /* of head and body */
    uint64_t taken_ms; /* when somebody took it first; 0: nobody has */
};

#endif
