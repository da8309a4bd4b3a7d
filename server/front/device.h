/* device.h: a user's device, as its requests show it: how a REGISTER and a PUBLISH are known to be
 * of one device. */
#ifndef FRONT_DEVICE_H
#define FRONT_DEVICE_H

#include "net/flow.h"

struct front_device {
    struct bytes instance;       /* +sip.instance in canonical form (gruu.h); empty: unknown */
    const struct net_flow *flow; /* by which it reaches us itself; NULL: unknown */
};

/* True when what has registered is, as far as one can tell, what sent the other request: the same
 * instance; when one of both does not say, the same flow, or, since a large request may have
 * come over a stream of its own (RFC 3261 18.1.1), the same host. */
bool front_device_is(const struct front_device *registered, const struct front_device *sender);

#endif
