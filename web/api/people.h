/* people.h: accounts, their settings and other names, and the domains. */
#ifndef WEB_API_PEOPLE_H
#define WEB_API_PEOPLE_H

#include "web/endpoint.h"

/* Each ended by a row without a path. */
extern const struct web_endpoint people_endpoints[];
extern const struct web_endpoint aliases_endpoints[];
extern const struct web_endpoint domains_endpoints[];

#endif
