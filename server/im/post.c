/* post.c: a message that does not come from a request for one user: stored first, delivered from
 * there. What its sender keeps of it is submitted before, as carbon.c does it. */
#include "message_internal.h"

static void put(const struct im_post *post, const struct message *message, struct store_set *set)
{
    const struct store_message row = {
        .aor = message->inbox->aor,
        .serial = message->serial,
        .kind = message->kind,
        .peer = message->peer,
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
        .keep_until_ms = row_keep_until_ms(message->inbox->im, message->kind, message->made_ms),
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
    if (goes_out && message->kind == STORE_SENT)
        (void)carbon_deliver(message, NULL);
    DL_FOREACH(inbox->devices, device)
    {
        if (device->known && !goes_out)
            (void)delivery_new(message, device);
    }
    if (message->deliveries == NULL)
        (void)delivery_new(message, device_need(inbox, STORE_TO_ANY, BYTES("")));
}

static struct message *make(struct inbox *inbox, const struct im_post *post, struct bytes peer,
                            enum store_message_kind kind, uint64_t identity, uint64_t serial)
{
    const struct message_plan plan = {
        .peer = peer,
        .identity = identity,
        .kind = kind,
        .serial = serial,
        .made_ms = inbox->im->parts->world->wall_ms,
        .expires_ms = post->expires_ms,
    };
    struct message *message = message_new(inbox, &plan);
    message->size = post->head.length + post->body.length;
    message->status = 202;
    return message;
}

static struct store_change post_new(struct im *im, const struct im_post *post, struct inbox *inbox,
                                    uint64_t identity)
{
    struct message *message = make(inbox, post, post->peer, post->kind, identity, post->serial);
    address(message, post->goes_out);
    struct store_set *set = store_begin(im->parts->store, inbox->partition);
    message_make_room(message, set);
    put(post, message, set);
    struct store_change change = store_submit(im->parts->store, &set);
    message_becomes_stored(message, change);
    news_tell(message, IM_STORED, NULL);
    return change;
}

/* Which request it is, to the receiver or to who sent it. */
static uint64_t identity_of(const struct im *im, const struct im_post *post, bool copy)
{
    uint64_t identity = message_identity(im, copy ? post->peer : post->owner, post->origin.call_id,
                                         post->from_tag, post->origin.cseq);
    if (copy)
        return message_identity_sent(identity, post->owner);
    return post->kind == STORE_SENT ? message_identity_sent(identity, post->peer) : identity;
}

static bool is_known(const struct im *im, uint64_t identity)
{
    return message_known(im, identity) != NULL || forget_knows(im, identity);
}

static void seen(void *context, const struct store_message *row)
{
    (void)row;
    *(bool *)context = true;
}

/* It has a row by that name. *refused: that cannot be told now. */
static bool is_kept(const struct im *im, const struct im_post *post, bool *refused)
{
    bool there = false;
    if (post->serial == 0)
        return false;
    enum err err = store_read_message(im->parts->store, post->owner, post->serial, seen, &there);
    *refused = err != ERR_NONE && err != ERR_NOT_FOUND;
    return there;
}

static bool has_store(const struct im *im, unsigned partition)
{
    return !front_is_closed(im->front, partition) && store_ready(im->parts->store);
}

/* The sender's row is submitted; NULL: it is there. It becomes stored by another change, or its
 * own. */
static struct message *copy_new(struct im *im, const struct im_post *post,
                                struct store_change *change)
{
    uint64_t identity = identity_of(im, post, true);
    if (is_known(im, identity))
        return NULL;
    struct message *copy =
        make(inbox_need(im, post->peer), post, post->owner, STORE_SENT, identity, 0);
    copy->carbon = true;
    (void)carbon_deliver(copy, NULL);
    struct store_set *set = store_begin(im->parts->store, copy->inbox->partition);
    put(post, copy, set);
    *change = store_submit(im->parts->store, &set);
    return copy;
}

static void copy_becomes_stored(struct message *copy, struct store_change change)
{
    if (copy == NULL)
        return;
    message_becomes_stored(copy, change);
    message_settle(copy);
}

struct store_change im_post_copy(struct im *im, const struct im_post *post, bool *refused)
{
    unsigned partition = partition_of(post->peer);
    struct store_change change = STORE_NOTHING;
    *refused = !has_store(im, partition);
    if (*refused)
        return STORE_NOTHING;
    struct message *copy = copy_new(im, post, &change);
    copy_becomes_stored(copy, change);
    return copy != NULL ? change : store_latest(im->parts->store, partition);
}

uint64_t im_post_serial(const struct im *im, const struct im_post *post, bool copy)
{
    const struct message *message = message_known(im, identity_of(im, post, copy));
    return message != NULL ? message->serial : 0;
}

struct store_change im_post(struct im *im, const struct im_post *post, bool *refused)
{
    assert(!bytes_empty(post->owner) && !bytes_empty(post->head));
    assert(post->kind != STORE_SENT || post->goes_out);
    assert(!post->copied || (!post->goes_out && !bytes_equal(post->owner, post->peer)));
    unsigned partition = partition_of(post->owner);
    uint64_t identity = identity_of(im, post, false);
    struct store_change copied;
    *refused = false;
    if (is_known(im, identity))
        return store_latest(im->parts->store, partition);
    *refused =
        !has_store(im, partition) || (post->copied && !has_store(im, partition_of(post->peer)));
    if (*refused)
        return STORE_NOTHING;
    if (is_kept(im, post, refused))
        return store_latest(im->parts->store, partition);
    if (*refused)
        return STORE_NOTHING;
    struct inbox *inbox = inbox_need(im, post->owner);
    uint64_t peer_key = bytes_hash(post->peer, im->engine->seed);
    *refused = !inbox_has_room(inbox, peer_key, post->head.length + post->body.length);
    if (*refused)
        return STORE_NOTHING;
    struct message *copy = post->copied ? copy_new(im, post, &copied) : NULL;
    struct store_change change = post_new(im, post, inbox, identity);
    copy_becomes_stored(copy, change);
    return change;
}
