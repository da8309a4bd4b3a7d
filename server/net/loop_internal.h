/* loop_internal.h: what the files of net share: the loop, its listeners, and the orders between
 * loop.c, listen.c, socket.c, udp.c, stream.c, connection.c and dns.c.
 *
 * Every socket here is our own and non-blocking; libuv only says when it is ready (uv_poll), which
 * lets us use recvmmsg, sendmmsg and accept4 directly, and costs an idle connection no buffers. */
#ifndef NET_LOOP_INTERNAL_H
#define NET_LOOP_INTERNAL_H

#include <netinet/in.h>
#include <stdatomic.h>
#include <uv.h>

#include "base/handles.h"
#include "base/holder.h"
#include "net/loop.h"
#include "net/origins.h"

enum { LISTENERS_MAX = 64 };

struct batch;      /* udp.c: datagrams gathered for one sendmmsg */
struct udp_slab;   /* udp.c: where recvmmsg puts datagrams */
struct connection; /* connection_internal.h */
struct peer;
struct credentials;   /* tls_internal.h */
struct bio_method_st; /* OpenSSL's way to a connection's socket */
struct resolver;      /* resolve.c */
struct loop_signal;

struct listener {
    uv_poll_t poll;
    struct loop *loop;
    enum net_protocol protocol;
    int fd;
    uint32_t dropped; /* datagrams that the system did not hand us, when it was asked last */
    struct net_address address, public; /* `public`: family 0 when it is the same */
    enum net_asking asking;
    struct batch *batch; /* UDP; NULL before the first datagram is sent */
    bool blocked;        /* UDP: the system takes no more until the socket is writable */
    struct timer pause;  /* TCP: no accepting while the system is short of something */
};

/* All streams of a loop. A connection is in exactly one of the lists, by its state. */
struct streams {
    struct handles *handles;        /* those that can be sent to */
    struct connection *connecting;  /* being made, their handshakes included */
    struct connection *handshaking; /* accepted, not yet open; the oldest first */
    struct connection *open;        /* the one idle longest first */
    struct connection *ended;       /* wait for the end of the turn */
    struct connection *closing;     /* flush what is queued, then linger */
    struct connection *dirty;       /* have something to flush at the end of the turn */
    struct connection *by_remote;   /* table: protocol and address to connection */
    struct peer *peers;             /* table: host to number of connections */
    size_t count;                   /* sockets open */
    size_t half_open;               /* of them in `handshaking` */
    uint64_t seed;                  /* of the tables' hashes */
    char *slab;                     /* where all connections read; NULL before the first */
    struct timer idle;              /* of the first in `open` */
    uint64_t log_again_ms;          /* when the log may tell of a shortage again */
};

/* From which address of ours the system sends to a host; see sources.c. */
struct source {
    struct net_address remote, local;
    uint64_t until_ms;
};
enum { SOURCES_MAX = 512 };

struct loop {
    struct net net; /* first: the callers' view */
    struct world *world;
    struct net_settings settings;
    struct log *log;
    struct metrics *metrics;
    struct net_handler handler;
    uv_loop_t uv;         /* its data: the loop */
    uv_timer_t timer;     /* drives the world's wheel */
    uint64_t armed_ms;    /* when the timer fires; UINT64_MAX: it is not set */
    uv_prepare_t prepare; /* the end of a turn: before we sleep */
    uv_idle_t again;      /* active: the next turn must not sleep */
    uv_async_t wake;
    atomic_bool stopping;
    void (*woken)(void *context);
    void *woken_context;
    struct loop_signal *signals;
    struct listener *listeners[LISTENERS_MAX];
    size_t listener_count;
    const struct msghdr *datagram; /* the one that is being handed up; NULL: none, or a stream */
    struct udp_slab *slab;         /* NULL before the first UDP listener */
    struct streams streams;
    struct origins *origins;         /* whose pages may connect by WebSocket */
    struct credentials *credentials; /* NULL: there is no TLS */
    struct bio_method_st *bio;       /* NULL before the first connection with TLS */
    uint64_t tls_log_again_ms;       /* when the log may tell of a failed connection again */
    struct source sources[SOURCES_MAX];
    struct dns *dns;
    struct resolver *resolver;
};

