/* invite_server.c: the INVITE server transaction (RFC 3261 17.2.1, as RFC 6026 7.1 changes it), and
 * what ACK and CANCEL do to it.
 *
 *     begin -> PROCEEDING -- 101-199: sent, and again when the INVITE comes again
 *                |     |
 *                | 2xx | 300-699; 408 when nobody has answered for invite_max_s
 *                v     v
 *         ACCEPTED   COMPLETED -- timer G (datagrams), or the INVITE comes again: sent again
 *          |  |  |      |    |
 *          |  |  |      |    +-- timer H: no ACK came ---------> gone
 *          |  |  |      | ACK
 *          |  |  |      v
 *          |  |  |   CONFIRMED -- timer I (streams: at once) --> gone
 *          |  |  +- the INVITE again: swallowed, repeating the 2xx is the user's business
 *          |  +---- another 2xx: sent; ACK: goes up
 *          +------- timer L -----------------------------------> gone
 *
 * An INVITE that has no answer when the user returns gets a 100. Replies that wait for a change
 * leave in the order in which they were given, each when its own change is durable; if that is
 * refused, a final one becomes 500 and others are not sent. PROCEEDING never gives way when there
 * is too much: it ends by an answer alone, so that invite_max_s is its bound.
 *
 * A CANCEL finds its INVITE by the same key, and must come from the same host: whoever the INVITE
 * was forked to has seen its branch (RFC 3261 22.1 wants a CANCEL of the same hop). It has a
 * transaction of its own, so that it is answered the same when it comes again. */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "server_internal.h"

enum { HELD_MAX = 16 }; /* replies of one INVITE that wait for changes */

struct held_reply {
    struct held_reply *next;
    struct store_change after;
    size_t length;
    char text[];
};

struct invite {
    struct server_transaction *transaction;
    struct timer timer; /* G */
    unsigned interval_ms;
    struct server_watch watch;
    struct held_reply *held, *held_last; /* the transaction's wait is that of the first */
    unsigned held_count;
    size_t held_bytes;
    bool cancelled;
};

struct invite *invite_new(struct server_transaction *transaction)
{
    struct invite *invite = memory_new(sizeof(*invite));
    invite->transaction = transaction;
    return invite;
}

size_t invite_size(const struct invite *invite)
{
    return sizeof(*invite) + invite->held_bytes;
}

void transaction_watch(struct server_transaction *transaction, const struct server_watch *watch)
{
    assert(transaction->invite != NULL);
    transaction->invite->watch = *watch;
}

/* Held replies. */

static void held_add(struct server_transaction *transaction, struct bytes response,
                     struct store_change after)
{
    struct invite *invite = transaction->invite;
    struct held_reply *held = memory_resize(NULL, sizeof(*held) + response.length);
    *held = (struct held_reply){.after = after, .length = response.length};
    memcpy(held->text, response.at, response.length);
    if (invite->held_last != NULL)
        invite->held_last->next = held;
    else
        invite->held = held;
    invite->held_last = held;
    invite->held_count++;
    invite->held_bytes += sizeof(*held) + held->length;
    transaction->layer->server_bytes += sizeof(*held) + held->length;
}

/* Takes the first out; the caller frees it. */
static struct held_reply *held_take(struct server_transaction *transaction)
{
    struct invite *invite = transaction->invite;
    struct held_reply *held = invite->held;
    invite->held = held->next;
    if (invite->held == NULL)
        invite->held_last = NULL;
    invite->held_count--;
    invite->held_bytes -= sizeof(*held) + held->length;
    transaction->layer->server_bytes -= sizeof(*held) + held->length;
    return held;
}

/* Ending. */

void invite_ended(struct server_transaction *transaction)
{
    wheel_cancel(transaction->layer->world->wheel, &transaction->invite->timer);
    while (transaction->invite->held != NULL)
        free(held_take(transaction));
}

void invite_bury(struct server_transaction *transaction, bool tell)
{
    const struct server_watch watch = transaction->invite->watch;
    free(transaction->invite);
    transaction->invite = NULL;
    if (tell && watch.ended != NULL)
        watch.ended(watch.context);
}

/* Answering. */

