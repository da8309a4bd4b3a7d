/* dialog.c: the dialogs of a user (RFC 4235): busy lamps.
 *
 * Who watches because a rule of the user's says so sees what the rule shows: all of a dialog by
 * provide-all-attributes, or by provide-unknown-attribute for its element; else, and who watches
 * only because nothing says otherwise, that there is one, its state and its direction (3.6). */
#include "lists_internal.h"
#include "pidf/rights.h"

#define TYPE "application/dialog-info+xml"

static struct verdict dialog_accept(struct package_workshop *workshop, struct bytes body,
                                    const struct entity_check *entity, struct document **document)
{
    return list_accept(workshop, &entries_dialogs, body, entity, document);
}

static struct blob *dialog_compose(struct bytes entity, const struct document_source *sources,
                                   size_t count)
{
    return list_compose(&entries_dialogs, entity, sources, count);
}

static struct blob *dialog_view(struct package_workshop *workshop, struct blob *state,
                                const struct rights *rights)
{
    (void)workshop;
    bool all =
        rights_show_unknown(rights, BYTES("urn:ietf:params:xml:ns:dialog-info"), BYTES("dialog"));
    return all ? blob_ref(state) : entries_outline(state);
}

static bool dialog_difference(struct package_workshop *workshop, const struct blob *before,
                              const struct blob *now, struct package_parts *parts)
{
    (void)workshop;
    return list_difference(&entries_dialogs, before, now, parts);
}

static const struct package_partials partials = {
    .type = TYPE,
    .first_version = 0, /* RFC 4235 4.1.1 */
    .whole = list_whole,
    .difference = dialog_difference,
};

static const char *const types[] = {TYPE, NULL};

const struct event_package dialog_package = {
    .name = "dialog",
    .spec = "RFC 4235",
    .notify_types = types, /* RFC 4235 3.5 */
    .publish_types = types,
    .subscribe = {.least = 60, .usual = 3600, .most = 86400}, /* RFC 4235 3.4 */
    .publish = {.least = 60, .usual = 3600, .most = 86400},
    .audience = AUDIENCE_BY_RULES,
    .discreet = true,
    .workshop_new = list_workshop_new,
    .workshop_free = list_workshop_free,
    .accept = dialog_accept,
    .document_free = list_document_free,
    .same_things = list_same_things,
    .compose = dialog_compose,
    .view = dialog_view,
    .partials = &partials,
};
