/* cancelled_test.c: CANCEL (RFC 3261 9.2). */
#include "calls.h"

static bool last_has(const struct call *call, const char *text)
{
    return strstr(last_text(call->fixture), text) != NULL;
}

/* 200 with the To tag of the INVITE's own responses, then the user learns of it, once. */
static void check_cancelled(bool stream, void (*on_request)(struct fixture *, struct incoming *))
{
    struct call *call = call_new(NULL, stream);
    call->fixture->on_request = on_request;
    call_send(call, "INVITE", "", "");
    call_reply(call, 180, 1);
    call_send(call, "CANCEL", "", "Reason: SIP;cause=200\r\n");
    ck_assert_uint_eq(sent(call), 3);
    ck_assert(last_is(call, "SIP/2.0 200 OK\r\n"));
    ck_assert(last_has(call, "\r\nCSeq: 1 CANCEL\r\n"));
    ck_assert(last_has(call, "\r\nTo: <sip:bob@example.com>;tag=b1\r\n"));
    ck_assert_uint_eq(call->seen.cancelled, 1);
    ck_assert_str_eq(call->seen.reason, "SIP;cause=200");
    call_reply(call, 487, 2);
    ck_assert(last_is(call, "SIP/2.0 487 "));
    ck_assert_uint_eq(call->fixture->requests, 1);
    ck_assert_uint_eq(call->cancels, 0);
    call_free(call);
}

/* RFC 3261 9.2 */
START_TEST(rfc3261_9_2_cancelled)
{
    check_cancelled(false, call_begin);
    check_cancelled(true, call_begin);
    check_cancelled(false, call_begin_and_keep);
}
END_TEST

/* The CANCEL has a transaction of its own: it comes again, and is answered again. */
START_TEST(repeated_cancels_are_absorbed)
{
    struct call *call = call_new(NULL, false);
    char first[TEXT_MAX];
    call_send(call, "INVITE", "", "");
    call_send(call, "CANCEL", "", "");
    snprintf(first, sizeof(first), "%s", last_text(call->fixture));
    call_reply(call, 487, 1);
    call_send(call, "ACK", "b1", "");
    elapse(call->fixture, 10000); /* the INVITE has gone */
    ck_assert(!call_lives(call));
    call_send(call, "CANCEL", "", "");
    ck_assert_str_eq(last_text(call->fixture), first);
    ck_assert_uint_eq(count_of(call->fixture, METRIC_retransmissions_absorbed), 1);
    ck_assert_uint_eq(call->seen.cancelled, 1);
    elapse(call->fixture, 22000); /* timer J */
    call_send(call, "CANCEL", "", "");
    ck_assert_uint_eq(call->cancels, 1);
    call_free(call);
}
END_TEST

/* On a stream its transaction is over with the 200; the next one finds the INVITE again. */
START_TEST(repeated_on_a_stream)
{
    struct call *call = call_new(NULL, true);
    call_send(call, "INVITE", "", "");
    for (unsigned i = 1; i <= 3; i++) {
        call_send(call, "CANCEL", "", "");
        elapse(call->fixture, 0);
        ck_assert_uint_eq(sent(call), 1 + i);
        ck_assert(last_is(call, "SIP/2.0 200 "));
    }
    ck_assert_uint_eq(call->seen.cancelled, 1);
    ck_assert_uint_eq(call->cancels, 0);
    call_free(call);
}
END_TEST

/* Without a response that had a tag, it is the one that our own refusals of the INVITE would have.
 */
