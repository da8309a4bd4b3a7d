/* step_privacy_test.c: critical privacy that we cannot provide fails the request (RFC 3323 5). */
#include "fixture/probe.h"

static unsigned privacy(const char *method, const char *value)
{
    char fields[400];
    snprintf(fields, sizeof(fields), "Privacy: %s\r\n", value);
    return probe_alice((struct ask){.method = method, .fields = fields});
}

START_TEST(rfc3323_5_critical)
{
    probe_open(true);
    ck_assert_uint_eq(privacy("INVITE", "header;session;critical"), 500);
    ck_assert_has(sent_text(ground, "SIP"),
                  "SIP/2.0 500 Privacy that cannot be provided: header, session\r\n");
    ck_assert_uint_eq(privacy("MESSAGE", "CRITICAL; User"), 500);
    ck_assert_uint_eq(privacy("INVITE", "id;history;critical"), 500);
    ck_assert_has(sent_text(ground, "SIP"), "provided: history\r\n");
    ck_assert_uint_eq(privacy("INVITE", "id\r\nPrivacy: header\r\nPrivacy: critical"), 500);
    ck_assert_uint_eq(probe.calls, 0);
    probe_close();
}
END_TEST

START_TEST(what_we_can_do)
{
    probe_open(true);
    ck_assert_uint_eq(privacy("INVITE", "id;critical"), 0);
    ck_assert_uint_eq(privacy("INVITE", "none"), 0);
    ck_assert_uint_eq(privacy("INVITE", "critical"), 0);
    ck_assert_uint_eq(privacy("INVITE", "header;session;user"), 0); /* others may */
    ck_assert_uint_eq(privacy("INVITE", ";; ,"), 0);
    ck_assert_uint_eq(privacy("PUBLISH", "header;critical"), 0); /* goes no further than here */
    probe_close();
}
END_TEST

START_TEST(reason_of_any_length)
{
    char value[300];
    probe_open(true);
    snprintf(value, sizeof(value), "%0250d;critical", 0);
    ck_assert_uint_eq(privacy("INVITE", value), 500);
    ck_assert_has(sent_text(ground, "SIP"), "provided: too much\r\n");
    probe_close();
}
END_TEST

UNIT_MAIN("step_privacy", rfc3323_5_critical, what_we_can_do, reason_of_any_length)
