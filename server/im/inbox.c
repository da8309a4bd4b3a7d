/* inbox.c: whom a user's messages are owed to.
 *
 *     device:  UNKNOWN --registers--> KNOWN --unseen for device_forget_s, or too many--> forgotten
 *
 * Known devices are rows, seen to the day. Peers (another domain) and "whoever comes first" are
 * queues of the same kind without a row: they are there while something is owed to them. */
#include "message_internal.h"
#include "share_internal.h"

enum { DAY_MS = 86400000 };

struct inbox *inbox_find(const struct im *im, struct bytes aor)
{
    struct inbox *found;
    TABLE_FIND(im->engine->inboxes, aor.at, aor.length, im->engine->seed, found);
    return found;
}

struct inbox *inbox_need(struct im *im, struct bytes aor)
{
    struct engine *engine = im->engine;
    struct inbox *inbox = inbox_find(im, aor);
    assert(!bytes_empty(aor));
    if (inbox != NULL)
        return inbox;
    inbox = memory_new(sizeof(*inbox) + aor.length);
    char *at = inbox->text;
    inbox->im = im;
    inbox->aor = bytes_pack(&at, aor);
    inbox->partition = partition_of(aor);
    TABLE_ADD(engine->inboxes, inbox->aor.at, inbox->aor.length, engine->seed, inbox);
    DL_APPEND(engine->partitions[inbox->partition], inbox);
    return inbox;
}

void inbox_free(struct inbox *inbox, unsigned status)
{
    struct engine *engine = inbox->im->engine;
    struct message *message, *next;
    DL_FOREACH_SAFE(inbox->messages, message, next)
    {
        if (message->live != NULL && status != 0)
            live_reply(message->live, status, NULL, STORE_NOTHING);
        message_free(message);
    }
    struct device *device, *next_device;
    DL_FOREACH_SAFE(inbox->devices, device, next_device)
    {
        engine->devices -= device->known;
        device->known = false;
        device_release(device);
    }
    assert(inbox->devices == NULL && inbox->owed == 0);
    HASH_DELETE(hh, engine->inboxes, inbox);
    DL_DELETE(engine->partitions[inbox->partition], inbox);
    free(inbox);
}

void inbox_erase(struct im *im, struct bytes aor)
{
    struct store_set *set = store_begin(im->parts->store, partition_of(aor));
    store_erase_messages(set, aor);
    (void)store_submit(im->parts->store, &set);
}

/* As long as all of them together are no more than one peer's may be, nobody has to count. */
static bool peer_has_room(struct inbox *inbox, uint64_t peer_key, size_t size)
{
    const struct im_settings *settings = &inbox->im->settings;
    size_t most = settings->stored_max_per_peer, most_bytes = settings->stored_max_bytes_per_peer;
    if (inbox->untaken < most && inbox->untaken_bytes + size <= most_bytes)
        return true;
    struct share_sum sum = share_of(inbox, peer_key);
    return sum.count < most && sum.bytes + size <= most_bytes;
}

bool inbox_has_room(struct inbox *inbox, uint64_t peer_key, size_t size)
{
    const struct im_settings *settings = &inbox->im->settings;
    if (inbox->untaken < settings->stored_max &&
        inbox->untaken_bytes + size <= settings->stored_max_bytes &&
        peer_has_room(inbox, peer_key, size))
        return true;
    metrics_count(inbox->im->parts->metrics, METRIC_messages_limited);
    return false;
}

/* Devices. */

struct device *device_find(const struct inbox *inbox, enum store_whom whom, struct bytes name)
{
    struct device *device;
    DL_FOREACH(inbox->devices, device)
    {
        if (device->whom == whom && bytes_equal(device->name, name))
            return device;
    }
    return NULL;
}

struct device *device_need(struct inbox *inbox, enum store_whom whom, struct bytes name)
{
    struct device *device = device_find(inbox, whom, name);
    if (device != NULL)
        return device;
    device = memory_new(sizeof(*device) + name.length);
    char *at = device->text;
    device->inbox = inbox;
    device->whom = whom;
    device->name = bytes_pack(&at, name);
    device->pause_s = inbox->im->settings.retry_least_s;
    DL_APPEND(inbox->devices, device);
    return device;
}

void device_release(struct device *device)
{
    if (device->known || device->deliveries > 0)
        return;
    assert(device->queue == NULL);
    device_leave_line(device);
    world_timer_cancel(device->inbox->im->parts->world, &device->timer);
    world_timer_cancel(device->inbox->im->parts->world, &device->aside);
    DL_DELETE(device->inbox->devices, device);
    free(device);
}

void device_write(const struct device *device, struct store_set *set)
{
    const struct store_device row = {device->inbox->aor, device->name, device->since_ms,
                                     device->seen_ms};
    assert(device->whom == STORE_TO_DEVICE && device->known);
    store_put_device(set, &row);
}

void device_forget(struct device *device, struct store_set *set)
{
    struct im *im = device->inbox->im;
    struct delivery *delivery, *next;
    assert(device->known);
    store_delete_device(set, device->inbox->aor, device->name);
    device->known = false;
    im->engine->devices--;
    device->deliveries++; /* it stays for this call */
    DL_FOREACH_SAFE(device->queue, delivery, next)
    {
        if (delivery->message->live != NULL || delivery->attempt != NULL)
            continue;
        delivery_forget(delivery, set);
    }
    device->deliveries--;
    device_release(device);
}

/* The clock may have been stepped back: what was seen in the future is seen now. */
static uint64_t seen_ms(const struct device *device)
{
    uint64_t now_ms = device->inbox->im->parts->world->wall_ms;
    return device->seen_ms < now_ms ? device->seen_ms : now_ms;
}

static struct device *longest_unseen(const struct inbox *inbox, const struct device *came,
                                     size_t *count)
{
    struct device *device, *found = NULL;
    *count = 0;
    DL_FOREACH(inbox->devices, device)
    {
        if (!device->known)
            continue;
        ++*count;
        if (device != came && (found == NULL || seen_ms(device) < seen_ms(found)))
            found = device;
    }
    return found;
}

void inbox_trim(struct inbox *inbox, const struct device *came, struct store_set *set)
{
    size_t count;
    struct device *oldest = longest_unseen(inbox, came, &count);
    if (oldest == NULL || count <= inbox->im->settings.devices_max)
        return;
    metrics_count(inbox->im->parts->metrics, METRIC_devices_limited);
    device_forget(oldest, set);
}

static void begin_set(struct device *device, struct store_set **set)
{
    struct inbox *inbox = device->inbox;
    if (*set == NULL)
        *set = store_begin(inbox->im->parts->store, inbox->partition);
}

bool device_learn(struct device *device, struct store_set **set)
{
    struct im *im = device->inbox->im;
    uint64_t now_ms = im->parts->world->wall_ms;
    bool first = !device->known;
    assert(device->whom == STORE_TO_DEVICE);
    if (!first && now_ms >= device->seen_ms && now_ms < device->seen_ms + DAY_MS)
        return false;
    begin_set(device, set);
    if (first) {
        device->since_ms = now_ms;
        im->engine->devices++;
    }
    device->known = true;
    device->seen_ms = now_ms;
    device_write(device, *set);
    return first;
}
