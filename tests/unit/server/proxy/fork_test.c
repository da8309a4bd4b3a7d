/* fork_test.c: the response context (RFC 3261 16.7) of calls: one case at a time, and random ones
 * against what must hold of all. */
#include "fixture/ask.h"
#include "proxy/proxy_internal.h"

enum { PHONES_MAX = 6 };

static struct ground *ground;
static struct proxy *proxy;
static struct net_flow flows[PHONES_MAX];
static struct proxy_target targets[PHONES_MAX];
static char uris[PHONES_MAX][40];
static size_t phones;

static size_t locate(void *context, const struct front_request *request, struct proxy_target *found,
                     size_t most)
{
    (void)context, (void)request;
    ck_assert_uint_le(phones, most);
    memcpy(found, targets, phones * sizeof(*found));
    return phones;
}

/* bob has so many phones at 127.0.0.11, .12 and so on, each behind a flow of its own. */
static void open_proxy_with(const struct ground_options *options, size_t count)
{
    const struct proxy_settings settings = proxy_settings_default();
    const struct proxy_locator locator = {locate, NULL};
    ground = ground_new(options);
    proxy = proxy_new(ground->front, &settings);
    proxy_locate(proxy, &locator);
    phones = count;
    for (size_t i = 0; i < count; i++) {
        char peer[32];
        snprintf(peer, sizeof(peer), "127.0.0.%zu:5060", 11 + i);
        snprintf(uris[i], sizeof(uris[i]), "sip:bob@127.0.0.%zu", 11 + i);
        flows[i] = ground_udp(peer);
        targets[i] = (struct proxy_target){
            .uri = bytes_of(uris[i]), .flow = &flows[i], .flow_only = true, .q = 1000};
    }
}

static void open_proxy(size_t count)
{
    open_proxy_with(NULL, count);
}

static void close_proxy(void)
{
    ck_assert_ptr_null(proxy->forks); /* nothing outlives its transactions */
    ck_assert(proxy->calls.count == 0 && proxy->calls.tallies == NULL);
    proxy_free(&proxy);
    ground_free(ground);
}

/* What a phone got last that begins so. */
static struct sent at_phone(size_t phone, const char *method)
{
    struct sent found = {.text = ""};
    for (size_t i = ground->mark; i < ground->net.sent_count; i++) {
        const struct sent *sent = &ground->net.sent[i % SENT_MAX];
        if (net_address_equal(&sent->flow.remote, &flows[phone].remote) &&
            strncmp(sent->text, method, strlen(method)) == 0)
            found = *sent;
    }
    return found;
}

static struct sent invites[PHONES_MAX];

static void call(struct ask ask)
{
    ask.method = ask.method ? ask.method : "INVITE";
    ground_ask(ground, ask);
    for (size_t i = 0; i < phones; i++)
        invites[i] = at_phone(i, ask.method);
}

static bool has_been_called(size_t phone)
{
    return invites[phone].text[0] != '\0';
}

static void answer(size_t phone, const char *status)
{
    ck_assert(has_been_called(phone));
    ground_answer(ground, &invites[phone], status, "");
    for (size_t i = 0; i < phones; i++) {
        struct sent sent = at_phone(i, "INVITE ");
        if (sent.text[0] != '\0')
            invites[i] = sent;
    }
}

/* So long that every transaction has ended. */
static void wait_for_the_end(void)
{
    ground_wait(ground, 300000);
}

/* RFC 3261 16.6 step 4: the value that faces the callee is sips when the request to him is. */
START_TEST(record_route_of_sips)
{
    const struct net_address phone = address("127.0.0.11:5061");
    open_proxy(1);
    flows[0] = (struct net_flow){NET_TLS, address("127.0.0.1:5061"), phone,
                                 fake_open(&ground->net, phone)};
    targets[0].uri = BYTES("sips:bob@127.0.0.11");
    call((struct ask){.fields = "Contact: <sip:alice@127.0.0.2:5060>\r\n"});
    const char *first = strstr(invites[0].text, "Record-Route: <sips:");
    ck_assert_msg(first != NULL, "%s", invites[0].text);
    ck_assert_ptr_nonnull(strstr(first, "\r\nRecord-Route: <sip:"));
    answer(0, "603 Decline");
    wait_for_the_end();
    close_proxy();
}
END_TEST

