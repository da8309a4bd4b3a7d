/* fake_net.c: flows, framing and names without sockets. */
#include "fake_net.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "sip/frame.h"

static struct fake_net *fake_of(struct net *net)
{
    return (struct fake_net *)(void *)net;
}

static struct fake_connection *connection_of(const struct fake_net *fake, uint64_t number)
{
    assert(number <= fake->connection_count);
    return number == 0 ? NULL : &fake->connections[number - 1];
}

bool fake_net_is_open(const struct fake_net *fake, uint64_t number)
{
    const struct fake_connection *connection = connection_of(fake, number);
    return connection != NULL && connection->open;
}

static uint64_t open_connection(struct fake_net *fake, const struct net_address *local,
                                const struct net_address *remote)
{
    assert(fake->connection_count < CONNECTIONS_MAX);
    uint64_t number = ++fake->connection_count;
    *connection_of(fake, number) =
        (struct fake_connection){.open = true, .flow = {NET_TCP, *local, *remote, number}};
    return number;
}

static void end_connection(struct fake_connection *connection)
{
    connection->open = connection->closing = connection->refused = false;
    free(connection->arrived);
    connection->arrived = NULL;
    connection->length = 0;
}

/* The operations of net.h. */

static void handle(struct net *net, const struct net_handler *handler)
{
    fake_of(net)->handler = *handler;
    fake_of(net)->up = true;
}

static bool alive(struct net *net, const struct net_flow *flow)
{
    if (!fake_of(net)->up)
        return false;
    if (flow->protocol == NET_UDP)
        return true;
    return fake_net_is_open(fake_of(net), flow->connection) &&
           !connection_of(fake_of(net), flow->connection)->closing;
}

/* What the server sends on its way to the other end. */
static void hand_out(struct fake_net *fake, const struct net_flow *flow, struct bytes raw)
{
    fake->peers.leaves(fake->peers.context, flow, raw);
    if (flow->protocol == NET_UDP && !weather_is_fair(&fake->weather))
        weather_carry(&fake->weather, flow, false, raw);
    else
        fake->peers.take(fake->peers.context, flow, raw);
}

static enum err send_to(struct net *net, const struct net_flow *flow, struct bytes head,
                        struct bytes body)
{
    struct fake_net *fake = fake_of(net);
    if (!alive(net, flow))
        return ERR_CLOSED;
    if (flow->protocol == NET_TCP && connection_of(fake, flow->connection)->refused)
        return ERR_NONE; /* queued, and soon lost */
    char *whole = memory_new(head.length + body.length + 1);
    memcpy(whole, head.at, head.length);
    if (body.length > 0)
        memcpy(whole + head.length, body.at, body.length);
    hand_out(fake, flow, bytes_from(whole, head.length + body.length));
    free(whole);
    return ERR_NONE;
}

static const struct net_address *listener_for(const struct fake_net *fake, unsigned char family)
{
    for (size_t i = 0; i < fake->listener_count; i++)
        if (fake->listeners[i].family == family)
            return &fake->listeners[i];
    return NULL;
}

static uint64_t open_to(const struct fake_net *fake, const struct net_address *remote)
{
    for (uint64_t i = 1; i <= fake->connection_count; i++) {
        const struct fake_connection *connection = connection_of(fake, i);
        if (connection->open && !connection->closing &&
            net_address_equal(&connection->flow.remote, remote))
            return i;
    }
    return 0;
}

static uint64_t between(struct net *net, const struct net_flow *flow)
{
    const struct fake_net *fake = fake_of(net);
    uint64_t number = open_to(fake, &flow->remote);
    const struct fake_connection *connection = connection_of(fake, number);
    bool same =
        fake->up && connection != NULL && net_address_equal(&connection->flow.local, &flow->local);
    return same ? number : 0;
}

static enum err connect_to(struct net *net, const struct net_target *target, struct net_flow *flow)
{
    struct fake_net *fake = fake_of(net);
    const struct net_address *local = listener_for(fake, target->address.family);
    if (local == NULL || !fake->up)
        return ERR_NOT_FOUND;
    *flow = (struct net_flow){target->protocol, *local, target->address, 0};
    if (target->protocol == NET_UDP)
        return ERR_NONE;
    flow->connection = open_to(fake, &target->address);
    if (flow->connection == 0) {
        flow->connection = open_connection(fake, local, &target->address);
        bool heard = fake->peers.listens(fake->peers.context, flow);
        connection_of(fake, flow->connection)->refused = !heard;
        fake->busy = fake->busy || !heard;
    }
    *flow = connection_of(fake, flow->connection)->flow;
    return ERR_NONE;
}

