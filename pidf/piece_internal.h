/* piece_internal.h: the elements of a text that was written here, without libxml2.
 *
 * It has no comments, sections or processing instructions, and in it no < or > but those of tags,
 * and no " but those around values. Names are taken as they stand there. */
#ifndef PIDF_PIECE_INTERNAL_H
#define PIDF_PIECE_INTERNAL_H

#include "base/bytes.h"

struct piece {
    struct bytes whole;
    struct bytes tag; /* the start tag */
    struct bytes name;
    struct bytes content; /* between the tags */
};

/* Takes the next element off the text; false: there is none. */
bool piece_next(struct bytes *text, struct piece *piece);

/* The first of that name among the elements of the text. */
bool piece_find(struct bytes text, const char *name, struct piece *piece);

/* The value of an attribute without a prefix, still escaped; empty: it has none. */
struct bytes piece_attribute(struct bytes tag, const char *name);

#endif
