/* retry_test.c: NOTIFYs that fail (RFC 6665 4.2.2). */
#include "fixture/events.h"

static uint64_t counted(enum metric metric)
{
    return ground->metrics.values[metric];
}

/* The only NOTIFY is answered so. */
static void refuse(const char *status, const char *fields)
{
    ck_assert_uint_eq(notifies(), 1);
    struct sent sent = *sent_nth(ground, "NOTIFY ", 0);
    ground->mark = ground->net.sent_count;
    ground_answer(ground, &sent, status, fields);
}

/* RFC 3261 20.33: seconds, and what may stand behind them; what is no number is none. */
START_TEST(retry_after)
{
    static const struct {
        const char *field;
        unsigned pause_ms; /* 0: it is not sent again */
    } cases[] = {
        {"Retry-After: 5\r\n", 5000}, {"Retry-After: 5 (busy);duration=9\r\n", 5000},
        {"Retry-After: 0\r\n", 1000}, {"Retry-After: 99999999999\r\n", 3600000},
        {"Retry-After: soon\r\n", 0}, {"", 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        events_open();
        ck_assert_uint_eq(subscribe("Expires: 7000\r\n"), 200);
        refuse("SIP/2.0 500 x", cases[i].field);
        if (cases[i].pause_ms > 0)
            ground_wait(ground, cases[i].pause_ms - 1);
        ck_assert_msg(notifies() == 0, "%s", cases[i].field);
        ground_wait(ground, 1);
        ck_assert_msg(notifies() == (cases[i].pause_ms > 0), "%s", cases[i].field);
        events_close();
    }
}
END_TEST

/* What waits costs nothing once it is over: by an answer, by the end, by a crash. */
START_TEST(forgotten)
{
    events_open();
    ck_assert_uint_eq(subscribe(""), 200);
    refuse("SIP/2.0 503 x", "Retry-After: 9\r\n");
    ck_assert_ptr_nonnull(bob()->subscriptions->later);
    ground_wait(ground, 9000);
    refuse("SIP/2.0 200 OK", "");
    ck_assert_ptr_null(bob()->subscriptions->later);
    ck_assert_uint_eq(publish("", "one"), 200);
    refuse("SIP/2.0 503 x", "Retry-After: 9\r\n");
    events_close();
}
END_TEST

/* presence.notify_timeout = retry: growing pauses, and an end. */
START_TEST(silence)
{
    events_open();
    presence->settings.notify_timeout = PRESENCE_TIMEOUT_RETRIES;
    presence->settings.notify_retry_s = 100;
    ck_assert_uint_eq(subscribe(""), 200);
    ground_wait(ground, 32000);
    ck_assert_uint_eq(counted(METRIC_subscriptions_failed), 0);
    ck_assert_uint_eq(bob()->subscriptions->later->why, LATER_SILENT);
    ground_wait(ground, 30000 + 32000); /* and again: 62 of 100 s are over */
    ck_assert_uint_eq(counted(METRIC_notifies_retried), 1);
    ck_assert_uint_eq(counted(METRIC_subscriptions_failed), 0);
    ground_wait(ground, 38000 + 32000 - 1);
    ck_assert_uint_eq(counted(METRIC_notifies_retried), 2);
    ck_assert_uint_eq(counted(METRIC_subscriptions_failed), 0);
    ground_wait(ground, 1);
    ck_assert_uint_eq(counted(METRIC_subscriptions_silent), 1);
    ck_assert_uint_eq(counted(METRIC_subscriptions_failed), 1);
    events_close();
}
END_TEST

UNIT_MAIN("presence/retry", retry_after, forgotten, silence)
