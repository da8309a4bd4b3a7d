/* entropy_test.c: bytes of the system's and of a seed's. */
#include <string.h>

#include "base/world.h"
#include "unit.h"

/* SplitMix64 from seed 0, as published with the algorithm: a scenario's file names a seed, so the
 * bytes behind it never change, on no machine. */
START_TEST(the_bytes_of_a_seed_are_fixed_for_ever)
{
    const unsigned char expected[] = {0xaf, 0xcd, 0x1d, 0x7b, 0x39, 0xa8, 0x20, 0xe2,
                                      0xf4, 0x65, 0xb9, 0xa1, 0x6a, 0x9e, 0x78, 0x6e};
    unsigned char got[sizeof(expected)];
    uint64_t seed = 0;
    seeded_random(&seed, got, sizeof(got));
    ck_assert_mem_eq(got, expected, sizeof(got));
}
END_TEST

START_TEST(bytes_handed_out_do_not_stay_behind)
{
    struct entropy entropy = {.left = 0};
    unsigned char out[100], zeros[100] = {0};
    entropy_random(&entropy, out, sizeof(out));
    ck_assert_uint_eq(entropy.left, sizeof(entropy.ahead) - sizeof(out));
    ck_assert_mem_eq(entropy.ahead + entropy.left, zeros, sizeof(zeros));
    ck_assert_mem_ne(out, zeros, sizeof(zeros));
}
END_TEST

/* Every byte is handed out once: across refills, no two of many draws are equal. */
START_TEST(draws_differ_across_refills)
{
    struct entropy entropy = {.left = 0};
    unsigned char drawn[500][10];
    for (size_t i = 0; i < 500; i++) {
        entropy_random(&entropy, drawn[i], sizeof(drawn[i]));
        for (size_t j = 0; j < i; j++)
            ck_assert_mem_ne(drawn[i], drawn[j], sizeof(drawn[i]));
    }
}
END_TEST

UNIT_MAIN("entropy", the_bytes_of_a_seed_are_fixed_for_ever, bytes_handed_out_do_not_stay_behind,
          draws_differ_across_refills)
