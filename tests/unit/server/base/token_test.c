/* token_test.c: partitions and the names that carry them. */
#include "base/token.h"

#include <stdio.h>

#include "unit.h"

/* The hash is part of the database's format: these values never change. */
START_TEST(partitions_are_fixed_for_ever)
{
    ck_assert_uint_eq(partition_of(BYTES("")), 301);
    ck_assert_uint_eq(partition_of(BYTES("alice@example.org")), 216);
    ck_assert_uint_eq(partition_of(BYTES("bob@example.org")), 244);
}
END_TEST

START_TEST(partitions_are_spread)
{
    unsigned hits[PARTITIONS] = {0};
    char text[32];
    for (int i = 0; i < 100 * PARTITIONS; i++) {
        int length = snprintf(text, sizeof(text), "user%d@example.org", i);
        hits[partition_of(bytes_from(text, (size_t)length))]++;
    }
    for (int i = 0; i < PARTITIONS; i++) {
        ck_assert_uint_gt(hits[i], 50);
        ck_assert_uint_lt(hits[i], 160);
    }
}
END_TEST

START_TEST(a_token_tells_partition_and_epoch)
{
    const uint64_t epochs[] = {0, 1, 31, 32, 1000000, UINT64_MAX};
    uint64_t seed = 1;
    struct world world;
    world_init(&world, 0, 0, seeded_random, &seed);
    for (size_t i = 0; i < sizeof(epochs) / sizeof(epochs[0]); i++) {
        unsigned partition = 0;
        uint64_t epoch = 7;
        struct token token = token_make(&world, 1023, epochs[i]);
        ck_assert(token_parse(token_bytes(&token), &partition, &epoch));
        ck_assert_uint_eq(partition, 1023);
        ck_assert(epoch == epochs[i]);
        for (char *at = token.text; *at != '\0'; at++)
            *at = *at >= 'a' && *at <= 'z' ? (char)(*at - 32) : *at;
        ck_assert(token_parse(token_bytes(&token), &partition, &epoch)); /* RFC 3261 7.3.1 */
    }
    world_release(&world);
}
END_TEST

/* The form is part of the database's format, and a seed's tokens are the same on every machine. */
START_TEST(the_form_is_fixed_for_ever)
{
    uint64_t seed = 0;
    struct world world;
    world_init(&world, 0, 0, seeded_random, &seed);
    struct token token = token_make(&world, 33, 34);
    ck_assert_str_eq(token.text, "bbbc.pnt3r5fhifieo2xm");
    world_release(&world);
}
END_TEST

START_TEST(tokens_differ_and_derived_ones_repeat)
{
    uint64_t seed = 1;
    struct world world;
    world_init(&world, 0, 0, seeded_random, &seed);
    struct token a = token_make(&world, 3, 5), b = token_make(&world, 3, 5);
    ck_assert_str_ne(a.text, b.text);
    struct token c = token_derive(3, 5, BYTES("x"), 9), d = token_derive(3, 5, BYTES("x"), 9);
    ck_assert_str_eq(c.text, d.text);
    struct token e = token_derive(3, 5, BYTES("y"), 9), f = token_derive(3, 5, BYTES("x"), 8);
    ck_assert_str_ne(c.text, e.text);
    ck_assert_str_ne(c.text, f.text);
    world_release(&world);
}
END_TEST

START_TEST(what_others_made_is_not_ours)
{
    const char *texts[] = {"",
                           "a",
                           "aab",
                           "aab.",
                           "aab.short",
                           "1ab.abcdefghijklmnop",
                           "aa.abcdefghijklmnop",
                           "aab.abcdefghijklmno1",
                           "aab.abcdefghijklmnopq",
                           "aaaaaaaaaaaaaaaaaaaaaaaaaaaaa.abcdefghijklmnop",
                           "aaab.abcdefghijklmnop",            /* a leading zero */
                           "aaqaaaaaaaaaaaa.abcdefghijklmnop", /* 2^64 */
                           "456248-1234"};
    unsigned partition = 77;
    uint64_t epoch = 77;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        ck_assert_msg(!token_parse(bytes_of(texts[i]), &partition, &epoch), "%s", texts[i]);
}
END_TEST

UNIT_MAIN("token", partitions_are_fixed_for_ever, partitions_are_spread,
          a_token_tells_partition_and_epoch, the_form_is_fixed_for_ever,
          tokens_differ_and_derived_ones_repeat, what_others_made_is_not_ours)
