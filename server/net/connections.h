/* connections.h: the streams of a network, for an operator's eyes. */
#ifndef NET_CONNECTIONS_H
#define NET_CONNECTIONS_H

#include "net/flow.h"

struct net;

struct net_connection {
    struct net_flow flow;
    bool open;           /* else it is being made */
    bool asks_no_more;   /* its peer says no more, and waits for answers alone */
    uint64_t idle_ms;    /* since something came or went */
    size_t unsent_bytes; /* that wait for the peer to take them */
};
typedef void (*net_connection_fn)(void *context, const struct net_connection *connection);

/* Visits those that can be sent to, in no particular order. A network that cannot tell has none. */
void net_each_connection(struct net *net, net_connection_fn visit, void *context);

#endif
