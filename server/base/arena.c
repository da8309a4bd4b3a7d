/* arena.c: memory that is freed whole.
 *
 * A list of chunks; the first one is cut from front to back. What would waste much of a chunk gets
 * one of its own behind the first, which so keeps serving the small ones. */
#include "base/arena.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

struct arena_chunk {
    struct arena_chunk *next;
    size_t used, size;
    max_align_t data[];
};

enum { ARENA_CHUNK_USUAL = 4096 };

void arena_init(struct arena *arena, size_t chunk_size)
{
    *arena = (struct arena){NULL, chunk_size > 0 ? chunk_size : ARENA_CHUNK_USUAL};
}

void arena_release(struct arena *arena)
{
    struct arena_chunk *chunk = arena->chunks;
    while (chunk != NULL) {
        struct arena_chunk *next = chunk->next;
        free(chunk);
        chunk = next;
    }
    arena->chunks = NULL;
}

/* What a chunk of the usual size holds: its head is part of the size. */
static size_t arena_chunk_room(const struct arena *arena)
{
    size_t head = sizeof(struct arena_chunk);
    return arena->chunk_size > 2 * head ? arena->chunk_size - head : head;
}

static struct arena_chunk *arena_chunk_new(struct arena_chunk **place, size_t room)
{
    struct arena_chunk *chunk = memory_resize(NULL, sizeof(*chunk) + room);
    *chunk = (struct arena_chunk){*place, 0, room};
    *place = chunk;
    return chunk;
}

/* A chunk with room for `size` bytes; large ones do not displace the first. */
static struct arena_chunk *arena_grow(struct arena *arena, size_t size)
{
    size_t room = arena_chunk_room(arena);
    if (size <= room / 4)
        return arena_chunk_new(&arena->chunks, room);
    if (arena->chunks != NULL)
        return arena_chunk_new(&arena->chunks->next, size);
    return arena_chunk_new(&arena->chunks, size > room ? size : room);
}

/* `size` bytes, not zeroed, at a multiple of `alignment` (a power of two). */
static void *arena_take(struct arena *arena, size_t size, size_t alignment)
{
    assert(arena->chunk_size > 0);
    assert(size <= SIZE_MAX / 2);
    struct arena_chunk *chunk = arena->chunks;
    size_t start = chunk != NULL ? (chunk->used + alignment - 1) & ~(alignment - 1) : 0;
    if (chunk == NULL || start > chunk->size || size > chunk->size - start) {
        chunk = arena_grow(arena, size);
        start = 0;
    }
    chunk->used = start + size;
    return (char *)chunk->data + start;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    /* one byte for nothing, so that two allocations never share an address */
    return memset(arena_take(arena, size > 0 ? size : 1, _Alignof(max_align_t)), 0, size);
}

struct bytes arena_copy(struct arena *arena, struct bytes slice)
{
    assert(slice.length < SIZE_MAX / 2);
    char *copy = arena_take(arena, slice.length + 1, 1);
    if (slice.length > 0)
        memcpy(copy, slice.at, slice.length);
    copy[slice.length] = '\0';
    return bytes_from(copy, slice.length);
}
