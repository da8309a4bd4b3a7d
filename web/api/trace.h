/* trace.h: the SIP messages that came and went lately, and their ladder. */
#ifndef WEB_API_TRACE_H
#define WEB_API_TRACE_H

#include "web/endpoint.h"

/* Ended by one without a path. */
extern const struct web_endpoint trace_endpoints[];

#endif
