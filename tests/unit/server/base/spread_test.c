/* spread_test.c: the time from a change to the last that left because of it. */
#include "base/spread.h"

#include "unit.h"

START_TEST(the_last_one_counts)
{
    struct latency took = {.sum_ms = 0};
    struct spread *spread = spread_new(&took, 1000), *one = spread_ref(spread),
                  *other = spread_ref(spread);
    spread_unref(&spread);
    ck_assert_ptr_null(spread);
    spread_left(&one, 1003);
    spread_left(&one, 9999); /* it has left already */
    ck_assert_uint_eq(took.sum_ms, 0);
    spread_left(&other, 1040);
    ck_assert_uint_eq(took.sum_ms, 40);
    ck_assert_uint_eq(took.counts[5], 1); /* up to 50 */
}
END_TEST

START_TEST(what_never_left_is_not_counted)
{
    struct latency took = {.sum_ms = 0};
    struct spread *spread = spread_new(&took, 0), *one = spread_ref(spread),
                  *other = spread_ref(spread);
    spread_unref(&spread);
    spread_left(&one, 7);
    spread_unref(&other); /* refused */
    ck_assert_uint_eq(took.sum_ms, 7);
    spread = spread_new(&took, 0);
    spread_unref(&spread);
    ck_assert_uint_eq(took.counts[0], 0);
    ck_assert_ptr_null(spread_ref(NULL));
}
END_TEST

START_TEST(bounds_belong_to_their_bucket)
{
    struct latency took = {.sum_ms = 0};
    for (unsigned i = 0; i < LATENCY_BUCKETS; i++) {
        ck_assert(i == 0 || latency_bounds_ms[i] > latency_bounds_ms[i - 1]);
        latency_add(&took, latency_bounds_ms[i]);
        latency_add(&took, latency_bounds_ms[i] + 1);
    }
    ck_assert_uint_eq(took.counts[0], 1); /* one more than a bound belongs to the next */
    ck_assert_uint_eq(took.counts[1], 2);
    latency_add(&took, 0);
    ck_assert_uint_eq(took.counts[0], 2);
    ck_assert_uint_eq(took.counts[LATENCY_BUCKETS], 1);
}
END_TEST

UNIT_MAIN("spread", the_last_one_counts, what_never_left_is_not_counted,
          bounds_belong_to_their_bucket)
