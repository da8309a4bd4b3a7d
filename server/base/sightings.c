/* sightings.c: rows of a few places each, one cache line; the key's lower half chooses the row, its
 * upper half tells the places apart, the oldest of a row gives way. */
#include "base/sightings.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static_assert(SIGHTINGS_WAYS * sizeof(struct sighting) == SIGHTINGS_ROW_BYTES, "a row is a line");

void sightings_init(struct sightings *sightings, size_t most, uint32_t keep_ms,
                    struct metrics *metrics, enum metric evicted)
{
    assert(most > 0 && most <= UINT32_MAX);
    *sightings =
        (struct sightings){.rows = 1, .keep_ms = keep_ms, .metrics = metrics, .evicted = evicted};
    while (sightings->rows * SIGHTINGS_WAYS < most)
        sightings->rows *= 2;
    sightings->memory = memory_new((sightings->rows + 1) * SIGHTINGS_ROW_BYTES);
    uintptr_t beyond = (uintptr_t)sightings->memory % SIGHTINGS_ROW_BYTES;
    sightings->table =
        (struct sighting *)(void *)(sightings->memory + (SIGHTINGS_ROW_BYTES - beyond));
}

void sightings_release(struct sightings *sightings)
{
    free(sightings->memory);
    sightings->memory = NULL;
    sightings->table = NULL;
}

void sightings_clear(struct sightings *sightings)
{
    memset(sightings->table, 0, sightings->rows * SIGHTINGS_ROW_BYTES);
}

static struct sighting *row_of(const struct sightings *sightings, uint64_t key)
{
    return &sightings->table[(key & (sightings->rows - 1)) * SIGHTINGS_WAYS];
}

static uint32_t tag_of(uint64_t key)
{
    uint32_t tag = (uint32_t)(key >> 32);
    return tag != 0 ? tag : 1;
}

struct sighting *sightings_find(const struct sightings *sightings, uint64_t key)
{
    struct sighting *row = row_of(sightings, key);
    uint32_t tag = tag_of(key);
    for (int i = 0; i < SIGHTINGS_WAYS; i++)
        if (row[i].tag == tag)
            return &row[i];
    return NULL;
}

/* A free place, or the one that was seen longest ago. */
static struct sighting *oldest_of(struct sighting *row, uint64_t now_ms)
{
    struct sighting *oldest = &row[0];
    for (int i = 0; i < SIGHTINGS_WAYS; i++) {
        if (row[i].tag == 0)
            return &row[i];
        if (sighting_age_ms(&row[i], now_ms) > sighting_age_ms(oldest, now_ms))
            oldest = &row[i];
    }
    return oldest;
}

static bool is_of_use(const struct sightings *sightings, const struct sighting *sighting,
                      uint64_t now_ms)
{
    return sighting->tag != 0 && sighting_age_ms(sighting, now_ms) < sightings->keep_ms;
}

const struct sighting *sightings_victim(const struct sightings *sightings, uint64_t key,
                                        uint64_t now_ms)
{
    if (sightings_find(sightings, key) != NULL)
        return NULL;
    const struct sighting *oldest = oldest_of(row_of(sightings, key), now_ms);
    return is_of_use(sightings, oldest, now_ms) ? oldest : NULL;
}

struct sighting *sightings_take(struct sightings *sightings, uint64_t key, uint64_t now_ms)
{
    struct sighting *found = sightings_find(sightings, key);
    if (found == NULL) {
        found = oldest_of(row_of(sightings, key), now_ms);
        if (is_of_use(sightings, found, now_ms))
            metrics_count(sightings->metrics, sightings->evicted);
        *found = (struct sighting){.tag = tag_of(key)};
    }
    found->seen_ms = (uint32_t)now_ms;
    return found;
}
