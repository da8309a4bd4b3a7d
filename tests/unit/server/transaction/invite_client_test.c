/* invite_client_test.c: the INVITE client transaction (RFC 3261 17.1.1 with RFC 6026): its timers,
 * and what is reported. */
#include "invites.h"

/* Elapses until this long after the beginning, and expects that by then so many were sent, the last
 * of them right then. */
static void sent_at(struct fixture *fixture, uint64_t begin_ms, uint64_t at_ms, size_t count)
{
    elapse(fixture, begin_ms + at_ms - 1 - fixture->world.now_ms);
    ck_assert_uint_eq(fixture->net.sent_count, count - 1);
    elapse(fixture, 1);
    ck_assert_uint_eq(fixture->net.sent_count, count);
}

static void check_timers_a_and_b(unsigned t1_ms)
{
    struct transaction_settings settings = transaction_settings_default();
    settings.t1_ms = t1_ms;
    settings.t2_ms = 2 * t1_ms; /* timer A does not stop at T2 */
    struct fixture *fixture = fixture_new(&settings);
    struct call call = {0};
    uint64_t begin_ms = fixture->world.now_ms;
    invite_udp(fixture, &call);
    size_t count = 1;
    for (uint64_t at_ms = t1_ms; at_ms < (uint64_t)64 * t1_ms; at_ms = 2 * at_ms + t1_ms) {
        sent_at(fixture, begin_ms, at_ms, ++count);
        ck_assert_str_eq(fixture->net.sent[0].text, last_text(fixture));
    }
    ck_assert_uint_eq(count, 7); /* 17.1.1.2: the time of seven requests */
    elapse(fixture, begin_ms + (uint64_t)64 * t1_ms - 1 - fixture->world.now_ms);
    ck_assert_uint_eq(call.count, 0);
    elapse(fixture, 1);
    ck_assert_uint_eq(call.count, 1);
    ck_assert_uint_eq(call.told[0], 408);
    ck_assert(!call.response[0] && call.flow[0] && call.lasts == 1);
    ck_assert_uint_eq(fixture->net.sent_count, 7); /* no ACK for a timeout */
    ck_assert_uint_eq(wheel_next_ms(fixture->world.wheel), UINT64_MAX);
    fixture_free(fixture);
}

START_TEST(timer_a_doubles_and_timer_b_ends)
{
    check_timers_a_and_b(500);
}
END_TEST

START_TEST(timers_a_and_b_scale_with_t1)
{
    check_timers_a_and_b(10);
    check_timers_a_and_b(2000);
}
END_TEST

START_TEST(streams_have_timer_b_but_no_timer_a)
{
    struct fixture *fixture = fixture_new(NULL);
    struct net_flow flow = tcp_from(fixture, "127.0.0.2:40000");
    struct call call = {0};
    invite_hop(fixture, &flow, NULL, &call);
    elapse(fixture, 31999);
    ck_assert_uint_eq(fixture->net.sent_count, 1);
    ck_assert_uint_eq(call.count, 0);
    elapse(fixture, 1);
    ck_assert_uint_eq(call.told[0], 408);
    ck_assert_uint_eq(fixture->net.sent_count, 1);
    fixture_free(fixture);
}
END_TEST

/* 17.1.1.2: after any provisional response nothing is repeated and no timer runs; those over 100
 * are reported. */
START_TEST(proceeding_waits_for_ever)
{
    for (unsigned status = 100; status <= 199; status += 99) {
        struct fixture *fixture = fixture_new(NULL);
        struct call call = {0};
        invite_udp(fixture, &call);
        elapse(fixture, 1600);
        ck_assert_uint_eq(fixture->net.sent_count, 3);
        answer(fixture, 0, status);
        ck_assert_uint_eq(wheel_next_ms(fixture->world.wheel), UINT64_MAX);
        elapse(fixture, 3600000);
        ck_assert_uint_eq(fixture->net.sent_count, 3);
        ck_assert_uint_eq(call.count, status == 100 ? 0 : 1);
        ck_assert_uint_eq(call.lasts, 0);
        answer(fixture, 0, 183);
        answer(fixture, 0, 180);
        answer(fixture, 0, 100);
        ck_assert_uint_eq(call.told[call.count - 2], 183);
        ck_assert_uint_eq(call.told[call.count - 1], 180);
        ck_assert(call.response[call.count - 1]);
        fixture_free(fixture);
    }
}
END_TEST

