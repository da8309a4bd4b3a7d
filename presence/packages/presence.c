/* presence.c: the presence event package (RFC 3856): PIDF in, PIDF out.
 *
 * pidf/ judges and composes; this file only gives its documents the names of the dispatcher. A
 * `struct document` of this package is a pidf_document. */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "packages_internal.h"
#include "pidf/diff.h"
#include "pidf/pidf.h"
#include "pidf/view.h"

enum { SOURCES_FEW = 16 };

struct package_workshop {
    struct pidf_parser *parser;
};

static struct package_workshop *presence_workshop_new(const struct package_limits *limits)
{
    struct package_workshop *workshop = memory_new(sizeof(*workshop));
    workshop->parser = pidf_parser_new(&(struct pidf_limits){
        .size_bytes = limits->body_max_bytes, .patch_steps = limits->patch_steps_max});
    return workshop;
}

static void presence_workshop_free(struct package_workshop **workshop)
{
    assert(workshop != NULL);
    struct package_workshop *old = *workshop;
    *workshop = NULL;
    if (old == NULL)
        return;
    pidf_parser_free(&old->parser);
    free(old);
}

static struct verdict presence_accept(struct package_workshop *workshop, struct bytes body,
                                      const struct entity_check *entity, struct document **document)
{
    assert(workshop != NULL && entity != NULL && document != NULL);
    struct pidf_document *pidf = NULL;
    struct verdict result =
        pidf_parse(workshop->parser, body, entity->matches, entity->context, &pidf);
    *document = (struct document *)pidf;
    return result;
}

static struct verdict presence_patch(struct package_workshop *workshop, struct bytes published,
                                     struct bytes patch, struct blob **body)
{
    assert(workshop != NULL && body != NULL);
    return pidf_patch(workshop->parser, published, patch, body);
}

static void presence_document_free(struct document **document)
{
    assert(document != NULL);
    struct pidf_document *pidf = (struct pidf_document *)*document;
    *document = NULL;
    pidf_free(&pidf);
}

static bool presence_same_things(const struct document *a, const struct document *b)
{
    return pidf_same_tuples((const struct pidf_document *)a, (const struct pidf_document *)b);
}

static struct blob *presence_compose(struct bytes entity, const struct document_source *sources,
                                     size_t count)
{
    struct pidf_source few[SOURCES_FEW] = {0}, *all = few;
    if (count > SOURCES_FEW)
        all = memory_new(count * sizeof(*all));
    for (size_t i = 0; i < count; i++)
        all[i] = (struct pidf_source){(const struct pidf_document *)sources[i].document,
                                      sources[i].changed_ms, sources[i].stale, sources[i].hard};
    struct blob *blob = pidf_compose(entity, all, count);
    if (all != few)
        free(all);
    return blob;
}

static struct blob *presence_view(struct package_workshop *workshop, struct blob *state,
                                  const struct rights *rights)
{
    assert(workshop != NULL);
    return pidf_view(workshop->parser, state, rights);
}

static struct bytes presence_sphere(const struct document_source *sources, size_t count)
{
    const struct pidf_document *few[SOURCES_FEW] = {NULL}, **all = few;
    if (count > SOURCES_FEW)
        all = memory_new(count * sizeof(const struct pidf_document *));
    for (size_t i = 0; i < count; i++)
        all[i] = (const struct pidf_document *)sources[i].document;
    struct bytes sphere = pidf_common_sphere(all, count);
    if (all != few)
        free((void *)all);
    return sphere;
}

/* Filters. */

static const struct pidf_filter *pidf_filter_of(const struct watcher_filter *filter)
{
    return (const struct pidf_filter *)filter;
}

static struct verdict presence_filter_update(struct package_workshop *workshop,
                                             const struct watcher_filter *old, struct bytes body,
                                             struct bytes resource, struct bytes domain,
                                             struct watcher_filter **filter)
{
    assert(workshop != NULL && filter != NULL);
    struct pidf_filter *made = NULL;
    struct verdict result =
        pidf_filter_update(workshop->parser, pidf_filter_of(old), body, resource, domain, &made);
    *filter = (struct watcher_filter *)made;
    return result;
}

