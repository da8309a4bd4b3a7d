/* way_test.c: the Via that we write (RFC 3261 8.1.1.7, 18.1.1), what its branch says when it comes
 * back (RFC 5393 4.2), and what a next hop means (RFC 3261 8.1.2, RFC 3263 4). */
#include "requests.h"

/* RFC 3261 18.1.1: the sent-by is where we are reached, for each of many listeners. */
START_TEST(the_via_names_the_listener)
{
    struct fixture *fixture = fixture_new(NULL);
    struct outcome outcome = {0};
    for (unsigned i = 0; i < 40; i++) {
        struct net_flow flow = udp_from("127.0.0.2:5070");
        char sent_by[64];
        flow.local.ip[3] = (unsigned char)(1 + i % 20);
        flow.local.port = (uint16_t)(5060 + i % 3);
        notify_flow(fixture, &flow, &outcome);
        snprintf(sent_by, sizeof(sent_by), "\r\nVia: SIP/2.0/UDP 127.0.0.%u:%u;", 1 + i % 20,
                 5060 + i % 3);
        ck_assert_ptr_nonnull(strstr(last_text(fixture), sent_by));
    }
    struct net_flow six = {NET_UDP, address("[::1]:5060"), address("[::1]:5070"), 0};
    notify_flow(fixture, &six, &outcome);
    ck_assert_ptr_nonnull(strstr(last_text(fixture), "\r\nVia: SIP/2.0/UDP [::1]:5060;"));
    receive(fixture, six, response_to(fixture, 200));
    ck_assert_uint_eq(outcome.status, 200);
    fixture_free(fixture);
}
END_TEST

/* The text of the last message's Via. */
static struct sip_via last_via(struct fixture *fixture)
{
    struct sip_message message;
    ck_assert(verdict_ok(sip_message_parse(bytes_of(last_text(fixture)), false, &message)));
    return message.via;
}

START_TEST(the_via_names_the_transport)
{
    static const char *const names[] = {"UDP", "TCP", "TLS", "WS", "WSS"};
    struct fixture *fixture = fixture_new(NULL);
    struct outcome outcome = {0};
    for (unsigned i = 0; i < NET_PROTOCOLS; i++) {
        struct net_flow flow = tcp_from(fixture, "127.0.0.2:40000");
        flow.protocol = (enum net_protocol)i;
        notify_flow(fixture, &flow, &outcome);
        ck_assert(bytes_equal(last_via(fixture).transport, bytes_of(names[i])));
        receive(fixture, flow, response_to(fixture, 200));
        ck_assert_uint_eq(outcome.calls, i + 1);
    }
    fixture_free(fixture);
}
END_TEST

/* RFC 5923 8.1: behind all else, on TLS alone, and what matches a response does not change. */
START_TEST(rfc5923_8_1_the_via_lets_requests_come_back)
{
    struct fixture *fixture = fixture_new(NULL);
    struct outcome outcome = {0};
    struct bytes value;
    for (unsigned i = 0; i < 2 * NET_PROTOCOLS; i++) {
        struct net_flow flow = tcp_from(fixture, "127.0.0.2:40000");
        flow.protocol = (enum net_protocol)(i % NET_PROTOCOLS);
        fixture->net.reusable = i >= NET_PROTOCOLS;
        notify_flow(fixture, &flow, &outcome);
        bool reusable = fixture->net.reusable && flow.protocol == NET_TLS;
        struct sip_via via = last_via(fixture);
        ck_assert_int_eq(sip_parameter(via.parameters, "alias", &value), reusable);
        receive(fixture, flow, response_to(fixture, 200));
        ck_assert_uint_eq(outcome.calls, i + 1);
    }
    fixture_free(fixture);
}
END_TEST

