/* websocket_fuzz.c: the first byte says in which pieces the rest arrives, and with its top bit that
 * the handshake is done already. What comes up and what leaves is the same as when all arrives at
 * once; what leaves is a server's frames, and behind a close there is nothing. */
#include "fuzz.h"
#include "net/websocket.h"

enum { HEAD_MAX = 600, MESSAGE_MAX = 900, LOG_MAX = 1 << 17 };

/* Everything that happened, in order: 'w' and bytes that leave, 'm' and bytes that come up. */
struct events {
    struct websocket *websocket;
    char *at;
    size_t length, written;
    bool open;
};

static void note(struct events *events, char kind, struct bytes bytes)
{
    insist(events->length + bytes.length + 1 < LOG_MAX);
    events->at[events->length++] = kind;
    if (bytes.length > 0)
        memcpy(events->at + events->length, bytes.at, bytes.length);
    events->length += bytes.length;
}

/* A whole frame of a server: its length is what its head says, and it has no mask. */
static void check_frame(const struct bytes *parts, size_t count)
{
    const unsigned char *head = (const unsigned char *)parts[0].at;
    size_t length = 0, payload;
    insist(parts[0].length >= 2 && (head[0] & 0xf0) == 0x80 && head[1] < 128);
    for (size_t i = 1; i < count; i++)
        length += parts[i].length;
    payload = head[1] < 126 ? head[1] : (size_t)head[2] << 8 | head[3];
    insist(payload == length && length <= MESSAGE_MAX);
}

static enum err take(void *context, const struct bytes *parts, size_t count)
{
    struct events *events = context;
    if (events->open)
        check_frame(parts, count);
    for (size_t i = 0; i < count; i++) {
        note(events, 'w', parts[i]);
        events->written += parts[i].length;
    }
    return ERR_NONE;
}

static void opened(void *context)
{
    struct events *events = context;
    insist(!events->open);
    events->open = true;
}

static void message(void *context, struct bytes raw)
{
    struct events *events = context;
    insist(raw.length > 0 && raw.length <= MESSAGE_MAX);
    insist(websocket_is_open(events->websocket));
    char *copy = exact_copy((const uint8_t *)raw.at, raw.length);
    note(events, 'm', bytes_from(copy, raw.length));
    insist(websocket_send(events->websocket, raw, BYTES("")) == ERR_NONE);
    free(copy);
}

static struct events play(struct bytes stream, size_t step, bool skip_handshake)
{
    struct events events = {.at = malloc(LOG_MAX)};
    struct origins *origins = origins_new(NULL);
    const struct websocket_settings settings = {HEAD_MAX, MESSAGE_MAX, origins, NULL};
    const struct websocket_user user = {take, opened, message, &events};
    insist(events.at != NULL);
    events.websocket = websocket_new(&settings, &user);
    bool goes_on = true;
    if (skip_handshake)
        goes_on = websocket_read(
            events.websocket,
            BYTES("GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                  "Sec-WebSocket-Protocol: sip\r\n\r\n"));
    while (goes_on && stream.length > 0) {
        goes_on = websocket_read(events.websocket, bytes_first(stream, step));
        stream = bytes_skip(stream, step);
    }
    size_t length = events.length;
    insist(goes_on || !websocket_read(events.websocket, BYTES("\x81\x80mask")));
    insist(goes_on || events.length == length);
    websocket_free(&events.websocket);
    origins_free(&origins);
    return events;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > LOG_MAX / 32)
        return 0;
    char *text = exact_copy(data + 1, size - 1);
    struct bytes stream = bytes_from(text, size - 1);
    bool skip_handshake = data[0] >= 128;
    struct events whole = play(stream, stream.length + 1, skip_handshake);
    struct events pieces = play(stream, data[0] % 16 + (size_t)1, skip_handshake);
    insist(whole.length == pieces.length && memcmp(whole.at, pieces.at, whole.length) == 0);
    free(whole.at);
    free(pieces.at);
    free(text);
    return 0;
}
