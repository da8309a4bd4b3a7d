/* shun_test.c: marks of failed targets (RFC 3263 4.3). */
#include "net/shun_internal.h"

#include <stdio.h>

#include "unit.h"

static struct world world;
static uint64_t seed;
static struct metrics metrics;
static struct shuns *shuns;

static void begin(unsigned max)
{
    seed = 7;
    metrics = (struct metrics){0};
    world_init(&world, 0, 0, seeded_random, &seed);
    shuns = shuns_new(&world, max, &metrics);
}

static void end(void)
{
    shuns_free(&shuns);
    ck_assert_ptr_null(shuns);
    world_release(&world);
}

static struct net_target target(enum net_protocol protocol, const char *address)
{
    struct net_target made = {.protocol = protocol};
    ck_assert(net_address_parse_with_port(bytes_of(address), 5060, &made.address));
    return made;
}

START_TEST(a_mark_holds_for_its_time)
{
    const struct net_target one = target(NET_UDP, "192.0.2.1");
    begin(10);
    ck_assert(!shuns_has(shuns, &one));
    shuns_set(shuns, &one, 30);
    world_tick(&world, 29999, 29999);
    ck_assert(shuns_has(shuns, &one));
    world_tick(&world, 30000, 30000);
    ck_assert(!shuns_has(shuns, &one));
    end();
}
END_TEST

START_TEST(no_seconds_take_the_mark_away)
{
    const struct net_target one = target(NET_UDP, "192.0.2.1");
    begin(10);
    shuns_set(shuns, &one, 0);
    shuns_set(shuns, &one, 30);
    shuns_set(shuns, &one, 0);
    ck_assert(!shuns_has(shuns, &one));
    end();
}
END_TEST

START_TEST(a_later_mark_takes_the_place)
{
    const struct net_target one = target(NET_UDP, "192.0.2.1");
    begin(10);
    shuns_set(shuns, &one, 30);
    world_tick(&world, 10000, 10000);
    shuns_set(shuns, &one, 5);
    world_tick(&world, 15000, 15000);
    ck_assert(!shuns_has(shuns, &one));
    end();
}
END_TEST

START_TEST(protocol_address_and_port_count)
{
    const struct net_target one = target(NET_UDP, "192.0.2.1");
    const struct net_target others[] = {target(NET_TCP, "192.0.2.1"),
                                        target(NET_UDP, "192.0.2.1:5061"),
                                        target(NET_UDP, "192.0.2.2"), target(NET_UDP, "[::1]")};
    struct net_target named = one;
    named.domain = BYTES("example.com"); /* of whom it was asked does not */
    begin(10);
    shuns_set(shuns, &one, 30);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        ck_assert(!shuns_has(shuns, &others[i]));
    ck_assert(shuns_has(shuns, &named));
    end();
}
END_TEST

START_TEST(so_many_marks_and_no_more)
{
    const struct net_target list[] = {target(NET_UDP, "192.0.2.1"), target(NET_UDP, "192.0.2.2"),
                                      target(NET_UDP, "192.0.2.3")};
    begin(2);
    for (int i = 0; i < 3; i++)
        shuns_set(shuns, &list[i], 30);
    ck_assert(!shuns_has(shuns, &list[0]));
    ck_assert(shuns_has(shuns, &list[1]) && shuns_has(shuns, &list[2]));
    ck_assert_uint_eq(metrics.values[METRIC_shuns_evicted], 1);
    world_tick(&world, 30000, 30000);
    shuns_set(shuns, &list[0], 30); /* in the place of one that is over */
    ck_assert_uint_eq(metrics.values[METRIC_shuns_evicted], 1);
    end();
}
END_TEST

START_TEST(the_marked_ones_go_behind)
{
    struct net_target list[5];
    begin(10);
    for (int i = 0; i < 5; i++) {
        char address[32];
        snprintf(address, sizeof(address), "192.0.2.%d", i);
        list[i] = target(NET_UDP, address);
    }
    shuns_set(shuns, &list[0], 30);
    shuns_set(shuns, &list[3], 30);
    shuns_sort(shuns, list, 5);
    static const unsigned char expected[] = {1, 2, 4, 0, 3};
    for (int i = 0; i < 5; i++)
        ck_assert_uint_eq(list[i].address.ip[3], expected[i]);
    end();
}
END_TEST

UNIT_MAIN("net/shun", a_mark_holds_for_its_time, no_seconds_take_the_mark_away,
          a_later_mark_takes_the_place, protocol_address_and_port_count, so_many_marks_and_no_more,
          the_marked_ones_go_behind)
