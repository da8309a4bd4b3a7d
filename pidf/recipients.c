/* recipients.c: a walk over the tree without recursion, into lists and out of them again; who has
 * been seen is looked up by name. */
#include "pidf/recipients.h"

#include <assert.h>
#include <libxml/tree.h>

#include "base/table.h"
#include "scan_internal.h"
#include "text_internal.h"
#include "tree_internal.h"

#define LISTS "urn:ietf:params:xml:ns:resource-lists"
#define COPY "urn:ietf:params:xml:ns:copycontrol"

enum { DEPTH_MOST = 16, ELEMENTS_AN_ENTRY = 4, NAME_MAX_BYTES = 1024 };

struct seen {
    UT_hash_handle hh;
    struct recipient *recipient;
};

struct reader {
    const struct recipients_limits *limits;
    const struct rules_names *names;
    struct arena *arena;
    struct recipients *recipients;
    struct seen *seen;
    size_t entries;
    struct verdict fault;
};

static bool fail(struct reader *reader, const xmlNode *node, unsigned status, const char *reason)
{
    reader->fault = verdict(status, reason, (size_t)xmlGetLineNo(node));
    return false;
}

static bool is_list(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && node->ns != NULL &&
           strcmp((const char *)node->ns->href, LISTS) == 0 &&
           strcmp((const char *)node->name, name) == 0;
}

/* Takes over what libxml2 allocated. */
static struct bytes take_value(struct reader *reader, xmlChar *value)
{
    struct bytes copy = arena_copy(reader->arena, bytes_trim(bytes_of((const char *)value)));
    xmlFree(value);
    return copy;
}

static struct bytes copy_attribute(struct reader *reader, const xmlNode *node, const char *name)
{
    return take_value(reader, xmlGetNsProp(node, (const xmlChar *)name, (const xmlChar *)COPY));
}

static bool take_copy(struct reader *reader, const xmlNode *node, enum recipient_copy *copy)
{
    struct bytes word = copy_attribute(reader, node, "copyControl");
    *copy = RECIPIENT_BCC; /* RFC 5364 4: unless it says otherwise */
    if (bytes_equal(word, BYTES("to")))
        *copy = RECIPIENT_TO;
    else if (bytes_equal(word, BYTES("cc")))
        *copy = RECIPIENT_CC;
    else if (!bytes_empty(word) && !bytes_equal(word, BYTES("bcc")))
        return fail(reader, node, 400, "copyControl is to, cc or bcc");
    return true;
}

static bool take_anonymize(struct reader *reader, const xmlNode *node, bool *anonymous)
{
    struct bytes word = copy_attribute(reader, node, "anonymize");
    *anonymous = bytes_equal(word, BYTES("true")) || bytes_equal(word, BYTES("1"));
    if (*anonymous || bytes_empty(word) || bytes_equal(word, BYTES("false")) ||
        bytes_equal(word, BYTES("0")))
        return true;
    return fail(reader, node, 400, "anonymize is true or false");
}

static bool take_names(struct reader *reader, const xmlNode *node, struct recipient *recipient)
{
    char text[NAME_MAX_BYTES];
    struct buffer name = buffer_over(text, sizeof(text));
    recipient->uri = take_value(reader, xmlGetNoNsProp(node, (const xmlChar *)"uri"));
    if (bytes_empty(recipient->uri))
        return fail(reader, node, 400, "an entry of the list has no uri");
    if (!reader->names->write(reader->names->context, recipient->uri, &name) || name.overflow)
        return fail(reader, node, 400, "an entry of the list names nobody who can be reached");
    recipient->name = arena_copy(reader->arena, buffer_bytes(&name));
    return true;
}

/* Who stands there again gets it once, as openly as any entry says, as hidden as any says. */
static void add(struct reader *reader, const struct recipient *recipient)
{
    struct recipients *recipients = reader->recipients;
    struct bytes name = recipient->name;
    struct seen *seen;
    TABLE_FIND(reader->seen, name.at, name.length, 0, seen);
    if (seen != NULL) {
        if (recipient->copy > seen->recipient->copy)
            seen->recipient->copy = recipient->copy;
        seen->recipient->anonymous |= recipient->anonymous;
        return;
    }
    seen = arena_alloc(reader->arena, sizeof(*seen));
    seen->recipient = &recipients->all[recipients->count++];
    *seen->recipient = *recipient;
    TABLE_ADD(reader->seen, name.at, name.length, 0, seen);
}

static bool take_entry(struct reader *reader, const xmlNode *node)
{
    struct recipient recipient = {.copy = RECIPIENT_BCC};
    if (++reader->entries > reader->limits->most)
        return fail(reader, node, 413, "the list has too many receivers");
    if (!take_names(reader, node, &recipient) || !take_copy(reader, node, &recipient.copy) ||
        !take_anonymize(reader, node, &recipient.anonymous))
        return false;
    add(reader, &recipient);
    return true;
}

