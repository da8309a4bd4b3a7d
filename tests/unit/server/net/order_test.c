/* order_test.c: RFC 2782 "Usage rules", RFC 3403 4.1. */
#include "net/order_internal.h"
#include "unit.h"

enum { ROUNDS = 20000 };

static struct world world;
static uint64_t seed;

static void begin(void)
{
    seed = 7;
    world_init(&world, 0, 0, seeded_random, &seed);
}

START_TEST(naptr_by_order_then_preference)
{
    const struct dns_record a = {.order = 10, .weight = 1}, b = {.order = 5, .weight = 9};
    const struct dns_record c = {.order = 5, .weight = 2}, d = {.order = 65535};
    const struct dns_record *list[] = {&d, &a, &b, &c};
    order_naptr(list, 4);
    ck_assert_ptr_eq(list[0], &c);
    ck_assert_ptr_eq(list[1], &b);
    ck_assert_ptr_eq(list[2], &a);
    ck_assert_ptr_eq(list[3], &d);
}
END_TEST

START_TEST(srv_by_priority)
{
    const struct dns_record a = {.order = 3, .weight = 9}, b = {.order = 1}, c = {.order = 2};
    begin();
    for (int i = 0; i < 100; i++) {
        const struct dns_record *list[] = {&a, &b, &c};
        order_srv(&world, list, 3);
        ck_assert_ptr_eq(list[0], &b);
        ck_assert_ptr_eq(list[1], &c);
        ck_assert_ptr_eq(list[2], &a);
    }
    world_release(&world);
}
END_TEST

/* With weights 1 and 3 the random number is one of 0 to 4, and 0 and 1 choose the first: RFC 2782
 * counts both ends. So 2/5, and of 0, 1, 3 (in a row 0 first): 1/5, 1/5, 3/5. */
START_TEST(srv_by_weight)
{
    static const struct dns_record records[] = {{.weight = 1}, {.weight = 0}, {.weight = 3}};
    static const double expected[] = {0.2, 0.2, 0.6};
    unsigned first[3] = {0};
    begin();
    for (int i = 0; i < ROUNDS; i++) {
        const struct dns_record *list[] = {&records[0], &records[1], &records[2]};
        order_srv(&world, list, 3);
        first[list[0] - records]++;
        ck_assert(list[0] != list[1] && list[1] != list[2] && list[0] != list[2]);
    }
    for (int i = 0; i < 3; i++)
        ck_assert_double_eq_tol((double)first[i] / ROUNDS, expected[i], 0.015);
    world_release(&world);
}
END_TEST

/* The second is drawn from the others by their weights: of 1 and 3 behind the heavy one. */
START_TEST(srv_second_by_weight)
{
    static const struct dns_record records[] = {{.weight = 60000}, {.weight = 1}, {.weight = 3}};
    unsigned second = 0, all = 0;
    begin();
    for (int i = 0; i < ROUNDS; i++) {
        const struct dns_record *list[] = {&records[1], &records[0], &records[2]};
        order_srv(&world, list, 3);
        all += list[0] == &records[0];
        second += list[0] == &records[0] && list[1] == &records[2];
    }
    ck_assert_uint_gt(all, ROUNDS * 99 / 100);
    ck_assert_double_eq_tol((double)second / all, 0.6, 0.015);
    world_release(&world);
}
END_TEST

/* Weights draw only within their priority. */
START_TEST(srv_weights_stay_in_their_priority)
{
    static const struct dns_record records[] = {
        {.order = 1}, {.order = 1}, {.order = 2, .weight = 65535}, {.order = 2, .weight = 65535}};
    unsigned third = 0;
    begin();
    for (int i = 0; i < 1000; i++) {
        const struct dns_record *list[] = {&records[3], &records[2], &records[1], &records[0]};
        order_srv(&world, list, 4);
        ck_assert(list[0]->order == 1 && list[1]->order == 1);
        third += list[2] == &records[2];
    }
    ck_assert(third > 400 && third < 600);
    world_release(&world);
}
END_TEST

UNIT_MAIN("net/order", naptr_by_order_then_preference, srv_by_priority, srv_by_weight,
          srv_second_by_weight, srv_weights_stay_in_their_priority)
