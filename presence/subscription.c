/* subscription.c: one subscription: made, remembered, ended.
 *
 *   PENDING, ACTIVE --machine.c--> TERMINATING --last NOTIFY answered--> ENDED --64*T1--> freed
 *      |    \--NOTIFY failed--> freed
 *      \--unsubscribe, expiry of a pending one--> PARTING --answered--> WAITING --days--> freed
 *
 * These are the states of its row too; in memory TERMINATING is an ended one that is not `told`,
 * and PARTING a waiting one. So the last NOTIFY outlives a crash: whoever loads the row sends it
 * (again). ENDED is remembered after an unsubscribe only, because its request may come again.
 * WAITING has no dialog any more: it is there for its presentity to see (RFC 3857 4.7.1), and goes
 * when the presentity's rules speak of the watcher, or when it subscribes again. */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "presence/presence_internal.h"

enum {
    RETRY_MS = 1000,
    KEY_MAX = 4096,
    FLOW_TEXT_MAX = 160,
    CSEQ_STEP = 65536,
    DAY_MS = 24 * 3600 * 1000
};

/* Watchers. */

struct watcher *watcher_find(const struct presence *presence, struct bytes aor)
{
    struct watcher *watcher;
    struct bytes key = bytes_empty(aor) ? BYTES("") : aor; /* who is nobody has no name */
    TABLE_FIND(presence->watchers, key.at, key.length, presence->hash_seed, watcher);
    return watcher;
}

/* What has ended takes memory for a while, so it counts by half. */
bool subscription_has_room(const struct presence *presence, struct bytes aor)
{
    const struct watcher *watcher = watcher_find(presence, aor);
    unsigned most = presence->settings.subscriptions_max_per_watcher;
    return watcher == NULL || (watcher->count < most && watcher->users / 2 < most);
}

static void join(struct presence *presence, struct bytes aor, struct subscription *subscription)
{
    struct watcher *watcher = watcher_find(presence, aor);
    if (watcher == NULL) {
        watcher = memory_new(sizeof(*watcher) + aor.length);
        watcher->length = aor.length;
        if (!bytes_empty(aor))
            memcpy(watcher->aor, aor.at, aor.length);
        TABLE_ADD(presence->watchers, watcher->aor, watcher->length, presence->hash_seed, watcher);
    }
    watcher->users++;
    subscription->watcher = watcher;
    DL_APPEND2(watcher->subscriptions, subscription, others_prev, others_next);
}

static void leave(struct presence *presence, struct subscription *subscription)
{
    struct watcher *watcher = subscription->watcher;
    DL_DELETE2(watcher->subscriptions, subscription, others_prev, others_next);
    if (--watcher->users > 0)
        return;
    HASH_DELETE(hh, presence->watchers, watcher);
    free(watcher);
}

/* An ended subscription does not count any more. */
static void count(struct subscription *subscription, int by)
{
    struct resource *resource = subscription->resource;
    if (subscription->state == SUBSCRIPTION_WAITING) {
        subscription->watcher->waiting += (unsigned)by;
        resource->waiting_count += (unsigned)by;
    }
    if (!machine_is_live(subscription->state))
        return;
    subscription->watcher->count += (unsigned)by;
    resource->subscription_count += (unsigned)by;
    resource->presence->counts.subscriptions += (size_t)by;
}

/* Names. */

static struct bytes write_key(struct buffer *out, const struct subscription_name *name)
{
    buffer_put(out, name->call_id);
    buffer_char(out, '\0');
    buffer_put(out, name->remote_tag);
    buffer_char(out, '\0');
    buffer_text(out, name->package->name);
    buffer_char(out, '\0');
    buffer_put(out, name->event_id);
    return buffer_bytes(out);
}

struct subscription *subscription_find(struct presence *presence, unsigned partition,
                                       const struct subscription_name *name)
{
    char text[KEY_MAX];
    struct buffer out = buffer_over(text, sizeof(text));
    struct bytes key = write_key(&out, name);
    struct subscription *subscription;
    if (out.overflow)
        return NULL;
    TABLE_FIND(presence->homes[partition].subscriptions, key.at, key.length, presence->hash_seed,
               subscription);
    return subscription;
}

