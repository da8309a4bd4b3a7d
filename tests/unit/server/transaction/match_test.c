/* match_test.c: which requests are the same one (RFC 3261 17.2.3). */
#include "fixture.h"

static void begin(struct fixture *fixture, struct incoming *incoming)
{
    if (incoming->message->method != SIP_ACK)
        ck_assert_ptr_nonnull(transaction_begin(fixture->layer, incoming));
}

static void decline(struct fixture *fixture, struct incoming *incoming)
{
    if (incoming->message->method == SIP_ACK)
        return;
    transaction_reply(fixture->layer, transaction_begin(fixture->layer, incoming),
                      BYTES("SIP/2.0 603 Decline\r\n\r\n"), STORE_NOTHING);
}

/* True when a second request with this method and Via is a retransmission of the first. */
static bool same(struct fixture *fixture, const char *method, const char *via)
{
    unsigned before = fixture->requests;
    receive(fixture, udp_from("127.0.0.2:5070"), request_text(fixture, method, via));
    return fixture->requests == before;
}

START_TEST(rfc3261_branch_sent_by_and_method)
{
    struct fixture *fixture = fixture_new(NULL);
    fixture->on_request = begin;
    ck_assert(!same(fixture, "MESSAGE", "SIP/2.0/UDP pc.example.com;branch=z9hG4bKa"));
    ck_assert(same(fixture, "MESSAGE", "SIP/2.0/UDP pc.example.com;branch=z9hG4bKa"));
    /* hosts have no case, 5060 is meant when no port is said, other parameters do not matter */
    ck_assert(same(fixture, "MESSAGE", "SIP/2.0/UDP PC.Example.com:5060;x=y;branch=z9hG4bKa"));
    ck_assert(!same(fixture, "MESSAGE", "SIP/2.0/UDP pc.example.com:5061;branch=z9hG4bKa"));
    ck_assert(!same(fixture, "MESSAGE", "SIP/2.0/UDP other.example.com;branch=z9hG4bKa"));
    ck_assert(!same(fixture, "MESSAGE", "SIP/2.0/UDP pc.example.com;branch=z9hG4bKb"));
    ck_assert(!same(fixture, "INFO", "SIP/2.0/UDP pc.example.com;branch=z9hG4bKa"));
    fixture_free(fixture);
}
END_TEST

START_TEST(ack_belongs_to_its_invite)
{
    struct fixture *fixture = fixture_new(NULL);
    fixture->on_request = decline;
    ck_assert(!same(fixture, "ACK", "SIP/2.0/UDP pc.example.com;branch=z9hG4bKa"));
    ck_assert(!same(fixture, "INVITE", "SIP/2.0/UDP pc.example.com;branch=z9hG4bKa"));
    ck_assert(same(fixture, "INVITE", "SIP/2.0/UDP pc.example.com;branch=z9hG4bKa"));
    ck_assert_uint_eq(fixture->net.sent_count, 2);
    ck_assert(same(fixture, "ACK", "SIP/2.0/UDP pc.example.com;branch=z9hG4bKa"));
    ck_assert_uint_eq(fixture->net.sent_count, 2); /* nothing answers an ACK */
    fixture_free(fixture);
}
END_TEST

struct old {
    const char *uri, *from_tag, *to_tag, *call_id;
    unsigned cseq;
    const char *method, *via;
};

static bool same_old(struct fixture *fixture, const struct old *old)
{
    unsigned before = fixture->requests;
    char text[TEXT_MAX];
    snprintf(text, sizeof(text),
             "%s %s SIP/2.0\r\nVia: %s\r\nFrom: <sip:alice@example.com>%s\r\n"
             "To: <sip:bob@example.com>%s\r\nCall-ID: %s\r\nCSeq: %u %s\r\n"
             "Content-Length: 0\r\n\r\n",
             old->method, old->uri, old->via, old->from_tag, old->to_tag, old->call_id, old->cseq,
             old->method);
    receive(fixture, udp_from("127.0.0.2:5070"), text);
    return fixture->requests == before;
}

