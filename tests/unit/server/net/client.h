/* client.h: plain client sockets beside the loop of bed.h. */
#ifndef TESTS_NET_CLIENT_H
#define TESTS_NET_CLIENT_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "bed.h"

static inline socklen_t system_address(const struct net_address *address,
                                       struct sockaddr_storage *system)
{
    struct sockaddr_in in4 = {.sin_family = AF_INET, .sin_port = htons(address->port)};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(address->port)};
    memset(system, 0, sizeof(*system));
    if (address->family == 4) {
        memcpy(&in4.sin_addr, address->ip, 4);
        memcpy(system, &in4, sizeof(in4));
        return sizeof(in4);
    }
    memcpy(&in6.sin6_addr, address->ip, 16);
    memcpy(system, &in6, sizeof(in6));
    return sizeof(in6);
}

/* A client socket connected to the address (for UDP: that sends there). */
static inline int client_open(int type, const struct net_address *address)
{
    struct sockaddr_storage system;
    socklen_t length = system_address(address, &system);
    int fd = socket(address->family == 4 ? AF_INET : AF_INET6, type | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&system, length), 0);
    return fd;
}

static inline void client_say(int fd, struct bytes what)
{
    ck_assert_int_eq(send(fd, what.at, what.length, MSG_NOSIGNAL), (ssize_t)what.length);
}

/* The port of a socket's own end. */
static inline uint16_t client_port(int fd)
{
    struct sockaddr_in6 system = {0};
    socklen_t length = sizeof(system);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&system, &length), 0);
    return ntohs(system.sin6_port); /* at the same place for IPv4 */
}

/* Reads what has come for bed->client. */
static inline void client_read(struct bed *bed)
{
    ssize_t got;
    if (bed->read == NULL)
        bed->read = calloc(1, BED_BYTES);
    do {
        got = recv(bed->client, bed->read + bed->read_length, BED_BYTES - bed->read_length - 1,
                   MSG_DONTWAIT);
        if (got > 0)
            bed->read_length += (size_t)got;
        if (got == 0 || (got < 0 && errno == ECONNRESET))
            bed->eof = true;
    } while (got > 0);
    bed->read[bed->read_length] = '\0';
}

static inline bool client_has_read(struct bed *bed)
{
    client_read(bed);
    return bed->read_length >= bed->wanted;
}

static inline bool client_has_eof(struct bed *bed)
{
    client_read(bed);
    return bed->eof;
}

/* Runs the loop until the client has read so many bytes, all in all. */
static inline void client_until(struct bed *bed, size_t length)
{
    bed->wanted = length;
    bed_until(bed, client_has_read);
}

#endif
