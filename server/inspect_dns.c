/* inspect_dns.c: the way that others go to a domain (RFC 3263 4): NAPTR, SRV for each protocol that
 * is listened on, then addresses, of which one should be this host's. A record of what is not
 * listened on sends clients into the void. */
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "inspect_internal.h"
#include "net/facts.h"

enum { PORT_SIP = 5060, PORT_SIPS = 5061, NAME_SIZE = 300, SILENT_MOST = 3 };

static const struct {
    enum net_protocol protocol;
    const char *service, *naptr; /* RFC 3263 4.1 */
    uint16_t port;
} ways[] = {
    {NET_UDP, "_sip._udp", "SIP+D2U", PORT_SIP},
    {NET_TCP, "_sip._tcp", "SIP+D2T", PORT_SIP},
    {NET_TLS, "_sips._tcp", "SIPS+D2T", PORT_SIPS},
};
enum { WAYS = sizeof(ways) / sizeof(ways[0]) };

/* The port that a protocol is listened on beyond this host, 0: none is. */
static uint16_t port_of(const struct config *config, enum net_protocol protocol)
{
    for (unsigned i = 0; i < config->listen_count; i++) {
        const struct net_listen *listen = &config->listen[i];
        if (listen->protocol == protocol && !net_address_is_loopback(&listen->address))
            return listen->public.family != 0 ? listen->public.port : listen->address.port;
    }
    return 0;
}

static bool is_name(const char *domain)
{
    struct net_address address;
    return strchr(domain, '.') != NULL && !net_address_parse(bytes_of(domain), 0, &address);
}

static bool failed(struct check *check, const struct net_facts *facts, const char *name)
{
    if (facts->kind == NET_FACTS_FAILED)
        check_say(check, CHECK_FAULT, "dns",
                  "no name server answers what %s is; check dns.servers, /etc/resolv.conf and the "
                  "network",
                  name);
    return facts->kind == NET_FACTS_FAILED;
}

static bool is_interface(const struct ifaddrs *at, const struct net_address *address)
{
    struct net_address own = {.family = 0};
    if (at->ifa_addr != NULL && at->ifa_addr->sa_family == AF_INET) {
        own.family = 4;
        memcpy(own.ip, &((const struct sockaddr_in *)(const void *)at->ifa_addr)->sin_addr, 4);
    } else if (at->ifa_addr != NULL && at->ifa_addr->sa_family == AF_INET6) {
        own.family = 6;
        memcpy(own.ip, &((const struct sockaddr_in6 *)(const void *)at->ifa_addr)->sin6_addr, 16);
    }
    return own.family != 0 && net_address_same_host(&own, address);
}

/* An address of this host, or one that `listen` calls public. */
static bool is_ours(const struct config *config, const struct net_address *address)
{
    struct ifaddrs *all = NULL;
    bool ours = false;
    for (unsigned i = 0; i < config->listen_count; i++)
        ours = ours || (config->listen[i].public.family != 0 &&
                        net_address_same_host(&config->listen[i].public, address));
    if (getifaddrs(&all) != 0)
        return true; /* nobody knows */
    for (const struct ifaddrs *at = all; at != NULL && !ours; at = at->ifa_next)
        ours = is_interface(at, address);
    freeifaddrs(all);
    return ours;
}

static bool any_ours(const struct config *config, const struct net_facts *facts)
{
    bool ours = false;
    for (unsigned i = 0; i < facts->count; i++)
        ours = ours || is_ours(config, &facts->items[i].address);
    return ours;
}

/* Is this family listened on beyond this host? */
static bool listens_on(const struct config *config, unsigned char family)
{
    for (unsigned i = 0; i < config->listen_count; i++) {
        const struct net_listen *listen = &config->listen[i];
        const struct net_address *address =
            listen->public.family != 0 ? &listen->public : &listen->address;
        if (address->family == family && !net_address_is_loopback(&listen->address))
            return true;
    }
    return false;
}

