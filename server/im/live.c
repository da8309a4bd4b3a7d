/* live.c: a message whose sender waits for an answer.
 *
 *     LIVE --a 2xx, all have ended, or answer_ms are over----+--> somebody took it: 200, stored
 *                                                            |--> owed to somebody: 202, stored
 *                                                            \--> nobody ever will: the best of
 *                                                                 their answers, forgotten
 *
 * One change set has the message and all its deliveries as they are then; the answer waits for
 * it. A 2xx goes back as the device gave it, unless it has a body (RFC 3428 7). */
#include <stdio.h>

#include "front/keep.h"
#include "message_internal.h"
#include "sip/write.h"

enum { STORE_AGAIN_MS = 500 };

static struct server_transaction *server_of(const struct live *live)
{
    return transaction_find(live->message->inbox->im->parts->transactions, live->server);
}

/* Beginning. */

static void finish(struct message *message);

static void answer_is_due(struct timer *timer)
{
    finish(HOLDER(timer, struct live, timer)->message);
}

static struct bytes sender_device(const struct im *im, const struct front_request *request)
{
    const struct im_registrations *ask = &im->registrations;
    if (ask->instance_at == NULL || bytes_empty(request->identity) || request->foreign)
        return BYTES("");
    return ask->instance_at(ask->context, request->identity, &request->incoming->flow);
}

/* The client gives up after 64*T1, and its transaction with it; half of that leaves time. */
static unsigned patience_ms(const struct im *im)
{
    return 32 * transaction_layer_settings(im->parts->transactions)->t1_ms;
}

static unsigned answer_ms(const struct im *im)
{
    unsigned most_ms = patience_ms(im);
    return im->settings.answer_ms < most_ms ? im->settings.answer_ms : most_ms;
}

static void make_live(struct im *im, struct message *message, const struct front_request *request,
                      struct server_transaction *server)
{
    struct bytes sent_by = sender_device(im, request);
    size_t size = sizeof(struct live) + front_keep_size(request) + sent_by.length;
    struct live *live = memory_new(size);
    char *at = live->text;
    live->message = message;
    live->server = transaction_handle(server);
    live->size = size;
    live->until_ms = im->parts->world->now_ms + patience_ms(im);
    live->local = !bytes_empty(intake_sender(im, request));
    front_keep(request, server, &live->request, &live->incoming, &at);
    live->sent_by = bytes_pack(&at, sent_by);
    transaction_charge(im->parts->transactions, size);
    DL_APPEND(im->engine->lives, live);
    im->engine->live_count++;
    world_timer(im->parts->world, &live->timer, answer_ms(im), answer_is_due);
    message->live = live;
}

/* Of who proves nothing, only the address is known. */
static uint64_t stranger_key(const struct im *im, const struct front_request *request)
{
    struct net_address source = net_address_counted(&request->incoming->flow.remote);
    return net_address_hash(&source, ~im->engine->seed);
}

struct message *live_begin(struct im *im, const struct live_plan *plan)
{
    struct front_request *request = plan->request;
    struct server_transaction *server =
        transaction_begin(im->parts->transactions, request->incoming);
    if (server == NULL)
        return NULL;
    const struct message_plan what = {
        .peer = plan->peer,
        .identity = plan->identity,
        .kind = plan->kind,
        .made_ms = im->parts->world->wall_ms,
        .expires_ms = plan->expires_ms,
    };
    struct message *message = message_new(plan->inbox, &what);
    message->size = request->message->raw.length;
    if (bytes_empty(plan->peer))
        message->peer_key = stranger_key(im, request);
    make_live(im, message, request, server);
    return message;
}

void live_free(struct message *message)
{
    struct live *live = message->live;
    struct im *im = message->inbox->im;
    world_timer_cancel(im->parts->world, &live->timer);
    proxy_best_release(im->proxy, &live->best);
    proxy_best_release(im->proxy, &live->taken);
    transaction_discharge(im->parts->transactions, live->size);
    DL_DELETE(im->engine->lives, live);
    im->engine->live_count--;
    message->live = NULL;
    free(live);
}

