/* stream.c: the connections of a loop: making, finding, limits, end. The states are drawn in
 * connection_internal.h; bytes in and out are connection.c's.
 *
 * Open connections hang in a list, the one idle longest first, so that one timer watches over all
 * of them and the one to let go over the limit is known at once. Two tables find a connection by
 * its remote address and count those of a host. Nothing is told or freed inside a callback or a
 * caller's order: what ended waits in a list for the end of the turn. */
#include "net/connection_internal.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"

enum {
    ACCEPTS_MAX = 64, /* in one turn, then others have theirs */
    CONNECT_TIMEOUT_MS = 10000,
    CLOSE_TIMEOUT_MS = 5000,
    EVICT_IDLE_MS = 5000,      /* who spoke more recently is not let go for a newcomer */
    EVICT_HALF_OPEN_MS = 1000, /* who began more recently may still be at it */
    SHORTAGE_PAUSE_MS = 250,
    SHORTAGE_LOG_MS = 10000
};

static void host_key_write(const struct net_address *address, unsigned char key[HOST_KEY])
{
    struct net_address counted = net_address_counted(address);
    key[0] = counted.family;
    memcpy(key + 1, counted.ip, sizeof(counted.ip));
}

static void key_write(enum net_protocol protocol, const struct net_address *address,
                      unsigned char key[REMOTE_KEY])
{
    key[0] = address->family;
    memcpy(key + 1, address->ip, sizeof(address->ip));
    memcpy(key + 1 + sizeof(address->ip), &address->port, 2);
    key[REMOTE_KEY - 1] = (unsigned char)protocol;
}

static unsigned key_hash(const struct streams *streams, const unsigned char *key, size_t length)
{
    return (unsigned)bytes_hash(bytes_from(key, length), streams->seed);
}

static struct connection *remote_first(const struct streams *streams, const unsigned char *key)
{
    struct connection *found;
    HASH_FIND_BYHASHVALUE(by_remote, streams->by_remote, key, REMOTE_KEY,
                          key_hash(streams, key, REMOTE_KEY), found);
    return found;
}

static void remote_enter(struct streams *streams, struct connection *connection)
{
    HASH_ADD_BYHASHVALUE(by_remote, streams->by_remote, key, REMOTE_KEY,
                         key_hash(streams, connection->key, REMOTE_KEY), connection);
}

/* Connections to one address may have proved different domains: the first one of them stands in the
 * table, the others hang behind it. */
static void remote_add(struct streams *streams, struct connection *connection)
{
    struct connection *first = remote_first(streams, connection->key);
    connection->twin = NULL;
    if (first == NULL)
        remote_enter(streams, connection);
    else
        LL_APPEND2(first, connection, twin);
}

static void remote_remove(struct streams *streams, struct connection *connection)
{
    struct connection *first = remote_first(streams, connection->key);
    assert(first != NULL);
    if (first != connection) {
        LL_DELETE2(first, connection, twin);
        return;
    }
    HASH_DELETE(by_remote, streams->by_remote, connection);
    if (connection->twin != NULL)
        remote_enter(streams, connection->twin);
}

/* A connection that requests for the target may use (RFC 5923 8.1 and 9.3: the address is the same,
 * a TLS peer has proved to be the domain, and knows us as the one that speaks). */
static struct connection *connection_find(const struct streams *streams,
                                          const struct net_target *target)
{
    unsigned char key[REMOTE_KEY];
    key_write(target->protocol, &target->address, key);
    struct connection *found = remote_first(streams, key);
    bool secure = net_is_secure(target->protocol);
    while (found != NULL && secure && !tls_serves(found, target))
        found = found->twin;
    return found;
}

static struct peer *peer_find(const struct streams *streams, const unsigned char *key)
{
    struct peer *found;
    HASH_FIND_BYHASHVALUE(hh, streams->peers, key, HOST_KEY, key_hash(streams, key, HOST_KEY),
                          found);
    return found;
}

