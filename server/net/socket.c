/* socket.c: making sockets, and addresses as the system has them.
 *
 * What can be set on a listening socket is set there: accepted ones inherit it (Linux), which saves
 * the system calls. A peer that vanished without a word is noticed after about two minutes: by
 * keep-alive probes when nothing is under way, by TCP_USER_TIMEOUT when something is. */
#include "net/loop_internal.h"

#include <assert.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    UDP_BUFFER_BYTES = 4 * 1024 * 1024, /* a burst of some thousand requests */
    BACKLOG = 1024,
    KEEPALIVE_IDLE_S = 60,
    KEEPALIVE_INTERVAL_S = 15,
    KEEPALIVE_PROBES = 4,
    UNACKNOWLEDGED_MS = 120000
};

struct net_address socket_address(const void *system)
{
    struct net_address address = {0};
    struct sockaddr_in in4;
    struct sockaddr_in6 in6;
    sa_family_t family;
    memcpy(&family, (const char *)system + offsetof(struct sockaddr, sa_family), sizeof(family));
    if (family == AF_INET) {
        memcpy(&in4, system, sizeof(in4));
        address.family = 4;
        address.port = ntohs(in4.sin_port);
        memcpy(address.ip, &in4.sin_addr, 4);
    } else if (family == AF_INET6) {
        memcpy(&in6, system, sizeof(in6));
        address.family = 6;
        address.port = ntohs(in6.sin6_port);
        memcpy(address.ip, &in6.sin6_addr, 16);
    }
    return address;
}

socklen_t socket_system_address(const struct net_address *address, struct sockaddr_in6 *system)
{
    assert(address->family == 4 || address->family == 6);
    if (address->family == 4) {
        struct sockaddr_in in4 = {.sin_family = AF_INET, .sin_port = htons(address->port)};
        memcpy(&in4.sin_addr, address->ip, 4);
        memcpy(system, &in4, sizeof(in4));
        return sizeof(in4);
    }
    *system = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(address->port)};
    memcpy(&system->sin6_addr, address->ip, 16);
    return sizeof(*system);
}

struct net_address socket_local(int fd)
{
    struct sockaddr_in6 system = {0};
    socklen_t length = sizeof(system);
    if (getsockname(fd, (struct sockaddr *)&system, &length) != 0)
        return (struct net_address){0};
    return socket_address(&system);
}

/* The options here are good to have; a system that refuses one is served without it. */
static void option_set(int fd, int level, int name, int value)
{
    (void)setsockopt(fd, level, name, &value, sizeof(value));
}

static void socket_tune_stream(int fd)
{
    option_set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    option_set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    option_set(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S);
    option_set(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S);
    option_set(fd, IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_PROBES);
    option_set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS);
}

/* FORCE goes over the system's limit where we have the right. */
static void socket_tune_udp(int fd)
{
    option_set(fd, SOL_SOCKET, SO_RCVBUF, UDP_BUFFER_BYTES);
    option_set(fd, SOL_SOCKET, SO_RCVBUFFORCE, UDP_BUFFER_BYTES);
    option_set(fd, SOL_SOCKET, SO_SNDBUF, UDP_BUFFER_BYTES);
    option_set(fd, SOL_SOCKET, SO_SNDBUFFORCE, UDP_BUFFER_BYTES);
    option_set(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
}

static int socket_new(enum net_protocol protocol, unsigned char family)
{
    int type = protocol == NET_UDP ? SOCK_DGRAM : SOCK_STREAM;
    return socket(family == 4 ? AF_INET : AF_INET6, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

static void socket_drop(int fd)
{
    int reason = errno;
    (void)close(fd);
    errno = reason;
}

int socket_listen(enum net_protocol protocol, const struct net_address *address)
{
    struct sockaddr_in6 system;
    socklen_t length = socket_system_address(address, &system);
    int fd = socket_new(protocol, address->family);
    if (fd < 0)
        return -1;
    if (address->family == 6)
        option_set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    if (protocol == NET_UDP)
        socket_tune_udp(fd);
    else
        option_set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (protocol != NET_UDP)
        socket_tune_stream(fd);
    if (bind(fd, (const struct sockaddr *)&system, length) != 0 ||
        (protocol != NET_UDP && listen(fd, BACKLOG) != 0)) {
        socket_drop(fd);
        return -1;
    }
    return fd;
}

struct net_address socket_source(const struct net_address *remote)
{
    struct sockaddr_in6 system;
    socklen_t length = socket_system_address(remote, &system);
    struct net_address source = {0};
    int fd = socket_new(NET_UDP, remote->family);
    if (fd < 0)
        return source;
    if (connect(fd, (const struct sockaddr *)&system, length) == 0) /* sends nothing */
        source = socket_local(fd);
    (void)close(fd);
    source.port = 0;
    return source;
}

/* Without a port: the system chooses it when it knows the other end. A source that is refused is
 * not worth the connection. */
static void socket_bind_source(int fd, const struct net_address *source)
{
    struct sockaddr_in6 system;
    struct net_address address = *source;
    if (source->family == 0)
        return;
    address.port = 0;
    socklen_t length = socket_system_address(&address, &system);
    option_set(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
    (void)bind(fd, (const struct sockaddr *)&system, length);
}

int socket_connect(const struct net_address *remote, const struct net_address *source, int *failed)
{
    struct sockaddr_in6 system;
    socklen_t length = socket_system_address(remote, &system);
    int fd = socket_new(NET_TCP, remote->family);
    if (fd < 0)
        return -1;
    socket_tune_stream(fd);
    socket_bind_source(fd, source);
    int result;
    do
        result = connect(fd, (const struct sockaddr *)&system, length);
    while (result != 0 && errno == EINTR);
    *failed = result == 0 || errno == EINPROGRESS ? 0 : errno;
    return fd;
}

int socket_error(int fd)
{
    int waiting = 0;
    socklen_t length = sizeof(waiting);
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &waiting, &length) == 0 ? waiting : errno;
}

void socket_forget_unsent(int fd)
{
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}
