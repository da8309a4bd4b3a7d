/* watching.h: endpoints of subscriptions and watchers. */
#ifndef WEB_API_WATCHING_H
#define WEB_API_WATCHING_H

#include "web/endpoint.h"

/* Ended by one without a path. */
extern const struct web_endpoint watching_endpoints[];

#endif