struct subscription *subscription_former(const struct resource *resource,
                                         const struct subscription_parts *parts,
                                         struct bytes filter)
{
    const struct watcher *watcher = watcher_find(resource->presence, parts->watcher);
    struct subscription *subscription;
    if (watcher == NULL || bytes_empty(parts->instance))
        return NULL;
    DL_FOREACH2(watcher->subscriptions, subscription, others_next)
    {
        if (subscription->resource == resource && machine_is_live(subscription->state) &&
            subscription->instance != NULL &&
            bytes_equal(subscription->event_id, parts->event_id) &&
            bytes_equal(bytes_of(subscription->instance), parts->instance) &&
            bytes_equal(filtering_key(subscription), filter))
            return subscription;
    }
    return NULL;
}

static void take_name(struct subscription *subscription, struct bytes event_id)
{
    const struct dialog_parts *dialog = &subscription->dialog.parts;
    const struct subscription_name name = {subscription->resource->package, dialog->call_id,
                                           dialog->remote_tag, event_id};
    size_t size = dialog->call_id.length + dialog->remote_tag.length + strlen(name.package->name) +
                  event_id.length + 3;
    subscription->text = memory_new(size);
    struct buffer out = buffer_over(subscription->text, size);
    subscription->key = write_key(&out, &name);
    subscription->event_id = bytes_skip(subscription->key, size - event_id.length);
    assert(!out.overflow && out.length == size);
}

/* Making and freeing. */

struct subscription *subscription_new(const struct subscription_parts *parts,
                                      const struct dialog *dialog)
{
    struct subscription *subscription = memory_new(sizeof(*subscription));
    struct presence *presence = parts->resource->presence;
    subscription->resource = parts->resource;
    subscription->dialog = *dialog;
    subscription->accept = parts->accept;
    subscription->expires_ms = parts->expires_ms;
    subscription->begun_ms = presence->parts->world->wall_ms;
    subscription->branch = memory_copy(parts->branch);
    if (!bytes_empty(parts->instance))
        subscription->instance = memory_copy(parts->instance);
    join(presence, parts->watcher, subscription);
    subscription->state = parts->state;
    subscription->fate = EVENT_TIMEOUT;
    subscription->foreign = parts->foreign;
    subscription->trusted = parts->trusted;
    take_name(subscription, parts->event_id);
    DL_APPEND(parts->resource->subscriptions, subscription);
    TABLE_ADD(presence->homes[parts->resource->partition].subscriptions, subscription->key.at,
              subscription->key.length, presence->hash_seed, subscription);
    count(subscription, 1);
    return subscription;
}

void subscription_free(struct subscription *subscription)
{
    struct resource *resource = subscription->resource;
    struct presence *presence = resource->presence;
    world_timer_cancel(presence->parts->world, &subscription->expiry);
    notify_unqueue(subscription);
    later_forget(subscription);
    transaction_forget(presence->parts->transactions, subscription->notify);
    count(subscription, -1);
    extras_leave_view(subscription);
    winfo_freed(subscription);
    leave(presence, subscription);
    DL_DELETE(resource->subscriptions, subscription);
    HASH_DELETE(hh, presence->homes[resource->partition].subscriptions, subscription);
    dialog_release(&subscription->dialog);
    extras_drop(subscription);
    free(subscription->text);
    free(subscription->branch);
    free(subscription->instance);
    free(subscription);
}

/* Ends. */

static void expire(struct timer *timer);

bool subscription_ends_with_state(const struct subscription *subscription)
{
    return subscription->cause == EVENT_TIMEOUT || subscription->cause == EVENT_NORESOURCE ||
           subscription->cause == EVENT_INVARIANT;
}

/* Since when a word is wanted: waiting goes on what pending began. */
static void note_since(struct subscription *subscription)
{
    if (subscription->state == SUBSCRIPTION_PENDING)
        subscription->since_ms = subscription->resource->presence->parts->world->wall_ms;
    else if (subscription->state != SUBSCRIPTION_WAITING)
        subscription->since_ms = 0;
}

