/* origins.h: whose web pages may open a WebSocket to us (RFC 6455 10.2).
 *
 * A browser says in Origin which site's page wants the connection, and would give it the user's
 * passwords for nothing: any page in the world could otherwise talk SIP from inside a company's
 * network. Programs that are no browsers send no Origin; there is nothing to check then. */
#ifndef NET_ORIGINS_H
#define NET_ORIGINS_H

#include "base/bytes.h"

struct origins;

/* Copies a list of sites that ends with NULL: "https://phone.example.org" is that origin exactly,
 * "example.org" every origin on that host, "*" any. A list of NULL allows any, too. */
struct origins *origins_new(const char *const *sites);
void origins_free(struct origins **origins);

/* True when a page of that origin, an Origin field's value, may connect. */
bool origins_allow(const struct origins *origins, struct bytes origin);

#endif
