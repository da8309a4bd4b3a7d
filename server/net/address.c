/* address.c: IP addresses with a port, and networks.
 *
 * The unused bytes of an address are always zero, so that comparing and hashing need no cases. An
 * IPv4-mapped IPv6 address (RFC 4291 2.5.5.2) becomes IPv4 where text is read: one peer, one name.
 */
#include "net/address.h"

#include <arpa/inet.h>
#include <assert.h>

enum { MAPPED_BITS = 96 };

static unsigned address_size(unsigned char family)
{
    return family == 4 ? 4 : 16;
}

static const unsigned char mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static void address_unmap(struct net_address *address)
{
    if (address->family != 6 || memcmp(address->ip, mapped_prefix, sizeof(mapped_prefix)) != 0)
        return;
    address->family = 4;
    memmove(address->ip, address->ip + sizeof(mapped_prefix), 4);
    memset(address->ip + 4, 0, sizeof(address->ip) - 4);
}

/* A numeric address as it is written, mapped ones left alone. */
static bool address_read(struct bytes host, struct net_address *address)
{
    char text[INET6_ADDRSTRLEN];
    struct net_address read = {0};
    bool brackets = host.length > 2 && host.at[0] == '[' && host.at[host.length - 1] == ']';
    if (brackets)
        host = bytes_from(host.at + 1, host.length - 2);
    if (host.length == 0 || host.length >= sizeof(text) || bytes_index(host, '\0') >= 0)
        return false;
    memcpy(text, host.at, host.length);
    text[host.length] = '\0';
    if (!brackets && inet_pton(AF_INET, text, read.ip) == 1)
        read.family = 4;
    else if (inet_pton(AF_INET6, text, read.ip) == 1)
        read.family = 6;
    else
        return false;
    *address = read;
    return true;
}

bool net_address_parse(struct bytes host, uint16_t port, struct net_address *address)
{
    if (!address_read(host, address))
        return false;
    address->port = port;
    address_unmap(address);
    return true;
}

static bool port_parse(struct bytes text, uint16_t *port)
{
    uint32_t value;
    if (text.length > 5 || !bytes_to_u32(text, &value) || value > UINT16_MAX)
        return false;
    *port = (uint16_t)value;
    return true;
}

/* Where the colon before the port is; the length when there is none. */
static size_t port_colon(struct bytes text)
{
    if (text.length > 0 && text.at[0] == '[') {
        ptrdiff_t end = bytes_index(text, ']');
        return end >= 0 ? (size_t)end + 1 : text.length;
    }
    ptrdiff_t first = bytes_index(text, ':');
    if (first < 0 || bytes_index(bytes_skip(text, (size_t)first + 1), ':') >= 0)
        return text.length; /* several colons: a bare IPv6 address */
    return (size_t)first;
}

bool net_address_parse_with_port(struct bytes text, uint16_t port, struct net_address *address)
{
    size_t colon = port_colon(text);
    struct bytes rest = bytes_skip(text, colon);
    if (rest.length > 0 && (rest.at[0] != ':' || !port_parse(bytes_skip(rest, 1), &port)))
        return false;
    return net_address_parse(bytes_first(text, colon), port, address);
}

bool net_address_same_host(const struct net_address *a, const struct net_address *b)
{
    return a->family == b->family && memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
}

bool net_address_equal(const struct net_address *a, const struct net_address *b)
{
    return a->port == b->port && net_address_same_host(a, b);
}

bool net_address_is_loopback(const struct net_address *address)
{
    static const unsigned char loopback6[16] = {[15] = 1};
    if (address->family == 4)
        return address->ip[0] == 127;
    return address->family == 6 && memcmp(address->ip, loopback6, sizeof(loopback6)) == 0;
}

bool net_address_is_any(const struct net_address *address)
{
    static const unsigned char any[16] = {0};
    return address->family != 0 && memcmp(address->ip, any, sizeof(any)) == 0;
}

bool net_address_is_many(const struct net_address *address)
{
    static const unsigned char broadcast[4] = {255, 255, 255, 255};
    if (address->family == 6)
        return address->ip[0] == 0xff;
    return address->family == 4 &&
           (address->ip[0] >> 4 == 14 || memcmp(address->ip, broadcast, sizeof(broadcast)) == 0);
}

