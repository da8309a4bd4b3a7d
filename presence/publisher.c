/* publisher.c: who publishes.
 *
 *   same Call-ID and From tag     the same client in the same life
 *   same +sip.instance            the same device, whatever it has forgotten: as its Contact says,
 *                                 or the registration over the same flow
 *   same socket, same tuples      most probably the same client, too; also from the same host when
 *                                 the earlier connection is no more
 *
 * Clients publish anew while their first 200 is still under way (baresip at start), after a 412 for
 * a tag whose answer was lost, and when their connection was lost (linphone). They know but one tag
 * afterwards, so the document of the other would stand beside the new one until its time is over. A
 * first publication therefore takes the place of one by the same publisher. RFC 3903 10.3 leaves it
 * to the compositor what it makes of several publications.
 *
 * RFC 3903 6 has us ignore the Contact: it changes neither what is published nor where answers go.
 * It is only believed about the device that sends it, within what its own user publishes.
 */
#include "presence/publisher_internal.h"

#include "presence/sender_internal.h"

struct net_flow publisher_source(const struct publisher *publisher)
{
    return sender_source(publisher->request);
}

struct bytes publisher_instance(struct publisher *publisher)
{
    struct buffer out = buffer_over(publisher->memory, sizeof(publisher->memory));
    if (publisher->looked_up)
        return publisher->instance;
    publisher->looked_up = true;
    publisher->instance =
        sender_instance(publisher->presence, publisher->request, publisher->request->target, &out);
    return publisher->instance;
}

/* What is its own. */

bool publisher_has(struct publisher *publisher, const struct publication *publication)
{
    const struct sip_message *message = publisher->request->message;
    if (!bytes_empty(message->from.tag) && bytes_equal(publication->from_tag, message->from.tag) &&
        bytes_equal(publication->call_id, message->call_id))
        return true;
    return !bytes_empty(publication->instance) &&
           bytes_equal(publication->instance, publisher_instance(publisher));
}

/* True when nobody can be at the other end any more. */
static bool is_gone(const struct presence *presence, const struct net_flow *flow)
{
    return net_is_stream(flow->protocol) && !net_alive(presence->parts->net, flow);
}

static bool is_same_source(const struct presence *presence, const struct net_flow *earlier,
                           const struct net_flow *now)
{
    if (earlier->remote.family == 0 || now->remote.family == 0)
        return false;
    return net_flow_equal(earlier, now) ||
           (net_address_same_host(&earlier->remote, &now->remote) && is_gone(presence, earlier));
}

/* True when it came from the same place, and nothing says that another device did. */
static bool may_have(struct publisher *publisher, const struct publication *publication)
{
    struct net_flow source = publisher_source(publisher);
    if (!is_same_source(publisher->presence, &publication->source, &source))
        return false;
    return bytes_empty(publication->instance) || bytes_empty(publisher_instance(publisher));
}

static bool is_somebodys(const struct publication *publication)
{
    return !publication->ended && publication->publisher != STORE_HARD;
}

/* Of one that was last seen nobody knows what it was about. */
static bool is_about(const struct publication *publication, const struct document *document)
{
    const struct event_package *package = publication->resource->package;
    return publication->publisher == STORE_SEEN ||
           (package->same_things != NULL && package->same_things(publication->document, document));
}

struct publication *publisher_former(struct publisher *publisher, const struct resource *resource,
                                     const struct document *document)
{
    struct publication *publication;
    if (resource == NULL)
        return NULL;
    DL_FOREACH(resource->publications, publication)
    {
        if (is_somebodys(publication) && publisher_has(publisher, publication))
            return publication;
    }
    DL_FOREACH(resource->publications, publication)
    {
        if (is_somebodys(publication) && may_have(publisher, publication) &&
            is_about(publication, document))
            return publication;
    }
    return NULL;
}
