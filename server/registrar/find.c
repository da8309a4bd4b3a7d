/* find.c: where a user can be reached. */
#include "registrar/registrar_internal.h"

size_t registrar_find(const struct registrar *registrar, struct bytes aor, struct bytes instance,
                      struct bytes call, struct registrar_target *targets, size_t most)
{
    const struct record *record = record_find(registrar, aor);
    const struct binding *binding;
    size_t count = 0;
    (void)instance, (void)call;
    if (record == NULL)
        return 0;
    DL_FOREACH(record->bindings, binding)
    {
        if (binding->expires_ms <= registrar->parts->world->wall_ms)
            continue;
        size_t at = count < most ? count++ : most;
        while (at > 0 && targets[at - 1].q < binding->q) {
            if (at < most)
                targets[at] = targets[at - 1];
            at--;
        }
        if (at < most)
            targets[at] = (struct registrar_target){.contact = binding->contact,
                                                    .parameters = binding->parameters,
                                                    .has_flow = binding->has_flow,
                                                    .flow = binding->flow,
                                                    .q = binding->q};
    }
    return count;
}
