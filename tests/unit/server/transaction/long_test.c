/* long_test.c: requests that are too long for a datagram (RFC 3261 18.1.1). */
#include "invites.h"

static struct net_target target(enum net_protocol protocol, const char *at)
{
    return (struct net_target){protocol, address(at)};
}

/* Sends a MESSAGE that has this length when its Via says UDP or TCP. */
static void send_of_length(struct fixture *fixture, size_t length, enum sip_method method,
                           const struct net_flow *flow, struct outcome *outcome)
{
    /* Via: SIP/2.0/UDP 127.0.0.1:5060;rport;branch=z9hG4bK, a token, CR LF */
    struct token token = token_make(&fixture->world, 17, store_epoch(fixture->store));
    size_t via = 17 + 14 + 21 + token_bytes(&token).length + 2;
    const char *line = method == SIP_ACK ? "ACK sip:bob@host.example.com SIP/2.0\r\n"
                                         : "MESSAGE sip:bob@host.example.com SIP/2.0\r\n";
    const char *fields =
        "From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: 1\r\nCSeq: 1 MESSAGE\r\n"
        "Content-Length: 0\r\n\r\n";
    size_t rest = length - via - strlen(line) - strlen(fields);
    char *text = memory_new(rest + 1);
    memset(text, 'x', rest);
    struct blob *body = blob_new(bytes_of(text));
    const struct client_request request = {
        .line = bytes_of(line),
        .head = bytes_of(fields),
        .body = body,
        .method = method,
        .method_name = method == SIP_ACK ? BYTES("ACK") : BYTES("MESSAGE"),
        .flow = flow,
        .next_hop = BYTES("sip:bob@host.example.com"),
        .partition = 17,
        .answer = method == SIP_ACK ? NULL : note,
        .context = method == SIP_ACK ? NULL : outcome,
    };
    ck_assert_uint_ne(transaction_request(fixture->layer, &request), 0);
    blob_unref(&body);
    free(text);
}

static void send_long(struct fixture *fixture, struct outcome *outcome)
{
    struct net_target found = target(NET_UDP, "127.0.0.9:5070");
    send_of_length(fixture, 1301, SIP_MESSAGE, NULL, outcome);
    fake_found(&fixture->net, &found, 1);
}

static bool went_by(struct fixture *fixture, enum net_protocol protocol)
{
    struct net_address there = address("127.0.0.9:5070");
    const char *via = protocol == NET_UDP ? "\r\nVia: SIP/2.0/UDP " : "\r\nVia: SIP/2.0/TCP ";
    return last_flow(fixture)->protocol == protocol &&
           net_address_equal(&last_flow(fixture)->remote, &there) &&
           strstr(last_text(fixture), via) != NULL;
}

static void cut(struct fixture *fixture)
{
    uint64_t connection = last_flow(fixture)->connection;
    fixture->net.open[connection] = false;
    fixture->net.handler.closed(fixture->net.handler.context, connection, ERR_IO);
    elapse(fixture, 0);
}

START_TEST(over_1300_bytes_goes_by_tcp)
{
    struct fixture *fixture = fixture_new(NULL);
    struct net_target found = target(NET_UDP, "127.0.0.9:5070");
    for (size_t length = 1290; length <= 1310; length++) {
        struct outcome outcome = {0};
        send_of_length(fixture, length, SIP_MESSAGE, NULL, &outcome);
        fake_found(&fixture->net, &found, 1);
        ck_assert_uint_eq(strlen(last_text(fixture)), length);
        ck_assert(went_by(fixture, length > 1300 ? NET_TCP : NET_UDP));
        receive(fixture, *last_flow(fixture), response_to(fixture, 200));
        ck_assert_uint_eq(outcome.status, 200);
    }
    ck_assert_uint_eq(count_of(fixture, METRIC_requests_by_stream), 10);
    fixture_free(fixture);
}
END_TEST

START_TEST(the_limit_is_a_setting)
{
    struct transaction_settings settings = transaction_settings_default();
    settings.datagram_max_bytes = 400;
    struct fixture *fixture = fixture_new(&settings);
    struct net_target found = target(NET_UDP, "127.0.0.9:5070");
    struct outcome outcome = {0};
    for (size_t length = 400; length <= 401; length++) {
        send_of_length(fixture, length, SIP_MESSAGE, NULL, &outcome);
        fake_found(&fixture->net, &found, 1);
        ck_assert(went_by(fixture, length == 400 ? NET_UDP : NET_TCP));
    }
    fixture_free(fixture);
}
END_TEST

