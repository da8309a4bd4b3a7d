/* facts.h: what the DNS says of a name, for people who look after a server. Blocks. */
#ifndef NET_FACTS_H
#define NET_FACTS_H

#include "net/net.h"

enum net_fact_type { NET_FACT_NAPTR, NET_FACT_SRV, NET_FACT_A, NET_FACT_AAAA };

enum { NET_FACTS_MAX = 8 };

struct net_facts {
    enum { NET_FACTS_FOUND, NET_FACTS_NONE, NET_FACTS_FAILED } kind;
    unsigned count; /* NAPTR: those of SIP */
    struct {
        char name[256]; /* target of SRV, replacement of NAPTR */
        uint16_t port;
        enum net_protocol protocol; /* NAPTR */
        struct net_address address; /* A, AAAA */
    } items[NET_FACTS_MAX];
};

/* Asks for a name in lower case; `servers` as in struct dns_settings, NULL: the system's. Takes six
 * seconds at most. */
struct net_facts net_facts_ask(const char *servers, const char *name, enum net_fact_type type);

#endif
