/* step_source.c: a source that asks too often (guard.c). It is one sender's fault and not the
 * server's state, so the answer is 500 with Retry-After (RFC 3261 21.5.1) and not 503. Trusted
 * addresses and our own host are not counted. */
#include "front/front_internal.h"
#include "front/relay.h"

static void drop(const struct front_request *request)
{
    const struct front_parts *parts = &request->front->parts;
    metrics_count(parts->metrics, METRIC_messages_dropped);
    net_unanswered(parts->net, &request->incoming->flow);
}

static bool pass(struct front_passage *passage)
{
    struct front_request *request = &passage->request;
    struct front *front = request->front;
    const struct net_address *source = &request->incoming->flow.remote;
    request->from_trusted = front_trusts(front, source); /* for others, too: it is asked once */
    if (net_address_is_loopback(source) || request->from_trusted)
        return true;
    enum guard_word word = guard_ask(front->parts.guard, source);
    if (word == GUARD_PASS)
        return true;
    if (word == GUARD_DROP || !front_can_answer(request))
        drop(request);
    else
        front_refuse_later(request, 500, "Too many requests from this address",
                           front->settings.retry_after_s);
    return false;
}

const struct front_step step_source = {.name = "source", .spec = "RFC 3261 21.5.1", .pass = pass};
