/* node_internal.h: what an element of a tree is called. */
#ifndef PIDF_NODE_INTERNAL_H
#define PIDF_NODE_INTERNAL_H

#include <libxml/tree.h>

#include "grammar_internal.h"

/* The namespace of an element; "": none. */
static inline const char *node_space_uri(const xmlNode *node)
{
    return node->ns != NULL ? (const char *)node->ns->href : "";
}

static inline bool node_named(const xmlNode *node, const char *name)
{
    return strcmp((const char *)node->name, name) == 0;
}

static inline bool node_is(const xmlNode *node, enum space space, const char *name)
{
    return node_named(node, name) && space_of(node_space_uri(node)) == space;
}

#endif
