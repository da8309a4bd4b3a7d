/* graft_internal.h: nodes of a patch become nodes of the document that it changes (RFC 5261 4.2.3).
 */
#ifndef PIDF_GRAFT_INTERNAL_H
#define PIDF_GRAFT_INTERNAL_H

#include "select_internal.h"

/* A copy of `source` (and all below it) for `parent`, an element or the document of the target; not
 * yet linked there, for xmlFreeNode. Names keep their namespaces: by a prefix that is in scope at
 * `parent`, else by a declaration of the copy. NULL: work ran out. */
xmlNode *graft_copy(struct search *search, const xmlNode *source, xmlNode *parent);

/* The target's declaration for a namespace at `node`, never the default, wanted as `prefix`; made
 * there when there is none. NULL: work ran out. */
xmlNs *graft_space(struct search *search, xmlNode *node, const xmlChar *uri, struct bytes prefix);

/* Links an unlinked node under `parent` before `before`, NULL: as the last one. Texts that become
 * neighbours stay apart until graft_merge. */
void graft_link(xmlNode *parent, xmlNode *before, xmlNode *node);

/* Makes one of all neighbouring texts of an element (RFC 5261 4.3.5); false: work ran out. */
bool graft_merge(struct search *search, xmlNode *parent);

#endif
