/* publisher.c: who publishes.
 *
 * Clients publish anew while their first 200 is still under way (baresip at start), after a 412 for
 * a tag whose answer was lost, and when their connection was lost (linphone). They know but one tag
 * afterwards, so the document of the other would stand beside the new one until its time is over.
 * A first publication therefore takes the place of one that is about the same things and came from
 * the same socket, or from the same host over a connection that is no more. RFC 3903 10.3 leaves it
 * to the compositor what it makes of several publications.
 */
#include "presence/publisher_internal.h"

struct net_flow publisher_source(const struct front_request *request)
{
    if (sip_message_is_relayed(request->message))
        return (struct net_flow){0};
    return request->incoming->flow;
}

/* True when nobody can be at the other end any more. */
static bool is_gone(const struct resource *resource, const struct net_flow *flow)
{
    return net_is_stream(flow->protocol) && !net_alive(resource->presence->parts->net, flow);
}

static bool is_same_sender(const struct resource *resource, const struct net_flow *earlier,
                           const struct net_flow *now)
{
    if (earlier->remote.family == 0 || now->remote.family == 0)
        return false;
    return net_flow_equal(earlier, now) ||
           (net_address_same_host(&earlier->remote, &now->remote) && is_gone(resource, earlier));
}

struct publication *publisher_orphan(const struct resource *resource,
                                     const struct front_request *request,
                                     const struct document *document)
{
    struct net_flow source = publisher_source(request);
    struct publication *publication;
    if (resource == NULL || resource->package->same_things == NULL)
        return NULL;
    DL_FOREACH(resource->publications, publication)
    {
        if (!publication->ended && is_same_sender(resource, &publication->source, &source) &&
            resource->package->same_things(publication->document, document))
            return publication;
    }
    return NULL;
}
