/* conference.c: what goes on in a conference (RFC 4575): its focus publishes it, here it is kept
 * and told. Several that publish for one conference are put together: users of all, and of the
 * rest what the first one says. */
#include "lists_internal.h"

static struct verdict conference_accept(struct package_workshop *workshop, struct bytes body,
                                        const struct entity_check *entity,
                                        struct document **document)
{
    return list_accept(workshop, &entries_users, body, entity, document);
}

static struct blob *conference_compose(struct bytes entity, const struct document_source *sources,
                                       size_t count)
{
    return list_compose(&entries_users, entity, sources, count);
}

static bool conference_difference(struct package_workshop *workshop, const struct blob *before,
                                  const struct blob *now, struct package_parts *parts)
{
    (void)workshop;
    return list_difference(&entries_users, before, now, parts);
}

#define TYPE "application/conference-info+xml"

static const struct package_partials partials = {
    .type = TYPE,
    .first_version = 1, /* RFC 4575 7.1; 5.2 lets it begin with any */
    .whole = list_whole,
    .difference = conference_difference,
};

static const char *const types[] = {TYPE, NULL};

const struct event_package conference_package = {
    .name = "conference",
    .spec = "RFC 4575",
    .notify_types = types, /* RFC 4575 3.5 */
    .publish_types = types,
    .subscribe = {.least = 60, .usual = 3600, .most = 86400}, /* RFC 4575 3.4 */
    .publish = {.least = 60, .usual = 3600, .most = 86400},
    .audience = AUDIENCE_BY_RULES,
    .workshop_new = list_workshop_new,
    .workshop_free = list_workshop_free,
    .accept = conference_accept,
    .document_free = list_document_free,
    .same_things = list_same_things,
    .compose = conference_compose,
    .partials = &partials,
};
