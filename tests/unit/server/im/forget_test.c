/* forget_test.c: what goes with time. */
#include "fixture/messaging.h"

enum { HOUR_MS = 3600000 };
static const uint64_t DAY_MS = 86400000;

/* Time passes while the store works. */
static void let_pass(uint64_t ms)
{
    for (uint64_t passed = 0; passed < ms; passed += HOUR_MS / 4) {
        ground_wait(messaging.ground, HOUR_MS / 4);
        ground_commit(messaging.ground);
    }
}

static void take(void)
{
    ground_answer(messaging.ground, sent_nth(messaging.ground, "MESSAGE ", 0), "SIP/2.0 200 OK",
                  "");
    ground_commit(messaging.ground);
}

/* history_s: so long are the rows of both sides there. */
START_TEST(history)
{
    messaging_open(NULL);
    messaging_contact("sip:0@127.0.0.2:5060", "");
    messaging_send("x");
    take();
    ck_assert_uint_eq(messaging_rows_of("bob@example.org").messages, 1);
    ck_assert_uint_eq(messaging_rows_of("alice@example.org").messages, 1);
    let_pass(29 * DAY_MS);
    ck_assert_uint_eq(messaging_rows_of("bob@example.org").messages, 1);
    let_pass(DAY_MS + 2 * HOUR_MS);
    ck_assert_uint_eq(messaging_rows_of("bob@example.org").messages, 0);
    ck_assert_uint_eq(messaging_rows_of("alice@example.org").messages, 0);
    messaging_close();
}
END_TEST

/* history_s 0: a message that is taken at once has no row; one that waits has it until then, and
 * what nobody took yet stays. */
START_TEST(no_history)
{
    struct im_settings settings = im_settings_default();
    settings.history_s = 0;
    messaging_open(&settings);
    ck_assert_uint_eq(messaging_send("waits"), 202);
    let_pass(DAY_MS);
    ck_assert_uint_eq(messaging_rows_of("bob@example.org").messages, 1);
    ck_assert_uint_eq(messaging_rows_of("alice@example.org").messages, 0);
    messaging_contact("sip:0@127.0.0.2:5060", "");
    messaging.ground->mark = messaging.ground->net.sent_count;
    messaging_came("bob@example.org", "");
    take();
    let_pass(2 * HOUR_MS);
    ck_assert_uint_eq(messaging_rows_of("bob@example.org").messages, 0);
    messaging_send("now");
    take();
    ck_assert_uint_eq(sent_status(messaging.ground), 200);
    ck_assert_uint_eq(messaging_rows_of("bob@example.org").messages, 0);
    messaging_close();
}
END_TEST

/* In memory nothing stays. */
START_TEST(memory)
{
    messaging_open(NULL);
    messaging_contact("sip:0@127.0.0.2:5060", "");
    messaging_send("x");
    take();
    ground_wait(messaging.ground, 33000); /* 64*T1: for who repeats it */
    ck_assert_ptr_nonnull(inbox_find(messaging.im, BYTES("bob@example.org"))->messages);
    ground_wait(messaging.ground, 600000); /* for who joins */
    ck_assert_ptr_null(inbox_find(messaging.im, BYTES("bob@example.org"))->messages);
    ck_assert_ptr_null(messaging.im->engine->identities);
    let_pass(2 * HOUR_MS);
    ck_assert_ptr_null(inbox_find(messaging.im, BYTES("bob@example.org")));
    messaging_close();
}
END_TEST

/* Of those kept for who may join, the latest. */
START_TEST(not_too_many)
{
    messaging_open(NULL);
    messaging_contact("sip:0@127.0.0.2:5060", "");
    for (unsigned i = 0; i < IM_DONE_MAX + 10; i++) {
        messaging_send("x");
        take();
    }
    ground_wait(messaging.ground, 33000);
    ck_assert_uint_eq(inbox_find(messaging.im, BYTES("bob@example.org"))->done, IM_DONE_MAX);
    messaging_close();
}
END_TEST

/* What was taken at once and has no row leaves nothing but a note of its request. */
START_TEST(notes)
{
    struct im_settings settings = im_settings_default();
    settings.history_s = 0;
    settings.repeats_max = 3;
    messaging_open(&settings);
    messaging_contact("sip:0@127.0.0.2:5060", "");
    for (unsigned i = 0; i < 5; i++) {
        messaging_send("x");
        uint64_t identity = messaging.im->engine->identities->identity;
        take();
        ground_wait(messaging.ground, 1);
        ck_assert_ptr_null(messaging.im->engine->identities);
        ck_assert_ptr_null(inbox_find(messaging.im, BYTES("bob@example.org"))->messages);
        ck_assert(forget_knows(messaging.im, identity));
    }
    ck_assert_uint_eq(messaging.ground->metrics.values[METRIC_repeats_limited], 2);
    messaging_close();
}
END_TEST

UNIT_MAIN("forget", history, no_history, memory, not_too_many, notes)
