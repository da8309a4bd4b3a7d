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
#include "net/connections.h"

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
    struct bytes domain;  /* whom a TLS peer there must prove to be (RFC 5922 4: the name that was
                             asked for); empty: anybody. Borrowed from the query */
    struct bytes speaker; /* the domain of ours that has something to say there: its certificate is
                             shown to a TLS peer, and no connection is used that was made for
                             another (RFC 5923 9.3). None of ours, or empty: the first. Borrowed */
};
enum { NET_TARGETS_MAX = 8 };

/* The most that a datagram takes: 65535 of IPv4, less both headers. */
enum { NET_DATAGRAM_MAX = 65507 };

/* What is to be looked up (RFC 3263 4). */
enum net_service { NET_SIP, NET_IM, NET_PRES }; /* the last two by RFC 3861 3 */
struct net_query {
    struct bytes host; /* name or numeric; borrowed until the answer */
    uint16_t port;     /* 0: none given */
    enum net_service service;
    enum net_protocol protocol;
    bool protocol_named; /* the URI names the transport; else the records choose, or UDP is meant */
    bool secure;         /* sips: TLS alone */
};

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
    uint64_t (*between)(struct net *net, const struct net_flow *flow);
    void (*close)(struct net *net, uint64_t connection);
    bool (*proved)(struct net *net, const struct net_flow *flow, struct bytes domain);
    bool (*reusable)(struct net *net, const struct net_flow *flow); /* may be NULL: never */
    void (*write_local)(struct net *net, const struct net_flow *flow, struct buffer *out);
    void (*resolve)(struct net *net, const struct net_query *query, struct net_lookup *lookup,
                    net_found_fn found);
    void (*cancel)(struct net *net, struct net_lookup *lookup);
    void (*shun)(struct net *net, const struct net_target *target, unsigned seconds);
    unsigned (*late_ms)(struct net *net);
    void (*unanswered)(struct net *net, const struct net_flow *flow);      /* may be NULL */
    void (*keep_out)(struct net *net, unsigned thousandths);               /* may be NULL */
    void (*each)(struct net *net, net_connection_fn visit, void *context); /* may be NULL */
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

/* A flow to the target: over UDP from the listener at the address that leads there, over a stream
 * the connection that is open to exactly that address, else a new one (sending may begin at once;
 * `closed` tells a failure). ERR_NOT_FOUND: we have no listener of that family and protocol, or the
 * address is none to send requests to (multicast; loopback, when we do not listen there);
 * ERR_LIMIT: too many connections. */
__attribute__((warn_unused_result)) static inline enum err net_connect(
    struct net *net, const struct net_target *target, struct net_flow *flow)
{
    return net->ops->connect(net, target, flow);
}

/* True when a message sent to the flow has a way: UDP while its listener exists, a stream while
 * connected (and its peer has not said that it says no more, though answers still reach it). */
static inline bool net_alive(struct net *net, const struct net_flow *flow)
{
    return net->ops->alive(net, flow);
}

/* A flow that comes from the store: the connection that is alive between its ends is its own again.
 * None is: it stays 0, and nothing has a way. Nothing happens to a flow of datagrams. */
static inline void net_rejoin(struct net *net, struct net_flow *flow)
{
    if (net_is_stream(flow->protocol))
        flow->connection = net->ops->between(net, flow);
}

/* Closes a connection when what is queued has left; `closed` is not called for it. */
static inline void net_close(struct net *net, uint64_t connection)
{
    net->ops->close(net, connection);
}

/* True when the peer of a TLS connection has proved by a verified certificate that it speaks for
 * this SIP domain (RFC 5922 7.1; no wildcards). */
static inline bool net_proved(struct net *net, const struct net_flow *flow, struct bytes domain)
{
    return net->ops->proved(net, flow, domain);
}

/* True when the peer of a TLS connection that we made may send its requests back on it (RFC 5923
 * 8.1): it must prove its domain, we prove ours as far as it asks, and we listen at the address
 * that our Via says. What the peer makes of that is its own affair. */
static inline bool net_reusable(struct net *net, const struct net_flow *flow)
{
    return net->ops->reusable != NULL && net->ops->reusable(net, flow);
}

/* Writes host and port by which peers reach the listener of a flow's local end: its own address or
 * the public one configured for it. For Via, Contact and Record-Route. */
static inline void net_write_local(struct net *net, const struct net_flow *flow, struct buffer *out)
{
    net->ops->write_local(net, flow, out);
}

/* Finds targets, best first. `found` is called once, perhaps before the return. Never blocks. */
static inline void net_resolve(struct net *net, const struct net_query *query,
                               struct net_lookup *lookup, net_found_fn found)
{
    net->ops->resolve(net, query, lookup, found);
}

/* Ends a lookup without an answer; nothing happens when it is not under way. */
static inline void net_cancel(struct net *net, struct net_lookup *lookup)
{
    net->ops->cancel(net, lookup);
}

/* The target failed: for so long lookups put it last (RFC 3263 4.3). 0: it is well again. */
static inline void net_shun(struct net *net, const struct net_target *target, unsigned seconds)
{
    net->ops->shun(net, target, seconds);
}

/* How long the message that is being handed up has waited for us: the measure of overload. */
static inline unsigned net_late_ms(struct net *net)
{
    return net->ops->late_ms(net);
}

/* The message that is being handed up gets no answer: nobody is kept waiting for it. */
static inline void net_unanswered(struct net *net, const struct net_flow *flow)
{
    if (net->ops->unanswered != NULL)
        net->ops->unanswered(net, flow);
}

/* Of the datagrams that begin something (sieve.c says which), so many thousandths, below 1000, are
 * dropped unread from now on; 0: none. Where the system cannot do that, none are. */
static inline void net_keep_out(struct net *net, unsigned thousandths)
{
    if (net->ops->keep_out != NULL)
        net->ops->keep_out(net, thousandths);
}

#endif
