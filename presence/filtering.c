/* filtering.c: watchers' filters over the life of their subscriptions (RFC 4660 5).
 *
 *   SUBSCRIBE with a body --judged--> replaced, changed by id, removed (5.2.2)
 *             without     --------->  stays, and stays over a restart: its key is in the row
 *   change of the resource --> view moved (a filter without triggers), or a trigger fires between
 * what the watcher was told last and now (5.3.2)
 *
 * Both are looked at behind the rights: a trigger tells nothing of what its watcher may not see. */
#include <assert.h>

#include "presence/presence_internal.h"

enum { URI_MAX = 2048 };

static struct verdict update(const struct filtering_place *place, struct bytes body,
                             struct watcher_filter **filter)
{
    char text[URI_MAX];
    struct buffer uri = buffer_over(text, sizeof(text));
    buffer_text(&uri, "sip:");
    buffer_put(&uri, place->aor);
    assert(!uri.overflow);
    return place->package->filters->update(workshop_of(place->presence, place->package), place->old,
                                           body, buffer_bytes(&uri), sip_aor_domain(place->aor),
                                           filter);
}

static struct verdict limit(const struct filtering_place *place,
                            const struct watcher_filter *filter)
{
    size_t most = place->presence->settings.filter_max_bytes;
    if (place->package->filters->key(filter).length > most)
        return verdict(413, "The filter is too large", 0);
    if (place->resource != NULL && !view_has_room(place->resource, filter))
        return verdict(488, "There are too many different filters for this user", 0);
    return VERDICT_OK;
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

static struct watcher_filter *read_key(const struct resource *resource, struct bytes key)
{
    const struct filtering_place place = {resource->presence, resource->package, resource->aor,
                                          resource, NULL};
    struct watcher_filter *filter;
    struct verdict v = update(&place, key, &filter);
    return verdict_ok(v) ? filter : NULL;
}

struct watcher_filter *filtering_copy(const struct resource *resource,
                                      const struct watcher_filter *filter)
{
    if (filter == NULL)
        return NULL;
    struct watcher_filter *copy = read_key(resource, resource->package->filters->key(filter));
    assert(copy != NULL); /* a key can be read again */
    return copy;
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
