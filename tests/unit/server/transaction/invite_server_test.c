/* invite_server_test.c: the INVITE server transaction (RFC 3261 17.2.1 and table 4, RFC 6026 7.1):
 * each test on datagrams and on a stream, where they differ. */
#include "calls.h"

static void check_100_at_once(bool stream, void (*on_request)(struct fixture *, struct incoming *))
{
    struct call *call = call_new(NULL, stream);
    call->fixture->on_request = on_request;
    call_send(call, "INVITE", "", "Timestamp: 54\r\n");
    ck_assert_uint_eq(sent(call), 1);
    ck_assert(last_is(call, "SIP/2.0 100 Trying\r\n"));
    ck_assert_ptr_nonnull(strstr(last_text(call->fixture), "\r\nTimestamp: 54\r\n"));
    ck_assert_ptr_nonnull(strstr(last_text(call->fixture), "\r\nTo: <sip:bob@example.com>\r\n"));
    call_send(call, "INVITE", "", "Timestamp: 54\r\n");
    ck_assert_uint_eq(sent(call), 2);
    ck_assert(last_is(call, "SIP/2.0 100 Trying\r\n"));
    ck_assert_ptr_nonnull(strstr(last_text(call->fixture), "\r\nTimestamp: 54\r\n"));
    ck_assert_uint_eq(call->fixture->requests, 1);
    elapse(call->fixture, 60000);
    ck_assert_uint_eq(sent(call), 2);
    ck_assert(call_lives(call));
    call_free(call);
}

/* RFC 3261 17.2.1 */
START_TEST(rfc3261_17_2_1_100_at_once)
{
    check_100_at_once(false, call_begin);
    check_100_at_once(true, call_begin);
    check_100_at_once(false, call_begin_and_keep);
}
END_TEST

static void refuse_at_once(struct fixture *fixture, struct incoming *incoming)
{
    call_begin(fixture, incoming);
    if (incoming->message->method == SIP_INVITE)
        call_reply(call_of(fixture), 404, 1);
}

static void ring_at_once(struct fixture *fixture, struct incoming *incoming)
{
    call_begin(fixture, incoming);
    call_reply(call_of(fixture), 180, 1);
}

/* Who answers at once needs no 100. */
START_TEST(no_100_before_an_answer_in_the_same_turn)
{
    struct call *call = call_new(NULL, false);
    call->fixture->on_request = refuse_at_once;
    call_send(call, "INVITE", "", "");
    ck_assert_uint_eq(sent(call), 1);
    ck_assert(last_is(call, "SIP/2.0 404 "));
    call_free(call);
    call = call_new(NULL, true);
    call->fixture->on_request = ring_at_once;
    call_send(call, "INVITE", "", "");
    ck_assert_uint_eq(sent(call), 1);
    ck_assert(last_is(call, "SIP/2.0 180 "));
    call_free(call);
}
END_TEST

/* RFC 3261 17.2.1. */
START_TEST(any_number_of_provisional_responses)
{
    struct call *call = call_new(NULL, false);
    call_send(call, "INVITE", "", "");
    for (unsigned i = 1; i <= 100; i++) {
        call_reply(call, 101 + i % 99, i);
        ck_assert_uint_eq(sent(call), 2 * i);
        call_send(call, "INVITE", "", ""); /* the latest is repeated */
        ck_assert_uint_eq(sent(call), 2 * i + 1);
        char line[64];
        snprintf(line, sizeof(line), "SIP/2.0 %u Answer %u\r\n", 101 + i % 99, i);
        ck_assert(last_is(call, line));
    }
    ck_assert_uint_eq(call->fixture->requests, 1);
    ck_assert_uint_eq(count_of(call->fixture, METRIC_retransmissions_absorbed), 100);
    ck_assert_uint_eq(call->fixture->net.unanswered, 100); /* none of which is the final one */
    call_free(call);
}
END_TEST

