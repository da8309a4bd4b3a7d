/* plan_test.c: in which order contacts are asked (RFC 3261 16.6, RFC 5626 7). */
#include <stdio.h>

#include "proxy/proxy_internal.h"
#include "unit.h"

enum { MOST = 8 };

static struct proxy_target targets[MOST];
static unsigned scores[MOST];
static struct plan_place places[MOST];

/* Targets as "name q instance ..." */
static size_t make(const char *text)
{
    struct bytes rest = bytes_of(text);
    size_t count = 0;
    while (!bytes_empty(rest)) {
        struct proxy_target *target = &targets[count];
        uint32_t q;
        *target = (struct proxy_target){.uri = bytes_split(&rest, ' ')};
        ck_assert(bytes_to_u32(bytes_split(&rest, ' '), &q));
        target->q = q;
        target->instance = bytes_split(&rest, ' ');
        if (bytes_equal(target->instance, BYTES("-")))
            target->instance = BYTES("");
        scores[count++] = 0;
    }
    return count;
}

/* Each target as "group/lead". */
static void assert_plan(const char *text, enum plan_manner manner, const char *wanted,
                        unsigned widest)
{
    char got[200] = "";
    size_t count = make(text);
    plan_make(targets, count, manner, places);
    for (size_t i = 0; i < count; i++)
        snprintf(got + strlen(got), 20, "%s%u/%u", i > 0 ? " " : "", places[i].group,
                 places[i].lead);
    ck_assert_str_eq(got, wanted);
    ck_assert_uint_eq(plan_widest(places, count), widest);
}

START_TEST(groups_by_q)
{
    assert_plan("a 1000 -", PLAN_BY_Q, "0/0", 1);
    assert_plan("a 1000 - b 1000 - c 500 - d 0 - e 0 - f 0 -", PLAN_BY_Q, "0/0 0/1 1/2 2/3 2/4 2/5",
                3);
    assert_plan("a 1000 - b 1000 - c 500 -", PLAN_TOGETHER, "0/0 0/1 0/2", 3);
    assert_plan("a 1000 - b 1000 - c 500 -", PLAN_ONE_BY_ONE, "0/0 1/1 2/2", 1);
}
END_TEST

/* RFC 5626 7: at no time more than one contact of an instance. */
START_TEST(ways_to_one_device)
{
    assert_plan("a 1000 x b 1000 - c 1000 x", PLAN_BY_Q, "0/0 0/1 0/0", 2);
    assert_plan("a 1000 x b 500 x c 500 y d 500 y", PLAN_BY_Q, "0/0 0/0 1/2 1/2", 1);
    assert_plan("a 1000 x b 1000 x c 1000 -", PLAN_ONE_BY_ONE, "0/0 0/0 1/2", 1);
    assert_plan("a 1000 x b 900 x c 1000 y", PLAN_TOGETHER, "0/0 0/0 0/2", 2);
}
END_TEST

static void assert_sorted(size_t count, const char *wanted)
{
    char got[200] = "";
    plan_sort(targets, scores, count);
    for (size_t i = 0; i < count; i++)
        snprintf(got + strlen(got), 20, "%.*s", BYTES_ARGS(targets[i].uri));
    ck_assert_str_eq(got, wanted);
}

/* RFC 3841 7.2.4: the callee's q first, then the caller's preference, then as they came. */
START_TEST(sorting)
{
    size_t count = make("a 200 - b 1000 - c 200 - d 500 - e 200 -");
    assert_sorted(count, "bdace");
    count = make("a 200 - b 1000 - c 200 - d 500 - e 200 -");
    scores[2] = 830; /* c */
    scores[4] = 500; /* e */
    assert_sorted(count, "bdcea");
    assert_sorted(0, "");
}
END_TEST

UNIT_MAIN("plan", groups_by_q, ways_to_one_device, sorting)
