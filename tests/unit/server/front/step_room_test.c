/* step_room_test.c: what changes the store while it has no room (RFC 3261 21.5.4). */
#include "fixture/probe.h"

START_TEST(rfc3261_21_5_4)
{
    const struct net_flow trusted = ground_udp("127.0.0.2:5060");
    struct ask ask = {.method = "PUBLISH", .flow = &trusted};
    probe_open(true);
    ground_fill_store(ground);
    ground_ask(ground, ask);
    ck_assert_uint_eq(sent_status(ground), 503);
    ck_assert_has(sent_text(ground, "SIP"), "\r\nRetry-After: 5\r\n");
    ck_assert_uint_eq(probe.calls, 0);
    ask.method = "MESSAGE"; /* changes nothing */
    ground_ask(ground, ask);
    ck_assert_uint_eq(probe.calls, 1);
    ground_commit(ground);
    ask.method = "PUBLISH";
    ground_ask(ground, ask);
    ck_assert_uint_eq(probe.calls, 2);
    probe_close();
}
END_TEST

/* The digest costs more than this answer. */
START_TEST(before_the_credentials)
{
    const struct net_flow stranger = ground_udp("192.0.2.1:5060");
    probe_open(true);
    ground_fill_store(ground);
    ground_ask(ground, (struct ask){.method = "PUBLISH", .flow = &stranger});
    ck_assert_uint_eq(sent_status(ground), 503);
    ck_assert_uint_eq(ground->metrics.values[METRIC_challenges_sent], 0);
    probe_close();
}
END_TEST

UNIT_MAIN("step_room", rfc3261_21_5_4, before_the_credentials)
