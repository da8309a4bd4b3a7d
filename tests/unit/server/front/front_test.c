/* front_test.c: what a request has to pass before its handler sees it. */
#include "front/front.h"

#include "fixture/ask.h"
#include "sip/write.h"

/* A handler that remembers what it got and answers. */
struct probe {
    unsigned calls, answer; /* status to answer; 0: 200 */
    char identity[100], target[100];
    unsigned partition;
    bool in_dialog, trusted, foreign, domain, large;
};

static struct ground *ground;
static struct probe probe;

static void note(char *out, struct bytes slice)
{
    snprintf(out, 100, "%.*s", BYTES_ARGS(slice));
}

static void handle(void *context, struct front_request *request)
{
    static char large[140000];
    ck_assert_ptr_eq(context, &probe);
    probe.calls++;
    probe.in_dialog = request->in_dialog;
    probe.trusted = request->trusted;
    probe.foreign = request->foreign;
    probe.domain = request->domain != NULL;
    probe.partition = request->partition;
    note(probe.identity, request->identity);
    note(probe.target, request->target);
    if (probe.answer != 0) {
        front_refuse(request, probe.answer, NULL);
        return;
    }
    struct buffer *out = front_respond(request, 200, NULL, BYTES(""));
    memset(large, 'x', sizeof(large));
    if (probe.large)
        sip_write_field(out, "X", bytes_from(large, sizeof(large)));
    front_send(request, STORE_NOTHING);
}

static void open_front(void)
{
    ground = ground_new(NULL);
    probe = (struct probe){0};
    const struct front_method methods[] = {
        {SIP_PUBLISH, FRONT_PROVED | FRONT_LOCAL_USER | FRONT_CHANGES, handle, &probe},
        {SIP_MESSAGE, FRONT_PROVED | FRONT_LOCAL_USER | FRONT_RELAYED, handle, &probe},
        {SIP_SUBSCRIBE, FRONT_PROVED | FRONT_LOCAL_USER | FRONT_DIALOGS, handle, &probe},
        {SIP_REGISTER, FRONT_PROVED | FRONT_LOCAL_USER | FRONT_TO_IS_TARGET, handle, &probe},
        {SIP_INFO, 0, handle, &probe},
    };
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
        front_register(ground->front, &methods[i]);
}

/* Everything is wrong with the first request; what was told is mended in the next. */
START_TEST(order_of_the_checks)
{
    const struct net_flow stranger = ground_udp("192.0.2.1:5060");
    struct ask ask = {.method = "UPDATE",
                      .uri = "sip:@",
                      .fields = "Require: 100rel, x\r\n",
                      .from = "<sip:mallory@other>;tag=1",
                      .flow = &stranger};
    open_front();
    ground_fill_store(ground);
    ck_assert_uint_eq(ground_do(ground, ask), 400);
    ask.uri = "tel:+1";
    ck_assert_uint_eq((ground_ask(ground, ask), sent_status(ground)), 416);
    ask.uri = "sip:nobody@other.org";
    ck_assert_uint_eq((ground_ask(ground, ask), sent_status(ground)), 405);
    ck_assert_has(sent_text(ground, "SIP"),
                  "Allow: OPTIONS, REGISTER, PUBLISH, SUBSCRIBE, MESSAGE, INFO\r\n");
    ask.method = "PUBLISH";
    ck_assert_uint_eq((ground_ask(ground, ask), sent_status(ground)), 420);
    ck_assert_has(sent_text(ground, "SIP"), "Unsupported: 100rel, x\r\n");
    ask.fields = NULL;
    ck_assert_uint_eq((ground_ask(ground, ask), sent_status(ground)), 403);
    ask.uri = "sip:nobody@example.org";
    ground_fill_store(ground); /* the first request's turn has emptied it */
    ck_assert_uint_eq((ground_ask(ground, ask), sent_status(ground)), 503);
    ck_assert_has(sent_text(ground, "SIP"), "Retry-After: 5\r\n");
    ground_commit(ground);
    ck_assert_uint_eq((ground_ask(ground, ask), sent_status(ground)), 403);
    ask.from = NULL;
    ck_assert_uint_eq((ground_ask(ground, ask), sent_status(ground)), 401);
    ck_assert_has(sent_text(ground, "SIP"), "WWW-Authenticate: Digest");
    ask.flow = NULL;
    ck_assert_uint_eq((ground_ask(ground, ask), sent_status(ground)), 404);
    ck_assert_uint_eq(probe.calls, 0);
    ask.uri = "sip:bob@example.org";
    ck_assert_uint_eq((ground_ask(ground, ask), sent_status(ground)), 200);
    ck_assert_uint_eq(probe.calls, 1);
    ck_assert_str_eq(probe.identity, "alice@example.org");
    ck_assert_str_eq(probe.target, "bob@example.org");
    ck_assert_uint_eq(probe.partition, partition_of(BYTES("bob@example.org")));
    ground_free(ground);
}
END_TEST

