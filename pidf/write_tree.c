/* write_tree.c: a tree that something was taken out of, as bytes again.
 *
 * Nodes are written as pidf_compose writes them, so that what was left alone looks the same. A
 * namespace that the root declares is written when an element or attribute that is left uses it:
 * who may not see an element shall not see that there was one. Only values of elements that we do
 * not know may use prefixes unseen; with one of those left all declarations stay. */
#include <assert.h>

#include "node_internal.h"
#include "tree_internal.h"

static bool is_known(const xmlNode *node)
{
    switch (space_of(node_space_uri(node))) {
    case SPACE_PIDF:
    case SPACE_DATA_MODEL:
    case SPACE_RPID:
        return true;
    default:
        return false;
    }
}

static void use(xmlNs *ns)
{
    if (ns != NULL)
        ns->_private = ns;
}

/* Marks the namespaces that are used at or below `node`; true: by elements that we know alone. */
static bool use_all(const xmlNode *node)
{
    bool known = is_known(node);
    use(node->ns);
    for (const xmlAttr *at = node->properties; at != NULL; at = at->next)
        use(at->ns);
    for (const xmlNode *child = node->children; child != NULL; child = child->next)
        if (child->type == XML_ELEMENT_NODE && !use_all(child))
            known = false;
    return known;
}

static void put_name(struct text *out, const xmlNs *ns, const xmlChar *name)
{
    if (ns != NULL && ns->prefix != NULL) {
        text_put(out, bytes_of((const char *)ns->prefix));
        text_char(out, ':');
    }
    text_put(out, bytes_of((const char *)name));
}

static void put_declaration(struct text *out, const xmlNs *ns)
{
    text_put(out, BYTES(" xmlns"));
    if (ns->prefix != NULL) {
        text_char(out, ':');
        text_put(out, bytes_of((const char *)ns->prefix));
    }
    text_put(out, BYTES("=\""));
    text_quoted(out, bytes_of((const char *)ns->href));
    text_char(out, '"');
}

static void put_attribute(struct text *out, const xmlAttr *attribute)
{
    text_char(out, ' ');
    put_name(out, attribute->ns, attribute->name);
    text_put(out, BYTES("=\""));
    for (const xmlNode *part = attribute->children; part != NULL; part = part->next)
        if (part->content != NULL)
            text_quoted(out, bytes_of((const char *)part->content));
    text_char(out, '"');
}

/* Everything in the start tag behind the name; `all`: unused declarations as well. */
static void put_tag(struct text *out, const xmlNode *node, bool all)
{
    for (const xmlNs *ns = node->nsDef; ns != NULL; ns = ns->next)
        if (all || ns->_private != NULL)
            put_declaration(out, ns);
    for (const xmlAttr *at = node->properties; at != NULL; at = at->next)
        put_attribute(out, at);
}

static void put_element(struct text *out, const xmlNode *node, bool all)
{
    text_char(out, '<');
    put_name(out, node->ns, node->name);
    put_tag(out, node, all);
    if (node->children == NULL && node->parent->type == XML_ELEMENT_NODE) {
        text_put(out, BYTES("/>"));
        return;
    }
    text_char(out, '>');
    for (const xmlNode *child = node->children; child != NULL; child = child->next) {
        if (child->type == XML_ELEMENT_NODE)
            put_element(out, child, true);
        else if (child->content != NULL)
            text_escaped(out, bytes_of((const char *)child->content));
    }
    text_put(out, BYTES("</"));
    put_name(out, node->ns, node->name);
    text_char(out, '>');
}

struct blob *pidf_write_tree(const xmlDoc *tree)
{
    assert(tree != NULL);
    const xmlNode *root = xmlDocGetRootElement(tree);
    assert(root != NULL);
    for (xmlNs *ns = root->nsDef; ns != NULL; ns = ns->next)
        ns->_private = NULL;
    bool known = use_all(root);
    struct text out = {0};
    text_put(&out, BYTES("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"));
    put_element(&out, root, !known);
    text_char(&out, '\n');
    struct blob *blob = blob_new(text_bytes(&out));
    text_release(&out);
    return blob;
}

struct blob *pidf_write_head(const struct blob *document)
{
    assert(document != NULL);
    struct bytes body = blob_bytes(document);
    struct bytes root = BYTES("<presence ");
    const char *start = memmem(body.at, body.length, root.at, root.length);
    if (start == NULL)
        return blob_new(BYTES(""));
    /* no ">" stands for itself in a value that was written with text_quoted */
    struct bytes tag = bytes_skip(body, (size_t)(start - body.at));
    ptrdiff_t end = bytes_index(tag, '>');
    struct text out = {0};
    text_put(&out, bytes_first(body, (size_t)(start - body.at)));
    text_put(&out, bytes_first(tag, end > 0 ? (size_t)end : 0));
    text_put(&out, BYTES("></presence>\n"));
    struct blob *blob = blob_new(text_bytes(&out));
    text_release(&out);
    return blob;
}
