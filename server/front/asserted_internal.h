/* asserted_internal.h: the fields P-Asserted-Identity (RFC 3325 9.1) and Privacy (RFC 3323 4.2). */
#ifndef FRONT_ASSERTED_INTERNAL_H
#define FRONT_ASSERTED_INTERNAL_H

#include "sip/message.h"

/* True for a field of that name, for names that sip/fields.h does not know. */
bool asserted_named(const struct sip_field *field, struct bytes name);

#define P_ASSERTED_IDENTITY BYTES("P-Asserted-Identity")
#define P_PREFERRED_IDENTITY BYTES("P-Preferred-Identity")
#define PRIVACY BYTES("Privacy")

/* The sip or sips URI that is asserted (there is at most one, 9.1); false: none that can be read.
 */
bool asserted_uri(const struct sip_message *message, struct sip_uri *uri);

/* What a request asks to be kept private. */
struct privacy {
    bool none;     /* nothing may be done for it */
    bool critical; /* what cannot be done must fail the request */
    bool id;       /* RFC 3325 9.3: the asserted identity; this is what we do */
    bool more;     /* something else, which takes a back-to-back user agent */
};
struct privacy privacy_of(const struct sip_message *message);

/* Appends the values that ask for `more`, separated. */
void privacy_write_more(const struct sip_message *message, const char *separator,
                        struct buffer *out);

#endif