bool subscription_move(struct subscription *subscription, enum subscription_event event)
{
    enum subscription_state before = subscription->state;
    enum subscription_state next = machine_next(before, event);
    if (next == before)
        return false;
    count(subscription, -1);
    subscription->state = next;
    subscription->cause = event;
    if (before == SUBSCRIPTION_INIT && next != SUBSCRIPTION_ENDED)
        subscription->cause = EVENT_SUBSCRIBE; /* RFC 3857 4.7.1: with a policy that was there */
    count(subscription, 1);
    note_since(subscription);
    bool sees = next == SUBSCRIPTION_ACTIVE ||
                (next == SUBSCRIPTION_ENDED && subscription_ends_with_state(subscription));
    if (!sees)
        extras_leave_view(subscription);
    if (next == SUBSCRIPTION_ENDED || next == SUBSCRIPTION_WAITING)
        ends_note(subscription, ends_of(event));
    winfo_moved(subscription, before);
    moves_moved(subscription, before);
    return true;
}

/* When whoever asked is given up: RFC 3857 4.7.1, for pending and waiting ones. */
static uint64_t giveup_ms(const struct subscription *subscription)
{
    unsigned days = subscription->resource->presence->settings.waiting_days;
    return subscription->since_ms + (uint64_t)days * DAY_MS;
}

static void put_deletion(const struct subscription *subscription, struct store_set *set)
{
    const struct resource *resource = subscription->resource;
    store_delete_subscription(set, resource->aor, bytes_of(resource->package->name),
                              subscription->dialog.parts.local_tag);
}

static void delete_row(struct subscription *subscription)
{
    const struct resource *resource = subscription->resource;
    struct store *store = resource->presence->parts->store;
    struct store_set *set = store_begin(store, resource->partition);
    put_deletion(subscription, set);
    store_submit(store, &set);
    subscription->has_row = false;
}

/* The watcher was told, or cannot be. */
static void settle_row(struct subscription *subscription)
{
    struct store *store = subscription->resource->presence->parts->store;
    if (!timer_is_set(&subscription->expiry)) {
        delete_row(subscription);
    } else if (!subscription->told) {
        subscription->told = true;
        struct store_set *set = store_begin(store, subscription->resource->partition);
        subscription_save(subscription, set);
        store_submit(store, &set);
    }
}

static void settle_later(struct subscription *subscription)
{
    struct world *world = subscription->resource->presence->parts->world;
    if (!timer_is_set(&subscription->expiry))
        world_timer(world, &subscription->expiry, RETRY_MS, expire);
}

void subscription_settle(struct subscription *subscription)
{
    struct resource *resource = subscription->resource;
    const struct front_parts *parts = resource->presence->parts;
    if (machine_is_live(subscription->state) || subscription->notify != 0 || subscription->dirty ||
        subscription->queued)
        return;
    if (subscription->has_row && !store_ready(parts->store))
        settle_later(subscription);
    else if (subscription->has_row)
        settle_row(subscription);
    if (timer_is_set(&subscription->expiry))
        return;
    subscription_free(subscription);
    resource_settle(resource);
}

void subscription_drop(struct subscription *subscription)
{
    struct resource *resource = subscription->resource;
    struct store *store = resource->presence->parts->store;
    if (subscription->has_row && !store_ready(store)) {
        if (machine_is_live(subscription->state))
            subscription_move(subscription, EVENT_DEACTIVATED);
        subscription->dirty = false;
        subscription->expires_ms = 0;
        subscription_arm(subscription); /* its row goes when the store has room */
        return;
    }
    moves_gone(subscription, moves_why(subscription));
    if (subscription->has_row)
        delete_row(subscription);
    subscription_free(subscription);
    resource_settle(resource);
}

struct resource *subscription_give_way(struct subscription *subscription, struct store_set *set)
{
    struct resource *resource = subscription->resource;
    moves_gone(subscription, "replaced");
    if (subscription->has_row)
        put_deletion(subscription, set);
    subscription_free(subscription);
    return resource;
}

void subscription_forget(struct subscription *subscription, struct store_set *set)
{
    assert(!machine_is_live(subscription->state));
    bool busy = subscription->notify != 0 || subscription->dirty || subscription->queued;
    if (subscription->has_row)
        put_deletion(subscription, set);
    subscription->has_row = false;
    world_timer_cancel(subscription->resource->presence->parts->world, &subscription->expiry);
    if (!busy)
        subscription_free(subscription);
}

