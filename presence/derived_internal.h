/* derived_internal.h: state that no client publishes, asked of the parts that know it. */
#ifndef PRESENCE_DERIVED_INTERNAL_H
#define PRESENCE_DERIVED_INTERNAL_H

#include "presence/presence_internal.h"

/* What was asked for one composition. */
struct derived {
    struct document *documents[PRESENCE_SOURCES_MAX];
    size_t count;
};

/* Asks for what is known of the resource's user. */
struct derived derived_ask(const struct resource *resource);
void derived_release(const struct resource *resource, struct derived *derived);

/* True when something of it may be derived: what is composed then waits for whatever is under way
 * in its partition. */
bool derived_is_asked(const struct resource *resource);

/* Tells who looks at the states of its package. */
void derived_state_changed(const struct resource *resource);

/* Composes anew what tells of times that have passed, for somebody who is told all of it. Nobody
 * else is told. */
void derived_freshen(struct resource *resource);

#endif
