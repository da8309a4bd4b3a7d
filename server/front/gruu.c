/* gruu.c: GRUUs that carry what they stand for.
 *
 *     sip:alice@example.org;gr=urn:uuid:...       read back as it stands
 *     sip:tgruu.TOKEN@example.org;gr              TOKEN = base64url( tag | sealed )
 *     sealed: salt (8) | digest of the Call-ID (8) | length of the AOR (2) | AOR | instance | 0 ...
 *
 * The seal is AES-SIV (RFC 5297): the tag is a keyed hash of everything inside and the initial
 * vector at once, so nobody makes or changes a token, and two tokens of one device are as unlike as
 * of two (RFC 5627 5.1): the salt differs each time, and zeroes fill them up to a few lengths. That
 * all lengths are multiples of 24 also gives every token one spelling: no bit of its base64 is
 * left over. */
#include "front/gruu.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "base/base64.h"
#include "base/memory.h"

enum {
    KEY_BYTES = 32, /* two of 128 bits */
    TAG_BYTES = 16,
    SALT_BYTES = 8,
    HEAD_BYTES = SALT_BYTES + GRUU_CALL_BYTES + 2,
    AOR_MAX = 1024,
    INSIDE_MAX = HEAD_BYTES + AOR_MAX + GRUU_INSTANCE_MAX,
    QUANTUM = 24,
    QUANTUM_TEXT = QUANTUM / 3 * 4,
    TOKEN_BYTES_MAX = (TAG_BYTES + INSIDE_MAX + QUANTUM - 1) / QUANTUM * QUANTUM,
    TOKEN_TEXT_MAX = TOKEN_BYTES_MAX / 3 * 4,
};

static const char prefix[] = "tgruu.";

struct gruu {
    struct world *world;
    const struct domains *domains;
    struct digest_engine *engine;
    EVP_CIPHER *cipher;
    EVP_CIPHER_CTX *sealing, *opening; /* with the key; are copied for each use */
    EVP_CIPHER_CTX *context;           /* the copy */
    unsigned char call_key[KEY_BYTES];
};

/* The library refuses nothing but misuse, and want of memory. */
static void insist(bool done)
{
    if (!done)
        abort();
}

/* A context of AES-SIV is good for one message. Giving it the key takes five times as long as
 * sealing a token does, copying one that has it much less. */
static void key_contexts(struct gruu *gruu, struct bytes secret)
{
    unsigned char key[KEY_BYTES];
    digest_hmac(gruu->engine, secret, BYTES("gruu tokens"), key);
    gruu->cipher = EVP_CIPHER_fetch(NULL, "AES-128-SIV", NULL);
    gruu->sealing = EVP_CIPHER_CTX_new();
    gruu->opening = EVP_CIPHER_CTX_new();
    gruu->context = EVP_CIPHER_CTX_new();
    insist(gruu->cipher != NULL && gruu->context != NULL);
    insist(EVP_EncryptInit_ex2(gruu->sealing, gruu->cipher, key, NULL, NULL) == 1);
    insist(EVP_DecryptInit_ex2(gruu->opening, gruu->cipher, key, NULL, NULL) == 1);
    explicit_bzero(key, sizeof(key));
}

struct gruu *gruu_new(struct world *world, const struct domains *domains, struct bytes secret)
{
    assert(world != NULL && domains != NULL && !bytes_empty(secret));
    struct gruu *gruu = memory_new(sizeof(*gruu));
    gruu->world = world;
    gruu->domains = domains;
    gruu->engine = digest_engine_new();
    key_contexts(gruu, secret);
    digest_hmac(gruu->engine, secret, BYTES("gruu calls"), gruu->call_key);
    return gruu;
}

void gruu_free(struct gruu **gruu)
{
    assert(gruu != NULL);
    if (*gruu == NULL)
        return;
    EVP_CIPHER_CTX_free((*gruu)->sealing);
    EVP_CIPHER_CTX_free((*gruu)->opening);
    EVP_CIPHER_CTX_free((*gruu)->context);
    EVP_CIPHER_free((*gruu)->cipher);
    digest_engine_free(&(*gruu)->engine);
    explicit_bzero(*gruu, sizeof(**gruu));
    free(*gruu);
    *gruu = NULL;
}

void gruu_digest_call(const struct gruu *gruu, struct bytes call_id,
                      unsigned char digest[GRUU_CALL_BYTES])
{
    unsigned char whole[32];
    digest_hmac(gruu->engine, bytes_from(gruu->call_key, KEY_BYTES), call_id, whole);
    memcpy(digest, whole, GRUU_CALL_BYTES);
}

/* Instances. */

static bool is_letter_or_digit(char c)
{
    return (c >= '0' && c <= '9') || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z');
}

