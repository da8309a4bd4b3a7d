/* homes.c: partitions come and go.
 *
 *     OPEN --refused, loaded again--> OPEN
 *       \--it cannot be loaded--> CLOSED --pause, loaded--> OPEN
 *                                   \--it still cannot: twice the pause--> CLOSED
 *
 * One timer serves them all: each time it fires, one is tried, the next closed one in turn, so that
 * one damaged place does not keep the others closed, and reading holds up nobody for long. Rules
 * and rosters that cannot be read have a timer of their own: they open nothing, and nothing waits
 * for them but their watchers. */
#include "homes.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/token.h"

enum { PAUSE_LEAST_MS = 1000, PAUSE_MOST_MS = 60000 };

/* What is tried again with growing pauses. */
struct again {
    struct timer timer;
    unsigned pause_ms; /* after the next failure */
};

struct homes {
    struct homes_parts parts;
    const struct front_parts *below;
    struct again retry, retry_policy;
    unsigned closed; /* how many */
    unsigned next;   /* the partition where the search for a closed one begins */
    bool accounts_old;
};

static void retry(struct timer *timer);

struct homes *homes_new(const struct homes_parts *parts)
{
    struct homes *homes = memory_new(sizeof(*homes));
    homes->parts = *parts;
    homes->below = front_parts(parts->front);
    homes->retry.pause_ms = homes->retry_policy.pause_ms = PAUSE_LEAST_MS;
    return homes;
}

void homes_free(struct homes **homes)
{
    if (*homes == NULL)
        return;
    world_timer_cancel((*homes)->below->world, &(*homes)->retry.timer);
    world_timer_cancel((*homes)->below->world, &(*homes)->retry_policy.timer);
    free(*homes);
    *homes = NULL;
}

/* A timer that runs keeps its time. */
static void try_later(struct homes *homes, struct again *again, void (*fire)(struct timer *timer))
{
    if (timer_is_set(&again->timer))
        return;
    world_timer(homes->below->world, &again->timer, again->pause_ms, fire);
    again->pause_ms =
        again->pause_ms < PAUSE_MOST_MS / 2 ? again->pause_ms * 2 : (unsigned)PAUSE_MOST_MS;
}

static void retry_later(struct homes *homes)
{
    try_later(homes, &homes->retry, retry);
}

/* All of a partition or nothing. */
static enum err fill(struct homes *homes, unsigned partition)
{
    enum err err = registrar_load(homes->parts.registrar, partition);
    if (err == ERR_NONE)
        err = proxy_load(homes->parts.proxy, partition);
    if (err == ERR_NONE)
        err = presence_load(homes->parts.presence, partition);
    if (err == ERR_NONE)
        err = im_load(homes->parts.im, partition);
    if (err != ERR_NONE) {
        registrar_close(homes->parts.registrar, partition);
        proxy_close(homes->parts.proxy, partition);
        presence_close(homes->parts.presence, partition);
        im_close(homes->parts.im, partition);
    }
    return err;
}

static void opened(struct homes *homes, unsigned partition)
{
    if (!front_is_closed(homes->parts.front, partition))
        return;
    front_set_closed(homes->parts.front, partition, false);
    homes->closed--;
    log_write(homes->below->log, LOG_INFO, "homes",
              "partition %u is loaded: its users are served again; %u still closed", partition,
              homes->closed);
}

static void failed(struct homes *homes, unsigned partition, enum err err)
{
    bool first = !front_is_closed(homes->parts.front, partition);
    if (first) {
        front_set_closed(homes->parts.front, partition, true);
        homes->closed++;
        metrics_count(homes->below->metrics, METRIC_partitions_closed);
    }
    log_write(homes->below->log, LOG_ERROR, "homes",
              "partition %u cannot be loaded: %s. %s until it can be; see what the store says",
              partition, err_name(err),
              first ? "Requests for its users are answered 503" : "It stays closed");
}

void homes_load(struct homes *homes, unsigned partition)
{
    assert(partition < PARTITIONS);
    enum err err = fill(homes, partition);
    if (err == ERR_NONE) {
        opened(homes, partition);
        return;
    }
    failed(homes, partition, err);
    retry_later(homes);
}

void homes_retry_accounts(struct homes *homes)
{
    homes->accounts_old = true;
    retry_later(homes);
}

enum err homes_refresh_people(struct homes *homes)
{
    bool changed;
    enum err err = domains_refresh(homes->below->domains, homes->below->store, &changed);
    if (changed)
        im_domains_changed(homes->parts.im);
    return err == ERR_NONE ? accounts_refresh(homes->below->accounts, homes->below->store) : err;
}

static bool refresh_accounts(struct homes *homes)
{
    enum err err = homes_refresh_people(homes);
    homes->accounts_old = err != ERR_NONE;
    return err == ERR_NONE;
}

/* Tries the next one in turn; there is one. What is in flight in it may yet change its rows. */
static bool try_one(struct homes *homes)
{
    unsigned partition = homes->next;
    while (!front_is_closed(homes->parts.front, partition))
        partition = (partition + 1) % PARTITIONS;
    homes->next = (partition + 1) % PARTITIONS;
    if (store_latest(homes->below->store, partition).number != 0)
        return false;
    enum err err = fill(homes, partition);
    if (err == ERR_NONE)
        opened(homes, partition);
    else
        failed(homes, partition, err);
    return err == ERR_NONE;
}

static void retry(struct timer *timer)
{
    struct homes *homes = HOLDER(timer, struct homes, retry.timer);
    bool better = true;
    if (homes->accounts_old)
        better = refresh_accounts(homes);
    else if (homes->closed > 0) /* they may have been opened by a refusal */
        better = try_one(homes);
    if (better)
        homes->retry.pause_ms = PAUSE_LEAST_MS;
    if (homes->closed == 0 && !homes->accounts_old)
        return;
    if (better)
        world_timer(homes->below->world, timer, 0, retry);
    else
        retry_later(homes);
}

static void retry_policy(struct timer *timer)
{
    homes_refresh_policy(HOLDER(timer, struct homes, retry_policy.timer));
}

void homes_refresh_policy(struct homes *homes)
{
    enum err err = policy_refresh(homes->below->policy, homes->below->store);
    if (err == ERR_NONE) {
        world_timer_cancel(homes->below->world, &homes->retry_policy.timer);
        homes->retry_policy.pause_ms = PAUSE_LEAST_MS;
        return;
    }
    log_write(homes->below->log, LOG_ERROR, "homes",
              "rules and rosters cannot be read: %s. Nobody may watch anybody until they can be; "
              "this is tried again, see what the store says",
              err_name(err));
    try_later(homes, &homes->retry_policy, retry_policy);
}
