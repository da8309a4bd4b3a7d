/* reg.c: where a user is registered (RFC 3680), with GRUUs (RFC 5628). The registrar knows it;
 * nobody publishes it. It is for the user, and whom a rule of the user's allows (4.6): these do not
 * see the temporary GRUUs, which are for who may register (RFC 5628 5). */
#include "lists_internal.h"

static struct verdict reg_accept(struct package_workshop *workshop, struct bytes body,
                                 const struct entity_check *entity, struct document **document)
{
    return list_accept(workshop, &entries_contacts, body, entity, document);
}

static struct blob *reg_compose(struct bytes entity, const struct document_source *sources,
                                size_t count)
{
    return list_compose(&entries_contacts, entity, sources, count);
}

static struct blob *reg_view(struct package_workshop *workshop, struct blob *state,
                             const struct rights *rights)
{
    (void)workshop;
    return rights == NULL ? blob_ref(state) : entries_without(state, "<gr:temp-gruu ");
}

static bool reg_difference(struct package_workshop *workshop, const struct blob *before,
                           const struct blob *now, struct package_parts *parts)
{
    (void)workshop;
    return list_difference(&entries_contacts, before, now, parts);
}

#define TYPE "application/reginfo+xml"

static const struct package_partials partials = {
    .type = TYPE,
    .first_version = 0, /* RFC 3680 5.1 */
    .whole = list_whole,
    .difference = reg_difference,
};

static const char *const types[] = {TYPE, NULL};

const struct event_package reg_package = {
    .name = "reg",
    .spec = "RFC 3680",
    .notify_types = types,                                    /* RFC 3680 4.5 */
    .subscribe = {.least = 60, .usual = 3761, .most = 86400}, /* RFC 3680 4.4 */
    .ages = true,
    .audience = AUDIENCE_BY_OWN_RULES,
    .workshop_new = list_workshop_new,
    .workshop_free = list_workshop_free,
    .accept = reg_accept,
    .document_free = list_document_free,
    .compose = reg_compose,
    .view = reg_view,
    .partials = &partials,
};
