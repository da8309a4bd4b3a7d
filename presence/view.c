/* view.c: what the watchers of a resource see of it, each distinct view made once.
 *
 *   publications --compose--> the resource's state --cut by rights--> a view's body --> watchers
 *                                   nothing composed --> the offline view
 *
 * A resource has as many views as there are different rights among its watchers: most have one, so
 * they are a list. A change composes once, then cuts once a view; a view whose body stays what it
 * was notifies nobody. */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "presence/presence_internal.h"

static bool is_view(const struct view *view, const struct rights *rights, bool offline)
{
    if (view->offline || offline)
        return view->offline == offline;
    return view->rights == rights || bytes_equal(rights_key(view->rights), rights_key(rights));
}

static struct view *find(const struct resource *resource, const struct rights *rights, bool offline)
{
    struct view *view;
    DL_FOREACH(resource->views, view)
    {
        if (is_view(view, rights, offline))
            return view;
    }
    return NULL;
}

struct view *view_join(struct resource *resource, struct rights *rights, bool offline)
{
    struct view *view = find(resource, rights, offline);
    if (view == NULL) {
        view = memory_new(sizeof(*view));
        view->resource = resource;
        view->rights = offline ? NULL : rights_ref(rights);
        view->offline = offline;
        DL_APPEND(resource->views, view);
    }
    view->users++;
    return view;
}

void view_leave(struct view **view)
{
    struct view *old = *view;
    *view = NULL;
    if (old == NULL || --old->users > 0)
        return;
    DL_DELETE(old->resource->views, old);
    rights_unref(&old->rights);
    blob_unref(&old->body);
    free(old);
}

static struct blob *render(const struct view *view)
{
    struct resource *resource = view->resource;
    const struct event_package *package = resource->package;
    if (view->offline)
        return resource_nothing(resource);
    if (view->rights == NULL || package->view == NULL)
        return blob_ref(resource_state(resource));
    return package->view(resource->workshop, resource_state(resource), view->rights);
}

struct blob *view_body(struct view *view)
{
    if (view->body == NULL)
        view->body = render(view);
    assert(view->body != NULL);
    return view->body;
}

bool view_same(struct view *a, struct view *b)
{
    return a == b || bytes_equal(blob_bytes(view_body(a)), blob_bytes(view_body(b)));
}

/* True when it shows something else than before. What it showed in an earlier life, or to nobody
 * yet, is not known. */
static bool refresh(struct view *view)
{
    struct blob *old = view->body;
    if (view->offline)
        return false;
    view->body = NULL;
    bool moved = old == NULL || view->rights == NULL ||
                 !bytes_equal(blob_bytes(old), blob_bytes(view_body(view)));
    blob_unref(&old);
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
            blob_unref(&view->body);
    }
}
