/* step_credentials.c: every request from a local identity is authenticated; strangers go on without
 * an identity unless the method needs one. */
#include "front/front_internal.h"

static bool is_trusted(const struct front *front, const struct net_address *source)
{
    for (size_t i = 0; i < front->settings.trusted_count; i++)
        if (net_network_contains(&front->settings.trusted[i], source))
            return true;
    return false;
}

static void challenge(struct front_request *request, const struct domain *domain, unsigned needs,
                      bool stale)
{
    struct front *front = request->front;
    unsigned status = needs & FRONT_RELAYED ? 407 : 401;
    struct buffer *out = front_respond(request, status, NULL, BYTES(""));
    auth_write_challenges(front->parts.auth, domain, status, stale, out);
    metrics_count(front->parts.metrics, METRIC_challenges_sent);
    front_send(request, STORE_NOTHING);
}

static bool pass(struct front_passage *passage)
{
    struct front_request *request = &passage->request;
    struct front *front = request->front;
    const struct domain *domain;
    if (passage->needs & FRONT_ANYBODY)
        return true;
    struct bytes identity =
        front_canonical(front, &request->message->from.uri, front->identity, &domain);
    if (is_trusted(front, &request->incoming->flow.remote)) {
        request->identity = identity;
        request->trusted = true;
        return true;
    }
    if (domain == NULL) {
        if (!(passage->needs & FRONT_PROVED))
            return true;
        front_refuse(request, 403, "Only users of this server may do this");
        return false;
    }
    struct auth_result result = auth_check(front->parts.auth, request->message, domain, identity);
    if (result.outcome == AUTH_PROVED) {
        request->identity = identity;
        return true;
    }
    if (result.outcome == AUTH_BROKEN)
        front_refuse(request, 400, result.reason);
    else
        challenge(request, domain, passage->needs, result.outcome == AUTH_STALE);
    return false;
}

const struct front_step step_credentials = {
    .name = "credentials", .spec = "RFC 3261 22", .pass = pass};
