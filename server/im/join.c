/* join.c: a device that has not been seen before. It gets what waits for whoever comes, what
 * nobody took yet, and what was taken first join_s ago at most: two new devices that come one after
 * the other both get all. */
#include "message_internal.h"

/* What somebody took who is no known device may have been this one. */
static bool may_have_it(const struct message *message, const struct device *device)
{
    for (const struct delivery *d = message->deliveries; d != NULL; d = d->sibling)
        if (d->device == device || (d->device->whom == STORE_TO_ANY && d->state == STORE_TAKEN))
            return true;
    return false;
}

static bool may_join(const struct message *message, uint64_t now_ms)
{
    uint64_t join_ms = (uint64_t)message->inbox->im->settings.join_s * 1000;
    if (message->live != NULL || !message->stored || message->directed ||
        message->told != TOLD_NOTHING || message->kind == STORE_SENT ||
        message->expires_ms <= now_ms)
        return false;
    if (message->taken_ms == 0)
        return message->counted;
    return message->taken_ms + join_ms > now_ms;
}

/* What was for anybody is this device's now. */
static void replace_any(struct message *message, struct store_set *set)
{
    for (struct delivery *d = message->deliveries; d != NULL; d = d->sibling) {
        if (d->device->whom != STORE_TO_ANY || d->state != STORE_OWED || d->attempt != NULL)
            continue;
        delivery_leave(d, STORE_FORGOTTEN, 0);
        row_put_delivery(set, d);
    }
}

static void join(struct message *message, struct device *device, struct store_set *set)
{
    if (may_have_it(message, device) ||
        (!message->counted && !inbox_has_room(message->inbox, message->peer_key, message->size)))
        return;
    row_put_delivery(set, delivery_new(message, device));
    replace_any(message, set);
    message_is_owed_again(message);
}

void join_device(struct device *device, struct store_set *set)
{
    struct inbox *inbox = device->inbox;
    uint64_t now_ms = inbox->im->parts->world->wall_ms;
    struct message *message, *next;
    DL_FOREACH_SAFE(inbox->messages, message, next)
    {
        if (may_join(message, now_ms))
            join(message, device, set);
    }
}
