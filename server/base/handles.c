/* handles.c: names for things that may be gone when they are asked for.
 *
 * A table of slots. A handle is the slot's generation (upper half) and index (lower half); removing
 * the thing raises the generation, so that old handles no longer match. Free slots are chained
 * through their index, the last freed first: it is still in the processor's cache. */
#include "base/handles.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

enum { HANDLES_FIRST = 64 };

#define NO_SLOT UINT32_MAX

struct handle_slot {
    void *thing; /* NULL: free */
    uint32_t generation, next_free;
};

struct handles {
    struct handle_slot *slots;
    size_t used, size, count; /* slots ever used, allocated, with a thing */
    uint32_t first_free;
};

struct handles *handles_new(void)
{
    struct handles *handles = memory_new(sizeof(*handles));
    handles->first_free = NO_SLOT;
    return handles;
}

void handles_free(struct handles **handles)
{
    if (*handles == NULL)
        return;
    free((*handles)->slots);
    free(*handles);
    *handles = NULL;
}

/* A slot that was never used. */
static uint32_t handles_extend(struct handles *handles)
{
    assert(handles->used < NO_SLOT);
    if (handles->used == handles->size) {
        handles->size = handles->size > 0 ? 2 * handles->size : HANDLES_FIRST;
        handles->slots = memory_resize(handles->slots, handles->size * sizeof(struct handle_slot));
    }
    uint32_t index = (uint32_t)handles->used++;
    handles->slots[index] = (struct handle_slot){NULL, 1, NO_SLOT};
    return index;
}

uint64_t handles_add(struct handles *handles, void *thing)
{
    assert(thing != NULL);
    uint32_t index = handles->first_free;
    if (index == NO_SLOT)
        index = handles_extend(handles);
    else
        handles->first_free = handles->slots[index].next_free;
    struct handle_slot *slot = &handles->slots[index];
    assert(slot->thing == NULL && slot->generation != 0);
    slot->thing = thing;
    handles->count++;
    return (uint64_t)slot->generation << 32 | index;
}

static struct handle_slot *handles_slot(const struct handles *handles, uint64_t handle)
{
    uint32_t index = (uint32_t)handle;
    if (index >= handles->used)
        return NULL;
    struct handle_slot *slot = &handles->slots[index];
    return slot->generation == handle >> 32 && slot->thing != NULL ? slot : NULL;
}

void *handles_find(const struct handles *handles, uint64_t handle)
{
    struct handle_slot *slot = handles_slot(handles, handle);
    return slot != NULL ? slot->thing : NULL;
}

void handles_remove(struct handles *handles, uint64_t handle)
{
    struct handle_slot *slot = handles_slot(handles, handle);
    if (slot == NULL)
        return;
    slot->thing = NULL;
    if (++slot->generation == 0)
        slot->generation = 1; /* 0 would make handle 0 possible */
    slot->next_free = handles->first_free;
    handles->first_free = (uint32_t)handle;
    handles->count--;
}

size_t handles_count(const struct handles *handles)
{
    return handles->count;
}

void *handles_next(const struct handles *handles, size_t *position)
{
    while (*position < handles->used) {
        void *thing = handles->slots[(*position)++].thing;
        if (thing != NULL)
            return thing;
    }
    return NULL;
}