/* RFC 3261 22.3: a proxy challenges with 407; 16.3 step 5: it looks at Proxy-Require alone. */
START_TEST(relayed_methods)
{
    const struct net_flow stranger = ground_udp("192.0.2.1:5060");
    open_front();
    ground_ask(ground, (struct ask){.flow = &stranger});
    ck_assert_uint_eq(sent_status(ground), 407);
    ck_assert_has(sent_text(ground, "SIP"), "Proxy-Authenticate: Digest");
    ck_assert_uint_eq(ground_do(ground, (struct ask){.fields = "Require: x\r\n"}), 200);
    ck_assert_uint_eq(ground_do(ground, (struct ask){.fields = "Proxy-Require: x\r\n"}), 420);
    ground_free(ground);
}
END_TEST

/* RFC 3261 8.2.2.3: however long the name of what is required. */
START_TEST(required_at_any_length)
{
    static char fields[2000];
    open_front();
    snprintf(fields, sizeof(fields), "Require: %0600d\r\n", 0);
    ck_assert_uint_eq(ground_do(ground, (struct ask){.method = "PUBLISH", .fields = fields}), 420);
    snprintf(fields, sizeof(fields), "Require: a, %0600d, b\r\n", 0);
    ck_assert_uint_eq(ground_do(ground, (struct ask){.method = "PUBLISH", .fields = fields}), 420);
    ck_assert_has(sent_text(ground, "SIP"), "Unsupported: a, b\r\n");
    ground_free(ground);
}
END_TEST

/* RFC 3261 11.2: whoever asks whether we are alive, by whatever name. */
START_TEST(options_for_the_server)
{
    const struct net_flow stranger = ground_udp("192.0.2.1:5060");
    struct ask ask = {.method = "OPTIONS",
                      .uri = "sip:elsewhere.org",
                      .flow = &stranger,
                      .from = "<sip:x@y>;tag=1"};
    open_front();
    ground_ask(ground, ask);
    ck_assert_uint_eq(sent_status(ground), 200);
    const char *text = sent_text(ground, "SIP");
    ck_assert_has(text, "Allow: OPTIONS, REGISTER, PUBLISH, SUBSCRIBE, MESSAGE, INFO\r\n");
    ck_assert_has(text, "Accept: application/pidf+xml\r\n");
    ck_assert_has(text, "Allow-Events: presence\r\n");
    ck_assert_uint_eq(ground->metrics.values[METRIC_transactions_server], 0);
    ask.fields = "Require: x\r\n";
    ground_ask(ground, ask);
    ck_assert_uint_eq(sent_status(ground), 420);
    ask = (struct ask){.method = "OPTIONS"};
    ground_ask(ground, ask);
    ck_assert_uint_eq(sent_status(ground), 405); /* nobody has registered it for users here */
    ground_free(ground);
}
END_TEST

/* RFC 3261 9.2; 17: nothing is said to an ACK. */
START_TEST(cancel_and_ack)
{
    open_front();
    ground_ask(ground, (struct ask){.method = "CANCEL"});
    ck_assert_uint_eq(sent_status(ground), 481);
    ground_ask(ground, (struct ask){.method = "ACK"});
    ck_assert_uint_eq(sent_count(ground, ""), 0);
    ground_free(ground);
}
END_TEST