static void presence_filter_free(struct watcher_filter **filter)
{
    assert(filter != NULL);
    struct pidf_filter *old = (struct pidf_filter *)*filter;
    *filter = NULL;
    pidf_filter_free(&old);
}

static struct bytes presence_filter_key(const struct watcher_filter *filter)
{
    return pidf_filter_key(pidf_filter_of(filter));
}

static struct bytes presence_filter_view_key(const struct watcher_filter *filter)
{
    return pidf_filter_view_key(pidf_filter_of(filter));
}

static struct blob *presence_filter_apply(struct package_workshop *workshop,
                                          const struct watcher_filter *filter, struct blob *body)
{
    assert(workshop != NULL);
    return pidf_filter_apply(workshop->parser, pidf_filter_of(filter), body);
}

static bool presence_filter_has_triggers(const struct watcher_filter *filter)
{
    return pidf_filter_has_triggers(pidf_filter_of(filter));
}

static bool presence_filter_triggers(struct package_workshop *workshop,
                                     const struct watcher_filter *filter, const struct blob *before,
                                     const struct blob *now)
{
    assert(workshop != NULL);
    return pidf_filter_triggers(workshop->parser, pidf_filter_of(filter), before, now);
}

static const struct package_filters filters = {
    .type = "application/simple-filter+xml", /* RFC 4660 5.1 */
    .update = presence_filter_update,
    .free = presence_filter_free,
    .key = presence_filter_key,
    .view_key = presence_filter_view_key,
    .apply = presence_filter_apply,
    .has_triggers = presence_filter_has_triggers,
    .triggers = presence_filter_triggers,
};

#define WHOLE "application/pidf+xml"
#define PARTIAL "application/pidf-diff+xml"

/* One tuple, as `basic` says; its id is told apart from the clients' when they have the same. */
#define TUPLE(id, basic)                                                                         \
    "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"sip:own.invalid\"><tuple id=\"" id \
    "\"><status><basic>" basic "</basic></status></tuple></presence>"

static void presence_whole(struct package_workshop *workshop, const struct blob *body,
                           struct package_parts *parts)
{
    assert(workshop != NULL);
    struct pidf_partial partial = pidf_full(workshop->parser, body);
    *parts = (struct package_parts){partial.head, partial.tail};
}

static bool presence_difference(struct package_workshop *workshop, const struct blob *before,
                                const struct blob *now, struct package_parts *parts)
{
    assert(workshop != NULL);
    struct pidf_partial partial = {NULL, NULL};
    bool shorter = pidf_diff(workshop->parser, before, now, &partial);
    *parts = (struct package_parts){partial.head, partial.tail};
    return shorter;
}

static const struct package_partials partials = {
    .type = PARTIAL, /* RFC 5263 4.1 */
    .first_version = 1,
    .whole = presence_whole,
    .difference = presence_difference,
};

static const char *const notify_types[] = {WHOLE, PARTIAL, NULL};
static const char *const publish_types[] = {WHOLE, PARTIAL, NULL};

const struct event_package presence_package = {
    .name = "presence",
    .spec = "RFC 3856",
    .notify_types = notify_types,                             /* RFC 3856 6.5 */
    .publish_types = publish_types,                           /* RFC 3903 6, step 5 */
    .patch_type = PARTIAL,                                    /* RFC 5264 4.1 */
    .subscribe = {.least = 60, .usual = 3600, .most = 86400}, /* RFC 3856 6.4 */
    .publish = {.least = 60, .usual = 3600, .most = 86400},   /* RFC 3903 6, step 4 */
    .audience = AUDIENCE_BY_RULES,
    .workshop_new = presence_workshop_new,
    .workshop_free = presence_workshop_free,
    .accept = presence_accept,
    .patch = presence_patch,
    .document_free = presence_document_free,
    .registered_body = TUPLE("registered", "open"),
    .seen_body = TUPLE("seen", "closed"),
    .same_things = presence_same_things,
    .compose = presence_compose,
    .view = presence_view,
    .filters = &filters,
    .partials = &partials,
    .sphere = presence_sphere,
};
