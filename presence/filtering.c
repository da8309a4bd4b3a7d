/* filtering.c: watchers' filters over the life of their subscriptions (RFC 4660 5).
 *
 *   SUBSCRIBE with a body --judged--> replaced, changed by id, removed (5.2.2)
 *             without     --------->  stays, and stays over a restart: its key is in the row
 *   change of the resource --> view moved (a filter without triggers), or a trigger fires between
 * what the watcher was told last and now (5.3.2)
 *
 * A filter makes a view, and a view is made anew with each change of the resource. So a resource
 * has a number of different filters at most, and no watcher can have all of them. All that may ever
 * make a view count: those of subscriptions that are pending or have just ended, too.
 *
 * Both are looked at behind the rights: a trigger tells nothing of what its watcher may not see. */
#include <stdlib.h>

#include "base/memory.h"
#include "presence/presence_internal.h"

enum { URI_MAX = 2048 };

static struct verdict update(const struct filtering_place *place, struct bytes body,
                             struct watcher_filter **filter)
{
    char text[URI_MAX];
    struct buffer uri = buffer_over(text, sizeof(text));
    buffer_text(&uri, "sip:");
    buffer_put(&uri, place->aor);
    if (uri.overflow)
        return verdict(400, "The address is too long for a filter", 0);
    struct package_workshop *workshop = place->resource != NULL
                                            ? place->resource->workshop
                                            : workshop_of(place->presence, place->package);
    return place->package->filters->update(workshop, place->old, body, buffer_bytes(&uri),
                                           sip_aor_domain(place->aor), filter);
}

/* One of several filters. */
struct different {
    UT_hash_handle hh;
    struct bytes key;
};

static void add_different(struct different **all, struct bytes key, uint64_t seed)
{
    struct different *found;
    if (bytes_empty(key))
        return;
    TABLE_FIND(*all, key.at, key.length, seed, found);
    if (found != NULL)
        return;
    found = memory_new(sizeof(*found));
    found->key = key;
    TABLE_ADD(*all, found->key.at, found->key.length, seed, found);
}

static void free_different(struct different **all)
{
    struct different *at, *next;
    HASH_ITER(hh, *all, at, next)
    {
        HASH_DELETE(hh, *all, at);
        free(at);
    }
}

/* The filter of a subscription that counts: the one that changes does not, nor does that of one
 * who waits and gets no view any more. NULL: none. */
static const struct watcher_filter *counted(const struct filtering_place *place,
                                            const struct subscription *subscription)
{
    const struct watcher_filter *filter = filtering_of(subscription);
    bool counts = filter != place->old && subscription->state != SUBSCRIPTION_WAITING;
    return counts ? filter : NULL;
}

/* True when the key is one of the `most` different ones that a watcher (NULL: all of them) may have
 * at the resource. */
static bool has_room(const struct filtering_place *place, const struct watcher *watcher,
                     struct bytes key, unsigned most)
{
    struct different *all = NULL;
    const struct subscription *subscription;
    bool known = false;
    DL_FOREACH(place->resource->subscriptions, subscription)
    {
        const struct watcher_filter *filter = counted(place, subscription);
        if (filter == NULL || (watcher != NULL && subscription->watcher != watcher))
            continue;
        struct bytes other = view_filter_key(place->resource, filter);
        known = bytes_equal(other, key);
        if (known)
            break;
        if (HASH_COUNT(all) < most)
            add_different(&all, other, place->presence->hash_seed);
    }
    known = known || HASH_COUNT(all) < most;
    free_different(&all);
    return known;
}

static struct verdict limit_different(const struct filtering_place *place,
                                      const struct watcher_filter *filter)
{
    const struct presence_settings *settings = &place->presence->settings;
    struct bytes key = view_filter_key(place->resource, filter);
    if (bytes_empty(key))
        return VERDICT_OK;
    if (place->watcher != NULL &&
        !has_room(place, place->watcher, key, settings->filters_max_per_watcher))
        return verdict(488, "You have too many different filters for this user", 0);
    if (!has_room(place, NULL, key, settings->filters_max_per_resource))
        return verdict(488, "There are too many different filters for this user", 0);
    return VERDICT_OK;
}

