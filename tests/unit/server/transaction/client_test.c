/* client_test.c: the non-INVITE client transaction (RFC 3261 17.1.2.2), timers and matching. The
 * ways a request may take are in way_test.c. */
#include "requests.h"

START_TEST(carries_our_via)
{
    struct fixture *fixture = fixture_new(NULL);
    struct outcome outcome = {0};
    notify_udp(fixture, &outcome);
    struct sip_message message;
    unsigned partition;
    uint64_t epoch;
    ck_assert(verdict_ok(sip_message_parse(bytes_of(last_text(fixture)), false, &message)));
    ck_assert(bytes_equal(message.via.transport, BYTES("UDP")));
    ck_assert(bytes_equal(message.via.host, BYTES("127.0.0.1")));
    ck_assert_uint_eq(message.via.port, 5060);
    ck_assert(message.via.has_rport && bytes_empty(message.via.rport)); /* RFC 3581 3 */
    ck_assert(sip_via_rfc3261(&message.via));                           /* RFC 3261 8.1.1.7 */
    ck_assert(token_parse(bytes_skip(message.via.branch, 7), &partition, &epoch));
    ck_assert_uint_eq(partition, 17);
    ck_assert_uint_eq(epoch, store_epoch(fixture->store));
    ck_assert(bytes_equal(message.body, BYTES("body")));
    ck_assert_ptr_nonnull(strstr(last_text(fixture), "SIP/2.0\r\nVia: SIP/2.0/UDP "));
    fixture_free(fixture);
}
END_TEST

START_TEST(every_request_has_its_own_branch)
{
    struct fixture *fixture = fixture_new(NULL);
    struct outcome outcome = {0};
    notify_udp(fixture, &outcome);
    notify_udp(fixture, &outcome);
    ck_assert_str_ne(fixture->net.sent[0].text, fixture->net.sent[1].text);
    fixture_free(fixture);
}
END_TEST

/* 500 ms, 1 s, 2 s, then every 4 s; the end after 64*T1. */
START_TEST(timer_e_doubles_and_timer_f_ends)
{
    static const unsigned at_ms[] = {500,   1500,  3500,  7500,  11500,
                                     15500, 19500, 23500, 27500, 31500};
    enum { TIMES = sizeof(at_ms) / sizeof(at_ms[0]) };
    struct fixture *fixture = fixture_new(NULL);
    struct outcome outcome = {0};
    unsigned now_ms = 0;
    notify_udp(fixture, &outcome);
    for (size_t i = 0; i < TIMES; i++) {
        elapse(fixture, at_ms[i] - 1 - now_ms);
        ck_assert_uint_eq(fixture->net.sent_count, 1 + i);
        elapse(fixture, 1);
        ck_assert_uint_eq(fixture->net.sent_count, 2 + i);
        ck_assert_str_eq(fixture->net.sent[0].text, last_text(fixture));
        now_ms = at_ms[i];
    }
    elapse(fixture, 499);
    ck_assert_uint_eq(outcome.calls, 0);
    elapse(fixture, 1);
    ck_assert_uint_eq(outcome.calls, 1);
    ck_assert_uint_eq(outcome.status, 408); /* RFC 3261 8.1.3.1 */
    ck_assert(!outcome.response && outcome.flow);
    elapse(fixture, 60000);
    ck_assert_uint_eq(fixture->net.sent_count, 1 + TIMES);
    ck_assert_uint_eq(count_of(fixture, METRIC_retransmissions_sent), TIMES);
    ck_assert_uint_eq(count_of(fixture, METRIC_transactions_timed_out), 1);
    fixture_free(fixture);
}
END_TEST

START_TEST(timers_scale_with_t1_and_t2)
{
    struct transaction_settings settings = transaction_settings_default();
    settings.t1_ms = 10;
    settings.t2_ms = 25;
    struct fixture *fixture = fixture_new(&settings);
    struct outcome outcome = {0};
    notify_udp(fixture, &outcome);
    elapse(fixture, 10);
    ck_assert_uint_eq(fixture->net.sent_count, 2);
    elapse(fixture, 20);
    ck_assert_uint_eq(fixture->net.sent_count, 3);
    elapse(fixture, 25);
    ck_assert_uint_eq(fixture->net.sent_count, 4);
    elapse(fixture, 584);
    ck_assert_uint_eq(outcome.calls, 0);
    elapse(fixture, 1);
    ck_assert_uint_eq(outcome.status, 408);
    fixture_free(fixture);
}
END_TEST

