/* select_internal.h: the selectors of a patch (RFC 5261 4.1 and 8): a small part of XPath, read and
 * walked here, so that no selector can cost more than it is allowed to. */
#ifndef PIDF_SELECT_INTERNAL_H
#define PIDF_SELECT_INTERNAL_H

#include <libxml/tree.h>

#include "base/bytes.h"

/* The errors of RFC 5261 5.1 that we have a use for. */
enum patch_error {
    PATCH_FINE,
    PATCH_INVALID_ATTRIBUTE_VALUE,
    PATCH_INVALID_DIFF_FORMAT,
    PATCH_INVALID_NAMESPACE_PREFIX,
    PATCH_INVALID_NAMESPACE_URI,
    PATCH_INVALID_NODE_TYPES,
    PATCH_INVALID_PATCH_DIRECTIVE,
    PATCH_INVALID_ROOT_ELEMENT_OPERATION,
    PATCH_INVALID_XML_PROLOG_OPERATION,
    PATCH_INVALID_WHITESPACE_DIRECTIVE,
    PATCH_UNLOCATED_NODE,
    PATCH_TOO_DEEP, /* this and the next are not the RFC's: 413 */
    PATCH_TOO_MUCH_WORK
};

/* Where a patch looks things up, and how much it may still look at. */
struct search {
    xmlDoc *target;
    const xmlNode *operation; /* its namespaces are those of selectors (RFC 5261 4.2.1) */
    size_t steps_left;        /* nodes, declarations, and 16 bytes of text are one each */
};

/* Takes `steps` off what is left; false when that is not there. */
bool search_pay(struct search *search, size_t steps);

/* The declaration of a prefix ("": the default) in scope at an element; NULL: none, or work ran
 * out. `prefix` "xml" is not looked for. */
xmlNs *search_prefix(struct search *search, const xmlNode *node, struct bytes prefix);

enum selected_kind {
    SELECTED_NODE,      /* element, text, comment or instruction */
    SELECTED_ATTRIBUTE, /* of `node` */
    SELECTED_NAMESPACE  /* declared by `node` */
};

struct selected {
    enum selected_kind kind;
    xmlNode *node;
    xmlAttr *attribute;
    xmlNs *space;
};

/* The one node that the selector finds. */
enum patch_error select_node(struct search *search, struct bytes selector,
                             struct selected *selected);

/* A name with a prefix perhaps, as attributes and elements have it. */
struct qname {
    struct bytes prefix, local;
};

/* Takes one off the front of `rest`; false: there is none. */
bool qname_take(struct bytes *rest, struct qname *name);

/* The namespace of a name in the patch: *uri NULL for none. `element`: unprefixed names are in the
 * default namespace. */
enum patch_error qname_space(struct search *search, const struct qname *name, bool element,
                             const xmlChar **uri);

#endif