static void close_from_server(struct net *net, uint64_t number)
{
    struct fake_connection *connection = connection_of(fake_of(net), number);
    if (connection == NULL || !connection->open)
        return;
    connection->closing = true;
    fake_of(net)->busy = true;
}

static bool proved(struct net *net, const struct net_flow *flow, struct bytes domain)
{
    (void)net, (void)flow, (void)domain;
    return false;
}

static void write_local(struct net *net, const struct net_flow *flow, struct buffer *out)
{
    (void)net;
    net_address_write(&flow->local, out);
}

static struct fake_shun *shun_of(struct fake_net *fake, const struct net_target *target)
{
    for (size_t i = 0; i < SHUNS_MAX; i++) {
        struct fake_shun *shun = &fake->shuns[i];
        if (fake->world->now_ms < shun->until_ms && shun->target.protocol == target->protocol &&
            net_address_equal(&shun->target.address, &target->address))
            return shun;
    }
    return NULL;
}

/* The host's targets that fit (sips: TLS alone), the shunned ones behind the others. */
static size_t targets_of(struct fake_net *fake, const struct fake_host *host,
                         const struct net_query *query, struct net_target *targets)
{
    size_t count = 0;
    for (int shunned = 0; shunned <= 1; shunned++) {
        for (size_t i = 0; i < host->count; i++) {
            struct net_target target = host->targets[i];
            if ((query->secure && !net_is_secure(target.protocol)) ||
                (shun_of(fake, &target) != NULL) != shunned)
                continue;
            target.domain = query->host;
            targets[count++] = target;
        }
    }
    return count;
}

static void resolve(struct net *net, const struct net_query *query, struct net_lookup *lookup,
                    net_found_fn found)
{
    struct fake_net *fake = fake_of(net);
    struct net_target targets[NET_TARGETS_MAX] = {
        {query->secure ? NET_TLS : query->protocol, {0}, query->host}};
    uint16_t port = net_is_secure(targets[0].protocol) ? 5061 : 5060;
    size_t count = 0;
    lookup->found = found;
    lookup->running = NULL;
    if (net_address_parse(query->host, query->port ? query->port : port, &targets[0].address))
        count = 1;
    for (size_t i = 0; i < fake->host_count && count == 0; i++)
        if (bytes_equal_nocase(query->host, bytes_of(fake->hosts[i].name)))
            count = targets_of(fake, &fake->hosts[i], query, targets);
    found(lookup, targets, count);
}

static void cancel(struct net *net, struct net_lookup *lookup)
{
    (void)net;
    lookup->running = NULL;
}

static void shun(struct net *net, const struct net_target *target, unsigned seconds)
{
    struct fake_net *fake = fake_of(net);
    struct fake_shun *shun = shun_of(fake, target);
    if (shun == NULL)
        shun = &fake->shuns[fake->shun_next++ % SHUNS_MAX];
    *shun = (struct fake_shun){*target, fake->world->now_ms + (uint64_t)seconds * 1000};
}

static unsigned late_ms(struct net *net)
{
    (void)net;
    return 0;
}

static const struct net_ops ops = {
    .handle = handle,
    .send = send_to,
    .connect = connect_to,
    .alive = alive,
    .between = between,
    .close = close_from_server,
    .proved = proved,
    .write_local = write_local,
    .resolve = resolve,
    .cancel = cancel,
    .shun = shun,
    .late_ms = late_ms,
};

void fake_net_init(struct fake_net *fake, struct world *world, const struct fake_peers *peers)
{
    *fake = (struct fake_net){
        .net = {&ops}, .peers = *peers, .settings = net_settings_default(), .world = world};
    fake->connections = memory_new(CONNECTIONS_MAX * sizeof(*fake->connections));
    weather_init(&fake->weather, world, &fake->busy);
}

void fake_net_down(struct fake_net *fake)
{
    for (uint64_t i = 1; i <= fake->connection_count; i++) {
        struct fake_connection *connection = connection_of(fake, i);
        if (!connection->open)
            continue;
        end_connection(connection);
        fake->peers.ended(fake->peers.context, &connection->flow);
    }
    memset(fake->shuns, 0, sizeof(fake->shuns));
    fake->up = false;
    fake->busy = fake->weather.arrived != NULL;
}

void fake_net_release(struct fake_net *fake)
{
    for (uint64_t i = 1; i <= fake->connection_count; i++)
        free(connection_of(fake, i)->arrived);
    free(fake->connections);
    fake->connections = NULL;
    weather_release(&fake->weather);
}

