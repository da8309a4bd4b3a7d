/* websocket.c: frames of one WebSocket, cut and written by wslay.
 *
 *                 request is fine          close sent or received, protocol error
 *   HANDSHAKING ------------------> OPEN ------------------------------------------> OVER
 *        |                                                                            ^
 *        +---------------------------- refused ---------------------------------------+
 *
 * wslay's event interface would do more, but allocates what a frame's head announces and one piece
 * a fragment, and closes without a status on some errors; so this uses its frames and joins
 * messages itself. A message that comes whole in one piece is handed up from wslay's buffer; only
 * what is in pieces is copied into one of our own, which grows with what has come and goes with the
 * message: an idle WebSocket has none. */
#include "net/websocket.h"

#include <assert.h>
#include <stdlib.h>
#include <wslay/wslay.h>

#include "base/memory.h"
#include "net/handshake.h"

enum {
    MESSAGE_FIRST = 1024,
    CONTROL_MAX = 125, /* RFC 6455 5.5; wslay sees to it */
    PARTS_MAX = 3      /* a frame's head, and two of its payload */
};

enum state { HANDSHAKING, OPEN, OVER };

struct websocket {
    struct websocket_settings settings;
    struct websocket_user user;
    enum state state;
    struct handshake *handshake;    /* of HANDSHAKING */
    wslay_frame_context_ptr frames; /* from OPEN on */
    struct bytes arrived;           /* what wslay may read now */
    uint64_t frame_done;            /* bytes that have come of the frame's payload */
    unsigned char opcode;           /* of the message that has begun; 0: none has */
    char *message;                  /* its beginning */
    size_t length, size;
    char control[CONTROL_MAX]; /* payload of a control frame */
    size_t control_length;
    struct bytes parts[PARTS_MAX]; /* of the frame that is being written */
    size_t part_count;
};

struct websocket *websocket_new(const struct websocket_settings *settings,
                                const struct websocket_user *user)
{
    assert(user->write != NULL && user->opened != NULL && user->message != NULL);
    assert(settings->message_max_bytes > 0);
    struct websocket *websocket = memory_new(sizeof(*websocket));
    websocket->settings = *settings;
    websocket->user = *user;
    websocket->handshake = handshake_new(settings->head_max_bytes, settings->origins);
    return websocket;
}

void websocket_free(struct websocket **websocket)
{
    struct websocket *old = *websocket;
    if (old == NULL)
        return;
    *websocket = NULL;
    handshake_free(&old->handshake);
    wslay_frame_context_free(old->frames);
    free(old->message);
    free(old);
}

bool websocket_is_open(const struct websocket *websocket)
{
    return websocket->state == OPEN;
}

bool websocket_is_halfway(const struct websocket *websocket)
{
    return websocket->opcode != 0 || websocket->frame_done > 0;
}

/* Out. */

static enum err websocket_write(struct websocket *websocket, const struct bytes *parts,
                                size_t count)
{
    enum err err = websocket->user.write(websocket->user.context, parts, count);
    if (err != ERR_NONE)
        websocket->state = OVER;
    return err;
}

/* wslay hands a frame over piece by piece; all of them live until the frame is written. */
static ssize_t collect(const uint8_t *data, size_t length, int flags, void *context)
{
    struct websocket *websocket = context;
    (void)flags;
    assert(websocket->part_count < PARTS_MAX);
    websocket->parts[websocket->part_count++] = bytes_from(data, length);
    return (ssize_t)length;
}

static enum err frame_send(struct websocket *websocket, unsigned char opcode, struct bytes head,
                           struct bytes body)
{
    struct wslay_frame_iocb frame = {.fin = 1, .opcode = opcode};
    frame.payload_length = head.length + body.length;
    websocket->part_count = 0;
    frame.data = (const uint8_t *)head.at;
    frame.data_length = head.length;
    ssize_t sent = wslay_frame_send(websocket->frames, &frame);
    assert(sent == (ssize_t)head.length);
    frame.data = (const uint8_t *)body.at;
    frame.data_length = body.length;
    if (body.length > 0)
        sent = wslay_frame_send(websocket->frames, &frame);
    assert(sent >= 0);
    return websocket_write(websocket, websocket->parts, websocket->part_count);
}

enum err websocket_send(struct websocket *websocket, struct bytes head, struct bytes body)
{
    if (websocket->state != OPEN)
        return ERR_CLOSED;
    bool text = bytes_is_utf8(head) && bytes_is_utf8(body);
    return frame_send(websocket, text ? WSLAY_TEXT_FRAME : WSLAY_BINARY_FRAME, head, body);
}

void websocket_ping(struct websocket *websocket)
{
    if (websocket->state == OPEN)
        (void)frame_send(websocket, WSLAY_PING, BYTES(""), BYTES(""));
}

