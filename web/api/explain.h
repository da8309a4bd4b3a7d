/* explain.h: the endpoint that says why a watcher sees what it sees. */
#ifndef WEB_API_EXPLAIN_H
#define WEB_API_EXPLAIN_H

#include "web/endpoint.h"

/* Ended by one without a path. */
extern const struct web_endpoint explain_endpoints[];

#endif
