/* wishes_test.c: what a SUBSCRIBE asks for beside the state. */
#include "fixture/events.h"

/* A new SUBSCRIBE with these parameters of Event, for an hour; the Subscription-State that it gets.
 */
static const char *told(const char *parameters)
{
    static char state[200], call[20];
    static unsigned calls;
    char event[200];
    snprintf(event, sizeof(event), "Event: presence%s\r\n", parameters);
    snprintf(call, sizeof(call), "told-%u", calls++);
    struct ask ask = subscribing(event);
    ask.call = call;
    ck_assert_msg(ground_do(ground, ask) == 200, "%s", parameters);
    const char *at = strstr(notified("SIP/2.0 200 OK"), "Subscription-State: ");
    at += strlen("Subscription-State: ");
    snprintf(state, sizeof(state), "%.*s", (int)strcspn(at, "\r"), at);
    return state;
}

/* RFC 6446 9.2: the numbers, and what 5.2, 6.2 and 7.2 have us tell. */
START_TEST(asked_for)
{
    static const struct {
        const char *asked, *told;
    } cases[] = {
        {"", "active;expires=3600"},
        {";max-rate=1", "active;expires=3600;max-rate=1"},
        {";MAX-RATE=0.2", "active;expires=3600;max-rate=0.2"},
        {";max-rate=99.9999999999", "active;expires=3600;max-rate=90.909090909"},
        {";max-rate=0.04", "active;expires=3600;max-rate=0.04"},
        {";max-rate=00.3", "active;expires=3600;max-rate=0.2999400119"},         /* 3334 ms */
        {";max-rate=0.0000000001", "active;expires=3600;max-rate=0.0002777777"}, /* 5.3 */
        {";min-rate=0.01", "active;expires=3600;min-rate=0.01"},
        {";min-rate=10", "active;expires=3600;min-rate=0.2"}, /* 6.3: our policy */
        {";adaptive-min-rate=0.0000000001", "active;expires=3600;adaptive-min-rate=0.0000000001"},
        {";adaptive-min-rate=7.5", "active;expires=3600;adaptive-min-rate=0.2"},
        /* 8: neither is higher than max-rate */
        {";max-rate=0.1;min-rate=0.15", "active;expires=3600;max-rate=0.1;min-rate=0.1"},
        {";max-rate=0.1;adaptive-min-rate=0.15",
         "active;expires=3600;max-rate=0.1;adaptive-min-rate=0.1"},
        /* 8: a min-rate is lower than adaptive-min-rate, or does not count */
        {";min-rate=0.05;adaptive-min-rate=0.1",
         "active;expires=3600;min-rate=0.05;adaptive-min-rate=0.1"},
        {";min-rate=0.1;adaptive-min-rate=0.1", "active;expires=3600;adaptive-min-rate=0.1"},
        {";min-rate=0.1;adaptive-min-rate=0.05", "active;expires=3600;adaptive-min-rate=0.05"},
    };
    events_open();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ck_assert_str_eq(told(cases[i].asked), cases[i].told);
    }
    events_close();
}
END_TEST

START_TEST(bad_rates)
{
    static const char *const cases[] = {
        ";max-rate",
        ";max-rate=",
        ";max-rate=0",
        ";max-rate=0.0",
        ";min-rate=100",
        ";min-rate=1.",
        ";min-rate=.5",
        ";min-rate=-1",
        ";min-rate=1e1",
        ";adaptive-min-rate=0.12345678901",
        ";adaptive-min-rate=\"1\"",
        ";max-rate=1;max-rate=1",
    };
    events_open();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char fields[200];
        snprintf(fields, sizeof(fields), "Event: presence%s\r\n", cases[i]);
        ck_assert_msg(subscribe(fields) == 400, "%s", cases[i]);
        ck_assert_has(sent_text(ground, "SIP"), "rate in Event");
    }
    ck_assert_uint_eq(presence_count(presence).resources, 0);
    events_close();
}
END_TEST

/* RFC 6446 5.1: they hold until the next SUBSCRIBE says others, or nothing; over a restart too. */
START_TEST(rates_are_kept)
{
    char to[200];
    events_open();
    keep_text(to, watch("Event: presence;max-rate=0.1;min-rate=0.05\r\n"));
    events_restart();
    struct rates rates = extras_rates(bob()->subscriptions);
    ck_assert_uint_eq(rates.min_interval_ms, 10000);
    ck_assert_uint_eq(rates.max_interval_ms, 20000);
    ck_assert_uint_eq(rates.adaptive_interval_ms, 0);
    ground_wait(ground, 20);
    ck_assert_has(notified("SIP/2.0 200 OK"), ";max-rate=0.1;min-rate=0.05\r\n");
    ck_assert_uint_eq(refresh(to, "Event: presence;max-rate=x\r\n"), 400); /* changes nothing */
    ck_assert_uint_eq(extras_rates(bob()->subscriptions).min_interval_ms, 10000);
    ck_assert_uint_eq(refresh(to, "Event: presence;adaptive-min-rate=0.01\r\n"), 200);
    ck_assert_has(notified("SIP/2.0 200 OK"), ";expires=3600;adaptive-min-rate=0.01\r\n");
    ck_assert_uint_eq(refresh(to, ""), 200);
    ck_assert_has(notified("SIP/2.0 200 OK"), ";expires=3600\r\n");
    events_restart();
    ck_assert_ptr_null(bob()->subscriptions->extras);
    events_close();
}
END_TEST

UNIT_MAIN("presence/wishes", asked_for, bad_rates, rates_are_kept)
