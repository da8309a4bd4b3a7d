/* view.c: what the watchers of a resource see of it, each distinct view made once.
 *
 *   publications --compose--> the resource's state --cut by rights--> a view's body --> watchers
 *                                   nothing composed --> the offline view --+--filter--> a view
 *                                                               any other --+
 *
 * A resource has as many views as there are different rights among its watchers: most have one, so
 * they are a list. A change composes once, then cuts once a view; a view whose body stays what it
 * was notifies nobody. Filters (RFC 4660) come last, so they never show more; a filtered view
 * stands behind its base in the list, so that a change finds the base done.
 *
 * Some watchers are told what changed, or only when something certain changed. For them a view
 * keeps what they were told last: one body for all who know the same, a number of bodies at most.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "presence/presence_internal.h"

/* What a view showed. */
struct view_state {
    struct view_state *prev, *next;
    struct blob *body;
    uint64_t serial;
    unsigned holders;
    uint64_t judged;            /* the serial of the body to which `parts` lead */
    struct package_parts parts; /* view_difference; NULL: there is none */
};

/* What makes a view of another one. Without triggers it stands for all filters that leave the same,
 * else for those that are the same in all. */
struct view_filter {
    struct view *base;
    struct watcher_filter *filter;
    struct {
        uint64_t serial;
        bool fires;
    } judged[VIEW_PAST_MOST + 2]; /* of the base's bodies, since it changed last */
    unsigned judged_count;
};

static const struct package_filters *filters_of(const struct resource *resource)
{
    return resource->package->filters;
}

static bool is_base(const struct view *view, const struct rights *rights, bool offline)
{
    if (view->filter != NULL)
        return false;
    if (view->offline || offline)
        return view->offline == offline;
    return view->rights == rights || bytes_equal(rights_key(view->rights), rights_key(rights));
}

static struct view *find_base(const struct resource *resource, const struct rights *rights,
                              bool offline)
{
    struct view *view;
    DL_FOREACH(resource->views, view)
    {
        if (is_base(view, rights, offline))
            return view;
    }
    return NULL;
}

static struct view *make(struct resource *resource)
{
    struct view *view = memory_new(sizeof(*view));
    view->resource = resource;
    DL_APPEND(resource->views, view);
    return view;
}

static struct view *join_base(struct resource *resource, struct rights *rights, bool offline)
{
    struct view *view = find_base(resource, rights, offline);
    if (view == NULL) {
        view = make(resource);
        view->rights = offline ? NULL : rights_ref(rights);
        view->offline = offline;
    }
    view->users++;
    return view;
}

struct bytes view_filter_key(const struct resource *resource, const struct watcher_filter *filter)
{
    const struct package_filters *filters = filters_of(resource);
    return filters->has_triggers(filter) ? filters->key(filter) : filters->view_key(filter);
}

static struct view *find_filtered(const struct view *base, const struct watcher_filter *filter)
{
    const struct resource *resource = base->resource;
    struct bytes key = view_filter_key(resource, filter);
    struct view *view;
    DL_FOREACH(resource->views, view)
    {
        if (view->filter != NULL && view->filter->base == base &&
            bytes_equal(view_filter_key(resource, view->filter->filter), key))
            return view;
    }
    return NULL;
}

/* Takes the base over; which it is itself when the filter cannot be read. */
static struct view *make_filtered(struct view *base, const struct watcher_filter *filter)
{
    struct watcher_filter *copy = filtering_copy(base->resource, filter);
    if (copy == NULL)
        return base;
    struct view *view = make(base->resource);
    view->filter = memory_new(sizeof(*view->filter));
    view->filter->base = base;
    view->filter->filter = copy;
    view->users++;
    return view;
}

/* One user less of a base that others use too. */
static void release_base(struct view *base)
{
    assert(base->filter == NULL && base->users > 1);
    base->users--;
}

/* Takes the base over. */
static struct view *join_filtered(struct view *base, const struct watcher_filter *filter)
{
    struct view *view = find_filtered(base, filter);
    if (view == NULL)
        return make_filtered(base, filter);
    view->users++;
    release_base(base);
    return view;
}

struct view *view_join(struct resource *resource, struct rights *rights, bool offline,
                       const struct watcher_filter *filter)
{
    struct view *base = join_base(resource, rights, offline);
    if (filter == NULL || bytes_empty(view_filter_key(resource, filter)))
        return base;
    return join_filtered(base, filter);
}

static void leave_base(struct view *view)
{
    struct view_filter *filter = view->filter;
    if (filter == NULL)
        return;
    filters_of(view->resource)->free(&filter->filter);
    view_leave(&filter->base);
    free(filter);
}

void view_leave(struct view **view)
{
    struct view *old = *view;
    *view = NULL;
    if (old == NULL || --old->users > 0)
        return;
    assert(old->holders == 0 && old->past == NULL);
    DL_DELETE(old->resource->views, old);
    leave_base(old);
    rights_unref(&old->rights);
    blob_unref(&old->body);
    blob_unref(&old->whole.head);
    blob_unref(&old->whole.tail);
    free(old);
}

struct view *view_base(struct view *view)
{
    return view->filter != NULL ? view->filter->base : view;
}

/* Bodies. */

