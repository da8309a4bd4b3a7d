/* tree_internal.h: the safe way from bytes to a tree, for whatever reads XML here. */
#ifndef PIDF_TREE_INTERNAL_H
#define PIDF_TREE_INTERNAL_H

#include <libxml/tree.h>

#include "pidf/pidf.h"

/* The tree of a well-formed document within the parser's limits, for xmlFreeDoc; NULL with *fault.
 * It has no DTD, no entities but XML's own, no comments, and text for CDATA. */
xmlDoc *pidf_read_tree(struct pidf_parser *parser, struct bytes body, struct verdict *fault);

#endif
