/* web_framing_test.c: WebSocket connections through a real loop. */
#include "client.h"
#include "frames.h"

/* Without Content-Length: RFC 7118 5. */
#define HELLO "MESSAGE sip:bob@example.com SIP/2.0\r\n\r\nhello"

/* Says it as one masked frame. */
static void client_frame(int fd, unsigned first, struct bytes payload)
{
    static char text[70000];
    struct buffer frame = buffer_over(text, sizeof(text));
    frame_write(&frame, first, MASKED, payload);
    client_say(fd, buffer_bytes(&frame));
}

static bool client_has_answer(struct bed *bed)
{
    client_read(bed);
    return bed->read != NULL && strstr(bed->read, "\r\n\r\n") != NULL;
}

/* A client whose handshake is done. */
static struct bed *bed_web(const struct net_settings *settings)
{
    struct bed *bed = bed_new(settings);
    struct net_address address = bed_listen(bed, NET_WS, "127.0.0.1");
    bed->client = client_open(SOCK_STREAM, &address);
    client_say(bed->client, BYTES(WEBSOCKET_HELLO));
    bed_until(bed, client_has_answer);
    ck_assert_msg(strncmp(bed->read, "HTTP/1.1 101 ", 13) == 0, "%s", bed->read);
    bed->read_length = 0;
    return bed;
}

/* The only frame that the client has read. */
static void expect_frame(struct bed *bed, unsigned first, struct bytes payload)
{
    struct bytes rest = bytes_from(bed->read, bed->read_length), got;
    unsigned got_first;
    ck_assert(frame_read(&rest, &got_first, &got));
    ck_assert_uint_eq(got_first, first);
    ck_assert_msg(bytes_equal(got, payload), "%.*s", BYTES_ARGS(got));
    ck_assert_uint_eq(rest.length, 0);
    bed->read_length = 0;
}

static bool client_has_closed(struct bed *bed)
{
    client_read(bed);
    return bed->eof && bed->closed > 0;
}

START_TEST(messages_go_both_ways)
{
    struct bed *bed = bed_web(NULL);
    bed->echo = true;
    client_frame(bed->client, FIN | TEXT, BYTES(HELLO));
    bed_until_messages(bed, 1);
    ck_assert(bytes_equal(bytes_from(bed->raw, bed->raw_length), BYTES(HELLO)));
    ck_assert_int_eq(bed->flow.protocol, NET_WS);
    ck_assert_uint_eq(bed->flow.remote.port, client_port(bed->client));
    ck_assert_uint_ne(bed->flow.connection, 0);
    ck_assert(net_alive(bed->net, &bed->flow));
    client_until(bed, strlen(HELLO) + 2);
    expect_frame(bed, FIN | TEXT, BYTES(HELLO));
    ck_assert_int_eq(net_send(bed->net, &bed->flow, BYTES("head "), BYTES("\xff")), ERR_NONE);
    client_until(bed, 8);
    expect_frame(bed, FIN | BINARY, BYTES("head \xff"));
    ck_assert_uint_eq(bed->metrics.values[METRIC_messages_received], 1);
    ck_assert_uint_eq(bed->metrics.values[METRIC_messages_sent], 2);
    ck_assert_uint_eq(bed->metrics.values[METRIC_websockets_opened], 1);
    ck_assert_uint_eq(bed->metrics.values[METRIC_connections_opened], 1);
    bed_free(bed);
}
END_TEST

/* RFC 7118 5: nobody connects to a WebSocket client; one that is there can be found again. */
START_TEST(only_its_own_connection_leads_to_a_client)
{
    struct bed *bed = bed_web(NULL);
    struct net_target target = {.protocol = NET_WS};
    struct net_flow flow;
    client_frame(bed->client, FIN | TEXT, BYTES(HELLO));
    bed_until_messages(bed, 1);
    target.address = bed->flow.remote;
    ck_assert_int_eq(net_connect(bed->net, &target, &flow), ERR_NONE);
    ck_assert(net_flow_equal(&flow, &bed->flow));
    target.address.port++;
    ck_assert_int_eq(net_connect(bed->net, &target, &flow), ERR_NOT_FOUND);
    bed_free(bed);
}
END_TEST

