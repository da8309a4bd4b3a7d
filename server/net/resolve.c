/* resolve.c: from a host to the addresses at which a request may be tried (RFC 3263).
 *
 * A lookup is a row of steps, each of which may end it: a numeric host is its own answer; localhost
 * is answered without asking anybody (RFC 6761 6.3); a name is asked of c-ares for A and AAAA
 * records, of the families only that we can send to. (NAPTR and SRV, RFC 3263 4.1 and 4.2, come
 * between the second step and the third.)
 *
 * c-ares opens its sockets itself and tells which it wants watched; each gets a uv_poll, and its
 * timeouts a timer of the world's wheel. It is made when the first name is looked up, since it
 * costs memory that many servers never need. It cannot cancel one query, so a query is a struct of
 * its own: when the lookup is cancelled or too late, the query only forgets it and ends by itself.
 */
#include "net/loop_internal.h"

#include <ares.h>
#include <assert.h>
#include <stdlib.h>
#include <uthash.h>
#include <utlist.h>

#include "base/memory.h"

enum { NAME_MAX_BYTES = 253, TRIES = 2 };

/* A socket of c-ares. */
struct watch {
    uv_poll_t poll;
    struct resolver *resolver;
    struct watch *prev, *next;
    ares_socket_t fd;
    int mask;
};

struct resolver {
    struct loop *loop;
    ares_channel channel;
    struct timer timer; /* c-ares's next timeout */
    struct watch *watches;
    size_t queries;
};

/* What c-ares works at. */
struct query {
    struct resolver *resolver;
    struct net_lookup *lookup; /* NULL: nobody waits any more */
    struct timer late;
    uint16_t port;
    enum net_protocol protocol;
};

static void lookup_end(struct net_lookup *lookup, const struct net_target *targets, size_t count)
{
    lookup->running = NULL;
    lookup->found(lookup, targets, count);
}

static void resolver_arm(struct resolver *resolver);

static void resolver_late(struct timer *timer)
{
    struct resolver *resolver = HOLDER(timer, struct resolver, timer);
    ares_process_fd(resolver->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    resolver_arm(resolver);
}

/* c-ares counts with a clock of its own: a millisecond more makes sure that it agrees. */
static void resolver_arm(struct resolver *resolver)
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

static struct resolver *resolver_new(struct loop *loop)
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

static size_t targets_of(const struct query *query, const struct ares_addrinfo *answer,
                         struct net_target *targets)
{
    size_t count = 0;
    if (answer == NULL)
        return 0;
    const struct ares_addrinfo_node *node = answer->nodes;
    for (; node != NULL && count < NET_TARGETS_MAX; node = node->ai_next) {
        struct net_target target = {query->protocol, socket_address(node->ai_addr)};
        target.address.port = query->port;
        if (target.address.family != 0)
            targets[count++] = target;
    }
    return count;
}

static void query_answered(void *context, int status, int timeouts, struct ares_addrinfo *answer)
{
    struct query *query = context;
    struct net_lookup *lookup = query->lookup;
    struct net_target targets[NET_TARGETS_MAX];
    size_t count = targets_of(query, answer, targets);
    (void)timeouts;
    if (answer != NULL)
        ares_freeaddrinfo(answer);
    wheel_cancel(query->resolver->loop->world->wheel, &query->late);
    query->resolver->queries--;
    free(query);
    if (lookup == NULL)
        return;
    if (status == ARES_EDESTRUCTION)
        lookup->running = NULL; /* the loop ends; nobody is to be called any more */
    else
        lookup_end(lookup, targets, count);
}

static void query_late(struct timer *timer)
{
    struct query *query = HOLDER(timer, struct query, late);
    struct net_lookup *lookup = query->lookup;
    query->lookup = NULL;
    if (lookup != NULL)
        lookup_end(lookup, NULL, 0);
}

/* The families that we can send to. */
static int family_wanted(const struct loop *loop)
{
    bool v4 = listener_family(loop, 4), v6 = listener_family(loop, 6);
    if (v4 == v6)
        return AF_UNSPEC;
    return v4 ? AF_INET : AF_INET6;
}

static void query_start(struct resolver *resolver, const char *name, uint16_t port,
                        enum net_protocol protocol, struct net_lookup *lookup)
{
    struct ares_addrinfo_hints hints = {
        .ai_flags = ARES_AI_NOSORT, /* sorting would open a socket for each address */
        .ai_family = family_wanted(resolver->loop),
    };
    struct query *query = memory_new(sizeof(*query));
    query->resolver = resolver;
    query->lookup = lookup;
    query->port = port;
    query->protocol = protocol;
    lookup->running = query;
    resolver->queries++;
    world_timer(resolver->loop->world, &query->late, resolver->loop->settings.resolve_timeout_ms,
                query_late);
    ares_getaddrinfo(resolver->channel, name, NULL, &hints, query_answered, query);
    resolver_arm(resolver);
}

/* Letters, digits, '-', '_' and '.': what a host name has; false also when it is too long. */
static bool name_copy(struct bytes host, char name[NAME_MAX_BYTES + 1])
{
    if (host.length == 0 || host.length > NAME_MAX_BYTES)
        return false;
    for (size_t i = 0; i < host.length; i++) {
        char c = ascii_lower(host.at[i]);
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '_' && c != '.')
            return false;
        name[i] = c;
    }
    name[host.length] = '\0';
    return true;
}

