/* spread.h: how long it takes until all has left that one change has us send.
 *
 * Whoever sends holds a reference until it has left, or never will. With the last one the time from
 * the beginning to what left last is counted. */
#ifndef BASE_SPREAD_H
#define BASE_SPREAD_H

#include <stddef.h>
#include <stdint.h>

/* Buckets of a histogram: milliseconds up to which they count. */
enum { LATENCY_BUCKETS = 14 };
extern const unsigned latency_bounds_ms[LATENCY_BUCKETS];

struct latency {
    uint64_t counts[LATENCY_BUCKETS + 1]; /* the last one: longer than all bounds */
    uint64_t sum_ms;
};
void latency_add(struct latency *latency, uint64_t took_ms);

struct spread;
/* With one reference. `into` outlives it. */
struct spread *spread_new(struct latency *into, uint64_t now_ms);
/* NULL stays NULL. */
struct spread *spread_ref(struct spread *spread);
/* Gives a reference back: it has left now, or it does not. NULL is nothing. */
void spread_left(struct spread **spread, uint64_t now_ms);
void spread_unref(struct spread **spread);

#endif
