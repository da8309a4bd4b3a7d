/* record.c: the bindings of the users in memory, their ends, and the rows they are loaded from.
 *
 * A load forgets the partition and reads it anew; net finds the connections that live on. What the
 * configuration says is taken over from what was there before. When a load fails, that stays for
 * the next one, without timers: it is not what is durable, so nothing may come of it. */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "registrar/registrar_internal.h"
#include "registrar/sleep_internal.h"

enum { RETRY_MS = 1000, FLOW_TEXT_MAX = 160 };

static struct record *find_in(struct record *table, const struct registrar *registrar,
                              struct bytes aor)
{
    struct record *record;
    TABLE_FIND(table, aor.at, aor.length, registrar->hash_seed, record);
    return record;
}

struct record *record_find(const struct registrar *registrar, struct bytes aor)
{
    return find_in(registrar->records[partition_of(aor)], registrar, aor);
}

struct record *record_make(struct registrar *registrar, struct bytes aor)
{
    assert(!bytes_empty(aor) && record_find(registrar, aor) == NULL);
    struct record *record = memory_new(sizeof(*record) + aor.length);
    record->registrar = registrar;
    record->partition = partition_of(aor);
    record->aor_length = aor.length;
    memcpy(record->aor, aor.at, aor.length);
    TABLE_ADD(registrar->records[record->partition], record->aor, record->aor_length,
              registrar->hash_seed, record);
    return record;
}

static void take_out(struct record *record, struct binding *binding)
{
    assert(binding->record == record && record->registrar->count > 0);
    flows_remove(record->registrar, binding);
    DL_DELETE(record->bindings, binding);
    record->registrar->count--;
}

void record_remove(struct record *record, struct binding *binding)
{
    take_out(record, binding);
    binding_free(&binding);
}

void record_end(struct record *record, struct binding *binding, const char *event)
{
    take_out(record, binding);
    binding->ended = event;
    devices_news(record, binding, event);
    devices_ended(record, binding);
    reg_keep(record->registrar, record_aor(record), binding);
}

void record_add(struct record *record, struct binding *binding)
{
    assert(binding->record == NULL && binding->users == NULL);
    binding->record = record;
    DL_APPEND(record->bindings, binding);
    record->registrar->count++;
    flows_add(record->registrar, binding);
}

void record_free(struct record **table, struct record *record)
{
    struct binding *binding, *next;
    assert(*table != NULL); /* the record is in it */
    world_timer_cancel(record->registrar->parts->world, &record->expiry);
    DL_FOREACH_SAFE(record->bindings, binding, next)
    {
        record_remove(record, binding);
    }
    DL_FOREACH_SAFE(record->fixed, binding, next)
    {
        binding_free(&binding);
    }
    HASH_DELETE(hh, *table, record);
    free(record);
}

/* Expiry. */

static void expire(struct timer *timer);

void record_settle(struct record *record)
{
    struct registrar *registrar = record->registrar;
    struct world *world = registrar->parts->world;
    uint64_t first = UINT64_MAX;
    struct binding *binding;
    if (registrar->closed[record->partition])
        return;
    DL_FOREACH(record->bindings, binding)
    {
        uint64_t fades_ms = sleep_fades_ms(registrar, binding);
        if (fades_ms < first)
            first = fades_ms;
        if (binding->expires_ms < first)
            first = binding->expires_ms;
    }
    if (record->bindings == NULL && record->fixed == NULL)
        record_free(&registrar->records[record->partition], record);
    else if (record->bindings == NULL)
        world_timer_cancel(world, &record->expiry);
    else
        world_timer(world, &record->expiry, first > world->wall_ms ? first - world->wall_ms : 0,
                    expire);
}

bool record_is_live(const struct registrar *registrar, const struct binding *binding)
{
    return binding->expires_ms > registrar->parts->world->wall_ms &&
           !flows_is_lost(registrar, binding) && !sleep_is_asleep(registrar, binding);
}

void record_put_row(struct store_set *set, const struct record *record,
                    const struct binding *binding)
{
    char text[FLOW_TEXT_MAX];
    struct buffer flow = buffer_over(text, sizeof(text));
    struct store_binding row = binding_row(record, binding, &flow);
    store_put_binding(set, &row);
}

void record_delete_row(struct store_set *set, const struct record *record,
                       const struct binding *binding)
{
    const struct store_binding key = {.aor = record_aor(record),
                                      .contact = binding->contact,
                                      .instance = binding->instance,
                                      .reg_id = binding->reg_id};
    store_delete_binding(set, &key);
}

static bool has_expired(const struct record *record)
{
    const struct binding *binding;
    DL_FOREACH(record->bindings, binding)
    {
        if (binding->expires_ms <= record->registrar->parts->world->wall_ms)
            return true;
    }
    return false;
}