/* Timers G and H (RFC 3261 17.2.1): 300-699 is sent again after T1, 2*T1 ... T2, T2 until 64*T1. */
static void check_timers_g_and_h(unsigned t1_ms, unsigned t2_ms)
{
    struct transaction_settings settings = transaction_settings_default();
    settings.t1_ms = t1_ms;
    settings.t2_ms = t2_ms;
    struct call *call = call_new(&settings, false);
    unsigned elapsed_ms = 0, pause_ms = t1_ms;
    size_t expected = 2;
    call_send(call, "INVITE", "", "");
    call_reply(call, 486, 1);
    ck_assert_uint_eq(sent(call), expected);
    while (elapsed_ms + pause_ms < 64 * t1_ms) {
        elapse(call->fixture, pause_ms - 1);
        ck_assert_uint_eq(sent(call), expected);
        elapse(call->fixture, 1);
        ck_assert_uint_eq(sent(call), ++expected);
        ck_assert(last_is(call, "SIP/2.0 486 Answer 1\r\n"));
        elapsed_ms += pause_ms;
        pause_ms = 2 * pause_ms < t2_ms ? 2 * pause_ms : t2_ms;
    }
    elapse(call->fixture, 64 * t1_ms - elapsed_ms - 1);
    ck_assert(call_lives(call));
    elapse(call->fixture, 1);
    ck_assert(!call_lives(call));
    ck_assert_uint_eq(call->seen.ended, 1);
    elapse(call->fixture, 100000);
    ck_assert_uint_eq(sent(call), expected);
    ck_assert_uint_eq(count_of(call->fixture, METRIC_responses_repeated), expected - 2);
    elapse(call->fixture, settings.invite_max_s * 1000);
    ck_assert_uint_eq(wheel_next_ms(call->fixture->world.wheel), UINT64_MAX); /* nothing is left */
    call_free(call);
}

/* RFC 3261 17.2.1 and table 4. */
START_TEST(timers_g_and_h_on_datagrams)
{
    check_timers_g_and_h(500, 4000);
    check_timers_g_and_h(100, 400);
    check_timers_g_and_h(500, 500);
}
END_TEST

/* RFC 3261 17.2.1: timer G is not set on reliable transports, timer H is. */
START_TEST(timer_h_alone_on_streams)
{
    struct call *call = call_new(NULL, true);
    call_send(call, "INVITE", "", "");
    call_reply(call, 603, 1);
    elapse(call->fixture, 31999);
    ck_assert_uint_eq(sent(call), 2);
    ck_assert(call_lives(call));
    call_send(call, "INVITE", "", ""); /* still answered */
    ck_assert_uint_eq(sent(call), 3);
    ck_assert_uint_eq(call->fixture->net.unanswered, 0);
    elapse(call->fixture, 1);
    ck_assert(!call_lives(call));
    ck_assert_uint_eq(call->seen.ended, 1);
    call_free(call);
}
END_TEST

/* Timer I: the ACK stops the repetition, and more of them are swallowed for T4. */
static void check_timer_i(unsigned t4_ms)
{
    struct transaction_settings settings = transaction_settings_default();
    settings.t4_ms = t4_ms;
    struct call *call = call_new(&settings, false);
    call_send(call, "INVITE", "", "");
    call_reply(call, 302, 1);
    elapse(call->fixture, 600);
    ck_assert_uint_eq(sent(call), 3);
    call_send(call, "ACK", "b1", "");
    elapse(call->fixture, t4_ms - 1);
    call_send(call, "ACK", "b1", "");
    call_send(call, "INVITE", "", ""); /* too late, but nothing new */
    ck_assert_uint_eq(sent(call), 3);
    ck_assert_uint_eq(call->acks, 0);
    ck_assert(call_lives(call));
    elapse(call->fixture, 1);
    ck_assert(!call_lives(call));
    ck_assert_uint_eq(call->seen.ended, 1);
    call_send(call, "ACK", "b1", "");
    ck_assert_uint_eq(call->acks, 1);
    ck_assert_uint_eq(call->fixture->requests, 2);
    call_free(call);
}

