/* connection.c: bytes in and out of one connection, between its wire and its framing.
 *
 * In: all connections of a loop read into one slab, and whole messages are handed up from there
 * without a copy. Only what is left, the beginning of a message, moves to a buffer of the
 * connection, which grows as needed and is given back with its last byte: an idle connection has
 * none. Out: messages gather in the connection's queue and leave with one write at the end of the
 * turn (a burst of answers costs one system call), or sooner when much has gathered. What the
 * system does not take waits until the socket is writable; a peer that lets more wait than
 * send_queue_max_bytes is let go.
 *
 * A close is gentle where something was said last: closing a socket with unread bytes makes the
 * system reset it, and the peer would lose the answer. So: send the rest, say that no more comes,
 * then read and drop until the peer has closed too or a few seconds have passed. */
#include "net/connection_internal.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "base/memory.h"

enum { QUEUE_FIRST = 1024, QUEUE_GROWN = 4096, ROOM_LEAST = 2048 };

static size_t queue_length(const struct queue *queue)
{
    return queue->end - queue->start;
}

static void queue_release(struct queue *queue)
{
    free(queue->at);
    *queue = (struct queue){0};
}

/* Drops from the front; the memory goes with the last byte. */
static void queue_drop(struct queue *queue, size_t length)
{
    assert(length <= queue_length(queue));
    queue->start += length;
    if (queue->start == queue->end)
        queue_release(queue);
}

/* Makes room behind the last byte for `length` more. */
static void queue_reserve(struct queue *queue, size_t length)
{
    size_t has = queue_length(queue);
    if (queue->size - queue->end >= length)
        return;
    if (queue->start > 0) {
        memmove(queue->at, queue->at + queue->start, has);
        queue->start = 0;
        queue->end = has;
    }
    if (queue->size - queue->end >= length)
        return;
    size_t size = queue->size > 0 ? QUEUE_GROWN : QUEUE_FIRST;
    while (size - has < length || size < has)
        size *= 2;
    queue->at = memory_resize(queue->at, size);
    queue->size = size;
}

static void queue_add(struct queue *queue, struct bytes more)
{
    if (more.length == 0)
        return;
    queue_reserve(queue, more.length);
    memcpy(queue->at + queue->end, more.at, more.length);
    queue->end += more.length;
}

static struct bytes queue_bytes(const struct queue *queue)
{
    return queue->at != NULL ? bytes_from(queue->at + queue->start, queue_length(queue))
                             : BYTES("");
}

/* Watching is changed only when it differs: each change costs two system calls. */
void connection_watch(struct connection *connection)
{
    bool write = connection->blocked && !connection->starved;
    int mask = connection->wants;
    if (connection->state == CONNECTION_CONNECTING)
        mask = UV_WRITABLE;
    else if (connection->wired || connection->state == CONNECTION_CLOSING)
        mask |= (connection->eof ? 0 : UV_READABLE) | (write ? UV_WRITABLE : 0);
    if (mask == connection->mask)
        return;
    connection->mask = mask;
    int failed = uv_poll_start(&connection->poll, mask, connection_ready);
    assert(failed == 0);
    (void)failed;
}

/* Sends once; false: the connection is of no use any more. */
static bool connection_push(struct connection *connection)
{
    ssize_t sent = connection->wire->write(connection, queue_bytes(&connection->out));
    if (sent == WIRE_FAILED)
        return false;
    if (sent > 0)
        queue_drop(&connection->out, (size_t)sent);
    connection->blocked = queue_length(&connection->out) > 0;
    connection_watch(connection);
    return true;
}

void connection_flush(struct connection *connection)
{
    if (connection->state > CONNECTION_OPEN || !connection->wired ||
        queue_length(&connection->out) == 0)
        return;
    if (!connection_push(connection))
        connection_end(connection, ERR_CLOSED, true, false);
}

static void connection_mark_dirty(struct connection *connection)
{
    if (connection->dirty)
        return;
    connection->dirty = true;
    DL_APPEND2(connection->loop->streams.dirty, connection, dirty_prev, dirty_next);
}

enum err connection_queue(struct connection *connection, const struct bytes *parts, size_t count)
{
    struct loop *loop = connection->loop;
    size_t most = loop->settings.send_queue_max_bytes, waits = queue_length(&connection->out);
    size_t length = 0;
    if (connection->state > CONNECTION_OPEN)
        return ERR_CLOSED;
    for (size_t i = 0; i < count; i++)
        length += parts[i].length;
    if (!connection->blocked && waits + length > (most < FLUSH_BYTES ? most : FLUSH_BYTES))
        connection_flush(connection);
    if (connection->state > CONNECTION_OPEN)
        return ERR_CLOSED;
    if (length > most - queue_length(&connection->out)) {
        metrics_count(loop->metrics, METRIC_connections_slow_closed);
        socket_forget_unsent(connection->fd);
        connection_end(connection, ERR_LIMIT, true, false);
        return ERR_LIMIT;
    }
    for (size_t i = 0; i < count; i++)
        queue_add(&connection->out, parts[i]);
    if (!connection->blocked)
        connection_mark_dirty(connection);
    return ERR_NONE;
}

