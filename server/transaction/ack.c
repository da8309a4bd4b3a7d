/* ack.c: the ACK for a failure (RFC 3261 17.1.1.3), and the Completed state of INVITE client
 * transactions.
 *
 * All that this state does is to send the ACK again when the response comes again, until timer D
 * ends it; its user knows the outcome already. So the transaction is freed, and the ACK stays
 * behind with what it is found by. Over streams timer D is 0, and nothing stays.
 *
 * All wait for the same time, so the oldest is the first due and one timer serves them all. Their
 * memory counts as that of client transactions; over a limit the oldest go first, whose peers then
 * repeat their response until timer H. */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "client_internal.h"
#include "sip/write.h"

enum { TIMER_D_LEAST_MS = 32000 };

struct completed {
    struct chain_entry entry;
    struct completed *newer;
    uint64_t due_ms;
    struct net_flow flow;
    struct via_written via;
    size_t via_at, length;
    char ack[];
};

static void queue_due(struct timer *timer);

static void queue_set_timer(struct transaction_layer *layer)
{
    struct completed_queue *queue = &layer->completed;
    if (queue->oldest != NULL)
        wheel_set(layer->world->wheel, &queue->timer, queue->oldest->due_ms, queue_due);
    else
        wheel_cancel(layer->world->wheel, &queue->timer);
}

/* Frees the oldest; the timer is the caller's business. */
static void queue_drop(struct transaction_layer *layer)
{
    struct completed_queue *queue = &layer->completed;
    struct completed *oldest = queue->oldest;
    queue->oldest = oldest->newer;
    if (queue->oldest == NULL)
        queue->newest = NULL;
    chain_remove(&queue->table, &oldest->entry);
    layer->client_bytes -= sizeof(*oldest) + oldest->length;
    free(oldest);
}

static void queue_due(struct timer *timer)
{
    struct transaction_layer *layer = HOLDER(timer, struct transaction_layer, completed.timer);
    while (layer->completed.oldest != NULL &&
           layer->completed.oldest->due_ms <= layer->world->now_ms)
        queue_drop(layer);
    queue_set_timer(layer);
}

bool ack_evict(struct transaction_layer *layer)
{
    if (layer->completed.oldest == NULL)
        return false;
    metrics_count(layer->metrics, METRIC_transactions_evicted);
    queue_drop(layer);
    queue_set_timer(layer);
    return true;
}

static void queue_add(struct transaction_layer *layer, struct completed *completed, uint64_t hash)
{
    struct completed_queue *queue = &layer->completed;
    if (queue->table.count >= layer->settings.client_max)
        ack_evict(layer);
    uint64_t timer_d_ms =
        layer->lifetime_ms > TIMER_D_LEAST_MS ? layer->lifetime_ms : TIMER_D_LEAST_MS;
    completed->due_ms = layer->world->now_ms + timer_d_ms;
    layer->client_bytes += sizeof(*completed) + completed->length;
    chain_put(&queue->table, &completed->entry, hash);
    if (queue->newest != NULL)
        queue->newest->newer = completed;
    else
        queue->oldest = completed;
    queue->newest = completed;
    if (queue->oldest == completed)
        queue_set_timer(layer);
}

/* A transport error is nobody's business any more: the response may come again. */
static void transmit(struct transaction_layer *layer, const struct net_flow *flow, struct bytes ack)
{
    enum err err = net_send(layer->net, flow, ack, BYTES(""));
    if (err != ERR_NONE)
        log_write(layer->log, LOG_DEBUG, "transaction", "an ACK could not be sent: %s",
                  err_name(err));
}

/* The ACK, in the place where it may stay. */
static struct completed *write_ack(const struct client_transaction *client,
                                   const struct sip_message *response)
{
    struct sip_message invite;
    invite_parse(client, &invite);
    size_t size = invite_follow_size(client) + sip_message_value(response, SIP_TO).length;
    struct completed *completed = memory_resize(NULL, sizeof(*completed) + size);
    struct buffer out = buffer_over(completed->ack, size);
    size_t via_at = invite_follow(client, &invite, response, "ACK", &out);
    sip_write_body(&out, BYTES(""), BYTES(""));
    assert(!out.overflow);
    *completed = (struct completed){
        .flow = client->flow,
        .via = client->via,
        .via_at = via_at,
        .length = out.length,
    };
    return completed;
}

void ack_send(struct client_transaction *client, const struct sip_message *response)
{
    assert(response->status >= 300);
    struct completed *completed = write_ack(client, response);
    transmit(client->layer, &client->flow, bytes_from(completed->ack, completed->length));
    if (client_is_stream(client)) {
        free(completed);
        return;
    }
    completed = memory_resize(completed, sizeof(*completed) + completed->length);
    queue_add(client->layer, completed, client->branch_entry.hash);
}

bool ack_again(struct transaction_layer *layer, const struct sip_message *response, uint64_t hash)
{
    struct chain_entry *entry = chain_find(&layer->completed.table, hash);
    for (; entry != NULL; entry = chain_next(entry)) {
        const struct completed *completed = HOLDER(entry, struct completed, entry);
        struct bytes ack = bytes_from(completed->ack, completed->length);
        struct bytes via = bytes_skip(ack, completed->via_at);
        if (response->method != SIP_INVITE || !via_is(&response->via, via, &completed->via))
            continue;
        if (response->status >= 300)
            transmit(layer, &completed->flow, ack);
        return true;
    }
    return false;
}

void ack_init(struct transaction_layer *layer)
{
    chain_init(&layer->completed.table);
}

void ack_release(struct transaction_layer *layer)
{
    while (layer->completed.oldest != NULL)
        queue_drop(layer);
    queue_set_timer(layer);
    chain_release(&layer->completed.table);
}
