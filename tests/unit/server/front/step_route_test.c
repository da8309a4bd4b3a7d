/* step_route_test.c: Route fields and what is ours of them (RFC 3261 16.4, RFC 5626 5.3). */
#include "fixture/probe.h"

static const char *const contact = "sip:bob@192.0.2.7:5070";

/* As who sends with probe_stranger to IN_DIALOG has it. */
static const char *route_of(const struct net_flow *flow)
{
    return probe_party_route(flow, "call-1", "bbob@example.org mallory@other.org");
}

/* Names and addresses that are ours are taken off, what is behind them goes on as it is. */
START_TEST(rfc3261_16_4_own_routes_go)
{
    static const struct {
        const char *route, *left;
    } samples[] = {
        {"<sip:example.org;lr>", ""},
        {"<sip:EXAMPLE.org:9999;lr;x=y>", ""},
        {"<sip:127.0.0.1;lr>", ""},
        {"<sip:127.0.0.1:5060;transport=tcp>", ""},
        {"<sip:alice@127.0.0.1:5060;lr>", ""},
        {"\"We, ourselves\" <sips:example.org;lr>;p=1", ""},
        {"<sip:example.org;lr>, <sip:127.0.0.1;lr>", ""},
        {"<sip:127.0.0.1:5070;lr>", "<sip:127.0.0.1:5070;lr>"}, /* another server here */
        {"<sip:proxy.net;lr>", "<sip:proxy.net;lr>"},
        {"<sip:127.0.0.1;lr>, <sip:a.net;lr>;x, <sip:b.net>", "<sip:a.net;lr>;x, <sip:b.net>"},
        {"<sip:a.net;lr>, <sip:example.org;lr>", "<sip:a.net;lr>, <sip:example.org;lr>"},
        {"<sip:127.0.0.1;lr>\r\nRoute: <sip:a.net;lr>\r\nRoute: <sip:b.net;lr>",
         "<sip:a.net;lr>, <sip:b.net;lr>"},
        {"<tel:+1>", "<tel:+1>"},
    };
    char fields[500];
    probe_open(true);
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        snprintf(fields, sizeof(fields), "Route: %s\r\n", samples[i].route);
        ck_assert_uint_eq(probe_alice((struct ask){.method = "INFO", .fields = fields}), 0);
        ck_assert_str_eq(probe.route, samples[i].left);
        ck_assert_int_eq(probe.aim, *samples[i].left ? FRONT_AIM_ELSEWHERE : FRONT_AIM_USER);
        ck_assert(!probe.routed && !probe.has_flow);
    }
    probe_close();
}
END_TEST

START_TEST(malformed)
{
    static char fields[20000];
    probe_open(true);
    ck_assert_uint_eq(probe_send((struct ask){.fields = "Route: <sip:@;lr>\r\n"}), 400);
    ck_assert_uint_eq(probe_send((struct ask){.fields = "Route: *\r\n"}), 400);
    ck_assert_uint_eq(probe_send((struct ask){.fields = "Route: <sip:a\r\n"}), 400);
    snprintf(fields, sizeof(fields), "Route: <sip:a.net;lr;x=%017000d>\r\n", 0);
    ck_assert_uint_eq(probe_send((struct ask){.fields = fields}), 400);
    probe_close();
}
END_TEST

/* RFC 5626 5.3: to the flow that the token names, unless the request came by it. */
START_TEST(rfc5626_5_3_incoming_and_outgoing)
{
    probe_open(true);
    const struct net_flow phone = ground_tcp(ground, "192.0.2.1:40000"),
                          other = ground_tcp(ground, "192.0.2.2:40000");
    struct ask ask = {.method = "BYE", .uri = contact, .to = IN_DIALOG};
    ask.fields = route_of(&phone);
    ask.flow = &other;
    ck_assert_uint_eq(probe_stranger(ask), 0);
    ck_assert(probe.routed && probe.has_flow && net_flow_equal(&probe.flow, &phone));
    ck_assert_int_eq(probe.aim, FRONT_AIM_ELSEWHERE);
    ck_assert_str_eq(probe.route, "");
    ask.flow = &phone;
    ck_assert_uint_eq(probe_stranger(ask), 0);
    ck_assert(probe.routed && !probe.has_flow);
    ask.fields = route_of(NULL);
    ck_assert_uint_eq(probe_stranger(ask), 0);
    ck_assert(probe.routed && !probe.has_flow);
    probe_close();
}
END_TEST

