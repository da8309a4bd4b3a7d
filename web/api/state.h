/* state.h: endpoints of presence and of messages that wait, as seen and as put in. */
#ifndef WEB_API_STATE_H
#define WEB_API_STATE_H

#include "web/endpoint.h"

/* Ended by one without a path. */
extern const struct web_endpoint state_endpoints[];

#endif
