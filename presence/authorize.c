/* authorize.c: who may watch, and what they may see (RFC 6665 4.2.1.3, RFC 5025 3.2.1).
 *
 *   handling of the rules --> event of the machine (machine.c), view (view.c)
 *     block          rejected    none: 403, or terminated;reason=rejected
 *     confirm        doubted     none: pending
 *     polite-block   approved    the offline one
 *     allow          approved    what the rights show
 *
 * Policy is asked when a SUBSCRIBE comes, and again for all subscriptions of a resource when
 * something changed that it looks at: rules and rosters, the sphere, the time of a rule. Such a
 * change counts at once: a resource's `judgement` goes up, and whoever was not judged by it is told
 * nothing until it is. The judging itself is done a number at a time, so that a user with ten
 * thousand watchers holds nobody up. While nobody can read the rules, everybody stays as unjudged:
 * nothing new is told to anybody but the user itself. */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "presence/presence_internal.h"

enum {
    ROUND = 200, /* subscriptions that are judged together */
    PAUSE_MS = 10,
    RETRY_MS = 1000,
    UNTIL_LEAST_MS = 10,
    UNTIL_MOST_MS = 24 * 3600 * 1000
};

/* Asking. */

static enum subscription_event event_of(enum sub_handling handling)
{
    if (handling == SUB_BLOCK)
        return EVENT_REJECTED;
    return handling == SUB_CONFIRM ? EVENT_DOUBTED : EVENT_APPROVED;
}

static struct bytes sphere_of(const struct presence *presence, const struct resource *resource)
{
    if (resource == NULL || !policy_uses_sphere(presence->parts->policy, resource->aor))
        return BYTES("");
    return resource_sphere(resource);
}

static bool is_owner(struct bytes aor, const struct policy_watcher *watcher)
{
    return !watcher->foreign && bytes_equal(watcher->aor, aor);
}

/* Of packages that policy does not decide about alone. */
static struct authorization admit(const struct presence *presence,
                                  const struct event_package *package, struct bytes aor,
                                  const struct policy_watcher *watcher)
{
    struct authorization authorization = {.event = EVENT_APPROVED};
    if (package->audience == AUDIENCE_ANYONE || is_owner(aor, watcher))
        return authorization;
    authorization.event = EVENT_REJECTED;
    if (package->audience == AUDIENCE_OWNER)
        return authorization;
    enum policy_reach reach =
        policy_reaches(presence->parts->policy, watcher, aor, presence->parts->world->wall_ms);
    if (reach == POLICY_REACH_LET)
        authorization.event = EVENT_APPROVED;
    if (package->view != NULL)
        authorization.rights = rights_nothing();
    authorization.unknown = reach == POLICY_REACH_UNKNOWN;
    return authorization;
}

struct authorization authorize(const struct presence *presence, const struct event_package *package,
                               struct bytes aor, const struct resource *resource,
                               const struct policy_watcher *watcher)
{
    if (package->audience != AUDIENCE_BY_RULES)
        return admit(presence, package, aor, watcher);
    struct policy_decision decision =
        policy_decide(presence->parts->policy, watcher, aor, sphere_of(presence, resource),
                      presence->parts->world->wall_ms);
    if (package->discreet && decision.usual && decision.rights == NULL)
        decision.rights = rights_nothing();
    return (struct authorization){
        .event = event_of(decision.handling),
        .unknown = decision.unknown,
        .offline = decision.handling == SUB_POLITE_BLOCK,
        .rights = decision.rights,
        .until_ms = decision.until_ms,
    };
}

void authorization_release(struct authorization *authorization)
{
    rights_unref(&authorization->rights);
}

/* Times. */

static void until(struct timer *timer);

static void arm_until(struct resource *resource)
{
    struct world *world = resource->presence->parts->world;
    uint64_t left_ms =
        resource->until_ms > world->wall_ms ? resource->until_ms - world->wall_ms : 0;
    left_ms = left_ms > UNTIL_LEAST_MS ? left_ms : UNTIL_LEAST_MS;
    world_timer(world, &resource->until, left_ms < UNTIL_MOST_MS ? left_ms : UNTIL_MOST_MS, until);
}

