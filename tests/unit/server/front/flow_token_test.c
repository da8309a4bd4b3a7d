/* flow_token_test.c: RFC 5626 5.2: a token gives its flow back and cannot be made or changed. */
#include "front/flow_token.h"

#include <stdio.h>

#include "unit.h"

static struct flow_tokens *tokens;
static char written[FLOW_TOKEN_MAX + 1];

static struct net_address address(const char *text)
{
    struct net_address address;
    ck_assert(net_address_parse_with_port(bytes_of(text), 0, &address));
    return address;
}

static struct net_flow flow_of(enum net_protocol protocol, const char *local, const char *remote,
                               uint64_t connection)
{
    return (struct net_flow){protocol, address(local), address(remote), connection};
}

static struct bytes token_of(const struct net_flow *flow, const char *call_id)
{
    struct buffer out = buffer_over(written, FLOW_TOKEN_MAX);
    flow_token_write(tokens, flow, bytes_of(call_id), &out);
    ck_assert(!out.overflow);
    written[out.length] = '\0';
    return buffer_bytes(&out);
}

static enum flow_token_kind kind_of(struct bytes text, const char *call_id)
{
    return flow_token_read(tokens, text, bytes_of(call_id)).kind;
}

static void open_tokens(void)
{
    tokens = flow_tokens_new(BYTES("a secret of the database"), 7);
}

static const struct {
    enum net_protocol protocol;
    const char *local, *remote;
    uint64_t connection;
} samples[] = {
    {NET_UDP, "127.0.0.1:5060", "192.0.2.9:40112", 0},
    {NET_UDP, "[::1]:5060", "[2001:db8::ffff:1]:65535", 0},
    {NET_TCP, "127.0.0.1:5060", "192.0.2.9:1", 1},
    {NET_TLS, "10.0.0.1:5061", "192.0.2.9:40112", 0x123456789abcdef0},
    {NET_WS, "10.0.0.1:80", "192.0.2.9:40112", UINT64_MAX},
    {NET_WSS, "[::1]:443", "[2001:db8::1]:40112", 12345},
};
enum { SAMPLES = sizeof(samples) / sizeof(samples[0]) };

static struct net_flow sample(size_t i)
{
    return flow_of(samples[i].protocol, samples[i].local, samples[i].remote, samples[i].connection);
}

START_TEST(back_and_forth)
{
    open_tokens();
    for (size_t i = 0; i < SAMPLES; i++) {
        struct net_flow flow = sample(i);
        for (int bound = 0; bound < 2; bound++) {
            struct bytes text = token_of(&flow, bound ? "call@host" : "");
            struct flow_token read = flow_token_read(tokens, text, BYTES("call@host"));
            ck_assert_int_eq(read.kind, FLOW_TOKEN_A_FLOW);
            ck_assert(net_flow_equal(&read.flow, &flow));
            ck_assert_int_eq(read.bound, bound);
        }
    }
    flow_tokens_free(&tokens);
    ck_assert_ptr_null(tokens);
}
END_TEST

/* They stand in the user part of a URI as they are (RFC 3261 25.1, unreserved). */
START_TEST(characters_and_length)
{
    open_tokens();
    for (size_t i = 0; i < SAMPLES; i++) {
        struct net_flow flow = sample(i);
        struct bytes text = token_of(&flow, "c");
        for (size_t j = 0; j < text.length; j++)
            ck_assert_ptr_nonnull(strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                         "0123456789-_.",
                                         text.at[j]));
    }
    struct net_flow udp = sample(0);
    ck_assert_uint_eq(token_of(&udp, "c").length, 34);
    flow_tokens_free(&tokens);
}
END_TEST

START_TEST(without_a_flow)
{
    open_tokens();
    struct bytes text = token_of(NULL, "");
    ck_assert_int_eq(kind_of(text, "any"), FLOW_TOKEN_OURS);
    text = token_of(NULL, "call-1");
    ck_assert_int_eq(kind_of(text, "call-1"), FLOW_TOKEN_OURS);
    ck_assert_int_eq(kind_of(text, "call-2"), FLOW_TOKEN_FORGED);
    flow_tokens_free(&tokens);
}
END_TEST

/* Who was given one for a dialog has no use for it elsewhere. */
START_TEST(bound_to_a_call)
{
    open_tokens();
    struct net_flow flow = sample(2);
    struct bytes text = token_of(&flow, "call-1");
    ck_assert_int_eq(kind_of(text, "call-1"), FLOW_TOKEN_A_FLOW);
    ck_assert_int_eq(kind_of(text, "call-"), FLOW_TOKEN_FORGED);
    ck_assert_int_eq(kind_of(text, "call-11"), FLOW_TOKEN_FORGED);
    ck_assert_int_eq(kind_of(text, ""), FLOW_TOKEN_FORGED);
    flow_tokens_free(&tokens);
}
END_TEST

