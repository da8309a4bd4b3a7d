/* loop.c: the loop of a reactor.
 *
 * One iteration of libuv is a turn: timers, then this file's `prepare` (the end of a turn), then
 * sleeping and reading, and over again. What timers and readers send is gathered and leaves in
 * `prepare`, just before we sleep; there the single timer is also set for the wheel's next time,
 * but only when that has changed. */
#include "net/loop_internal.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "net/dns_internal.h"
#include "net/resolve_internal.h"
#include "net/tls_internal.h"

struct loop_signal {
    uv_signal_t signal;
    struct loop_signal *next;
    void (*hit)(void *context, int number);
    void *context;
};

struct net_settings net_settings_default(void)
{
    return (struct net_settings){
        .message_max_bytes = 65536,
        .head_max_bytes = 16384,
        .connections_max = 10000,
        .connections_per_address_max = 200,
        .idle_s = 600,
        .handshakes_max = 1000,
        .handshake_s = 10,
        .ws_ping_s = 30,
        .ws_origins = NULL,
        .message_s = 32,
        .tls_sessions_max = 1000,
        .half_closed_s = 32,
        .send_queue_max_bytes = 262144,
        .resolve_timeout_ms = 5000,
        .lookups_max = 1000,
        .dns =
            {
                .servers = NULL,
                .cache_max = 10000,
                .ttl_most_s = 86400,
                .negative_s = 300,
                .failure_s = 5,
                .stale_s = 3600,
                .shuns_max = 1000,
            },
    };
}

/* The wall clock was read when the world began; from then on it goes with the monotonic one, so
 * that a step of the system's clock ends no binding, publication or subscription before its time.
 */
void loop_now(struct loop *loop)
{
    struct world *world = loop->world;
    uint64_t now_ms = uv_now(&loop->uv);
    if (now_ms <= world->now_ms)
        return;
    world->wall_ms += now_ms - world->now_ms;
    world->now_ms = now_ms;
}

static void timer_due(uv_timer_t *timer)
{
    struct loop *loop = timer->data;
    loop->armed_ms = UINT64_MAX;
    loop_now(loop);
    world_tick(loop->world, loop->world->now_ms, loop->world->wall_ms);
}

static void loop_arm(struct loop *loop)
{
    uint64_t next_ms = wheel_next_ms(loop->world->wheel), now_ms = uv_now(&loop->uv);
    if (next_ms == loop->armed_ms)
        return;
    loop->armed_ms = next_ms;
    if (next_ms == UINT64_MAX) {
        (void)uv_timer_stop(&loop->timer);
        return;
    }
    int failed =
        uv_timer_start(&loop->timer, timer_due, next_ms > now_ms ? next_ms - now_ms : 0, 0);
    assert(failed == 0);
    (void)failed;
}

/* Being active is all it does: libuv does not sleep then. */
static void again_idle(uv_idle_t *again)
{
    (void)again;
}

static void loop_flush(struct loop *loop)
{
    if (streams_turn(loop))
        (void)uv_idle_start(&loop->again, again_idle);
    else
        (void)uv_idle_stop(&loop->again);
    for (size_t i = 0; i < loop->listener_count; i++)
        if (!loop->listeners[i]->blocked)
            udp_flush(loop->listeners[i]);
}

static void turn_end(uv_prepare_t *prepare)
{
    struct loop *loop = prepare->data;
    loop_flush(loop);
    loop_arm(loop);
}

static void loop_awake(uv_async_t *wake)
{
    struct loop *loop = wake->data;
    if (atomic_load(&loop->stopping))
        uv_stop(&loop->uv);
    loop_now(loop); /* a call that only stops cannot be told from one that also wakes */
    if (loop->woken != NULL)
        loop->woken(loop->woken_context);
}

static void real_handle(struct net *net, const struct net_handler *handler)
{
    ((struct loop *)(void *)net)->handler = *handler;
}

static enum err real_send(struct net *net, const struct net_flow *flow, struct bytes head,
                          struct bytes body)
{
    struct loop *loop = HOLDER(net, struct loop, net);
    if (net_is_stream(flow->protocol))
        return stream_send(loop, flow->connection, head, body);
    struct listener *listener = listener_at(loop, NET_UDP, &flow->local);
    return listener != NULL ? udp_send(listener, &flow->remote, head, body) : ERR_CLOSED;
}

/* Targets are what peers write into a Contact. One request goes to one host; and to this host only
 * where we can be reached on loopback ourselves, or whoever has an account could have us talk to
 * the services of this machine. */
