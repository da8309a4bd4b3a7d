/* message.c: messages and their deliveries.
 *
 *     delivery:  OWED --2xx--> TAKEN
 *                  |----it answered that it never will--> FAILED
 *                  |----its time was over--> EXPIRED
 *                  \----its device is forgotten--> FORGOTTEN
 *
 * When the last one of a message has ended and its sender is to be told that it failed, the rows
 * still say OWED until that report is durable, and it is tried again after a pause when it cannot
 * be made: a crash at any time leaves either the report or what it is about.
 *
 * A message that is owed to nobody any more stays for a while: a request that comes again finds
 * it, and a device that has not been seen before may still get it (forget.c). */
#include "message_internal.h"
#include "share_internal.h"

uint64_t message_identity(const struct im *im, struct bytes owner, struct bytes call_id,
                          struct bytes from_tag, uint32_t cseq)
{
    uint64_t key = bytes_hash(owner, im->engine->seed);
    key = bytes_hash(call_id, key);
    key = bytes_hash(from_tag, key);
    return bytes_hash(bytes_from(&cseq, sizeof(cseq)), key);
}

uint64_t message_identity_sent(uint64_t identity, struct bytes peer)
{
    return bytes_hash(peer, identity);
}

struct message *message_known(const struct im *im, uint64_t identity)
{
    struct message *found;
    HASH_FIND_BYHASHVALUE(hh, im->engine->identities, &identity, sizeof(identity),
                          (unsigned)identity, found); /* it is a keyed hash itself */
    return found;
}

/* The last one that is not after this serial; NULL: there is none. */
static struct message *place(const struct inbox *inbox, uint64_t serial, struct message *near)
{
    struct message *at = near;
    if (at == NULL && inbox->messages != NULL)
        at = inbox->messages->prev;
    while (at != NULL && at->serial > serial)
        at = at != inbox->messages ? at->prev : NULL;
    while (at != NULL && at->next != NULL && at->next->serial <= serial)
        at = at->next;
    return at;
}

struct message *message_find(const struct inbox *inbox, uint64_t serial, struct message *near)
{
    struct message *at = place(inbox, serial, near);
    return at != NULL && at->serial == serial ? at : NULL;
}

void message_identify(struct message *message, uint64_t identity)
{
    struct engine *engine = message->inbox->im->engine;
    assert(message->identity == 0 && identity != 0);
    if (message_known(message->inbox->im, identity) != NULL)
        return;
    message->identity = identity;
    HASH_ADD_BYHASHVALUE(hh, engine->identities, identity, sizeof(identity), (unsigned)identity,
                         message);
}

static void insert(struct inbox *inbox, struct message *message, struct message *near)
{
    struct message *before = place(inbox, message->serial, near);
    if (before == NULL)
        DL_PREPEND(inbox->messages, message);
    else
        DL_APPEND_ELEM(inbox->messages, before, message);
}

struct message *message_new(struct inbox *inbox, const struct message_plan *plan)
{
    struct engine *engine = inbox->im->engine;
    struct message *message = memory_new(sizeof(*message) + plan->peer.length);
    char *at = message->text;
    message->inbox = inbox;
    message->kind = plan->kind;
    message->serial = plan->serial != 0 ? plan->serial : engine->epoch << 40 | ++engine->serial;
    message->made_ms = plan->made_ms;
    message->expires_ms = plan->expires_ms;
    message->peer = bytes_pack(&at, plan->peer);
    message->peer_key = bytes_hash(message->peer, engine->seed);
    insert(inbox, message, plan->near);
    if (plan->identity != 0)
        message_identify(message, plan->identity);
    return message;
}

/* How many texts wait for a user has changed. */
static void count_texts(const struct message *message, size_t more)
{
    struct inbox *inbox = message->inbox;
    const struct engine *engine = inbox->im->engine;
    if (message->kind != STORE_RECEIVED)
        return;
    inbox->texts += more; /* one less wraps around */
    if (engine->counts != NULL)
        engine->counts(engine->counts_context, inbox->aor);
}

