/* digest.c: HTTP digest for SIP.
 *
 * A response is two hashes of one short text each: H(A2), then H(HA1 ":" ... ":" H(A2)), RFC 7616
 * 3.4.1. Hashing so little is fast; asking the cryptographic library for an algorithm by name and
 * making a context is not. So an engine fetches each algorithm once, keeps a context of each that
 * is only restarted, and keeps the HMAC's key schedule for as long as the key stays the same.
 *
 * Credentials are read in one pass over the field value: name, "=", token or quoted string, comma,
 * and again. Nothing is copied. */
#include "sip/digest.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "base/memory.h"

enum { HMAC_KEY_MAX = 64, HASH_BYTES_MAX = 32, HMAC_BYTES = 32 };

/* `name` as in RFC 7616 6.1; `fetch` as OpenSSL calls it; `bytes` of a digest. */
static const struct digest_kind {
    const char *name, *fetch;
    unsigned bytes;
} digest_kinds[DIGEST_COUNT] = {
    [DIGEST_MD5] = {"MD5", "MD5", 16},
    [DIGEST_SHA256] = {"SHA-256", "SHA2-256", 32},
    [DIGEST_SHA512_256] = {"SHA-512-256", "SHA2-512/256", 32},
};

struct digest_engine {
    EVP_MD *hashes[DIGEST_COUNT];
    EVP_MD_CTX *contexts[DIGEST_COUNT];
    EVP_MAC *hmac;
    EVP_MAC_CTX *hmac_context;
    unsigned char key[HMAC_KEY_MAX]; /* the one that hmac_context was made ready for */
    size_t key_length;
    bool keyed;
};

/* The library fails here only for want of memory or of an algorithm: neither can be lived with. */
static void digest_insist(bool done)
{
    if (done)
        return;
    fprintf(stderr, "herald: the OpenSSL library refuses MD5, SHA-256 or SHA-512/256; enable them "
                    "in openssl.cnf (a FIPS-only setting turns MD5 off)\n");
    abort();
}

static void digest_engine_fetch_hashes(struct digest_engine *engine)
{
    for (int i = 0; i < DIGEST_COUNT; i++) {
        engine->hashes[i] = EVP_MD_fetch(NULL, digest_kinds[i].fetch, NULL);
        engine->contexts[i] = EVP_MD_CTX_new();
        digest_insist(engine->hashes[i] != NULL && engine->contexts[i] != NULL);
        assert(EVP_MD_get_size(engine->hashes[i]) == (int)digest_kinds[i].bytes);
    }
}

static void digest_engine_fetch_hmac(struct digest_engine *engine)
{
    char hash[] = "SHA2-256";
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, hash, 0),
        OSSL_PARAM_construct_end(),
    };
    engine->hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    digest_insist(engine->hmac != NULL);
    engine->hmac_context = EVP_MAC_CTX_new(engine->hmac);
    digest_insist(engine->hmac_context != NULL);
    digest_insist(EVP_MAC_CTX_set_params(engine->hmac_context, parameters) == 1);
}

struct digest_engine *digest_engine_new(void)
{
    struct digest_engine *engine = memory_new(sizeof(*engine));
    digest_engine_fetch_hashes(engine);
    digest_engine_fetch_hmac(engine);
    return engine;
}

void digest_engine_free(struct digest_engine **engine)
{
    assert(engine != NULL);
    struct digest_engine *old = *engine;
    if (old == NULL)
        return;
    for (int i = 0; i < DIGEST_COUNT; i++) {
        EVP_MD_CTX_free(old->contexts[i]);
        EVP_MD_free(old->hashes[i]);
    }
    EVP_MAC_CTX_free(old->hmac_context);
    EVP_MAC_free(old->hmac);
    OPENSSL_cleanse(old->key, sizeof(old->key));
    free(old);
    *engine = NULL;
}

enum digest_algorithm digest_algorithm_of(struct bytes name)
{
    if (bytes_empty(name))
        return DIGEST_MD5;
    for (int i = 0; i < DIGEST_COUNT; i++) {
        if (bytes_equal_nocase(name, bytes_of(digest_kinds[i].name)))
            return (enum digest_algorithm)i;
    }
    return DIGEST_COUNT;
}

