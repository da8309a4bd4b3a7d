/* look_subscriptions.c: subscriptions for an operator's eyes.
 *
 *   which resources may have some? --> their subscriptions, as the query wants them --> sorted by
 *   resource and id --> those behind `after`, as many as are wanted
 *
 * Without presentity and watcher only as many resources are opened as a page needs. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/window.h"
#include "presence/look_internal.h"

/* One. */

uint64_t look_id(const struct subscription *subscription)
{
    const struct presence *presence = subscription->resource->presence;
    return bytes_hash(subscription->dialog.parts.local_tag, presence->entity_seeds[1]);
}

/* What has ended, and is only remembered in case its request comes again, is nobody's any more. */
static bool is_there(const struct subscription *subscription)
{
    return subscription->state != SUBSCRIPTION_ENDED || subscription->notify != 0 ||
           subscription->dirty || subscription->queued;
}

/* As its watcher was told: it knows nothing of waiting. */
static const char *told_name(enum subscription_state state)
{
    if (state == SUBSCRIPTION_INIT)
        return "";
    return machine_is_live(state) ? machine_state_name(state) : "terminated";
}

static enum presence_owed owed_later(const struct later *later)
{
    switch (later->why) {
    case LATER_ASKED:
        return PRESENCE_OWED_ASKED;
    case LATER_SILENT:
        return PRESENCE_OWED_SILENT;
    case LATER_HELD:
        return PRESENCE_OWED_NO_WAY;
    case LATER_PACED:
        return PRESENCE_OWED_PACED;
    default:
        return PRESENCE_OWED_NOTHING;
    }
}

static enum presence_owed owed_of(const struct subscription *subscription)
{
    const struct later *later = subscription->later;
    if (later != NULL && owed_later(later) != PRESENCE_OWED_NOTHING)
        return owed_later(later);
    if (subscription->notify != 0)
        return PRESENCE_OWED_UNDER_WAY;
    if (subscription->queued)
        return PRESENCE_OWED_QUEUED;
    return subscription->held || subscription->unknown ? PRESENCE_OWED_POLICY
                                                       : PRESENCE_OWED_NOTHING;
}

static uint64_t trouble_since(const struct subscription *subscription)
{
    switch (owed_of(subscription)) {
    case PRESENCE_OWED_ASKED:
    case PRESENCE_OWED_SILENT:
    case PRESENCE_OWED_NO_WAY:
        return subscription->later->since_ms;
    default:
        return 0;
    }
}

static void look_at_notify(const struct subscription *subscription,
                           struct presence_look_subscription *look)
{
    const struct world *world = subscription->resource->presence->parts->world;
    const struct extras *extras = subscription->extras;
    if (subscription->told_ms != 0)
        look->told_ms = world->wall_ms - (world->now_ms - subscription->told_ms);
    look->told = told_name(subscription->notified);
    look->answer = subscription->answer;
    look->heard = subscription->heard;
    look->cseq = subscription->dialog.local_cseq;
    look->version = extras != NULL ? extras->partial.version : 0;
    look->owed = owed_of(subscription);
    look->owed_since_ms = trouble_since(subscription);
}

static void look_at_view(const struct subscription *subscription,
                         struct presence_look_subscription *look)
{
    if (subscription->view == NULL)
        return;
    const struct view *base = view_base(subscription->view);
    look->sees = true;
    look->offline = base->offline;
    look->cut = base->rights != NULL && subscription->resource->package->view != NULL;
    look->filter = filtering_key(subscription);
}

static struct presence_look_subscription look_at(const struct subscription *subscription)
{
    const struct dialog *dialog = &subscription->dialog;
    const struct watcher *watcher = subscription->watcher;
    struct presence_look_subscription look = {
        .id = look_id(subscription),
        .presentity = subscription->resource->aor,
        .watcher = bytes_from(watcher->aor, watcher->length),
        .event = subscription->resource->package->name,
        .event_id = subscription->event_id,
        .call_id = dialog->parts.call_id,
        .target = dialog->parts.remote_target,
        .local_tag = dialog->parts.local_tag,
        .remote_tag = dialog->parts.remote_tag,
        .instance = bytes_of(subscription->instance),
        .accept = subscription->accept,
        .state = machine_state_name(subscription->state),
        .cause = machine_event_name(subscription->cause),
        .foreign = subscription->foreign,
        .trusted = subscription->trusted,
        .begun_ms = subscription->begun_ms,
        .expires_ms = subscription->expires_ms,
        .waits_since_ms = subscription->since_ms,
        .flow = dialog->has_flow ? &dialog->flow : NULL,
    };
    look_at_notify(subscription, &look);
    look_at_view(subscription, &look);
    return look;
}

