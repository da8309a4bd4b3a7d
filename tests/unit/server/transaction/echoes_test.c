/* echoes_test.c: branches of completed client transactions. */
#include "transaction/transaction_internal.h"
#include "unit.h"

START_TEST(found_until_due)
{
    struct echoes echoes;
    echoes_init(&echoes);
    ck_assert(!echoes_find(&echoes, 5, 0));
    echoes_add(&echoes, 5, 100);
    echoes_add(&echoes, 5 + ECHOES_MAX, 200); /* the same bucket */
    ck_assert(echoes_find(&echoes, 5, 99));
    ck_assert(!echoes_find(&echoes, 5, 100));
    ck_assert(echoes_find(&echoes, 5 + ECHOES_MAX, 199));
    ck_assert(!echoes_find(&echoes, 5 + 2 * (uint64_t)ECHOES_MAX, 0));
    echoes_release(&echoes);
}
END_TEST

START_TEST(the_oldest_are_overwritten)
{
    struct echoes echoes;
    echoes_init(&echoes);
    for (uint64_t i = 0; i < 3 * (uint64_t)ECHOES_MAX; i++)
        echoes_add(&echoes, i % 7 + 1000 * i, 1000);
    for (uint64_t i = 0; i < 3 * (uint64_t)ECHOES_MAX; i++)
        ck_assert_int_eq(echoes_find(&echoes, i % 7 + 1000 * i, 999),
                         i >= 2 * (uint64_t)ECHOES_MAX);
    echoes_release(&echoes);
}
END_TEST

UNIT_MAIN("echoes", found_until_due, the_oldest_are_overwritten)