/* RFC 3261 17.2.1: T4 in Confirmed. */
START_TEST(timer_i_on_datagrams)
{
    check_timer_i(5000);
    check_timer_i(100);
}
END_TEST

/* RFC 3261 17.2.1 and table 4. */
START_TEST(timer_i_is_zero_on_streams)
{
    struct call *call = call_new(NULL, true);
    call_send(call, "INVITE", "", "");
    call_reply(call, 302, 1);
    call_send(call, "ACK", "b1", "");
    ck_assert(!call_lives(call));
    ck_assert_uint_eq(call->acks, 0);
    elapse(call->fixture, 0);
    ck_assert_uint_eq(call->seen.ended, 1);
    call_free(call);
}
END_TEST

/* RFC 6026 7.1: timer L on any transport; INVITEs are swallowed, further 2xx pass, ACKs go up. */
static void check_accepted(bool stream, unsigned t1_ms)
{
    struct transaction_settings settings = transaction_settings_default();
    settings.t1_ms = t1_ms;
    struct call *call = call_new(&settings, stream);
    call_send(call, "INVITE", "", "");
    call_reply(call, 200, 1);
    ck_assert_uint_eq(sent(call), 2);
    ck_assert(last_is(call, "SIP/2.0 200 Answer 1\r\n"));
    elapse(call->fixture, t1_ms);
    call_send(call, "INVITE", "", "");
    ck_assert_uint_eq(sent(call), 2);
    call_reply(call, 200, 1); /* the callee's retransmission */
    ck_assert_uint_eq(sent(call), 3);
    call_reply(call, 202, 2); /* another callee's */
    ck_assert_uint_eq(sent(call), 4);
    ck_assert(last_is(call, "SIP/2.0 202 Answer 2\r\n"));
    call_reply(call, 180, 3); /* too late */
    call_reply(call, 486, 4);
    ck_assert_uint_eq(sent(call), 4);
    call_send(call, "ACK", "b1", "");
    call_send(call, "ACK", "b1", "");
    ck_assert_uint_eq(call->acks, 2);
    elapse(call->fixture, 63 * t1_ms - 1);
    ck_assert_uint_eq(sent(call), 4);
    ck_assert(call_lives(call));
    ck_assert_uint_eq(call->seen.ended, 0);
    elapse(call->fixture, 1);
    ck_assert(!call_lives(call));
    ck_assert_uint_eq(call->seen.ended, 1);
    ck_assert_uint_eq(call->fixture->requests, 3);
    call_free(call);
}

/* RFC 6026 7.1: timer L, 64*T1 on all transports. */
START_TEST(rfc6026_7_1_accepted)
{
    check_accepted(false, 500);
    check_accepted(true, 500);
    check_accepted(false, 100);
}
END_TEST

START_TEST(ack_in_proceeding_is_swallowed)
{
    struct call *call = call_new(NULL, false);
    call_send(call, "INVITE", "", "");
    call_send(call, "ACK", "b1", "");
    ck_assert_uint_eq(call->acks, 0);
    call_reply(call, 180, 1);
    ck_assert_uint_eq(sent(call), 2);
    call_free(call);
}
END_TEST

/* The ACK for a 2xx has a branch of its own (RFC 3261 13.2.2.4). */
START_TEST(ack_with_its_own_branch_goes_up)
{
    struct call *call = call_new(NULL, false);
    call_send(call, "INVITE", "", "");
    call_reply(call, 200, 1);
    call->via = "SIP/2.0/UDP 127.0.0.2:5070;branch=z9hG4bKack";
    call_send(call, "ACK", "b1", "");
    ck_assert_uint_eq(call->acks, 1);
    call_free(call);
}
END_TEST