static struct verdict limit(const struct filtering_place *place,
                            const struct watcher_filter *filter)
{
    size_t most = place->presence->settings.filter_max_bytes;
    if (place->package->filters->key(filter).length > most)
        return verdict(413, "The filter is too large", 0);
    return place->resource != NULL ? limit_different(place, filter) : VERDICT_OK;
}

struct verdict filtering_judge(const struct filtering_place *place, struct bytes body,
                               struct watcher_filter **filter)
{
    *filter = NULL;
    struct verdict v;
    if (body.length > place->presence->settings.filter_max_bytes)
        v = verdict(413, "The filter is too large", 0);
    else
        v = update(place, body, filter);
    if (*filter != NULL)
        v = limit(place, *filter);
    if (verdict_ok(v))
        return v;
    metrics_count(place->presence->parts->metrics, METRIC_filters_refused);
    if (*filter != NULL)
        place->package->filters->free(filter);
    return v;
}

/* A key was made of what came from outside: one that cannot be read again is a defect, but no
 * reason to end the server. */
static struct watcher_filter *read_key(const struct resource *resource, struct bytes key)
{
    const struct filtering_place place = {
        resource->presence, resource->package, resource->aor, resource, NULL, NULL};
    struct watcher_filter *filter = NULL;
    struct verdict v = update(&place, key, &filter);
    if (verdict_ok(v) && filter != NULL)
        return filter;
    log_write(resource->presence->parts->log, LOG_WARNING, "presence",
              "a watcher's filter cannot be read again event=%s aor=%.*s: %s",
              resource->package->name, BYTES_ARGS(resource->aor),
              v.reason != NULL ? v.reason : "it names nothing");
    return NULL;
}

struct watcher_filter *filtering_copy(const struct resource *resource,
                                      const struct watcher_filter *filter)
{
    if (filter == NULL)
        return NULL;
    return read_key(resource, resource->package->filters->key(filter));
}

const struct watcher_filter *filtering_of(const struct subscription *subscription)
{
    return subscription->extras != NULL ? subscription->extras->filter : NULL;
}

void filtering_set(struct subscription *subscription, struct watcher_filter *filter)
{
    if (filter == NULL && subscription->extras == NULL)
        return;
    struct extras *extras = extras_of(subscription);
    if (extras->filter != NULL)
        subscription->resource->package->filters->free(&extras->filter);
    extras->filter = filter;
}

void filtering_change(struct subscription *subscription, struct watcher_filter *filter)
{
    struct view *view = subscription->view;
    filtering_set(subscription, filter);
    if (view == NULL)
        return;
    const struct view *base = view_base(view);
    extras_change_view(subscription,
                       view_join(subscription->resource, base->rights, base->offline, filter));
}

struct bytes filtering_key(const struct subscription *subscription)
{
    const struct watcher_filter *filter = filtering_of(subscription);
    return filter != NULL ? subscription->resource->package->filters->key(filter) : BYTES("");
}

bool filtering_restore(struct subscription *subscription, struct bytes key)
{
    if (bytes_empty(key))
        return true;
    struct watcher_filter *filter = NULL;
    if (subscription->resource->package->filters != NULL)
        filter = read_key(subscription->resource, key);
    filtering_set(subscription, filter);
    return filter != NULL;
}

bool filtering_is_due(struct subscription *subscription)
{
    struct view *view = subscription->view;
    if (!view_has_triggers(view))
        return view->moved;
    return view_base(view)->moved && view_fires(view, subscription->extras->shown);
}

bool filtering_is_due_of(struct subscription *subscription, struct view *view)
{
    const struct resource *resource = subscription->resource;
    if (!view_has_triggers(view) || subscription->view == NULL)
        return true;
    struct blob *before = view_recall(view_base(subscription->view), subscription->extras->shown);
    return resource->package->filters->triggers(resource->workshop, filtering_of(subscription),
                                                before, view_body(view_base(view)));
}

void filtering_tell(struct subscription *subscription)
{
    if (!view_has_triggers(subscription->view))
        return;
    struct view *base = view_base(subscription->view);
    view_let_go(base, subscription->extras->shown);
    subscription->extras->shown = view_hold(base);
}
