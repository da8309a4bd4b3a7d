/* guard_test.c: sources that ask too often, and passwords that are guessed. */
#include "front/guard.h"

#include <stdio.h>

#include "unit.h"

#define ALICE BYTES("alice@example.org")
#define BOB BYTES("bob@example.org")

static struct world world;
static uint64_t seed = 1;
static struct metrics metrics;
static struct guard *guard;
static struct net_address here, there;

static struct net_address address(const char *text)
{
    struct net_address read;
    ck_assert(net_address_parse_with_port(bytes_of(text), 5060, &read));
    return read;
}

static void open_guard(void)
{
    const struct guard_settings settings = {
        .source_per_s = 10, .source_burst = 5, .guesses_max = 3, .guesses_s = 30, .lockout_s = 60};
    world_init(&world, 1000, UINT64_C(1800000000000), seeded_random, &seed);
    metrics = (struct metrics){0};
    guard = guard_new(&world, &settings, &metrics);
    here = address("192.0.2.1");
    there = address("192.0.2.2");
}

static void close_guard(void)
{
    guard_free(&guard);
    world_release(&world);
}

static void pass_ms(uint64_t ms)
{
    world_tick(&world, world.now_ms + ms, world.wall_ms + ms);
}

static unsigned ask(const struct net_address *source, unsigned times, enum guard_word word)
{
    unsigned count = 0;
    for (unsigned i = 0; i < times; i++)
        count += guard_ask(guard, source) == word;
    return count;
}

START_TEST(a_burst_passes_then_the_rate)
{
    open_guard();
    ck_assert_uint_eq(ask(&here, 5, GUARD_PASS), 5);
    ck_assert_uint_eq(ask(&here, 1, GUARD_REFUSE), 1);
    ck_assert_uint_eq(ask(&there, 1, GUARD_PASS), 1); /* another's business */
    pass_ms(99);
    ck_assert_uint_eq(ask(&here, 1, GUARD_PASS), 0);
    pass_ms(1); /* a tenth of a second each */
    ck_assert_uint_eq(ask(&here, 1, GUARD_PASS), 1);
    ck_assert_uint_eq(ask(&here, 1, GUARD_PASS), 0);
    pass_ms(3600000); /* no more than a burst is saved up */
    ck_assert_uint_eq(ask(&here, 50, GUARD_PASS), 5);
    close_guard();
}
END_TEST

START_TEST(a_flood_is_not_answered_with_another)
{
    open_guard();
    ck_assert_uint_eq(ask(&here, 5, GUARD_PASS), 5);
    ck_assert_uint_eq(ask(&here, 5, GUARD_REFUSE), 5);
    ck_assert_uint_eq(ask(&here, 1000, GUARD_DROP), 1000);
    ck_assert_uint_eq(metrics.values[METRIC_requests_rate_limited], 1005);
    close_guard();
}
END_TEST

/* The port does not matter, nor what follows an IPv6 /64. */
START_TEST(a_source_is_a_host_or_a_64)
{
    open_guard();
    struct net_address one = address("[2001:db8::1]:1"), two = address("[2001:db8::2]:2"),
                       other = address("[2001:db8:0:1::1]:1"), port = address("192.0.2.1:4000");
    ck_assert_uint_eq(ask(&one, 3, GUARD_PASS), 3);
    ck_assert_uint_eq(ask(&two, 5, GUARD_PASS), 2);
    ck_assert_uint_eq(ask(&other, 5, GUARD_PASS), 5);
    ck_assert_uint_eq(ask(&here, 3, GUARD_PASS), 3);
    ck_assert_uint_eq(ask(&port, 5, GUARD_PASS), 2);
    close_guard();
}
END_TEST

START_TEST(no_limits)
{
    open_guard();
    const struct guard_settings none = {0};
    guard_reload(guard, &none);
    ck_assert_uint_eq(ask(&here, 1000, GUARD_PASS), 1000);
    for (int i = 0; i < 100; i++)
        guard_wrong(guard, &here, ALICE);
    ck_assert_uint_eq(guard_locked_s(guard, &here, ALICE), 0);
    close_guard();
}
END_TEST

