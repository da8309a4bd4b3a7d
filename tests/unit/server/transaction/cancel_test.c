/* cancel_test.c: CANCEL (RFC 3261 9.1). */
#include "invites.h"

static void cancel(struct fixture *fixture, struct call *call)
{
    transaction_cancel(fixture->layer, call->handle, BYTES(""));
}

/* 9.1, byte for byte: one Via, that of the INVITE; its Route; neither Require nor Proxy-Require;
 * and the Reason of RFC 3326. */
START_TEST(rfc3261_9_1_construction)
{
    struct fixture *fixture = fixture_new(NULL);
    struct call call = {0};
    char expected[TEXT_MAX], via[VALUE_MAX];
    invite_udp(fixture, &call);
    answer(fixture, 0, 180);
    transaction_cancel(fixture->layer, call.handle,
                       BYTES("SIP;cause=200;text=\"Call completed elsewhere\""));
    field_of(sent_text(fixture, 0), "Via", via);
    snprintf(expected, sizeof(expected),
             "CANCEL sip:bob@192.0.2.4:5080;transport=udp SIP/2.0\r\nVia: %s\r\n"
             "Max-Forwards: 70\r\n"
             "Route: <sip:p1.example.com;lr>, <sip:p2.example.com;lr>\r\n"
             "Route: <sip:p3.example.com;lr>\r\n"
             "From: \"Alice\" <sip:alice@example.com>;tag=a1\r\nTo: <sip:bob@example.com>\r\n"
             "Call-ID: call-1@example.com\r\nCSeq: 314159 CANCEL\r\n"
             "Reason: SIP;cause=200;text=\"Call completed elsewhere\"\r\n"
             "Content-Length: 0\r\n\r\n",
             via);
    ck_assert_uint_eq(fixture->net.sent_count, 2);
    ck_assert_str_eq(last_text(fixture), expected);
    ck_assert(net_flow_equal(last_flow(fixture), &fixture->net.sent[0].flow));
    ck_assert_uint_eq(count_of(fixture, METRIC_cancels_sent), 1);
    fixture_free(fixture);
}
END_TEST

/* The longest Via that there is, loop key and all, comes back in the CANCEL. */
START_TEST(the_via_is_the_same_however_long)
{
    struct fixture *fixture = fixture_new(NULL);
    struct net_flow flow = udp_from("127.0.0.2:5070");
    struct call call = {0};
    char name[128], via[VALUE_MAX], again[VALUE_MAX];
    memset(name, 'a', 92);
    snprintf(name + 92, sizeof(name) - 92, ":65535");
    fixture->net.public_host = name;
    struct client_request request = invite(fixture, &call);
    request.flow = &flow;
    request.loop_key = UINT64_MAX;
    call.handle = transaction_request(fixture->layer, &request);
    answer(fixture, 0, 180);
    cancel(fixture, &call);
    field_of(sent_text(fixture, 0), "Via", via);
    ck_assert_uint_gt(strlen(via), 160);
    ck_assert_str_eq(field_of(sent_text(fixture, 1), "Via", again), via);
    answer(fixture, 0, 487);
    ck_assert_str_eq(field_of(sent_text(fixture, 2), "Via", again), via);
    fixture_free(fixture);
}
END_TEST

START_TEST(a_reason_that_is_empty_or_too_long_is_left_out)
{
    char text[2000];
    memset(text, 'x', sizeof(text));
    for (size_t length = 0; length < sizeof(text); length += 512) {
        struct fixture *fixture = fixture_new(NULL);
        struct call call = {0};
        invite_udp(fixture, &call);
        answer(fixture, 0, 180);
        transaction_cancel(fixture->layer, call.handle, bytes_from(text, length));
        bool there = strstr(last_text(fixture), "\r\nReason: ") != NULL;
        ck_assert(starts(last_text(fixture), "CANCEL "));
        ck_assert(there == (length > 0 && length <= 1024));
        fixture_free(fixture);
    }
}
END_TEST

