/* sightings.c: rows of a few places each; the key chooses the row, the oldest of it gives way. */
#include "front/sightings_internal.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

void sightings_init(struct sightings *sightings, size_t most)
{
    assert(most > 0);
    sightings->rows = 1;
    while (sightings->rows * SIGHTINGS_WAYS < most)
        sightings->rows *= 2;
    sightings->table = memory_new(sightings->rows * SIGHTINGS_WAYS * sizeof(struct sighting));
}

void sightings_release(struct sightings *sightings)
{
    free(sightings->table);
    sightings->table = NULL;
}

static struct sighting *row_of(const struct sightings *sightings, uint64_t key)
{
    assert(key != 0);
    return &sightings->table[(key & (sightings->rows - 1)) * SIGHTINGS_WAYS];
}

struct sighting *sightings_find(const struct sightings *sightings, uint64_t key)
{
    struct sighting *row = row_of(sightings, key);
    for (int i = 0; i < SIGHTINGS_WAYS; i++)
        if (row[i].key == key)
            return &row[i];
    return NULL;
}

struct sighting *sightings_take(struct sightings *sightings, uint64_t key, uint64_t now_ms)
{
    struct sighting *found = sightings_find(sightings, key);
    if (found == NULL) {
        struct sighting *row = row_of(sightings, key);
        found = row;
        for (int i = 1; i < SIGHTINGS_WAYS; i++)
            if (row[i].seen_ms < found->seen_ms)
                found = &row[i];
        *found = (struct sighting){.key = key};
    }
    found->seen_ms = now_ms;
    return found;
}
