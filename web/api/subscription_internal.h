/* subscription_internal.h: a subscription as JSON, for its lists and for explain. */
#ifndef WEB_API_SUBSCRIPTION_INTERNAL_H
#define WEB_API_SUBSCRIPTION_INTERNAL_H

#include <jansson.h>

#include "presence/look.h"

/* Who reads it: the administrator all, the presentity of its watchers no more than watcher
 * information tells (RFC 3858), a watcher of its own subscriptions not that it is blocked politely
 * (RFC 5025 3.2.1). */
enum reader { READER_ADMINISTRATOR, READER_PRESENTITY, READER_WATCHER };

json_t *subscription_json(const struct presence_look_subscription *look, enum reader reader);

#endif
