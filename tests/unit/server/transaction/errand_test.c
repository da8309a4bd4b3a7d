/* errand_test.c: responses whose connection has gone (RFC 3261 18.2.2, RFC 3263 5). */
#include "fixture.h"

static const char via_name[] = "SIP/2.0/TCP pc.example.com:5070;branch=z9hG4bK1";
static const char via_srv[] = "SIP/2.0/TCP example.com;branch=z9hG4bK1";
static const char via_number[] = "SIP/2.0/TCP 127.0.0.2:5070;branch=z9hG4bK1";

static void refuse(struct fixture *fixture, struct incoming *incoming)
{
    char text[TEXT_MAX];
    struct buffer out = buffer_over(text, sizeof(text));
    transaction_write(fixture->layer, incoming, &out, 404, NULL, BYTES("tag"));
    sip_write_body(&out, BYTES(""), BYTES(""));
    transaction_refuse(fixture->layer, incoming, buffer_bytes(&out));
    memset(text, 'x', sizeof(text));
}

/* A request from 127.0.0.2:40000 whose connection is gone when the answer is ready. */
static struct fixture *orphaned(const char *via)
{
    struct fixture *fixture = fixture_new(NULL);
    struct net_flow flow = tcp_from(fixture, "127.0.0.2:40000");
    fixture->on_request = refuse;
    fixture->net.open[flow.connection] = false;
    receive(fixture, flow, request_text(fixture, "MESSAGE", via));
    return fixture;
}

static void end(struct fixture *fixture, enum err why)
{
    uint64_t connection = last_flow(fixture)->connection;
    fixture->net.open[connection] = false;
    fixture->net.handler.closed(fixture->net.handler.context, connection, why);
}

static void check_sent(struct fixture *fixture, size_t count, const char *to)
{
    struct net_address expected = address(to);
    ck_assert_uint_eq(fixture->net.sent_count, count);
    ck_assert(starts(last_text(fixture), "SIP/2.0 404 "));
    ck_assert(net_address_equal(&last_flow(fixture)->remote, &expected));
}

START_TEST(the_source_and_the_port_of_the_sent_by)
{
    struct fixture *fixture = orphaned(via_number);
    check_sent(fixture, 1, "127.0.0.2:5070");
    ck_assert_uint_eq(fixture->net.lookup_count, 0);
    elapse(fixture, 32000);
    ck_assert_uint_eq(wheel_next_ms(fixture->world.wheel), UINT64_MAX); /* nothing is left */
    fixture_free(fixture);
}
END_TEST

/* RFC 3263 5: SRV when the sent-by has no port, by the transport of the Via. */
START_TEST(rfc3263_5_the_name_of_the_sent_by)
{
    struct fixture *fixture = orphaned(via_srv);
    check_sent(fixture, 1, "127.0.0.2:5060");
    end(fixture, ERR_IO);
    ck_assert_uint_eq(fixture->net.lookup_count, 0); /* not inside the net's call */
    elapse(fixture, 0);
    ck_assert_uint_eq(fixture->net.lookup_count, 1);
    ck_assert_str_eq(fixture->net.looked_up, "example.com 0 TCP named");
    const struct net_target targets[] = {{.protocol = NET_TCP, .address = address("127.0.0.7:1")},
                                         {.protocol = NET_UDP, .address = address("127.0.0.8:2")},
                                         {.protocol = NET_TCP, .address = address("127.0.0.9:3")}};
    fake_found(&fixture->net, targets, 3);
    check_sent(fixture, 2, "127.0.0.7:1");
    end(fixture, ERR_TIMEOUT);
    elapse(fixture, 0);
    check_sent(fixture, 3, "127.0.0.9:3"); /* the next one; never another transport */
    end(fixture, ERR_IO);
    elapse(fixture, 0);
    ck_assert_uint_eq(fixture->net.sent_count, 3);
    ck_assert_uint_eq(fixture->net.lookup_count, 0);
    ck_assert_uint_eq(count_of(fixture, METRIC_responses_lost), 1);
    fixture_free(fixture);
}
END_TEST

START_TEST(a_target_that_cannot_be_dialled_is_passed_over)
{
    struct fixture *fixture = fixture_new(NULL);
    struct net_flow flow = tcp_from(fixture, "127.0.0.2:40000");
    fixture->on_request = refuse;
    fixture->net.open[flow.connection] = false;
    fixture->net.connect_failures = 1;
    fixture->net.connect_fails = ERR_LIMIT;
    receive(fixture, flow, request_text(fixture, "MESSAGE", via_name));
    ck_assert_str_eq(fixture->net.looked_up, "pc.example.com 5070 TCP named");
    const struct net_target targets[] = {{.protocol = NET_TCP, .address = address("127.0.0.7:1")},
                                         {.protocol = NET_TCP, .address = address("127.0.0.9:3")}};
    fixture->net.connect_failures = 1;
    fake_found(&fixture->net, targets, 2);
    check_sent(fixture, 1, "127.0.0.9:3");
    fixture_free(fixture);
}
END_TEST

/* No name, or one that nobody knows: it is lost, and counted. */
START_TEST(lost)
{
    struct fixture *fixture = orphaned(via_number);
    end(fixture, ERR_IO);
    elapse(fixture, 0);
    ck_assert_uint_eq(fixture->net.lookup_count, 0); /* never to what only the request names */
    ck_assert_uint_eq(count_of(fixture, METRIC_responses_lost), 1);
    fixture_free(fixture);
    fixture = orphaned(via_name);
    end(fixture, ERR_IO);
    elapse(fixture, 0);
    fake_found(&fixture->net, NULL, 0);
    ck_assert_uint_eq(count_of(fixture, METRIC_responses_lost), 1);
    fixture_free(fixture);
}
END_TEST

