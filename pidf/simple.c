/* simple.c: presence in few words.
 *
 * Reading goes once over the tree: counts are bounded by the elements that there are. */
#include "pidf/simple.h"

#include <assert.h>
#include <libxml/tree.h>

#include "moment_internal.h"
#include "node_internal.h"
#include "text_internal.h"
#include "tree_internal.h"

enum { SIZE_MOST_BYTES = 16 << 20, DEPTH_MOST = 64, ELEMENTS_MOST = 100000 };

/* Reading. */

struct reader {
    struct arena *arena;
    struct simple_tuple *tuples;
    struct bytes *activities, *moods, *notes;
    size_t most; /* of each */
    struct simple_presence *presence;
};

static struct bytes text_of(const struct reader *reader, const xmlNode *node)
{
    xmlChar *content = xmlNodeGetContent(node);
    struct bytes copy = arena_copy(reader->arena, bytes_trim(bytes_of((const char *)content)));
    xmlFree(content);
    return copy;
}

static struct bytes attribute_of(const struct reader *reader, const xmlNode *node, const char *name)
{
    xmlChar *value = xmlGetNoNsProp(node, (const xmlChar *)name);
    struct bytes copy = arena_copy(reader->arena, bytes_of((const char *)value));
    xmlFree(value);
    return copy;
}

static void add(struct bytes *list, size_t *count, size_t most, struct bytes text)
{
    assert(*count < most);
    if (*count < most)
        list[(*count)++] = text;
}

static const xmlNode *child_of(const xmlNode *parent, enum space space, const char *name)
{
    const xmlNode *node = parent->children;
    while (node != NULL && (node->type != XML_ELEMENT_NODE || !node_is(node, space, name)))
        node = node->next;
    return node;
}

static struct bytes child_text(const struct reader *reader, const xmlNode *parent, const char *name)
{
    const xmlNode *node = child_of(parent, SPACE_PIDF, name);
    return node != NULL ? text_of(reader, node) : BYTES("");
}

static void read_tuple(struct reader *reader, const xmlNode *node)
{
    struct simple_tuple *tuple = &reader->tuples[reader->presence->tuple_count++];
    const xmlNode *status = child_of(node, SPACE_PIDF, "status");
    const xmlNode *contact = child_of(node, SPACE_PIDF, "contact");
    tuple->id = attribute_of(reader, node, "id");
    tuple->basic = status != NULL ? child_text(reader, status, "basic") : BYTES("");
    tuple->note = child_text(reader, node, "note");
    tuple->timestamp = child_text(reader, node, "timestamp");
    if (contact == NULL)
        return;
    tuple->contact = text_of(reader, contact);
    tuple->priority = attribute_of(reader, contact, "priority");
    tuple->has_priority = !bytes_empty(tuple->priority);
}

/* The names of the elements; of <other>, what it says. */
static void read_words(struct reader *reader, const xmlNode *parent, struct bytes *list,
                       size_t *count)
{
    for (const xmlNode *node = parent->children; node != NULL; node = node->next) {
        if (node->type != XML_ELEMENT_NODE || node_is(node, SPACE_RPID, "note"))
            continue;
        struct bytes name = node_named(node, "other")
                                ? text_of(reader, node)
                                : arena_copy(reader->arena, bytes_of((const char *)node->name));
        add(list, count, reader->most, name);
    }
}

static void read_person(struct reader *reader, const xmlNode *person)
{
    struct simple_presence *presence = reader->presence;
    for (const xmlNode *node = person->children; node != NULL; node = node->next) {
        if (node->type != XML_ELEMENT_NODE)
            continue;
        if (node_is(node, SPACE_RPID, "activities"))
            read_words(reader, node, reader->activities, &presence->activity_count);
        else if (node_is(node, SPACE_RPID, "mood"))
            read_words(reader, node, reader->moods, &presence->mood_count);
        else if (node_is(node, SPACE_DATA_MODEL, "note"))
            add(reader->notes, &presence->note_count, reader->most, text_of(reader, node));
    }
}

static void read_children(struct reader *reader, const xmlNode *root)
{
    struct simple_presence *presence = reader->presence;
    for (const xmlNode *node = root->children; node != NULL; node = node->next) {
        if (node->type != XML_ELEMENT_NODE)
            continue;
        if (node_is(node, SPACE_PIDF, "tuple"))
            read_tuple(reader, node);
        else if (node_is(node, SPACE_PIDF, "note"))
            add(reader->notes, &presence->note_count, reader->most, text_of(reader, node));
        else if (node_is(node, SPACE_DATA_MODEL, "person"))
            read_person(reader, node);
    }
}

static size_t count_elements(const xmlNode *node)
{
    size_t count = 0;
    for (; node != NULL; node = node->next)
        if (node->type == XML_ELEMENT_NODE)
            count += 1 + count_elements(node->children);
    return count;
}

