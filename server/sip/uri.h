/* uri.h: SIP, SIPS, TEL, PRES and IM URIs (RFC 3261 19.1, RFC 3859, RFC 3860, RFC 3966).
 *
 * A parsed URI is slices into the text it came from. */
#ifndef SIP_URI_H
#define SIP_URI_H

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/verdict.h"

enum sip_scheme {
    SIP_SCHEME_OTHER,
    SIP_SCHEME_SIP,
    SIP_SCHEME_SIPS,
    SIP_SCHEME_TEL,
    SIP_SCHEME_PRES,
    SIP_SCHEME_IM
};

struct sip_uri {
    enum sip_scheme scheme;
    struct bytes text; /* the whole URI */
    struct bytes user; /* still escaped; empty: none */
    bool has_user;     /* "sip:@host" is malformed; "sip:host" has none */
    struct bytes password;
    struct bytes host;       /* an IPv6 literal keeps its brackets */
    uint16_t port;           /* 0: none */
    struct bytes parameters; /* ";a=b;c" with the leading ';', or empty */
    struct bytes headers;    /* "?a=b" with the '?', or empty */
};

/* Parses a whole URI. Schemes that are not known give SIP_SCHEME_OTHER with text alone (RFC
 * 3261 8.2.2.1 wants 416 for them, not 400). Status 400 with reason and offset otherwise. */
struct verdict sip_uri_parse(struct bytes text, struct sip_uri *uri);

/* The value of a parameter by name (case does not matter): false when it is absent; an absent value
 * gives the empty slice. Also for header field parameters (";tag=x;lr"); quoted values come with
 * their quotes. */
bool sip_parameter(struct bytes parameters, const char *name, struct bytes *value);

/* Iterates over ";name=value" parameters; *rest starts as the whole and shrinks. False at the end.
 */
bool sip_parameter_next(struct bytes *rest, struct bytes *name, struct bytes *value);

/* Equality by RFC 3261 19.1.4 (escapes folded, host without case, parameters by their rules). URIs
 * that are not sip or sips compare as bytes. */
bool sip_uri_equal(const struct sip_uri *a, const struct sip_uri *b);

/* How many parameters and headers a URI has together. */
unsigned sip_uri_extras(const struct sip_uri *uri);

/* Writes the canonical address-of-record "user@host" (no scheme, port, parameters, password; user
 * unescaped where that needs no escape, host in lower case; RFC 3261 10.3 step 5). Host alone when
 * there is no user. */
void sip_uri_write_aor(const struct sip_uri *uri, struct buffer *out);

/* The domain of an address-of-record as that writes it: what stands behind the last '@' (a user
 * part may have one, escaped or not), or all of it. */
struct bytes sip_aor_domain(struct bytes aor);

/* True for a name under ".invalid", which nobody can look up (RFC 2606 2): so write browsers, which
 * cannot be dialled (RFC 7118 5), and those who hide (RFC 3323 4.1.1.3). */
bool sip_host_is_invalid(struct bytes host);

/* Undoes %XX escapes; false when an escape is broken or gives a NUL. */
bool sip_unescape(struct bytes text, struct buffer *out);

/* Writes the user part of a URI with escapes where RFC 3261 25.1 wants them. */
void sip_write_escaped_user(struct bytes user, struct buffer *out);

#endif
