/* pace.c: how often a watcher is told.
 *
 *   told -- a change, and the least time since is over --> told
 *        -- a change before that --> PACED: what else changes is folded into the NOTIFY that leaves
 *                                    when that time is over, never later
 *        -- nothing for the most time --> told, though nothing is new (IDLE)
 *
 * The least time is presence.notify_pause_ms, or what the watcher asked for by max-rate (RFC 6446
 * 5.2), if that is more. So the first change after quiet is told at once. Not delayed are answers
 * to SUBSCRIBEs, ends, and that it is active now. The most time is min-rate's (6.2), or follows
 * from adaptive-min-rate (7.4):
 *
 *   timeout = max(1/max-rate, count / (rate^2 * period))
 *
 * with a period of PERIODS times 1/rate; count is that of the period under way and what is still to
 * be counted of the one before, as if its NOTIFYs had been sent evenly. */
#include "presence/presence_internal.h"

enum {
    PERIODS = 8,
    IDLE_LEAST_MS = 1000 /* between two NOTIFYs without news, or two looks whether one is due */
};

static uint64_t now_ms(const struct subscription *subscription)
{
    return subscription->resource->presence->parts->world->now_ms;
}

static uint64_t least_ms(const struct subscription *subscription)
{
    uint64_t pause_ms = subscription->resource->presence->settings.notify_pause_ms;
    uint64_t asked_ms = extras_rates(subscription).min_interval_ms;
    return asked_ms > pause_ms ? asked_ms : pause_ms;
}

static bool is_in_trouble(const struct subscription *subscription)
{
    const struct later *later = subscription->later;
    return later != NULL && later->why != LATER_PACED && later->why != LATER_IDLE;
}

bool pace_defers(struct subscription *subscription)
{
    bool activated =
        subscription->state == SUBSCRIPTION_ACTIVE && subscription->notified != SUBSCRIPTION_ACTIVE;
    uint64_t spent_ms = now_ms(subscription) - subscription->told_ms;
    if (is_in_trouble(subscription)) /* the last one did not arrive */
        return false;
    if (subscription->told_ms == 0 || activated || spent_ms >= least_ms(subscription))
        return false;
    later_wait(subscription, LATER_PACED, least_ms(subscription) - spent_ms);
    return true;
}

/* NOTIFYs in the rolling period, in thousandths. */
static uint64_t count_of(struct later *later, uint64_t period_ms, uint64_t now)
{
    uint64_t spent_ms = now - later->period_ms;
    if (later->period_ms == 0 || spent_ms >= 2 * period_ms) {
        later->before = later->period_ms == 0 ? PERIODS : 0; /* 7.2: as if it had been so before */
        later->count = 0;
        later->period_ms = now;
    } else if (spent_ms >= period_ms) {
        later->before = later->count;
        later->count = 0;
        later->period_ms += period_ms;
    }
    uint64_t left_ms = period_ms - (now - later->period_ms);
    return later->count * UINT64_C(1000) + later->before * left_ms * 1000 / period_ms;
}

static uint64_t adaptive_ms(struct later *later, uint64_t interval_ms, uint64_t now)
{
    uint64_t count = count_of(later, interval_ms * PERIODS, now);
    return count * interval_ms / (PERIODS * 1000);
}

/* How long after a NOTIFY the next one is due, news or not. */
static uint64_t most_ms(const struct subscription *subscription, struct later *later)
{
    struct rates rates = extras_rates(subscription);
    uint64_t most_ms = rates.max_interval_ms, least = least_ms(subscription);
    if (rates.adaptive_interval_ms != 0) {
        uint64_t timeout_ms = adaptive_ms(later, rates.adaptive_interval_ms, now_ms(subscription));
        timeout_ms = timeout_ms > least ? timeout_ms : least;
        most_ms = most_ms == 0 || timeout_ms < most_ms ? timeout_ms : most_ms;
    }
    return most_ms > IDLE_LEAST_MS ? most_ms : IDLE_LEAST_MS;
}

void pace_rest(struct subscription *subscription)
{
    struct rates rates = extras_rates(subscription);
    bool wants = rates.max_interval_ms != 0 || rates.adaptive_interval_ms != 0;
    if (is_in_trouble(subscription))
        return;
    if (!wants || !machine_is_live(subscription->state)) {
        later_forget(subscription);
        return;
    }
    struct later *later = later_wait(subscription, LATER_IDLE, 0);
    later_wait(subscription, LATER_IDLE, most_ms(subscription, later));
}

void pace_sent(struct subscription *subscription)
{
    subscription->told_ms = now_ms(subscription);
    if (subscription->later != NULL)
        subscription->later->count++;
    pace_rest(subscription);
}
