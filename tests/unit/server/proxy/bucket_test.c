/* bucket_test.c: requests that wait for a device to wake (RFC 8599 5.2, 5.6.2). */
#include "fixture/ask.h"
#include "proxy/proxy_internal.h"
#include "transaction/look.h"

static struct ground *ground;
static struct proxy *proxy;
static struct net_flow flow;
static bool there;
static unsigned hopes, woken;

static size_t locate(void *context, const struct front_request *request,
                     struct proxy_target *targets, size_t most)
{
    (void)context;
    ck_assert_uint_gt(most, 0);
    if (!there || !bytes_equal(request->target, BYTES("bob@example.org")))
        return 0;
    targets[0] = (struct proxy_target){.uri = BYTES("sip:bob@127.0.0.3"), .flow = &flow};
    return 1;
}

static unsigned wake(void *context, const struct front_request *request)
{
    (void)context;
    ck_assert(bytes_equal(request->target, BYTES("bob@example.org")));
    woken++;
    return hopes;
}

static void open_proxy(unsigned held_max)
{
    struct proxy_settings settings = proxy_settings_default();
    const struct proxy_locator locator = {locate, NULL};
    const struct proxy_waker waker = {wake, NULL};
    settings.held_max = held_max;
    ground = ground_new(NULL);
    flow = ground_udp("127.0.0.3:5060");
    proxy = proxy_new(ground->front, &settings);
    proxy_locate(proxy, &locator);
    proxy_wake_by(proxy, &waker);
    there = false;
    hopes = 1;
    woken = 0;
}

static void close_proxy(void)
{
    proxy_free(&proxy);
    ck_assert_uint_eq(transaction_count(ground->parts.transactions).clients, 0);
    ground_free(ground);
}

/* The status of its answer now; 0: it waits. */
static unsigned asked(const char *method)
{
    ground_ask(ground, (struct ask){.method = method});
    return sent_status(ground);
}

static void bob_comes(void)
{
    there = true;
    proxy_device_came(proxy, BYTES("bob@example.org"));
    ground_wait(ground, 0);
}

START_TEST(it_goes_on_when_the_device_comes)
{
    open_proxy(10);
    ck_assert_uint_eq(asked("OPTIONS"), 0);
    ck_assert_uint_eq(proxy_count(proxy), 1);
    proxy_device_came(proxy, BYTES("alice@example.org"));
    ground_wait(ground, 5000);
    ck_assert_uint_eq(sent_count(ground, "OPTIONS"), 0);
    bob_comes();
    ck_assert_uint_eq(sent_count(ground, "OPTIONS sip:bob@127.0.0.3 SIP/2.0\r\n"), 1);
    ground_answer(ground, sent_nth(ground, "OPTIONS", 0), "SIP/2.0 200 OK", "");
    ck_assert_uint_eq(sent_status(ground), 200);
    ck_assert_uint_eq(woken, 1);
    ck_assert_uint_eq(ground->metrics.values[METRIC_requests_held_in_vain], 0);
    close_proxy();
}
END_TEST

/* One that registered may not be wanted: the others may yet come. */
START_TEST(it_waits_on_for_another)
{
    open_proxy(10);
    ck_assert_uint_eq(asked("OPTIONS"), 0);
    ground_wait(ground, 9000);
    proxy_device_came(proxy, BYTES("bob@example.org"));
    ground_wait(ground, 999);
    ck_assert_uint_eq(sent_count(ground, "SIP/2.0 480"), 0);
    ground_wait(ground, 1);
    ck_assert_uint_eq(sent_count(ground, "SIP/2.0 480"), 1);
    close_proxy();
}
END_TEST

START_TEST(the_last_hope_goes)
{
    open_proxy(10);
    hopes = 2;
    ck_assert_uint_eq(asked("OPTIONS"), 0);
    proxy_device_lost(proxy, BYTES("bob@example.org"));
    ground_wait(ground, 1);
    ck_assert_uint_eq(sent_status(ground), 0);
    proxy_device_lost(proxy, BYTES("bob@example.org"));
    ground_wait(ground, 1);
    ck_assert_uint_eq(sent_status(ground), 480);
    ck_assert_uint_eq(ground->metrics.values[METRIC_requests_held_in_vain], 1);
    close_proxy();
}
END_TEST