/* RFC 6026 8.4, 8.5: every 2xx goes up for timer M, the same one again too (a proxy passes on
 * each); failures and provisional ones that come now are dropped. */
static void check_timer_m(struct net_flow (*way)(struct fixture *, const char *), unsigned t1_ms)
{
    struct transaction_settings settings = transaction_settings_default();
    settings.t1_ms = t1_ms;
    struct fixture *fixture = fixture_new(&settings);
    struct net_flow flow = way(fixture, "127.0.0.2:40000");
    struct call call = {0};
    invite_hop(fixture, &flow, NULL, &call);
    answer(fixture, 0, 180);
    answer(fixture, 0, 200);
    elapse(fixture, 64 * t1_ms - 1);
    answer(fixture, 0, 200);
    answer_with(fixture, 0, 202, "b2", "");
    answer(fixture, 0, 180);
    answer(fixture, 0, 486);
    ck_assert_uint_eq(call.count, 4);
    ck_assert_uint_eq(call.told[1], 200);
    ck_assert_uint_eq(call.told[2], 200);
    ck_assert_uint_eq(call.told[3], 202);
    ck_assert_uint_eq(call.lasts, 0);
    elapse(fixture, 1);
    ck_assert_uint_eq(call.count, 5);
    ck_assert_uint_eq(call.told[4], 0);
    ck_assert(!call.response[4] && call.flow[4] && call.lasts == 1);
    answer(fixture, 0, 200); /* stray: RFC 6026 7.2 has nobody forward it */
    ck_assert_uint_eq(call.count, 5);
    ck_assert_uint_eq(count_of(fixture, METRIC_responses_stray), 1);
    ck_assert_uint_eq(fixture->net.sent_count, 1); /* the ACK for a 2xx is the user's */
    fixture_free(fixture);
}

static struct net_flow udp_way(struct fixture *fixture, const char *peer)
{
    (void)fixture;
    return udp_from(peer);
}

START_TEST(timer_m_over_udp)
{
    check_timer_m(udp_way, 500);
    check_timer_m(udp_way, 100);
}
END_TEST

START_TEST(timer_m_over_streams)
{
    check_timer_m(tcp_from, 500);
    check_timer_m(tcp_from, 100);
}
END_TEST

START_TEST(a_2xx_without_a_provisional_one)
{
    struct fixture *fixture = fixture_new(NULL);
    struct call call = {0};
    invite_udp(fixture, &call);
    answer(fixture, 0, 200);
    ck_assert_uint_eq(call.count, 1);
    elapse(fixture, 31999);
    ck_assert_uint_eq(fixture->net.sent_count, 1); /* timer A has ended */
    ck_assert_uint_eq(call.count, 1);
    elapse(fixture, 1);
    ck_assert_uint_eq(call.count, 2);
    ck_assert_uint_eq(call.told[1], 0);
    fixture_free(fixture);
}
END_TEST

START_TEST(a_failure_is_reported_once_and_last)
{
    static const unsigned statuses[] = {300, 302, 404, 487, 500, 503, 600, 699};
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        struct fixture *fixture = fixture_new(NULL);
        struct call call = {0};
        invite_udp(fixture, &call);
        answer(fixture, 0, 180);
        answer(fixture, 0, statuses[i]);
        ck_assert_uint_eq(call.count, 2);
        ck_assert_uint_eq(call.told[1], statuses[i]);
        ck_assert(call.response[1] && call.lasts == 1);
        answer(fixture, 0, statuses[i]);
        elapse(fixture, 100000);
        ck_assert_uint_eq(call.count, 2);
        fixture_free(fixture);
    }
}
END_TEST

/* 17.1.4, before and after a provisional response. */
START_TEST(a_lost_connection_is_503)
{
    for (unsigned provisional = 0; provisional < 2; provisional++) {
        struct fixture *fixture = fixture_new(NULL);
        struct net_flow flow = tcp_from(fixture, "127.0.0.2:40000");
        struct call call = {0};
        invite_hop(fixture, &flow, NULL, &call);
        if (provisional)
            answer(fixture, 0, 180);
        fixture->net.open[flow.connection] = false;
        fixture->net.handler.closed(fixture->net.handler.context, flow.connection, ERR_IO);
        ck_assert_uint_eq(call.lasts, 0); /* not inside the net's call */
        elapse(fixture, 0);
        ck_assert_uint_eq(call.told[call.count - 1], 503);
        ck_assert(!call.response[call.count - 1] && call.lasts == 1);
        fixture_free(fixture);
    }
}
END_TEST

