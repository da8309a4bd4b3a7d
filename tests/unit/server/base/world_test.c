/* world_test.c: the time of a reactor, and randomness. */
#include "base/world.h"

#include <string.h>

#include "unit.h"

static void count(struct timer *timer)
{
    timer->due_ms = UINT64_MAX; /* a mark that it fired */
}

START_TEST(a_tick_sets_the_time_and_fires)
{
    uint64_t seed = 1;
    struct world world;
    struct timer timer = {0};
    world_init(&world, 1000, 5000, seeded_random, &seed);
    world_timer(&world, &timer, 50, count);
    world_tick(&world, 1049, 5049);
    ck_assert(timer_is_set(&timer));
    world_tick(&world, 1050, 5050);
    ck_assert(!timer_is_set(&timer) && timer.due_ms == UINT64_MAX);
    world_tick(&world, 900, 100); /* the wall clock may go back, the monotonic one does not */
    ck_assert_uint_eq(world.now_ms, 1050);
    ck_assert_uint_eq(world.wall_ms, 100);
    world_timer(&world, &timer, UINT64_MAX, count);
    ck_assert(timer_is_set(&timer));
    world_timer_cancel(&world, &timer);
    ck_assert(!timer_is_set(&timer));
    world_release(&world);
}
END_TEST

START_TEST(a_seed_repeats)
{
    uint64_t a = 42, b = 42, c = 43;
    char first[33], second[33], third[33];
    seeded_random(&a, first, sizeof(first));
    seeded_random(&b, second, sizeof(second));
    seeded_random(&c, third, sizeof(third));
    ck_assert_mem_eq(first, second, sizeof(first));
    ck_assert_mem_ne(first, third, sizeof(first));
}
END_TEST

START_TEST(the_system_gives_fresh_bytes_of_any_length)
{
    struct entropy entropy = {.left = 0};
    static char a[5000], b[5000];
    for (size_t length = 16; length <= sizeof(a); length += 831) {
        entropy_random(&entropy, a, length);
        entropy_random(&entropy, b, length);
        ck_assert_mem_ne(a, b, length);
    }
}
END_TEST

UNIT_MAIN("world", a_tick_sets_the_time_and_fires, a_seed_repeats,
          the_system_gives_fresh_bytes_of_any_length)
