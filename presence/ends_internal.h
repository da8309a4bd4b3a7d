/* ends_internal.h: how subscriptions ended, for an operator who asks why somebody sees nothing.
 * Comes with presence_internal.h. */
#ifndef PRESENCE_ENDS_INTERNAL_H
#define PRESENCE_ENDS_INTERNAL_H

#include "base/metrics.h"
#include "presence/look.h"
#include "presence/machine_internal.h"

struct ends;
struct resource;
struct subscription;

struct ends *ends_new(void);
void ends_free(struct ends **ends);

/* It ends now, for this reason; a later word on it takes the place. */
void ends_note(const struct subscription *subscription, enum presence_end why);
/* One that has ended was told so, or has answered that: a later one of its watcher does not. */
void ends_told(const struct subscription *subscription);
/* What an event of the machine means, and the counter of a NOTIFY that failed for good. */
enum presence_end ends_of(enum subscription_event event);
enum presence_end ends_why(enum metric why);

/* The last end that is still remembered of a watcher's subscriptions there, else END_NONE. */
struct presence_ended ends_find(const struct presence *presence,
                                const struct event_package *package, struct bytes aor,
                                struct bytes watcher);

#endif
