/* shun_internal.h: marks of targets that failed (RFC 3263 4.3), for a time. */
#ifndef NET_SHUN_INTERNAL_H
#define NET_SHUN_INTERNAL_H

#include "base/metrics.h"
#include "base/world.h"
#include "net/net.h"

struct shuns;

/* No marks yet; at most `max` at a time, over that the oldest goes. */
struct shuns *shuns_new(struct world *world, unsigned max, struct metrics *metrics);
void shuns_free(struct shuns **shuns);

/* Marks the target's protocol and address for so long; 0: takes the mark away. */
void shuns_set(struct shuns *shuns, const struct net_target *target, unsigned seconds);

bool shuns_has(struct shuns *shuns, const struct net_target *target);

/* Puts the marked ones behind the others; both keep their order. */
void shuns_sort(struct shuns *shuns, struct net_target *targets, size_t count);

#endif
