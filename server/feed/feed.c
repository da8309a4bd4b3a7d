/* feed.c: the ring, and who reads it.
 *
 *     told --end of the turn--> waits for the store --durable--> ring --> readers
 *                                                   --refused--> forgotten
 *
 * Ids of the ring are first..next-1. What is lost (nobody read, or too much was under way) uses up
 * an id and empties the ring, so every position before it has a gap. */
#include "feed/feed_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <time.h>

#include "base/memory.h"
#include "base/token.h"

enum { EPOCH_BITS = 24, ID_BITS = 64 - EPOCH_BITS };

static const char *const type_names[FEED_TYPES] = {
    [FEED_PRESENCE] = "presence",
    [FEED_MESSAGES] = "messages",
    [FEED_REGISTRATIONS] = "registrations",
    [FEED_SUBSCRIPTIONS] = "subscriptions",
};

const char *feed_type_name(enum feed_type type)
{
    assert(type < FEED_TYPES);
    return type_names[type];
}

enum feed_type feed_type_of(struct bytes name)
{
    unsigned type = 0;
    while (type < FEED_TYPES && !bytes_equal(name, bytes_of(type_names[type])))
        type++;
    return (enum feed_type)type;
}

struct feed_settings feed_settings_default(void)
{
    return (struct feed_settings){.kept = 4096, .kept_s = 300};
}

static void must(int result)
{
    assert(result == 0);
    (void)result;
}

static void lock(struct feed *feed)
{
    must(pthread_mutex_lock(&feed->lock));
}

static void unlock(struct feed *feed)
{
    must(pthread_mutex_unlock(&feed->lock));
}

static void init_lock(struct feed *feed)
{
    pthread_condattr_t monotonic;
    must(pthread_condattr_init(&monotonic));
    must(pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC));
    must(pthread_mutex_init(&feed->lock, NULL));
    must(pthread_cond_init(&feed->changed, &monotonic));
    must(pthread_condattr_destroy(&monotonic));
}

struct feed *feed_new(struct world *world, struct store *store, struct metrics *metrics,
                      const struct feed_settings *settings)
{
    assert(settings->kept > 0);
    struct feed *feed = memory_new(sizeof(*feed));
    feed->world = world;
    feed->store = store;
    feed->metrics = metrics;
    feed->settings = *settings;
    feed->told_end = &feed->told;
    feed->ring = memory_new(settings->kept * sizeof(feed->ring[0]));
    feed->first = feed->next = (store_epoch(store) << ID_BITS) + 1;
    init_lock(feed);
    return feed;
}

/* With the lock. */
static void entry_drop(struct entry *entry)
{
    assert(entry->holders > 0);
    if (--entry->holders == 0)
        free(entry);
}

static struct entry **place_of(const struct feed *feed, uint64_t id)
{
    return &feed->ring[id % feed->settings.kept];
}

static void drop_oldest(struct feed *feed)
{
    struct entry **place = place_of(feed, feed->first++);
    entry_drop(*place);
    *place = NULL;
}

static void drop_all(struct feed *feed)
{
    while (feed->first < feed->next)
        drop_oldest(feed);
}

void feed_free(struct feed **feed)
{
    struct feed *old = *feed;
    *feed = NULL;
    if (old == NULL)
        return;
    world_timer_cancel(old->world, &old->turn);
    for (struct entry *next, *entry = old->told; entry != NULL; entry = next) {
        next = entry->next;
        free(entry);
    }
    for (struct entry *next, *entry = old->waiting; entry != NULL; entry = next) {
        next = entry->next;
        store_wait_cancel(&entry->wait);
        free(entry);
    }
    drop_all(old);
    free(old->ring);
    must(pthread_cond_destroy(&old->changed));
    must(pthread_mutex_destroy(&old->lock));
    free(old);
}

/* Telling. */

void feed_add(struct feed_event *event, const char *name, struct bytes value)
{
    assert(event->field_count < FEED_FIELDS_MAX);
    if (!bytes_empty(value))
        event->fields[event->field_count++] =
            (struct feed_field){.name = name, .value = bytes_first(value, FEED_VALUE_MAX_BYTES)};
}

struct entry *entry_new(const struct feed_event *event)
{
    size_t texts = event->user.length;
    for (size_t i = 0; i < event->field_count; i++)
        texts += event->fields[i].value.length;
    struct entry *entry = memory_new(sizeof(*entry) + texts);
    char *at = (char *)(entry + 1);
    entry->event = *event;
    entry->event.user = bytes_pack(&at, event->user);
    for (size_t i = 0; i < event->field_count; i++)
        entry->event.fields[i].value = bytes_pack(&at, event->fields[i].value);
    return entry;
}

bool feed_is_read(struct feed *feed)
{
    uint64_t now_ms = feed->world->now_ms;
    lock(feed);
    bool read = feed->readers > 0, joined = feed->joined;
    feed->joined = read;
    unlock(feed);
    if (read || joined)
        feed->kept_until_ms = now_ms + feed->settings.kept_s * 1000ULL;
    return read || now_ms < feed->kept_until_ms;
}

/* An event that nobody will read. One gap is as good as many. */
void feed_miss(struct feed *feed)
{
    if (feed->missed)
        return;
    feed->missed = true;
    lock(feed);
    drop_all(feed);
    feed->first = ++feed->next;
    unlock(feed);
}

static void put(struct feed *feed, struct entry *entry)
{
    feed->under_way--;
    entry->holders = 1;
    lock(feed);
    if (feed->next - feed->first == feed->settings.kept)
        drop_oldest(feed);
    entry->event.id = feed->next;
    *place_of(feed, feed->next++) = entry;
    must(pthread_cond_broadcast(&feed->changed));
    unlock(feed);
    metrics_count(feed->metrics, METRIC_events_told);
    if (feed->came != NULL)
        feed->came(feed->came_context);
}

