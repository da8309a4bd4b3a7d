/* dns.c: the c-ares channel: its sockets, its timeouts.
 *
 * c-ares opens its sockets itself and tells which it wants watched; each gets a uv_poll, and its
 * timeouts a timer of the world's wheel. */
#include "net/dns_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <utlist.h>

#include "base/memory.h"

enum { TRIES = 2 };

/* A socket of c-ares. */
struct watch {
    uv_poll_t poll;
    struct resolver *resolver;
    struct watch *prev, *next;
    ares_socket_t fd;
    int mask;
};

static void resolver_late(struct timer *timer)
{
    struct resolver *resolver = HOLDER(timer, struct resolver, timer);
    ares_process_fd(resolver->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    resolver_arm(resolver);
}

/* c-ares counts with a clock of its own: a millisecond more makes sure that it agrees. */
void resolver_arm(struct resolver *resolver)
{
    struct timeval left;
    if (ares_timeout(resolver->channel, NULL, &left) == NULL) {
        wheel_cancel(resolver->loop->world->wheel, &resolver->timer);
        return;
    }
    uint64_t in_ms = (uint64_t)left.tv_sec * 1000 + (uint64_t)left.tv_usec / 1000 + 1;
    world_timer(resolver->loop->world, &resolver->timer, in_ms, resolver_late);
}

static struct watch *watch_find(struct resolver *resolver, ares_socket_t fd)
{
    struct watch *watch;
    DL_SEARCH_SCALAR(resolver->watches, watch, fd, fd);
    return watch;
}

static void watch_ready(uv_poll_t *poll, int status, int events)
{
    const struct watch *watch = poll->data;
    struct resolver *resolver = watch->resolver;
    ares_socket_t fd = watch->fd;
    /* an error that waits at the socket is read by c-ares, too; libuv has stopped watching then */
    bool in = status < 0 || (events & UV_READABLE), out = status < 0 || (events & UV_WRITABLE);
    loop_now(resolver->loop);
    ares_process_fd(resolver->channel, in ? fd : ARES_SOCKET_BAD, out ? fd : ARES_SOCKET_BAD);
    struct watch *left = status < 0 ? watch_find(resolver, fd) : NULL;
    if (left != NULL)
        (void)uv_poll_start(&left->poll, left->mask, watch_ready);
    resolver_arm(resolver);
}

static void watch_gone(uv_handle_t *handle)
{
    free(handle->data);
}

static void watch_close(struct watch *watch)
{
    DL_DELETE(watch->resolver->watches, watch);
    uv_close((uv_handle_t *)&watch->poll, watch_gone);
}

static struct watch *watch_new(struct resolver *resolver, ares_socket_t fd)
{
    struct watch *watch = memory_new(sizeof(*watch));
    if (uv_poll_init(&resolver->loop->uv, &watch->poll, fd) != 0) {
        free(watch);
        return NULL; /* the query ends by its timeout */
    }
    watch->poll.data = watch;
    watch->resolver = resolver;
    watch->fd = fd;
    DL_APPEND(resolver->watches, watch);
    return watch;
}

/* Called by c-ares when it opens, uses or closes a socket. */
static void socket_state(void *context, ares_socket_t fd, int readable, int writable)
{
    struct resolver *resolver = context;
    struct watch *watch = watch_find(resolver, fd);
    int mask = (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0);
    if (mask == 0) {
        if (watch != NULL)
            watch_close(watch);
        return;
    }
    if (watch == NULL)
        watch = watch_new(resolver, fd);
    if (watch == NULL || watch->mask == mask)
        return;
    watch->mask = mask;
    (void)uv_poll_start(&watch->poll, mask, watch_ready);
}

static bool channel_open(struct resolver *resolver)
{
    const struct net_settings *settings = &resolver->loop->settings;
    struct ares_options options = {
        .flags = ARES_FLAG_NOSEARCH, /* a host in SIP is a whole name */
        .timeout = (int)(settings->resolve_timeout_ms / (TRIES + 1)) + 1,
        .tries = TRIES,
        .sock_state_cb = socket_state,
        .sock_state_cb_data = resolver,
    };
    int wanted = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB;
    if (ares_init_options(&resolver->channel, &options, wanted) != ARES_SUCCESS)
        return false;
    if (settings->resolver == NULL ||
        ares_set_servers_ports_csv(resolver->channel, settings->resolver) == ARES_SUCCESS)
        return true;
    ares_destroy(resolver->channel);
    return false;
}

struct resolver *resolver_new(struct loop *loop)
{
    struct resolver *resolver = memory_new(sizeof(*resolver));
    resolver->loop = loop;
    if (ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS) {
        if (channel_open(resolver))
            return resolver;
        ares_library_cleanup();
    }
    log_write(loop->log, LOG_ERROR, "net",
              "names cannot be looked up: check /etc/resolv.conf, or the setting resolver");
    free(resolver);
    return NULL;
}

void resolver_free(struct resolver **resolver)
{
    struct resolver *own = *resolver;
    if (own == NULL)
        return;
    *resolver = NULL;
    ares_destroy(own->channel); /* ends all queries and closes all sockets */
    assert(own->queries == 0 && own->watches == NULL);
    ares_library_cleanup();
    wheel_cancel(own->loop->world->wheel, &own->timer);
    free(own);
}
