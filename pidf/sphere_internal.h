/* sphere_internal.h: the sphere that a document's person is in (RFC 4480 3.10). */
#ifndef PIDF_SPHERE_INTERNAL_H
#define PIDF_SPHERE_INTERNAL_H

#include <libxml/tree.h>

#include "base/bytes.h"

struct sphere {
    bool said, unclear; /* by some person; by several, who disagree */
    struct bytes value; /* when said and not unclear */
};

/* Adds what a further source says; values are borrowed. */
void sphere_unite(struct sphere *sphere, const struct sphere *further);

/* What the persons below a document's root say; the value lies in the tree. */
struct sphere sphere_of(const xmlNode *root);

#endif
