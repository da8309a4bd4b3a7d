/* connection_test.c: bytes in and out of stream connections over loopback through a real loop. */
#include "client.h"

#define HELLO "MESSAGE sip:bob@example.com SIP/2.0\r\nContent-Length: 5\r\n\r\nhello"
#define NOTE "ACK sip:bob@example.com SIP/2.0\r\nl: 0\r\n\r\n" /* awaits no answer */
#define EMPTY "OPTIONS sip:example.com SIP/2.0\r\nl: 0\r\n\r\n"

static struct bed *bed_tcp(const struct net_settings *settings, const char *host)
{
    struct bed *bed = bed_new(settings);
    struct net_address address = bed_listen(bed, NET_TCP, host);
    bed->client = client_open(SOCK_STREAM, &address);
    return bed;
}

static bool bed_said(const struct bed *bed, const char *text)
{
    return bytes_equal(bytes_from(bed->raw, bed->raw_length), bytes_of(text));
}

START_TEST(a_flow_names_both_ends_and_the_connection)
{
    static const char *const hosts[] = {"127.0.0.1", "::1"};
    for (size_t i = 0; i < 2; i++) {
        struct bed *bed = bed_tcp(NULL, hosts[i]);
        struct net_address address;
        ck_assert(loop_listener_address(bed->loop, NET_TCP, 0, &address));
        client_say(bed->client, BYTES(HELLO));
        bed_until_messages(bed, 1);
        ck_assert(bed_said(bed, HELLO));
        ck_assert_int_eq(bed->flow.protocol, NET_TCP);
        ck_assert(net_address_equal(&bed->flow.local, &address));
        ck_assert(net_address_same_host(&bed->flow.remote, &address));
        ck_assert_uint_eq(bed->flow.remote.port, client_port(bed->client));
        ck_assert_uint_ne(bed->flow.connection, 0);
        ck_assert(net_alive(bed->net, &bed->flow));
        bed_free(bed);
    }
}
END_TEST

/* RFC 3261 18.3: a message on a stream ends where Content-Length says, however it arrives. */
START_TEST(a_message_may_be_split_anywhere)
{
    struct bytes both = BYTES(HELLO EMPTY);
    struct bed *bed = bed_tcp(NULL, "127.0.0.1");
    for (size_t cut = 1; cut < both.length; cut++) {
        size_t before = bed->messages;
        client_say(bed->client, bytes_first(both, cut));
        bed_turns(bed, 2);
        client_say(bed->client, bytes_skip(both, cut));
        bed_until_messages(bed, before + 2);
        ck_assert(bed_said(bed, EMPTY));
        ck_assert_uint_eq(bed->messages, before + 2);
    }
    ck_assert_uint_eq(bed->broken, 0);
    bed_free(bed);
}
END_TEST

START_TEST(a_message_may_come_byte_by_byte)
{
    struct bytes whole = BYTES(HELLO);
    struct bed *bed = bed_tcp(NULL, "127.0.0.1");
    for (size_t i = 0; i < whole.length; i++) {
        ck_assert_uint_eq(bed->messages, 0);
        client_say(bed->client, bytes_first(bytes_skip(whole, i), 1));
        bed_turns(bed, 1);
    }
    bed_until_messages(bed, 1);
    ck_assert(bed_said(bed, HELLO));
    bed_free(bed);
}
END_TEST

START_TEST(several_messages_in_one_read_are_answered_in_order)
{
    enum { MANY = 500 };
    char text[MANY * 80];
    size_t length = 0;
    struct bed *bed = bed_tcp(NULL, "127.0.0.1");
    for (int i = 0; i < MANY; i++)
        length += (size_t)snprintf(text + length, sizeof(text) - length,
                                   "OPTIONS sip:u%d SIP/2.0\r\nContent-Length: 3\r\n\r\nabc", i);
    bed->echo = true;
    client_say(bed->client, bytes_from(text, length));
    client_until(bed, length);
    ck_assert_uint_eq(bed->messages, MANY);
    ck_assert_mem_eq(bed->read, text, length);
    ck_assert_uint_eq(bed->metrics.values[METRIC_messages_received], MANY);
    ck_assert_uint_eq(bed->metrics.values[METRIC_messages_sent], MANY);
    bed_free(bed);
}
END_TEST

