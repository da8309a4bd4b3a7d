/* filter_apply.c: what the <what> of a filter leaves of a document (RFC 4660 5.3.1, RFC 4661 3.5).
 *
 *   1. include: marks what is selected
 *        an element: WHOLE, with all that is in it
 *        a namespace: each of its elements SELF, with attributes and text alone
 *        an attribute: itself, and its element PASSED
 *      without any <include> the root is WHOLE: what is excluded is excluded from everything
 *   2. settle, from the leaves up: what holds something that stays is PASSED, and stays; so does
 *      what the schemas want in it
 *   3. exclude, one after the other: what is selected is CONDEMNED, then goes, unless the document
 *      would not be valid without it
 *   4. what has no mark is taken out of the tree
 *
 * Of an element that is only PASSED those attributes stay that the schemas want, and those that say
 * when the rest holds (from, until). Of elements without a schema here all of them stay.
 *
 * A location (RFC 4119) is taken or left whole: it must not lose its rules of usage. */
#include <assert.h>

#include "filter_internal.h"
#include "node_internal.h"
#include "tree_internal.h"

/* In a node's _private. */
enum mark { MARK_NONE, MARK_PASSED, MARK_SELF, MARK_WHOLE, MARK_CONDEMNED };

static enum mark mark_of(const void *mark)
{
    return (enum mark)(uintptr_t)mark;
}

static void *as_private(enum mark mark)
{
    return (void *)(uintptr_t)mark;
}

/* A better mark only. */
static void raise_mark(xmlNode *node, enum mark mark)
{
    if (mark_of(node->_private) < mark)
        node->_private = as_private(mark);
}

/* What the schemas say. */

/* The rule of an element below one with the rule `parent`; NULL: there is none. */
static const struct rule *rule_of(const struct rule *parent, const xmlNode *node)
{
    enum space space = space_of(node_space_uri(node));
    const char *name = (const char *)node->name;
    const struct slot *slot = NULL;
    if (space == SPACE_PIDF && node_is(node->parent, SPACE_PIDF, "presence"))
        return strcmp(name, "tuple") == 0 ? &rule_tuple : &rule_note;
    if (parent != NULL && parent->slots != NULL)
        slot = grammar_slot(parent, space, name);
    return slot != NULL && slot->rule != NULL ? slot->rule : grammar_find(space, name);
}

static const struct slot *slot_of(const struct rule *rule, const xmlNode *child)
{
    if (rule == NULL || rule->slots == NULL || child->type != XML_ELEMENT_NODE)
        return NULL;
    return grammar_slot(rule, space_of(node_space_uri(child)), (const char *)child->name);
}

/* Must this child be there? */
static bool is_needed(const struct rule *rule, const xmlNode *child)
{
    const struct slot *slot = slot_of(rule, child);
    return slot != NULL && (slot->needed || slot->fallback != NULL);
}

/* Is this child one of those of which one must be there? A status must have some child (RFC 3863
 * 4.1.4), which its schema does not say. */
static bool is_choice(const struct rule *rule, const xmlNode *node, const xmlNode *child)
{
    if (child->type != XML_ELEMENT_NODE)
        return false;
    if (node_is(node, SPACE_PIDF, "status"))
        return true;
    if (rule == NULL || !rule->choice_needed)
        return false;
    const struct slot *slot = slot_of(rule, child);
    return slot != NULL && slot->alternative != 0;
}

/* Attributes that schemas want; of watcher information (RFC 3858 4) too, which may be filtered as
 * well. */
static bool attribute_needed(const xmlNode *node, const xmlAttr *attribute)
{
    static const struct {
        const char *space, *element, *attributes[4];
    } needed[] = {
        {PIDF_NAMESPACE, "presence", {"entity"}},
        {PIDF_NAMESPACE, "tuple", {"id"}},
        {DATA_MODEL_NAMESPACE, "person", {"id"}},
        {DATA_MODEL_NAMESPACE, "device", {"id"}},
        {"urn:ietf:params:xml:ns:watcherinfo", "watcherinfo", {"version", "state"}},
        {"urn:ietf:params:xml:ns:watcherinfo", "watcher-list", {"resource", "package"}},
        {"urn:ietf:params:xml:ns:watcherinfo", "watcher", {"id", "status", "event"}},
    };
    for (size_t i = 0; attribute->ns == NULL && i < sizeof(needed) / sizeof(needed[0]); i++) {
        if (!node_named(node, needed[i].element) ||
            strcmp(node_space_uri(node), needed[i].space) != 0)
            continue;
        for (const char *const *name = needed[i].attributes; *name != NULL; name++)
            if (strcmp(*name, (const char *)attribute->name) == 0)
                return true;
    }
    return false;
}