/* Answering. */

static void write_ours(const struct live *live, const struct incoming *incoming, unsigned status,
                       const char *reason, struct buffer *out)
{
    struct im *im = live->message->inbox->im;
    transaction_write(im->parts->transactions, incoming, out, status, reason, BYTES(""));
    if (status == 503 || live->later)
        sip_write_number(out, "Retry-After", front_settings(im->front)->retry_after_s);
    sip_write_body(out, BYTES(""), BYTES(""));
}

static void reply_again(struct live *live, unsigned status, const char *reason,
                        struct store_change after)
{
    struct im *im = live->message->inbox->im;
    for (unsigned i = 0; i < live->again_count; i++) {
        struct again *again = &live->again[i];
        struct buffer out = buffer_over(im->engine->head, IM_HEAD_MAX);
        struct server_transaction *server =
            transaction_find(im->parts->transactions, again->server);
        if (server == NULL)
            continue;
        write_ours(live, &again->incoming, status, reason, &out);
        transaction_reply(im->parts->transactions, server, buffer_bytes(&out), after);
    }
}

void live_reply(struct live *live, unsigned status, const char *reason, struct store_change after)
{
    struct im *im = live->message->inbox->im;
    struct server_transaction *server = server_of(live);
    struct buffer out = buffer_over(im->engine->head, IM_HEAD_MAX);
    if (after.number == 0)
        after = live->request.seen;
    reply_again(live, status, reason, after);
    if (server == NULL)
        return;
    write_ours(live, &live->incoming, status, reason, &out);
    front_count_refusal(im->front, status, live->request.why);
    assert(!out.overflow); /* it is shorter than the request, and a few fields of ours */
    transaction_reply(im->parts->transactions, server, buffer_bytes(&out), after);
}

static void reply_best(struct live *live, const struct proxy_best *best, struct store_change after)
{
    struct server_transaction *server = server_of(live);
    reply_again(live, best->status, NULL, after);
    if (server != NULL)
        transaction_reply(live->message->inbox->im->parts->transactions, server,
                          bytes_from(best->text, best->length), after);
}

void live_take_answer(struct message *message, const struct client_answer *answer)
{
    struct live *live = message->live;
    struct im *im = message->inbox->im;
    if (answer->response == NULL)
        return;
    if (answer->status >= 300)
        proxy_best_consider(im->proxy, &live->best, &live->incoming, answer);
    else if (bytes_empty(answer->response->body) && live->taken.status == 0)
        proxy_best_consider(im->proxy, &live->taken, &live->incoming, answer);
}

/* The end. */

static unsigned status_of(const struct message *message)
{
    const struct live *live = message->live;
    if (message->taken_ms == 0)
        return 202;
    return live->taken.status != 0 ? live->taken.status : 200;
}

static void reply_success(struct message *message, struct store_change after)
{
    struct live *live = message->live;
    if (message->taken_ms != 0 && live->taken.status != 0)
        reply_best(live, &live->taken, after);
    else
        live_reply(live, message->status, NULL, after);
}

/* Nobody ever will take it. */
static void fail(struct message *message)
{
    struct live *live = message->live;
    bool foreign = message->deliveries->device->whom == STORE_TO_PEER;
    news_tell_failed(message, live->best.status);
    if (live->best.status == 503) /* RFC 3261 16.7 step 6: that server is overloaded, not this */
        live_reply(live, 500, "The contact of this user is overloaded", STORE_NOTHING);
    else if (live->best.status != 0)
        reply_best(live, &live->best, STORE_NOTHING);
    else if (message->deliveries->status == 513)
        live_reply(live, 513, "The message is too large to be relayed", STORE_NOTHING);
    else if (foreign)
        live_reply(live, 500, "Where this request leads could not be reached", STORE_NOTHING);
    else
        live_reply(live, 480, "No contact of this user could be reached", STORE_NOTHING);
    message_free(message);
}

