/* ack_test.c: the ACK for a failure (RFC 3261 17.1.1.3), timer D, and ACKs of the user's. */
#include "invites.h"

static uint64_t stray(struct fixture *fixture)
{
    return count_of(fixture, METRIC_responses_stray);
}

/* 17.1.1.3, byte for byte: Request-URI, Via, Route, From, Call-ID and the number of the INVITE; To
 * of the response; no body, no Require, none of the other fields. */
START_TEST(rfc3261_17_1_1_3_construction)
{
    struct fixture *fixture = fixture_new(NULL);
    struct call call = {0};
    char expected[TEXT_MAX], via[VALUE_MAX];
    invite_udp(fixture, &call);
    answer_with(fixture, 0, 486, "b;x=\"y\"", "");
    field_of(sent_text(fixture, 0), "Via", via);
    snprintf(expected, sizeof(expected),
             "ACK sip:bob@192.0.2.4:5080;transport=udp SIP/2.0\r\nVia: %s\r\nMax-Forwards: 70\r\n"
             "Route: <sip:p1.example.com;lr>, <sip:p2.example.com;lr>\r\n"
             "Route: <sip:p3.example.com;lr>\r\n"
             "From: \"Alice\" <sip:alice@example.com>;tag=a1\r\n"
             "To: <sip:bob@example.com>;tag=b;x=\"y\"\r\n"
             "Call-ID: call-1@example.com\r\nCSeq: 314159 ACK\r\nContent-Length: 0\r\n\r\n",
             via);
    ck_assert_str_eq(last_text(fixture), expected);
    ck_assert(net_flow_equal(last_flow(fixture), &fixture->net.sent[0].flow));
    fixture_free(fixture);
}
END_TEST

/* The example of 17.1.1.3: "Max-Forwards: 70" there too. */
START_TEST(rfc3261_17_1_1_3_example)
{
    struct fixture *fixture = fixture_new(NULL);
    struct net_flow flow = udp_from("127.0.0.2:5070");
    struct call call = {0};
    struct client_request request = invite(fixture, &call);
    char value[VALUE_MAX];
    request.line = BYTES("INVITE sip:bob@biloxi.com SIP/2.0\r\n");
    request.head = BYTES("To: Bob <sip:bob@biloxi.com>\r\n"
                         "From: Alice <sip:alice@atlanta.com>;tag=88sja8x\r\nMax-Forwards: 70\r\n"
                         "Call-ID: 987asjd97y7atg\r\nCSeq: 986759 INVITE\r\n\r\n");
    request.flow = &flow;
    transaction_request(fixture->layer, &request);
    answer_with(fixture, 0, 404, "99sa0xk", "");
    const char *ack = last_text(fixture);
    ck_assert(starts(ack, "ACK sip:bob@biloxi.com SIP/2.0\r\n"));
    ck_assert_str_eq(field_of(ack, "To", value), "Bob <sip:bob@biloxi.com>;tag=99sa0xk");
    ck_assert_str_eq(field_of(ack, "From", value), "Alice <sip:alice@atlanta.com>;tag=88sja8x");
    ck_assert_str_eq(field_of(ack, "Call-ID", value), "987asjd97y7atg");
    ck_assert_str_eq(field_of(ack, "CSeq", value), "986759 ACK");
    ck_assert_str_eq(field_of(ack, "Max-Forwards", value), "70");
    ck_assert_str_eq(field_of(ack, "Route", value), "");
    fixture_free(fixture);
}
END_TEST

START_TEST(a_body_that_lies_elsewhere_does_not_matter)
{
    struct fixture *fixture = fixture_new(NULL);
    struct net_flow flow = udp_from("127.0.0.2:5070");
    struct call call = {0};
    struct client_request request = invite(fixture, &call);
    struct blob *body = blob_new(BYTES("v=0\n"));
    request.head = BYTES("To: <sip:bob@biloxi.com>\r\nFrom: <sip:alice@atlanta.com>;tag=8\r\n"
                         "Call-ID: 9\r\nCSeq: 9 INVITE\r\nContent-Length: 4\r\n\r\n");
    request.flow = &flow;
    request.body = body;
    transaction_request(fixture->layer, &request);
    blob_unref(&body);
    answer(fixture, 0, 404);
    ck_assert(starts(last_text(fixture), "ACK sip:bob@192.0.2.4"));
    ck_assert_ptr_nonnull(
        strstr(last_text(fixture), "\r\nCSeq: 9 ACK\r\nContent-Length: 0\r\n\r\n"));
    fixture_free(fixture);
}
END_TEST

/* Timer D: at least 32 s over UDP whatever T1 is, and 64*T1 if that is longer. Each response that
 * comes again is acknowledged again. */
