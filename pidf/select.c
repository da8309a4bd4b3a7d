/* select.c: a selector, step by step, over sets of nodes.
 *
 *   (/)? ( id('x') | step ) ( / step )* ( / last )?
 *   step = ( name | * ) [condition]*           condition = N | @name='v' | .='v' | name='v'
 *   last = step | text()[N] | comment()[N] | processing-instruction('x')[N] | @name | namespace::x
 *
 * The set begins as the document itself. A step takes the children of each member that pass its
 * test, then its conditions one after the other, each counting anew what the one before left: that
 * is XPath's child axis. Everything looked at is paid for (search_pay). */
#include "select_internal.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "grammar_internal.h"

/* Sets of nodes. */

struct nodes {
    xmlNode **at;
    size_t count, size;
};

static void nodes_add(struct nodes *nodes, xmlNode *node)
{
    if (nodes->count == nodes->size) {
        nodes->size = nodes->size == 0 ? 16 : nodes->size * 2;
        nodes->at = memory_resize(nodes->at, nodes->size * sizeof(xmlNode *));
    }
    nodes->at[nodes->count++] = node;
}

/* What a selector is read with. */
struct reader {
    struct search *search;
    struct bytes rest;
    struct nodes now, next; /* the set before and after the step that is read */
    enum patch_error error;
};

bool search_pay(struct search *search, size_t steps)
{
    bool enough = search->steps_left >= steps;
    search->steps_left = enough ? search->steps_left - steps : 0;
    return enough;
}

static void fail(struct reader *reader, enum patch_error error)
{
    if (reader->error == PATCH_FINE)
        reader->error = error;
}

static bool pay(struct reader *reader, size_t steps)
{
    if (!search_pay(reader->search, steps))
        fail(reader, PATCH_TOO_MUCH_WORK);
    return reader->error == PATCH_FINE;
}

xmlNs *search_prefix(struct search *search, const xmlNode *node, struct bytes prefix)
{
    for (; node != NULL && node->type == XML_ELEMENT_NODE; node = node->parent)
        for (xmlNs *ns = node->nsDef; ns != NULL; ns = ns->next) {
            if (!search_pay(search, 1))
                return NULL;
            if (bytes_equal(bytes_of((const char *)ns->prefix), prefix))
                return ns;
        }
    return NULL;
}

/* Names. */

