/* random_test.c: whatever happens, in whatever order, every request is reported exactly once, every
 * reply leaves at most once by itself, and nothing is left over. LeakSanitizer counts the rest. */
#include "invites.h"

enum { STEPS = 4000, ASKED_MAX = 4000, CONNECTIONS = 8 };

struct chaos {
    struct fixture *fixture;
    uint64_t state;
    struct outcome asked[ASKED_MAX];
    bool forgotten[ASKED_MAX];
    uint64_t handles[ASKED_MAX];
    unsigned asked_count;
    struct net_flow streams[CONNECTIONS];
    unsigned branches;
};

static unsigned dice(struct chaos *chaos, unsigned sides)
{
    chaos->state = chaos->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(chaos->state >> 33) % sides;
}

static void answer_somehow(struct fixture *fixture, struct incoming *incoming)
{
    char text[TEXT_MAX];
    struct buffer out = buffer_over(text, sizeof(text));
    enum sip_method method = incoming->message->method;
    if (method == SIP_ACK || method == SIP_CANCEL ||
        transaction_is_merged(fixture->layer, incoming->message))
        return;
    struct server_transaction *transaction = transaction_begin(fixture->layer, incoming);
    if (transaction == NULL || fixture->requests % 5 == 0)
        return;
    if (fixture->requests % 3 == 0)
        transaction_keep(transaction, incoming);
    fixture->begun = transaction_handle(transaction);
    if (fixture->requests % 7 == 0)
        return;
    unsigned status = method == SIP_INVITE ? 100 + 100 * (fixture->requests % 6) : 200;
    transaction_write(fixture->layer, incoming, &out, status, NULL, BYTES("t"));
    sip_write_body(&out, BYTES(""), BYTES(""));
    transaction_reply(fixture->layer, transaction, buffer_bytes(&out),
                      fixture->requests % 2 == 0 ? STORE_NOTHING : change(fixture));
}

static void come(struct chaos *chaos)
{
    static const char *const methods[] = {"MESSAGE", "MESSAGE", "INVITE",
                                          "INVITE",  "ACK",     "CANCEL"};
    char via[128], text[TEXT_MAX];
    unsigned which = dice(chaos, CONNECTIONS + 1);
    unsigned branch = dice(chaos, 3) == 0 ? dice(chaos, chaos->branches + 1) : ++chaos->branches;
    bool stream = which < CONNECTIONS;
    snprintf(via, sizeof(via), "SIP/2.0/%s 127.0.0.2:5070;branch=%s%u", stream ? "TCP" : "UDP",
             dice(chaos, 4) == 0 ? "old" : "z9hG4bK", branch);
    const char *method = methods[dice(chaos, sizeof(methods) / sizeof(methods[0]))];
    snprintf(text, sizeof(text),
             "%s sip:bob@example.com SIP/2.0\r\nVia: %s\r\nFrom: <sip:a@example.com>;tag=a1\r\n"
             "To: <sip:bob@example.com>\r\nCall-ID: %u\r\nCSeq: 1 %s\r\n"
             "Content-Length: 0\r\n\r\n",
             method, via, branch - branch % 2, method); /* now and then two are one (merged) */
    receive(chaos->fixture, stream ? chaos->streams[which] : udp_from("127.0.0.2:5070"), text);
}

/* Of an INVITE only the end counts. */
static void note_end(void *context, const struct client_answer *answer)
{
    struct outcome *outcome = context;
    ck_assert_uint_eq(outcome->calls, 0); /* nothing comes after the last */
    outcome->calls += answer->last;
}

static struct client_request some_request(struct chaos *chaos, struct outcome *outcome)
{
    struct call unused;
    struct client_request request = notify(chaos->fixture, outcome);
    if (dice(chaos, 3) > 0)
        return request;
    request = invite(chaos->fixture, &unused);
    request.answer = note_end;
    request.context = outcome;
    return request;
}

static void ask(struct chaos *chaos)
{
    unsigned n = chaos->asked_count;
    unsigned which = dice(chaos, CONNECTIONS + 1);
    struct net_flow udp = udp_from("127.0.0.2:5070");
    if (n == ASKED_MAX)
        return;
    struct client_request request = some_request(chaos, &chaos->asked[n]);
    request.flow = which < CONNECTIONS ? &chaos->streams[which] : &udp;
    request.next_hop = dice(chaos, 2) == 0 ? BYTES("") : BYTES("sip:bob@host.example.com");
    if (dice(chaos, 3) == 0)
        request.after = change(chaos->fixture);
    chaos->handles[n] = transaction_request(chaos->fixture->layer, &request);
    if (chaos->handles[n] != 0)
        chaos->asked_count++;
    else
        chaos->asked[n] = (struct outcome){0};
}

