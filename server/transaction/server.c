/* server.c: the non-INVITE server transaction (RFC 3261 17.2.2, RFC 4320).
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
 * sent and are swallowed while there is none.
 *
 * All transactions of a stage have waited for the same time when they leave it, so each stage is a
 * queue with the oldest in front and one timer. The queue of completed ones is also the order in
 * which they give way when there are too many.
 *
 * A transaction that ends is unreachable at once and freed at the end of the turn, so a caller that
 * holds it can do no harm. Once completed it keeps its key and the response, nothing else. */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "transaction_internal.h"

enum { BUSY_RETRY_AFTER_S = 10 };

/* A copy of a request and of its bytes. */
struct kept_request {
    struct kept_request *next; /* of the dead */
    struct sip_message message;
    char raw[];
};

struct server_transaction {
    struct chain_entry entry;
    struct server_transaction *older, *newer; /* of its stage; `older` of the dead */
    struct transaction_layer *layer;
    uint64_t handle;
    uint64_t due_ms;  /* when it leaves its stage */
    uint64_t ends_ms; /* the client gives up (timer F) */
    struct store_wait wait;
    struct reply_path path;
    struct kept_request *kept;
    char *response; /* the final one, or before a reply the 100 that may become necessary */
    size_t response_length;
    enum server_stage stage;
    bool replied;
    size_t key_length;
    char key[];
};

static struct bytes response_of(const struct server_transaction *transaction)
{
    return bytes_from(transaction->response, transaction->response_length);
}

static void response_set(struct server_transaction *transaction, struct bytes response)
{
    transaction->layer->server_bytes += response.length;
    transaction->layer->server_bytes -= transaction->response_length;
    free(transaction->response);
    transaction->response = memory_copy(response);
    transaction->response_length = response.length;
}

/* The end of the turn. */

static void server_bury(struct timer *timer)
{
    struct transaction_layer *layer = HOLDER_OF(struct transaction_layer, burial, timer);
    struct server_transaction *transaction;
    struct kept_request *kept;
    while ((transaction = layer->dead) != NULL) {
        layer->dead = transaction->older;
        free(transaction->response);
        free(transaction);
    }
    while ((kept = layer->dead_requests) != NULL) {
        layer->dead_requests = kept->next;
        free(kept);
    }
}

static size_t kept_size(const struct kept_request *kept)
{
    return sizeof(*kept) + kept->message.raw.length;
}

/* Without what it keeps of the request. */
static size_t server_size(const struct server_transaction *transaction)
{
    return sizeof(*transaction) + transaction->key_length + transaction->response_length;
}

static void burial_order(struct transaction_layer *layer)
{
    if (!timer_is_set(&layer->burial))
        world_timer(layer->world, &layer->burial, 0, server_bury);
}

static void kept_drop(struct server_transaction *transaction)
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

static void server_end(struct server_transaction *transaction)
{
    struct transaction_layer *layer = transaction->layer;
    assert(transaction->stage < SERVER_STAGES);
    stage_leave(transaction);
    transaction->stage = SERVER_DEAD;
    store_wait_cancel(&transaction->wait);
    chain_remove(&layer->servers, &transaction->entry);
    handles_remove(layer->server_handles, transaction->handle);
    kept_drop(transaction);
    layer->server_bytes -= server_size(transaction);
    transaction->older = layer->dead;
    layer->dead = transaction;
    burial_order(layer);
}

/* RFC 4320 4.1: whatever the transport, a client that has heard nothing for so long gets a 100. */
static void server_say_trying(struct server_transaction *transaction)
{
    struct transaction_layer *layer = transaction->layer;
    struct bytes trying = reply_redraft(layer, response_of(transaction), 100);
    if (!bytes_empty(trying))
        reply_send(layer, &transaction->path, trying);
}

static void server_overdue(struct server_transaction *transaction)
{
    struct transaction_layer *layer = transaction->layer;
    if (transaction->stage == SERVER_QUIET && layer->world->now_ms < transaction->ends_ms) {
        stage_leave(transaction);
        stage_enter(transaction, SERVER_PROCEEDING, transaction->ends_ms);
        server_say_trying(transaction);
        return;
    }
    if (transaction->stage != SERVER_COMPLETED)
        log_write(layer->log, LOG_DEBUG, "transaction", "a request got no final response in time");
    server_end(transaction);
}

/* The timer is not moved when the oldest of its queue leaves early; it then comes for nothing. */
static void stage_due(struct timer *timer)
{
    struct server_queue *queue = HOLDER_OF(struct server_queue, timer, timer);
    struct world *world = queue->layer->world;
    while (queue->oldest != NULL && queue->oldest->due_ms <= world->now_ms)
        server_overdue(queue->oldest);
    if (queue->oldest != NULL && !timer_is_set(timer))
        wheel_set(world->wheel, timer, queue->oldest->due_ms, stage_due);
}

/* Retransmissions. */