/* A message has a store to wait in (im), and nobody is woken for nothing. */
START_TEST(what_does_not_wait)
{
    open_proxy(10);
    ck_assert_uint_eq(asked("MESSAGE"), 480);
    ck_assert_uint_eq(woken, 0);
    hopes = 0;
    ck_assert_uint_eq(asked("OPTIONS"), 480);
    ck_assert_uint_eq(woken, 1);
    ck_assert_uint_eq(proxy_count(proxy), 0);
    close_proxy();
}
END_TEST

START_TEST(so_many_wait)
{
    open_proxy(2);
    ck_assert_uint_eq(asked("OPTIONS"), 0);
    ck_assert_uint_eq(asked("OPTIONS"), 0);
    ck_assert_uint_eq(asked("OPTIONS"), 480);
    ck_assert_uint_eq(woken, 2);
    ck_assert_uint_eq(ground->metrics.values[METRIC_requests_held_limited], 1);
    close_proxy(); /* with two that wait */
}
END_TEST

/* A call that waits counts like one that rings, and CANCEL ends it (RFC 3261 9.2). */
START_TEST(calls_are_counted_and_cancelled)
{
    open_proxy(10);
    ground_ask(ground, (struct ask){.method = "INVITE",
                                    .cseq = 7,
                                    .via = "SIP/2.0/UDP 127.0.0.2:5060;branch=z9hG4bK-call"});
    ck_assert_uint_eq(sent_status(ground), 100);
    ck_assert_uint_eq(proxy->calls.count, 1);
    ground_ask(ground, (struct ask){.method = "CANCEL",
                                    .cseq = 7,
                                    .via = "SIP/2.0/UDP 127.0.0.2:5060;branch=z9hG4bK-call"});
    ck_assert_uint_eq(sent_count(ground, "SIP/2.0 200"), 1);
    ground_wait(ground, 0);
    ck_assert_uint_eq(sent_count(ground, "SIP/2.0 487"), 1);
    ck_assert_uint_eq(proxy->calls.count, 0);
    ck_assert_uint_eq(proxy_count(proxy), 0);
    bob_comes();
    ck_assert_uint_eq(sent_count(ground, "INVITE"), 0);
    close_proxy();
}
END_TEST

static void end_it(void *context, const struct transaction_look *look)
{
    (void)context;
    ck_assert_int_eq(transaction_end(ground->parts.transactions, true, look->handle), ERR_NONE);
}

/* Its request is gone with the answer, whoever comes then. */
START_TEST(what_an_operator_ended_goes_nowhere)
{
    static const char *const methods[] = {"OPTIONS", "INVITE"};
    for (unsigned i = 0; i < 2; i++) {
        open_proxy(10);
        asked(methods[i]);
        ground->mark = ground->net.sent_count;
        ck_assert(!transaction_look_side(ground->parts.transactions, true, 0, 1, end_it, NULL));
        bob_comes();
        ground_wait(ground, 1);
        ck_assert_uint_eq(sent_count(ground, methods[i]), 0);
        ck_assert_uint_eq(sent_count(ground, i == 0 ? "SIP/2.0 500" : "SIP/2.0 487"), 1);
        ck_assert_uint_eq(proxy_count(proxy), 0);
        close_proxy();
    }
}
END_TEST

START_TEST(what_an_operator_ended_is_not_waited_for)
{
    open_proxy(10);
    asked("OPTIONS");
    ck_assert(!transaction_look_side(ground->parts.transactions, true, 0, 1, end_it, NULL));
    ground_wait(ground, 10000);
    ck_assert_uint_eq(proxy_count(proxy), 0);
    ck_assert_uint_eq(ground->metrics.values[METRIC_requests_held_in_vain], 0);
    close_proxy();
}
END_TEST

UNIT_MAIN("bucket", it_goes_on_when_the_device_comes, it_waits_on_for_another, the_last_hope_goes,
          what_does_not_wait, so_many_wait, calls_are_counted_and_cancelled,
          what_an_operator_ended_goes_nowhere, what_an_operator_ended_is_not_waited_for)
