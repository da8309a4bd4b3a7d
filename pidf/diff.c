/* diff.c: what changed between two documents of ours, as operations on what a watcher has.
 *
 * The children of an element before and now are aligned: those with an id by name and id, the
 * others by name and content. From left to right, what is between two that belong together is
 * replaced in pairs, then added or removed; while that goes on the watcher has, at any time,
 *
 *   children of now that are done | children of before that are not
 *
 * so that every selector can be made for exactly that state. An element that changed is replaced as
 * a whole or, where that is shorter, changed inside, in the same way. Nothing below an element that
 * declares namespaces of its own is selected, so the root's declarations are enough for everything
 * that the operations name or contain (RFC 5261 4.2.3). */
#include <assert.h>
#include <libxml/tree.h>
#include <stdlib.h>

#include "align_internal.h"
#include "base/memory.h"
#include "grammar_internal.h"
#include "root_internal.h"
#include "tree_internal.h"

struct diff {
    const xmlNode *root; /* now: its namespaces are those of the operations */
    const char *prefix;  /* of the operations' own namespace */
    struct text out;     /* the operations */
    struct text path;    /* selects the element whose children are compared */
    size_t most_bytes;   /* more is longer than the whole state */
};

/* Looking at nodes. */

static bool same_text(const xmlChar *a, const xmlChar *b)
{
    return a == b || (a != NULL && b != NULL && xmlStrEqual(a, b));
}

static bool same_space(const xmlNs *a, const xmlNs *b)
{
    return a == b || (a != NULL && b != NULL && same_text(a->href, b->href) &&
                      same_text(a->prefix, b->prefix));
}

static bool same_name(const xmlNode *a, const xmlNode *b)
{
    const xmlChar *a_uri = a->ns != NULL ? a->ns->href : NULL;
    const xmlChar *b_uri = b->ns != NULL ? b->ns->href : NULL;
    return xmlStrEqual(a->name, b->name) && same_text(a_uri, b_uri);
}

static struct bytes value_of(const xmlAttr *attribute)
{
    const xmlNode *text = attribute->children;
    assert(text == NULL || text->next == NULL); /* a document of ours has no entities */
    return text != NULL ? bytes_of((const char *)text->content) : BYTES("");
}

/* The node's attribute of the same name; NULL: it has none. */
static const xmlAttr *counterpart(const xmlNode *node, const xmlAttr *attribute)
{
    for (const xmlAttr *at = node->properties; at != NULL; at = at->next)
        if (xmlStrEqual(at->name, attribute->name) && same_space(at->ns, attribute->ns))
            return at;
    return NULL;
}

static bool attributes_in(const xmlNode *a, const xmlNode *b)
{
    for (const xmlAttr *at = a->properties; at != NULL; at = at->next) {
        const xmlAttr *other = counterpart(b, at);
        if (other == NULL || !bytes_equal(value_of(at), value_of(other)))
            return false;
    }
    return true;
}

static bool spaces_in(const xmlNode *a, const xmlNode *b)
{
    for (const xmlNs *ns = a->nsDef; ns != NULL; ns = ns->next) {
        const xmlNs *other = b->nsDef;
        while (other != NULL && !same_space(ns, other))
            other = other->next;
        if (other == NULL)
            return false;
    }
    return true;
}

static bool same(const xmlNode *a, const xmlNode *b)
{
    if (a->type != b->type)
        return false;
    if (a->type == XML_TEXT_NODE)
        return xmlStrEqual(a->content, b->content);
    if (!xmlStrEqual(a->name, b->name) || !same_space(a->ns, b->ns) || !attributes_in(a, b) ||
        !attributes_in(b, a) || !spaces_in(a, b) || !spaces_in(b, a))
        return false;
    const xmlNode *x = a->children, *y = b->children;
    for (; x != NULL && y != NULL && same(x, y); x = x->next)
        y = y->next;
    return x == NULL && y == NULL;
}

