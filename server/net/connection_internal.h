/* connection_internal.h: one stream connection.
 *
 *              connected              shaken           broken, EOF, error, net_close
 *   CONNECTING ---------> HANDSHAKING ------> OPEN ------------------------> ENDED
 *       |                      |                                             ^ |
 *       +----------------------+------- failed, too late --------------------+ | end of the turn:
 *                                                                              v `closed` is told
 *                      GONE <--- all sent and read, too late --- CLOSING (or GONE at once)
 *
 * Only those up to OPEN have a handle, can be found and sent to. What is sent before it is OPEN
 * waits. One whose peer says no more stays OPEN for the answers that it waits for (half_closed),
 * for a bounded time.
 *
 * A connection has two seams. Its wire brings bytes to and from the socket (plain, TLS), its
 * framing makes messages of them (SIP's own, WebSocket). The protocol chooses both:
 *
 *               TCP    TLS    WS         WSS
 *     wire      plain  TLS    plain      TLS
 *     framing   SIP    SIP    WebSocket  WebSocket
 *
 * Each may begin with a handshake, the wire first. Without any, OPEN follows at once. */
#ifndef NET_CONNECTION_INTERNAL_H
#define NET_CONNECTION_INTERNAL_H

#include <uthash.h>
#include <utlist.h>

#include "net/loop_internal.h"

enum {
    STREAM_SLAB = 65536,
    HOST_KEY = 17,          /* family and IP, of IPv6 the network */
    REMOTE_KEY = 17 + 3,    /* family, IP, port, protocol */
    FLUSH_BYTES = 64 * 1024 /* gathered within one turn before they are sent */
};

enum connection_state {
    CONNECTION_CONNECTING,
    CONNECTION_HANDSHAKING,
    CONNECTION_OPEN,
    CONNECTION_ENDED,
    CONNECTION_CLOSING,
    CONNECTION_GONE
};

/* Bytes that wait; nothing is allocated while there are none. */
struct queue {
    char *at;
    size_t start, end, size;
};

struct connection;

/* What a wire says instead of a length. */
enum { WIRE_AGAIN = -1, WIRE_FAILED = -2 };

/* How bytes get to and from the socket. */
struct wire {
    /* One step, when the socket is ready for what `wants` asked: 0 when done, WIRE_AGAIN, or
     * WIRE_FAILED (`why` is set). NULL: there is no handshake. */
    int (*handshake)(struct connection *connection);
    /* Like recv and send: bytes done; 0 of `read`: the peer says no more; WIRE_AGAIN (`wants`, when
     * it needs the socket the other way round), WIRE_FAILED. */
    ssize_t (*read)(struct connection *connection, char *at, size_t size);
    ssize_t (*write)(struct connection *connection, struct bytes bytes);
    /* It may have bytes that the socket does not show any more: read until WIRE_AGAIN. */
    bool buffers;
    /* We say no more; reading goes on. */
    void (*shutdown)(struct connection *connection);
    /* Gives back `connection->tls`. NULL: nothing to give back. */
    void (*release)(struct connection *connection);
};

/* How received bytes become messages, and messages bytes. */
struct framing {
    /* It begins with a handshake of its own: `take` gets those bytes too, HANDSHAKING, and calls
     * connection_opened. */
    bool handshakes;
    /* Hands up what is whole (connection_message) at the start of what has arrived; returns how
     * many bytes are done with. The rest comes again with more behind it. May end the connection;
     * the result does not matter then. */
    size_t (*take)(struct connection *connection, struct bytes arrived);
    /* Queues one message (connection_queue). */
    enum err (*put)(struct connection *connection, struct bytes head, struct bytes body);
    /* True when `rest`, what `take` left, is a message that has begun and must be whole in time. */
    bool (*half)(const struct connection *connection, struct bytes rest);
    /* The connection is about to end gently: queues the last words. NULL: none. */
    void (*goodbye)(struct connection *connection);
    /* Gives back `connection->web`. NULL: nothing to give back. */
    void (*release)(struct connection *connection);
};

/* How many connections a host has. */
struct peer {
    UT_hash_handle hh;
    unsigned count;
    unsigned char key[HOST_KEY];
};