/* RFC 5626 7: the next way to a phone begins after 430, 408 and silence, and after nothing else. */
START_TEST(next_way)
{
    static const struct {
        const char *status;
        bool next;
    } cases[] = {{"SIP/2.0 430 Flow", true},
                 {"SIP/2.0 408 Time", true},
                 {"SIP/2.0 480 No", false},
                 {"SIP/2.0 503 Busy", false},
                 {"SIP/2.0 200 OK", false}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        open_proxy(2);
        targets[0].instance = targets[1].instance = BYTES("urn:uuid:1");
        call((struct ask){0});
        ck_assert(has_been_called(0) && !has_been_called(1));
        answer(0, cases[i].status);
        ground_wait(ground, 0);
        bool called = at_phone(1, "INVITE ").text[0] != '\0';
        ck_assert_msg(called == cases[i].next, "%s", cases[i].status);
        wait_for_the_end();
        close_proxy();
    }
}
END_TEST

/* RFC 5626 5.3: a flow that is the only way has gone. */
START_TEST(flow_gone)
{
    open_proxy(2);
    flows[0] = ground_tcp(ground, "127.0.0.11:4000");
    ground->net.open[flows[0].connection] = false;
    targets[0].instance = targets[1].instance = BYTES("urn:uuid:1");
    call((struct ask){0});
    ck_assert(!has_been_called(0) && has_been_called(1)); /* the other way, at once */
    answer(1, "SIP/2.0 430 Flow");
    ck_assert_ptr_nonnull(sent_nth(ground, "SIP/2.0 480", 0));
    wait_for_the_end();
    close_proxy();
}
END_TEST

/* RFC 3261 16.6 step 7: what came for a sips URI does not leave in the clear. */
START_TEST(sips_stays_sips)
{
    open_proxy(3);
    flows[1] = ground_tcp(ground, "127.0.0.12:5061");
    flows[1].protocol = NET_TLS;
    targets[2].uri = BYTES("sips:bob@127.0.0.13");
    call((struct ask){.uri = "sips:bob@example.org"});
    ck_assert(!has_been_called(0) && has_been_called(1) && has_been_called(2));
    /* step 4: what goes on without sips has none in the Record-Route that faces the callee */
    ck_assert_has(invites[1].text, ";transport=tls;lr>\r\nRecord-Route: <sip:");
    wait_for_the_end();
    phones = 1;
    call((struct ask){.uri = "sips:bob@example.org"});
    ck_assert_ptr_nonnull(sent_nth(ground, "SIP/2.0 480", 0));
    close_proxy();
}
END_TEST

/* RFC 3261 16.8: nobody answers the CANCEL of timer C either (9.1). */
START_TEST(rings_for_ever)
{
    open_proxy(1);
    call((struct ask){0});
    answer(0, "SIP/2.0 180 Ringing");
    ck_assert_uint_eq(sent_count(ground, "SIP/2.0 180"), 1);
    ground->mark = ground->net.sent_count;
    ground_wait(ground, 181000);
    ck_assert_uint_eq(sent_count(ground, "CANCEL "), 1);
    ground_wait(ground, 31900);
    ck_assert_uint_eq(sent_count(ground, "SIP/2.0 "), 0);
    ground_wait(ground, 200);
    ck_assert_uint_eq(sent_count(ground, "SIP/2.0 408"), 1);
    wait_for_the_end();
    close_proxy();
}
END_TEST

/* RFC 6026 8.3: the server transaction of the first 2xx has ended (timer L) when the second one
 * comes: it is discarded. */
START_TEST(second_success_comes_too_late)
{
    open_proxy(2);
    call((struct ask){.fields = "Request-Disposition: no-cancel\r\n"});
    answer(0, "SIP/2.0 180 Ringing");
    answer(1, "SIP/2.0 180 Ringing");
    answer(0, "SIP/2.0 200 OK");
    ck_assert_uint_eq(sent_count(ground, "SIP/2.0 200"), 1);
    ground_wait(ground, 32000);
    ground->mark = ground->net.sent_count;
    answer(1, "SIP/2.0 200 OK");
    ck_assert_uint_eq(sent_count(ground, "SIP/2.0 "), 0);
    ck_assert_uint_eq(ground->metrics.values[METRIC_responses_stray], 1);
    wait_for_the_end();
    close_proxy();
}
END_TEST