static void wait_ended(struct store_wait *wait, enum store_outcome outcome)
{
    struct entry *entry = HOLDER(wait, struct entry, wait);
    struct feed *feed = entry->feed;
    *entry->link = entry->next;
    if (entry->next != NULL)
        entry->next->link = entry->link;
    if (outcome == STORE_DURABLE) {
        put(feed, entry);
    } else {
        feed->under_way--;
        free(entry);
    }
}

static void wait_begin(struct feed *feed, struct entry *entry, struct store_change change)
{
    entry->feed = feed;
    entry->next = feed->waiting;
    entry->link = &feed->waiting;
    if (feed->waiting != NULL)
        feed->waiting->link = &entry->next;
    feed->waiting = entry;
    store_wait(feed->store, &entry->wait, change, wait_ended);
}

/* Whatever the turn has submitted has a number now. */
static void end_turn(struct timer *timer)
{
    struct feed *feed = HOLDER(timer, struct feed, turn);
    struct entry *entry = feed->told, *next;
    feed->told = NULL;
    feed->told_end = &feed->told;
    for (; entry != NULL; entry = next) {
        next = entry->next;
        struct store_change change = store_latest(feed->store, partition_of(entry->event.user));
        if (change.number == 0)
            put(feed, entry);
        else
            wait_begin(feed, entry, change);
    }
}

void feed_tell(struct feed *feed, const struct feed_event *event)
{
    assert(event->type < FEED_TYPES && event->what != NULL && !bytes_empty(event->user));
    bool read = feed_is_read(feed);
    if (!read || feed->under_way >= feed->settings.kept) {
        if (read)
            metrics_count(feed->metrics, METRIC_events_lost);
        feed_miss(feed);
        return;
    }
    struct entry *entry = entry_new(event);
    entry->event.time_ms = feed->world->wall_ms;
    feed->missed = false; /* what is lost behind this one is another gap */
    feed->under_way++;
    *feed->told_end = entry;
    feed->told_end = &entry->next;
    if (!timer_is_set(&feed->turn))
        world_timer(feed->world, &feed->turn, 0, end_turn);
}

void feed_watch(struct feed *feed, void (*came)(void *context), void *context)
{
    assert(feed->came == NULL);
    feed->came = came;
    feed->came_context = context;
}

/* Reading. */

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

uint64_t feed_join(struct feed *feed)
{
    lock(feed);
    feed->readers++;
    feed->joined = true;
    uint64_t position = feed->next - 1;
    unlock(feed);
    return position;
}

void feed_leave(struct feed *feed)
{
    lock(feed);
    assert(feed->readers > 0);
    feed->readers--;
    unlock(feed);
}

unsigned feed_readers(struct feed *feed)
{
    lock(feed);
    unsigned readers = feed->readers;
    unlock(feed);
    return readers;
}

static bool passes(const struct feed_filter *filter, const struct feed_event *event)
{
    return (filter->types & 1U << event->type) != 0 &&
           (bytes_empty(filter->user) || bytes_equal(filter->user, event->user));
}

/* With the lock: the entry that is next, the position being before it; NULL: none. */
static struct entry *next_of(struct feed *feed, const struct feed_filter *filter,
                             uint64_t *position)
{
    for (; *position < feed->next - 1; ++*position) {
        struct entry *entry = *place_of(feed, *position + 1);
        if (passes(filter, &entry->event))
            return entry;
    }
    return NULL;
}

static bool is_lost(const struct feed *feed, uint64_t position)
{
    return position < feed->first - 1 || position >= feed->next;
}

enum feed_outcome feed_take(struct feed *feed, const struct feed_filter *filter, uint64_t *position,
                            const struct feed_event **event)
{
    enum feed_outcome outcome = FEED_NOTHING;
    lock(feed);
    struct entry *entry = NULL;
    if (is_lost(feed, *position)) {
        *position = feed->first - 1;
        outcome = FEED_GAP;
    } else if ((entry = next_of(feed, filter, position)) != NULL) {
        ++*position;
        entry->holders++;
        *event = &entry->event;
        outcome = FEED_EVENT;
    }
    unlock(feed);
    return outcome;
}

bool feed_has(struct feed *feed, const struct feed_filter *filter, uint64_t *position)
{
    lock(feed);
    bool has = is_lost(feed, *position) || next_of(feed, filter, position) != NULL;
    unlock(feed);
    return has;
}

void feed_give(struct feed *feed, const struct feed_event **event)
{
    struct entry *entry = (struct entry *)(uintptr_t)*event; /* its first member */
    *event = NULL;
    lock(feed);
    entry_drop(entry);
    unlock(feed);
}

uint64_t feed_last(struct feed *feed)
{
    lock(feed);
    uint64_t last = feed->next - 1;
    unlock(feed);
    return last;
}

void feed_wait(struct feed *feed, uint64_t position, unsigned timeout_ms)
{
    uint64_t end_ms = now_ms() + timeout_ms;
    const struct timespec at = {.tv_sec = (time_t)(end_ms / 1000),
                                .tv_nsec = (long)(end_ms % 1000) * 1000000};
    int result = 0;
    lock(feed);
    while (result == 0 && !feed->roused && feed->next - 1 <= position)
        result = pthread_cond_timedwait(&feed->changed, &feed->lock, &at);
    feed->roused = false;
    unlock(feed);
}

void feed_rouse(struct feed *feed)
{
    lock(feed);
    feed->roused = true;
    must(pthread_cond_broadcast(&feed->changed));
    unlock(feed);
}
