/* forget.c: what goes with time.
 *
 *     in memory    a message that nobody is owed any more: at the end of the turn (ENDED) what
 *                  came by it is noted for 64*T1, for a request that comes again (repeats.c); then
 *                  it stays until join_s after it was taken first for devices that join (JOINS)
 *     rows         once an hour, partition after partition, those whose time is over, and devices
 *                  that were not seen for device_forget_s
 *
 * Of those kept for who joins, a inbox has IM_DONE_MAX at most, the latest. */
#include "message_internal.h"
#include "repeats_internal.h"

enum { HOUR_MS = 3600000, ROUND_PAUSE_MS = 100 };

static uint64_t repeats_ms(const struct im *im)
{
    return 64 * (uint64_t)transaction_layer_settings(im->parts->transactions)->t1_ms;
}

static void ended_due(struct timer *timer);
static void joins_due(struct timer *timer);

static void enter(struct message *message, enum message_rest rest, uint64_t forget_ms)
{
    struct engine *engine = message->inbox->im->engine;
    assert(message->rest == REST_NONE && rest != REST_NONE);
    message->rest = rest;
    message->forget_ms = forget_ms;
    if (rest == REST_ENDED)
        DL_APPEND2(engine->ended, message, older, newer);
    else
        DL_APPEND2(engine->joins, message, older, newer);
    message->inbox->done += rest == REST_JOINS;
}

static void take_out(struct message **queue, struct message *message)
{
    assert(*queue != message || message->older == message || message->newer != NULL);
    DL_DELETE2(*queue, message, older, newer);
}

void forget_leave(struct message *message)
{
    struct engine *engine = message->inbox->im->engine;
    if (message->rest == REST_ENDED)
        take_out(&engine->ended, message);
    else if (message->rest == REST_JOINS)
        take_out(&engine->joins, message);
    message->inbox->done -= message->rest == REST_JOINS;
    message->rest = REST_NONE;
}

static void set_timer(struct im *im, struct timer *timer, const struct message *first,
                      timer_fn fire)
{
    uint64_t now_ms = im->parts->world->wall_ms;
    if (first == NULL || timer_is_set(timer))
        return;
    world_timer(im->parts->world, timer, first->forget_ms > now_ms ? first->forget_ms - now_ms : 0,
                fire);
}

static void set_timers(struct im *im)
{
    struct engine *engine = im->engine;
    set_timer(im, &engine->ended_timer, engine->ended, ended_due);
    set_timer(im, &engine->joins_timer, engine->joins, joins_due);
}

void forget_later(struct message *message)
{
    struct im *im = message->inbox->im;
    if (message->rest != REST_NONE)
        return;
    enter(message, REST_ENDED, im->parts->world->wall_ms);
    set_timers(im);
}

static void forget_oldest(struct inbox *inbox)
{
    struct message *message;
    DL_FOREACH(inbox->messages, message)
    {
        if (message->rest != REST_JOINS)
            continue;
        message_free(message);
        return;
    }
}

static void note(const struct message *message)
{
    struct im *im = message->inbox->im;
    uint64_t now_ms = im->parts->world->now_ms;
    const struct repeat repeat = {message->identity, now_ms + repeats_ms(im),
                                  message->inbox->partition,
                                  message->status != 0 ? message->status : 202};
    if (message->identity == 0)
        return;
    metrics_add(im->parts->metrics, METRIC_repeats_limited,
                repeats_add(im->engine->repeats, &repeat, now_ms, im->settings.repeats_max));
}

static void end(struct message *message)
{
    struct im *im = message->inbox->im;
    struct inbox *inbox = message->inbox;
    uint64_t until_ms = message->taken_ms + (uint64_t)im->settings.join_s * 1000;
    bool joins = message->stored && message->kind == STORE_RECEIVED && message->taken_ms != 0 &&
                 !message->directed && until_ms > im->parts->world->wall_ms;
    note(message);
    if (!joins) {
        message_free(message);
        return;
    }
    forget_leave(message);
    enter(message, REST_JOINS, until_ms);
    if (inbox->done > IM_DONE_MAX && !message->counted)
        forget_oldest(inbox);
}