/* What somebody has waits for the others at their cost alone; who sent a copy has it. */
static bool is_burden(const struct message *message)
{
    if (message->kind != STORE_SENT || message->taken_ms != 0)
        return message->taken_ms == 0;
    for (const struct delivery *d = message->deliveries; d != NULL; d = d->sibling)
        if (d->device->whom == STORE_TO_PEER)
            return true;
    return false;
}

static void burden(struct message *message)
{
    struct inbox *inbox = message->inbox;
    assert(!message->burdens);
    if (!is_burden(message))
        return;
    message->burdens = true;
    share_add(inbox, message->peer_key, message->size);
    inbox->untaken++;
    inbox->untaken_bytes += message->size;
}

static void unburden(struct message *message)
{
    struct inbox *inbox = message->inbox;
    if (!message->burdens)
        return;
    message->burdens = false;
    share_remove(inbox, message->peer_key, message->size);
    inbox->untaken--;
    inbox->untaken_bytes -= message->size;
}

static void discount(struct message *message)
{
    struct inbox *inbox = message->inbox;
    if (!message->counted)
        return;
    unburden(message);
    message->counted = false;
    inbox->owed--;
    inbox->owed_bytes -= message->size;
    inbox->im->engine->owed--;
    count_texts(message, SIZE_MAX);
}

static void free_delivery(struct delivery *delivery)
{
    struct device *device = delivery->device;
    if (delivery->attempt != NULL)
        attempt_free(delivery->attempt);
    if (delivery->state == STORE_OWED)
        delivery_leave(delivery, STORE_FORGOTTEN, 0);
    device->deliveries--;
    device_release(device);
    free(delivery);
}

void message_free(struct message *message)
{
    struct im *im = message->inbox->im;
    struct delivery *delivery, *next;
    if (message->live != NULL)
        live_free(message);
    discount(message);
    forget_leave(message);
    store_wait_cancel(&message->wait);
    world_timer_cancel(im->parts->world, &message->expiry);
    for (delivery = message->deliveries; delivery != NULL; delivery = next) {
        next = delivery->sibling;
        free_delivery(delivery);
    }
    if (message->identity != 0)
        HASH_DELETE(hh, im->engine->identities, message);
    DL_DELETE(message->inbox->messages, message);
    free(message);
}

/* Deliveries. */

struct delivery *delivery_new(struct message *message, struct device *device)
{
    struct delivery *delivery = memory_new(sizeof(*delivery));
    delivery->message = message;
    delivery->device = device;
    delivery->state = STORE_OWED;
    delivery->sibling = message->deliveries;
    message->deliveries = delivery;
    device->deliveries++;
    DL_APPEND(device->queue, delivery);
    device->owed++;
    return delivery;
}

void delivery_leave(struct delivery *delivery, enum store_delivery_state state, unsigned status)
{
    struct message *message = delivery->message;
    struct device *device = delivery->device;
    assert(delivery->state == STORE_OWED && state != STORE_OWED && delivery->attempt == NULL);
    DL_DELETE(device->queue, delivery);
    device->owed--;
    delivery->state = state;
    delivery->status = status;
    if (state == STORE_TAKEN && message->taken_ms == 0) {
        message->taken_ms = message->inbox->im->parts->world->wall_ms;
        unburden(message);
    }
    if (state == STORE_TAKEN)
        news_tell(message, IM_DELIVERED, delivery);
    device_nudge(device);
}

bool message_is_owed(const struct message *message)
{
    for (const struct delivery *d = message->deliveries; d != NULL; d = d->sibling)
        if (d->state == STORE_OWED)
            return true;
    return false;
}

bool message_is_under_way(const struct message *message)
{
    for (const struct delivery *d = message->deliveries; d != NULL; d = d->sibling)
        if (d->attempt != NULL)
            return true;
    return false;
}

static bool can_be_given_up(const struct delivery *delivery)
{
    const struct message *message = delivery->message;
    return message->counted && !message->burdens && delivery->attempt == NULL &&
           delivery->known == STORE_OWED;
}