static bool target_allowed(const struct loop *loop, const struct net_address *address)
{
    const struct listener *listener = NULL;
    if (net_address_is_any(address) || net_address_is_many(address) || address->port == 0)
        return false;
    if (!net_address_is_loopback(address))
        return true;
    for (size_t i = 0; i < loop->listener_count && listener == NULL; i++)
        if (net_address_is_loopback(&loop->listeners[i]->address))
            listener = loop->listeners[i];
    return listener != NULL;
}

static enum err real_connect(struct net *net, const struct net_target *target,
                             struct net_flow *flow)
{
    struct loop *loop = HOLDER(net, struct loop, net);
    if (!target_allowed(loop, &target->address))
        return ERR_NOT_FOUND;
    if (net_is_stream(target->protocol))
        return stream_connect(loop, target, flow);
    const struct listener *listener = listener_toward(loop, NET_UDP, &target->address);
    if (listener == NULL)
        return ERR_NOT_FOUND;
    *flow = (struct net_flow){NET_UDP, listener->address, target->address, 0};
    return ERR_NONE;
}

static bool real_alive(struct net *net, const struct net_flow *flow)
{
    struct loop *loop = HOLDER(net, struct loop, net);
    if (net_is_stream(flow->protocol))
        return stream_alive(loop, flow->connection);
    return listener_at(loop, NET_UDP, &flow->local) != NULL;
}

static uint64_t real_between(struct net *net, const struct net_flow *flow)
{
    return stream_between(HOLDER(net, struct loop, net), flow);
}

static void real_close(struct net *net, uint64_t connection)
{
    stream_close(HOLDER(net, struct loop, net), connection);
}

static bool real_proved(struct net *net, const struct net_flow *flow, struct bytes domain)
{
    return net_is_secure(flow->protocol) &&
           stream_proved(HOLDER(net, struct loop, net), flow->connection, domain);
}

static bool real_reusable(struct net *net, const struct net_flow *flow)
{
    const struct loop *loop = HOLDER(net, struct loop, net);
    return flow->protocol == NET_TLS && stream_reusable(loop, flow->connection) &&
           listener_at(loop, NET_TLS, &flow->local) != NULL;
}

static void real_write_local(struct net *net, const struct net_flow *flow, struct buffer *out)
{
    const struct listener *listener =
        listener_at(HOLDER(net, struct loop, net), flow->protocol, &flow->local);
    bool public = listener != NULL && listener->public.family != 0;
    net_address_write(public ? &listener->public : &flow->local, out);
}

static void real_resolve(struct net *net, const struct net_query *query, struct net_lookup *lookup,
                         net_found_fn found)
{
    resolve_start(HOLDER(net, struct loop, net)->resolver, query, lookup, found);
}

static void real_shun(struct net *net, const struct net_target *target, unsigned seconds)
{
    resolve_shun(HOLDER(net, struct loop, net)->resolver, target, seconds);
}

/* A datagram tells when it reached this host. Of a stream it is known when its bytes were found, at
 * the beginning of the turn. */
static unsigned real_late_ms(struct net *net)
{
    const struct loop *loop = HOLDER(net, struct loop, net);
    if (loop->datagram != NULL)
        return udp_late_ms(loop->datagram);
    uint64_t now_ms = uv_hrtime() / 1000000, begun_ms = uv_now(&loop->uv);
    return now_ms > begun_ms ? (unsigned)(now_ms - begun_ms) : 0;
}

static void real_unanswered(struct net *net, const struct net_flow *flow)
{
    if (net_is_stream(flow->protocol))
        stream_unanswered(HOLDER(net, struct loop, net), flow->connection);
}

static void real_keep_out(struct net *net, unsigned thousandths)
{
    sieve_set(HOLDER(net, struct loop, net), thousandths);
}

static void real_each(struct net *net, net_connection_fn visit, void *context)
{
    streams_each(HOLDER(net, struct loop, net), visit, context);
}

static void real_cancel(struct net *net, struct net_lookup *lookup)
{
    resolve_cancel(HOLDER(net, struct loop, net)->resolver, lookup);
}

static const struct net_ops real_ops = {
    .handle = real_handle,
    .send = real_send,
    .connect = real_connect,
    .alive = real_alive,
    .between = real_between,
    .close = real_close,
    .proved = real_proved,
    .reusable = real_reusable,
    .write_local = real_write_local,
    .resolve = real_resolve,
    .cancel = real_cancel,
    .shun = real_shun,
    .late_ms = real_late_ms,
    .unanswered = real_unanswered,
    .keep_out = real_keep_out,
    .each = real_each,
};

/* The handles that every loop has; they alone do not keep it running. */
static bool loop_open(struct loop *loop)
{
    uv_loop_t *uv = &loop->uv;
    if (uv_timer_init(uv, &loop->timer) != 0 || uv_prepare_init(uv, &loop->prepare) != 0 ||
        uv_idle_init(uv, &loop->again) != 0 || uv_async_init(uv, &loop->wake, loop_awake) != 0)
        return false;
    uv->data = loop->timer.data = loop->prepare.data = loop->again.data = loop->wake.data = loop;
    return uv_prepare_start(&loop->prepare, turn_end) == 0;
}

