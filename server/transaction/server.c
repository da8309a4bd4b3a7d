/* server.c: what all server transactions have in common, and the non-INVITE one (RFC 3261 17.2.2,
 * RFC 4320); invite_server.c has the other.
 *
 *     begin -> QUIET ------- reply ------------------> COMPLETED -> timer J -> gone
 *                |                                        ^        (streams: at once)
 *                | quiet_ms without a final response:     |
 *                | 100 is sent (RFC 4320 4.1)             |
 *                v                                        |
 *            PROCEEDING ---- reply -----------------------+
 *                |
 *                | 64*T1 since the begin: too late for any response (RFC 4320 4.2)
 *                v
 *               gone
 *
 * QUIET is the RFC's Trying. A reply that waits for a change leaves the stage as it is: `replied`
 * says that it is settled what will be said. Retransmissions are answered with the last response
 * sent and are swallowed while there is none. The 100 is made when it is needed, from the kept
 * request or the reply that waits; only when there is neither it is written ahead.
 *
 * All transactions of a stage have waited for the same time when they leave it, so each stage is a
 * queue with the oldest in front and one timer. The queues of what only lingers are also the order
 * in which it gives way when there are too many.
 *
 * A second table finds requests that come again by another way (RFC 3261 8.2.2.2). It holds hashes
 * of From tag, Call-ID and CSeq alone: keyed, so that nobody finds two that are equal. Those that
 * the user only passes on, and never asks about, are not in it.
 *
 * A transaction that ends is unreachable at once and freed at the end of the turn, so a caller that
 * holds it can do no harm. Once completed it keeps its key and the response, nothing else. */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "server_internal.h"

enum { BUSY_RETRY_AFTER_S = 10 };

void server_remember(struct server_transaction *transaction, struct bytes response)
{
    assert(response.at != transaction->response || response.length == 0);
    transaction->layer->server_bytes += response.length;
    transaction->layer->server_bytes -= transaction->response_length;
    free(transaction->response);
    transaction->response = memory_copy(response);
    transaction->response_length = response.length;
}

/* The end of the turn. */

/* `tell`: who watches learns of it. */
static void server_bury(struct transaction_layer *layer, bool tell)
{
    struct server_transaction *transaction;
    struct kept_request *kept;
    while ((transaction = layer->dead) != NULL) {
        layer->dead = transaction->older;
        if (transaction->invite != NULL)
            invite_bury(transaction, tell);
        free(transaction->response);
        free(transaction);
    }
    while ((kept = layer->dead_requests) != NULL) {
        layer->dead_requests = kept->next;
        free(kept);
    }
}

static void burial_due(struct timer *timer)
{
    server_bury(HOLDER(timer, struct transaction_layer, burial), true);
}

/* Without what it keeps of the request. */
static size_t server_size(const struct server_transaction *transaction)
{
    return sizeof(*transaction) + transaction->key_length + transaction->response_length +
           (transaction->invite != NULL ? invite_size(transaction->invite) : 0);
}

static void burial_order(struct transaction_layer *layer)
{
    if (!timer_is_set(&layer->burial))
        world_timer(layer->world, &layer->burial, 0, burial_due);
}

void server_forget_request(struct server_transaction *transaction)
{
    struct transaction_layer *layer = transaction->layer;
    if (transaction->kept == NULL)
        return;
    layer->server_bytes -= kept_size(transaction->kept);
    transaction->kept->next = layer->dead_requests;
    layer->dead_requests = transaction->kept;
    transaction->kept = NULL;
    burial_order(layer);
}

/* Stages. */

static void stage_due(struct timer *timer);

static void stage_leave(struct server_transaction *transaction)
{
    struct server_queue *queue = &transaction->layer->queues[transaction->stage];
    if (transaction->older != NULL)
        transaction->older->newer = transaction->newer;
    else
        queue->oldest = transaction->newer;
    if (transaction->newer != NULL)
        transaction->newer->older = transaction->older;
    else
        queue->newest = transaction->older;
    transaction->older = transaction->newer = NULL;
}

static void stage_enter(struct server_transaction *transaction, enum server_stage stage,
                        uint64_t due_ms)
{
    struct transaction_layer *layer = transaction->layer;
    struct server_queue *queue = &layer->queues[stage];
    assert(stage < SERVER_STAGES);
    assert(queue->newest == NULL || queue->newest->due_ms <= due_ms);
    transaction->stage = stage;
    transaction->due_ms = due_ms;
    transaction->older = queue->newest;
    if (queue->newest != NULL)
        queue->newest->newer = transaction;
    else
        queue->oldest = transaction;
    queue->newest = transaction;
    if (!timer_is_set(&queue->timer))
        wheel_set(layer->world->wheel, &queue->timer, due_ms, stage_due);
}

