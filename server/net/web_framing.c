/* web_framing.c: messages of a WebSocket connection, and its pulse.
 *
 *     silent for ping_s           silent for ping_s again
 *        ----------> ping sent  -------------------------> ended
 *                        | anything arrives
 *                        v
 *                    as before
 *
 * Browsers give a page no means to keep its connection alive, proxies and NATs drop what is silent,
 * and a laptop that was closed says nothing: so we ask. One timer a connection; arrivals only note
 * the time. */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "net/connection_internal.h"
#include "net/websocket.h"

struct web {
    struct connection *connection;
    struct websocket *websocket;
    struct timer pulse;
    uint64_t heard_ms; /* when something arrived last */
    bool asked;        /* and nothing has arrived since */
};

static void pulse_fire(struct timer *timer);

static void pulse_set(struct web *web, uint64_t from_ms)
{
    struct world *world = web->connection->loop->world;
    uint64_t ping_ms = (uint64_t)web->connection->loop->settings.ws_ping_s * 1000;
    if (ping_ms > 0)
        wheel_set(world->wheel, &web->pulse, from_ms + ping_ms, pulse_fire);
}

static void pulse_fire(struct timer *timer)
{
    struct web *web = HOLDER(timer, struct web, pulse);
    struct connection *connection = web->connection;
    struct loop *loop = connection->loop;
    uint64_t now_ms = loop->world->now_ms;
    if (connection->state != CONNECTION_OPEN)
        return;
    if (web->heard_ms + (uint64_t)loop->settings.ws_ping_s * 1000 > now_ms) {
        pulse_set(web, web->heard_ms);
        return;
    }
    if (web->asked) {
        metrics_count(loop->metrics, METRIC_websockets_silent);
        connection_end(connection, ERR_TIMEOUT, true, false);
        return;
    }
    web->asked = true;
    pulse_set(web, now_ms);
    websocket_ping(web->websocket);
}

static enum err web_write(void *context, const struct bytes *parts, size_t count)
{
    return connection_queue(((struct web *)context)->connection, parts, count);
}

static void web_opened(void *context)
{
    struct web *web = context;
    connection_opened(web->connection);
    pulse_set(web, web->heard_ms);
}

static void web_message(void *context, struct bytes message)
{
    struct connection *connection = ((struct web *)context)->connection;
    if (connection->state == CONNECTION_OPEN) /* an earlier one of this read may have ended it */
        connection_message(connection, message);
}

static struct web *web_new(struct connection *connection)
{
    struct loop *loop = connection->loop;
    struct web *web = memory_new(sizeof(*web));
    const struct websocket_settings settings = {
        .head_max_bytes = loop->settings.head_max_bytes,
        .message_max_bytes = loop->settings.message_max_bytes,
        .origins = loop->origins,
        .metrics = loop->metrics,
    };
    const struct websocket_user user = {web_write, web_opened, web_message, web};
    web->connection = connection;
    web->websocket = websocket_new(&settings, &user);
    return web;
}

static size_t web_take(struct connection *connection, struct bytes arrived)
{
    if (connection->web == NULL)
        connection->web = web_new(connection);
    struct web *web = connection->web;
    web->heard_ms = connection->loop->world->now_ms;
    web->asked = false;
    bool goes_on = websocket_read(web->websocket, arrived);
    if (!goes_on && connection->state == CONNECTION_HANDSHAKING)
        connection_unshaken(connection, ERR_PARSE);
    else if (!goes_on && connection->state == CONNECTION_OPEN)
        connection_end(connection, ERR_CLOSED, true, true);
    return arrived.length; /* the beginning of a message is kept in the WebSocket */
}

static enum err web_put(struct connection *connection, struct bytes head, struct bytes body)
{
    if (connection->web == NULL)
        return ERR_CLOSED;
    return websocket_send(connection->web->websocket, head, body);
}

static bool web_half(const struct connection *connection, struct bytes rest)
{
    (void)rest;
    return websocket_is_halfway(connection->web->websocket);
}

static void web_goodbye(struct connection *connection)
{
    websocket_close(connection->web->websocket, WEBSOCKET_NORMAL, "");
}

static void web_release(struct connection *connection)
{
    struct web *web = connection->web;
    if (web == NULL)
        return;
    wheel_cancel(connection->loop->world->wheel, &web->pulse);
    websocket_free(&web->websocket);
    free(web);
    connection->web = NULL;
}

const struct framing framing_websocket = {
    .handshakes = true,
    .take = web_take,
    .put = web_put,
    .half = web_half,
    .goodbye = web_goodbye,
    .release = web_release,
};
