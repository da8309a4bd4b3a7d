/* digest.h: HTTP digest for SIP (RFC 3261 22, RFC 7616, RFC 8760; RFC 2069 responses are taken).
 *
 * Pure computation and grammar: what a nonce means and who may use it is the front end's business.
 */
#ifndef SIP_DIGEST_H
#define SIP_DIGEST_H

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/verdict.h"

enum digest_algorithm { DIGEST_MD5, DIGEST_SHA256, DIGEST_SHA512_256, DIGEST_COUNT };
enum { DIGEST_HEX_MAX = 64 };

/* A digest in lower-case hex: 32 or 64 characters and a NUL. */
struct digest_hex {
    char text[DIGEST_HEX_MAX + 1];
};

/* Contexts of the cryptographic library; one a thread. */
struct digest_engine;
struct digest_engine *digest_engine_new(void);
void digest_engine_free(struct digest_engine **engine);

/* "MD5", "SHA-256", "SHA-512-256" (RFC 7616 6.1); DIGEST_COUNT for anything else (case does not
 * matter; empty means MD5, RFC 7616 3.3). */
enum digest_algorithm digest_algorithm_of(struct bytes name);
const char *digest_algorithm_name(enum digest_algorithm algorithm);

/* What an Authorization or Proxy-Authorization field carries (RFC 7616 3.4), quotes removed. */
struct digest_credentials {
    struct bytes username, realm, nonce, uri, response, cnonce, qop, nc, opaque;
    enum digest_algorithm algorithm;
};

/* Parses one field value. 400 when it is not "Digest" or lacks username, realm, nonce, uri or
 * response, or names one twice; nc may be quoted. Values stay escaped (\" is compared as written).
 */
struct verdict digest_credentials_parse(struct bytes value, struct digest_credentials *credentials);

/* H(username ":" realm ":" password). */
struct digest_hex digest_ha1(struct digest_engine *engine, enum digest_algorithm algorithm,
                             struct bytes username, struct bytes realm, struct bytes password);

/* The response that credentials with this HA1 should carry: RFC 7616 3.4.1 with qop=auth, with the
 * body besides when qop is auth-int (3.4.3), RFC 2069 without qop. */
struct digest_hex digest_response(struct digest_engine *engine,
                                  const struct digest_credentials *credentials, const char *ha1,
                                  struct bytes method, struct bytes body);

/* The keyed hash (HMAC-SHA-256) that proves a nonce is ours; 32 bytes to `out`. */
void digest_hmac(struct digest_engine *engine, struct bytes key, struct bytes data,
                 unsigned char out[32]);

/* Compares in constant time; false when the lengths differ. */
bool digest_equal(struct bytes a, struct bytes b);
/* The same of a response and what it should be; some clients write it in capitals. */
bool digest_equal_hex(struct bytes response, const struct digest_hex *expected);

/* Writes the value of one challenge (RFC 7616 3.3): Digest realm, nonce, algorithm, qop, stale. */
struct digest_challenge {
    struct bytes realm, nonce;
    enum digest_algorithm algorithm;
    bool stale;
    bool integrity; /* auth-int is offered, too */
};
void digest_write_challenge(const struct digest_challenge *challenge, struct buffer *out);

#endif