void server_move(struct server_transaction *transaction, enum server_stage stage, uint64_t in_ms)
{
    stage_leave(transaction);
    stage_enter(transaction, stage, transaction->layer->world->now_ms + in_ms);
}

void server_end(struct server_transaction *transaction)
{
    struct transaction_layer *layer = transaction->layer;
    assert(transaction->stage < SERVER_STAGES);
    stage_leave(transaction);
    transaction->stage = SERVER_DEAD;
    store_wait_cancel(&transaction->wait);
    if (transaction->invite != NULL)
        invite_ended(transaction);
    chain_remove(&layer->servers, &transaction->entry);
    chain_remove(&layer->merged, &transaction->merged_entry);
    handles_remove(layer->server_handles, transaction->handle);
    server_forget_request(transaction);
    layer->server_bytes -= server_size(transaction);
    transaction->older = layer->dead;
    layer->dead = transaction;
    burial_order(layer);
}

struct bytes server_draft(struct server_transaction *transaction, unsigned status)
{
    struct transaction_layer *layer = transaction->layer;
    if (transaction->response_length > 0)
        return reply_redraft(layer, response_of(transaction), status);
    if (transaction->kept == NULL)
        return BYTES("");
    const struct incoming incoming = {&transaction->kept->message, transaction->path.flow};
    struct bytes draft = reply_draft(layer, &incoming, status, NULL, 0);
    layer->match.message = NULL; /* the kept one goes, and another may come to lie there */
    return draft;
}

/* RFC 4320 4.1: whatever the transport, a client that has heard nothing for so long gets a 100. */
static void server_say_trying(struct server_transaction *transaction)
{
    struct bytes trying = server_draft(transaction, 100);
    if (!bytes_empty(trying))
        reply_send(transaction->layer, &transaction->path, trying);
}

static void server_overdue(struct server_transaction *transaction)
{
    struct transaction_layer *layer = transaction->layer;
    uint64_t now_ms = layer->world->now_ms;
    if (transaction->invite != NULL) {
        invite_overdue(transaction);
        return;
    }
    if (transaction->stage == SERVER_QUIET && now_ms < transaction->ends_ms) {
        server_move(transaction, SERVER_PROCEEDING, transaction->ends_ms - now_ms);
        if (!transaction->ordered)
            server_say_trying(transaction);
        return;
    }
    if (transaction->stage != SERVER_COMPLETED && !transaction->ordered)
        log_write(layer->log, LOG_DEBUG, "transaction", "a request got no final response in time");
    server_end(transaction);
}

/* The timer is not moved when the oldest of its queue leaves early; it then comes for nothing. */
static void stage_due(struct timer *timer)
{
    struct server_queue *queue = HOLDER(timer, struct server_queue, timer);
    struct world *world = queue->layer->world;
    while (queue->oldest != NULL && queue->oldest->due_ms <= world->now_ms)
        server_overdue(queue->oldest);
    if (queue->oldest != NULL && !timer_is_set(timer))
        wheel_set(world->wheel, timer, queue->oldest->due_ms, stage_due);
}

/* Retransmissions. */

struct server_transaction *server_find_match(const struct transaction_layer *layer,
                                             const struct match *match)
{
    struct chain_entry *entry = chain_find(&layer->servers, match->hash);
    for (; entry != NULL; entry = chain_next(entry)) {
        struct server_transaction *transaction = HOLDER(entry, struct server_transaction, entry);
        if (bytes_equal(match->key, bytes_from(transaction->key, transaction->key_length)))
            return transaction;
    }
    return NULL;
}

struct server_transaction *server_find(struct transaction_layer *layer,
                                       const struct sip_message *message)
{
    return server_find_match(layer, match_of(layer, message));
}

bool server_retransmission(struct server_transaction *transaction)
{
    struct transaction_layer *layer = transaction->layer;
    metrics_count(layer->metrics, METRIC_retransmissions_absorbed);
    if (transaction->invite != NULL)
        return invite_retransmission(transaction);
    bool answered = transaction->stage == SERVER_COMPLETED || transaction->ordered;
    if (answered && transaction->response_length > 0)
        reply_send(layer, &transaction->path, response_of(transaction));
    else if (transaction->stage == SERVER_PROCEEDING)
        server_say_trying(transaction);
    return answered;
}

/* Beginning. */

static bool server_has_room(const struct transaction_layer *layer)
{
    return handles_count(layer->server_handles) < layer->settings.server_max &&
           layer->server_bytes < layer->settings.server_max_bytes;
}

/* The oldest of those that only linger: first what does no harm by going, last the failures that
 * are still being repeated. */