START_TEST(guesses_lock_the_user_and_the_source)
{
    open_guard();
    guard_wrong(guard, &here, ALICE);
    guard_wrong(guard, &here, ALICE);
    ck_assert_uint_eq(guard_locked_s(guard, &here, ALICE), 0);
    guard_wrong(guard, &here, ALICE);
    ck_assert_uint_eq(guard_locked_s(guard, &here, ALICE), 60);
    ck_assert_uint_eq(guard_locked_s(guard, &there, ALICE), 60); /* the user, from anywhere */
    ck_assert_uint_eq(guard_locked_s(guard, &here, BOB), 60);    /* the source, for anybody */
    ck_assert_uint_eq(guard_locked_s(guard, &there, BOB), 0);
    ck_assert_uint_eq(metrics.values[METRIC_lockouts], 2);
    pass_ms(59001);
    ck_assert_uint_eq(guard_locked_s(guard, &here, ALICE), 1);
    pass_ms(999);
    ck_assert_uint_eq(guard_locked_s(guard, &here, ALICE), 0);
    close_guard();
}
END_TEST

START_TEST(slow_mistakes_are_forgiven)
{
    open_guard();
    for (int i = 0; i < 20; i++) {
        guard_wrong(guard, &here, ALICE);
        pass_ms(10000); /* one in 30 s / 3 */
        ck_assert_uint_eq(guard_locked_s(guard, &here, ALICE), 0);
    }
    close_guard();
}
END_TEST

/* Nobody locks a user out of a place where she is at home, nor an office by one wrong phone. */
START_TEST(who_has_proved_is_not_locked_out_there)
{
    open_guard();
    guard_proved(guard, &here, ALICE);
    for (int i = 0; i < 3; i++) {
        guard_wrong(guard, &there, ALICE);
        guard_wrong(guard, &here, BOB);
    }
    ck_assert_uint_eq(guard_locked_s(guard, &here, ALICE), 0);
    ck_assert_uint_gt(guard_locked_s(guard, &there, ALICE), 0);
    ck_assert_uint_gt(guard_locked_s(guard, &here, BOB), 0);
    close_guard();
}
END_TEST

/* However many different sources there are, the tables stay what they are, and work. */
START_TEST(many_sources)
{
    open_guard();
    for (unsigned i = 0; i < 200000; i++) {
        struct net_address source = {
            .family = 4,
            .ip = {10, (unsigned char)(i >> 16), (unsigned char)(i >> 8), (unsigned char)i}};
        ck_assert_int_eq(guard_ask(guard, &source), GUARD_PASS);
        guard_wrong(guard, &source, BOB);
    }
    ck_assert_uint_eq(ask(&here, 6, GUARD_PASS), 5);
    /* all in one moment, so nothing that gave way was of no use any more */
    ck_assert_uint_ge(metrics.values[METRIC_sources_forgotten], 200000 - 16384);
    ck_assert_uint_ge(metrics.values[METRIC_guesses_forgotten], 200000 - 16384);
    close_guard();
}
END_TEST

/* A bucket that is full again, and a guess that is forgiven, are no loss. */
START_TEST(what_is_over_gives_way_uncounted)
{
    open_guard();
    for (unsigned i = 0; i < 40000; i++) {
        struct net_address source = {
            .family = 4,
            .ip = {10, (unsigned char)(i >> 16), (unsigned char)(i >> 8), (unsigned char)i}};
        ck_assert_int_eq(guard_ask(guard, &source), GUARD_PASS);
        guard_wrong(guard, &source, BOB);
        pass_ms(60000); /* guesses_s, lockout_s */
    }
    ck_assert_uint_eq(metrics.values[METRIC_sources_forgotten], 0);
    ck_assert_uint_eq(metrics.values[METRIC_guesses_forgotten], 0);
    close_guard();
}
END_TEST

/* A proof speaks for a day; one that is forgotten earlier is counted. */
START_TEST(proofs_are_kept_for_a_day)
{
    char aor[64];
    open_guard();
    guard_proved(guard, &here, ALICE);
    pass_ms(24 * 3600000 - 1);
    for (int i = 0; i < 3; i++)
        guard_wrong(guard, &there, ALICE);
    ck_assert_uint_eq(guard_locked_s(guard, &here, ALICE), 0);
    pass_ms(1);
    ck_assert_uint_gt(guard_locked_s(guard, &here, ALICE), 0);
    for (unsigned i = 0; i < 100000; i++) {
        int length = snprintf(aor, sizeof(aor), "u%u@example.org", i);
        guard_proved(guard, &here, bytes_from(aor, (size_t)length));
    }
    ck_assert_uint_ge(metrics.values[METRIC_proofs_forgotten], 100000 - 65536 - 1);
    close_guard();
}
END_TEST

UNIT_MAIN("guard", a_burst_passes_then_the_rate, a_flood_is_not_answered_with_another,
          a_source_is_a_host_or_a_64, no_limits, guesses_lock_the_user_and_the_source,
          slow_mistakes_are_forgiven, who_has_proved_is_not_locked_out_there, many_sources,
          what_is_over_gives_way_uncounted, proofs_are_kept_for_a_day)