/* RFC 5626 10, instance-val: 1*uric. */
static bool is_instance(struct bytes text)
{
    if (bytes_empty(text) || text.length > GRUU_INSTANCE_MAX)
        return false;
    for (size_t i = 0; i < text.length; i++)
        if (!is_letter_or_digit(text.at[i]) &&
            (text.at[i] == '\0' || strchr("-_.!~*'();/?:@&=+$,%", text.at[i]) == NULL))
            return false;
    return true;
}

/* How much of a URN counts without regard to case (RFC 8141 3.1, RFC 9562 4): "urn" and the name of
 * its namespace, and all of a UUID. */
static size_t caseless_length(struct bytes urn)
{
    if (!bytes_equal_nocase(bytes_first(urn, 4), BYTES("urn:")))
        return 0;
    if (bytes_equal_nocase(bytes_first(urn, 9), BYTES("urn:uuid:")))
        return urn.length;
    ptrdiff_t colon = bytes_index(bytes_skip(urn, 4), ':');
    return colon < 0 ? urn.length : (size_t)colon + 4;
}

static bool write_canonical(struct bytes instance, struct buffer *out)
{
    if (!is_instance(instance))
        return false;
    size_t caseless = caseless_length(instance);
    for (size_t i = 0; i < caseless; i++)
        buffer_char(out, ascii_lower(instance.at[i]));
    buffer_put(out, bytes_skip(instance, caseless));
    return !out->overflow;
}

bool gruu_write_instance(struct bytes value, struct buffer *out)
{
    size_t length = value.length;
    if (length < 5 || value.at[0] != '"' || value.at[1] != '<' || value.at[length - 2] != '>' ||
        value.at[length - 1] != '"')
        return false;
    return write_canonical(bytes_from(value.at + 2, length - 4), out);
}

/* Writing. */

/* RFC 3261 25.1, pvalue: paramchar. */
static void write_escaped(struct bytes text, struct buffer *out)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.length; i++) {
        unsigned char c = (unsigned char)text.at[i];
        if (is_letter_or_digit(text.at[i]) || (c != '\0' && strchr("[]/:&+$-_.!~*'()", c))) {
            buffer_char(out, text.at[i]);
            continue;
        }
        const char escape[3] = {'%', hex[c >> 4], hex[c & 15]};
        buffer_put(out, bytes_from(escape, sizeof(escape)));
    }
}

void gruu_write_public(const struct gruu_parts *parts, struct buffer *out)
{
    assert(!bytes_empty(parts->aor) && !bytes_empty(parts->instance));
    buffer_text(out, "sip:");
    buffer_put(out, parts->aor);
    buffer_text(out, ";gr=");
    write_escaped(parts->instance, out);
}

/* Seals `length` bytes that lie behind room for the tag. */
static void seal(const struct gruu *gruu, unsigned char *token, size_t length)
{
    unsigned char sealed[TOKEN_BYTES_MAX];
    int written = 0;
    EVP_CIPHER_CTX *context = gruu->context;
    insist(EVP_CIPHER_CTX_copy(context, gruu->sealing) == 1);
    insist(EVP_EncryptUpdate(context, sealed, &written, token + TAG_BYTES, (int)length) == 1);
    insist((size_t)written == length);
    insist(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, TAG_BYTES, token) == 1);
    memcpy(token + TAG_BYTES, sealed, length);
}

/* Fills in what is to be sealed; the length of the whole token. */
static size_t fill(const struct gruu *gruu, const struct gruu_parts *parts,
                   unsigned char token[TOKEN_BYTES_MAX])
{
    size_t length = TAG_BYTES + HEAD_BYTES + parts->aor.length + parts->instance.length;
    size_t whole = (length + QUANTUM - 1) / QUANTUM * QUANTUM;
    unsigned char *at = token + TAG_BYTES;
    memset(token, 0, whole);
    world_random(gruu->world, at, SALT_BYTES);
    at += SALT_BYTES;
    memcpy(at, parts->call.at, GRUU_CALL_BYTES);
    at += GRUU_CALL_BYTES;
    *at++ = (unsigned char)(parts->aor.length >> 8);
    *at++ = (unsigned char)parts->aor.length;
    memcpy(at, parts->aor.at, parts->aor.length);
    memcpy(at + parts->aor.length, parts->instance.at, parts->instance.length);
    return whole;
}

/* The domain of an address-of-record; empty when it has no user. */
static struct bytes host_of(struct bytes aor)
{
    ptrdiff_t at = bytes_index(aor, '@');
    return at > 0 ? bytes_skip(aor, (size_t)at + 1) : BYTES("");
}