static struct peer *peer_take(struct streams *streams, const struct net_address *address)
{
    unsigned char key[HOST_KEY];
    host_key_write(address, key);
    struct peer *peer = peer_find(streams, key);
    if (peer == NULL) {
        peer = memory_new(sizeof(*peer));
        memcpy(peer->key, key, HOST_KEY);
        HASH_ADD_BYHASHVALUE(hh, streams->peers, key, HOST_KEY, key_hash(streams, key, HOST_KEY),
                             peer);
    }
    peer->count++;
    return peer;
}

static void peer_leave(struct streams *streams, struct peer *peer)
{
    assert(peer->count > 0);
    if (--peer->count > 0)
        return;
    HASH_DELETE(hh, streams->peers, peer);
    free(peer);
}

static void connection_move(struct connection *connection, struct connection **list)
{
    struct streams *streams = &connection->loop->streams;
    if (connection->list != NULL)
        DL_DELETE(*connection->list, connection);
    if (connection->list == &streams->handshaking)
        streams->half_open--;
    connection->list = list;
    if (list != NULL)
        DL_APPEND(*list, connection);
    if (list == &streams->handshaking)
        streams->half_open++;
}

static void idle_fire(struct timer *timer);

static void idle_watch(struct loop *loop)
{
    struct streams *streams = &loop->streams;
    if (streams->open == NULL || timer_is_set(&streams->idle))
        return;
    wheel_set(loop->world->wheel, &streams->idle,
              streams->open->active_ms + (uint64_t)loop->settings.idle_s * 1000, idle_fire);
}

/* The timer stands for whoever was first when it was set: the real first may be due later. */
static void idle_fire(struct timer *timer)
{
    struct loop *loop = HOLDER(timer, struct loop, streams.idle);
    uint64_t idle_ms = (uint64_t)loop->settings.idle_s * 1000;
    struct connection *first;
    while ((first = loop->streams.open) != NULL) {
        if (first->active_ms + idle_ms > loop->world->now_ms)
            break;
        metrics_count(loop->metrics, METRIC_connections_idle_closed);
        connection_end(first, ERR_TIMEOUT, true, false);
    }
    idle_watch(loop);
}

void connection_touch(struct connection *connection)
{
    if (connection->state != CONNECTION_OPEN)
        return;
    connection->active_ms = connection->loop->world->now_ms;
    if (connection->next != NULL) /* not the last already */
        connection_move(connection, &connection->loop->streams.open);
}

void connection_opened(struct connection *connection)
{
    struct loop *loop = connection->loop;
    connection->state = CONNECTION_OPEN;
    wheel_cancel(loop->world->wheel, &connection->timer); /* of the connecting */
    connection->active_ms = loop->world->now_ms;
    connection_move(connection, &loop->streams.open);
    metrics_count(loop->metrics, METRIC_connections_opened);
    idle_watch(loop);
}

/* A connection in no state yet; NULL when the system has no place for it. Takes the socket. */
static struct connection *connection_new(struct loop *loop, int fd, const struct net_flow *flow)
{
    struct streams *streams = &loop->streams;
    struct connection *connection = memory_new(sizeof(*connection));
    if (uv_poll_init(&loop->uv, &connection->poll, fd) != 0) {
        free(connection);
        (void)close(fd);
        return NULL;
    }
    if (streams->slab == NULL)
        streams->slab = memory_new(STREAM_SLAB);
    connection->poll.data = connection;
    connection->loop = loop;
    connection->fd = fd;
    connection->handle = handles_add(streams->handles, connection);
    connection->flow = *flow;
    connection->flow.connection = connection->handle;
    connection->wire = wire_of(flow->protocol);
    connection->framing = framing_of(flow->protocol);
    assert(connection->wire != NULL && connection->framing != NULL);
    key_write(flow->protocol, &flow->remote, connection->key);
    remote_add(streams, connection);
    connection->peer = peer_take(streams, &flow->remote);
    streams->count++;
    return connection;
}