/* Names. */

void presence_look_name(const struct presence_look_subscription *subscription, struct buffer *out)
{
    buffer_text(out, subscription->event);
    buffer_char(out, ';');
    buffer_put(out, subscription->presentity);
    buffer_format(out, ";%016llx", (unsigned long long)subscription->id);
}

bool look_read_name(struct bytes name, struct look_name *parts)
{
    struct bytes rest = name;
    if (bytes_empty(name))
        return false;
    parts->event = bytes_split(&rest, ';');
    const char *last = memrchr(rest.at, ';', rest.length);
    if (last == NULL)
        return false;
    parts->aor = bytes_first(rest, (size_t)(last - rest.at));
    return !bytes_empty(parts->event) && !bytes_empty(parts->aor) &&
           bytes_hex_to_u64(bytes_skip(rest, parts->aor.length + 1), 16, &parts->id);
}

bool presence_look_is_name(struct bytes name)
{
    struct look_name parts;
    return look_read_name(name, &parts) && package_find(parts.event) != NULL;
}

struct subscription *look_find(struct presence *presence, const struct look_name *name)
{
    const struct event_package *package = package_find(name->event);
    struct resource *resource =
        package != NULL ? resource_find(presence, package, name->aor, false) : NULL;
    struct subscription *subscription = NULL;
    if (resource == NULL)
        return NULL;
    DL_FOREACH(resource->subscriptions, subscription)
    {
        if (look_id(subscription) == name->id && is_there(subscription))
            return subscription;
    }
    return NULL;
}

bool presence_look_one(struct presence *presence, struct bytes name,
                       presence_look_subscription_fn visit, void *context)
{
    struct look_name parts;
    assert(visit != NULL);
    const struct subscription *subscription =
        look_read_name(name, &parts) ? look_find(presence, &parts) : NULL;
    if (subscription == NULL)
        return false;
    const struct presence_look_subscription look = look_at(subscription);
    visit(context, &look);
    return true;
}

/* Many. */

struct candidate {
    const struct subscription *subscription;
    uint64_t id;
};

struct gathering {
    struct presence *presence;
    const struct presence_look_query *query;
    struct look_name after; /* an empty event: none */
    struct candidate *candidates;
    size_t count, size;
};

static struct bytes key_of(const struct resource *resource)
{
    return bytes_from(resource->key, resource->key_length);
}

/* Where `after` lies seen from there. */
static int compare_after(const struct gathering *all, const struct candidate *candidate)
{
    const struct resource *resource = candidate->subscription->resource;
    int order = bytes_compare(bytes_of(resource->package->name), all->after.event);
    if (order == 0)
        order = bytes_compare(resource->aor, all->after.aor);
    if (order == 0)
        order = (candidate->id > all->after.id) - (candidate->id < all->after.id);
    return order;
}

static void add(struct gathering *all, const struct candidate *candidate)
{
    if (!bytes_empty(all->after.event) && compare_after(all, candidate) <= 0)
        return;
    if (all->count == all->size) {
        all->size = all->size > 0 ? 2 * all->size : 64;
        all->candidates = memory_resize(all->candidates, all->size * sizeof(*candidate));
    }
    all->candidates[all->count++] = *candidate;
}

