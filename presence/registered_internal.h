/* registered_internal.h: what registrations say of a user's presence. */
#ifndef PRESENCE_REGISTERED_INTERNAL_H
#define PRESENCE_REGISTERED_INTERNAL_H

#include "presence/presence_internal.h"

/* How they count for the resource. */
enum presence_registration registered_policy(const struct resource *resource);

/* Whether the user is registered; only asked when that counts. */
bool registered_now(const struct resource *resource);

/* What is shown of a user of whom nothing is known but that it is registered; the package has it.
 */
struct document *registered_document(const struct presence *presence,
                                     const struct event_package *package);

/* The resource has changed, and with it, perhaps, a binding whose change has no number yet:
 * composes anew and tells all watchers at the end of the turn. */
void registered_tell_soon(struct resource *resource);

/* The settings are others: whatever is composed is composed anew soon, a number at a time. */
void registered_set(struct presence *presence);

/* A device of the user came or ended. */
void registered_changed(struct presence *presence, struct bytes aor);

#endif