static struct blob *render(const struct view *view)
{
    struct resource *resource = view->resource;
    const struct event_package *package = resource->package;
    if (view->filter != NULL)
        return package->filters->apply(resource->workshop, view->filter->filter,
                                       view_body(view->filter->base));
    if (view->offline)
        return resource_nothing(resource);
    if (view->rights == NULL || package->view == NULL)
        return blob_ref(resource_state(resource));
    return package->view(resource->workshop, resource_state(resource), view->rights);
}

static void set_body(struct view *view, struct blob *body)
{
    view->body = body;
    view->serial = ++view->resource->presence->view_serial;
}

struct blob *view_body(struct view *view)
{
    if (view->body == NULL)
        set_body(view, render(view));
    assert(view->body != NULL);
    return view->body;
}

bool view_same(struct view *a, struct view *b)
{
    return a == b || bytes_equal(blob_bytes(view_body(a)), blob_bytes(view_body(b)));
}

static void release_parts(struct package_parts *parts)
{
    blob_unref(&parts->head);
    blob_unref(&parts->tail);
}

static void forget_state(struct view *view, struct view_state *state)
{
    DL_DELETE(view->past, state);
    view->past_count--;
    blob_unref(&state->body);
    release_parts(&state->parts);
    free(state);
}

/* What it shows goes; who was told it last may still need it. */
static void set_aside(struct view *view)
{
    if (view->holders == 0) {
        blob_unref(&view->body);
    } else {
        struct view_state *state = memory_new(sizeof(*state));
        *state = (struct view_state){
            .body = view->body, .serial = view->serial, .holders = view->holders};
        DL_APPEND(view->past, state);
        if (++view->past_count > VIEW_PAST_MOST)
            forget_state(view, view->past);
    }
    release_parts(&view->whole);
    view->body = NULL;
    view->serial = 0;
    view->holders = 0;
}

static struct view_state *find_state(const struct view *view, uint64_t serial)
{
    struct view_state *state;
    DL_FOREACH(view->past, state)
    {
        if (state->serial == serial)
            return state;
    }
    return NULL;
}

uint64_t view_hold(struct view *view)
{
    view_body(view);
    view->holders++;
    return view->serial;
}

void view_let_go(struct view *view, uint64_t serial)
{
    struct view_state *state = find_state(view, serial);
    if (serial != 0 && view->serial == serial)
        view->holders--;
    else if (state != NULL && --state->holders == 0)
        forget_state(view, state);
}

struct blob *view_recall(const struct view *view, uint64_t serial)
{
    const struct view_state *state = find_state(view, serial);
    if (serial != 0 && view->serial == serial)
        return view->body;
    return state != NULL ? state->body : NULL;
}

/* Partial state. */

const struct package_parts *view_whole(struct view *view)
{
    struct resource *resource = view->resource;
    struct blob *body = view_body(view);
    if (view->whole.head == NULL)
        resource->package->partials->whole(resource->workshop, body, &view->whole);
    return &view->whole;
}

const struct package_parts *view_difference(struct view *view, uint64_t serial)
{
    struct resource *resource = view->resource;
    struct blob *body = view_body(view);
    struct view_state *state = find_state(view, serial);
    if (state == NULL)
        return NULL;
    if (state->judged != view->serial) {
        release_parts(&state->parts);
        state->judged = view->serial;
        if (!resource->package->partials->difference(resource->workshop, state->body, body,
                                                     &state->parts))
            state->parts = (struct package_parts){NULL, NULL};
    }
    return state->parts.head != NULL ? &state->parts : NULL;
}

/* Triggers. */

bool view_has_triggers(const struct view *view)
{
    return view->filter != NULL && filters_of(view->resource)->has_triggers(view->filter->filter);
}

bool view_fires(struct view *view, uint64_t serial)
{
    struct view_filter *filter = view->filter;
    assert(filter != NULL);
    struct view *base = filter->base;
    struct blob *before = view_recall(base, serial);
    if (before == NULL)
        return true; /* and takes no place of those that have to be judged */
    for (unsigned i = 0; i < filter->judged_count; i++)
        if (filter->judged[i].serial == serial)
            return filter->judged[i].fires;
    bool fires = filters_of(view->resource)
                     ->triggers(view->resource->workshop, filter->filter, before, view_body(base));
    if (filter->judged_count < sizeof(filter->judged) / sizeof(filter->judged[0])) {
        filter->judged[filter->judged_count].serial = serial;
        filter->judged[filter->judged_count++].fires = fires;
    }
    return fires;
}

/* Changes. */

/* True when it shows something else than before. What it showed in an earlier life, or to nobody
 * yet, is not known. */
static bool refresh(struct view *view)
{
    if (view->filter != NULL)
        view->filter->judged_count = 0;
    if (view_base(view)->offline ||
        (view->filter != NULL && view->body != NULL && !view->filter->base->moved))
        return false;
    struct blob *now = render(view);
    bool moved = view->body == NULL || !bytes_equal(blob_bytes(view->body), blob_bytes(now));
    if (moved) {
        set_aside(view);
        set_body(view, now);
    } else {
        blob_unref(&now);
    }
    return moved;
}

void views_refresh(struct resource *resource)
{
    struct view *view;
    DL_FOREACH(resource->views, view)
    {
        view->moved = refresh(view);
    }
}

void views_forget(struct resource *resource)
{
    struct view *view;
    DL_FOREACH(resource->views, view)
    {
        if (!view->offline)
            set_aside(view);
    }
}
