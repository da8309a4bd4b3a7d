/* rules.h: who may see a user. */
#ifndef WEB_API_RULES_H
#define WEB_API_RULES_H

#include "web/endpoint.h"

extern const struct web_endpoint rules_endpoints[]; /* ended by a row without a path */

#endif
