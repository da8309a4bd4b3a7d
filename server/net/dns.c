/* dns.c: the c-ares channel: its sockets, its timeouts, questions and raw answers.
 *
 * c-ares opens its sockets itself and tells which it wants watched; each gets a uv_poll, and its
 * timeouts a timer of the world's wheel. It asks again over TCP what came back truncated, and the
 * next name server when one is silent or refuses.
 *
 * Addresses are first looked for in the system's file of hosts (hosts.c), as every other program
 * does it. */
#include "net/dns_internal.h"

#include <ares.h>
#include <assert.h>
#include <stdlib.h>
#include <utlist.h>

#include "base/memory.h"
#include "net/hosts_internal.h"
#include "net/loop_internal.h"
#include "net/resolve_internal.h"

enum {
    TRIES = 3,
    PATIENCE = 10, /* the first try has this part of a lookup's time, each other double the last */
    HOSTS_TTL_S = 10,
    CLASS_IN = 1,
    UDP_BYTES = 1232 /* fits every path unfragmented, as DNS servers have agreed */
};

#define HOSTS_PATH "/etc/hosts"

/* A socket of c-ares. */
struct watch {
    uv_poll_t poll;
    struct dns *dns;
    struct watch *prev, *next;
    ares_socket_t fd;
    int mask;
};

struct dns {
    struct loop *loop;
    ares_channel channel;
    struct timer timer; /* c-ares's next timeout */
    struct watch *watches;
    struct hosts *hosts;
    size_t queries;
    bool open, told;
    char *servers; /* as the settings name them, which may go; NULL: the system's */
};

/* What c-ares works at. It cannot cancel one query. */
struct query {
    struct dns *dns;
    struct name_entry *entry;
    const char *name; /* the entry's */
    enum record_type type;
};

static void dns_arm(struct dns *dns);