struct connection {
    uv_poll_t poll;
    struct loop *loop;
    struct net_flow flow;
    const struct wire *wire;
    const struct framing *framing;
    struct tls *tls;     /* the wire's own */
    struct web *web;     /* the framing's own */
    uint64_t handle;     /* stays when the table has forgotten it */
    int fd, mask, wants; /* `mask`: the events that are watched; `wants`: also, for the wire */
    size_t allowance;    /* bytes that the wire may still take from the socket in this turn */
    enum connection_state state;
    bool wired;          /* the wire's handshake is over */
    bool dirty, blocked; /* has something to flush; waits until the socket is writable */
    bool starved;        /* the wire must read before it can write */
    bool progress;       /* a message became whole in this read */
    bool eof, finished;  /* the peer says no more; we say no more */
    bool half_closed;    /* of OPEN: stays for answers alone */
    bool asking;         /* a request of the peer is being handed up */
    unsigned awaiting;   /* requests of the peer that have no final answer yet */
    bool tell, gently;   /* of ENDED: `closed` is owed; send what is queued first */
    enum err why;
    struct queue in, out;
    size_t scanned;     /* sip_frame_next's memory */
    uint64_t active_ms; /* something came or went; of HANDSHAKING: it began */
    struct timer timer; /* of all but OPEN; of OPEN with half a message */
    struct connection **list, *prev, *next;
    struct connection *dirty_prev, *dirty_next;
    UT_hash_handle by_remote;
    struct connection *twin; /* the next with the same key */
    unsigned char key[REMOTE_KEY];
    struct peer *peer;
};

/* connection.c: bytes in and out. */
/* Watches the socket for what the state wants. */
void connection_watch(struct connection *connection);
void connection_ready(uv_poll_t *poll, int status, int events);
/* Begins what follows the connecting, or the accepting, of the socket. */
void connection_begin(struct connection *connection);
/* The handshake failed: ends; what is queued leaves first, if the wire is ready. */
void connection_unshaken(struct connection *connection, enum err why);
/* For a framing: queues the parts, one behind the other, for the end of the turn. ERR_LIMIT: they
 * do not fit, the connection ends. ERR_CLOSED: it has ended. */
enum err connection_queue(struct connection *connection, const struct bytes *parts, size_t count)
    __attribute__((warn_unused_result));
/* For a framing: hands up one message, or bytes that are none; after the latter it ends. */
void connection_message(struct connection *connection, struct bytes raw);
void connection_broken(struct connection *connection, struct bytes raw, unsigned status,
                       const char *reason);
/* Sends what the system takes of what is queued, and watches for more room. */
void connection_flush(struct connection *connection);
/* CLOSING: sends the rest, says goodbye, and is destroyed when the peer has, too. */
void connection_close_step(struct connection *connection);

/* wire.c, framing.c */
extern const struct wire wire_plain, wire_tls;
extern const struct framing framing_sip;
/* web_framing.c */
extern const struct framing framing_websocket;
/* The tables of a stream protocol; NULL: none that we speak. */
const struct wire *wire_of(enum net_protocol protocol);
const struct framing *framing_of(enum net_protocol protocol);

/* tls.c: whether there is what TLS needs to connect; the beginning of a connection that we make,
 * whose peer must prove to be the target's domain (empty: anybody). */
bool tls_can_connect(const struct loop *loop);
void tls_connect(struct connection *connection, const struct net_target *target);
/* True when requests of the target's speaker for its domain (empty: any) may go down the
 * connection, or may once it is open. */
bool tls_serves(const struct connection *connection, const struct net_target *target);
/* Reads the first request of a peer that has proved a domain: whether it lets us send requests back
 * on its connection (RFC 5923). */
void tls_ask_alias(struct connection *connection, struct bytes raw);
/* True of one that we made where either side proves a domain, as far as is known yet. */
bool tls_reusable(const struct connection *connection);
/* True when the peer has proved to be the domain. */
bool tls_proved(const struct connection *connection, struct bytes domain);

/* stream.c: the states. */
/* The timer of a connection: whatever it waited for took too long. */
void connection_late(struct timer *timer);
void connection_opened(struct connection *connection);
/* Notes that something came or went. */
void connection_touch(struct connection *connection);
/* OPEN or CONNECTING: forgets the handle; the rest happens at the end of the turn. */
void connection_end(struct connection *connection, enum err why, bool tell, bool gently);
/* OPEN, and the peer says no more: stays until it has its answers, but is not found any more. */
void connection_half_close(struct connection *connection);
/* From now on it is found by its peer's address and this port, where the peer listens. */
void connection_alias(struct connection *connection, uint16_t port);
/* CLOSING or ENDED: gives everything back. */
void connection_destroy(struct connection *connection);

#endif
