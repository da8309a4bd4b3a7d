/* layer.c: what comes in, and who gets it.
 *
 *     bytes -> parse -> fault:    answered without state, or dropped
 *                    -> response: its client transaction (client.c); else stray, dropped
 *                    -> request:  its server transaction (server.c): a retransmission, ends there
 *                       ACK:      of a failure: ends there (invite_server.c)
 *                       CANCEL:   of a request that we have: answered there
 *                                 else the user
 *
 * Three layouts carry the cost: nothing is allocated for a message that needs no transaction; both
 * tables hold embedded entries (chain.c); all server transactions that wait for the same time share
 * one timer (server.c). */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "transaction_internal.h"

enum { DRAFT_MAX = 131072 };

struct transaction_settings transaction_settings_default(void)
{
    return (struct transaction_settings){
        .t1_ms = 500,
        .t2_ms = 4000,
        .t4_ms = 5000,
        .server_max = 200000,
        .client_max = 200000,
        .invite_max_s = 1800,
        .server_max_bytes = (size_t)256 << 20,
        .client_max_bytes = (size_t)256 << 20,
        .datagram_max_bytes = 1300,
        .shun_s = 30,
        .errands_max = 1024,
        .shun_most_s = 600,
    };
}

/* When a client that retransmits as RFC 3261 17.1.2.2 says sets timer E to T2 for the first time,
 * counted from its first transmission (RFC 4320 4.1): after 3500 ms with the usual times. */
static unsigned timer_e_reaches_t2_ms(const struct transaction_settings *settings)
{
    unsigned elapsed_ms = 0, interval_ms = settings->t1_ms;
    do {
        elapsed_ms += interval_ms;
        interval_ms *= 2;
    } while (interval_ms < settings->t2_ms);
    return elapsed_ms;
}

static void drop(struct transaction_layer *layer, const struct net_flow *flow, struct verdict v)
{
    metrics_count(layer->metrics, METRIC_messages_dropped);
    net_unanswered(layer->net, flow);
    if (!log_wants(layer->log, LOG_DEBUG))
        return;
    char text[64];
    struct buffer from = buffer_over(text, sizeof(text));
    net_address_write(&flow->remote, &from);
    log_write(layer->log, LOG_DEBUG, "transaction", "dropped what %.*s sent: %s (at byte %zu)",
              BYTES_ARGS(buffer_bytes(&from)), v.reason != NULL ? v.reason : "malformed", v.offset);
}

/* Malformed requests are answered without state (RFC 3261 8.2.7): bad input costs little. */
static void refuse_malformed(struct transaction_layer *layer, const struct net_flow *flow,
                             const struct sip_message *message, struct verdict v)
{
    assert(!verdict_ok(v));
    metrics_count(layer->metrics, METRIC_messages_malformed);
    if (!message->request || !sip_message_answerable(message)) {
        drop(layer, flow, v);
        return;
    }
    struct incoming incoming = {message, *flow};
    struct bytes response = reply_draft(layer, &incoming, v.status, v.reason, 0);
    if (bytes_empty(response))
        net_unanswered(layer->net, flow);
    else
        transaction_refuse(layer, &incoming, response);
}

/* True when it goes up. */
static bool receive_known(struct transaction_layer *layer, const struct incoming *incoming)
{
    const struct sip_message *message = incoming->message;
    if (message->method == SIP_ACK)
        return invite_take_ack(layer, message);
    struct server_transaction *transaction = server_find(layer, message);
    if (transaction != NULL) {
        if (!server_retransmission(transaction))
            net_unanswered(layer->net, &incoming->flow); /* one answer is for both */
        return false;
    }
    return message->method != SIP_CANCEL || invite_take_cancel(layer, incoming);
}