void connection_late(struct timer *timer)
{
    struct connection *connection = HOLDER(timer, struct connection, timer);
    struct metrics *metrics = connection->loop->metrics;
    if (connection->half_closed && connection->state == CONNECTION_OPEN) {
        connection_end(connection, ERR_CLOSED, true, true);
        return;
    }
    if (connection->state == CONNECTION_OPEN)
        metrics_count(metrics, METRIC_connections_slow_closed);
    else if (connection->state == CONNECTION_HANDSHAKING)
        metrics_count(metrics, METRIC_handshakes_failed);
    if (connection->state <= CONNECTION_OPEN)
        connection_end(connection, ERR_TIMEOUT, true, false);
    else if (connection->state == CONNECTION_CLOSING)
        connection_destroy(connection);
}

void connection_end(struct connection *connection, enum err why, bool tell, bool gently)
{
    struct streams *streams = &connection->loop->streams;
    assert(connection->state <= CONNECTION_OPEN);
    if (gently && connection->state == CONNECTION_OPEN && connection->framing->goodbye != NULL)
        connection->framing->goodbye(connection);
    if (connection->state > CONNECTION_OPEN)
        return; /* the goodbye was too much for it */
    handles_remove(streams->handles, connection->handle);
    if (!connection->half_closed)
        remote_remove(streams, connection);
    connection->state = CONNECTION_ENDED;
    connection->why = why;
    connection->tell = tell && connection->list != &streams->handshaking; /* of which none knows */
    connection->gently = gently;
    connection_move(connection, &streams->ended);
}

void connection_alias(struct connection *connection, uint16_t port)
{
    struct streams *streams = &connection->loop->streams;
    struct net_address address = connection->flow.remote;
    assert(connection->state == CONNECTION_OPEN && !connection->half_closed);
    address.port = port;
    remote_remove(streams, connection);
    key_write(connection->flow.protocol, &address, connection->key);
    remote_add(streams, connection);
}

void connection_half_close(struct connection *connection)
{
    struct loop *loop = connection->loop;
    assert(connection->state == CONNECTION_OPEN && !connection->half_closed);
    remote_remove(&loop->streams, connection);
    connection->half_closed = true;
    world_timer(loop->world, &connection->timer, (uint64_t)loop->settings.half_closed_s * 1000,
                connection_late);
}

static void connection_gone(uv_handle_t *handle)
{
    free(handle->data);
}

void connection_destroy(struct connection *connection)
{
    struct loop *loop = connection->loop;
    struct streams *streams = &loop->streams;
    assert(connection->state == CONNECTION_ENDED || connection->state == CONNECTION_CLOSING);
    connection->state = CONNECTION_GONE;
    wheel_cancel(loop->world->wheel, &connection->timer);
    connection_move(connection, NULL);
    if (connection->dirty)
        DL_DELETE2(streams->dirty, connection, dirty_prev, dirty_next);
    peer_leave(streams, connection->peer);
    streams->count--;
    if (connection->framing->release != NULL)
        connection->framing->release(connection);
    if (connection->wire->release != NULL)
        connection->wire->release(connection);
    free(connection->in.at);
    free(connection->out.at);
    uv_close((uv_handle_t *)&connection->poll, connection_gone);
    (void)close(connection->fd);
}

/* True when there may be one more connection with that host. Over the total the connection idle
 * longest makes room, if it has been idle for long enough: *parting, when there is one. */
static bool may_come(const struct loop *loop, const struct net_address *remote,
                     struct connection **parting)
{
    const struct streams *streams = &loop->streams;
    unsigned char key[HOST_KEY];
    host_key_write(remote, key);
    const struct peer *peer = peer_find(streams, key);
    *parting = NULL;
    if (peer != NULL && peer->count >= loop->settings.connections_per_address_max)
        return false;
    if (streams->count < loop->settings.connections_max)
        return true;
    uint64_t enough_ms = (uint64_t)loop->settings.idle_s * 1000 / 10;
    if (enough_ms > EVICT_IDLE_MS)
        enough_ms = EVICT_IDLE_MS;
    /* one for one: several newcomers of a turn each need a place of their own */
    *parting = streams->open;
    return *parting != NULL && (*parting)->active_ms + enough_ms <= loop->world->now_ms;
}

