/* publisher_internal.h: who publishes, and whether a publication is its own. */
#ifndef PRESENCE_PUBLISHER_INTERNAL_H
#define PRESENCE_PUBLISHER_INTERNAL_H

#include "presence/presence_internal.h"

/* Where the sender itself is; family 0 when that cannot be told because proxies stand between. */
struct net_flow publisher_source(const struct front_request *request);

/* The publication whose place a first one takes though it did not name it; NULL: none. `resource`
 * may be NULL. */
struct publication *publisher_orphan(const struct resource *resource,
                                     const struct front_request *request,
                                     const struct document *document);

#endif
