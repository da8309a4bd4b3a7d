/* store_internal.h: the reactor's half of the store. */
#ifndef STORE_STORE_INTERNAL_H
#define STORE_STORE_INTERNAL_H

#include "store/writer_internal.h"

enum { STORE_SECRET_BYTES = 32 };

/* What the reactor knows of a partition's change numbers. The waits are a list in the order of
 * their numbers, closed by `last`, which is nobody's wait: so a wait can be put at the end and
 * taken out anywhere without going through the list. */
struct partition {
    struct store_wait *waits;
    struct store_wait last;
    uint64_t submitted;                  /* the last number given */
    uint64_t ended;                      /* all up to here are durable or refused */
    uint64_t durable;                    /* the highest durable one */
    uint64_t refused_from, refused_upto; /* the last numbers that were refused */
    uint32_t generation;                 /* of what is computed now */
    bool doomed;  /* a marker is under way: sets of this generation need not be sent */
    bool overdue; /* there are waits for numbers that have ended */
};

struct store {
    struct store_listener listener;
    struct log *log;
    struct metrics *metrics;
    struct writer *writer;
    struct mailbox *reports;
    struct database reader;
    int lock; /* herald.lock, or -1 */
    uint64_t epoch;
    char secret[STORE_SECRET_BYTES];
    int64_t accounts_seen; /* accounts.changed */
    int64_t aliases_seen;  /* aliases.changed */
    int64_t policy_seen;   /* policy_changes.changed */
    bool policy_known;     /* it was read once */
    size_t queue_max, queued, queued_bytes;
    bool stepped, turning, loading, overdue;
    struct partition partitions[PARTITIONS];
};

#endif
