/* respond_test.c: where responses go, and what their Via says (RFC 3261 18.2, RFC 3581 4). */
#include "fixture.h"

static void refuse(struct fixture *fixture, struct incoming *incoming)
{
    char text[TEXT_MAX];
    struct buffer out = buffer_over(text, sizeof(text));
    transaction_write(fixture->layer, incoming, &out, 404, NULL, BYTES("tag"));
    sip_write_body(&out, BYTES(""), BYTES(""));
    transaction_refuse(fixture->layer, incoming, buffer_bytes(&out));
}

static void check(struct fixture *fixture, struct net_flow from, const char *via, const char *to,
                  const char *via_back)
{
    char line[TEXT_MAX];
    fixture->on_request = refuse;
    receive(fixture, from, request_text(fixture, "MESSAGE", via));
    struct net_address expected = address(to);
    ck_assert_msg(net_address_equal(&last_flow(fixture)->remote, &expected), "%s: not to %s", via,
                  to);
    ck_assert(net_address_equal(&last_flow(fixture)->local, &from.local));
    snprintf(line, sizeof(line), "\r\nVia: %s\r\n", via_back);
    ck_assert_msg(strstr(last_text(fixture), line) != NULL, "no %s in %s", line,
                  last_text(fixture));
}

START_TEST(udp_goes_to_the_source_and_the_sent_by_port)
{
    struct fixture *fixture = fixture_new(NULL);
    struct net_flow from = udp_from("127.0.0.2:9988");
    check(fixture, from, "SIP/2.0/UDP 127.0.0.2:5070;branch=z9hG4bK1", "127.0.0.2:5070",
          "SIP/2.0/UDP 127.0.0.2:5070;branch=z9hG4bK1");
    check(fixture, from, "SIP/2.0/UDP 127.0.0.2;branch=z9hG4bK1", "127.0.0.2:5060",
          "SIP/2.0/UDP 127.0.0.2;branch=z9hG4bK1");
    fixture_free(fixture);
}
END_TEST

START_TEST(rfc3261_18_2_1_received)
{
    struct fixture *fixture = fixture_new(NULL);
    struct net_flow from = udp_from("127.0.0.2:9988");
    check(fixture, from, "SIP/2.0/UDP pc.example.com:5070;branch=z9hG4bK1", "127.0.0.2:5070",
          "SIP/2.0/UDP pc.example.com:5070;branch=z9hG4bK1;received=127.0.0.2");
    check(fixture, from, "SIP/2.0/UDP 127.0.0.9:5070;branch=z9hG4bK1", "127.0.0.2:5070",
          "SIP/2.0/UDP 127.0.0.9:5070;branch=z9hG4bK1;received=127.0.0.2");
    /* what the sender says about itself is not believed */
    check(fixture, from, "SIP/2.0/UDP 127.0.0.2:5070;received=127.0.0.7;branch=z9hG4bK1",
          "127.0.0.2:5070", "SIP/2.0/UDP 127.0.0.2:5070;branch=z9hG4bK1;received=127.0.0.2");
    fixture_free(fixture);
}
END_TEST

START_TEST(rfc3581_4_rport)
{
    struct fixture *fixture = fixture_new(NULL);
    check(fixture, udp_from("127.0.0.2:9988"), "SIP/2.0/UDP 127.0.0.2:5070;rport;branch=z9hG4bK1",
          "127.0.0.2:9988",
          "SIP/2.0/UDP 127.0.0.2:5070;rport=9988;branch=z9hG4bK1;received=127.0.0.2");
    struct net_flow six = {NET_UDP, address("[::1]:5060"), address("[::1]:9988"), 0};
    check(fixture, six, "SIP/2.0/UDP [::1]:5070;rport;branch=z9hG4bK1", "[::1]:9988",
          "SIP/2.0/UDP [::1]:5070;rport=9988;branch=z9hG4bK1;received=::1");
    fixture_free(fixture);
}
END_TEST

static const char via_tcp[] = "SIP/2.0/TCP 127.0.0.2:5070;branch=z9hG4bK1";

START_TEST(streams_use_their_connection)
{
    struct fixture *fixture = fixture_new(NULL);
    struct net_flow from = tcp_from(fixture, "127.0.0.2:9988");
    fixture->on_request = refuse;
    receive(fixture, from, request_text(fixture, "MESSAGE", via_tcp));
    ck_assert(net_flow_equal(last_flow(fixture), &from));
    fixture_free(fixture);
}
END_TEST

/* RFC 3261 18.2.2: the source address and the port of the sent-by. */
START_TEST(streams_that_have_gone_are_made_anew)
{
    struct fixture *fixture = fixture_new(NULL);
    struct net_flow from = tcp_from(fixture, "127.0.0.2:9988");
    fixture->on_request = refuse;
    fixture->net.open[from.connection] = false;
    receive(fixture, from, request_text(fixture, "MESSAGE", via_tcp));
    struct net_address expected = address("127.0.0.2:5070");
    ck_assert_uint_eq(fixture->net.sent_count, 1);
    ck_assert(net_address_equal(&last_flow(fixture)->remote, &expected));
    ck_assert_uint_ne(last_flow(fixture)->connection, from.connection);
    fixture->net.open[last_flow(fixture)->connection] = false;
    fixture->net.connect_failures = 1;
    fixture->net.connect_fails = ERR_LIMIT;
    receive(fixture, from, request_text(fixture, "MESSAGE", via_tcp)); /* nowhere: dropped */
    ck_assert_uint_eq(fixture->net.sent_count, 1);
    fixture_free(fixture);
}
END_TEST

UNIT_MAIN("responses", udp_goes_to_the_source_and_the_sent_by_port, rfc3261_18_2_1_received,
          rfc3581_4_rport, streams_use_their_connection, streams_that_have_gone_are_made_anew)