/* 487 is what a branch of ours ends with, and tells the caller less than anything else. */
START_TEST(end_of_a_branch_is_the_worst_answer)
{
    ck_assert_uint_lt(answer_badness(486), answer_badness(487));
    ck_assert_uint_lt(answer_badness(487), answer_badness(500));
    ck_assert_uint_lt(answer_badness(500), answer_badness(503));
    ck_assert_uint_lt(answer_badness(407), answer_badness(486));
    ck_assert_uint_lt(answer_badness(302), answer_badness(407));
    ck_assert_uint_lt(answer_badness(603), answer_badness(302));
    ck_assert_uint_lt(answer_badness(200), answer_badness(603));
}
END_TEST

/* A call to two phones at this URI, and then another one: what that is answered at once. */
static unsigned second_call(const char *uri, const char *first_answer)
{
    struct transaction_settings settings = transaction_settings_default();
    settings.server_max_bytes = 4500;
    open_proxy_with(&(struct ground_options){.transaction = &settings}, 2);
    targets[0].uri = targets[1].uri = bytes_of(uri);
    call((struct ask){0});
    ck_assert(has_been_called(0) && has_been_called(1));
    if (first_answer != NULL)
        answer(0, first_answer);
    ground_ask(ground, (struct ask){.method = "INVITE"});
    unsigned status = (unsigned)strtoul(sent_text(ground, "SIP/2.0 ") + 8, NULL, 10);
    wait_for_the_end();
    close_proxy();
    return status;
}

static const char *filled(char *text, size_t size, const char *start)
{
    memset(text, 'x', size - 1);
    memcpy(text, start, strlen(start));
    text[size - 1] = '\0';
    return text;
}

/* What forks keep is memory for requests being answered (transaction.server_max_bytes): their
 * targets, and the best answer so far. */
START_TEST(memory_of_forks_is_bounded)
{
    char uri[2500], refusal[3000];
    ck_assert_uint_eq(second_call("sip:bob@127.0.0.11", NULL), 100);
    ck_assert_uint_eq(second_call("sip:bob@127.0.0.11", "SIP/2.0 404 Nobody"), 100);
    ck_assert_uint_eq(second_call(filled(uri, sizeof(uri), "sip:bob@127.0.0.11;p="), NULL), 503);
    filled(refusal, sizeof(refusal), "SIP/2.0 404 ");
    ck_assert_uint_eq(second_call("sip:bob@127.0.0.11", refusal), 503);
}
END_TEST

START_TEST(ends_in_the_middle_of_a_call)
{
    open_proxy(2);
    call((struct ask){0});
    answer(0, "SIP/2.0 180 Ringing");
    proxy_free(&proxy);
    answer(1, "SIP/2.0 200 OK");
    ck_assert_uint_eq(sent_count(ground, "SIP/2.0 "), 0);
    ground_free(ground);
}
END_TEST

/* RFC 4320 4.2: a request that is no INVITE is never answered 408, and not after 64*T1. */
START_TEST(silence_is_answered_with_silence)
{
    open_proxy(2);
    call((struct ask){.method = "REFER", .fields = "Refer-To: <sip:x@y>\r\n"});
    ck_assert(has_been_called(0) && has_been_called(1));
    ground_wait(ground, 31000);
    ck_assert_uint_eq(sent_count(ground, "SIP/2.0 100"), 1);
    wait_for_the_end();
    ck_assert_uint_eq(sent_count(ground, "SIP/2.0 4"), 0);
    close_proxy();
}
END_TEST

static void acknowledge(const char *response)
{
    char text[TEXT_MAX];
    struct sip_message message;
    const struct net_flow flow = ground_udp("127.0.0.2:5060");
    ck_assert(verdict_ok(sip_message_parse(bytes_of(response), true, &message)));
    snprintf(text, sizeof(text),
             "ACK sip:bob@example.org SIP/2.0\r\nVia: %.*s\r\nFrom: %.*s\r\nTo: %.*s\r\n"
             "Call-ID: %.*s\r\nCSeq: %u ACK\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
             BYTES_ARGS(message.via.text), BYTES_ARGS(sip_message_value(&message, SIP_FROM)),
             BYTES_ARGS(sip_message_value(&message, SIP_TO)), BYTES_ARGS(message.call_id),
             message.cseq);
    ground_receive(ground, &flow, text);
}

