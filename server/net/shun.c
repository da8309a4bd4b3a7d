/* shun.c: marks in a table, and in a list in the order in which they were set. No timers: a mark
 * that is over is dropped when it is found, or when it is the oldest and room is needed. */
#include "net/shun_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <utlist.h>

#include "base/memory.h"
#include "base/table.h"

enum { KEY_BYTES = 20 };

struct shun {
    UT_hash_handle hh;
    struct shun *prev, *next;
    uint64_t until_ms;
    unsigned char key[KEY_BYTES];
};

struct shuns {
    struct world *world;
    struct metrics *metrics;
    struct shun *table, *oldest;
    uint64_t seed;
    unsigned count, max;
};

static void key_of(const struct net_target *target, unsigned char key[KEY_BYTES])
{
    const struct net_address *address = &target->address;
    key[0] = (unsigned char)target->protocol;
    key[1] = address->family;
    memcpy(key + 2, &address->port, 2);
    memcpy(key + 4, address->ip, sizeof(address->ip));
}

static void shun_free(struct shuns *shuns, struct shun *shun)
{
    assert(shuns->table != NULL);
    HASH_DELETE(hh, shuns->table, shun);
    DL_DELETE(shuns->oldest, shun);
    shuns->count--;
    free(shun);
}

/* The mark, if it still counts. */
static struct shun *shun_find(struct shuns *shuns, const unsigned char key[KEY_BYTES])
{
    struct shun *shun;
    TABLE_FIND(shuns->table, key, KEY_BYTES, shuns->seed, shun);
    if (shun == NULL || shuns->world->now_ms < shun->until_ms)
        return shun;
    shun_free(shuns, shun);
    return NULL;
}

struct shuns *shuns_new(struct world *world, unsigned max, struct metrics *metrics)
{
    struct shuns *shuns = memory_new(sizeof(*shuns));
    assert(max > 0);
    shuns->world = world;
    shuns->metrics = metrics;
    shuns->max = max;
    shuns->seed = world_random_u64(world);
    return shuns;
}

void shuns_free(struct shuns **shuns)
{
    struct shuns *own = *shuns;
    if (own == NULL)
        return;
    *shuns = NULL;
    while (own->oldest != NULL)
        shun_free(own, own->oldest);
    free(own);
}

static void make_room(struct shuns *shuns)
{
    if (shuns->count < shuns->max)
        return;
    if (shuns->oldest->until_ms > shuns->world->now_ms)
        metrics_count(shuns->metrics, METRIC_shuns_evicted);
    shun_free(shuns, shuns->oldest);
}

void shuns_set(struct shuns *shuns, const struct net_target *target, unsigned seconds)
{
    unsigned char key[KEY_BYTES];
    key_of(target, key);
    struct shun *shun = shun_find(shuns, key);
    if (shun != NULL)
        shun_free(shuns, shun);
    if (seconds == 0)
        return;
    make_room(shuns);
    shun = memory_new(sizeof(*shun));
    memcpy(shun->key, key, KEY_BYTES);
    shun->until_ms = shuns->world->now_ms + (uint64_t)seconds * 1000;
    TABLE_ADD(shuns->table, shun->key, KEY_BYTES, shuns->seed, shun);
    DL_APPEND(shuns->oldest, shun);
    shuns->count++;
}

bool shuns_has(struct shuns *shuns, const struct net_target *target)
{
    unsigned char key[KEY_BYTES];
    if (shuns->count == 0)
        return false;
    key_of(target, key);
    return shun_find(shuns, key) != NULL;
}

/* Insertion: there are few targets, and fewer that failed. */
void shuns_sort(struct shuns *shuns, struct net_target *targets, size_t count)
{
    size_t well = 0;
    for (size_t i = 0; i < count && shuns->count > 0; i++) {
        struct net_target target = targets[i];
        if (shuns_has(shuns, &target))
            continue;
        memmove(targets + well + 1, targets + well, (i - well) * sizeof(target));
        targets[well++] = target;
    }
}
