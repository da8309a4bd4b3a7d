/* address.h: IP addresses with a port, and networks. No names: those are the resolver's. */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include "base/buffer.h"
#include "base/bytes.h"

struct net_address {
    unsigned char family; /* 4, 6, or 0: none */
    uint16_t port;
    unsigned char ip[16]; /* network order; the first 4 bytes for IPv4 */
};

/* "127.0.0.1", "::1" or "[::1]" with the given port; false when it is no numeric address. An
 * IPv4-mapped IPv6 address becomes IPv4. */
bool net_address_parse(struct bytes host, uint16_t port, struct net_address *address);

/* "127.0.0.1:5060", "[::1]:5060"; the port may be missing (then `port`). */
bool net_address_parse_with_port(struct bytes text, uint16_t port, struct net_address *address);

bool net_address_equal(const struct net_address *a, const struct net_address *b);
bool net_address_same_host(const struct net_address *a, const struct net_address *b);
bool net_address_is_loopback(const struct net_address *address);
bool net_address_is_any(const struct net_address *address);
/* A multicast address, or the broadcast address of IPv4. */
bool net_address_is_many(const struct net_address *address);

/* From how far off an address can be reached, the nearest first: this host (loopback, "this
 * network"), the link, the site (private and shared addresses; RFC 6890), the whole Internet. An
 * IPv4-mapped address counts as what it maps. */
enum net_reach { NET_REACH_HOST, NET_REACH_LINK, NET_REACH_SITE, NET_REACH_WORLD };
enum net_reach net_address_reach(const struct net_address *address);

/* The host alone as Via and Contact want it (IPv6 in brackets), as `received` wants it (without),
 * and host:port. */
void net_address_write_host(const struct net_address *address, struct buffer *out);
void net_address_write_bare(const struct net_address *address, struct buffer *out);
void net_address_write(const struct net_address *address, struct buffer *out);

/* Whom an address stands for when something is counted by address: without the port, and of IPv6
 * the network alone, from which one customer takes addresses as it likes (RFC 6177 2: a /64). */
struct net_address net_address_counted(const struct net_address *address);

/* A hash of address and port. */
uint64_t net_address_hash(const struct net_address *address, uint64_t seed);

/* A network, "10.0.0.0/8", "::1/128" or a single address. */
struct net_network {
    struct net_address address;
    unsigned bits;
};
bool net_network_parse(struct bytes text, struct net_network *network);
bool net_network_contains(const struct net_network *network, const struct net_address *address);

#endif
