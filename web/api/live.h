/* live.h: endpoints of registrations, publications, calls, and what the server is at. */
#ifndef WEB_API_LIVE_H
#define WEB_API_LIVE_H

#include "web/endpoint.h"

/* Ended by one without a path. */
extern const struct web_endpoint live_endpoints[];

#endif