void gruu_write_temporary(struct gruu *gruu, const struct gruu_parts *parts, struct buffer *out)
{
    unsigned char token[TOKEN_BYTES_MAX];
    assert(!bytes_empty(host_of(parts->aor)) && parts->aor.length <= AOR_MAX);
    assert(!bytes_empty(parts->instance) && parts->instance.length <= GRUU_INSTANCE_MAX);
    assert(parts->call.length == GRUU_CALL_BYTES);
    size_t length = fill(gruu, parts, token);
    seal(gruu, token, length - TAG_BYTES);
    buffer_text(out, "sip:");
    buffer_text(out, prefix);
    base64url_write(bytes_from(token, length), out);
    buffer_char(out, '@');
    buffer_put(out, host_of(parts->aor));
    buffer_text(out, ";gr");
}

/* Reading. */

/* Opens a token; false: not one of ours. */
static bool unseal(const struct gruu *gruu, unsigned char *token, size_t length,
                   unsigned char *inside)
{
    int written = 0;
    EVP_CIPHER_CTX *context = gruu->context;
    insist(EVP_CIPHER_CTX_copy(context, gruu->opening) == 1);
    insist(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, TAG_BYTES, token) == 1);
    return EVP_DecryptUpdate(context, inside, &written, token + TAG_BYTES,
                             (int)(length - TAG_BYTES)) == 1;
}

/* An earlier version may have sealed something else, and the domain may be served no more. */
static bool read_inside(const struct gruu *gruu, struct bytes inside, const struct domain *domain,
                        struct buffer *memory, struct gruu_parts *parts)
{
    char *kept = buffer_take(memory, inside.length);
    if (kept == NULL)
        return false;
    memcpy(kept, inside.at, inside.length);
    const unsigned char *size = (const unsigned char *)kept + SALT_BYTES + GRUU_CALL_BYTES;
    size_t aor_length = (size_t)size[0] << 8 | size[1];
    if (HEAD_BYTES + aor_length >= inside.length)
        return false;
    parts->call = bytes_from(kept + SALT_BYTES, GRUU_CALL_BYTES);
    parts->aor = bytes_from(kept + HEAD_BYTES, aor_length);
    struct bytes rest = bytes_skip(bytes_from(kept, inside.length), HEAD_BYTES + aor_length);
    parts->instance = bytes_from(rest.at, strnlen(rest.at, rest.length));
    return !bytes_empty(parts->instance) &&
           domains_find(gruu->domains, host_of(parts->aor)) == domain;
}

static bool read_temporary(const struct gruu *gruu, const struct sip_uri *uri,
                           const struct domain *domain, struct buffer *memory,
                           struct gruu_parts *parts)
{
    unsigned char token[TOKEN_BYTES_MAX], inside[TOKEN_BYTES_MAX];
    if (!bytes_starts_with(uri->user, bytes_of(prefix)))
        return false;
    struct bytes text = bytes_skip(uri->user, sizeof(prefix) - 1);
    struct buffer read = buffer_over((char *)token, sizeof(token));
    if (text.length % QUANTUM_TEXT != 0 || text.length < 2 * QUANTUM_TEXT ||
        text.length > TOKEN_TEXT_MAX || !base64url_read(text, &read))
        return false;
    size_t length = text.length / 4 * 3;
    return unseal(gruu, token, length, inside) &&
           read_inside(gruu, bytes_from(inside, length - TAG_BYTES), domain, memory, parts);
}

/* The rest of what was written since a length. */
static struct bytes written_since(const struct buffer *memory, size_t start)
{
    return bytes_skip(buffer_bytes(memory), start);
}

static bool read_public(const struct gruu *gruu, const struct sip_uri *uri, struct bytes value,
                        struct buffer *memory, struct gruu_parts *parts)
{
    char text[GRUU_INSTANCE_MAX];
    struct buffer unescaped = buffer_over(text, sizeof(text));
    if (!uri->has_user || !sip_unescape(value, &unescaped) || unescaped.overflow)
        return false;
    size_t start = memory->length;
    domains_write_aor(gruu->domains, uri, memory);
    parts->aor = written_since(memory, start);
    start = memory->length;
    if (memory->overflow || parts->aor.length > AOR_MAX ||
        !write_canonical(buffer_bytes(&unescaped), memory))
        return false;
    parts->instance = written_since(memory, start);
    return true;
}

bool gruu_read(const struct gruu *gruu, const struct sip_uri *uri, struct buffer *memory,
               struct gruu_parts *parts)
{
    struct bytes value;
    assert(gruu != NULL && uri != NULL && memory != NULL && parts != NULL);
    *parts = (struct gruu_parts){.call = BYTES("")};
    if (uri->scheme != SIP_SCHEME_SIP && uri->scheme != SIP_SCHEME_SIPS)
        return false;
    if (!sip_parameter(uri->parameters, "gr", &value))
        return false;
    const struct domain *domain = domains_find(gruu->domains, uri->host);
    if (domain == NULL)
        return false;
    return bytes_empty(value) ? read_temporary(gruu, uri, domain, memory, parts)
                              : read_public(gruu, uri, value, memory, parts);
}
