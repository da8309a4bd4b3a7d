/* repair_internal.h: writes an element so that it is valid, whatever it was. */
#ifndef PIDF_REPAIR_INTERNAL_H
#define PIDF_REPAIR_INTERNAL_H

#include "writer_internal.h"

struct repair {
    struct writer writer;
    struct verdict fault; /* what cannot be put right; its offset is a line number */
    unsigned depth;       /* of the element that is written, in its fragment: 1 is the outermost */
    short priority;       /* of the contact that is written */
};

/* Writes a child of the root by its rule; false when nothing valid can be made of it: nothing is
 * written then. Uses the nodes' _private. */
bool repair_element(struct repair *repair, xmlNode *node, const struct rule *rule);

/* The same for an element that stands where elements of other namespaces may. */
bool repair_extension(struct repair *repair, xmlNode *node);

#endif
