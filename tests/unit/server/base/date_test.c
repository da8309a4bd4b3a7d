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

UNIT_MAIN("base/date", known_dates, all_days, kept_for_its_second)
