/* frames.h: a WebSocket client's bytes: its handshake, and frames as it writes and reads them
 * (RFC 6455 5.2). */
#ifndef TESTS_NET_FRAMES_H
#define TESTS_NET_FRAMES_H

#include "base/buffer.h"
#include "unit.h"

#define WEBSOCKET_HELLO                               \
    "GET / HTTP/1.1\r\nHost: example.org\r\n"         \
    "Upgrade: websocket\r\nConnection: Upgrade\r\n"   \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" \
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: sip\r\n\r\n"

enum { FIN = 0x80, CONTINUES = 0x0, TEXT = 0x1, BINARY = 0x2, CLOSE = 0x8, PING = 0x9, PONG = 0xa };
enum { MASKED = 0x80 };

/* Writes one frame; `first` has FIN, reserved bits and opcode. Without `mask` the payload is bare.
 */
static inline void frame_write(struct buffer *out, unsigned first, unsigned mask,
                               struct bytes payload)
{
    static const char key[4] = {0x37, (char)0xfa, 0x21, 0x3d}; /* RFC 6455 5.7 */
    buffer_char(out, (char)first);
    if (payload.length < 126) {
        buffer_char(out, (char)(mask | payload.length));
    } else if (payload.length < 65536) {
        buffer_char(out, (char)(mask | 126));
        buffer_char(out, (char)(payload.length >> 8));
        buffer_char(out, (char)(payload.length & 0xff));
    } else {
        buffer_char(out, (char)(mask | 127));
        for (int shift = 56; shift >= 0; shift -= 8)
            buffer_char(out, (char)(payload.length >> shift & 0xff));
    }
    if (mask != 0)
        buffer_put(out, bytes_from(key, sizeof(key)));
    for (size_t i = 0; i < payload.length; i++)
        buffer_char(out, (char)(payload.at[i] ^ (mask != 0 ? key[i % 4] : 0)));
    ck_assert(!out->overflow);
}

/* A server's frame at the start of `rest`, which is left behind it; false: it is not whole. */
static inline bool frame_read(struct bytes *rest, unsigned *first, struct bytes *payload)
{
    const unsigned char *at = (const unsigned char *)rest->at;
    size_t head = 2, length;
    if (rest->length < head)
        return false;
    length = at[1];
    ck_assert_uint_lt(length, 128); /* a server masks nothing (RFC 6455 5.1) */
    head += length < 126 ? 0 : length == 126 ? 2 : 8;
    if (rest->length < head)
        return false;
    *first = at[0];
    if (length > 125)
        length = 0;
    for (size_t i = 2; i < head; i++)
        length = length << 8 | at[i];
    if (rest->length - head < length)
        return false;
    *payload = bytes_from(rest->at + head, length);
    *rest = bytes_skip(*rest, head + length);
    return true;
}

#endif
