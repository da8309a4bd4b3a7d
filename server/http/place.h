/* place.h: where an address leads: elsewhere, or to this host and its link, where services listen
 * that are meant for nobody else. No sockets, no names: whoever resolves one asks about what came
 * of it. */
#ifndef HTTP_PLACE_H
#define HTTP_PLACE_H

#include "base/bytes.h"

struct sockaddr;

enum place {
    PLACE_ELSEWHERE, /* private networks (RFC 1918, RFC 4193) among it; and names */
    PLACE_LOOPBACK,
    PLACE_NEAR /* unspecified, link-local, multicast, broadcast */
};

/* Of an IPv4 or IPv6 address; one of IPv4 within one of IPv6 is judged as what it stands for
 * (mapped and compatible: RFC 4291 2.5.5, NAT64: RFC 6052 2.1, 6to4: RFC 3056 2). Other families
 * are near. */
enum place place_of_address(const struct sockaddr *address);

/* Of a host as a URL has it: an address in any form that is connected to (brackets, a zone,
 * numbers of inet_aton(3)), "localhost" and what is below it (RFC 6761 6.3). Other names are
 * elsewhere, wherever they may lead. */
enum place place_of_host(struct bytes host);

/* The host of a URL, in brackets if it is there; without a port. */
struct bytes place_host(struct bytes url);

#endif