START_TEST(the_tag_before_any_answer)
{
    struct transaction_settings settings = transaction_settings_default();
    settings.invite_max_s = 60;
    struct call *call = call_new(&settings, false);
    char tag[128];
    call->fixture->on_request = call_begin_and_keep;
    call_send(call, "INVITE", "", "");
    call_send(call, "CANCEL", "", "");
    const char *at = strstr(last_text(call->fixture), "\r\nTo: <sip:bob@example.com>;tag=");
    ck_assert_ptr_nonnull(at);
    snprintf(tag, sizeof(tag), "%.*s", (int)strcspn(at + 2, "\r") + 2, at);
    elapse(call->fixture, 60000);
    ck_assert(last_is(call, "SIP/2.0 408 "));
    ck_assert(last_has(call, tag));
    call_free(call);
}
END_TEST

/* RFC 3261 9.2: after a final response 200 and no effect. */
static void check_too_late(unsigned status)
{
    struct call *call = call_new(NULL, true);
    call_send(call, "INVITE", "", "");
    call_reply(call, status, 1);
    call_send(call, "CANCEL", "", "");
    ck_assert(last_is(call, "SIP/2.0 200 OK\r\n"));
    ck_assert(last_has(call, "\r\nTo: <sip:bob@example.com>;tag=b1\r\n"));
    ck_assert_uint_eq(call->seen.cancelled, 0);
    ck_assert(call_lives(call));
    ck_assert_uint_eq(sent(call), 3);
    call_free(call);
}

/* RFC 3261 9.2 */
START_TEST(too_late)
{
    check_too_late(200);
    check_too_late(486);
}
END_TEST

START_TEST(too_late_when_it_is_settled)
{
    struct call *call = call_new(NULL, false);
    call_send(call, "INVITE", "", "");
    call_reply_after(call, 200, 1, change(call->fixture));
    call_send(call, "CANCEL", "", "");
    ck_assert(last_is(call, "SIP/2.0 200 OK\r\n"));
    ck_assert_uint_eq(call->seen.cancelled, 0);
    store_step(call->fixture->store, PARTITIONS, 1, STORE_DURABLE);
    ck_assert(last_is(call, "SIP/2.0 200 Answer 1\r\n"));
    call_free(call);
}
END_TEST

/* RFC 3261 9.2: 481 is for the user to say. */
START_TEST(nothing_to_cancel_goes_up)
{
    struct call *call = call_new(NULL, false);
    call_send(call, "CANCEL", "", "");
    ck_assert_uint_eq(call->cancels, 1);
    call_send(call, "INVITE", "", "");
    call->via = "SIP/2.0/UDP 127.0.0.2:5070;branch=z9hG4bKother";
    call_send(call, "CANCEL", "", "");
    ck_assert_uint_eq(call->cancels, 2);
    ck_assert_uint_eq(call->seen.cancelled, 0);
    call_free(call);
}
END_TEST

/* Whoever the INVITE was forked to knows its branch: a CANCEL comes from where the INVITE came. */
START_TEST(from_another_host_it_is_no_cancel)
{
    struct call *call = call_new(NULL, false);
    call_send(call, "INVITE", "", "");
    call->flow = udp_from("127.0.0.3:5070");
    call_send(call, "CANCEL", "", "");
    ck_assert_uint_eq(call->cancels, 1);
    ck_assert_uint_eq(call->seen.cancelled, 0);
    call->flow = udp_from("127.0.0.2:6666"); /* a NAT may change the port */
    call_send(call, "CANCEL", "", "");
    ck_assert_uint_eq(call->cancels, 1);
    ck_assert_uint_eq(call->seen.cancelled, 1);
    call_free(call);
}
END_TEST

/* RFC 3261 9.2: the CANCEL of another method has no impact, and is answered 200 all the same, while
 * it runs and behind its answer. */
START_TEST(other_methods_go_on)
{
    static const char *const methods[] = {"MESSAGE", "REGISTER", "BYE", "REFER", "OPTIONS"};
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        struct call *call = call_new(NULL, false);
        call_send(call, methods[i], "", "");
        call_send(call, "CANCEL", "", "");
        ck_assert(last_is(call, "SIP/2.0 200 OK\r\n"));
        ck_assert_uint_eq(call->cancels, 0);
        ck_assert(call_lives(call));
        call_reply(call, 486, 1);
        ck_assert(last_is(call, "SIP/2.0 486 "));
        call_free(call);
    }
}
END_TEST

