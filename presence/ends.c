/* ends.c: one small cell for each end, at the place that the hash of (event, presentity, watcher)
 * gives: as many are remembered as there are cells, a newer end takes the place of an older one,
 * and noting one costs a hash. After a restart nothing is remembered. */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "presence/look_internal.h"
#include "presence/presence_internal.h"

enum { CELLS = 8192 };

struct cell {
    uint64_t key; /* all of the hash: that two are the same by chance is not to be feared */
    uint64_t id;  /* of the subscription (look_id) */
    struct presence_ended ended; /* END_NONE: empty */
};

struct ends {
    struct cell cells[CELLS];
};

struct ends *ends_new(void)
{
    return memory_new(sizeof(struct ends));
}

void ends_free(struct ends **ends)
{
    free(*ends);
    *ends = NULL;
}

static uint64_t key_of(const struct presence *presence, const struct event_package *package,
                       struct bytes aor, struct bytes watcher)
{
    uint64_t key = bytes_hash(bytes_of(package->name), presence->hash_seed);
    return bytes_hash(watcher, bytes_hash(aor, key));
}

static void take_notify(struct presence_ended *ended, const struct subscription *subscription)
{
    const struct world *world = subscription->resource->presence->parts->world;
    const struct dialog *dialog = &subscription->dialog;
    if (subscription->told_ms == 0)
        return;
    ended->told_ms = world->wall_ms - (world->now_ms - subscription->told_ms);
    ended->answer = subscription->answer;
    ended->heard = subscription->heard;
    ended->has_flow = dialog->has_flow;
    ended->flow = dialog->flow;
}

void ends_note(const struct subscription *subscription, enum presence_end why)
{
    const struct resource *resource = subscription->resource;
    struct presence *presence = resource->presence;
    const struct watcher *watcher = subscription->watcher;
    assert(why != END_NONE);
    uint64_t key = key_of(presence, resource->package, resource->aor,
                          bytes_from(watcher->aor, watcher->length));
    struct cell *cell = &presence->ends->cells[key % CELLS];
    *cell = (struct cell){
        key, look_id(subscription), {.why = why, .when_ms = presence->parts->world->wall_ms}};
    take_notify(&cell->ended, subscription);
}

void ends_told(const struct subscription *subscription)
{
    const struct resource *resource = subscription->resource;
    const struct watcher *watcher = subscription->watcher;
    uint64_t key = key_of(resource->presence, resource->package, resource->aor,
                          bytes_from(watcher->aor, watcher->length));
    struct cell *cell = &resource->presence->ends->cells[key % CELLS];
    if (cell->key == key && cell->id == look_id(subscription))
        take_notify(&cell->ended, subscription);
}

enum presence_end ends_of(enum subscription_event event)
{
    switch (event) {
    case EVENT_REJECTED:
        return END_REJECTED;
    case EVENT_GIVEUP:
        return END_GIVEUP;
    case EVENT_DEACTIVATED:
        return END_DEACTIVATED;
    case EVENT_PROBATION:
        return END_PROBATION;
    case EVENT_NORESOURCE:
        return END_NORESOURCE;
    default:
        return END_UNSUBSCRIBED;
    }
}

enum presence_end ends_why(enum metric why)
{
    if (why == METRIC_subscriptions_silent)
        return END_SILENT;
    return why == METRIC_subscriptions_refused ? END_REFUSED : END_UNREACHABLE;
}

struct presence_ended ends_find(const struct presence *presence,
                                const struct event_package *package, struct bytes aor,
                                struct bytes watcher)
{
    uint64_t key = key_of(presence, package, aor, watcher);
    const struct cell *cell = &presence->ends->cells[key % CELLS];
    return cell->key == key ? cell->ended : (struct presence_ended){.why = END_NONE};
}
