/* metrics_test.c: every counter has a name. */
#include "base/metrics.h"

#include <string.h>

#include "unit.h"

START_TEST(counters_have_names_that_differ)
{
    struct metrics metrics = {{0}};
    for (int i = 0; i < METRIC_COUNT; i++) {
        ck_assert_uint_gt(strlen(metric_name((enum metric)i)), 0);
        ck_assert_uint_gt(strlen(metric_help((enum metric)i)), 0);
        for (int j = 0; j < i; j++)
            ck_assert_str_ne(metric_name((enum metric)i), metric_name((enum metric)j));
    }
    metrics_count(&metrics, METRIC_publications);
    metrics_add(&metrics, METRIC_publications, 2);
    metrics_count(NULL, METRIC_publications);
    ck_assert_uint_eq(metrics.values[METRIC_publications], 3);
    ck_assert_str_eq(metric_name(METRIC_publications), "publications");
}
END_TEST

UNIT_MAIN("metrics", counters_have_names_that_differ)