static bool is_location(const xmlNode *node)
{
    return node_named(node, "geopriv") &&
           strcmp(node_space_uri(node), "urn:ietf:params:xml:ns:pidf:geopriv10") == 0;
}

/* 1. */

static void include_found(void *context, xmlNode *element, xmlAttr *attribute)
{
    (void)context;
    raise_mark(element, attribute != NULL ? MARK_PASSED : MARK_WHOLE);
    if (attribute != NULL)
        attribute->_private = as_private(MARK_SELF);
}

static void include_namespace(xmlNode *node, struct bytes space)
{
    if (bytes_equal(bytes_of(node_space_uri(node)), space))
        raise_mark(node, MARK_SELF);
    for (xmlNode *child = node->children; child != NULL; child = child->next)
        if (child->type == XML_ELEMENT_NODE)
            include_namespace(child, space);
}

static void include_all(const struct filter *filter, xmlNode *root, struct path_budget *budget)
{
    for (unsigned i = 0; i < filter->include_count; i++) {
        const struct filter_part *part = &filter->includes[i];
        if (part->is_namespace)
            include_namespace(root, part->space);
        else
            path_select(&part->path, root, budget, include_found, NULL);
    }
    if (filter->include_count == 0)
        raise_mark(root, MARK_WHOLE);
}

/* 2. */

static void settle_attributes(xmlNode *node, const struct rule *rule)
{
    enum mark mark = mark_of(node->_private);
    bool known = rule != NULL || node_is(node, SPACE_PIDF, "presence");
    for (xmlAttr *at = node->properties; at != NULL; at = at->next) {
        bool when = at->ns == NULL && (strcmp((const char *)at->name, "from") == 0 ||
                                       strcmp((const char *)at->name, "until") == 0);
        if (mark >= MARK_SELF || !known || when || attribute_needed(node, at))
            at->_private = as_private(MARK_SELF);
    }
}

/* The text of an element that is only passed is its value when there is nothing else in it. */
static void settle_text(xmlNode *node)
{
    bool stays = mark_of(node->_private) >= MARK_SELF || xmlFirstElementChild(node) == NULL;
    for (xmlNode *child = node->children; stays && child != NULL; child = child->next)
        if (child->type != XML_ELEMENT_NODE)
            child->_private = as_private(MARK_SELF);
}

static bool has_marked_choice(const struct rule *rule, const xmlNode *node)
{
    for (const xmlNode *child = node->children; child != NULL; child = child->next)
        if (is_choice(rule, node, child) && mark_of(child->_private) != MARK_NONE)
            return true;
    return false;
}

static void settle(xmlNode *node, const struct rule *rule);

static void settle_child(xmlNode *child, const struct rule *parent)
{
    settle(child, rule_of(parent, child));
}

/* Keeps what an element must have, with its value. */
static void complete(xmlNode *node, const struct rule *rule)
{
    bool want_choice = !has_marked_choice(rule, node);
    for (xmlNode *child = node->children; child != NULL; child = child->next) {
        bool wanted = is_needed(rule, child) || (want_choice && is_choice(rule, node, child));
        if (!wanted || mark_of(child->_private) != MARK_NONE)
            continue;
        raise_mark(child, MARK_WHOLE);
        settle_child(child, rule);
    }
}

static void settle(xmlNode *node, const struct rule *rule)
{
    bool whole = mark_of(node->_private) == MARK_WHOLE;
    for (xmlNode *child = node->children; child != NULL; child = child->next) {
        if (child->type != XML_ELEMENT_NODE)
            continue;
        if (whole)
            raise_mark(child, MARK_WHOLE);
        settle_child(child, rule);
        if (mark_of(child->_private) != MARK_NONE)
            raise_mark(node, MARK_PASSED);
    }
    enum mark mark = mark_of(node->_private);
    if (mark == MARK_NONE)
        return;
    if (mark != MARK_WHOLE && is_location(node)) {
        raise_mark(node, MARK_WHOLE);
        settle(node, rule);
        return;
    }
    complete(node, rule);
    settle_attributes(node, rule);
    settle_text(node);
}

/* 3. */

static bool in_location(const xmlNode *node)
{
    for (node = node->parent; node != NULL && node->type == XML_ELEMENT_NODE; node = node->parent)
        if (is_location(node))
            return true;
    return false;
}