/* A browser sends its first frame in the same segment as nothing else, but a test may. */
START_TEST(frames_may_come_with_the_handshake)
{
    char text[1024];
    struct buffer all = buffer_over(text, sizeof(text));
    struct bed *bed = bed_new(NULL);
    struct net_address address = bed_listen(bed, NET_WS, "127.0.0.1");
    bed->client = client_open(SOCK_STREAM, &address);
    buffer_text(&all, WEBSOCKET_HELLO);
    frame_write(&all, FIN | TEXT, MASKED, BYTES("one"));
    frame_write(&all, FIN | TEXT, MASKED, BYTES("two"));
    client_say(bed->client, buffer_bytes(&all));
    bed_until_messages(bed, 2);
    ck_assert_mem_eq(bed->raw, "two", 3);
    bed_free(bed);
}
END_TEST

START_TEST(a_refused_handshake_is_answered_and_closed)
{
    struct bed *bed = bed_new(NULL);
    struct net_address address = bed_listen(bed, NET_WS, "127.0.0.1");
    bed->client = client_open(SOCK_STREAM, &address);
    client_say(bed->client, BYTES("GET / HTTP/1.1\r\nHost: example.org\r\n\r\n"));
    bed_until(bed, client_has_eof);
    ck_assert_msg(strncmp(bed->read, "HTTP/1.1 426 ", 13) == 0, "%s", bed->read);
    ck_assert_uint_eq(bed->metrics.values[METRIC_handshakes_failed], 1);
    ck_assert_uint_eq(bed->metrics.values[METRIC_connections_opened], 0);
    ck_assert_uint_eq(bed->closed, 0); /* nobody above has heard of it */
    bed_free(bed);
}
END_TEST

START_TEST(foreign_pages_are_kept_out)
{
    const char *const sites[] = {"example.org", NULL};
    struct net_settings settings = net_settings_default();
    settings.ws_origins = sites;
    struct bed *bed = bed_new(&settings);
    struct net_address address = bed_listen(bed, NET_WS, "127.0.0.1");
    bed->client = client_open(SOCK_STREAM, &address);
    client_say(bed->client, BYTES("GET / HTTP/1.1\r\nOrigin: https://evil.example\r\n"));
    client_say(bed->client, bytes_skip(BYTES(WEBSOCKET_HELLO), strlen("GET / HTTP/1.1\r\n")));
    bed_until(bed, client_has_eof);
    ck_assert_msg(strncmp(bed->read, "HTTP/1.1 403 ", 13) == 0, "%s", bed->read);
    bed_free(bed);
}
END_TEST

START_TEST(a_handshake_that_takes_too_long_is_ended)
{
    struct net_settings settings = net_settings_default();
    settings.handshake_s = 1;
    struct bed *bed = bed_new(&settings);
    struct net_address address = bed_listen(bed, NET_WS, "127.0.0.1");
    bed->client = client_open(SOCK_STREAM, &address);
    client_say(bed->client, BYTES("GET / HTTP/1.1\r\nHo"));
    bed_until(bed, client_has_eof);
    ck_assert_uint_eq(bed->metrics.values[METRIC_handshakes_failed], 1);
    bed_free(bed);
}
END_TEST

/* RFC 6455 7.1.1: our answer, then the end of the connection, from our side first. */
START_TEST(a_goodbye_ends_the_connection)
{
    struct bed *bed = bed_web(NULL);
    client_frame(bed->client, FIN | CLOSE, BYTES("\x03\xe9"));
    bed_until(bed, client_has_closed);
    expect_frame(bed, FIN | CLOSE, BYTES("\x03\xe9"));
    ck_assert_int_eq(bed->why, ERR_CLOSED);
    bed_free(bed);
}
END_TEST

