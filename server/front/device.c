/* device.c: whether two requests are of one device. */
#include "front/device.h"

bool front_device_is(const struct front_device *registered, const struct front_device *sender)
{
    if (!bytes_empty(registered->instance) && !bytes_empty(sender->instance))
        return bytes_equal(registered->instance, sender->instance);
    if (registered->flow == NULL || sender->flow == NULL)
        return false;
    if (net_is_stream(sender->flow->protocol))
        return net_address_same_host(&registered->flow->remote, &sender->flow->remote);
    return net_flow_equal(registered->flow, sender->flow);
}
