/* look.c: presence for an operator's eyes: what is published, what is composed of it, and who would
 * see what. Subscriptions are in look_subscriptions.c.
 *
 * Asking makes a resource where there is none, which goes again: what is composed of nothing is an
 * answer, too. */
#include "presence/look.h"

#include <assert.h>

#include "presence/look_internal.h"
#include "presence/registered_internal.h"

/* Publications. */

static enum presence_life life_of(const struct publication *publication)
{
    if (publication->publisher == STORE_HARD)
        return PRESENCE_SET;
    return publication->closed ? PRESENCE_LAST_SEEN : PRESENCE_LIVE;
}

/* Hard state has the same id everywhere, so the user and the event are in the name, too. */
uint64_t look_publication_id(const struct publication *publication)
{
    const struct resource *resource = publication->resource;
    uint64_t seed = bytes_hash(resource->aor, resource->presence->entity_seeds[1]);
    seed = bytes_hash(bytes_of(resource->package->name), seed);
    return bytes_hash(token_bytes(&publication->id), seed);
}

static struct presence_look_publication look_at(const struct publication *publication)
{
    bool known = publication->source.remote.family != 0;
    return (struct presence_look_publication){
        .id = look_publication_id(publication),
        .event = publication->resource->package->name,
        .life = life_of(publication),
        .content_type = publication->content_type,
        .body = publication->body,
        .instance = publication->instance,
        .flow = known ? &publication->source : NULL,
        .changed_ms = publication->made_ms,
        .expires_ms = publication->expires_ms,
        .closes_ms = publication->closes_ms,
    };
}

static void look_resource(const struct resource *resource, presence_look_publication_fn visit,
                          void *context)
{
    const struct publication *publication;
    DL_FOREACH(resource->publications, publication)
    {
        if (publication->ended)
            continue;
        const struct presence_look_publication look = look_at(publication);
        visit(context, &look);
    }
}

void presence_look_publications(struct presence *presence, struct bytes event, struct bytes aor,
                                presence_look_publication_fn visit, void *context)
{
    assert(!bytes_empty(aor) && visit != NULL);
    for (const struct event_package *const *package = package_list(); *package != NULL; package++) {
        if (!bytes_empty(event) && !bytes_equal(bytes_of((*package)->name), event))
            continue;
        const struct resource *resource = resource_find(presence, *package, aor, false);
        if (resource != NULL)
            look_resource(resource, visit, context);
    }
}

/* States. */

static const struct event_package *find_package(struct bytes event)
{
    const struct event_package *package = package_find(event);
    return package != NULL && package->subject == NULL ? package : NULL;
}

static void note_publications(const struct resource *resource, struct presence_look_state *state)
{
    const struct publication *publication;
    bool said = false;
    DL_FOREACH(resource->publications, publication)
    {
        if (publication->ended)
            continue;
        state->publications++;
        if (publication->made_ms > state->changed_ms)
            state->changed_ms = publication->made_ms;
        said = said || life_of(publication) == PRESENCE_SET ||
               (life_of(publication) == PRESENCE_LIVE && !state->doubted);
    }
    state->fallback = state->registered && !said;
}

bool presence_look_state(struct presence *presence, struct bytes event, struct bytes aor,
                         struct presence_look_state *state)
{
    const struct event_package *package = find_package(event);
    assert(!bytes_empty(aor));
    *state = (struct presence_look_state){.type = ""};
    if (package == NULL)
        return false;
    struct resource *resource = resource_find(presence, package, aor, true);
    enum presence_registration policy = registered_policy(resource);
    state->type = package->notify_types[0];
    state->registered = policy != PRESENCE_REGISTRATION_IGNORE && registered_now(resource);
    state->doubted = policy == PRESENCE_REGISTRATION_RULE && !state->registered;
    note_publications(resource, state);
    state->body = blob_ref(resource_state(resource));
    state->sphere = resource_sphere(resource);
    resource_settle(resource);
    return true;
}