/* What peers reach us by is the operator's to say, and the response must say the same. */
START_TEST(the_via_says_the_public_address)
{
    static const char *const cases[][3] = {
        {"sip.example.com:5070", "sip.example.com", "5070"},
        {"198.51.100.1:5060", "198.51.100.1", "5060"},
        {"[2001:db8::1]:5061", "[2001:db8::1]", "5061"},
        {"[2001:db8::1]", "[2001:db8::1]", "0"},
        {"sip.example.com", "sip.example.com", "0"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fixture *fixture = fixture_new(NULL);
        struct outcome outcome = {0};
        char port[8];
        fixture->net.public_host = cases[i][0];
        notify_udp(fixture, &outcome);
        struct sip_via via = last_via(fixture);
        snprintf(port, sizeof(port), "%u", via.port);
        ck_assert(bytes_equal(via.host, bytes_of(cases[i][1])));
        ck_assert_str_eq(port, cases[i][2]);
        receive(fixture, udp_from("127.0.0.2:5070"), response_to(fixture, 200));
        ck_assert_uint_eq(outcome.status, 200);
        fixture_free(fixture);
    }
}
END_TEST

/* With all that may stand behind it: a loop key, and the word that requests may come back. */
START_TEST(a_public_name_beyond_measure_gives_way_to_the_address)
{
    struct fixture *fixture = fixture_new(NULL);
    struct net_flow flow = tcp_from(fixture, "127.0.0.2:40000");
    flow.protocol = NET_TLS;
    fixture->net.reusable = true;
    for (size_t length = 80; length < 300; length++) {
        struct outcome outcome = {0};
        struct bytes value;
        char name[400];
        memset(name, 'a', length);
        snprintf(name + length, sizeof(name) - length, ":65535");
        fixture->net.public_host = name;
        flow.local.port++; /* another listener: what a Via begins with is kept */
        struct client_request request = notify(fixture, &outcome);
        request.flow = &flow;
        request.loop_key = UINT64_MAX;
        ck_assert_uint_ne(transaction_request(fixture->layer, &request), 0);
        struct sip_via via = last_via(fixture);
        ck_assert(bytes_equal(via.host, BYTES("127.0.0.1")) || via.host.length == length);
        ck_assert(sip_parameter(via.parameters, "alias", &value));
        if (length <= 92)
            ck_assert_uint_eq(via.host.length, length);
        receive(fixture, flow, response_to(fixture, 200));
        ck_assert_uint_eq(outcome.calls, 1);
    }
    fixture_free(fixture);
}
END_TEST

static struct bytes ask_with_key(struct fixture *fixture, uint64_t key)
{
    struct outcome outcome = {0};
    struct net_flow flow = udp_from("127.0.0.2:5070");
    struct client_request request = notify(fixture, &outcome);
    request.flow = &flow;
    request.loop_key = key;
    request.answer = NULL;
    request.context = NULL;
    transaction_request(fixture->layer, &request);
    return last_via(fixture).branch;
}

START_TEST(rfc5393_4_2_a_branch_carries_the_loop_key)
{
    static const uint64_t keys[] = {0, 1, 0x0123456789abcdef, UINT64_MAX, (uint64_t)1 << 63};
    struct fixture *fixture = fixture_new(NULL);
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        struct bytes branch = ask_with_key(fixture, keys[i]);
        uint64_t key = 99;
        ck_assert(transaction_branch_is_ours(fixture->layer, branch, &key));
        ck_assert_uint_eq(key, keys[i]);
    }
    fixture_free(fixture);
}
END_TEST

START_TEST(branches_of_others_are_not_ours)
{
    struct fixture *fixture = fixture_new(NULL);
    char ours[128], text[256];
    struct bytes branch = ask_with_key(fixture, 0x0123456789abcdef);
    snprintf(ours, sizeof(ours), "%.*s", BYTES_ARGS(branch));
    uint64_t key, epoch = store_epoch(fixture->store);
    ck_assert(transaction_branch_is_ours(fixture->layer, bytes_of(ours), &key));
    for (size_t length = 0; length < strlen(ours); length++) {
        bool whole_token = length == strlen(ours) - 17; /* that is a branch without a key */
        ck_assert(transaction_branch_is_ours(fixture->layer, bytes_from(ours, length), &key) ==
                  whole_token);
    }
    snprintf(text, sizeof(text), "%s0", ours);
    ck_assert(!transaction_branch_is_ours(fixture->layer, bytes_of(text), &key));
    snprintf(text, sizeof(text), "%.*s-0000000000000000", (int)strlen(ours) - 17, ours);
    ck_assert(!transaction_branch_is_ours(fixture->layer, bytes_of(text), &key));
    snprintf(text, sizeof(text), "%.*s-0123456789ABCDEF", (int)strlen(ours) - 17, ours);
    ck_assert(!transaction_branch_is_ours(fixture->layer, bytes_of(text), &key));
    ck_assert(!transaction_branch_is_ours(fixture->layer, BYTES("z9hG4bK"), &key));
    ck_assert(!transaction_branch_is_ours(fixture->layer, BYTES("z9hG4bKnashds8"), &key));
    ck_assert(!transaction_branch_is_ours(fixture->layer, BYTES(""), &key));
    struct token earlier = token_make(&fixture->world, 17, epoch + 1); /* of another life */
    snprintf(text, sizeof(text), "z9hG4bK%s", earlier.text);
    ck_assert(!transaction_branch_is_ours(fixture->layer, bytes_of(text), &key));
    fixture_free(fixture);
}
END_TEST

