/* entries_parse.c: from a body to a judged document.
 *
 *   libxml2 builds the tree (parse.c) --> the root is judged --> each child, or child of the
 *   element around the entries, becomes a fragment (repair.c) --> packed
 *
 * An entry that cannot be put right refuses the body: what is left out without a word would be
 * shown as gone. */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "entries_internal.h"
#include "node_internal.h"
#include "scan_internal.h"
#include "tree_internal.h"

/* What is parsed. */
struct parsing {
    const struct entries_kind *kind;
    struct repair *repair;
    const struct pidf_limits *limits;
    struct bytes body;
    struct entry *list; /* room for limits->fragments */
    size_t count, children;
    struct verdict fault;
};

static void fail(struct parsing *parsing, const xmlNode *node, unsigned status, const char *reason)
{
    if (verdict_ok(parsing->fault))
        parsing->fault =
            verdict(status, reason, scan_line(parsing->body, (size_t)xmlGetLineNo(node)));
}

/* The root. */

static const xmlAttr *find_attribute(const xmlNode *node, const char *name)
{
    for (const xmlAttr *at = node->properties; at != NULL; at = at->next)
        if (at->ns == NULL && strcmp((const char *)at->name, name) == 0)
            return at;
    return NULL;
}

/* Its value without blanks around it; empty: there is none. Good until the next one is asked for.
 */
static struct bytes attribute_of(struct parsing *parsing, const xmlNode *node, const char *name)
{
    const xmlAttr *attribute = find_attribute(node, name);
    if (attribute == NULL)
        return BYTES("");
    return bytes_trim(markup_gather(&parsing->repair->writer, attribute->children));
}

/* RFC 4235 4.2 shows a document without an entity: it is about whom it is published for. */
static void judge_root(struct parsing *parsing, const xmlNode *root,
                       bool (*entities_match)(void *, struct bytes), void *context)
{
    const struct entries_kind *kind = parsing->kind;
    if (!node_is(root, kind->space, kind->root)) {
        fail(parsing, root, 400,
             "the root element is not that of its type, or not in its namespace");
        return;
    }
    struct bytes entity = attribute_of(parsing, root, "entity");
    if (kind->has_entity && !bytes_empty(entity) && !entities_match(context, entity))
        fail(parsing, root, 403, "the document is about somebody else");
    struct bytes state = attribute_of(parsing, root, "state");
    if (!kind->lists_part && !bytes_empty(state) && !bytes_equal_nocase(state, BYTES("full")))
        fail(parsing, root, 400, "what is published has to be the full state");
}

/* Fragments. */

static const struct span no_key = {0, 0};

static void add(struct parsing *parsing, unsigned section, size_t from, struct span key)
{
    size_t length = parsing->repair->writer.out.length - from;
    assert(parsing->count < parsing->limits->fragments);
    parsing->list[parsing->count++] =
        (struct entry){.section = section, .text = span_of(from, length), .key = key};
}

/* True when one more may be looked at. */
static bool may_add(struct parsing *parsing, const xmlNode *node)
{
    if (++parsing->children > parsing->limits->fragments)
        fail(parsing, node, 413, "the document has too many parts");
    return verdict_ok(parsing->fault);
}

static void add_entry(struct parsing *parsing, xmlNode *node)
{
    const struct entries_kind *kind = parsing->kind;
    const struct text *out = &parsing->repair->writer.out;
    struct piece piece;
    size_t from = out->length;
    if (!may_add(parsing, node))
        return;
    bool good = repair_element(parsing->repair, node, kind->rule);
    struct bytes text = bytes_from(out->at + from, out->length - from), key = BYTES("");
    if (good && piece_next(&text, &piece))
        key = piece_attribute(piece.tag, kind->key);
    if (bytes_empty(key))
        fail(parsing, node, 400, kind->fault);
    else
        add(parsing, kind->place, from, span_of((size_t)(key.at - out->at), key.length));
}

