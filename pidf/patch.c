/* patch.c: a partial publication (RFC 5264) becomes a whole one.
 *
 *   <pidf-full>  its content below <presence>
 *   <pidf-diff>  operation by operation on a tree of what is published now; the first one that
 * fails ends it, and nothing has changed
 *
 * What a patch may cost is bounded by its size, by the depth of what it makes, and by a count of
 * everything that its operations look at. The version attribute orders nothing here: entity-tags do
 * (RFC 5264 3.2). */
#include <assert.h>
#include <libxml/xmlsave.h>

#include "graft_internal.h"
#include "grammar_internal.h"
#include "root_internal.h"
#include "scan_internal.h"
#include "tree_internal.h"

/* RFC 5261 5.1. */
static const char *const reasons[] = {
    [PATCH_INVALID_ATTRIBUTE_VALUE] =
        "invalid-attribute-value: sel, pos, type, ws, version or entity is not as it must be",
    [PATCH_INVALID_DIFF_FORMAT] = "invalid-diff-format: the body is no valid pidf-diff document",
    [PATCH_INVALID_NAMESPACE_PREFIX] =
        "invalid-namespace-prefix: a prefix is not declared, or is in use",
    [PATCH_INVALID_NAMESPACE_URI] = "invalid-namespace-uri: a namespace cannot be declared so",
    [PATCH_INVALID_NODE_TYPES] =
        "invalid-node-types: what is put there is of another type than what is there",
    [PATCH_INVALID_PATCH_DIRECTIVE] =
        "invalid-patch-directive: the operation does not fit what is selected",
    [PATCH_INVALID_ROOT_ELEMENT_OPERATION] =
        "invalid-root-element-operation: the root can neither go nor get a neighbour",
    [PATCH_INVALID_XML_PROLOG_OPERATION] =
        "invalid-xml-prolog-operation: nothing but comments can stand beside the root",
    [PATCH_INVALID_WHITESPACE_DIRECTIVE] =
        "invalid-whitespace-directive: there are no blanks to remove",
    [PATCH_UNLOCATED_NODE] = "unlocated-node: the selector finds no single node",
    [PATCH_TOO_DEEP] = "the patch nests elements too deeply",
    [PATCH_TOO_MUCH_WORK] = "the patch is too much work",
};

/* What an operation says. */
struct operation {
    const xmlNode *node;
    struct search *search;
    struct selected at;
};

/* Attributes of the patch. */

static const xmlAttr *find_attribute(const xmlNode *node, const char *name)
{
    for (const xmlAttr *at = node->properties; at != NULL; at = at->next)
        if (at->ns == NULL && strcmp((const char *)at->name, name) == 0)
            return at;
    return NULL;
}

static struct bytes value_of(const xmlAttr *attribute)
{
    if (attribute == NULL || attribute->children == NULL)
        return BYTES("");
    return bytes_of((const char *)attribute->children->content);
}

static struct bytes attribute_value(const xmlNode *node, const char *name)
{
    return value_of(find_attribute(node, name));
}

/* The content of an operation. */

static bool is_text(const xmlNode *node)
{
    return node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE;
}

static bool is_blank(const xmlNode *node)
{
    return node != NULL && is_text(node) &&
           bytes_empty(bytes_trim(bytes_of((const char *)node->content)));
}

/* The text that is all of the content; false: there is something else. */
static bool text_content(const xmlNode *node, struct bytes *text)
{
    const xmlNode *child = node->children;
    *text = child != NULL ? bytes_of((const char *)child->content) : BYTES("");
    return child == NULL || (is_text(child) && child->next == NULL);
}

/* The one child beside blanks; NULL: none, or several. */
static const xmlNode *only_child(const xmlNode *node)
{
    const xmlNode *only = NULL;
    for (const xmlNode *child = node->children; child != NULL; child = child->next) {
        if (is_blank(child))
            continue;
        if (only != NULL)
            return NULL;
        only = child;
    }
    return only;
}

static unsigned height_of(const xmlNode *node)
{
    unsigned most = 0;
    for (const xmlNode *child = node->children; child != NULL; child = child->next)
        if (child->type == XML_ELEMENT_NODE) {
            unsigned height = height_of(child);
            most = height > most ? height : most;
        }
    return most + 1;
}

/* True when what the operation brings would stand too deep below `parent`. */
static bool too_deep(const struct operation *operation, const xmlNode *parent, unsigned depth_most)
{
    unsigned depth = height_of(operation->node) - 1;
    for (; parent != NULL && parent->type == XML_ELEMENT_NODE; parent = parent->parent)
        depth++;
    return depth > depth_most;
}

