/* flow.c: protocols and flows as text.
 *
 * The text of a flow is its three parts with '/' between them, which neither a protocol nor an
 * address contains: "udp/127.0.0.1:5060/[::1]:40112". */
#include "net/flow.h"

#include <assert.h>

static const struct {
    const char *name, *word;
} protocols[NET_PROTOCOLS] = {
    [NET_UDP] = {"UDP", "udp"}, [NET_TCP] = {"TCP", "tcp"}, [NET_TLS] = {"TLS", "tls"},
    [NET_WS] = {"WS", "ws"},    [NET_WSS] = {"WSS", "wss"},
};

const char *net_protocol_name(enum net_protocol protocol)
{
    assert((unsigned)protocol < NET_PROTOCOLS);
    return protocols[protocol].name;
}

bool net_protocol_of(struct bytes name, enum net_protocol *protocol)
{
    for (unsigned i = 0; i < NET_PROTOCOLS; i++) {
        if (!bytes_equal_nocase(name, bytes_of(protocols[i].name)))
            continue;
        *protocol = (enum net_protocol)i;
        return true;
    }
    return false;
}

uint16_t net_default_port(enum net_protocol protocol)
{
    static const uint16_t ports[NET_PROTOCOLS] = {
        [NET_UDP] = NET_PORT_SIP, [NET_TCP] = NET_PORT_SIP, [NET_TLS] = NET_PORT_SIPS,
        [NET_WS] = NET_PORT_WS,   [NET_WSS] = NET_PORT_WSS,
    };
    assert((unsigned)protocol < NET_PROTOCOLS);
    return ports[protocol];
}

const char *net_transport_parameter(enum net_protocol protocol)
{
    assert((unsigned)protocol < NET_PROTOCOLS);
    return protocols[protocol == NET_WSS ? NET_WS : protocol].word;
}

bool net_transport_of(struct bytes parameter, enum net_protocol *protocol)
{
    return net_protocol_of(parameter, protocol) && *protocol != NET_WSS;
}

void net_flow_write(const struct net_flow *flow, struct buffer *out)
{
    assert((unsigned)flow->protocol < NET_PROTOCOLS);
    buffer_text(out, protocols[flow->protocol].word);
    buffer_char(out, '/');
    net_address_write(&flow->local, out);
    buffer_char(out, '/');
    net_address_write(&flow->remote, out);
}

bool net_flow_parse(struct bytes text, struct net_flow *flow)
{
    struct net_flow read = {0};
    struct bytes rest = text;
    struct bytes protocol = bytes_split(&rest, '/');
    struct bytes local = bytes_split(&rest, '/');
    if (!net_protocol_of(protocol, &read.protocol) ||
        !net_address_parse_with_port(local, 0, &read.local) ||
        !net_address_parse_with_port(rest, 0, &read.remote))
        return false;
    *flow = read;
    return true;
}

bool net_flow_equal(const struct net_flow *a, const struct net_flow *b)
{
    return a->protocol == b->protocol && a->connection == b->connection &&
           net_address_equal(&a->remote, &b->remote) && net_address_equal(&a->local, &b->local);
}