/* True when one more may begin a handshake with us. Over the limit the one that began first makes
 * room, if it has had some time: so a flood of silent connections does not keep others out, and a
 * rush of honest ones does not end the handshakes that are under way. */
static bool may_shake(const struct loop *loop, enum net_protocol protocol,
                      struct connection **parting)
{
    const struct streams *streams = &loop->streams;
    *parting = NULL;
    if (wire_of(protocol)->handshake == NULL && !framing_of(protocol)->handshakes)
        return true;
    if (streams->half_open < loop->settings.handshakes_max)
        return true;
    metrics_count(loop->metrics, METRIC_handshakes_limited);
    *parting = streams->handshaking;
    return *parting != NULL && (*parting)->active_ms + EVICT_HALF_OPEN_MS <= loop->world->now_ms;
}

/* Its socket closes at the turn's end. */
static void part_with(struct connection *idle)
{
    if (idle == NULL)
        return;
    metrics_count(idle->loop->metrics, METRIC_connections_idle_closed);
    connection_end(idle, ERR_LIMIT, true, false);
}

/* Nobody parts for a newcomer that is refused after all. Who was at a handshake and parts leaves
 * its place among all, too. */
static bool stream_admit(struct loop *loop, const struct net_flow *flow)
{
    struct connection *idle, *shaking;
    if (flow->remote.family == 0 || !may_come(loop, &flow->remote, &idle) ||
        !may_shake(loop, flow->protocol, &shaking))
        return false;
    if (shaking != NULL)
        connection_end(shaking, ERR_LIMIT, false, false);
    else
        part_with(idle);
    return true;
}

static void stream_accepted(struct listener *listener, int fd, const struct net_address *remote)
{
    struct loop *loop = listener->loop;
    struct net_flow flow = {listener->protocol, listener->address, *remote, 0};
    if (!stream_admit(loop, &flow)) {
        metrics_count(loop->metrics, METRIC_connections_refused);
        (void)close(fd);
        return;
    }
    struct connection *connection = connection_new(loop, fd, &flow);
    if (connection == NULL) {
        metrics_count(loop->metrics, METRIC_connections_refused);
        return;
    }
    connection_move(connection, &loop->streams.handshaking);
    connection_begin(connection);
}

static void accept_again(struct timer *timer)
{
    listener_watch(HOLDER(timer, struct listener, pause), UV_READABLE);
}

/* Descriptors or memory are short: the waiting connection would wake us without end, so we look
 * away for a moment. */
static void accept_pause(struct listener *listener, int number)
{
    struct loop *loop = listener->loop;
    struct streams *streams = &loop->streams;
    (void)uv_poll_stop(&listener->poll);
    world_timer(loop->world, &listener->pause, SHORTAGE_PAUSE_MS, accept_again);
    if (loop->world->now_ms < streams->log_again_ms)
        return;
    streams->log_again_ms = loop->world->now_ms + SHORTAGE_LOG_MS;
    log_write(loop->log, LOG_WARNING, "net",
              "cannot accept connections: %s; raise the limit of open files (LimitNOFILE=) or "
              "lower connections_max",
              strerror(number));
}

static bool is_shortage(int number)
{
    return number == EMFILE || number == ENFILE || number == ENOBUFS || number == ENOMEM;
}

/* Takes one waiting connection; false: no more now. */
static bool stream_accept(struct listener *listener)
{
    struct sockaddr_in6 system;
    socklen_t length = sizeof(system);
    int fd =
        accept4(listener->fd, (struct sockaddr *)&system, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
        struct net_address remote = socket_address(&system);
        stream_accepted(listener, fd, &remote);
        return true;
    }
    int number = errno;
    if (is_shortage(number))
        accept_pause(listener, number);
    /* other errors are of a connection that has gone again */
    return number != EAGAIN && !is_shortage(number);
}

