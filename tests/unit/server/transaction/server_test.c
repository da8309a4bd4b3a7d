/* server_test.c: the non-INVITE server transaction (RFC 3261 17.2.2, RFC 4320). */
#include "fixture.h"

static const char via_b1[] = "SIP/2.0/UDP 127.0.0.2:5070;branch=z9hG4bKb1";
static const char via_b2[] = "SIP/2.0/UDP 127.0.0.2:5070;branch=z9hG4bKb2";
static const char via_b3[] = "SIP/2.0/UDP 127.0.0.2:5070;branch=z9hG4bKb3";
static const char via_tcp[] = "SIP/2.0/TCP 127.0.0.2:5070;branch=z9hG4bKt1";

/* Begins and replies 200, after `after`. */
static uint64_t begin_and_reply(struct fixture *fixture, const struct incoming *incoming,
                                unsigned status, struct store_change after)
{
    char text[TEXT_MAX];
    struct buffer out = buffer_over(text, sizeof(text));
    struct server_transaction *transaction = transaction_begin(fixture->layer, incoming);
    if (transaction == NULL)
        return 0;
    uint64_t handle = transaction_handle(transaction);
    transaction_write(fixture->layer, incoming, &out, status, NULL, BYTES("tag"));
    sip_write_body(&out, BYTES(""), BYTES(""));
    transaction_reply(fixture->layer, transaction, buffer_bytes(&out), after);
    memset(text, 'x', sizeof(text)); /* it was copied, or nobody needs it any more */
    return handle;
}

static void reply_ok(struct fixture *fixture, struct incoming *incoming)
{
    begin_and_reply(fixture, incoming, 200, STORE_NOTHING);
}

static void reply_held(struct fixture *fixture, struct incoming *incoming)
{
    begin_and_reply(fixture, incoming, 200, change(fixture));
}

static void begin_only(struct fixture *fixture, struct incoming *incoming)
{
    ck_assert_ptr_nonnull(transaction_begin(fixture->layer, incoming));
}

static struct transaction_settings with_server_max(unsigned server_max)
{
    struct transaction_settings settings = transaction_settings_default();
    settings.server_max = server_max;
    return settings;
}

static void from_client(struct fixture *fixture, const char *method, const char *via)
{
    receive(fixture, udp_from("127.0.0.2:5070"), request_text(fixture, method, via));
}

START_TEST(completed_answers_retransmissions_until_timer_j)
{
    struct fixture *fixture = fixture_new(NULL);
    fixture->on_request = reply_ok;
    from_client(fixture, "PUBLISH", via_b1);
    ck_assert_uint_eq(fixture->net.sent_count, 1);
    ck_assert(starts(last_text(fixture), "SIP/2.0 200 OK\r\n"));
    char first[TEXT_MAX];
    snprintf(first, sizeof(first), "%s", last_text(fixture));
    elapse(fixture, 31999);
    from_client(fixture, "PUBLISH", via_b1);
    ck_assert_uint_eq(fixture->requests, 1);
    ck_assert_uint_eq(fixture->net.sent_count, 2);
    ck_assert_str_eq(last_text(fixture), first);
    ck_assert_uint_eq(count_of(fixture, METRIC_retransmissions_absorbed), 1);
    ck_assert_uint_eq(fixture->net.unanswered, 0);
    elapse(fixture, 1); /* 64*T1 */
    from_client(fixture, "PUBLISH", via_b1);
    ck_assert_uint_eq(fixture->requests, 2);
    ck_assert_uint_eq(count_of(fixture, METRIC_transactions_server), 2);
    fixture_free(fixture);
}
END_TEST

START_TEST(timer_j_scales_with_t1)
{
    struct transaction_settings settings = transaction_settings_default();
    settings.t1_ms = 10;
    settings.t2_ms = 80;
    struct fixture *fixture = fixture_new(&settings);
    fixture->on_request = reply_ok;
    from_client(fixture, "PUBLISH", via_b1);
    elapse(fixture, 639);
    from_client(fixture, "PUBLISH", via_b1);
    ck_assert_uint_eq(fixture->requests, 1);
    elapse(fixture, 1);
    from_client(fixture, "PUBLISH", via_b1);
    ck_assert_uint_eq(fixture->requests, 2);
    fixture_free(fixture);
}
END_TEST

