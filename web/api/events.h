/* events.h: endpoints of what happens, as a stream. */
#ifndef WEB_API_EVENTS_H
#define WEB_API_EVENTS_H

#include "web/endpoint.h"

/* Ended by one without a path. */
extern const struct web_endpoint events_endpoints[];

#endif