/* A phone answers with our Via as it should be, and another one below it. */
static void answer_with_via(size_t phone, const char *status, const char *second_via)
{
    char text[TEXT_MAX + 500];
    struct sip_message message;
    ck_assert(verdict_ok(sip_message_parse(bytes_of(invites[phone].text), true, &message)));
    snprintf(text, sizeof(text),
             "%s\r\nVia: %.*s\r\nVia: %s\r\nFrom: %.*s\r\nTo: <sip:bob@example.org>;tag=u1\r\n"
             "Call-ID: %.*s\r\nCSeq: %u INVITE\r\nContent-Length: 0\r\n\r\n",
             status, BYTES_ARGS(message.via.text), second_via,
             BYTES_ARGS(sip_message_value(&message, SIP_FROM)), BYTES_ARGS(message.call_id),
             message.cseq);
    ground_receive(ground, &flows[phone], text);
}

/* RFC 3261 16.7 steps 5 and 9: a 2xx goes back after a failure, too, by the server transaction's
 * way. What the callee writes below our Via leads nowhere else. */
START_TEST(success_after_a_failure)
{
    static const char elsewhere[] = "SIP/2.0/UDP 192.0.2.66:5060;branch=z9hG4bK-x";
    const struct net_flow caller = ground_udp("127.0.0.2:5060");
    struct transaction_settings settings = transaction_settings_default();
    settings.t1_ms = settings.t2_ms = 4000; /* so that timer C comes before timer B */
    open_proxy_with(&(struct ground_options){.transaction = &settings}, 1);
    call((struct ask){0});
    ground_wait(ground, 181000);
    const struct sent failure = *sent_nth(ground, "SIP/2.0 408", 0);
    answer_with_via(0, "SIP/2.0 200 OK", elsewhere);
    ck_assert_uint_eq(sent_count(ground, "SIP/2.0 200"), 1);
    ck_assert(net_flow_equal(&sent_nth(ground, "SIP/2.0 200", 0)->flow, &caller));
    acknowledge(failure.text);
    ground_wait(ground, 5000); /* timer I */
    answer_with_via(0, "SIP/2.0 200 OK", elsewhere);
    ck_assert_uint_eq(sent_count(ground, "SIP/2.0 200"), 0);
    wait_for_the_end();
    close_proxy();
}
END_TEST

/* A list of what happened, for the random test. */

enum { BRANCHES_MAX = 2 * PHONES_MAX, TAGS_MAX = 64 };

struct leg {
    struct sent sent;
    char branch[80];
    uint64_t born_ms, cancelled_ms; /* 0: not cancelled */
    bool provisional, final;
};

struct story {
    uint64_t seed;
    bool invite, cancelled;
    struct leg legs[BRANCHES_MAX];
    size_t leg_count, seen;              /* messages looked at */
    unsigned successes, failures, given; /* told to the caller; 2xx given by phones in time */
    uint64_t over_ms;                    /* the server transaction ends; 0: not known yet */
    char tags[TAGS_MAX][40];
    unsigned last_failure;
};

static unsigned roll(struct story *story, unsigned below)
{
    uint64_t number;
    seeded_random(&story->seed, &number, sizeof(number));
    return (unsigned)(number % below);
}

static void branch_of(const char *text, char *branch)
{
    const char *at = strstr(text, "branch=");
    ck_assert_ptr_nonnull(at);
    snprintf(branch, 80, "%.*s", (int)strcspn(at, ";\r"), at);
}

static struct leg *leg_of(struct story *story, const char *text)
{
    char branch[80];
    branch_of(text, branch);
    for (size_t i = 0; i < story->leg_count; i++)
        if (strcmp(story->legs[i].branch, branch) == 0)
            return &story->legs[i];
    return NULL;
}

static void reply(const struct sent *sent, const char *status)
{
    ground_answer(ground, sent, status, "");
}