void connection_broken(struct connection *connection, struct bytes raw, unsigned status,
                       const char *reason)
{
    struct loop *loop = connection->loop;
    if (status == 413 || status == 513)
        metrics_count(loop->metrics, METRIC_messages_oversized);
    if (loop->handler.broken != NULL)
        loop->handler.broken(loop->handler.context, &connection->flow, raw, status, reason);
    if (connection->state == CONNECTION_OPEN)
        connection_end(connection, ERR_PARSE, true, true);
}

/* True of what will be answered (an ACK is not, RFC 3261 17). */
static bool is_question(struct bytes raw)
{
    return !bytes_starts_with(raw, BYTES("SIP/")) && !bytes_starts_with(raw, BYTES("ACK "));
}

void connection_message(struct connection *connection, struct bytes raw)
{
    struct loop *loop = connection->loop;
    assert(connection->state == CONNECTION_OPEN);
    connection->progress = true;
    connection->asking = is_question(raw);
    connection->awaiting += connection->asking;
    if (connection->tls != NULL && connection->asking)
        tls_ask_alias(connection, raw);
    metrics_count(loop->metrics, METRIC_messages_received);
    if (loop->handler.message != NULL)
        loop->handler.message(loop->handler.context, &connection->flow, raw);
    connection->asking = false;
}

static ssize_t connection_receive(struct connection *connection, struct bytes *arrived)
{
    struct queue *in = &connection->in;
    char *slab = connection->loop->streams.slab;
    if (queue_length(in) == 0) {
        ssize_t got = connection->wire->read(connection, slab, STREAM_SLAB);
        *arrived = bytes_from(slab, got > 0 ? (size_t)got : 0);
        return got;
    }
    if (in->size - in->end < ROOM_LEAST)
        queue_reserve(in, ROOM_LEAST + in->size / 2);
    ssize_t got = connection->wire->read(connection, in->at + in->end, in->size - in->end);
    if (got > 0)
        in->end += (size_t)got;
    *arrived = queue_bytes(in);
    return got;
}

/* A message that has begun must be whole in time, however its bytes trickle in: each half one costs
 * memory. A handshake has a time of its own. */
static void connection_await_rest(struct connection *connection)
{
    struct world *world = connection->loop->world;
    uint64_t most_ms = (uint64_t)connection->loop->settings.message_s * 1000;
    if (connection->state == CONNECTION_HANDSHAKING)
        return;
    bool half = connection->state == CONNECTION_OPEN &&
                connection->framing->half(connection, queue_bytes(&connection->in));
    if (!half)
        world_timer_cancel(world, &connection->timer);
    else if (connection->progress || !timer_is_set(&connection->timer))
        world_timer(world, &connection->timer, most_ms, connection_late);
}

/* Keeps what is left behind the whole messages. */
static void connection_keep(struct connection *connection, struct bytes arrived, size_t done)
{
    if (queue_length(&connection->in) > 0)
        queue_drop(&connection->in, done);
    else
        queue_add(&connection->in, bytes_skip(arrived, done));
    connection_await_rest(connection);
}

/* The peer says no more, or is gone. In the first case it may still listen. */
static void connection_hears_end(struct connection *connection, bool politely)
{
    connection->eof = true;
    if (politely && connection->state == CONNECTION_OPEN && connection->awaiting > 0 &&
        !connection->half_closed)
        connection_half_close(connection);
    else
        connection_end(connection, ERR_CLOSED, true, politely);
}

/* Reads once; true when there is more to read at once. */
static bool connection_read_once(struct connection *connection)
{
    struct bytes arrived;
    ssize_t got = connection_receive(connection, &arrived);
    if (got == WIRE_AGAIN)
        return false;
    if (got <= 0) {
        connection_hears_end(connection, got == 0);
        return false;
    }
    connection_touch(connection);
    connection->progress = false;
    size_t done = connection->framing->take(connection, arrived);
    connection_keep(connection, arrived,
                    connection->state <= CONNECTION_OPEN ? done : arrived.length);
    return connection->state <= CONNECTION_OPEN && connection->wire->buffers;
}