static void reply_and_find(struct fixture *fixture, struct incoming *incoming)
{
    struct server_transaction *transaction = transaction_begin(fixture->layer, incoming);
    const struct sip_message *kept = transaction_keep(transaction, incoming);
    uint64_t handle = transaction_handle(transaction);
    ck_assert_ptr_eq(transaction_find(fixture->layer, handle), transaction);
    transaction_reply(fixture->layer, transaction, BYTES("SIP/2.0 200 OK\r\n\r\n"), STORE_NOTHING);
    ck_assert_ptr_null(transaction_find(fixture->layer, handle));
    /* still readable, and still refuses to say more */
    ck_assert_uint_eq(transaction_handle(transaction), handle);
    ck_assert(bytes_equal(kept->call_id, BYTES("call-1@example.com")));
    transaction_reply(fixture->layer, transaction, BYTES("SIP/2.0 500 No\r\n\r\n"), STORE_NOTHING);
}

START_TEST(timer_j_is_zero_on_streams)
{
    struct fixture *fixture = fixture_new(NULL);
    struct net_flow flow = tcp_from(fixture, "127.0.0.2:40000");
    fixture->on_request = reply_and_find;
    receive(fixture, flow, request_text(fixture, "PUBLISH", via_tcp));
    ck_assert_uint_eq(fixture->net.sent_count, 1);
    ck_assert_uint_eq(last_flow(fixture)->connection, flow.connection);
    elapse(fixture, 0);
    receive(fixture, flow, request_text(fixture, "PUBLISH", via_tcp));
    ck_assert_uint_eq(fixture->requests, 2);
    fixture_free(fixture);
}
END_TEST

START_TEST(trying_discards_retransmissions)
{
    struct fixture *fixture = fixture_new(NULL);
    fixture->on_request = begin_only;
    from_client(fixture, "MESSAGE", via_b1);
    elapse(fixture, 500);
    from_client(fixture, "MESSAGE", via_b1);
    ck_assert_uint_eq(fixture->requests, 1);
    ck_assert_uint_eq(fixture->net.sent_count, 0);
    ck_assert_uint_eq(count_of(fixture, METRIC_retransmissions_absorbed), 1);
    ck_assert_uint_eq(fixture->net.unanswered, 1); /* one answer is for both */
    fixture_free(fixture);
}
END_TEST

/* RFC 4320 4.1: not before timer E reaches T2 (500 + 1000 + 2000 ms), then surely, on any
 * transport.
 */
static void check_delayed_100(struct fixture *fixture, struct net_flow flow, const char *via)
{
    fixture->on_request = begin_only;
    receive(fixture, flow, request_text(fixture, "MESSAGE", via));
    elapse(fixture, 3499);
    ck_assert_uint_eq(fixture->net.sent_count, 0);
    elapse(fixture, 1);
    ck_assert_uint_eq(fixture->net.sent_count, 1);
    ck_assert(starts(last_text(fixture), "SIP/2.0 100 Trying\r\n"));
    /* RFC 3261 8.2.6.1 */
    ck_assert_ptr_nonnull(strstr(last_text(fixture), "\r\nTimestamp: 54\r\n"));
    ck_assert_ptr_nonnull(strstr(last_text(fixture), "\r\nTo: <sip:bob@example.com>\r\n"));
    elapse(fixture, 500); /* RFC 3261 17.2.2: Proceeding repeats the provisional response */
    receive(fixture, flow, request_text(fixture, "MESSAGE", via));
    ck_assert_uint_eq(fixture->net.sent_count, 2);
    ck_assert(starts(last_text(fixture), "SIP/2.0 100 Trying\r\n"));
    ck_assert_uint_eq(fixture->requests, 1);
    ck_assert_uint_eq(fixture->net.unanswered, 1);
    fixture_free(fixture);
}

START_TEST(rfc4320_4_1_delayed_100_udp)
{
    check_delayed_100(fixture_new(NULL), udp_from("127.0.0.2:5070"), via_b1);
}
END_TEST

START_TEST(rfc4320_4_1_delayed_100_stream)
{
    struct fixture *fixture = fixture_new(NULL);
    check_delayed_100(fixture, tcp_from(fixture, "127.0.0.2:40000"), via_tcp);
}
END_TEST

static void begin_and_keep(struct fixture *fixture, struct incoming *incoming)
{
    struct server_transaction *transaction = transaction_begin(fixture->layer, incoming);
    const struct sip_message *kept = transaction_keep(transaction, incoming);
    ck_assert_ptr_eq(transaction_keep(transaction, incoming), kept);
    ck_assert_ptr_ne(kept, incoming->message);
    ck_assert(kept->raw.at != incoming->message->raw.at);
    ck_assert(bytes_equal(kept->raw, incoming->message->raw));
    ck_assert(bytes_equal(kept->via.branch, incoming->message->via.branch));
    fixture->kept = kept;
    fixture->begun = transaction_handle(transaction);
}