/* RFC 5626 4.4.1: CR LF CR LF is answered by CR LF. */
START_TEST(a_ping_is_answered)
{
    struct bed *bed = bed_tcp(NULL, "127.0.0.1");
    client_say(bed->client, BYTES("\r\n\r\n"));
    client_until(bed, 2);
    ck_assert_str_eq(bed->read, "\r\n");
    client_say(bed->client, BYTES("\r\n\r\n" HELLO "\r\n\r\n" HELLO));
    bed_until_messages(bed, 2);
    client_until(bed, 6);
    ck_assert_str_eq(bed->read, "\r\n\r\n\r\n");
    ck_assert_uint_eq(bed->metrics.values[METRIC_messages_received], 2);
    ck_assert_uint_eq(bed->metrics.values[METRIC_messages_sent], 0);
    bed_free(bed);
}
END_TEST

/* What cannot be followed is told once, may be answered, and ends the connection. */
static void broken_by(const char *text, unsigned status)
{
    struct bed *bed = bed_tcp(NULL, "127.0.0.1");
    bed->echo = true;
    bed->answer = BYTES("SIP/2.0 400 Bad Request\r\n\r\n");
    client_say(bed->client, bytes_of(text));
    bed_until(bed, client_has_eof);
    ck_assert_uint_eq(bed->broken, 1);
    ck_assert_uint_eq(bed->status, status);
    ck_assert_str_eq(bed->read, bed->answer.at);
    ck_assert_uint_eq(bed->closed, 1);
    ck_assert_uint_eq(bed->closed_handle, bed->flow.connection);
    ck_assert_int_eq(bed->why, ERR_PARSE);
    ck_assert(!net_alive(bed->net, &bed->flow));
    bed_free(bed);
}

START_TEST(garbage_closes_after_the_answer)
{
    broken_by("\x01\x02\x03 what is this", 400);
    broken_by("MESSAGE sip:b SIP/2.0\r\nTo: x\r\n\r\n", 400);
    broken_by("MESSAGE sip:b SIP/2.0\r\nContent-Length: -1\r\n\r\n", 400);
    broken_by("MESSAGE sip:b SIP/2.0\r\nContent-Length: 65536\r\n\r\n", 413);
}
END_TEST

static bool bed_has_broken(struct bed *bed)
{
    return bed->broken > 0;
}

START_TEST(a_header_without_end_is_refused)
{
    char junk[17000];
    struct bed *bed = bed_tcp(NULL, "127.0.0.1");
    memset(junk, 'a', sizeof(junk));
    client_say(bed->client, bytes_from(junk, sizeof(junk)));
    bed_until(bed, bed_has_broken);
    ck_assert_uint_eq(bed->status, 513);
    ck_assert_uint_eq(bed->metrics.values[METRIC_messages_oversized], 1);
    bed_free(bed);
}
END_TEST

START_TEST(a_message_as_large_as_allowed_passes)
{
    enum { WHOLE = 65536 };
    char text[WHOLE];
    struct bed *bed = bed_tcp(NULL, "127.0.0.1");
    memset(text, 'x', sizeof(text));
    int head = snprintf(text, 100, "MESSAGE sip:b SIP/2.0\r\nContent-Length: %d\r\n\r\n", 65000);
    for (size_t at = 0; at < (size_t)head + 65000; at += 1000) {
        size_t left = (size_t)head + 65000 - at;
        client_say(bed->client, bytes_from(text + at, left < 1000 ? left : 1000));
        bed_turns(bed, 1);
    }
    bed_until_messages(bed, 1);
    ck_assert_uint_eq(bed->raw_length, (size_t)head + 65000);
    ck_assert_uint_eq(bed->broken, 0);
    bed_free(bed);
}
END_TEST

START_TEST(nothing_more_is_taken_after_a_break)
{
    struct bed *bed = bed_tcp(NULL, "127.0.0.1");
    client_say(bed->client, BYTES(HELLO "\x7f" HELLO));
    bed_until_closed(bed, 1);
    ck_assert_uint_eq(bed->messages, 1);
    (void)send(bed->client, HELLO, sizeof(HELLO) - 1, MSG_NOSIGNAL);
    bed_turns(bed, 5);
    ck_assert_uint_eq(bed->messages, 1);
    bed_free(bed);
}
END_TEST

