/* sender_internal.h: which device sent a request (sender.c). */
#ifndef PRESENCE_SENDER_INTERNAL_H
#define PRESENCE_SENDER_INTERNAL_H

#include "front/front.h"
#include "presence/presence_internal.h"

/* Where the sender itself is; family 0 when that cannot be told because proxies stand between. */
struct net_flow sender_source(const struct front_request *request);

/* Its +sip.instance in canonical form, being a device of this user; empty: unknown. Lies in
 * `memory`. */
struct bytes sender_instance(const struct presence *presence, const struct front_request *request,
                             struct bytes aor, struct buffer *memory);

#endif
