/* arena.h: memory that is freed whole.
 *
 * A transaction and a document under construction have one each. Allocations never fail: the
 * process ends at one place (memory.h) when there is no memory; what the network sizes is bounded
 * before. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/bytes.h"

struct arena_chunk;

struct arena {
    struct arena_chunk *chunks;
    size_t chunk_size;
};

/* An empty arena; nothing is allocated before the first use. `chunk_size`: 0 takes 4096 bytes. */
void arena_init(struct arena *arena, size_t chunk_size);

/* Frees everything that came from the arena; it may be used again. */
void arena_release(struct arena *arena);

/* `size` zeroed bytes, aligned for any type; never NULL. */
void *arena_alloc(struct arena *arena, size_t size);

/* A copy of the slice (followed by a NUL that the length does not count). */
struct bytes arena_copy(struct arena *arena, struct bytes slice);

#endif