static unsigned status_of(struct bytes response)
{
    uint32_t status = 0;
    bool read = bytes_to_u32(bytes_first(bytes_skip(response, strlen("SIP/2.0 ")), 3), &status);
    assert(read && status >= 100 && status <= 699);
    (void)read;
    return status;
}

static void invite_again(struct timer *timer);

/* Timer G: T1, then twice as long each time, up to T2. */
static void invite_set_timer(struct invite *invite)
{
    struct world *world = invite->transaction->layer->world;
    wheel_set(world->wheel, &invite->timer, world->now_ms + invite->interval_ms, invite_again);
}

static void invite_again(struct timer *timer)
{
    struct invite *invite = HOLDER(timer, struct invite, timer);
    struct server_transaction *transaction = invite->transaction;
    struct transaction_layer *layer = transaction->layer;
    assert(transaction->stage == INVITE_COMPLETED);
    metrics_count(layer->metrics, METRIC_responses_repeated);
    reply_send(layer, &transaction->path, response_of(transaction));
    invite->interval_ms *= 2;
    if (invite->interval_ms > layer->settings.t2_ms)
        invite->interval_ms = layer->settings.t2_ms;
    invite_set_timer(invite);
}

static void invite_accept(struct server_transaction *transaction)
{
    server_forget_request(transaction);
    server_move(transaction, INVITE_ACCEPTED, transaction->layer->lifetime_ms);
}

static void invite_complete(struct server_transaction *transaction)
{
    struct invite *invite = transaction->invite;
    server_forget_request(transaction);
    server_move(transaction, INVITE_COMPLETED, transaction->layer->lifetime_ms);
    if (server_on_stream(transaction))
        return;
    invite->interval_ms = transaction->layer->settings.t1_ms;
    invite_set_timer(invite);
}

/* A response that may leave now. What comes too late is not said. */
static void invite_say(struct server_transaction *transaction, struct bytes response)
{
    struct transaction_layer *layer = transaction->layer;
    unsigned status = status_of(response);
    bool success = status >= 200 && status < 300;
    if (transaction->stage == INVITE_ACCEPTED && success)
        reply_send(layer, &transaction->path, response);
    if (transaction->stage != INVITE_PROCEEDING)
        return;
    reply_send(layer, &transaction->path, response);
    server_remember(transaction, response);
    if (success)
        invite_accept(transaction);
    else if (status >= 300)
        invite_complete(transaction);
}

/* Waiting for changes. */

static bool must_wait(const struct server_transaction *transaction, struct store_change after)
{
    return after.number != 0 && !store_durable(transaction->layer->store, after);
}

static void invite_say_held(struct server_transaction *transaction, const struct held_reply *held,
                            enum store_outcome outcome)
{
    struct bytes response = bytes_from(held->text, held->length);
    if (outcome == STORE_REFUSED && transaction->stage != INVITE_PROCEEDING)
        return;
    if (outcome == STORE_REFUSED && status_of(response) < 200)
        return;
    if (outcome == STORE_REFUSED)
        response = reply_redraft(transaction->layer, response, 500);
    if (bytes_empty(response))
        server_end(transaction);
    else
        invite_say(transaction, response);
}

static void invite_decided(struct store_wait *wait, enum store_outcome outcome)
{
    struct server_transaction *transaction = HOLDER(wait, struct server_transaction, wait);
    struct invite *invite = transaction->invite;
    for (;;) {
        struct held_reply *held = held_take(transaction);
        invite_say_held(transaction, held, outcome);
        free(held);
        if (invite->held == NULL)
            return;
        if (must_wait(transaction, invite->held->after))
            break;
        outcome = STORE_DURABLE;
    }
    store_wait(transaction->layer->store, wait, invite->held->after, invite_decided);
}

static void invite_hold(struct server_transaction *transaction, struct bytes response,
                        struct store_change after, bool decides)
{
    struct invite *invite = transaction->invite;
    bool first = invite->held == NULL;
    if (invite->held_count >= HELD_MAX && !decides) {
        metrics_count(transaction->layer->metrics, METRIC_responses_unheld);
        return; /* it can be missed: others of its kind will come */
    }
    held_add(transaction, response, after);
    if (first)
        store_wait(transaction->layer->store, &transaction->wait, after, invite_decided);
}

