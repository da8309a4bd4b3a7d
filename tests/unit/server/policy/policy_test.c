/* policy_test.c: while there are no rules, every proved user may watch everybody. */
#include "policy/policy.h"

#include "unit.h"

static enum policy_answer ask(const struct policy *policy, const char *watcher, bool foreign,
                              bool trusted)
{
    const struct policy_watcher who = {bytes_of(watcher), foreign, trusted};
    return policy_may_watch(policy, &who, BYTES("alice@example.org"));
}

START_TEST(proved_watchers_see_everybody)
{
    struct policy *policy = policy_new(NULL);
    ck_assert_int_eq(ask(policy, "bob@example.org", false, false), POLICY_ALLOW);
    ck_assert_int_eq(ask(policy, "alice@example.org", false, false), POLICY_ALLOW);
    policy_free(&policy);
    ck_assert_ptr_null(policy);
}
END_TEST

START_TEST(strangers_see_nothing)
{
    const struct policy_settings all = {.peers = {"*"}, .peer_count = 1};
    struct policy *policy = policy_new(&all);
    ck_assert_int_eq(ask(policy, "", false, false), POLICY_BLOCK);
    ck_assert_int_eq(ask(policy, "", false, true), POLICY_BLOCK);
    policy_free(&policy);
}
END_TEST

/* Another domain's server says who sends: it is believed when the operator says so. */
START_TEST(users_of_peers)
{
    const struct policy_settings some = {.peers = {"other.org", "third.net"}, .peer_count = 2};
    const struct policy_settings all = {.peers = {"*"}, .peer_count = 1};
    struct policy *policy = policy_new(NULL);
    ck_assert_int_eq(ask(policy, "carol@other.org", true, false), POLICY_BLOCK);
    ck_assert_int_eq(ask(policy, "carol@other.org", true, true), POLICY_ALLOW);
    policy_reload(policy, &some);
    ck_assert_int_eq(ask(policy, "carol@other.org", true, false), POLICY_ALLOW);
    ck_assert_int_eq(ask(policy, "carol@THIRD.net", true, false), POLICY_ALLOW);
    ck_assert_int_eq(ask(policy, "other.org@fourth.net", true, false), POLICY_BLOCK);
    ck_assert_int_eq(ask(policy, "x@other.org@fourth.net", true, false), POLICY_BLOCK);
    ck_assert_int_eq(ask(policy, "carol@sub.other.org", true, false), POLICY_BLOCK);
    ck_assert_int_eq(ask(policy, "other.org", true, false), POLICY_ALLOW); /* the server itself */
    policy_reload(policy, &all);
    ck_assert_int_eq(ask(policy, "carol@fourth.net", true, false), POLICY_ALLOW);
    policy_free(&policy);
}
END_TEST

UNIT_MAIN("policy/policy", proved_watchers_see_everybody, strangers_see_nothing, users_of_peers)