/* Both sides of a dialog are named: the one that faces the receiver decides. */
START_TEST(two_tokens)
{
    char fields[700];
    probe_open(true);
    const struct net_flow phone = ground_tcp(ground, "192.0.2.1:40000"),
                          other = ground_tcp(ground, "192.0.2.2:40000"),
                          moved = ground_udp("192.0.2.2:50000");
    struct ask ask = {.method = "BYE", .uri = contact, .to = IN_DIALOG, .fields = fields};
    snprintf(fields, sizeof(fields), "%s%s", route_of(&phone), route_of(&other));
    ask.flow = &phone;
    ck_assert_uint_eq(probe_stranger(ask), 0);
    ck_assert(probe.has_flow && net_flow_equal(&probe.flow, &other));
    ask.flow = &moved; /* its NAT gave the sender a new port meanwhile */
    ck_assert_uint_eq(probe_stranger(ask), 0);
    ck_assert(probe.has_flow && net_flow_equal(&probe.flow, &other));
    snprintf(fields, sizeof(fields), "%s%s", route_of(&phone), route_of(NULL));
    ck_assert_uint_eq(probe_stranger(ask), 0);
    ck_assert(!probe.has_flow);
    probe_close();
}
END_TEST

/* RFC 5626 5.3.1: 430 when the flow has gone, 403 when the token was tampered with. */
START_TEST(rfc5626_5_3_1_gone_and_forged)
{
    char fields[400];
    probe_open(true);
    struct net_flow phone = ground_tcp(ground, "192.0.2.1:40000");
    struct ask ask = {.method = "BYE", .uri = contact, .to = IN_DIALOG, .fields = fields};
    snprintf(fields, sizeof(fields), "%s", route_of(&phone));
    ground->net.open[phone.connection] = false;
    ck_assert_uint_eq(probe_stranger(ask), 430);
    ask.method = "ACK";
    ck_assert_uint_eq(probe_stranger(ask), 1); /* nothing is said to an ACK */
    ask.method = "BYE";
    ground->net.open[phone.connection] = true;
    char *token = strstr(fields, "ft.");
    token[20] = token[20] == 'A' ? 'B' : 'A';
    ck_assert_uint_eq(probe_stranger(ask), 403);
    ck_assert_uint_eq(probe.calls, 0);
    probe_close();
}
END_TEST

/* Whoever was called through us has such a Route. It opens nothing but its own dialog. */
START_TEST(no_open_relay_by_an_old_route)
{
    char fields[400];
    probe_open(true);
    struct net_flow phone = ground_tcp(ground, "192.0.2.2:40000");
    struct ask ask = {.method = "INFO", .uri = "sip:victim@elsewhere.net", .fields = fields};
    snprintf(fields, sizeof(fields), "%s", probe_route(&phone, "call-1"));
    ck_assert_uint_eq(probe_stranger(ask), 403); /* outside the dialog */
    ask.to = "<sip:victim@elsewhere.net>;tag=1";
    ask.call = "call-2";
    ck_assert_uint_eq(probe_stranger(ask), 403); /* of another call */
    snprintf(fields, sizeof(fields), "%s", probe_route(&phone, ""));
    ck_assert_uint_eq(probe_stranger(ask), 403); /* of a Path, which is no dialog */
    ck_assert_uint_eq(probe.calls, 0);
    probe_close();
}
END_TEST

