/* step_method.c: who handles the method.
 *
 *   aimed at      by
 *   this server   the method's handler; OPTIONS: ourselves
 *   a service     the service's handler; OPTIONS: ourselves
 *   a user        the method's handler, else whoever relays
 *   a device      whoever relays; the method's handler if it is registered so
 *   elsewhere     likewise (any method, RFC 3261 16.3 step 1)
 *
 * Who relays registered SIP_METHOD_OTHER; a request for a user who does not exist has no bindings
 * to go to. */
#include <assert.h>

#include "front/front_internal.h"

static const struct front_method own_options = {SIP_OPTIONS, FRONT_ANYBODY, front_answer_options,
                                                NULL};

/* NULL: nobody. */
static const struct front_method *handler_of(const struct front *front, enum sip_method method)
{
    const struct front_method *found = &front->methods[method];
    return method != SIP_METHOD_OTHER && found->handle != NULL ? found : NULL;
}

static const struct front_method *relay_of(const struct front *front)
{
    const struct front_method *found = &front->methods[SIP_METHOD_OTHER];
    return found->handle != NULL ? found : NULL;
}

/* True for what begins something of its own. */
static bool wants(const struct front_method *handler, const struct front_request *request)
{
    return handler != NULL && (handler->needs & FRONT_EVERYWHERE) && !request->routed &&
           bytes_empty(request->message->to.tag);
}

/* OPTIONS tells whoever asks what the services can do, too. */
static const struct front_method *of_server(const struct front_passage *passage)
{
    enum sip_method method = passage->request.message->method;
    const struct front_service *service = passage->service;
    if (method == SIP_OPTIONS)
        return &own_options;
    if (service == NULL)
        return handler_of(passage->request.front, method);
    return service->method.method == method ? &service->method : NULL;
}

static const struct front_method *choose(const struct front_passage *passage)
{
    const struct front_request *request = &passage->request;
    const struct front *front = request->front;
    const struct front_method *handler = handler_of(front, request->message->method);
    const struct front_method *relay = relay_of(front);
    switch (request->aim) {
    case FRONT_AIM_SERVER:
        return of_server(passage);
    case FRONT_AIM_USER:
        return handler != NULL ? handler : relay;
    case FRONT_AIM_DEVICE:
    case FRONT_AIM_ELSEWHERE:
        return relay != NULL && !wants(handler, request) ? relay : handler;
    }
    assert(!"an aim");
    return NULL;
}

static unsigned needs_of(const struct front *front, const struct front_method *method)
{
    return method == relay_of(front) ? method->needs | FRONT_RELAYED | FRONT_LOCAL_USER
                                     : method->needs;
}

static bool pass(struct front_passage *passage)
{
    struct front_request *request = &passage->request;
    passage->method = choose(passage);
    if (passage->method == NULL) {
        front_refuse_method(request);
        return false;
    }
    passage->needs = needs_of(request->front, passage->method);
    return true;
}

const struct front_step step_method = {.name = "method", .spec = "RFC 3261 8.2.1", .pass = pass};
