/* messages.h: what was said, what waits, and saying something. */
#ifndef WEB_API_MESSAGES_H
#define WEB_API_MESSAGES_H

#include "web/endpoint.h"

/* Each ended by one without a path. */
extern const struct web_endpoint messages_endpoints[]; /* reading, and ending what waits */
extern const struct web_endpoint sending_endpoints[];

#endif
