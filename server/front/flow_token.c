/* flow_token.c: flows as signed words.
 *
 *     "ft." base64url( shape | epoch, connection | local | remote | proof )
 *
 * The shape's bits say what follows: a flow or none, its protocol, IPv4 or IPv6 addresses, and
 * whether the proof is bound to a Call-ID. Epoch and connection stand there for streams alone; an
 * address is its bytes and its port. The proof is the first 80 bits of HMAC-SHA-256 over all before
 * it and the Call-ID, with a key of its own that is derived from the database's secret (RFC
 * 5626 5.2). A UDP flow takes 34 characters, an IPv6 stream 87. */
#include "front/flow_token.h"

#include <assert.h>
#include <stdlib.h>

#include "base/base64.h"
#include "base/memory.h"
#include "sip/digest.h"

enum {
    SHAPE_PROTOCOL = 0x07,
    SHAPE_FLOW = 0x08,
    SHAPE_IPV6 = 0x10,
    SHAPE_BOUND = 0x20,
    SHAPE_VERSION = 0x40, /* the two highest bits: 01 */
    SHAPE_VERSION_MASK = 0xc0,
};

enum {
    KEY_BYTES = 32,
    PROOF_BYTES = 10,
    SIGNATURE_BYTES = 6,
    TEXT_MAX = 4096, /* of a longer one, so much is signed */
    BODY_MAX = 1 + 8 + 8 + 2 * (16 + 2),
    CALL_ID_MAX = 1024, /* of a longer one, so much counts */
};

static const struct bytes prefix = {"ft.", 3};

struct flow_tokens {
    struct digest_engine *engine;
    uint64_t epoch;
    unsigned char key[KEY_BYTES];
};

struct flow_tokens *flow_tokens_new(struct bytes secret, uint64_t epoch)
{
    assert(!bytes_empty(secret));
    struct flow_tokens *tokens = memory_new(sizeof(*tokens));
    tokens->engine = digest_engine_new();
    tokens->epoch = epoch;
    digest_hmac(tokens->engine, secret, BYTES("flow tokens"), tokens->key);
    return tokens;
}

void flow_tokens_free(struct flow_tokens **tokens)
{
    assert(tokens != NULL);
    if (*tokens == NULL)
        return;
    digest_engine_free(&(*tokens)->engine);
    explicit_bzero(*tokens, sizeof(**tokens));
    free(*tokens);
    *tokens = NULL;
}

/* Numbers and addresses in network order. */

static void write_number(struct buffer *out, uint64_t number, unsigned bytes)
{
    while (bytes-- > 0)
        buffer_char(out, (char)(number >> (8 * bytes)));
}

static uint64_t read_number(struct bytes *rest, unsigned bytes)
{
    uint64_t number = 0;
    assert(rest->length >= bytes);
    for (unsigned i = 0; i < bytes; i++)
        number = number << 8 | (unsigned char)rest->at[i];
    *rest = bytes_skip(*rest, bytes);
    return number;
}

static unsigned ip_bytes(unsigned shape)
{
    return shape & SHAPE_IPV6 ? 16 : 4;
}

static void write_address(struct buffer *out, const struct net_address *address, unsigned shape)
{
    buffer_put(out, bytes_from(address->ip, ip_bytes(shape)));
    write_number(out, address->port, 2);
}

static struct net_address read_address(struct bytes *rest, unsigned shape)
{
    struct net_address address = {.family = shape & SHAPE_IPV6 ? 6 : 4};
    assert(rest->length >= ip_bytes(shape));
    memcpy(address.ip, rest->at, ip_bytes(shape));
    *rest = bytes_skip(*rest, ip_bytes(shape));
    address.port = (uint16_t)read_number(rest, 2);
    return address;
}

static bool is_stream_shape(unsigned shape)
{
    return net_is_stream((enum net_protocol)(shape & SHAPE_PROTOCOL));
}

/* How many bytes stand before the proof. */
static size_t body_bytes(unsigned shape)
{
    if (!(shape & SHAPE_FLOW))
        return 1;
    return 1 + (is_stream_shape(shape) ? 16 : 0) + 2 * (ip_bytes(shape) + 2);
}

static bool shape_good(unsigned shape)
{
    if ((shape & SHAPE_VERSION_MASK) != SHAPE_VERSION)
        return false;
    if (!(shape & SHAPE_FLOW))
        return !(shape & (SHAPE_PROTOCOL | SHAPE_IPV6));
    return (shape & SHAPE_PROTOCOL) < NET_PROTOCOLS;
}

