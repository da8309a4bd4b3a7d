/* chain_test.c: the tables' containers. */
#include "base/memory.h"
#include "transaction/transaction_internal.h"
#include "unit.h"

struct thing {
    struct chain_entry entry;
    uint64_t value;
};

static struct thing *find(const struct chain_table *table, uint64_t hash, uint64_t value)
{
    struct chain_entry *entry = chain_find(table, hash);
    for (; entry != NULL; entry = chain_next(entry)) {
        struct thing *thing = HOLDER(entry, struct thing, entry);
        if (thing->value == value)
            return thing;
    }
    return NULL;
}

START_TEST(finds_after_growing)
{
    enum { COUNT = 5000 };
    struct chain_table table;
    struct thing *things = memory_new(COUNT * sizeof(*things));
    chain_init(&table);
    for (uint64_t i = 0; i < COUNT; i++) {
        things[i].value = i;
        chain_put(&table, &things[i].entry, i * 2654435761u);
    }
    ck_assert_uint_eq(table.count, COUNT);
    ck_assert_uint_ge(table.mask + 1, COUNT);
    for (uint64_t i = 0; i < COUNT; i++)
        ck_assert_ptr_eq(find(&table, i * 2654435761u, i), &things[i]);
    for (uint64_t i = 0; i < COUNT; i += 2)
        chain_remove(&table, &things[i].entry);
    for (uint64_t i = 0; i < COUNT; i++)
        ck_assert_ptr_eq(find(&table, i * 2654435761u, i), i % 2 == 0 ? NULL : &things[i]);
    chain_release(&table);
    free(things);
}
END_TEST

START_TEST(keeps_equal_hashes_apart)
{
    struct chain_table table;
    struct thing a = {.value = 1}, b = {.value = 2}, other = {.value = 3};
    chain_init(&table);
    chain_put(&table, &a.entry, 9);
    chain_put(&table, &other.entry, 9 + table.mask + 1); /* the same bucket */
    chain_put(&table, &b.entry, 9);
    ck_assert_ptr_eq(find(&table, 9, 1), &a);
    ck_assert_ptr_eq(find(&table, 9, 2), &b);
    ck_assert_ptr_null(find(&table, 9, 3));
    chain_remove(&table, &b.entry);
    chain_remove(&table, &b.entry); /* not there: nothing happens */
    ck_assert_uint_eq(table.count, 2);
    ck_assert_ptr_eq(find(&table, 9, 1), &a);
    ck_assert_ptr_null(find(&table, 9, 2));
    chain_release(&table);
}
END_TEST

UNIT_MAIN("chain", finds_after_growing, keeps_equal_hashes_apart)
