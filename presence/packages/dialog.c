/* dialog.c: the dialogs of a user (RFC 4235): busy lamps.
 *
 * Who watches because a rule of the user's says so sees what the rule shows: all of a dialog by
 * provide-all-attributes, or by provide-unknown-attribute for its element; else, and who watches
 * only because nothing says otherwise, that there is one, its state and its direction (3.6).
 *
 * Who names a dialog, or an INVITE, by call-id, to-tag and from-tag in Event (3.2) is told of that
 * alone, as far as it sees that: a filter. The tags are those of the user and of the other side. */
#include <stdlib.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "lists_internal.h"
#include "pidf/rights.h"
#include "sip/uri.h"

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

/* Filters. */

static const char *const names[] = {"call-id", "to-tag", "from-tag"};
enum { NAMES = sizeof(names) / sizeof(names[0]) };

struct dialog_filter {
    struct bytes key;
    struct entries_dialog wanted;
    char text[];
};

static const struct dialog_filter *dialog_filter_of(const struct watcher_filter *filter)
{
    return (const struct dialog_filter *)filter;
}

/* What stands between the quotes, if there are any; still escaped. */
static struct bytes inside(struct bytes value)
{
    if (value.length < 2 || value.at[0] != '"')
        return value;
    return bytes_first(bytes_skip(value, 1), value.length - 2);
}

/* Without the backslashes of quoted pairs (RFC 3261 25.1). */
static struct bytes unescape(struct bytes value, struct buffer *out)
{
    size_t from = out->length;
    for (size_t i = 0; i < value.length; i++) {
        i += value.at[i] == '\\' && i + 1 < value.length;
        buffer_char(out, value.at[i]);
    }
    return bytes_skip(buffer_bytes(out), from);
}

/* A quoted string may have any character behind a backslash (RFC 3261 25.1), NUL too. */
static void write_name(struct buffer *out, const char *name, struct bytes value)
{
    buffer_format(out, ";%s=\"", name);
    buffer_put(out, value);
    buffer_char(out, '"');
}

static struct dialog_filter *filter_new(const struct bytes *values)
{
    size_t room = 0;
    for (unsigned i = 0; i < NAMES; i++)
        room += strlen(names[i]) + 2 * values[i].length + 4;
    struct dialog_filter *filter = memory_new(sizeof(*filter) + room);
    struct buffer out = buffer_over(filter->text, room);
    for (unsigned i = 0; i < NAMES; i++)
        if (!bytes_empty(values[i]))
            write_name(&out, names[i], values[i]);
    filter->key = buffer_bytes(&out);
    filter->wanted.call_id = unescape(values[0], &out);
    filter->wanted.local_tag = unescape(values[1], &out);
    filter->wanted.remote_tag = unescape(values[2], &out);
    assert(!out.overflow);
    return filter;
}

/* A refresh that names nothing is for what was named before. */
static struct verdict dialog_filter_update(struct package_workshop *workshop,
                                           const struct watcher_filter *old, struct bytes body,
                                           struct bytes resource, struct bytes domain,
                                           struct watcher_filter **filter)
{
    struct bytes values[NAMES], value;
    bool any = false;
    (void)workshop, (void)resource, (void)domain;
    for (unsigned i = 0; i < NAMES; i++) {
        values[i] = sip_parameter(body, names[i], &value) ? inside(value) : BYTES("");
        any = any || !bytes_empty(values[i]);
    }
    *filter = NULL;
    if (!any && old != NULL)
        return dialog_filter_update(workshop, NULL, dialog_filter_of(old)->key, resource, domain,
                                    filter);
    if (any)
        *filter = (struct watcher_filter *)filter_new(values);
    return VERDICT_OK;
}

static void dialog_filter_free(struct watcher_filter **filter)
{
    free(*filter);
    *filter = NULL;
}

static struct bytes dialog_filter_key(const struct watcher_filter *filter)
{
    return filter != NULL ? dialog_filter_of(filter)->key : BYTES("");
}

static struct blob *dialog_filter_apply(struct package_workshop *workshop,
                                        const struct watcher_filter *filter, struct blob *body)
{
    (void)workshop;
    return entries_pick(body, &dialog_filter_of(filter)->wanted);
}

static bool dialog_filter_has_triggers(const struct watcher_filter *filter)
{
    (void)filter;
    return false;
}

static const struct package_filters filters = {
    .type = NULL,
    .update = dialog_filter_update,
    .free = dialog_filter_free,
    .key = dialog_filter_key,
    .view_key = dialog_filter_key,
    .apply = dialog_filter_apply,
    .has_triggers = dialog_filter_has_triggers,
};

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
    .filters = &filters,
    .partials = &partials,
};
