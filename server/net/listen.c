/* listen.c: opening listeners, and choosing one.
 *
 * A listener is bound to one address of this host, never to an any-address: answers then leave from
 * the address that was asked (RFC 3581 4), and a flow names its local end. An any-address is
 * therefore opened once for each address that the host has now. Opening is all or nothing, but for
 * an address that vanished, or is not ready yet, between asking for the list and binding. */
#include "net/loop_internal.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/memory.h"

struct listener *listener_at(const struct loop *loop, enum net_protocol protocol,
                             const struct net_address *address)
{
    for (size_t i = 0; i < loop->listener_count; i++) {
        struct listener *listener = loop->listeners[i];
        if (listener->protocol == protocol && net_address_equal(&listener->address, address))
            return listener;
    }
    return NULL;
}

bool listener_family(const struct loop *loop, unsigned char family)
{
    for (size_t i = 0; i < loop->listener_count; i++)
        if (loop->listeners[i]->address.family == family)
            return true;
    return false;
}

bool listener_speaks(const struct loop *loop, enum net_protocol protocol, unsigned char family)
{
    for (size_t i = 0; i < loop->listener_count; i++) {
        const struct listener *listener = loop->listeners[i];
        if (listener->protocol == protocol && (family == 0 || listener->address.family == family))
            return true;
    }
    return false;
}

struct listener *listener_for(const struct loop *loop, enum net_protocol protocol,
                              const struct net_address *target)
{
    struct listener *other = NULL;
    bool loopback = net_address_is_loopback(target);
    for (size_t i = 0; i < loop->listener_count; i++) {
        struct listener *listener = loop->listeners[i];
        if (listener->protocol != protocol || listener->address.family != target->family)
            continue;
        if (net_address_is_loopback(&listener->address) == loopback)
            return listener;
        if (other == NULL)
            other = listener;
    }
    return other;
}

bool loop_listener_address(const struct loop *loop, enum net_protocol protocol, size_t index,
                           struct net_address *address)
{
    for (size_t i = 0; i < loop->listener_count; i++) {
        if (loop->listeners[i]->protocol != protocol || index-- > 0)
            continue;
        *address = loop->listeners[i]->address;
        return true;
    }
    return false;
}

void listener_watch(struct listener *listener, int events)
{
    uv_poll_cb ready = listener->protocol == NET_UDP ? udp_ready : stream_accept_ready;
    int failed = uv_poll_start(&listener->poll, events, ready);
    assert(failed == 0); /* it fails for a closed handle only */
    (void)failed;
}

static void listener_gone(uv_handle_t *handle)
{
    struct listener *listener = handle->data;
    free(listener->batch);
    free(listener);
}

static void listener_close(struct listener *listener)
{
    wheel_cancel(listener->loop->world->wheel, &listener->pause);
    uv_close((uv_handle_t *)&listener->poll, listener_gone);
    (void)close(listener->fd);
}

static void listeners_cut(struct loop *loop, size_t count)
{
    while (loop->listener_count > count)
        listener_close(loop->listeners[--loop->listener_count]);
}

void listeners_close(struct loop *loop)
{
    listeners_cut(loop, 0);
}

static enum err listener_add(struct loop *loop, const struct net_listen *listen, int fd)
{
    struct listener *listener = memory_new(sizeof(*listener));
    *listener = (struct listener){.loop = loop, .protocol = listen->protocol, .fd = fd};
    listener->public = listen->public;
    listener->asking = listen->asking;
    listener->address = socket_local(fd);
    if (listener->address.family == 0 || uv_poll_init(&loop->uv, &listener->poll, fd) != 0) {
        free(listener);
        (void)close(fd);
        return ERR_IO;
    }
    listener->poll.data = listener;
    loop->listeners[loop->listener_count++] = listener;
    listener_watch(listener, UV_READABLE);
    return ERR_NONE;
}

/* "udp 127.0.0.1:5060" */
static void listen_write(const struct net_listen *listen, struct buffer *out)
{
    for (const char *c = net_protocol_name(listen->protocol); *c != '\0'; c++)
        buffer_char(out, ascii_lower(*c));
    buffer_char(out, ' ');
    net_address_write(&listen->address, out);
}

static const char *busy_text(const struct loop *loop, const struct net_listen *listen)
{
    if (listener_at(loop, listen->protocol, &listen->address) != NULL)
        return "is listed twice: remove one (listen = ...)";
    return "is in use by another program: stop it or listen elsewhere (listen = ..., ./run "
           "--listen)";
}

static const char *denied_text(const struct net_listen *listen)
{
    if (listen->address.port >= 1024)
        return "is forbidden by the system: listen elsewhere (listen = ..., ./run --listen)";
    return "needs the right to use ports below 1024: give it (CAP_NET_BIND_SERVICE) or listen on "
           "a higher port (listen = ..., ./run --listen)";
}

