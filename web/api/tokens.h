/* tokens.h: who may call the API. */
#ifndef WEB_API_TOKENS_H
#define WEB_API_TOKENS_H

#include "web/endpoint.h"

/* Ended by a row without a path. */
extern const struct web_endpoint tokens_endpoints[];

#endif