/* An id that a selector can hold; empty: there is none. */
static struct bytes id_of(const xmlNode *node)
{
    for (const xmlAttr *at = node->properties; at != NULL; at = at->next)
        if (at->ns == NULL && xmlStrEqual(at->name, BAD_CAST "id") && at->children != NULL &&
            xmlValidateNCName(at->children->content, 0) == 0)
            return value_of(at);
    return BYTES("");
}

/* Keys: equal ones are most likely the same thing. */

static uint64_t mix(uint64_t key, struct bytes text)
{
    return bytes_hash(text, key * 31 + 7);
}

static uint64_t name_key(const xmlNode *node)
{
    uint64_t key = mix(1, bytes_of((const char *)node->name));
    return node->ns != NULL ? mix(key, bytes_of((const char *)node->ns->href)) : key;
}

static uint64_t content_key(const xmlNode *node)
{
    if (node->type != XML_ELEMENT_NODE)
        return mix(2, bytes_of((const char *)node->content));
    uint64_t key = name_key(node), attributes = 0;
    for (const xmlAttr *at = node->properties; at != NULL; at = at->next)
        attributes += mix(mix(3, bytes_of((const char *)at->name)), value_of(at));
    key += attributes;
    for (const xmlNode *child = node->children; child != NULL; child = child->next)
        key = key * 31 + content_key(child);
    return key;
}

static uint64_t key_of(const xmlNode *node)
{
    struct bytes id = id_of(node);
    return bytes_empty(id) ? content_key(node) : mix(name_key(node), id);
}

/* Writing nodes, as they are. */

static void put(struct diff *diff, const char *text)
{
    text_put(&diff->out, bytes_of(text));
}

static void put_name(struct text *out, const xmlNs *ns, const xmlChar *name)
{
    if (ns != NULL && ns->prefix != NULL) {
        text_put(out, bytes_of((const char *)ns->prefix));
        text_char(out, ':');
    }
    text_put(out, bytes_of((const char *)name));
}

static void put_tag(struct text *out, const xmlNode *node)
{
    put_name(out, node->ns, node->name);
    for (const xmlNs *ns = node->nsDef; ns != NULL; ns = ns->next) {
        text_put(out, ns->prefix != NULL ? BYTES(" xmlns:") : BYTES(" xmlns"));
        text_put(out, bytes_of((const char *)ns->prefix));
        text_put(out, BYTES("=\""));
        text_quoted(out, bytes_of((const char *)ns->href));
        text_char(out, '"');
    }
    for (const xmlAttr *at = node->properties; at != NULL; at = at->next) {
        text_char(out, ' ');
        put_name(out, at->ns, at->name);
        text_put(out, BYTES("=\""));
        text_quoted(out, value_of(at));
        text_char(out, '"');
    }
}

static void put_node(struct text *out, const xmlNode *node)
{
    if (node->type != XML_ELEMENT_NODE) {
        text_escaped(out, bytes_of((const char *)node->content));
        return;
    }
    text_char(out, '<');
    put_tag(out, node);
    if (node->children == NULL) {
        text_put(out, BYTES("/>"));
        return;
    }
    text_char(out, '>');
    for (const xmlNode *child = node->children; child != NULL; child = child->next)
        put_node(out, child);
    text_put(out, BYTES("</"));
    put_name(out, node->ns, node->name);
    text_char(out, '>');
}

/* Selecting. */

/* The prefix that the operations have for a namespace, "" for the default; NULL: none, an element
 * in it can only be counted. */
static const char *prefix_for(const struct diff *diff, const xmlNs *space)
{
    if (space == NULL)
        return NULL; /* the default is PIDF's */
    for (const xmlNs *ns = diff->root->nsDef; ns != NULL; ns = ns->next)
        if (xmlStrEqual(ns->href, space->href))
            return ns->prefix != NULL ? (const char *)ns->prefix : "";
    switch (space_of((const char *)space->href)) {
    case SPACE_DATA_MODEL:
        return "dm";
    case SPACE_RPID:
        return "rpid";
    default:
        return NULL;
    }
}

