/* flows.c: what becomes of bindings when a connection goes (RFC 5626 7).
 *
 * Who can be dialled stays until its time is over: its next request may come over a new connection,
 * or ours to it may be made. A binding whose only way was the connection cannot be used any more.
 * It stays a little longer, for the client that comes back at once, and ends then; unless its
 * device can be woken (sleep.c). */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "registrar/registrar_internal.h"
#include "registrar/sleep_internal.h"

static struct flow_users *find_users(const struct registrar *registrar, uint64_t connection)
{
    struct flow_users *users;
    TABLE_FIND(registrar->flows, &connection, sizeof(connection), registrar->hash_seed, users);
    return users;
}

static struct flow_users *make_users(struct registrar *registrar, uint64_t connection)
{
    struct flow_users *users = memory_new(sizeof(*users));
    users->connection = connection;
    TABLE_ADD(registrar->flows, &users->connection, sizeof(users->connection), registrar->hash_seed,
              users);
    return users;
}

void flows_add(struct registrar *registrar, struct binding *binding)
{
    uint64_t connection = binding->flow.connection;
    assert(binding->users == NULL);
    if (!binding->has_flow || connection == 0)
        return;
    struct flow_users *users = find_users(registrar, connection);
    if (users == NULL)
        users = make_users(registrar, connection);
    binding->users = users;
    DL_APPEND2(users->bindings, binding, users_prev, users_next);
}

void flows_remove(struct registrar *registrar, struct binding *binding)
{
    struct flow_users *users = binding->users;
    if (users == NULL)
        return;
    assert(binding->users_prev == binding || binding != users->bindings ||
           binding->users_next != NULL);
    DL_DELETE2(users->bindings, binding, users_prev, users_next);
    binding->users = NULL;
    if (users->bindings != NULL)
        return;
    HASH_DELETE(hh, registrar->flows, users);
    free(users);
}

bool flows_is_lost(const struct registrar *registrar, const struct binding *binding)
{
    return binding->flow_only && net_is_stream(binding->flow.protocol) &&
           !net_alive(registrar->parts->net, &binding->flow);
}

void flows_begin_grace(const struct registrar *registrar, struct binding *binding)
{
    assert(binding->flow_only);
    uint64_t end_ms =
        registrar->parts->world->wall_ms + (uint64_t)registrar->settings.flow_grace_s * 1000;
    if (binding->expires_ms <= end_ms)
        return;
    binding->expires_ms = end_ms;
    metrics_count(registrar->parts->metrics, METRIC_bindings_flow_died);
}

void flows_closed(void *context, uint64_t connection)
{
    struct registrar *registrar = context;
    struct flow_users *users = find_users(registrar, connection);
    while (users != NULL) {
        struct binding *binding = users->bindings;
        bool last = binding->users_next == NULL;
        flows_remove(registrar, binding);
        if (binding->flow_only && !sleep_wakes(registrar, binding)) {
            flows_begin_grace(registrar, binding);
            record_settle(binding->record);
        }
        if (last)
            return;
    }
}
