/* resolve_internal.h: the procedure of RFC 3263 over what is known of names. */
#ifndef NET_RESOLVE_INTERNAL_H
#define NET_RESOLVE_INTERNAL_H

#include "net/names_internal.h"
#include "net/shun_internal.h"

struct resolver;

/* What the resolver stands on. */
struct resolver_ground {
    struct world *world;
    struct metrics *metrics;
    const struct net_settings *settings; /* read while it is made */
    /* Whether requests can leave by the protocol over the family (4, 6; 0: any of them). */
    bool (*speaks)(void *context, enum net_protocol protocol, unsigned char family);
    names_ask_fn ask; /* sends a question; the answer goes to resolver_came */
    void *context;
};

struct resolver *resolver_new(const struct resolver_ground *ground);
/* Ends all lookups; nobody is called. Questions must not be answered any more. */
void resolver_free(struct resolver **resolver);

/* What net_resolve, net_cancel and net_shun promise (net.h). */
void resolve_start(struct resolver *resolver, const struct net_query *query,
                   struct net_lookup *lookup, net_found_fn found);
void resolve_cancel(struct resolver *resolver, struct net_lookup *lookup);
void resolve_shun(struct resolver *resolver, const struct net_target *target, unsigned seconds);

/* The answer to a question. Takes `answer`. */
void resolver_came(struct resolver *resolver, struct name_entry *entry, struct answer *answer);

#endif
