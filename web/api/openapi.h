/* openapi.h: the description of the API (OpenAPI 3.1). */
#ifndef WEB_API_OPENAPI_H
#define WEB_API_OPENAPI_H

#include "web/endpoint.h"

/* Ended by a row without a path. */
extern const struct web_endpoint openapi_endpoints[];

#endif
