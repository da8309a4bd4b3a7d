/* repair.c: the walk over a document's elements.
 *
 *   element with a rule --+-- simple type: the value put right, or the element is dropped
 *                         +-- slots: each child is given its slot, then the slots are written by
 *                             position: that puts children in order and leaves out what has no
 *                             place; an element that then lacks something needed is dropped
 *   any other element ------- kept as it is, but for what would make the whole invalid
 *
 * Dropping takes back what was written, so a parent counts only children that stand. */
#include "repair_internal.h"

#include <assert.h>

#include "moment_internal.h"

static enum space node_space(const xmlNode *node)
{
    return space_of(node->ns != NULL ? (const char *)node->ns->href : NULL);
}

static void fail(struct repair *repair, const xmlNode *node, const char *reason)
{
    if (repair->fault.status == 0)
        repair->fault = verdict(400, reason, (size_t)xmlGetLineNo(node));
}

/* Attributes. */

/* Without a rule an attribute stays, unless it would steer a validator (xsi:type) or is one of
 * XML's own that has no place here (xml:id could repeat). */
static bool attribute_stays(const struct rule *rule, enum space space)
{
    return (rule == NULL || rule->any_attribute) && space != SPACE_XML &&
           space != SPACE_SCHEMA_INSTANCE;
}

/* 0 to 1000, of a good priority. */
static short thousandths(struct bytes priority)
{
    short number = priority.at[0] == '1' ? 1000 : 0, worth = 100;
    for (size_t i = 2; i < priority.length; i++, worth /= 10)
        number = (short)(number + (priority.at[i] - '0') * worth);
    return number;
}

/* Writes an attribute if it is good; its rule, or NULL when it has none or was left out. */
static const struct attribute_rule *write_attribute(struct repair *repair, const xmlAttr *attribute,
                                                    const struct rule *rule)
{
    struct writer *writer = &repair->writer;
    enum space space = space_of(attribute->ns != NULL ? (const char *)attribute->ns->href : NULL);
    const char *name = (const char *)attribute->name;
    const struct attribute_rule *known = grammar_attribute(rule, space, name);
    if (known == NULL && !attribute_stays(rule, space))
        return NULL;
    struct bytes value = markup_gather(writer, attribute->children);
    if (known != NULL && !value_repair(known->type, value, &writer->scratch, &value))
        return NULL;
    if (known != NULL && known->type == VALUE_PRIORITY)
        repair->priority = thousandths(value);
    if (known == NULL || known->type != VALUE_ID)
        markup_attribute(writer, attribute, value);
    else
        markup_id(writer, name, value);
    return known;
}

static void write_made_id(struct repair *repair, const char *stem)
{
    struct text *scratch = &repair->writer.scratch;
    scratch->length = 0;
    text_put(scratch, bytes_of(stem));
    text_number(scratch, repair->writer.id_count + 1);
    markup_id(&repair->writer, "id", text_bytes(scratch));
}

/* False when one is missing that has to be there and cannot be made up. */
static bool write_attributes(struct repair *repair, const xmlNode *node, const struct rule *rule)
{
    bool has_id = false, written[ATTRIBUTE_RULES_MOST] = {false};
    for (const xmlAttr *at = node->properties; at != NULL; at = at->next) {
        const struct attribute_rule *known = write_attribute(repair, at, rule);
        has_id |= known != NULL && known->type == VALUE_ID;
        if (rule != NULL && known != NULL && known->needed)
            written[known - rule->attributes] = true;
    }
    if (rule != NULL && rule->id_stem != NULL && !has_id)
        write_made_id(repair, rule->id_stem);
    for (size_t i = 0; rule != NULL && rule->attributes[i].name != NULL; i++)
        if (rule->attributes[i].needed && !written[i])
            return false;
    return true;
}

/* Content. */

static bool write_value(struct repair *repair, const xmlNode *node, const struct rule *rule)
{
    struct writer *writer = &repair->writer;
    struct bytes raw = BYTES(""), value;
    if (rule->type != VALUE_EMPTY)
        raw = markup_gather(writer, node->children);
    if (value_repair(rule->type, raw, &writer->scratch, &value)) {
        text_escaped(&writer->out, value);
        return true;
    }
    if (rule->type == VALUE_BASIC && !bytes_empty(bytes_trim(raw)))
        fail(repair, node, "a basic status is neither open nor closed");
    return false;
}

/* Remembers what composing will want to know of an element that was written: `whole`, its content
 * `inside`. What stands deeper, in an element that we do not know, is none of that. */
static void note_fact(struct repair *repair, const struct rule *rule, unsigned depth,
                      struct span whole, struct span inside)
{
    struct writer *writer = &repair->writer;
    struct facts *facts = &writer->facts;
    if (rule->fact == FACT_NONE || depth != (rule->fact == FACT_BASIC ? 3u : 2u))
        return;
    switch (rule->fact) {
    case FACT_DEVICE_ID:
        facts->device_id = inside;
        break;
    case FACT_PRIORITY:
        facts->priority = repair->priority;
        break;
    case FACT_TIME:
        facts->has_time =
            moment_parse(bytes_from(writer->out.at + inside.at, inside.length), &facts->time_ms);
        break;
    case FACT_STATUS:
        facts->status = whole;
        break;
    default:
        facts->basic = inside;
    }
}

