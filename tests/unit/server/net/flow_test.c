/* flow_test.c: protocols and flows as text and back. */
#include "net/net.h"

#include "unit.h"

/* RFC 3261 19.1.2, RFC 7118 5.2.2. */
START_TEST(protocols_have_ports)
{
    static const uint16_t ports[NET_PROTOCOLS] = {5060, 5060, 5061, 80, 443};
    for (unsigned i = 0; i < NET_PROTOCOLS; i++)
        ck_assert_uint_eq(net_default_port((enum net_protocol)i), ports[i]);
}
END_TEST

START_TEST(names_protocols)
{
    enum net_protocol protocol;
    ck_assert_str_eq(net_protocol_name(NET_UDP), "UDP");
    ck_assert_str_eq(net_protocol_name(NET_TCP), "TCP");
    ck_assert(net_protocol_of(BYTES("tCp"), &protocol));
    ck_assert_int_eq(protocol, NET_TCP);
    ck_assert(net_protocol_of(BYTES("udp"), &protocol));
    ck_assert_int_eq(protocol, NET_UDP);
    ck_assert(!net_protocol_of(BYTES("sctp"), &protocol));
    ck_assert(!net_protocol_of(BYTES("ud"), &protocol));
    ck_assert(!net_protocol_of(BYTES(""), &protocol));
}
END_TEST

START_TEST(a_flow_comes_back_from_its_text)
{
    static const char *const cases[] = {"udp/127.0.0.1:5060/127.0.0.1:40112",
                                        "tcp/[::1]:5060/[2001:db8::1]:40112"};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct net_flow flow;
        char text[128];
        struct buffer out = buffer_over(text, sizeof(text));
        ck_assert(net_flow_parse(bytes_of(cases[i]), &flow));
        ck_assert_uint_eq(flow.connection, 0);
        net_flow_write(&flow, &out);
        ck_assert(bytes_equal(buffer_bytes(&out), bytes_of(cases[i])));
    }
}
END_TEST

START_TEST(a_connection_does_not_outlive_the_process)
{
    struct net_flow flow, again;
    char text[128];
    struct buffer out = buffer_over(text, sizeof(text));
    ck_assert(net_flow_parse(BYTES("tcp/127.0.0.1:5060/127.0.0.1:40112"), &flow));
    flow.connection = 77;
    net_flow_write(&flow, &out);
    ck_assert(net_flow_parse(buffer_bytes(&out), &again));
    ck_assert_uint_eq(again.connection, 0);
    ck_assert(!net_flow_equal(&flow, &again));
}
END_TEST

START_TEST(refuses_what_is_no_flow)
{
    static const char *const cases[] = {"",
                                        "udp",
                                        "udp/127.0.0.1:5060",
                                        "udp/127.0.0.1:5060/",
                                        "xyz/127.0.0.1:5060/127.0.0.1:1",
                                        "udp/host:5060/127.0.0.1:1",
                                        "udp/127.0.0.1:5060/127.0.0.1:1/x"};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct net_flow flow;
        ck_assert_msg(!net_flow_parse(bytes_of(cases[i]), &flow), "%s", cases[i]);
    }
}
END_TEST

START_TEST(flows_are_equal_in_all_parts)
{
    struct net_flow a, b, c;
    ck_assert(net_flow_parse(BYTES("udp/127.0.0.1:5060/127.0.0.1:1"), &a));
    ck_assert(net_flow_parse(BYTES("tcp/127.0.0.1:5060/127.0.0.1:1"), &b));
    ck_assert(net_flow_parse(BYTES("udp/127.0.0.1:5060/127.0.0.1:2"), &c));
    ck_assert(net_flow_equal(&a, &a));
    ck_assert(!net_flow_equal(&a, &b));
    ck_assert(!net_flow_equal(&a, &c));
    c = a;
    c.local.port++;
    ck_assert(!net_flow_equal(&a, &c));
}
END_TEST

UNIT_MAIN("net/flow", protocols_have_ports, names_protocols, a_flow_comes_back_from_its_text,
          a_connection_does_not_outlive_the_process, refuses_what_is_no_flow,
          flows_are_equal_in_all_parts)