/* Names of lists and extensions tell nothing; a reference would be somebody who is left out. */
static bool take_node(struct reader *reader, const xmlNode *node)
{
    if (is_list(node, "entry"))
        return take_entry(reader, node);
    if (is_list(node, "entry-ref") || is_list(node, "external"))
        return fail(reader, node, 400,
                    "the list refers to another document: only entries with a uri are taken");
    return true;
}

static const xmlNode *next_node(const xmlNode *root, const xmlNode *node)
{
    if (is_list(node, "list") && node->children != NULL)
        return node->children;
    while (node != root && node->next == NULL)
        node = node->parent;
    return node == root ? NULL : node->next;
}

static bool take_root(struct reader *reader, const xmlNode *root)
{
    if (!is_list(root, "resource-lists"))
        return fail(reader, root, 400, "the list of receivers is no resource-lists document");
    reader->recipients->all =
        arena_alloc(reader->arena, reader->limits->most * sizeof(*reader->recipients->all));
    for (const xmlNode *node = root->children; node != NULL; node = next_node(root, node))
        if (!take_node(reader, node))
            return false;
    if (reader->recipients->count > 0)
        return true;
    return fail(reader, root, 400, "the list of receivers names nobody");
}

static xmlDoc *read_document(struct bytes document, const struct recipients_limits *limits,
                             struct verdict *fault)
{
    const struct pidf_limits own = {
        .size_bytes = limits->size_bytes,
        .depth = DEPTH_MOST,
        .elements = (unsigned)(limits->most + 1) * ELEMENTS_AN_ENTRY,
        .fragments = 1,
    };
    struct pidf_parser *parser = pidf_parser_new(&own);
    xmlDoc *tree = pidf_read_tree(parser, document, fault);
    pidf_parser_free(&parser);
    return tree;
}

struct verdict recipients_parse(struct bytes document, const struct recipients_limits *limits,
                                const struct rules_names *names, struct arena *arena,
                                struct recipients *recipients)
{
    struct reader reader = {
        .limits = limits, .names = names, .arena = arena, .recipients = recipients};
    assert(limits->size_bytes > 0 && limits->most > 0 && names->write != NULL);
    *recipients = (struct recipients){.count = 0};
    xmlDoc *tree = read_document(document, limits, &reader.fault);
    if (tree == NULL)
        return reader.fault;
    bool good = take_root(&reader, xmlDocGetRootElement(tree));
    xmlFreeDoc(tree);
    HASH_CLEAR(hh, reader.seen);
    if (good)
        return VERDICT_OK;
    reader.fault.offset = scan_line(document, reader.fault.offset);
    return reader.fault;
}

/* Writing. */

/* What a URI has behind '?' was meant for us (RFC 5365 6). A user part may have one, too. */
static struct bytes without_headers(struct bytes uri)
{
    ptrdiff_t at = bytes_index(uri, '@');
    size_t from = at < 0 ? 0 : (size_t)at;
    ptrdiff_t mark = bytes_index(bytes_skip(uri, from), '?');
    return mark < 0 ? uri : bytes_first(uri, from + (size_t)mark);
}

static void put_entry(struct text *text, struct bytes uri, enum recipient_copy copy, size_t count)
{
    struct text safe = {0};
    text_uri(&safe, uri);
    text_put(text, BYTES("<entry uri=\""));
    text_quoted(text, text_bytes(&safe));
    text_put(text, BYTES("\" cp:copyControl=\""));
    text_put(text, copy == RECIPIENT_TO ? BYTES("to") : BYTES("cc"));
    if (count > 0) {
        text_put(text, BYTES("\" cp:count=\""));
        text_number(text, count);
    }
    text_put(text, BYTES("\"/>"));
    text_release(&safe);
}

/* How many entries were written. */
static size_t put_level(struct text *text, const struct recipients *recipients,
                        enum recipient_copy copy)
{
    size_t hidden = 0, shown = 0;
    for (size_t i = 0; i < recipients->count; i++) {
        const struct recipient *recipient = &recipients->all[i];
        if (recipient->copy != copy)
            continue;
        if (recipient->anonymous) {
            hidden++;
            continue;
        }
        put_entry(text, without_headers(recipient->uri), copy, 0);
        shown++;
    }
    if (hidden > 0)
        put_entry(text, BYTES("sip:anonymous@anonymous.invalid"), copy, hidden);
    return shown + hidden;
}

struct blob *recipients_write_history(const struct recipients *recipients)
{
    struct text text = {0};
    struct blob *document = NULL;
    text_put(&text,
             BYTES("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<resource-lists xmlns=\"" LISTS
                   "\" xmlns:cp=\"" COPY "\"><list>"));
    size_t count = put_level(&text, recipients, RECIPIENT_TO);
    count += put_level(&text, recipients, RECIPIENT_CC);
    text_put(&text, BYTES("</list></resource-lists>"));
    if (count > 0)
        document = blob_new(text_bytes(&text));
    text_release(&text);
    return document;
}
