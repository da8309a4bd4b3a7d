/* histogram.c: log-linear buckets.
 *
 * Each power of two is cut into 128 equal slots; below 256 every value has its own. */
#include "histogram.h"

static unsigned slot_of(uint64_t value)
{
    if (value < 2 * HISTOGRAM_SUB)
        return (unsigned)value;
    unsigned shift = 63 - (unsigned)__builtin_clzll(value) - HISTOGRAM_BITS;
    return shift * HISTOGRAM_SUB + (unsigned)(value >> shift);
}

/* The highest value of a slot. */
static uint64_t slot_value(unsigned slot)
{
    if (slot < 2 * HISTOGRAM_SUB)
        return slot;
    unsigned shift = slot / HISTOGRAM_SUB - 1;
    uint64_t part = slot - shift * HISTOGRAM_SUB;
    return ((part + 1) << shift) - 1;
}

void histogram_add(struct histogram *histogram, uint64_t value)
{
    histogram->slots[slot_of(value)]++;
    histogram->count++;
    if (value > histogram->most)
        histogram->most = value;
}

uint64_t histogram_percentile(const struct histogram *histogram, double share)
{
    uint64_t seen = 0, wanted = (uint64_t)((double)histogram->count * share + 0.999999);
    if (histogram->count == 0)
        return 0;
    for (unsigned slot = 0; slot < HISTOGRAM_SLOTS; slot++) {
        seen += histogram->slots[slot];
        if (seen < wanted)
            continue;
        uint64_t value = slot_value(slot);
        return value < histogram->most ? value : histogram->most;
    }
    return histogram->most;
}
