/* contact.c: our own Contact, and what a sender's Contact says of its place. */
#include "front/front.h"

enum { PORT_DEFAULT = 5060 };

void front_write_contact(struct bytes user, const struct net_flow *flow, struct buffer *out)
{
    buffer_text(out, "<sip:");
    if (!bytes_empty(user)) {
        buffer_put(out, user);
        buffer_char(out, '@');
    }
    net_address_write(&flow->local, out);
    if (flow->protocol == NET_TCP)
        buffer_text(out, ";transport=tcp");
    buffer_char(out, '>');
}

/* True when nobody can dial the host: RFC 7118 5 tells browsers to write names under ".invalid". */
static bool is_undialable(struct bytes host)
{
    struct bytes ending = BYTES(".invalid");
    return host.length >= ending.length &&
           bytes_equal_nocase(bytes_skip(host, host.length - ending.length), ending);
}

static bool is_relayed(const struct sip_message *message)
{
    struct sip_values vias = sip_values_of(message, SIP_VIA);
    struct bytes via;
    return sip_values_next(&vias, &via) && sip_values_next(&vias, &via);
}

static bool is_seen(const struct net_address *source, const struct sip_uri *contact)
{
    struct net_address address;
    return net_address_parse(contact->host, contact->port ? contact->port : PORT_DEFAULT,
                             &address) &&
           net_address_equal(&address, source);
}

/* Behind a stream the port of the Contact is where the client listens, and another than the one it
 * called from. */
bool front_contact_is_sender(const struct incoming *incoming, const struct sip_uri *contact)
{
    if (is_undialable(contact->host))
        return true;
    if (is_relayed(incoming->message))
        return false;
    const struct sip_via *via = &incoming->message->via;
    if (is_seen(&incoming->flow.remote, contact))
        return true;
    if (!bytes_equal_nocase(via->host, contact->host))
        return false;
    if (net_is_stream(incoming->flow.protocol))
        return true;
    unsigned via_port = via->port ? via->port : PORT_DEFAULT;
    unsigned contact_port = contact->port ? contact->port : PORT_DEFAULT;
    return via_port == contact_port;
}