START_TEST(a_broken_frame_ends_the_connection)
{
    struct bed *bed = bed_web(NULL);
    client_say(bed->client, BYTES("\x81\x02hi"));
    bed_until(bed, client_has_closed);
    expect_frame(bed, FIN | CLOSE,
                 BYTES("\x03\xea"
                       "a client's frames are masked"));
    ck_assert_uint_eq(bed->messages, 0);
    ck_assert_uint_eq(bed->metrics.values[METRIC_websockets_failed], 1);
    bed_free(bed);
}
END_TEST

START_TEST(we_say_goodbye_before_we_close)
{
    struct bed *bed = bed_web(NULL);
    client_frame(bed->client, FIN | TEXT, BYTES(HELLO));
    bed_until_messages(bed, 1);
    ck_assert_int_eq(net_send(bed->net, &bed->flow, BYTES("last"), BYTES("")), ERR_NONE);
    net_close(bed->net, bed->flow.connection);
    ck_assert(!net_alive(bed->net, &bed->flow));
    ck_assert_int_eq(net_send(bed->net, &bed->flow, BYTES("late"), BYTES("")), ERR_CLOSED);
    bed_until(bed, client_has_eof);
    bed->read_length -= 4;
    ck_assert_mem_eq(bed->read + bed->read_length, "\x88\x02\x03\xe8", 4);
    expect_frame(bed, FIN | TEXT, BYTES("last"));
    bed_free(bed);
}
END_TEST

/* A client that vanished without a word is asked, and ended when it does not answer. */
START_TEST(a_silent_client_is_asked_and_ended)
{
    struct net_settings settings = net_settings_default();
    settings.ws_ping_s = 1;
    struct bed *bed = bed_web(&settings);
    client_until(bed, 2);
    expect_frame(bed, FIN | PING, BYTES(""));
    client_frame(bed->client, FIN | PONG, BYTES(""));
    client_until(bed, 2);
    expect_frame(bed, FIN | PING, BYTES("")); /* one that answers is asked again later */
    ck_assert_uint_eq(bed->closed, 0);
    bed_until_closed(bed, 1);
    ck_assert_int_eq(bed->why, ERR_TIMEOUT);
    ck_assert_uint_eq(bed->metrics.values[METRIC_websockets_silent], 1);
    bed_free(bed);
}
END_TEST

/* Pings and fragments do not make a message whole: it must be in time. */
START_TEST(half_a_message_is_not_kept_alive)
{
    struct net_settings settings = net_settings_default();
    settings.message_s = 1;
    struct bed *bed = bed_web(&settings);
    client_frame(bed->client, TEXT, BYTES("half"));
    uint64_t began_ms = bed->world.now_ms;
    while (bed->closed == 0) {
        ck_assert_uint_lt(bed->world.now_ms, began_ms + BED_PATIENCE_MS);
        (void)!send(bed->client, "\x89\x80mask", 6, MSG_NOSIGNAL);
        bed_turns(bed, 50);
    }
    ck_assert_int_eq(bed->why, ERR_TIMEOUT);
    ck_assert_uint_eq(bed->metrics.values[METRIC_connections_slow_closed], 1);
    bed_free(bed);
}
END_TEST

UNIT_MAIN("net/web_framing", messages_go_both_ways, only_its_own_connection_leads_to_a_client,
          frames_may_come_with_the_handshake, a_refused_handshake_is_answered_and_closed,
          foreign_pages_are_kept_out, a_handshake_that_takes_too_long_is_ended,
          a_goodbye_ends_the_connection, a_broken_frame_ends_the_connection,
          we_say_goodbye_before_we_close, a_silent_client_is_asked_and_ended,
          half_a_message_is_not_kept_alive)
