/* extras_internal.h: what few subscriptions have, in one allocation that most do without. Comes
 * with presence_internal.h. */
#ifndef PRESENCE_EXTRAS_INTERNAL_H
#define PRESENCE_EXTRAS_INTERNAL_H

#include "presence/conditional_internal.h"
#include "presence/partial_internal.h"
#include "presence/wishes_internal.h"

struct subscription;
struct view;
struct watcher_filter;

struct extras {
    struct rates rates;
    struct partial partial;         /* RFC 5263 */
    char suppress[ENTITY_TAG_SIZE]; /* RFC 5839: an entity-tag, "*" or "" */
    bool in_dialog;                 /* that came in the dialog, so NOTIFYs may be left out (6.3) */
    struct watcher_filter *filter;  /* RFC 4660; NULL: none */
    uint64_t shown; /* with triggers: what its view's base showed when it was told last, held */
};

/* The subscription's own, made when it has none. */
struct extras *extras_of(struct subscription *subscription);
/* Frees what it has of them; it has left its view. */
void extras_drop(struct subscription *subscription);
/* Takes its view from it, with what is held of that; NULL is fine. */
void extras_leave_view(struct subscription *subscription);
/* The same for another view (which may be the same), whose user it is from now on. */
void extras_change_view(struct subscription *subscription, struct view *view);

/* What it was asked for last; all 0 for most. */
struct rates extras_rates(const struct subscription *subscription);
void extras_set_rates(struct subscription *subscription, const struct rates *rates);

#endif
