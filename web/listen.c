/* listen.c: the sockets that the API listens on, opened by us so that a failure says what is wrong
 * and what to do; and the rule that secrets do not cross a network in clear. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "web/web_internal.h"

enum { BACKLOG = 512, TEXT_SIZE = 64 };

static const char *write_address(const struct net_address *address, char text[TEXT_SIZE])
{
    struct buffer out = buffer_over(text, TEXT_SIZE - 1);
    net_address_write(address, &out);
    text[out.length] = '\0';
    return text;
}

bool listen_judge(const struct web_settings *settings, char *why, size_t why_size)
{
    char text[TEXT_SIZE];
    for (unsigned i = 0; i < settings->listen_count; i++) {
        const struct web_listen *listen = &settings->listen[i];
        write_address(&listen->address, text);
        if (listen->tls && settings->certificate == NULL) {
            snprintf(why, why_size,
                     "web.listen has \"https:%s\" but web.certificate is not set; "
                     "name a PEM file with certificate and key there",
                     text);
            return false;
        }
        if (!listen->tls && !net_address_is_loopback(&listen->address) &&
            !settings->plain_anywhere) {
            snprintf(why, why_size,
                     "web.listen has \"%s\": tokens and passwords would cross the network in "
                     "clear; write \"https:%s\", listen on 127.0.0.1, or set web.plain_anywhere = "
                     "\"on\" (behind a proxy that speaks TLS)",
                     text, text);
            return false;
        }
    }
    return true;
}

static socklen_t system_address(const struct net_address *address, struct sockaddr_storage *out)
{
    *out = (struct sockaddr_storage){0};
    if (address->family == 6) {
        struct sockaddr_in6 *six = (struct sockaddr_in6 *)(void *)out;
        six->sin6_family = AF_INET6;
        six->sin6_port = htons(address->port);
        memcpy(&six->sin6_addr, address->ip, 16);
        return sizeof(*six);
    }
    struct sockaddr_in *four = (struct sockaddr_in *)(void *)out;
    four->sin_family = AF_INET;
    four->sin_port = htons(address->port);
    memcpy(&four->sin_addr, address->ip, 4);
    return sizeof(*four);
}

static const char *advice(int error)
{
    switch (error) {
    case EADDRINUSE:
        return "another program has it; stop that, or choose another port in web.listen (./run "
               "--http)";
    case EACCES:
        return "ports below 1024 are for root; choose another one in web.listen";
    case EADDRNOTAVAIL:
        return "this host has no such address; correct web.listen";
    default:
        return "correct web.listen";
    }
}

int listen_open(const struct web_listen *listen_at, char *why, size_t why_size)
{
    struct sockaddr_storage address;
    char text[TEXT_SIZE];
    socklen_t length = system_address(&listen_at->address, &address);
    int one = 1;
    int opened = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (opened >= 0 && address.ss_family == AF_INET6)
        (void)setsockopt(opened, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
    if (opened >= 0)
        (void)setsockopt(opened, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (opened >= 0 && bind(opened, (struct sockaddr *)&address, length) == 0 &&
        listen(opened, BACKLOG) == 0)
        return opened;
    int error = errno;
    snprintf(why, why_size, "HTTP cannot listen on %s: %s: %s",
             write_address(&listen_at->address, text), strerror(error), advice(error));
    if (opened >= 0)
        close(opened);
    return -1;
}

bool web_check(const struct web_settings *settings, char *why, size_t why_size)
{
    if (!listen_judge(settings, why, why_size))
        return false;
    for (unsigned i = 0; i < settings->listen_count; i++) {
        int opened = listen_open(&settings->listen[i], why, why_size);
        if (opened < 0)
            return false;
        close(opened);
    }
    return true;
}