/* The element children of an element, before and now, and how far they were compared. */
struct row {
    const xmlNode **before, **now;
    size_t before_count, now_count;
    size_t gone, done; /* of before, of now */
};

/* What the watcher has, meanwhile. */
static size_t row_length(const struct row *row)
{
    return row->done + row->before_count - row->gone;
}

static const xmlNode *row_at(const struct row *row, size_t at)
{
    assert(at < row_length(row));
    return at < row->done ? row->now[at] : row->before[row->gone + at - row->done];
}

static bool is_only_id(const struct row *row, const xmlNode *node)
{
    unsigned found = 0;
    for (size_t i = 0; i < row_length(row); i++)
        found += same_name(row_at(row, i), node) && bytes_equal(id_of(row_at(row, i)), id_of(node));
    return found == 1;
}

static void put_place(struct text *path, size_t place)
{
    text_char(path, '[');
    text_number(path, place);
    text_char(path, ']');
}

/* Appends the step to one of the row's elements: by id, as the only one of its name, or counted. */
static void put_step(struct diff *diff, const struct row *row, size_t at)
{
    struct text *path = &diff->path;
    const xmlNode *node = row_at(row, at);
    const char *prefix = prefix_for(diff, node->ns);
    text_char(path, '/');
    if (prefix == NULL) {
        text_char(path, '*');
        put_place(path, at + 1);
        return;
    }
    text_put(path, bytes_of(prefix));
    if (prefix[0] != '\0')
        text_char(path, ':');
    text_put(path, bytes_of((const char *)node->name));
    if (!bytes_empty(id_of(node)) && is_only_id(row, node)) {
        text_put(path, BYTES("[@id='"));
        text_put(path, id_of(node));
        text_put(path, BYTES("']"));
        return;
    }
    size_t all = 0, place = 0;
    for (size_t i = 0; i < row_length(row); i++) {
        all += same_name(row_at(row, i), node);
        place = i == at ? all : place;
    }
    if (all > 1)
        put_place(path, place);
}

/* Operations. */

/* Begins one on what the path selects: `tail` is what follows it in the selector. */
static void open_operation(struct diff *diff, const char *name, const char *tail)
{
    put(diff, "<");
    put(diff, diff->prefix);
    put(diff, ":");
    put(diff, name);
    put(diff, " sel=\"");
    text_put(&diff->out, text_bytes(&diff->path));
    put(diff, tail);
    put(diff, "\"");
}

static void close_operation(struct diff *diff, const char *name)
{
    put(diff, "</");
    put(diff, diff->prefix);
    put(diff, ":");
    put(diff, name);
    put(diff, ">");
}

static void remove_this(struct diff *diff, const char *tail)
{
    open_operation(diff, "remove", tail);
    put(diff, "/>");
}

static void replace_this(struct diff *diff, const xmlNode *by)
{
    open_operation(diff, "replace", "");
    put(diff, ">");
    put_node(&diff->out, by);
    close_operation(diff, "replace");
}

/* Adds `count` elements of now that follow one another. */
static void add_elements(struct diff *diff, struct row *row, size_t count)
{
    size_t path = diff->path.length;
    const char *place = "";
    if (row->done > 0 && row->done < row_length(row)) {
        put_step(diff, row, row->done - 1);
        place = " pos=\"after\"";
    } else if (row->done == 0 && row_length(row) > 0) {
        place = " pos=\"prepend\"";
    }
    open_operation(diff, "add", "");
    put(diff, place);
    put(diff, ">");
    for (; count > 0; count--)
        put_node(&diff->out, row->now[row->done++]);
    close_operation(diff, "add");
    diff->path.length = path;
}