const char *digest_algorithm_name(enum digest_algorithm algorithm)
{
    assert(algorithm < DIGEST_COUNT);
    return digest_kinds[algorithm].name;
}

static void digest_start(struct digest_engine *engine, enum digest_algorithm algorithm)
{
    digest_insist(
        EVP_DigestInit_ex2(engine->contexts[algorithm], engine->hashes[algorithm], NULL) == 1);
}

static struct digest_hex digest_finish(struct digest_engine *engine,
                                       enum digest_algorithm algorithm)
{
    struct digest_hex hex;
    unsigned char raw[HASH_BYTES_MAX];
    struct buffer out = buffer_over(hex.text, sizeof(hex.text));
    digest_insist(EVP_DigestFinal_ex(engine->contexts[algorithm], raw, NULL) == 1);
    buffer_hex(&out, raw, digest_kinds[algorithm].bytes);
    assert(!out.overflow && out.length < sizeof(hex.text));
    hex.text[out.length] = '\0';
    return hex;
}

static void digest_feed(EVP_MD_CTX *context, struct bytes text)
{
    digest_insist(EVP_DigestUpdate(context, text.at, text.length) == 1);
}

/* Gathers what is to be hashed: the library's price is by the call more than by the byte. */
static void digest_gather(EVP_MD_CTX *context, struct buffer *text, struct bytes part)
{
    if (part.length > text->size - text->length) {
        digest_feed(context, buffer_bytes(text));
        text->length = 0;
    }
    if (part.length > text->size)
        digest_feed(context, part);
    else
        buffer_put(text, part);
}

/* H(parts[0] ":" parts[1] ...) */
static struct digest_hex digest_join(struct digest_engine *engine, enum digest_algorithm algorithm,
                                     const struct bytes *parts, size_t count)
{
    char memory[512];
    struct buffer text = buffer_over(memory, sizeof(memory));
    EVP_MD_CTX *context = engine->contexts[algorithm];
    digest_start(engine, algorithm);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            digest_gather(context, &text, BYTES(":"));
        digest_gather(context, &text, parts[i]);
    }
    assert(!text.overflow);
    digest_feed(context, buffer_bytes(&text));
    return digest_finish(engine, algorithm);
}

struct digest_hex digest_ha1(struct digest_engine *engine, enum digest_algorithm algorithm,
                             struct bytes username, struct bytes realm, struct bytes password)
{
    assert(engine != NULL && algorithm < DIGEST_COUNT);
    EVP_MD_CTX *context = engine->contexts[algorithm];
    digest_start(engine, algorithm);
    /* not by digest_join: the password is not to be left on the stack */
    digest_feed(context, username);
    digest_feed(context, BYTES(":"));
    digest_feed(context, realm);
    digest_feed(context, BYTES(":"));
    digest_feed(context, password);
    return digest_finish(engine, algorithm);
}

/* H(A2), RFC 7616 3.4.3. */
static struct digest_hex digest_ha2(struct digest_engine *engine,
                                    const struct digest_credentials *credentials,
                                    struct bytes method, struct bytes body)
{
    enum digest_algorithm algorithm = credentials->algorithm;
    if (!bytes_equal_nocase(credentials->qop, BYTES("auth-int"))) {
        struct bytes plain[] = {method, credentials->uri};
        return digest_join(engine, algorithm, plain, 2);
    }
    struct digest_hex whole = digest_join(engine, algorithm, &body, 1);
    struct bytes guarded[] = {method, credentials->uri, bytes_of(whole.text)};
    return digest_join(engine, algorithm, guarded, 3);
}