/* The INVITE goes on being repeated until somebody says anything, then the CANCEL leaves. */
START_TEST(waits_for_a_provisional_response)
{
    struct fixture *fixture = fixture_new(NULL);
    struct call call = {0};
    invite_udp(fixture, &call);
    cancel(fixture, &call);
    elapse(fixture, 1500);
    ck_assert_uint_eq(fixture->net.sent_count, 3);
    ck_assert(starts(last_text(fixture), "INVITE "));
    answer(fixture, 0, 100);
    ck_assert_uint_eq(fixture->net.sent_count, 4);
    ck_assert(starts(last_text(fixture), "CANCEL "));
    answer(fixture, 0, 180); /* no second one */
    cancel(fixture, &call);
    ck_assert_uint_eq(fixture->net.sent_count, 4);
    answer(fixture, 3, 200);
    ck_assert_uint_eq(call.count, 1); /* the 180: nobody hears of the CANCEL's 200 */
    answer(fixture, 0, 487);
    ck_assert_uint_eq(call.told[1], 487);
    ck_assert(call.response[1] && call.lasts == 1);
    ck_assert(starts(last_text(fixture), "ACK "));
    elapse(fixture, 100000);
    ck_assert_uint_eq(fixture->net.sent_count, 5);
    fixture_free(fixture);
}
END_TEST

/* Its own timers E and F, also when the INVITE has ended already. */
START_TEST(the_cancel_is_a_transaction_of_its_own)
{
    static const unsigned at_ms[] = {500,   1500,  3500,  7500,  11500,
                                     15500, 19500, 23500, 27500, 31500};
    struct fixture *fixture = fixture_new(NULL);
    struct call call = {0};
    uint64_t begin_ms = fixture->world.now_ms;
    invite_udp(fixture, &call);
    answer(fixture, 0, 180);
    cancel(fixture, &call);
    answer(fixture, 0, 487);
    ck_assert_uint_eq(call.lasts, 1);
    size_t count = fixture->net.sent_count; /* INVITE, CANCEL, ACK */
    for (size_t i = 0; i < sizeof(at_ms) / sizeof(at_ms[0]); i++) {
        elapse(fixture, begin_ms + at_ms[i] - fixture->world.now_ms);
        ck_assert_uint_eq(fixture->net.sent_count, ++count);
        ck_assert_str_eq(last_text(fixture), sent_text(fixture, 1));
    }
    elapse(fixture, 100000);
    ck_assert_uint_eq(fixture->net.sent_count, count);
    ck_assert_uint_eq(wheel_next_ms(fixture->world.wheel), UINT64_MAX);
    fixture_free(fixture);
}
END_TEST

/* 9.1: 64*T1 after the CANCEL the INVITE is over, whether the CANCEL was answered or not. */
static void check_no_final_response(unsigned t1_ms, bool answered)
{
    struct transaction_settings settings = transaction_settings_default();
    settings.t1_ms = t1_ms;
    struct fixture *fixture = fixture_new(&settings);
    struct net_flow flow = tcp_from(fixture, "127.0.0.2:40000");
    struct call call = {0};
    invite_hop(fixture, &flow, NULL, &call);
    answer(fixture, 0, 180);
    elapse(fixture, 200000);
    cancel(fixture, &call);
    if (answered)
        answer(fixture, 1, 200);
    elapse(fixture, 10 * t1_ms);
    answer(fixture, 0, 183); /* prolongs nothing */
    elapse(fixture, 54 * t1_ms - 1);
    ck_assert_uint_eq(call.lasts, 0);
    elapse(fixture, 1);
    ck_assert_uint_eq(call.told[2], 487);
    ck_assert(!call.response[2] && call.flow[2] && call.lasts == 1);
    ck_assert_uint_eq(wheel_next_ms(fixture->world.wheel), UINT64_MAX);
    fixture_free(fixture);
}

START_TEST(no_final_response_is_487)
{
    check_no_final_response(500, true);
    check_no_final_response(500, false);
    check_no_final_response(100, false);
}
END_TEST

START_TEST(no_response_at_all_is_487)
{
    struct fixture *fixture = fixture_new(NULL);
    struct call call = {0};
    invite_udp(fixture, &call);
    elapse(fixture, 1000);
    cancel(fixture, &call);
    elapse(fixture, 30999);
    ck_assert_uint_eq(call.count, 0);
    elapse(fixture, 1); /* timer B */
    ck_assert_uint_eq(call.told[0], 487);
    ck_assert(!call.response[0] && call.lasts == 1);
    ck_assert(starts(last_text(fixture), "INVITE ")); /* 9.1: no CANCEL before a provisional one */
    fixture_free(fixture);
}
END_TEST

