/* carbon.c: what its sender keeps of a message: its place in the history, and copies for the
 * sender's other devices, for who wants them (XMPP calls them carbons). A copy is the message as
 * it was sent, the device that sent it is left out; the one that it registered by tells which.
 *
 * The sender's row is submitted before the receiver's, so it is durable by then; copies leave when
 * the receiver's is, and it is deleted when that is refused. After a crash between the two, the
 * request that is repeated finds it by its identity. */
#include "message_internal.h"

bool carbon_wants(const struct im *im, struct bytes aor)
{
    struct bytes choice = policy_preference(im->parts->policy, aor, BYTES("carbon"));
    if (bytes_empty(choice))
        return im->settings.carbon;
    return bytes_equal(choice, BYTES("on"));
}

static uint64_t identity_of(const struct live *live)
{
    const struct sip_message *sip = live->incoming.message;
    const struct inbox *receiver = live->message->inbox;
    uint64_t identity = message_identity(receiver->im, live->request.identity, sip->call_id,
                                         sip->from.tag, sip->cseq);
    return message_identity_sent(identity, receiver->aor);
}

/* Who writes to himself has it anyway; who was removed meanwhile has nothing. */
bool carbon_is_due(const struct live *live)
{
    const struct message *message = live->message;
    const struct im *im = message->inbox->im;
    struct bytes sender = live->request.identity;
    if (!live->local || message->kind != STORE_RECEIVED ||
        bytes_equal(sender, message->inbox->aor) ||
        front_is_closed(im->front, partition_of(sender)) ||
        accounts_find(im->parts->accounts, sender) == NULL)
        return false;
    if (im->settings.history_s == 0 && !carbon_wants(im, sender))
        return false;
    uint64_t identity = identity_of(live);
    return message_known(im, identity) == NULL && !forget_knows(im, identity);
}

bool carbon_deliver(struct message *message, const struct bytes *sent_by)
{
    struct inbox *inbox = message->inbox;
    struct device *device;
    bool any = false;
    if (!carbon_wants(inbox->im, inbox->aor))
        return false;
    DL_FOREACH(inbox->devices, device)
    {
        if (!device->known || (sent_by != NULL && bytes_equal(device->name, *sent_by)))
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
        .identity = identity_of(live),
        .kind = STORE_SENT,
        .made_ms = original->made_ms,
        .expires_ms = original->made_ms + (uint64_t)inbox->im->settings.offline_s * 1000,
    };
    struct message *copy = message_new(inbox, &plan);
    copy->status = original->status;
    copy->size = original->size;
    copy->carbon = true;
    return copy;
}

struct message *carbon_make(const struct live *live, struct bytes head, struct store_set *set)
{
    const struct row_source source = {live->incoming.message, &live->request};
    struct message *copy = make(live);
    (void)carbon_deliver(copy, &live->sent_by);
    row_put_message(set, copy, &source, head);
    row_put_deliveries(set, copy);
    return copy;
}

void carbon_undo(struct message *copy)
{
    const struct inbox *inbox = copy->inbox;
    struct store *store = inbox->im->parts->store;
    assert(copy->carbon && !copy->durable);
    if (partition_of(copy->peer) == inbox->partition)
        return; /* its own row was refused too, and the partition is loaded again */
    struct store_set *set = store_begin(store, inbox->partition);
    store_delete_message(set, inbox->aor, copy->serial);
    (void)store_submit(store, &set);
    message_free(copy);
}
