/* ids_internal.h: the ids of a document under composition, each used once. */
#ifndef PIDF_IDS_INTERNAL_H
#define PIDF_IDS_INTERNAL_H

#include "base/arena.h"

enum { IDS_FEW = 64 };

struct ids {
    struct bytes few[IDS_FEW];
    struct bytes *slots; /* `mask` + 1 of them; length 0: free */
    size_t mask;
    uint64_t seed;
    size_t suffix; /* the last one given */
    struct arena made;
};

/* A set for at most `count` ids. */
void ids_init(struct ids *ids, size_t count);
void ids_release(struct ids *ids);

/* `wanted`, which must stay where it is, or else a name made of it that nobody has yet; good until
 * ids_release. */
struct bytes ids_take(struct ids *ids, struct bytes wanted);

#endif
