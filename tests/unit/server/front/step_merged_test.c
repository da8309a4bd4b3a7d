/* step_merged_test.c: a request that comes a second way (RFC 3261 8.2.2.2). */
#include "fixture/probe.h"

static unsigned send_by(const char *branch, const char *method, unsigned cseq, const char *to)
{
    const struct net_flow trusted = ground_udp("127.0.0.2:5060");
    char via[100];
    snprintf(via, sizeof(via), "SIP/2.0/UDP 127.0.0.2;branch=z9hG4bK-%s", branch);
    unsigned calls = probe.calls;
    ground_ask(ground, (struct ask){
                           .via = via, .method = method, .cseq = cseq, .to = to, .flow = &trusted});
    return probe.calls != calls ? 0 : sent_status(ground);
}

START_TEST(rfc3261_8_2_2_2)
{
    probe_open(true);
    ck_assert_uint_eq(send_by("a", "PUBLISH", 1, NULL), 0);
    ck_assert_uint_eq(send_by("b", "PUBLISH", 1, NULL), 482);
    ck_assert_uint_eq(send_by("c", "PUBLISH", 2, NULL), 0);
    ck_assert_uint_eq(send_by("d", "SUBSCRIBE", 1, NULL), 0);
    ck_assert_uint_eq(send_by("e", "SUBSCRIBE", 1, IN_DIALOG), 0);
    /* the same that came before is a retransmission, answered below */
    ck_assert_uint_eq(send_by("a", "PUBLISH", 1, NULL), 200);
    probe_close();
}
END_TEST

/* RFC 3261 16.3: proxies must not. */
START_TEST(what_we_pass_on)
{
    probe_open(true);
    ck_assert_uint_eq(send_by("a", "MESSAGE", 1, NULL), 0);
    ck_assert_uint_eq(send_by("b", "MESSAGE", 1, NULL), 0);
    ck_assert_uint_eq(send_by("c", "INFO", 2, NULL), 0);
    ck_assert_uint_eq(send_by("d", "INFO", 2, NULL), 0);
    probe_close();
}
END_TEST

UNIT_MAIN("step_merged", rfc3261_8_2_2_2, what_we_pass_on)