static void until(struct timer *timer)
{
    struct resource *resource = HOLDER(timer, struct resource, until);
    if (resource->until_ms > resource->presence->parts->world->wall_ms)
        arm_until(resource);
    else
        authorize_again(resource);
}

static void note_until(struct resource *resource, uint64_t until_ms)
{
    if (until_ms == 0 || (resource->until_ms != 0 && resource->until_ms <= until_ms))
        return;
    resource->until_ms = until_ms;
    arm_until(resource);
}

/* Applying. */

bool authorize_is_due(const struct subscription *subscription)
{
    return subscription->unknown || subscription->judged != subscription->resource->judgement;
}

/* True when its watcher has to be told: what was told before was another view's. */
static bool take_view(struct subscription *subscription, const struct authorization *authorization)
{
    struct view *old = subscription->view;
    struct view *view = view_join(subscription->resource, authorization->rights,
                                  authorization->offline, filtering_of(subscription));
    bool differs = old != NULL && !view_same(old, view) && filtering_is_due_of(subscription, view);
    extras_change_view(subscription, view);
    return differs;
}

bool authorize_apply(struct subscription *subscription, const struct authorization *authorization)
{
    subscription->judged = subscription->resource->judgement;
    subscription->unknown = authorization->unknown;
    if (authorization->unknown)
        return false;
    note_until(subscription->resource, authorization->until_ms);
    bool changed = subscription_move(subscription, authorization->event);
    if (subscription->state == SUBSCRIPTION_ACTIVE && take_view(subscription, authorization))
        changed = true;
    return changed;
}

/* One that ended before a crash, or before rules changed: its last NOTIFY shows what its watcher
 * may see now. */
static void apply_to_ended(struct subscription *subscription,
                           const struct authorization *authorization)
{
    subscription->judged = subscription->resource->judgement;
    subscription->unknown = authorization->unknown;
    if (authorization->event == EVENT_APPROVED && !authorization->unknown &&
        subscription_ends_with_state(subscription))
        take_view(subscription, authorization);
    else
        extras_leave_view(subscription);
}

/* Judging again. */

/* What one round has found so far. */
struct round {
    struct subscription *due[ROUND]; /* to be told */
    size_t count;
    unsigned left; /* how many may still be judged */
};

static struct authorization ask(const struct subscription *subscription)
{
    const struct resource *resource = subscription->resource;
    const struct watcher *watcher = subscription->watcher;
    const struct policy_watcher who = {bytes_from(watcher->aor, watcher->length),
                                       subscription->foreign, subscription->trusted};
    return authorize(resource->presence, resource->package, resource->aor, resource, &who);
}

/* True when its watcher has to be told. Who waited and was spoken of is freed, perhaps. */
static bool apply_again(struct subscription *subscription,
                        const struct authorization *authorization, struct store_set *set)
{
    enum subscription_state before = subscription->state;
    if (before == SUBSCRIPTION_ENDED) {
        apply_to_ended(subscription, authorization);
        return false;
    }
    bool changed = authorize_apply(subscription, authorization);
    if (subscription->state != before && before == SUBSCRIPTION_WAITING) {
        subscription_forget(subscription, set);
        return false;
    }
    if (subscription->state != before) {
        subscription_save(subscription, set);
        subscription_arm(subscription);
    }
    if (subscription->state == SUBSCRIPTION_ENDED) /* nothing to remember when its watcher knows */
        world_timer_cancel(subscription->resource->presence->parts->world, &subscription->expiry);
    return machine_is_live(before) && !subscription->unknown && (changed || subscription->held);
}

static bool judge_one(struct subscription *subscription, struct store_set *set)
{
    struct authorization authorization = ask(subscription);
    bool tell = apply_again(subscription, &authorization, set);
    authorization_release(&authorization);
    return tell;
}