static struct server_transaction *server_oldest(const struct transaction_layer *layer)
{
    static const enum server_stage lingering[] = {INVITE_CONFIRMED, SERVER_COMPLETED,
                                                  INVITE_ACCEPTED, INVITE_COMPLETED};
    struct server_transaction *oldest = NULL;
    for (size_t i = 0; oldest == NULL && i < sizeof(lingering) / sizeof(lingering[0]); i++)
        oldest = layer->queues[lingering[i]].oldest;
    return oldest;
}

/* They give way to a new one; their clients may then be served twice, which is better than not
 * serving somebody at all. */
bool server_make_room(struct transaction_layer *layer)
{
    while (!server_has_room(layer)) {
        struct server_transaction *oldest = server_oldest(layer);
        if (oldest == NULL)
            return false;
        metrics_count(layer->metrics, METRIC_transactions_evicted);
        server_end(oldest);
    }
    return true;
}

static void server_refuse(struct transaction_layer *layer, const struct incoming *incoming)
{
    metrics_count(layer->metrics, METRIC_transactions_refused);
    metrics_count(layer->metrics, METRIC_requests_overload);
    struct bytes response =
        reply_draft(layer, incoming, 503, "Too many requests at once", BUSY_RETRY_AFTER_S);
    if (!bytes_empty(response))
        transaction_refuse(layer, incoming, response);
}

static struct server_transaction *server_new(struct transaction_layer *layer,
                                             const struct incoming *incoming)
{
    const struct match *match = match_of(layer, incoming->message);
    assert(match->whole);
    struct server_transaction *transaction =
        memory_resize(NULL, sizeof(*transaction) + match->key.length);
    *transaction = (struct server_transaction){
        .layer = layer,
        .ends_ms = layer->world->now_ms + layer->lifetime_ms,
        .path = reply_path_of(incoming),
        .key_length = match->key.length,
    };
    memcpy(transaction->key, match->key.at, match->key.length);
    if (incoming->message->method == SIP_INVITE)
        transaction->invite = invite_new(transaction);
    transaction->handle = handles_add(layer->server_handles, transaction);
    layer->server_bytes += server_size(transaction);
    chain_put(&layer->servers, &transaction->entry, match->hash);
    return transaction;
}

struct server_transaction *transaction_begin(struct transaction_layer *layer,
                                             const struct incoming *incoming)
{
    uint64_t now_ms = layer->world->now_ms;
    assert(incoming->message->request && incoming->message->method != SIP_ACK);
    assert(server_find(layer, incoming->message) == NULL);
    if (!server_make_room(layer)) {
        server_refuse(layer, incoming);
        return NULL;
    }
    struct server_transaction *transaction = server_new(layer, incoming);
    if (transaction->invite != NULL)
        stage_enter(transaction, INVITE_PROCEEDING,
                    now_ms + (uint64_t)layer->settings.invite_max_s * 1000);
    else
        stage_enter(transaction, SERVER_QUIET, now_ms + layer->quiet_ms);
    metrics_count(layer->metrics, METRIC_transactions_server);
    layer->begun = transaction->handle;
    return transaction;
}

/* What is the same in all copies of a request, whatever way they took. */
static uint64_t merged_hash(const struct transaction_layer *layer,
                            const struct sip_message *message)
{
    uint64_t seed = layer->seed + ((uint64_t)message->cseq << 8) + (uint64_t)message->method;
    if (message->method == SIP_METHOD_OTHER)
        seed = bytes_hash(message->method_name, seed);
    return bytes_hash(message->from.tag, bytes_hash(message->call_id, seed));
}

bool transaction_is_merged(struct transaction_layer *layer, const struct sip_message *message)
{
    if (!bytes_empty(message->to.tag)) /* what is in a dialog has one place to go to */
        return false;
    layer->merging = message;
    layer->merging_hash = merged_hash(layer, message);
    struct chain_entry *entry = chain_find(&layer->merged, layer->merging_hash);
    if (entry == NULL)
        return false;
    const struct match *match = match_of(layer, message);
    for (; entry != NULL; entry = chain_next(entry)) {
        const struct server_transaction *transaction =
            HOLDER(entry, struct server_transaction, merged_entry);
        if (!bytes_equal(match->key, bytes_from(transaction->key, transaction->key_length)))
            return true;
    }
    return false;
}

void server_settle(struct transaction_layer *layer, const struct incoming *incoming)
{
    struct server_transaction *transaction = transaction_find(layer, layer->begun);
    layer->begun = 0;
    if (transaction == NULL)
        return;
    if (layer->merging == incoming->message)
        chain_put(&layer->merged, &transaction->merged_entry, layer->merging_hash);
    if (transaction->invite != NULL)
        invite_settle(transaction, incoming);
    else if (!transaction->replied && transaction->kept == NULL)
        server_remember(transaction, reply_draft(layer, incoming, 100, NULL, 0));
}