static void receive_request(struct transaction_layer *layer, struct incoming *incoming)
{
    const struct sip_message *message = incoming->message;
    assert(layer->user.request != NULL);
    if (!match_of(layer, message)->whole) {
        refuse_malformed(layer, &incoming->flow, message, verdict(513, NULL, 0));
        return;
    }
    if (!receive_known(layer, incoming))
        return;
    layer->begun = 0;
    layer->merging = NULL;
    incoming->late_ms = net_late_ms(layer->net);
    layer->user.request(layer->user.context, incoming);
    if (layer->begun != 0)
        server_settle(layer, incoming);
}

static void receive(void *context, const struct net_flow *flow, struct bytes raw)
{
    struct transaction_layer *layer = context;
    struct sip_message message;
    struct verdict v = sip_message_parse(raw, !net_is_framed(flow->protocol), &message);
    struct incoming incoming = {&message, *flow};
    layer->match.message = NULL;
    if (!verdict_ok(v))
        refuse_malformed(layer, flow, &message, v);
    else if (message.request)
        receive_request(layer, &incoming);
    else
        client_response(layer, &message);
    layer->match.message = NULL;
}

/* A stream that cannot be followed: what stands there may still say whom to answer. */
static void receive_broken(void *context, const struct net_flow *flow, struct bytes raw,
                           unsigned status, const char *reason)
{
    struct transaction_layer *layer = context;
    struct sip_message message;
    (void)sip_message_parse(raw, false, &message);
    layer->match.message = NULL;
    refuse_malformed(layer, flow, &message, verdict(status, reason, 0));
    layer->match.message = NULL;
}

static void closed(void *context, uint64_t connection, enum err why)
{
    struct transaction_layer *layer = context;
    errands_closed(layer, connection, why);
    client_closed(layer, connection);
    if (layer->user.closed != NULL)
        layer->user.closed(layer->user.context, connection);
}

struct transaction_layer *transaction_layer_new(struct world *world, struct net *net,
                                                struct store *store,
                                                const struct transaction_settings *settings,
                                                struct log *log, struct metrics *metrics)
{
    assert(world != NULL && net != NULL && store != NULL);
    assert(settings->t1_ms > 0 && settings->t1_ms <= settings->t2_ms);
    assert(settings->t2_ms <= 64 * settings->t1_ms);
    assert(settings->t4_ms > 0 && settings->invite_max_s > 0);
    struct transaction_layer *layer = memory_new(sizeof(*layer));
    layer->world = world;
    layer->net = net;
    layer->store = store;
    layer->settings = *settings;
    layer->log = log;
    layer->metrics = metrics;
    layer->epoch = store_epoch(store);
    layer->seed = world_random_u64(world);
    layer->quiet_ms = timer_e_reaches_t2_ms(settings);
    layer->lifetime_ms = 64 * settings->t1_ms;
    layer->key = memory_new(MATCH_KEY_MAX);
    layer->draft = buffer_over(memory_new(DRAFT_MAX), DRAFT_MAX);
    server_init(layer);
    errands_init(layer);
    client_init(layer);
    const struct net_handler handler = {receive, receive_broken, closed, layer};
    net_handle(net, &handler);
    return layer;
}

void transaction_layer_free(struct transaction_layer **layer)
{
    if (*layer == NULL)
        return;
    client_release(*layer);
    server_release(*layer);
    errands_release(*layer);
    /* all that was counted has gone, and what was charged was taken back */
    assert((*layer)->client_bytes == 0 && (*layer)->server_bytes == 0);
    free((*layer)->draft.at);
    free((*layer)->key);
    free(*layer);
    *layer = NULL;
}

void transaction_layer_use(struct transaction_layer *layer, const struct transaction_user *user)
{
    assert(user->request != NULL);
    layer->user = *user;
}

struct transaction_counts transaction_count(const struct transaction_layer *layer)
{
    return (struct transaction_counts){
        .servers = handles_count(layer->server_handles),
        .clients = handles_count(layer->client_handles),
        .acks = layer->completed.table.count,
        .bytes = layer->server_bytes + layer->client_bytes,
    };
}

const struct transaction_settings *transaction_layer_settings(const struct transaction_layer *layer)
{
    return &layer->settings;
}
