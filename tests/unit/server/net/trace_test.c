/* trace_test.c: what is kept of the messages that pass, and for how long. */
#include "net/trace.h"

#include "base/memory.h"
#include "base/token.h"
#include "server/transaction/fake_net.h"

static struct world world;
static uint64_t seed;
static struct fake_net *below;
static struct trace *trace;
static struct net *net;
static char above[256]; /* what came up */

static void on_message(void *context, const struct net_flow *flow, struct bytes raw)
{
    (void)context;
    snprintf(above, sizeof(above), "message %d %.*s", flow->protocol, BYTES_ARGS(raw));
}

static void on_broken(void *context, const struct net_flow *flow, struct bytes raw, unsigned status,
                      const char *reason)
{
    (void)context, (void)flow;
    snprintf(above, sizeof(above), "broken %.*s %u %s", BYTES_ARGS(raw), status, reason);
}

static void on_closed(void *context, uint64_t connection, enum err why)
{
    (void)context;
    snprintf(above, sizeof(above), "closed %llu %s", (unsigned long long)connection, err_name(why));
}

static void begin(unsigned messages_max, unsigned max_bytes, unsigned text_max_bytes)
{
    const struct trace_settings settings = {messages_max, max_bytes, text_max_bytes};
    const struct net_handler handler = {on_message, on_broken, on_closed, NULL};
    seed = 7;
    world_init(&world, 1000, 1700000000000, seeded_random, &seed);
    below = memory_new(sizeof(*below));
    below->net.ops = &fake_ops;
    trace = trace_new(&below->net, &world, &settings);
    ck_assert_ptr_nonnull(trace);
    net = trace_net(trace);
    net_handle(net, &handler);
}

static void end(void)
{
    trace_free(&trace);
    ck_assert_ptr_null(trace);
    free(below);
    world_release(&world);
}

static struct net_flow udp(const char *remote)
{
    return (struct net_flow){NET_UDP, address("127.0.0.1:5060"), address(remote), 0};
}

static void comes(const char *text)
{
    const struct net_flow flow = udp("127.0.0.2:5060");
    below->handler.message(below->handler.context, &flow, bytes_of(text));
}

static enum err goes(const char *head, const char *body)
{
    const struct net_flow flow = udp("127.0.0.3:5060");
    return net_send(net, &flow, bytes_of(head), bytes_of(body));
}

static void expect(uint64_t id, const char *text)
{
    struct trace_message message;
    ck_assert(trace_find(trace, id, &message));
    ck_assert_uint_eq(message.id, id);
    ck_assert_msg(bytes_equal(message.text, bytes_of(text)), "%.*s", BYTES_ARGS(message.text));
}

static void expect_gone(uint64_t id)
{
    struct trace_message message;
    ck_assert(!trace_find(trace, id, &message));
}

START_TEST(both_ways_are_kept_and_go_on)
{
    struct trace_message message;
    begin(10, 1000, 100);
    expect_gone(1);
    ck_assert_uint_eq(trace_last(trace), 0);
    comes("OPTIONS");
    ck_assert_str_eq(above, "message 0 OPTIONS");
    world.wall_ms += 5;
    ck_assert_int_eq(goes("SIP/2.0 200 OK,", "body"), ERR_NONE);
    ck_assert_str_eq(below->sent[0].text, "SIP/2.0 200 OK,body");
    ck_assert_uint_eq(trace_last(trace), 2);
    ck_assert_uint_eq(trace_count(trace), 2);
    ck_assert(trace_find(trace, 1, &message));
    ck_assert(!message.sent);
    ck_assert_uint_eq(message.wall_ms, 1700000000000);
    ck_assert(
        net_address_equal(&message.flow.remote, &(struct net_address){4, 5060, {127, 0, 0, 2}}));
    expect(1, "OPTIONS");
    ck_assert(trace_find(trace, 2, &message));
    ck_assert(message.sent);
    ck_assert_uint_eq(message.wall_ms, 1700000000005);
    ck_assert_uint_eq(message.size, 19);
    expect(2, "SIP/2.0 200 OK,body");
    expect_gone(0);
    expect_gone(3);
    end();
}
END_TEST

START_TEST(what_is_no_message_is_not_kept)
{
    begin(10, 1000, 100);
    comes("\r\n\r\n");
    comes("\r\n");
    ck_assert_str_eq(above, "message 0 \r\n"); /* whose business that is, others know */
    ck_assert_int_eq(goes("\r\n", ""), ERR_NONE);
    below->send_fails = ERR_IO;
    ck_assert_int_eq(goes("NOTIFY", ""), ERR_IO);
    ck_assert_uint_eq(trace_count(trace), 0);
    end();
}
END_TEST

START_TEST(what_cannot_be_followed_is_kept)
{
    const struct net_flow flow = udp("127.0.0.2:5060");
    begin(10, 1000, 100);
    below->handler.broken(below->handler.context, &flow, BYTES("RUBBISH"), 400, "Bad");
    ck_assert_str_eq(above, "broken RUBBISH 400 Bad");
    expect(1, "RUBBISH");
    end();
}
END_TEST

