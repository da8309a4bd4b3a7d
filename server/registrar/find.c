/* find.c: where a user can be reached. */
#include <assert.h>

#include "registrar/registrar_internal.h"

/* What is asked for, and what has been found so far. */
struct search {
    const struct registrar *registrar;
    struct registrar_target *targets;
    size_t count, most;
};

/* Behind those of a higher or the same q; the last falls off when there is no room. */
static void insert(struct search *search, const struct binding *binding)
{
    struct registrar_target *targets = search->targets;
    size_t most = search->most, at = search->count < most ? search->count++ : most;
    while (at > 0 && targets[at - 1].q < binding->q) {
        if (at < most)
            targets[at] = targets[at - 1];
        at--;
    }
    if (at < most)
        targets[at] = (struct registrar_target){.contact = binding->contact,
                                                .path = binding->path,
                                                .instance = binding->instance,
                                                .parameters = binding->parameters,
                                                .has_flow = binding->has_flow,
                                                .outbound = binding->flow_only,
                                                .flow = binding->flow,
                                                .q = binding->q};
}

static bool is_call(const struct registrar *registrar, const struct binding *binding,
                    struct bytes call)
{
    unsigned char digest[GRUU_CALL_BYTES];
    gruu_digest_call(registrar->parts->gruu, binding->call_id, digest);
    return bytes_equal(bytes_from(digest, sizeof(digest)), call);
}

/* A temporary GRUU holds while its Call-ID is that of the latest registration of the instance, or
 * of the latest of a reg-id (RFC 5627 5.1). */
static bool is_registered_under(const struct registrar *registrar, const struct record *record,
                                struct bytes instance, struct bytes call)
{
    bool later = false; /* one without reg-id has been seen */
    for (const struct binding *binding = binding_last(record->bindings); binding != NULL;
         binding = binding_before(record->bindings, binding)) {
        if (!bytes_equal(binding->instance, instance) ||
            binding->expires_ms <= registrar->parts->world->wall_ms ||
            (binding->reg_id == 0 && later))
            continue;
        if (is_call(registrar, binding, call))
            return true;
        later = later || binding->reg_id == 0;
    }
    return false;
}

static void search_registered(struct search *search, const struct record *record,
                              struct bytes instance)
{
    for (const struct binding *binding = binding_last(record->bindings); binding != NULL;
         binding = binding_before(record->bindings, binding))
        if ((bytes_empty(instance) || bytes_equal(binding->instance, instance)) &&
            record_is_live(search->registrar, binding))
            insert(search, binding);
}

static void search_fixed(struct search *search, const struct record *record)
{
    const struct binding *fixed;
    DL_FOREACH(record->fixed, fixed)
    {
        if (!fixed_is_hidden(search->registrar, record, fixed))
            insert(search, fixed);
    }
}

size_t registrar_find(const struct registrar *registrar, struct bytes aor, struct bytes instance,
                      struct bytes call, struct registrar_target *targets, size_t most)
{
    assert(targets != NULL || most == 0);
    assert(bytes_empty(call) || (call.length == GRUU_CALL_BYTES && !bytes_empty(instance)));
    struct search search = {.registrar = registrar, .targets = targets, .most = most};
    const struct record *record = record_find(registrar, aor);
    if (record == NULL)
        return 0;
    if (!bytes_empty(call) && !is_registered_under(registrar, record, instance, call))
        return 0;
    search_registered(&search, record, instance);
    if (bytes_empty(instance))
        search_fixed(&search, record);
    return search.count;
}