static void end_expired(struct record *record)
{
    const struct front_parts *parts = record->registrar->parts;
    struct store_set *set = store_begin(parts->store, record->partition);
    struct binding *binding, *next;
    DL_FOREACH_SAFE(record->bindings, binding, next)
    {
        if (binding->expires_ms > parts->world->wall_ms)
            continue;
        record_delete_row(set, record, binding);
        record_end(record, binding, "expired");
        metrics_count(parts->metrics, METRIC_bindings_expired);
    }
    store_submit(parts->store, &set);
}

static void expire(struct timer *timer)
{
    struct record *record = HOLDER(timer, struct record, expiry);
    const struct front_parts *parts = record->registrar->parts;
    sleep_tell_fading(record);
    if (has_expired(record)) {
        if (!store_ready(parts->store)) {
            world_timer(parts->world, timer, RETRY_MS, expire);
            return;
        }
        end_expired(record);
    }
    record_settle(record);
}

void registrar_drop_user(struct registrar *registrar, struct bytes aor)
{
    struct record *record = record_find(registrar, aor);
    struct binding *binding;
    if (record == NULL)
        return;
    DL_FOREACH(record->bindings, binding)
    {
        binding->expires_ms = registrar->parts->world->wall_ms;
    }
    record_settle(record);
}

/* The store's rows. */

static void take_row(void *context, const struct store_binding *row)
{
    struct registrar *registrar = context;
    struct record *record = record_find(registrar, row->aor);
    struct binding *binding = binding_new(row);
    if (record == NULL)
        record = record_make(registrar, row->aor);
    if (binding->has_flow)
        net_rejoin(registrar->parts->net, &binding->flow);
    record_add(record, binding);
}

/* An account was removed or disabled while the server was down, or went with its domain. */
static bool is_gone(const struct registrar *registrar, const struct record *record)
{
    struct bytes aor = record_aor(record);
    return domains_find(registrar->parts->domains, sip_aor_domain(aor)) == NULL ||
           accounts_disabled(registrar->parts->accounts, aor) ||
           accounts_gone(registrar->parts->accounts, aor);
}

/* What came with the rows and cannot be used: bindings of a user who is no more, and those whose
 * only way was a connection of an earlier life. */
static void settle_loaded(struct registrar *registrar, struct record *record)
{
    struct binding *binding;
    DL_FOREACH(record->bindings, binding)
    {
        if (flows_is_lost(registrar, binding) && !sleep_wakes(registrar, binding))
            flows_begin_grace(registrar, binding);
    }
    if (is_gone(registrar, record))
        registrar_drop_user(registrar, record_aor(record));
    else
        record_settle(record);
}

/* What the configuration says of a user goes over to the new record. */
static void keep_fixed(struct registrar *registrar, struct record *former)
{
    if (former->fixed == NULL)
        return;
    struct record *record = record_find(registrar, record_aor(former));
    if (record == NULL)
        record = record_make(registrar, record_aor(former));
    record->fixed = former->fixed;
    former->fixed = NULL;
}

void registrar_close(struct registrar *registrar, unsigned partition)
{
    assert(partition < PARTITIONS && registrar->former == NULL);
    struct record *record, *next;
    registrar->closed[partition] = true;
    HASH_ITER(hh, registrar->records[partition], record, next)
    {
        world_timer_cancel(registrar->parts->world, &record->expiry);
    }
}

/* The half of a partition that could be read is not its state. */
static void load_failed(struct registrar *registrar, unsigned partition)
{
    struct record **table = &registrar->records[partition];
    while (*table != NULL)
        record_free(table, *table);
    *table = registrar->former;
    registrar->former = NULL;
    registrar_close(registrar, partition);
}

static void load_done(struct registrar *registrar, unsigned partition)
{
    struct record *record, *next;
    registrar->closed[partition] = false;
    HASH_ITER(hh, registrar->former, record, next)
    {
        keep_fixed(registrar, record);
        record_free(&registrar->former, record);
    }
    HASH_ITER(hh, registrar->records[partition], record, next)
    {
        settle_loaded(registrar, record);
    }
}

enum err registrar_load(struct registrar *registrar, unsigned partition)
{
    assert(partition < PARTITIONS && registrar->former == NULL);
    registrar->former = registrar->records[partition];
    registrar->records[partition] = NULL;
    const struct store_visitor visitor = {.binding = take_row, .context = registrar};
    enum err err = store_load(registrar->parts->store, partition, &visitor);
    if (err == ERR_NONE)
        load_done(registrar, partition);
    else
        load_failed(registrar, partition);
    return err;
}