/* A phone behind a NAT cannot be dialled: its own flow stays the way, whatever the length. */
START_TEST(a_flow_over_udp_stays)
{
    struct fixture *fixture = fixture_new(NULL);
    struct net_flow flow = udp_from("127.0.0.9:5070");
    struct outcome outcome = {0};
    send_of_length(fixture, 3000, SIP_MESSAGE, &flow, &outcome);
    ck_assert(went_by(fixture, NET_UDP));
    fixture_free(fixture);
}
END_TEST

/* 18.1.1: nobody listens there by TCP, so UDP it is, with a new branch and a Via that says so. */
START_TEST(a_refused_connection_leads_back_to_udp)
{
    struct fixture *fixture = fixture_new(NULL);
    struct outcome outcome = {0};
    send_long(fixture, &outcome);
    ck_assert(went_by(fixture, NET_TCP));
    cut(fixture);
    ck_assert(went_by(fixture, NET_UDP));
    ck_assert_uint_eq(fixture->net.shun_count, 0); /* the host is not to blame */
    elapse(fixture, 500);
    ck_assert_uint_eq(fixture->net.sent_count, 3); /* and timer E runs */
    receive(fixture, *last_flow(fixture), response_to(fixture, 200));
    ck_assert_uint_eq(outcome.status, 200);
    fixture_free(fixture);
}
END_TEST

/* Remembered for a while, so that not every request waits for the same refusal. */
START_TEST(the_refusal_is_remembered_for_a_while)
{
    struct fixture *fixture = fixture_new(NULL);
    struct outcome outcome = {0};
    send_long(fixture, &outcome);
    cut(fixture);
    elapse(fixture, 29999);
    send_long(fixture, &outcome);
    ck_assert(went_by(fixture, NET_UDP));
    elapse(fixture, 1);
    send_long(fixture, &outcome);
    ck_assert(went_by(fixture, NET_TCP));
    fixture_free(fixture);
}
END_TEST

START_TEST(only_so_many_refusals_are_remembered)
{
    struct fixture *fixture = fixture_new(NULL);
    for (unsigned i = 0; i < 40; i++) {
        struct outcome outcome = {0};
        char host[32];
        snprintf(host, sizeof(host), "127.0.1.%u:5070", i);
        struct net_target found = target(NET_UDP, host);
        send_of_length(fixture, 1301, SIP_MESSAGE, NULL, &outcome);
        fake_found(&fixture->net, &found, 1);
        ck_assert(last_flow(fixture)->protocol == NET_TCP);
        cut(fixture);
        ck_assert(last_flow(fixture)->protocol == NET_UDP);
        receive(fixture, *last_flow(fixture), response_to(fixture, 200));
        ck_assert_uint_eq(outcome.status, 200);
    }
    ck_assert_uint_eq(count_of(fixture, METRIC_stream_refusals_evicted), 40 - 32);
    fixture_free(fixture);
}
END_TEST

START_TEST(no_connection_at_all_is_udp_at_once)
{
    struct fixture *fixture = fixture_new(NULL);
    struct outcome outcome = {0};
    fixture->net.stream_connect_fails = ERR_NOT_FOUND;
    send_long(fixture, &outcome);
    ck_assert_uint_eq(fixture->net.sent_count, 1);
    ck_assert(went_by(fixture, NET_UDP));
    fixture_free(fixture);
}
END_TEST

/* No answer to the connect: as with any silent way. */
START_TEST(a_silent_connection_leads_back_to_udp)
{
    struct fixture *fixture = fixture_new(NULL);
    struct outcome outcome = {0};
    send_long(fixture, &outcome);
    elapse(fixture, 7499);
    ck_assert(went_by(fixture, NET_TCP));
    elapse(fixture, 1);
    ck_assert(went_by(fixture, NET_UDP));
    ck_assert_uint_eq(fixture->net.shun_count, 0);
    elapse(fixture, 32000 - 7500);
    ck_assert_uint_eq(outcome.status, 408);
    ck_assert_uint_eq(fixture->net.shun_count, 1);
    fixture_free(fixture);
}
END_TEST

