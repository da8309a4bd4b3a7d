/* sightings_internal.h: what was seen lately, in a table of a fixed size: no allocation, no timer,
 * and whoever fills it up on purpose only makes it forget the oldest of what hashes alike. */
#ifndef FRONT_SIGHTINGS_INTERNAL_H
#define FRONT_SIGHTINGS_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sighting {
    uint64_t key;     /* keyed hash of what was seen; 0: free */
    uint64_t seen_ms; /* the last time */
    uint64_t value;   /* the user's */
};

struct sightings {
    struct sighting *table;
    size_t rows; /* of SIGHTINGS_WAYS each; a power of two */
};
enum { SIGHTINGS_WAYS = 4 };

/* Room for at least `most` sightings; memory is touched when it is used. */
void sightings_init(struct sightings *sightings, size_t most);
void sightings_release(struct sightings *sightings);

/* The sighting of a key (not 0), or NULL. */
struct sighting *sightings_find(const struct sightings *sightings, uint64_t key);

/* The same; a new one (value 0) takes the place of the one that was seen longest ago. */
struct sighting *sightings_take(struct sightings *sightings, uint64_t key, uint64_t now_ms);

#endif
