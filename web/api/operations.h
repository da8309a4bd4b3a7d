/* operations.h: the configuration, backups, the log and certificates of a running server. */
#ifndef WEB_API_OPERATIONS_H
#define WEB_API_OPERATIONS_H

#include "web/endpoint.h"

/* Ended by a row without a path. */
extern const struct web_endpoint operations_endpoints[];

#endif