static bool is_localhost(struct bytes host)
{
    struct bytes local = BYTES("localhost");
    if (host.length > 0 && host.at[host.length - 1] == '.')
        host.length--;
    if (host.length > local.length && host.at[host.length - local.length - 1] == '.')
        host = bytes_skip(host, host.length - local.length); /* "x.localhost" */
    return bytes_equal_nocase(host, local);
}

static size_t localhost_targets(const struct loop *loop, uint16_t port, enum net_protocol protocol,
                                struct net_target targets[2])
{
    static const struct net_address loopbacks[] = {{4, 0, {127, 0, 0, 1}}, {6, 0, {[15] = 1}}};
    size_t count = 0;
    for (size_t i = 0; i < 2; i++) {
        if (!listener_family(loop, loopbacks[i].family))
            continue;
        targets[count] = (struct net_target){protocol, loopbacks[i]};
        targets[count++].address.port = port;
    }
    return count;
}

static void resolve_name(struct loop *loop, struct bytes host, uint16_t port,
                         enum net_protocol protocol, struct net_lookup *lookup)
{
    char name[NAME_MAX_BYTES + 1];
    if (!name_copy(host, name)) {
        lookup_end(lookup, NULL, 0);
        return;
    }
    if (loop->resolver == NULL)
        loop->resolver = resolver_new(loop);
    if (loop->resolver == NULL || loop->resolver->queries >= loop->settings.lookups_max) {
        lookup_end(lookup, NULL, 0);
        return;
    }
    query_start(loop->resolver, name, port, protocol, lookup);
}

void resolve_start(struct loop *loop, const struct net_query *query, struct net_lookup *lookup,
                   net_found_fn found)
{
    enum net_protocol protocol = query->protocol_named ? query->protocol : NET_UDP;
    uint16_t port = query->port != 0 ? query->port : SIP_PORT;
    struct net_target targets[2] = {{protocol, {0}}};
    *lookup = (struct net_lookup){found, NULL};
    assert(found != NULL);
    if (net_address_parse(query->host, port, &targets[0].address)) {
        lookup_end(lookup, targets, 1);
        return;
    }
    if (is_localhost(query->host)) {
        size_t count = localhost_targets(loop, port, protocol, targets);
        lookup_end(lookup, targets, count);
        return;
    }
    resolve_name(loop, query->host, port, protocol, lookup);
}

void resolve_cancel(struct loop *loop, struct net_lookup *lookup)
{
    struct query *query = lookup->running;
    if (query == NULL)
        return;
    assert(query->lookup == lookup && query->resolver == loop->resolver);
    (void)loop;
    query->lookup = NULL;
    lookup->running = NULL;
}