/* With the To tag of what was answered. */
START_TEST(behind_the_answer_of_another_method)
{
    struct call *call = call_new(NULL, false);
    call_send(call, "MESSAGE", "", "");
    call_reply(call, 202, 1);
    call_send(call, "CANCEL", "", "");
    ck_assert(last_is(call, "SIP/2.0 200 OK\r\n"));
    ck_assert_ptr_nonnull(strstr(last_text(call->fixture), ";tag=b1\r\n"));
    elapse(call->fixture, 33000);
    call_send(call, "CANCEL", "", "");
    ck_assert_uint_eq(call->cancels, 1);
    call_free(call);
}
END_TEST

/* Methods that we do not know have no name to try, and RFC 2543 had no CANCEL but for INVITEs. */
START_TEST(what_is_not_tried_goes_up)
{
    struct call *call = call_new(NULL, false);
    call_send(call, "DANCE", "", "");
    call_send(call, "CANCEL", "", "");
    ck_assert_uint_eq(call->cancels, 1);
    call->via = "SIP/2.0/UDP 127.0.0.2:5070;branch=1";
    call_send(call, "MESSAGE", "", "");
    call_send(call, "CANCEL", "", "");
    ck_assert_uint_eq(call->cancels, 2);
    call_free(call);
}
END_TEST

/* When there is no room for the CANCEL's own transaction it is done all the same. */
START_TEST(without_room)
{
    struct transaction_settings settings = transaction_settings_default();
    settings.server_max = 1;
    struct call *call = call_new(&settings, false);
    call_send(call, "INVITE", "", "");
    call_send(call, "CANCEL", "", "");
    call_send(call, "CANCEL", "", "");
    ck_assert_uint_eq(sent(call), 3);
    ck_assert(last_is(call, "SIP/2.0 200 "));
    ck_assert_uint_eq(call->seen.cancelled, 1);
    ck_assert(call_lives(call));
    call_reply(call, 487, 1);
    call_send(call, "CANCEL", "", ""); /* the INVITE gives way to it, after it was matched */
    ck_assert(last_is(call, "SIP/2.0 200 "));
    ck_assert(!call_lives(call));
    call_free(call);
}
END_TEST

static void refuse_when_cancelled(void *context, const struct sip_message *cancel)
{
    (void)cancel;
    call_reply(context, 487, 1);
}

static void begin_and_refuse_when_cancelled(struct fixture *fixture, struct incoming *incoming)
{
    call_begin(fixture, incoming);
    const struct server_watch watch = {refuse_when_cancelled, NULL, call_of(fixture)};
    transaction_watch(transaction_find(fixture->layer, fixture->begun), &watch);
}

/* The 200 leaves before what the user says to it. */
START_TEST(answered_inside_the_notice)
{
    struct call *call = call_new(NULL, true);
    call->fixture->on_request = begin_and_refuse_when_cancelled;
    call_send(call, "INVITE", "", "");
    call_send(call, "CANCEL", "", "");
    ck_assert_uint_eq(sent(call), 3);
    ck_assert(last_is(call, "SIP/2.0 487 "));
    call_send(call, "ACK", "b1", "");
    elapse(call->fixture, 0);
    ck_assert(!call_lives(call));
    call_free(call);
}
END_TEST

UNIT_MAIN("CANCEL", rfc3261_9_2_cancelled, repeated_cancels_are_absorbed, repeated_on_a_stream,
          the_tag_before_any_answer, too_late, too_late_when_it_is_settled,
          nothing_to_cancel_goes_up, from_another_host_it_is_no_cancel, other_methods_go_on,
          behind_the_answer_of_another_method, what_is_not_tried_goes_up, without_room,
          answered_inside_the_notice)
