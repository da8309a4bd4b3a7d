/* socket_test.c: addresses as the system has them, and what is set on sockets. */
#include "net/loop_internal.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "unit.h"

static struct net_address address(const char *text)
{
    struct net_address read;
    ck_assert(net_address_parse_with_port(bytes_of(text), 0, &read));
    return read;
}

static int option(int fd, int level, int name)
{
    int value = -1;
    socklen_t length = sizeof(value);
    ck_assert_int_eq(getsockopt(fd, level, name, &value, &length), 0);
    return value;
}

START_TEST(there_and_back)
{
    static const char *const texts[] = {"127.0.0.1:5060", "255.255.255.255:65535", "0.0.0.0:1",
                                        "[::1]:5060", "[2001:db8::ff00:42:8329]:5061"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct sockaddr_in6 system;
        struct net_address before = address(texts[i]);
        socklen_t length = socket_system_address(&before, &system);
        ck_assert_uint_eq(length, before.family == 4 ? sizeof(struct sockaddr_in)
                                                     : sizeof(struct sockaddr_in6));
        struct net_address after = socket_address(&system);
        ck_assert_msg(net_address_equal(&before, &after), "%s", texts[i]);
    }
}
END_TEST

/* As the system writes them: network order, whatever the machine's. */
START_TEST(as_the_system_writes_them)
{
    struct sockaddr_in6 system;
    struct sockaddr_in in4;
    struct net_address v4 = address("192.0.2.7:5060");
    (void)socket_system_address(&v4, &system);
    memcpy(&in4, &system, sizeof(in4));
    ck_assert_int_eq(in4.sin_family, AF_INET);
    ck_assert_uint_eq(in4.sin_port, htons(5060));
    ck_assert_uint_eq(in4.sin_addr.s_addr, inet_addr("192.0.2.7"));
    const struct sockaddr other = {.sa_family = AF_UNIX};
    struct sockaddr_storage storage = {0};
    memcpy(&storage, &other, sizeof(other));
    ck_assert_uint_eq(socket_address(&storage).family, 0); /* none of ours */
}
END_TEST

START_TEST(a_listener_is_where_it_should_be)
{
    static const enum net_protocol protocols[] = {NET_UDP, NET_TCP};
    struct net_address any_port = address("127.0.0.1:0");
    for (size_t i = 0; i < 2; i++) {
        int fd = socket_listen(protocols[i], &any_port);
        ck_assert_int_ge(fd, 0);
        struct net_address local = socket_local(fd);
        ck_assert(net_address_same_host(&local, &any_port));
        ck_assert_uint_ne(local.port, 0);
        ck_assert_int_ne(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
        ck_assert_int_ne(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
        ck_assert_int_eq(option(fd, SOL_SOCKET, SO_TYPE),
                         protocols[i] == NET_UDP ? SOCK_DGRAM : SOCK_STREAM);
        errno = 0;
        ck_assert_int_eq(socket_listen(protocols[i], &local), -1); /* it is taken */
        ck_assert_int_eq(errno, EADDRINUSE);
        close(fd);
    }
    ck_assert_uint_eq(socket_local(-1).family, 0);
}
END_TEST

/* Accepted sockets inherit it: no delay for small messages, and a peer that vanished is noticed. */
START_TEST(streams_are_tuned)
{
    int failed;
    struct net_address any_port = address("127.0.0.1:0");
    int listener = socket_listen(NET_TCP, &any_port);
    struct net_address there = socket_local(listener), nowhere = {0};
    int fd = socket_connect(&there, &nowhere, &failed);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(failed, 0);
    ck_assert_int_eq(fcntl(listener, F_SETFL, 0), 0); /* waits for it */
    int accepted = accept(listener, NULL, NULL);
    const int both[] = {fd, accepted};
    for (size_t i = 0; i < 2; i++) {
        ck_assert_int_ne(option(both[i], IPPROTO_TCP, TCP_NODELAY), 0);
        ck_assert_int_ne(option(both[i], SOL_SOCKET, SO_KEEPALIVE), 0);
        ck_assert_int_gt(option(both[i], IPPROTO_TCP, TCP_USER_TIMEOUT), 0);
        ck_assert_int_eq(socket_error(both[i]), 0);
    }
    close(accepted);
    close(fd);
    close(listener);
}
END_TEST

/* RFC 3261 18.1.1: a connection is made from the address that we say to be at; the system chooses
 * the port. */
START_TEST(a_connection_has_the_source_that_was_wanted)
{
    int failed;
    struct net_address any_port = address("127.0.0.1:0"), source = address("127.0.0.9:5060");
    int listener = socket_listen(NET_TCP, &any_port);
    struct net_address there = socket_local(listener);
    int fd = socket_connect(&there, &source, &failed);
    struct net_address local = socket_local(fd);
    ck_assert(net_address_same_host(&local, &source));
    ck_assert_uint_ne(local.port, 0);
    close(fd);
    source = address("192.0.2.200:5060"); /* not ours: not worth the connection */
    fd = socket_connect(&there, &source, &failed);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(failed, 0);
    close(fd);
    close(listener);
}
END_TEST

START_TEST(a_refused_connection)
{
    int failed;
    struct net_address any_port = address("127.0.0.1:0"), nowhere = {0};
    int listener = socket_listen(NET_TCP, &any_port);
    struct net_address there = socket_local(listener);
    close(listener);
    int fd = socket_connect(&there, &nowhere, &failed);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(failed != 0 ? failed : socket_error(fd), ECONNREFUSED);
    close(fd);
}
END_TEST

/* From where the system would send to an address: without a port, and without sending. */
START_TEST(the_source_towards_somebody)
{
    struct net_address there = address("127.0.0.77:5060"), us = address("127.0.0.1:0");
    struct net_address source = socket_source(&there);
    ck_assert(net_address_same_host(&source, &us));
    ck_assert_uint_eq(source.port, 0);
}
END_TEST

/* What was not sent is forgotten: the other end sees a reset. */
START_TEST(unsent_bytes_are_forgotten)
{
    char byte;
    int failed;
    struct net_address any_port = address("127.0.0.1:0"), nowhere = {0};
    int listener = socket_listen(NET_TCP, &any_port);
    struct net_address there = socket_local(listener);
    int fd = socket_connect(&there, &nowhere, &failed);
    ck_assert_int_eq(fcntl(listener, F_SETFL, 0), 0);
    int accepted = accept(listener, NULL, NULL);
    socket_forget_unsent(fd);
    close(fd);
    ck_assert_int_eq(fcntl(accepted, F_SETFL, 0), 0);
    ck_assert_int_eq(recv(accepted, &byte, 1, 0), -1);
    ck_assert_int_eq(errno, ECONNRESET);
    close(accepted);
    close(listener);
}
END_TEST

UNIT_MAIN("net/socket", there_and_back, as_the_system_writes_them, a_listener_is_where_it_should_be,
          streams_are_tuned, a_connection_has_the_source_that_was_wanted, a_refused_connection,
          the_source_towards_somebody, unsent_bytes_are_forgotten)
