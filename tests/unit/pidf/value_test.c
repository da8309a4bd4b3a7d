/* value_test.c: simple types, good, repairable and hopeless. */
#include "pidf/value_internal.h"
#include "unit.h"

/* `raw` as `type` must become `wanted`; NULL: nothing can be made of it. */
static void expect(enum value_type type, const char *raw, const char *wanted)
{
    struct text scratch = {0};
    struct bytes good = {0};
    bool fine = value_repair(type, bytes_of(raw), &scratch, &good);
    ck_assert_msg(fine == (wanted != NULL), "\"%s\" was %s", raw, fine ? "taken" : "refused");
    if (fine)
        ck_assert_msg(bytes_equal(good, bytes_of(wanted)), "\"%s\" became \"%.*s\"", raw,
                      BYTES_ARGS(good));
    text_release(&scratch);
}

static void expect_same(enum value_type type, const char *raw)
{
    expect(type, raw, raw);
}

/* RFC 3863 4.1.4: open and closed, in lower case. */
START_TEST(test_rfc3863_basic)
{
    expect_same(VALUE_BASIC, "open");
    expect_same(VALUE_BASIC, "closed");
    expect(VALUE_BASIC, " Open\n", "open");
    expect(VALUE_BASIC, "CLOSED", "closed");
    expect(VALUE_BASIC, "opened", NULL);
    expect(VALUE_BASIC, "", NULL);
}
END_TEST

