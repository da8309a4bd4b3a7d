/* orders.c: what an operator may order of presence: ends.
 *
 *   a subscription --machine.c--> ENDED: its row, then its last NOTIFY; who waits is forgotten
 *   publications, or a device's --> removed like by the client's own word (RFC 3903 4.5), watchers
 *   are told */
#include <assert.h>

#include "presence/closing_internal.h"
#include "presence/look_internal.h"

/* Subscriptions. */

/* EVENT_SUBSCRIBE: no such reason, or none that a server may give of its own accord. */
static enum subscription_event event_of(struct bytes reason)
{
    static const enum subscription_event allowed[] = {EVENT_DEACTIVATED, EVENT_PROBATION,
                                                      EVENT_REJECTED};
    for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
        if (bytes_equal(bytes_of(machine_event_name(allowed[i])), reason))
            return allowed[i];
    return EVENT_SUBSCRIBE;
}

static struct store_change end_waiting(struct subscription *subscription)
{
    struct resource *resource = subscription->resource;
    struct store *store = resource->presence->parts->store;
    struct store_set *set = store_begin(store, resource->partition);
    subscription_move(subscription, EVENT_GIVEUP);
    ends_note(subscription, END_DEACTIVATED); /* by order, not because it took too long */
    subscription_forget(subscription, set);
    resource_settle(resource);
    return store_submit(store, &set);
}

static struct store_change end_live(struct subscription *subscription,
                                    enum subscription_event event)
{
    const struct front_parts *parts = subscription->resource->presence->parts;
    struct store_set *set = store_begin(parts->store, subscription->resource->partition);
    world_timer_cancel(parts->world, &subscription->expiry);
    subscription_move(subscription, event);
    subscription_save(subscription, set);
    subscription->change = store_submit(parts->store, &set);
    struct store_change change = subscription->change;
    notify_due(subscription);
    return change;
}

static bool can_change(const struct presence *presence, struct bytes aor)
{
    return !front_is_closed(presence->front, partition_of(aor)) &&
           store_ready(presence->parts->store);
}

enum err presence_end_subscription(struct presence *presence, struct bytes name,
                                   struct bytes reason, struct store_change *change)
{
    enum subscription_event event = event_of(reason);
    struct look_name parts;
    assert(change != NULL);
    *change = STORE_NOTHING;
    if (event == EVENT_SUBSCRIBE || !look_read_name(name, &parts))
        return ERR_PARSE;
    if (!can_change(presence, parts.aor))
        return ERR_BUSY;
    struct subscription *subscription = look_find(presence, &parts);
    if (subscription == NULL)
        return ERR_NOT_FOUND;
    if (machine_is_live(subscription->state))
        *change = end_live(subscription, event);
    else if (subscription->state == SUBSCRIPTION_WAITING)
        *change = end_waiting(subscription);
    else
        *change = store_latest(presence->parts->store, partition_of(parts.aor));
    return ERR_NONE;
}

/* Publications. */

/* Which of them; both NULL: all but hard state. */
struct choosing {
    const struct front_device *device;
    const uint64_t *id;
};

static bool is_chosen(const struct publication *publication, const struct choosing *choosing)
{
    if (publication->ended || publication->publisher == STORE_HARD)
        return false;
    if (choosing->device != NULL)
        return publication_is_clients(publication) && closing_is_of(publication, choosing->device);
    return choosing->id == NULL || look_publication_id(publication) == *choosing->id;
}

static size_t remove_some(struct resource *resource, const struct choosing *choosing,
                          struct store_set *set)
{
    struct publication *publication, *next;
    size_t count = 0;
    DL_FOREACH_SAFE(resource->publications, publication, next)
    {
        if (!is_chosen(publication, choosing))
            continue;
        publication_delete_row(publication, set);
        publication_free(publication);
        count++;
    }
    return count;
}

static size_t end_publications(struct resource *resource, const struct choosing *choosing)
{
    struct store *store = resource->presence->parts->store;
    struct store_set *set = store_begin(store, resource->partition);
    size_t count = remove_some(resource, choosing, set);
    if (count == 0) {
        store_drop(&set);
        return 0;
    }
    resource_changed(resource, store_submit(store, &set));
    resource_settle(resource);
    return count;
}

/* Of all events; how many there were. */
static size_t end_chosen(struct presence *presence, struct bytes aor,
                         const struct choosing *choosing, struct store_change *change)
{
    size_t count = 0;
    for (const struct event_package *const *package = package_list(); *package != NULL; package++) {
        struct resource *resource = resource_find(presence, *package, aor, false);
        if (resource != NULL && resource->publications != NULL)
            count += end_publications(resource, choosing);
    }
    *change = store_latest(presence->parts->store, partition_of(aor));
    return count;
}

enum err presence_end_device(struct presence *presence, struct bytes aor,
                             const struct front_device *device, struct store_change *change)
{
    const struct choosing choosing = {.device = device};
    assert(device != NULL && change != NULL);
    *change = STORE_NOTHING;
    if (!can_change(presence, aor))
        return ERR_BUSY;
    end_chosen(presence, aor, &choosing, change);
    return ERR_NONE;
}

struct searching {
    uint64_t id;
    bool found, hard;
};

static void search(void *context, const struct presence_look_publication *publication)
{
    struct searching *searching = context;
    if (publication->id != searching->id)
        return;
    searching->found = true;
    searching->hard = publication->life == PRESENCE_SET;
}

enum err presence_end_publications(struct presence *presence, struct bytes aor, const uint64_t *id,
                                   struct store_change *change)
{
    const struct choosing choosing = {.id = id};
    struct searching searching = {.id = id != NULL ? *id : 0};
    assert(!bytes_empty(aor) && change != NULL);
    *change = STORE_NOTHING;
    if (!can_change(presence, aor))
        return ERR_BUSY;
    if (id != NULL)
        presence_look_publications(presence, BYTES(""), aor, search, &searching);
    if (id != NULL && !searching.found)
        return ERR_NOT_FOUND;
    if (searching.hard)
        return ERR_CONFLICT;
    end_chosen(presence, aor, &choosing, change);
    return ERR_NONE;
}