static void tell_stored(struct message *message)
{
    struct live *live = message->live;
    const struct report_about about = {
        .message = live->incoming.message,
        .owner = message->kind == STORE_SENT ? BYTES("") : message->inbox->aor,
        .sender = message->kind == STORE_SENT ? message->inbox->aor : message->peer,
        .foreign = live->request.foreign,
        .trusted = live->request.trusted,
        .serial = message->serial,
    };
    metrics_count(message->inbox->im->parts->metrics, METRIC_messages_stored);
    news_tell(message, IM_STORED, NULL);
    if (message->kind != STORE_NOTICE)
        report_stored(message->inbox->im, &about);
}

/* After the answer, of which nobody takes notice any more. */
static void leave(struct message *message, struct store_change change)
{
    struct delivery *delivery;
    live_free(message);
    message_becomes_stored(message, change);
    for (delivery = message->deliveries; delivery != NULL; delivery = delivery->sibling) {
        struct device *device = delivery->device;
        if (device_first(device) == delivery && delivery->attempt == NULL &&
            !timer_is_set(&device->timer))
            device_pause(device, delivery->asked_s);
    }
    message_settle(message);
}

/* Whoever took it took it: nothing is written, and only a repeated request is remembered. */
static void finish_unwritten(struct message *message)
{
    message->status = status_of(message);
    reply_success(message, STORE_NOTHING);
    live_free(message);
    message->durable = true;
    message->told = TOLD_DONE;
    message_settle(message);
}

/* The sender's own row goes into the set of its partition, which may be the receiver's, or before
 * that. */
static struct message *write_carbon(const struct live *live, struct bytes head,
                                    struct store_set **set)
{
    struct store *store = live->message->inbox->im->parts->store;
    unsigned senders = partition_of(live->request.identity);
    *set = store_begin(store, senders);
    struct message *copy = carbon_make(live, head, *set);
    if (senders != live->message->inbox->partition)
        (void)store_submit(store, set);
    return copy;
}

static struct store_change write_rows(struct message *message, struct bytes head)
{
    struct live *live = message->live;
    struct store *store = message->inbox->im->parts->store;
    const struct row_source source = {live->incoming.message, &live->request};
    struct message *copy = NULL;
    struct store_set *set = NULL;
    if (carbon_is_due(live))
        copy = write_carbon(live, head, &set);
    if (set == NULL)
        set = store_begin(store, message->inbox->partition);
    message_make_room(message, set);
    row_put_message(set, message, &source, head);
    row_put_deliveries(set, message);
    struct store_change change = store_submit(store, &set);
    if (copy == NULL)
        return change;
    message_becomes_stored(copy, change);
    message_settle(copy);
    return change;
}

static void refuse_stored(struct message *message, unsigned status, const char *reason)
{
    live_reply(message->live, status, reason, STORE_NOTHING);
    message_free(message);
}

static void store(struct message *message)
{
    struct live *live = message->live;
    struct im *im = message->inbox->im;
    const struct row_source source = {live->incoming.message, &live->request};
    message->status = status_of(message);
    if (message->kind == STORE_SENT)
        (void)carbon_deliver(message, &live->sent_by);
    struct bytes head = row_head(im, &source, message->made_ms);
    if (bytes_empty(head)) {
        refuse_stored(message, 513, "The message is too large to be stored");
        return;
    }
    message->size = head.length + live->incoming.message->body.length;
    struct store_change change = write_rows(message, head);
    if (message->taken_ms == 0)
        tell_stored(message);
    reply_success(message, change);
    leave(message, change);
}

static bool can_store(const struct message *message)
{
    const struct im *im = message->inbox->im;
    return !front_is_closed(im->front, message->inbox->partition) && store_ready(im->parts->store);
}