static bool is_name_start(char c)
{
    return (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') || c == '_' || (unsigned char)c >= 128;
}

static bool is_name_char(char c)
{
    return is_name_start(c) || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

static struct bytes take_ncname(struct bytes *rest)
{
    size_t length = 0;
    if (!bytes_empty(*rest) && is_name_start(rest->at[0]))
        while (length < rest->length && is_name_char(rest->at[length]))
            length++;
    struct bytes name = bytes_first(*rest, length);
    *rest = bytes_skip(*rest, length);
    return name;
}

static bool take(struct bytes *rest, const char *text)
{
    if (!bytes_starts_with(*rest, bytes_of(text)))
        return false;
    *rest = bytes_skip(*rest, strlen(text));
    return true;
}

bool qname_take(struct bytes *rest, struct qname *name)
{
    *name = (struct qname){.local = take_ncname(rest)};
    if (bytes_empty(name->local))
        return false;
    if (!bytes_starts_with(*rest, BYTES(":")) || bytes_starts_with(*rest, BYTES("::")))
        return true;
    *rest = bytes_skip(*rest, 1);
    name->prefix = name->local;
    name->local = take_ncname(rest);
    return !bytes_empty(name->local);
}

enum patch_error qname_space(struct search *search, const struct qname *name, bool element,
                             const xmlChar **uri)
{
    *uri = NULL;
    if (bytes_equal(name->prefix, BYTES("xml"))) {
        *uri = XML_XML_NAMESPACE;
        return PATCH_FINE;
    }
    if (bytes_empty(name->prefix) && !element)
        return PATCH_FINE;
    const xmlNs *ns = search_prefix(search, search->operation, name->prefix);
    if (ns != NULL && ns->href != NULL && ns->href[0] != '\0')
        *uri = ns->href;
    if (search->steps_left == 0)
        return PATCH_TOO_MUCH_WORK;
    return ns == NULL && !bytes_empty(name->prefix) ? PATCH_INVALID_NAMESPACE_PREFIX : PATCH_FINE;
}

/* A name that is looked for, in its namespace. */
struct wanted {
    struct bytes local;
    const xmlChar *uri; /* NULL: none */
    bool any;           /* "*" */
};

static bool read_wanted(struct reader *reader, bool element, struct wanted *wanted)
{
    struct qname name;
    *wanted = (struct wanted){.any = element && take(&reader->rest, "*")};
    if (wanted->any)
        return true;
    if (!qname_take(&reader->rest, &name)) {
        fail(reader, PATCH_INVALID_ATTRIBUTE_VALUE);
        return false;
    }
    wanted->local = name.local;
    fail(reader, qname_space(reader->search, &name, element, &wanted->uri));
    return reader->error == PATCH_FINE;
}

static bool matches(const struct wanted *wanted, const xmlChar *local, const xmlNs *ns)
{
    const xmlChar *uri = ns != NULL && ns->href != NULL && ns->href[0] != '\0' ? ns->href : NULL;
    return wanted->any || (bytes_equal(bytes_of((const char *)local), wanted->local) &&
                           xmlStrEqual(uri, wanted->uri));
}

/* Somebody whose copy has the root that RFC 5262 3 gives it may say so: ours is <presence>. */
static bool is_full_root(const struct wanted *wanted, const xmlNode *node)
{
    return node->parent->type == XML_DOCUMENT_NODE &&
           bytes_equal(wanted->local, BYTES("pidf-full")) && wanted->uri != NULL &&
           strcmp((const char *)wanted->uri, PIDF_NAMESPACE "-diff") == 0;
}

static bool is_element(const struct wanted *wanted, const xmlNode *node)
{
    return node->type == XML_ELEMENT_NODE &&
           (matches(wanted, node->name, node->ns) || is_full_root(wanted, node));
}

/* String values. */

/* Takes the text below `node` off the front of *rest; false when it is another one. */
static bool take_text(struct reader *reader, const xmlNode *node, struct bytes *rest)
{
    for (; node != NULL; node = node->next) {
        struct bytes text = BYTES("");
        if (node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE)
            text = bytes_of((const char *)node->content);
        if (!pay(reader, 1 + text.length / 16) || !bytes_starts_with(*rest, text))
            return false;
        *rest = bytes_skip(*rest, text.length);
        if (node->type == XML_ELEMENT_NODE && !take_text(reader, node->children, rest))
            return false;
    }
    return true;
}

static bool has_value(struct reader *reader, const xmlNode *children, struct bytes value)
{
    return take_text(reader, children, &value) && bytes_empty(value);
}

static xmlAttr *find_attribute(struct reader *reader, const xmlNode *node,
                               const struct wanted *wanted)
{
    for (xmlAttr *at = node->properties; at != NULL; at = at->next)
        if (!pay(reader, 1) || matches(wanted, at->name, at->ns))
            return reader->error == PATCH_FINE ? at : NULL;
    return NULL;
}

/* Conditions. */

enum condition_kind { CONDITION_PLACE, CONDITION_SELF, CONDITION_CHILD, CONDITION_ATTRIBUTE };

struct condition {
    enum condition_kind kind;
    uint32_t place;
    struct wanted wanted;
    struct bytes value;
};

static bool read_quoted(struct reader *reader, struct bytes *value)
{
    struct bytes *rest = &reader->rest;
    if (!bytes_empty(*rest) && (rest->at[0] == '\'' || rest->at[0] == '"')) {
        char quote = rest->at[0];
        *rest = bytes_skip(*rest, 1);
        ptrdiff_t end = bytes_index(*rest, quote);
        if (end >= 0) {
            *value = bytes_split(rest, quote);
            return true;
        }
    }
    fail(reader, PATCH_INVALID_ATTRIBUTE_VALUE);
    return false;
}

static bool read_place(struct reader *reader, uint32_t *place)
{
    size_t digits = 0;
    while (digits < reader->rest.length && reader->rest.at[digits] >= '0' &&
           reader->rest.at[digits] <= '9')
        digits++;
    if (digits == 0)
        return false;
    /* a number that is too large counts nobody */
    if (!bytes_to_u32(bytes_first(reader->rest, digits), place))
        *place = UINT32_MAX;
    reader->rest = bytes_skip(reader->rest, digits);
    return true;
}

/* What stands between the brackets; the first one was taken. */
static bool read_condition(struct reader *reader, struct condition *condition)
{
    *condition = (struct condition){.kind = CONDITION_PLACE};
    if (!read_place(reader, &condition->place)) {
        condition->kind = take(&reader->rest, ".")   ? CONDITION_SELF
                          : take(&reader->rest, "@") ? CONDITION_ATTRIBUTE
                                                     : CONDITION_CHILD;
        if (condition->kind != CONDITION_SELF &&
            !read_wanted(reader, condition->kind == CONDITION_CHILD, &condition->wanted))
            return false;
        if (!take(&reader->rest, "="))
            fail(reader, PATCH_INVALID_ATTRIBUTE_VALUE);
        else
            read_quoted(reader, &condition->value);
    }
    if (!take(&reader->rest, "]"))
        fail(reader, PATCH_INVALID_ATTRIBUTE_VALUE);
    return reader->error == PATCH_FINE && !condition->wanted.any;
}

static bool child_has_value(struct reader *reader, const xmlNode *node,
                            const struct condition *condition)
{
    for (const xmlNode *child = node->children; child != NULL && pay(reader, 1);
         child = child->next)
        if (is_element(&condition->wanted, child) &&
            has_value(reader, child->children, condition->value))
            return true;
    return false;
}

static bool holds(struct reader *reader, const struct condition *condition, const xmlNode *node,
                  size_t place)
{
    const xmlAttr *attribute;
    switch (condition->kind) {
    case CONDITION_PLACE:
        return place == condition->place;
    case CONDITION_SELF:
        return has_value(reader, node->children, condition->value);
    case CONDITION_CHILD:
        return child_has_value(reader, node, condition);
    default:
        attribute = find_attribute(reader, node, &condition->wanted);
        return attribute != NULL && has_value(reader, attribute->children, condition->value);
    }
}

/* Keeps what the condition holds for; the sets of different parents are counted apart. */
static void filter(struct reader *reader, const struct condition *condition)
{
    struct nodes *nodes = &reader->next;
    const xmlNode *parent = NULL;
    size_t kept = 0, place = 0;
    for (size_t i = 0; i < nodes->count && pay(reader, 1); i++) {
        place = nodes->at[i]->parent == parent ? place + 1 : 1;
        parent = nodes->at[i]->parent;
        if (holds(reader, condition, nodes->at[i], place))
            nodes->at[kept++] = nodes->at[i];
    }
    nodes->count = kept;
}

static void read_conditions(struct reader *reader)
{
    struct condition condition;
    while (reader->error == PATCH_FINE && take(&reader->rest, "[")) {
        if (read_condition(reader, &condition))
            filter(reader, &condition);
        else
            fail(reader, PATCH_INVALID_ATTRIBUTE_VALUE);
    }
}

/* Steps. */

/* Takes the children that `test` says, of the whole set. */
static void walk(struct reader *reader, bool (*test)(const void *, const xmlNode *),
                 const void *wanted)
{
    reader->next.count = 0;
    for (size_t i = 0; i < reader->now.count; i++)
        for (xmlNode *child = reader->now.at[i]->children; child != NULL && pay(reader, 1);
             child = child->next)
            if (test(wanted, child))
                nodes_add(&reader->next, child);
}

static void advance(struct reader *reader)
{
    struct nodes nodes = reader->now;
    reader->now = reader->next;
    reader->next = nodes;
}

static bool element_test(const void *wanted, const xmlNode *node)
{
    return is_element(wanted, node);
}

static void read_step(struct reader *reader)
{
    struct wanted wanted;
    if (!read_wanted(reader, true, &wanted))
        return;
    walk(reader, element_test, &wanted);
    read_conditions(reader);
    advance(reader);
}

/* text(), comment(), processing-instruction('name'). */
struct leaf {
    xmlElementType type;
    struct bytes target; /* of an instruction; empty: any */
};

static bool leaf_test(const void *wanted, const xmlNode *node)
{
    const struct leaf *leaf = wanted;
    if (node->type == XML_CDATA_SECTION_NODE)
        return leaf->type == XML_TEXT_NODE;
    return node->type == leaf->type &&
           (bytes_empty(leaf->target) ||
            bytes_equal(bytes_of((const char *)node->name), leaf->target));
}

/* True when a leaf begins here; it is read then. */
static bool read_leaf(struct reader *reader)
{
    struct leaf leaf = {XML_TEXT_NODE, {0}};
    struct condition condition = {.kind = CONDITION_PLACE};
    if (take(&reader->rest, "comment()")) {
        leaf.type = XML_COMMENT_NODE;
    } else if (take(&reader->rest, "processing-instruction(")) {
        leaf.type = XML_PI_NODE;
        if (!take(&reader->rest, ")") &&
            (!read_quoted(reader, &leaf.target) || !take(&reader->rest, ")")))
            fail(reader, PATCH_INVALID_ATTRIBUTE_VALUE);
    } else if (!take(&reader->rest, "text()")) {
        return false;
    }
    walk(reader, leaf_test, &leaf);
    if (take(&reader->rest, "[")) {
        if (read_place(reader, &condition.place) && take(&reader->rest, "]"))
            filter(reader, &condition);
        else
            fail(reader, PATCH_INVALID_ATTRIBUTE_VALUE);
    }
    advance(reader);
    return true;
}

/* id('x'): attributes of type ID are known from the schemas, xml:id by itself. */

static const struct rule *rule_of(const xmlNode *node)
{
    enum space space = space_of(node->ns != NULL ? (const char *)node->ns->href : NULL);
    if (space == SPACE_PIDF && strcmp((const char *)node->name, "tuple") == 0)
        return &rule_tuple;
    return grammar_find(space, (const char *)node->name);
}

static bool has_id(struct reader *reader, const xmlNode *node, struct bytes id)
{
    for (const xmlAttr *at = node->properties; at != NULL && pay(reader, 1); at = at->next) {
        enum space space = space_of(at->ns != NULL ? (const char *)at->ns->href : NULL);
        const struct attribute_rule *rule =
            grammar_attribute(rule_of(node), space, (const char *)at->name);
        bool is_id = (rule != NULL && rule->type == VALUE_ID) ||
                     (space == SPACE_XML && strcmp((const char *)at->name, "id") == 0);
        if (is_id && at->children != NULL &&
            bytes_equal(bytes_trim(bytes_of((const char *)at->children->content)), id))
            return true;
    }
    return false;
}

static void collect_id(struct reader *reader, xmlNode *node, struct bytes id)
{
    for (; node != NULL && pay(reader, 1); node = node->next) {
        if (node->type != XML_ELEMENT_NODE)
            continue;
        if (has_id(reader, node, id))
            nodes_add(&reader->next, node);
        collect_id(reader, node->children, id);
    }
}

static void read_id(struct reader *reader)
{
    struct bytes id;
    if (!read_quoted(reader, &id))
        return;
    if (!take(&reader->rest, ")") || bytes_empty(id))
        fail(reader, PATCH_INVALID_ATTRIBUTE_VALUE);
    reader->next.count = 0;
    collect_id(reader, reader->search->target->children, id);
    advance(reader);
}

/* The end. */

static enum patch_error only_one(const struct reader *reader, xmlNode **node)
{
    if (reader->error != PATCH_FINE)
        return reader->error;
    if (!bytes_empty(reader->rest))
        return PATCH_INVALID_ATTRIBUTE_VALUE;
    if (reader->now.count != 1 || reader->now.at[0]->type == XML_DOCUMENT_NODE)
        return PATCH_UNLOCATED_NODE;
    *node = reader->now.at[0];
    return PATCH_FINE;
}

static void select_attribute(struct reader *reader, struct selected *selected)
{
    struct wanted wanted;
    if (!read_wanted(reader, false, &wanted))
        return;
    fail(reader, only_one(reader, &selected->node));
    if (reader->error != PATCH_FINE)
        return;
    selected->kind = SELECTED_ATTRIBUTE;
    selected->attribute = find_attribute(reader, selected->node, &wanted);
    if (selected->attribute == NULL)
        fail(reader, PATCH_UNLOCATED_NODE);
}

/* RFC 5261 4.4.3: the declaration must be the element's own. */
static void select_namespace(struct reader *reader, struct selected *selected)
{
    struct bytes prefix = take_ncname(&reader->rest);
    if (bytes_empty(prefix))
        fail(reader, PATCH_INVALID_ATTRIBUTE_VALUE);
    fail(reader, only_one(reader, &selected->node));
    if (reader->error != PATCH_FINE)
        return;
    selected->kind = SELECTED_NAMESPACE;
    selected->space = selected->node->nsDef;
    while (selected->space != NULL &&
           !bytes_equal(bytes_of((const char *)selected->space->prefix), prefix))
        selected->space = selected->space->next;
    if (selected->space == NULL)
        fail(reader, PATCH_UNLOCATED_NODE);
}

/* What stands behind a slash, or at the start; true when nothing may follow. */
static bool read_part(struct reader *reader, struct selected *selected)
{
    bool at_root = reader->now.count == 1 && reader->now.at[0]->type == XML_DOCUMENT_NODE;
    if (!at_root && take(&reader->rest, "@")) {
        select_attribute(reader, selected);
        return true;
    }
    if (!at_root && take(&reader->rest, "namespace::")) {
        select_namespace(reader, selected);
        return true;
    }
    if (read_leaf(reader))
        return true;
    read_step(reader);
    return false;
}

static void read_selector(struct reader *reader, struct selected *selected)
{
    bool over = false;
    take(&reader->rest, "/");
    if (take(&reader->rest, "id("))
        read_id(reader);
    else
        over = read_part(reader, selected);
    while (!over && reader->error == PATCH_FINE && take(&reader->rest, "/"))
        over = read_part(reader, selected);
    if (selected->kind == SELECTED_NODE)
        fail(reader, only_one(reader, &selected->node));
}

enum patch_error select_node(struct search *search, struct bytes selector,
                             struct selected *selected)
{
    assert(search != NULL && search->target != NULL && search->operation != NULL);
    struct reader reader = {.search = search, .rest = bytes_trim(selector)};
    *selected = (struct selected){.kind = SELECTED_NODE};
    if (!search_pay(search, 1 + selector.length / 16))
        return PATCH_TOO_MUCH_WORK;
    nodes_add(&reader.now, (xmlNode *)search->target);
    read_selector(&reader, selected);
    free(reader.now.at);
    free(reader.next.at);
    return reader.error;
}