static void add_section(struct parsing *parsing, unsigned section, xmlNode *node)
{
    size_t from = parsing->repair->writer.out.length;
    for (size_t i = 0; i < parsing->count; i++)
        if (parsing->list[i].section == section)
            return; /* the first one counts */
    if (may_add(parsing, node) &&
        repair_element(parsing->repair, node, parsing->kind->sections[section].rule))
        add(parsing, section, from, no_key);
}

static void add_other(struct parsing *parsing, xmlNode *node)
{
    enum space space = space_of(node_space_uri(node));
    size_t from = parsing->repair->writer.out.length;
    if (space == parsing->kind->space || space == SPACE_NONE || !may_add(parsing, node))
        return;
    if (repair_extension(parsing->repair, node))
        add(parsing, entries_sections(parsing->kind), from, no_key);
}

static void add_wrapped(struct parsing *parsing, xmlNode *wrapper)
{
    for (xmlNode *child = wrapper->children; child != NULL; child = child->next)
        if (child->type == XML_ELEMENT_NODE &&
            node_is(child, parsing->kind->space, parsing->kind->entry))
            add_entry(parsing, child);
}

static void add_child(struct parsing *parsing, xmlNode *node)
{
    const struct entries_kind *kind = parsing->kind;
    unsigned section = 0, count = entries_sections(kind);
    while (section < count && !node_is(node, kind->space, kind->sections[section].name))
        section++;
    if (section == count)
        add_other(parsing, node);
    else if (section != kind->place)
        add_section(parsing, section, node);
    else if (kind->wrapper != NULL)
        add_wrapped(parsing, node);
    else
        add_entry(parsing, node);
}

static void take_apart(struct parsing *parsing, const xmlNode *root)
{
    struct repair *repair = parsing->repair;
    repair->fault = VERDICT_OK;
    markup_reset_to(&repair->writer, parsing->kind->name_space);
    for (xmlNode *child = root->children; child != NULL; child = child->next) {
        if (child->type != XML_ELEMENT_NODE)
            continue;
        add_child(parsing, child);
        if (repair->writer.scopes_full)
            fail(parsing, child, 413, "the document has too many namespaces");
        if (!verdict_ok(repair->fault))
            fail(parsing, child, repair->fault.status, repair->fault.reason);
        if (!verdict_ok(parsing->fault))
            return;
    }
}

/* One allocation: this, the list, the text. */
static struct entries *pack(const struct parsing *parsing)
{
    const struct text *out = &parsing->repair->writer.out;
    size_t list_bytes = parsing->count * sizeof(parsing->list[0]);
    struct entries *entries = memory_new(sizeof(*entries) + list_bytes + out->length);
    struct entry *list = (struct entry *)(entries + 1);
    char *text = (char *)(list + parsing->count);
    if (parsing->count > 0)
        memcpy(list, parsing->list, list_bytes);
    if (out->length > 0)
        memcpy(text, out->at, out->length);
    entries->kind = parsing->kind;
    entries->count = parsing->count;
    entries->list = list;
    entries->text = text;
    return entries;
}

struct verdict entries_parse(struct pidf_parser *parser, const struct entries_kind *kind,
                             struct bytes body,
                             bool (*entities_match)(void *context, struct bytes entity),
                             void *context, struct entries **entries)
{
    assert(parser != NULL && kind != NULL && entities_match != NULL && entries != NULL);
    struct parsing parsing = {.kind = kind,
                              .repair = pidf_repair_of(parser),
                              .limits = pidf_limits_of(parser),
                              .body = body};
    *entries = NULL;
    xmlDoc *tree = pidf_read_tree(parser, body, &parsing.fault);
    if (tree == NULL)
        return parsing.fault;
    const xmlNode *root = xmlDocGetRootElement(tree);
    parsing.list = memory_new(parsing.limits->fragments * sizeof(*parsing.list));
    judge_root(&parsing, root, entities_match, context);
    if (verdict_ok(parsing.fault))
        take_apart(&parsing, root);
    if (verdict_ok(parsing.fault))
        *entries = pack(&parsing);
    free(parsing.list);
    xmlFreeDoc(tree);
    return parsing.fault;
}