static void refuse_without_state(struct fixture *fixture, struct incoming *incoming)
{
    char text[TEXT_MAX];
    struct buffer out = buffer_over(text, sizeof(text));
    if (incoming->message->method == SIP_ACK)
        return;
    transaction_write(fixture->layer, incoming, &out, 407, NULL, BYTES(""));
    sip_write_body(&out, BYTES(""), BYTES(""));
    transaction_refuse(fixture->layer, incoming, buffer_bytes(&out));
}

/* RFC 3261 8.2.7: who keeps no state has to know the ACK for his refusal; else a proxy would relay
 * it. */
static void check_stateless(const char *via)
{
    char tag[128];
    struct call *call = call_new(NULL, false);
    call->via = via;
    call->fixture->on_request = refuse_without_state;
    call_send(call, "INVITE", "", "");
    ck_assert(last_is(call, "SIP/2.0 407 "));
    const char *at = strstr(last_text(call->fixture), "\r\nTo: <sip:bob@example.com>;tag=");
    ck_assert_ptr_nonnull(at);
    at += strlen("\r\nTo: <sip:bob@example.com>;tag=");
    snprintf(tag, sizeof(tag), "%.*s", (int)strcspn(at, "\r"), at);
    call_send(call, "ACK", tag, "");
    ck_assert_uint_eq(call->fixture->requests, 1);
    call_send(call, "ACK", "another", "");
    ck_assert_uint_eq(call->fixture->requests, 2);
    call_free(call);
}

START_TEST(ack_for_a_stateless_refusal_ends_here)
{
    check_stateless("SIP/2.0/UDP 127.0.0.2:5070;branch=z9hG4bKcall");
    check_stateless("SIP/2.0/UDP 127.0.0.2:5070");
}
END_TEST

/* Nothing sticks: without an answer for so long it is 408, which is then like any other failure. */
static void check_bound(void (*on_request)(struct fixture *, struct incoming *), const char *tag)
{
    struct transaction_settings settings = transaction_settings_default();
    settings.invite_max_s = 60;
    struct call *call = call_new(&settings, false);
    call->fixture->on_request = on_request;
    call_send(call, "INVITE", "", "");
    size_t before = sent(call);
    elapse(call->fixture, 59999);
    ck_assert_uint_eq(sent(call), before);
    elapse(call->fixture, 1);
    ck_assert_uint_eq(sent(call), before + 1);
    ck_assert(last_is(call, "SIP/2.0 408 Request Timeout\r\n"));
    ck_assert_ptr_nonnull(strstr(last_text(call->fixture), tag));
    ck_assert_uint_eq(count_of(call->fixture, METRIC_invites_timed_out), 1);
    ck_assert_uint_eq(call->seen.ended, 1); /* for who watches; the machine goes on by itself */
    call_reply(call, 200, 1);
    ck_assert_uint_eq(sent(call), before + 1);
    call_send(call, "ACK", "b1", "");
    elapse(call->fixture, 5000);
    ck_assert_uint_eq(call->seen.ended, 1);
    ck_assert_uint_eq(sent(call), before + 1);
    call_free(call);
}

START_TEST(an_invite_is_bounded)
{
    check_bound(call_begin, "\r\nTo: <sip:bob@example.com>");
    check_bound(call_begin_and_keep, "\r\nTo: <sip:bob@example.com>;tag=");
    check_bound(ring_at_once, "\r\nTo: <sip:bob@example.com>;tag=b1\r\n");
}
END_TEST