static void check_timer_d(unsigned t1_ms, unsigned expected_ms)
{
    struct transaction_settings settings = transaction_settings_default();
    settings.t1_ms = t1_ms;
    struct fixture *fixture = fixture_new(&settings);
    struct call call = {0};
    invite_udp(fixture, &call);
    answer(fixture, 0, 486);
    ck_assert_uint_eq(fixture->net.sent_count, 2);
    answer(fixture, 0, 486);
    elapse(fixture, expected_ms - 1);
    answer(fixture, 0, 486);
    ck_assert_uint_eq(fixture->net.sent_count, 4);
    ck_assert_str_eq(sent_text(fixture, 1), sent_text(fixture, 3));
    answer(fixture, 0, 180); /* neither is a reason for an ACK */
    answer(fixture, 0, 200);
    ck_assert_uint_eq(fixture->net.sent_count, 4);
    ck_assert_uint_eq(stray(fixture), 0);
    elapse(fixture, 1);
    answer(fixture, 0, 486);
    ck_assert_uint_eq(fixture->net.sent_count, 4);
    ck_assert_uint_eq(stray(fixture), 1);
    ck_assert_uint_eq(call.count, 1);
    ck_assert_uint_eq(wheel_next_ms(fixture->world.wheel), UINT64_MAX);
    fixture_free(fixture);
}

START_TEST(timer_d)
{
    check_timer_d(500, 32000);
    check_timer_d(100, 32000);
    check_timer_d(1000, 64000);
}
END_TEST

START_TEST(timer_d_is_zero_on_streams)
{
    struct fixture *fixture = fixture_new(NULL);
    struct net_flow flow = tcp_from(fixture, "127.0.0.2:40000");
    struct call call = {0};
    invite_hop(fixture, &flow, NULL, &call);
    answer(fixture, 0, 603);
    ck_assert_uint_eq(fixture->net.sent_count, 2);
    ck_assert(starts(last_text(fixture), "ACK "));
    ck_assert_uint_eq(wheel_next_ms(fixture->world.wheel), UINT64_MAX);
    answer(fixture, 0, 603);
    ck_assert_uint_eq(fixture->net.sent_count, 2);
    ck_assert_uint_eq(stray(fixture), 1);
    fixture_free(fixture);
}
END_TEST

/* 17.1.3 and 18.1.2 hold in this state too. */
START_TEST(what_does_not_match_is_not_acknowledged_again)
{
    static const char *const changes[][2] = {
        {"z9hG4bK", "z9hG4bKx"},
        {"127.0.0.1:5060", "127.0.0.1:5061"},
        {"127.0.0.1:5060", "127.0.0.9:5060"},
        {"314159 INVITE", "314159 OPTIONS"},
    };
    struct fixture *fixture = fixture_new(NULL);
    struct call call = {0};
    char text[TEXT_MAX];
    invite_udp(fixture, &call);
    char busy[TEXT_MAX];
    snprintf(busy, sizeof(busy), "%s", response_to(fixture, 486));
    receive(fixture, udp_from("127.0.0.2:5070"), busy);
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        const char *at = strstr(busy, changes[i][0]);
        ck_assert_ptr_nonnull(at);
        snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - busy), busy, changes[i][1],
                 at + strlen(changes[i][0]));
        receive(fixture, udp_from("127.0.0.2:5070"), text);
        ck_assert_uint_eq(fixture->net.sent_count, 2);
        ck_assert_uint_eq(stray(fixture), i + 1);
    }
    receive(fixture, udp_from("127.0.0.2:5070"), busy);
    ck_assert_uint_eq(fixture->net.sent_count, 3);
    fixture_free(fixture);
}
END_TEST

START_TEST(a_network_that_refuses_the_ack_is_no_news)
{
    struct fixture *fixture = fixture_new(NULL);
    struct call call = {0};
    invite_udp(fixture, &call);
    fixture->net.send_fails = ERR_IO;
    answer(fixture, 0, 486);
    fixture->net.send_fails = ERR_NONE;
    ck_assert_uint_eq(call.told[0], 486);
    ck_assert(call.response[0]);
    answer(fixture, 0, 486);
    ck_assert(starts(last_text(fixture), "ACK "));
    fixture_free(fixture);
}
END_TEST

/* Their memory is that of client transactions: the oldest give way, by number and by bytes. */
START_TEST(completed_ones_are_bounded)
{
    struct transaction_settings settings = transaction_settings_default();
    settings.client_max = 3;
    struct fixture *fixture = fixture_new(&settings);
    struct call calls[5] = {0};
    for (unsigned i = 0; i < 5; i++) {
        invite_udp(fixture, &calls[i]);
        answer(fixture, fixture->net.sent_count - 1, 486);
    }
    ck_assert_uint_eq(count_of(fixture, METRIC_transactions_evicted), 2);
    for (unsigned i = 0; i < 5; i++) {
        size_t before = fixture->net.sent_count;
        answer(fixture, 2 * i, 486);
        ck_assert_uint_eq(fixture->net.sent_count, before + (i >= 2));
    }
    elapse(fixture, 32000);
    ck_assert_uint_eq(wheel_next_ms(fixture->world.wheel), UINT64_MAX);
    fixture_free(fixture);
}
END_TEST