START_TEST(a_long_text_is_cut)
{
    struct trace_message message;
    begin(10, 1000, 8);
    comes("0123456789");
    expect(1, "01234567");
    ck_assert(trace_find(trace, 1, &message));
    ck_assert_uint_eq(message.size, 10);
    ck_assert_int_eq(goes("01234", "56789"), ERR_NONE);
    expect(2, "01234567");
    ck_assert_int_eq(goes("0123456789", "abc"), ERR_NONE);
    expect(3, "01234567");
    ck_assert(trace_find(trace, 3, &message));
    ck_assert_uint_eq(message.size, 13);
    end();
    begin(10, 4, 100); /* the whole ring is shorter */
    comes("0123456789");
    expect(1, "0123");
    comes("abcdefghij");
    expect(2, "abcd");
    expect_gone(1);
    end();
}
END_TEST

START_TEST(the_oldest_give_way_by_number)
{
    begin(3, 1000, 100);
    for (int i = 0; i < 3; i++)
        comes("message");
    expect(1, "message");
    comes("another");
    expect_gone(1);
    expect(2, "message");
    expect(4, "another");
    ck_assert_uint_eq(trace_count(trace), 3);
    end();
}
END_TEST

/* Against a model that keeps everything: whatever is found is right, no more than the ring's bytes
 * are kept, and nothing goes while two texts of the longest kind are still free. */
START_TEST(the_oldest_give_way_by_bytes)
{
    enum { ROUNDS = 5000, RING = 100, TEXT = 20 };
    static char texts[ROUNDS + 1][TEXT + 1];
    begin(1000, RING, TEXT);
    for (uint64_t id = 1; id <= ROUNDS; id++) {
        size_t length = 5 + world_random_u64(&world) % (TEXT - 4), kept = 0;
        for (size_t i = 0; i < length; i++)
            texts[id][i] = (char)('a' + world_random_u64(&world) % 26);
        comes(texts[id]);
        uint64_t first = id - trace_count(trace) + 1;
        for (uint64_t at = first; at <= id; at++) {
            expect(at, texts[at]);
            kept += strlen(texts[at]);
        }
        if (first > 1)
            expect_gone(first - 1);
        ck_assert_uint_le(kept, RING);
        ck_assert_msg(first == 1 || kept + 2 * (size_t)TEXT > RING, "%zu", kept);
    }
    end();
}
END_TEST

START_TEST(nothing_is_traced_when_nothing_may_be_kept)
{
    struct fake_net none = {.net = {&fake_ops}};
    const struct trace_settings no_messages = {0, 1000, 100}, no_bytes = {10, 0, 100};
    ck_assert_ptr_null(trace_new(&none.net, &world, &no_messages));
    ck_assert_ptr_null(trace_new(&none.net, &world, &no_bytes));
}
END_TEST

static void found(struct net_lookup *lookup, const struct net_target *targets, size_t count)
{
    (void)lookup, (void)targets, (void)count;
}

static void count_connection(void *context, const struct net_connection *connection)
{
    (void)connection;
    (*(unsigned *)context)++;
}

START_TEST(all_else_is_asked_of_the_network_below)
{
    begin(10, 1000, 100);
    const struct net_target target = {.protocol = NET_TLS, .address = address("127.0.0.9:5061")};
    struct net_flow flow;
    struct net_lookup lookup = {.running = NULL};
    unsigned connections = 0;
    ck_assert_int_eq(net_connect(net, &target, &flow), ERR_NONE);
    ck_assert(net_alive(net, &flow));
    below->late_ms = 12;
    below->reusable = true;
    below->proved = "example.org";
    below->public_host = "public";
    ck_assert_uint_eq(net_late_ms(net), 12);
    ck_assert(net_reusable(net, &flow));
    ck_assert(net_proved(net, &flow, BYTES("example.org")));
    struct net_flow again = flow;
    again.connection = 0;
    net_rejoin(net, &again);
    ck_assert_uint_eq(again.connection, flow.connection);
    char text[64];
    struct buffer out = buffer_over(text, sizeof(text));
    net_write_local(net, &flow, &out);
    ck_assert(bytes_equal(buffer_bytes(&out), BYTES("public")));
    net_resolve(net, &(struct net_query){.host = BYTES("x")}, &lookup, found);
    ck_assert_uint_eq(below->lookup_count, 1);
    net_cancel(net, &lookup);
    ck_assert_uint_eq(below->lookup_count, 0);
    net_shun(net, &target, 3);
    ck_assert_uint_eq(below->shunned_s, 3);
    net_unanswered(net, &flow);
    ck_assert_uint_eq(below->unanswered, 1);
    net_keep_out(net, 10);
    ck_assert_uint_eq(below->kept_out, 10);
    net_each_connection(net, count_connection, &connections);
    ck_assert_uint_eq(connections, 1);
    net_close(net, flow.connection);
    ck_assert(!net_alive(net, &flow));
    below->handler.closed(below->handler.context, 7, ERR_CLOSED);
    ck_assert_str_eq(above, "closed 7 closed");
    end();
}
END_TEST

UNIT_MAIN("net/trace", both_ways_are_kept_and_go_on, what_is_no_message_is_not_kept,
          what_cannot_be_followed_is_kept, a_long_text_is_cut, the_oldest_give_way_by_number,
          the_oldest_give_way_by_bytes, nothing_is_traced_when_nothing_may_be_kept,
          all_else_is_asked_of_the_network_below)
