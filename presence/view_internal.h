/* view_internal.h: what all watchers of a resource with the same rights see, made once. Comes with
 * presence_internal.h. */
#ifndef PRESENCE_VIEW_INTERNAL_H
#define PRESENCE_VIEW_INTERNAL_H

#include "base/blob.h"
#include "pidf/rights.h"

struct resource;

struct view {
    struct view *prev, *next; /* of the resource */
    struct resource *resource;
    struct rights *rights; /* NULL: everything */
    struct blob *body;     /* NULL: to be made when asked */
    unsigned users;
    bool offline; /* who is blocked politely: nothing, whatever there is */
    bool moved;   /* the last change of the resource changed it too */
};

/* The view with these rights (a reference is taken) or, `offline`, of nothing; one user more. */
struct view *view_join(struct resource *resource, struct rights *rights, bool offline);
/* One user less, clears the pointer; NULL inside is fine. */
void view_leave(struct view **view);
/* What it shows, for as long as the resource does not change; never NULL. */
struct blob *view_body(struct view *view);
/* True when both show the same now. */
bool view_same(struct view *a, struct view *b);

/* The resource was composed anew: each view's `moved` says whether it shows something else now. */
void views_refresh(struct resource *resource);
/* Whatever they show is made anew when asked for. */
void views_forget(struct resource *resource);

#endif