static void remove_element(struct diff *diff, struct row *row)
{
    size_t path = diff->path.length;
    put_step(diff, row, row->done);
    remove_this(diff, "");
    row->gone++;
    diff->path.length = path;
}

static bool diff_inside(struct diff *diff, const xmlNode *before, const xmlNode *now);

/* Makes the row's next element of before its next one of now. */
static bool change_element(struct diff *diff, struct row *row)
{
    const xmlNode *before = row->before[row->gone], *now = row->now[row->done];
    size_t path = diff->path.length, start = diff->out.length;
    if (!same(before, now)) {
        put_step(diff, row, row->done);
        replace_this(diff, now);
        size_t whole = diff->out.length - start;
        diff->out.length = start;
        if (!diff_inside(diff, before, now) || diff->out.length - start >= whole) {
            diff->out.length = start;
            replace_this(diff, now);
        }
        diff->path.length = path;
    }
    row->gone++;
    row->done++;
    return diff->out.length <= diff->most_bytes;
}

/* Makes what the row has of before up to `gone` what it has of now up to `done`. */
static bool diff_gap(struct diff *diff, struct row *row, size_t gone, size_t done)
{
    while (row->gone < gone && row->done < done)
        if (!change_element(diff, row))
            return false;
    while (row->gone < gone && diff->out.length <= diff->most_bytes)
        remove_element(diff, row);
    if (row->done < done)
        add_elements(diff, row, done - row->done);
    return diff->out.length <= diff->most_bytes;
}

static bool diff_aligned(struct diff *diff, struct row *row, const size_t *partner)
{
    for (size_t i = 0; i < row->before_count; i++)
        if (partner[i] != SIZE_MAX &&
            (!diff_gap(diff, row, i, partner[i]) || !change_element(diff, row)))
            return false;
    return diff_gap(diff, row, row->before_count, row->now_count);
}

static size_t count_elements(const xmlNode *parent)
{
    size_t count = 0;
    for (const xmlNode *child = parent->children; child != NULL; child = child->next)
        count += child->type == XML_ELEMENT_NODE;
    return count;
}

static void list_elements(const xmlNode *parent, const xmlNode **nodes, uint64_t *keys)
{
    for (const xmlNode *child = parent->children; child != NULL; child = child->next) {
        if (child->type != XML_ELEMENT_NODE)
            continue;
        *nodes++ = child;
        *keys++ = key_of(child);
    }
}

static bool diff_elements(struct diff *diff, const xmlNode *before, const xmlNode *now)
{
    struct row row = {.before_count = count_elements(before), .now_count = count_elements(now)};
    size_t count = row.before_count + row.now_count;
    const xmlNode **nodes = memory_new((count + 1) * sizeof(*nodes));
    uint64_t *keys = memory_new((count + 1) * sizeof(*keys));
    size_t *partner = memory_new((row.before_count + 1) * sizeof(*partner));
    row.before = nodes;
    row.now = nodes + row.before_count;
    list_elements(before, row.before, keys);
    list_elements(now, row.now, keys + row.before_count);
    bool good = align(keys, row.before_count, keys + row.before_count, row.now_count, partner) &&
                diff_aligned(diff, &row, partner);
    free(partner);
    free(keys);
    free(nodes);
    return good;
}

static void diff_text(struct diff *diff, const xmlNode *before, const xmlNode *now)
{
    if (before == NULL) {
        open_operation(diff, "add", "");
        put(diff, ">");
        put_node(&diff->out, now);
        close_operation(diff, "add");
    } else if (now == NULL) {
        remove_this(diff, "/text()");
    } else if (!xmlStrEqual(before->content, now->content)) {
        open_operation(diff, "replace", "/text()");
        put(diff, ">");
        put_node(&diff->out, now);
        close_operation(diff, "replace");
    }
}

/* Attributes. */

