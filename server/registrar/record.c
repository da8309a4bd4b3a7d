/* record.c: the bindings of the users in memory, their ends, and the rows they are loaded from. */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/token.h"
#include "registrar/registrar_internal.h"

enum { RETRY_MS = 1000 };

struct record *record_find(const struct registrar *registrar, struct bytes aor)
{
    struct record *record;
    TABLE_FIND(registrar->records[partition_of(aor)], aor.at, aor.length, registrar->hash_seed,
               record);
    return record;
}

struct record *record_make(struct registrar *registrar, struct bytes aor)
{
    struct record *record = memory_new(sizeof(*record) + aor.length);
    record->registrar = registrar;
    record->partition = partition_of(aor);
    record->aor_length = aor.length;
    memcpy(record->aor, aor.at, aor.length);
    TABLE_ADD(registrar->records[record->partition], record->aor, record->aor_length,
              registrar->hash_seed, record);
    return record;
}

void record_remove(struct record *record, struct binding *binding)
{
    DL_DELETE(record->bindings, binding);
    record->registrar->count--;
    binding_free(&binding);
}

void record_add(struct record *record, struct binding *binding)
{
    DL_APPEND(record->bindings, binding);
    record->registrar->count++;
}

void record_free(struct record *record)
{
    struct registrar *registrar = record->registrar;
    world_timer_cancel(registrar->parts->world, &record->expiry);
    struct binding *binding, *next;
    DL_FOREACH_SAFE(record->bindings, binding, next)
    {
        record_remove(record, binding);
    }
    HASH_DELETE(hh, registrar->records[record->partition], record);
    free(record);
}

/* Expiry. */

static void expire(struct timer *timer);

/* Sets the timer to the first end of a binding; a record without bindings goes. */
void record_settle(struct record *record)
{
    struct world *world = record->registrar->parts->world;
    uint64_t first = UINT64_MAX;
    struct binding *binding;
    DL_FOREACH(record->bindings, binding)
    {
        if (binding->expires_ms < first)
            first = binding->expires_ms;
    }
    if (record->bindings == NULL) {
        record_free(record);
        return;
    }
    uint64_t in_ms = first > world->wall_ms ? first - world->wall_ms : 0;
    world_timer(world, &record->expiry, in_ms, expire);
}

void record_delete_row(struct store_set *set, const struct record *record,
                       const struct binding *binding)
{
    const struct store_binding key = {.aor = record_aor(record), .contact = binding->contact};
    store_delete_binding(set, &key);
}

static void expire(struct timer *timer)
{
    struct record *record = TIMER_OWNER(timer, struct record, expiry);
    const struct front_parts *parts = record->registrar->parts;
    if (!store_ready(parts->store)) {
        world_timer(parts->world, timer, RETRY_MS, expire);
        return;
    }
    struct store_set *set = store_begin(parts->store, record->partition);
    struct binding *binding, *next;
    DL_FOREACH_SAFE(record->bindings, binding, next)
    {
        if (binding->expires_ms > parts->world->wall_ms)
            continue;
        record_delete_row(set, record, binding);
        record_remove(record, binding);
        metrics_count(parts->metrics, METRIC_bindings_expired);
    }
    store_submit(parts->store, &set);
    record_settle(record);
}

/* The store's rows. */

static void take_row(void *context, const struct store_binding *row)
{
    struct registrar *registrar = context;
    struct record *record = record_find(registrar, row->aor);
    if (record == NULL)
        record = record_make(registrar, row->aor);
    record_add(record, binding_new(row));
}

enum err registrar_load(struct registrar *registrar, unsigned partition)
{
    assert(partition < PARTITIONS);
    while (registrar->records[partition] != NULL)
        record_free(registrar->records[partition]);
    const struct store_visitor visitor = {.binding = take_row, .context = registrar};
    enum err err = store_load(registrar->parts->store, partition, &visitor);
    struct record *record, *next;
    HASH_ITER(hh, registrar->records[partition], record, next)
    {
        record_settle(record);
    }
    return err;
}