static void begin_and_remember(struct fixture *fixture, struct incoming *incoming)
{
    fixture->begun = transaction_handle(transaction_begin(fixture->layer, incoming));
}

static void reply_later(struct fixture *fixture, const char *response, struct store_change after)
{
    struct server_transaction *transaction = transaction_find(fixture->layer, fixture->begun);
    ck_assert_ptr_nonnull(transaction);
    transaction_reply(fixture->layer, transaction, bytes_of(response), after);
}

START_TEST(keeps_a_copy_until_the_reply)
{
    struct fixture *fixture = fixture_new(NULL);
    fixture->on_request = begin_and_keep;
    from_client(fixture, "MESSAGE", via_b1);
    elapse(fixture, 5000);
    ck_assert(bytes_equal(fixture->kept->method_name, BYTES("MESSAGE")));
    reply_later(fixture, "SIP/2.0 202 Accepted\r\n\r\n", STORE_NOTHING);
    ck_assert(bytes_equal(fixture->kept->from.tag, BYTES("a1"))); /* until the turn ends */
    ck_assert_str_eq(last_text(fixture), "SIP/2.0 202 Accepted\r\n\r\n");
    elapse(fixture, 0);
    from_client(fixture, "MESSAGE", via_b1);
    ck_assert_uint_eq(fixture->net.sent_count, 3); /* 100, 202, 202 */
    ck_assert_str_eq(last_text(fixture), "SIP/2.0 202 Accepted\r\n\r\n");
    fixture_free(fixture);
}
END_TEST

/* RFC 4320 4.2: who cannot answer in time says nothing. */
START_TEST(rfc4320_4_2_no_late_response)
{
    struct fixture *fixture = fixture_new(NULL);
    fixture->on_request = begin_and_remember;
    from_client(fixture, "MESSAGE", via_b1);
    elapse(fixture, 31999);
    ck_assert_ptr_nonnull(transaction_find(fixture->layer, fixture->begun));
    elapse(fixture, 1);
    ck_assert_ptr_null(transaction_find(fixture->layer, fixture->begun));
    ck_assert_uint_eq(fixture->net.sent_count, 1); /* the 100 */
    fixture_free(fixture);
}
END_TEST

START_TEST(rfc4320_4_2_no_408)
{
    struct fixture *fixture = fixture_new(NULL);
    fixture->on_request = begin_and_remember;
    from_client(fixture, "MESSAGE", via_b1);
    elapse(fixture, 31000);
    char timeout[TEXT_MAX];
    snprintf(timeout, sizeof(timeout), "SIP/2.0 408 Request Timeout%s",
             strchr(last_text(fixture), '\r'));
    reply_later(fixture, timeout, STORE_NOTHING);
    ck_assert_uint_eq(fixture->net.sent_count, 1); /* the 100 */
    from_client(fixture, "MESSAGE", via_b1);
    ck_assert(starts(last_text(fixture), "SIP/2.0 100 "));
    elapse(fixture, 1000);
    ck_assert_uint_eq(fixture->net.sent_count, 2);
    ck_assert_uint_eq(fixture->requests, 1);
    fixture_free(fixture);
}
END_TEST

START_TEST(held_until_durable)
{
    struct fixture *fixture = fixture_new(NULL);
    fixture->on_request = reply_held;
    from_client(fixture, "PUBLISH", via_b1);
    from_client(fixture, "PUBLISH", via_b1);
    ck_assert_uint_eq(fixture->requests, 1);
    ck_assert_uint_eq(fixture->net.sent_count, 0);
    ck_assert_uint_eq(store_step(fixture->store, PARTITIONS, 9, STORE_DURABLE), 1);
    ck_assert_uint_eq(fixture->net.sent_count, 1);
    ck_assert(starts(last_text(fixture), "SIP/2.0 200 OK\r\n"));
    from_client(fixture, "PUBLISH", via_b1);
    ck_assert_uint_eq(fixture->net.sent_count, 2);
    fixture_free(fixture);
}
END_TEST