static void connection_read(struct connection *connection)
{
    while (connection_read_once(connection))
        ;
}

/* Reads and drops; true when the peer has closed too, or is gone. */
static bool connection_drained(struct connection *connection)
{
    ssize_t got = wire_plain.read(connection, connection->loop->streams.slab, STREAM_SLAB);
    return got == 0 || got == WIRE_FAILED;
}

void connection_close_step(struct connection *connection)
{
    assert(connection->state == CONNECTION_CLOSING);
    connection->eof = connection->eof || connection_drained(connection);
    bool gone = queue_length(&connection->out) > 0 && !connection_push(connection);
    bool waits = queue_length(&connection->out) > 0;
    if (gone || (connection->eof && !waits)) {
        connection_destroy(connection);
        return;
    }
    if (!waits && !connection->finished) {
        connection->finished = true;
        connection->wire->shutdown(connection);
    }
    connection_watch(connection);
}

static void connection_failed(struct connection *connection)
{
    int reason = socket_error(connection->fd);
    connection->mask = 0; /* libuv has stopped watching */
    if (connection->state == CONNECTION_CLOSING)
        connection_destroy(connection);
    else if (connection->state == CONNECTION_CONNECTING)
        connection_end(connection, reason == ETIMEDOUT ? ERR_TIMEOUT : ERR_IO, true, false);
    else if (connection->state == CONNECTION_HANDSHAKING)
        connection_unshaken(connection, ERR_IO);
    if (connection->state == CONNECTION_OPEN && !connection->eof)
        connection_read(connection); /* what came before the reset still counts */
    if (connection->state == CONNECTION_OPEN)
        connection_end(connection, ERR_CLOSED, true, false);
}

/* The wire is ready; what it has read of the peer's first bytes shows at no socket any more. */
static void connection_wired(struct connection *connection)
{
    connection->wired = true;
    connection->wants = 0;
    if (!connection->framing->handshakes)
        connection_opened(connection);
    connection_flush(connection);
    if (connection->wire->buffers && connection->state <= CONNECTION_OPEN)
        connection_read(connection);
    if (connection->state <= CONNECTION_OPEN)
        connection_watch(connection);
}

void connection_unshaken(struct connection *connection, enum err why)
{
    assert(connection->state == CONNECTION_HANDSHAKING);
    metrics_count(connection->loop->metrics, METRIC_handshakes_failed);
    if (!connection->wired)
        queue_release(&connection->out);
    connection_end(connection, why, true, true);
}

static void connection_shake(struct connection *connection)
{
    int step = connection->wire->handshake(connection);
    if (step == WIRE_AGAIN)
        connection_watch(connection);
    else if (step == WIRE_FAILED)
        connection_unshaken(connection, connection->why);
    else
        connection_wired(connection);
}

void connection_begin(struct connection *connection)
{
    struct loop *loop = connection->loop;
    connection->state = CONNECTION_HANDSHAKING;
    connection->active_ms = loop->world->now_ms;
    if (connection->wire->handshake != NULL || connection->framing->handshakes)
        world_timer(loop->world, &connection->timer, (uint64_t)loop->settings.handshake_s * 1000,
                    connection_late);
    if (connection->wire->handshake == NULL)
        connection_wired(connection);
    else
        connection_shake(connection);
}

static void connection_connected(struct connection *connection)
{
    if (socket_error(connection->fd) != 0)
        connection_end(connection, ERR_IO, true, false);
    else
        connection_begin(connection);
}

/* Reading may want to write, for the wire's own sake. */
static void connection_move_bytes(struct connection *connection, int events)
{
    bool wanted = (events & connection->wants) != 0;
    connection->wants &= ~events;
    if (events & UV_WRITABLE)
        connection_flush(connection);
    if (((events & UV_READABLE) || wanted) && connection->state <= CONNECTION_OPEN)
        connection_read(connection);
    if (connection->starved) {
        connection->starved = false;
        connection_flush(connection);
    }
    if (connection->state <= CONNECTION_OPEN)
        connection_watch(connection);
}

void connection_ready(uv_poll_t *poll, int status, int events)
{
    struct connection *connection = poll->data;
    loop_now(connection->loop);
    connection->allowance = STREAM_SLAB;
    if (status < 0) {
        connection_failed(connection);
        return;
    }
    if (connection->state == CONNECTION_CONNECTING)
        connection_connected(connection);
    else if (connection->state == CONNECTION_CLOSING)
        connection_close_step(connection);
    else if (connection->state <= CONNECTION_OPEN && !connection->wired)
        connection_shake(connection);
    else if (connection->state <= CONNECTION_OPEN)
        connection_move_bytes(connection, events);
}