/* A transport is chosen for a peer only where the peer can come back by it: where we listen. */
static bool loop_speaks(void *context, enum net_protocol protocol, unsigned char family)
{
    return listener_speaks(context, protocol, family) &&
           (!net_is_secure(protocol) || tls_can_connect(context));
}

static void names_open(struct loop *loop)
{
    loop->dns = dns_new(loop);
    loop->resolver = resolver_new(&(struct resolver_ground){
        .world = loop->world,
        .metrics = loop->metrics,
        .settings = &loop->settings,
        .speaks = loop_speaks,
        .ask = dns_ask,
        .context = loop,
    });
}

struct loop *loop_new(struct world *world, const struct net_settings *settings, struct log *log,
                      struct metrics *metrics)
{
    struct loop *loop = memory_new(sizeof(*loop));
    loop->net.ops = &real_ops;
    loop->world = world;
    loop->settings = *settings;
    loop->log = log;
    loop->metrics = metrics;
    loop->armed_ms = UINT64_MAX;
    if (uv_loop_init(&loop->uv) != 0) {
        free(loop);
        return NULL;
    }
    streams_init(loop);
    loop->origins = origins_new(settings->ws_origins);
    loop_now(loop);
    names_open(loop);
    if (!loop_open(loop))
        loop_free(&loop);
    return loop;
}

static void signals_close(struct loop *loop);

static void loop_close_own(struct loop *loop)
{
    uv_handle_t *own[] = {(uv_handle_t *)&loop->timer, (uv_handle_t *)&loop->prepare,
                          (uv_handle_t *)&loop->again, (uv_handle_t *)&loop->wake};
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
        if (own[i]->type != UV_UNKNOWN_HANDLE && !uv_is_closing(own[i]))
            uv_close(own[i], NULL);
}

void loop_free(struct loop **loop)
{
    struct loop *own = *loop;
    if (own == NULL)
        return;
    *loop = NULL;
    dns_free(&own->dns); /* first: nothing is answered any more */
    resolver_free(&own->resolver);
    streams_release(own);
    tls_end(own);
    listeners_close(own);
    signals_close(own);
    loop_close_own(own);
    int left = uv_run(&own->uv, UV_RUN_DEFAULT); /* the closing callbacks */
    assert(left == 0);
    left = uv_loop_close(&own->uv);
    assert(left == 0);
    (void)left;
    origins_free(&own->origins);
    free(own->slab);
    free(own);
}

struct net *loop_net(struct loop *loop)
{
    return &loop->net;
}

void loop_run(struct loop *loop)
{
    while (!atomic_load(&loop->stopping))
        (void)uv_run(&loop->uv, UV_RUN_DEFAULT);
    atomic_store(&loop->stopping, false);
    loop_flush(loop); /* what the last turn said */
}

void loop_finish(struct loop *loop)
{
    loop->handler = (struct net_handler){0}; /* who was told may be no more */
    loop_flush(loop);
}

void loop_stop(struct loop *loop)
{
    atomic_store(&loop->stopping, true);
    loop_wake(loop);
}

void loop_on_wake(struct loop *loop, void (*woken)(void *context), void *context)
{
    loop->woken = woken;
    loop->woken_context = context;
}

void loop_wake(struct loop *loop)
{
    int failed = uv_async_send(&loop->wake);
    assert(failed == 0);
    (void)failed;
}

static void signal_came(uv_signal_t *handle, int number)
{
    struct loop_signal *signal = handle->data;
    loop_now(handle->loop->data);
    signal->hit(signal->context, number);
}

static void signal_gone(uv_handle_t *handle)
{
    free(handle->data);
}

static void signals_close(struct loop *loop)
{
    while (loop->signals != NULL) {
        struct loop_signal *signal = loop->signals;
        loop->signals = signal->next;
        uv_close((uv_handle_t *)&signal->signal, signal_gone);
    }
}

enum err loop_on_signal(struct loop *loop, int number, void (*hit)(void *context, int number),
                        void *context)
{
    struct loop_signal *signal = memory_new(sizeof(*signal));
    assert(hit != NULL);
    if (uv_signal_init(&loop->uv, &signal->signal) != 0) {
        free(signal);
        return ERR_IO;
    }
    signal->signal.data = signal;
    signal->hit = hit;
    signal->context = context;
    signal->next = loop->signals;
    loop->signals = signal;
    return uv_signal_start(&signal->signal, signal_came, number) == 0 ? ERR_NONE : ERR_IO;
}
