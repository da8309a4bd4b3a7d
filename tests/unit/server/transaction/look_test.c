/* look_test.c: transactions for an operator's eyes. */
#include "transaction/look.h"

#include "fixture.h"

static char seen[2000];
static uint64_t last;
static struct fixture *fixture;

static void write_look(void *context, const struct transaction_look *look)
{
    (void)context;
    char flow[160];
    struct buffer out = buffer_over(flow, sizeof(flow));
    if (look->flow != NULL)
        net_flow_write(look->flow, &out);
    size_t length = strlen(seen);
    snprintf(seen + length, sizeof(seen) - length, "%s %s %.*s %.*s %.*s %d %d %d;",
             look->server ? "server" : "client", look->state, BYTES_ARGS(look->method),
             BYTES_ARGS(look->call_id), (int)out.length, flow, look->replied, look->timed,
             (int)look->age_ms);
    last = look->handle;
}

static void expect(bool servers, const char *wanted)
{
    seen[0] = '\0';
    ck_assert(!transaction_look_side(fixture->layer, servers, 0, 100, write_look, NULL));
    ck_assert_str_eq(seen, wanted);
}

static void begin_only(struct fixture *in, struct incoming *incoming)
{
    ck_assert_ptr_nonnull(transaction_begin(in->layer, incoming));
}

static void reply_held(struct fixture *in, struct incoming *incoming)
{
    char text[TEXT_MAX];
    struct buffer out = buffer_over(text, sizeof(text));
    struct server_transaction *transaction = transaction_begin(in->layer, incoming);
    transaction_write(in->layer, incoming, &out, 200, NULL, BYTES("tag"));
    sip_write_body(&out, BYTES(""), BYTES(""));
    transaction_reply(in->layer, transaction, buffer_bytes(&out), change(in));
}

static void comes(const char *method, const char *branch)
{
    char via[200];
    snprintf(via, sizeof(via), "SIP/2.0/UDP 127.0.0.2:5070;branch=%s", branch);
    receive(fixture, udp_from("127.0.0.2:5070"), request_text(fixture, method, via));
}

#define FLOW "udp/127.0.0.1:5060/127.0.0.2:5070"

START_TEST(a_request_that_came)
{
    fixture = fixture_new(NULL);
    fixture->on_request = begin_only;
    expect(true, "");
    comes("OPTIONS", "z9hG4bK1");
    elapse(fixture, 30);
    expect(true, "server trying OPTIONS call-1@example.com " FLOW " 0 1 30;");
    elapse(fixture, 5000);
    expect(true, "server proceeding OPTIONS call-1@example.com " FLOW " 0 1 5030;");
    fixture_free(fixture);
}
END_TEST

START_TEST(its_answer_waits_and_lingers)
{
    fixture = fixture_new(NULL);
    fixture->on_request = reply_held;
    comes("REGISTER", "1"); /* without the magic cookie, as RFC 2543 has it */
    expect(true, "server trying REGISTER call-1@example.com " FLOW " 1 1 0;");
    store_step(fixture->store, PARTITIONS, 9, STORE_DURABLE);
    store_turn(fixture->store);
    expect(true, "server completed REGISTER call-1@example.com " FLOW " 1 1 0;");
    elapse(fixture, 32000);
    expect(true, "");
    fixture_free(fixture);
}
END_TEST

static void answered(void *context, const struct client_answer *answer)
{
    (void)context, (void)answer;
}

static void send_request(const char *method, struct store_change after)
{
    char line[100], head[300];
    const struct net_flow flow = udp_from("127.0.0.2:5070");
    snprintf(line, sizeof(line), "%s sip:bob@127.0.0.2 SIP/2.0\r\n", method);
    snprintf(head, sizeof(head),
             "Max-Forwards: 70\r\nFrom: <sip:a@x>;tag=1\r\nTo: <sip:b@x>\r\nCall-ID: ours\r\n"
             "CSeq: 1 %s\r\nContent-Length: 0\r\n\r\n",
             method);
    const struct client_request request = {.line = bytes_of(line),
                                           .head = bytes_of(head),
                                           .method = sip_method_of(bytes_of(method)),
                                           .method_name = bytes_of(method),
                                           .flow = &flow,
                                           .after = after,
                                           .answer = answered};
    ck_assert_uint_ne(transaction_request(fixture->layer, &request), 0);
}

START_TEST(a_request_that_we_send)
{
    fixture = fixture_new(NULL);
    send_request("NOTIFY", change(fixture));
    expect(false, "client held NOTIFY ours " FLOW " 0 0 0;");
    store_step(fixture->store, PARTITIONS, 9, STORE_DURABLE);
    store_turn(fixture->store);
    elapse(fixture, 10);
    expect(false, "client trying NOTIFY ours " FLOW " 0 1 10;");
    expect(true, "");
    receive(fixture, udp_from("127.0.0.2:5070"), response_to(fixture, 200));
    elapse(fixture, 1);
    expect(false, "");
    send_request("INVITE", STORE_NOTHING);
    elapse(fixture, 10);
    expect(false, "client calling INVITE ours " FLOW " 0 1 10;");
    receive(fixture, udp_from("127.0.0.2:5070"), response_to(fixture, 180));
    expect(false, "client proceeding INVITE ours " FLOW " 0 1 10;");
    fixture_free(fixture);
}
END_TEST

/* Each once, whatever ends between two pages. */
START_TEST(pages_follow_one_another)
{
    enum { COUNT = 300, PAGE = 7 };
    char branch[32];
    size_t count = 0;
    uint64_t after = 0;
    bool more = true;
    fixture = fixture_new(NULL);
    fixture->on_request = begin_only;
    for (int i = 0; i < COUNT; i++) {
        snprintf(branch, sizeof(branch), "z9hG4bK%d", i);
        comes("OPTIONS", branch);
    }
    while (more) {
        seen[0] = '\0';
        more = transaction_look_side(fixture->layer, true, after, PAGE, write_look, NULL);
        for (const char *at = seen; (at = strchr(at, ';')) != NULL; at++)
            count++;
        ck_assert_uint_ne(last, after);
        after = last;
    }
    ck_assert_uint_eq(count, COUNT);
    fixture_free(fixture);
}
END_TEST

UNIT_MAIN("transaction/look", a_request_that_came, its_answer_waits_and_lingers,
          a_request_that_we_send, pages_follow_one_another)