/* False: nobody answers. */
static bool check_addresses(struct check *check, const char *name)
{
    const char *servers = check->config->net.dns.servers;
    struct net_facts four = net_facts_ask(servers, name, NET_FACT_A);
    struct net_facts six = net_facts_ask(servers, name, NET_FACT_AAAA);
    if (four.count + six.count == 0 && failed(check, &four, name))
        return false;
    if (four.count + six.count == 0) {
        check_say(check, CHECK_FAULT, "dns",
                  "%s has no address; add to its zone: %s. IN A ADDRESS-OF-THIS-SERVER", name,
                  name);
        return true;
    }
    check_say(check, CHECK_OK, "dns", "%s has %u %s", name, four.count + six.count,
              word_for(four.count + six.count, "address", "addresses"));
    if (!any_ours(check->config, &four) && !any_ours(check->config, &six))
        check_say(check, CHECK_NOTE, "dns",
                  "no address of %s is this host's; fine behind a NAT (then `listen` says so: "
                  "\"udp:OWN:PORT=PUBLIC:PORT\") or when it is another server of the domain, else "
                  "correct the record",
                  name);
    if (four.count == 0 && listens_on(check->config, 4))
        check_say(check, CHECK_NOTE, "dns",
                  "%s has no IPv4 address, though we listen on one; add: %s. IN A ADDRESS", name,
                  name);
    if (six.count == 0 && listens_on(check->config, 6))
        check_say(check, CHECK_NOTE, "dns",
                  "%s has no IPv6 address, though we listen on one; add: %s. IN AAAA ADDRESS", name,
                  name);
    return true;
}

/* Number of SRV targets; -1: nobody answers. */
static int check_service(struct check *check, const char *domain, size_t way, uint16_t port)
{
    char name[NAME_SIZE];
    snprintf(name, sizeof(name), "%s.%s", ways[way].service, domain);
    struct net_facts facts = net_facts_ask(check->config->net.dns.servers, name, NET_FACT_SRV);
    if (failed(check, &facts, name))
        return -1;
    bool ours = false;
    for (unsigned i = 0; i < facts.count; i++)
        ours = ours || facts.items[i].port == port;
    if (facts.count == 0)
        check_say(check, port == ways[way].port ? CHECK_NOTE : CHECK_FAULT, "dns",
                  "%s has no SRV record; add to the zone: %s. IN SRV 10 10 %u %s.%s", name, name,
                  port, domain, port == ways[way].port ? " (clients then need not guess)" : "");
    else if (!ours)
        check_say(check, CHECK_FAULT, "dns",
                  "%s names port %u, but we listen on %u; correct the record or `listen`", name,
                  facts.items[0].port, port);
    else
        check_say(check, CHECK_OK, "dns", "%s: port %u at %s", name, port, facts.items[0].name);
    for (unsigned i = 0; i < facts.count; i++)
        if (!check_addresses(check, facts.items[i].name))
            return -1;
    return (int)facts.count;
}

/* Whether a NAPTR record leads to the service of a way, and who has one that leads nowhere. */
static bool leads_to(struct check *check, const char *domain, const struct net_facts *facts,
                     size_t way)
{
    bool leads = false;
    for (unsigned i = 0; i < facts->count; i++) {
        struct net_facts service;
        if (facts->items[i].protocol != ways[way].protocol)
            continue;
        leads = true;
        service = net_facts_ask(check->config->net.dns.servers, facts->items[i].name, NET_FACT_SRV);
        if (service.kind == NET_FACTS_NONE)
            check_say(
                check, CHECK_FAULT, "dns",
                "the NAPTR record of %s for %s leads to %s, which has no SRV record; add one, "
                "or correct the NAPTR record",
                domain, net_protocol_name(ways[way].protocol), facts->items[i].name);
        if (port_of(check->config, ways[way].protocol) == 0)
            check_say(check, CHECK_NOTE, "dns",
                      "a NAPTR record of %s offers %s, which `listen` does not have; fine when "
                      "another server of the domain has it, else take it out of the zone",
                      domain, net_protocol_name(ways[way].protocol));
    }
    return leads;
}