/* 16.4: a strict router has put our value into the Request-URI and what stood there last. */
START_TEST(rfc3261_16_4_strict_route_repair)
{
    char uri[300], fields[200];
    probe_open(true);
    const struct net_flow phone = ground_tcp(ground, "192.0.2.2:40000");
    struct ask ask = {.method = "BYE", .uri = uri, .to = IN_DIALOG, .fields = fields};
    const char *route = probe_route(&phone, "call-1");
    snprintf(uri, sizeof(uri), "%.*s", (int)strcspn(strstr(route, "sip:"), ">"),
             strstr(route, "sip:"));
    snprintf(fields, sizeof(fields), "Route: <sip:a.net;lr>, <%s>\r\n", contact);
    ck_assert_uint_eq(probe_alice(ask), 0);
    ck_assert_str_eq(probe.uri, contact);
    ck_assert_str_eq(probe.route, "<sip:a.net;lr>");
    ck_assert(probe.routed && probe.has_flow);
    snprintf(fields, sizeof(fields), "Route: <%s>\r\n", contact);
    ck_assert_uint_eq(probe_alice(ask), 0);
    ck_assert_str_eq(probe.uri, contact);
    ck_assert_str_eq(probe.route, "");
    snprintf(fields, sizeof(fields), "Route: <tel:+1>\r\n");
    ck_assert_uint_eq(probe_alice(ask), 400);
    fields[0] = '\0'; /* nothing to put back: nobody here has such a name */
    ck_assert_uint_eq(probe_alice(ask), 404);
    probe_close();
}
END_TEST

/* 16.4: a maddr that is ours is as if it were not there; another one leads away (16.5). */
START_TEST(rfc3261_16_4_maddr)
{
    struct ask ask = {.method = "INFO",
                      .uri = "sip:bob@example.org:5060;maddr=127.0.0.1;"
                             "transport=tcp;x"};
    probe_open(true);
    domains_add_listener(ground->parts.domains, BYTES("127.0.0.1"), 5080);
    ck_assert_uint_eq(probe_alice(ask), 0);
    ck_assert_str_eq(probe.uri, "sip:bob@example.org;x");
    ck_assert_int_eq(probe.aim, FRONT_AIM_USER);
    ask.uri = "sip:bob@example.org:5080;maddr=127.0.0.1;x"; /* another port of ours */
    ck_assert_uint_eq(probe_alice(ask), 0);
    ck_assert_str_eq(probe.uri, "sip:bob@example.org;x");
    ask.uri = "sip:bob@example.org:5070;maddr=127.0.0.1"; /* somebody else on this host */
    ck_assert_uint_eq(probe_alice(ask), 0);
    ck_assert_str_eq(probe.uri, ask.uri);
    ck_assert_int_eq(probe.aim, FRONT_AIM_ELSEWHERE);
    ask.uri = "sip:bob@example.org:5070;maddr=example.org";
    ck_assert_uint_eq(probe_alice(ask), 0);
    ck_assert_int_eq(probe.aim, FRONT_AIM_ELSEWHERE);
    ask.uri = "sip:bob@elsewhere.net;maddr=example.org";
    ck_assert_uint_eq(probe_alice(ask), 0);
    ck_assert_str_eq(probe.uri, "sip:bob@elsewhere.net");
    ck_assert_int_eq(probe.aim, FRONT_AIM_ELSEWHERE);
    ask.uri = "sip:bob@example.org;maddr=192.0.2.99";
    ck_assert_uint_eq(probe_alice(ask), 0);
    ck_assert_int_eq(probe.aim, FRONT_AIM_ELSEWHERE);
    ck_assert_str_eq(probe.uri, ask.uri);
    ck_assert_uint_eq(probe_stranger(ask), 403);
    probe_close();
}
END_TEST

UNIT_MAIN("step_route", rfc3261_16_4_own_routes_go, malformed, rfc5626_5_3_incoming_and_outgoing,
          two_tokens, rfc5626_5_3_1_gone_and_forged, no_open_relay_by_an_old_route,
          rfc3261_16_4_strict_route_repair, rfc3261_16_4_maddr)