/* RFC 6890 2.2.2, 2.2.3; what stands in none of them reaches the world. */
static const struct {
    struct net_network network;
    enum net_reach reach;
} near_networks[] = {
    {{{4, 0, {0}}, 8}, NET_REACH_HOST},           {{{4, 0, {127}}, 8}, NET_REACH_HOST},
    {{{4, 0, {169, 254}}, 16}, NET_REACH_LINK},   {{{4, 0, {10}}, 8}, NET_REACH_SITE},
    {{{4, 0, {100, 64}}, 10}, NET_REACH_SITE},    {{{4, 0, {172, 16}}, 12}, NET_REACH_SITE},
    {{{4, 0, {192, 168}}, 16}, NET_REACH_SITE},   {{{6, 0, {0}}, 128}, NET_REACH_HOST},
    {{{6, 0, {[15] = 1}}, 128}, NET_REACH_HOST},  {{{6, 0, {0xfe, 0x80}}, 10}, NET_REACH_LINK},
    {{{6, 0, {0xfe, 0xc0}}, 10}, NET_REACH_SITE}, /* RFC 3879: still in use somewhere */
    {{{6, 0, {0xfc}}, 7}, NET_REACH_SITE},
};

enum net_reach net_address_reach(const struct net_address *address)
{
    struct net_address plain = *address;
    address_unmap(&plain);
    for (size_t i = 0; i < sizeof(near_networks) / sizeof(near_networks[0]); i++)
        if (net_network_contains(&near_networks[i].network, &plain))
            return near_networks[i].reach;
    return NET_REACH_WORLD;
}

void net_address_write_bare(const struct net_address *address, struct buffer *out)
{
    char text[INET6_ADDRSTRLEN];
    assert(address->family == 4 || address->family == 6);
    if (address->family == 6) {
        buffer_text(out, inet_ntop(AF_INET6, address->ip, text, sizeof(text)));
        return;
    }
    for (unsigned i = 0; i < 4; i++) {
        if (i > 0)
            buffer_char(out, '.');
        buffer_number(out, address->ip[i]);
    }
}

void net_address_write_host(const struct net_address *address, struct buffer *out)
{
    if (address->family == 6)
        buffer_char(out, '[');
    net_address_write_bare(address, out);
    if (address->family == 6)
        buffer_char(out, ']');
}

void net_address_write(const struct net_address *address, struct buffer *out)
{
    net_address_write_host(address, out);
    buffer_char(out, ':');
    buffer_number(out, address->port);
}

struct net_address net_address_counted(const struct net_address *address)
{
    enum { HOST_BYTES = 8 };
    struct net_address counted = *address;
    counted.port = 0;
    if (address->family == 6)
        memset(counted.ip + sizeof(counted.ip) - HOST_BYTES, 0, HOST_BYTES);
    return counted;
}

uint64_t net_address_hash(const struct net_address *address, uint64_t seed)
{
    unsigned char key[3 + sizeof(address->ip)];
    key[0] = address->family;
    memcpy(key + 1, &address->port, 2);
    memcpy(key + 3, address->ip, sizeof(address->ip));
    return bytes_hash(bytes_from(key, sizeof(key)), seed);
}

/* A mapped network within ::ffff:0:0/96 is an IPv4 network. */
static bool network_unmap(struct net_network *network)
{
    address_unmap(&network->address);
    if (network->address.family == 6)
        return true;
    if (network->bits < MAPPED_BITS)
        return false;
    network->bits -= MAPPED_BITS;
    return true;
}

bool net_network_parse(struct bytes text, struct net_network *network)
{
    struct net_network read;
    struct bytes bits = text;
    struct bytes host = bytes_split(&bits, '/');
    bool whole = host.length == text.length;
    if (!address_read(host, &read.address))
        return false;
    uint32_t most = 8 * address_size(read.address.family), wanted = most;
    if (!whole && (!bytes_to_u32(bits, &wanted) || wanted > most))
        return false;
    read.bits = wanted;
    if (read.address.family == 6 && !network_unmap(&read))
        return false;
    *network = read;
    return true;
}

bool net_network_contains(const struct net_network *network, const struct net_address *address)
{
    unsigned bytes = network->bits / 8, bits = network->bits % 8;
    assert(network->bits <= 8 * sizeof(address->ip));
    if (network->address.family != address->family ||
        memcmp(network->address.ip, address->ip, bytes) != 0)
        return false;
    return bits == 0 || (network->address.ip[bytes] ^ address->ip[bytes]) >> (8 - bits) == 0;
}
