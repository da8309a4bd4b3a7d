/* under_way.h: transactions and dialogs as they are now, and their ends. */
#ifndef WEB_API_UNDER_WAY_H
#define WEB_API_UNDER_WAY_H

#include "web/endpoint.h"

/* Ended by one without a path. */
extern const struct web_endpoint under_way_endpoints[];

#endif