/* <add> (RFC 5261 4.3). */

static enum patch_error out_of_work(const struct search *search, enum patch_error otherwise)
{
    return search->steps_left == 0 ? PATCH_TOO_MUCH_WORK : otherwise;
}

static enum patch_error add_namespace(struct operation *operation, struct bytes prefix)
{
    struct search *search = operation->search;
    xmlNode *node = operation->at.node;
    struct qname name;
    struct bytes uri, rest = prefix;
    char text[64];
    if (!qname_take(&rest, &name) || !bytes_empty(rest) || !bytes_empty(name.prefix))
        return PATCH_INVALID_ATTRIBUTE_VALUE;
    if (!text_content(operation->node, &uri) || bytes_empty(bytes_trim(uri)))
        return PATCH_INVALID_NAMESPACE_URI;
    /* a prefix that is bound differently may be in use by what is below */
    const xmlNs *bound = search_prefix(search, node, prefix);
    bool same = bound != NULL && bytes_equal(bytes_of((const char *)bound->href), uri);
    if (prefix.length >= sizeof(text) || bytes_equal(prefix, BYTES("xml")) ||
        bytes_equal(prefix, BYTES("xmlns")) || (bound != NULL && !same))
        return out_of_work(search, PATCH_INVALID_NAMESPACE_PREFIX);
    memcpy(text, prefix.at, prefix.length);
    text[prefix.length] = '\0';
    return xmlNewNs(node, BAD_CAST uri.at, BAD_CAST text) != NULL ? PATCH_FINE
                                                                  : PATCH_INVALID_NAMESPACE_PREFIX;
}

static enum patch_error add_attribute(struct operation *operation, struct bytes type)
{
    struct search *search = operation->search;
    xmlNode *node = operation->at.node;
    struct bytes rest = type, value;
    struct qname name;
    const xmlChar *uri;
    if (!qname_take(&rest, &name) || !bytes_empty(rest) || !text_content(operation->node, &value))
        return PATCH_INVALID_ATTRIBUTE_VALUE;
    enum patch_error error = qname_space(search, &name, false, &uri);
    if (error != PATCH_FINE)
        return error;
    /* the name ends its attribute, and so does the value its text */
    const xmlChar *local = BAD_CAST name.local.at;
    if ((uri != NULL ? xmlHasNsProp(node, local, uri) : xmlHasNsProp(node, local, NULL)) != NULL)
        return PATCH_INVALID_PATCH_DIRECTIVE;
    xmlNs *ns = uri != NULL ? graft_space(search, node, uri, name.prefix) : NULL;
    if (uri != NULL && ns == NULL)
        return PATCH_TOO_MUCH_WORK;
    xmlNewNsProp(node, ns, local, BAD_CAST value.at);
    return search_pay(search, 1) ? PATCH_FINE : PATCH_TOO_MUCH_WORK;
}

static enum patch_error add_typed(struct operation *operation, struct bytes type)
{
    if (operation->at.node->type != XML_ELEMENT_NODE ||
        find_attribute(operation->node, "pos") != NULL)
        return PATCH_INVALID_PATCH_DIRECTIVE;
    if (bytes_starts_with(type, BYTES("namespace::")))
        return add_namespace(operation, bytes_skip(type, strlen("namespace::")));
    return bytes_starts_with(type, BYTES("@")) ? add_attribute(operation, bytes_skip(type, 1))
                                               : PATCH_INVALID_ATTRIBUTE_VALUE;
}

/* Comments and instructions may stand beside the root; no document of ours has them. */
static enum patch_error add_beside_root(const struct operation *operation)
{
    for (const xmlNode *child = operation->node->children; child != NULL; child = child->next) {
        if (child->type == XML_ELEMENT_NODE)
            return PATCH_INVALID_ROOT_ELEMENT_OPERATION;
        if (is_text(child) && !is_blank(child))
            return PATCH_INVALID_XML_PROLOG_OPERATION;
    }
    return PATCH_FINE;
}

