/* step_relay_test.c: never an open relay. Whoever is no user of ours reaches our users alone. */
#include "fixture/probe.h"

static const char *const victim = "sip:victim@elsewhere.net";

START_TEST(strangers_reach_our_users_alone)
{
    static const struct {
        const char *uri, *fields;
    } attempts[] = {
        {"sip:victim@elsewhere.net", ""},
        {"sips:victim@elsewhere.net", ""},
        {"im:victim@elsewhere.net", ""},
        {"sip:elsewhere.net", ""},
        {"sip:bob@example.org:5060@elsewhere.net", ""},
        {"sip:bob%40example.org@elsewhere.net", ""},
        {"sip:bob@example.org;maddr=192.0.2.99", ""},
        {"sip:127.0.0.1:5999", ""},
        {"sip:bob@127.0.0.1:5999", ""},
        {"sip:bob@example.org", "Route: <sip:elsewhere.net;lr>\r\n"},
        {"sip:bob@example.org", "Route: <sip:example.org;lr>, <sip:elsewhere.net;lr>\r\n"},
        {"sip:bob@example.org", "Route: <sip:example.org;lr>\r\nRoute: <sip:elsewhere.net>\r\n"},
        {"sip:bob@example.org", "Route: <sip:127.0.0.1:5999;lr>\r\n"},
        {"sip:victim@elsewhere.net", "Route: <sip:example.org;lr>\r\n"},
        {"sip:victim@elsewhere.net", "Route: <sip:ft.QAAAAAAAAAAAAAA@example.org;lr>\r\n"},
        {"sip:victim@elsewhere.net", "P-Asserted-Identity: <sip:alice@example.org>\r\n"},
    };
    probe_open(true);
    for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
        struct ask ask = {.method = "INVITE",
                          .uri = attempts[i].uri,
                          .fields = attempts[i].fields,
                          .to = "<sip:x@elsewhere.net>"};
        unsigned status = probe_stranger(ask);
        ck_assert_msg(status == 403 || status == 400, "%s %s: %u", ask.uri, ask.fields, status);
        ask.to = "<sip:x@elsewhere.net>;tag=1";
        status = probe_stranger(ask);
        ck_assert_msg(status == 403 || status == 400, "%s %s: %u", ask.uri, ask.fields, status);
        ask.method = "ACK";
        ck_assert_uint_eq(probe_stranger(ask), 1);
    }
    ck_assert_uint_eq(probe.calls, 0);
    ck_assert_uint_eq(probe_stranger((struct ask){.method = "INVITE"}), 0);
    ck_assert_int_eq(probe.aim, FRONT_AIM_USER);
    ck_assert_str_eq(probe.identity, "");
    probe_close();
}
END_TEST

/* RFC 3261 22.3: who says to be one of ours proves it first. */
START_TEST(our_users_go_out)
{
    struct ask ask = {.method = "INVITE", .uri = victim};
    probe_open(true);
    ck_assert_uint_eq(probe_send(ask), 407);
    ck_assert_uint_eq(probe.calls, 0);
    ck_assert_uint_eq(probe_alice(ask), 0);
    ck_assert_int_eq(probe.aim, FRONT_AIM_ELSEWHERE);
    ck_assert_str_eq(probe.identity, "alice@example.org");
    ask.from = "<sip:bob@example.org>;tag=b"; /* alice's password is not bob's */
    ck_assert_uint_eq(probe_alice(ask), 407);
    probe_close();
}
END_TEST

/* RFC 3261 12.2.1.1: From and To of a dialog stay, so who is neither of them is not in it. */
START_TEST(whose_dialog)
{
    struct ask ask = {.method = "MESSAGE", .uri = victim, .to = IN_DIALOG};
    probe_open(true);
    ask.fields = probe_route(NULL, "call-1");
    ck_assert_uint_eq(probe_stranger(ask), 403);
    ask.fields = probe_party_route(NULL, "call-1", "beve@other.org mallory@other.org");
    ck_assert_uint_eq(probe_stranger(ask), 403);
    ask.fields = probe_party_route(NULL, "call-1", "bbob@example.org mallory@other.org");
    ck_assert_uint_eq(probe_stranger(ask), 0); /* whoever of the two began it */
    ask.fields = probe_party_route(NULL, "call-1", "abob@example.org mallory@other.org");
    ck_assert_uint_eq(probe_stranger(ask), 0);
    ck_assert(probe.relayed && probe.routed);
    ck_assert_int_eq(probe.aim, FRONT_AIM_ELSEWHERE);
    probe_close();
}
END_TEST

/* An ACK cannot be challenged (22.1), so From opens no way for it. */
START_TEST(ack_needs_its_route)
{
    struct ask ask = {.method = "ACK", .uri = victim, .to = IN_DIALOG};
    probe_open(true);
    ck_assert_uint_eq(probe_send(ask), 1);
    ask.fields = probe_route(NULL, "call-1");
    ck_assert_uint_eq(probe_send(ask), 0);
    ck_assert(probe.relayed && probe.routed);
    ck_assert_uint_eq(probe_alice(ask), 0); /* with the credentials of its INVITE, made for that */
    probe_close();
}
END_TEST

START_TEST(trusted_go_anywhere)
{
    const struct net_flow pbx = ground_udp("127.0.0.9:5060");
    struct ask ask = {.method = "INVITE", .uri = victim, .flow = &pbx};
    probe_open(true);
    ck_assert_uint_eq(probe_stranger(ask), 0);
    ck_assert(probe.trusted && probe.foreign);
    probe_close();
}
END_TEST

/* A domain that has proved itself is a guest, too. */
START_TEST(peers_reach_our_users_alone)
{
    probe_open(true);
    ground->net.proved = "other.org";
    struct net_flow peer = ground_tcp(ground, "192.0.2.9:5061");
    peer.protocol = NET_TLS;
    struct ask ask = {.method = "INVITE", .uri = victim, .flow = &peer};
    ck_assert_uint_eq(probe_stranger(ask), 403);
    ask.uri = NULL;
    ck_assert_uint_eq(probe_stranger(ask), 0);
    ck_assert_str_eq(probe.identity, "mallory@other.org");
    probe_close();
}
END_TEST

UNIT_MAIN("step_relay", strangers_reach_our_users_alone, our_users_go_out, whose_dialog,
          ack_needs_its_route, trusted_go_anywhere, peers_reach_our_users_alone)
