/* retry.c: when the next stored message leaves for a device.
 *
 *     one at a time a device, in order; drains_max of all
 *     a failure: a pause of retry_least_s, twice as long each time, up to retry_most_s
 *     the device registers: at once, and the pauses begin anew
 *
 * A message at which a device fails again and again steps aside: the others, in their order, go
 * before it, and it has a pause of its own. An answer that speaks of the message (5xx) weighs more
 * than silence, which may be the device's; "busy" or "not here" speak of the device alone. When the
 * device registers, or another domain becomes one of ours, all are in their places again, and what
 * is under way then is tried again at once if it fails. */
#include "message_internal.h"

enum { BLAME_MOST = 6 };

unsigned retry_next_s(const struct im_settings *settings, unsigned pause_s)
{
    return pause_s < settings->retry_most_s / 2 ? pause_s * 2 : settings->retry_most_s;
}

static void leave_line(struct device *device)
{
    if (!device->waits)
        return;
    device->waits = false;
    DL_DELETE2(device->inbox->im->engine->waiting, device, earlier, later);
}

/* Whoever waits longest is next. */
static void wake_line(struct im *im)
{
    struct engine *engine = im->engine;
    while (engine->waiting != NULL && engine->waiting->queue == NULL)
        leave_line(engine->waiting);
    if (engine->waiting != NULL && engine->draining < im->settings.drains_max)
        device_wake(engine->waiting);
}

void device_leave_line(struct device *device)
{
    struct im *im = device->inbox->im;
    if (!device->waits)
        return;
    leave_line(device);
    wake_line(im);
}

static void wait_in_line(struct device *device)
{
    struct engine *engine = device->inbox->im->engine;
    if (device->waits)
        return;
    metrics_count(device->inbox->im->parts->metrics, METRIC_drains_limited);
    device->waits = true;
    DL_APPEND2(engine->waiting, device, earlier, later);
}

struct delivery *device_first(const struct device *device)
{
    struct delivery *delivery;
    DL_FOREACH(device->queue, delivery)
    {
        if (!delivery->aside)
            return delivery;
    }
    return NULL;
}

static uint64_t now_ms(const struct device *device)
{
    return device->inbox->im->parts->world->now_ms;
}

/* Of those that stepped aside, when nobody else is there: the one whose pause is over first, or
 * NULL when one is under way. */
static struct delivery *first_aside(const struct device *device)
{
    struct delivery *delivery, *found = NULL;
    DL_FOREACH(device->queue, delivery)
    {
        if (!delivery->aside || delivery->attempt != NULL)
            return NULL;
        if (found == NULL || delivery->later_ms < found->later_ms)
            found = delivery;
    }
    return found;
}

static void later_due(struct timer *timer)
{
    device_pump(HOLDER(timer, struct device, aside));
}

static void wait_for_aside(struct device *device)
{
    const struct delivery *next = first_aside(device);
    if (next != NULL && next->later_ms > now_ms(device))
        world_timer(device->inbox->im->parts->world, &device->aside,
                    next->later_ms - now_ms(device), later_due);
}

/* The next one in the queue, if it is its time. */
static struct delivery *ready(const struct device *device)
{
    struct delivery *head = device_first(device);
    if (head == NULL) {
        head = first_aside(device);
        head = head != NULL && head->later_ms <= now_ms(device) ? head : NULL;
    }
    bool is_ready = head != NULL && head->attempt == NULL && head->message->live == NULL &&
                    head->message->durable && !timer_is_set(&device->timer);
    return is_ready ? head : NULL;
}

void device_pump(struct device *device)
{
    struct im *im = device->inbox->im;
    struct engine *engine = im->engine;
    struct delivery *head = ready(device);
    bool busy = engine->draining >= im->settings.drains_max ||
                (engine->waiting != NULL && engine->waiting != device);
    if (head != NULL && busy) {
        wait_in_line(device);
        return;
    }
    leave_line(device);
    if (head != NULL && head->known != STORE_OWED)
        delivery_decide(head, head->known, head->status);
    else if (head != NULL)
        deliver_stored(head);
    else
        wait_for_aside(device);
    wake_line(im);
}

static void due(struct timer *timer)
{
    struct device *device = HOLDER(timer, struct device, timer);
    if (device->queue == NULL)
        device_release(device);
    else
        device_pump(device);
}

/* It may be asleep (RFC 8599). A notification and a copy wake nobody. */
static void tell_waiting(const struct device *device)
{
    const struct inbox *inbox = device->inbox;
    const struct engine *engine = inbox->im->engine;
    const struct delivery *delivery;
    bool waits = false, silent = false;
    if (engine->waits == NULL || device->whom == STORE_TO_PEER)
        return;
    DL_FOREACH(device->queue, delivery)
    {
        const struct message *message = delivery->message;
        waits =
            waits || (message->kind == STORE_RECEIVED && message->live == NULL && message->durable);
        silent = silent || (delivery->blame > 0 && !delivery->answered);
    }
    if (waits)
        engine->waits(engine->waits_context, inbox->aor, device->name, silent);
}

void device_pause(struct device *device, unsigned asked_s)
{
    struct im *im = device->inbox->im;
    unsigned pause_s = device->pause_s;
    if (device->came) {
        device->came = false;
        device_wake(device);
        return;
    }
    if (pause_s < im->settings.retry_least_s)
        pause_s = im->settings.retry_least_s;
    device->pause_s = retry_next_s(&im->settings, pause_s);
    if (pause_s < asked_s)
        pause_s = asked_s < im->settings.offline_s ? asked_s : im->settings.offline_s;
    world_timer(im->parts->world, &device->timer, (uint64_t)pause_s * 1000, due);
    tell_waiting(device);
}

static void step_aside(struct delivery *delivery)
{
    const struct im *im = delivery->message->inbox->im;
    unsigned pause_s = im->settings.retry_most_s;
    if (pause_s < delivery->asked_s)
        pause_s =
            delivery->asked_s < im->settings.offline_s ? delivery->asked_s : im->settings.offline_s;
    delivery->aside = true;
    delivery->later_ms = now_ms(delivery->device) + (uint64_t)pause_s * 1000;
    metrics_count(im->parts->metrics, METRIC_deliveries_aside);
}

void device_failed(struct device *device, struct delivery *delivery)
{
    assert(delivery->device == device && delivery->state == STORE_OWED);
    if (delivery->blame >= BLAME_MOST && !device->came)
        step_aside(delivery);
    if (delivery->aside && delivery->answered && delivery->asked_s == 0)
        device_nudge(device); /* it is there */
    else
        device_pause(device, delivery->asked_s);
}

void device_wake(struct device *device)
{
    struct im *im = device->inbox->im;
    device->pause_s = im->settings.retry_least_s;
    if (device->queue != NULL)
        world_timer(im->parts->world, &device->timer, 0, due);
}

void device_back(struct device *device)
{
    struct delivery *delivery;
    device->came = false;
    DL_FOREACH(device->queue, delivery)
    {
        bool next = delivery == device->queue || delivery->aside;
        device->came = device->came || (next && delivery->attempt != NULL);
        delivery->aside = false;
    }
    device_wake(device);
}

void device_nudge(struct device *device)
{
    if (device->queue != NULL && !timer_is_set(&device->timer))
        world_timer(device->inbox->im->parts->world, &device->timer, 0, due);
}

void drain_ended(struct im *im)
{
    assert(im->engine->draining > 0);
    im->engine->draining--;
    wake_line(im);
}
