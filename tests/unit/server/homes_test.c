/* homes_test.c: partitions that cannot be loaded. */
#include "homes.h"

#include "fixture/ask.h"
#include "fixture/broken.h"

static struct ground *ground;
static struct homes_parts parts;
static struct homes *homes;

static struct proxy *proxy;

static void open_homes(void)
{
    const struct proxy_settings relaying = proxy_settings_default();
    const struct im_settings im = im_settings_default();
    const struct registrar_settings registrar = registrar_settings_default();
    const struct presence_settings presence = presence_settings_default();
    ground = ground_new(NULL);
    parts.front = ground->front;
    parts.registrar = registrar_new(ground->front, &registrar);
    parts.presence = presence_new(ground->front, &presence);
    proxy = proxy_new(ground->front, &relaying);
    parts.proxy = proxy;
    parts.im = im_new(ground->front, proxy, &im);
    homes = homes_new(&parts);
}

static void close_homes(void)
{
    homes_free(&homes);
    ck_assert_ptr_null(homes);
    presence_free(&parts.presence);
    im_free(&parts.im);
    proxy_free(&proxy);
    registrar_free(&parts.registrar);
    ground_free(ground);
}

/* Nothing more is tried: no pause is so long. (Once an hour the im looks for what is old.) */
static void assert_idle(void)
{
    ck_assert_uint_gt(wheel_next_ms(ground->world.wheel), ground->world.now_ms + 120000);
}

static unsigned count_closed(void)
{
    unsigned count = 0;
    for (unsigned i = 0; i < PARTITIONS; i++)
        count += front_is_closed(ground->front, i);
    return count;
}

/* One that could not be read at first is tried after 1, 2, 4 ... seconds, at most 60. */
START_TEST(growing_pauses)
{
    static const unsigned pauses_s[] = {1, 2, 4, 8, 16, 32, 60, 60};
    for (size_t failures = 0; failures < sizeof(pauses_s) / sizeof(pauses_s[0]); failures++) {
        open_homes();
        homes_load(homes, 5);
        ck_assert_uint_eq(count_closed(), 0);
        ground_break(ground, "subscriptions");
        homes_load(homes, 6);
        for (size_t i = 0; i < failures; i++)
            ground_wait(ground, pauses_s[i] * 1000);
        ck_assert_uint_eq(count_closed(), 1);
        ck_assert_uint_eq(ground->metrics.values[METRIC_partitions_closed], 1); /* once */
        ground_mend(ground, "subscriptions");
        ground_wait(ground, pauses_s[failures] * 1000 - 1);
        ck_assert(front_is_closed(ground->front, 6));
        ground_wait(ground, 1);
        ck_assert_uint_eq(count_closed(), 0);
        assert_idle();
        close_homes();
    }
}
END_TEST

/* All open one after the other as soon as one does. */
START_TEST(many)
{
    open_homes();
    ground_break(ground, "bindings");
    for (unsigned i = 0; i < PARTITIONS; i++)
        homes_load(homes, i);
    ck_assert_uint_eq(count_closed(), PARTITIONS);
    ground_mend(ground, "bindings");
    ground_wait(ground, 999);
    ck_assert_uint_eq(count_closed(), PARTITIONS);
    for (unsigned turn = 1; turn <= PARTITIONS; turn++) { /* one a turn: nobody waits for long */
        world_tick(&ground->world, ground->world.now_ms + (turn == 1), ground->world.wall_ms);
        ck_assert_uint_eq(count_closed(), PARTITIONS - turn);
    }
    close_homes();
}
END_TEST

/* A refusal while it is closed has it loaded at once; so it may be open before its pause is over.
 */
START_TEST(opened_early)
{
    open_homes();
    ground_break(ground, "publications");
    homes_load(homes, 5);
    homes_load(homes, 6);
    ground_mend(ground, "publications");
    homes_load(homes, 5);
    ck_assert_uint_eq(count_closed(), 1);
    homes_load(homes, 6);
    ck_assert_uint_eq(count_closed(), 0);
    ground_wait(ground, 5000);
    ck_assert_uint_eq(count_closed(), 0);
    close_homes();
}
END_TEST

/* Accounts that another process changed and that could not be read are read later. */
START_TEST(accounts_again)
{
    open_homes();
    ground_break(ground, "accounts");
    homes_retry_accounts(homes);
    ground_wait(ground, 1000);
    ground_mend(ground, "accounts");
    ground_add_account(ground, "dave@example.org");
    ck_assert_ptr_null(accounts_find(ground->parts.accounts, BYTES("dave@example.org")));
    ground_wait(ground, 2000);
    ck_assert_ptr_nonnull(accounts_find(ground->parts.accounts, BYTES("dave@example.org")));
    assert_idle();
    close_homes();
}
END_TEST

static bool is_unknown(void)
{
    const struct policy_watcher bob = {.aor = BYTES("bob@example.org")};
    struct policy_decision decision =
        policy_decide(ground->parts.policy, &bob, BYTES("alice@example.org"), BYTES(""), 0);
    rights_unref(&decision.rights);
    return decision.unknown;
}

/* Rules and rosters have pauses of their own, and what is closed does not wait for them. */
START_TEST(rules_again)
{
    open_homes();
    ground_break(ground, "rules");
    homes_refresh_policy(homes);
    ck_assert(is_unknown());
    ground_wait(ground, 1000);
    ck_assert_uint_eq(ground->metrics.values[METRIC_rules_unknown], 2);
    homes_refresh_policy(homes); /* another change is noticed: no second timer */
    ck_assert_uint_eq(ground->metrics.values[METRIC_rules_unknown], 3);
    ground_mend(ground, "rules");
    ground_break(ground, "bindings");
    homes_load(homes, 5);
    ground_mend(ground, "bindings");
    ground_wait(ground, 1000);
    ck_assert_uint_eq(count_closed(), 0);
    ck_assert(is_unknown());
    ground_wait(ground, 999);
    ck_assert(is_unknown());
    ground_wait(ground, 1);
    ck_assert(!is_unknown());
    assert_idle();
    close_homes();
}
END_TEST

/* What is noticed after all, before the pause is over, is not tried again. */
START_TEST(rules_early)
{
    open_homes();
    ground_break(ground, "rules");
    homes_refresh_policy(homes);
    ground_mend(ground, "rules");
    homes_refresh_policy(homes);
    ck_assert(!is_unknown());
    assert_idle();
    close_homes();
}
END_TEST

UNIT_MAIN("homes", growing_pauses, many, opened_early, accounts_again, rules_again, rules_early)