START_TEST(completed_ones_make_room)
{
    struct transaction_settings settings = transaction_settings_default();
    settings.client_max_bytes = 1;
    struct fixture *fixture = fixture_new(&settings);
    struct call calls[2] = {0};
    struct client_request request = invite(fixture, &calls[1]);
    struct net_flow flow = udp_from("127.0.0.2:5070");
    request.flow = &flow;
    invite_udp(fixture, &calls[0]);
    ck_assert_uint_eq(transaction_request(fixture->layer, &request), 0);
    answer(fixture, 0, 486);
    ck_assert_uint_ne(transaction_request(fixture->layer, &request), 0);
    ck_assert_uint_eq(count_of(fixture, METRIC_transactions_evicted), 1);
    fixture_free(fixture);
}
END_TEST

/* The user's own ACK, for a 2xx. */
static struct client_request ack(const char *next_hop, const struct net_flow *flow)
{
    return (struct client_request){
        .line = BYTES("ACK sip:bob@192.0.2.4 SIP/2.0\r\n"),
        .head = BYTES("From: <sip:alice@example.com>;tag=a1\r\nTo: <sip:bob@example.com>;tag=b1\r\n"
                      "Call-ID: c1\r\nCSeq: 1 ACK\r\nContent-Length: 0\r\n\r\n"),
        .method = SIP_ACK,
        .method_name = BYTES("ACK"),
        .flow = flow,
        .next_hop = bytes_of(next_hop),
        .partition = 17,
    };
}

START_TEST(an_ack_is_sent_once_and_leaves_nothing)
{
    struct fixture *fixture = fixture_new(NULL);
    struct net_flow flows[] = {udp_from("127.0.0.2:5070"), tcp_from(fixture, "127.0.0.2:40000")};
    for (unsigned i = 0; i < 2; i++) {
        struct client_request request = ack(NULL, &flows[i]);
        uint64_t handle = transaction_request(fixture->layer, &request);
        ck_assert_uint_ne(handle, 0);
        ck_assert_uint_eq(fixture->net.sent_count, i + 1);
        ck_assert(starts(last_text(fixture), "ACK sip:bob@192.0.2.4 SIP/2.0\r\nVia: SIP/2.0/"));
        ck_assert_uint_eq(wheel_next_ms(fixture->world.wheel), UINT64_MAX);
        transaction_forget(fixture->layer, handle);
        transaction_cancel(fixture->layer, handle, BYTES(""));
        elapse(fixture, 40000);
        ck_assert_uint_eq(fixture->net.sent_count, i + 1);
    }
    fixture_free(fixture);
}
END_TEST

START_TEST(an_ack_goes_the_ways_too)
{
    struct fixture *fixture = fixture_new(NULL);
    struct net_flow gone = tcp_from(fixture, "127.0.0.2:40000");
    const struct net_target found[] = {{NET_TCP, address("127.0.0.8:5060")},
                                       {NET_UDP, address("127.0.0.9:5060")}};
    struct client_request request = ack("sip:bob@host.example.com", &gone);
    fixture->net.open[gone.connection] = false;
    fixture->net.connect_failures = 1;
    fixture->net.connect_fails = ERR_LIMIT;
    request.after = change(fixture);
    transaction_request(fixture->layer, &request);
    store_step(fixture->store, PARTITIONS, 9, STORE_DURABLE);
    fake_found(&fixture->net, found, 2);
    ck_assert_uint_eq(fixture->net.sent_count, 1);
    ck_assert(net_address_equal(&last_flow(fixture)->remote, &found[1].address));
    ck_assert_uint_eq(wheel_next_ms(fixture->world.wheel), UINT64_MAX);
    transaction_request(fixture->layer, &request); /* and to nowhere */
    fake_found(&fixture->net, NULL, 0);
    elapse(fixture, 0);
    ck_assert_uint_eq(fixture->net.sent_count, 1);
    fixture_free(fixture);
}
END_TEST

UNIT_MAIN("ACK", rfc3261_17_1_1_3_construction, rfc3261_17_1_1_3_example,
          a_body_that_lies_elsewhere_does_not_matter, timer_d, timer_d_is_zero_on_streams,
          what_does_not_match_is_not_acknowledged_again, a_network_that_refuses_the_ack_is_no_news,
          completed_ones_are_bounded, completed_ones_make_room,
          an_ack_is_sent_once_and_leaves_nothing, an_ack_goes_the_ways_too)
