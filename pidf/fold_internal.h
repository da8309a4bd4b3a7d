/* fold_internal.h: one form of all URIs, and of all domain names, that mean the same. */
#ifndef PIDF_FOLD_INTERNAL_H
#define PIDF_FOLD_INTERNAL_H

#include "base/buffer.h"

/* Writes a URI so that equivalent ones look alike as far as their syntax tells (RFC 3986 6.2.2, RFC
 * 3261 19.1.4 but for the order of parameters, RFC 2141, RFC 4122, RFC 3966). It never becomes
 * longer. */
void fold_uri(struct bytes uri, struct buffer *out);

/* The scheme of a URI, without the colon; empty: it has none. */
struct bytes uri_scheme(struct bytes uri);

/* Writes a domain name to be compared (RFC 4745 7.1.3): escapes undone, ToASCII, lower case. False,
 * with nothing written, when it is no domain name: it is equal to none. */
bool fold_domain(struct bytes domain, struct buffer *out);

#endif