/* RFC 3261 17.1.2.2: in Proceeding timer E is T2; timer F goes on. */
START_TEST(provisional_response_slows_timer_e)
{
    struct fixture *fixture = fixture_new(NULL);
    struct outcome outcome = {0};
    notify_udp(fixture, &outcome);
    elapse(fixture, 100);
    receive(fixture, udp_from("127.0.0.2:5070"), response_to(fixture, 100));
    ck_assert_uint_eq(outcome.calls, 0);
    elapse(fixture, 400); /* the running timer E is not touched */
    ck_assert_uint_eq(fixture->net.sent_count, 2);
    elapse(fixture, 3999);
    ck_assert_uint_eq(fixture->net.sent_count, 2);
    elapse(fixture, 1);
    ck_assert_uint_eq(fixture->net.sent_count, 3);
    elapse(fixture, 32000 - 4500);
    ck_assert_uint_eq(outcome.status, 408);
    fixture_free(fixture);
}
END_TEST

START_TEST(provisional_then_final)
{
    struct fixture *fixture = fixture_new(NULL);
    struct outcome outcome = {0};
    notify_udp(fixture, &outcome);
    receive(fixture, udp_from("127.0.0.2:5070"), response_to(fixture, 100));
    receive(fixture, udp_from("127.0.0.2:5070"), response_to(fixture, 489));
    ck_assert_uint_eq(outcome.calls, 1);
    ck_assert_uint_eq(outcome.status, 489);
    fixture_free(fixture);
}
END_TEST

/* Completed swallows what comes again for T4; on streams for no time. */
START_TEST(timer_k)
{
    struct fixture *fixture = fixture_new(NULL);
    struct net_flow from = udp_from("127.0.0.2:5070");
    struct outcome outcome = {0};
    notify_udp(fixture, &outcome);
    const char *ok = response_to(fixture, 200);
    receive(fixture, from, ok);
    ck_assert_uint_eq(outcome.calls, 1);
    ck_assert_uint_eq(outcome.status, 200);
    ck_assert(outcome.response && outcome.flow);
    elapse(fixture, 4999);
    receive(fixture, from, ok);
    ck_assert_uint_eq(count_of(fixture, METRIC_responses_stray), 0);
    elapse(fixture, 1);
    receive(fixture, from, ok);
    ck_assert_uint_eq(count_of(fixture, METRIC_responses_stray), 1);
    ck_assert_uint_eq(outcome.calls, 1);
    ck_assert_uint_eq(fixture->net.sent_count, 1);
    fixture_free(fixture);
}
END_TEST

START_TEST(timer_k_is_t4)
{
    struct transaction_settings settings = transaction_settings_default();
    settings.t4_ms = 700;
    struct fixture *fixture = fixture_new(&settings);
    struct outcome outcome = {0};
    notify_udp(fixture, &outcome);
    const char *ok = response_to(fixture, 200);
    receive(fixture, udp_from("127.0.0.2:5070"), ok);
    elapse(fixture, 699);
    receive(fixture, udp_from("127.0.0.2:5070"), ok);
    ck_assert_uint_eq(count_of(fixture, METRIC_responses_stray), 0);
    elapse(fixture, 1);
    receive(fixture, udp_from("127.0.0.2:5070"), ok);
    ck_assert_uint_eq(count_of(fixture, METRIC_responses_stray), 1);
    fixture_free(fixture);
}
END_TEST

START_TEST(timer_f_scales_on_streams_too)
{
    struct transaction_settings settings = transaction_settings_default();
    settings.t1_ms = 2000;
    struct fixture *fixture = fixture_new(&settings);
    struct net_flow flow = tcp_from(fixture, "127.0.0.2:40000");
    struct outcome outcome = {0};
    notify_flow(fixture, &flow, &outcome);
    elapse(fixture, 127999);
    ck_assert_uint_eq(outcome.calls, 0);
    elapse(fixture, 1);
    ck_assert_uint_eq(outcome.status, 408);
    fixture_free(fixture);
}
END_TEST

START_TEST(streams_have_neither_timer_e_nor_timer_k)
{
    struct fixture *fixture = fixture_new(NULL);
    struct net_flow flow = tcp_from(fixture, "127.0.0.2:40000");
    struct outcome outcome = {0};
    notify_flow(fixture, &flow, &outcome);
    elapse(fixture, 31999);
    ck_assert_uint_eq(fixture->net.sent_count, 1);
    const char *ok = response_to(fixture, 200);
    receive(fixture, flow, ok);
    ck_assert_uint_eq(outcome.status, 200);
    receive(fixture, flow, ok);
    ck_assert_uint_eq(count_of(fixture, METRIC_responses_stray), 1);
    notify_flow(fixture, &flow, &outcome);
    elapse(fixture, 32000);
    ck_assert_uint_eq(outcome.calls, 2);
    ck_assert_uint_eq(outcome.status, 408);
    fixture_free(fixture);
}
END_TEST