START_TEST(refused_change_becomes_500)
{
    struct fixture *fixture = fixture_new(NULL);
    fixture->on_request = reply_held;
    from_client(fixture, "PUBLISH", via_b1);
    store_step(fixture->store, PARTITIONS, 9, STORE_REFUSED);
    ck_assert_uint_eq(fixture->net.sent_count, 1);
    struct sip_message message;
    ck_assert(verdict_ok(sip_message_parse(bytes_of(last_text(fixture)), true, &message)));
    ck_assert_uint_eq(message.status, 500);
    ck_assert(bytes_equal(message.via.branch, BYTES("z9hG4bKb1")));
    ck_assert(bytes_equal(message.to.tag, BYTES("tag")));
    ck_assert(bytes_equal(message.from.tag, BYTES("a1")));
    ck_assert(bytes_equal(message.call_id, BYTES("call-1@example.com")));
    from_client(fixture, "PUBLISH", via_b1); /* and stays 500 */
    ck_assert_uint_eq(fixture->requests, 1);
    ck_assert(starts(last_text(fixture), "SIP/2.0 500 "));
    fixture_free(fixture);
}
END_TEST

START_TEST(held_reply_gets_a_100_and_is_dropped_when_too_late)
{
    struct fixture *fixture = fixture_new(NULL);
    fixture->on_request = reply_held;
    from_client(fixture, "PUBLISH", via_b1);
    elapse(fixture, 3500);
    ck_assert_uint_eq(fixture->net.sent_count, 1);
    ck_assert(starts(last_text(fixture), "SIP/2.0 100 Trying\r\n"));
    elapse(fixture, 28500);
    store_step(fixture->store, PARTITIONS, 9, STORE_DURABLE);
    ck_assert_uint_eq(fixture->net.sent_count, 1);
    fixture_free(fixture);
}
END_TEST

START_TEST(second_final_response_is_ignored)
{
    struct fixture *fixture = fixture_new(NULL);
    fixture->on_request = begin_and_remember;
    from_client(fixture, "MESSAGE", via_b1);
    reply_later(fixture, "SIP/2.0 202 Accepted\r\n\r\n", STORE_NOTHING);
    reply_later(fixture, "SIP/2.0 480 Gone\r\n\r\n", STORE_NOTHING);
    from_client(fixture, "MESSAGE", via_b1);
    ck_assert_uint_eq(fixture->net.sent_count, 2);
    ck_assert_str_eq(last_text(fixture), "SIP/2.0 202 Accepted\r\n\r\n");
    fixture_free(fixture);
}
END_TEST

START_TEST(oldest_completed_gives_way)
{
    struct transaction_settings settings = with_server_max(2);
    struct fixture *fixture = fixture_new(&settings);
    fixture->on_request = reply_ok;
    from_client(fixture, "PUBLISH", via_b1);
    from_client(fixture, "PUBLISH", via_b2);
    ck_assert_uint_eq(count_of(fixture, METRIC_transactions_evicted), 0);
    from_client(fixture, "PUBLISH", via_b3);
    ck_assert_uint_eq(count_of(fixture, METRIC_transactions_evicted), 1);
    from_client(fixture, "PUBLISH", via_b2); /* the newer ones are still known */
    from_client(fixture, "PUBLISH", via_b3);
    ck_assert_uint_eq(fixture->requests, 3);
    from_client(fixture, "PUBLISH", via_b1); /* the oldest is not */
    ck_assert_uint_eq(fixture->requests, 4);
    fixture_free(fixture);
}
END_TEST

START_TEST(too_many_unfinished_are_refused_with_503)
{
    struct transaction_settings settings = with_server_max(1);
    struct fixture *fixture = fixture_new(&settings);
    fixture->on_request = begin_only;
    from_client(fixture, "MESSAGE", via_b1);
    fixture->on_request = reply_ok;
    from_client(fixture, "PUBLISH", via_b2);
    ck_assert_uint_eq(fixture->net.sent_count, 1);
    ck_assert(starts(last_text(fixture), "SIP/2.0 503 "));
    ck_assert_ptr_nonnull(strstr(last_text(fixture), "\r\nRetry-After: "));
    ck_assert_uint_eq(count_of(fixture, METRIC_transactions_refused), 1);
    ck_assert_uint_eq(count_of(fixture, METRIC_transactions_evicted), 0);
    fixture_free(fixture);
}
END_TEST