void subscription_displace(const struct subscription *subscription, struct store_set *set)
{
    const struct watcher *watcher = subscription->watcher;
    struct subscription *other, *next;
    unsigned itself = subscription->state == SUBSCRIPTION_WAITING;
    if (watcher->waiting == itself)
        return;
    DL_FOREACH_SAFE2(watcher->subscriptions, other, next, others_next)
    {
        if (other == subscription || other->state != SUBSCRIPTION_WAITING ||
            other->resource != subscription->resource)
            continue;
        subscription_move(other, EVENT_GIVEUP);
        subscription_forget(other, set);
    }
}

void subscription_wait(struct subscription *subscription, struct store_set *set)
{
    const struct presence *presence = subscription->resource->presence;
    assert(subscription->state == SUBSCRIPTION_WAITING);
    subscription_displace(subscription, set);
    subscription->expires_ms = giveup_ms(subscription);
    if (subscription->watcher->waiting <= presence->settings.waiting_max_per_watcher &&
        subscription->resource->waiting_count <= presence->settings.waiting_max_per_resource)
        return;
    metrics_count(presence->parts->metrics, METRIC_subscriptions_forgotten);
    subscription_move(subscription, EVENT_GIVEUP);
    subscription->cause = EVENT_TIMEOUT; /* which is what its watcher asked for */
    subscription_linger(subscription);
}

/* What the end of its time means. */
static enum subscription_event fate_of(const struct subscription *subscription)
{
    bool waits = subscription->state == SUBSCRIPTION_PENDING;
    bool over = giveup_ms(subscription) <= subscription->resource->presence->parts->world->wall_ms;
    return waits && over && subscription->fate == EVENT_TIMEOUT ? EVENT_GIVEUP : subscription->fate;
}

/* Its time is over: nobody refreshed it, or it may not watch any more, or nobody said that it may.
 */
static void expire_live(struct subscription *subscription)
{
    struct resource *resource = subscription->resource;
    const struct front_parts *parts = resource->presence->parts;
    if (!store_ready(parts->store)) {
        world_timer(parts->world, &subscription->expiry, RETRY_MS, expire);
        return;
    }
    metrics_count(parts->metrics, METRIC_subscriptions_expired);
    subscription_move(subscription, fate_of(subscription));
    if (subscription->cause == EVENT_TIMEOUT)
        ends_note(subscription, END_EXPIRED);
    struct store_set *set = store_begin(parts->store, resource->partition);
    if (subscription->state == SUBSCRIPTION_WAITING)
        subscription_wait(subscription, set);
    if (subscription->state == SUBSCRIPTION_WAITING)
        subscription_arm(subscription);
    subscription_save(subscription, set);
    subscription->change = store_submit(parts->store, &set);
    notify_due(subscription);
}

static void expire(struct timer *timer)
{
    struct subscription *subscription = HOLDER(timer, struct subscription, expiry);
    if (machine_is_live(subscription->state))
        expire_live(subscription);
    else if (subscription_move(subscription, EVENT_GIVEUP)) /* it has waited long enough */
        subscription_settle(subscription);
    else if (subscription->dirty)
        notify_due(subscription);
    else
        subscription_settle(subscription);
}

void subscription_linger(struct subscription *subscription)
{
    const struct front_parts *parts = subscription->resource->presence->parts;
    unsigned t1_ms = transaction_layer_settings(parts->transactions)->t1_ms;
    subscription->expires_ms = parts->world->wall_ms + 64 * (uint64_t)t1_ms;
}

void subscription_arm(struct subscription *subscription)
{
    struct world *world = subscription->resource->presence->parts->world;
    uint64_t end_ms = subscription->expires_ms;
    if (subscription->state == SUBSCRIPTION_PENDING && giveup_ms(subscription) < end_ms)
        end_ms = giveup_ms(subscription);
    world_timer(world, &subscription->expiry, end_ms > world->wall_ms ? end_ms - world->wall_ms : 0,
                expire);
}

void subscription_reject(struct subscription *subscription)
{
    if (subscription->state == SUBSCRIPTION_ENDED) {
        subscription->cause = EVENT_REJECTED; /* if it was not told yet */
        extras_leave_view(subscription);
        return;
    }
    subscription->fate = EVENT_REJECTED;
    subscription->expires_ms = subscription->resource->presence->parts->world->wall_ms;
    subscription_arm(subscription);
}

void subscription_drop_watcher(struct presence *presence, struct bytes aor)
{
    const struct watcher *watcher = watcher_find(presence, aor);
    struct subscription *subscription;
    if (watcher == NULL)
        return;
    DL_FOREACH2(watcher->subscriptions, subscription, others_next)
    {
        subscription_reject(subscription);
    }
}