static void exclude_found(void *context, xmlNode *element, xmlAttr *attribute)
{
    (void)context;
    if (attribute == NULL && element->parent->type == XML_ELEMENT_NODE &&
        mark_of(element->_private) != MARK_NONE && !in_location(element))
        element->_private = as_private(MARK_CONDEMNED);
    if (attribute != NULL && !attribute_needed(element, attribute) && !in_location(element) &&
        !is_location(element))
        attribute->_private = as_private(MARK_NONE);
}

static void exclude_namespace(xmlNode *node, struct bytes space)
{
    if (bytes_equal(bytes_of(node_space_uri(node)), space))
        exclude_found(NULL, node, NULL);
    for (xmlNode *child = node->children; child != NULL; child = child->next)
        if (child->type == XML_ELEMENT_NODE)
            exclude_namespace(child, space);
}

static bool loses_choice(const struct rule *rule, const xmlNode *node)
{
    bool had = false;
    for (const xmlNode *child = node->children; child != NULL; child = child->next) {
        enum mark mark = mark_of(child->_private);
        if (!is_choice(rule, node, child) || mark == MARK_NONE)
            continue;
        if (mark != MARK_CONDEMNED)
            return false;
        had = true;
    }
    return had;
}

/* The condemned below an element go, or are spared: then as if they had not been selected. */
static void judge(xmlNode *node, const struct rule *rule)
{
    bool spare_choice = loses_choice(rule, node);
    for (xmlNode *child = node->children; child != NULL; child = child->next) {
        if (child->type != XML_ELEMENT_NODE || mark_of(child->_private) == MARK_NONE)
            continue;
        if (mark_of(child->_private) == MARK_CONDEMNED) {
            bool spared = is_needed(rule, child) || (spare_choice && is_choice(rule, node, child));
            child->_private = as_private(spared ? MARK_SELF : MARK_NONE);
        }
        if (mark_of(child->_private) != MARK_NONE)
            judge(child, rule_of(rule, child));
    }
}

static void exclude_all(const struct filter *filter, xmlNode *root, struct path_budget *budget)
{
    for (unsigned i = 0; i < filter->exclude_count; i++) {
        const struct filter_part *part = &filter->excludes[i];
        if (part->is_namespace)
            exclude_namespace(root, part->space);
        else
            path_select(&part->path, root, budget, exclude_found, NULL);
        judge(root, NULL);
    }
}

/* 4. */

static bool drop_attributes(xmlNode *node)
{
    bool dropped = false;
    for (xmlAttr *at = node->properties, *next = NULL; at != NULL; at = next) {
        next = at->next;
        if (mark_of(at->_private) != MARK_NONE)
            continue;
        xmlRemoveProp(at);
        dropped = true;
    }
    return dropped;
}

/* True when something went. */
static bool drop_unmarked(xmlNode *node)
{
    bool dropped = drop_attributes(node);
    for (xmlNode *child = node->children, *next = NULL; child != NULL; child = next) {
        next = child->next;
        if (mark_of(child->_private) == MARK_NONE) {
            xmlUnlinkNode(child);
            xmlFreeNode(child);
            dropped = true;
        } else if (child->type == XML_ELEMENT_NODE) {
            dropped |= drop_unmarked(child);
        }
    }
    return dropped;
}

static struct blob *apply(const struct filter *filter, xmlDoc *tree, struct blob *document)
{
    struct path_budget budget = {FILTER_WORK_MOST};
    xmlNode *root = xmlDocGetRootElement(tree);
    include_all(filter, root, &budget);
    raise_mark(root, MARK_PASSED);
    settle(root, NULL);
    exclude_all(filter, root, &budget);
    /* what takes too long is not filtered: the watcher may see all of it (RFC 4660 5.3.1) */
    if (budget.left == 0 || !drop_unmarked(root))
        return blob_ref(document);
    return pidf_write_tree(tree);
}

struct blob *pidf_filter_apply(struct pidf_parser *parser, const struct pidf_filter *filter,
                               struct blob *document)
{
    assert(parser != NULL && document != NULL);
    if (filter == NULL || bytes_empty(filter->view_key))
        return blob_ref(document);
    xmlDoc *tree = pidf_read_own(parser, document);
    if (tree == NULL)
        return pidf_write_head(document);
    struct blob *left = apply(filter->effective, tree, document);
    xmlFreeDoc(tree);
    return left;
}
