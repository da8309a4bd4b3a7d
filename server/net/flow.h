/* flow.h: protocols, and flows: where a message came from and how its sender can be reached again
 * (RFC 5626). */
#ifndef NET_FLOW_H
#define NET_FLOW_H

#include "net/address.h"

enum net_protocol { NET_UDP, NET_TCP, NET_TLS, NET_WS, NET_WSS };
enum { NET_PROTOCOLS = NET_WSS + 1 };

/* The ports that are meant when none is said (RFC 3261 19.1.2, RFC 7118 5.2.2); and where a rule
 * knows no transport (sent-by of a Via, RFC 3261 18.1.1). */
enum { NET_PORT_SIP = 5060, NET_PORT_SIPS = 5061, NET_PORT_WS = 80, NET_PORT_WSS = 443 };
uint16_t net_default_port(enum net_protocol protocol);

struct net_flow {
    enum net_protocol protocol;
    struct net_address local, remote;
    uint64_t connection; /* of a stream: handle, never used again; 0 for UDP */
};

/* "UDP", "TCP", "TLS", "WS", "WSS" as Via has them; and back (case does not matter), false for
 * others. */
const char *net_protocol_name(enum net_protocol protocol);
bool net_protocol_of(struct bytes name, enum net_protocol *protocol);
static inline bool net_is_stream(enum net_protocol protocol)
{
    return protocol != NET_UDP;
}
static inline bool net_is_framed(enum net_protocol protocol) /* keeps the bounds of messages */
{
    return protocol != NET_TCP && protocol != NET_TLS;
}
static inline bool net_is_secure(enum net_protocol protocol)
{
    return protocol == NET_TLS || protocol == NET_WSS;
}
/* WebSocket clients connect to us, never we to them (RFC 7118 5). */
static inline bool net_can_connect(enum net_protocol protocol)
{
    return protocol != NET_WS && protocol != NET_WSS;
}
/* The value of a URI's transport parameter (RFC 3261 19.1.1, RFC 7118 5.2.3): "udp", "tcp", "tls",
 * "ws" (also for WSS); and back ("ws" gives NET_WS), false for others. */
const char *net_transport_parameter(enum net_protocol protocol);
bool net_transport_of(struct bytes parameter, enum net_protocol *protocol);

/* A flow as one word for the store and the log ("udp/127.0.0.1:5060/127.0.0.1:40112"), and back (a
 * stream's connection is then 0, it does not outlive the process: net_rejoin). */
void net_flow_write(const struct net_flow *flow, struct buffer *out);
bool net_flow_parse(struct bytes text, struct net_flow *flow);
bool net_flow_equal(const struct net_flow *a, const struct net_flow *b);

#endif
