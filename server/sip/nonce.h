/* nonce.h: nonces of digest authentication that cost no memory (RFC 7616 3.3, 5.4).
 *
 * A nonce is "1", the time it was made in 12 hex digits of milliseconds, and the first 16 bytes of
 * HMAC-SHA-256(secret, those 13 characters ":" realm) in 32: whoever has the secret knows its own.
 * How often one may be used is the business of whoever gives it. Not for two threads at once. */
#ifndef SIP_NONCE_H
#define SIP_NONCE_H

#include "sip/digest.h"

enum {
    NONCE_TIME = 12,  /* hex digits: lasts until the year 10889 */
    NONCE_PROOF = 32, /* hex digits */
    NONCE_PREFIX = 1 + NONCE_TIME,
    NONCE_LENGTH = NONCE_PREFIX + NONCE_PROOF,
    NONCE_FUTURE_MS = 60000, /* the clock may have been set back by so much */
    NONCE_SECRET_MAX = 64,
    NONCE_PROOFS = 256 /* remembered */
};

struct nonce_proof {
    uint64_t time_ms, realm_hash;
    char hex[NONCE_PROOF];
};

/* The proofs made last are remembered: under load nearly every nonce that comes back is there. */
struct nonces {
    struct digest_engine *engine; /* borrowed */
    unsigned lifetime_s;
    uint64_t seed; /* of the hashes */
    size_t secret_length;
    char secret[NONCE_SECRET_MAX];
    struct nonce_proof proofs[NONCE_PROOFS];
};

/* `secret` (1 to NONCE_SECRET_MAX bytes) is copied; nonces older than `lifetime_s` are not good. */
void nonces_init(struct nonces *nonces, struct digest_engine *engine, struct bytes secret,
                 uint64_t seed, unsigned lifetime_s);
/* Makes the next secret of this one, from which nobody finds the way back: no nonce of before is
 * known any more. */
void nonces_renew(struct nonces *nonces);
/* Forgets the secret. */
void nonces_release(struct nonces *nonces);

/* Writes the nonce of a time and a realm (at most 256 bytes): NONCE_LENGTH characters. */
void nonces_write(struct nonces *nonces, struct bytes realm, uint64_t time_ms, struct buffer *out);

/* True when the nonce is ours, of this realm, and neither too old nor from the future. */
bool nonces_know(struct nonces *nonces, struct bytes realm, struct bytes nonce, uint64_t now_ms);

/* The time of which a nonce that nonces_know was written. */
uint64_t nonce_time_ms(struct bytes nonce);

#endif