static void shed(struct device *device, struct store_set *set)
{
    struct delivery *delivery;
    DL_FOREACH(device->queue, delivery)
    {
        if (can_be_given_up(delivery))
            break;
    }
    if (delivery == NULL)
        return;
    delivery_leave(delivery, STORE_FORGOTTEN, 0);
    row_put_delivery(set, delivery);
    metrics_count(device->inbox->im->parts->metrics, METRIC_deliveries_limited);
    message_settle(delivery->message);
}

void message_make_room(const struct message *message, struct store_set *set)
{
    unsigned most = message->inbox->im->settings.stored_max;
    for (const struct delivery *d = message->deliveries; d != NULL; d = d->sibling)
        if (d->state == STORE_OWED && d->device->owed > most)
            shed(d->device, set);
}

/* Stored. */

static void pump_all(struct message *message)
{
    struct delivery *delivery, *next;
    for (delivery = message->deliveries; delivery != NULL; delivery = next) {
        next = delivery->sibling;
        if (delivery->state == STORE_OWED)
            device_pump(delivery->device);
    }
}

/* Whoever sleeps is woken (RFC 8599). */
static void tell_waiting(const struct message *message)
{
    const struct engine *engine = message->inbox->im->engine;
    const struct delivery *delivery;
    if (engine->waits == NULL || message->kind != STORE_RECEIVED)
        return;
    for (delivery = message->deliveries; delivery != NULL; delivery = delivery->sibling)
        if (delivery->state == STORE_OWED && delivery->attempt == NULL)
            engine->waits(engine->waits_context, message->inbox->aor, delivery->device->name,
                          false);
}

static void written(struct store_wait *wait, enum store_outcome outcome)
{
    struct message *message = HOLDER(wait, struct message, wait);
    if (outcome != STORE_DURABLE) {
        if (message->carbon)
            carbon_undo(message);
        return; /* its partition is loaded again */
    }
    message->durable = true;
    if (message->carbon && message->deliveries == NULL) {
        message_free(message); /* it is a row of the history alone */
        return;
    }
    tell_waiting(message);
    pump_all(message);
    message_settle(message);
}

static void expired(struct timer *timer);

/* Somebody is owed it. */
static void count(struct message *message)
{
    struct inbox *inbox = message->inbox;
    struct im *im = inbox->im;
    uint64_t now_ms = im->parts->world->wall_ms;
    message->counted = true;
    inbox->owed++;
    inbox->owed_bytes += message->size;
    im->engine->owed++;
    burden(message);
    count_texts(message, 1);
    world_timer(im->parts->world, &message->expiry,
                message->expires_ms > now_ms ? message->expires_ms - now_ms : 0, expired);
}

void message_is_owed_again(struct message *message)
{
    assert(message->live == NULL && message->stored && message_is_owed(message));
    forget_leave(message);
    if (!message->counted)
        count(message);
}

void message_becomes_stored(struct message *message, struct store_change change)
{
    struct inbox *inbox = message->inbox;
    struct im *im = inbox->im;
    assert(message->live == NULL && !message->stored);
    message->stored = true;
    im->engine->holds[inbox->partition] = true;
    message->durable = change.number == 0 || store_durable(im->parts->store, change);
    if (!message->durable)
        store_wait(im->parts->store, &message->wait, change, written);
    if (message_is_owed(message))
        count(message);
}

/* The end. */

/* Whose not taking it the sender is told of: for other domains that one's, else everybody's. */
static bool counts_for_sender(const struct message *message, const struct delivery *delivery)
{
    return message->kind != STORE_SENT || delivery->device->whom == STORE_TO_PEER;
}

/* True when what the sender was promised did not come true; *failed says how. */
static bool has_failed(const struct message *message, const struct delivery **failed)
{
    const struct delivery *delivery;
    *failed = NULL;
    if (message->kind != STORE_SENT && message->taken_ms != 0)
        return false;
    for (delivery = message->deliveries; delivery != NULL; delivery = delivery->sibling) {
        if (!counts_for_sender(message, delivery))
            continue;
        if (delivery->state == STORE_TAKEN)
            return false;
        if (*failed == NULL || delivery->status != 0)
            *failed = delivery;
    }
    return *failed != NULL;
}

