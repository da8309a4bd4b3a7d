/* retry.c: what becomes of a subscription whose NOTIFY failed (RFC 6665 4.2.2).
 *
 *   404, 405, 410, 416, 480 to 485, 489, 501, 604   it ends, whatever else the answer says
 *   no answer (timer F)        it ends; with presence.notify_timeout = retry it is told again after
 *                              pauses that grow, until presence.notify_retry_s are over
 *   no way (503 of our own, or silence where a connection has gone)   it is held (hold.c)
 *   others with Retry-After    it is told again when they said (RFC 3261 20.33)
 *   others                     say nothing of the subscription (RFC 5057 5.1): it stays, and is
 * told the next change
 *
 * What changes while it waits is folded into the NOTIFY that is sent then. Whatever the watcher
 * sends itself ends the waiting, and so does the end of the subscription's time, which nothing here
 * moves. */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "presence/presence_internal.h"

enum {
    PAUSE_LEAST_MS = 1000, /* of a Retry-After: nobody is told to send in a circle */
    PAUSE_FIRST_MS = 30000,
    PAUSE_GROWTH = 2,
};

/* Waiting. */

bool later_waits(const struct subscription *subscription)
{
    const struct later *later = subscription->later;
    return later != NULL && later->why != LATER_IDLE && timer_is_set(&later->timer);
}

static void set_why(struct later *later, enum later_why why)
{
    struct presence *presence = later->subscription->resource->presence;
    if (later->why == why)
        return;
    presence->held_count -= later->why == LATER_HELD;
    presence->held_count += why == LATER_HELD;
    later->why = why;
    later->since_ms = presence->parts->world->wall_ms;
}

void later_forget(struct subscription *subscription)
{
    struct later *later = subscription->later;
    if (later == NULL)
        return;
    set_why(later, LATER_NOTHING);
    world_timer_cancel(subscription->resource->presence->parts->world, &later->timer);
    free(later);
    subscription->later = NULL;
}

static void fire(struct timer *timer)
{
    struct later *later = HOLDER(timer, struct later, timer);
    struct subscription *subscription = later->subscription;
    struct metrics *metrics = subscription->resource->presence->parts->metrics;
    if (!machine_is_live(subscription->state)) {
        later_forget(subscription); /* its last NOTIFY has left, or is not to */
        return;
    }
    if (later->why == LATER_HELD && hold_is_over(subscription)) {
        notify_give_up(subscription, METRIC_subscriptions_unreachable);
        return;
    }
    if (later->why == LATER_ASKED || later->why == LATER_SILENT || later->why == LATER_HELD)
        metrics_count(metrics, METRIC_notifies_retried);
    notify_due(subscription);
}

struct later *later_wait(struct subscription *subscription, enum later_why why, uint64_t pause_ms)
{
    struct later *later = subscription->later;
    if (later == NULL) {
        later = subscription->later = memory_new(sizeof(*later));
        later->subscription = subscription;
    }
    set_why(later, why);
    later->pause_ms = pause_ms;
    world_timer(subscription->resource->presence->parts->world, &later->timer, pause_ms, fire);
    return later;
}

/* Judging. */

static bool is_end(const struct client_answer *answer)
{
    static const unsigned ends[] = {404, 405, 410, 416, 480, 481, 482,
                                    483, 484, 485, 489, 501, 604};
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        if (answer->status == ends[i])
            return true;
    return false;
}

/* Milliseconds; false when the answer does not say any. */
static bool read_retry_after(const struct subscription *subscription,
                             const struct client_answer *answer, uint64_t *pause_ms)
{
    const struct presence_settings *settings = &subscription->resource->presence->settings;
    bool present;
    uint32_t seconds;
    struct verdict v = sip_message_number(answer->response, SIP_RETRY_AFTER, &present, &seconds);
    if (!verdict_ok(v) || !present)
        return false;
    if (seconds > settings->retry_after_max_s)
        seconds = settings->retry_after_max_s;
    *pause_ms = (uint64_t)seconds * 1000;
    if (*pause_ms < PAUSE_LEAST_MS)
        *pause_ms = PAUSE_LEAST_MS;
    return true;
}

/* Nobody answered: how often is that tried? */
static enum failure judge_silence(struct subscription *subscription)
{
    const struct presence *presence = subscription->resource->presence;
    const struct later *later = subscription->later;
    uint64_t now_ms = presence->parts->world->wall_ms;
    uint64_t bound_ms = (uint64_t)presence->settings.notify_retry_s * 1000;
    bool again = later != NULL && later->why == LATER_SILENT;
    uint64_t spent_ms = again ? now_ms - later->since_ms : 0;
    uint64_t pause_ms = again ? later->pause_ms * PAUSE_GROWTH : PAUSE_FIRST_MS;
    if (presence->settings.notify_timeout == PRESENCE_TIMEOUT_ENDS || spent_ms >= bound_ms) {
        return FAILURE_ENDS;
    }
    if (pause_ms > bound_ms - spent_ms)
        pause_ms = bound_ms - spent_ms; /* the last one */
    later_wait(subscription, LATER_SILENT, pause_ms);
    return FAILURE_LATER;
}

enum failure retry_judge(struct subscription *subscription, const struct client_answer *answer)
{
    uint64_t pause_ms;
    assert(machine_is_live(subscription->state) && answer->status >= 300);
    bool is_back = subscription->prompt; /* it has refreshed meanwhile, perhaps from elsewhere */
    if (answer->response == NULL && (answer->status == 500 || is_back))
        return FAILURE_PASSES; /* 500: the change was refused, and nothing was sent */
    if (answer->response == NULL && (answer->status == 503 || hold_is_lost(subscription)))
        return hold_judge(subscription);
    if (answer->response == NULL)
        return judge_silence(subscription);
    if (is_end(answer))
        return FAILURE_ENDS;
    retry_over(subscription); /* who answers is not silent */
    if (!read_retry_after(subscription, answer, &pause_ms))
        return FAILURE_PASSES;
    later_wait(subscription, LATER_ASKED, pause_ms);
    return FAILURE_LATER;
}

void retry_over(struct subscription *subscription)
{
    struct later *later = subscription->later;
    if (later == NULL)
        return;
    bool stored = later->stored;
    struct store *store = subscription->resource->presence->parts->store;
    later->stored = false;
    if (later->why != LATER_PACED && later->why != LATER_IDLE)
        later_forget(subscription);
    if (stored && subscription->has_row && store_ready(store)) {
        struct store_set *set = store_begin(store, subscription->resource->partition);
        subscription_save(subscription, set);
        subscription->change = store_submit(store, &set);
    }
    pace_rest(subscription);
}