START_TEST(rfc2543_all_of_six)
{
    const struct old first = {"sip:bob@example.com",       ";tag=a", "", "c1", 7, "MESSAGE",
                              "SIP/2.0/UDP 127.0.0.2:5070"};
    struct old other[7];
    for (int i = 0; i < 7; i++)
        other[i] = first;
    other[0].uri = "sip:carol@example.com";
    other[1].from_tag = ";tag=b";
    other[2].to_tag = ";tag=t";
    other[3].call_id = "c2";
    other[4].cseq = 8;
    other[5].method = "INFO";
    other[6].via = "SIP/2.0/UDP 127.0.0.2:5070;branch=1"; /* without the magic cookie */
    struct fixture *fixture = fixture_new(NULL);
    fixture->on_request = begin;
    ck_assert(!same_old(fixture, &first));
    ck_assert(same_old(fixture, &first));
    for (int i = 0; i < 7; i++)
        ck_assert_msg(!same_old(fixture, &other[i]), "difference %d", i);
    for (int i = 0; i < 7; i++)
        ck_assert_msg(same_old(fixture, &other[i]), "repetition %d", i);
    fixture_free(fixture);
}
END_TEST

/* The ACK has the To tag of the response, which the INVITE could not know; a CANCEL has its own
 * method, and that of its INVITE when it looks for it. */
START_TEST(rfc2543_invite_ack_and_cancel)
{
    const struct old invite = {"sip:bob@example.com",       ";tag=a", "", "c1", 7, "INVITE",
                               "SIP/2.0/UDP 127.0.0.2:5070"};
    struct old ack = invite, cancel = invite, other = invite;
    struct fixture *fixture = fixture_new(NULL);
    ack.method = "ACK";
    ack.to_tag = ";tag=of-the-answer";
    cancel.method = "CANCEL";
    fixture->on_request = decline;
    ck_assert(!same_old(fixture, &invite));
    ck_assert(same_old(fixture, &cancel));
    ck_assert_uint_eq(fixture->net.sent_count, 2);
    ck_assert(starts(last_text(fixture), "SIP/2.0 200 "));
    ck_assert(same_old(fixture, &ack));
    ck_assert(same_old(fixture, &ack));
    other.call_id = ack.call_id = "c2";
    ck_assert(!same_old(fixture, &ack));
    ck_assert(!same_old(fixture, &other));
    fixture_free(fixture);
}
END_TEST

/* libpurple repeats branch and CSeq in the request with credentials: after a stateless answer it is
 * a new request. */
static void challenge(struct fixture *fixture, struct incoming *incoming)
{
    char text[TEXT_MAX];
    struct buffer out = buffer_over(text, sizeof(text));
    transaction_write(fixture->layer, incoming, &out, 401, NULL, BYTES(""));
    sip_write_body(&out, BYTES(""), BYTES(""));
    transaction_refuse(fixture->layer, incoming, buffer_bytes(&out));
}

START_TEST(a_stateless_answer_leaves_nothing)
{
    struct fixture *fixture = fixture_new(NULL);
    fixture->on_request = challenge;
    ck_assert(!same(fixture, "SUBSCRIBE", "SIP/2.0/UDP 127.0.0.2:5070;branch=z9hG4bKa"));
    char first[TEXT_MAX];
    snprintf(first, sizeof(first), "%s", last_text(fixture));
    ck_assert(!same(fixture, "SUBSCRIBE", "SIP/2.0/UDP 127.0.0.2:5070;branch=z9hG4bKa"));
    ck_assert_str_eq(last_text(fixture), first); /* RFC 3261 8.2.7: the same To tag too */
    ck_assert_ptr_nonnull(strstr(first, "\r\nTo: <sip:bob@example.com>;tag="));
    ck_assert_uint_eq(count_of(fixture, METRIC_transactions_server), 0);
    ck_assert(!same(fixture, "SUBSCRIBE", "SIP/2.0/UDP 127.0.0.2:5070;branch=z9hG4bKc"));
    ck_assert_str_ne(strstr(last_text(fixture), "\r\nTo:"), strstr(first, "\r\nTo:"));
    fixture_free(fixture);
}
END_TEST

UNIT_MAIN("matching", rfc3261_branch_sent_by_and_method, ack_belongs_to_its_invite,
          rfc2543_all_of_six, rfc2543_invite_ack_and_cancel, a_stateless_answer_leaves_nothing)
