/* wire.c: bytes to and from a socket as they are, and which protocol has which wire. */
#include <assert.h>
#include <errno.h>
#include <sys/socket.h>

#include "net/connection_internal.h"

static ssize_t wire_result(ssize_t result)
{
    if (result >= 0)
        return result;
    return errno == EAGAIN || errno == EINTR ? WIRE_AGAIN : WIRE_FAILED;
}

static ssize_t plain_read(struct connection *connection, char *at, size_t size)
{
    return wire_result(recv(connection->fd, at, size, MSG_DONTWAIT));
}

static ssize_t plain_write(struct connection *connection, struct bytes bytes)
{
    return wire_result(send(connection->fd, bytes.at, bytes.length, MSG_NOSIGNAL | MSG_DONTWAIT));
}

static void plain_shutdown(struct connection *connection)
{
    (void)shutdown(connection->fd, SHUT_WR);
}

const struct wire wire_plain = {
    .read = plain_read,
    .write = plain_write,
    .shutdown = plain_shutdown,
};

static const struct wire *const wires[NET_PROTOCOLS] = {
    [NET_TCP] = &wire_plain,
    [NET_TLS] = &wire_tls,
    [NET_WS] = &wire_plain,
    [NET_WSS] = &wire_tls,
};

const struct wire *wire_of(enum net_protocol protocol)
{
    assert((unsigned)protocol < NET_PROTOCOLS);
    return wires[protocol];
}