static void phone_gets(struct story *story, const struct sent *sent)
{
    struct leg *leg = leg_of(story, sent->text);
    if (strncmp(sent->text, "ACK ", 4) == 0) {
        ck_assert(leg != NULL && leg->final);
        return;
    }
    if (strncmp(sent->text, "CANCEL ", 7) == 0) {
        ck_assert(leg != NULL && leg->provisional); /* RFC 3261 9.1 */
        if (leg->cancelled_ms == 0)
            leg->cancelled_ms = ground->world.now_ms;
        const struct sent copy = *sent;
        reply(&copy, "SIP/2.0 200 OK");
        return;
    }
    if (leg != NULL) /* again */
        return;
    ck_assert_uint_lt(story->leg_count, BRANCHES_MAX);
    leg = &story->legs[story->leg_count++];
    *leg = (struct leg){.sent = *sent, .born_ms = ground->world.now_ms};
    branch_of(sent->text, leg->branch);
}

static void be_over_in(struct story *story, uint64_t ms)
{
    if (story->over_ms == 0)
        story->over_ms = ground->world.now_ms + ms;
}

static void caller_gets(struct story *story, const struct sent *sent)
{
    char response[TEXT_MAX], tag[40];
    unsigned status = (unsigned)strtoul(sent->text + 8, NULL, 10);
    memcpy(response, sent->text, sizeof(response));
    if (status < 200 || strstr(response, " CANCEL\r\n") != NULL)
        return;
    if (status >= 300) {
        ck_assert_msg(story->failures == 0 || story->last_failure == status,
                      "a second failure: %u after %u", status, story->last_failure);
        story->failures = 1;
        story->last_failure = status;
        be_over_in(story, 5000); /* timer I */
        if (story->invite)
            acknowledge(response);
        return;
    }
    const char *at = strstr(strstr(response, "\r\nTo: "), "tag=");
    snprintf(tag, sizeof(tag), "%.*s", (int)strcspn(at, ";\r"), at);
    for (unsigned i = 0; i < story->successes; i++)
        if (strcmp(story->tags[i], tag) == 0)
            return;
    ck_assert_uint_lt(story->successes, TAGS_MAX);
    keep_text(story->tags[story->successes], tag);
    story->successes++;
    be_over_in(story, 32000); /* timer L */
}

/* Looks at everything that was sent since the last time; that may lead to more. */
static void look(struct story *story)
{
    while (story->seen < ground->net.sent_count) {
        ck_assert_uint_lt(ground->net.sent_count - story->seen, SENT_MAX);
        const struct sent sent = ground->net.sent[story->seen++ % SENT_MAX];
        if (strncmp(sent.text, "SIP/2.0 ", 8) == 0)
            caller_gets(story, &sent);
        else
            phone_gets(story, &sent);
    }
}

/* True when our side still waits for this leg's answer. */
static bool is_awaited(const struct story *story, const struct leg *leg)
{
    uint64_t now_ms = ground->world.now_ms;
    if (leg->final || (leg->cancelled_ms != 0 && now_ms - leg->cancelled_ms > 30000))
        return false;
    return (story->invite && leg->provisional) || now_ms - leg->born_ms < 30000;
}

/* RFC 3261 12.1: each phone has its own tag. */
static void answer_leg(struct story *story, size_t index, unsigned status)
{
    struct leg *leg = &story->legs[index];
    char line[60], text[TEXT_MAX + 500], vias[2000] = "";
    struct sip_message message;
    struct bytes via;
    ck_assert(verdict_ok(sip_message_parse(bytes_of(leg->sent.text), true, &message)));
    struct buffer out = buffer_over(vias, sizeof(vias) - 1);
    struct sip_values values = sip_values_of(&message, SIP_VIA);
    while (sip_values_next(&values, &via))
        buffer_format(&out, "Via: %.*s\r\n", BYTES_ARGS(via));
    snprintf(line, sizeof(line), "SIP/2.0 %u x", status);
    snprintf(text, sizeof(text),
             "%s\r\n%sFrom: %.*s\r\nTo: %.*s;tag=leg%zu\r\nCall-ID: %.*s\r\nCSeq: %.*s\r\n"
             "Content-Length: 0\r\n\r\n",
             line, vias, BYTES_ARGS(sip_message_value(&message, SIP_FROM)),
             BYTES_ARGS(sip_message_value(&message, SIP_TO)), index, BYTES_ARGS(message.call_id),
             BYTES_ARGS(sip_message_value(&message, SIP_CSEQ)));
    leg->provisional = leg->provisional || status < 200;
    leg->final = status >= 200;
    bool in_time = story->over_ms == 0 || ground->world.now_ms < story->over_ms;
    story->given += status >= 200 && status < 300 && in_time;
    ground_receive(ground, &leg->sent.flow, text);
}

