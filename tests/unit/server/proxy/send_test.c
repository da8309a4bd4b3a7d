/* send_test.c: one request to one target, without a fork. */
#include "fixture/ask.h"
#include "proxy/send.h"

static struct ground *ground;
static struct proxy *proxy;
static struct proxy_target there; /* what the locator finds */
static struct proxy_target found[PROXY_TARGETS_MAX];
static size_t count;
static struct net_flow flow;
static uint64_t handle;
static unsigned why, status, breadth;
static bool later, admitted;

static size_t locate(void *context, const struct front_request *request,
                     struct proxy_target *targets, size_t most)
{
    (void)context, (void)request;
    ck_assert_uint_ge(most, 1);
    targets[0] = there;
    return bytes_empty(there.uri) ? 0 : 1;
}

static void note(void *context, const struct client_answer *answer)
{
    ck_assert_ptr_eq(context, &status);
    ck_assert_uint_eq(status, 0); /* once */
    status = answer->status;
}

static void handle_message(void *context, struct front_request *request)
{
    (void)context;
    admitted = proxy_admit(proxy, request);
    breadth = proxy_breadth(proxy, request);
    count = proxy_find(proxy, request, found);
    struct front_request sent = *request;
    if (later)
        sent.incoming = NULL;
    const struct proxy_sending sending = {
        .request = &sent,
        .target = &found[0],
        .breadth = breadth,
        .answer = note,
        .context = &status,
    };
    handle = count > 0 ? proxy_send(proxy, &sending, &why) : 0;
}

static void open_all(const char *uri)
{
    const struct proxy_settings settings = proxy_settings_default();
    const struct proxy_locator locator = {locate, NULL};
    ground = ground_new(NULL);
    proxy = proxy_new(ground->front, &settings);
    proxy_locate(proxy, &locator);
    const struct front_method method = {SIP_MESSAGE, FRONT_LOCAL_USER | FRONT_RELAYED,
                                        handle_message, NULL};
    front_register(ground->front, &method);
    flow = ground_udp("127.0.0.11:5060");
    there = (struct proxy_target){.uri = bytes_of(uri), .flow = &flow, .q = 1000};
    handle = why = status = breadth = 0;
    later = admitted = false;
}

static void close_all(void)
{
    proxy_free(&proxy);
    ground_free(ground);
}

/* It leaves as from a proxy (RFC 3261 16.6), and nobody is answered but by who asked for it. */
START_TEST(sends_and_reports)
{
    open_all("sip:bob@127.0.0.11");
    ground_ask(ground, (struct ask){.fields = "Max-Breadth: 7\r\n", .body = "hello"});
    ck_assert(admitted && handle != 0 && why == 0);
    ck_assert_uint_eq(breadth, 7);
    const char *text = sent_text(ground, "MESSAGE sip:bob@127.0.0.11 SIP/2.0");
    ck_assert_has(text, "127.0.0.2:5060;branch=z9hG4bK-");
    ck_assert_has(text, "Max-Forwards: 69\r\n");
    ck_assert_has(text, "\r\n\r\nhello");
    ground_answer(ground, sent_nth(ground, "MESSAGE", 0), "SIP/2.0 200 OK", "");
    ck_assert_uint_eq(status, 200);
    ck_assert_uint_eq(sent_count(ground, "SIP/2.0 "), 0);
    close_all();
}
END_TEST

/* What is sent later is not where it came from any more. */
START_TEST(later_without_its_vias)
{
    open_all("sip:bob@127.0.0.11");
    later = true;
    ground_ask(ground, (struct ask){.body = "hello"});
    const char *text = sent_text(ground, "MESSAGE sip:bob@127.0.0.11 SIP/2.0");
    ck_assert_lacks(text, "127.0.0.2:5060;branch");
    ck_assert_has(text, "\r\n\r\nhello");
    close_all();
}
END_TEST

/* Whether contacts are told or used is the operator's. */
START_TEST(redirection)
{
    struct proxy_settings settings = proxy_settings_default();
    open_all("sip:bob@127.0.0.11");
    ck_assert(!proxy_redirects(proxy));
    settings.mode = PROXY_REDIRECT;
    proxy_reload(proxy, &settings);
    ck_assert(proxy_redirects(proxy));
    close_all();
}
END_TEST

/* RFC 5626 5.3: what only a flow leads to is not there without it. */
START_TEST(a_flow_that_is_gone)
{
    open_all("sip:bob@device.invalid");
    flow = ground_tcp(ground, "127.0.0.11:5060");
    there.flow_only = true;
    ground_hang_up(ground, flow.connection);
    ground_ask(ground, (struct ask){0});
    ck_assert_uint_eq(handle, 0);
    ck_assert_uint_eq(why, 430);
    ck_assert_uint_eq(sent_count(ground, "MESSAGE"), 0);
    close_all();
}
END_TEST

UNIT_MAIN("send", sends_and_reports, redirection, later_without_its_vias, a_flow_that_is_gone)