/* A copy of the 200 with one thing exchanged. */
static void receive_altered(struct fixture *fixture, const char *from, const char *to)
{
    char text[TEXT_MAX];
    const char *ok = response_to(fixture, 200);
    const char *at = strstr(ok, from);
    ck_assert_ptr_nonnull(at);
    snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - ok), ok, to, at + strlen(from));
    receive(fixture, udp_from("127.0.0.2:5070"), text);
}

START_TEST(rfc3261_17_1_3_matching)
{
    struct fixture *fixture = fixture_new(NULL);
    struct outcome outcome = {0};
    notify_udp(fixture, &outcome);
    receive_altered(fixture, "1 NOTIFY", "1 INFO");
    receive_altered(fixture, "branch=z9hG4bK", "branch=z9hG4bKx");
    receive_altered(fixture, "UDP 127.0.0.1:5060", "UDP 127.0.0.3:5060"); /* 18.1.2: not ours */
    receive_altered(fixture, "UDP 127.0.0.1:5060", "UDP 127.0.0.1:5061");
    ck_assert_uint_eq(count_of(fixture, METRIC_responses_stray), 4);
    ck_assert_uint_eq(outcome.calls, 0);
    receive_altered(fixture, ";rport", ";rport=5060;received=127.0.0.1");
    ck_assert_uint_eq(outcome.calls, 1);
    fixture_free(fixture);
}
END_TEST

START_TEST(waits_for_its_change)
{
    struct fixture *fixture = fixture_new(NULL);
    struct outcome outcome = {0};
    struct net_flow flow = udp_from("127.0.0.2:5070");
    struct client_request request = notify(fixture, &outcome);
    request.flow = &flow;
    request.after = change(fixture);
    ck_assert_uint_ne(transaction_request(fixture->layer, &request), 0);
    elapse(fixture, 40000); /* no timer runs before it is sent */
    ck_assert_uint_eq(fixture->net.sent_count, 0);
    store_step(fixture->store, PARTITIONS, 9, STORE_DURABLE);
    ck_assert_uint_eq(fixture->net.sent_count, 1);
    receive(fixture, flow, response_to(fixture, 200));
    ck_assert_uint_eq(outcome.status, 200);
    fixture_free(fixture);
}
END_TEST

START_TEST(refused_change_is_500_and_nothing_leaves)
{
    struct fixture *fixture = fixture_new(NULL);
    struct outcome outcome = {0};
    struct net_flow flow = udp_from("127.0.0.2:5070");
    struct client_request request = notify(fixture, &outcome);
    request.flow = &flow;
    request.after = change(fixture);
    transaction_request(fixture->layer, &request);
    store_step(fixture->store, PARTITIONS, 9, STORE_REFUSED);
    elapse(fixture, 0);
    ck_assert_uint_eq(outcome.calls, 1);
    ck_assert_uint_eq(outcome.status, 500);
    ck_assert(!outcome.flow && !outcome.response);
    ck_assert_uint_eq(fixture->net.sent_count, 0);
    fixture_free(fixture);
}
END_TEST

START_TEST(client_max_refuses)
{
    struct transaction_settings settings = transaction_settings_default();
    settings.client_max = 2;
    struct fixture *fixture = fixture_new(&settings);
    struct outcome outcome = {0};
    ck_assert_uint_ne(notify_udp(fixture, &outcome), 0);
    ck_assert_uint_ne(notify_udp(fixture, &outcome), 0);
    ck_assert_uint_eq(notify_udp(fixture, &outcome), 0);
    ck_assert_uint_eq(count_of(fixture, METRIC_transactions_refused), 1);
    ck_assert_uint_eq(fixture->net.sent_count, 2);
    /* an answered one makes room at once, though timer K runs */
    receive(fixture, udp_from("127.0.0.2:5070"), response_to(fixture, 200));
    ck_assert_uint_ne(notify_udp(fixture, &outcome), 0);
    elapse(fixture, 40000);
    ck_assert_uint_eq(outcome.calls, 3); /* the refused one is not reported */
    fixture_free(fixture);
}
END_TEST

