/* calls_test.c: the calls that wait for their answer are bounded, for each of the parties and for
 * all; whose fault it is decides the answer (RFC 3261 21.5.1, 21.5.4, 21.4.24). */
#include "fixture/ask.h"
#include "proxy/proxy_internal.h"

enum { CALLS = 16 };

static struct ground *ground;
static struct proxy proxy;
static struct call calls[CALLS];
static unsigned begun;

static void handle(void *context, struct front_request *request)
{
    (void)context;
    if (!calls_admit(&proxy, request))
        return;
    call_begin(&proxy, request, &calls[begun++]);
    front_respond(request, 200, NULL, BYTES(""));
    front_send(request, STORE_NOTHING);
}

static void open_all(const struct proxy_settings *settings)
{
    const struct front_method method = {SIP_INVITE, FRONT_LOCAL_USER | FRONT_RELAYED, handle, NULL};
    ground = ground_new(NULL);
    front_register(ground->front, &method);
    proxy = (struct proxy){.front = ground->front, .parts = &ground->parts, .settings = *settings};
    memset(calls, 0, sizeof(calls));
    begun = 0;
}

/* Nothing is kept of calls that have ended. */
static void close_all(void)
{
    for (unsigned i = 0; i < CALLS; i++)
        call_end(&proxy, &calls[i]);
    ck_assert_uint_eq(proxy.calls.count, 0);
    ck_assert_ptr_null(proxy.calls.tallies);
    ground_free(ground);
}

static unsigned invite(const char *peer, const char *uri)
{
    const struct net_flow flow = ground_udp(peer);
    ground_ask(ground, (struct ask){.method = "INVITE",
                                    .uri = uri,
                                    .from = "<sip:mallory@other.org>;tag=m",
                                    .flow = &flow});
    const struct sent *last = NULL;
    for (unsigned i = 0; sent_nth(ground, "SIP/2.0 ", i) != NULL; i++)
        last = sent_nth(ground, "SIP/2.0 ", i);
    ck_assert_ptr_nonnull(last);
    return (unsigned)strtoul(last->text + strlen("SIP/2.0 "), NULL, 10);
}

/* 21.5.4: the server as a whole is busy. */
START_TEST(of_all)
{
    open_all(&(struct proxy_settings){.calls_max = 2});
    ck_assert_uint_eq(invite("192.0.2.1:5060", "sip:bob@example.org"), 200);
    ck_assert_uint_eq(invite("192.0.2.2:5060", "sip:carol@example.org"), 200);
    ck_assert_uint_eq(invite("192.0.2.3:5060", "sip:alice@example.org"), 503);
    ck_assert_has(sent_text(ground, "SIP/2.0 503"), "\r\nRetry-After: 5\r\n");
    call_end(&proxy, &calls[0]);
    ck_assert_uint_eq(invite("192.0.2.3:5060", "sip:alice@example.org"), 200);
    ck_assert_uint_eq(ground->metrics.values[METRIC_calls_limited], 1);
    close_all();
}
END_TEST

/* One address' fault is not the server's: 500, and others go on. Whoever is trusted has many
 * callers. */
START_TEST(of_a_source)
{
    open_all(&(struct proxy_settings){.calls_max_per_source = 1});
    ck_assert_uint_eq(invite("192.0.2.1:5060", "sip:bob@example.org"), 200);
    ck_assert_uint_eq(invite("192.0.2.1:5070", "sip:carol@example.org"), 500);
    ck_assert_has(sent_text(ground, "SIP/2.0 500"), "\r\nRetry-After: 5\r\n");
    ck_assert_uint_eq(invite("192.0.2.2:5060", "sip:bob@example.org"), 200);
    for (int i = 0; i < 5; i++)
        ck_assert_uint_eq(invite("127.0.0.2:5060", "sip:bob@example.org"), 200);
    ck_assert_uint_eq(ground->metrics.values[METRIC_calls_limited_source], 1);
    close_all();
}
END_TEST

/* Whoever is called is busy. */
START_TEST(of_a_callee)
{
    open_all(&(struct proxy_settings){.calls_max_per_callee = 2});
    ck_assert_uint_eq(invite("192.0.2.1:5060", "sip:bob@example.org"), 200);
    ck_assert_uint_eq(invite("192.0.2.2:5060", "sip:bob@EXAMPLE.org"), 200);
    ck_assert_uint_eq(invite("192.0.2.3:5060", "sip:bob@example.org"), 486);
    ck_assert_uint_eq(invite("192.0.2.3:5060", "sip:carol@example.org"), 200);
    call_end(&proxy, &calls[0]);
    call_end(&proxy, &calls[0]); /* once is enough */
    ck_assert_uint_eq(invite("192.0.2.3:5060", "sip:bob@example.org"), 200);
    ck_assert_uint_eq(invite("192.0.2.4:5060", "sip:bob@example.org"), 486);
    close_all();
}
END_TEST

START_TEST(no_limits)
{
    open_all(&(struct proxy_settings){0});
    for (int i = 0; i < CALLS; i++)
        ck_assert_uint_eq(invite("192.0.2.1:5060", "sip:bob@example.org"), 200);
    close_all();
}
END_TEST

UNIT_MAIN("calls", of_all, of_a_source, of_a_callee, no_limits)