void stream_accept_ready(uv_poll_t *poll, int status, int events)
{
    struct listener *listener = poll->data;
    (void)events;
    loop_now(listener->loop);
    if (status < 0) {
        (void)socket_error(listener->fd);
        listener_watch(listener, UV_READABLE);
        return;
    }
    for (unsigned i = 0; i < ACCEPTS_MAX && stream_accept(listener); i++)
        ;
}

enum err stream_connect(struct loop *loop, const struct net_target *target, struct net_flow *flow)
{
    int failed;
    if (!listener_family(loop, target->address.family))
        return ERR_NOT_FOUND;
    bool secure = net_is_secure(target->protocol);
    struct connection *connection = connection_find(&loop->streams, target);
    if (connection != NULL) {
        *flow = connection->flow;
        return ERR_NONE;
    }
    if (!net_can_connect(target->protocol) || (secure && !tls_can_connect(loop)))
        return ERR_NOT_FOUND;
    struct connection *idle;
    if (!may_come(loop, &target->address, &idle)) {
        metrics_count(loop->metrics, METRIC_connections_refused);
        return ERR_LIMIT;
    }
    part_with(idle);
    /* what Via, Contact and Record-Route say is where the connection comes from */
    const struct listener *home = listener_toward(loop, target->protocol, &target->address);
    const struct net_address anywhere = {0};
    int fd = socket_connect(&target->address, home != NULL ? &home->address : &anywhere, &failed);
    if (fd < 0)
        return ERR_LIMIT; /* of the system */
    *flow = (struct net_flow){target->protocol, home != NULL ? home->address : socket_local(fd),
                              target->address, 0};
    connection = connection_new(loop, fd, flow);
    if (connection == NULL)
        return ERR_LIMIT;
    *flow = connection->flow;
    if (secure)
        tls_connect(connection, target);
    connection->state = CONNECTION_CONNECTING;
    connection_move(connection, &loop->streams.connecting);
    connection_watch(connection);
    world_timer(loop->world, &connection->timer, CONNECT_TIMEOUT_MS, connection_late);
    if (failed != 0)
        connection_end(connection, ERR_IO, true, false);
    return ERR_NONE;
}

bool stream_alive(const struct loop *loop, uint64_t handle)
{
    const struct connection *connection = handles_find(loop->streams.handles, handle);
    return connection != NULL && !connection->half_closed;
}

uint64_t stream_between(const struct loop *loop, const struct net_flow *flow)
{
    unsigned char key[REMOTE_KEY];
    key_write(flow->protocol, &flow->remote, key);
    const struct connection *found = remote_first(&loop->streams, key);
    while (found != NULL &&
           (found->half_closed || !net_address_equal(&found->flow.local, &flow->local)))
        found = found->twin;
    return found != NULL ? found->handle : 0;
}

/* "SIP/2.0 200 OK": nothing more will be said to that request. */
static bool is_final_answer(struct bytes head)
{
    struct bytes version = BYTES("SIP/2.0 ");
    return bytes_starts_with(head, version) && head.length > version.length &&
           head.at[version.length] >= '2';
}

static void stream_answered(struct connection *connection)
{
    if (connection->awaiting > 0)
        connection->awaiting--;
    if (connection->half_closed && connection->awaiting == 0)
        connection_end(connection, ERR_CLOSED, true, true);
}

void stream_unanswered(struct loop *loop, uint64_t handle)
{
    struct connection *connection = handles_find(loop->streams.handles, handle);
    if (connection == NULL || !connection->asking)
        return;
    connection->asking = false;
    stream_answered(connection);
}

