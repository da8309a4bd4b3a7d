/* proxy_test.c: one request to several targets, their answers folded into one (RFC 3261 16). */
#include "proxy/proxy.h"

#include "fixture/ask.h"

enum { TARGETS_MAX = 8 };

static struct ground *ground;
static struct proxy *proxy;
static struct net_flow flows[TARGETS_MAX];
static struct proxy_target targets[TARGETS_MAX];
static size_t target_count;

static void relay(void *context, struct front_request *request)
{
    (void)context;
    proxy_fork(proxy, request, targets, target_count);
}

/* `count` targets at 127.0.0.11, .12 and so on, port 5060, each reached over a flow of its own. */
static void open_proxy_with(const struct ground_options *options, size_t count)
{
    static char uris[TARGETS_MAX][40];
    const struct proxy_settings settings = proxy_settings_default();
    const struct front_method method = {SIP_MESSAGE, FRONT_LOCAL_USER | FRONT_RELAYED, relay, NULL};
    ground = ground_new(options);
    front_register(ground->front, &method);
    proxy = proxy_new(ground->front, &settings);
    target_count = count;
    for (size_t i = 0; i < count; i++) {
        char peer[32];
        snprintf(peer, sizeof(peer), "127.0.0.%zu:5060", 11 + i);
        snprintf(uris[i], sizeof(uris[i]), "sip:bob@127.0.0.%zu", 11 + i);
        flows[i] = ground_udp(peer);
        targets[i] = (struct proxy_target){.uri = bytes_of(uris[i]), .flow = &flows[i]};
    }
}

static void open_proxy(size_t count)
{
    open_proxy_with(NULL, count);
}

static void close_proxy(void)
{
    proxy_free(&proxy);
    ground_free(ground);
}

/* Sends the request and keeps what was relayed, for answers in any order. */
static struct sent relayed[TARGETS_MAX];

static void ask(struct ask request)
{
    ground_ask(ground, request);
    for (unsigned i = 0; i < TARGETS_MAX; i++) {
        const struct sent *sent = sent_nth(ground, "MESSAGE ", i);
        relayed[i] = sent != NULL ? *sent : (struct sent){.text = ""};
    }
}

static void answer(size_t index, const char *status)
{
    ground_answer(ground, &relayed[index], status, "");
}

/* RFC 3261 16.6. */
START_TEST(relayed_request)
{
    open_proxy(1);
    targets[0].uri = BYTES("sip:bob@192.0.2.1:5070;method=BYE;ob?Subject=x");
    ask((struct ask){
        .via = "SIP/2.0/UDP 10.0.0.1:5070;rport;branch=z9hG4bK-1",
        .cseq = 1,
        .fields = "Route: <sip:127.0.0.1;lr>, <sip:127.0.0.1:5060>\r\n"
                  "Proxy-Authorization: Digest username=\"alice\", realm=\"example.org\", "
                  "nonce=\"n\", uri=\"sip:bob@example.org\", response=\"r\"\r\n"
                  "Authorization: Digest username=\"alice\", realm=\"other.org\", "
                  "nonce=\"n\", uri=\"sip:bob@example.org\", response=\"r\"\r\n"
                  "X-Any:  thing\r\nContent-Type: text/plain\r\n",
        .body = "Hello",
    });
    const char *text = relayed[0].text;
    const char *own = strstr(text, "Via: "), *theirs = strstr(own + 1, "Via: ");
    ck_assert(strncmp(text, "MESSAGE sip:bob@192.0.2.1:5070;ob SIP/2.0\r\nVia: ", 48) == 0);
    ck_assert_has(own, "SIP/2.0/UDP 127.0.0.1:5060;rport;branch=z9hG4bK");
    ck_assert_has(theirs, "Via: SIP/2.0/UDP 10.0.0.1:5070;rport=5060;branch=z9hG4bK-1;"
                          "received=127.0.0.2\r\n"); /* 18.2.1, RFC 3581 4 */
    ck_assert_has(text, "\r\nMax-Forwards: 69\r\n");
    ck_assert_lacks(text, "Route:");
    ck_assert_lacks(text, "realm=\"example.org\"");
    ck_assert_has(text, "realm=\"other.org\"");
    ck_assert_has(text, "\r\nX-Any:  thing\r\n");
    ck_assert_has(text, "\r\nFrom: <sip:alice@example.org>;tag=a1\r\n");
    ck_assert_has(text, "\r\n\r\nHello");
    ck_assert(net_flow_equal(&relayed[0].flow, &flows[0]));
    ck_assert_uint_eq(sent_status(ground), 0);
    answer(0, "SIP/2.0 200 Fine");
    text = sent_text(ground, "SIP/2.0 200 Fine\r\n");
    ck_assert_has(text, "Via: SIP/2.0/UDP 10.0.0.1:5070;rport=5060;branch=z9hG4bK-1;received=");
    ck_assert_lacks(text, "127.0.0.1:5060");
    ck_assert_has(text, ";tag=u1\r\n");
    close_proxy();
}
END_TEST

