/* graft.c: copying with the namespaces put right.
 *
 *   element: its own declarations are copied as they are, then its name and its attributes' names
 *   find a declaration in scope: the same prefix, else the parent's, else by the alphabet (RFC 5261
 *   4.2.3), else the copy declares it */
#include "graft_internal.h"

#include <assert.h>
#include <stdio.h>

/* Namespaces. */

/* Where an element is looked at from: the copy, and what it is going to be linked to. */
struct graft {
    struct search *search;
    const xmlNode *context; /* the parent at the place of insertion */
};

static struct bytes prefix_of(const xmlNs *ns)
{
    return bytes_of((const char *)ns->prefix);
}

static bool is_hidden(struct search *search, const xmlNode *node, const xmlNs *ns)
{
    return search_prefix(search, node, prefix_of(ns)) != ns;
}

static bool has_uri(const xmlNs *ns, const xmlChar *uri)
{
    return ns != NULL && xmlStrEqual(ns->href, uri);
}

/* By the alphabet: the last one that is not behind the wanted prefix, else the first one. */
static bool is_closer(const xmlNs *ns, const xmlNs *best, struct bytes wanted)
{
    if (best == NULL)
        return true;
    bool before = bytes_compare(prefix_of(ns), wanted) <= 0;
    bool best_before = bytes_compare(prefix_of(best), wanted) <= 0;
    if (before != best_before)
        return before;
    int order = bytes_compare(prefix_of(ns), prefix_of(best));
    return before ? order > 0 : order < 0;
}

/* A declaration for the namespace in scope at `node`. `attribute`: the default will not do. */
static xmlNs *find_space(const struct graft *graft, const xmlNode *node, const xmlChar *uri,
                         struct bytes wanted, bool attribute)
{
    struct search *search = graft->search;
    xmlNs *best = search_prefix(search, node, wanted);
    if (has_uri(best, uri) && !(attribute && best->prefix == NULL))
        return best;
    const xmlNode *context = graft->context;
    if (context->type == XML_ELEMENT_NODE && has_uri(context->ns, uri) &&
        !(attribute && context->ns->prefix == NULL) && !is_hidden(search, node, context->ns))
        return context->ns;
    best = NULL;
    for (; node != NULL && node->type == XML_ELEMENT_NODE; node = node->parent)
        for (xmlNs *ns = node->nsDef; ns != NULL && search_pay(search, 1); ns = ns->next)
            if (has_uri(ns, uri) && !(attribute && ns->prefix == NULL) &&
                is_closer(ns, best, wanted) && !is_hidden(search, node, ns))
                best = ns;
    return best;
}

/* Declares the namespace at `node`, under the wanted prefix when that is free there. */
static xmlNs *declare(struct search *search, xmlNode *node, const xmlChar *uri, struct bytes wanted,
                      bool attribute)
{
    char prefix[64] = "";
    bool free_one = wanted.length < sizeof(prefix) - 1 && !(attribute && bytes_empty(wanted)) &&
                    (bytes_empty(wanted) || search_prefix(search, node, wanted) == NULL);
    if (free_one)
        snprintf(prefix, sizeof(prefix), "%.*s", BYTES_ARGS(wanted));
    for (unsigned i = 1; !free_one && search_pay(search, 1); i++) {
        snprintf(prefix, sizeof(prefix), "n%u", i);
        free_one = search_prefix(search, node, bytes_of(prefix)) == NULL;
    }
    if (search->steps_left == 0)
        return NULL;
    return xmlNewNs(node, uri, prefix[0] != '\0' ? BAD_CAST prefix : NULL);
}

static xmlNs *space_for(const struct graft *graft, xmlNode *node, const xmlNs *source,
                        bool attribute)
{
    struct bytes wanted = prefix_of(source);
    xmlNs *ns = find_space(graft, node, source->href, wanted, attribute);
    return ns != NULL ? ns : declare(graft->search, node, source->href, wanted, attribute);
}

xmlNs *graft_space(struct search *search, xmlNode *node, const xmlChar *uri, struct bytes prefix)
{
    assert(node->type == XML_ELEMENT_NODE && uri != NULL);
    if (xmlStrEqual(uri, XML_XML_NAMESPACE))
        return xmlSearchNsByHref(search->target, node, uri);
    const struct graft graft = {search, node};
    xmlNs *ns = find_space(&graft, node, uri, prefix, true);
    return ns != NULL ? ns : declare(search, node, uri, prefix, true);
}

/* Nodes. */

static bool is_unqualified(const xmlNs *ns)
{
    return ns == NULL || ns->href == NULL || ns->href[0] == '\0';
}