void websocket_close(struct websocket *websocket, enum websocket_status status, const char *reason)
{
    char code[2] = {(char)(status >> 8), (char)(status & 0xff)};
    assert(strlen(reason) <= CONTROL_MAX - sizeof(code));
    if (websocket->state != OPEN)
        return;
    (void)frame_send(websocket, WSLAY_CONNECTION_CLOSE, bytes_from(code, sizeof(code)),
                     bytes_of(reason));
    websocket->state = OVER;
}

static void websocket_fail(struct websocket *websocket, enum websocket_status status,
                           const char *reason)
{
    if (status == WEBSOCKET_TOO_BIG)
        metrics_count(websocket->settings.metrics, METRIC_messages_oversized);
    metrics_count(websocket->settings.metrics, METRIC_websockets_failed);
    websocket_close(websocket, status, reason);
}

/* In: messages. */

/* RFC 5626 4.4.1: two line ends ask for one. */
static void keep_alive(struct websocket *websocket, struct bytes blank)
{
    if (bytes_starts_with(blank, BYTES("\r\n\r\n")))
        (void)frame_send(websocket, WSLAY_TEXT_FRAME, BYTES("\r\n"), BYTES(""));
}

static void message_take(struct websocket *websocket, unsigned char opcode, struct bytes whole)
{
    struct bytes message = whole;
    if (opcode == WSLAY_TEXT_FRAME && !bytes_is_utf8(whole)) {
        websocket_fail(websocket, WEBSOCKET_BAD_TEXT, "a text message is not UTF-8");
        return;
    }
    while (message.length > 0 && (*message.at == '\r' || *message.at == '\n'))
        message = bytes_skip(message, 1);
    if (bytes_empty(message))
        keep_alive(websocket, whole);
    else
        websocket->user.message(websocket->user.context, message);
}

static void message_drop(struct websocket *websocket)
{
    free(websocket->message);
    websocket->message = NULL;
    websocket->length = websocket->size = 0;
    websocket->opcode = 0;
}

/* The bound was looked at when the frame began. */
static void message_add(struct websocket *websocket, struct bytes part)
{
    size_t needs = websocket->length + part.length;
    assert(needs <= websocket->settings.message_max_bytes);
    if (part.length == 0)
        return;
    if (needs > websocket->size) {
        size_t size = websocket->size > 0 ? websocket->size : MESSAGE_FIRST;
        while (size < needs)
            size *= 2;
        websocket->message = memory_resize(websocket->message, size);
        websocket->size = size;
    }
    memcpy(websocket->message + websocket->length, part.at, part.length);
    websocket->length = needs;
}

/* In: control frames. */

/* Codes that may stand in a close frame (RFC 6455 7.4; 1012 to 1014 by IANA's registry). */
static bool is_close_status(unsigned status)
{
    return (status >= 1000 && status <= 1003) || (status >= 1007 && status <= 1014) ||
           (status >= 3000 && status <= 4999);
}

/* RFC 6455 5.5.1: the answer repeats the status. */
static void close_take(struct websocket *websocket, struct bytes payload)
{
    const unsigned char *at = (const unsigned char *)payload.at;
    if (payload.length == 1 ||
        (payload.length > 1 && !is_close_status((unsigned)at[0] << 8 | at[1]))) {
        websocket_fail(websocket, WEBSOCKET_PROTOCOL_ERROR, "no status for a close");
        return;
    }
    if (!bytes_is_utf8(bytes_skip(payload, 2))) {
        websocket_fail(websocket, WEBSOCKET_BAD_TEXT, "a close's reason is not UTF-8");
        return;
    }
    (void)frame_send(websocket, WSLAY_CONNECTION_CLOSE, bytes_first(payload, 2), BYTES(""));
    websocket->state = OVER;
}

static void control_take(struct websocket *websocket, unsigned char opcode)
{
    struct bytes payload = bytes_from(websocket->control, websocket->control_length);
    websocket->control_length = 0;
    if (opcode == WSLAY_CONNECTION_CLOSE)
        close_take(websocket, payload);
    else if (opcode == WSLAY_PING)
        (void)frame_send(websocket, WSLAY_PONG, payload, BYTES(""));
    /* that a pong came is all that it says */
}

/* In: frames. */

/* What wslay leaves to us of RFC 6455 5.1 to 5.5; NULL: it is fine. */
static const char *frame_fault(const struct websocket *websocket,
                               const struct wslay_frame_iocb *frame)
{
    if (!frame->mask)
        return "a client's frames are masked";
    if (frame->rsv != 0)
        return "a reserved bit is set, but no extension was agreed on";
    if (wslay_is_ctrl_frame(frame->opcode))
        return frame->opcode <= WSLAY_PONG ? NULL : "an unknown control frame";
    if (frame->opcode > WSLAY_BINARY_FRAME)
        return "an unknown frame";
    if (frame->opcode == WSLAY_CONTINUATION_FRAME && websocket->opcode == 0)
        return "a continuation of nothing";
    if (frame->opcode != WSLAY_CONTINUATION_FRAME && websocket->opcode != 0)
        return "a message begins inside another one";
    return NULL;
}

