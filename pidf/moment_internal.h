/* moment_internal.h: dates and times as numbers. */
#ifndef PIDF_MOMENT_INTERNAL_H
#define PIDF_MOMENT_INTERNAL_H

#include "base/bytes.h"

/* An xs:dateTime (RFC 3339 with a zone, or without: then UTC is meant) as milliseconds since 1970;
 * what was before counts as 0. False: it is none. */
bool moment_parse(struct bytes text, uint64_t *wall_ms);

#endif
