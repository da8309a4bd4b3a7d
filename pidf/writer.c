/* writer.c: tags, attributes and namespaces.
 *
 * The namespaces in force are a stack, and a later one may hide an earlier one of the same prefix.
 * An element that we do not know first declares all the prefixes that it brings, bound as they were
 * (a value of its may use them, where nobody can see it); then its name and its attributes take any
 * prefix that is bound to their namespace and not hidden. */
#include "writer_internal.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

void markup_release(struct writer *writer)
{
    assert(writer != NULL);
    text_release(&writer->out);
    text_release(&writer->gathered);
    text_release(&writer->scratch);
    free(writer->ids);
    *writer = (struct writer){0};
}

void markup_reset(struct writer *writer)
{
    assert(writer != NULL);
    writer->out.length = 0;
    writer->id_count = 0;
    writer->facts = (struct facts){.priority = -1};
    writer->sphere = (struct span){0};
    writer->sphere_unclear = false;
    writer->scopes_full = false;
    writer->scopes[SCOPE_DEFAULT] = (struct scope){.prefix = "", .uri = PIDF_NAMESPACE};
    writer->scopes[SCOPE_DATA_MODEL] = (struct scope){.prefix = "dm", .uri = DATA_MODEL_NAMESPACE};
    writer->scopes[SCOPE_RPID] = (struct scope){.prefix = "rpid", .uri = RPID_NAMESPACE};
    writer->scope_count = SCOPES_ROOT;
}

void markup_reset_to(struct writer *writer, const char *name_space)
{
    markup_reset(writer);
    writer->scopes[SCOPE_DEFAULT].uri = name_space;
    writer->scope_count = SCOPE_DEFAULT + 1;
}

struct writer_mark markup_mark(const struct writer *writer)
{
    assert(writer != NULL);
    return (struct writer_mark){writer->out.length, writer->id_count, writer->scope_count};
}

void markup_rollback(struct writer *writer, struct writer_mark mark)
{
    assert(mark.length <= writer->out.length && mark.ids <= writer->id_count);
    assert(mark.scopes <= writer->scope_count);
    writer->out.length = mark.length;
    writer->id_count = mark.ids;
    writer->scope_count = mark.scopes;
}

static void put(struct writer *writer, const char *text)
{
    text_put(&writer->out, bytes_of(text));
}

/* The declaration of a prefix that is in force; NULL: none. */
static struct scope *scope_of_prefix(struct writer *writer, const char *prefix)
{
    for (unsigned i = writer->scope_count; i > 0; i--)
        if (strcmp(writer->scopes[i - 1].prefix, prefix) == 0)
            return &writer->scopes[i - 1];
    return NULL;
}

/* A prefix, not the default, for a namespace; NULL: none. */
static struct scope *scope_of_uri(struct writer *writer, const char *uri)
{
    for (unsigned i = 0; i < writer->scope_count; i++) {
        struct scope *scope = &writer->scopes[i];
        if (scope->prefix[0] != '\0' && strcmp(scope->uri, uri) == 0 &&
            scope_of_prefix(writer, scope->prefix) == scope)
            return scope;
    }
    return NULL;
}

/* One more declaration; it still has to be written. */
static const struct scope *scope_push(struct writer *writer, const char *prefix, const char *uri)
{
    if (writer->scope_count == SCOPES_MOST) {
        writer->scopes_full = true;
        return &writer->scopes[SCOPES_MOST - 1];
    }
    struct scope *scope = &writer->scopes[writer->scope_count++];
    *scope = (struct scope){.prefix = prefix, .uri = uri, .used = true};
    return scope;
}

static void write_declarations(struct writer *writer, unsigned from)
{
    for (unsigned i = from; i < writer->scope_count; i++) {
        const struct scope *scope = &writer->scopes[i];
        put(writer, scope->prefix[0] != '\0' ? " xmlns:" : " xmlns");
        put(writer, scope->prefix);
        put(writer, "=\"");
        text_quoted(&writer->out, bytes_of(scope->uri));
        text_char(&writer->out, '"');
    }
}

/* The prefix for something in the namespace `ns`, declared when it has to be; an attribute needs
 * one that is not the default. */