static bool is_helpful(unsigned status)
{
    return status == 401 || status == 407 || status == 415 || status == 420 || status == 484;
}

/* RFC 3261 16.7 step 6 in the order of its sentences. */
static unsigned chosen_of(unsigned first, unsigned second)
{
    if (first / 100 == 2 || second / 100 == 2)
        return first / 100 == 2 ? first : second;
    if (first / 100 == 6 || second / 100 == 6)
        return first / 100 == 6 ? first : second;
    if (first / 100 != second / 100)
        return first / 100 < second / 100 ? first : second;
    if (first / 100 == 4 && is_helpful(first) != is_helpful(second))
        return is_helpful(first) ? first : second;
    return first == 503 ? second : first;
}

START_TEST(best_of_every_pair)
{
    static const unsigned all[] = {200, 202, 302, 305, 400, 401, 404, 407, 415, 420,
                                   480, 484, 486, 500, 501, 503, 504, 600, 603, 606};
    const size_t count = sizeof(all) / sizeof(all[0]);
    open_proxy(2);
    for (size_t i = 0; i < count * count; i++) {
        unsigned first = all[i / count], second = all[i % count];
        unsigned wanted = chosen_of(first, second), told;
        char line[40];
        ask((struct ask){0});
        snprintf(line, sizeof(line), "SIP/2.0 %u x", first);
        answer(i % 2, line);
        told = sent_status(ground);
        ck_assert_uint_eq(told, first < 300 ? first : 0); /* step 5 */
        snprintf(line, sizeof(line), "SIP/2.0 %u x", second);
        answer(1 - i % 2, line);
        told += sent_status(ground);
        ck_assert_msg(told == (wanted == 503 ? 500 : wanted), "%u and %u gave %u", first, second,
                      told);
    }
    ck_assert_uint_eq(ground->metrics.values[METRIC_responses_stray], 0);
    close_proxy();
}
END_TEST

/* RFC 4320 4.2: no 408 to a non-INVITE, whoever says it. */
START_TEST(timeouts)
{
    open_proxy(2);
    ask((struct ask){0});
    answer(0, "SIP/2.0 408 Late");
    answer(1, "SIP/2.0 504 Late too");
    ck_assert_uint_eq(sent_status(ground), 0);
    ask((struct ask){0});
    ground_wait(ground, 40000);
    ck_assert_uint_eq(sent_count(ground, "SIP/2.0 4"), 0);
    ck_assert_uint_eq(sent_count(ground, "SIP/2.0 5"), 0);
    ck_assert_uint_eq(ground->metrics.values[METRIC_transactions_timed_out], 2);
    close_proxy();
}
END_TEST

START_TEST(nobody_can_be_reached)
{
    open_proxy(1);
    targets[0] = (struct proxy_target){.uri = BYTES("sip:bob@nowhere.example.org")};
    ask((struct ask){0});
    ck_assert_uint_eq(sent_count(ground, ""), 0);
    fake_found(&ground->net, NULL, 0);
    ground_wait(ground, 0);
    ck_assert_uint_eq(sent_status(ground), 480);
    ck_assert_has(sent_text(ground, "SIP"), "SIP/2.0 480 No contact of this user");
    targets[0].uri = BYTES("tel:+1"); /* a way that does not even begin */
    ask((struct ask){0});
    ground_wait(ground, 0);
    ck_assert_uint_eq(sent_status(ground), 480);
    close_proxy();
}
END_TEST