/* loop.c: sets the world's time to now; before anything is handed up. */
void loop_now(struct loop *loop);

/* listen.c: the listener of exactly that address, or NULL; whether there is one of the family; one
 * of that protocol too (family 0: of any). */
struct listener *listener_at(const struct loop *loop, enum net_protocol protocol,
                             const struct net_address *address);
bool listener_family(const struct loop *loop, unsigned char family);
bool listener_speaks(const struct loop *loop, enum net_protocol protocol, unsigned char family);
/* The listener that fits a target best: loopback for loopback, else any of the family; NULL. */
struct listener *listener_for(const struct loop *loop, enum net_protocol protocol,
                              const struct net_address *target);
/* sources.c: the listener from which a request goes to a target: the one at the address that the
 * system would use, else the one that fits best; NULL: we have none of that protocol and family. */
struct listener *listener_toward(struct loop *loop, enum net_protocol protocol,
                                 const struct net_address *target);
/* Starts (or changes) watching a listener's socket. */
void listener_watch(struct listener *listener, int events);
void listeners_close(struct loop *loop);

/* socket.c: addresses as the system has them (an address of another kind has family 0). */
struct net_address socket_address(const void *system);
socklen_t socket_system_address(const struct net_address *address, struct sockaddr_in6 *system);
/* The address to which a socket is bound; family 0 when the system does not say. */
struct net_address socket_local(int fd);
/* A bound and, for streams, listening socket; -1 with errno. */
int socket_listen(enum net_protocol protocol, const struct net_address *address);
/* The address of ours from which the system would send there; family 0: there is no way. */
struct net_address socket_source(const struct net_address *remote);
/* A socket that is being connected, from `source` if it has a family (its port does not matter); -1
 * when there is none (errno). `*failed`: the errno of an attempt that failed at once, else 0. */
int socket_connect(const struct net_address *remote, const struct net_address *source, int *failed);
/* Takes the error that waits at a socket; 0: none. */
int socket_error(int fd);
/* Close this one with a reset: what the peer does not read is dropped. */
void socket_forget_unsent(int fd);

/* udp.c */
struct udp_slab *udp_slab_new(void);
void udp_ready(uv_poll_t *poll, int status, int events);
enum err udp_send(struct listener *listener, const struct net_address *remote, struct bytes head,
                  struct bytes body) __attribute__((warn_unused_result));
/* For how long that datagram has waited at the socket. */
unsigned udp_late_ms(const struct msghdr *datagram);
/* Sends what was gathered. */
void udp_flush(struct listener *listener);

/* sieve.c: how many of the datagrams that begin something are dropped unread, in thousandths. */
void sieve_set(struct loop *loop, unsigned thousandths);

/* stream.c: all connections of a loop, their making, limits and end. */
void streams_init(struct loop *loop);
void streams_release(struct loop *loop);
void stream_accept_ready(uv_poll_t *poll, int status, int events);
enum err stream_connect(struct loop *loop, const struct net_target *target, struct net_flow *flow)
    __attribute__((warn_unused_result));
enum err stream_send(struct loop *loop, uint64_t handle, struct bytes head, struct bytes body)
    __attribute__((warn_unused_result));
void stream_close(struct loop *loop, uint64_t handle);
/* The end of a turn: flushes, tells of connections that ended, closes them. True when the next turn
 * must come at once. */
bool streams_turn(struct loop *loop);

/* False also when it only waits for answers. */
bool stream_alive(const struct loop *loop, uint64_t handle);
/* The connection that is alive between the ends of the flow; 0: none. */
uint64_t stream_between(const struct loop *loop, const struct net_flow *flow);
/* The request that is being handed up will not be answered. */
void stream_unanswered(struct loop *loop, uint64_t handle);
/* Visits those that can be sent to. */
void streams_each(const struct loop *loop, net_connection_fn visit, void *context);
bool stream_proved(const struct loop *loop, uint64_t handle, struct bytes domain);
bool stream_reusable(const struct loop *loop, uint64_t handle);

/* tls.c: gives back the certificates, when there are no connections any more. */
void tls_end(struct loop *loop);

#endif