/* What reaches the server. */

/* Without a byte behind it, so that the sanitizer sees who reads too far. */
static char *exact_copy(struct bytes raw)
{
    char *copy = memory_new(raw.length > 0 ? raw.length : 1);
    if (raw.length > 0)
        memcpy(copy, raw.at, raw.length);
    return copy;
}

static void deliver_up(struct fake_net *fake, const struct net_flow *flow, struct bytes raw)
{
    char *copy = exact_copy(raw);
    if (fake->up)
        fake->handler.message(fake->handler.context, flow, bytes_from(copy, raw.length));
    free(copy);
}

void fake_net_datagram(struct fake_net *fake, const struct net_flow *flow, struct bytes raw)
{
    if (weather_is_fair(&fake->weather))
        deliver_up(fake, flow, raw);
    else
        weather_carry(&fake->weather, flow, true, raw);
}

uint64_t fake_net_dial(struct fake_net *fake, const struct net_address *server,
                       const struct net_address *from)
{
    return fake->up ? open_connection(fake, server, from) : 0;
}

/* As the real network does it: what cannot be followed is told, and the connection closes once the
 * answer has left. */
static void take_item(struct fake_net *fake, struct fake_connection *connection,
                      const struct sip_frame *frame, struct bytes item)
{
    const struct net_handler *handler = &fake->handler;
    const struct net_flow flow = connection->flow;
    if (frame->kind == SIP_FRAME_PING) {
        hand_out(fake, &flow, BYTES("\r\n"));
    } else if (frame->kind == SIP_FRAME_MESSAGE) {
        handler->message(handler->context, &flow, item);
    } else if (frame->kind == SIP_FRAME_BROKEN) {
        handler->broken(handler->context, &flow, item, frame->status, frame->reason);
        handler->closed(handler->context, flow.connection, ERR_PARSE);
        connection->closing = true;
        fake->busy = true;
    }
}

static void drop_first(struct fake_connection *connection, size_t length)
{
    connection->length -= length;
    memmove(connection->arrived, connection->arrived + length, connection->length);
    connection->scanned = 0;
}

void fake_net_stream(struct fake_net *fake, uint64_t number, struct bytes raw)
{
    struct fake_connection *connection = connection_of(fake, number);
    if (connection == NULL || !connection->open || connection->closing)
        return;
    connection->arrived = memory_resize(connection->arrived, connection->length + raw.length + 1);
    memcpy(connection->arrived + connection->length, raw.at, raw.length);
    connection->length += raw.length;
    while (connection->open && !connection->closing) {
        struct bytes arrived = bytes_from(connection->arrived, connection->length);
        struct sip_frame frame =
            sip_frame_next(arrived, &connection->scanned, fake->settings.head_max_bytes,
                           fake->settings.message_max_bytes);
        if (frame.kind == SIP_FRAME_MORE)
            return;
        size_t length = frame.kind == SIP_FRAME_BROKEN ? arrived.length : frame.length;
        char *item = exact_copy(bytes_first(arrived, length));
        drop_first(connection, length);
        take_item(fake, connection, &frame, bytes_from(item, length));
        free(item);
    }
}

void fake_net_hang_up(struct fake_net *fake, uint64_t number)
{
    struct fake_connection *connection = connection_of(fake, number);
    if (connection == NULL || !connection->open)
        return;
    end_connection(connection);
    fake->handler.closed(fake->handler.context, number, ERR_CLOSED);
}

static void deliver_arrived(struct fake_net *fake)
{
    struct carried *next, *carried = weather_take(&fake->weather);
    for (; carried != NULL; carried = next) {
        struct bytes raw = bytes_from(carried->bytes, carried->length);
        next = carried->next;
        if (carried->up)
            deliver_up(fake, &carried->flow, raw);
        else
            fake->peers.take(fake->peers.context, &carried->flow, raw);
        free(carried);
    }
}

void fake_net_turn(struct fake_net *fake)
{
    fake->busy = false;
    deliver_arrived(fake);
    for (uint64_t i = 1; i <= fake->connection_count; i++) {
        struct fake_connection *connection = connection_of(fake, i);
        if (connection->refused) {
            end_connection(connection);
            fake->handler.closed(fake->handler.context, i, ERR_IO);
        } else if (connection->closing) {
            end_connection(connection);
            fake->peers.ended(fake->peers.context, &connection->flow);
        }
    }
}