static void prove(const struct flow_tokens *tokens, struct bytes body, struct bytes call_id,
                  unsigned char proof[32])
{
    char text[BODY_MAX + CALL_ID_MAX];
    struct buffer data = buffer_over(text, sizeof(text));
    buffer_put(&data, body);
    buffer_put(&data, bytes_first(call_id, CALL_ID_MAX));
    assert(!data.overflow);
    digest_hmac(tokens->engine, bytes_from(tokens->key, KEY_BYTES), buffer_bytes(&data), proof);
}

static void write_body(const struct flow_tokens *tokens, const struct net_flow *flow, bool bound,
                       struct buffer *out)
{
    unsigned shape = SHAPE_VERSION | (bound ? SHAPE_BOUND : 0);
    if (flow != NULL)
        shape |=
            SHAPE_FLOW | (unsigned)flow->protocol | (flow->remote.family == 6 ? SHAPE_IPV6 : 0);
    buffer_char(out, (char)shape);
    if (flow == NULL)
        return;
    assert(flow->local.family == flow->remote.family);
    if (is_stream_shape(shape)) {
        write_number(out, tokens->epoch, 8);
        write_number(out, flow->connection, 8);
    }
    write_address(out, &flow->local, shape);
    write_address(out, &flow->remote, shape);
}

void flow_token_write(const struct flow_tokens *tokens, const struct net_flow *flow,
                      struct bytes call_id, struct buffer *out)
{
    char text[BODY_MAX + PROOF_BYTES];
    unsigned char proof[32];
    struct buffer whole = buffer_over(text, sizeof(text));
    assert(tokens != NULL && out != NULL);
    write_body(tokens, flow, !bytes_empty(call_id), &whole);
    prove(tokens, buffer_bytes(&whole), call_id, proof);
    buffer_put(&whole, bytes_from(proof, PROOF_BYTES));
    assert(!whole.overflow);
    buffer_put(out, prefix);
    base64url_write(buffer_bytes(&whole), out);
}

static struct net_flow read_flow(const struct flow_tokens *tokens, struct bytes body)
{
    unsigned shape = (unsigned)read_number(&body, 1);
    struct net_flow flow = {.protocol = (enum net_protocol)(shape & SHAPE_PROTOCOL)};
    if (is_stream_shape(shape)) {
        uint64_t epoch = read_number(&body, 8), connection = read_number(&body, 8);
        flow.connection = epoch == tokens->epoch ? connection : 0;
    }
    flow.local = read_address(&body, shape);
    flow.remote = read_address(&body, shape);
    assert(bytes_empty(body));
    return flow;
}

struct flow_token flow_token_read(const struct flow_tokens *tokens, struct bytes user,
                                  struct bytes call_id)
{
    char text[BODY_MAX + PROOF_BYTES];
    unsigned char proof[32];
    struct flow_token token = {.kind = FLOW_TOKEN_NONE};
    struct buffer whole = buffer_over(text, sizeof(text));
    if (!bytes_starts_with(user, prefix) ||
        !base64url_read(bytes_skip(user, prefix.length), &whole) || whole.length <= PROOF_BYTES)
        return token;
    unsigned shape = (unsigned char)text[0];
    size_t length = whole.length - PROOF_BYTES;
    if (!shape_good(shape) || length != body_bytes(shape))
        return token;
    token.bound = shape & SHAPE_BOUND;
    prove(tokens, bytes_from(text, length), token.bound ? call_id : BYTES(""), proof);
    token.kind = FLOW_TOKEN_FORGED;
    if (!digest_equal(bytes_from(proof, PROOF_BYTES), bytes_from(text + length, PROOF_BYTES)))
        return token;
    token.kind = shape & SHAPE_FLOW ? FLOW_TOKEN_A_FLOW : FLOW_TOKEN_OURS;
    if (token.kind == FLOW_TOKEN_A_FLOW)
        token.flow = read_flow(tokens, bytes_from(text, length));
    return token;
}

/* No body begins with a zero, so no proof is a signature. */
void flow_token_sign(const struct flow_tokens *tokens, struct bytes text, struct buffer *out)
{
    char whole[1 + TEXT_MAX];
    unsigned char proof[32];
    struct buffer data = buffer_over(whole, sizeof(whole));
    buffer_char(&data, '\0');
    buffer_put(&data, bytes_first(text, TEXT_MAX));
    assert(!data.overflow);
    digest_hmac(tokens->engine, bytes_from(tokens->key, KEY_BYTES), buffer_bytes(&data), proof);
    base64url_write(bytes_from(proof, SIGNATURE_BYTES), out);
}

bool flow_token_signed(const struct flow_tokens *tokens, struct bytes signature, struct bytes text)
{
    char expected[FLOW_TOKEN_SIGNATURE];
    struct buffer out = buffer_over(expected, sizeof(expected));
    flow_token_sign(tokens, text, &out);
    assert(!out.overflow && out.length == sizeof(expected));
    return digest_equal(buffer_bytes(&out), signature);
}
