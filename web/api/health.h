/* health.h: is the server there, can it serve, and what has it counted. */
#ifndef WEB_API_HEALTH_H
#define WEB_API_HEALTH_H

#include "web/endpoint.h"

/* Ended by a row without a path. */
extern const struct web_endpoint health_endpoints[];

#endif