/* Judges a frame by its head; false: it was the last one. */
static bool frame_begin(struct websocket *websocket, const struct wslay_frame_iocb *frame)
{
    const char *fault = frame_fault(websocket, frame);
    if (fault != NULL) {
        websocket_fail(websocket, WEBSOCKET_PROTOCOL_ERROR, fault);
        return false;
    }
    if (wslay_is_ctrl_frame(frame->opcode))
        return true;
    if (frame->payload_length > websocket->settings.message_max_bytes - websocket->length) {
        websocket_fail(websocket, WEBSOCKET_TOO_BIG, "longer than net.message_max_bytes");
        return false;
    }
    return true;
}

static void control_part(struct websocket *websocket, const struct wslay_frame_iocb *frame,
                         bool last)
{
    assert(frame->data_length <= CONTROL_MAX - websocket->control_length);
    memcpy(websocket->control + websocket->control_length, frame->data, frame->data_length);
    websocket->control_length += frame->data_length;
    if (last)
        control_take(websocket, frame->opcode);
}

static void data_part(struct websocket *websocket, const struct wslay_frame_iocb *frame, bool last)
{
    struct bytes part = bytes_from(frame->data, frame->data_length);
    bool end = last && frame->fin;
    if (end && websocket->opcode == 0 && part.length == frame->payload_length) {
        message_take(websocket, frame->opcode, part);
        return;
    }
    if (websocket->opcode == 0)
        websocket->opcode = frame->opcode;
    message_add(websocket, part);
    if (!end)
        return;
    message_take(websocket, websocket->opcode, bytes_from(websocket->message, websocket->length));
    message_drop(websocket);
}

/* Takes a part of a frame, from its first to its last byte. */
static void frame_part(struct websocket *websocket, const struct wslay_frame_iocb *frame)
{
    if (websocket->frame_done == 0 && !frame_begin(websocket, frame))
        return;
    websocket->frame_done += frame->data_length;
    bool last = websocket->frame_done == frame->payload_length;
    if (last)
        websocket->frame_done = 0;
    if (wslay_is_ctrl_frame(frame->opcode))
        control_part(websocket, frame, last);
    else
        data_part(websocket, frame, last);
}

static ssize_t provide(uint8_t *at, size_t size, int flags, void *context)
{
    struct websocket *websocket = context;
    struct bytes part = bytes_first(websocket->arrived, size);
    (void)flags;
    if (part.length > 0)
        memcpy(at, part.at, part.length);
    websocket->arrived = bytes_skip(websocket->arrived, part.length);
    return (ssize_t)part.length; /* 0: no more now */
}

static void frames_take(struct websocket *websocket)
{
    while (websocket->state == OPEN) {
        struct wslay_frame_iocb frame = {0};
        ssize_t got = wslay_frame_recv(websocket->frames, &frame);
        if (got == WSLAY_ERR_WANT_READ)
            return;
        if (got < 0)
            websocket_fail(websocket, WEBSOCKET_PROTOCOL_ERROR, "a broken frame");
        else
            frame_part(websocket, &frame);
    }
}

static void websocket_open(struct websocket *websocket)
{
    const struct wslay_frame_callbacks callbacks = {collect, provide, NULL};
    int failed = wslay_frame_context_init(&websocket->frames, &callbacks, websocket);
    if (failed != 0)
        abort(); /* no memory: as memory_new */
    websocket->state = OPEN;
    handshake_free(&websocket->handshake);
    metrics_count(websocket->settings.metrics, METRIC_websockets_opened);
    websocket->user.opened(websocket->user.context);
}

/* Leaves in `arrived` what stands behind the request. */
static void handshake_take(struct websocket *websocket)
{
    size_t taken;
    enum handshake_state state = handshake_read(websocket->handshake, websocket->arrived, &taken);
    websocket->arrived = bytes_skip(websocket->arrived, taken);
    if (state == HANDSHAKE_MORE)
        return;
    struct bytes answer = handshake_answer(websocket->handshake);
    enum err err = websocket_write(websocket, &answer, 1);
    if (state == HANDSHAKE_REFUSED || err != ERR_NONE)
        websocket->state = OVER;
    else
        websocket_open(websocket);
}

bool websocket_read(struct websocket *websocket, struct bytes arrived)
{
    websocket->arrived = arrived;
    if (websocket->state == HANDSHAKING && arrived.length > 0)
        handshake_take(websocket);
    frames_take(websocket);
    websocket->arrived = BYTES("");
    return websocket->state != OVER;
}
