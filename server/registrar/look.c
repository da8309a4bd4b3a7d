/* look.c: bindings for an operator's eyes, and their end at an operator's word. */
#include "registrar/look.h"

#include <assert.h>

#include "base/window.h"
#include "registrar/registrar_internal.h"
#include "registrar/sleep_internal.h"

/* What tells a row from others (store/rows.h). */
static uint64_t id_of(const struct binding *binding)
{
    return bytes_hash(binding->contact, bytes_hash(binding->instance, binding->reg_id));
}

static struct registrar_look look_at(const struct record *record, const struct binding *binding,
                                     bool fixed)
{
    const struct registrar *registrar = record->registrar;
    return (struct registrar_look){
        .aor = record_aor(record),
        .contact = binding->contact,
        .instance = binding->instance,
        .path = binding->path,
        .parameters = binding->parameters,
        .user_agent = binding->user_agent,
        .call_id = binding->call_id,
        .id = id_of(binding),
        .flow = binding->has_flow ? &binding->flow : NULL,
        .alive = fixed || record_is_live(registrar, binding),
        .flow_only = binding->flow_only,
        .asleep = !fixed && sleep_is_asleep(registrar, binding),
        .fixed = fixed,
        .q = binding->q,
        .cseq = binding->cseq,
        .reg_id = binding->reg_id,
        .since_ms = binding->since_ms,
        .updated_ms = binding->updated_ms,
        .expires_ms = fixed ? 0 : binding->expires_ms,
    };
}

static void look_record(const struct record *record, registrar_look_fn visit, void *context)
{
    const struct binding *binding;
    DL_FOREACH(record->bindings, binding)
    {
        const struct registrar_look look = look_at(record, binding, false);
        visit(context, &look);
    }
    DL_FOREACH(record->fixed, binding)
    {
        const struct registrar_look look = look_at(record, binding, true);
        visit(context, &look);
    }
}

void registrar_look_user(const struct registrar *registrar, struct bytes aor,
                         registrar_look_fn visit, void *context)
{
    assert(visit != NULL);
    const struct record *record = record_find(registrar, aor);
    if (record != NULL)
        look_record(record, visit, context);
}

bool registrar_look_all(const struct registrar *registrar, struct bytes after, size_t users,
                        registrar_look_fn visit, void *context)
{
    struct window window;
    struct record *record, *next;
    assert(visit != NULL);
    window_init(&window, after, users);
    for (unsigned i = 0; i < PARTITIONS; i++)
        HASH_ITER(hh, registrar->records[i], record, next)
        {
            window_offer(&window, record_aor(record), record);
        }
    bool more = window.more;
    for (size_t i = 0; i < window.count; i++)
        look_record(window.entries[i].what, visit, context);
    window_release(&window);
    return more;
}

/* Orders. */

static size_t end_some(struct record *record, const uint64_t *id, struct store_set *set)
{
    struct binding *binding, *next;
    size_t count = 0;
    DL_FOREACH_SAFE(record->bindings, binding, next)
    {
        if (id != NULL && *id != id_of(binding))
            continue;
        record_delete_row(set, record, binding);
        record_end(record, binding, "deactivated");
        count++;
    }
    return count;
}

enum err registrar_end(struct registrar *registrar, struct bytes aor, const uint64_t *id,
                       struct store_change *change)
{
    assert(!bytes_empty(aor) && change != NULL);
    struct store *store = registrar->parts->store;
    struct record *record = record_find(registrar, aor);
    *change = STORE_NOTHING;
    if (registrar->closed[partition_of(aor)] || !store_ready(store))
        return ERR_BUSY;
    if (record == NULL)
        return ERR_NOT_FOUND;
    struct store_set *set = store_begin(store, record->partition);
    if (end_some(record, id, set) == 0) {
        store_drop(&set);
        return ERR_NOT_FOUND;
    }
    *change = store_submit(store, &set);
    record_settle(record);
    return ERR_NONE;
}