/* Who hangs up was there. */
START_TEST(a_connection_that_was_there_ends_it)
{
    struct fixture *fixture = orphaned(via_name);
    end(fixture, ERR_CLOSED);
    elapse(fixture, 40000);
    ck_assert_uint_eq(fixture->net.sent_count, 1);
    ck_assert_uint_eq(fixture->net.lookup_count, 0);
    ck_assert_uint_eq(count_of(fixture, METRIC_responses_lost), 0);
    fixture_free(fixture);
}
END_TEST

/* After 64*T1 nobody waits for it. */
START_TEST(forgotten_in_time)
{
    struct fixture *fixture = orphaned(via_name);
    elapse(fixture, 32000);
    end(fixture, ERR_IO);
    elapse(fixture, 0);
    ck_assert_uint_eq(fixture->net.lookup_count, 0);
    fixture_free(fixture);
}
END_TEST

/* WebSocket clients cannot be dialled (RFC 7118 5). */
START_TEST(websocket_flows_have_their_connection_alone)
{
    struct fixture *fixture = fixture_new(NULL);
    struct net_flow flow = tcp_from(fixture, "127.0.0.2:40000");
    flow.protocol = NET_WS;
    fixture->on_request = refuse;
    receive(fixture, flow, request_text(fixture, "MESSAGE", "SIP/2.0/WS x.invalid;branch=z9hG4bK"));
    ck_assert_uint_eq(fixture->net.sent_count, 1);
    fixture->net.open[flow.connection] = false;
    receive(fixture, flow,
            request_text(fixture, "MESSAGE", "SIP/2.0/WS x.invalid;branch=z9hG4bK2"));
    ck_assert_uint_eq(fixture->net.sent_count, 1);
    ck_assert_uint_eq(fixture->net.lookup_count, 0);
    ck_assert_uint_eq(count_of(fixture, METRIC_responses_lost), 1);
    fixture_free(fixture);
}
END_TEST

/* TLS has a port of its own, and the name must be proved there. */
START_TEST(tls_goes_to_5061)
{
    struct fixture *fixture = fixture_new(NULL);
    struct net_flow flow = tcp_from(fixture, "127.0.0.2:40000");
    flow.protocol = NET_TLS;
    fixture->net.connect_failures = 1;
    fixture->net.connect_fails = ERR_LIMIT;
    fixture->on_request = refuse;
    fixture->net.open[flow.connection] = false;
    receive(fixture, flow,
            request_text(fixture, "MESSAGE", "SIP/2.0/TLS a.example.com;branch=z9hG4bK"));
    ck_assert_uint_eq(fixture->net.lookup_count, 1);
    ck_assert_str_eq(fixture->net.looked_up, "a.example.com 0 TLS named");
    ck_assert_uint_eq(fixture->net.connected.address.port, 5061);
    ck_assert(bytes_equal(fixture->net.connected.domain, BYTES("a.example.com")));
    fixture_free(fixture);
}
END_TEST

/* An error on UDP tries nothing else: the source is all that we know to be true. */
START_TEST(datagrams_are_sent_once)
{
    struct fixture *fixture = fixture_new(NULL);
    fixture->on_request = refuse;
    fixture->net.send_fails = ERR_IO;
    receive(fixture, udp_from("127.0.0.2:5070"),
            request_text(fixture, "MESSAGE",
                         "SIP/2.0/UDP pc.example.com;maddr=127.0.0.9;branch=z9hG4bK1"));
    ck_assert_uint_eq(fixture->net.lookup_count, 0);
    ck_assert_uint_eq(count_of(fixture, METRIC_responses_lost), 1);
    fixture->net.send_fails = ERR_NONE;
    receive(fixture, udp_from("127.0.0.2:5070"),
            request_text(fixture, "MESSAGE",
                         "SIP/2.0/UDP pc.example.com;maddr=127.0.0.9;branch=z9hG4bK2"));
    check_sent(fixture, 1, "127.0.0.2:5060"); /* maddr is not followed */
    fixture_free(fixture);
}
END_TEST

/* They are counted and bounded, and nothing is left of them at the end. */
START_TEST(bounded)
{
    struct transaction_settings settings = transaction_settings_default();
    settings.server_max_bytes = 65536;
    struct fixture *fixture = fixture_new(&settings);
    struct net_flow flow = tcp_from(fixture, "127.0.0.2:40000");
    fixture->on_request = refuse;
    fixture->net.open[flow.connection] = false;
    for (int i = 0; i < 400; i++)
        receive(fixture, flow, request_text(fixture, "MESSAGE", via_name));
    ck_assert_uint_gt(fixture->net.sent_count, 20);
    ck_assert_uint_lt(fixture->net.sent_count, 200);
    ck_assert_uint_eq(count_of(fixture, METRIC_responses_lost), 400 - fixture->net.sent_count);
    elapse(fixture, 32000);
    size_t before = fixture->net.sent_count;
    receive(fixture, flow, request_text(fixture, "MESSAGE", via_name));
    ck_assert_uint_eq(fixture->net.sent_count, before + 1);
    end(fixture, ERR_IO);
    elapse(fixture, 0);
    fixture_free(fixture); /* with a lookup under way */
}
END_TEST

UNIT_MAIN("errands", the_source_and_the_port_of_the_sent_by, rfc3263_5_the_name_of_the_sent_by,
          a_target_that_cannot_be_dialled_is_passed_over, lost, a_connection_that_was_there_ends_it,
          forgotten_in_time, websocket_flows_have_their_connection_alone, tls_goes_to_5061,
          datagrams_are_sent_once, bounded)
