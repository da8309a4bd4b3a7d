/* overload_test.c: how much is refused at which delay. */
#include "front/overload.h"

#include "unit.h"

static bool refuses(struct overload *overload, uint64_t now_ms, unsigned late_ms,
                    enum overload_worth worth)
{
    return overload_is_late(overload, now_ms, late_ms) &&
           overload_refuses(overload, late_ms, worth);
}

static unsigned refused(unsigned late_ms, enum overload_worth worth)
{
    struct overload overload = {.late_ms = 50};
    unsigned count = 0;
    ck_assert(!refuses(&overload, 1, late_ms, worth));
    for (int i = 0; i < 1000; i++)
        count += refuses(&overload, 1 + OVERLOAD_PATIENCE_MS, late_ms, worth);
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
    ck_assert(!refuses(&overload, 1, 125, OVERLOAD_NEW));
    for (int i = 0; i < 1000; i++) {
        bool now = refuses(&overload, 1 + OVERLOAD_PATIENCE_MS, 125, OVERLOAD_NEW);
        ck_assert(!(before && now));
        before = now;
    }
}
END_TEST

START_TEST(it_can_be_off)
{
    struct overload overload = {.late_ms = 0};
    for (int i = 0; i < 1000; i++)
        ck_assert(!refuses(&overload, (uint64_t)i, 100000, OVERLOAD_NEW));
}
END_TEST

/* What has waited through a stall is served: the delay does not last. */
START_TEST(a_stall_is_no_overload)
{
    struct overload overload = {.late_ms = 50};
    for (uint64_t now_ms = 1000; now_ms < 1099; now_ms++)
        ck_assert(!refuses(&overload, now_ms, 900, OVERLOAD_NEW));
    ck_assert(!refuses(&overload, 1099, 0, OVERLOAD_NEW)); /* over */
    ck_assert(!refuses(&overload, 1100, 900, OVERLOAD_NEW));
    ck_assert(refuses(&overload, 1200, 900, OVERLOAD_NEW)); /* it lasts */
}
END_TEST

/* On a machine that is busy with something else: each is late, and nobody stands behind it. */
START_TEST(stalls_one_after_the_other_are_no_overload)
{
    struct overload overload = {.late_ms = 50};
    for (uint64_t now_ms = 1000; now_ms < 100000; now_ms += 901)
        ck_assert(!refuses(&overload, now_ms, 900, OVERLOAD_NEW));
    ck_assert(!refuses(&overload, 200000, 900, OVERLOAD_NEW));
    ck_assert(refuses(&overload, 200900, 900, OVERLOAD_NEW)); /* it had waited behind that one */
}
END_TEST

enum { CAPACITY = 400, OFFERED = 3 * CAPACITY, LATE_MS = 50 };

/* One review's time of a server that can do CAPACITY of OFFERED; true while reviews go on. */
static bool turn(struct overload *overload, unsigned offered)
{
    unsigned comes = offered * overload->let_in / OVERLOAD_WHOLE;
    overload->served = comes < CAPACITY ? comes : CAPACITY;
    overload->refused = comes - overload->served;
    overload->seen_ms = 2 * LATE_MS;
    return overload_review(overload);
}

static struct overload begun(void)
{
    struct overload overload = {.late_ms = LATE_MS};
    overload_begin(&overload);
    return overload;
}

/* RFC 3261 21.5.4 lets a server drop: what is kept out costs nothing. */
START_TEST(no_more_comes_in_than_can_be_served_and_a_little)
{
    struct overload overload = begun();
    for (int i = 0; i < 20; i++)
        ck_assert(turn(&overload, OFFERED));
    for (int i = 0; i < 200; i++) {
        ck_assert(turn(&overload, OFFERED));
        unsigned comes = OFFERED * overload.let_in / OVERLOAD_WHOLE;
        ck_assert_uint_ge(comes, CAPACITY);
        ck_assert_uint_le(comes, CAPACITY * 3 / 2);
    }
}
END_TEST

START_TEST(when_less_comes_all_is_let_in_again)
{
    struct overload overload = begun();
    int turns = 0;
    for (int i = 0; i < 20; i++)
        (void)turn(&overload, 20 * CAPACITY);
    ck_assert_uint_lt(overload.let_in, 150);
    while (turn(&overload, CAPACITY / 2))
        turns++;
    ck_assert_uint_eq(overload.let_in, OVERLOAD_WHOLE);
    ck_assert_int_lt(turns, 60);
}
END_TEST

/* What waits has come in by the old share; it says nothing about the new one. */
START_TEST(a_backlog_is_not_judged_twice)
{
    struct overload overload = begun();
    (void)turn(&overload, OFFERED);
    unsigned let_in = overload.let_in;
    ck_assert_uint_lt(let_in, OVERLOAD_WHOLE);
    overload = begun();
    overload.served = CAPACITY;
    overload.refused = OFFERED - CAPACITY;
    overload.seen_ms = 3 * OVERLOAD_REVIEW_MS;
    (void)overload_review(&overload);
    for (int i = 0; i < 4; i++) {
        overload.served = CAPACITY;
        overload.refused = OFFERED - CAPACITY;
        (void)overload_review(&overload);
        ck_assert_uint_eq(overload.let_in, let_in);
    }
    overload.served = CAPACITY;
    overload.refused = OFFERED - CAPACITY;
    (void)overload_review(&overload);
    ck_assert_uint_lt(overload.let_in, let_in);
}
END_TEST

/* There is nothing to be saved: what is let in is asked about one by one. */
START_TEST(a_few_refusals_keep_nobody_out)
{
    struct overload overload = begun();
    overload.refused = 5;
    ck_assert(overload_review(&overload));
    ck_assert_uint_eq(overload.let_in, OVERLOAD_WHOLE);
}
END_TEST

/* Some always come in, or nobody would know that the time is over. */
START_TEST(never_is_all_kept_out)
{
    struct overload overload = begun();
    for (int i = 0; i < 100; i++) {
        overload.refused = 1000;
        ck_assert(overload_review(&overload));
        ck_assert_uint_gt(overload.let_in, 0);
    }
}
END_TEST

UNIT_MAIN("overload", no_more_comes_in_than_can_be_served_and_a_little,
          when_less_comes_all_is_let_in_again, a_backlog_is_not_judged_twice, never_is_all_kept_out,
          a_few_refusals_keep_nobody_out, a_stall_is_no_overload,
          stalls_one_after_the_other_are_no_overload, the_share_grows_with_the_delay,
          what_has_begun_is_refused_later, what_is_under_way_goes_on, refusals_are_spread,
          it_can_be_off)