START_TEST(test_rfc3863_priority)
{
    const char *good[] = {"0", "1", "0.0", "0.8", "0.123", "1.0", "1.000"};
    const char *bad[] = {"",    "2",   "0.", "0.1234", "1.1", "1.001",  "-0.5", ".5",
                         "0x5", "0,5", "1.", "0.5a",   "10",  "1.0000", "00.1"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        expect_same(VALUE_PRIORITY, good[i]);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        expect(VALUE_PRIORITY, bad[i], NULL);
    expect(VALUE_PRIORITY, " 0.5 ", "0.5");
}
END_TEST

START_TEST(test_date_time)
{
    const char *good[] = {"2026-11-21T02:15:08Z",          "2026-11-21T02:15:08",
                          "2024-02-29T23:59:59.123+05:30", "2000-02-29T00:00:00-14:00",
                          "2026-01-01T00:00:00.1Z",        "2026-01-01T00:00:00+14:00"};
    const char *bad[] = {"",
                         "now",
                         "2026-11-21",
                         "2026-11-21 02:15:08Z",
                         "2026-11-21T02:15Z",
                         "2026-13-01T00:00:00Z",
                         "2026-00-01T00:00:00Z",
                         "2026-01-00T00:00:00Z",
                         "2025-02-29T00:00:00Z",
                         "1900-02-29T00:00:00Z",
                         "2026-04-31T00:00:00Z",
                         "0000-01-01T00:00:00Z",
                         "2026-01-01T24:00:00Z",
                         "2026-01-01T00:60:00Z",
                         "2026-01-01T00:00:60Z",
                         "2026-01-01T00:00:00.Z",
                         "2026-01-01T00:00:00+14:01",
                         "2026-01-01T00:00:00+1:00",
                         "2026-01-01T00:00:00Zx",
                         "26-01-01T00:00:00Z",
                         "1234567890"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        expect_same(VALUE_DATE_TIME, good[i]);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        expect(VALUE_DATE_TIME, bad[i], NULL);
}
END_TEST

/* RFC 3339 5.8 has these: a leap second is one in UTC, whatever the offset. */
START_TEST(test_rfc3339_leap_seconds)
{
    expect(VALUE_DATE_TIME, "1990-12-31T23:59:60Z", "1990-12-31T23:59:59Z");
    expect(VALUE_DATE_TIME, "1990-12-31T15:59:60-08:00", "1990-12-31T15:59:59-08:00");
    expect(VALUE_DATE_TIME, "1991-01-01T05:29:60.25+05:30", "1991-01-01T05:29:59.25+05:30");
    expect(VALUE_DATE_TIME, "1990-12-31T23:59:60", "1990-12-31T23:59:59");
    expect(VALUE_DATE_TIME, "1990-12-31T23:58:60Z", NULL);
    expect(VALUE_DATE_TIME, "1990-12-31T23:59:60-08:00", NULL);
    expect(VALUE_DATE_TIME, "1990-12-31T23:59:60+8:00", NULL);
    expect(VALUE_DATE_TIME, "1990-12-31T23:59:61Z", NULL);
    expect(VALUE_DATE_TIME, "1990-12-31T23:59:60x", NULL);
}
END_TEST

START_TEST(test_numbers)
{
    expect_same(VALUE_INTEGER, "-120");
    expect_same(VALUE_INTEGER, "+60");
    expect_same(VALUE_INTEGER, "0");
    expect(VALUE_INTEGER, "", NULL);
    expect(VALUE_INTEGER, "-", NULL);
    expect(VALUE_INTEGER, "1.5", NULL);
    expect(VALUE_INTEGER, "1234567890123456789", NULL);
    expect_same(VALUE_POSITIVE, "600");
    expect(VALUE_POSITIVE, "0", NULL);
    expect(VALUE_POSITIVE, "-1", NULL);
    expect(VALUE_POSITIVE, "9999999999999999999999", NULL);
}
END_TEST

START_TEST(test_words)
{
    expect(VALUE_ACTIVE_IDLE, "Idle", "idle");
    expect(VALUE_ACTIVE_IDLE, "asleep", NULL);
    expect_same(VALUE_BOOLEAN, "1");
    expect(VALUE_BOOLEAN, "TRUE", "true");
    expect(VALUE_BOOLEAN, "yes", NULL);
    expect_same(VALUE_SPACE, "preserve");
    expect(VALUE_SPACE, "tab", NULL);
    expect(VALUE_EMPTY, "anything", "");
    expect_same(VALUE_TEXT, "  as it is ");
}
END_TEST

START_TEST(test_language)
{
    expect_same(VALUE_LANGUAGE, "en");
    expect_same(VALUE_LANGUAGE, "sr-Latn-RS");
    expect_same(VALUE_LANGUAGE, "de-1996");
    expect_same(VALUE_LANGUAGE, "");
    expect(VALUE_LANGUAGE, "en_US", NULL);
    expect(VALUE_LANGUAGE, "1a", NULL);
    expect(VALUE_LANGUAGE, "en-", NULL);
    expect(VALUE_LANGUAGE, "-en", NULL);
    expect(VALUE_LANGUAGE, "en--us", NULL);
    expect(VALUE_LANGUAGE, "englishlanguage", NULL);
}
END_TEST

/* RFC 3863 4.1.2: an id is an xs:ID; bare numbers are common and get a letter's place filled. */
START_TEST(test_ids)
{
    expect_same(VALUE_ID, "t4109");
    expect(VALUE_ID, " t1 ", "t1");
    expect(VALUE_ID, "102", "_102");
    expect(VALUE_ID, "a b:c", "a_b_c");
    expect(VALUE_ID, "-x", "_-x");
    expect(VALUE_ID, "\"><tuple", "____tuple");
    expect_same(VALUE_ID, "\xc3\xb6l");
    expect(VALUE_ID, "", NULL);
}
END_TEST

START_TEST(test_uris)
{
    expect_same(VALUE_URI, "sip:alice@example.com;transport=tcp");
    expect_same(VALUE_URI, "tel:+4930123");
    expect(VALUE_URI, "\n sip:a@b ", "sip:a@b");
    expect(VALUE_URI, "sip:a b@c", "sip:a%20b@c");
    expect(VALUE_URI, "sip:\"a\"@c", "sip:%22a%22@c");
    expect_same(VALUE_URI, "sip:alice@[2001:db8::1]:5060");
    expect(VALUE_URI, ":nothing", NULL);
    expect(VALUE_URI, "", NULL);
}
END_TEST

/* RFC 4235 4.4, RFC 3680 5.4, RFC 4575 6: one of some words, whatever its case. */
START_TEST(test_words_of_lists)
{
    expect(VALUE_DIALOG_STATE, " Confirmed\n", "confirmed");
    expect(VALUE_DIALOG_STATE, "talking", NULL);
    expect(VALUE_DIALOG_STATE, "", NULL);
    expect(VALUE_DIALOG_EVENT, "LOCAL-BYE", "local-bye");
    expect_same(VALUE_DIRECTION, "recipient");
    expect_same(VALUE_CONTACT_STATE, "terminated");
    expect_same(VALUE_CONTACT_EVENT, "rejected");
    expect(VALUE_CONTACT_EVENT, "terminated", NULL);
    expect_same(VALUE_STATE_TYPE, "deleted");
    expect_same(VALUE_ENDPOINT_STATUS, "disconnected");
    expect_same(VALUE_JOINING, "focus-owner");
    expect_same(VALUE_DISCONNECTION, "busy");
    expect_same(VALUE_MEDIA_STATUS, "inactive");
}
END_TEST

START_TEST(test_numbers_of_lists)
{
    expect_same(VALUE_UNSIGNED, "4294967295");
    expect(VALUE_UNSIGNED, "4294967296", NULL);
    expect(VALUE_UNSIGNED, "-1", NULL);
    expect_same(VALUE_LONG, "18446744073709551615");
    expect(VALUE_LONG, "18446744073709551616", NULL);
    expect_same(VALUE_CODE, "699");
    expect(VALUE_CODE, "700", NULL);
    expect(VALUE_CODE, "99", NULL);
    expect(VALUE_CODE, "0200", NULL);
    expect(VALUE_LANGUAGES, " en de-AT ", "en de-AT");
    expect(VALUE_LANGUAGES, "en 2", NULL);
}
END_TEST

UNIT_MAIN("pidf/value", test_rfc3863_basic, test_rfc3863_priority, test_date_time,
          test_rfc3339_leap_seconds, test_numbers, test_words, test_language, test_ids, test_uris,
          test_words_of_lists, test_numbers_of_lists)
