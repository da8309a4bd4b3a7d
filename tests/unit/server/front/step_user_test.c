/* step_user_test.c: the user that is meant exists (RFC 3261 16.5, 21.4.5). */
#include "fixture/probe.h"

START_TEST(rfc3261_21_4_5)
{
    probe_open(true);
    ck_assert_uint_eq(probe_alice((struct ask){.uri = "sip:bob@example.org"}), 0);
    ck_assert_uint_eq(probe_alice((struct ask){.uri = "sip:nobody@example.org"}), 404);
    /* 19.1.4: a user part has case, a host has none */
    ck_assert_uint_eq(probe_alice((struct ask){.uri = "sip:bob@EXAMPLE.org"}), 0);
    ck_assert_uint_eq(probe_alice((struct ask){.uri = "sip:%62ob@example.org"}), 0);
    probe_close();
}
END_TEST

/* Strangers do not learn who is a user of ours: the answer is the same for both. */
START_TEST(nobody_learns_who_exists)
{
    static char there[2000], nowhere[2000];
    probe_open(true);
    ck_assert_uint_eq(probe_send((struct ask){.uri = "sip:bob@example.org"}), 407);
    keep_text(there, sent_text(ground, "SIP"));
    ck_assert_uint_eq(probe_send((struct ask){.uri = "sip:nobody@example.org"}), 407);
    keep_text(nowhere, sent_text(ground, "SIP"));
    there[strcspn(there, "\r")] = nowhere[strcspn(nowhere, "\r")] = '\0';
    ck_assert_str_eq(there, nowhere);
    ck_assert_uint_eq(probe_stranger((struct ask){.uri = "sip:bob@example.org"}), 403);
    ck_assert_uint_eq(probe_stranger((struct ask){.uri = "sip:nobody@example.org"}), 403);
    probe_close();
}
END_TEST

/* A dialog has its peer already, and what goes elsewhere means none of ours. */
START_TEST(who_is_not_looked_up)
{
    const struct net_flow trusted = ground_udp("127.0.0.2:5060");
    probe_open(true);
    ck_assert_uint_eq(probe_send((struct ask){.method = "SUBSCRIBE",
                                              .uri = "sip:gone@example.org",
                                              .to = IN_DIALOG,
                                              .flow = &trusted}),
                      0);
    ck_assert_uint_eq(probe_send((struct ask){.uri = "sip:nobody@elsewhere.net", .flow = &trusted}),
                      0);
    ck_assert_int_eq(probe.aim, FRONT_AIM_ELSEWHERE);
    probe_close();
}
END_TEST

UNIT_MAIN("step_user", rfc3261_21_4_5, nobody_learns_who_exists, who_is_not_looked_up)