START_TEST(nothing_after_a_final_response)
{
    struct fixture *fixture = fixture_new(NULL);
    struct call accepted = {0}, refused = {0};
    invite_udp(fixture, &accepted);
    answer(fixture, 0, 200);
    cancel(fixture, &accepted);
    ck_assert_uint_eq(fixture->net.sent_count, 1);
    invite_udp(fixture, &refused);
    answer(fixture, 1, 404);
    ck_assert_uint_eq(fixture->net.sent_count, 3);
    cancel(fixture, &refused);
    cancel(fixture, &refused);
    elapse(fixture, 100000);
    ck_assert_uint_eq(fixture->net.sent_count, 3);
    ck_assert_uint_eq(accepted.told[1], 0); /* timer M is untouched */
    ck_assert_uint_eq(refused.count, 1);
    ck_assert_uint_eq(count_of(fixture, METRIC_cancels_sent), 0);
    fixture_free(fixture);
}
END_TEST

/* The answer was under way already: it counts. */
START_TEST(a_2xx_overtakes_the_cancel)
{
    for (unsigned provisional = 0; provisional < 2; provisional++) {
        struct fixture *fixture = fixture_new(NULL);
        struct call call = {0};
        invite_udp(fixture, &call);
        if (provisional)
            answer(fixture, 0, 180);
        cancel(fixture, &call);
        answer(fixture, 0, 200);
        ck_assert_uint_eq(call.told[provisional], 200);
        elapse(fixture, 64 * 500);
        ck_assert_uint_eq(call.told[provisional + 1], 0);
        ck_assert_uint_eq(count_of(fixture, METRIC_cancels_sent), provisional);
        fixture_free(fixture);
    }
}
END_TEST

/* What has not left need not be called back. */
START_TEST(a_held_invite_ends_at_once)
{
    struct fixture *fixture = fixture_new(NULL);
    struct net_flow flow = udp_from("127.0.0.2:5070");
    struct call call = {0};
    struct client_request request = invite(fixture, &call);
    request.flow = &flow;
    request.after = change(fixture);
    call.handle = transaction_request(fixture->layer, &request);
    cancel(fixture, &call);
    cancel(fixture, &call);
    ck_assert_uint_eq(call.count, 0); /* not inside the call */
    elapse(fixture, 0);
    ck_assert_uint_eq(call.told[0], 487);
    ck_assert(!call.response[0] && !call.flow[0] && call.lasts == 1);
    store_step(fixture->store, PARTITIONS, 9, STORE_DURABLE);
    elapse(fixture, 100000);
    ck_assert_uint_eq(fixture->net.sent_count, 0);
    fixture_free(fixture);
}
END_TEST

START_TEST(a_resolving_invite_ends_at_once)
{
    struct fixture *fixture = fixture_new(NULL);
    struct call call = {0};
    invite_hop(fixture, NULL, "sip:host.example.com", &call);
    cancel(fixture, &call);
    ck_assert_uint_eq(fixture->net.lookup_count, 0); /* the lookup is cancelled too */
    elapse(fixture, 0);
    ck_assert_uint_eq(call.told[0], 487);
    ck_assert_uint_eq(call.lasts, 1);
    ck_assert_uint_eq(fixture->net.sent_count, 0);
    fixture_free(fixture);
}
END_TEST

/* It goes no other way. */
START_TEST(a_cancelled_invite_that_breaks_is_487)
{
    const struct net_target found[] = {{NET_TCP, address("127.0.0.8:5060")},
                                       {NET_UDP, address("127.0.0.9:5060")}};
    for (unsigned when = 0; when < 3; when++) {
        struct fixture *fixture = fixture_new(NULL);
        struct call call = {0};
        invite_hop(fixture, NULL, "sip:host.example.com", &call);
        fake_found(&fixture->net, found, 2);
        if (when == 1)
            answer(fixture, 0, 100);
        if (when < 2)
            cancel(fixture, &call);
        fixture->net.open[last_flow(fixture)->connection] = false;
        fixture->net.handler.closed(fixture->net.handler.context, last_flow(fixture)->connection,
                                    ERR_IO);
        if (when == 2)
            cancel(fixture, &call); /* between two ways */
        elapse(fixture, 0);
        elapse(fixture, 0);
        ck_assert_uint_eq(call.told[0], 487);
        ck_assert(!call.response[0] && call.flow[0] && call.lasts == 1);
        elapse(fixture, 40000);
        ck_assert_uint_eq(fixture->net.sent_count, when == 1 ? 2 : 1);
        fixture_free(fixture);
    }
}
END_TEST

