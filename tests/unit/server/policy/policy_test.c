/* policy_test.c: while there are no rules, every proved user may watch everybody. */
#include "policy/policy.h"

#include "unit.h"

START_TEST(proved_watchers_see_everybody)
{
    struct policy *policy = policy_new();
    ck_assert_int_eq(policy_may_watch(policy, BYTES("bob@example.org"), BYTES("alice@example.org")),
                     POLICY_ALLOW);
    ck_assert_int_eq(
        policy_may_watch(policy, BYTES("alice@example.org"), BYTES("alice@example.org")),
        POLICY_ALLOW);
    policy_free(&policy);
    ck_assert_ptr_null(policy);
}
END_TEST

START_TEST(strangers_see_nothing)
{
    struct policy *policy = policy_new();
    ck_assert_int_eq(policy_may_watch(policy, BYTES(""), BYTES("alice@example.org")), POLICY_BLOCK);
    policy_free(&policy);
}
END_TEST

UNIT_MAIN("policy/policy", proved_watchers_see_everybody, strangers_see_nothing)
