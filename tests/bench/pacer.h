/* pacer.h: a thread that wakes the loop when arrivals are due.
 *
 * The loop's own timers count milliseconds, which would put up to one of them into every latency of
 * an open loop. */
#ifndef BENCH_PACER_H
#define BENCH_PACER_H

#include <stdint.h>

#include "net/loop.h"

struct pacer;

/* Wakes the loop at `first_ns` (monotonic) and then `rate_per_s` times a second, but at most every
 * tenth of a millisecond. NULL: the system refuses a thread. */
struct pacer *pacer_new(struct loop *loop, uint64_t first_ns, unsigned rate_per_s);
void pacer_free(struct pacer **pacer);

#endif
