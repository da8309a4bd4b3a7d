/* websocket.h: the server's end of one WebSocket, over memory (RFC 6455, RFC 7118).
 *
 *     bytes -> handshake -> frames -> messages handed up; control frames answered here
 *     message -> one frame -> bytes
 *
 * It sends nothing itself, keeps no time and owns no socket: whoever has the connection gives it
 * what arrived, and what is to leave goes to `write`. Each message is one SIP message; CR LF
 * between them keeps the connection alive (RFC 7118 6, RFC 5626 4.4.1). */
#ifndef NET_WEBSOCKET_H
#define NET_WEBSOCKET_H

#include "base/err.h"
#include "base/metrics.h"
#include "net/origins.h"

struct websocket;

/* Status codes of a close (RFC 6455 7.4.1). */
enum websocket_status {
    WEBSOCKET_NORMAL = 1000,
    WEBSOCKET_GOING_AWAY = 1001,
    WEBSOCKET_PROTOCOL_ERROR = 1002,
    WEBSOCKET_BAD_TEXT = 1007,
    WEBSOCKET_TOO_BIG = 1009
};

/* Whose connection it is. */
struct websocket_user {
    /* Queues the parts, one behind the other; on an error nothing more is handed up. */
    enum err (*write)(void *context, const struct bytes *parts, size_t count);
    /* The handshake is done. */
    void (*opened)(void *context);
    /* One SIP message, without line ends before it; borrowed until the return. May call
     * websocket_send and _close. */
    void (*message)(void *context, struct bytes message);
    void *context;
};

struct websocket_settings {
    size_t head_max_bytes;         /* of the request that begins it */
    size_t message_max_bytes;      /* of a message, all its fragments together */
    const struct origins *origins; /* borrowed as long as the WebSocket */
    struct metrics *metrics;       /* may be NULL */
};

/* One that waits for the client's request. */
struct websocket *websocket_new(const struct websocket_settings *settings,
                                const struct websocket_user *user);
void websocket_free(struct websocket **websocket);

/* Takes what arrived. False: it is over, refused, failed or closed by either side; what was written
 * is still to leave, then the connection is to be closed (RFC 6455 7.1.1: the server first). */
bool websocket_read(struct websocket *websocket, struct bytes arrived);

/* True between the handshake and the close. */
bool websocket_is_open(const struct websocket *websocket);

/* True when the first part of a message has come and the last has not. */
bool websocket_is_halfway(const struct websocket *websocket);

/* Sends a message, head and body one behind the other: as text when all of it is UTF-8, else as
 * binary (RFC 7118 4.2). ERR_CLOSED: it is not open; else what `write` says. */
enum err websocket_send(struct websocket *websocket, struct bytes head, struct bytes body)
    __attribute__((warn_unused_result));

/* Asks an open one for a sign of life; a living client answers by itself. */
void websocket_ping(struct websocket *websocket);

/* Says goodbye when it is open; it is over then. `reason` is for people: up to 123 bytes. */
void websocket_close(struct websocket *websocket, enum websocket_status status, const char *reason);

#endif
