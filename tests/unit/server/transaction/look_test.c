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

static client_answer_fn on_answer = answered;

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
                                           .answer = on_answer};
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

static void note_one(void *context, const struct transaction_look *look)
{
    *(uint64_t *)context = look->handle;
}

static uint64_t only(bool server)
{
    uint64_t handle = 0, again = 0;
    ck_assert(!transaction_look_side(fixture->layer, server, 0, 1, note_one, &handle));
    ck_assert(transaction_look_one(fixture->layer, server, handle, note_one, &again));
    ck_assert_uint_eq(handle, again);
    return handle;
}

static void begin_and_keep(struct fixture *in, struct incoming *incoming)
{
    struct server_transaction *transaction = transaction_begin(in->layer, incoming);
    if (transaction != NULL)
        in->kept = transaction_keep(transaction, incoming);
}

/* 500, once, which absorbs what comes again; whoever works at it finds nothing any more, but may
 * look at its request for as long as before. By a stream, too, and when there is no room. */
START_TEST(a_request_is_kept_until_its_time_is_over)
{
    struct transaction_settings settings = transaction_settings_default();
    settings.server_max = 1;
    fixture = fixture_new(&settings);
    fixture->on_request = begin_and_keep;
    struct net_flow flow = tcp_from(fixture, "127.0.0.2:40000");
    receive(fixture, flow,
            request_text(fixture, "MESSAGE", "SIP/2.0/TCP 127.0.0.2:40000;branch=z9hG4bK1"));
    const struct sip_message *kept = fixture->kept;
    ck_assert_int_eq(transaction_end(fixture->layer, true, only(true)), ERR_NONE);
    elapse(fixture, 20000);
    ck_assert(bytes_equal(kept->method_name, BYTES("MESSAGE")));
    comes("OPTIONS", "z9hG4bK2"); /* there is no room, and it does not give way */
    ck_assert(strncmp(last_text(fixture), "SIP/2.0 503 ", 12) == 0);
    ck_assert(bytes_equal(kept->call_id, BYTES("call-1@example.com")));
    elapse(fixture, 12001);
    ck_assert_uint_eq(transaction_count(fixture->layer).servers, 0);
    fixture_free(fixture);
}
END_TEST

/* What comes again is answered again, and by nothing else. */
START_TEST(a_request_is_ended)
{
    fixture = fixture_new(NULL);
    fixture->on_request = begin_only;
    comes("OPTIONS", "z9hG4bK1");
    uint64_t handle = only(true);
    ck_assert_int_eq(transaction_end(fixture->layer, true, handle), ERR_NONE);
    ck_assert(strncmp(last_text(fixture), "SIP/2.0 500 ", 12) == 0);
    ck_assert_ptr_null(transaction_find(fixture->layer, handle));
    ck_assert_int_eq(transaction_end(fixture->layer, true, handle), ERR_NOT_FOUND);
    ck_assert_int_eq(transaction_end(fixture->layer, true, only(true)), ERR_CONFLICT);
    comes("OPTIONS", "z9hG4bK1");
    ck_assert_uint_eq(fixture->requests, 1);
    ck_assert_uint_eq(fixture->net.sent_count, 2);
    elapse(fixture, 5000); /* RFC 4320 4.1: a 100 would be due */
    ck_assert_uint_eq(fixture->net.sent_count, 2);
    comes("OPTIONS", "z9hG4bK1");
    ck_assert(strncmp(last_text(fixture), "SIP/2.0 500 ", 12) == 0);
    elapse(fixture, 27001);
    ck_assert_uint_eq(transaction_count(fixture->layer).servers, 0);
    fixture_free(fixture);
}
END_TEST

START_TEST(what_waits_for_its_change_is_decided)
{
    fixture = fixture_new(NULL);
    fixture->on_request = reply_held;
    comes("REGISTER", "z9hG4bK1");
    ck_assert_int_eq(transaction_end(fixture->layer, true, only(true)), ERR_CONFLICT);
    ck_assert_uint_eq(fixture->net.sent_count, 0);
    store_step(fixture->store, PARTITIONS, 9, STORE_DURABLE);
    store_turn(fixture->store);
    ck_assert(strncmp(last_text(fixture), "SIP/2.0 200 ", 12) == 0);
    fixture_free(fixture);
}
END_TEST