struct server_transaction *server_find(struct transaction_layer *layer,
                                       const struct sip_message *message)
{
    const struct match *match = match_of(layer, message);
    struct chain_entry *entry = chain_find(&layer->servers, match->hash);
    for (; entry != NULL; entry = chain_next(entry)) {
        struct server_transaction *transaction = HOLDER_OF(struct server_transaction, entry, entry);
        if (bytes_equal(match->key, bytes_from(transaction->key, transaction->key_length)))
            return transaction;
    }
    return NULL;
}

void server_retransmission(struct server_transaction *transaction)
{
    struct transaction_layer *layer = transaction->layer;
    metrics_count(layer->metrics, METRIC_retransmissions_absorbed);
    if (transaction->stage == SERVER_COMPLETED)
        reply_send(layer, &transaction->path, response_of(transaction));
    else if (transaction->stage == SERVER_PROCEEDING)
        server_say_trying(transaction);
}

/* Beginning. */

static bool server_has_room(const struct transaction_layer *layer)
{
    return handles_count(layer->server_handles) < layer->settings.server_max &&
           layer->server_bytes < layer->settings.server_max_bytes;
}

/* The oldest completed ones give way to a new one; their clients may then be served twice, which is
 * better than not serving somebody at all. */
static bool server_make_room(struct transaction_layer *layer)
{
    while (!server_has_room(layer)) {
        struct server_transaction *oldest = layer->queues[SERVER_COMPLETED].oldest;
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

struct server_transaction *transaction_begin(struct transaction_layer *layer,
                                             const struct incoming *incoming)
{
    assert(incoming->message->request && incoming->message->method != SIP_ACK);
    assert(server_find(layer, incoming->message) == NULL);
    if (!server_make_room(layer)) {
        server_refuse(layer, incoming);
        return NULL;
    }
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
    transaction->handle = handles_add(layer->server_handles, transaction);
    layer->server_bytes += server_size(transaction);
    chain_put(&layer->servers, &transaction->entry, match->hash);
    stage_enter(transaction, SERVER_QUIET, layer->world->now_ms + layer->quiet_ms);
    metrics_count(layer->metrics, METRIC_transactions_server);
    layer->begun = transaction->handle;
    return transaction;
}

/* The user answers later and the request is about to go: write now the 100 that may become
 * necessary. With a reply at hand it is made from that. */
void server_settle(struct transaction_layer *layer, const struct incoming *incoming)
{
    struct server_transaction *transaction = transaction_find(layer, layer->begun);
    layer->begun = 0;
    if (transaction != NULL && !transaction->replied)
        response_set(transaction, reply_draft(layer, incoming, 100, NULL, 0));
}

const struct sip_message *transaction_keep(struct server_transaction *transaction,
                                           const struct incoming *incoming)
{
    assert(transaction->stage == SERVER_QUIET || transaction->stage == SERVER_PROCEEDING);
    if (transaction->kept != NULL)
        return &transaction->kept->message;
    struct bytes raw = incoming->message->raw;
    struct kept_request *kept = memory_resize(NULL, sizeof(*kept) + raw.length);
    memcpy(kept->raw, raw.at, raw.length);
    bool stream = !net_is_framed(transaction->path.flow.protocol);
    struct verdict v = sip_message_parse(bytes_from(kept->raw, raw.length), stream, &kept->message);
    assert(verdict_ok(v)); /* the same bytes were parsed a moment ago */
    (void)v;
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

/* Replying. */

static void server_complete(struct server_transaction *transaction, struct bytes response)
{
    struct transaction_layer *layer = transaction->layer;
    reply_send(layer, &transaction->path, response);
    if (net_is_stream(transaction->path.flow.protocol)) {
        server_end(transaction); /* timer J is zero */
        return;
    }
    if (response.at != transaction->response)
        response_set(transaction, response);
    kept_drop(transaction);
    stage_leave(transaction);
    stage_enter(transaction, SERVER_COMPLETED, layer->world->now_ms + layer->lifetime_ms);
}

static void server_decided(struct store_wait *wait, enum store_outcome outcome)
{
    struct server_transaction *transaction = HOLDER_OF(struct server_transaction, wait, wait);
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
    assert(!bytes_starts_with(response, BYTES("SIP/2.0 1")));
    if (transaction->replied || transaction->stage == SERVER_DEAD)
        return;
    transaction->replied = true;
    bool waits = after.number != 0 && !store_durable(layer->store, after);
    if (!waits && !is_timeout(response)) {
        server_complete(transaction, response);
        return;
    }
    response_set(transaction, response);
    if (waits && !is_timeout(response))
        store_wait(layer->store, &transaction->wait, after, server_decided);
}

void server_init(struct transaction_layer *layer)
{
    chain_init(&layer->servers);
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
    server_bury(&layer->burial);
    handles_free(&layer->server_handles);
    chain_release(&layer->servers);
}
