/* spread.c: a counted reference for each that is to leave, and the time when the last one did. */
#include "base/spread.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/memory.h"

const unsigned latency_bounds_ms[LATENCY_BUCKETS] = {1,   2,   5,    10,   20,   50,    100,
                                                     200, 500, 1000, 2000, 5000, 10000, 30000};

struct spread {
    struct latency *into;
    uint64_t begun_ms, left_ms;
    unsigned holders;
    bool any; /* left */
};

void latency_add(struct latency *latency, uint64_t took_ms)
{
    unsigned bucket = 0;
    while (bucket < LATENCY_BUCKETS && took_ms > latency_bounds_ms[bucket])
        bucket++;
    latency->counts[bucket]++;
    latency->sum_ms += took_ms;
}

struct spread *spread_new(struct latency *into, uint64_t now_ms)
{
    assert(into != NULL);
    struct spread *spread = memory_new(sizeof(*spread));
    *spread = (struct spread){.into = into, .begun_ms = now_ms, .holders = 1};
    return spread;
}

struct spread *spread_ref(struct spread *spread)
{
    if (spread != NULL)
        spread->holders++;
    return spread;
}

void spread_left(struct spread **spread, uint64_t now_ms)
{
    if (*spread == NULL)
        return;
    (*spread)->any = true;
    (*spread)->left_ms = now_ms;
    spread_unref(spread);
}

void spread_unref(struct spread **spread)
{
    struct spread *old = *spread;
    *spread = NULL;
    if (old == NULL || --old->holders > 0)
        return;
    if (old->any)
        latency_add(old->into, old->left_ms - old->begun_ms);
    free(old);
}
