/* step_relay.c: never an open relay. To places that are not ours go requests of our users (who
 * prove that they are, step_credentials.c), of trusted addresses, and of dialogs that we have
 * record-routed, whoever of the two sends them; one call that rings opens no way for anybody else.
 * Strangers reach our users alone. An ACK proves nothing (RFC 3261 22.1), so its From opens no way;
 * but it is never answered, so its Route is enough. */
#include "front/front_internal.h"

static bool may_go_out(const struct front_request *request)
{
    if (request->front->methods[SIP_METHOD_OTHER].handle == NULL)
        return false;
    const struct sip_message *message = request->message;
    if (message->method == SIP_ACK)
        return request->trusted || request->routed;
    return request->trusted || request->party != FRONT_PARTY_NONE ||
           domains_find(request->front->parts.domains, message->from.uri.host) != NULL;
}

static bool pass(struct front_passage *passage)
{
    struct front_request *request = &passage->request;
    if (request->aim != FRONT_AIM_ELSEWHERE || may_go_out(request))
        return true;
    front_refuse(request, 403, "This server does not relay to other domains");
    return false;
}

const struct front_step step_relay = {.name = "relay", .spec = "RFC 3261 26.3", .pass = pass};