static void cancelled(void *context, const struct sip_message *cancel)
{
    ck_assert_ptr_null(cancel); /* nobody sent one */
    ++*(unsigned *)context;
}

static void begin_watched(struct fixture *in, struct incoming *incoming)
{
    const struct server_watch watch = {.cancelled = cancelled, .context = in->context};
    struct server_transaction *transaction = transaction_begin(in->layer, incoming);
    ck_assert_ptr_nonnull(transaction);
    if (in->context != NULL)
        transaction_watch(transaction, &watch);
}

/* RFC 3261 9.2, without the CANCEL: who watches answers, else this layer does. */
START_TEST(an_invite_is_ended_as_by_a_cancel)
{
    unsigned count = 0;
    fixture = fixture_new(NULL);
    fixture->on_request = begin_watched;
    fixture->context = &count;
    comes("INVITE", "z9hG4bK1");
    uint64_t handle = only(true);
    ck_assert_int_eq(transaction_end(fixture->layer, true, handle), ERR_NONE);
    ck_assert_int_eq(transaction_end(fixture->layer, true, handle), ERR_NONE);
    ck_assert_uint_eq(count, 1);
    ck_assert_uint_eq(fixture->net.sent_count, 1); /* the 100 */
    ck_assert_ptr_nonnull(transaction_find(fixture->layer, handle));
    fixture_free(fixture);
    fixture = fixture_new(NULL);
    fixture->on_request = begin_watched;
    comes("INVITE", "z9hG4bK2");
    ck_assert_int_eq(transaction_end(fixture->layer, true, only(true)), ERR_NONE);
    ck_assert(strncmp(last_text(fixture), "SIP/2.0 487 ", 12) == 0);
    ck_assert_int_eq(transaction_end(fixture->layer, true, only(true)), ERR_CONFLICT);
    fixture_free(fixture);
}
END_TEST

static unsigned status;

static void note_answer(void *context, const struct client_answer *answer)
{
    (void)context;
    status = answer->status;
}

/* For its user as if nobody had answered (timer F), and no other way is gone. */
START_TEST(a_request_that_we_send_is_ended)
{
    fixture = fixture_new(NULL);
    on_answer = note_answer;
    for (int held = 0; held < 2; held++) {
        status = 0;
        send_request("NOTIFY", held ? change(fixture) : STORE_NOTHING);
        size_t sent = fixture->net.sent_count;
        ck_assert_int_eq(transaction_end(fixture->layer, false, only(false)), ERR_NONE);
        ck_assert_int_eq(transaction_end(fixture->layer, false, only(false)), ERR_NONE);
        ck_assert_uint_eq(status, 0); /* not inside the call */
        elapse(fixture, 1);
        ck_assert_uint_eq(status, 408);
        store_step(fixture->store, PARTITIONS, 9, STORE_DURABLE);
        store_turn(fixture->store);
        elapse(fixture, 40000);
        ck_assert_uint_eq(fixture->net.sent_count, sent);
    }
    send_request("INVITE", STORE_NOTHING);
    receive(fixture, udp_from("127.0.0.2:5070"), response_to(fixture, 180));
    ck_assert_int_eq(transaction_end(fixture->layer, false, only(false)), ERR_NONE);
    ck_assert(strncmp(last_text(fixture), "CANCEL ", 7) == 0);
    on_answer = answered;
    fixture_free(fixture);
}
END_TEST

/* What is answered is decided: only what is left of it is there. */
START_TEST(an_invite_that_was_answered_is_not_ended)
{
    fixture = fixture_new(NULL);
    send_request("INVITE", STORE_NOTHING);
    uint64_t handle = only(false);
    receive(fixture, udp_from("127.0.0.2:5070"), response_to(fixture, 200));
    size_t sent = fixture->net.sent_count;
    ck_assert_int_eq(transaction_end(fixture->layer, false, handle), ERR_CONFLICT);
    ck_assert_uint_eq(fixture->net.sent_count, sent);
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
          a_request_that_we_send, a_request_is_ended, a_request_is_kept_until_its_time_is_over,
          what_waits_for_its_change_is_decided, an_invite_is_ended_as_by_a_cancel,
          a_request_that_we_send_is_ended, an_invite_that_was_answered_is_not_ended,
          pages_follow_one_another)
