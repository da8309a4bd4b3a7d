/* filtering_internal.h: watchers' filters (RFC 4660). Comes with presence_internal.h. */
#ifndef PRESENCE_FILTERING_INTERNAL_H
#define PRESENCE_FILTERING_INTERNAL_H

#include "presence/presence.h"

struct resource;
struct subscription;
struct watcher;

/* What the body of a SUBSCRIBE is judged for. */
struct filtering_place {
    struct presence *presence;
    const struct event_package *package;
    struct bytes aor;                 /* of the resource */
    const struct resource *resource;  /* NULL: there is none yet */
    const struct watcher_filter *old; /* that the body changes; NULL: none */
    const struct watcher *watcher;    /* whose body it is; NULL: it has no subscription yet */
};
/* `old` as the body makes it, new for the caller; it may be NULL (nothing is filtered any more)
 * with a fine verdict. 400, 413, 488 as pidf/view.h says, and 488 when the watcher has too many
 * different filters at the resource, or all its watchers have. Counts what is refused. */
struct verdict filtering_judge(const struct filtering_place *place, struct bytes body,
                               struct watcher_filter **filter);

/* The same filter again; NULL for NULL, and, logged, when its key cannot be read. */
struct watcher_filter *filtering_copy(const struct resource *resource,
                                      const struct watcher_filter *filter);

/* Its watcher's filter; NULL: none. */
const struct watcher_filter *filtering_of(const struct subscription *subscription);
/* Takes the filter over in place of the one it has; NULL: none. What it sees is filtered so at
 * once, or, with the second, when it gets its next view. */
void filtering_change(struct subscription *subscription, struct watcher_filter *filter);
void filtering_set(struct subscription *subscription, struct watcher_filter *filter);
/* What of it is stored; empty: nothing. */
struct bytes filtering_key(const struct subscription *subscription);
/* Takes what was stored; false: it cannot be read, which is logged. */
bool filtering_restore(struct subscription *subscription, struct bytes key);

/* True when the last change of the resource, which its view has, is to be told: the view moved, or
 * a trigger fires. */
bool filtering_is_due(struct subscription *subscription);
/* True when the change to another view is: a trigger fires between what was told and that. */
bool filtering_is_due_of(struct subscription *subscription, struct view *view);
/* It is told now what its view shows. */
void filtering_tell(struct subscription *subscription);

#endif