static void respond(struct chaos *chaos)
{
    struct fake_net *net = &chaos->fixture->net;
    size_t last = net->sent_count - 1, back = dice(chaos, 8);
    if (net->sent_count <= back || starts(sent_text(chaos->fixture, last - back), "SIP/2.0") ||
        starts(sent_text(chaos->fixture, last - back), "ACK"))
        return;
    answer(chaos->fixture, last - back,
           dice(chaos, 3) == 0 ? 100 + 80 * dice(chaos, 2)
                               : (dice(chaos, 6) == 0 ? 503 : 200 + 100 * dice(chaos, 5)));
}

static void cut(struct chaos *chaos)
{
    struct fixture *fixture = chaos->fixture;
    struct net_flow *stream = &chaos->streams[dice(chaos, CONNECTIONS)];
    uint64_t connection = stream->connection;
    if (!fixture->net.open[connection])
        return;
    fixture->net.open[connection] = false;
    fixture->net.handler.closed(fixture->net.handler.context, connection, ERR_CLOSED);
    if (dice(chaos, 2) == 0)
        *stream = tcp_from(fixture, "127.0.0.2:40000");
}

static void find(struct chaos *chaos)
{
    const struct net_target targets[] = {
        {dice(chaos, 2) == 0 ? NET_TCP : NET_UDP, address("127.0.0.8:5060")},
        {NET_UDP, address("127.0.0.9:5060")}};
    if (chaos->fixture->net.lookup_count > 0)
        fake_found(&chaos->fixture->net, targets, dice(chaos, 3));
}

static void forget(struct chaos *chaos)
{
    if (chaos->asked_count == 0)
        return;
    unsigned n = dice(chaos, chaos->asked_count);
    transaction_forget(chaos->fixture->layer, chaos->handles[n]);
    chaos->forgotten[n] = true;
}

static void cancel(struct chaos *chaos)
{
    if (chaos->asked_count > 0)
        transaction_cancel(chaos->fixture->layer, chaos->handles[dice(chaos, chaos->asked_count)],
                           dice(chaos, 2) == 0 ? BYTES("") : BYTES("SIP;cause=200"));
}

static void step(struct chaos *chaos)
{
    struct fixture *fixture = chaos->fixture;
    fixture->net.send_fails = dice(chaos, 20) == 0 ? ERR_IO : ERR_NONE;
    switch (dice(chaos, 13)) {
    case 0:
        elapse(fixture, dice(chaos, 3000));
        break;
    case 1:
        store_step(fixture->store, PARTITIONS, dice(chaos, 4),
                   dice(chaos, 4) == 0 ? STORE_REFUSED : STORE_DURABLE);
        break;
    case 2:
        cut(chaos);
        break;
    case 3:
        find(chaos);
        break;
    case 4:
        forget(chaos);
        break;
    case 5:
    case 6:
        respond(chaos);
        break;
    case 7:
    case 8:
        ask(chaos);
        break;
    case 9:
        cancel(chaos);
        break;
    default:
        come(chaos);
    }
}

static void settle(struct chaos *chaos)
{
    struct fixture *fixture = chaos->fixture;
    fixture->net.send_fails = ERR_NONE;
    for (unsigned n = 0; n < chaos->asked_count; n++)
        transaction_cancel(fixture->layer, chaos->handles[n], BYTES("")); /* what rings for ever */
    for (int i = 0; i < 300; i++) {
        store_step(fixture->store, PARTITIONS, 1000, STORE_DURABLE);
        while (fixture->net.lookup_count > 0)
            find(chaos);
        elapse(fixture, 1000);
    }
}

static void run(uint64_t seed, unsigned most)
{
    struct transaction_settings settings = transaction_settings_default();
    settings.server_max = settings.client_max = most;
    settings.invite_max_s = 60;
    settings.datagram_max_bytes = 400; /* some are longer */
    struct chaos *chaos = memory_new(sizeof(*chaos));
    struct fixture *fixture = chaos->fixture = fixture_new(&settings);
    chaos->state = seed;
    fixture->on_request = answer_somehow;
    for (int i = 0; i < CONNECTIONS; i++)
        chaos->streams[i] = tcp_from(fixture, "127.0.0.2:40000");
    for (int i = 0; i < STEPS; i++)
        step(chaos);
    settle(chaos);
    ck_assert_uint_gt(chaos->asked_count, 100);
    for (unsigned n = 0; n < chaos->asked_count; n++)
        ck_assert_msg(chaos->asked[n].calls == 1 || (chaos->forgotten[n] && !chaos->asked[n].calls),
                      "request %u of seed %u was reported %u times", n, (unsigned)seed,
                      chaos->asked[n].calls);
    ck_assert_uint_eq(wheel_next_ms(fixture->world.wheel), UINT64_MAX);
    fixture_free(fixture);
    free(chaos);
}

START_TEST(every_request_is_reported_once)
{
    for (uint64_t seed = 1; seed <= 5; seed++)
        run(seed, 200000);
}
END_TEST

START_TEST(the_same_at_the_limits)
{
    for (uint64_t seed = 11; seed <= 15; seed++)
        run(seed, 10);
}
END_TEST

UNIT_MAIN("random", every_request_is_reported_once, the_same_at_the_limits)
