/* requests.h: requests that a test sends, and what becomes of them. */
#ifndef TESTS_TRANSACTION_REQUESTS_H
#define TESTS_TRANSACTION_REQUESTS_H

#include "fixture.h"

struct outcome {
    struct fixture *fixture;
    unsigned calls, status;
    bool response, flow; /* given */
};

static inline void note(void *context, const struct client_answer *answer)
{
    struct outcome *outcome = context;
    outcome->calls++;
    ck_assert(answer->last); /* a request that is no INVITE is reported once */
    outcome->status = answer->status;
    outcome->response = answer->response != NULL;
    outcome->flow = answer->flow != NULL;
    if (answer->response != NULL)
        ck_assert_uint_eq(answer->response->status, answer->status);
}

/* A NOTIFY without a way. */
static inline struct client_request notify(struct fixture *fixture, struct outcome *outcome)
{
    outcome->fixture = fixture;
    return (struct client_request){
        .line = BYTES("NOTIFY sip:bob@example.com SIP/2.0\r\n"),
        .head = BYTES("From: <sip:alice@example.com>;tag=a1\r\nTo: <sip:bob@example.com>;tag=b1\r\n"
                      "Call-ID: c1\r\nCSeq: 1 NOTIFY\r\nContent-Length: 0\r\n\r\n"),
        .method = SIP_NOTIFY,
        .method_name = BYTES("NOTIFY"),
        .partition = 17,
        .answer = note,
        .context = outcome,
    };
}

/* The same with the body "body" on its way by a flow, a next hop, or both. */
static inline uint64_t notify_hop(struct fixture *fixture, const struct net_flow *flow,
                                  const char *next_hop, struct outcome *outcome)
{
    struct client_request request = notify(fixture, outcome);
    struct blob *body = blob_new(BYTES("body"));
    request.head = BYTES("From: <sip:alice@example.com>;tag=a1\r\nTo: <sip:bob@example.com>;tag=b1"
                         "\r\nCall-ID: c1\r\nCSeq: 1 NOTIFY\r\nContent-Length: 4\r\n\r\n");
    request.flow = flow;
    request.next_hop = bytes_of(next_hop);
    request.body = body;
    uint64_t handle = transaction_request(fixture->layer, &request);
    blob_unref(&body);
    return handle;
}

static inline uint64_t notify_flow(struct fixture *fixture, const struct net_flow *flow,
                                   struct outcome *outcome)
{
    return notify_hop(fixture, flow, NULL, outcome);
}

static inline uint64_t notify_udp(struct fixture *fixture, struct outcome *outcome)
{
    struct net_flow flow = udp_from("127.0.0.2:5070");
    return notify_flow(fixture, &flow, outcome);
}

#endif
