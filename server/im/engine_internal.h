/* engine_internal.h: what is owed to whom, in memory.
 *
 *     inbox (a user) --- devices, each with a queue of deliveries, the oldest first
 *                      \-- messages, each with its deliveries
 *
 * A message is LIVE while its sender has no answer: then it has a struct live. Afterwards it is
 * STORED: what it says is read from the store when it is needed (sheet.c). A delivery that is
 * under way has an attempt. A device that several deliveries name goes with the last of them. */
#ifndef IM_ENGINE_INTERNAL_H
#define IM_ENGINE_INTERNAL_H

#include <assert.h>
#include <stdlib.h>
#include <utlist.h>

#include "base/date.h"
#include "base/table.h"
#include "im_internal.h"

enum { IM_HEAD_MAX = 131072, IM_SWEEP_AT_ONCE = 16, IM_DONE_MAX = 20, LIVE_AGAIN_MAX = 2 };

/* One request on its way to one contact. */
struct way {
    struct attempt *attempt;
    uint64_t client; /* 0: it has ended */
};
struct attempt {
    struct im *im;
    struct delivery *delivery; /* NULL: it is between two readings of the rows */
    size_t pending;            /* ways that have not ended */
    size_t tried;              /* contacts of one device, one after the other */
    unsigned status;           /* the last refusal for good; 0: none */
    unsigned pause_s;          /* what Retry-After asked for */
    unsigned blame;            /* how much it speaks against the message */
    bool silent;               /* the last one that ended gave no answer */
    bool trouble;              /* one of them may take it later */
    bool drains;               /* it counts against drains_max */
    struct store_wait wait;    /* for the row of a user of ours (handover.c) */
    size_t count;
    struct way ways[];
};

struct delivery {
    struct delivery *prev, *next; /* of its device's queue, while it is owed */
    struct delivery *sibling;     /* the next one of its message */
    struct message *message;
    struct device *device;
    struct attempt *attempt; /* NULL: it is not under way */
    enum store_delivery_state state;
    enum store_delivery_state known; /* what was answered before the store refused to keep it */
    unsigned status, tries;
    unsigned asked_s;  /* by the last failure, with Retry-After */
    unsigned blame;    /* of all failures */
    bool answered;     /* the last failure was an answer */
    bool aside;        /* the others of its device go first */
    uint64_t later_ms; /* and it waits until then */
};

struct device {
    struct device *prev, *next;
    struct device *earlier, *later; /* of those that wait for drains_max */
    struct inbox *inbox;
    struct delivery *queue;
    struct timer timer;
    struct timer aside;  /* of those that have stepped aside, the next one's */
    unsigned pause_s;    /* after the next failure */
    unsigned deliveries; /* that name it */
    unsigned owed;       /* in the queue */
    enum store_whom whom;
    bool known; /* it has a row; of others than devices never */
    bool waits; /* for drains_max */
    bool came;  /* while something was under way */
    uint64_t since_ms, seen_ms;
    struct bytes name; /* its instance; of a peer: the address */
    char text[];
};

struct inbox {
    UT_hash_handle hh;
    struct inbox *prev, *next; /* of its partition */
    struct im *im;
    unsigned partition;
    struct device *devices;
    struct message *messages;      /* by serial */
    struct share *shares;          /* of those that nobody has, by peer (share.c) */
    struct store_change came;      /* what who is registered depends on */
    bool fresh;                    /* somebody has registered since that was asked for */
    size_t owed, owed_bytes;       /* stored messages that somebody is owed */
    size_t untaken, untaken_bytes; /* of them, those that nobody has: they are limited */
    size_t texts;                  /* of those owed, those that others sent */
    unsigned done;                 /* those kept only for devices that may join */
    struct bytes aor;
    char text[];
};

/* Has the sender been told that it failed? BEGUN: it is not durable yet, or is tried again. */
enum message_told { TOLD_NOTHING, TOLD_BEGUN, TOLD_DONE };

enum message_rest { REST_NONE, REST_ENDED, REST_JOINS };

struct message {
    struct message *prev, *next;
    struct message *older, *newer; /* of those that wait to be forgotten */
    UT_hash_handle hh;
    uint64_t identity; /* of the request that it came by, and its owner */
    struct inbox *inbox;
    struct delivery *deliveries;
    struct live *live; /* NULL: its sender has been answered */
    struct timer expiry;
    struct store_wait wait;
    uint64_t serial, made_ms, expires_ms;
    uint64_t taken_ms;  /* by somebody first; 0: by nobody */
    uint64_t forget_ms; /* with a rest */
    uint64_t failed_ms; /* when its sender was to be told first */
    uint64_t peer_key;
    enum store_message_kind kind;
    enum message_rest rest;
    enum message_told told;
    unsigned tell_pause_s; /* before its sender is told again */
    unsigned status;       /* of its answer; 0: none yet */
    size_t size;
    bool stored;   /* it has a row */
    bool durable;  /* and that is written */
    bool counted;  /* among what its inbox is owed */
    bool withheld; /* rows of its deliveries are not written: its sender is told first */
    bool carbon;   /* its sender's row, of a message for a user of ours */
    bool burdens;  /* and among what nobody has of that */
    bool directed; /* to one device: nobody joins */
    struct bytes peer;
    char text[];
};

/* The same request by another transaction: it gets the same answer. */
struct again {
    uint64_t server;
    struct incoming incoming;
};

/* What a message is while its sender waits. Slices are in `text` and in the transaction's copy. */
struct live {
    struct live *prev, *next;
    struct message *message;
    struct timer timer;
    uint64_t server;
    struct incoming incoming;
    struct front_request request;
    struct proxy_best best, taken; /* the best refusal; the first 2xx */
    struct bytes sent_by;          /* instance of the device that sent it; empty: unknown */
    uint32_t breadth;              /* of each way */
    bool local;                    /* its sender is a user of ours */
    bool timed;                    /* the server ends: nothing is waited for */
    bool later;                    /* the answer says when to come again */
    uint64_t until_ms;             /* the store is waited for */
    struct again again[LIVE_AGAIN_MAX];
    unsigned again_count;
    size_t size;
    char text[];
};

struct engine {
    struct im *im;
    struct inbox *inboxes;
    struct inbox *partitions[PARTITIONS];
    struct message *identities;
    struct message *ended, *joins; /* to be forgotten, the next one first */
    struct repeats *repeats;       /* what came by those that are gone */
    struct timer ended_timer, joins_timer, sweep;
    struct live *lives;
    struct device *waiting;
    size_t draining, live_count, owed, devices;
    uint64_t epoch, serial, seed;
    unsigned swept;          /* the next partition of this round */
    bool loaded[PARTITIONS]; /* at least once */
    bool holds[PARTITIONS];  /* there may be rows */
    char *head;              /* IM_HEAD_MAX: of one message at a time */
    struct date date;        /* the last one that was written into one */
    void (*waits)(void *context, struct bytes aor, struct bytes instance, bool silent);
    void *waits_context;
    void (*counts)(void *context, struct bytes aor);
    void *counts_context;
    void (*tell)(void *context, const struct im_news *news); /* NULL: nobody */
    void *tell_context;
};

#endif