static bool is_wanted(const struct gathering *all, const struct subscription *subscription)
{
    const struct presence_look_query *query = all->query;
    const struct watcher *watcher = subscription->watcher;
    const struct resource *resource = subscription->resource;
    return is_there(subscription) &&
           (bytes_empty(query->watcher) ||
            bytes_equal(query->watcher, bytes_from(watcher->aor, watcher->length))) &&
           (bytes_empty(query->presentity) || bytes_equal(query->presentity, resource->aor)) &&
           (bytes_empty(query->event) ||
            bytes_equal(query->event, bytes_of(resource->package->name)));
}

static void gather(struct gathering *all, const struct subscription *subscription)
{
    if (!is_wanted(all, subscription))
        return;
    const struct candidate candidate = {subscription, look_id(subscription)};
    add(all, &candidate);
}

static void gather_resource(struct gathering *all, const struct resource *resource)
{
    const struct subscription *subscription;
    if (resource == NULL)
        return;
    DL_FOREACH(resource->subscriptions, subscription)
    {
        gather(all, subscription);
    }
}

static void gather_presentity(struct gathering *all)
{
    for (const struct event_package *const *package = package_list(); *package != NULL; package++)
        gather_resource(all, resource_find(all->presence, *package, all->query->presentity, false));
}

static void gather_watcher(struct gathering *all)
{
    const struct watcher *watcher = watcher_find(all->presence, all->query->watcher);
    const struct subscription *subscription;
    if (watcher == NULL)
        return;
    DL_FOREACH2(watcher->subscriptions, subscription, others_next)
    {
        gather(all, subscription);
    }
}

static void offer_all(const struct gathering *all, struct window *window)
{
    struct resource *resource, *next;
    struct bytes event = all->query->event;
    for (unsigned i = 0; i < PARTITIONS; i++)
        HASH_ITER(hh, all->presence->homes[i].resources, resource, next)
        {
            if (resource->subscriptions != NULL &&
                (bytes_empty(event) || bytes_equal(event, bytes_of(resource->package->name))))
                window_offer(window, key_of(resource), resource);
        }
}

/* The resource of `after`, and those behind it, until there is one more than a page holds. */
static void gather_all(struct gathering *all)
{
    const struct event_package *package = package_find(all->after.event);
    const struct resource *first =
        package != NULL ? resource_find(all->presence, package, all->after.aor, false) : NULL;
    struct bytes after = first != NULL ? key_of(first) : BYTES("");
    struct window window;
    bool more = true;
    gather_resource(all, first);
    while (more && all->count <= all->query->most) {
        window_init(&window, after, all->query->most + 1);
        offer_all(all, &window);
        for (size_t i = 0; i < window.count && all->count <= all->query->most; i++)
            gather_resource(all, window.entries[i].what);
        more = window.more;
        after = window.count > 0 ? window.entries[window.count - 1].name : after;
        window_release(&window);
    }
}

static int compare(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    int order =
        x->subscription->resource == y->subscription->resource
            ? 0
            : bytes_compare(key_of(x->subscription->resource), key_of(y->subscription->resource));
    return order != 0 ? order : (x->id > y->id) - (x->id < y->id);
}

bool presence_look_subscriptions(struct presence *presence, const struct presence_look_query *query,
                                 presence_look_subscription_fn visit, void *context)
{
    struct gathering all = {.presence = presence, .query = query};
    assert(query->most > 0 && visit != NULL);
    if (!look_read_name(query->after, &all.after))
        all.after = (struct look_name){.id = 0};
    if (!bytes_empty(query->presentity))
        gather_presentity(&all);
    else if (!bytes_empty(query->watcher))
        gather_watcher(&all);
    else
        gather_all(&all);
    if (all.count > 0)
        qsort(all.candidates, all.count, sizeof(all.candidates[0]), compare);
    for (size_t i = 0; i < all.count && i < query->most; i++) {
        const struct presence_look_subscription look = look_at(all.candidates[i].subscription);
        visit(context, &look);
    }
    bool more = all.count > query->most;
    free(all.candidates);
    return more;
}

void presence_look_end(const struct presence *presence, struct bytes event, struct bytes presentity,
                       struct bytes watcher, struct presence_ended *ended)
{
    const struct event_package *package = package_find(event);
    *ended = package != NULL ? ends_find(presence, package, presentity, watcher)
                             : (struct presence_ended){.why = END_NONE};
}
