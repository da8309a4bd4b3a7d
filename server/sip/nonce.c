/* nonce.c: making nonces and knowing them again. */
#include "sip/nonce.h"

#include <assert.h>
#include <string.h>

static const char nonce_version = '1';

void nonces_init(struct nonces *nonces, struct digest_engine *engine, struct bytes secret,
                 uint64_t seed, unsigned lifetime_s)
{
    assert(nonces != NULL && engine != NULL && lifetime_s > 0);
    assert(!bytes_empty(secret) && secret.length <= NONCE_SECRET_MAX);
    memset(nonces, 0, sizeof(*nonces));
    nonces->engine = engine;
    nonces->lifetime_s = lifetime_s;
    nonces->seed = seed;
    memcpy(nonces->secret, secret.at, secret.length);
    nonces->secret_length = secret.length;
}

void nonces_renew(struct nonces *nonces)
{
    unsigned char next[32];
    digest_hmac(nonces->engine, bytes_from(nonces->secret, nonces->secret_length), BYTES("next"),
                next);
    explicit_bzero(nonces->proofs, sizeof(nonces->proofs));
    explicit_bzero(nonces->secret, sizeof(nonces->secret));
    memcpy(nonces->secret, next, sizeof(next));
    nonces->secret_length = sizeof(next);
    explicit_bzero(next, sizeof(next));
}

void nonces_release(struct nonces *nonces)
{
    explicit_bzero(nonces, sizeof(*nonces));
}

/* Version and time: what a nonce begins with. */
static void write_prefix(struct buffer *out, uint64_t time_ms)
{
    unsigned char time[NONCE_TIME / 2];
    for (size_t i = sizeof(time); i-- > 0; time_ms >>= 8)
        time[i] = (unsigned char)time_ms;
    buffer_char(out, nonce_version);
    buffer_hex(out, time, sizeof(time));
}

static void compute_proof(struct nonces *nonces, struct bytes realm, struct nonce_proof *proof)
{
    char memory[NONCE_PREFIX + 1 + 256];
    unsigned char mac[32];
    struct buffer data = buffer_over(memory, sizeof(memory));
    write_prefix(&data, proof->time_ms);
    buffer_char(&data, ':');
    buffer_put(&data, realm);
    assert(!data.overflow);
    digest_hmac(nonces->engine, bytes_from(nonces->secret, nonces->secret_length),
                buffer_bytes(&data), mac);
    struct buffer hex = buffer_over(proof->hex, sizeof(proof->hex));
    buffer_hex(&hex, mac, NONCE_PROOF / 2);
}

/* The proof that belongs to a time and a realm; good until the next call. */
static struct bytes proof_of(struct nonces *nonces, struct bytes realm, uint64_t time_ms)
{
    uint64_t realm_hash = bytes_hash(realm, nonces->seed);
    struct nonce_proof *proof = &nonces->proofs[(time_ms + realm_hash) % NONCE_PROOFS];
    if (proof->time_ms != time_ms || proof->realm_hash != realm_hash) {
        proof->time_ms = time_ms;
        proof->realm_hash = realm_hash;
        compute_proof(nonces, realm, proof);
    }
    return bytes_from(proof->hex, sizeof(proof->hex));
}

void nonces_write(struct nonces *nonces, struct bytes realm, uint64_t time_ms, struct buffer *out)
{
    write_prefix(out, time_ms);
    buffer_put(out, proof_of(nonces, realm, time_ms));
}

static bool hex_number(struct bytes digits, uint64_t *number)
{
    *number = 0;
    for (size_t i = 0; i < digits.length; i++) {
        char c = digits.at[i];
        if (c >= '0' && c <= '9')
            *number = *number << 4 | (uint64_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            *number = *number << 4 | (uint64_t)(c - 'a' + 10);
        else
            return false;
    }
    return true;
}

static bool read_time(struct bytes nonce, uint64_t *time_ms)
{
    return hex_number(bytes_first(bytes_skip(nonce, 1), NONCE_TIME), time_ms);
}

static bool is_in_time(const struct nonces *nonces, uint64_t time_ms, uint64_t now_ms)
{
    uint64_t lifetime_ms = (uint64_t)nonces->lifetime_s * 1000;
    return time_ms <= now_ms + NONCE_FUTURE_MS && now_ms <= time_ms + lifetime_ms;
}

bool nonces_know(struct nonces *nonces, struct bytes realm, struct bytes nonce, uint64_t now_ms)
{
    uint64_t time_ms;
    if (nonce.length != NONCE_LENGTH || nonce.at[0] != nonce_version)
        return false;
    if (!read_time(nonce, &time_ms))
        return false;
    if (!is_in_time(nonces, time_ms, now_ms))
        return false;
    return digest_equal(bytes_skip(nonce, NONCE_PREFIX), proof_of(nonces, realm, time_ms));
}

uint64_t nonce_time_ms(struct bytes nonce)
{
    uint64_t time_ms;
    bool good = read_time(nonce, &time_ms);
    assert(good && nonce.length == NONCE_LENGTH);
    (void)good;
    return time_ms;
}