/* Turns the errno of opening a listener into an error and a text for the operator. */
static enum err listen_refused(const struct loop *loop, const struct net_listen *listen, int number,
                               struct buffer *why)
{
    listen_write(listen, why);
    switch (number) {
    case EADDRINUSE:
        buffer_format(why, " %s", busy_text(loop, listen));
        return ERR_BUSY;
    case EACCES:
    case EPERM:
        buffer_format(why, " %s", denied_text(listen));
        return ERR_DENIED;
    case EADDRNOTAVAIL:
        buffer_text(why, " is no address of this host: choose one that `ip address` shows "
                         "(listen = ..., ./run --listen)");
        return ERR_NOT_FOUND;
    case EAFNOSUPPORT:
        buffer_text(why, " cannot be used, this host has IPv6 switched off: listen on IPv4 "
                         "(listen = ..., ./run --listen)");
        return ERR_NOT_FOUND;
    case EINVAL:
        buffer_text(why, " needs an interface, as link-local addresses do: listen on another "
                         "address of it (listen = ..., ./run --listen)");
        return ERR_NOT_FOUND;
    default:
        buffer_format(why, " cannot be opened: %s", strerror(number));
        return ERR_IO;
    }
}

static enum err listen_one(struct loop *loop, const struct net_listen *listen, struct buffer *why)
{
    if (loop->listener_count == LISTENERS_MAX) {
        listen_write(listen, why);
        buffer_format(why, " is one too many, %d is the most: remove some (listen = ...)",
                      LISTENERS_MAX);
        return ERR_IO;
    }
    int fd = socket_listen(listen->protocol, &listen->address);
    if (fd < 0)
        return listen_refused(loop, listen, errno, why);
    if (listener_add(loop, listen, fd) == ERR_NONE)
        return ERR_NONE;
    return listen_refused(loop, listen, EIO, why);
}

/* Link-local addresses need an interface too, which SIP cannot name. */
static bool address_usable(const struct net_address *address)
{
    if (address->family == 4)
        return true;
    return address->family == 6 && !(address->ip[0] == 0xfe && (address->ip[1] & 0xc0) == 0x80);
}

static enum err listen_interface(struct loop *loop, const struct net_listen *any,
                                 const uv_interface_address_t *interface, struct buffer *why)
{
    struct net_listen one = {any->protocol, socket_address(&interface->address), any->public,
                             any->asking};
    one.address.port = any->address.port;
    if (one.address.family != any->address.family || !address_usable(&one.address))
        return ERR_NONE;
    if (one.address.port != 0 && listener_at(loop, one.protocol, &one.address) != NULL)
        return ERR_NONE; /* two interfaces, or a setting of its own, with the same address */
    size_t length = why->length;
    enum err err = listen_one(loop, &one, why);
    if (err != ERR_NOT_FOUND)
        return err;
    log_write(loop->log, LOG_WARNING, "net", "not listening: %.*s", (int)(why->length - length),
              why->at + length);
    why->length = length;
    why->overflow = false;
    return ERR_NONE;
}

/* Opens an any-address: one listener for each address of the family. */
static enum err listen_any(struct loop *loop, const struct net_listen *any, struct buffer *why)
{
    uv_interface_address_t *interfaces;
    int count;
    enum err err = ERR_NONE;
    int failed = uv_interface_addresses(&interfaces, &count);
    if (failed != 0)
        return listen_refused(loop, any, -failed, why);
    for (int i = 0; i < count && err == ERR_NONE; i++)
        err = listen_interface(loop, any, &interfaces[i], why);
    uv_free_interface_addresses(interfaces, count);
    if (err == ERR_NONE && listener_for(loop, any->protocol, &any->address) == NULL)
        err = listen_refused(loop, any, EADDRNOTAVAIL, why);
    return err;
}

static void listen_log(const struct loop *loop, size_t from)
{
    for (size_t i = from; i < loop->listener_count; i++) {
        char text[64];
        struct buffer out = buffer_over(text, sizeof(text));
        const struct listener *listener = loop->listeners[i];
        listen_write(&(struct net_listen){listener->protocol, listener->address}, &out);
        log_write(loop->log, LOG_INFO, "net", "listening on %.*s", BYTES_ARGS(buffer_bytes(&out)));
    }
}

enum err loop_listen(struct loop *loop, const struct net_listen *listen, char *why, size_t why_size)
{
    assert(listen->address.family == 4 || listen->address.family == 6);
    assert(why_size > 0);
    size_t before = loop->listener_count;
    struct buffer text = buffer_over(why, why_size - 1);
    if (listen->protocol == NET_UDP && loop->slab == NULL)
        loop->slab = udp_slab_new();
    enum err err = net_address_is_any(&listen->address) ? listen_any(loop, listen, &text)
                                                        : listen_one(loop, listen, &text);
    why[text.length] = '\0';
    if (err != ERR_NONE)
        listeners_cut(loop, before);
    else
        listen_log(loop, before);
    return err;
}
