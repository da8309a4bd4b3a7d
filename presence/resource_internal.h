/* resource_internal.h: a resource is what one address-of-record shows of one event package. */
#ifndef PRESENCE_RESOURCE_INTERNAL_H
#define PRESENCE_RESOURCE_INTERNAL_H

#include "presence/presence_internal.h"

/* The place of a package in the list of packages. */
size_t package_number(const struct event_package *package);
/* What a package of the list works with in this reactor. */
struct package_workshop *workshop_of(const struct presence *presence,
                                     const struct event_package *package);
/* For a body that nobody has to be trusted with any more: whatever it is about. */
extern const struct entity_check any_entity;
/* The document of a body of the package's own. */
struct document *own_document(const struct presence *presence, const struct event_package *package,
                              const char *body);
/* The resource of both; `make` true: made when it is not there, else NULL. */
struct resource *resource_find(struct presence *presence, const struct event_package *package,
                               struct bytes aor, bool make);
/* Frees it when nothing is left in it. */
void resource_settle(struct resource *resource);
/* The composed body, for as long as nothing changes; never NULL. */
struct blob *resource_state(struct resource *resource);
/* What a user shows who publishes nothing; a new reference. */
struct blob *resource_nothing(const struct resource *resource);
/* The sphere that its publications agree on, or if they say none the hard state; lies in them. */
struct bytes resource_sphere(const struct resource *resource);
/* The state has changed with this change set: composes anew and tells all watchers. */
void resource_changed(struct resource *resource, struct store_change change);
/* Its user is no more: as soon as the store has room, the publications go, the watchers are told
 * (RFC 6665 4.1.3, noresource), and it frees itself when the last one knows. */
void resource_end(struct resource *resource);
/* The same for those subscriptions that leave; the publications stay. */
void resource_end_leaving(struct resource *resource);
/* Ends the subscriptions to names that its user lost while nobody was told (alias.c). */
void alias_judge_loaded(struct resource *resource);
/* Ends everything of a partition without a word. */
void home_clear(struct presence *presence, unsigned partition);

#endif
