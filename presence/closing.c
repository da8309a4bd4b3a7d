/* closing.c: what becomes of publications when their publisher is lost.
 *
 *   THERE --its connection, or its registration, ends, and it has no other--> LOST
 *   LOST  --it publishes, or is registered when the grace is over--> THERE
 *   LOST  --the grace is over--> CLOSED: shown closed and behind what live ones say; watchers are
 *                                told once
 *   CLOSED --it publishes or registers--> THERE, and watchers are told
 *
 * Who publishes over a stream lives on that connection, or on a registration of its device over
 * another flow. Who publishes over UDP, or through a proxy, lives on the registration of its
 * device, and as long as its own word when there never was one. When a connection goes nothing is
 * written: with the process all of them go, so a restart begins the grace anew for all.
 */
#include "presence/closing_internal.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "presence/registered_internal.h"
#include "presence/unsolicited_internal.h"

static struct connection *connection_find(const struct presence *presence, uint64_t id)
{
    struct connection *connection;
    TABLE_FIND(presence->connections, &id, sizeof(id), presence->hash_seed, connection);
    return connection;
}

static struct connection *connection_make(struct presence *presence, uint64_t id)
{
    struct connection *connection = memory_new(sizeof(*connection));
    connection->id = id;
    TABLE_ADD(presence->connections, &connection->id, sizeof(connection->id), presence->hash_seed,
              connection);
    return connection;
}

void closing_set_source(struct publication *publication, const struct net_flow *source,
                        const struct publication *former)
{
    struct presence *presence = publication->resource->presence;
    uint64_t id = source->connection;
    struct connection *connection = former != NULL ? former->connection : NULL;
    assert(publication->connection == NULL);
    publication->source = *source;
    if (id == 0)
        return;
    if (connection == NULL || connection->id != id)
        connection = connection_find(presence, id);
    if (connection == NULL)
        connection = connection_make(presence, id);
    publication->connection = connection;
    DL_APPEND2(connection->publications, publication, peer_prev, peer_next);
}

void closing_leave(struct publication *publication)
{
    struct connection *connection = publication->connection;
    if (connection == NULL)
        return;
    DL_DELETE2(connection->publications, publication, peer_prev, peer_next);
    publication->connection = NULL;
    if (connection->publications != NULL)
        return;
    HASH_DELETE(hh, publication->resource->presence->connections, connection);
    free(connection);
}

/* Whether its publisher is there. */

static struct front_device device_of(const struct publication *publication)
{
    bool known = publication->source.remote.family != 0;
    return (struct front_device){publication->instance, known ? &publication->source : NULL};
}

static bool is_connected(const struct publication *publication)
{
    const struct net_flow *source = &publication->source;
    return net_is_stream(source->protocol) &&
           net_alive(publication->resource->presence->parts->net, source);
}

static bool is_there(const struct publication *publication)
{
    const struct resource *resource = publication->resource;
    const struct presence_registrations *registrations = &resource->presence->registrations;
    const struct front_device device = device_of(publication);
    return is_connected(publication) ||
           (registrations->is_there != NULL &&
            registrations->is_there(registrations->context, resource->aor, &device));
}

/* Losing. */

static void begin_grace(struct publication *publication)
{
    const struct presence *presence = publication->resource->presence;
    publication->closes_ms =
        presence->parts->world->wall_ms + (uint64_t)presence->settings.flow_grace_s * 1000;
    publication_arm(publication);
}

/* True when its grace begins. */
static bool lose(struct publication *publication)
{
    const struct presence *presence = publication->resource->presence;
    if (!publication_is_clients(publication) || publication->closed ||
        publication->closes_ms != 0 || presence->settings.flow_grace_s == 0 ||
        is_there(publication))
        return false;
    metrics_count(presence->parts->metrics, METRIC_publications_lost);
    begin_grace(publication);
    return true;
}

void closing_loaded(struct publication *publication)
{
    bool lost = publication->closes_ms != 0;
    if (!publication_is_clients(publication) || publication->closed)
        return;
    lost = lost || (net_is_stream(publication->source.protocol) && !is_connected(publication));
    publication->closes_ms = 0;
    if (lost && publication->resource->presence->settings.flow_grace_s > 0)
        begin_grace(publication);
}

