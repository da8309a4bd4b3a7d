/* send.c: one request to one target. */
#include "proxy/send.h"

#include <assert.h>

#include "proxy_internal.h"

uint64_t dispatch_send(struct proxy *proxy, const struct dispatch *dispatch, unsigned *why)
{
    const struct front_request *request = dispatch->request;
    bool alive = dispatch->flow != NULL && net_alive(proxy->parts->net, dispatch->flow);
    struct forwarded written;
    const struct forward forward = {
        .request = request,
        .uri = dispatch->uri,
        .route = dispatch->route,
        .flow = alive ? dispatch->flow : NULL,
        .breadth = dispatch->breadth,
    };
    *why = 430;
    if (dispatch->flow_only && !alive)
        return 0;
    *why = 513;
    if (!forward_write(proxy, &forward, &written))
        return 0;
    const struct client_request client = {
        .line = written.line,
        .head = written.head,
        .method = request->message->method,
        .method_name = request->message->method_name,
        .flow = forward.flow,
        .next_hop = dispatch->flow_only ? BYTES("") : written.next_hop,
        .speaker = forward_speaker(proxy, request),
        .partition = request->partition,
        .loop_key = dispatch->loop_key,
        .after = dispatch->after,
        .answer = dispatch->answer,
        .add = dispatch->add,
        .context = dispatch->context,
    };
    uint64_t handle = transaction_request(proxy->parts->transactions, &client);
    *why = handle == 0 ? 503 : 0;
    return handle;
}

size_t proxy_find(struct proxy *proxy, struct front_request *request, struct proxy_target *targets)
{
    struct choice *choice = &proxy->found;
    if (!verdict_ok(choose_targets(proxy, request, false, choice).verdict))
        return 0;
    if (choice->count > proxy->settings.targets_max) {
        metrics_count(proxy->parts->metrics, METRIC_forks_limited);
        choice->count = proxy->settings.targets_max;
    }
    memcpy(targets, choice->targets, choice->count * sizeof(targets[0]));
    return choice->count;
}

bool proxy_redirects(const struct proxy *proxy)
{
    return proxy->settings.mode == PROXY_REDIRECT;
}

uint32_t proxy_breadth(const struct proxy *proxy, const struct front_request *request)
{
    return breadth_of(proxy, request);
}

uint64_t proxy_send(struct proxy *proxy, const struct proxy_sending *sending, unsigned *why)
{
    const struct proxy_target *target = sending->target;
    assert(sending->answer != NULL && sending->breadth > 0);
    const struct dispatch dispatch = {
        .request = sending->request,
        .uri = target->uri,
        .route = target->route,
        .flow = target->flow,
        .flow_only = target->flow_only,
        .breadth = sending->breadth,
        .loop_key = loop_key(proxy, sending->request),
        .after = sending->after,
        .answer = sending->answer,
        .context = sending->context,
    };
    return dispatch_send(proxy, &dispatch, why);
}

void proxy_best_consider(struct proxy *proxy, struct proxy_best *best,
                         const struct incoming *incoming, const struct client_answer *answer)
{
    assert(answer->response != NULL && answer->flow != NULL);
    const struct answered answered = {answer->response, &answer->flow->remote,
                                      &incoming->flow.remote};
    answer_consider(proxy, best, &answered);
}

void proxy_best_release(struct proxy *proxy, struct proxy_best *best)
{
    answer_release(proxy, best);
}