/* Rows. */

static enum store_state row_state(const struct subscription *subscription)
{
    assert(subscription->state != SUBSCRIPTION_INIT);
    if (subscription->state == SUBSCRIPTION_ACTIVE)
        return STORE_ACTIVE;
    if (subscription->state == SUBSCRIPTION_PENDING)
        return STORE_PENDING;
    if (subscription->state == SUBSCRIPTION_WAITING)
        return subscription->told ? STORE_WAITING : STORE_PARTING;
    return subscription->told ? STORE_ENDED : STORE_TERMINATING;
}

void subscription_save(struct subscription *subscription, struct store_set *set)
{
    const struct resource *resource = subscription->resource;
    const struct dialog *dialog = &subscription->dialog;
    char text[FLOW_TEXT_MAX];
    struct buffer flow = buffer_over(text, sizeof(text));
    if (dialog->has_flow)
        net_flow_write(&dialog->flow, &flow);
    struct rates rates = extras_rates(subscription);
    const struct store_subscription row = {
        .aor = resource->aor,
        .event = bytes_of(resource->package->name),
        .event_id = subscription->event_id,
        .watcher = bytes_from(subscription->watcher->aor, subscription->watcher->length),
        .local_tag = dialog->parts.local_tag,
        .remote_tag = dialog->parts.remote_tag,
        .local_uri = dialog->parts.local_uri,
        .remote_uri = dialog->parts.remote_uri,
        .remote_target = dialog->parts.remote_target,
        .route_set = dialog->parts.route_set,
        .contact = dialog->parts.contact,
        .flow = buffer_bytes(&flow),
        .accept = bytes_of(subscription->accept),
        .origin = {dialog->parts.call_id, bytes_of(subscription->branch), dialog->remote_cseq},
        .local_cseq = dialog->local_cseq,
        .epoch = store_epoch(resource->presence->parts->store),
        .expires_ms = subscription->expires_ms,
        .state = row_state(subscription),
        .cause = bytes_of(machine_event_name(subscription->cause)),
        .since_ms = subscription->since_ms,
        .begun_ms = subscription->begun_ms,
        .foreign = subscription->foreign,
        .trusted = subscription->trusted,
        .instance = bytes_of(subscription->instance != NULL ? subscription->instance : ""),
        .held_since_ms = hold_since_ms(subscription),
        .min_interval_ms = rates.min_interval_ms,
        .max_interval_ms = rates.max_interval_ms,
        .adaptive_interval_ms = rates.adaptive_interval_ms,
        .filter = filtering_key(subscription),
    };
    store_put_subscription(set, &row);
    subscription->stored_cseq = dialog->local_cseq;
    subscription->has_row = true;
}

static enum subscription_state state_of_row(const struct store_subscription *row)
{
    switch (row->state) {
    case STORE_ACTIVE:
        return SUBSCRIPTION_ACTIVE;
    case STORE_PENDING:
        return SUBSCRIPTION_PENDING;
    case STORE_WAITING:
    case STORE_PARTING:
        return SUBSCRIPTION_WAITING;
    case STORE_ENDED:
    case STORE_TERMINATING:
        break;
    }
    return SUBSCRIPTION_ENDED;
}

/* Rows of earlier versions do not say why. */
static enum subscription_event cause_of_row(const struct store_subscription *row)
{
    enum subscription_event cause = machine_event(row->cause);
    bool over = row->state == STORE_ENDED || row->state == STORE_TERMINATING;
    return over && cause == EVENT_SUBSCRIBE ? EVENT_TIMEOUT : cause;
}

/* A body type or a filter that an earlier version knew: the subscription cannot go on, but its
 * watcher may begin another one now (RFC 6665 4.1.3). It is told nothing before. */
static void deactivate(struct subscription *subscription)
{
    if (!machine_is_live(subscription->state))
        return;
    subscription->fate = EVENT_DEACTIVATED;
    subscription->expires_ms = subscription->resource->presence->parts->world->wall_ms;
}

/* The package's own text of a body type that a row names; NULL: it does not know it any more. */
static const char *known_type(const struct event_package *package, struct bytes type)
{
    for (size_t i = 0; package->notify_types[i] != NULL; i++)
        if (bytes_equal(bytes_of(package->notify_types[i]), type))
            return package->notify_types[i];
    return NULL;
}