START_TEST(client_memory_is_bounded)
{
    struct transaction_settings settings = transaction_settings_default();
    settings.client_max_bytes = 1;
    struct fixture *fixture = fixture_new(&settings);
    struct outcome outcome = {0};
    ck_assert_uint_ne(notify_udp(fixture, &outcome), 0);
    ck_assert_uint_eq(notify_udp(fixture, &outcome), 0);
    ck_assert_uint_eq(count_of(fixture, METRIC_transactions_refused), 1);
    receive(fixture, udp_from("127.0.0.2:5070"), response_to(fixture, 200));
    ck_assert_uint_ne(notify_udp(fixture, &outcome), 0);
    elapse(fixture, 40000); /* this one is never answered */
    ck_assert_uint_ne(notify_udp(fixture, &outcome), 0);
    fixture_free(fixture);
}
END_TEST

/* A request that waits at the first of so many targets; true when there is room for another. */
static bool has_room_beside(size_t count, size_t max_bytes)
{
    struct transaction_settings settings = transaction_settings_default();
    settings.client_max_bytes = max_bytes;
    struct fixture *fixture = fixture_new(&settings);
    struct outcome outcome = {0};
    struct net_target targets[NET_TARGETS_MAX];
    for (size_t i = 0; i < count; i++)
        targets[i] = (struct net_target){NET_UDP, address("127.0.0.9:5070")};
    ck_assert_uint_ne(notify_hop(fixture, NULL, "sip:bob@host.example.com", &outcome), 0);
    fake_found(&fixture->net, targets, count);
    ck_assert_uint_eq(fixture->net.sent_count, 1);
    bool room = notify_udp(fixture, &outcome) != 0;
    fixture_free(fixture);
    return room;
}

START_TEST(targets_are_memory)
{
    size_t max_bytes = 100;
    while (!has_room_beside(1, max_bytes))
        max_bytes += 100;
    ck_assert(!has_room_beside(NET_TARGETS_MAX, max_bytes));
}
END_TEST

START_TEST(forgotten_ones_go_on_in_silence)
{
    struct fixture *fixture = fixture_new(NULL);
    struct outcome outcome = {0};
    uint64_t handle = notify_udp(fixture, &outcome);
    transaction_forget(fixture->layer, handle);
    elapse(fixture, 500);
    ck_assert_uint_eq(fixture->net.sent_count, 2);
    receive(fixture, udp_from("127.0.0.2:5070"), response_to(fixture, 200));
    elapse(fixture, 40000);
    ck_assert_uint_eq(fixture->net.sent_count, 2);
    ck_assert_uint_eq(outcome.calls, 0);
    transaction_forget(fixture->layer, handle); /* it has ended: nothing happens */
    fixture_free(fixture);
}
END_TEST

/* The callee does what it likes: forgets itself and others, and asks anew. */
struct restless {
    struct outcome outcome;
    uint64_t own, other;
};

static void ask_again(void *context, const struct client_answer *answer)
{
    struct restless *restless = context;
    struct fixture *fixture = restless->outcome.fixture;
    restless->outcome.calls++;
    ck_assert_uint_eq(answer->status, 200);
    transaction_forget(fixture->layer, restless->own);
    transaction_forget(fixture->layer, restless->other);
    ck_assert_uint_ne(notify_udp(fixture, &restless->outcome), 0);
}

START_TEST(answers_are_reentrant)
{
    struct fixture *fixture = fixture_new(NULL);
    struct restless restless = {.outcome.fixture = fixture};
    struct net_flow flow = udp_from("127.0.0.2:5070");
    struct client_request request = notify(fixture, &restless.outcome);
    request.flow = &flow;
    request.answer = ask_again;
    restless.other = transaction_request(fixture->layer, &request);
    restless.own = transaction_request(fixture->layer, &request);
    receive(fixture, flow, response_to(fixture, 200));
    ck_assert_uint_eq(restless.outcome.calls, 1);
    receive(fixture, flow, response_to(fixture, 202)); /* to the new one */
    ck_assert_uint_eq(restless.outcome.calls, 2);
    ck_assert_uint_eq(restless.outcome.status, 202);
    elapse(fixture, 40000); /* the forgotten one times out */
    ck_assert_uint_eq(restless.outcome.calls, 2);
    ck_assert_uint_eq(count_of(fixture, METRIC_transactions_timed_out), 1);
    fixture_free(fixture);
}
END_TEST

UNIT_MAIN("client transactions", carries_our_via, every_request_has_its_own_branch,
          timer_e_doubles_and_timer_f_ends, timers_scale_with_t1_and_t2,
          provisional_response_slows_timer_e, provisional_then_final, timer_k, timer_k_is_t4,
          timer_f_scales_on_streams_too, streams_have_neither_timer_e_nor_timer_k,
          rfc3261_17_1_3_matching, waits_for_its_change, refused_change_is_500_and_nothing_leaves,
          client_max_refuses, client_memory_is_bounded, targets_are_memory,
          forgotten_ones_go_on_in_silence, answers_are_reentrant)
