/* step_source_test.c: a source that asks too often is told so, then not answered (RFC 3261
 * 21.5.1). */
#include "fixture/probe.h"

enum { BURST = 3 };

static void open_guarded(void)
{
    const struct guard_settings settings = {.source_per_s = 1, .source_burst = BURST};
    probe_open(true);
    guard_reload(ground->parts.guard, &settings);
}

static unsigned ask_from(const char *peer, const char *method)
{
    const struct net_flow flow = ground_udp(peer);
    return probe_stranger((struct ask){.method = method, .flow = &flow});
}

/* 500, and not 503: that would speak for the whole server (21.5.4). */
START_TEST(too_often)
{
    open_guarded();
    for (int i = 0; i < BURST; i++)
        ck_assert_uint_eq(ask_from("192.0.2.1:5060", "INVITE"), 0);
    ck_assert_uint_eq(ask_from("192.0.2.1:5061", "INVITE"), 500); /* whatever its port */
    ck_assert_has(sent_text(ground, "SIP"), "\r\nRetry-After: 5\r\n");
    ck_assert_uint_eq(ask_from("192.0.2.2:5060", "INVITE"), 0); /* another's business */
    ground_wait(ground, 1000);
    ck_assert_uint_eq(ask_from("192.0.2.1:5060", "INVITE"), 0);
    probe_close();
}
END_TEST

/* The answers to a flood would be another. */
START_TEST(then_silence)
{
    open_guarded();
    for (int i = 0; i < BURST; i++)
        ck_assert_uint_eq(ask_from("192.0.2.1:5060", "INVITE"), 0);
    for (int i = 0; i < BURST; i++)
        ck_assert_uint_eq(ask_from("192.0.2.1:5060", "INVITE"), 500);
    uint64_t dropped = ground->metrics.values[METRIC_messages_dropped];
    ck_assert_uint_eq(ground->net.unanswered, 0);
    ck_assert_uint_eq(ask_from("192.0.2.1:5060", "INVITE"), 1);
    ck_assert_uint_eq(sent_count(ground, ""), 0);
    ck_assert_uint_eq(ground->net.unanswered, 1); /* nor does its connection wait for one */
    ck_assert_uint_eq(ground->metrics.values[METRIC_messages_dropped], dropped + 1);
    probe_close();
}
END_TEST

/* RFC 3261 17: nothing answers an ACK. */
START_TEST(never_to_an_ack)
{
    open_guarded();
    for (int i = 0; i < BURST; i++)
        (void)ask_from("192.0.2.1:5060", "INVITE");
    ck_assert_uint_eq(ask_from("192.0.2.1:5060", "ACK"), 1);
    ck_assert_uint_eq(sent_count(ground, ""), 0);
    probe_close();
}
END_TEST

START_TEST(trusted_sources_are_not_counted)
{
    open_guarded();
    for (int i = 0; i < 10 * BURST; i++)
        ck_assert_uint_eq(ask_from("127.0.0.2:5060", "INVITE"), 0);
    probe_close();
}
END_TEST

UNIT_MAIN("step_source", too_often, then_silence, never_to_an_ack, trusted_sources_are_not_counted)
