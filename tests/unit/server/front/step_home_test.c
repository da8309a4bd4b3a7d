/* step_home_test.c: a partition whose state is not there. */
#include "fixture/probe.h"

static unsigned ask_bob(const char *method)
{
    return probe_alice((struct ask){.method = method});
}

/* RFC 3261 21.5.4: 503 with Retry-After to whatever is meant for its users. */
START_TEST(rfc3261_21_5_4_closed)
{
    unsigned bobs = partition_of(BYTES("bob@example.org"));
    static const char *const methods[] = {"PUBLISH", "SUBSCRIBE", "MESSAGE", "INVITE"};
    probe_open(true);
    front_set_closed(ground->front, bobs, true);
    front_set_closed(ground->front, bobs, true);
    ck_assert(front_is_closed(ground->front, bobs));
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        ck_assert_uint_eq(ask_bob(methods[i]), 503);
        ck_assert_has(sent_text(ground, "SIP"), "\r\nRetry-After: 5\r\n");
    }
    ck_assert_uint_eq(probe_alice((struct ask){.method = "REGISTER",
                                               .uri = "sip:example.org",
                                               .from = "<sip:bob@example.org>;tag=1",
                                               .to = "<sip:bob@example.org>"}),
                      503);
    ck_assert_uint_eq(ground->metrics.values[METRIC_requests_overload], 5);
    front_set_closed(ground->front, bobs, false);
    ck_assert(!front_is_closed(ground->front, bobs));
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
        ck_assert_uint_eq(ask_bob(methods[i]), 0);
    probe_close();
}
END_TEST

/* Nobody else notices, and bob reaches others. */
START_TEST(others)
{
    unsigned bobs = partition_of(BYTES("bob@example.org"));
    probe_open(true);
    front_set_closed(ground->front, bobs, true);
    ck_assert_uint_eq(probe_alice((struct ask){.uri = "sip:carol@example.org"}), 0);
    ck_assert_uint_eq(probe_alice((struct ask){.uri = "sip:bob@elsewhere.net"}), 0);
    ck_assert_uint_eq(probe_alice((struct ask){.method = "OPTIONS", .uri = "sip:example.org"}),
                      200);
    ck_assert_uint_eq(probe_send((struct ask){.method = "ACK"}), 1); /* nothing is answered to it */
    probe_close();
}
END_TEST

/* Inside a dialog with us its home is named by the tag, whatever the Request-URI. */
START_TEST(dialogs)
{
    char to[200];
    probe_open(true);
    const struct token tag = token_make(&ground->world, 7, 1);
    snprintf(to, sizeof(to), "<sip:bob@example.org>;tag=%s", tag.text);
    front_set_closed(ground->front, 7, true);
    ck_assert_uint_eq(probe_alice((struct ask){.method = "SUBSCRIBE", .to = to}), 503);
    ck_assert_uint_eq(probe_alice((struct ask){.method = "SUBSCRIBE"}), 0);
    front_set_closed(ground->front, 7, false);
    front_set_closed(ground->front, partition_of(BYTES("bob@example.org")), true);
    ck_assert_uint_eq(probe_alice((struct ask){.method = "SUBSCRIBE", .to = to}), 0);
    ck_assert_uint_eq(probe_alice((struct ask){.method = "SUBSCRIBE", .to = IN_DIALOG}), 503);
    probe_close();
}
END_TEST

UNIT_MAIN("front/step_home", rfc3261_21_5_4_closed, others, dialogs)
