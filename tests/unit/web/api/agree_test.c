/* agree_test.c: whatever happens, in whatever order, what the API says of alice watching bob is
 * what alice was told. Steps come from a seed; after each one everything is durable and answered.
 */
#include "fixture/live.h"
#include "web/api/explain.h"
#include "web/api/state.h"
#include "web/api/watching.h"

enum { STEPS = 400, SEEDS = 6 };

/* What alice knows by the NOTIFYs that she got. */
static struct {
    char state[20], body[TEXT_MAX], to[200];
    unsigned calls;
} alice;

static uint64_t dice_seed;

static unsigned roll(unsigned sides)
{
    dice_seed = dice_seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(dice_seed >> 33) % sides;
}

static void take_notify(const struct sent *sent)
{
    const char *body = strstr(sent->text, "\r\n\r\n") + 4;
    keep_text(alice.state, value_of(sent->text, "Subscription-State: "));
    keep_text(alice.body, body);
}

/* Everything is committed, told and answered. */
static void settle(void)
{
    const struct sent *found;
    ground_commit(ground);
    while ((found = sent_nth(ground, "NOTIFY ", 0)) != NULL) {
        struct sent sent = *found;
        take_notify(&sent);
        ground_answer(ground, &sent, "SIP/2.0 200 OK", "");
        ground_commit(ground);
    }
}

static void subscribe_anew(void)
{
    static char call_id[30];
    struct ask ask = subscribing("Expires: 600\r\n");
    snprintf(call_id, sizeof(call_id), "watch-%u", ++alice.calls);
    ask.call = call_id;
    ground_ask(ground, ask);
    ground_commit(ground);
    if (sent_nth(ground, "SIP/2.0 200", 0) == NULL)
        return;
    keep_text(alice.to, dialog_to());
}

static bool watches(void)
{
    return strcmp(alice.state, "active") == 0 || strcmp(alice.state, "pending") == 0;
}

static void unsubscribe(void)
{
    static char call_id[30];
    struct ask ask = subscribing("Expires: 0\r\n");
    snprintf(call_id, sizeof(call_id), "watch-%u", alice.calls);
    ask.call = call_id;
    ask.to = alice.to;
    ground_ask(ground, ask);
}

static void end_by_order(void)
{
    char request[300];
    const json_t *items = live_items(watching_endpoints, "GET /api/v1/users/bob/watchers");
    const json_t *item = json_array_get(items, 0);
    if (item == NULL)
        return;
    snprintf(request, sizeof(request), "DELETE /api/v1/subscriptions/%s", live_text(item, "id"));
    ground->mark = ground->net.sent_count;
    ck_assert_uint_eq(live_do(watching_endpoints, request, NULL), 204);
}

static void put_in(void)
{
    static const char *const bodies[] = {"{\"note\": \"set\"}", "{\"basic\": \"closed\"}",
                                         "{\"activities\": [\"busy\"]}"};
    ground->mark = ground->net.sent_count;
    if (roll(3) == 0)
        ck_assert_uint_eq(live_do(state_endpoints, "DELETE /api/v1/users/bob/presence", NULL), 204);
    else
        ck_assert_uint_eq(
            live_do(state_endpoints, "PUT /api/v1/users/bob/presence", bodies[roll(3)]), 200);
}

static void change_rules(void)
{
    static const char *const words[] = {"allow", "block", "polite-block", "confirm"};
    ground->mark = ground->net.sent_count;
    ruling_write("", words[roll(4)], roll(3) == 0 ? "" : RULING_ALL);
    ruling_take();
    ground_wait(ground, 20);
}

static void publish_something(void)
{
    char note[20];
    snprintf(note, sizeof(note), "n%u", roll(1000));
    ck_assert_uint_eq(publish("Expires: 60\r\n", note), 200);
    if (presence_count(presence).publications > 10) { /* those before end by time */
        ground_wait(ground, 61000);
        ground_commit(ground);
    }
}

static void step(void)
{
    switch (roll(7)) {
    case 0:
        publish_something();
        break;
    case 1:
        put_in();
        break;
    case 2:
        change_rules();
        break;
    case 3:
        ground->mark = ground->net.sent_count;
        ground_wait(ground, 1000 * roll(90));
        break;
    case 4:
        if (watches() && roll(3) == 0)
            unsubscribe();
        break;
    case 5:
        if (roll(4) == 0)
            end_by_order();
        break;
    default:
        if (!watches())
            subscribe_anew();
    }
    settle();
}

static bool is_one_of(const char *word, const char *const *words)
{
    while (*words != NULL && strcmp(*words, word) != 0)
        words++;
    return *words != NULL;
}

static void check(unsigned number)
{
    static const char *const seen[] = {
        "sees", "polite_blocked", "last_seen", "rights_leave_nothing", "presentity_not_registered",
        NULL};
    static const char *const over[] = {
        "blocked",     "unsubscribed", "expired", "rejected", "watcher_not_registered",
        "deactivated", "given_up",     "waiting", NULL};
    static const char *const pending[] = {"pending", NULL};
    const json_t *got =
        live_get(explain_endpoints, "GET /api/v1/explain?watcher=alice&presentity=bob");
    const char *name = live_text(got, "case"), *sentence = live_text(got, "sentence");
    bool active = strcmp(alice.state, "active") == 0;
    const char *const *wanted = active ? seen : watches() ? pending : over;
    ck_assert_msg(is_one_of(name, wanted), "step %u: alice is %s, but: %s %s", number, alice.state,
                  name, sentence);
    if (active)
        ck_assert_msg(strcmp(live_text(json_object_get(got, "shown"), "body"), alice.body) == 0,
                      "step %u: alice was told\n%s\nbut is said to see\n%s", number, alice.body,
                      live_text(json_object_get(got, "shown"), "body"));
}

START_TEST(what_is_said_is_what_was_told)
{
    memset(&alice, 0, sizeof(alice));
    dice_seed = (uint64_t)_i + 1;
    live_open();
    for (unsigned i = 0; i < STEPS; i++) {
        step();
        check(i);
    }
    live_close();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("agree");
    TCase *cases = tcase_create("agree");
    tcase_add_loop_test(cases, what_is_said_is_what_was_told, 0, SEEDS);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
