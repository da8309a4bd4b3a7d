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

/* A request from there whose connection is gone when the answer is ready. */
static struct fixture *orphaned_from(const char *peer, const char *via)
{
    struct fixture *fixture = fixture_new(NULL);
    struct net_flow flow = tcp_from(fixture, peer);
    fixture->on_request = refuse;
    fixture->net.open[flow.connection] = false;
    receive(fixture, flow, request_text(fixture, "MESSAGE", via));
    return fixture;
}

static struct fixture *orphaned(const char *via)
{
    return orphaned_from("127.0.0.2:40000", via);
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

/* RFC 3263 5: SRV when the sent-by has no port, by the transport of the Via. Two connections are
 * all that a Via can make us open. */
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
    ck_assert_uint_eq(fixture->net.sent_count, 2);
    ck_assert_uint_eq(fixture->net.lookup_count, 0);
    ck_assert_uint_eq(count_of(fixture, METRIC_responses_lost), 1);
    fixture_free(fixture);
}
END_TEST

/* After the source did not answer, with those addresses behind the name: which one is dialled. */
static void check_led(const char *peer, const char *const *found, size_t count, const char *dialled)
{
    struct fixture *fixture = orphaned_from(peer, via_srv);
    struct net_target targets[NET_TARGETS_MAX];
    for (size_t i = 0; i < count; i++)
        targets[i] = (struct net_target){.protocol = NET_TCP, .address = address(found[i])};
    ck_assert_uint_eq(fixture->net.sent_count, 1);
    end(fixture, ERR_IO);
    elapse(fixture, 0);
    fake_found(&fixture->net, targets, count);
    if (dialled != NULL)
        check_sent(fixture, 2, dialled);
    ck_assert_uint_eq(fixture->net.sent_count, dialled != NULL ? 2 : 1);
    ck_assert_uint_eq(count_of(fixture, METRIC_responses_lost), dialled == NULL);
    fixture_free(fixture);
}

/* A name that a stranger says leads no nearer to us than he is himself. */
START_TEST(nobody_leads_us_behind_himself)
{
    static const char *const near[] = {"127.0.0.1:5060",    "0.0.0.0:80",     "[::1]:5060",
                                       "169.254.169.254:1", "[fe80::1]:5060", "10.0.0.1:22",
                                       "192.168.1.1:80",    "[fd00::1]:5060"};
    static const char *const mixed[] = {"127.0.0.1:5060", "10.0.0.1:22", "198.51.100.7:5060"};
    static const char *const site[] = {"[::1]:5060", "169.254.1.1:5060", "192.168.1.1:5060"};
    static const char *const own[] = {"127.0.0.1:22"};
    check_led("203.0.113.9:40000", near, 8, NULL);
    check_led("[2001:db8::9]:40000", near, 8, NULL);
    check_led("203.0.113.9:40000", mixed, 3, "198.51.100.7:5060");
    check_led("10.1.2.3:40000", site, 3, "192.168.1.1:5060");
    check_led("127.0.0.2:40000", own, 1, "127.0.0.1:22");
}
END_TEST

/* What did not listen a moment ago is not asked again. */
START_TEST(the_source_is_dialled_once)
{
    static const char *const found[] = {"203.0.113.9:5060", "198.51.100.7:5060"};
    check_led("203.0.113.9:40000", found, 1, NULL);
    check_led("203.0.113.9:40000", found, 2, "198.51.100.7:5060");
}
END_TEST

/* Another transport than the Via's is not tried (RFC 3263 5). */
START_TEST(the_transport_stays)
{
    struct fixture *fixture = orphaned(via_srv);
    end(fixture, ERR_IO);
    elapse(fixture, 0);
    const struct net_target targets[] = {{.protocol = NET_UDP, .address = address("127.0.0.8:2")},
                                         {.protocol = NET_TCP, .address = address("127.0.0.9:3")}};
    fake_found(&fixture->net, targets, 2);
    check_sent(fixture, 2, "127.0.0.9:3");
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
    ck_assert(
        bytes_equal(fixture->net.connected.speaker, BYTES("example.com"))); /* who was asked */
    const struct net_target found = {.protocol = NET_TLS, .address = address("127.0.0.9:5061")};
    fake_found(&fixture->net, &found, 1);
    check_sent(fixture, 1, "127.0.0.9:5061");
    ck_assert(bytes_equal(fixture->net.connected.speaker, BYTES("example.com")));
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
    ck_assert_uint_eq(count_of(fixture, METRIC_errands_limited), 400 - fixture->net.sent_count);
    ck_assert_uint_eq(count_of(fixture, METRIC_errands_begun), fixture->net.sent_count);
    elapse(fixture, 32000);
    size_t before = fixture->net.sent_count;
    receive(fixture, flow, request_text(fixture, "MESSAGE", via_name));
    ck_assert_uint_eq(fixture->net.sent_count, before + 1);
    end(fixture, ERR_IO);
    elapse(fixture, 0);
    fixture_free(fixture); /* with a lookup under way */
}
END_TEST

/* However little memory each of them takes. */
START_TEST(bounded_in_number)
{
    enum { MOST = 100 };
    struct transaction_settings settings = transaction_settings_default();
    settings.errands_max = MOST;
    struct fixture *fixture = fixture_new(&settings);
    struct net_flow flow = tcp_from(fixture, "127.0.0.2:40000");
    fixture->on_request = refuse;
    fixture->net.open[flow.connection] = false;
    for (int i = 0; i < MOST + 10; i++)
        receive(fixture, flow, request_text(fixture, "MESSAGE", via_name));
    ck_assert_uint_eq(count_of(fixture, METRIC_errands_begun), MOST);
    ck_assert_uint_eq(count_of(fixture, METRIC_errands_limited), 10);
    fixture_free(fixture);
}
END_TEST

UNIT_MAIN("errands", the_source_and_the_port_of_the_sent_by, rfc3263_5_the_name_of_the_sent_by,
          nobody_leads_us_behind_himself, the_source_is_dialled_once, the_transport_stays,
          a_target_that_cannot_be_dialled_is_passed_over, lost, a_connection_that_was_there_ends_it,
          forgotten_in_time, websocket_flows_have_their_connection_alone, tls_goes_to_5061,
          datagrams_are_sent_once, bounded, bounded_in_number)
