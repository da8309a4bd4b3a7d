/* step_load.c: a server that is late refuses a share of what is new (overload.c), before it costs
 * anything: 503 speaks for the whole server (RFC 3261 21.5.4). What goes on inside a dialog, and
 * what ends something, is never refused. */
#include "front/front_internal.h"

static enum overload_worth worth_of(const struct sip_message *message)
{
    if (!bytes_empty(message->to.tag) || message->method == SIP_ACK ||
        message->method == SIP_CANCEL)
        return OVERLOAD_UNDERWAY;
    bool proved = sip_message_field(message, SIP_AUTHORIZATION) != NULL ||
                  sip_message_field(message, SIP_PROXY_AUTHORIZATION) != NULL;
    bool refresh = sip_message_field(message, SIP_SIP_IF_MATCH) != NULL;
    return proved || refresh ? OVERLOAD_BEGUN : OVERLOAD_NEW;
}

static bool pass(struct front_passage *passage)
{
    struct front_request *request = &passage->request;
    struct front *front = request->front;
    if (!overload_refuses(&front->overload, front->parts.world->now_ms, request->incoming->late_ms,
                          worth_of(request->message)))
        return true;
    front_refuse(request, 503, "The server is busy");
    return false;
}

const struct front_step step_load = {.name = "load", .spec = "RFC 3261 21.5.4", .pass = pass};
