/* step_peer_test.c: a domain that has proved itself by TLS says who of its users sends (RFC
 * 5922 7). */
#include "fixture/probe.h"

static unsigned send_from(const char *from, enum net_protocol protocol, const char *method)
{
    struct net_flow flow = ground_tcp(ground, "192.0.2.9:5061");
    flow.protocol = protocol;
    return probe_send((struct ask){.method = method, .from = from, .flow = &flow});
}

START_TEST(rfc5922_7_proved)
{
    probe_open(true);
    ground->net.proved = "other.org";
    ck_assert_uint_eq(send_from("<sip:carol@OTHER.org>;tag=1", NET_TLS, "INFO"), 0);
    ck_assert_str_eq(probe.identity, "carol@other.org");
    ck_assert(probe.foreign && !probe.trusted);
    ck_assert_uint_eq(send_from("<sip:carol@other.org>;tag=1", NET_TLS, "MESSAGE"), 0);
    ck_assert_uint_eq(send_from("<sip:carol@other.org>;tag=1", NET_TLS, "SUBSCRIBE"), 0);
    probe_close();
}
END_TEST

START_TEST(not_proved)
{
    probe_open(true);
    ground->net.proved = "other.org";
    ck_assert_uint_eq(send_from("<sip:carol@third.net>;tag=1", NET_TLS, "INFO"), 0);
    ck_assert_str_eq(probe.identity, "");
    ck_assert(!probe.foreign);
    ck_assert_uint_eq(send_from("<sip:carol@other.org>;tag=1", NET_TCP, "INFO"), 0);
    ck_assert_str_eq(probe.identity, "");
    ck_assert_uint_eq(send_from("<sip:carol@third.net>;tag=1", NET_TLS, "MESSAGE"), 403);
    ck_assert_uint_eq(send_from("<sip:carol@other.org>;tag=1", NET_TCP, "SUBSCRIBE"), 403);
    probe_close();
}
END_TEST

/* Nobody proves our own users but they themselves. */
START_TEST(our_domain_is_not_to_be_proved)
{
    probe_open(true);
    ground->net.proved = "example.org";
    ck_assert_uint_eq(send_from("<sip:alice@example.org>;tag=1", NET_TLS, "MESSAGE"), 407);
    probe_close();
}
END_TEST

UNIT_MAIN("step_peer", rfc5922_7_proved, not_proved, our_domain_is_not_to_be_proved)
