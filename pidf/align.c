/* align.c: the textbook's table of lengths, between what is alike at both ends.
 *
 *   a  = = = | . . . . | = =
 *   b  = = = | . . | = =
 */
#include "align_internal.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

enum { CELLS_MOST = 1 << 20 };

struct table {
    uint16_t *cells;
    size_t width;
};

/* The length of what is common from i in `a` and from j in `b` on. */
static uint16_t *cell(const struct table *table, size_t i, size_t j)
{
    return &table->cells[i * table->width + j];
}

static void fill(struct table *table, const uint64_t *a, size_t a_count, const uint64_t *b,
                 size_t b_count)
{
    for (size_t i = a_count; i-- > 0;) {
        for (size_t j = b_count; j-- > 0;) {
            uint16_t without_a = *cell(table, i + 1, j), without_b = *cell(table, i, j + 1);
            uint16_t most = without_a > without_b ? without_a : without_b;
            *cell(table, i, j) = a[i] == b[j] ? (uint16_t)(*cell(table, i + 1, j + 1) + 1) : most;
        }
    }
}

/* Aligns what remains; `first` is where it begins in both. */
static bool align_middle(const uint64_t *a, size_t a_count, const uint64_t *b, size_t b_count,
                         size_t first, size_t *partner)
{
    if ((a_count + 1) * (b_count + 1) > CELLS_MOST || b_count > UINT16_MAX)
        return false;
    struct table table = {.width = b_count + 1};
    table.cells = memory_new((a_count + 1) * (b_count + 1) * sizeof(*table.cells));
    fill(&table, a, a_count, b, b_count);
    for (size_t i = 0, j = 0; i < a_count && j < b_count;) {
        if (a[i] == b[j])
            partner[i++] = first + j++;
        else if (*cell(&table, i + 1, j) >= *cell(&table, i, j + 1))
            i++;
        else
            j++;
    }
    free(table.cells);
    return true;
}

bool align(const uint64_t *a, size_t a_count, const uint64_t *b, size_t b_count, size_t *partner)
{
    assert(a != NULL && b != NULL && partner != NULL);
    size_t first = 0;
    for (size_t i = 0; i < a_count; i++)
        partner[i] = SIZE_MAX;
    for (; first < a_count && first < b_count && a[first] == b[first]; first++)
        partner[first] = first;
    while (a_count > first && b_count > first && a[a_count - 1] == b[b_count - 1])
        partner[--a_count] = --b_count;
    return align_middle(a + first, a_count - first, b + first, b_count - first, first,
                        partner + first);
}
