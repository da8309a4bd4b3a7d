/* step_cancel_test.c: a CANCEL that cancels nothing (RFC 3261 9.2, 16.10). */
#include "fixture/probe.h"

/* 9.2: "no matching transaction: 481". It costs no credentials: nobody can be challenged for a
 * CANCEL (22.1). */
START_TEST(rfc3261_9_2_no_match)
{
    static const char *const uris[] = {"sip:bob@example.org", "sip:nobody@example.org",
                                       "sip:example.org", "sip:bob@elsewhere.net"};
    probe_open(true);
    for (size_t i = 0; i < sizeof(uris) / sizeof(uris[0]); i++) {
        ck_assert_uint_eq(probe_stranger((struct ask){.method = "CANCEL", .uri = uris[i]}), 481);
        ck_assert_uint_eq(probe_send((struct ask){.method = "CANCEL", .uri = uris[i]}), 481);
        ck_assert_uint_eq(sent_count(ground, ""), 1); /* the answer alone */
    }
    ck_assert_uint_eq(probe.calls, 0);
    probe_close();
}
END_TEST

/* Its method is what counts: a dialog's tag makes it no other request. */
START_TEST(inside_a_dialog)
{
    const struct net_flow trusted = ground_udp("127.0.0.2:5060");
    struct ask ask = {.method = "CANCEL", .to = IN_DIALOG, .flow = &trusted};
    probe_open(true);
    ck_assert_uint_eq(probe_send(ask), 481);
    ask.method = "BYE";
    ck_assert_uint_eq(probe_send(ask), 0);
    probe_close();
}
END_TEST

UNIT_MAIN("step_cancel", rfc3261_9_2_no_match, inside_a_dialog)
