/* devices.c: which devices are there, for who lives on their registrations. */
#include <assert.h>

#include "registrar/registrar_internal.h"

static struct front_device device_of(const struct binding *binding)
{
    return (struct front_device){binding->instance, binding->has_flow ? &binding->flow : NULL};
}

/* A binding that can be dialled outlives its connection (flows.c). Whether its device does, nobody
 * knows until it is heard again. */
static bool is_there(const struct registrar *registrar, const struct binding *binding)
{
    return binding->expires_ms > registrar->parts->world->wall_ms &&
           (!binding->has_flow || !net_is_stream(binding->flow.protocol) ||
            net_alive(registrar->parts->net, &binding->flow));
}

bool registrar_has_device(const struct registrar *registrar, struct bytes aor,
                          const struct front_device *device)
{
    const struct record *record = record_find(registrar, aor);
    const struct binding *binding;
    if (record == NULL)
        return false;
    DL_FOREACH(record->bindings, binding)
    {
        const struct front_device registered = device_of(binding);
        if (front_device_is(&registered, device) && is_there(registrar, binding))
            return true;
    }
    return false;
}

bool registrar_is_registered(const struct registrar *registrar, struct bytes aor)
{
    const struct record *record = record_find(registrar, aor);
    const struct binding *binding;
    if (record == NULL)
        return false;
    DL_FOREACH(record->bindings, binding)
    {
        if (binding->expires_ms > registrar->parts->world->wall_ms)
            return true;
    }
    return false;
}

bool registrar_flow_of(const struct registrar *registrar, struct bytes aor,
                       const struct front_device *device, struct net_flow *flow)
{
    const struct record *record = record_find(registrar, aor);
    const struct binding *binding, *latest = NULL;
    if (record == NULL)
        return false;
    DL_FOREACH(record->bindings, binding)
    {
        const struct front_device registered = device_of(binding);
        if (binding->has_flow && front_device_is(&registered, device) &&
            is_there(registrar, binding) &&
            (latest == NULL || binding->updated_ms > latest->updated_ms))
            latest = binding;
    }
    if (latest != NULL)
        *flow = latest->flow;
    return latest != NULL;
}

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
            net_flow_equal(&binding->flow, flow) && is_there(registrar, binding))
            return binding->instance;
    }
    return BYTES("");
}

void registrar_watch_devices(struct registrar *registrar, const struct registrar_watch *watch)
{
    assert(watch->came != NULL && watch->ended != NULL && registrar->watch.came == NULL);
    registrar->watch = *watch;
}

void devices_came(const struct record *record, const struct binding *binding)
{
    const struct registrar_watch *watch = &record->registrar->watch;
    const struct front_device device = device_of(binding);
    if (watch->came != NULL)
        watch->came(watch->context, record_aor(record), &device);
}

void devices_ended(const struct record *record, const struct binding *binding)
{
    const struct registrar_watch *watch = &record->registrar->watch;
    const struct front_device device = device_of(binding);
    if (watch->ended != NULL)
        watch->ended(watch->context, record_aor(record), &device);
}

void registrar_watch_news(struct registrar *registrar,
                          void (*tell)(void *context, const struct registrar_news *news),
                          void *context)
{
    assert(tell != NULL && registrar->tell == NULL);
    registrar->tell = tell;
    registrar->tell_context = context;
}

void devices_news(const struct record *record, const struct binding *binding, const char *ended)
{
    const struct registrar *registrar = record->registrar;
    const struct registrar_news news = {
        .aor = record_aor(record),
        .contact = binding->contact,
        .instance = binding->instance,
        .user_agent = binding->user_agent,
        .ended = ended,
    };
    if (registrar->tell != NULL)
        registrar->tell(registrar->tell_context, &news);
}