/* Replies that wait leave in their order, each when its change is durable. */
START_TEST(held_replies_keep_their_order)
{
    struct call *call = call_new(NULL, false);
    struct fixture *fixture = call->fixture;
    call_send(call, "INVITE", "", "");
    call_reply_after(call, 180, 1, change(fixture));
    call_reply(call, 183, 2); /* waits for nothing, but not before the first */
    call_reply_after(call, 200, 3, change(fixture));
    call_reply(call, 200, 4);
    call_reply(call, 180, 5); /* it is settled already */
    call_send(call, "INVITE", "", "");
    ck_assert_uint_eq(sent(call), 2);
    ck_assert(last_is(call, "SIP/2.0 100 "));
    store_step(fixture->store, PARTITIONS, 1, STORE_DURABLE);
    ck_assert_uint_eq(sent(call), 4);
    ck_assert(last_is(call, "SIP/2.0 183 Answer 2\r\n"));
    store_step(fixture->store, PARTITIONS, 1, STORE_DURABLE);
    ck_assert_uint_eq(sent(call), 6);
    ck_assert(last_is(call, "SIP/2.0 200 Answer 4\r\n"));
    elapse(fixture, 32000);
    ck_assert_uint_eq(call->seen.ended, 1);
    call_free(call);
}
END_TEST

START_TEST(a_refused_change_becomes_500)
{
    struct call *call = call_new(NULL, false);
    struct fixture *fixture = call->fixture;
    call_send(call, "INVITE", "", "");
    call_reply_after(call, 180, 1, change(fixture));
    call_reply_after(call, 200, 2, change(fixture));
    store_step(fixture->store, PARTITIONS, 2, STORE_REFUSED);
    ck_assert_uint_eq(sent(call), 2);
    ck_assert(last_is(call, "SIP/2.0 500 "));
    ck_assert_ptr_nonnull(strstr(last_text(fixture), ";tag=b1\r\n"));
    call_send(call, "ACK", "b1", "");
    elapse(fixture, 5000);
    ck_assert_uint_eq(call->seen.ended, 1);
    call_free(call);
}
END_TEST

START_TEST(held_replies_are_bounded)
{
    struct call *call = call_new(NULL, false);
    struct fixture *fixture = call->fixture;
    call_send(call, "INVITE", "", "");
    struct store_change after = change(fixture);
    for (unsigned i = 1; i <= 1000; i++)
        call_reply_after(call, 183, i, after);
    call_reply_after(call, 486, 1, after); /* the one that is never left out */
    store_step(fixture->store, PARTITIONS, 1, STORE_DURABLE);
    ck_assert_uint_eq(sent(call), 1 + 16 + 1);
    ck_assert_uint_eq(count_of(fixture, METRIC_responses_unheld), 1000 - 16);
    ck_assert(last_is(call, "SIP/2.0 486 "));
    call_free(call);
}
END_TEST

START_TEST(ends_with_replies_held)
{
    struct transaction_settings settings = transaction_settings_default();
    settings.invite_max_s = 60;
    struct call *call = call_new(&settings, false);
    call_send(call, "INVITE", "", "");
    call_reply_after(call, 200, 1, change(call->fixture));
    elapse(call->fixture, 60000);
    ck_assert_uint_eq(sent(call), 1);
    ck_assert_uint_eq(call->seen.ended, 1);
    call->via = "SIP/2.0/UDP 127.0.0.2:5070;branch=z9hG4bKother";
    call_send(call, "INVITE", "", "");
    call_reply_after(call, 180, 1, change(call->fixture));
    call_reply_after(call, 200, 1, change(call->fixture));
    call_free(call); /* in the middle of it */
}
END_TEST

/* RFC 6026 7.1: an error of the transport changes nothing. */
START_TEST(transport_errors_change_nothing)
{
    struct call *call = call_new(NULL, false);
    call->fixture->net.send_fails = ERR_IO;
    call_send(call, "INVITE", "", "");
    call_reply(call, 486, 1);
    elapse(call->fixture, 499);
    call->fixture->net.send_fails = ERR_NONE;
    elapse(call->fixture, 1);
    ck_assert_uint_eq(sent(call), 1);
    ck_assert(last_is(call, "SIP/2.0 486 "));
    ck_assert_uint_eq(count_of(call->fixture, METRIC_responses_lost), 2);
    call_free(call);
}
END_TEST

