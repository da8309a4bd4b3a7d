/* unit.h: the frame of a Check unit test file. A file lists its tests and ends with UNIT_MAIN. */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <check.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

enum { UNIT_LINES = 4096 };

/* Check writes down every assertion that holds, to say after a crash which was the last: most of
 * the time of a test that asserts in a loop. The first time of each line is enough; where it
 * crashed is what the sanitizers say. */
static inline void unit_mark(const char *file, int line)
{
    static atomic_bool seen[UNIT_LINES];
    if (line < UNIT_LINES && atomic_exchange_explicit(&seen[line], true, memory_order_relaxed))
        return;
    _mark_point(file, line);
}
#define _mark_point(file, line) unit_mark(file, line)

/* Runs the tests of one file, named after what it tests; fails the process when one fails. */
#define UNIT_MAIN(subject, ...)                                       \
    int main(void)                                                    \
    {                                                                 \
        const TTest *tests[] = {__VA_ARGS__};                         \
        Suite *suite = suite_create(subject);                         \
        TCase *cases = tcase_create(subject);                         \
        for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) \
            tcase_add_test(cases, tests[i]);                          \
        suite_add_tcase(suite, cases);                                \
        SRunner *runner = srunner_create(suite);                      \
        srunner_run_all(runner, CK_ENV);                              \
        int failed = srunner_ntests_failed(runner);                   \
        srunner_free(runner);                                         \
        return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;             \
    }

#endif
