/* record_route.c: how later requests of a dialog come back to us.
 *
 * A value names the listener that one side sees, and its user part, a token, the flow by which that
 * side is reached. A later request carries the values of both sides as Routes: the one that faces
 * its sender first, whose flow is the one that it comes by, then the one that faces its receiver,
 * whose flow it takes (RFC 5626 5.3; step_route.c reads them). Where both sides see the same
 * listener and at most one needs its flow, one value does for both (RFC 5658 5 has why two are
 * written otherwise). Each is sips where the request on its side is (RFC 3261 16.6 step 4: what
 * goes on without sips must not have a sips value, and the other way round).
 *
 * When the next hop's flow is not known yet, it is told the listener that the request came by; when
 * that is WebSocket, to which nobody else can connect (RFC 7118 5), our domain. */
#include <assert.h>

#include "front/front_internal.h"
#include "front/relay.h"

static bool is_same_listener(const struct front_side *from, const struct front_side *to)
{
    if (to->flow == NULL)
        return net_can_connect(from->flow->protocol);
    return from->flow->protocol == to->flow->protocol &&
           net_address_equal(&from->flow->local, &to->flow->local);
}

/* One line, for whoever sees that side. Its listener NULL: our domain; `flow` NULL: the token names
 * none. */
static void write_value(const struct front_request *request, const struct front_side *side,
                        const struct net_flow *flow, struct buffer *out)
{
    const struct front *front = request->front;
    char text[FLOW_TOKEN_MAX + 1 + PARTIES_SIGNATURE];
    struct buffer token = buffer_over(text, sizeof(text));
    flow_token_write(front->parts.flow_tokens, flow, request->message->call_id, &token);
    parties_sign(request, &token);
    assert(!token.overflow);
    buffer_text(out, "Record-Route: ");
    if (side->flow != NULL)
        front_write_route(front, side->flow, buffer_bytes(&token), side->secure, out);
    else
        buffer_format(out, "<%s:%.*s@%s;lr>", side->secure ? "sips" : "sip",
                      BYTES_ARGS(buffer_bytes(&token)), domains_first(front->parts.domains)->name);
    buffer_text(out, "\r\n");
}

static const struct net_flow *bound_flow(const struct front_side *side)
{
    return side->flow_only ? side->flow : NULL;
}

void front_write_record_route(const struct front_request *request, const struct front_side *from,
                              const struct front_side *to, struct buffer *out)
{
    assert(from->flow != NULL && (to->flow != NULL || !to->flow_only));
    bool same = is_same_listener(from, to) && from->secure == to->secure;
    if (same && !(from->flow_only && to->flow_only)) {
        write_value(request, from, bound_flow(to) ? bound_flow(to) : bound_flow(from), out);
        return;
    }
    write_value(request, to, bound_flow(to), out);
    write_value(request, from, bound_flow(from), out);
}