/* Who answers 503 by TCP would answer it by UDP: the next target is next. */
START_TEST(a_503_by_tcp_is_not_asked_again_by_udp)
{
    struct fixture *fixture = fixture_new(NULL);
    const struct net_target found[] = {target(NET_UDP, "127.0.0.9:5070"),
                                       target(NET_UDP, "127.0.0.8:5070")};
    struct outcome outcome = {0};
    send_of_length(fixture, 1301, SIP_MESSAGE, NULL, &outcome);
    fake_found(&fixture->net, found, 2);
    receive(fixture, *last_flow(fixture), response_to(fixture, 503));
    elapse(fixture, 0);
    ck_assert_uint_eq(fixture->net.sent_count, 2);
    ck_assert(net_address_equal(&last_flow(fixture)->remote, &found[1].address));
    ck_assert(last_flow(fixture)->protocol == NET_TCP);
    cut(fixture);
    ck_assert(last_flow(fixture)->protocol == NET_UDP);
    receive(fixture, *last_flow(fixture), response_to(fixture, 503));
    ck_assert_uint_eq(outcome.status, 503);
    ck_assert(outcome.response);
    fixture_free(fixture);
}
END_TEST

START_TEST(the_next_target_follows_when_udp_fails_too)
{
    struct fixture *fixture = fixture_new(NULL);
    const struct net_target found[] = {target(NET_UDP, "127.0.0.8:5070"),
                                       target(NET_TCP, "127.0.0.9:5070")};
    struct outcome outcome = {0};
    send_of_length(fixture, 1301, SIP_MESSAGE, NULL, &outcome);
    fake_found(&fixture->net, found, 2);
    fixture->net.send_fails = ERR_IO; /* too long for UDP, says the system */
    uint64_t connection = last_flow(fixture)->connection;
    fixture->net.open[connection] = false;
    fixture->net.handler.closed(fixture->net.handler.context, connection, ERR_IO);
    world_tick(&fixture->world, fixture->world.now_ms, fixture->world.wall_ms);
    fixture->net.send_fails = ERR_NONE;
    elapse(fixture, 0);
    ck_assert(went_by(fixture, NET_TCP));
    fixture_free(fixture);
}
END_TEST

/* An ACK leaves nothing behind, but one that nobody takes by TCP would never arrive. */
START_TEST(a_long_ack_waits_whether_its_connection_is_taken)
{
    for (unsigned taken = 0; taken < 2; taken++) {
        struct fixture *fixture = fixture_new(NULL);
        struct net_target found = target(NET_UDP, "127.0.0.9:5070");
        send_of_length(fixture, 1301, SIP_ACK, NULL, NULL);
        fake_found(&fixture->net, &found, 1);
        ck_assert(went_by(fixture, NET_TCP));
        elapse(fixture, taken ? 5000 : 4999);
        ck_assert(taken == (wheel_next_ms(fixture->world.wheel) == UINT64_MAX));
        cut(fixture);
        ck_assert(went_by(fixture, taken ? NET_TCP : NET_UDP));
        ck_assert_uint_eq(fixture->net.sent_count, taken ? 1 : 2);
        ck_assert_uint_eq(wheel_next_ms(fixture->world.wheel), UINT64_MAX);
        fixture_free(fixture);
    }
}
END_TEST

/* An INVITE, its ACK and its CANCEL go together (RFC 3261 9.1, 17.1.1.2). */
START_TEST(what_belongs_to_a_long_invite_goes_its_way)
{
    struct transaction_settings settings = transaction_settings_default();
    settings.datagram_max_bytes = 400;
    struct fixture *fixture = fixture_new(&settings);
    struct net_target found = target(NET_UDP, "127.0.0.9:5070");
    struct call call = {0};
    invite_hop(fixture, NULL, "sip:host.example.com", &call);
    fake_found(&fixture->net, &found, 1);
    ck_assert(went_by(fixture, NET_TCP));
    answer(fixture, 0, 180);
    transaction_cancel(fixture->layer, call.handle, BYTES(""));
    ck_assert(starts(last_text(fixture), "CANCEL ") && went_by(fixture, NET_TCP));
    answer(fixture, 0, 487);
    ck_assert(starts(last_text(fixture), "ACK ") && went_by(fixture, NET_TCP));
    ck_assert_uint_eq(fixture->net.last_connection, 1);
    fixture_free(fixture);
}
END_TEST

UNIT_MAIN("long requests", over_1300_bytes_goes_by_tcp, the_limit_is_a_setting,
          a_flow_over_udp_stays, a_refused_connection_leads_back_to_udp,
          the_refusal_is_remembered_for_a_while, only_so_many_refusals_are_remembered,
          no_connection_at_all_is_udp_at_once, a_silent_connection_leads_back_to_udp,
          a_503_by_tcp_is_not_asked_again_by_udp, the_next_target_follows_when_udp_fails_too,
          a_long_ack_waits_whether_its_connection_is_taken,
          what_belongs_to_a_long_invite_goes_its_way)
