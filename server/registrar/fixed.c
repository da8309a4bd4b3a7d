/* fixed.c: bindings of the configuration. They are told in every answer, as RFC 3261 10.3 step 8
 * asks of all current bindings, and used like those that were registered. */
#include <assert.h>

#include "registrar/registrar_internal.h"

static void free_fixed(struct record *record)
{
    struct binding *binding, *next;
    DL_FOREACH_SAFE(record->fixed, binding, next)
    {
        DL_DELETE(record->fixed, binding);
        binding_free(&binding);
    }
}

static void add_fixed(struct registrar *registrar, const struct registrar_fixed *fixed)
{
    struct bytes aor = bytes_of(fixed->user);
    assert(fixed->user != NULL && fixed->contact != NULL && fixed->q <= 1000);
    const struct store_binding row = {
        .aor = aor, .contact = bytes_of(fixed->contact), .q = fixed->q, .expires_ms = UINT64_MAX};
    struct record *record = record_find(registrar, aor);
    if (record == NULL)
        record = record_make(registrar, aor);
    struct binding *binding = binding_new(&row);
    DL_APPEND(record->fixed, binding);
}

void fixed_load(struct registrar *registrar)
{
    for (unsigned i = 0; i < PARTITIONS; i++) {
        struct record *record, *next;
        HASH_ITER(hh, registrar->records[i], record, next)
        {
            if (record->fixed == NULL)
                continue;
            free_fixed(record);
            record_settle(record);
        }
    }
    for (size_t i = 0; i < registrar->settings.fixed_count; i++)
        add_fixed(registrar, &registrar->settings.fixed[i]);
}

bool fixed_is_hidden(const struct registrar *registrar, const struct record *record,
                     const struct binding *fixed)
{
    const struct binding_key key = binding_key(fixed);
    const struct binding *registered = binding_find(record->bindings, &key);
    return registered != NULL && record_is_live(registrar, registered);
}
