/* view_internal.h: what all watchers of a resource with the same rights and filter see, made once.
 * Comes with presence_internal.h. */
#ifndef PRESENCE_VIEW_INTERNAL_H
#define PRESENCE_VIEW_INTERNAL_H

#include "base/blob.h"
#include "pidf/rights.h"
#include "presence/conditional_internal.h"
#include "presence/packages/package.h"

struct resource;
struct view_filter;
struct view_state;
struct watcher_filter;

struct view {
    struct view *prev, *next; /* of the resource */
    struct resource *resource;
    struct view_filter *filter; /* NULL: all that the rights leave */
    struct rights *rights;      /* NULL: everything */
    struct blob *body;          /* NULL: to be made when asked */
    uint64_t serial;            /* names the body; 0: there is none */
    uint64_t tag_serial;        /* of the body that `tag` is of */
    char tag[ENTITY_TAG_SIZE];  /* conditional_tag */
    unsigned holders;           /* who was told of it last and needs it for the next time */
    struct package_parts whole; /* view_whole, of the body now; NULL: not asked for */
    struct view_state *past;    /* bodies that were shown before and are held, oldest first */
    unsigned past_count;
    unsigned users;
    bool offline; /* who is blocked politely: nothing, whatever there is */
    bool moved;   /* the last change of the resource changed it too */
};

/* The view with these rights (a reference is taken) or, `offline`, of nothing, through the filter
 * (NULL: none; not taken over); one user more. */
struct view *view_join(struct resource *resource, struct rights *rights, bool offline,
                       const struct watcher_filter *filter);
/* One user less, clears the pointer; NULL inside is fine. */
void view_leave(struct view **view);
/* What it shows, for as long as the resource does not change; never NULL. */
struct blob *view_body(struct view *view);
/* True when both show the same now. */
bool view_same(struct view *a, struct view *b);
/* The same without the filter. */
struct view *view_base(struct view *view);

/* Holds what it shows now, under the serial that is returned, until that is let go of; past
 * VIEW_PAST_MOST such bodies the oldest is forgotten. */
uint64_t view_hold(struct view *view);
void view_let_go(struct view *view, uint64_t serial);
/* The body that is held under the serial; NULL: it is forgotten. */
struct blob *view_recall(const struct view *view, uint64_t serial);
enum { VIEW_PAST_MOST = 8 };

/* What it shows now as partial state, for a package that has such; and what makes that of the body
 * that is held under the serial, NULL: there is no shorter way, or it is forgotten, or that is what
 * it shows now. Made once, good for as long as the resource does not change. */
const struct package_parts *view_whole(struct view *view);
const struct package_parts *view_difference(struct view *view, uint64_t serial);

/* False: whatever moves it is told. */
bool view_has_triggers(const struct view *view);
/* True when a trigger of the view's filter fires between what its base showed under the serial (0:
 * nothing was told) and what that shows now; judged once for all who were told the same. */
bool view_fires(struct view *view, uint64_t serial);

/* The same for all filters that make the same view of the same; empty: it filters nothing. */
struct bytes view_filter_key(const struct resource *resource, const struct watcher_filter *filter);

/* The resource was composed anew: each view's `moved` says whether it shows something else now. */
void views_refresh(struct resource *resource);
/* Whatever they show is made anew when asked for. */
void views_forget(struct resource *resource);

#endif
