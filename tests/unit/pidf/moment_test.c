/* moment_test.c: dates are compared as moments, not as texts. */
#include "pidf/moment_internal.h"
#include "unit.h"

static uint64_t moment(const char *text)
{
    uint64_t ms = 0;
    ck_assert_msg(moment_parse(bytes_of(text), &ms), "%s", text);
    return ms;
}

START_TEST(moments)
{
    ck_assert_uint_eq(moment("1970-01-01T00:00:00Z"), 0);
    ck_assert_uint_eq(moment("1970-01-02T00:00:00Z"), 86400000);
    ck_assert_uint_eq(moment("2000-02-29T23:59:59Z"), 951868799000);
    ck_assert_uint_eq(moment("2000-03-01T00:00:00Z"), 951868800000);
    ck_assert_uint_eq(moment("2026-05-04T03:02:01Z"), 1777863721000);
    ck_assert_uint_eq(moment("2100-12-31T00:00:00Z"), 4133894400000);
    ck_assert_uint_eq(moment("9999-12-31T23:59:59Z"), 253402300799000);
}
END_TEST

START_TEST(zones_and_fractions)
{
    ck_assert_uint_eq(moment("2003-12-24T17:00:00+01:00"), moment("2003-12-24T16:00:00Z"));
    ck_assert_uint_eq(moment("2003-08-15T10:20:00.000-05:30"), moment("2003-08-15T15:50:00Z"));
    ck_assert_uint_eq(moment("2003-08-15T10:20:00"), moment("2003-08-15T10:20:00Z"));
    ck_assert_uint_eq(moment("1970-01-01T00:00:00.5Z"), 500);
    ck_assert_uint_eq(moment("1970-01-01T00:00:00.25Z"), 250);
    ck_assert_uint_eq(moment("1970-01-01T00:00:00.123987Z"), 123);
    ck_assert_uint_eq(moment(" 1970-01-01T00:00:00.001-00:00 "), 1);
}
END_TEST

START_TEST(before_1970_is_the_beginning)
{
    ck_assert_uint_eq(moment("1969-12-31T23:59:59Z"), 0);
    ck_assert_uint_eq(moment("0001-01-01T00:00:00Z"), 0);
    ck_assert_uint_eq(moment("1970-01-01T00:30:00+01:00"), 0);
}
END_TEST

START_TEST(others_are_none)
{
    static const char *const texts[] = {"",
                                        "now",
                                        "2003-02-29T00:00:00Z",
                                        "2003-12-24",
                                        "2003-12-24T25:00:00Z",
                                        "2003-12-24T17:00:00+1:00"};
    uint64_t ms;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        ck_assert_msg(!moment_parse(bytes_of(texts[i]), &ms), "%s", texts[i]);
}
END_TEST

UNIT_MAIN("pidf/moment", moments, zones_and_fractions, before_1970_is_the_beginning,
          others_are_none)
