/* layer_test.c: what comes in. */
#include "fixture.h"

static const char head[] = "From: <sip:alice@example.com>;tag=a1\r\nTo: <sip:bob@example.com>\r\n"
                           "Call-ID: c1\r\n";

/* A message of this start line and this CSeq. */
static void come(struct fixture *fixture, const char *start, const char *cseq, const char *more)
{
    char text[TEXT_MAX];
    snprintf(text, sizeof(text),
             "%s\r\nVia: SIP/2.0/UDP 127.0.0.2:5070;branch=z9hG4bK1\r\n%sCSeq: %s\r\n%s\r\n", start,
             head, cseq, more);
    receive(fixture, udp_from("127.0.0.2:5070"), text);
}

START_TEST(malformed_requests_get_their_status)
{
    struct fixture *fixture = fixture_new(NULL);
    come(fixture, "MESSAGE sip:bob@example.com SIP/2.0", "1 INFO", ""); /* not its method */
    ck_assert_uint_eq(fixture->net.sent_count, 1);
    ck_assert(starts(last_text(fixture), "SIP/2.0 400 "));
    come(fixture, "MESSAGE sip:bob@example.com SIP/7.0", "1 MESSAGE", "");
    ck_assert(starts(last_text(fixture), "SIP/2.0 505 "));
    ck_assert_uint_eq(count_of(fixture, METRIC_messages_malformed), 2);
    ck_assert_uint_eq(count_of(fixture, METRIC_messages_dropped), 0);
    ck_assert_uint_eq(count_of(fixture, METRIC_transactions_server), 0);
    ck_assert_uint_eq(fixture->requests, 0);
    fixture_free(fixture);
}
END_TEST

START_TEST(what_cannot_be_answered_is_dropped)
{
    struct fixture *fixture = fixture_new(NULL);
    receive(fixture, udp_from("127.0.0.2:5070"), "hello\r\n\r\n");
    receive(fixture, udp_from("127.0.0.2:5070"), "MESSAGE sip:bob@example.com SIP/2.0\r\n\r\n");
    come(fixture, "ACK sip:bob@example.com SIP/2.0", "1 INVITE", "");      /* malformed ACK */
    come(fixture, "SIP/2.0 200 OK", "1 NOTIFY", "Content-Length: 99\r\n"); /* RFC 3261 18.3 */
    ck_assert_uint_eq(count_of(fixture, METRIC_messages_malformed), 4);
    ck_assert_uint_eq(count_of(fixture, METRIC_messages_dropped), 4);
    ck_assert_uint_eq(fixture->net.sent_count, 0);
    fixture_free(fixture);
}
END_TEST

START_TEST(ack_comes_up_and_is_not_answered)
{
    struct fixture *fixture = fixture_new(NULL);
    come(fixture, "ACK sip:bob@example.com SIP/2.0", "1 ACK", "");
    ck_assert_uint_eq(fixture->requests, 1);
    ck_assert_uint_eq(fixture->net.sent_count, 0);
    fixture_free(fixture);
}
END_TEST

START_TEST(stray_responses_are_counted_and_dropped)
{
    struct fixture *fixture = fixture_new(NULL);
    come(fixture, "SIP/2.0 200 OK", "1 NOTIFY", "");
    ck_assert_uint_eq(count_of(fixture, METRIC_responses_stray), 1);
    ck_assert_uint_eq(fixture->requests, 0);
    ck_assert_uint_eq(fixture->net.sent_count, 0);
    fixture_free(fixture);
}
END_TEST

static void broken(struct fixture *fixture, const struct net_flow *flow, const char *start,
                   unsigned status)
{
    char text[TEXT_MAX];
    snprintf(text, sizeof(text),
             "%s\r\nVia: SIP/2.0/TCP 127.0.0.2:5070;branch=z9hG4bK1\r\n%sCSeq: 1 MESSAGE\r\n"
             "Content-Length: 9999999\r\n\r\n",
             start, head);
    fixture->net.handler.broken(fixture->net.handler.context, flow, bytes_of(text), status,
                                "Too much");
}

