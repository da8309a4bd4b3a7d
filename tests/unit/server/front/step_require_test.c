/* step_require_test.c: options that we lack (RFC 3261 8.2.2.3, 16.3 step 5, RFC 3323 5). */
#include "fixture/probe.h"

START_TEST(as_a_proxy)
{
    probe_open(true);
    ck_assert_uint_eq(
        probe_alice((struct ask){.method = "INVITE", .fields = "Require: 100rel\r\n"}), 0);
    ck_assert_uint_eq(
        probe_alice((struct ask){.method = "INVITE", .fields = "Proxy-Require: Privacy\r\n"}), 0);
    ck_assert_uint_eq(probe_send((struct ask){.method = "INVITE",
                                              .fields = "Proxy-Require: privacy, sec-agree\r\n"}),
                      420);
    ck_assert_has(sent_text(ground, "SIP"), "Unsupported: sec-agree\r\n");
    ck_assert_uint_eq(
        probe_stranger((struct ask){.method = "ACK", .fields = "Proxy-Require: sec-agree\r\n"}), 1);
    probe_close();
}
END_TEST

START_TEST(as_a_server)
{
    struct ask ask = {.method = "REGISTER",
                      .uri = "sip:example.org",
                      .to = "<sip:alice@example.org>",
                      .fields = "Require: path\r\nProxy-Require: x\r\n"};
    probe_open(true);
    ck_assert_uint_eq(probe_alice(ask), 0);
    ask.fields = "Require: path, gruu\r\n";
    ck_assert_uint_eq(probe_alice(ask), 420);
    ck_assert_has(sent_text(ground, "SIP"), "Unsupported: gruu\r\n");
    ask.method = "PUBLISH";
    ask.fields = "Require: path\r\n";
    ask.uri = NULL;
    ck_assert_uint_eq(probe_alice(ask), 420);
    probe_close();
}
END_TEST

UNIT_MAIN("step_require", as_a_proxy, as_a_server)
