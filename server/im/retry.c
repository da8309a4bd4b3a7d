/* retry.c: when the next stored message leaves for a device.
 *
 *     one at a time a device, in order; drains_max of all
 *     a failure: a pause of retry_least_s, twice as long each time, up to retry_most_s
 *     the device registers: at once, and the pauses begin anew */
#include "message_internal.h"

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

/* The next one in the queue, if it is its time. */
static struct delivery *ready(const struct device *device)
{
    struct delivery *head = device->queue;
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
}

void device_wake(struct device *device)
{
    struct im *im = device->inbox->im;
    device->pause_s = im->settings.retry_least_s;
    if (device->queue != NULL)
        world_timer(im->parts->world, &device->timer, 0, due);
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