/* Gives the copy the name's namespace; an unqualified one must not fall into a default. */
static bool qualify(const struct graft *graft, xmlNode *copy, const xmlNode *source)
{
    if (!is_unqualified(source->ns)) {
        copy->ns = space_for(graft, copy, source->ns, false);
        return copy->ns != NULL;
    }
    const xmlNs *usual = search_prefix(graft->search, copy, BYTES(""));
    if (!is_unqualified(usual))
        xmlNewNs(copy, BAD_CAST "", NULL);
    return graft->search->steps_left > 0;
}

static bool copy_attributes(const struct graft *graft, xmlNode *copy, const xmlNode *source)
{
    for (const xmlAttr *at = source->properties; at != NULL; at = at->next) {
        xmlNs *ns = NULL;
        if (at->ns != NULL && xmlStrEqual(at->ns->href, XML_XML_NAMESPACE))
            ns = xmlSearchNsByHref(graft->search->target, copy, at->ns->href);
        else if (at->ns != NULL)
            ns = space_for(graft, copy, at->ns, true);
        if (at->ns != NULL && ns == NULL)
            return false;
        const xmlChar *value = at->children != NULL ? at->children->content : BAD_CAST "";
        if (!search_pay(graft->search, 1) || xmlNewNsProp(copy, ns, at->name, value) == NULL)
            return false;
    }
    return true;
}

static xmlNode *copy_below(const struct graft *graft, const xmlNode *source, xmlNode *parent);

static bool copy_element(const struct graft *graft, xmlNode *copy, const xmlNode *source)
{
    for (const xmlNs *ns = source->nsDef; ns != NULL; ns = ns->next)
        if (!search_pay(graft->search, 1) || xmlNewNs(copy, ns->href, ns->prefix) == NULL)
            return false;
    if (!qualify(graft, copy, source) || !copy_attributes(graft, copy, source))
        return false;
    for (const xmlNode *child = source->children; child != NULL; child = child->next) {
        xmlNode *below = copy_below(graft, child, copy);
        if (below == NULL)
            return false;
        graft_link(copy, NULL, below);
    }
    return true;
}

static xmlNode *copy_leaf(const struct search *search, const xmlNode *source)
{
    switch (source->type) {
    case XML_TEXT_NODE:
    case XML_CDATA_SECTION_NODE:
        return xmlNewDocText(search->target, source->content);
    case XML_COMMENT_NODE:
        return xmlNewDocComment(search->target, source->content);
    default:
        assert(source->type == XML_PI_NODE);
        return xmlNewDocPI(search->target, source->name, source->content);
    }
}

static xmlNode *copy_below(const struct graft *graft, const xmlNode *source, xmlNode *parent)
{
    struct search *search = graft->search;
    if (!search_pay(search, 1))
        return NULL;
    if (source->type != XML_ELEMENT_NODE)
        return copy_leaf(search, source);
    xmlNode *copy = xmlNewDocNode(search->target, NULL, source->name, NULL);
    copy->parent = parent; /* to look things up from; it is not linked */
    bool good = copy_element(graft, copy, source);
    copy->parent = NULL;
    if (good)
        return copy;
    xmlFreeNode(copy);
    return NULL;
}

xmlNode *graft_copy(struct search *search, const xmlNode *source, xmlNode *parent)
{
    assert(search != NULL && source != NULL && parent != NULL);
    const struct graft graft = {search, parent};
    return copy_below(&graft, source, parent);
}

void graft_link(xmlNode *parent, xmlNode *before, xmlNode *node)
{
    assert(node->parent == NULL && (before == NULL || before->parent == parent));
    node->parent = parent;
    node->next = before;
    node->prev = before != NULL ? before->prev : parent->last;
    if (node->prev != NULL)
        node->prev->next = node;
    else
        parent->children = node;
    if (before != NULL)
        before->prev = node;
    else
        parent->last = node;
}

bool graft_merge(struct search *search, xmlNode *parent)
{
    for (xmlNode *child = parent->children; child != NULL; child = child->next) {
        if (!search_pay(search, 1))
            return false;
        while (child->type == XML_TEXT_NODE && child->next != NULL &&
               child->next->type == XML_TEXT_NODE) {
            xmlNode *next = child->next;
            size_t length = strlen((const char *)child->content);
            if (!search_pay(search, 1 + (length + strlen((const char *)next->content)) / 16))
                return false;
            xmlNodeAddContent(child, next->content);
            xmlUnlinkNode(next);
            xmlFreeNode(next);
        }
    }
    return true;
}
