/* fake_net.h: the network of a scenario: whoever is at the other end is a party of the script, and
 * nothing is lost or takes time unless the weather is bad (weather.h).
 *
 * Implements net.h. Streams are framed with sip/frame.h, as the real network does it. */
#ifndef TESTS_SCENARIO_FAKE_NET_H
#define TESTS_SCENARIO_FAKE_NET_H

#include "net/loop.h"
#include "net/net.h"
#include "weather.h"

enum { HOSTS_MAX = 16, LISTENERS_MAX = 4, CONNECTIONS_MAX = 4096, SHUNS_MAX = 16 };

/* Who is at the other end. */
struct fake_peers {
    /* What the server sends: one whole message, or a keep-alive's CR LF. */
    void (*leaves)(void *context, const struct net_flow *flow, struct bytes raw);
    /* What comes of it at the other end. */
    void (*take)(void *context, const struct net_flow *flow, struct bytes raw);
    /* The server dials; true when somebody listens there. */
    bool (*listens)(void *context, const struct net_flow *flow);
    /* The connection has ended by the server's doing. */
    void (*ended)(void *context, const struct net_flow *flow);
    void *context;
};

struct fake_connection {
    bool open, refused; /* refused: nobody listens; the server learns it in the next turn */
    bool closing;       /* by the server; ends in the next turn */
    struct net_flow flow;
    char *arrived;
    size_t length, scanned;
};

/* What a name is found to be, best first. */
struct fake_host {
    char name[64];
    struct net_target targets[NET_TARGETS_MAX];
    size_t count;
};

struct fake_shun {
    struct net_target target;
    uint64_t until_ms;
};

struct fake_net {
    struct net net;
    struct net_handler handler;
    bool up; /* there is a server */
    struct net_settings settings;
    struct fake_peers peers;
    struct net_address listeners[LISTENERS_MAX];
    size_t listener_count;
    struct fake_host hosts[HOSTS_MAX];
    size_t host_count;
    struct fake_shun shuns[SHUNS_MAX]; /* marks; a later one takes the place of the oldest */
    size_t shun_next;
    struct world *world;
    struct weather weather;
    struct fake_connection *connections; /* number n at n-1 */
    uint64_t connection_count;
    bool busy; /* there is something for fake_net_turn */
};

void fake_net_init(struct fake_net *fake, struct world *world, const struct fake_peers *peers);
void fake_net_release(struct fake_net *fake);

/* The server is gone: every connection ends, nothing is delivered until it is up again. */
void fake_net_down(struct fake_net *fake);

/* What reaches the server. The flow's local address is the server's. */
void fake_net_datagram(struct fake_net *fake, const struct net_flow *flow, struct bytes raw);
void fake_net_stream(struct fake_net *fake, uint64_t number, struct bytes raw);
/* A party dials; returns the connection, 0 when there is no server. */
uint64_t fake_net_dial(struct fake_net *fake, const struct net_address *server,
                       const struct net_address *from);
/* The other end hangs up. */
void fake_net_hang_up(struct fake_net *fake, uint64_t number);
bool fake_net_is_open(const struct fake_net *fake, uint64_t number);

/* What a turn of the loop would do: refused dials are told, closed connections end, and what the
 * weather held up arrives. */
void fake_net_turn(struct fake_net *fake);

#endif