START_TEST(a_cancelled_invite_keeps_its_503)
{
    const struct net_target found[] = {{NET_UDP, address("127.0.0.8:5060")},
                                       {NET_UDP, address("127.0.0.9:5060")}};
    struct fixture *fixture = fixture_new(NULL);
    struct call call = {0};
    invite_hop(fixture, NULL, "sip:host.example.com", &call);
    fake_found(&fixture->net, found, 2);
    cancel(fixture, &call);
    answer(fixture, 0, 503);
    ck_assert_uint_eq(call.told[0], 503);
    ck_assert(call.response[0] && call.lasts == 1);
    fixture_free(fixture);
}
END_TEST

/* 9.1: a CANCEL for anything but INVITE would always race. */
START_TEST(other_requests_are_not_cancelled)
{
    struct fixture *fixture = fixture_new(NULL);
    struct outcome outcome = {0};
    uint64_t handle = notify_udp(fixture, &outcome);
    response_to(fixture, 100);
    receive(fixture, udp_from("127.0.0.2:5070"), response_to(fixture, 100));
    transaction_cancel(fixture->layer, handle, BYTES("x"));
    elapse(fixture, 0);
    ck_assert_uint_eq(fixture->net.sent_count, 1);
    receive(fixture, udp_from("127.0.0.2:5070"), response_to(fixture, 200));
    ck_assert_uint_eq(outcome.status, 200);
    transaction_cancel(fixture->layer, 0, BYTES(""));
    transaction_cancel(fixture->layer, 12345, BYTES(""));
    fixture_free(fixture);
}
END_TEST

/* The callee cancels from within what it is told. */
static void cancel_when_told(void *context, const struct client_answer *answer)
{
    struct call *call = context;
    note_call(context, answer);
    transaction_cancel(call->fixture->layer, call->handle, BYTES("SIP;cause=487"));
}

START_TEST(cancelling_from_within)
{
    struct fixture *fixture = fixture_new(NULL);
    struct net_flow flow = udp_from("127.0.0.2:5070");
    struct call call = {0};
    struct client_request request = invite(fixture, &call);
    request.flow = &flow;
    request.answer = cancel_when_told;
    call.handle = transaction_request(fixture->layer, &request);
    answer(fixture, 0, 180);
    ck_assert_uint_eq(fixture->net.sent_count, 2);
    answer(fixture, 0, 183);
    answer(fixture, 0, 487);
    ck_assert_uint_eq(call.count, 3);
    ck_assert_uint_eq(count_of(fixture, METRIC_cancels_sent), 1);
    fixture_free(fixture);
}
END_TEST

/* A CANCEL is not refused for want of room: there is one for each INVITE at most. */
START_TEST(the_limits_do_not_hold_a_cancel_back)
{
    struct transaction_settings settings = transaction_settings_default();
    settings.client_max = 1;
    struct fixture *fixture = fixture_new(&settings);
    struct call call = {0};
    invite_udp(fixture, &call);
    answer(fixture, 0, 180);
    cancel(fixture, &call);
    ck_assert(starts(last_text(fixture), "CANCEL "));
    fixture_free(fixture);
}
END_TEST

UNIT_MAIN("CANCEL", rfc3261_9_1_construction, the_via_is_the_same_however_long,
          a_reason_that_is_empty_or_too_long_is_left_out, waits_for_a_provisional_response,
          the_cancel_is_a_transaction_of_its_own, no_final_response_is_487,
          no_response_at_all_is_487, nothing_after_a_final_response, a_2xx_overtakes_the_cancel,
          a_held_invite_ends_at_once, a_resolving_invite_ends_at_once,
          a_cancelled_invite_that_breaks_is_487, a_cancelled_invite_keeps_its_503,
          other_requests_are_not_cancelled, cancelling_from_within,
          the_limits_do_not_hold_a_cancel_back)