START_TEST(identities)
{
    const struct net_flow stranger = ground_udp("192.0.2.1:5060");
    open_front();
    /* trusted: believed as it is, aliases and escapes folded */
    ground_do(ground, (struct ask){.from = "<sips:%61lice@EXAMPLE.org:5061;x>;tag=1"});
    ck_assert_str_eq(probe.identity, "alice@example.org");
    ck_assert(probe.trusted && probe.domain && !probe.in_dialog);
    /* a foreign one too, and nobody takes it for one of ours */
    ck_assert(!probe.foreign);
    ground_do(ground, (struct ask){.from = "<sip:alice@other.org>;tag=1"});
    ck_assert_str_eq(probe.identity, "alice@other.org");
    ck_assert(probe.foreign);
    ck_assert_uint_eq(probe.calls, 2);
    /* without need of proof strangers pass */
    ground_do(ground,
              (struct ask){.method = "INFO", .from = "<sip:a@other>;tag=1", .flow = &stranger});
    ck_assert_uint_eq(probe.calls, 3);
    ck_assert(!probe.trusted);
    ck_assert_str_eq(probe.identity, "");
    /* but who says that he is one of ours proves it */
    ground_ask(ground, (struct ask){.method = "INFO", .flow = &stranger});
    ck_assert_uint_eq(sent_status(ground), 401);
    ck_assert_uint_eq(probe.calls, 3);
    ground_free(ground);
}
END_TEST

/* Only where the method has dialogs with us does a To tag leave the Request-URI to the dialog. */
START_TEST(inside_a_dialog)
{
    const char *tagged = "<sip:bob@example.org>;tag=b1";
    open_front();
    ck_assert_uint_eq(
        ground_do(ground,
                  (struct ask){.method = "SUBSCRIBE", .to = tagged, .uri = "sip:192.0.2.200:5060"}),
        200);
    ck_assert(probe.in_dialog && !probe.domain);
    ck_assert_str_eq(probe.target, "");
    ck_assert_uint_eq(ground_do(ground, (struct ask){.to = tagged, .uri = "sip:bob@192.0.2.7"}),
                      403);
    ck_assert_uint_eq(
        ground_do(ground,
                  (struct ask){.method = "PUBLISH", .to = tagged, .uri = "sip:nobody@example.org"}),
        404);
    ck_assert_uint_eq(ground_do(ground, (struct ask){.method = "REGISTER",
                                                     .to = "<sip:nobody@example.org>;tag=x"}),
                      404);
    ck_assert_uint_eq(probe.calls, 1);
    ck_assert_uint_eq(ground_do(ground, (struct ask){.to = tagged}), 200);
    ck_assert(!probe.in_dialog);
    ground_free(ground);
}
END_TEST

/* RFC 3261 10.3 step 5. */
START_TEST(target_in_to)
{
    open_front();
    ck_assert_uint_eq(ground_do(ground, (struct ask){.method = "REGISTER",
                                                     .uri = "sip:127.0.0.1:5060;transport=tcp",
                                                     .to = "<sip:carol@example.org>"}),
                      200);
    ck_assert_str_eq(probe.target, "carol@example.org");
    ck_assert_uint_eq(ground_do(ground, (struct ask){.method = "REGISTER",
                                                     .uri = "sip:example.org",
                                                     .to = "<sip:carol@other.org>"}),
                      404);
    ground_free(ground);
}
END_TEST

/* RFC 3261 8.2.7: refusals take no memory, so the same request is judged again; what succeeded is
 * answered from its transaction. */
START_TEST(refusals_without_state)
{
    struct ask ask = {.via = "SIP/2.0/UDP 127.0.0.2:5060;branch=z9hG4bK-same", .cseq = 9};
    char first[TEXT_MAX];
    open_front();
    probe.answer = 488;
    ground_ask(ground, ask);
    snprintf(first, sizeof(first), "%s", sent_text(ground, "SIP/2.0 488"));
    ground_ask(ground, ask);
    ck_assert_str_eq(sent_text(ground, "SIP"), first); /* with the same To tag */
    ck_assert_uint_eq(probe.calls, 2);
    ck_assert_uint_eq(ground->metrics.values[METRIC_transactions_server], 0);
    probe.answer = 0;
    ground_ask(ground, ask);
    ground_ask(ground, ask);
    ck_assert_uint_eq(sent_status(ground), 200);
    ck_assert_uint_eq(probe.calls, 3);
    ck_assert_uint_eq(ground->metrics.values[METRIC_requests_refused], 2);
    ground_free(ground);
}
END_TEST

