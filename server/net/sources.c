/* sources.c: from which of our addresses a request goes to a host (RFC 3261 18.1.1: peers answer to
 * what Via says, so that must be where it came from; on a host with several addresses the routes
 * decide). The system knows, but asking takes three calls. So its answers are kept for a while: one
 * place for each of a fixed number of hashes, where the last host stands. Nothing is asked when
 * there is nothing to choose. */
#include "net/loop_internal.h"

enum { KEPT_MS = 10000 /* routes do change */ };

static struct source *place_of(struct loop *loop, const struct net_address *remote)
{
    struct net_address host = *remote;
    host.port = 0;
    return &loop->sources[net_address_hash(&host, loop->streams.seed) % SOURCES_MAX];
}

static const struct net_address *source_of(struct loop *loop, const struct net_address *remote)
{
    struct source *place = place_of(loop, remote);
    uint64_t now_ms = loop->world->now_ms;
    if (!net_address_same_host(&place->remote, remote) || now_ms >= place->until_ms) {
        place->remote = *remote;
        place->local = socket_source(remote);
        place->until_ms = now_ms + KEPT_MS;
    }
    return &place->local;
}

static bool is_choice(const struct loop *loop, enum net_protocol protocol, unsigned char family)
{
    unsigned count = 0;
    for (size_t i = 0; i < loop->listener_count && count < 2; i++)
        count += loop->listeners[i]->protocol == protocol &&
                 loop->listeners[i]->address.family == family;
    return count > 1;
}

struct listener *listener_toward(struct loop *loop, enum net_protocol protocol,
                                 const struct net_address *target)
{
    if (!is_choice(loop, protocol, target->family))
        return listener_for(loop, protocol, target);
    const struct net_address *source = source_of(loop, target);
    for (size_t i = 0; i < loop->listener_count; i++) {
        struct listener *listener = loop->listeners[i];
        if (listener->protocol == protocol && net_address_same_host(&listener->address, source))
            return listener;
    }
    return listener_for(loop, protocol, target);
}