/* Who has no SRV records needs no NAPTR. */
static void check_naptr(struct check *check, const char *domain, bool any_service)
{
    struct net_facts facts = net_facts_ask(check->config->net.dns.servers, domain, NET_FACT_NAPTR);
    if (facts.kind == NET_FACTS_FAILED)
        return;
    if (facts.count > 0)
        check_say(check, CHECK_OK, "dns", "%s has %u NAPTR %s for SIP", domain, facts.count,
                  word_for(facts.count, "record", "records"));
    for (size_t i = 0; i < WAYS; i++)
        if (!leads_to(check, domain, &facts, i) && any_service &&
            port_of(check->config, ways[i].protocol) != 0)
            check_say(check, CHECK_NOTE, "dns",
                      "%s has no NAPTR record for %s; add: %s. IN NAPTR 10 %zu \"s\" \"%s\" "
                      "\"\" %s.%s.",
                      domain, net_protocol_name(ways[i].protocol), domain, 10 * (WAYS - i),
                      ways[i].naptr, ways[i].service, domain);
}

static bool is_here(const struct check *check, const char *name)
{
    const char *servers = check->config->net.dns.servers;
    const struct net_facts four = net_facts_ask(servers, name, NET_FACT_A);
    const struct net_facts six = net_facts_ask(servers, name, NET_FACT_AAAA);
    return any_ours(check->config, &four) || any_ours(check->config, &six);
}

/* Another server of the domain may have what this one has not; a target of "." (RFC 2782) is none.
 * False: nobody answers. */
static bool check_unserved(struct check *check, const char *domain, size_t way)
{
    char name[NAME_SIZE];
    snprintf(name, sizeof(name), "%s.%s", ways[way].service, domain);
    struct net_facts facts = net_facts_ask(check->config->net.dns.servers, name, NET_FACT_SRV);
    if (failed(check, &facts, name))
        return false;
    for (unsigned i = 0; i < facts.count; i++)
        if (facts.items[i].name[0] != '\0' && is_here(check, facts.items[i].name))
            check_say(check, CHECK_FAULT, "dns",
                      "%s leads to %s, which is this host, but `listen` has no %s; add a listener, "
                      "or take the record out of the zone",
                      name, facts.items[i].name, net_protocol_name(ways[way].protocol));
    return true;
}

static bool listens_beyond(const struct config *config)
{
    for (size_t i = 0; i < WAYS; i++)
        if (port_of(config, ways[i].protocol) != 0)
            return true;
    return false;
}

/* False: nobody answers. */
static bool check_domain(struct check *check, const char *domain)
{
    int services = 0;
    if (!listens_beyond(check->config)) {
        check_say(check, CHECK_NOTE, "dns",
                  "%s is served on this host alone (every address of `listen` is a loopback's)",
                  domain);
        return true;
    }
    for (size_t i = 0; i < WAYS; i++) {
        uint16_t port = port_of(check->config, ways[i].protocol);
        int found = port != 0 ? check_service(check, domain, i, port)
                              : check_unserved(check, domain, i) - 1;
        if (found < 0)
            return false;
        services += found;
    }
    if (services == 0 && !check_addresses(check, domain))
        return false;
    check_naptr(check, domain, services > 0);
    return true;
}

struct domain_round {
    struct check *check;
    unsigned silent; /* so many in a row that nobody answered */
};

/* One may have a broken zone; when it is all of them, each further one is a long wait for nothing.
 */
static void take_domain(void *context, const struct domain *domain)
{
    struct domain_round *round = context;
    if (round->silent > SILENT_MOST || !is_name(domain->name))
        return;
    bool answered = false;
    if (round->silent == SILENT_MOST)
        check_say(round->check, CHECK_NOTE, "dns",
                  "%s and those behind it were not looked up, for nobody answered for the last %d; "
                  "mend that and check again",
                  domain->name, SILENT_MOST);
    else
        answered = check_domain(round->check, domain->name);
    round->silent = answered ? 0 : round->silent + 1;
}

void check_dns(struct check *check)
{
    struct domain_round round = {.check = check};
    domains_each(check->domains, take_domain, &round);
}