/* Writes "@name"; false when its namespace cannot be named. */
static bool write_attribute_name(const struct diff *diff, const xmlAttr *attribute,
                                 struct text *name)
{
    const char *prefix = attribute->ns != NULL ? "xml" : "";
    if (attribute->ns != NULL && space_of((const char *)attribute->ns->href) != SPACE_XML) {
        prefix = (const char *)attribute->ns->prefix;
        const char *same_prefix = prefix_for(diff, attribute->ns);
        if (same_prefix == NULL || strcmp(prefix, same_prefix) != 0)
            return false;
    }
    name->length = 0;
    text_char(name, '@');
    text_put(name, bytes_of(prefix));
    if (prefix[0] != '\0')
        text_char(name, ':');
    text_put(name, bytes_of((const char *)attribute->name));
    text_char(name, '\0');
    return true;
}

static void write_attribute(struct diff *diff, const xmlAttr *before, const xmlAttr *now,
                            const char *name)
{
    size_t path = diff->path.length;
    if (before != NULL)
        text_char(&diff->path, '/');
    if (now == NULL) {
        remove_this(diff, name);
    } else if (before == NULL) {
        open_operation(diff, "add", "");
        put(diff, " type=\"");
        put(diff, name);
        put(diff, "\">");
    } else {
        open_operation(diff, "replace", name);
        put(diff, ">");
    }
    if (now != NULL) {
        text_escaped(&diff->out, value_of(now));
        close_operation(diff, before == NULL ? "add" : "replace");
    }
    diff->path.length = path;
}

static bool diff_attribute(struct diff *diff, const xmlAttr *before, const xmlAttr *now)
{
    struct text name = {0};
    const xmlAttr *named = now != NULL ? now : before;
    assert(named != NULL);
    if (before != NULL && now != NULL && bytes_equal(value_of(before), value_of(now)))
        return true;
    /* an empty value cannot be added: there would be no text node (RFC 5261 4.3) */
    bool good =
        (before != NULL || !bytes_empty(value_of(now))) && write_attribute_name(diff, named, &name);
    if (good)
        write_attribute(diff, before, now, name.at);
    text_release(&name);
    return good;
}

static bool diff_attributes(struct diff *diff, const xmlNode *before, const xmlNode *now)
{
    for (const xmlAttr *at = before->properties; at != NULL; at = at->next)
        if (!diff_attribute(diff, at, counterpart(now, at)))
            return false;
    for (const xmlAttr *at = now->properties; at != NULL; at = at->next)
        if (counterpart(before, at) == NULL && !diff_attribute(diff, NULL, at))
            return false;
    return true;
}

/* Elements. */

static bool has_text(const xmlNode *node)
{
    for (const xmlNode *child = node->children; child != NULL; child = child->next)
        if (child->type != XML_ELEMENT_NODE)
            return true;
    return false;
}

/* Changes what the path selects from inside; false: it cannot be done, or would be too long. */
static bool diff_inside(struct diff *diff, const xmlNode *before, const xmlNode *now)
{
    if (!same_name(before, now) || !same_space(before->ns, now->ns) || before->nsDef != NULL ||
        now->nsDef != NULL || !bytes_equal(id_of(before), id_of(now)) ||
        !diff_attributes(diff, before, now))
        return false;
    bool text = has_text(before) || has_text(now);
    if (text && (count_elements(before) > 0 || count_elements(now) > 0))
        return false;
    if (!text)
        return diff_elements(diff, before, now);
    diff_text(diff, before->children, now->children);
    return true;
}

/* The root. */

static bool is_ours(const xmlNs *ns)
{
    const char *prefix = ns->prefix != NULL ? (const char *)ns->prefix : "";
    enum space space = space_of((const char *)ns->href);
    return (space == SPACE_DATA_MODEL && strcmp(prefix, "dm") == 0) ||
           (space == SPACE_RPID && strcmp(prefix, "rpid") == 0);
}

