/* date_test.c: dates (RFC 3261 20.17, RFC 1123). */
#include "base/date.h"

#include <stdio.h>
#include <time.h>

#include "unit.h"

static void assert_date(struct date *date, uint64_t wall_ms, const char *wanted)
{
    struct bytes text = date_text(date, wall_ms);
    ck_assert_msg(bytes_equal(text, bytes_of(wanted)), "got %.*s, wanted %s", BYTES_ARGS(text),
                  wanted);
}

START_TEST(known_dates)
{
    struct date date = {0};
    assert_date(&date, 0, "Thu, 01 Jan 1970 00:00:00 GMT");
    assert_date(&date, 1289690940000, "Sat, 13 Nov 2010 23:29:00 GMT"); /* RFC 3261 20.17 */
    assert_date(&date, 951827696999, "Tue, 29 Feb 2000 12:34:56 GMT");
    assert_date(&date, 4107542400000, "Mon, 01 Mar 2100 00:00:00 GMT");
    assert_date(&date, 1767225600000, "Thu, 01 Jan 2026 00:00:00 GMT");
}
END_TEST

/* As the C library has it, a day and a bit at a time. */
START_TEST(all_days)
{
    struct date date = {0};
    for (uint64_t second = 0; second < (uint64_t)400 * 366 * 86400; second += 86400 + 3671) {
        char wanted[64];
        time_t at = (time_t)second;
        struct tm tm;
        ck_assert_ptr_nonnull(gmtime_r(&at, &tm));
        ck_assert_uint_gt(strftime(wanted, sizeof(wanted), "%a, %d %b %Y %H:%M:%S GMT", &tm), 0);
        assert_date(&date, second * 1000 + 999, wanted);
    }
}
END_TEST

/* It is written once a second; whoever changes it sees that. */
START_TEST(kept_for_its_second)
{
    struct date date = {0};
    assert_date(&date, 1000, "Thu, 01 Jan 1970 00:00:01 GMT");
    date.text[0] = 'X';
    assert_date(&date, 1999, "Xhu, 01 Jan 1970 00:00:01 GMT");
    assert_date(&date, 2000, "Thu, 01 Jan 1970 00:00:02 GMT");
    assert_date(&date, 1000, "Thu, 01 Jan 1970 00:00:01 GMT"); /* the clock was set back */
}
END_TEST

static uint64_t read_date(const char *text)
{
    uint64_t wall_ms = 1;
    return date_parse(bytes_of(text), &wall_ms) ? wall_ms : UINT64_MAX;
}

/* RFC 3261 20.17: what was written is read again, and what clients make of it. */
START_TEST(read_again)
{
    struct date date = {0};
    for (uint64_t second = 0; second < (uint64_t)200 * 366 * 86400; second += 40 * 86400 + 3671) {
        uint64_t wall_ms;
        ck_assert(date_parse(date_text(&date, second * 1000), &wall_ms));
        ck_assert_uint_eq(wall_ms, second * 1000);
    }
    ck_assert_uint_eq(read_date("sat, 13 nov 2010 23:29:00 gmt"), 1289690940000);
    ck_assert_uint_eq(read_date(" 1 Jan 1970 00:00:01 UTC "), 1000);
    ck_assert_uint_eq(read_date("Fri,  2 Jan 1970 00:00:00  GMT"), 86400000);
}
END_TEST

START_TEST(no_dates)
{
    static const char *const texts[] = {
        "",
        "now",
        "Sat, 13 Nov 2010 23:29:00 CET",
        "Sat, 13 Nov 2010 23:29:00",
        "Sat, 13 Nov 2010 24:00:00 GMT",
        "Sat, 31 Feb 2010 00:00:00 GMT",
        "Sat, 0 Nov 2010 00:00:00 GMT",
        "Sat, 13 Foo 2010 00:00:00 GMT",
        "Sat, 13 Nov 1969 00:00:00 GMT",
        "Sat, 13 Nov 20101 00:00:00 GMT",
        "Sat, -3 Nov 2010 00:00:00 GMT",
        "Sat, 13 Nov 2010 1:2 GMT",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        ck_assert_msg(read_date(texts[i]) == UINT64_MAX, "%s", texts[i]);
}
END_TEST

UNIT_MAIN("base/date", known_dates, all_days, kept_for_its_second, read_again, no_dates)
