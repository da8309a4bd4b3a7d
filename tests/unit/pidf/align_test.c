/* align_test.c: longest common subsequences, against the definition. */
#include "pidf/align_internal.h"

#include "unit.h"

enum { MOST = 12 };

/* The length of the longest one, by trying everything. */
static size_t longest(const uint64_t *a, size_t a_count, const uint64_t *b, size_t b_count)
{
    if (a_count == 0 || b_count == 0)
        return 0;
    if (a[0] == b[0])
        return 1 + longest(a + 1, a_count - 1, b + 1, b_count - 1);
    size_t one = longest(a + 1, a_count - 1, b, b_count),
           two = longest(a, a_count, b + 1, b_count - 1);
    return one > two ? one : two;
}

static void check(const uint64_t *a, size_t a_count, const uint64_t *b, size_t b_count)
{
    size_t partner[MOST + 1], found = 0, least = 0;
    ck_assert(align(a, a_count, b, b_count, partner));
    for (size_t i = 0; i < a_count; i++) {
        if (partner[i] == SIZE_MAX)
            continue;
        ck_assert_uint_ge(partner[i], least);
        ck_assert_uint_lt(partner[i], b_count);
        ck_assert_uint_eq(a[i], b[partner[i]]);
        least = partner[i] + 1;
        found++;
    }
    ck_assert_uint_eq(found, longest(a, a_count, b, b_count));
}

START_TEST(test_random_sequences)
{
    uint64_t state = 1, a[MOST], b[MOST];
    for (unsigned round = 0; round < 3000; round++) {
        size_t counts[2];
        for (unsigned i = 0; i < 2; i++) {
            state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
            counts[i] = (state >> 33) % (MOST + 1);
            for (size_t j = 0; j < counts[i]; j++) {
                state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
                (i == 0 ? a : b)[j] = (state >> 33) % 4;
            }
        }
        check(a, counts[0], b, counts[1]);
    }
}
END_TEST

/* Long ones are aligned where they are alike at the ends, and given up where they are not. */
START_TEST(test_limits)
{
    enum { LONG = 5000 };
    uint64_t *a = calloc(LONG, sizeof(*a)), *b = calloc(LONG, sizeof(*b));
    size_t *partner = calloc(LONG, sizeof(*partner));
    for (size_t i = 0; i < LONG; i++)
        a[i] = b[i] = i;
    b[LONG / 2] = LONG;
    ck_assert(align(a, LONG, b, LONG, partner));
    ck_assert_uint_eq(partner[LONG / 2], SIZE_MAX);
    ck_assert_uint_eq(partner[LONG - 1], LONG - 1);
    for (size_t i = 0; i < LONG; i++)
        b[i] = LONG + i;
    ck_assert(!align(a, LONG, b, LONG, partner));
    free(a);
    free(b);
    free(partner);
}
END_TEST

UNIT_MAIN("pidf/align", test_random_sequences, test_limits)
