/* moves.c: who wants to know what becomes of subscriptions. */
#include <assert.h>

#include "presence/presence_internal.h"

void presence_watch_moves(struct presence *presence, const struct presence_moves *moves)
{
    assert(moves->tell != NULL && presence->moves.tell == NULL);
    presence->moves = *moves;
}

/* Why it has ended, or waits. Who took it back did so before its timer fired. */
static const char *reason_of(const struct subscription *subscription)
{
    if (machine_is_live(subscription->state))
        return "";
    if (subscription->cause != EVENT_TIMEOUT)
        return machine_event_name(subscription->cause);
    return timer_is_set(&subscription->expiry) ? "unsubscribed" : "expired";
}

static void tell(const struct subscription *subscription, enum subscription_state before,
                 enum subscription_state state, const char *reason)
{
    const struct resource *resource = subscription->resource;
    const struct presence *presence = resource->presence;
    const struct watcher *watcher = subscription->watcher;
    const struct presence_move move = {
        .event = resource->package->name,
        .presentity = resource->aor,
        .watcher = bytes_from(watcher->aor, watcher->length),
        .before = machine_state_name(before),
        .state = machine_state_name(state),
        .reason = reason,
    };
    if (presence->moves.tell != NULL)
        presence->moves.tell(presence->moves.context, &move);
}

void moves_began(const struct subscription *subscription)
{
    tell(subscription, SUBSCRIPTION_INIT, subscription->state, "");
}

void moves_moved(const struct subscription *subscription, enum subscription_state before)
{
    if (subscription->has_row) /* else it is not told of yet, or a fetch */
        tell(subscription, before, subscription->state, reason_of(subscription));
}

const char *moves_why(const struct subscription *subscription)
{
    const struct resource *resource = subscription->resource;
    const struct watcher *watcher = subscription->watcher;
    switch (ends_find(resource->presence, resource->package, resource->aor,
                      bytes_from(watcher->aor, watcher->length))
                .why) {
    case END_SILENT:
        return "silent";
    case END_REFUSED:
        return "refused";
    default:
        return "unreachable";
    }
}

void moves_gone(const struct subscription *subscription, const char *reason)
{
    if (subscription->has_row && machine_is_live(subscription->state))
        tell(subscription, subscription->state, SUBSCRIPTION_ENDED, reason);
}
