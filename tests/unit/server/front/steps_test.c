/* steps_test.c: the order of the table, where it is a promise. */
#include "front/front_internal.h"

#include <string.h>

#include "unit.h"

static int place_of(const struct front_step *step)
{
    const struct front_step *const *steps = front_steps();
    for (int i = 0; steps[i] != NULL; i++)
        if (steps[i] == step)
            return i;
    ck_abort_msg("the step %s is not in the table", step->name);
}

static void assert_before(const struct front_step *first, const struct front_step *second)
{
    ck_assert_msg(place_of(first) < place_of(second), "%s stands behind %s", first->name,
                  second->name);
}

START_TEST(each_has_a_name_and_a_section)
{
    const struct front_step *const *steps = front_steps();
    for (int i = 0; steps[i] != NULL; i++) {
        ck_assert_ptr_nonnull(steps[i]->pass);
        ck_assert_uint_gt(strlen(steps[i]->name), 0);
        ck_assert_int_eq(strncmp(steps[i]->spec, "RFC ", 4), 0);
        for (int k = 0; k < i; k++)
            ck_assert_str_ne(steps[i]->name, steps[k]->name);
    }
}
END_TEST

/* RFC 3261 16.3 validates in this order: the URI scheme, Max-Forwards, loops, Proxy-Require,
 * credentials; 16.4 takes our Routes off before the target is determined (16.5). */
START_TEST(rfc3261_16_3)
{
    assert_before(&step_uri, &step_route);
    assert_before(&step_route, &step_aim);
    assert_before(&step_uri, &step_hops);
    assert_before(&step_hops, &step_merged);
    assert_before(&step_merged, &step_require);
    assert_before(&step_require, &step_credentials);
}
END_TEST

/* 8.2: a UAS looks at the method, then at what it merges with, then at Require; authentication
 * before who exists, so that strangers do not learn it. */
START_TEST(rfc3261_8_2)
{
    assert_before(&step_method, &step_merged);
    assert_before(&step_merged, &step_require);
    assert_before(&step_credentials, &step_user);
    assert_before(&step_identity, &step_user);
    assert_before(&step_relay, &step_user);
}
END_TEST

/* What keeps us alive comes first, what costs most comes late. */
START_TEST(cheap_first)
{
    const struct front_step *const *steps = front_steps();
    ck_assert_ptr_eq(steps[0], &step_load);
    ck_assert_ptr_eq(steps[1], &step_source);
    assert_before(&step_room, &step_credentials);
    assert_before(&step_relay, &step_credentials);
    assert_before(&step_cancel, &step_uri); /* no CANCEL is challenged (22.1) */
    assert_before(&step_ack, &step_credentials);
}
END_TEST

UNIT_MAIN("steps", each_has_a_name_and_a_section, rfc3261_16_3, rfc3261_8_2, cheap_first)