static enum report_outcome tell_failure(struct message *message, const struct delivery *failed,
                                        struct store_change *change)
{
    struct im *im = message->inbox->im;
    struct sheet sheet;
    bool expiry = failed->state == STORE_EXPIRED;
    if (message->kind == STORE_NOTICE)
        return REPORT_NOT_DUE;
    enum err err = sheet_open(message, &sheet);
    if (err != ERR_NONE)
        return err == ERR_NOT_FOUND ? REPORT_NOT_DUE : REPORT_REFUSED;
    const struct report_about about = {
        .message = &sheet.message,
        .owner = message->kind == STORE_SENT ? BYTES("") : message->inbox->aor,
        .sender = message->kind == STORE_SENT ? message->inbox->aor : message->peer,
        .foreign = sheet.foreign,
        .trusted = sheet.trusted,
        .serial = message->serial,
    };
    unsigned status = failed->status != 0 ? failed->status : 480;
    const char *reason = expiry ? "Its time was over" : sip_status_phrase(status);
    enum report_outcome outcome = report_failed(im, &about, status, reason, change);
    sheet_release(&sheet);
    return outcome;
}

static void put_ended(const struct message *message, struct store_set *set)
{
    for (const struct delivery *d = message->deliveries; d != NULL; d = d->sibling)
        if (d->state != STORE_OWED && d->state != STORE_TAKEN)
            row_put_delivery(set, d);
}

static void write_ended(const struct message *message)
{
    struct store *store = message->inbox->im->parts->store;
    struct store_set *set = store_begin(store, message->inbox->partition);
    put_ended(message, set);
    (void)store_submit(store, &set);
}

/* From here on it stays so, whatever becomes of the server. */
static void end_telling(struct message *message)
{
    const struct delivery *failed;
    message->told = TOLD_DONE;
    if (has_failed(message, &failed))
        news_tell_failed(message, failed->status);
    if (message->withheld)
        write_ended(message);
    message->withheld = false;
}

/* True when its row has to wait until the sender is told. */
static bool is_withheld(struct message *message)
{
    const struct delivery *failed;
    if (message->told == TOLD_DONE || message_is_owed(message) || !has_failed(message, &failed))
        return false;
    message->withheld = true;
    return true;
}

static void try_telling(struct message *message);

static void tell_again(struct timer *timer)
{
    struct message *message = HOLDER(timer, struct message, expiry);
    try_telling(message);
    message_settle(message);
}

/* It is tried for notice_s at most. */
static void tell_later(struct message *message)
{
    struct im *im = message->inbox->im;
    const struct im_settings *settings = &im->settings;
    unsigned pause_s = message->tell_pause_s;
    if (pause_s < settings->retry_least_s)
        pause_s = settings->retry_least_s;
    message->tell_pause_s = retry_next_s(settings, pause_s);
    if (im->parts->world->wall_ms >= message->failed_ms + (uint64_t)settings->notice_s * 1000)
        end_telling(message);
    else
        world_timer(im->parts->world, &message->expiry, (uint64_t)pause_s * 1000, tell_again);
}

static void telling_ended(struct store_wait *wait, enum store_outcome outcome)
{
    struct message *message = HOLDER(wait, struct message, wait);
    if (outcome == STORE_DURABLE)
        end_telling(message);
    else
        tell_later(message);
    message_settle(message);
}

static void try_telling(struct message *message)
{
    struct store *store = message->inbox->im->parts->store;
    struct store_change change = STORE_NOTHING;
    const struct delivery *failed;
    message->told = TOLD_BEGUN;
    enum report_outcome outcome =
        has_failed(message, &failed) ? tell_failure(message, failed, &change) : REPORT_NOT_DUE;
    if (outcome == REPORT_REFUSED)
        tell_later(message);
    else if (change.number != 0 && !store_durable(store, change))
        store_wait(store, &message->wait, change, telling_ended);
    else
        end_telling(message);
}

