/* unit.h: the frame of a Check unit test file. A file lists its tests and ends with UNIT_MAIN. */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <check.h>
#include <stdlib.h>

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
