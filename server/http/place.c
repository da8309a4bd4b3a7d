/* place.c: addresses that lead back to this host, or to whoever shares its link. */
#include "http/place.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

enum { HOST_MAX = 255, IPV4_AT_END = 12 };

static enum place of_ipv4(const unsigned char at[4])
{
    if (at[0] == 127)
        return PLACE_LOOPBACK;
    bool near = at[0] == 0 || at[0] >= 224 || (at[0] == 169 && at[1] == 254);
    return near ? PLACE_NEAR : PLACE_ELSEWHERE;
}

/* The IPv4 address that is meant by one of IPv6, or NULL. */
static const unsigned char *ipv4_within(const unsigned char at[16])
{
    static const unsigned char none[IPV4_AT_END] = {0},
                               mapped[IPV4_AT_END] = {[10] = 0xff, [11] = 0xff},
                               translated[IPV4_AT_END] = {0x00, 0x64, 0xff, 0x9b};
    if (memcmp(at, none, sizeof(none)) == 0 || memcmp(at, mapped, sizeof(mapped)) == 0 ||
        memcmp(at, translated, sizeof(translated)) == 0)
        return at + IPV4_AT_END;
    return at[0] == 0x20 && at[1] == 0x02 ? at + 2 : NULL;
}

static enum place of_ipv6(const struct in6_addr *address)
{
    const unsigned char *at = address->s6_addr, *ipv4 = ipv4_within(at);
    if (IN6_IS_ADDR_LOOPBACK(address))
        return PLACE_LOOPBACK;
    if (ipv4 != NULL)
        return of_ipv4(ipv4);
    bool near = at[0] == 0xff || (at[0] == 0xfe && (at[1] & 0xc0) == 0x80);
    return near ? PLACE_NEAR : PLACE_ELSEWHERE;
}

enum place place_of_address(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *ipv4 = (const struct sockaddr_in *)(const void *)address;
        return of_ipv4((const unsigned char *)&ipv4->sin_addr);
    }
    if (address->sa_family == AF_INET6)
        return of_ipv6(&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr);
    return PLACE_NEAR;
}

static bool is_localhost(struct bytes name)
{
    struct bytes word = BYTES("localhost");
    if (name.length > 0 && name.at[name.length - 1] == '.')
        name = bytes_first(name, name.length - 1);
    if (name.length < word.length)
        return false;
    size_t before = name.length - word.length;
    return bytes_equal_nocase(bytes_skip(name, before), word) &&
           (before == 0 || name.at[before - 1] == '.');
}

enum place place_of_host(struct bytes host)
{
    char text[HOST_MAX + 1];
    struct in_addr ipv4;
    struct in6_addr ipv6;
    if (host.length > 1 && host.at[0] == '[' && host.at[host.length - 1] == ']')
        host = bytes_first(bytes_skip(host, 1), host.length - 2);
    if (is_localhost(host))
        return PLACE_LOOPBACK;
    ptrdiff_t zone = bytes_index(host, '%');
    host = zone >= 0 ? bytes_first(host, (size_t)zone) : host;
    if (bytes_empty(host) || host.length > HOST_MAX)
        return PLACE_ELSEWHERE;
    memcpy(text, host.at, host.length);
    text[host.length] = '\0';
    if (inet_pton(AF_INET6, text, &ipv6) == 1)
        return of_ipv6(&ipv6);
    if (inet_aton(text, &ipv4) != 0)
        return of_ipv4((const unsigned char *)&ipv4);
    return PLACE_ELSEWHERE;
}

struct bytes place_host(struct bytes url)
{
    ptrdiff_t scheme = bytes_index(url, ':');
    struct bytes rest = bytes_skip(url, scheme < 0 ? 0 : (size_t)scheme + 1);
    while (!bytes_empty(rest) && rest.at[0] == '/')
        rest = bytes_skip(rest, 1);
    size_t end = 0;
    bool inside = false; /* the brackets, where colons are the address's own */
    for (; end < rest.length && strchr("/?#\\", rest.at[end]) == NULL; end++) {
        if (rest.at[end] == ':' && !inside)
            break;
        inside = rest.at[end] == '[' || (inside && rest.at[end] != ']');
    }
    return bytes_first(rest, end);
}
