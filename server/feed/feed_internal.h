/* feed_internal.h: an event in memory, and the ring. */
#ifndef FEED_FEED_INTERNAL_H
#define FEED_FEED_INTERNAL_H

#include <pthread.h>

#include "feed/feed.h"

/* One allocation; texts behind the struct. */
struct entry {
    struct feed_event event; /* first: what readers have */
    unsigned holders;        /* (lock) the ring and readers */
    struct entry *next;      /* of those told in this turn */
    struct entry **link;     /* likewise of those that wait for the store */
    struct feed *feed;
    struct store_wait wait;
};

struct feed {
    struct world *world;
    struct store *store;
    struct metrics *metrics;
    struct feed_settings settings;
    /* the reactor's */
    struct entry *told, **told_end; /* in this turn */
    struct entry *waiting;          /* for the store */
    size_t under_way;               /* of both */
    struct timer turn;              /* its end */
    bool missed;                    /* something was told while nobody read */
    uint64_t kept_until_ms;         /* monotonic: for readers that come back */
    void (*came)(void *context);
    void *came_context;
    /* (lock) */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct entry **ring;  /* by id modulo `kept` */
    uint64_t first, next; /* ids: the oldest kept one, and the one to come */
    unsigned readers;
    bool roused;
    bool joined; /* somebody has read since the reactor looked last */
};

struct entry *entry_new(const struct feed_event *event);

#endif