void message_settle(struct message *message)
{
    struct im *im = message->inbox->im;
    const struct delivery *failed;
    if (message->live != NULL || !message->durable || message_is_owed(message))
        return;
    if (message->told == TOLD_NOTHING && has_failed(message, &failed)) {
        metrics_count(im->parts->metrics, METRIC_messages_failed);
        world_timer_cancel(im->parts->world, &message->expiry);
        message->failed_ms = im->parts->world->wall_ms;
        try_telling(message);
    }
    if (message->told == TOLD_BEGUN)
        return;
    discount(message);
    world_timer_cancel(im->parts->world, &message->expiry);
    forget_later(message);
}

/* Its time is over; what is under way may still end well. */
static void expire(struct message *message)
{
    struct delivery *delivery, *next;
    for (delivery = message->deliveries; delivery != NULL; delivery = next) {
        next = delivery->sibling;
        if (delivery->state != STORE_OWED || delivery->attempt != NULL)
            continue;
        delivery_leave(delivery, STORE_EXPIRED, delivery->status);
        metrics_count(message->inbox->im->parts->metrics, METRIC_deliveries_expired);
        device_wake(delivery->device);
    }
}

static void expired(struct timer *timer)
{
    struct message *message = HOLDER(timer, struct message, expiry);
    expire(message);
    message_settle(message);
    if (!is_withheld(message))
        write_ended(message);
}

void message_end(struct message *message)
{
    struct delivery *delivery, *next;
    assert(message->live == NULL && message->durable);
    for (delivery = message->deliveries; delivery != NULL; delivery = next) {
        next = delivery->sibling;
        if (delivery->state != STORE_OWED)
            continue;
        if (delivery->attempt != NULL)
            attempt_free(delivery->attempt);
        delivery_leave(delivery, STORE_FORGOTTEN, delivery->status);
        metrics_count(message->inbox->im->parts->metrics, METRIC_deliveries_forgotten);
        device_wake(delivery->device);
    }
    message->told = TOLD_DONE;
    write_ended(message);
    message_settle(message);
}

void delivery_forget(struct delivery *delivery, struct store_set *set)
{
    struct message *message = delivery->message;
    delivery_leave(delivery, STORE_FORGOTTEN, 0);
    metrics_count(message->inbox->im->parts->metrics, METRIC_deliveries_forgotten);
    message_settle(message);
    if (!is_withheld(message))
        row_put_delivery(set, delivery);
}

static bool is_over(const struct message *message)
{
    return message->expires_ms <= message->inbox->im->parts->world->wall_ms;
}

static void count_outcome(const struct im *im, enum store_delivery_state state)
{
    static const enum metric counters[] = {
        [STORE_TAKEN] = METRIC_deliveries_taken,
        [STORE_FAILED] = METRIC_deliveries_failed,
        [STORE_EXPIRED] = METRIC_deliveries_expired,
        [STORE_FORGOTTEN] = METRIC_deliveries_forgotten,
    };
    assert(state != STORE_OWED);
    metrics_count(im->parts->metrics, counters[state]);
}

static void write_one(const struct delivery *delivery)
{
    struct inbox *inbox = delivery->message->inbox;
    struct store *store = inbox->im->parts->store;
    struct store_set *set = store_begin(store, inbox->partition);
    row_put_delivery(set, delivery);
    (void)store_submit(store, &set);
}

void delivery_decide(struct delivery *delivery, enum store_delivery_state state, unsigned status)
{
    struct message *message = delivery->message;
    struct device *device = delivery->device;
    struct im *im = message->inbox->im;
    delivery->status = status != 0 ? status : delivery->status;
    if (state == STORE_OWED && is_over(message))
        state = STORE_EXPIRED;
    if (state == STORE_OWED)
        return;
    delivery_leave(delivery, state, delivery->status);
    count_outcome(im, state);
    message_settle(message); /* a report is stored before what it reports */
    if (!is_withheld(message))
        write_one(delivery);
    device->pause_s = im->settings.retry_least_s;
    device->came = false;
    if (state != STORE_TAKEN)
        return;
    world_timer_cancel(im->parts->world, &device->timer); /* it takes more at once */
    device_pump(device);
}