/* What has been taken is kept for its history alone. */
static bool is_worth_a_row(const struct message *message)
{
    const struct im *im = message->inbox->im;
    return message->kind != STORE_NOTICE &&
           (im->settings.history_s > 0 || carbon_is_due(message->live) ||
            (message->kind == STORE_SENT && carbon_wants(im, message->inbox->aor)));
}

/* True while there is time to see the store come back. */
static bool waits_for_store(struct live *live)
{
    struct world *world = live->message->inbox->im->parts->world;
    if (live->timed || world->now_ms >= live->until_ms)
        return false;
    world_timer(world, &live->timer, STORE_AGAIN_MS, answer_is_due);
    return true;
}

/* Somebody has it, and the others cannot be promised it. */
static void refuse_half_taken(struct message *message)
{
    metrics_count(message->inbox->im->parts->metrics, METRIC_requests_overload);
    message->live->later = true;
    refuse_stored(message, 500, "The message is not stored for all devices of this user");
}

static void finish_owed(struct message *message)
{
    struct im *im = message->inbox->im;
    bool taken = message->taken_ms != 0;
    bool room = taken || inbox_has_room(message->inbox, message->peer_key, message->size);
    if (room && can_store(message)) {
        store(message);
        return;
    }
    if (taken) {
        if (!waits_for_store(message->live))
            refuse_half_taken(message);
        return;
    }
    if (message_is_under_way(message))
        return; /* it may yet be taken */
    if (!room) {
        message->live->request.why = FRONT_WHY_LIMIT;
        refuse_stored(message, 480, "Too many messages wait for this user");
    } else {
        metrics_count(im->parts->metrics, METRIC_requests_overload);
        refuse_stored(message, 503, "The message cannot be stored for the moment");
    }
}

static void finish(struct message *message)
{
    if (server_of(message->live) == NULL)
        message_free(message); /* it has ended, and the request with it: nobody waits */
    else if (message_is_owed(message))
        finish_owed(message);
    else if (message->taken_ms == 0)
        fail(message);
    else if (is_worth_a_row(message) && can_store(message))
        store(message);
    else
        finish_unwritten(message);
}

void live_advance(struct message *message)
{
    assert(message->live != NULL);
    if (message->taken_ms != 0 || !message_is_under_way(message))
        finish(message); /* RFC 3261 16.7 step 5: a 2xx goes back at once */
}

void live_hurry(struct live *live)
{
    live->timed = true;
    finish(live->message);
}

/* Repeated requests. */

static size_t count_vias(const struct sip_message *message)
{
    struct sip_values values = sip_values_of(message, SIP_VIA);
    struct bytes value;
    size_t count = 0;
    while (sip_values_next(&values, &value))
        count++;
    return count;
}

/* A client that lost its connection sends the same request by another. One that came by a longer
 * way was sent by ourselves: its answer would wait for itself. */
static void absorb(struct im *im, struct front_request *request, struct live *live)
{
    if (live->again_count == LIVE_AGAIN_MAX || server_of(live) == NULL ||
        count_vias(request->message) != count_vias(live->incoming.message)) {
        front_refuse(request, 482, "This request came a second way");
        return;
    }
    struct server_transaction *server =
        transaction_begin(im->parts->transactions, request->incoming);
    if (server == NULL)
        return;
    struct again *again = &live->again[live->again_count++];
    again->server = transaction_handle(server);
    again->incoming.message = transaction_keep(server, request->incoming);
    again->incoming.flow = request->incoming->flow;
}

bool live_repeats(struct im *im, struct front_request *request, uint64_t identity)
{
    struct message *known = message_known(im, identity);
    if (known == NULL)
        return false;
    metrics_count(im->parts->metrics, METRIC_messages_repeated);
    if (known->live != NULL)
        absorb(im, request, known->live);
    else {
        (void)front_respond(request, known->status != 0 ? known->status : 202, NULL, BYTES(""));
        front_send(request, store_latest(im->parts->store, known->inbox->partition));
    }
    return true;
}