/* A branch that looked up names for long outlives its server transaction: nobody is answered, and
 * what that transaction kept of the request is not touched. */
START_TEST(branch_outlives_the_server_transaction)
{
    const struct net_target found = {NET_TCP, address("127.0.0.21:5060")};
    open_proxy(1);
    targets[0] = (struct proxy_target){.uri = BYTES("sip:bob@slow.example.org;transport=tcp")};
    ask((struct ask){0});
    ground_wait(ground, 20000);
    fake_found(&ground->net, &found, 1);
    ck_assert_uint_eq(sent_count(ground, "MESSAGE "), 1);
    ground_wait(ground, 13000); /* 33 s: over */
    ck_assert_uint_eq(sent_count(ground, "SIP/2.0 100"), 1);
    ground->mark = ground->net.sent_count;
    ground->net.open[ground->net.last_connection] = false;
    ground->net.handler.closed(ground->net.handler.context, ground->net.last_connection,
                               ERR_CLOSED);
    ground_wait(ground, 60000);
    ck_assert_uint_eq(sent_count(ground, ""), 0);
    close_proxy();
}
END_TEST

START_TEST(late_answer_goes_nowhere)
{
    const struct net_target found = {NET_TCP, address("127.0.0.21:5060")};
    open_proxy(1);
    targets[0] = (struct proxy_target){.uri = BYTES("sip:bob@slow.example.org;transport=tcp")};
    ask((struct ask){0});
    ground_wait(ground, 20000);
    fake_found(&ground->net, &found, 1);
    const struct sent sent = *sent_nth(ground, "MESSAGE ", 0);
    ground_wait(ground, 13000);
    ground_answer(ground, &sent, "SIP/2.0 503 Busy", "");
    ck_assert_uint_eq(sent_count(ground, ""), 0);
    close_proxy();
}
END_TEST

START_TEST(limits)
{
    struct proxy_settings settings = proxy_settings_default();
    settings.targets_max = 2;
    open_proxy(3);
    proxy_reload(proxy, &settings);
    ask((struct ask){0});
    ck_assert_uint_eq(sent_count(ground, "MESSAGE "), 2);
    ck_assert_uint_eq(ground->metrics.values[METRIC_forks_limited], 1);
    answer(0, "SIP/2.0 486 Busy");
    answer(1, "SIP/2.0 404 No");
    ck_assert_uint_eq(sent_status(ground), 486);
    settings.targets_max = 3;
    proxy_reload(proxy, &settings);
    ask((struct ask){0});
    ck_assert_uint_eq(sent_count(ground, "MESSAGE "), 3);
    ck_assert_uint_eq(ground->metrics.values[METRIC_forks_limited], 1);
    close_proxy();
}
END_TEST

/* RFC 3261 16.7 step 7: who can answer one challenge and not the other would try for ever. */
START_TEST(challenges_are_collected)
{
    open_proxy(3);
    ask((struct ask){0});
    ground_answer(ground, &relayed[0], "SIP/2.0 407 Prove",
                  "Proxy-Authenticate: Digest realm=\"a\"\r\n");
    ground_answer(ground, &relayed[1], "SIP/2.0 404 No",
                  "WWW-Authenticate: Digest realm=\"x\"\r\n");
    ground_answer(
        ground, &relayed[2], "SIP/2.0 401 Prove",
        "WWW-Authenticate: Digest realm=\"b\"\r\nWWW-Authenticate: Digest realm=\"c\"\r\n");
    const char *text = sent_text(ground, "SIP/2.0 407 Prove\r\n");
    ck_assert_has(text, "\r\nProxy-Authenticate: Digest realm=\"a\"\r\n");
    ck_assert_has(text, "\r\nWWW-Authenticate: Digest realm=\"b\"\r\n");
    ck_assert_has(text, "\r\nWWW-Authenticate: Digest realm=\"c\"\r\n");
    ck_assert_lacks(text, "\"x\"");
    ck_assert_str_eq(text + strlen(text) - 4, "\r\n\r\n");
    close_proxy();
}
END_TEST