static const char *resolve(struct writer *writer, const xmlNs *ns, bool attribute)
{
    const char *uri = ns != NULL ? (const char *)ns->href : "";
    struct scope *scope = attribute ? NULL : scope_of_prefix(writer, "");
    if (scope == NULL || strcmp(scope->uri, uri) != 0)
        scope = uri[0] != '\0' ? scope_of_uri(writer, uri) : NULL;
    if (scope != NULL) {
        scope->used = true;
        return scope->prefix;
    }
    const char *wanted = ns != NULL && ns->prefix != NULL ? (const char *)ns->prefix : "";
    assert(!attribute || wanted[0] != '\0');
    return scope_push(writer, wanted, uri)->prefix;
}

static void keep_declarations(struct writer *writer, const xmlNode *node)
{
    for (const xmlNs *ns = node->nsDef; ns != NULL; ns = ns->next) {
        const char *prefix = ns->prefix != NULL ? (const char *)ns->prefix : "";
        const char *uri = ns->href != NULL ? (const char *)ns->href : "";
        struct scope *scope = scope_of_prefix(writer, prefix);
        if (scope == NULL || strcmp(scope->uri, uri) != 0)
            scope_push(writer, prefix, uri);
        else
            scope->used = true;
    }
}

static void write_name(struct writer *writer, const char *prefix, const xmlChar *name)
{
    put(writer, prefix);
    if (prefix[0] != '\0')
        text_char(&writer->out, ':');
    put(writer, (const char *)name);
}

const char *markup_start(struct writer *writer, const xmlNode *node, bool keep)
{
    assert(node != NULL && node->type == XML_ELEMENT_NODE);
    unsigned before = writer->scope_count;
    if (keep)
        keep_declarations(writer, node);
    const char *prefix = resolve(writer, node->ns, false);
    text_char(&writer->out, '<');
    write_name(writer, prefix, node->name);
    write_declarations(writer, before);
    return prefix;
}

void markup_end(struct writer *writer, const xmlNode *node, const char *prefix, size_t content,
                struct writer_mark mark)
{
    assert(content > 0 && content <= writer->out.length && writer->out.at[content - 1] == '>');
    if (writer->out.length == content) {
        writer->out.length--;
        put(writer, "/>");
    } else {
        put(writer, "</");
        write_name(writer, prefix, node->name);
        text_char(&writer->out, '>');
    }
    writer->scope_count = mark.scopes;
}

static void write_value(struct writer *writer, struct bytes value)
{
    put(writer, "=\"");
    text_quoted(&writer->out, value);
    text_char(&writer->out, '"');
}

void markup_attribute(struct writer *writer, const xmlAttr *attribute, struct bytes value)
{
    unsigned before = writer->scope_count;
    const char *prefix = "";
    if (attribute->ns != NULL && space_of((const char *)attribute->ns->href) == SPACE_XML)
        prefix = "xml";
    else if (attribute->ns != NULL)
        prefix = resolve(writer, attribute->ns, true);
    write_declarations(writer, before);
    text_char(&writer->out, ' ');
    write_name(writer, prefix, attribute->name);
    write_value(writer, value);
}

void markup_plain_attribute(struct writer *writer, const char *name, struct bytes value)
{
    text_char(&writer->out, ' ');
    put(writer, name);
    write_value(writer, value);
}

void markup_id(struct writer *writer, const char *name, struct bytes value)
{
    assert(value.length > 0 && value.length <= UINT32_MAX);
    markup_plain_attribute(writer, name, value);
    if (writer->id_count == writer->id_size) {
        writer->id_size = writer->id_size == 0 ? 16 : writer->id_size * 2;
        writer->ids = memory_resize(writer->ids, writer->id_size * sizeof(*writer->ids));
    }
    /* an id is a name: nothing in it was escaped, only the closing quote follows it */
    uint32_t at = (uint32_t)(writer->out.length - value.length - 1);
    writer->ids[writer->id_count++] = (struct span){at, (uint32_t)value.length};
}

static bool is_text(const xmlNode *node)
{
    return node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE;
}

static void gather_into(struct text *gathered, const xmlNode *node)
{
    for (; node != NULL; node = node->next) {
        if (is_text(node))
            text_put(gathered, bytes_of((const char *)node->content));
        else if (node->type == XML_ELEMENT_NODE)
            gather_into(gathered, node->children);
    }
}

struct bytes markup_gather(struct writer *writer, const xmlNode *first)
{
    if (first == NULL)
        return (struct bytes){"", 0};
    if (first->next == NULL && is_text(first))
        return bytes_of((const char *)first->content);
    writer->gathered.length = 0;
    gather_into(&writer->gathered, first);
    return text_bytes(&writer->gathered);
}
