/* loop.h: the loop of a reactor (libuv) and the real network on it.
 *
 * One turn: read what arrived (datagrams in batches), hand messages up, fire timers, send what was
 * gathered. The world's time is set before anything is handed up. */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include "base/log.h"
#include "base/metrics.h"
#include "base/world.h"
#include "net/net.h"

struct loop;

/* What a TLS listener wants of its clients: nothing (some phones bother their user when asked), a
 * certificate if they have one, or one that is valid: who has none is not let in (RFC 5922 7.4). */
enum net_asking { NET_ASK_AS_USUAL, NET_ASK_NOTHING, NET_ASK_CERTIFICATE, NET_ASK_VALID };

struct net_listen {
    enum net_protocol protocol;
    struct net_address address; /* an any-address is opened once for each address of this host */
    struct net_address public;  /* where peers reach it (a NAT is between); family 0: there, too */
    enum net_asking asking;     /* as usual: what loop_use_certificates was told */
};

/* What is kept of names. */
struct dns_settings {
    const char *servers; /* in place of the system's, "127.0.0.1:5353,[::1]:53"; copied by loop_new;
                            default NULL */
    unsigned cache_max;  /* answers kept that nobody uses just now, default 10000 */
    unsigned ttl_most_s; /* an answer is believed at most so long, default 86400 */
    unsigned negative_s; /* that there is nothing, default 300 (RFC 2308 5) */
    unsigned failure_s;  /* a question that failed is not repeated before, default 5 */
    unsigned stale_s;    /* records serve so long after their time when the DNS fails (RFC 8767),
                            default 3600 */
    unsigned shuns_max;  /* marks of failed targets, default 1000 */
};

struct net_settings {
    size_t message_max_bytes; /* of a message on a stream; default 65536. A datagram has at most
                                 65535 */
    size_t head_max_bytes;    /* default 16384 */
    unsigned connections_max; /* default 10000 */
    unsigned connections_per_address_max; /* default 200 */
    unsigned idle_s; /* a connection without traffic, default 600; oldest first over the limit */
    unsigned handshakes_max; /* accepted connections in their TLS or WebSocket handshake; 1000 */
    unsigned handshake_s;    /* in which it must be done; default 10 */
    unsigned message_s; /* in which a message that has begun must be whole, default 32 (64*T1) */
    unsigned tls_sessions_max; /* sessions of servers that are kept to resume; default 1000 */
    unsigned half_closed_s;    /* an answer may take for who says no more, default 32 */
    unsigned ws_ping_s; /* a WebSocket that has been silent for so long is asked for a sign of life,
                           and closed when none comes in as long again; default 30, 0: never */
    const char *const *ws_origins; /* whose pages may connect (origins.h), the last one NULL; copied
                                      by loop_new; default NULL: anybody's */
    size_t send_queue_max_bytes;   /* of one connection; default 262144 */
    unsigned resolve_timeout_ms;   /* default 5000 */
    unsigned lookups_max;          /* default 1000 */
    struct dns_settings dns;
};

/* The defaults above. */
struct net_settings net_settings_default(void);

/* A loop that drives the world. NULL: the system refuses. */
struct loop *loop_new(struct world *world, const struct net_settings *settings, struct log *log,
                      struct metrics *metrics);
void loop_free(struct loop **loop);

/* The network of this loop. */
struct net *loop_net(struct loop *loop);

/* Opens a listener; `why` gets a message for the operator naming the address and the way out:
 * ERR_BUSY the port is in use, ERR_DENIED a missing right, ERR_NOT_FOUND no such address on this
 * host, ERR_IO. */
enum err loop_listen(struct loop *loop, const struct net_listen *listen, char *why, size_t why_size)
    __attribute__((warn_unused_result));

/* The address of the listener number `index` (from 0) of a protocol, with the port that the system
 * chose when 0 was asked for; false: there are not so many. */
bool loop_listener_address(const struct loop *loop, enum net_protocol protocol, size_t index,
                           struct net_address *address);

/* Runs until loop_stop, which any thread may call. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

/* Sends what was said since loop_run returned; nothing is handed up any more. */
void loop_finish(struct loop *loop);

/* Called from any thread: `woken` runs on the loop soon (several calls may give one run). */
void loop_on_wake(struct loop *loop, void (*woken)(void *context), void *context);
void loop_wake(struct loop *loop);

/* Calls `hit` on the loop when the process gets the signal. */
enum err loop_on_signal(struct loop *loop, int number, void (*hit)(void *context, int number),
                        void *context) __attribute__((warn_unused_result));

#endif
