/* step_credentials_test.c: who must prove what, with which status (RFC 3261 22). */
#include "fixture/probe.h"

START_TEST(rfc3261_22_3_which_challenge)
{
    probe_open(true);
    ck_assert_uint_eq(probe_send((struct ask){.method = "PUBLISH"}), 401);
    ck_assert_uint_eq(probe_send((struct ask){.method = "SUBSCRIBE"}), 401);
    ck_assert_uint_eq(probe_send((struct ask){.method = "MESSAGE"}), 407);
    ck_assert_uint_eq(probe_send((struct ask){.method = "INVITE"}), 407);
    ck_assert_uint_eq(probe_send((struct ask){.method = "INVITE", .uri = "sip:a@b.net"}), 407);
    ck_assert_uint_eq(probe_send((struct ask){.method = "OPTIONS", .uri = "sip:example.org"}), 200);
    ck_assert_uint_eq(probe_alice((struct ask){.method = "INVITE"}), 0);
    ck_assert_str_eq(probe.identity, "alice@example.org");
    probe_close();
}
END_TEST

/* RFC 3261 16: strangers call our users, and have no identity; who needs one is refused. */
START_TEST(strangers)
{
    probe_open(true);
    ck_assert_uint_eq(probe_stranger((struct ask){.method = "INVITE"}), 0);
    ck_assert_str_eq(probe.identity, "");
    ck_assert_uint_eq(probe_stranger((struct ask){.method = "PUBLISH"}), 403);
    ck_assert_uint_eq(probe_stranger((struct ask){.method = "MESSAGE"}), 403);
    ck_assert_uint_eq(
        probe_stranger((struct ask){.method = "INVITE", .uri = "sip:nobody@example.org"}), 404);
    probe_close();
}
END_TEST

/* RFC 3261 12.1.1: in a dialog the callee's From is what was called, wherever he is. The Route
 * proves that it is he; who brings credentials is judged all the same. */
START_TEST(inside_a_relayed_dialog)
{
    struct ask ask = {.method = "BYE", .uri = "sip:x@192.0.2.7", .to = IN_DIALOG};
    probe_open(true);
    ck_assert_uint_eq(probe_send(ask), 407);
    ask.fields = probe_route(NULL, "call-1"); /* of that call, but whose? */
    ck_assert_uint_eq(probe_send(ask), 407);
    ask.fields = probe_party_route(NULL, "call-1", "calice@example.org eve@example.org");
    ck_assert_uint_eq(probe_send(ask), 407);
    /* bob was called, nobody is known to have been, alice was */
    ask.fields = probe_party_route(NULL, "call-1", "dalice@example.org bob@example.org");
    ck_assert_uint_eq(probe_send(ask), 407);
    ask.fields = probe_party_route(NULL, "call-1", "aalice@example.org bob@example.org");
    ck_assert_uint_eq(probe_send(ask), 407);
    ask.fields = probe_party_route(NULL, "call-1", "calice@example.org bob@example.org");
    ck_assert_uint_eq(probe_send(ask), 0);
    ck_assert_str_eq(probe.identity, "");
    ck_assert_uint_eq(probe_alice(ask), 0);
    ck_assert_str_eq(probe.identity, "alice@example.org");
    ask.from = "<sip:bob@example.org>;tag=b2";
    ck_assert_uint_eq(probe_alice(ask), 407); /* wrong ones */
    ask.from = NULL;
    ask.method = "INFO";
    ask.uri = NULL; /* for a user of ours, which is no dialog's business */
    ck_assert_uint_eq(probe_send(ask), 407);
    probe_close();
}
END_TEST

/* RFC 3261 12.2.2: only what is nothing outside its dialog. The caller knows the Route, too. */
START_TEST(what_speaks_for_itself)
{
    static const struct {
        const char *method;
        unsigned status;
    } samples[] = {{"BYE", 0},       {"INVITE", 0},      {"PRACK", 0},     {"UPDATE", 0},
                   {"INFO", 0},      {"MESSAGE", 407},   {"NOTIFY", 407},  {"REFER", 407},
                   {"OPTIONS", 407}, {"SUBSCRIBE", 407}, {"PUBLISH", 407}, {"FOO", 407}};
    struct ask ask = {.uri = "sip:x@192.0.2.7", .to = IN_DIALOG};
    probe_open(true);
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        ask.method = samples[i].method;
        ask.fields = probe_party_route(NULL, "call-1", "calice@example.org bob@example.org");
        ck_assert_msg(probe_send(ask) == samples[i].status, "%s", ask.method);
    }
    probe_close();
}
END_TEST

UNIT_MAIN("step_credentials", rfc3261_22_3_which_challenge, strangers, inside_a_relayed_dialog,
          what_speaks_for_itself)