START_TEST(response_without_end)
{
    open_front();
    probe.large = true;
    ground_ask(ground, (struct ask){0});
    ck_assert_uint_eq(sent_count(ground, ""), 0);
    ck_assert_uint_eq(ground->metrics.values[METRIC_messages_dropped], 1);
    ck_assert_uint_eq(ground->net.unanswered, 1);
    probe.large = false;
    ck_assert_uint_eq(ground_do(ground, (struct ask){0}), 200);
    ground_free(ground);
}
END_TEST

START_TEST(settings_while_running)
{
    struct front_settings settings;
    open_front();
    settings = *front_settings(ground->front);
    settings.trusted_count = 0;
    settings.server = "Herald";
    front_reload(ground->front, &settings);
    ground_ask(ground, (struct ask){.method = "PUBLISH"});
    ck_assert_uint_eq(sent_status(ground), 401);
    ck_assert_has(sent_text(ground, "SIP"), "\r\nServer: Herald\r\n");
    ck_assert_uint_eq(ground->metrics.values[METRIC_challenges_sent], 1);
    settings.allow_events = "presence, dialog";
    settings.accept = "text/plain";
    front_reload(ground->front, &settings);
    ground_ask(ground, (struct ask){.method = "OPTIONS", .uri = "sip:example.org"});
    ck_assert_has(sent_text(ground, "SIP"), "\r\nAllow-Events: presence, dialog\r\n");
    ck_assert_has(sent_text(ground, "SIP"), "\r\nAccept: text/plain\r\n");
    ground_free(ground);
}
END_TEST

/* RFC 3261 8.2.2.3: what the handler supports may be required of it. */
START_TEST(required_of_the_handler)
{
    const struct front_method method = {SIP_NOTIFY, 0, handle, &probe, "path outbound"};
    struct ask ask = {.method = "NOTIFY"};
    open_front();
    front_register(ground->front, &method);
    ask.fields = "Require: Outbound, path\r\n";
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    ask.fields = "Require: path, pat, out, bound\r\n";
    ck_assert_uint_eq(ground_do(ground, ask), 420);
    ck_assert_has(sent_text(ground, "SIP"), "Unsupported: pat, out, bound\r\n");
    ask.fields = "Proxy-Require: path\r\n";
    ck_assert_uint_eq(ground_do(ground, ask), 200); /* not for a user agent server */
    ground_free(ground);
}
END_TEST

static void watch_one(void *context, uint64_t connection)
{
    *(uint64_t *)context = *(uint64_t *)context * 10 + connection;
}

/* RFC 5626 7: whoever wants to know of dying flows is told. */
START_TEST(flows_that_die)
{
    uint64_t heard[FRONT_WATCHES_MAX] = {0};
    open_front();
    struct net_flow flow = ground_tcp(ground, "127.0.0.2:4000");
    ground_hang_up(ground, flow.connection); /* nobody listens yet */
    for (size_t i = 0; i < FRONT_WATCHES_MAX; i++) {
        const struct front_flow_watch watch = {watch_one, &heard[i]};
        front_watch_flows(ground->front, &watch);
    }
    flow = ground_tcp(ground, "127.0.0.2:4001");
    ground_hang_up(ground, flow.connection);
    for (size_t i = 0; i < FRONT_WATCHES_MAX; i++)
        ck_assert_uint_eq(heard[i], 2);
    ground_free(ground);
}
END_TEST

UNIT_MAIN("front", required_of_the_handler, flows_that_die, order_of_the_checks, relayed_methods,
          required_at_any_length, options_for_the_server, cancel_and_ack, identities,
          inside_a_dialog, target_in_to, refusals_without_state, response_without_end,
          settings_while_running)
