/* ids.c: a hash table with open addressing, at most half full.
 *
 * A name that is taken gets a number behind it. The number only ever rises, so that however a peer
 * chose its ids, all renaming together takes no more steps than there are ids. */
#include "ids_internal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

void ids_init(struct ids *ids, size_t count)
{
    assert(ids != NULL);
    size_t size = IDS_FEW;
    while (size < count * 2)
        size *= 2;
    memset(ids->few, 0, sizeof(ids->few));
    ids->slots = size == IDS_FEW ? ids->few : memory_new(size * sizeof(*ids->slots));
    ids->mask = size - 1;
    /* an address is enough of a secret: order and result do not depend on it */
    ids->seed = (uintptr_t)ids->slots;
    ids->suffix = 1;
    arena_init(&ids->made, 512);
}

void ids_release(struct ids *ids)
{
    assert(ids != NULL);
    if (ids->slots != ids->few)
        free(ids->slots);
    ids->slots = NULL;
    arena_release(&ids->made);
}

/* Where `id` is, or the free slot where it belongs. */
static struct bytes *ids_slot(struct ids *ids, struct bytes id)
{
    size_t at = bytes_hash(id, ids->seed) & ids->mask;
    while (ids->slots[at].length > 0 && !bytes_equal(ids->slots[at], id))
        at = (at + 1) & ids->mask;
    return &ids->slots[at];
}

/* `wanted` with a number behind it, in `room`. */
static struct bytes with_suffix(char *room, size_t size, struct bytes wanted, size_t number)
{
    memcpy(room, wanted.at, wanted.length);
    int digits = snprintf(room + wanted.length, size - wanted.length, "-%zu", number);
    assert(digits > 0 && (size_t)digits < size - wanted.length);
    return bytes_from(room, wanted.length + (size_t)digits);
}

struct bytes ids_take(struct ids *ids, struct bytes wanted)
{
    assert(ids != NULL && wanted.length > 0);
    struct bytes *slot = ids_slot(ids, wanted);
    if (slot->length == 0)
        return *slot = wanted;
    size_t size = wanted.length + 24;
    char *room = arena_alloc(&ids->made, size);
    struct bytes name;
    do {
        name = with_suffix(room, size, wanted, ++ids->suffix);
        slot = ids_slot(ids, name);
    } while (slot->length > 0);
    return *slot = name;
}
