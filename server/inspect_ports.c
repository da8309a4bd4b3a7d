/* inspect_ports.c: without a server each listener is opened for a moment, with one it is called. */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "inspect_internal.h"

enum { TEXT_SIZE = 64, PATIENCE_MS = 2000 };

/* Whom to call: an any-address is this host's loopback. */
static socklen_t system_address(const struct net_address *address, struct sockaddr_storage *out)
{
    bool any = net_address_is_any(address);
    *out = (struct sockaddr_storage){0};
    if (address->family == 6) {
        struct sockaddr_in6 *six = (struct sockaddr_in6 *)(void *)out;
        six->sin6_family = AF_INET6;
        six->sin6_port = htons(address->port);
        if (any)
            six->sin6_addr = in6addr_loopback;
        else
            memcpy(&six->sin6_addr, address->ip, 16);
        return sizeof(*six);
    }
    struct sockaddr_in *four = (struct sockaddr_in *)(void *)out;
    four->sin_family = AF_INET;
    four->sin_port = htons(address->port);
    four->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (!any)
        memcpy(&four->sin_addr, address->ip, 4);
    return sizeof(*four);
}

static bool comes(int file, short what)
{
    struct pollfd watched = {.fd = file, .events = what};
    return poll(&watched, 1, PATIENCE_MS) == 1;
}

static bool connects(int file)
{
    int error = 0;
    socklen_t size = sizeof(error);
    return comes(file, POLLOUT) && getsockopt(file, SOL_SOCKET, SO_ERROR, &error, &size) == 0 &&
           error == 0;
}

/* "Are you there?" (RFC 3261 11), which needs no credentials. */
static bool answers_options(int file)
{
    static const char options[] =
        "OPTIONS sip:check.invalid SIP/2.0\r\nVia: SIP/2.0/UDP check.invalid;rport;"
        "branch=z9hG4bKcheck%ld\r\nMax-Forwards: 0\r\nFrom: <sip:check@check.invalid>;tag=%ld\r\n"
        "To: <sip:check.invalid>\r\nCall-ID: %ld@check.invalid\r\nCSeq: 1 OPTIONS\r\n"
        "Content-Length: 0\r\n\r\n";
    char text[512], answer[64];
    long me = (long)getpid();
    int length = snprintf(text, sizeof(text), options, me, me, me);
    return send(file, text, (size_t)length, MSG_NOSIGNAL) == length && comes(file, POLLIN) &&
           recv(file, answer, sizeof(answer), MSG_DONTWAIT) > 0;
}

static bool is_there(const struct net_address *address, bool datagrams)
{
    struct sockaddr_storage to;
    socklen_t size = system_address(address, &to);
    int kind = datagrams ? SOCK_DGRAM : SOCK_STREAM;
    int file = socket(to.ss_family, kind | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool begun =
        file >= 0 && (connect(file, (struct sockaddr *)&to, size) == 0 || errno == EINPROGRESS);
    bool there = begun && (datagrams ? answers_options(file) : connects(file));
    if (file >= 0)
        close(file);
    return there;
}

static void write_address(const char *protocol, const struct net_address *address,
                          char text[TEXT_SIZE])
{
    struct buffer out = buffer_over(text, TEXT_SIZE - 1);
    buffer_text(&out, protocol);
    buffer_char(&out, ' ');
    net_address_write(address, &out);
    text[out.length] = '\0';
}

static void check_answer(struct check *check, const char *protocol,
                         const struct net_address *address, bool datagrams)
{
    char text[TEXT_SIZE];
    write_address(protocol, address, text);
    if (is_there(address, datagrams))
        check_say(check, CHECK_OK, "port", "%s answers", text);
    else
        check_say(check, CHECK_FAULT, "port",
                  "%s does not answer, though a server runs; was it added since its start "
                  "(restart it), or does a firewall stand between?",
                  text);
}

static void try_listeners(struct check *check)
{
    char why[1024], text[TEXT_SIZE];
    struct world world;
    struct entropy entropy = {.left = 0};
    world_init(&world, 1, 1, entropy_random, &entropy);
    struct loop *loop = loop_new(&world, &check->config->net, NULL, NULL);
    for (unsigned i = 0; loop != NULL && i < check->config->listen_count; i++) {
        const struct net_listen *listen = &check->config->listen[i];
        write_address(net_protocol_name(listen->protocol), &listen->address, text);
        if (loop_listen(loop, listen, why, sizeof(why)) == ERR_NONE)
            check_say(check, CHECK_OK, "port", "%s is free", text);
        else
            check_say(check, CHECK_FAULT, "port", "%s", why);
    }
    if (loop != NULL)
        loop_free(&loop);
    world_release(&world);
    if (check->config->web.listen_count == 0)
        return;
    if (web_check(&check->config->web, why, sizeof(why)))
        check_say(check, CHECK_OK, "port", "HTTP can listen");
    else
        check_say(check, CHECK_FAULT, "port", "%s", why);
}

void check_ports(struct check *check)
{
    const struct config *config = check->config;
    if (!check->running) {
        try_listeners(check);
        return;
    }
    for (unsigned i = 0; i < config->listen_count; i++)
        check_answer(check, net_protocol_name(config->listen[i].protocol),
                     &config->listen[i].address, config->listen[i].protocol == NET_UDP);
    for (unsigned i = 0; i < config->web.listen_count; i++)
        check_answer(check, "HTTP", &config->web.listen[i].address, false);
}