void invite_reply(struct server_transaction *transaction, struct bytes response,
                  struct store_change after)
{
    unsigned status = status_of(response);
    bool decides = status >= 200 && !transaction->replied;
    if (transaction->replied && (status < 200 || status >= 300))
        return;
    transaction->replied = transaction->replied || decides;
    if (transaction->invite->held != NULL || must_wait(transaction, after))
        invite_hold(transaction, response, after, decides);
    else
        invite_say(transaction, response);
}

void transaction_reply_late(struct transaction_layer *layer, struct server_transaction *transaction,
                            struct bytes response)
{
    assert(transaction->layer == layer && transaction->invite != NULL);
    assert(bytes_starts_with(response, BYTES("SIP/2.0 2")));
    if (transaction->stage == INVITE_COMPLETED || transaction->stage == INVITE_CONFIRMED)
        reply_send(layer, &transaction->path, response);
}

void invite_settle(struct server_transaction *transaction, const struct incoming *incoming)
{
    struct transaction_layer *layer = transaction->layer;
    if (transaction->stage != INVITE_PROCEEDING || transaction->response_length > 0)
        return;
    struct bytes trying = reply_draft(layer, incoming, 100, NULL, 0);
    if (bytes_empty(trying))
        return;
    reply_send(layer, &transaction->path, trying);
    if (transaction->kept == NULL)
        server_remember(transaction, trying);
}

/* What happens to it. */

bool invite_retransmission(struct server_transaction *transaction)
{
    struct bytes last = response_of(transaction);
    if (transaction->stage != INVITE_PROCEEDING && transaction->stage != INVITE_COMPLETED)
        return false;
    if (bytes_empty(last))
        last = server_draft(transaction, 100);
    if (!bytes_empty(last))
        reply_send(transaction->layer, &transaction->path, last);
    return transaction->stage == INVITE_COMPLETED;
}

/* Nobody has answered for so long that nobody will. For who watches it is over now: the request
 * goes with the 408, and nobody is left to answer. */
static void invite_give_up(struct server_transaction *transaction)
{
    struct transaction_layer *layer = transaction->layer;
    const struct server_watch watch = transaction->invite->watch;
    struct bytes timeout = BYTES("");
    metrics_count(layer->metrics, METRIC_invites_timed_out);
    transaction->invite->watch = (struct server_watch){0};
    if (watch.ended != NULL)
        watch.ended(watch.context);
    if (!transaction->replied)
        timeout = server_draft(transaction, 408);
    transaction->replied = true;
    if (bytes_empty(timeout))
        server_end(transaction);
    else
        invite_say(transaction, timeout);
}

void invite_overdue(struct server_transaction *transaction)
{
    if (transaction->stage == INVITE_PROCEEDING) {
        invite_give_up(transaction);
        return;
    }
    if (transaction->stage == INVITE_COMPLETED)
        log_write(transaction->layer->log, LOG_DEBUG, "transaction",
                  "the failure of an INVITE was never acknowledged");
    server_end(transaction);
}

/* ACK. */

static void invite_confirm(struct server_transaction *transaction)
{
    struct transaction_layer *layer = transaction->layer;
    wheel_cancel(layer->world->wheel, &transaction->invite->timer);
    if (server_on_stream(transaction))
        server_end(transaction); /* timer I is zero */
    else
        server_move(transaction, INVITE_CONFIRMED, layer->settings.t4_ms);
}

/* The ACK for a failure that was sent without a transaction has the tag that we give in those
 * (RFC 3261 8.2.7), which comes from what it shares with its INVITE. */
static bool is_for_refusal(struct transaction_layer *layer, const struct sip_message *ack)
{
    struct token tag = reply_tag(layer, ack->call_id, match_of(layer, ack)->hash);
    return bytes_equal(ack->to.tag, token_bytes(&tag));
}

bool invite_take_ack(struct transaction_layer *layer, const struct sip_message *ack)
{
    struct server_transaction *transaction = server_find(layer, ack);
    if (transaction == NULL)
        return !is_for_refusal(layer, ack);
    if (transaction->stage == INVITE_COMPLETED)
        invite_confirm(transaction);
    return transaction->stage == INVITE_ACCEPTED;
}

