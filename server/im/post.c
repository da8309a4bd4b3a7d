/* post.c: a message that does not come from a request for one user: stored first, delivered from
 * there. */
#include "message_internal.h"

static void put(const struct im_post *post, const struct message *message, struct store_set *set)
{
    const struct store_message row = {
        .aor = post->owner,
        .serial = message->serial,
        .kind = post->kind,
        .peer = post->peer,
        .foreign = post->foreign,
        .trusted = post->trusted,
        .origin = post->origin,
        .from_tag = post->from_tag,
        .status = message->status,
        .content_type = post->content_type,
        .head = post->head,
        .body = post->body,
        .made_ms = message->made_ms,
        .expires_ms = message->expires_ms,
        .keep_until_ms = row_keep_until_ms(message->inbox->im, post->kind, message->made_ms),
    };
    store_put_message(set, &row);
    row_put_deliveries(set, message);
}

static void address(struct message *message, bool goes_out)
{
    struct inbox *inbox = message->inbox;
    struct device *device;
    if (goes_out)
        (void)delivery_new(message, device_need(inbox, STORE_TO_PEER, message->peer));
    DL_FOREACH(inbox->devices, device)
    {
        if (device->known && !goes_out)
            (void)delivery_new(message, device);
    }
    if (message->deliveries == NULL)
        (void)delivery_new(message, device_need(inbox, STORE_TO_ANY, BYTES("")));
}

static struct store_change post_new(struct im *im, const struct im_post *post, struct inbox *inbox,
                                    uint64_t identity)
{
    const struct message_plan plan = {
        .peer = post->peer,
        .identity = identity,
        .kind = post->kind,
        .made_ms = im->parts->world->wall_ms,
        .expires_ms = post->expires_ms,
    };
    struct message *message = message_new(inbox, &plan);
    message->size = post->head.length + post->body.length;
    message->status = 202;
    address(message, post->goes_out);
    struct store_set *set = store_begin(im->parts->store, inbox->partition);
    message_make_room(message, set);
    put(post, message, set);
    struct store_change change = store_submit(im->parts->store, &set);
    message_becomes_stored(message, change);
    news_tell(message, IM_STORED, NULL);
    return change;
}

struct store_change im_post(struct im *im, const struct im_post *post, bool *refused)
{
    assert(!bytes_empty(post->owner) && !bytes_empty(post->head));
    assert(post->kind != STORE_SENT || post->goes_out);
    unsigned partition = partition_of(post->owner);
    uint64_t identity =
        message_identity(im, post->owner, post->origin.call_id, post->from_tag, post->origin.cseq);
    if (post->kind == STORE_SENT)
        identity = message_identity_sent(identity, post->peer);
    *refused = false;
    if (message_known(im, identity) != NULL || forget_knows(im, identity))
        return store_latest(im->parts->store, partition);
    *refused = front_is_closed(im->front, partition) || !store_ready(im->parts->store);
    if (*refused)
        return STORE_NOTHING;
    struct inbox *inbox = inbox_need(im, post->owner);
    uint64_t peer_key = bytes_hash(post->peer, im->engine->seed);
    *refused = !inbox_has_room(inbox, peer_key, post->head.length + post->body.length);
    return *refused ? STORE_NOTHING : post_new(im, post, inbox, identity);
}
