/* connection_internal.h: one stream connection.
 *
 *              connected                  broken, EOF, error, net_close
 *   CONNECTING ---------> OPEN --------------------------> ENDED
 *       |                                                    ^ |
 *       +---------------- failed, too late ------------------+ | end of the turn: `closed` is told
 *                                                              v
 *                      GONE <--- all sent and read, too late --- CLOSING (or GONE at once)
 *
 * Only CONNECTING and OPEN have a handle, can be found and sent to. */
#ifndef NET_CONNECTION_INTERNAL_H
#define NET_CONNECTION_INTERNAL_H

#include <uthash.h>
#include <utlist.h>

#include "net/loop_internal.h"

enum {
    STREAM_SLAB = 65536,
    HOST_KEY = 17,          /* family and IP */
    REMOTE_KEY = 17 + 2,    /* and port */
    FLUSH_BYTES = 64 * 1024 /* gathered within one turn before they are sent */
};

enum connection_state {
    CONNECTION_CONNECTING,
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
    uint64_t handle; /* stays when the table has forgotten it */
    int fd, mask;    /* `mask`: the events that are watched */
    enum connection_state state;
    bool dirty, blocked; /* has something to flush; waits until the socket is writable */
    bool eof, finished;  /* the peer says no more; we say no more */
    bool tell, gently;   /* of ENDED: `closed` is owed; send what is queued first */
    enum err why;
    struct queue in, out;
    size_t scanned; /* sip_frame_next's memory */
    uint64_t active_ms;
    struct timer timer; /* of CONNECTING and CLOSING; of OPEN with half a message */
    struct connection **list, *prev, *next;
    struct connection *dirty_prev, *dirty_next;
    UT_hash_handle by_remote;
    unsigned char key[REMOTE_KEY];
    struct peer *peer;
};

/* connection.c: bytes in and out. */
/* Watches the socket for what the state wants. */
void connection_watch(struct connection *connection);
void connection_ready(uv_poll_t *poll, int status, int events);
/* Queues both for the end of the turn. ERR_LIMIT: it does not fit, the connection ends. */
enum err connection_queue(struct connection *connection, struct bytes head, struct bytes body)
    __attribute__((warn_unused_result));
/* Sends what the system takes of what is queued, and watches for more room. */
void connection_flush(struct connection *connection);
/* CLOSING: sends the rest, says goodbye, and is destroyed when the peer has, too. */
void connection_close_step(struct connection *connection);

/* stream.c: the states. */
/* The timer of a connection: whatever it waited for took too long. */
void connection_late(struct timer *timer);
void connection_opened(struct connection *connection);
/* Notes that something came or went. */
void connection_touch(struct connection *connection);
/* OPEN or CONNECTING: forgets the handle; the rest happens at the end of the turn. */
void connection_end(struct connection *connection, enum err why, bool tell, bool gently);
/* CLOSING or ENDED: gives everything back. */
void connection_destroy(struct connection *connection);

#endif