/* CANCEL. */

static struct server_transaction *cancelled_by(struct transaction_layer *layer,
                                               const struct incoming *cancel,
                                               enum sip_method method)
{
    struct server_transaction *transaction =
        server_find_match(layer, match_of_cancelled(layer, cancel->message, method));
    if (transaction == NULL ||
        !net_address_same_host(&transaction->path.flow.remote, &cancel->flow.remote))
        return NULL;
    return transaction;
}

/* A CANCEL does not say which method it is for: those that we know are tried one after the other.
 * Clients from before RFC 3261 cancel nothing but INVITEs. */
static struct server_transaction *named_by(struct transaction_layer *layer,
                                           const struct incoming *cancel)
{
    struct server_transaction *found = NULL;
    if (!sip_via_rfc3261(&cancel->message->via))
        return NULL;
    for (int method = SIP_INVITE + 1; method < SIP_METHOD_COUNT && found == NULL; method++)
        if (method != SIP_ACK && method != SIP_CANCEL)
            found = cancelled_by(layer, cancel, (enum sip_method)method);
    return found;
}

/* The response whose To tag others have seen; empty: none. One that waits for a change has not left
 * yet. */
static struct bytes told_of(const struct server_transaction *transaction)
{
    bool told = transaction->invite != NULL || transaction->stage == SERVER_COMPLETED;
    return told ? response_of(transaction) : BYTES("");
}

/* With the To tag of the request's own responses (9.2). When there is no room for a transaction,
 * the 200 goes without one: should the CANCEL come again, it is answered again. */
static void cancel_answer(struct transaction_layer *layer, const struct incoming *cancel,
                          const struct server_transaction *cancelled)
{
    struct sip_message response = {.to.tag = BYTES("")};
    struct token own = reply_tag(layer, cancel->message->call_id, cancelled->entry.hash);
    struct bytes tag = token_bytes(&own), told = told_of(cancelled);
    if (!bytes_empty(told) && verdict_ok(sip_message_parse(told, false, &response)) &&
        !bytes_empty(response.to.tag))
        tag = response.to.tag;
    struct bytes ok = reply_draft_ok(layer, cancel, tag);
    if (bytes_empty(ok))
        return;
    if (server_make_room(layer))
        transaction_reply(layer, transaction_begin(layer, cancel), ok, STORE_NOTHING);
    else
        transaction_refuse(layer, cancel, ok);
}

/* Whatever it is, the CANCEL of a request that we know is answered 200, and has no effect on
 * requests of other methods. */
static bool take_without_effect(struct transaction_layer *layer, const struct incoming *incoming)
{
    const struct server_transaction *transaction = named_by(layer, incoming);
    if (transaction == NULL)
        return true;
    cancel_answer(layer, incoming, transaction);
    return false;
}

/* Once, and not when it is answered. */
static void tell_cancelled(struct server_transaction *transaction, const struct sip_message *cancel)
{
    struct invite *invite = transaction->invite;
    const struct server_watch watch = invite->watch;
    if (transaction->replied || invite->cancelled)
        return;
    invite->cancelled = true;
    if (watch.cancelled != NULL)
        watch.cancelled(watch.context, cancel);
}

bool invite_take_cancel(struct transaction_layer *layer, const struct incoming *incoming)
{
    struct server_transaction *transaction = cancelled_by(layer, incoming, SIP_INVITE);
    if (transaction == NULL || transaction->invite == NULL)
        return take_without_effect(layer, incoming);
    uint64_t handle = transaction->handle;
    cancel_answer(layer, incoming, transaction);
    transaction = transaction_find(layer, handle); /* it may have given way to the CANCEL */
    if (transaction != NULL)
        tell_cancelled(transaction, incoming->message);
    return false;
}

/* Who watches answers; where nobody does, it is answered here. */
void invite_order_end(struct server_transaction *transaction)
{
    bool watched = transaction->invite->watch.cancelled != NULL;
    struct bytes terminated = watched ? BYTES("") : server_draft(transaction, 487);
    tell_cancelled(transaction, NULL);
    if (bytes_empty(terminated))
        return;
    transaction->replied = true;
    invite_say(transaction, terminated);
}