/* The CSeq that the row has by now: each life of the server begins a step further. */
static uint32_t cseq_of_row(const struct resource *resource, const struct store_subscription *row)
{
    uint64_t epochs = store_epoch(resource->presence->parts->store) - row->epoch;
    return row->local_cseq + (uint32_t)(epochs * CSEQ_STEP);
}

/* A row that is loaded for a second time by one life (because changes were refused) knows nothing
 * of the NOTIFYs of this life: it begins another step further, and so far from its row that the row
 * is written again before anything is sent. */
static bool restore_dialog(const struct resource *resource, const struct store_subscription *row,
                           struct dialog *dialog)
{
    const struct dialog_parts parts = {
        .call_id = row->origin.call_id,
        .local_tag = row->local_tag,
        .remote_tag = row->remote_tag,
        .local_uri = row->local_uri,
        .remote_uri = row->remote_uri,
        .remote_target = row->remote_target,
        .route_set = row->route_set,
        .contact = row->contact,
    };
    bool again = resource->presence->homes[resource->partition].loaded;
    *dialog = (struct dialog){
        .local_cseq = cseq_of_row(resource, row) + (again ? CSEQ_STEP : 0),
        .remote_cseq = row->origin.cseq,
    };
    dialog->has_flow = net_flow_parse(row->flow, &dialog->flow);
    if (dialog->has_flow)
        net_rejoin(resource->presence->parts->net, &dialog->flow);
    return dialog_init(dialog, &parts);
}

/* The last NOTIFY is owed. In the life that ended it this was begun, and then changes were refused.
 * Where they go on being refused (a full disk) the row cannot say that it was answered, and each
 * load would send it again: so there is a pause first. */
static void restore_terminating(struct subscription *subscription)
{
    const struct resource *resource = subscription->resource;
    bool again = resource->presence->homes[resource->partition].loaded;
    if (again)
        subscription_linger(subscription);
    subscription_arm(subscription);
    if (again)
        subscription->dirty = true;
    else
        notify_queue(subscription);
}

/* False: what its watcher asked for cannot be read any more. */
static bool restore_extras(struct subscription *subscription, const struct store_subscription *row)
{
    const struct rates rates = {row->min_interval_ms, row->max_interval_ms,
                                row->adaptive_interval_ms};
    extras_set_rates(subscription, &rates);
    return filtering_restore(subscription, row->filter);
}

struct subscription *subscription_of_row(struct resource *resource,
                                         const struct store_subscription *row)
{
    const char *accept = known_type(resource->package, row->accept);
    struct dialog dialog;
    if (bytes_empty(row->remote_target) || bytes_empty(row->origin.call_id) ||
        !restore_dialog(resource, row, &dialog))
        return NULL;
    const struct subscription_parts parts = {
        .resource = resource,
        .watcher = row->watcher,
        .event_id = row->event_id,
        .branch = row->origin.branch,
        .instance = row->instance,
        .accept = accept != NULL ? accept : resource->package->notify_types[0],
        .expires_ms = row->expires_ms,
        .foreign = row->foreign,
        .trusted = row->trusted,
        .state = state_of_row(row),
    };
    struct subscription *subscription = subscription_new(&parts, &dialog);
    subscription->has_row = true;
    subscription->restored = true;
    subscription->stored_cseq = cseq_of_row(resource, row);
    subscription->cause = cause_of_row(row);
    subscription->since_ms = row->since_ms;
    subscription->begun_ms = row->begun_ms;
    bool good = restore_extras(subscription, row) && accept != NULL;
    subscription->told = row->state == STORE_ENDED || row->state == STORE_WAITING;
    if (row->state == STORE_TERMINATING) {
        restore_terminating(subscription);
        return subscription;
    }
    /* one that waits stays for days: in the life that ended it its last NOTIFY is not repeated */
    if (row->state == STORE_PARTING && resource->presence->homes[resource->partition].loaded)
        subscription->told = true;
    if (!good)
        deactivate(subscription);
    else if (machine_is_live(subscription->state) && row->held_since_ms != 0)
        hold_loaded(subscription, row->held_since_ms);
    subscription_arm(subscription);
    if (!subscription->told && good)
        notify_queue(subscription);
    return subscription;
}
