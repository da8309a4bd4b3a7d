/* gruu.h: globally routable user agent URIs (RFC 5627), without state.
 *
 *   public     sip:alice@example.org;gr=urn:uuid:...      the AOR and the instance as they are
 *   temporary  sip:tgruu.TOKEN@example.org;gr             both, and the registration that it was
 *                                                         given out for, encrypted in the token
 *
 * A temporary GRUU is good while its instance stays registered under the Call-ID of that
 * registration (RFC 5627 3.4.2): the token has a short digest of it, which the registrar compares
 * with the binding's. */
#ifndef FRONT_GRUU_H
#define FRONT_GRUU_H

#include "base/world.h"
#include "front/domains.h"

struct gruu;
/* `secret`: store_secret; what is needed of it is derived. */
struct gruu *gruu_new(struct world *world, const struct domains *domains, struct bytes secret);
void gruu_free(struct gruu **gruu);

enum { GRUU_CALL_BYTES = 8, GRUU_INSTANCE_MAX = 256 };

struct gruu_parts {
    struct bytes aor;      /* canonical */
    struct bytes instance; /* as gruu_write_instance has it: "urn:uuid:..." */
    struct bytes call;     /* of a temporary one: GRUU_CALL_BYTES; else empty */
};

/* Writes the instance in the value of a +sip.instance parameter (RFC 5626 4.1; quotes and angle
 * brackets as they stand in a Contact) in the form in which equal ones are the same bytes; false:
 * malformed, or longer than GRUU_INSTANCE_MAX. */
bool gruu_write_instance(struct bytes value, struct buffer *out);

/* Reads a GRUU of ours; false: the URI is none (or a forged one). The parts lie in `memory`. */
bool gruu_read(const struct gruu *gruu, const struct sip_uri *uri, struct buffer *memory,
               struct gruu_parts *parts);

/* Writes the URIs, without angle brackets. A temporary one differs at each call: each REGISTER
 * makes a new one, and nobody may tell from two whose they are (RFC 5627 4.2, 5.1). */
void gruu_write_public(const struct gruu_parts *parts, struct buffer *out);
void gruu_write_temporary(struct gruu *gruu, const struct gruu_parts *parts, struct buffer *out);

/* The digest of a registration's Call-ID that a temporary GRUU carries. */
void gruu_digest_call(const struct gruu *gruu, struct bytes call_id,
                      unsigned char digest[GRUU_CALL_BYTES]);

#endif