/* What lingers gives way, oldest first, but no INVITE that is still being answered. */
START_TEST(proceeding_never_gives_way)
{
    struct transaction_settings settings = transaction_settings_default();
    settings.server_max = 2;
    struct call *call = call_new(&settings, false);
    call_send(call, "INVITE", "", "");
    uint64_t ringing = call->fixture->begun;
    call->via = "SIP/2.0/UDP 127.0.0.2:5070;branch=z9hG4bKsecond";
    call_send(call, "INVITE", "", "");
    call_reply(call, 200, 1);
    call->via = "SIP/2.0/UDP 127.0.0.2:5070;branch=z9hG4bKthird";
    call_send(call, "INVITE", "", "");
    ck_assert_uint_eq(count_of(call->fixture, METRIC_transactions_evicted), 1);
    ck_assert_ptr_nonnull(transaction_find(call->fixture->layer, ringing));
    ck_assert_uint_eq(call->seen.ended, 0); /* not inside another's call */
    elapse(call->fixture, 0);
    ck_assert_uint_eq(call->seen.ended, 1);
    ck_assert_uint_eq(count_of(call->fixture, METRIC_transactions_refused), 0);
    call_free(call);
}
END_TEST

static void begin_or_not(struct fixture *fixture, struct incoming *incoming)
{
    struct server_transaction *transaction = transaction_begin(fixture->layer, incoming);
    fixture->begun = transaction != NULL ? transaction_handle(transaction) : 0;
}

START_TEST(too_many_invites_are_refused)
{
    struct transaction_settings settings = transaction_settings_default();
    settings.server_max = 1;
    struct call *call = call_new(&settings, false);
    call->fixture->on_request = begin_or_not;
    call_send(call, "INVITE", "", "");
    call->via = "SIP/2.0/UDP 127.0.0.2:5070;branch=z9hG4bKsecond";
    call_send(call, "INVITE", "", "");
    ck_assert(last_is(call, "SIP/2.0 503 "));
    ck_assert_uint_eq(call->fixture->begun, 0);
    ck_assert_uint_eq(count_of(call->fixture, METRIC_transactions_refused), 1);
    call_free(call);
}
END_TEST

/* What lingers costs its bytes until it ends, and then nothing. */
START_TEST(memory_is_counted)
{
    struct transaction_settings settings = transaction_settings_default();
    settings.server_max_bytes = 1;
    struct call *call = call_new(&settings, false);
    call->fixture->on_request = refuse_at_once;
    char via[128];
    call->via = via;
    for (unsigned i = 0; i < 10; i++) {
        snprintf(via, sizeof(via), "SIP/2.0/UDP 127.0.0.2:5070;branch=z9hG4bK%u", i);
        call_send(call, "INVITE", "", "");
        ck_assert(last_is(call, "SIP/2.0 404 "));
        elapse(call->fixture, 0);
        ck_assert_uint_eq(call->seen.ended, i);
    }
    ck_assert_uint_eq(count_of(call->fixture, METRIC_transactions_evicted), 9);
    call_free(call);
}
END_TEST

UNIT_MAIN("INVITE server transactions", rfc3261_17_2_1_100_at_once,
          no_100_before_an_answer_in_the_same_turn, any_number_of_provisional_responses,
          timers_g_and_h_on_datagrams, timer_h_alone_on_streams, timer_i_on_datagrams,
          timer_i_is_zero_on_streams, rfc6026_7_1_accepted, ack_in_proceeding_is_swallowed,
          ack_with_its_own_branch_goes_up, ack_for_a_stateless_refusal_ends_here,
          an_invite_is_bounded, held_replies_keep_their_order, a_refused_change_becomes_500,
          held_replies_are_bounded, ends_with_replies_held, transport_errors_change_nothing,
          proceeding_never_gives_way, too_many_invites_are_refused, memory_is_counted)
