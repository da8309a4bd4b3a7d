/* handshake.h: how a WebSocket begins: the client's HTTP request and our answer (RFC 6455 4.2,
 * RFC 7118 4.1).
 *
 * Works on memory: it sends nothing and keeps no time. Any path will do. What is no handshake gets
 * a proper HTTP status and a line that says what is wrong; nothing of the request is echoed but the
 * proof that its key was read. */
#ifndef NET_HANDSHAKE_H
#define NET_HANDSHAKE_H

#include "base/bytes.h"
#include "net/origins.h"

struct handshake;

enum handshake_state {
    HANDSHAKE_MORE,   /* the request is not whole */
    HANDSHAKE_DONE,   /* answer, and go on with frames */
    HANDSHAKE_REFUSED /* answer, and close */
};

/* A request of at most so many bytes; `origins` is borrowed as long as the handshake. */
struct handshake *handshake_new(size_t head_max_bytes, const struct origins *origins);
void handshake_free(struct handshake **handshake);

/* Takes what arrived; `*taken` says how many bytes belong to the request, the rest are frames.
 * Nothing may be given to it any more once it is not HANDSHAKE_MORE. */
enum handshake_state handshake_read(struct handshake *handshake, struct bytes arrived,
                                    size_t *taken);

/* The answer after HANDSHAKE_DONE or _REFUSED, as long as the handshake, and its status. */
struct bytes handshake_answer(const struct handshake *handshake);
unsigned handshake_status(const struct handshake *handshake);

#endif
