/* contact.c: our own URIs, and what a sender's Contact says of its place. */
#include "front/front_internal.h"
#include "front/relay.h"

void front_write_place(const struct front *front, const struct net_flow *flow, struct bytes user,
                       bool secure, struct buffer *out)
{
    secure = secure && net_is_secure(flow->protocol);
    buffer_text(out, secure ? "sips:" : "sip:");
    if (!bytes_empty(user)) {
        buffer_put(out, user);
        buffer_char(out, '@');
    }
    net_write_local(front->parts.net, flow, out);
    if (flow->protocol == NET_UDP || (secure && flow->protocol == NET_TLS))
        return; /* what the URI means without it (RFC 3263 4.1) */
    buffer_text(out, ";transport=");
    buffer_text(out, net_transport_parameter(flow->protocol));
}

void front_write_contact(const struct front *front, const struct net_flow *flow, struct bytes user,
                         bool secure, struct buffer *out)
{
    buffer_char(out, '<');
    front_write_place(front, flow, user, secure, out);
    buffer_char(out, '>');
}

void front_write_route(const struct front *front, const struct net_flow *flow, struct bytes user,
                       bool secure, struct buffer *out)
{
    buffer_char(out, '<');
    front_write_place(front, flow, user, secure, out);
    buffer_text(out, ";lr>");
}

static bool is_seen(const struct net_address *source, const struct sip_uri *contact)
{
    struct net_address address;
    return net_address_parse(contact->host, contact->port ? contact->port : NET_PORT_SIP,
                             &address) &&
           net_address_equal(&address, source);
}

/* A GRUU that we handed out (RFC 5627): it leads back to us, and the sender is behind it. */
static bool is_gruu(const struct front *front, const struct sip_uri *contact)
{
    struct bytes instance;
    return sip_parameter(contact->parameters, "gr", &instance) &&
           domains_find(front_parts(front)->domains, contact->host) != NULL;
}

/* Behind a stream the port of the Contact is where the client listens, and another than the one it
 * called from. */
bool front_contact_is_sender(const struct front *front, const struct incoming *incoming,
                             const struct sip_uri *contact)
{
    if (sip_host_is_invalid(contact->host))
        return true;
    if (sip_message_is_relayed(incoming->message))
        return false;
    const struct sip_via *via = &incoming->message->via;
    if (is_seen(&incoming->flow.remote, contact) || is_gruu(front, contact))
        return true;
    if (!bytes_equal_nocase(via->host, contact->host))
        return false;
    if (net_is_stream(incoming->flow.protocol))
        return true;
    unsigned via_port = via->port ? via->port : NET_PORT_SIP;
    unsigned contact_port = contact->port ? contact->port : NET_PORT_SIP;
    return via_port == contact_port;
}