/* RFC 3261 18.3: a stream that cannot be followed still gets its answer when there is one. */
START_TEST(broken_streams_are_answered)
{
    struct fixture *fixture = fixture_new(NULL);
    struct net_flow flow = tcp_from(fixture, "127.0.0.2:9988");
    broken(fixture, &flow, "MESSAGE sip:bob@example.com SIP/2.0", 413);
    ck_assert_uint_eq(fixture->net.sent_count, 1);
    ck_assert(starts(last_text(fixture), "SIP/2.0 413 Too much\r\n"));
    ck_assert_uint_eq(last_flow(fixture)->connection, flow.connection);
    broken(fixture, &flow, "\x16\x03\x01 nonsense", 400);
    broken(fixture, &flow, "SIP/2.0 200 OK", 400);
    ck_assert_uint_eq(fixture->net.sent_count, 1);
    ck_assert_uint_eq(count_of(fixture, METRIC_messages_malformed), 3);
    fixture_free(fixture);
}
END_TEST

/* RFC 7118 5: a WebSocket keeps messages apart, as datagrams do; RFC 3261 18.3: TCP does not. */
START_TEST(websocket_messages_need_no_length)
{
    static const enum net_protocol protocols[] = {NET_WS, NET_WSS, NET_TCP, NET_TLS};
    for (size_t i = 0; i < 4; i++) {
        struct fixture *fixture = fixture_new(NULL);
        struct net_flow flow = tcp_from(fixture, "127.0.0.2:9988");
        flow.protocol = protocols[i];
        receive(fixture, flow,
                "MESSAGE sip:bob@example.com SIP/2.0\r\n"
                "Via: SIP/2.0/WSS df7jal23ls0d.invalid;branch=z9hG4bK1\r\n"
                "From: <sip:alice@example.com>;tag=a1\r\nTo: <sip:bob@example.com>\r\n"
                "Call-ID: c1\r\nCSeq: 1 MESSAGE\r\n\r\nhello");
        ck_assert_uint_eq(fixture->requests, i < 2 ? 1 : 0);
        ck_assert_uint_eq(count_of(fixture, METRIC_messages_malformed), i < 2 ? 0 : 1);
        fixture_free(fixture);
    }
}
END_TEST

START_TEST(usual_settings)
{
    struct fixture *fixture = fixture_new(NULL);
    const struct transaction_settings *settings = transaction_layer_settings(fixture->layer);
    ck_assert_uint_eq(settings->t1_ms, 500); /* RFC 3261 table 4 */
    ck_assert_uint_eq(settings->t2_ms, 4000);
    ck_assert_uint_eq(settings->t4_ms, 5000);
    ck_assert_uint_eq(settings->server_max, 200000);
    ck_assert_uint_eq(settings->client_max, 200000);
    fixture_free(fixture);
}
END_TEST

static void note_late(struct fixture *fixture, struct incoming *incoming)
{
    ck_assert_uint_eq(incoming->late_ms, 17);
    ck_assert_ptr_nonnull(transaction_begin(fixture->layer, incoming));
}

/* The front end learns how late we are; a retransmission asks nobody. */
START_TEST(how_late_a_request_is)
{
    static const char via[] = "SIP/2.0/UDP 127.0.0.2:5070;branch=z9hG4bK-late";
    struct fixture *fixture = fixture_new(NULL);
    fixture->net.late_ms = 17;
    fixture->on_request = note_late;
    receive(fixture, udp_from("127.0.0.2:5070"), request_text(fixture, "MESSAGE", via));
    receive(fixture, udp_from("127.0.0.2:5070"), request_text(fixture, "MESSAGE", via));
    ck_assert_uint_eq(fixture->net.late_asked, 1);
    fixture_free(fixture);
}
END_TEST

UNIT_MAIN("layer", malformed_requests_get_their_status, what_cannot_be_answered_is_dropped,
          ack_comes_up_and_is_not_answered, stray_responses_are_counted_and_dropped,
          broken_streams_are_answered, websocket_messages_need_no_length, usual_settings,
          how_late_a_request_is)