static enum patch_error add_nodes(struct operation *operation, xmlNode *parent, xmlNode *before,
                                  unsigned depth_most)
{
    if (parent->type == XML_DOCUMENT_NODE)
        return add_beside_root(operation);
    if (parent->type != XML_ELEMENT_NODE)
        return PATCH_INVALID_PATCH_DIRECTIVE;
    if (too_deep(operation, parent, depth_most))
        return PATCH_TOO_DEEP;
    const xmlNode *child = operation->node->children;
    for (; child != NULL; child = child->next) {
        xmlNode *copy = graft_copy(operation->search, child, parent);
        if (copy == NULL)
            return PATCH_TOO_MUCH_WORK;
        graft_link(parent, before, copy);
    }
    return graft_merge(operation->search, parent) ? PATCH_FINE : PATCH_TOO_MUCH_WORK;
}

static enum patch_error apply_add(struct operation *operation, unsigned depth_most)
{
    const xmlAttr *pos = find_attribute(operation->node, "pos");
    const xmlAttr *type = find_attribute(operation->node, "type");
    xmlNode *node = operation->at.node;
    if (operation->at.kind != SELECTED_NODE)
        return PATCH_INVALID_ATTRIBUTE_VALUE;
    if (type != NULL)
        return add_typed(operation, value_of(type));
    if (pos == NULL)
        return add_nodes(operation, node, NULL, depth_most);
    struct bytes where = value_of(pos);
    if (bytes_equal(where, BYTES("prepend")))
        return add_nodes(operation, node, node->children, depth_most);
    if (bytes_equal(where, BYTES("before")))
        return add_nodes(operation, node->parent, node, depth_most);
    return bytes_equal(where, BYTES("after"))
               ? add_nodes(operation, node->parent, node->next, depth_most)
               : PATCH_INVALID_ATTRIBUTE_VALUE;
}

/* <replace> (RFC 5261 4.4). */

static enum patch_error replace_value(struct operation *operation)
{
    struct bytes value;
    struct selected *at = &operation->at;
    if (!text_content(operation->node, &value))
        return PATCH_INVALID_NODE_TYPES;
    if (at->kind == SELECTED_ATTRIBUTE) {
        xmlSetNsProp(at->node, at->attribute->ns, at->attribute->name, BAD_CAST value.at);
        return PATCH_FINE;
    }
    if (bytes_empty(bytes_trim(value)))
        return PATCH_INVALID_NAMESPACE_URI;
    xmlFree((xmlChar *)at->space->href);
    at->space->href = xmlStrdup(BAD_CAST value.at);
    return PATCH_FINE;
}

static enum patch_error replace_text(struct operation *operation)
{
    struct bytes value;
    xmlNode *node = operation->at.node;
    if (!text_content(operation->node, &value))
        return PATCH_INVALID_NODE_TYPES;
    xmlNode *text =
        bytes_empty(value) ? NULL : xmlNewDocText(operation->search->target, BAD_CAST value.at);
    if (text != NULL)
        graft_link(node->parent, node, text);
    xmlUnlinkNode(node);
    xmlFreeNode(node);
    return PATCH_FINE;
}

static enum patch_error replace_node(struct operation *operation, unsigned depth_most)
{
    xmlNode *node = operation->at.node, *parent = node->parent;
    const xmlNode *by = only_child(operation->node);
    if (by == NULL || by->type != node->type)
        return PATCH_INVALID_NODE_TYPES;
    if (too_deep(operation, parent, depth_most))
        return PATCH_TOO_DEEP;
    xmlNode *copy = graft_copy(operation->search, by, parent);
    if (copy == NULL)
        return PATCH_TOO_MUCH_WORK;
    graft_link(parent, node, copy);
    xmlUnlinkNode(node);
    xmlFreeNode(node);
    return PATCH_FINE;
}

static enum patch_error apply_replace(struct operation *operation, unsigned depth_most)
{
    if (operation->at.kind != SELECTED_NODE)
        return replace_value(operation);
    return is_text(operation->at.node) ? replace_text(operation)
                                       : replace_node(operation, depth_most);
}

/* <remove> (RFC 5261 4.5). */

/* True when a name at or below `node` is in the namespace by this declaration. */
static bool in_use(struct search *search, const xmlNode *node, const xmlNs *ns)
{
    if (node->ns == ns || !search_pay(search, 1))
        return true;
    for (const xmlAttr *at = node->properties; at != NULL; at = at->next)
        if (at->ns == ns || !search_pay(search, 1))
            return true;
    for (const xmlNode *child = node->children; child != NULL; child = child->next)
        if (child->type == XML_ELEMENT_NODE && in_use(search, child, ns))
            return true;
    return false;
}

