/* step_ack_test.c: what is hop by hop and comes up without a transaction: the ACK of a refusal
 * (RFC 3261 8.2.7), a CANCEL of nothing (9.2, 16.10). */
#include "fixture/probe.h"

START_TEST(ack_of_a_refusal_ends_here)
{
    char to[200];
    struct ask ask = {.method = "INVITE", .cseq = 5, .via = "SIP/2.0/UDP p;branch=z9hG4bKi"};
    probe_open(true);
    ck_assert_uint_eq(probe_send(ask), 407);
    const char *tag = strstr(sent_text(ground, "SIP"), "\r\nTo: ") + 6;
    snprintf(to, sizeof(to), "%.*s", (int)strcspn(tag, "\r"), tag);
    ask.method = "ACK";
    ask.to = to;
    ck_assert_uint_eq(probe_send(ask), 1);
    ck_assert_uint_eq(sent_count(ground, ""), 0);
    ck_assert_uint_eq(probe.calls, 0);
    /* the one for a 2xx has the tag of whoever answered */
    ask.to = IN_DIALOG;
    ck_assert_uint_eq(probe_send(ask), 0);
    ck_assert(probe.relayed);
    probe_close();
}
END_TEST

START_TEST(cancel_of_nothing)
{
    struct ask ask = {.method = "CANCEL"};
    probe_open(true);
    ck_assert_uint_eq(probe_stranger(ask), 481);
    ask.uri = "sip:bob@elsewhere.net";
    ck_assert_uint_eq(probe_stranger(ask), 481); /* not sent on for anybody */
    ck_assert_uint_eq(probe.calls, 0);
    probe_close();
}
END_TEST

UNIT_MAIN("step_ack", ack_of_a_refusal_ends_here, cancel_of_nothing)