static const xmlNs *space_of_prefix(const xmlNode *node, const xmlChar *prefix)
{
    const xmlNs *ns = node->nsDef;
    while (ns != NULL && !same_text(ns->prefix, prefix))
        ns = ns->next;
    return ns;
}

static void add_space(struct diff *diff, const xmlNs *ns)
{
    open_operation(diff, "add", "");
    put(diff, " type=\"namespace::");
    put(diff, (const char *)ns->prefix);
    put(diff, "\">");
    text_escaped(&diff->out, bytes_of((const char *)ns->href));
    close_operation(diff, "add");
}

static void remove_space(struct diff *diff, const xmlNs *ns)
{
    size_t path = diff->path.length;
    text_put(&diff->path, BYTES("/namespace::"));
    remove_this(diff, (const char *)ns->prefix);
    diff->path.length = path;
}

/* Has `change` called for the declarations that `a` has and `b` does not. */
static void diff_spaces(struct diff *diff, const xmlNode *a, const xmlNode *b,
                        void (*change)(struct diff *, const xmlNs *))
{
    for (const xmlNs *ns = a->nsDef; ns != NULL; ns = ns->next)
        if (!is_ours(ns) && ns->prefix != NULL && space_of_prefix(b, ns->prefix) == NULL)
            change(diff, ns);
}

/* The default is PIDF, and the prefixes that the operations use mean what they say. */
static bool spaces_usable(const struct diff *diff, const xmlNode *root)
{
    const xmlNs *usual = space_of_prefix(root, NULL);
    const xmlNs *dm = space_of_prefix(root, BAD_CAST "dm");
    const xmlNs *rpid = space_of_prefix(root, BAD_CAST "rpid");
    return usual != NULL && space_of((const char *)usual->href) == SPACE_PIDF &&
           (dm == NULL || is_ours(dm)) && (rpid == NULL || is_ours(rpid)) &&
           space_of_prefix(root, BAD_CAST diff->prefix) == NULL;
}

static bool spaces_agree(const struct diff *diff, const xmlNode *before, const xmlNode *now)
{
    for (const xmlNs *ns = before->nsDef; ns != NULL; ns = ns->next) {
        const xmlNs *other = space_of_prefix(now, ns->prefix);
        if (other != NULL && !same_space(ns, other))
            return false;
    }
    return spaces_usable(diff, before) && spaces_usable(diff, now);
}

static bool diff_roots(struct diff *diff, const xmlNode *before, const xmlNode *now)
{
    if (!same_name(before, now) || !spaces_agree(diff, before, now) || has_text(before) ||
        has_text(now) || !attributes_in(before, now) || !attributes_in(now, before))
        return false;
    diff->root = now;
    text_char(&diff->path, '*');
    diff_spaces(diff, now, before, add_space);
    bool good = diff_elements(diff, before, now);
    diff_spaces(diff, before, now, remove_space);
    return good;
}

bool pidf_diff(struct pidf_parser *parser, const struct blob *before, const struct blob *now,
               struct pidf_partial *partial)
{
    assert(parser != NULL && before != NULL && now != NULL && partial != NULL);
    struct root root = root_of(now), old = root_of(before);
    struct diff diff = {.prefix = root.prefix, .most_bytes = root.content.length};
    if (strcmp(root.prefix, old.prefix) != 0)
        return false;
    xmlDoc *was = pidf_read_own(parser, before), *is = pidf_read_own(parser, now);
    bool shorter = was != NULL && is != NULL &&
                   diff_roots(&diff, xmlDocGetRootElement(was), xmlDocGetRootElement(is)) &&
                   (diff.out.length < root.content.length || diff.out.length == 0);
    if (shorter)
        *partial = root_write(&root, "pidf-diff", text_bytes(&diff.out));
    xmlFreeDoc(was);
    xmlFreeDoc(is);
    text_release(&diff.out);
    text_release(&diff.path);
    return shorter;
}
