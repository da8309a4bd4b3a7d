/* abilities_test.c: what this server can do (RFC 3261 11.2, 8.2.1). */
#include "fixture/probe.h"

static unsigned options(void)
{
    return probe_stranger((struct ask){.method = "OPTIONS", .uri = "sip:example.org"});
}

/* 11.2: "Allow, Accept, Accept-Encoding, Accept-Language and Supported SHOULD be present"; RFC 6665
 * 8.2.2: Allow-Events. */
START_TEST(rfc3261_11_2)
{
    static const char *const fields[] = {
        "\r\nAccept: application/pidf+xml\r\n", "\r\nAccept-Encoding: identity\r\n",
        "\r\nAccept-Language: en\r\n", "\r\nAllow-Events: presence\r\n"};
    probe_open(false);
    ck_assert_uint_eq(options(), 200);
    const char *text = sent_text(ground, "SIP/2.0 200 ");
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        ck_assert_has(text, fields[i]);
    ck_assert_has(text, "\r\nSupported: ");
    ck_assert_has(text, "path");
    ck_assert_has(text, "outbound"); /* what some handler may be asked to require */
    ck_assert_uint_eq(probe.calls, 0);
    probe_close();
}
END_TEST

/* Who passes everything on allows everything; else what is handled, and OPTIONS. */
START_TEST(what_is_allowed)
{
    probe_open(false);
    ck_assert_uint_eq(options(), 200);
    const char *text = sent_text(ground, "SIP/2.0 200 ");
    ck_assert_has(text, "\r\nAllow: OPTIONS, ");
    ck_assert_has(text, "PUBLISH");
    ck_assert_lacks(text, "INVITE");
    probe_close();
    probe_open(true);
    ck_assert_uint_eq(options(), 200);
    ck_assert_has(sent_text(ground, "SIP/2.0 200 "), "INVITE");
    probe_close();
}
END_TEST

/* 8.2.1: a 405 MUST have Allow; what is only passed on cannot be asked of this server itself. */
START_TEST(rfc3261_8_2_1)
{
    probe_open(true);
    ck_assert_uint_eq(probe_alice((struct ask){.method = "INFO", .uri = "sip:example.org"}), 405);
    const char *text = sent_text(ground, "SIP/2.0 405 ");
    ck_assert_has(text, "\r\nAllow: OPTIONS, ");
    ck_assert_has(text, "REGISTER");
    ck_assert_lacks(text, "INVITE");
    probe_close();
}
END_TEST

/* What a reload changes is told from then on. */
START_TEST(after_a_reload)
{
    probe_open(false);
    const struct front_settings settings = {.server = "",
                                            .allow_events = "presence, dialog",
                                            .accept = "text/plain",
                                            .trusted = &ground->trusted,
                                            .trusted_count = 1};
    front_reload(ground->front, &settings);
    ck_assert_uint_eq(options(), 200);
    ck_assert_has(sent_text(ground, "SIP"), "\r\nAccept: text/plain\r\n");
    ck_assert_has(sent_text(ground, "SIP"), "\r\nAllow-Events: presence, dialog\r\n");
    probe_close();
}
END_TEST

UNIT_MAIN("abilities", rfc3261_11_2, what_is_allowed, rfc3261_8_2_1, after_a_reload)