static void tell(struct round *round, struct store_change change)
{
    for (size_t i = 0; i < round->count; i++) {
        struct subscription *subscription = round->due[i];
        if (change.number != 0)
            subscription->change = change;
        subscription->held = false;
        notify_due(subscription);
    }
    round->count = 0;
}

/* True when none of the resource's is left. */
static bool judge_some(struct resource *resource, struct round *round)
{
    struct store *store = resource->presence->parts->store;
    struct store_set *set = store_begin(store, resource->partition);
    struct subscription *subscription, *next;
    bool done = true;
    DL_FOREACH_SAFE(resource->subscriptions, subscription, next)
    {
        if (subscription->judged == resource->judgement)
            continue;
        done = round->left > 0;
        if (!done)
            break;
        round->left--;
        if (judge_one(subscription, set))
            round->due[round->count++] = subscription;
    }
    tell(round, store_submit(store, &set));
    return done;
}

static void dequeue(struct resource *resource)
{
    if (!resource->to_judge)
        return;
    resource->to_judge = false;
    DL_DELETE2(resource->presence->judging, resource, judge_prev, judge_next);
}

static void judge(struct timer *timer)
{
    struct presence *presence = HOLDER(timer, struct presence, judge);
    const struct front_parts *parts = presence->parts;
    struct round round = {.left = ROUND};
    while (presence->judging != NULL && round.left > 0 && store_ready(parts->store)) {
        struct resource *resource = presence->judging;
        if (!judge_some(resource, &round))
            break;
        dequeue(resource);
        resource_settle(resource);
    }
    if (presence->judging != NULL)
        world_timer(parts->world, timer, store_ready(parts->store) ? PAUSE_MS : RETRY_MS, judge);
}

/* True when it is another one than policy was asked by. */
static bool take_sphere(struct resource *resource)
{
    struct bytes sphere = sphere_of(resource->presence, resource);
    struct bytes before = resource->sphere != NULL ? bytes_of(resource->sphere) : BYTES("");
    if (bytes_equal(before, sphere))
        return false;
    free(resource->sphere);
    resource->sphere = bytes_empty(sphere) ? NULL : memory_copy(sphere);
    return true;
}

void authorize_again(struct resource *resource)
{
    struct presence *presence = resource->presence;
    struct world *world = presence->parts->world;
    resource->judgement++;
    resource->until_ms = 0;
    world_timer_cancel(world, &resource->until);
    take_sphere(resource);
    if (resource->subscriptions == NULL || resource->to_judge)
        return;
    resource->to_judge = true;
    DL_APPEND2(presence->judging, resource, judge_prev, judge_next);
    if (!timer_is_set(&presence->judge))
        world_timer(world, &presence->judge, 0, judge);
}

void authorize_sphere(struct resource *resource)
{
    if (take_sphere(resource))
        authorize_again(resource);
}

void authorize_forget(struct resource *resource)
{
    dequeue(resource);
    world_timer_cancel(resource->presence->parts->world, &resource->until);
    free(resource->sphere);
    resource->sphere = NULL;
}

/* News. */

static bool hangs_on_policy(const struct resource *resource)
{
    enum audience audience = resource->package->audience;
    return audience == AUDIENCE_BY_RULES || audience == AUDIENCE_BY_OWN_RULES;
}

static void again_everybody(struct presence *presence)
{
    struct resource *resource, *next;
    for (unsigned i = 0; i < PARTITIONS; i++) {
        HASH_ITER(hh, presence->homes[i].resources, resource, next)
        {
            if (hangs_on_policy(resource))
                authorize_again(resource);
        }
    }
}

void authorize_listen(void *context, struct bytes presentity)
{
    struct presence *presence = context;
    if (bytes_empty(presentity)) {
        again_everybody(presence);
        return;
    }
    for (size_t i = 0; package_list()[i] != NULL; i++) {
        struct resource *resource = resource_find(presence, package_list()[i], presentity, false);
        if (resource != NULL && hangs_on_policy(resource))
            authorize_again(resource);
    }
}