static void answer_raw(const char *version, const char *more_via)
{
    char text[2000];
    struct sip_message message;
    ck_assert(verdict_ok(sip_message_parse(bytes_of(relayed[0].text), true, &message)));
    snprintf(text, sizeof(text),
             "%s 200 Fine\r\nVia: %.*s\r\n%sFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\n"
             "Call-ID: c\r\nCSeq: 1 MESSAGE\r\nContent-Length: 0\r\n\r\n",
             version, BYTES_ARGS(message.via.text), more_via);
    ground_receive(ground, &relayed[0].flow, text);
}

/* RFC 3261 16.7 step 3: without another Via it was meant for us, and is no answer for anybody. */
START_TEST(response_without_a_way_back)
{
    open_proxy(1);
    ask((struct ask){0});
    answer_raw("SIP/2.0", "");
    ck_assert_uint_eq(sent_status(ground), 480);
    close_proxy();
}
END_TEST

/* RFC 3261 7.1: the version is not case-sensitive. */
START_TEST(response_in_lower_case)
{
    open_proxy(1);
    ask((struct ask){0});
    answer_raw("sip/2.0", "Via: SIP/2.0/UDP 127.0.0.2:5060;branch=z9hG4bK-1\r\n");
    ck_assert_has(sent_text(ground, "SIP/2.0 200 Fine\r\n"), "127.0.0.2:5060");
    close_proxy();
}
END_TEST

/* What comes from ourselves is not trusted, so a user of ours would be asked for a password. */
static const char *const zoe = "<sip:zoe@elsewhere.net>;tag=z1";

/* Relays a request as it comes back to us. */
static void come_back(const char *text)
{
    const struct net_flow flow = ground_udp("127.0.0.1:5060");
    char again[TEXT_MAX];
    snprintf(again, sizeof(again), "%s", text);
    ground_receive(ground, &flow, again);
}

/* RFC 5393 4.2: it comes back as it was. */
START_TEST(loop)
{
    open_proxy(1);
    targets[0].uri = BYTES("sip:bob@example.org");
    ask((struct ask){.from = zoe});
    come_back(relayed[0].text);
    ck_assert_uint_eq(sent_status(ground), 482);
    ck_assert_uint_eq(sent_count(ground, "MESSAGE "), 0);
    ck_assert_uint_eq(ground->metrics.values[METRIC_requests_looped], 1);
    close_proxy();
}
END_TEST

/* RFC 5393 4.2: for another user it is a call that was forwarded, even when its contact leads back
 * to the first one, until that round is complete. */
START_TEST(spiral)
{
    struct sent first, second;
    open_proxy(1);
    targets[0].uri = BYTES("sip:carol@example.org");
    ask((struct ask){.from = zoe});
    first = relayed[0];
    come_back(first.text);
    ck_assert_uint_eq(sent_status(ground), 0);
    second = *sent_nth(ground, "MESSAGE sip:carol@", 0);
    targets[0].uri = BYTES("sip:bob@example.org");
    come_back(second.text); /* for carol once more */
    ck_assert_uint_eq(sent_status(ground), 482);
    close_proxy();
}
END_TEST

/* RFC 3841: what has an effect on the way makes another request of it. */
START_TEST(spiral_with_other_preferences)
{
    char text[TEXT_MAX + 100];
    open_proxy(1);
    targets[0].uri = BYTES("sip:bob@example.org");
    ask((struct ask){.from = zoe});
    const char *at = strstr(relayed[0].text, "Max-Forwards");
    snprintf(text, sizeof(text), "%.*sRequest-Disposition: no-fork\r\n%s",
             (int)(at - relayed[0].text), relayed[0].text, at);
    come_back(text);
    ck_assert_uint_eq(sent_status(ground), 0);
    ck_assert_uint_eq(sent_count(ground, "MESSAGE "), 1);
    close_proxy();
}
END_TEST

