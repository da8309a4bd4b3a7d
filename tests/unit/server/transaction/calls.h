/* calls.h: INVITEs, their ACKs and CANCELs, and a user that answers them as the test says. */
#ifndef TESTS_TRANSACTION_CALLS_H
#define TESTS_TRANSACTION_CALLS_H

#include "fixture.h"

/* What became of the last INVITE that was begun. */
struct seen {
    unsigned cancelled, ended;
    char reason[64]; /* of the CANCEL */
};

struct call {
    struct fixture *fixture;
    struct net_flow flow;
    const char *via;
    struct seen seen;
    unsigned acks, cancels; /* that came up */
};

static inline void call_cancelled(void *context, const struct sip_message *cancel)
{
    struct call *call = context;
    struct bytes reason = BYTES("");
    for (int i = 0; i < cancel->count; i++)
        if (bytes_equal_nocase(cancel->fields[i].name, BYTES("Reason")))
            reason = cancel->fields[i].value;
    ck_assert_int_eq(cancel->method, SIP_CANCEL);
    snprintf(call->seen.reason, sizeof(call->seen.reason), "%.*s", BYTES_ARGS(reason));
    call->seen.cancelled++;
}

static inline void call_ended(void *context)
{
    struct call *call = context;
    call->seen.ended++;
}

/* A message of the call: `extra` may be "", or whole field lines. */
static inline void call_send(struct call *call, const char *method, const char *to_tag,
                             const char *extra)
{
    char text[TEXT_MAX];
    snprintf(text, sizeof(text),
             "%s sip:bob@example.com SIP/2.0\r\nVia: %s\r\nFrom: <sip:alice@example.com>;tag=a1\r\n"
             "To: <sip:bob@example.com>%s%s\r\nCall-ID: call-1@example.com\r\nCSeq: 1 %s\r\n"
             "Max-Forwards: 70\r\n%sContent-Length: 0\r\n\r\n",
             method, call->via, to_tag[0] != '\0' ? ";tag=" : "", to_tag, method, extra);
    receive(call->fixture, call->flow, text);
}

/* The answer of the user's, with its own To tag; `number` tells answers apart. */
static inline void call_reply_after(struct call *call, unsigned status, unsigned number,
                                    struct store_change after)
{
    char text[TEXT_MAX];
    struct transaction_layer *layer = call->fixture->layer;
    struct server_transaction *transaction = transaction_find(layer, call->fixture->begun);
    ck_assert_ptr_nonnull(transaction);
    snprintf(text, sizeof(text),
             "SIP/2.0 %u Answer %u\r\nVia: %s\r\nFrom: <sip:alice@example.com>;tag=a1\r\n"
             "To: <sip:bob@example.com>;tag=b1\r\nCall-ID: call-1@example.com\r\nCSeq: 1 INVITE\r\n"
             "Content-Length: 0\r\n\r\n",
             status, number, call->via);
    transaction_reply(layer, transaction, bytes_of(text), after);
    memset(text, 'x', sizeof(text));
}

static inline void call_reply(struct call *call, unsigned status, unsigned number)
{
    call_reply_after(call, status, number, STORE_NOTHING);
}

/* The fixture of a call whose user begins a transaction and answers later. */
static inline struct call *call_of(struct fixture *fixture)
{
    return fixture->context;
}

static inline void call_begin(struct fixture *fixture, struct incoming *incoming)
{
    struct call *call = call_of(fixture);
    enum sip_method method = incoming->message->method;
    call->acks += method == SIP_ACK;
    call->cancels += method == SIP_CANCEL;
    if (method == SIP_ACK || method == SIP_CANCEL)
        return;
    struct server_transaction *transaction = transaction_begin(fixture->layer, incoming);
    ck_assert_ptr_nonnull(transaction);
    fixture->begun = transaction_handle(transaction);
    const struct server_watch watch = {call_cancelled, call_ended, call};
    if (method == SIP_INVITE)
        transaction_watch(transaction, &watch);
}

static inline void call_begin_and_keep(struct fixture *fixture, struct incoming *incoming)
{
    call_begin(fixture, incoming);
    struct server_transaction *transaction = transaction_find(fixture->layer, fixture->begun);
    if (incoming->message->method == SIP_INVITE)
        fixture->kept = transaction_keep(transaction, incoming);
}

static inline struct call *call_new(const struct transaction_settings *settings, bool stream)
{
    struct call *call = memory_new(sizeof(*call));
    call->fixture = fixture_new(settings);
    call->fixture->context = call;
    call->fixture->on_request = call_begin;
    call->flow = stream ? tcp_from(call->fixture, "127.0.0.2:40000") : udp_from("127.0.0.2:5070");
    call->via = stream ? "SIP/2.0/TCP 127.0.0.2:5070;branch=z9hG4bKcall"
                       : "SIP/2.0/UDP 127.0.0.2:5070;branch=z9hG4bKcall";
    return call;
}

static inline void call_free(struct call *call)
{
    fixture_free(call->fixture);
    free(call);
}

static inline bool call_lives(const struct call *call)
{
    return transaction_find(call->fixture->layer, call->fixture->begun) != NULL;
}

static inline size_t sent(const struct call *call)
{
    return call->fixture->net.sent_count;
}

static inline bool last_is(const struct call *call, const char *with)
{
    return starts(last_text(call->fixture), with);
}

#endif