static void dns_late(struct timer *timer)
{
    struct dns *dns = HOLDER(timer, struct dns, timer);
    ares_process_fd(dns->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    dns_arm(dns);
}

/* c-ares counts with a clock of its own: a millisecond more makes sure that it agrees. */
static void dns_arm(struct dns *dns)
{
    struct timeval left;
    if (ares_timeout(dns->channel, NULL, &left) == NULL) {
        wheel_cancel(dns->loop->world->wheel, &dns->timer);
        return;
    }
    uint64_t in_ms = (uint64_t)left.tv_sec * 1000 + (uint64_t)left.tv_usec / 1000 + 1;
    world_timer(dns->loop->world, &dns->timer, in_ms, dns_late);
}

static struct watch *watch_find(struct dns *dns, ares_socket_t fd)
{
    struct watch *watch;
    DL_SEARCH_SCALAR(dns->watches, watch, fd, fd);
    return watch;
}

static void watch_ready(uv_poll_t *poll, int status, int events)
{
    const struct watch *watch = poll->data;
    struct dns *dns = watch->dns;
    ares_socket_t fd = watch->fd;
    /* an error that waits at the socket is read by c-ares, too; libuv has stopped watching then */
    bool in = status < 0 || (events & UV_READABLE), out = status < 0 || (events & UV_WRITABLE);
    loop_now(dns->loop);
    ares_process_fd(dns->channel, in ? fd : ARES_SOCKET_BAD, out ? fd : ARES_SOCKET_BAD);
    struct watch *left = status < 0 ? watch_find(dns, fd) : NULL;
    if (left != NULL)
        (void)uv_poll_start(&left->poll, left->mask, watch_ready);
    dns_arm(dns);
}

static void watch_gone(uv_handle_t *handle)
{
    free(handle->data);
}

static void watch_close(struct watch *watch)
{
    DL_DELETE(watch->dns->watches, watch);
    uv_close((uv_handle_t *)&watch->poll, watch_gone);
}

static struct watch *watch_new(struct dns *dns, ares_socket_t fd)
{
    struct watch *watch = memory_new(sizeof(*watch));
    if (uv_poll_init(&dns->loop->uv, &watch->poll, fd) != 0) {
        free(watch);
        return NULL; /* the query ends by its timeout */
    }
    watch->poll.data = watch;
    watch->dns = dns;
    watch->fd = fd;
    DL_APPEND(dns->watches, watch);
    return watch;
}

/* Called by c-ares when it opens, uses or closes a socket. */
static void socket_state(void *context, ares_socket_t fd, int readable, int writable)
{
    struct dns *dns = context;
    struct watch *watch = watch_find(dns, fd);
    int mask = (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0);
    if (mask == 0) {
        if (watch != NULL)
            watch_close(watch);
        return;
    }
    if (watch == NULL)
        watch = watch_new(dns, fd);
    if (watch == NULL || watch->mask == mask)
        return;
    watch->mask = mask;
    (void)uv_poll_start(&watch->poll, mask, watch_ready);
}

static bool channel_open(struct dns *dns)
{
    const struct net_settings *settings = &dns->loop->settings;
    struct ares_options options = {
        .flags = ARES_FLAG_EDNS,
        .ednspsz = UDP_BYTES,
        .timeout = (int)(settings->resolve_timeout_ms / PATIENCE) + 1,
        .tries = TRIES,
        .sock_state_cb = socket_state,
        .sock_state_cb_data = dns,
    };
    int wanted = ARES_OPT_FLAGS | ARES_OPT_EDNSPSZ | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
                 ARES_OPT_SOCK_STATE_CB;
    if (ares_init_options(&dns->channel, &options, wanted) != ARES_SUCCESS)
        return false;
    if (dns->servers == NULL ||
        ares_set_servers_ports_csv(dns->channel, dns->servers) == ARES_SUCCESS)
        return true;
    ares_destroy(dns->channel);
    return false;
}

/* Opens the channel, if need be; what is wrong is logged once. */
static bool dns_open(struct dns *dns)
{
    if (dns->open)
        return true;
    if (ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS) {
        dns->open = channel_open(dns);
        if (dns->open)
            return true;
        ares_library_cleanup();
    }
    if (!dns->told)
        log_write(dns->loop->log, LOG_ERROR, "net",
                  "names cannot be looked up: check /etc/resolv.conf, or the setting dns.servers");
    dns->told = true;
    return false;
}

struct dns *dns_new(struct loop *loop)
{
    struct dns *dns = memory_new(sizeof(*dns));
    const char *servers = loop->settings.dns.servers;
    dns->loop = loop;
    dns->hosts = hosts_new(HOSTS_PATH, loop->log);
    if (servers != NULL)
        dns->servers = memory_copy(bytes_from(servers, strlen(servers) + 1));
    return dns;
}

void dns_free(struct dns **dns)
{
    struct dns *own = *dns;
    if (own == NULL)
        return;
    *dns = NULL;
    if (own->open) {
        ares_destroy(own->channel); /* ends all queries and closes all sockets */
        ares_library_cleanup();
    }
    assert(own->queries == 0 && own->watches == NULL);
    wheel_cancel(own->loop->world->wheel, &own->timer);
    hosts_free(&own->hosts);
    free(own->servers);
    free(own);
}

/* Questions. */

static void dns_came(struct dns *dns, struct name_entry *entry, struct answer *answer)
{
    resolver_came(dns->loop->resolver, entry, answer);
}

static void query_answered(void *context, int status, int timeouts, unsigned char *raw, int length)
{
    struct query *query = context;
    struct dns *dns = query->dns;
    (void)timeouts;
    dns->queries--;
    if (status != ARES_EDESTRUCTION) {
        struct bytes answer =
            raw != NULL && length > 0 ? bytes_from(raw, (size_t)length) : BYTES("");
        dns_came(dns, query->entry, answer_parse(answer, query->name, query->type));
    }
    free(query);
}

/* What the file of hosts says of a name; of the one family nothing, when it has only the other.
 * NULL: it does not know the name. */
static struct answer *hosts_answer(struct dns *dns, const char *name, enum record_type type)
{
    struct net_address addresses[NET_TARGETS_MAX];
    unsigned char asked = type == RECORD_A ? 4 : 6, other = type == RECORD_A ? 6 : 4;
    uint64_t now_ms = dns->loop->world->now_ms;
    unsigned count =
        hosts_find(dns->hosts, now_ms, bytes_of(name), asked, addresses, NET_TARGETS_MAX);
    if (count > 0)
        return answer_of_addresses(addresses, count, HOSTS_TTL_S);
    count = hosts_find(dns->hosts, now_ms, bytes_of(name), other, addresses, 1);
    return count > 0 ? answer_new(ANSWER_NOTHING) : NULL;
}

void dns_ask(void *context, const char *name, enum record_type type, struct name_entry *entry)
{
    struct dns *dns = ((struct loop *)context)->dns;
    struct answer *known = NULL;
    if (!dns_open(dns)) {
        dns_came(dns, entry, answer_new(ANSWER_FAILED));
        return;
    }
    if (type == RECORD_A || type == RECORD_AAAA)
        known = hosts_answer(dns, name, type);
    if (known != NULL) {
        dns_came(dns, entry, known);
        return;
    }
    struct query *query = memory_new(sizeof(*query));
    *query = (struct query){dns, entry, name, type};
    dns->queries++;
    ares_query(dns->channel, name, CLASS_IN, (int)type, query_answered, query);
    dns_arm(dns);
}
