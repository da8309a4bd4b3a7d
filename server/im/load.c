/* load.c: a partition's messages, from its rows.
 *
 * What is live stays: its sender waits for us, and no row knows of it. What was decided and is not
 * in the rows (the store refused to keep it) is remembered, so that nobody gets twice what it has
 * taken; the row is written again after a pause.
 *
 * The rows come by user and serial, as the messages stand in their inbox, and each one is looked
 * for from where the one before was: a reading is as long as there are rows. */
#include "message_internal.h"

/* How far a delivery was before the rows were read anew: what was answered, or what is under way.
 */
struct answer_key {
    uint64_t serial;
    struct device *device;
};
struct answer {
    UT_hash_handle hh;
    struct answer_key key;
    struct attempt *attempt;         /* NULL: none */
    enum store_delivery_state state; /* OWED: nothing is known */
    unsigned status;
};

struct loading {
    struct im *im;
    struct inbox *inbox;     /* the one of the row before */
    struct message *message; /* likewise, in that inbox; NULL: none yet */
    struct answer *answers;
    bool again; /* not at the start */
};

static struct inbox *inbox_of(struct loading *loading, struct bytes aor)
{
    if (loading->inbox != NULL && bytes_equal(loading->inbox->aor, aor))
        return loading->inbox;
    loading->inbox = inbox_need(loading->im, aor);
    loading->message = NULL;
    return loading->inbox;
}

/* Rows. */

static void take_device(void *context, const struct store_device *row)
{
    struct loading *loading = context;
    struct inbox *inbox = inbox_of(loading, row->aor);
    struct device *device = device_need(inbox, STORE_TO_DEVICE, row->instance);
    if (!device->known)
        loading->im->engine->devices++;
    device->known = true;
    device->since_ms = row->since_ms;
    device->seen_ms = row->seen_ms;
}

static struct message *message_of_row(struct loading *loading, const struct store_owed *row)
{
    struct message *message = message_find(loading->inbox, row->delivery.serial, loading->message);
    const struct message_plan plan = {
        .peer = row->peer,
        .kind = row->kind,
        .serial = row->delivery.serial,
        .made_ms = row->made_ms,
        .expires_ms = row->expires_ms,
        .near = loading->message,
    };
    if (message == NULL) {
        message = message_new(loading->inbox, &plan);
        message->size = row->size;
        message->taken_ms = row->taken_ms;
    }
    loading->message = message;
    return message;
}

static struct answer *answer_find(const struct loading *loading, const struct answer_key *key)
{
    struct answer *found;
    TABLE_FIND(loading->answers, key, sizeof(*key), loading->im->engine->seed, found);
    return found;
}

static void recall(struct loading *loading, struct delivery *delivery)
{
    const struct answer_key key = {delivery->message->serial, delivery->device};
    struct answer *answer = answer_find(loading, &key);
    if (answer == NULL)
        return;
    delivery->known = answer->state;
    delivery->status = answer->status;
    if (answer->attempt != NULL)
        attempt_adopt(delivery, answer->attempt);
    answer->attempt = NULL;
}

static void take_owed(void *context, const struct store_owed *row)
{
    struct loading *loading = context;
    struct inbox *inbox = inbox_of(loading, row->delivery.aor);
    struct message *message = message_of_row(loading, row);
    enum store_whom whom = row->delivery.whom;
    struct device *device =
        device_need(inbox, whom, whom == STORE_TO_PEER ? row->peer : row->delivery.device);
    if (message->live != NULL)
        return; /* a serial is used once */
    struct delivery *delivery = delivery_new(message, device);
    delivery->status = row->delivery.status;
    delivery->tries = row->delivery.tries;
    recall(loading, delivery);
}

static void take_recent(void *context, const struct store_message *row)
{
    struct loading *loading = context;
    struct im *im = loading->im;
    struct inbox *inbox = inbox_of(loading, row->aor);
    struct message *message = message_find(inbox, row->serial, loading->message);
    uint64_t identity =
        message_identity(im, row->aor, row->origin.call_id, row->from_tag, row->origin.cseq);
    const struct message_plan plan = {
        .peer = row->peer,
        .kind = row->kind,
        .serial = row->serial,
        .made_ms = row->made_ms,
        .expires_ms = row->expires_ms,
        .identity = row->kind == STORE_SENT ? message_identity_sent(identity, row->peer) : identity,
        .near = loading->message,
    };
    if (message == NULL) {
        message = message_new(inbox, &plan);
        message->taken_ms = row->made_ms; /* it is owed to nobody: as far as one can tell */
    } else if (message->identity == 0) {
        message_identify(message, plan.identity);
    }
    message->status = row->status;
    loading->message = message;
}