/* The filter of its key; NULL: none. */
static struct watcher_filter *read_filter(const struct resource *resource, struct bytes key)
{
    const struct package_filters *filters = resource->package->filters;
    struct watcher_filter *filter = NULL;
    const struct filtering_place place = {.presence = resource->presence,
                                          .package = resource->package,
                                          .aor = resource->aor,
                                          .resource = resource};
    if (filters != NULL && !bytes_empty(key) && !verdict_ok(filtering_judge(&place, key, &filter)))
        filter = NULL;
    return filter;
}

static struct blob *see(struct resource *resource, const struct authorization *authorization,
                        struct bytes filter_key)
{
    struct watcher_filter *filter = read_filter(resource, filter_key);
    struct view *view = view_join(resource, authorization->rights, authorization->offline, filter);
    struct blob *body = blob_ref(view_body(view));
    view_leave(&view);
    if (filter != NULL)
        resource->package->filters->free(&filter);
    return body;
}

static enum sub_handling handling_of(const struct authorization *authorization)
{
    if (authorization->event == EVENT_REJECTED)
        return SUB_BLOCK;
    if (authorization->event == EVENT_DOUBTED)
        return SUB_CONFIRM;
    return authorization->offline ? SUB_POLITE_BLOCK : SUB_ALLOW;
}

/* Policy for who says so, what follows from it for what holds with this package. */
static struct policy_decision decide(const struct resource *resource,
                                     const struct policy_watcher *watcher,
                                     const struct authorization *authorization)
{
    const struct front_parts *parts = resource->presence->parts;
    struct policy_decision decision = policy_decide(
        parts->policy, watcher, resource->aor, resource_sphere(resource), parts->world->wall_ms);
    rights_unref(&decision.rights);
    decision.handling = handling_of(authorization);
    decision.rights = rights_ref(authorization->rights);
    return decision;
}

/* A rule that does not allow says nothing of an event that is only for whom one allows. */
static bool is_by_event(const struct event_package *package, const struct policy_decision *decision)
{
    if (package->audience == AUDIENCE_BY_RULES)
        return false;
    return decision->source == POLICY_SAYS_DOMAIN || decision->source == POLICY_SAYS_ROSTER ||
           (decision->source == POLICY_SAYS_RULES && decision->handling == SUB_BLOCK);
}

bool presence_look_as(struct presence *presence, struct bytes event, struct bytes aor,
                      const struct policy_watcher *watcher, struct bytes filter,
                      struct presence_look_view *view)
{
    const struct event_package *package = package_find(event);
    assert(!bytes_empty(aor) && watcher != NULL);
    *view = (struct presence_look_view){.type = ""};
    if (package == NULL)
        return false;
    struct resource *resource = resource_find(presence, package, aor, true);
    struct authorization authorization = authorize(presence, package, aor, resource, watcher);
    view->type = package->notify_types[0];
    view->decision = decide(resource, watcher, &authorization);
    view->by_event = is_by_event(package, &view->decision);
    view->offline = authorization.event == EVENT_APPROVED && authorization.offline;
    view->cut = authorization.event == EVENT_APPROVED && !view->offline &&
                authorization.rights != NULL && package->view != NULL;
    if (authorization.event == EVENT_APPROVED && !authorization.unknown && package->subject == NULL)
        view->body = see(resource, &authorization, filter);
    authorization_release(&authorization);
    resource_settle(resource);
    return true;
}

_Static_assert((int)PACKAGES_MAX <= (int)TRANSACTION_SPREADS, "each package has times of its own");

bool presence_times_of(const struct presence *presence, size_t number, struct presence_times *times)
{
    size_t count = 0;
    while (package_list()[count] != NULL)
        count++;
    if (number >= count)
        return false;
    *times = (struct presence_times){
        .event = package_list()[number]->name,
        .at_once = transaction_spread_times(presence->parts->transactions, number),
        .deferred = &presence->deferred[number]};
    return true;
}
