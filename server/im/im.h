/* im.h: instant messages (RFC 3428): MESSAGE to all devices of a user, kept until each has it.
 *
 * A message is judged (judge.h), then goes to every device of its receiver that is there; it is
 * answered 200 as soon as one took it and what the others are owed is durable, 202 when it is
 * stored, at the latest after `answer_ms`, and with the best failure when no device will ever take
 * it. What is owed is delivered when the device registers, in order, one at a time, until it
 * answers 2xx or that it never will. What is for another domain is owed to that in the same way.
 * Nothing is answered 2xx that is not durable. Messages inside dialogs, and what is good for a
 * moment only (content.h), are relayed and never kept. */
#ifndef IM_IM_H
#define IM_IM_H

#include "front/device.h"
#include "front/front.h"
#include "proxy/proxy.h"

struct im;

enum { IM_TYPES_MAX = 32 };

/* Whose messages a user takes who says nothing else. */
enum im_accept { IM_ACCEPT_EVERYBODY, IM_ACCEPT_DOMAIN, IM_ACCEPT_ROSTER };

struct im_settings {
    bool store;                   /* false: what no device takes at once is refused; default true */
    unsigned answer_ms;           /* when a message is stored at the latest; default 2000 */
    unsigned offline_s;           /* how long its delivery is tried; default 30 days */
    unsigned history_s;           /* how long it is kept; 0: until delivered; default 30 days */
    unsigned foreign_s;           /* how long another domain is tried; default 2 days */
    unsigned notice_s;            /* how long a notification (IMDN) waits; default 1 day */
    unsigned stored_max;          /* messages owed to a user; default 1000 */
    unsigned stored_max_bytes;    /* likewise; default 10 MiB */
    unsigned stored_max_per_peer; /* of one sender; default 200 */
    unsigned stored_max_bytes_per_peer; /* likewise; default 5 MiB */
    unsigned devices_max;               /* of a user that are remembered; default 10 */
    unsigned device_forget_s;           /* unseen for so long, they are not; default 30 days */
    unsigned join_s; /* a device that was never seen gets what nobody took yet, or somebody took for
                        the first time so long ago at most; default 600 */
    unsigned repeats_max;    /* requests remembered after their message is gone; default 100000 */
    unsigned drains_max;     /* stored messages under way at a time; default 200 */
    unsigned retry_least_s;  /* first pause after a failure, doubled up to ... */
    unsigned retry_most_s;   /* ... this; default 5 and 600 */
    unsigned rate_max;       /* messages of one sender a minute; 0: any; default 120 */
    unsigned body_max_bytes; /* 413 above; 0: net's limit alone; default 65536 */
    unsigned list_max;       /* receivers of one list (RFC 5365); default 100 */
    const char *list_user;   /* user part of the list service; "": none; default "list" */
    bool imdn;               /* what section 8.2 of RFC 5438 lets an intermediary say */
    const char *quiet[IM_TYPES_MAX]; /* domains for which it says nothing */
    unsigned quiet_count;
    const char *types[IM_TYPES_MAX]; /* body types that are taken ("text/plain"); none: all */
    unsigned type_count;
    const char *momentary[IM_TYPES_MAX]; /* further types that are never kept */
    unsigned momentary_count;
    enum im_accept accept;
    bool carbon; /* what is not chosen by the user; default false */
};
struct im_settings im_settings_default(void);

/* Registers MESSAGE with the front end. `settings` is copied; its texts outlive their use. */
struct im *im_new(struct front *front, struct proxy *proxy, const struct im_settings *settings);
void im_free(struct im **im);
void im_reload(struct im *im, const struct im_settings *settings);

/* Forgets a partition's messages and devices and takes them from the store; see registrar_load. */
enum err im_load(struct im *im, unsigned partition) __attribute__((warn_unused_result));
void im_close(struct im *im, unsigned partition);

/* The user is no more: what is theirs is erased. */
void im_drop_user(struct im *im, struct bytes aor);

/* A device of the user's registered. */
void im_device_came(struct im *im, struct bytes aor, const struct front_device *device);

/* Other names are ours than before: what is owed to those that are goes to their users. */
void im_domains_changed(struct im *im);

/* What the im asks: by which device a user sent a request that came over this flow. */
struct im_registrations {
    struct bytes (*instance_at)(void *context, struct bytes aor, const struct net_flow *flow);
    void *context;
};
void im_ask_registrar(struct im *im, const struct im_registrations *registrations);

/* Has `waits` called when a message waits for a device that did not take it: it may be asleep
 * (RFC 8599); `silent`: even if its connection is there. Once, at start-up. */
void im_watch_waiting(struct im *im,
                      void (*waits)(void *context, struct bytes aor, struct bytes instance,
                                    bool silent),
                      void *context);

/* Before the end of the server: who waits for an answer gets it now, and what is owed then is
 * stored. */
void im_drain(struct im *im);

/* How many stored messages wait for some device of the user. Has `changed` called when that may be
 * another number; once, at start-up. */
size_t im_waiting(const struct im *im, struct bytes aor);
void im_watch_counts(struct im *im, void (*changed)(void *context, struct bytes aor),
                     void *context);

/* A message that is handed in, by the HTTP API say: judged as one that came by SIP, stored, and
 * delivered from there. */
struct im_letter {
    struct bytes from; /* canonical, of a domain of ours */
    struct bytes to;   /* canonical, of whatever domain */
    bool service;      /* `from` is no user: nothing is kept for it, it is told of no failure */
    struct bytes content_type, subject, body; /* a subject of one line, or empty */
    struct bytes name; /* makes it one message whatever is repeated: IM_NAME_LENGTH characters of a
                          token; empty: it is another one */
    bool received, sent; /* it is in the receiver's log, or in the sender's, since another life */
};
enum { IM_NAME_LENGTH = 32 };
struct im_sent {
    unsigned status; /* 202, or what SIP would answer; 429: too many of this sender */
    const char *reason;
    unsigned later_s; /* when to try again; 0: that would not help */
    uint64_t serial;  /* in the log of whoever sent it, of a service's receiver; 0: not known */
    struct store_change change; /* that 202 waits for */
};
struct im_sent im_send(struct im *im, const struct im_letter *letter);

/* Nobody is owed a stored message any more; its sender is not told. ERR_NOT_FOUND: nobody was,
 * ERR_BUSY: the store has no room. */
enum err im_end_waiting(struct im *im, struct bytes aor, uint64_t serial,
                        struct store_change *change) __attribute__((warn_unused_result));

/* What becomes of a message, notifications (IMDN) and copies of what users sent apart. Slices are
 * good during the call, before what is changed is submitted. */
enum im_fate {
    IM_STORED,    /* nobody has it yet, and somebody will */
    IM_DELIVERED, /* a device has it, or the other domain */
    IM_FAILED,    /* nobody will ever have it */
    IM_RELAYED    /* it goes to another domain */
};
struct im_news {
    enum im_fate fate;
    uint64_t serial;
    struct bytes owner, peer; /* whose it is, and the other side */
    bool sent;                /* by the owner, to another domain */
    struct bytes device;      /* that has it; or empty */
    unsigned status;          /* of a failure; 0: its time was over, or nobody answered */
};
/* At start-up, once. */
void im_watch_news(struct im *im, void (*tell)(void *context, const struct im_news *news),
                   void *context);

struct im_counts {
    size_t live;   /* messages being delivered that nobody was told of yet */
    size_t stored; /* that are owed to somebody */
    size_t devices;
};
struct im_counts im_count(const struct im *im);

#endif
