/* repeats_test.c: what is remembered of requests whose message is gone. */
#include "im/repeats_internal.h"

#include "unit.h"

enum { KEEP_MS = 32000 };

static struct repeats *repeats;

static size_t add(uint64_t identity, uint64_t now_ms, size_t most)
{
    const struct repeat repeat = {identity, now_ms + KEEP_MS, (unsigned)(identity % 256), 202};
    return repeats_add(repeats, &repeat, now_ms, most);
}

static bool knows(uint64_t identity, uint64_t now_ms)
{
    struct repeat found;
    if (!repeats_find(repeats, identity, now_ms, &found))
        return false;
    ck_assert_uint_eq(found.identity, identity);
    ck_assert_uint_eq(found.partition, identity % 256);
    ck_assert_uint_eq(found.status, 202);
    return true;
}

START_TEST(for_a_while)
{
    repeats = repeats_new();
    ck_assert(!knows(7, 0));
    ck_assert_uint_eq(add(7, 0, 10), 0);
    ck_assert(knows(7, KEEP_MS - 1));
    ck_assert(!knows(7, KEEP_MS));
    ck_assert_uint_eq(add(8, KEEP_MS, 1), 0); /* its time was over */
    ck_assert(knows(8, KEEP_MS));
    repeats_free(&repeats);
    ck_assert_ptr_null(repeats);
}
END_TEST

START_TEST(once)
{
    repeats = repeats_new();
    ck_assert_uint_eq(add(7, 0, 2), 0);
    ck_assert_uint_eq(add(7, 5, 2), 0);
    ck_assert_uint_eq(add(8, 5, 2), 0);
    ck_assert(knows(7, 5) && knows(8, 5));
    ck_assert(!knows(7, KEEP_MS)); /* as of the first time */
    repeats_free(&repeats);
}
END_TEST

/* All hash alike, and the room grows and is gone round many times. */
START_TEST(the_oldest_give_way)
{
    enum { MOST = 1000, ALL = 10000 };
    repeats = repeats_new();
    size_t pushed = 0;
    for (uint64_t i = 1; i <= ALL; i++)
        pushed += add(i * 65536, 0, MOST);
    ck_assert_uint_eq(pushed, ALL - MOST);
    for (uint64_t i = 1; i <= ALL; i++)
        ck_assert(knows(i * 65536, 0) == (i > ALL - MOST));
    ck_assert_uint_eq(add(1, 0, 10), MOST - 9); /* the setting was lowered */
    ck_assert(knows(ALL * 65536, 0) && !knows((ALL - 9) * 65536, 0));
    repeats_free(&repeats);
}
END_TEST

UNIT_MAIN("repeats", for_a_while, once, the_oldest_give_way)