static struct verdict read_root(const xmlNode *root, struct arena *arena,
                                struct simple_presence *presence)
{
    if (root == NULL || !node_is(root, SPACE_PIDF, "presence"))
        return verdict(400, "the document is no PIDF", 0);
    struct reader reader = {.arena = arena, .presence = presence, .most = count_elements(root)};
    size_t size = reader.most * sizeof(struct bytes);
    reader.tuples = arena_alloc(arena, reader.most * sizeof(struct simple_tuple));
    reader.activities = arena_alloc(arena, size);
    reader.moods = arena_alloc(arena, size);
    reader.notes = arena_alloc(arena, size);
    presence->entity = attribute_of(&reader, root, "entity");
    read_children(&reader, root);
    presence->tuples = reader.tuples;
    presence->activities = reader.activities;
    presence->moods = reader.moods;
    presence->notes = reader.notes;
    return VERDICT_OK;
}

struct verdict simple_read(struct bytes document, struct arena *arena,
                           struct simple_presence *presence)
{
    const struct pidf_limits limits = {.size_bytes = SIZE_MOST_BYTES,
                                       .depth = DEPTH_MOST,
                                       .elements = ELEMENTS_MOST,
                                       .fragments = 1};
    struct verdict fault;
    struct pidf_parser *parser = pidf_parser_new(&limits);
    xmlDoc *tree = pidf_read_tree(parser, document, &fault);
    pidf_parser_free(&parser);
    *presence = (struct simple_presence){.tuple_count = 0};
    if (tree == NULL)
        return fault;
    fault = read_root(xmlDocGetRootElement(tree), arena, presence);
    xmlFreeDoc(tree);
    return fault;
}

/* Writing. */

static const char *const activities[] = {
    "appointment", "away",
    "breakfast",   "busy",
    "dinner",      "holiday",
    "in-transit",  "looking-for-work",
    "lunch",       "meal",
    "meeting",     "on-the-phone",
    "performance", "permanent-absence",
    "playing",     "presentation",
    "shopping",    "sleeping",
    "spectator",   "steering",
    "travel",      "tv",
    "unknown",     "vacation",
    "working",     "worship",
    NULL,
};

const char *const *simple_activities(void)
{
    return activities;
}

bool simple_activity(struct bytes name)
{
    for (size_t i = 0; activities[i] != NULL; i++)
        if (bytes_equal(bytes_of(activities[i]), name))
            return true;
    return false;
}

static void put_note(struct text *out, const char *open, struct bytes note, const char *close)
{
    if (bytes_empty(note))
        return;
    text_put(out, bytes_of(open));
    text_escaped(out, note);
    text_put(out, bytes_of(close));
}

static void put_activities(struct text *out, const struct simple_state *state)
{
    if (state->activity_count == 0)
        return;
    text_put(out, BYTES("<rpid:activities"));
    if (state->until_ms != 0) {
        text_put(out, BYTES(" until=\""));
        text_moment(out, state->until_ms);
        text_char(out, '"');
    }
    text_char(out, '>');
    for (size_t i = 0; i < state->activity_count; i++) {
        assert(simple_activity(state->activities[i]));
        text_put(out, BYTES("<rpid:"));
        text_put(out, state->activities[i]);
        text_put(out, BYTES("/>"));
    }
    text_put(out, BYTES("</rpid:activities>"));
}

struct blob *simple_write(const struct simple_state *state)
{
    struct text out = {0};
    assert(!bytes_empty(state->entity) && state->activity_count <= SIMPLE_ACTIVITIES_MAX);
    text_put(&out, BYTES("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                         "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" "
                         "xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\" "
                         "xmlns:rpid=\"urn:ietf:params:xml:ns:pidf:rpid\" entity=\""));
    text_quoted(&out, state->entity);
    text_put(&out, BYTES("\"><tuple id=\"set\"><status><basic>"));
    text_put(&out, state->open ? BYTES("open") : BYTES("closed"));
    text_put(&out, BYTES("</basic></status>"));
    put_note(&out, "<note>", state->note, "</note>");
    text_put(&out, BYTES("</tuple>"));
    if (state->activity_count > 0 || !bytes_empty(state->note)) {
        text_put(&out, BYTES("<dm:person id=\"set-person\">"));
        put_activities(&out, state);
        put_note(&out, "<dm:note>", state->note, "</dm:note>");
        text_put(&out, BYTES("</dm:person>"));
    }
    text_put(&out, BYTES("</presence>\n"));
    struct blob *document = blob_new(text_bytes(&out));
    text_release(&out);
    return document;
}

bool simple_moment(struct bytes text, uint64_t *wall_ms)
{
    return !bytes_empty(text) && moment_parse(text, wall_ms);
}
