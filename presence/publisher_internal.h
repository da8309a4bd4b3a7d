/* publisher_internal.h: who publishes, and whether a publication is its own. */
#ifndef PRESENCE_PUBLISHER_INTERNAL_H
#define PRESENCE_PUBLISHER_INTERNAL_H

#include "presence/presence_internal.h"

/* Whoever sent a PUBLISH. */
struct publisher {
    const struct presence *presence;
    const struct front_request *request;
    bool looked_up;        /* the instance has been looked for */
    struct bytes instance; /* then; empty: unknown */
    char memory[GRUU_INSTANCE_MAX];
};

static inline struct publisher publisher_of(const struct presence *presence,
                                            const struct front_request *request)
{
    return (struct publisher){.presence = presence, .request = request};
}

/* Where the sender itself is; family 0 when that cannot be told because proxies stand between. */
struct net_flow publisher_source(const struct publisher *publisher);

/* Its +sip.instance in canonical form, looked for once; empty: unknown. */
struct bytes publisher_instance(struct publisher *publisher);

/* True when the publication is its own: the same Call-ID and From tag, or the same instance. */
bool publisher_has(struct publisher *publisher, const struct publication *publication);

/* The publication whose place a first one takes though it did not name it; NULL: none. `resource`
 * may be NULL. */
struct publication *publisher_former(struct publisher *publisher, const struct resource *resource,
                                     const struct document *document);

#endif
