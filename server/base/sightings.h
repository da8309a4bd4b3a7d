/* sightings.h: what was seen lately, in a table of a fixed size: no allocation, no timer,
 * and whoever fills it up on purpose only makes it forget the oldest of what hashes alike. What is
 * forgotten before its time is counted. */
#ifndef BASE_SIGHTINGS_H
#define BASE_SIGHTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/metrics.h"

struct sighting {
    uint64_t value;   /* the user's */
    uint32_t tag;     /* the part of the key that does not choose the row; 0: free */
    uint32_t seen_ms; /* the last time: the clock's lower half, which comes round in 49 days */
};

struct sightings {
    struct sighting *table;
    size_t rows;      /* of SIGHTINGS_WAYS each, a cache line; a power of two */
    uint32_t keep_ms; /* how long a sighting is of use */
    struct metrics *metrics;
    enum metric evicted;
    char *memory; /* of the table */
};
enum { SIGHTINGS_WAYS = 4, SIGHTINGS_ROW_BYTES = 64 };

/* Room for at least `most` sightings, up to 2^32; memory is touched when it is used. Those that
 * give way before they are `keep_ms` old (under 49 days) are counted as `evicted`. */
void sightings_init(struct sightings *sightings, size_t most, uint32_t keep_ms,
                    struct metrics *metrics, enum metric evicted);
void sightings_release(struct sightings *sightings);

/* Nothing was seen: none of them counts as evicted. */
void sightings_clear(struct sightings *sightings);

/* The sighting of a key, a keyed hash of what was seen; NULL: none. Of two keys one in 2^32 is
 * taken for the other when they share a row. */
struct sighting *sightings_find(const struct sightings *sightings, uint64_t key);

/* The same; a new one (value 0) takes the place of the one that was seen longest ago. */
struct sighting *sightings_take(struct sightings *sightings, uint64_t key, uint64_t now_ms);

/* Whom taking this key would forget early; NULL: nobody. It may not be changed. */
const struct sighting *sightings_victim(const struct sightings *sightings, uint64_t key,
                                        uint64_t now_ms);

/* How long ago it was seen, when that is less than 49 days. */
static inline uint32_t sighting_age_ms(const struct sighting *sighting, uint64_t now_ms)
{
    return (uint32_t)now_ms - sighting->seen_ms;
}

#endif
