/* invites.h: INVITEs that a test sends, and everything that is reported of them. */
#ifndef TESTS_TRANSACTION_INVITES_H
#define TESTS_TRANSACTION_INVITES_H

#include "requests.h"

enum { TOLD_MAX = 64, VALUE_MAX = 512 };

struct call {
    struct fixture *fixture;
    unsigned count, lasts;
    unsigned told[TOLD_MAX]; /* the statuses */
    bool response[TOLD_MAX], flow[TOLD_MAX];
    uint64_t handle;
};

static inline void note_call(void *context, const struct client_answer *answer)
{
    struct call *call = context;
    ck_assert_uint_lt(call->count, TOLD_MAX);
    ck_assert_uint_eq(call->lasts, 0); /* nothing comes after the last */
    call->told[call->count] = answer->status;
    call->response[call->count] = answer->response != NULL;
    call->flow[call->count] = answer->flow != NULL;
    call->count++;
    call->lasts += answer->last;
    if (answer->response != NULL)
        ck_assert_uint_eq(answer->response->status, answer->status);
}

/* An INVITE with routes and a body, without a way. */
static inline struct client_request invite(struct fixture *fixture, struct call *call)
{
    call->fixture = fixture;
    return (struct client_request){
        .line = BYTES("INVITE sip:bob@192.0.2.4:5080;transport=udp SIP/2.0\r\n"),
        .head = BYTES("Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKcaller\r\nMax-Forwards: 69\r\n"
                      "Route: <sip:p1.example.com;lr>, <sip:p2.example.com;lr>\r\n"
                      "f: \"Alice\" <sip:alice@example.com>;tag=a1\r\nTo: <sip:bob@example.com>\r\n"
                      "Route: <sip:p3.example.com;lr>\r\n"
                      "i: call-1@example.com\r\nCSeq: 0314159 INVITE\r\n"
                      "Require: 100rel\r\nProxy-Require: sec-agree\r\n"
                      "Contact: <sip:alice@192.0.2.9>\r\nContent-Type: application/sdp\r\n"
                      "Content-Length: 4\r\n\r\nv=0\n"),
        .method = SIP_INVITE,
        .method_name = BYTES("INVITE"),
        .partition = 17,
        .answer = note_call,
        .context = call,
    };
}

static inline void invite_hop(struct fixture *fixture, const struct net_flow *flow,
                              const char *next_hop, struct call *call)
{
    struct client_request request = invite(fixture, call);
    request.flow = flow;
    request.next_hop = bytes_of(next_hop);
    call->handle = transaction_request(fixture->layer, &request);
    ck_assert_uint_ne(call->handle, 0);
}

static inline void invite_udp(struct fixture *fixture, struct call *call)
{
    struct net_flow flow = udp_from("127.0.0.2:5070");
    invite_hop(fixture, &flow, NULL, call);
}

/* What was sent as number `n`. */
static inline const char *sent_text(struct fixture *fixture, size_t n)
{
    ck_assert_uint_lt(n, fixture->net.sent_count);
    ck_assert_uint_le(fixture->net.sent_count - n, SENT_MAX);
    return fixture->net.sent[n % SENT_MAX].text;
}

/* A response to the message sent as number `n`, with this To tag and these fields. */
static inline void answer_with(struct fixture *fixture, size_t n, unsigned status, const char *tag,
                               const char *fields)
{
    char text[TEXT_MAX];
    struct buffer out = buffer_over(text, sizeof(text));
    struct sip_message message;
    struct bytes raw = bytes_of(sent_text(fixture, n));
    (void)sip_message_parse(raw, true, &message);
    sip_write_response(&out, &message, status, NULL, bytes_of(tag), BYTES(""), 0);
    buffer_text(&out, fields);
    sip_write_body(&out, BYTES(""), BYTES(""));
    buffer_char(&out, '\0');
    ck_assert(!out.overflow);
    receive(fixture, fixture->net.sent[n % SENT_MAX].flow, text);
}

static inline void answer(struct fixture *fixture, size_t n, unsigned status)
{
    answer_with(fixture, n, status, status == 100 ? "" : "b1", "");
}

/* The value of the first field of this name in a message, or "". */
static inline const char *field_of(const char *text, const char *name, char value[VALUE_MAX])
{
    char wanted[64];
    snprintf(wanted, sizeof(wanted), "\r\n%s: ", name);
    const char *at = strstr(text, wanted);
    value[0] = '\0';
    if (at != NULL) {
        at += strlen(wanted);
        snprintf(value, VALUE_MAX, "%.*s", (int)(strstr(at, "\r\n") - at), at);
    }
    return value;
}

#endif
