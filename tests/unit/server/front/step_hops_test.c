/* step_hops_test.c: Max-Forwards (RFC 3261 16.3 step 3). */
#include "fixture/probe.h"

static unsigned hops(const char *method, const char *uri, const char *value)
{
    const struct net_flow trusted = ground_udp("127.0.0.2:5060");
    char raw[600];
    snprintf(raw, sizeof(raw),
             "%s %s SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.2;branch=z9hG4bK-%u\r\n"
             "From: <sip:alice@example.org>;tag=1\r\nTo: <sip:bob@example.org>\r\nCall-ID: c\r\n"
             "CSeq: 1 %s\r\n%sContent-Length: 0\r\n\r\n",
             method, uri, ++ground->asked, method, value);
    unsigned calls = probe.calls;
    ground_receive(ground, &trusted, raw);
    ground_commit(ground);
    return probe.calls != calls ? 0 : sent_status(ground);
}

START_TEST(what_goes_further)
{
    static const char *const uris[] = {"sip:bob@example.org", "sip:bob@elsewhere.net"};
    probe_open(true);
    for (size_t i = 0; i < 2; i++) {
        ck_assert_uint_eq(hops("INFO", uris[i], "Max-Forwards: 0\r\n"), 483);
        ck_assert_uint_eq(hops("MESSAGE", uris[i], "Max-Forwards: 0\r\n"), 483);
        ck_assert_uint_eq(hops("MESSAGE", uris[i], "Max-Forwards: x\r\n"), 400);
        ck_assert_uint_eq(hops("MESSAGE", uris[i], "Max-Forwards: 1\r\n"), 0);
        ck_assert_uint_eq(hops("MESSAGE", uris[i], "Max-Forwards: 1000\r\n"), 0);
        ck_assert_uint_eq(hops("MESSAGE", uris[i], ""), 0);
    }
    probe_close();
}
END_TEST

START_TEST(what_ends_here)
{
    probe_open(true);
    ck_assert_uint_eq(hops("PUBLISH", "sip:bob@example.org", "Max-Forwards: 0\r\n"), 0);
    ck_assert_uint_eq(hops("REGISTER", "sip:example.org", "Max-Forwards: 0\r\n"), 0);
    ck_assert_uint_eq(hops("OPTIONS", "sip:example.org", "Max-Forwards: 0\r\n"), 200);
    ck_assert_uint_eq(probe.calls, 2);
    probe_close();
}
END_TEST

/* RFC 3261 11: who counts hops learns where they end. */
START_TEST(traceroute)
{
    probe_open(true);
    ck_assert_uint_eq(hops("OPTIONS", "sip:bob@example.org", "Max-Forwards: 0\r\n"), 200);
    ck_assert_has(sent_text(ground, "SIP"), "Allow: OPTIONS, ");
    ck_assert_uint_eq(hops("OPTIONS", "sip:bob@elsewhere.net", "Max-Forwards: 0\r\n"), 200);
    ck_assert_uint_eq(probe.calls, 0);
    ck_assert_uint_eq(hops("OPTIONS", "sip:bob@example.org", "Max-Forwards: 1\r\n"), 0);
    probe_close();
}
END_TEST

UNIT_MAIN("step_hops", what_goes_further, what_ends_here, traceroute)
