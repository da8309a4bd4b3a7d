/* tree_internal.h: the safe way from bytes to a tree, for whatever reads XML here, and back. */
#ifndef PIDF_TREE_INTERNAL_H
#define PIDF_TREE_INTERNAL_H

#include <libxml/tree.h>

#include "base/blob.h"
#include "pidf/pidf.h"

/* The tree of a well-formed document within the parser's limits, for xmlFreeDoc; NULL with *fault.
 * It has no DTD, no entities but XML's own, no comments, and text for CDATA. */
xmlDoc *pidf_read_tree(struct pidf_parser *parser, struct bytes body, struct verdict *fault);

/* The same with comments and processing instructions, which a patch may name (RFC 5261 3). */
xmlDoc *pidf_read_all(struct pidf_parser *parser, struct bytes body, struct verdict *fault);

/* The same for a document that we wrote ourselves: what several publications came to may be larger
 * than each may be. NULL: it is not well formed after all. */
xmlDoc *pidf_read_own(struct pidf_parser *parser, const struct blob *document);

/* The tree as a document, written as pidf_compose writes; owned once by the caller. Of the root's
 * namespaces only those that are used. */
struct blob *pidf_write_tree(const xmlDoc *tree);

/* The document's root without any content: what is left when pidf_read_own fails. */
struct blob *pidf_write_head(const struct blob *document);

/* The limits that hold for what a peer sends. */
const struct pidf_limits *pidf_limits_of(const struct pidf_parser *parser);

struct repair;
/* The parser's memory for writing elements anew; good until it is used again. */
struct repair *pidf_repair_of(struct pidf_parser *parser);

#endif