/* RFC 5393 5.3.3. */
START_TEST(max_breadth)
{
    open_proxy(3);
    ask((struct ask){0}); /* none: 60 in all */
    for (int i = 0; i < 3; i++)
        ck_assert_has(relayed[i].text, "\r\nMax-Breadth: 20\r\n");
    ask((struct ask){.fields = "Max-Breadth: 5\r\n"});
    ck_assert_has(relayed[0].text, "\r\nMax-Breadth: 2\r\n");
    ck_assert_has(relayed[1].text, "\r\nMax-Breadth: 2\r\n");
    ck_assert_has(relayed[2].text, "\r\nMax-Breadth: 1\r\n");
    ask((struct ask){.fields = "Max-Breadth: 1000\r\n"}); /* more than we allow */
    ck_assert_has(relayed[2].text, "\r\nMax-Breadth: 20\r\n");
    ask((struct ask){.fields = "Max-Breadth: many\r\n"});
    ck_assert_has(relayed[2].text, "\r\nMax-Breadth: 20\r\n");
    ck_assert_lacks(relayed[2].text, "many");
    ask((struct ask){.fields = "Max-Breadth: 2\r\n"});
    ck_assert_uint_eq(sent_status(ground), 440);
    ck_assert_uint_eq(sent_count(ground, "MESSAGE "), 0);
    ck_assert_uint_eq(ground->metrics.values[METRIC_breadth_exceeded], 1);
    ask((struct ask){.fields = "Max-Breadth: 0\r\n"});
    ck_assert_uint_eq(sent_status(ground), 440);
    /* one after the other, each has all of it */
    ask((struct ask){.fields = "Max-Breadth: 1\r\nRequest-Disposition: sequential\r\n"});
    ck_assert_has(relayed[0].text, "\r\nMax-Breadth: 1\r\n");
    ck_assert_uint_eq(sent_count(ground, "MESSAGE "), 1);
    answer(0, "SIP/2.0 404 No");
    ck_assert_has(sent_text(ground, "MESSAGE sip:bob@127.0.0.12"), "\r\nMax-Breadth: 1\r\n");
    close_proxy();
}
END_TEST

START_TEST(too_many_transactions)
{
    struct transaction_settings settings = transaction_settings_default();
    settings.client_max = 1;
    open_proxy_with(&(struct ground_options){.transaction = &settings}, 2);
    ask((struct ask){0}); /* one of the two began, and decides */
    ck_assert_uint_eq(sent_count(ground, "MESSAGE "), 1);
    ck_assert_uint_eq(sent_status(ground), 0);
    ask((struct ask){0});
    ck_assert_uint_eq(sent_status(ground), 503);
    ck_assert_has(sent_text(ground, "SIP"), "\r\nRetry-After: 5\r\n");
    close_proxy();
}
END_TEST

/* What a stream may carry when it is configured so does not fit into what we write. */
START_TEST(too_large)
{
    static char text[140000];
    open_proxy(1);
    const struct net_flow flow = {NET_TCP, address("127.0.0.1:5060"), address("127.0.0.2:4000"),
                                  fake_open(&ground->net, address("127.0.0.2:4000"))};
    int head = snprintf(text, sizeof(text),
                        "MESSAGE sip:bob@example.org SIP/2.0\r\nVia: SIP/2.0/TCP "
                        "127.0.0.2;branch=z9hG4bK-l\r\nFrom: <sip:alice@example.org>;tag=a\r\n"
                        "To: <sip:bob@example.org>\r\nCall-ID: l\r\nCSeq: 1 MESSAGE\r\n"
                        "Content-Length: 135000\r\n\r\n");
    memset(text + head, 'x', 135000);
    text[head + 135000] = '\0';
    ground_receive(ground, &flow, text);
    ck_assert_uint_eq(sent_status(ground), 513);
    close_proxy();
}
END_TEST

/* Forks under way end with the proxy; answers that come later find nobody. */
START_TEST(ends_in_the_middle)
{
    open_proxy(2);
    ask((struct ask){0});
    answer(0, "SIP/2.0 404 No");
    proxy_free(&proxy);
    answer(1, "SIP/2.0 200 Fine");
    ck_assert_uint_eq(sent_count(ground, ""), 0);
    proxy_free(&proxy);
    ground_free(ground);
}
END_TEST

UNIT_MAIN("proxy", relayed_request, best_of_every_pair, timeouts, nobody_can_be_reached,
          branch_outlives_the_server_transaction, late_answer_goes_nowhere, limits,
          challenges_are_collected, response_without_a_way_back, response_in_lower_case, loop,
          spiral, spiral_with_other_preferences, max_breadth, too_many_transactions, too_large,
          ends_in_the_middle)