struct digest_hex digest_response(struct digest_engine *engine,
                                  const struct digest_credentials *credentials, const char *ha1,
                                  struct bytes method, struct bytes body)
{
    const struct digest_credentials *c = credentials;
    assert(engine != NULL && c != NULL && ha1 != NULL && c->algorithm < DIGEST_COUNT);
    struct digest_hex ha2 = digest_ha2(engine, c, method, body);
    if (bytes_empty(c->qop)) {
        /* RFC 2069 2.1.2: nonce alone, even when the client names an nc */
        struct bytes old[] = {bytes_of(ha1), c->nonce, bytes_of(ha2.text)};
        return digest_join(engine, c->algorithm, old, 3);
    }
    struct bytes now[] = {bytes_of(ha1), c->nonce, c->nc, c->cnonce, c->qop, bytes_of(ha2.text)};
    return digest_join(engine, c->algorithm, now, 6);
}

/* Makes the key the context's; the same key again costs nothing but the comparison. */
static void digest_hmac_start(struct digest_engine *engine, struct bytes key)
{
    struct bytes known = bytes_from(engine->key, engine->key_length);
    if (engine->keyed && digest_equal(known, key)) {
        digest_insist(EVP_MAC_init(engine->hmac_context, NULL, 0, NULL) == 1);
        return;
    }
    digest_insist(
        EVP_MAC_init(engine->hmac_context, (const unsigned char *)key.at, key.length, NULL) == 1);
    engine->keyed = key.length <= sizeof(engine->key);
    if (!engine->keyed)
        return;
    memcpy(engine->key, key.at, key.length);
    engine->key_length = key.length;
}

void digest_hmac(struct digest_engine *engine, struct bytes key, struct bytes data,
                 unsigned char out[32])
{
    size_t written = 0;
    assert(engine != NULL && out != NULL && !bytes_empty(key));
    digest_hmac_start(engine, key);
    digest_insist(
        EVP_MAC_update(engine->hmac_context, (const unsigned char *)data.at, data.length) == 1);
    digest_insist(EVP_MAC_final(engine->hmac_context, out, &written, HMAC_BYTES) == 1);
    assert(written == HMAC_BYTES);
}

bool digest_equal(struct bytes a, struct bytes b)
{
    return a.length == b.length && (a.length == 0 || CRYPTO_memcmp(a.at, b.at, a.length) == 0);
}

bool digest_equal_hex(struct bytes response, const struct digest_hex *expected)
{
    char lower[DIGEST_HEX_MAX];
    if (response.length != strlen(expected->text))
        return false;
    for (size_t i = 0; i < response.length; i++)
        lower[i] = ascii_lower(response.at[i]);
    return digest_equal(bytes_from(lower, response.length), bytes_of(expected->text));
}

void digest_write_challenge(const struct digest_challenge *challenge, struct buffer *out)
{
    assert(bytes_index(challenge->realm, '"') < 0 && bytes_index(challenge->nonce, '"') < 0);
    buffer_put(out, BYTES("Digest realm=\""));
    buffer_put(out, challenge->realm);
    buffer_put(out, BYTES("\", nonce=\""));
    buffer_put(out, challenge->nonce);
    buffer_put(out, BYTES("\", algorithm="));
    buffer_text(out, digest_algorithm_name(challenge->algorithm));
    buffer_text(out, challenge->integrity ? ", qop=\"auth,auth-int\"" : ", qop=\"auth\"");
    if (challenge->stale)
        buffer_put(out, BYTES(", stale=true"));
}

/* --- credentials --- */

/* The parameters that we read; the bits of `seen`. */
enum {
    PARAMETER_USERNAME,
    PARAMETER_REALM,
    PARAMETER_NONCE,
    PARAMETER_URI,
    PARAMETER_RESPONSE,
    PARAMETER_CNONCE,
    PARAMETER_QOP,
    PARAMETER_NC,
    PARAMETER_OPAQUE,
    PARAMETER_ALGORITHM,
    PARAMETER_COUNT
};

