/* preferences_test.c: the list of what users may choose is one that can be used. */
#include "policy/preferences.h"

#include <string.h>

#include "unit.h"

START_TEST(names_and_values_are_known)
{
    const struct preference *blocked = preference_find("blocked");
    ck_assert_ptr_nonnull(blocked);
    ck_assert(preference_takes(blocked, "refuse") && preference_takes(blocked, "silent"));
    ck_assert(!preference_takes(blocked, "on") && !preference_takes(blocked, ""));
    ck_assert(!preference_takes(blocked, "Silent"));
    ck_assert(preference_takes(preference_find("carbon"), "on"));
    ck_assert(preference_takes(preference_find("messages"), "roster"));
    ck_assert_ptr_null(preference_find("block"));
    ck_assert_ptr_null(preference_find(""));
}
END_TEST

/* Sorted, whole, and each word one line that policy keeps (owners.c). */
START_TEST(the_list_is_well_made)
{
    size_t count;
    const struct preference *known = preferences_known(&count);
    ck_assert_uint_gt(count, 0);
    for (size_t i = 0; i < count; i++) {
        ck_assert(i == 0 || strcmp(known[i - 1].name, known[i].name) < 0);
        ck_assert_ptr_eq(preference_find(known[i].name), &known[i]);
        ck_assert(known[i].help[0] != '\0' && strchr(known[i].help, '\n') == NULL);
        ck_assert_ptr_nonnull(known[i].values[1]); /* a choice */
        for (size_t j = 0; j < PREFERENCE_VALUES_MAX && known[i].values[j] != NULL; j++)
            ck_assert(strpbrk(known[i].values[j], " \n") == NULL && known[i].values[j][0] != '\0');
    }
}
END_TEST

UNIT_MAIN("policy/preferences", names_and_values_are_known, the_list_is_well_made)
