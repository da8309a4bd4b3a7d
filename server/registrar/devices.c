/* devices.c: which device is behind a flow. */
#include <assert.h>

#include "registrar/registrar_internal.h"

struct bytes registrar_instance_at(const struct registrar *registrar, struct bytes aor,
                                   const struct net_flow *flow)
{
    assert(flow->remote.family != 0);
    const struct record *record = record_find(registrar, aor);
    const struct binding *binding;
    if (record == NULL)
        return BYTES("");
    DL_FOREACH(record->bindings, binding)
    {
        if (binding->has_flow && binding->instance.length > 0 &&
            net_flow_equal(&binding->flow, flow) && record_is_live(registrar, binding))
            return binding->instance;
    }
    return BYTES("");
}