static void answer_any(struct story *story)
{
    static const unsigned statuses[] = {100, 180, 183, 180, 200, 302, 401, 404, 408,
                                        430, 480, 486, 487, 500, 503, 600, 603, 200};
    unsigned status = statuses[roll(story, sizeof(statuses) / sizeof(statuses[0]))];
    if (story->leg_count == 0)
        return;
    size_t index = roll(story, (unsigned)story->leg_count);
    if (is_awaited(story, &story->legs[index]) && (story->invite || status >= 200))
        answer_leg(story, index, status);
}

static void cancel_call(struct story *story, const char *request)
{
    char text[TEXT_MAX];
    struct sip_message message;
    const struct net_flow flow = ground_udp("127.0.0.2:5060");
    if (story->cancelled || !story->invite)
        return;
    story->cancelled = true;
    ck_assert(verdict_ok(sip_message_parse(bytes_of(request), true, &message)));
    snprintf(text, sizeof(text),
             "CANCEL sip:bob@example.org SIP/2.0\r\nVia: %.*s\r\nFrom: %.*s\r\nTo: %.*s\r\n"
             "Call-ID: %.*s\r\nCSeq: %u CANCEL\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
             BYTES_ARGS(message.via.text), BYTES_ARGS(sip_message_value(&message, SIP_FROM)),
             BYTES_ARGS(sip_message_value(&message, SIP_TO)), BYTES_ARGS(message.call_id),
             message.cseq);
    ground_receive(ground, &flow, text);
}

static void pass_time(struct story *story, unsigned ms)
{
    for (; ms > 2000; ms -= 2000) {
        ground_wait(ground, 2000);
        look(story);
    }
    ground_wait(ground, ms);
    look(story);
}

static void play(struct story *story)
{
    static const char *const instances[] = {"", "", "a", "b"};
    open_proxy(1 + roll(story, PHONES_MAX));
    for (size_t i = 0; i < phones; i++) {
        targets[i].q = i < phones / 2 ? 1000 : 1000 - 500 * roll(story, 2);
        targets[i].instance = bytes_of(instances[roll(story, 4)]);
    }
    story->invite = roll(story, 4) > 0;
    ground_ask(ground, (struct ask){.method = story->invite ? "INVITE" : "REFER"});
    story->seen = ground->mark;
    look(story);
    for (unsigned steps = 5 + roll(story, 40); steps > 0; steps--) {
        unsigned choice = roll(story, 10);
        if (choice < 6)
            answer_any(story);
        else if (choice < 9)
            pass_time(story, roll(story, 5) > 0 ? roll(story, 3000) : roll(story, 200000));
        else if (roll(story, 3) == 0)
            cancel_call(story, ground->request);
        look(story);
    }
    pass_time(story, 600000);
}

static void judge(const struct story *story, uint64_t number)
{
    unsigned told = story->successes, failures = story->failures;
    if (!story->invite) {
        ck_assert_msg(told + failures <= 1, "story %u: %u answers", (unsigned)number,
                      told + failures);
        return;
    }
    ck_assert_msg(told == story->given, "story %u: %u of %u 2xx came through", (unsigned)number,
                  told, story->given);
    ck_assert_msg(told > 0 || failures == 1, "story %u: no answer", (unsigned)number);
}

/* RFC 3261 16.7 step 5: "exactly one final response to a non-INVITE request, and either exactly one
 * non-2xx response or one or more 2xx responses to an INVITE" - but for a 2xx that crosses the
 * failure - and none once the server transaction has ended (RFC 6026 8.3). */
START_TEST(random_stories)
{
    for (uint64_t number = 0; number < 150; number++) {
        static struct story story;
        story = (struct story){.seed = 1000 + number};
        play(&story);
        judge(&story, number);
        close_proxy();
    }
}
END_TEST

UNIT_MAIN("fork", record_route_of_sips, next_way, flow_gone, sips_stays_sips, rings_for_ever,
          second_success_comes_too_late, success_after_a_failure,
          end_of_a_branch_is_the_worst_answer, ends_in_the_middle_of_a_call,
          silence_is_answered_with_silence, memory_of_forks_is_bounded, random_stories)
