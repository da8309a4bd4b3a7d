/* records_internal.h: what a name server's answer says (RFC 1035 4).
 *
 * Reads a raw answer into plain records, with the time for which they may be kept. Whatever the
 * network sent is either read whole or refused whole; nothing in it is asserted. No sockets, no
 * time, no state. */
#ifndef NET_RECORDS_INTERNAL_H
#define NET_RECORDS_INTERNAL_H

#include "net/net.h"

enum record_type {
    RECORD_A = 1,
    RECORD_CNAME = 5,
    RECORD_SOA = 6,
    RECORD_AAAA = 28, /* RFC 3596 2.1 */
    RECORD_SRV = 33,  /* RFC 2782 */
    RECORD_NAPTR = 35 /* RFC 3403 4 */
};

enum {
    NAME_SIZE = 254,         /* of a name as a text, with its NUL: RFC 1035 2.3.4 */
    RECORDS_MAX = 32,        /* of one answer that are kept */
    ANSWER_MAX_BYTES = 16384 /* a longer one is refused */
};

/* Names are in lower case, without the last dot; the root is "". */
struct dns_record {
    uint16_t order;             /* priority of SRV, order of NAPTR: lower first */
    uint16_t weight;            /* weight of SRV, preference of NAPTR */
    uint16_t port;              /* SRV */
    enum net_protocol protocol; /* NAPTR: what its service field means (RFC 3263 4.1) */
    const char *name;           /* target of SRV ("": no such service), replacement of NAPTR, owner
                                   of an address in `extras` */
    struct net_address address; /* A and AAAA; port 0 */
};

enum answer_kind {
    ANSWER_RECORDS, /* there are records of that type, though perhaps none that serves us */
    ANSWER_NOTHING, /* no such name, or none of that type (RFC 2308 2) */
    ANSWER_FAILED   /* no answer, or none that can be read or believed */
};

/* One allocation. `records` are of the type that was asked for; `extras` the addresses of SRV
 * targets that came along (RFC 2782, RFC 2181 5.4.1: good for nothing else). */
struct answer {
    enum answer_kind kind;
    uint32_t ttl_s, extras_ttl_s; /* RFC 2181 8; of ANSWER_NOTHING by RFC 2308 5, 0: not to be kept;
                                     of ANSWER_FAILED 0 */
    unsigned count, extra_count;
    bool cut; /* there were more than RECORDS_MAX */
    const struct dns_record *records, *extras;
};

/* Reads what was answered to the question for `name` (in lower case, without the last dot) and
 * `type`. NAPTR records that no SIP transport is found by are left out. Never NULL; free() it. */
struct answer *answer_parse(struct bytes raw, const char *name, enum record_type type);

/* An answer that says nothing but this. */
struct answer *answer_new(enum answer_kind kind);

/* The answer of a file of hosts: so many addresses. */
struct answer *answer_of_addresses(const struct net_address *addresses, unsigned count,
                                   uint32_t ttl_s);

#endif