static enum patch_error remove_namespace(struct operation *operation)
{
    struct selected *at = &operation->at;
    if (in_use(operation->search, at->node, at->space))
        return out_of_work(operation->search, PATCH_INVALID_NAMESPACE_PREFIX);
    xmlNs **link = &at->node->nsDef;
    while (*link != at->space)
        link = &(*link)->next;
    *link = at->space->next;
    at->space->next = NULL;
    xmlFreeNs(at->space);
    return PATCH_FINE;
}

/* Removes the neighbours that are to go with a node; they must be blanks, and there. */
static enum patch_error remove_blanks(const struct operation *operation)
{
    struct bytes ws = attribute_value(operation->node, "ws");
    bool both = bytes_equal(ws, BYTES("both"));
    bool before = both || bytes_equal(ws, BYTES("before"));
    bool after = both || bytes_equal(ws, BYTES("after"));
    xmlNode *node = operation->at.node, *prev = node->prev, *next = node->next;
    if (!before && !after)
        return PATCH_INVALID_ATTRIBUTE_VALUE;
    if ((before && !is_blank(prev)) || (after && !is_blank(next)))
        return PATCH_INVALID_WHITESPACE_DIRECTIVE;
    if (before) {
        xmlUnlinkNode(prev);
        xmlFreeNode(prev);
    }
    if (after) {
        xmlUnlinkNode(next);
        xmlFreeNode(next);
    }
    return PATCH_FINE;
}

static enum patch_error remove_node(struct operation *operation)
{
    xmlNode *node = operation->at.node, *parent = node->parent;
    enum patch_error error = PATCH_FINE;
    if (parent->type == XML_DOCUMENT_NODE && node->type == XML_ELEMENT_NODE)
        return PATCH_INVALID_ROOT_ELEMENT_OPERATION;
    if (find_attribute(operation->node, "ws") != NULL)
        error = is_text(node) ? PATCH_INVALID_PATCH_DIRECTIVE : remove_blanks(operation);
    if (error != PATCH_FINE)
        return error;
    xmlUnlinkNode(node);
    xmlFreeNode(node);
    if (parent->type == XML_ELEMENT_NODE && !graft_merge(operation->search, parent))
        return PATCH_TOO_MUCH_WORK;
    return PATCH_FINE;
}

static enum patch_error apply_remove(struct operation *operation)
{
    if (only_child(operation->node) != NULL)
        return PATCH_INVALID_DIFF_FORMAT;
    if (operation->at.kind == SELECTED_NODE)
        return remove_node(operation);
    if (find_attribute(operation->node, "ws") != NULL)
        return PATCH_INVALID_PATCH_DIRECTIVE;
    if (operation->at.kind == SELECTED_NAMESPACE)
        return remove_namespace(operation);
    xmlRemoveProp(operation->at.attribute);
    return PATCH_FINE;
}

/* Operations in order. */

static bool is_ours(const xmlNode *node, const char *name)
{
    return node->ns != NULL && xmlStrEqual(node->ns->href, BAD_CAST PIDF_DIFF_NAMESPACE) &&
           strcmp((const char *)node->name, name) == 0;
}

static enum patch_error apply(struct operation *operation, unsigned depth_most)
{
    const xmlNode *node = operation->node;
    const xmlAttr *selector = find_attribute(node, "sel");
    if (selector == NULL)
        return PATCH_INVALID_DIFF_FORMAT;
    operation->search->operation = node;
    enum patch_error error = select_node(operation->search, value_of(selector), &operation->at);
    if (error != PATCH_FINE)
        return error;
    if (is_ours(node, "add"))
        return apply_add(operation, depth_most);
    if (is_ours(node, "replace"))
        return apply_replace(operation, depth_most);
    return is_ours(node, "remove") ? apply_remove(operation) : PATCH_INVALID_DIFF_FORMAT;
}

/* Applies all of them to the tree; *failed is the one that could not be. */
static enum patch_error apply_all(const xmlNode *diff, xmlDoc *tree,
                                  const struct pidf_limits *limits, const xmlNode **failed)
{
    struct search search = {.target = tree, .steps_left = limits->patch_steps};
    for (const xmlNode *node = diff->children; node != NULL; node = node->next) {
        struct operation operation = {.node = node, .search = &search};
        enum patch_error error = PATCH_FINE;
        *failed = node;
        if (node->type == XML_ELEMENT_NODE)
            error = apply(&operation, limits->depth);
        else if (is_text(node) && !is_blank(node))
            error = PATCH_INVALID_DIFF_FORMAT;
        if (error != PATCH_FINE)
            return error;
    }
    return PATCH_FINE;
}

/* The whole. */