static const struct bytes parameter_names[PARAMETER_COUNT] = {
    [PARAMETER_USERNAME] = BYTES("username"), [PARAMETER_REALM] = BYTES("realm"),
    [PARAMETER_NONCE] = BYTES("nonce"),       [PARAMETER_URI] = BYTES("uri"),
    [PARAMETER_RESPONSE] = BYTES("response"), [PARAMETER_CNONCE] = BYTES("cnonce"),
    [PARAMETER_QOP] = BYTES("qop"),           [PARAMETER_NC] = BYTES("nc"),
    [PARAMETER_OPAQUE] = BYTES("opaque"),     [PARAMETER_ALGORITHM] = BYTES("algorithm"),
};

struct credentials_reader {
    struct bytes text;
    size_t at;
    unsigned seen;
    struct bytes values[PARAMETER_COUNT];
};

static bool reader_ended(const struct credentials_reader *reader)
{
    return reader->at == reader->text.length;
}

/* The next character; a NUL, which no rule below wants, at the end. */
static char reader_peek(const struct credentials_reader *reader)
{
    if (reader_ended(reader))
        return '\0';
    return reader->text.at[reader->at];
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Where a parameter's name ends, and, but for "=", a value without quotes. */
static const bool separators[256] = {
    [' '] = true, ['\t'] = true, ['\r'] = true, ['\n'] = true,
    [','] = true, ['"'] = true,  ['='] = true,
};

static inline bool is_separator(char c)
{
    return separators[(unsigned char)c];
}

static void reader_skip_blanks(struct credentials_reader *reader)
{
    while (is_blank(reader_peek(reader)))
        reader->at++;
}

static struct bytes reader_since(const struct credentials_reader *reader, size_t from)
{
    return bytes_from(reader->text.at + from, reader->at - from);
}

static struct bytes reader_name(struct credentials_reader *reader)
{
    size_t from = reader->at;
    while (!reader_ended(reader) && !is_separator(reader->text.at[reader->at]))
        reader->at++;
    return reader_since(reader, from);
}

/* A value without quotes: more than a token, since some clients forget the quotes of an address. */
static struct bytes reader_bare(struct credentials_reader *reader)
{
    size_t from = reader->at;
    while (!reader_ended(reader)) {
        char c = reader->text.at[reader->at];
        if (is_separator(c) && c != '=')
            break;
        reader->at++;
    }
    return reader_since(reader, from);
}

/* The length of what stands before the closing quote, or -1. Two searches do for nearly all; text
 * with escapes is walked once. */
static ptrdiff_t quoted_length(struct bytes text)
{
    ptrdiff_t quote = bytes_index(text, '"');
    if (quote < 0 || bytes_index(bytes_first(text, (size_t)quote), '\\') < 0)
        return quote;
    for (size_t i = 0; i < text.length; i++) {
        if (text.at[i] == '"')
            return (ptrdiff_t)i;
        if (text.at[i] == '\\')
            i++;
    }
    return -1;
}

/* A quoted string (RFC 3261 25.1), its quotes left out, its escapes left in; false: no end. */
static bool reader_quoted(struct credentials_reader *reader, struct bytes *value)
{
    assert(reader_peek(reader) == '"');
    struct bytes rest = bytes_skip(reader->text, reader->at + 1);
    ptrdiff_t length = quoted_length(rest);
    if (length < 0)
        return false;
    *value = bytes_first(rest, (size_t)length);
    reader->at += (size_t)length + 2;
    return true;
}

static int parameter_of(struct bytes name)
{
    assert(!bytes_empty(name));
    for (int i = 0; i < PARAMETER_COUNT; i++) {
        struct bytes known = parameter_names[i];
        if (name.length == known.length && ascii_lower(name.at[0]) == known.at[0] &&
            bytes_equal_nocase(name, known))
            return i;
    }
    return -1;
}

/* Keeps a value that we know; what we do not know is passed over (RFC 7616 3.4, extensions). */
static struct verdict reader_keep(struct credentials_reader *reader, struct bytes name,
                                  struct bytes value, size_t offset)
{
    int parameter = parameter_of(name);
    if (parameter < 0)
        return VERDICT_OK;
    if (reader->seen & 1u << parameter)
        return verdict(400, "Digest credentials name a parameter twice", offset);
    reader->seen |= 1u << parameter;
    reader->values[parameter] = value;
    return VERDICT_OK;
}

/* name "=" value, with white space anywhere between. */
static struct verdict reader_parameter(struct credentials_reader *reader)
{
    size_t offset = reader->at;
    struct bytes name = reader_name(reader), value = {0};
    reader_skip_blanks(reader);
    if (bytes_empty(name) || reader_peek(reader) != '=')
        return verdict(400, "Digest credentials with a parameter that has no value", reader->at);
    reader->at++;
    reader_skip_blanks(reader);
    if (reader_peek(reader) != '"')
        value = reader_bare(reader);
    else if (!reader_quoted(reader, &value))
        return verdict(400, "Digest credentials with a quoted string that does not end", offset);
    reader_skip_blanks(reader);
    if (!reader_ended(reader) && reader_peek(reader) != ',')
        return verdict(400, "Digest credentials without a comma between parameters", reader->at);
    return reader_keep(reader, name, value, offset);
}

static struct verdict reader_parameters(struct credentials_reader *reader)
{
    for (;;) {
        while (is_blank(reader_peek(reader)) || reader_peek(reader) == ',')
            reader->at++;
        if (reader_ended(reader))
            return VERDICT_OK;
        struct verdict v = reader_parameter(reader);
        if (!verdict_ok(v))
            return v;
    }
}

static bool reader_scheme(struct credentials_reader *reader)
{
    const struct bytes scheme = BYTES("Digest");
    reader_skip_blanks(reader);
    struct bytes rest = bytes_skip(reader->text, reader->at);
    if (rest.length <= scheme.length || !is_blank(rest.at[scheme.length]))
        return false;
    reader->at += scheme.length;
    return bytes_equal_nocase(bytes_first(rest, scheme.length), scheme);
}

/* What RFC 7616 3.4 wants to be there. RFC 2617 3.2.2: cnonce and nc belong to a qop. */
static struct verdict reader_complete(const struct credentials_reader *reader)
{
    static const struct {
        int parameter;
        const char *reason;
    } wanted[] = {
        {PARAMETER_USERNAME, "Digest credentials without username"},
        {PARAMETER_REALM, "Digest credentials without realm"},
        {PARAMETER_NONCE, "Digest credentials without nonce"},
        {PARAMETER_URI, "Digest credentials without uri"},
        {PARAMETER_RESPONSE, "Digest credentials without response"},
        {PARAMETER_CNONCE, "Digest credentials with qop but without cnonce"},
        {PARAMETER_NC, "Digest credentials with qop but without nc"},
    };
    bool qop = !bytes_empty(reader->values[PARAMETER_QOP]);
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        int parameter = wanted[i].parameter;
        bool with_qop = parameter == PARAMETER_CNONCE || parameter == PARAMETER_NC;
        if (!(reader->seen & 1u << parameter) && (qop || !with_qop))
            return verdict(400, wanted[i].reason, reader->text.length);
    }
    return VERDICT_OK;
}

struct verdict digest_credentials_parse(struct bytes value, struct digest_credentials *credentials)
{
    struct credentials_reader reader = {.text = value};
    assert(credentials != NULL);
    memset(credentials, 0, sizeof(*credentials));
    if (!reader_scheme(&reader))
        return verdict(400, "Credentials that are not of the Digest scheme", 0);
    struct verdict v = reader_parameters(&reader);
    const struct bytes *values = reader.values;
    *credentials = (struct digest_credentials){
        .username = values[PARAMETER_USERNAME],
        .realm = values[PARAMETER_REALM],
        .nonce = values[PARAMETER_NONCE],
        .uri = values[PARAMETER_URI],
        .response = values[PARAMETER_RESPONSE],
        .cnonce = values[PARAMETER_CNONCE],
        .qop = values[PARAMETER_QOP],
        .nc = values[PARAMETER_NC],
        .opaque = values[PARAMETER_OPAQUE],
        .algorithm = digest_algorithm_of(values[PARAMETER_ALGORITHM]),
    };
    return verdict_ok(v) ? reader_complete(&reader) : v;
}
