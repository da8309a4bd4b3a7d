/* merged_test.c: the same request by two ways (RFC 3261 8.2.2.2). */
#include "fixture.h"

struct twice {
    struct fixture *fixture;
    struct net_flow flow;
    bool merged; /* what was said of the last request */
    bool replies;
    bool passes_on; /* does not ask */
};

static void begin(struct fixture *fixture, struct incoming *incoming)
{
    struct twice *twice = fixture->context;
    twice->merged = !twice->passes_on && transaction_is_merged(fixture->layer, incoming->message);
    if (twice->merged)
        return;
    struct server_transaction *transaction = transaction_begin(fixture->layer, incoming);
    if (twice->replies)
        transaction_reply(fixture->layer, transaction, BYTES("SIP/2.0 486 Busy\r\n\r\n"),
                          STORE_NOTHING);
}

static struct twice twice_new(bool replies)
{
    struct twice twice = {.fixture = fixture_new(NULL), .replies = replies};
    twice.flow = udp_from("127.0.0.2:5070");
    twice.fixture->on_request = begin;
    return twice;
}

struct request {
    const char *method, *branch, *from_tag, *to_tag, *call_id;
    unsigned cseq;
};

static const struct request first = {"INVITE", "z9hG4bK1", "a1", "", "c1", 1};

static bool is_merged(struct twice *twice, const struct request *request)
{
    char text[TEXT_MAX];
    twice->fixture->context = twice;
    snprintf(text, sizeof(text),
             "%s sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.2:5070;branch=%s\r\n"
             "From: <sip:alice@example.com>;tag=%s\r\nTo: <sip:bob@example.com>%s\r\n"
             "Call-ID: %s\r\nCSeq: %u %s\r\nContent-Length: 0\r\n\r\n",
             request->method, request->branch, request->from_tag, request->to_tag, request->call_id,
             request->cseq, request->method);
    unsigned before = twice->fixture->requests;
    receive(twice->fixture, twice->flow, text);
    ck_assert_uint_eq(twice->fixture->requests, before + 1);
    return twice->merged;
}

static struct request second(void)
{
    struct request request = first;
    request.branch = "z9hG4bK2";
    return request;
}

/* RFC 3261 8.2.2.2 */
START_TEST(rfc3261_8_2_2_2_another_branch)
{
    struct twice twice = twice_new(false);
    struct request other = second();
    ck_assert(!is_merged(&twice, &first));
    ck_assert(is_merged(&twice, &other));
    ck_assert(is_merged(&twice, &other));
    fixture_free(twice.fixture);
}
END_TEST

START_TEST(every_part_counts)
{
    struct twice twice = twice_new(false);
    struct request others[] = {second(), second(), second(), second(), second()};
    others[0].from_tag = "a2";
    others[1].call_id = "c2";
    others[1].branch = "z9hG4bK-call-id";
    others[2].cseq = 2;
    others[2].branch = "z9hG4bK-cseq";
    others[3].method = "MESSAGE";
    others[4].method = "DANCE"; /* one that we do not know */
    ck_assert(!is_merged(&twice, &first));
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        ck_assert_msg(!is_merged(&twice, &others[i]), "case %zu", i);
    others[4].branch = "z9hG4bK3";
    ck_assert(is_merged(&twice, &others[4]));
    others[4].method = "LEAP";
    ck_assert(!is_merged(&twice, &others[4]));
    fixture_free(twice.fixture);
}
END_TEST

/* While it lingers too; afterwards it is a new request. */
START_TEST(until_it_ends)
{
    struct twice twice = twice_new(true);
    struct request other = second();
    ck_assert(!is_merged(&twice, &first));
    elapse(twice.fixture, 31999);
    ck_assert(is_merged(&twice, &other));
    elapse(twice.fixture, 1);
    ck_assert(!is_merged(&twice, &other));
    fixture_free(twice.fixture);
}
END_TEST

/* On a stream a non-INVITE does not linger. */
START_TEST(over_with_its_transaction)
{
    struct twice twice = twice_new(true);
    struct request message = first, other = second();
    message.method = other.method = "MESSAGE";
    twice.flow = tcp_from(twice.fixture, "127.0.0.2:40000");
    ck_assert(!is_merged(&twice, &message));
    ck_assert(!is_merged(&twice, &other));
    fixture_free(twice.fixture);
}
END_TEST

/* What is in a dialog has one place to go to. */
START_TEST(with_a_to_tag_nothing_merges)
{
    struct twice twice = twice_new(false);
    struct request inside = first, other = second();
    inside.to_tag = ";tag=b1";
    ck_assert(!is_merged(&twice, &inside));
    ck_assert(!is_merged(&twice, &other));
    fixture_free(twice.fixture);
}
END_TEST

/* Who passes a request on does not ask, and leaves the judgement to its receiver (RFC 3261 16.3).
 */
START_TEST(what_is_passed_on_is_not_compared)
{
    struct twice twice = twice_new(false);
    struct request other = second(), third = second();
    third.branch = "z9hG4bK3";
    twice.passes_on = true;
    ck_assert(!is_merged(&twice, &first));
    twice.passes_on = false;
    ck_assert(!is_merged(&twice, &other));
    ck_assert(is_merged(&twice, &third));
    fixture_free(twice.fixture);
}
END_TEST

UNIT_MAIN("merged requests", rfc3261_8_2_2_2_another_branch, every_part_counts, until_it_ends,
          over_with_its_transaction, with_a_to_tag_nothing_merges,
          what_is_passed_on_is_not_compared)
