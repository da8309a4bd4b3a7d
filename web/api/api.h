/* api.h: all endpoints of the HTTP API, for web_ground. */
#ifndef WEB_API_API_H
#define WEB_API_API_H

#include "web/endpoint.h"

/* Ended by one without rows. */
extern const struct web_endpoints api_endpoints[];

#endif
