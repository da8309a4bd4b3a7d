/* retry_test.c: when the next stored message leaves for a device. */
#include "fixture/messaging.h"

START_TEST(pauses_double)
{
    struct im_settings settings = {.retry_least_s = 5, .retry_most_s = 30};
    ck_assert_uint_eq(retry_next_s(&settings, 5), 10);
    ck_assert_uint_eq(retry_next_s(&settings, 10), 20);
    ck_assert_uint_eq(retry_next_s(&settings, 20), 30);
    ck_assert_uint_eq(retry_next_s(&settings, 30), 30);
}
END_TEST

static unsigned left(void)
{
    return sent_count(messaging.ground, "MESSAGE ");
}

static void answer(unsigned index, const char *status, const char *fields)
{
    const struct sent *sent = sent_nth(messaging.ground, "MESSAGE ", index);
    ck_assert_ptr_nonnull(sent);
    ground_answer(messaging.ground, sent, status, fields);
    ground_commit(messaging.ground);
}

/* How long after a failure the next attempt leaves. */
static void assert_pause(const char *status, const char *fields, uint64_t ms)
{
    answer(0, status, fields);
    ck_assert_uint_eq(left(), 0);
    ground_wait(messaging.ground, ms - 1);
    ck_assert_uint_eq(left(), 0);
    ground_wait(messaging.ground, 1);
    ck_assert_uint_eq(left(), 1);
}

START_TEST(a_failure_and_a_pause)
{
    struct im_settings settings = im_settings_default();
    settings.retry_most_s = 15;
    messaging_open(&settings);
    messaging_came("bob@example.org", "urn:uuid:1");
    messaging_contact("sip:0@127.0.0.2:5060", "urn:uuid:1");
    messaging_send("x");
    ck_assert_uint_eq(left(), 1);
    assert_pause("SIP/2.0 486 Busy", "", 5000);
    assert_pause("SIP/2.0 500 Later", "", 10000);
    assert_pause("SIP/2.0 480 Away", "", 15000);
    assert_pause("SIP/2.0 480 Away", "Retry-After: 100 (lunch)\r\n", 100000);
    assert_pause("SIP/2.0 480 Away", "Retry-After: 3\r\n", 15000);
    answer(0, "SIP/2.0 486 Busy", "");
    messaging_came("bob@example.org", "urn:uuid:1"); /* at once, and the pauses begin anew */
    ck_assert_uint_eq(left(), 1);
    assert_pause("SIP/2.0 486 Busy", "", 5000);
    answer(0, "SIP/2.0 200 OK", "");
    ground_wait(messaging.ground, 3600000);
    ck_assert_uint_eq(left(), 0);
    ck_assert_uint_eq(im_count(messaging.im).stored, 0);
    messaging_close();
}
END_TEST

/* What says that it will be so for ever, and what does not. */
START_TEST(troubles)
{
    static const unsigned passing[] = {408, 430, 480, 486, 500, 503, 504};
    static const unsigned final[] = {400, 403, 404, 405, 410, 413, 415, 416, 420,
                                     488, 493, 501, 505, 513, 600, 603, 606};
    struct device device = {.whom = STORE_TO_DEVICE}, peer = {.whom = STORE_TO_PEER};
    const struct delivery ours = {.device = &device}, theirs = {.device = &peer};
    for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++)
        ck_assert_msg(im_is_trouble(&ours, passing[i]), "%u", passing[i]);
    for (size_t i = 0; i < sizeof(final) / sizeof(final[0]); i++)
        ck_assert_msg(!im_is_trouble(&ours, final[i]), "%u", final[i]);
    ck_assert(!im_is_trouble(&theirs, 486)); /* for its sender to know */
    ck_assert(im_is_trouble(&theirs, 480));
}
END_TEST

/* drains_max of all devices at a time; the others wait in line, none for ever. */
START_TEST(in_line)
{
    struct im_settings settings = im_settings_default();
    char instance[32], uri[64];
    settings.drains_max = 1;
    messaging_open(&settings);
    for (unsigned i = 0; i < 3; i++) {
        snprintf(instance, sizeof(instance), "urn:uuid:%u", i);
        messaging_came("bob@example.org", instance);
    }
    ck_assert_uint_eq(messaging_send("a"), 202);
    ck_assert_uint_eq(messaging_send("b"), 202);
    for (unsigned i = 0; i < 3; i++) {
        snprintf(instance, sizeof(instance), "urn:uuid:%u", i);
        snprintf(uri, sizeof(uri), "sip:%u@127.0.0.2:5060", i);
        messaging_contact(uri, instance);
    }
    messaging.ground->mark = messaging.ground->net.sent_count;
    for (unsigned i = 0; i < 3; i++) {
        snprintf(instance, sizeof(instance), "urn:uuid:%u", i);
        messaging_came("bob@example.org", instance);
    }
    ck_assert_uint_eq(left(), 1);
    ck_assert_uint_eq(messaging.ground->metrics.values[METRIC_drains_limited], 2);
    for (unsigned i = 0; i < 6; i++) {
        ck_assert_uint_eq(left(), 1);
        snprintf(uri, sizeof(uri), "MESSAGE sip:%u@", i % 3); /* each in its turn */
        ck_assert_uint_eq(sent_count(messaging.ground, uri), 1);
        ck_assert_has(sent_text(messaging.ground, "MESSAGE "), i < 3 ? "\r\n\r\na" : "\r\n\r\nb");
        answer(0, "SIP/2.0 200 OK", "");
    }
    ck_assert_uint_eq(left(), 0);
    ck_assert_uint_eq(im_count(messaging.im).stored, 0);
    messaging_close();
}
END_TEST

UNIT_MAIN("retry", pauses_double, a_failure_and_a_pause, troubles, in_line)
