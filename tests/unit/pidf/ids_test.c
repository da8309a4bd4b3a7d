/* ids_test.c: every id once. */
#include "pidf/ids_internal.h"

#include <stdio.h>

#include "base/memory.h"
#include "unit.h"

static void expect(struct ids *ids, const char *wanted, const char *given)
{
    struct bytes taken = ids_take(ids, bytes_of(wanted));
    ck_assert_msg(bytes_equal(taken, bytes_of(given)), "%.*s", BYTES_ARGS(taken));
}

START_TEST(test_first_comes_keeps_its_name)
{
    struct ids ids;
    ids_init(&ids, 5);
    expect(&ids, "t1", "t1");
    expect(&ids, "t2", "t2");
    expect(&ids, "t1", "t1-2");
    expect(&ids, "t1", "t1-3");
    expect(&ids, "t1-3", "t1-3-4");
    ids_release(&ids);
}
END_TEST

/* A peer that guesses our names only makes the number rise. */
START_TEST(test_names_that_are_taken_are_stepped_over)
{
    struct ids ids;
    ids_init(&ids, 5);
    expect(&ids, "t", "t");
    expect(&ids, "t-2", "t-2");
    expect(&ids, "t-3", "t-3");
    expect(&ids, "t", "t-4");
    expect(&ids, "t", "t-5");
    ids_release(&ids);
}
END_TEST

START_TEST(test_many_stay_unique)
{
    enum { MANY = 3000 };
    struct ids ids;
    char(*names)[16] = memory_new(MANY * sizeof(*names));
    struct bytes *taken = memory_new(MANY * sizeof(*taken));
    ids_init(&ids, MANY);
    for (size_t i = 0; i < MANY; i++) {
        snprintf(names[i], sizeof(names[i]), "id%zu", i % 1000);
        taken[i] = ids_take(&ids, bytes_of(names[i]));
        ck_assert(i >= 1000 || bytes_equal(taken[i], bytes_of(names[i])));
    }
    unsigned repeated = 0;
    for (size_t i = 0; i < MANY; i++)
        for (size_t j = i + 1; j < MANY; j++)
            repeated += bytes_equal(taken[i], taken[j]);
    ck_assert_uint_eq(repeated, 0);
    ids_release(&ids);
    free(taken);
    free(names);
}
END_TEST

UNIT_MAIN("pidf/ids", test_first_comes_keeps_its_name, test_names_that_are_taken_are_stepped_over,
          test_many_stay_unique)