void streams_each(const struct loop *loop, net_connection_fn visit, void *context)
{
    const struct connection *connection;
    size_t position = 0;
    while ((connection = handles_next(loop->streams.handles, &position)) != NULL) {
        const struct net_connection look = {
            .flow = connection->flow,
            .open = connection->state == CONNECTION_OPEN,
            .asks_no_more = connection->half_closed,
            .idle_ms = loop->world->now_ms - connection->active_ms,
            .unsent_bytes = connection->out.end - connection->out.start,
        };
        visit(context, &look);
    }
}

enum err stream_send(struct loop *loop, uint64_t handle, struct bytes head, struct bytes body)
{
    struct connection *connection = handles_find(loop->streams.handles, handle);
    if (connection == NULL)
        return ERR_CLOSED;
    connection_touch(connection);
    enum err err = connection->framing->put(connection, head, body);
    if (err != ERR_NONE)
        return err;
    metrics_count(loop->metrics, METRIC_messages_sent);
    if (is_final_answer(head))
        stream_answered(connection);
    return ERR_NONE;
}

bool stream_proved(const struct loop *loop, uint64_t handle, struct bytes domain)
{
    const struct connection *connection = handles_find(loop->streams.handles, handle);
    return connection != NULL && tls_proved(connection, domain);
}

bool stream_reusable(const struct loop *loop, uint64_t handle)
{
    const struct connection *connection = handles_find(loop->streams.handles, handle);
    return connection != NULL && tls_reusable(connection);
}

void stream_close(struct loop *loop, uint64_t handle)
{
    struct connection *connection = handles_find(loop->streams.handles, handle);
    if (connection == NULL)
        return;
    bool open = connection->state == CONNECTION_OPEN;
    connection_end(connection, ERR_CLOSED, false, open);
}

static void streams_flush(struct streams *streams)
{
    struct connection *connection;
    while ((connection = streams->dirty) != NULL) {
        DL_DELETE2(streams->dirty, connection, dirty_prev, dirty_next);
        connection->dirty = false;
        connection_flush(connection);
    }
}

/* Tells that it ended (what is told may end others, which wait for the next round), then closes. */
static void connection_finish(struct connection *connection)
{
    struct loop *loop = connection->loop;
    loop_now(loop);
    if (connection->tell && loop->handler.closed != NULL)
        loop->handler.closed(loop->handler.context, connection->handle, connection->why);
    if (!connection->gently) {
        connection_destroy(connection);
        return;
    }
    connection->state = CONNECTION_CLOSING;
    connection_move(connection, &loop->streams.closing);
    world_timer(loop->world, &connection->timer, CLOSE_TIMEOUT_MS, connection_late);
    connection_close_step(connection);
}

bool streams_turn(struct loop *loop)
{
    struct streams *streams = &loop->streams;
    streams_flush(streams);
    struct connection *last = streams->ended != NULL ? streams->ended->prev : NULL;
    while (last != NULL && streams->ended != NULL) {
        struct connection *first = streams->ended;
        bool was_last = first == last;
        connection_finish(first);
        if (was_last)
            break;
    }
    streams_flush(streams);
    return streams->ended != NULL;
}

void streams_init(struct loop *loop)
{
    loop->streams.handles = handles_new();
    loop->streams.seed = world_random_u64(loop->world);
}

static void list_destroy(struct connection **list)
{
    while (*list != NULL) {
        if ((*list)->state <= CONNECTION_OPEN)
            connection_end(*list, ERR_CLOSED, false, false);
        else
            connection_destroy(*list);
    }
}

void streams_release(struct loop *loop)
{
    struct streams *streams = &loop->streams;
    list_destroy(&streams->connecting);
    list_destroy(&streams->handshaking);
    list_destroy(&streams->open);
    list_destroy(&streams->ended);
    list_destroy(&streams->closing);
    assert(streams->count == 0 && streams->peers == NULL && streams->by_remote == NULL);
    wheel_cancel(loop->world->wheel, &streams->idle);
    handles_free(&streams->handles);
    free(streams->slab);
}