/* Before and after. */

static void remember(struct loading *loading, struct delivery *delivery)
{
    enum store_delivery_state state =
        delivery->state != STORE_OWED ? delivery->state : delivery->known;
    if (state != STORE_TAKEN && state != STORE_FAILED && delivery->attempt == NULL)
        return;
    struct answer *answer = memory_new(sizeof(*answer));
    *answer = (struct answer){
        .key = {delivery->message->serial, delivery->device},
        .attempt = delivery->attempt,
        .state = delivery->attempt == NULL ? state : STORE_OWED,
        .status = delivery->status,
    };
    if (answer->attempt != NULL)
        answer->attempt->delivery = NULL;
    delivery->attempt = NULL;
    delivery->device->deliveries++; /* it stays */
    TABLE_ADD(loading->answers, &answer->key, sizeof(answer->key), loading->im->engine->seed,
              answer);
}

static void drop_messages(struct loading *loading, struct inbox *inbox)
{
    struct message *message, *next;
    struct delivery *delivery;
    DL_FOREACH_SAFE(inbox->messages, message, next)
    {
        if (message->live != NULL)
            continue;
        for (delivery = message->deliveries; delivery != NULL; delivery = delivery->sibling)
            remember(loading, delivery);
        message_free(message);
    }
}

static void drop_devices(struct inbox *inbox)
{
    struct device *device, *next;
    DL_FOREACH_SAFE(inbox->devices, device, next)
    {
        inbox->im->engine->devices -= device->known;
        device->known = false;
        device_release(device);
    }
}

static void drop(struct loading *loading, unsigned partition)
{
    struct inbox *inbox;
    DL_FOREACH(loading->im->engine->partitions[partition], inbox)
    {
        inbox->came = STORE_NOTHING; /* it is in the rows, or was refused */
        inbox->fresh = false;
        drop_messages(loading, inbox);
        drop_devices(inbox);
    }
}

static void release_answers(struct loading *loading)
{
    struct answer *answer, *next;
    HASH_ITER(hh, loading->answers, answer, next)
    {
        HASH_DELETE(hh, loading->answers, answer);
        if (answer->attempt != NULL)
            attempt_free(answer->attempt);
        answer->key.device->deliveries--;
        device_release(answer->key.device);
        free(answer);
    }
}

static void begin_devices(const struct loading *loading, struct inbox *inbox)
{
    struct device *device, *next;
    DL_FOREACH_SAFE(inbox->devices, device, next)
    {
        if (device->queue != NULL && loading->again)
            device_pause(device, 0);
        else
            device_wake(device);
    }
}

/* All of them are written. */
static void begin_messages(struct inbox *inbox)
{
    struct message *message, *next;
    DL_FOREACH_SAFE(inbox->messages, message, next)
    {
        if (message->live != NULL)
            continue;
        message_becomes_stored(message, STORE_NOTHING);
        message_settle(message);
    }
}

static void begin(const struct loading *loading, unsigned partition)
{
    struct inbox *inbox, *next;
    DL_FOREACH_SAFE(loading->im->engine->partitions[partition], inbox, next)
    {
        if (accounts_gone(loading->im->parts->accounts, inbox->aor)) {
            inbox_erase(loading->im, inbox->aor);
            inbox_free(inbox, 404);
            continue;
        }
        begin_messages(inbox);
        begin_devices(loading, inbox);
        if (inbox->devices == NULL && inbox->messages == NULL)
            inbox_free(inbox, 0);
    }
}

enum err im_load(struct im *im, unsigned partition)
{
    const struct im_settings *settings = &im->settings;
    struct loading loading = {.im = im, .again = im->engine->loaded[partition]};
    uint64_t recent_ms = 64 * (uint64_t)transaction_layer_settings(im->parts->transactions)->t1_ms;
    if (recent_ms < (uint64_t)settings->join_s * 1000)
        recent_ms = (uint64_t)settings->join_s * 1000;
    drop(&loading, partition);
    const struct store_visitor visitor = {
        .device = take_device,
        .owed = take_owed,
        .recent = take_recent,
        .recent_ms = im->parts->world->wall_ms - recent_ms,
        .context = &loading,
    };
    enum err err = store_load(im->parts->store, partition, &visitor);
    if (err == ERR_NONE) {
        im->engine->loaded[partition] = im->engine->holds[partition] = true;
        begin(&loading, partition);
    }
    release_answers(&loading);
    if (err != ERR_NONE)
        im_close(im, partition);
    return err;
}

void im_close(struct im *im, unsigned partition)
{
    struct loading loading = {.im = im};
    drop(&loading, partition);
    release_answers(&loading);
}
