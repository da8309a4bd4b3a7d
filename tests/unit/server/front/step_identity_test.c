/* step_identity_test.c: what is for users alone (RFC 3261 22). */
#include "fixture/probe.h"

/* Whoever says to be nobody of ours cannot be challenged here (22.3: the realm is not theirs), and
 * is refused what is for known senders. */
START_TEST(strangers)
{
    probe_open(true);
    ck_assert_uint_eq(probe_stranger((struct ask){.method = "MESSAGE"}), 403);
    ck_assert_uint_eq(probe_stranger((struct ask){.method = "SUBSCRIBE"}), 403);
    ck_assert_uint_eq(probe_stranger((struct ask){.method = "PUBLISH"}), 403);
    ck_assert_uint_eq(probe.calls, 0);
    probe_close();
}
END_TEST

/* What needs nobody's name passes: a call from anywhere reaches our users. */
START_TEST(what_is_for_everybody)
{
    probe_open(true);
    ck_assert_uint_eq(probe_stranger((struct ask){.method = "INVITE"}), 0);
    ck_assert_str_eq(probe.identity, "");
    probe_close();
}
END_TEST

START_TEST(users_and_trusted_hosts)
{
    const struct net_flow trusted = ground_udp("127.0.0.2:5060");
    probe_open(true);
    ck_assert_uint_eq(probe_alice((struct ask){.method = "MESSAGE"}), 0);
    ck_assert_str_eq(probe.identity, "alice@example.org");
    ck_assert_uint_eq(probe_stranger((struct ask){.method = "MESSAGE", .flow = &trusted}), 0);
    ck_assert(probe.trusted);
    probe_close();
}
END_TEST

UNIT_MAIN("step_identity", strangers, what_is_for_everybody, users_and_trusted_hosts)
