/* carbon.c: what its sender keeps of a message: its place in the history, and copies for the
 * sender's other devices, for who wants them (XMPP calls them carbons). A copy is the message as
 * it was sent, the device that sent it is left out; the one that it registered by tells which. */
#include "message_internal.h"

bool carbon_wants(const struct im *im, struct bytes aor)
{
    struct bytes choice = policy_preference(im->parts->policy, aor, BYTES("carbon"));
    if (bytes_empty(choice))
        return im->settings.carbon;
    return bytes_equal(choice, BYTES("on"));
}

/* Who writes to himself has it anyway. */
bool carbon_is_due(const struct live *live)
{
    const struct message *message = live->message;
    const struct im *im = message->inbox->im;
    struct bytes sender = live->request.identity;
    if (!live->local || message->kind != STORE_RECEIVED ||
        bytes_equal(sender, message->inbox->aor) ||
        front_is_closed(im->front, partition_of(sender)))
        return false;
    return im->settings.history_s > 0 || carbon_wants(im, sender);
}

bool carbon_deliver(struct message *message, const struct live *live)
{
    struct inbox *inbox = message->inbox;
    struct device *device;
    bool any = false;
    if (!carbon_wants(inbox->im, inbox->aor))
        return false;
    DL_FOREACH(inbox->devices, device)
    {
        if (!device->known || bytes_equal(device->name, live->sent_by))
            continue;
        if (device->owed >= inbox->im->settings.stored_max) {
            metrics_count(inbox->im->parts->metrics, METRIC_copies_limited);
            continue;
        }
        (void)delivery_new(message, device);
        metrics_count(inbox->im->parts->metrics, METRIC_messages_copied);
        any = true;
    }
    return any;
}

static struct message *make(const struct live *live)
{
    struct message *original = live->message;
    struct inbox *inbox = inbox_need(original->inbox->im, live->request.identity);
    const struct message_plan plan = {
        .peer = original->inbox->aor,
        .kind = STORE_SENT,
        .made_ms = original->made_ms,
        .expires_ms = original->made_ms + (uint64_t)inbox->im->settings.offline_s * 1000,
    };
    struct message *copy = message_new(inbox, &plan);
    copy->status = original->status;
    copy->size = original->size;
    return copy;
}

struct message *carbon_make(const struct live *live, struct bytes head, struct store_set *set)
{
    const struct row_source source = {live->incoming.message, &live->request};
    struct message *copy = make(live);
    struct im *im = copy->inbox->im;
    bool owed = carbon_deliver(copy, live);
    row_put_message(set, copy, &source, head);
    row_put_deliveries(set, copy);
    im->engine->holds[copy->inbox->partition] = true;
    if (owed)
        return copy;
    message_free(copy);
    return NULL;
}
