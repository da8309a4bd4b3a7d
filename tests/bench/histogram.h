/* histogram.h: a distribution of times, exact to 0.8 percent over the whole range of 64 bits.
 *
 * Adding costs a few instructions and no memory, so that each request of a run is counted. */
#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stdint.h>

enum { HISTOGRAM_BITS = 7, HISTOGRAM_SUB = 1 << HISTOGRAM_BITS };
enum { HISTOGRAM_SLOTS = (64 - HISTOGRAM_BITS + 1) * HISTOGRAM_SUB };

struct histogram {
    uint64_t count, most;
    uint64_t slots[HISTOGRAM_SLOTS];
};

void histogram_add(struct histogram *histogram, uint64_t value);

/* The value that `share` (0.99) of all values do not exceed; 0 when there are none. */
uint64_t histogram_percentile(const struct histogram *histogram, double share);

#endif
