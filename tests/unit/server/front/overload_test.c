/* overload_test.c: how much is refused at which delay. */
#include "front/overload.h"

#include "unit.h"

static unsigned refused(unsigned late_ms, enum overload_worth worth)
{
    struct overload overload = {.late_ms = 50};
    unsigned count = 0;
    ck_assert(!overload_refuses(&overload, 1, late_ms, worth));
    for (int i = 0; i < 1000; i++)
        count += overload_refuses(&overload, 1 + OVERLOAD_PATIENCE_MS, late_ms, worth);
    return count;
}

START_TEST(the_share_grows_with_the_delay)
{
    ck_assert_uint_eq(refused(0, OVERLOAD_NEW), 0);
    ck_assert_uint_eq(refused(50, OVERLOAD_NEW), 0);
    ck_assert_uint_eq(refused(125, OVERLOAD_NEW), 500);
    ck_assert_uint_eq(refused(200, OVERLOAD_NEW), 1000);
    ck_assert_uint_eq(refused(4000000000U, OVERLOAD_NEW), 1000);
}
END_TEST

START_TEST(what_has_begun_is_refused_later)
{
    ck_assert_uint_eq(refused(100, OVERLOAD_BEGUN), 0);
    ck_assert_uint_eq(refused(250, OVERLOAD_BEGUN), 500);
    ck_assert_uint_eq(refused(400, OVERLOAD_BEGUN), 1000);
}
END_TEST

START_TEST(what_is_under_way_goes_on)
{
    ck_assert_uint_eq(refused(100000, OVERLOAD_UNDERWAY), 0);
}
END_TEST

/* Evenly: never two refusals in a row at a share of a half. */
START_TEST(refusals_are_spread)
{
    struct overload overload = {.late_ms = 50};
    bool before = false;
    ck_assert(!overload_refuses(&overload, 1, 125, OVERLOAD_NEW));
    for (int i = 0; i < 1000; i++) {
        bool now = overload_refuses(&overload, 1 + OVERLOAD_PATIENCE_MS, 125, OVERLOAD_NEW);
        ck_assert(!(before && now));
        before = now;
    }
}
END_TEST

START_TEST(it_can_be_off)
{
    struct overload overload = {.late_ms = 0};
    for (int i = 0; i < 1000; i++)
        ck_assert(!overload_refuses(&overload, (uint64_t)i, 100000, OVERLOAD_NEW));
}
END_TEST

/* What has waited through a stall is served: the delay does not last. */
START_TEST(a_stall_is_no_overload)
{
    struct overload overload = {.late_ms = 50};
    for (uint64_t now_ms = 1000; now_ms < 1099; now_ms++)
        ck_assert(!overload_refuses(&overload, now_ms, 900, OVERLOAD_NEW));
    ck_assert(!overload_refuses(&overload, 1099, 0, OVERLOAD_NEW)); /* over */
    ck_assert(!overload_refuses(&overload, 1100, 900, OVERLOAD_NEW));
    ck_assert(overload_refuses(&overload, 1200, 900, OVERLOAD_NEW)); /* it lasts */
}
END_TEST

UNIT_MAIN("overload", a_stall_is_no_overload, the_share_grows_with_the_delay,
          what_has_begun_is_refused_later, what_is_under_way_goes_on, refusals_are_spread,
          it_can_be_off)
