/* check.h: what is true of every message that leaves the server, whatever the scenario.
 *
 *   it parses; its Content-Length is there and right; a body has a type
 *   a presence document is well formed and valid by schemas/pidf.xsd,
 * a partial one by schemas/pidf-diff.xsd
 *   a NOTIFY has Event, Subscription-State (an active one with expires: RFC 6665 4.1.3) and
 * Contact, and its dialog was told in a 2xx to SUBSCRIBE before the CSeq of a dialog's NOTIFYs
 * rises (RFC 3261 12.2.1.1), over every restart what is sent again under the same branch is the
 * same to the byte (RFC 3261 17.1.2.2) no 408 answers a non-INVITE request (RFC 4320 4.2) */
#ifndef TESTS_SCENARIO_CHECK_H
#define TESTS_SCENARIO_CHECK_H

#include "sip/message.h"

struct check;

struct check *check_new(void);
void check_free(struct check **check);

/* NULL: fine; else what is wrong, good until the next call. */
const char *check_message(struct check *check, struct bytes raw);

#endif
