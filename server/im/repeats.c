/* repeats.c: which requests were answered a moment ago.
 *
 *     ring      [ . . oldest ... latest . . ]    all stay for the same time
 *     buckets   the latest entry of each, chained to earlier ones
 *
 * The oldest goes when its time is over, or when there are too many. The room doubles as it is
 * needed. An entry is named by its number in the order of coming, which tells where in the ring it
 * is; a name that is too old ends a chain. */
#include "repeats_internal.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

enum { ROOM_LEAST = 64 };

struct entry {
    uint64_t identity, until_ms;
    uint32_t earlier; /* of its bucket */
    uint16_t partition, status;
};

struct repeats {
    struct entry *ring;
    uint32_t *buckets;
    uint32_t room;         /* of both; a power of two, or 0 */
    uint32_t first, count; /* the oldest one's name; names begin at 1, and come round */
};

struct repeats *repeats_new(void)
{
    struct repeats *repeats = memory_new(sizeof(*repeats));
    repeats->first = 1;
    return repeats;
}

void repeats_free(struct repeats **repeats)
{
    if (*repeats == NULL)
        return;
    free((*repeats)->ring);
    free((*repeats)->buckets);
    free(*repeats);
    *repeats = NULL;
}

static struct entry *entry_of(const struct repeats *repeats, uint32_t name)
{
    return &repeats->ring[name & (repeats->room - 1)];
}

static bool is_there(const struct repeats *repeats, uint32_t name)
{
    return name - repeats->first < repeats->count;
}

static uint32_t *bucket_of(const struct repeats *repeats, uint64_t identity)
{
    return &repeats->buckets[identity & (repeats->room - 1)];
}

static void chain(struct repeats *repeats, uint32_t name)
{
    struct entry *entry = entry_of(repeats, name);
    uint32_t *bucket = bucket_of(repeats, entry->identity);
    entry->earlier = *bucket;
    *bucket = name;
}

static void grow(struct repeats *repeats)
{
    struct repeats old = *repeats;
    repeats->room = old.room > 0 ? old.room * 2 : (uint32_t)ROOM_LEAST;
    repeats->ring = memory_new(repeats->room * sizeof(*repeats->ring));
    repeats->buckets = memory_new(repeats->room * sizeof(*repeats->buckets));
    repeats->first = 1; /* an empty bucket names 0, which is not there */
    for (uint32_t i = 0; i < old.count; i++) {
        *entry_of(repeats, 1 + i) = *entry_of(&old, old.first + i);
        chain(repeats, 1 + i);
    }
    free(old.ring);
    free(old.buckets);
}

static const struct entry *find(const struct repeats *repeats, uint64_t identity)
{
    if (repeats->count == 0)
        return NULL;
    uint32_t name = *bucket_of(repeats, identity);
    while (is_there(repeats, name)) {
        const struct entry *entry = entry_of(repeats, name);
        if (entry->identity == identity)
            return entry;
        if (name - entry->earlier > repeats->count)
            break; /* it is of names that came round since */
        name = entry->earlier;
    }
    return NULL;
}

static void drop_first(struct repeats *repeats)
{
    repeats->first++;
    repeats->count--;
}

size_t repeats_add(struct repeats *repeats, const struct repeat *repeat, uint64_t now_ms,
                   size_t most)
{
    size_t pushed = 0;
    assert(most > 0 && most <= REPEATS_MOST && repeat->identity != 0);
    while (repeats->count > 0 && entry_of(repeats, repeats->first)->until_ms <= now_ms)
        drop_first(repeats);
    if (find(repeats, repeat->identity) != NULL)
        return 0;
    for (; repeats->count >= most; pushed++)
        drop_first(repeats);
    if (repeats->count == repeats->room)
        grow(repeats);
    uint32_t name = repeats->first + repeats->count++;
    *entry_of(repeats, name) = (struct entry){
        .identity = repeat->identity,
        .until_ms = repeat->until_ms,
        .partition = (uint16_t)repeat->partition,
        .status = (uint16_t)repeat->status,
    };
    chain(repeats, name);
    return pushed;
}

bool repeats_find(const struct repeats *repeats, uint64_t identity, uint64_t now_ms,
                  struct repeat *found)
{
    const struct entry *entry = find(repeats, identity);
    if (entry == NULL || entry->until_ms <= now_ms)
        return false;
    *found = (struct repeat){entry->identity, entry->until_ms, entry->partition, entry->status};
    return true;
}