static struct verdict refusal(enum patch_error error, struct bytes patch, const xmlNode *node)
{
    assert(error != PATCH_FINE);
    return verdict(error >= PATCH_TOO_DEEP ? 413 : 400, reasons[error],
                   scan_line(patch, (size_t)xmlGetLineNo(node)));
}

/* RFC 5262 7: an unsignedInt. It counts for nobody here (RFC 5264 3.2). */
static bool good_version(const xmlNode *root)
{
    uint32_t version;
    return find_attribute(root, "version") == NULL ||
           bytes_to_u32(bytes_trim(attribute_value(root, "version")), &version);
}

/* The same presentity, whatever scheme it is written with. */
static bool same_entity(struct bytes one, struct bytes other)
{
    one = bytes_trim(one);
    other = bytes_trim(other);
    bytes_split(&one, ':');
    bytes_split(&other, ':');
    return bytes_equal(one, other);
}

/* The tree as a body of application/pidf+xml. */
static struct verdict write_body(xmlDoc *tree, size_t most_bytes, struct blob **body)
{
    xmlChar *text = NULL;
    int length = 0;
    xmlDocDumpMemoryEnc(tree, &text, &length, "UTF-8");
    struct verdict result = VERDICT_OK;
    if (text == NULL || length <= 0)
        result = verdict(500, "the patched document cannot be written", 0);
    else if ((size_t)length > most_bytes)
        result = verdict(413, "the patched document is too large", 0);
    else
        *body = blob_new(bytes_from(text, (size_t)length));
    xmlFree(text);
    return result;
}

/* Makes <presence> of <pidf-full>. */
static struct verdict patch_full(struct pidf_parser *parser, xmlDoc *tree, struct blob **body)
{
    xmlNode *root = xmlDocGetRootElement(tree);
    xmlAttr *version = (xmlAttr *)find_attribute(root, "version");
    struct search search = {.target = tree, .operation = root, .steps_left = 1000};
    xmlNs *ns = xmlSearchNsByHref(tree, root, BAD_CAST PIDF_NAMESPACE);
    if (version != NULL)
        xmlRemoveProp(version);
    if (ns == NULL)
        ns = graft_space(&search, root, BAD_CAST PIDF_NAMESPACE, BYTES("pidf"));
    xmlSetNs(root, ns);
    xmlNodeSetName(root, BAD_CAST "presence");
    return write_body(tree, pidf_limits_of(parser)->size_bytes, body);
}

static struct verdict patch_diff(struct pidf_parser *parser, struct bytes published,
                                 struct bytes patch, const xmlNode *root, struct blob **body)
{
    const xmlNode *failed = root;
    struct verdict result;
    if (bytes_empty(published))
        return verdict(400, "Invalid Partial Publication: a first one must be pidf-full", 0);
    xmlDoc *tree = pidf_read_all(parser, published, &result);
    if (tree == NULL)
        return verdict(500, "the published document cannot be read", 0);
    enum patch_error error = PATCH_INVALID_ATTRIBUTE_VALUE;
    const xmlNode *document = xmlDocGetRootElement(tree);
    if (find_attribute(root, "entity") == NULL ||
        same_entity(attribute_value(root, "entity"), attribute_value(document, "entity")))
        error = apply_all(root, tree, pidf_limits_of(parser), &failed);
    result = error != PATCH_FINE ? refusal(error, patch, failed)
                                 : write_body(tree, pidf_limits_of(parser)->size_bytes, body);
    xmlFreeDoc(tree);
    return result;
}

struct verdict pidf_patch(struct pidf_parser *parser, struct bytes published, struct bytes patch,
                          struct blob **body)
{
    assert(parser != NULL && body != NULL);
    struct verdict result;
    *body = NULL;
    xmlDoc *tree = pidf_read_all(parser, patch, &result);
    if (tree == NULL && result.status == 400)
        return verdict(400, reasons[PATCH_INVALID_DIFF_FORMAT], result.offset);
    if (tree == NULL)
        return result;
    const xmlNode *root = xmlDocGetRootElement(tree);
    if (!good_version(root))
        result = refusal(PATCH_INVALID_ATTRIBUTE_VALUE, patch, root);
    else if (is_ours(root, "pidf-full"))
        result = patch_full(parser, tree, body);
    else if (is_ours(root, "pidf-diff"))
        result = patch_diff(parser, published, patch, root, body);
    else
        result = refusal(PATCH_INVALID_DIFF_FORMAT, patch, root);
    xmlFreeDoc(tree);
    assert(verdict_ok(result) == (*body != NULL));
    return result;
}