/* Every other text of the same length that differs in one bit is refused. */
START_TEST(bit_flips)
{
    open_tokens();
    for (size_t i = 0; i < SAMPLES; i++) {
        struct net_flow flow = sample(i);
        struct bytes text = token_of(&flow, "c");
        for (size_t bit = 0; bit < text.length * 8; bit++) {
            written[bit / 8] ^= (char)(1 << bit % 8);
            enum flow_token_kind kind = kind_of(text, "c");
            ck_assert(kind == FLOW_TOKEN_NONE || kind == FLOW_TOKEN_FORGED);
            written[bit / 8] ^= (char)(1 << bit % 8);
        }
        ck_assert_int_eq(kind_of(text, "c"), FLOW_TOKEN_A_FLOW);
        for (size_t length = 0; length < text.length; length++)
            ck_assert_int_eq(kind_of(bytes_first(text, length), "c"), FLOW_TOKEN_NONE);
    }
    flow_tokens_free(&tokens);
}
END_TEST

START_TEST(of_another_server)
{
    open_tokens();
    struct net_flow flow = sample(0);
    struct bytes text = token_of(&flow, "c");
    struct flow_tokens *other = flow_tokens_new(BYTES("another secret"), 7);
    ck_assert_int_eq(flow_token_read(other, text, BYTES("c")).kind, FLOW_TOKEN_FORGED);
    flow_tokens_free(&other);
    flow_tokens_free(&tokens);
}
END_TEST

/* After a restart a UDP flow is what it was; a connection of that number is another one. */
START_TEST(of_an_earlier_life)
{
    open_tokens();
    struct net_flow udp = sample(0), tcp = sample(2);
    struct flow_tokens *later = flow_tokens_new(BYTES("a secret of the database"), 8);
    struct flow_token read = flow_token_read(later, token_of(&udp, "c"), BYTES("c"));
    ck_assert_int_eq(read.kind, FLOW_TOKEN_A_FLOW);
    ck_assert(net_flow_equal(&read.flow, &udp));
    read = flow_token_read(later, token_of(&tcp, "c"), BYTES("c"));
    ck_assert_int_eq(read.kind, FLOW_TOKEN_A_FLOW);
    ck_assert_uint_eq(read.flow.connection, 0);
    flow_tokens_free(&later);
    flow_tokens_free(&tokens);
}
END_TEST

/* A signature is good for its text alone, and none is a token's proof. */
START_TEST(signatures)
{
    char text[FLOW_TOKEN_SIGNATURE];
    struct buffer out = buffer_over(text, sizeof(text));
    open_tokens();
    flow_token_sign(tokens, BYTES("alice bob"), &out);
    ck_assert(!out.overflow && out.length == FLOW_TOKEN_SIGNATURE);
    ck_assert(flow_token_signed(tokens, buffer_bytes(&out), BYTES("alice bob")));
    ck_assert(!flow_token_signed(tokens, buffer_bytes(&out), BYTES("alice bo")));
    ck_assert(!flow_token_signed(tokens, bytes_first(buffer_bytes(&out), 7), BYTES("alice bob")));
    text[3] ^= 1;
    ck_assert(!flow_token_signed(tokens, buffer_bytes(&out), BYTES("alice bob")));
    flow_tokens_free(&tokens);
}
END_TEST

START_TEST(something_else)
{
    static const char *const texts[] = {
        "",
        "alice",
        "ft.",
        "ft.alice",
        "ft.a-name-of-18ch",
        "ft.QAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "ft.////////////////",
        "FT.QAAAAAAAAAAAAAA",
    };
    open_tokens();
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        ck_assert_int_eq(kind_of(bytes_of(texts[i]), "c"), FLOW_TOKEN_NONE);
    ck_assert_int_eq(kind_of(BYTES("ft.QAAAAAAAAAAAAAA"), "c"), FLOW_TOKEN_FORGED);
    static char longest[5000];
    memset(longest, 'Q', sizeof(longest));
    memcpy(longest, "ft.", 3);
    ck_assert_int_eq(kind_of(bytes_from(longest, sizeof(longest)), "c"), FLOW_TOKEN_NONE);
    flow_tokens_free(&tokens);
}
END_TEST

UNIT_MAIN("flow_token", signatures, back_and_forth, characters_and_length, without_a_flow,
          bound_to_a_call, bit_flips, of_another_server, of_an_earlier_life, something_else)
