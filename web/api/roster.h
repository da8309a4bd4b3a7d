/* roster.h: rosters, whole and entry by entry. */
#ifndef WEB_API_ROSTER_H
#define WEB_API_ROSTER_H

#include "web/endpoint.h"

extern const struct web_endpoint roster_endpoints[]; /* ended by a row without a path */

#endif
