/* page.h: the administration page: what of web/page is served. */
#ifndef WEB_API_PAGE_H
#define WEB_API_PAGE_H

#include "web/endpoint.h"

/* "/" and "/page/{file}". */
extern const struct web_endpoint page_endpoints[];

#endif
