/* step_uri_test.c: a Request-URI that can be read, of a scheme that is known (RFC 3261 8.2.2.1,
 * 16.3 step 2, 21.4.14). */
#include "fixture/probe.h"

static unsigned ask_for(const char *uri)
{
    return probe_alice((struct ask){.method = "INVITE", .uri = uri, .to = "<sip:b@x.org>"});
}

START_TEST(rfc3261_8_2_2_1_schemes)
{
    probe_open(true);
    ck_assert_uint_eq(ask_for("sip:bob@example.org"), 0);
    ck_assert_uint_eq(ask_for("SIP:bob@example.org"), 0); /* 19.1.4: without regard to case */
    ck_assert_uint_eq(ask_for("http://example.org/bob"), 416);
    ck_assert_uint_eq(ask_for("mailto:bob@example.org"), 416);
    ck_assert_uint_eq(ask_for("nobodyKnowsThisScheme:totallyopaquecontent"), 416);
    ck_assert_uint_eq(ask_for("tel:+12125551212"), 416); /* we know no numbers */
    probe_close();
}
END_TEST

/* 21.4.1: a syntax error is 400, with words that say where. */
START_TEST(malformed)
{
    static const char *const uris[] = {"sip:", "sip:@example.org", "sip:bob@",
                                       "sip:bob@example.org:port", "sip:bob@[::1"};
    probe_open(true);
    for (size_t i = 0; i < sizeof(uris) / sizeof(uris[0]); i++) {
        ck_assert_msg(ask_for(uris[i]) == 400, "%s", uris[i]);
        ck_assert_has(sent_text(ground, "SIP/2.0 400 "), "Request-URI");
    }
    ck_assert_uint_eq(probe.calls, 0);
    probe_close();
}
END_TEST

UNIT_MAIN("step_uri", rfc3261_8_2_2_1_schemes, malformed)