START_TEST(a_client_that_leaves_is_told)
{
    struct bed *bed = bed_tcp(NULL, "127.0.0.1");
    client_say(bed->client, BYTES(NOTE));
    bed_until_messages(bed, 1);
    close(bed->client);
    bed->client = -1;
    bed_until_closed(bed, 1);
    ck_assert_uint_eq(bed->closed_handle, bed->flow.connection);
    ck_assert_int_eq(bed->why, ERR_CLOSED);
    ck_assert_int_eq(net_send(bed->net, &bed->flow, BYTES("x"), BYTES("")), ERR_CLOSED);
    bed_free(bed);
}
END_TEST

START_TEST(what_came_before_a_reset_still_counts)
{
    struct linger reset = {1, 0};
    struct bed *bed = bed_tcp(NULL, "127.0.0.1");
    bed_turns(bed, 2);
    client_say(bed->client, BYTES(HELLO));
    setsockopt(bed->client, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    close(bed->client);
    bed->client = -1;
    bed_until_closed(bed, 1);
    ck_assert_uint_eq(bed->messages, 1);
    ck_assert_uint_eq(bed->closed, 1);
    bed_free(bed);
}
END_TEST

/* A last request, then "I say no more": the answer still arrives. */
START_TEST(a_half_closed_client_gets_its_answer)
{
    struct bed *bed = bed_tcp(NULL, "127.0.0.1");
    bed->echo = true;
    bed->answer = BYTES("SIP/2.0 200 OK\r\nl: 0\r\n\r\n");
    client_say(bed->client, BYTES(HELLO));
    shutdown(bed->client, SHUT_WR);
    bed_until(bed, client_has_eof);
    ck_assert_str_eq(bed->read, bed->answer.at);
    bed_free(bed);
}
END_TEST

/* The answer waits for the disk: until it is there, the connection is no way for anything else. */
START_TEST(a_half_closed_client_gets_a_late_answer)
{
    struct bed *bed = bed_tcp(NULL, "127.0.0.1");
    client_say(bed->client, BYTES(HELLO HELLO));
    bed_until_messages(bed, 2);
    shutdown(bed->client, SHUT_WR);
    bed_turns(bed, 3);
    ck_assert(!net_alive(bed->net, &bed->flow));
    ck_assert_uint_eq(bed->closed, 0);
    struct net_target target = {NET_TCP, bed->flow.remote, BYTES("")};
    struct net_flow other;
    ck_assert_int_eq(net_connect(bed->net, &target, &other), ERR_NONE);
    ck_assert_uint_ne(other.connection, bed->flow.connection);
    bed_until_closed(bed, 1); /* nobody listens there */
    bed_send(bed, &bed->flow, BYTES("SIP/2.0 100 Trying\r\n\r\n"));
    bed_send(bed, &bed->flow, BYTES("SIP/2.0 200 OK\r\n\r\n"));
    bed_turns(bed, 3);
    ck_assert_uint_eq(bed->closed, 1);
    bed_send(bed, &bed->flow, BYTES("SIP/2.0 404 Not Found\r\n\r\n"));
    ck_assert_int_eq(bed->sent, ERR_NONE);
    bed_until_closed(bed, 2);
    ck_assert_uint_eq(bed->closed_handle, bed->flow.connection);
    bed_until(bed, client_has_eof);
    ck_assert_str_eq(bed->read, "SIP/2.0 100 Trying\r\n\r\nSIP/2.0 200 OK\r\n\r\n"
                                "SIP/2.0 404 Not Found\r\n\r\n");
    bed_free(bed);
}
END_TEST

static void drop_it(void *context, const struct net_flow *flow, struct bytes raw)
{
    struct bed *bed = context;
    bed_message(bed, flow, raw);
    net_unanswered(bed->net, flow);
    net_unanswered(bed->net, flow); /* once is enough */
}

START_TEST(nothing_is_awaited_for_what_was_dropped)
{
    struct bed *bed = bed_tcp(NULL, "127.0.0.1");
    client_say(bed->client, BYTES(HELLO));
    bed_until_messages(bed, 1);
    net_handle(bed->net, &(struct net_handler){drop_it, bed_broken, bed_closed, bed});
    client_say(bed->client, BYTES(HELLO));
    shutdown(bed->client, SHUT_WR);
    bed_until_messages(bed, 2);
    bed_turns(bed, 3);
    ck_assert_uint_eq(bed->closed, 0); /* the first one is awaited still */
    bed_send(bed, &bed->flow, BYTES("SIP/2.0 200 OK\r\n\r\n"));
    bed_until_closed(bed, 1);
    bed_free(bed);
}
END_TEST

START_TEST(a_half_closed_client_waits_for_a_bounded_time)
{
    struct net_settings settings = net_settings_default();
    settings.half_closed_s = 1;
    struct bed *bed = bed_tcp(&settings, "127.0.0.1");
    client_say(bed->client, BYTES(HELLO));
    shutdown(bed->client, SHUT_WR);
    bed_until_messages(bed, 1);
    uint64_t begin_ms = bed->world.now_ms;
    bed_until_closed(bed, 1);
    ck_assert_uint_ge(bed->world.now_ms - begin_ms, 990);
    ck_assert_int_eq(bed->why, ERR_CLOSED);
    bed_until(bed, client_has_eof);
    bed_free(bed);
}
END_TEST

/* It says no more, does not read, and then resets: the system reports that as an end once more. */
START_TEST(a_half_closed_client_that_resets)
{
    enum { PART = 65536, PARTS = 128 };
    struct linger reset = {1, 0};
    struct net_settings settings = net_settings_default();
    settings.send_queue_max_bytes = (size_t)PART * PARTS * 2;
    struct bed *bed = bed_tcp(&settings, "127.0.0.1");
    char *text = calloc(1, PART);
    client_say(bed->client, BYTES(HELLO));
    bed_until_messages(bed, 1);
    memcpy(text, "SIP/2.0 100 Trying\r\n", 20);
    for (int i = 0; i < PARTS; i++)
        bed_send(bed, &bed->flow, bytes_from(text, PART));
    ck_assert_int_eq(bed->sent, ERR_NONE);
    bed_turns(bed, 3);
    shutdown(bed->client, SHUT_WR);
    bed_turns(bed, 3);
    ck_assert(!net_alive(bed->net, &bed->flow));
    setsockopt(bed->client, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    close(bed->client);
    bed->client = -1;
    bed_until_closed(bed, 1);
    ck_assert_uint_eq(bed->closed, 1);
    free(text);
    bed_free(bed);
}
END_TEST

/* Whoever waits for nothing and says no more is gone: its flow has died (RFC 5626 4.2.2). */
START_TEST(without_a_question_the_end_is_the_end)
{
    struct bed *bed = bed_tcp(NULL, "127.0.0.1");
    client_say(bed->client, BYTES(HELLO NOTE "SIP/2.0 200 OK\r\nl: 0\r\n\r\n"));
    bed_until_messages(bed, 3);
    bed_send(bed, &bed->flow, BYTES("SIP/2.0 200 OK\r\n\r\n"));
    shutdown(bed->client, SHUT_WR);
    bed_until_closed(bed, 1);
    ck_assert_int_eq(bed->why, ERR_CLOSED);
    bed_free(bed);
}
END_TEST

START_TEST(a_peer_that_does_not_read_is_let_go)
{
    char text[20000];
    struct net_settings settings = net_settings_default();
    settings.send_queue_max_bytes = 100000;
    struct bed *bed = bed_tcp(&settings, "127.0.0.1");
    client_say(bed->client, BYTES(HELLO));
    bed_until_messages(bed, 1);
    memset(text, 'x', sizeof(text));
    enum err err = ERR_NONE;
    for (size_t sent = 0; err == ERR_NONE && sent < 10000; sent++) {
        if (sent % 3 == 0)
            bed_turns(bed, 1);
        err = net_send(bed->net, &bed->flow, bytes_from(text, sizeof(text)), BYTES("y"));
        ck_assert_uint_eq(bed->closed, 0); /* never told from within net_send */
    }
    ck_assert_int_eq(err, ERR_LIMIT);
    ck_assert_int_eq(net_send(bed->net, &bed->flow, BYTES("x"), BYTES("")), ERR_CLOSED);
    bed_until_closed(bed, 1);
    ck_assert_int_eq(bed->why, ERR_LIMIT);
    ck_assert_uint_eq(bed->metrics.values[METRIC_connections_slow_closed], 1);
    bed_free(bed);
}
END_TEST

/* The peer reads late, not never: everything arrives, in order. */
START_TEST(a_slow_reader_gets_everything)
{
    enum { PIECE = 10000, PIECES = 60 };
    char text[PIECE];
    struct net_settings settings = net_settings_default();
    settings.send_queue_max_bytes = (size_t)PIECE * PIECES;
    struct bed *bed = bed_tcp(&settings, "127.0.0.1");
    int small = 50000;
    setsockopt(bed->client, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    client_say(bed->client, BYTES(HELLO));
    bed_until_messages(bed, 1);
    for (int i = 0; i < PIECES; i++) {
        memset(text, 'a' + i % 26, sizeof(text));
        ck_assert_int_eq(net_send(bed->net, &bed->flow, bytes_from(text, PIECE), BYTES("")),
                         ERR_NONE);
    }
    client_until(bed, (size_t)PIECE * PIECES);
    for (int i = 0; i < PIECES; i++) {
        memset(text, 'a' + i % 26, sizeof(text));
        ck_assert_mem_eq(bed->read + (size_t)i * PIECE, text, PIECE);
    }
    bed_free(bed);
}
END_TEST

START_TEST(closing_sends_what_is_queued_and_is_not_told)
{
    char text[200000];
    struct bed *bed = bed_tcp(NULL, "127.0.0.1");
    memset(text, 'q', sizeof(text));
    client_say(bed->client, BYTES(HELLO));
    bed_until_messages(bed, 1);
    ck_assert_int_eq(net_send(bed->net, &bed->flow, bytes_from(text, sizeof(text)), BYTES("")),
                     ERR_NONE);
    net_close(bed->net, bed->flow.connection);
    ck_assert(!net_alive(bed->net, &bed->flow));
    ck_assert_int_eq(net_send(bed->net, &bed->flow, BYTES("x"), BYTES("")), ERR_CLOSED);
    net_close(bed->net, bed->flow.connection);
    bed_until(bed, client_has_eof);
    ck_assert_uint_eq(bed->read_length, sizeof(text));
    ck_assert_uint_eq(bed->closed, 0);
    bed_free(bed);
}
END_TEST

static void close_it(void *context, const struct net_flow *flow, struct bytes raw)
{
    struct bed *bed = context;
    (void)raw;
    bed->messages++;
    bed_send(bed, flow, BYTES("bye"));
    net_close(bed->net, flow->connection);
}

START_TEST(it_may_be_closed_while_a_message_is_handed_up)
{
    struct bed *bed = bed_tcp(NULL, "127.0.0.1");
    net_handle(bed->net, &(struct net_handler){close_it, bed_broken, bed_closed, bed});
    client_say(bed->client, BYTES(HELLO HELLO HELLO));
    bed_until(bed, client_has_eof);
    ck_assert_uint_eq(bed->messages, 1);
    ck_assert_str_eq(bed->read, "bye");
    ck_assert_uint_eq(bed->closed, 0);
    bed_free(bed);
}
END_TEST

UNIT_MAIN("net/connection", nothing_is_awaited_for_what_was_dropped,
          a_half_closed_client_gets_a_late_answer, a_half_closed_client_waits_for_a_bounded_time,
          a_half_closed_client_that_resets, without_a_question_the_end_is_the_end,
          a_flow_names_both_ends_and_the_connection, a_message_may_be_split_anywhere,
          a_message_may_come_byte_by_byte, several_messages_in_one_read_are_answered_in_order,
          a_ping_is_answered, garbage_closes_after_the_answer, a_header_without_end_is_refused,
          a_message_as_large_as_allowed_passes, nothing_more_is_taken_after_a_break,
          a_client_that_leaves_is_told, what_came_before_a_reset_still_counts,
          a_half_closed_client_gets_its_answer, a_peer_that_does_not_read_is_let_go,
          a_slow_reader_gets_everything, closing_sends_what_is_queued_and_is_not_told,
          it_may_be_closed_while_a_message_is_handed_up)
