/* filter.c: a watcher's filters over the life of its subscription (RFC 4660 5.2).
 *
 *   what there is, as its own filter-set --+
 *                                          +--> filter_read, one after the other --> packed
 *   the body of a SUBSCRIBE ---------------+
 *
 * Of the filters for the resource and for its domain the former wins (RFC 4660 3.3.2); a disabled
 * one is as if it were not there (5.3). Those for other resources are passed over (5.2.1). */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "filter_internal.h"
#include "scan_internal.h"
#include "tree_internal.h"

static struct verdict read_body(struct pidf_parser *parser, struct bytes body,
                                struct filter_draft *draft)
{
    struct verdict result;
    if (body.length > FILTER_BYTES_MOST)
        return verdict(413, "the filter is too large", FILTER_BYTES_MOST);
    xmlDoc *tree = pidf_read_tree(parser, body, &result);
    if (tree == NULL)
        return result;
    result = filter_read(draft, xmlDocGetRootElement(tree));
    if (!verdict_ok(result))
        result.offset = scan_line(body, result.offset);
    xmlFreeDoc(tree);
    return result;
}

static void read_key(struct pidf_parser *parser, struct bytes key, struct filter_draft *draft)
{
    struct blob *document = blob_new(key);
    xmlDoc *tree = pidf_read_own(parser, document);
    assert(tree != NULL);
    struct verdict result = filter_read(draft, xmlDocGetRootElement(tree));
    assert(verdict_ok(result));
    draft->steps = 0;
    xmlFreeDoc(tree);
    blob_unref(&document);
}

static const struct filter *find_effective(const struct pidf_filter *filter)
{
    const struct filter *found = NULL;
    for (unsigned i = 0; i < filter->count; i++) {
        const struct filter *one = &filter->filters[i];
        if (one->enabled && (found == NULL || one->aim == FILTER_FOR_RESOURCE))
            found = one;
    }
    return found;
}

static void write_keys(struct pidf_filter *filter)
{
    struct text out = {0};
    filter_write(filter->filters, filter->count, &out);
    filter->key = arena_copy(&filter->arena, text_bytes(&out));
    out.length = 0;
    if (filter->effective != NULL)
        filter_write_what(filter->effective, &out);
    filter->view_key = arena_copy(&filter->arena, text_bytes(&out));
    text_release(&out);
}

/* Keeps the draft's filters for us; false: there are none. */
static bool pack(struct pidf_filter *filter, const struct filter_draft *draft)
{
    filter->filters = arena_alloc(&filter->arena, (draft->count + 1) * sizeof(*filter->filters));
    for (unsigned i = 0; i < draft->count; i++)
        if (draft->filters[i].aim != FILTER_FOR_OTHERS)
            filter->filters[filter->count++] = draft->filters[i];
    if (filter->count == 0)
        return false;
    filter->effective = find_effective(filter);
    write_keys(filter);
    return true;
}

/* What there was and a body, each within the limits, may be beyond them together; and escapes and
 * bindings are written out. What is kept must be fit to be read again. */
static struct verdict check_key(struct pidf_parser *parser, const struct pidf_filter *filter,
                                struct bytes resource, struct bytes domain)
{
    struct arena arena;
    arena_init(&arena, 1024);
    struct filter_draft draft = {.arena = &arena, .resource = resource, .domain = domain};
    struct verdict result = read_body(parser, filter->key, &draft);
    arena_release(&arena);
    if (!verdict_ok(result))
        return verdict(413, "the filters are too large together", 0);
    return VERDICT_OK;
}

struct verdict pidf_filter_update(struct pidf_parser *parser, const struct pidf_filter *old,
                                  struct bytes body, struct bytes resource, struct bytes domain,
                                  struct pidf_filter **filter)
{
    assert(parser != NULL && filter != NULL);
    struct pidf_filter *made = memory_new(sizeof(*made));
    arena_init(&made->arena, 1024);
    struct filter_draft draft = {.arena = &made->arena, .resource = resource, .domain = domain};
    *filter = NULL;
    if (old != NULL)
        read_key(parser, old->key, &draft);
    struct verdict result = read_body(parser, body, &draft);
    bool any = verdict_ok(result) && pack(made, &draft);
    if (any)
        result = check_key(parser, made, resource, domain);
    if (any && verdict_ok(result))
        *filter = made;
    else
        pidf_filter_free(&made);
    return result;
}

struct verdict pidf_filter_parse(struct pidf_parser *parser, struct bytes body,
                                 struct bytes resource, struct bytes domain,
                                 struct pidf_filter **filter)
{
    return pidf_filter_update(parser, NULL, body, resource, domain, filter);
}

void pidf_filter_free(struct pidf_filter **filter)
{
    assert(filter != NULL);
    struct pidf_filter *old = *filter;
    *filter = NULL;
    if (old == NULL)
        return;
    arena_release(&old->arena);
    free(old);
}

struct bytes pidf_filter_key(const struct pidf_filter *filter)
{
    return filter != NULL ? filter->key : BYTES("");
}

bool pidf_filter_has_triggers(const struct pidf_filter *filter)
{
    return filter != NULL && filter->effective != NULL && filter->effective->trigger_count > 0;
}

struct bytes pidf_filter_view_key(const struct pidf_filter *filter)
{
    return filter != NULL ? filter->view_key : BYTES("");
}
