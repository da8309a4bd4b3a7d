/* err_test.c: every error has a name of its own. */
#include "base/err.h"

#include <string.h>

#include "unit.h"

START_TEST(names_are_there_and_differ)
{
    for (int i = 0; i < ERR_COUNT; i++) {
        ck_assert_uint_gt(strlen(err_name((enum err)i)), 0);
        for (int j = 0; j < i; j++)
            ck_assert_str_ne(err_name((enum err)i), err_name((enum err)j));
    }
    ck_assert_str_eq(err_name(ERR_TIMEOUT), "timed out");
}
END_TEST

UNIT_MAIN("err", names_are_there_and_differ)
