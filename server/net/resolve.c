/* resolve.c: from a host to the addresses at which a request may be tried (RFC 3263).
 *
 * A lookup is a row of steps, each of which may end it: a numeric host is its own answer; localhost
 * is answered without asking anybody (RFC 6761 6.3); a name is asked of c-ares for A and AAAA
 * records, of the families only that we can send to. (NAPTR and SRV, RFC 3263 4.1 and 4.2, come
 * between the second step and the third.)
 *
 * c-ares (dns.c) is made when the first name is looked up, since it costs memory that many servers
 * never need. It cannot cancel one query, so a query is a struct of its own: when the lookup is
 * cancelled or too late, the query only forgets it and ends by itself.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "net/dns_internal.h"

enum { NAME_MAX_BYTES = 253 };

/* What c-ares works at. */
struct query {
    struct resolver *resolver;
    struct net_lookup *lookup; /* NULL: nobody waits any more */
    struct timer late;
    uint16_t port;
    enum net_protocol protocol;
};

static void lookup_end(struct net_lookup *lookup, const struct net_target *targets, size_t count)
{
    lookup->running = NULL;
    lookup->found(lookup, targets, count);
}

static size_t targets_of(const struct query *query, const struct ares_addrinfo *answer,
                         struct net_target *targets)
{
    size_t count = 0;
    if (answer == NULL)
        return 0;
    const struct ares_addrinfo_node *node = answer->nodes;
    for (; node != NULL && count < NET_TARGETS_MAX; node = node->ai_next) {
        struct net_target target = {query->protocol, socket_address(node->ai_addr)};
        target.address.port = query->port;
        if (target.address.family != 0)
            targets[count++] = target;
    }
    return count;
}

static void query_answered(void *context, int status, int timeouts, struct ares_addrinfo *answer)
{
    struct query *query = context;
    struct net_lookup *lookup = query->lookup;
    struct net_target targets[NET_TARGETS_MAX];
    size_t count = targets_of(query, answer, targets);
    (void)timeouts;
    if (answer != NULL)
        ares_freeaddrinfo(answer);
    wheel_cancel(query->resolver->loop->world->wheel, &query->late);
    query->resolver->queries--;
    free(query);
    if (lookup == NULL)
        return;
    if (status == ARES_EDESTRUCTION)
        lookup->running = NULL; /* the loop ends; nobody is to be called any more */
    else
        lookup_end(lookup, targets, count);
}

static void query_late(struct timer *timer)
{
    struct query *query = HOLDER(timer, struct query, late);
    struct net_lookup *lookup = query->lookup;
    query->lookup = NULL;
    if (lookup != NULL)
        lookup_end(lookup, NULL, 0);
}

/* The families that we can send to. */
static int family_wanted(const struct loop *loop)
{
    bool v4 = listener_family(loop, 4), v6 = listener_family(loop, 6);
    if (v4 == v6)
        return AF_UNSPEC;
    return v4 ? AF_INET : AF_INET6;
}

static void query_start(struct resolver *resolver, const char *name, uint16_t port,
                        enum net_protocol protocol, struct net_lookup *lookup)
{
    struct ares_addrinfo_hints hints = {
        .ai_flags = ARES_AI_NOSORT, /* sorting would open a socket for each address */
        .ai_family = family_wanted(resolver->loop),
    };
    struct query *query = memory_new(sizeof(*query));
    query->resolver = resolver;
    query->lookup = lookup;
    query->port = port;
    query->protocol = protocol;
    lookup->running = query;
    resolver->queries++;
    world_timer(resolver->loop->world, &query->late, resolver->loop->settings.resolve_timeout_ms,
                query_late);
    ares_getaddrinfo(resolver->channel, name, NULL, &hints, query_answered, query);
    resolver_arm(resolver);
}

/* Letters, digits, '-', '_' and '.': what a host name has; false also when it is too long. */
static bool name_copy(struct bytes host, char name[NAME_MAX_BYTES + 1])
{
    if (host.length == 0 || host.length > NAME_MAX_BYTES)
        return false;
    for (size_t i = 0; i < host.length; i++) {
        char c = ascii_lower(host.at[i]);
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '_' && c != '.')
            return false;
        name[i] = c;
    }
    name[host.length] = '\0';
    return true;
}

static bool is_localhost(struct bytes host)
{
    struct bytes local = BYTES("localhost");
    if (host.length > 0 && host.at[host.length - 1] == '.')
        host.length--;
    if (host.length > local.length && host.at[host.length - local.length - 1] == '.')
        host = bytes_skip(host, host.length - local.length); /* "x.localhost" */
    return bytes_equal_nocase(host, local);
}

static size_t localhost_targets(const struct loop *loop, uint16_t port, enum net_protocol protocol,
                                struct net_target targets[2])
{
    static const struct net_address loopbacks[] = {{4, 0, {127, 0, 0, 1}}, {6, 0, {[15] = 1}}};
    size_t count = 0;
    for (size_t i = 0; i < 2; i++) {
        if (!listener_family(loop, loopbacks[i].family))
            continue;
        targets[count] = (struct net_target){protocol, loopbacks[i]};
        targets[count++].address.port = port;
    }
    return count;
}

static void resolve_name(struct loop *loop, struct bytes host, uint16_t port,
                         enum net_protocol protocol, struct net_lookup *lookup)
{
    char name[NAME_MAX_BYTES + 1];
    if (!name_copy(host, name)) {
        lookup_end(lookup, NULL, 0);
        return;
    }
    if (loop->resolver == NULL)
        loop->resolver = resolver_new(loop);
    if (loop->resolver == NULL || loop->resolver->queries >= loop->settings.lookups_max) {
        lookup_end(lookup, NULL, 0);
        return;
    }
    query_start(loop->resolver, name, port, protocol, lookup);
}

void resolve_start(struct loop *loop, const struct net_query *query, struct net_lookup *lookup,
                   net_found_fn found)
{
    enum net_protocol protocol = query->protocol_named ? query->protocol : NET_UDP;
    uint16_t port = query->port != 0 ? query->port : SIP_PORT;
    struct net_target targets[2] = {{protocol, {0}}};
    *lookup = (struct net_lookup){found, NULL};
    assert(found != NULL);
    if (net_address_parse(query->host, port, &targets[0].address)) {
        lookup_end(lookup, targets, 1);
        return;
    }
    if (is_localhost(query->host)) {
        size_t count = localhost_targets(loop, port, protocol, targets);
        lookup_end(lookup, targets, count);
        return;
    }
    resolve_name(loop, query->host, port, protocol, lookup);
}

void resolve_cancel(struct loop *loop, struct net_lookup *lookup)
{
    struct query *query = lookup->running;
    if (query == NULL)
        return;
    assert(query->lookup == lookup && query->resolver == loop->resolver);
    (void)loop;
    query->lookup = NULL;
    lookup->running = NULL;
}