/* RFC 6026: what was accepted stays so, whatever becomes of the connection. */
START_TEST(accepted_outlives_its_connection)
{
    struct fixture *fixture = fixture_new(NULL);
    struct net_flow flow = tcp_from(fixture, "127.0.0.2:40000");
    struct call call = {0};
    invite_hop(fixture, &flow, NULL, &call);
    answer(fixture, 0, 200);
    fixture->net.open[flow.connection] = false;
    fixture->net.handler.closed(fixture->net.handler.context, flow.connection, ERR_IO);
    elapse(fixture, 31999);
    answer(fixture, 0, 200);
    ck_assert_uint_eq(call.count, 2);
    ck_assert_uint_eq(call.told[1], 200);
    elapse(fixture, 1);
    ck_assert_uint_eq(call.count, 3);
    ck_assert_uint_eq(call.told[2], 0);
    fixture_free(fixture);
}
END_TEST

START_TEST(waits_for_its_change)
{
    struct fixture *fixture = fixture_new(NULL);
    struct net_flow flow = udp_from("127.0.0.2:5070");
    struct call call = {0};
    struct client_request request = invite(fixture, &call);
    request.flow = &flow;
    request.after = change(fixture);
    transaction_request(fixture->layer, &request);
    elapse(fixture, 40000);
    ck_assert_uint_eq(fixture->net.sent_count, 0);
    store_step(fixture->store, PARTITIONS, 9, STORE_DURABLE);
    ck_assert_uint_eq(fixture->net.sent_count, 1);
    fixture_free(fixture);
}
END_TEST

/* The receiver is going: nothing more is reported, the phone stops ringing, and what comes later
 * disturbs nobody. */
START_TEST(a_forgotten_invite_is_cancelled)
{
    struct fixture *fixture = fixture_new(NULL);
    struct call call = {0};
    invite_udp(fixture, &call);
    answer(fixture, 0, 180);
    transaction_forget(fixture->layer, call.handle);
    ck_assert(starts(last_text(fixture), "CANCEL "));
    answer(fixture, 1, 200);
    answer(fixture, 0, 200); /* it was too late: nobody acknowledges */
    elapse(fixture, 100000);
    ck_assert_uint_eq(fixture->net.sent_count, 2);
    ck_assert_uint_eq(call.count, 1);
    ck_assert_uint_eq(wheel_next_ms(fixture->world.wheel), UINT64_MAX);
    fixture_free(fixture);
}
END_TEST

START_TEST(a_forgotten_accepted_invite_goes_on_in_silence)
{
    struct fixture *fixture = fixture_new(NULL);
    struct call call = {0};
    invite_udp(fixture, &call);
    answer(fixture, 0, 200);
    transaction_forget(fixture->layer, call.handle);
    answer(fixture, 0, 200);
    ck_assert_uint_eq(count_of(fixture, METRIC_responses_stray), 0);
    elapse(fixture, 100000);
    ck_assert_uint_eq(call.count, 1);
    ck_assert_uint_eq(fixture->net.sent_count, 1);
    fixture_free(fixture);
}
END_TEST

START_TEST(ends_in_every_state)
{
    struct fixture *fixture = fixture_new(NULL);
    struct call calls[4] = {0};
    for (unsigned i = 0; i < 4; i++)
        invite_udp(fixture, &calls[i]);
    answer(fixture, 1, 180);
    answer(fixture, 2, 200);
    answer(fixture, 3, 486);
    transaction_cancel(fixture->layer, calls[1].handle, BYTES("SIP;cause=200"));
    transaction_layer_free(&fixture->layer);
    ck_assert_uint_eq(wheel_next_ms(fixture->world.wheel), UINT64_MAX);
    fixture_free(fixture);
}
END_TEST

UNIT_MAIN("INVITE client transactions", timer_a_doubles_and_timer_b_ends,
          timers_a_and_b_scale_with_t1, streams_have_timer_b_but_no_timer_a,
          proceeding_waits_for_ever, timer_m_over_udp, timer_m_over_streams,
          a_2xx_without_a_provisional_one, a_failure_is_reported_once_and_last,
          a_lost_connection_is_503, accepted_outlives_its_connection, waits_for_its_change,
          a_forgotten_invite_is_cancelled, a_forgotten_accepted_invite_goes_on_in_silence,
          ends_in_every_state)