START_TEST(what_is_looked_up)
{
    static const struct {
        const char *uri, *looked_up;
        enum net_service service;
        bool secure;
    } cases[] = {
        {"sip:bob@host.example.com", "host.example.com 0 UDP usual", NET_SIP, false},
        {"sip:host.example.com:5080;lr", "host.example.com 5080 UDP usual", NET_SIP, false},
        {"sip:b@host.example.com;transport=UDP", "host.example.com 0 UDP named", NET_SIP, false},
        {"sip:bob@host.example.com;maddr=127.0.0.3", "127.0.0.3 0 UDP usual", NET_SIP, false},
        {"sip:bob@[::1]:5070;transport=tcp", "[::1] 5070 TCP named", NET_SIP, false},
        {"sip:b@host.example.com;transport=tls", "host.example.com 0 TLS named", NET_SIP, false},
        /* RFC 3261 26.2.2: every hop by TLS */
        {"sips:bob@host.example.com", "host.example.com 0 TLS usual", NET_SIP, true},
        {"sips:b@host.example.com;transport=tcp", "host.example.com 0 TLS named", NET_SIP, true},
        {"sips:b@host.example.com;transport=tls", "host.example.com 0 TLS named", NET_SIP, true},
        /* RFC 3861 */
        {"im:bob@example.com", "example.com 0 UDP usual", NET_IM, false},
        {"pres:bob@example.com", "example.com 0 UDP usual", NET_PRES, false},
    };
    struct fixture *fixture = fixture_new(NULL);
    struct outcome outcome = {0};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        notify_hop(fixture, NULL, cases[i].uri, &outcome);
        ck_assert_str_eq(fixture->net.looked_up, cases[i].looked_up);
        ck_assert(fixture->net.query.service == cases[i].service);
        ck_assert(fixture->net.query.secure == cases[i].secure);
        fake_found(&fixture->net, NULL, 0);
        elapse(fixture, 0);
        ck_assert_uint_eq(outcome.calls, i + 1);
    }
    fixture_free(fixture);
}
END_TEST

START_TEST(what_cannot_be_gone_to)
{
    static const char *const uris[] = {
        "tel:+15551234",
        "http://example.com/",
        "nonsense",
        "sip:bob@example.com;transport=ws", /* RFC 7118 5: browsers connect to us */
        "sip:bob@example.com;transport=sctp",
        "sip:bob@example.com;transport=",
        "sips:bob@example.com;transport=udp", /* RFC 3261 26.2.2 */
        "sips:bob@example.com;transport=ws",
    };
    struct fixture *fixture = fixture_new(NULL);
    struct outcome outcome = {0};
    for (unsigned i = 0; i < sizeof(uris) / sizeof(uris[0]); i++) {
        ck_assert_uint_ne(notify_hop(fixture, NULL, uris[i], &outcome), 0);
        elapse(fixture, 0);
        ck_assert_uint_eq(outcome.calls, i + 1);
        ck_assert_uint_eq(outcome.status, 503);
        ck_assert_uint_eq(fixture->net.lookup_count, 0);
    }
    fixture_free(fixture);
}
END_TEST

UNIT_MAIN("the way", the_via_names_the_listener, the_via_names_the_transport,
          rfc5923_8_1_the_via_lets_requests_come_back, the_via_says_the_public_address,
          a_public_name_beyond_measure_gives_way_to_the_address,
          rfc5393_4_2_a_branch_carries_the_loop_key, branches_of_others_are_not_ours,
          what_is_looked_up, what_cannot_be_gone_to)
