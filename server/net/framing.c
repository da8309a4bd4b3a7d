/* framing.c: messages of a stream as SIP itself frames them (RFC 3261 18.3), and which protocol has
 * which framing. */
#include <assert.h>

#include "net/connection_internal.h"
#include "sip/frame.h"

static void sip_item(struct connection *connection, const struct sip_frame *frame,
                     struct bytes item)
{
    const struct bytes pong = BYTES("\r\n");
    if (frame->kind == SIP_FRAME_PING && connection_queue(connection, &pong, 1) != ERR_NONE)
        return; /* RFC 5626 4.4.1; the connection has ended */
    if (frame->kind == SIP_FRAME_MESSAGE)
        connection_message(connection, item);
}

static size_t sip_take(struct connection *connection, struct bytes arrived)
{
    const struct net_settings *settings = &connection->loop->settings;
    size_t at = 0;
    while (at < arrived.length && connection->state == CONNECTION_OPEN) {
        struct bytes rest = bytes_skip(arrived, at);
        struct sip_frame frame = sip_frame_next(
            rest, &connection->scanned, settings->head_max_bytes, settings->message_max_bytes);
        if (frame.kind == SIP_FRAME_MORE) {
            /* framing refuses what grows beyond the limits: the buffer is bounded by them */
            assert(rest.length <= settings->head_max_bytes + settings->message_max_bytes);
            break;
        }
        connection->scanned = 0;
        if (frame.kind == SIP_FRAME_BROKEN) {
            connection_broken(connection, rest, frame.status, frame.reason);
            break;
        }
        assert(frame.length > 0 && frame.length <= rest.length);
        at += frame.length;
        sip_item(connection, &frame, bytes_first(rest, frame.length));
    }
    return at;
}

static enum err sip_put(struct connection *connection, struct bytes head, struct bytes body)
{
    const struct bytes parts[] = {head, body};
    return connection_queue(connection, parts, 2);
}

/* A lone CR LF, half a ping, may stay: some phones send no more to keep a NAT open. */
static bool sip_half(const struct connection *connection, struct bytes rest)
{
    (void)connection;
    return rest.length > 0 && *rest.at != '\r';
}

const struct framing framing_sip = {
    .take = sip_take,
    .put = sip_put,
    .half = sip_half,
};

static const struct framing *const framings[NET_PROTOCOLS] = {
    [NET_TCP] = &framing_sip,
    [NET_TLS] = &framing_sip,
    [NET_WS] = &framing_websocket,
    [NET_WSS] = &framing_websocket,
};

const struct framing *framing_of(enum net_protocol protocol)
{
    assert((unsigned)protocol < NET_PROTOCOLS);
    return framings[protocol];
}