void closing_connection_closed(void *context, uint64_t id)
{
    struct presence *presence = context;
    struct connection *connection = connection_find(presence, id);
    struct publication *publication, *next;
    if (connection == NULL)
        return;
    for (publication = connection->publications; publication != NULL; publication = next) {
        next = publication->peer_next;
        closing_leave(publication); /* the last one frees the connection */
        lose(publication);
    }
}

/* Closing, and opening again. */

bool closing_is_next(const struct publication *publication)
{
    return !publication->ended && !publication->closed && publication->closes_ms != 0 &&
           publication->closes_ms < publication->expires_ms;
}

static void set_closed(struct publication *publication, bool closed)
{
    struct presence *presence = publication->resource->presence;
    assert(publication->closed != closed);
    publication->closed = closed;
    if (closed) {
        presence->closed_count++;
        metrics_count(presence->parts->metrics, METRIC_publications_closed);
    } else {
        presence->closed_count--;
        publication->closes_ms = 0;
    }
    publication_arm(publication);
}

static void tell_now(struct resource *resource)
{
    resource_changed(resource, resource->change);
}

/* A registration opens it again: where those count too, what is shown follows from both. */
static void tell_of_opened(struct resource *resource)
{
    if (registered_policy(resource) == PRESENCE_REGISTRATION_IGNORE)
        tell_now(resource);
    else
        registered_tell_soon(resource);
}

/* Saves those that `change` says are other than before, in one change set; `tell` (NULL: nobody)
 * tells the watchers when that makes a difference. */
static void change_all(struct resource *resource,
                       bool (*change)(struct publication *publication, const void *what),
                       const void *what, void (*tell)(struct resource *resource))
{
    const struct front_parts *parts = resource->presence->parts;
    struct store_set *set = store_begin(parts->store, resource->partition);
    struct publication *publication;
    unsigned count = 0;
    DL_FOREACH(resource->publications, publication)
    {
        if (!change(publication, what))
            continue;
        publication_save(publication, set);
        count++;
    }
    if (count == 0) {
        store_drop(&set);
        return;
    }
    resource->change = store_submit(parts->store, &set);
    if (tell != NULL)
        tell(resource);
}

static bool close_due(struct publication *publication, const void *what)
{
    const uint64_t *moment_ms = what;
    if (!closing_is_next(publication) || publication->closes_ms > *moment_ms)
        return false;
    if (!is_there(publication)) {
        set_closed(publication, true);
        return true;
    }
    publication->closes_ms = 0;
    publication_arm(publication);
    return false;
}

bool closing_perform(struct publication *publication)
{
    struct resource *resource = publication->resource;
    uint64_t moment_ms = publication->closes_ms;
    assert(closing_is_next(publication));
    if (!store_ready(resource->presence->parts->store))
        return false;
    change_all(resource, close_due, &moment_ms, tell_now);
    return true;
}

bool closing_is_of(const struct publication *publication, const struct front_device *registered)
{
    const struct front_device device = device_of(publication);
    return front_device_is(registered, &device);
}

static bool open_again(struct publication *publication, const void *what)
{
    if (!publication_is_clients(publication) || !publication->closed ||
        !closing_is_of(publication, what))
        return false;
    set_closed(publication, false);
    return true;
}

static bool lose_device(struct publication *publication, const void *what)
{
    return closing_is_of(publication, what) && lose(publication);
}

/* All resources of a user. Who changes registrations has found room in the store. */
static void change_user(struct presence *presence, struct bytes aor,
                        bool (*change)(struct publication *publication, const void *what),
                        const struct front_device *device, void (*tell)(struct resource *resource))
{
    for (const struct event_package *const *package = package_list(); *package != NULL; package++) {
        struct resource *resource = resource_find(presence, *package, aor, false);
        if (resource != NULL && resource->publications != NULL)
            change_all(resource, change, device, tell);
    }
}

void presence_device_came(struct presence *presence, struct bytes aor,
                          const struct front_device *device)
{
    if (presence->closed_count > 0)
        change_user(presence, aor, open_again, device, tell_of_opened);
    registered_changed(presence, aor);
    hold_device_came(presence, aor, device);
    unsolicited_device_came(presence, aor);
}

void presence_device_ended(struct presence *presence, struct bytes aor,
                           const struct front_device *device)
{
    change_user(presence, aor, lose_device, device, NULL);
    registered_changed(presence, aor);
}