/* A request that is kept costs what it holds; what has ended costs nothing. */
START_TEST(memory_is_bounded)
{
    struct transaction_settings settings = transaction_settings_default();
    settings.server_max_bytes = 1;
    struct fixture *fixture = fixture_new(&settings);
    fixture->on_request = reply_ok;
    from_client(fixture, "PUBLISH", via_b1);
    from_client(fixture, "PUBLISH", via_b2);
    ck_assert_uint_eq(count_of(fixture, METRIC_transactions_evicted), 1);
    from_client(fixture, "PUBLISH", via_b2); /* still known */
    ck_assert_uint_eq(fixture->requests, 2);
    elapse(fixture, 32000);
    fixture->on_request = begin_and_keep;
    from_client(fixture, "MESSAGE", via_b1);
    from_client(fixture, "MESSAGE", via_b1);
    fixture->on_request = reply_ok;
    from_client(fixture, "PUBLISH", via_b2);
    ck_assert(starts(last_text(fixture), "SIP/2.0 503 "));
    reply_later(fixture, "SIP/2.0 202 Accepted\r\n\r\n", STORE_NOTHING);
    elapse(fixture, 32000);
    from_client(fixture, "PUBLISH", via_b3);
    ck_assert(starts(last_text(fixture), "SIP/2.0 200 "));
    ck_assert_uint_eq(count_of(fixture, METRIC_transactions_evicted), 1);
    fixture_free(fixture);
}
END_TEST

/* What the user keeps for requests is memory for them, too. */
START_TEST(what_was_charged_counts)
{
    struct transaction_settings settings = transaction_settings_default();
    settings.server_max_bytes = 100000;
    struct fixture *fixture = fixture_new(&settings);
    fixture->on_request = reply_ok;
    transaction_charge(fixture->layer, 99000);
    from_client(fixture, "PUBLISH", via_b1);
    ck_assert(starts(last_text(fixture), "SIP/2.0 200 "));
    transaction_charge(fixture->layer, 1000);
    from_client(fixture, "PUBLISH", via_b2);
    ck_assert(starts(last_text(fixture), "SIP/2.0 503 "));
    ck_assert_uint_eq(count_of(fixture, METRIC_transactions_refused), 1);
    transaction_discharge(fixture->layer, 100000);
    from_client(fixture, "PUBLISH", via_b3);
    ck_assert(starts(last_text(fixture), "SIP/2.0 200 "));
    fixture_free(fixture);
}
END_TEST

static void publish_many(struct fixture *fixture)
{
    char via[128];
    for (int i = 0; i < 3000; i++) {
        snprintf(via, sizeof(via), "SIP/2.0/UDP 127.0.0.2:5070;branch=z9hG4bK%d", i);
        from_client(fixture, "PUBLISH", via);
        if (i % 10 == 0)
            elapse(fixture, 1);
    }
}

/* Thousands at once: queues, tables and the end of the turn keep up. */
START_TEST(many_come_and_go)
{
    struct fixture *fixture = fixture_new(NULL);
    fixture->on_request = reply_ok;
    publish_many(fixture);
    publish_many(fixture);
    ck_assert_uint_eq(fixture->requests, 3000);
    ck_assert_uint_eq(fixture->net.sent_count, 6000);
    elapse(fixture, 32000);
    ck_assert_uint_eq(wheel_next_ms(fixture->world.wheel), UINT64_MAX); /* nothing is left */
    publish_many(fixture);
    ck_assert_uint_eq(fixture->requests, 6000);
    fixture_free(fixture);
}
END_TEST

START_TEST(ends_with_work_under_way)
{
    struct fixture *fixture = fixture_new(NULL);
    fixture->on_request = reply_held;
    from_client(fixture, "PUBLISH", via_b1);
    fixture->on_request = begin_and_keep;
    from_client(fixture, "PUBLISH", via_b2);
    fixture->on_request = reply_and_find;
    receive(fixture, tcp_from(fixture, "127.0.0.2:40000"),
            request_text(fixture, "PUBLISH", via_tcp));
    fixture_free(fixture);
}
END_TEST

UNIT_MAIN("server transactions", completed_answers_retransmissions_until_timer_j,
          timer_j_scales_with_t1, timer_j_is_zero_on_streams, trying_discards_retransmissions,
          rfc4320_4_1_delayed_100_udp, rfc4320_4_1_delayed_100_stream, keeps_a_copy_until_the_reply,
          rfc4320_4_2_no_late_response, rfc4320_4_2_no_408, held_until_durable,
          refused_change_becomes_500, held_reply_gets_a_100_and_is_dropped_when_too_late,
          second_final_response_is_ignored, oldest_completed_gives_way,
          too_many_unfinished_are_refused_with_503, memory_is_bounded, what_was_charged_counts,
          many_come_and_go, ends_with_work_under_way)
