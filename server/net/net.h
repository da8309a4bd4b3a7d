/* net.h: messages in and out. The interface that the real network (loop.h) and the scenarios' fake
 * one implement.
 *
 * A flow says where a message came from and how its sender can be reached again (RFC 5626): for UDP
 * the pair of local and remote address, for streams the connection too. Sending never blocks:
 * datagrams are gathered and leave in batches at the end of the loop's turn, streams have a bounded
 * queue. Everything here belongs to one reactor. */
#ifndef NET_NET_H
#define NET_NET_H

#include "base/err.h"
#include "net/address.h"

enum net_protocol { NET_UDP, NET_TCP };

struct net_flow {
    enum net_protocol protocol;
    struct net_address local, remote;
    uint64_t connection; /* of a stream: handle, never used again; 0 for UDP */
};

/* What comes up, to the transaction layer. */
struct net_handler {
    /* One whole message; `raw` is borrowed until the return. */
    void (*message)(void *context, const struct net_flow *flow, struct bytes raw);
    /* Bytes on a stream that are no message (RFC 3261 18.3): may be answered if they can be parsed;
     * the connection closes by itself after what was sent has left. */
    void (*broken)(void *context, const struct net_flow *flow, struct bytes raw, unsigned status,
                   const char *reason);
    /* A connection has gone, or could not be made; whatever was queued on it is lost. */
    void (*closed)(void *context, uint64_t connection, enum err why);
    void *context;
};

/* One address at which a request may be tried, best first (RFC 3263). */
struct net_target {
    enum net_protocol protocol;
    struct net_address address;
};
enum { NET_TARGETS_MAX = 8 };

/* A lookup of targets that is under way; embedded in who waits, cancelled before that is freed. */
struct net_lookup;
typedef void (*net_found_fn)(struct net_lookup *lookup, const struct net_target *targets,
                             size_t count);
struct net_lookup {
    net_found_fn found; /* count 0: no such host, or no answer in time */
    void *running;      /* NULL: not under way */
};

struct net;
struct net_ops {
    void (*handle)(struct net *net, const struct net_handler *handler);
    enum err (*send)(struct net *net, const struct net_flow *flow, struct bytes head,
                     struct bytes body);
    enum err (*connect)(struct net *net, const struct net_target *target, struct net_flow *flow);
    bool (*alive)(struct net *net, const struct net_flow *flow);
    void (*close)(struct net *net, uint64_t connection);
    void (*resolve)(struct net *net, struct bytes host, uint16_t port, enum net_protocol protocol,
                    bool protocol_named, struct net_lookup *lookup, net_found_fn found);
    void (*cancel)(struct net *net, struct net_lookup *lookup);
};
struct net {
    const struct net_ops *ops;
};

/* Sets who gets what comes in; before anything arrives. */
static inline void net_handle(struct net *net, const struct net_handler *handler)
{
    net->ops->handle(net, handler);
}

/* Sends one message, head and body (empty: the head is all) one behind the other; both are copied
 * or sent before the return. ERR_CLOSED: no such connection; ERR_LIMIT: its queue is full (the
 * connection is then closed); ERR_IO: the system refuses (no route, too long for a datagram). */
__attribute__((warn_unused_result)) static inline enum err net_send(struct net *net,
                                                                    const struct net_flow *flow,
                                                                    struct bytes head,
                                                                    struct bytes body)
{
    return net->ops->send(net, flow, head, body);
}

/* A flow to the target: over UDP from the fitting listener, over a stream the connection that is
 * open to exactly that address, else a new one (sending may begin at once; `closed` tells a
 * failure). ERR_NOT_FOUND: we have no listener of that family and protocol, or the address is none
 * to send requests to (multicast; loopback, when we do not listen there); ERR_LIMIT: too many
 * connections. */
__attribute__((warn_unused_result)) static inline enum err net_connect(
    struct net *net, const struct net_target *target, struct net_flow *flow)
{
    return net->ops->connect(net, target, flow);
}

/* True when a message sent to the flow has a way: UDP always (while its listener exists), a stream
 * while connected. */
static inline bool net_alive(struct net *net, const struct net_flow *flow)
{
    return net->ops->alive(net, flow);
}

/* Closes a connection when what is queued has left; `closed` is not called for it. */
static inline void net_close(struct net *net, uint64_t connection)
{
    net->ops->close(net, connection);
}

/* Finds targets for a host (name or numeric), port (0: none given) and protocol (`protocol_named`
 * false: the URI named no transport, UDP is meant; RFC 3263 4.1). `found` is called exactly once,
 * perhaps before the return, unless the lookup is cancelled. Never blocks. */
static inline void net_resolve(struct net *net, struct bytes host, uint16_t port,
                               enum net_protocol protocol, bool protocol_named,
                               struct net_lookup *lookup, net_found_fn found)
{
    net->ops->resolve(net, host, port, protocol, protocol_named, lookup, found);
}

/* Ends a lookup without an answer; nothing happens when it is not under way. */
static inline void net_cancel(struct net *net, struct net_lookup *lookup)
{
    net->ops->cancel(net, lookup);
}

/* "UDP", "TCP"; and back (case does not matter), false for others. */
const char *net_protocol_name(enum net_protocol protocol);
bool net_protocol_of(struct bytes name, enum net_protocol *protocol);
static inline bool net_is_stream(enum net_protocol protocol)
{
    return protocol != NET_UDP;
}

/* A flow as one word for the store and the log ("udp/127.0.0.1:5060/127.0.0.1:40112"), and back (a
 * stream's connection is then 0: it does not outlive the process). */
void net_flow_write(const struct net_flow *flow, struct buffer *out);
bool net_flow_parse(struct bytes text, struct net_flow *flow);
bool net_flow_equal(const struct net_flow *a, const struct net_flow *b);

#endif
