/* pace_test.c: how often a watcher is told. */
#include "fixture/events.h"
#include "presence/look.h"

/* The first change after quiet is told at once, a burst when the pause is over: N changes are told
 * by as many NOTIFYs as there are pauses in their time, and the last state is told. */
START_TEST(burst)
{
    char tag[200];
    events_open();
    watch("");
    presence->settings.notify_pause_ms = 500;
    ground_wait(ground, 500);
    ck_assert_uint_eq(publish("", "n"), 200);
    keep_text(tag, if_match());
    notified("SIP/2.0 200 OK");
    unsigned told = 0;
    for (unsigned i = 0; i < 30; i++) { /* one each 50 ms */
        char note[16];
        snprintf(note, sizeof(note), "n%u", i);
        ck_assert_uint_eq(publish(tag, note), 200);
        ck_assert_uint_eq(notifies(), 0);
        keep_text(tag, if_match());
        ground_wait(ground, 50);
        if (notifies() == 0)
            continue;
        told++;
        ck_assert_uint_eq(i % 10, 9);
        ck_assert_has(notified("SIP/2.0 200 OK"), note);
    }
    ck_assert_uint_eq(told, 3);
    events_close();
}
END_TEST

/* Nothing is kept for those that wait for nothing. */
START_TEST(costs_nothing)
{
    char tag[200];
    events_open();
    watch("");
    presence->settings.notify_pause_ms = 500;
    ck_assert_uint_eq(publish("", "one"), 200);
    ck_assert_uint_eq(notifies(), 0);
    keep_text(tag, if_match());
    ck_assert_ptr_nonnull(bob()->subscriptions->later);
    ground_wait(ground, 500);
    ck_assert_ptr_null(bob()->subscriptions->later);
    ck_assert_has(notified("SIP/2.0 200 OK"), ">one<");
    events_close();
}
END_TEST

static struct presence_times times_of_presence(void)
{
    struct presence_times times = {.event = ""};
    for (size_t i = 0; strcmp(times.event, "presence") != 0; i++)
        ck_assert(presence_times_of(presence, i, &times));
    return times;
}

/* "one" is told, and "two" has to wait 400 ms more: how long NOTIFYs waited does not count it yet.
 */
static const struct latency *wait_with_two(void)
{
    char tag[200];
    presence->settings.notify_pause_ms = 500;
    ground_wait(ground, 500);
    ck_assert_uint_eq(publish("", "one"), 200);
    keep_text(tag, if_match());
    notified("SIP/2.0 200 OK");
    ground_wait(ground, 100);
    ck_assert_uint_eq(publish(tag, "two"), 200);
    return times_of_presence().deferred;
}

/* From the oldest of what one NOTIFY tells, and only of one that had to wait. */
START_TEST(what_waits_is_measured)
{
    char tag[200];
    events_open();
    watch("");
    const struct latency *waited = wait_with_two();
    keep_text(tag, if_match());
    ground_wait(ground, 300);
    ck_assert_uint_eq(publish(tag, "three"), 200);
    ck_assert_uint_eq(waited->sum_ms, 0);
    ground_wait(ground, 100);
    ck_assert_has(notified("SIP/2.0 200 OK"), ">three<");
    ck_assert_uint_eq(waited->sum_ms, 400);
    ck_assert_uint_eq(waited->counts[8], 1); /* up to 500 ms */
    ground_wait(ground, 500);
    ck_assert_uint_eq(waited->sum_ms, 400);
    events_close();
}
END_TEST

/* RFC 5839 6.3: what a condition drops waits for nothing any more, so the next NOTIFY did not wait
 * since then. */
START_TEST(what_is_dropped_does_not_wait)
{
    char to[200];
    events_open();
    keep_text(to, watch(""));
    const struct latency *waited = wait_with_two();
    ck_assert_uint_ne(bob()->subscriptions->waits_ms, 0);
    ck_assert_uint_eq(refresh(to, "Suppress-If-Match: *\r\n"), 204);
    ck_assert_uint_eq(bob()->subscriptions->waits_ms, 0);
    ground_wait(ground, 60000);
    ck_assert_uint_eq(refresh(to, ""), 200);
    ck_assert_has(notified("SIP/2.0 200 OK"), ">two<");
    ck_assert_uint_eq(waited->sum_ms, 0);
    events_close();
}
END_TEST

UNIT_MAIN("presence/pace", burst, costs_nothing, what_waits_is_measured,
          what_is_dropped_does_not_wait)
