/* sightings_test.c: a table that never grows, and what it forgets. */
#include "base/sightings.h"

#include "unit.h"

enum { KEEP_MS = 1000, MANY = 1000 };

static struct sightings sightings;
static struct metrics metrics;

static void open_table(size_t most)
{
    metrics = (struct metrics){0};
    sightings_init(&sightings, most, KEEP_MS, &metrics, METRIC_proofs_forgotten);
}

static uint64_t forgotten(void)
{
    return metrics.values[METRIC_proofs_forgotten];
}

/* Keys of one row: alike in the lower half. */
static uint64_t key(uint32_t number)
{
    return (uint64_t)number << 32 | 7;
}

START_TEST(what_was_taken_is_found)
{
    open_table(64);
    ck_assert_ptr_null(sightings_find(&sightings, key(1)));
    struct sighting *taken = sightings_take(&sightings, key(1), 5000);
    ck_assert_uint_eq(taken->value, 0);
    taken->value = 42;
    ck_assert_ptr_eq(sightings_find(&sightings, key(1)), taken);
    ck_assert_ptr_eq(sightings_take(&sightings, key(1), 6000), taken);
    ck_assert_uint_eq(taken->value, 42);
    ck_assert_uint_eq(sighting_age_ms(taken, 6500), 500);
    ck_assert_ptr_null(sightings_find(&sightings, key(2)));
    ck_assert_ptr_null(sightings_find(&sightings, key(1) + 1)); /* another row */
    sightings_release(&sightings);
}
END_TEST

/* Zero is a hash like any other. */
START_TEST(the_key_may_be_zero)
{
    open_table(4);
    ck_assert_ptr_null(sightings_find(&sightings, 0));
    sightings_take(&sightings, 0, 5000)->value = 1;
    ck_assert_ptr_nonnull(sightings_find(&sightings, 0));
    ck_assert_uint_eq(sightings_find(&sightings, 0)->value, 1);
    sightings_release(&sightings);
}
END_TEST

START_TEST(the_oldest_of_a_row_gives_way)
{
    open_table(64);
    for (uint32_t i = 1; i <= SIGHTINGS_WAYS; i++)
        sightings_take(&sightings, key(i), 5000 + i)->value = i;
    sightings_take(&sightings, key(1), 5100); /* seen again: 2 is the oldest now */
    sightings_take(&sightings, key(9), 5200);
    ck_assert_ptr_null(sightings_find(&sightings, key(2)));
    ck_assert_uint_eq(sightings_find(&sightings, key(1))->value, 1);
    ck_assert_uint_eq(sightings_find(&sightings, key(3))->value, 3);
    ck_assert_uint_eq(sightings_find(&sightings, key(9))->value, 0);
    sightings_release(&sightings);
}
END_TEST

START_TEST(only_what_was_of_use_is_counted)
{
    open_table(4);
    ck_assert_ptr_null(sightings_victim(&sightings, key(11), 5000));
    for (uint32_t i = 1; i <= SIGHTINGS_WAYS; i++)
        sightings_take(&sightings, key(i), 5000);
    ck_assert_uint_eq(forgotten(), 0); /* free places */
    ck_assert_ptr_null(sightings_victim(&sightings, key(1), 5000));
    ck_assert_ptr_eq(sightings_victim(&sightings, key(11), 5000 + KEEP_MS - 1),
                     sightings_find(&sightings, key(1)));
    ck_assert_ptr_null(sightings_victim(&sightings, key(11), 5000 + KEEP_MS));
    sightings_take(&sightings, key(1), 5000);
    ck_assert_uint_eq(forgotten(), 0); /* its own place */
    sightings_take(&sightings, key(11), 5000 + KEEP_MS - 1);
    ck_assert_uint_eq(forgotten(), 1);
    sightings_take(&sightings, key(12), 5000 + KEEP_MS);
    ck_assert_uint_eq(forgotten(), 1); /* old enough to go */
    sightings_release(&sightings);
}
END_TEST

/* The clock's lower half comes round: an age does not mind. */
START_TEST(the_clock_comes_round)
{
    const uint64_t before = UINT64_C(0x1fffffff0);
    open_table(4);
    struct sighting *seen = sightings_take(&sightings, key(1), before);
    ck_assert_uint_eq(sighting_age_ms(seen, before + 0x20), 0x20);
    for (uint32_t i = 2; i <= SIGHTINGS_WAYS; i++)
        sightings_take(&sightings, key(i), before + 0x20);
    sightings_take(&sightings, key(9), before + 0x30);
    ck_assert_ptr_null(sightings_find(&sightings, key(1)));
    ck_assert_uint_eq(forgotten(), 1);
    sightings_release(&sightings);
}
END_TEST

/* Never less room than asked for, and a row is a line of the cache. */
START_TEST(room_and_rows)
{
    open_table(MANY);
    ck_assert_uint_ge(sightings.rows * SIGHTINGS_WAYS, MANY);
    ck_assert_uint_eq((uintptr_t)sightings.table % SIGHTINGS_ROW_BYTES, 0);
    for (uint64_t i = 0; i < sightings.rows * SIGHTINGS_WAYS; i++)
        sightings_take(&sightings, (i % SIGHTINGS_WAYS + 1) << 32 | i / SIGHTINGS_WAYS, 5000);
    ck_assert_uint_eq(forgotten(), 0);
    sightings_release(&sightings);
}
END_TEST

START_TEST(a_cleared_table_is_empty)
{
    open_table(64);
    for (uint32_t i = 0; i < 64; i++)
        sightings_take(&sightings, (uint64_t)i << 32 | i, 5000);
    sightings_clear(&sightings);
    for (uint32_t i = 0; i < 64; i++)
        ck_assert_ptr_null(sightings_find(&sightings, (uint64_t)i << 32 | i));
    ck_assert_uint_eq(forgotten(), 0);
    sightings_release(&sightings);
}
END_TEST

UNIT_MAIN("sightings", what_was_taken_is_found, the_key_may_be_zero, the_oldest_of_a_row_gives_way,
          only_what_was_of_use_is_counted, the_clock_comes_round, room_and_rows,
          a_cleared_table_is_empty)
