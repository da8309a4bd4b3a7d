/* lists.c: pidf/entries.h under the dispatcher's names. */
#include "lists_internal.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

enum { ENTRIES_MAX = 1000, ELEMENTS_MAX = 20000, SOURCES_FEW = 16 };

struct package_workshop {
    struct pidf_parser *parser;
};

struct package_workshop *list_workshop_new(const struct package_limits *limits)
{
    struct package_workshop *workshop = memory_new(sizeof(*workshop));
    workshop->parser = pidf_parser_new(&(struct pidf_limits){
        .size_bytes = limits->body_max_bytes, .elements = ELEMENTS_MAX, .fragments = ENTRIES_MAX});
    return workshop;
}

void list_workshop_free(struct package_workshop **workshop)
{
    assert(workshop != NULL);
    if (*workshop != NULL)
        pidf_parser_free(&(*workshop)->parser);
    free(*workshop);
    *workshop = NULL;
}

struct verdict list_accept(struct package_workshop *workshop, const struct entries_kind *kind,
                           struct bytes body, const struct entity_check *entity,
                           struct document **document)
{
    assert(workshop != NULL && entity != NULL && document != NULL);
    struct entries *entries = NULL;
    struct verdict result =
        entries_parse(workshop->parser, kind, body, entity->matches, entity->context, &entries);
    *document = (struct document *)entries;
    return result;
}

void list_document_free(struct document **document)
{
    assert(document != NULL);
    struct entries *entries = (struct entries *)*document;
    *document = NULL;
    entries_free(&entries);
}

bool list_same_things(const struct document *a, const struct document *b)
{
    return entries_same((const struct entries *)a, (const struct entries *)b);
}

struct blob *list_compose(const struct entries_kind *kind, struct bytes entity,
                          const struct document_source *sources, size_t count)
{
    const struct entries *few[SOURCES_FEW] = {NULL}, **all = few;
    size_t live = 0;
    if (count > SOURCES_FEW)
        all = memory_new(count * sizeof(const struct entries *));
    for (size_t i = 0; i < count; i++)
        if (!sources[i].stale)
            all[live++] = (const struct entries *)sources[i].document;
    struct blob *blob = entries_compose(kind, entity, all, live);
    if (all != few)
        free((void *)all);
    return blob;
}

void list_whole(struct package_workshop *workshop, const struct blob *body,
                struct package_parts *parts)
{
    (void)workshop;
    struct pidf_partial whole = entries_whole(body);
    *parts = (struct package_parts){whole.head, whole.tail};
}

bool list_difference(const struct entries_kind *kind, const struct blob *before,
                     const struct blob *now, struct package_parts *parts)
{
    struct pidf_partial partial = {NULL, NULL};
    bool told = entries_difference(kind, before, now, &partial);
    *parts = (struct package_parts){partial.head, partial.tail};
    return told;
}
