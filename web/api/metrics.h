/* metrics.h: what the server has counted, and how much there is. */
#ifndef WEB_API_METRICS_H
#define WEB_API_METRICS_H

#include "web/endpoint.h"

/* Ended by a row without a path. */
extern const struct web_endpoint metrics_endpoints[];

#endif