const struct sip_message *transaction_keep(struct server_transaction *transaction,
                                           const struct incoming *incoming)
{
    assert(transaction->stage == SERVER_QUIET || transaction->stage == SERVER_PROCEEDING ||
           transaction->stage == INVITE_PROCEEDING);
    if (transaction->kept != NULL)
        return &transaction->kept->message;
    struct kept_request *kept = kept_new(incoming->message);
    transaction->kept = kept;
    transaction->layer->server_bytes += kept_size(kept);
    return &kept->message;
}

uint64_t transaction_handle(const struct server_transaction *transaction)
{
    return transaction->handle;
}

struct server_transaction *transaction_find(struct transaction_layer *layer, uint64_t handle)
{
    return handles_find(layer->server_handles, handle);
}

void transaction_charge(struct transaction_layer *layer, size_t bytes)
{
    layer->server_bytes += bytes;
}

void transaction_discharge(struct transaction_layer *layer, size_t bytes)
{
    assert(layer->server_bytes >= bytes);
    layer->server_bytes -= bytes;
}

/* Replying. */

static void server_complete(struct server_transaction *transaction, struct bytes response)
{
    struct transaction_layer *layer = transaction->layer;
    reply_send(layer, &transaction->path, response);
    if (server_on_stream(transaction)) {
        server_end(transaction); /* timer J is zero */
        return;
    }
    if (response.at != transaction->response)
        server_remember(transaction, response);
    server_forget_request(transaction);
    server_move(transaction, SERVER_COMPLETED, layer->lifetime_ms);
}

static void server_decided(struct store_wait *wait, enum store_outcome outcome)
{
    struct server_transaction *transaction = HOLDER(wait, struct server_transaction, wait);
    struct bytes response = response_of(transaction);
    if (outcome == STORE_REFUSED)
        response = reply_redraft(transaction->layer, response, 500);
    if (bytes_empty(response))
        server_end(transaction);
    else
        server_complete(transaction, response);
}

/* RFC 4320 4.2: 408 is never said to a non-INVITE; the client learns it by its own timer F. */
static bool is_timeout(struct bytes response)
{
    return bytes_starts_with(response, BYTES("SIP/2.0 408"));
}

void transaction_reply(struct transaction_layer *layer, struct server_transaction *transaction,
                       struct bytes response, struct store_change after)
{
    assert(transaction->layer == layer);
    assert(bytes_starts_with(response, BYTES("SIP/2.0 ")));
    if (transaction->stage == SERVER_DEAD)
        return;
    if (transaction->invite != NULL) {
        invite_reply(transaction, response, after);
        return;
    }
    assert(!bytes_starts_with(response, BYTES("SIP/2.0 1")));
    if (transaction->replied)
        return;
    transaction->replied = true;
    bool waits = after.number != 0 && !store_durable(layer->store, after);
    if (!waits && !is_timeout(response)) {
        server_complete(transaction, response);
        return;
    }
    server_remember(transaction, response);
    if (waits && !is_timeout(response))
        store_wait(layer->store, &transaction->wait, after, server_decided);
}

/* Orders. */

/* Whoever remembers the transaction finds that it has ended, so nothing begins for it any more. But
 * what is under way may yet look at the copy of the request: that stays for as long as without the
 * order, and so does the transaction, which absorbs what comes again. */
enum err server_order_end(struct server_transaction *transaction)
{
    struct transaction_layer *layer = transaction->layer;
    if (transaction->replied)
        return ERR_CONFLICT;
    if (transaction->invite != NULL) {
        invite_order_end(transaction);
        return ERR_NONE;
    }
    handles_remove(layer->server_handles, transaction->handle);
    transaction->handle = handles_add(layer->server_handles, transaction);
    transaction->replied = transaction->ordered = true;
    struct bytes response = server_draft(transaction, 500);
    if (bytes_empty(response))
        return ERR_NONE;
    server_remember(transaction, response);
    reply_send(layer, &transaction->path, response);
    return ERR_NONE;
}

void server_init(struct transaction_layer *layer)
{
    chain_init(&layer->servers);
    chain_init(&layer->merged);
    layer->server_handles = handles_new();
    for (int i = 0; i < SERVER_STAGES; i++)
        layer->queues[i].layer = layer;
}

void server_release(struct transaction_layer *layer)
{
    for (int i = 0; i < SERVER_STAGES; i++) {
        while (layer->queues[i].oldest != NULL)
            server_end(layer->queues[i].oldest);
        wheel_cancel(layer->world->wheel, &layer->queues[i].timer);
    }
    wheel_cancel(layer->world->wheel, &layer->burial);
    server_bury(layer, false);
    handles_free(&layer->server_handles);
    chain_release(&layer->servers);
    chain_release(&layer->merged);
}