/* What of an element's slots was written so far. */
struct tally {
    bool filled[SLOTS_MOST];
    unsigned alternative;
};

static bool slot_open(const struct tally *tally, const struct rule *rule, const struct slot *slot)
{
    if (slot->once && tally->filled[slot - rule->slots])
        return false;
    return slot->alternative == 0 || tally->alternative == 0 ||
           tally->alternative == slot->alternative;
}

static bool write_child(struct repair *repair, xmlNode *child, const struct slot *slot)
{
    return slot->rule != NULL ? repair_element(repair, child, slot->rule)
                              : repair_extension(repair, child);
}

static void write_position(struct repair *repair, const xmlNode *node, const struct rule *rule,
                           unsigned position, struct tally *tally)
{
    for (xmlNode *child = node->children; child != NULL; child = child->next) {
        const struct slot *slot = child->_private;
        if (slot == NULL || slot->position != position || !slot_open(tally, rule, slot))
            continue;
        if (!write_child(repair, child, slot))
            continue;
        tally->filled[slot - rule->slots] = true;
        if (slot->alternative != 0)
            tally->alternative = slot->alternative;
    }
}

/* Puts in what may be left out of a document but not of a valid one. */
static void write_fallbacks(struct repair *repair, const struct rule *rule, unsigned position,
                            struct tally *tally)
{
    for (unsigned i = 0; i < rule->slot_count; i++) {
        const struct slot *slot = &rule->slots[i];
        if (slot->position != position || slot->fallback == NULL || tally->filled[i])
            continue;
        struct text *out = &repair->writer.out;
        size_t start = out->length;
        text_put(out, bytes_of(slot->fallback));
        note_fact(repair, slot->rule, repair->depth + 1, span_of(start, out->length - start),
                  span_of(0, 0));
        tally->filled[i] = true;
    }
}

static bool complete(const struct rule *rule, const struct tally *tally)
{
    for (unsigned i = 0; i < rule->slot_count; i++)
        if (rule->slots[i].needed && !tally->filled[i])
            return false;
    return !rule->choice_needed || tally->alternative != 0;
}

static bool write_children(struct repair *repair, const xmlNode *node, const struct rule *rule)
{
    assert(rule->slot_count > 0 && rule->slot_count <= SLOTS_MOST);
    struct tally tally = {0};
    for (xmlNode *child = node->children; child != NULL; child = child->next) {
        const struct slot *slot = NULL;
        if (child->type == XML_ELEMENT_NODE)
            slot = grammar_slot(rule, node_space(child), (const char *)child->name);
        child->_private = (void *)slot;
    }
    for (unsigned position = 0; position < rule->positions; position++) {
        write_position(repair, node, rule, position, &tally);
        write_fallbacks(repair, rule, position, &tally);
    }
    return complete(rule, &tally);
}

/* The content of an element that we do not know: all of it. */
static bool write_anything(struct repair *repair, const xmlNode *node)
{
    for (xmlNode *child = node->children; child != NULL; child = child->next) {
        if (child->type == XML_TEXT_NODE || child->type == XML_CDATA_SECTION_NODE)
            text_escaped(&repair->writer.out, bytes_of((const char *)child->content));
        else if (child->type == XML_ELEMENT_NODE)
            repair_extension(repair, child);
    }
    return true;
}

static bool write_content(struct repair *repair, const xmlNode *node, const struct rule *rule)
{
    if (rule == NULL)
        return write_anything(repair, node);
    return rule->type == VALUE_NONE ? write_children(repair, node, rule)
                                    : write_value(repair, node, rule);
}

bool repair_element(struct repair *repair, xmlNode *node, const struct rule *rule)
{
    assert(repair != NULL && node != NULL && node->type == XML_ELEMENT_NODE);
    struct writer *writer = &repair->writer;
    struct writer_mark mark = markup_mark(writer);
    repair->priority = -1;
    const char *prefix = markup_start(writer, node, rule == NULL);
    bool good = write_attributes(repair, node, rule);
    text_char(&writer->out, '>');
    size_t content = writer->out.length;
    repair->depth++;
    good = good && write_content(repair, node, rule);
    repair->depth--;
    if (!good) {
        markup_rollback(writer, mark);
        return false;
    }
    size_t inside = writer->out.length - content;
    markup_end(writer, node, prefix, content, mark);
    if (rule != NULL)
        note_fact(repair, rule, repair->depth + 1,
                  span_of(mark.length, writer->out.length - mark.length), span_of(content, inside));
    return true;
}

bool repair_extension(struct repair *repair, xmlNode *node)
{
    assert(repair != NULL && node != NULL && node->type == XML_ELEMENT_NODE);
    enum space space = node_space(node);
    const char *name = (const char *)node->name;
    /* a presence document inside of another would be held to its schema as well */
    if (space == SPACE_PIDF && strcmp(name, "presence") == 0)
        return false;
    return repair_element(repair, node, grammar_find(space, name));
}