static void ended_due(struct timer *timer)
{
    struct engine *engine = HOLDER(timer, struct engine, ended_timer);
    while (engine->ended != NULL)
        end(engine->ended);
    set_timers(engine->im);
}

static void joins_due(struct timer *timer)
{
    struct engine *engine = HOLDER(timer, struct engine, joins_timer);
    struct im *im = engine->im;
    while (engine->joins != NULL && engine->joins->forget_ms <= im->parts->world->wall_ms)
        message_free(engine->joins);
    set_timers(im);
}

/* Rows. */

static void forget_devices(struct inbox *inbox)
{
    struct im *im = inbox->im;
    uint64_t now_ms = im->parts->world->wall_ms;
    struct device *device, *next;
    struct store_set *set = NULL;
    DL_FOREACH_SAFE(inbox->devices, device, next)
    {
        if (!device->known ||
            device->seen_ms + (uint64_t)im->settings.device_forget_s * 1000 > now_ms)
            continue;
        if (set == NULL)
            set = store_begin(im->parts->store, inbox->partition);
        metrics_count(im->parts->metrics, METRIC_devices_forgotten);
        device_forget(device, set);
    }
    if (set != NULL)
        (void)store_submit(im->parts->store, &set);
}

static void free_if_empty(struct inbox *inbox)
{
    if (inbox->devices == NULL && inbox->messages == NULL)
        inbox_free(inbox, 0);
}

static void sweep_rows(struct im *im, unsigned partition)
{
    uint64_t now_ms = im->parts->world->wall_ms;
    uint64_t join_ms = (uint64_t)im->settings.join_s * 1000;
    struct store_set *set = store_begin(im->parts->store, partition);
    store_forget_messages(set, now_ms - repeats_ms(im), now_ms,
                          now_ms > join_ms ? now_ms - join_ms : 0);
    (void)store_submit(im->parts->store, &set);
}

/* True when there was something to do. */
static bool sweep_partition(struct im *im, unsigned partition)
{
    struct engine *engine = im->engine;
    struct inbox *inbox, *next;
    if (front_is_closed(im->front, partition) || !store_ready(im->parts->store))
        return false;
    DL_FOREACH_SAFE(engine->partitions[partition], inbox, next)
    {
        forget_devices(inbox);
        free_if_empty(inbox);
    }
    if (!engine->holds[partition])
        return engine->partitions[partition] != NULL;
    engine->holds[partition] = store_has_messages(im->parts->store, partition);
    if (engine->holds[partition])
        sweep_rows(im, partition);
    return true;
}

static void sweep(struct timer *timer)
{
    struct engine *engine = HOLDER(timer, struct engine, sweep);
    struct im *im = engine->im;
    unsigned worked = 0;
    while (engine->swept < PARTITIONS && worked < IM_SWEEP_AT_ONCE)
        worked += sweep_partition(im, engine->swept++);
    if (engine->swept < PARTITIONS) {
        world_timer(im->parts->world, timer, ROUND_PAUSE_MS, sweep);
        return;
    }
    engine->swept = 0;
    world_timer(im->parts->world, timer, HOUR_MS, sweep);
}

void forget_begin(struct im *im)
{
    world_timer(im->parts->world, &im->engine->sweep, HOUR_MS, sweep);
}

void forget_end(struct im *im)
{
    struct engine *engine = im->engine;
    world_timer_cancel(im->parts->world, &engine->sweep);
    world_timer_cancel(im->parts->world, &engine->ended_timer);
    world_timer_cancel(im->parts->world, &engine->joins_timer);
}

bool forget_repeated(struct im *im, struct front_request *request, uint64_t identity)
{
    struct repeat repeat;
    if (!repeats_find(im->engine->repeats, identity, im->parts->world->now_ms, &repeat))
        return false;
    metrics_count(im->parts->metrics, METRIC_messages_repeated);
    (void)front_respond(request, repeat.status, NULL, BYTES(""));
    front_send(request, store_latest(im->parts->store, repeat.partition));
    return true;
}

bool forget_knows(const struct im *im, uint64_t identity)
{
    struct repeat repeat;
    return repeats_find(im->engine->repeats, identity, im->parts->world->now_ms, &repeat);
}
