/* step_peer.c: a server that has proved by TLS that it speaks for the domain in From is believed
 * who of that domain sends (RFC 5922 7). What such a user may do, policy says. */
#include "front/front_internal.h"

static bool pass(struct front_passage *passage)
{
    struct front_request *request = &passage->request;
    const struct front_parts *parts = &request->front->parts;
    const struct net_flow *flow = &request->incoming->flow;
    const struct sip_uri *from = &request->message->from.uri;
    if (request->trusted || !net_is_secure(flow->protocol) || bytes_empty(from->host))
        return true;
    if (domains_find(parts->domains, from->host) != NULL ||
        !net_proved(parts->net, flow, from->host))
        return true;
    front_identify(request, from);
    return true;
}

const struct front_step step_peer = {.name = "peer", .spec = "RFC 5922 7", .pass = pass};
