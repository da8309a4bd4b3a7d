/* inspect_dns.c: the way that others go to a domain (RFC 3263 4): NAPTR, SRV for each protocol that
 * is listened on, then addresses. */
#include <stdio.h>
#include <string.h>

#include "inspect_internal.h"
#include "net/facts.h"

enum { PORT_SIP = 5060, PORT_SIPS = 5061, NAME_SIZE = 300 };

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

/* False: nobody answers. */
static bool check_addresses(struct check *check, const char *name)
{
    const char *servers = check->config->net.dns.servers;
    struct net_facts four = net_facts_ask(servers, name, NET_FACT_A);
    struct net_facts six = net_facts_ask(servers, name, NET_FACT_AAAA);
    if (four.count + six.count > 0) {
        check_say(check, CHECK_OK, "dns", "%s has %u address%s", name, four.count + six.count,
                  four.count + six.count == 1 ? "" : "es");
        return true;
    }
    if (failed(check, &four, name))
        return false;
    check_say(check, CHECK_FAULT, "dns",
              "%s has no address; add to its zone: %s. IN A ADDRESS-OF-THIS-SERVER", name, name);
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

static void check_naptr(struct check *check, const char *domain, bool any_service)
{
    struct net_facts facts = net_facts_ask(check->config->net.dns.servers, domain, NET_FACT_NAPTR);
    if (facts.count > 0)
        check_say(check, CHECK_OK, "dns", "%s has %u NAPTR records for SIP", domain, facts.count);
    else if (facts.kind != NET_FACTS_FAILED && any_service)
        for (size_t i = 0; i < WAYS; i++)
            if (port_of(check->config, ways[i].protocol) != 0)
                check_say(check, CHECK_NOTE, "dns",
                          "%s has no NAPTR record for %s; add: %s. IN NAPTR 10 %zu \"s\" \"%s\" "
                          "\"\" %s.%s.",
                          domain, net_protocol_name(ways[i].protocol), domain, 10 * (WAYS - i),
                          ways[i].naptr, ways[i].service, domain);
}

static void check_domain(struct check *check, const char *domain)
{
    int services = 0;
    bool any = false;
    for (size_t i = 0; i < WAYS; i++) {
        uint16_t port = port_of(check->config, ways[i].protocol);
        if (port == 0)
            continue;
        any = true;
        int found = check_service(check, domain, i, port);
        if (found < 0)
            return;
        services += found;
    }
    if (!any) {
        check_say(check, CHECK_NOTE, "dns",
                  "%s is served on this host alone (every address of `listen` is a loopback's)",
                  domain);
        return;
    }
    if (services == 0)
        check_addresses(check, domain);
    check_naptr(check, domain, services > 0);
}

void check_dns(struct check *check)
{
    for (unsigned i = 0; i < check->config->domain_count; i++) {
        const char *domain = check->config->domains[i].domain.name;
        if (is_name(domain))
            check_domain(check, domain);
    }
}
