/* stun.h: STUN on a SIP UDP port (RFC 5389, RFC 5626 4.4.2 and 8).
 *
 * Phones behind a NAT send binding requests over the flow that they registered over: the answer
 * keeps the NAT's mapping alive and tells when it has changed. No state, no credentials, one small
 * answer a request; nothing of STUN is ever handed up. */
#ifndef NET_STUN_H
#define NET_STUN_H

#include "net/address.h"

enum {
    STUN_REQUEST_MAX = 1280, /* RFC 5389 7.1: none needs more than the least MTU of IPv6 */
    STUN_ANSWER_MAX = 80
};

/* True when a datagram is STUN's and not SIP's: it begins with two zero bits, which no SIP message
 * does, and has the magic cookie. */
bool stun_is(struct bytes datagram);

/* Writes the answer to a binding request that came from an address, up to STUN_ANSWER_MAX bytes:
 * where it came from, or 420 with what is not understood. Returns its length; 0: none is due, it is
 * no request or malformed. */
size_t stun_answer(struct bytes datagram, const struct net_address *from, char *out);

#endif
