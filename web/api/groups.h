/* groups.h: the groups of a user's roster, and those that the operator shares. */
#ifndef WEB_API_GROUPS_H
#define WEB_API_GROUPS_H

#include "web/endpoint.h"

extern const struct web_endpoint groups_endpoints[]; /* ended by a row without a path */
extern const struct web_endpoint shared_endpoints[]; /* likewise */

#endif
