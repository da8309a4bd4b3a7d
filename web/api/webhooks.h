/* webhooks.h: endpoints of whom events are posted to. */
#ifndef WEB_API_WEBHOOKS_H
#define WEB_API_WEBHOOKS_H

#include "web/endpoint.h"

/* Ended by one without a path. */
extern const struct web_endpoint webhooks_endpoints[];

#endif
