/* client.c: the non-INVITE client transaction (RFC 3261 17.1.2.2).
 *
 *     request -> HELD ---- durable ---> (a way) -> RESOLVING -> (a way)
 *                  |  refused: 500         |
 *                  v                       | send; timers E and F
 *               FAILING                    v
 *                  ^                    TRYING -- 1xx --> PROCEEDING
 *                  | no way left           |                  |
 *                  +------- BROKEN <-------+-- connection lost|
 *                             |            +------------------+
 *                             +-> (a way)  | 200-699: reported    timer F: 408
 *                                          v
 *                                   freed; an echo stays for timer K (echoes.c)
 *
 * Ways are tried in this order: the caller's flow, while it is alive; then each target of the next
 * hop. A way that breaks before a final response leads to the next (RFC 3263 4.3), with a new
 * branch, because it is a new transaction for whoever receives it. FAILING and BROKEN wait for a
 * timer of no time, so that nothing is reported, and nobody connects, inside a call of the user's
 * or of the net's.
 *
 * One allocation holds everything: the struct, the next hop, and the head of the message. The head
 * is built towards a fixed end, so that a Via of any length fits between line and fields:
 *
 *     | next hop |   room   | line | Via | fields, blank line |
 *
 * One timer serves E and F: it is set to whichever comes first. */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "client_internal.h"

/* Ending. */

static size_t client_size(const struct client_transaction *client)
{
    return sizeof(*client) + client->end;
}

/* Out of the tables of what is under way; responses to what was sent are stray from now on. */
static void client_detach(struct client_transaction *client)
{
    struct transaction_layer *layer = client->layer;
    chain_remove(&layer->clients, &client->branch_entry);
    chain_remove(&layer->connections, &client->connection_entry);
    wheel_cancel(layer->world->wheel, &client->timer);
}

static void client_free(struct client_transaction *client)
{
    struct transaction_layer *layer = client->layer;
    client_detach(client);
    net_cancel(layer->net, &client->lookup);
    store_wait_cancel(&client->wait);
    handles_remove(layer->client_handles, client->handle);
    layer->client_bytes -= client_size(client);
    blob_unref(&client->body);
    free(client->targets);
    free(client);
}

/* Reports the outcome. Nobody can find the transaction any more when the callee runs, so it may do
 * as it likes. */
static void client_finish(struct client_transaction *client, unsigned status,
                          const struct sip_message *response)
{
    client_detach(client);
    handles_remove(client->layer->client_handles, client->handle);
    const struct client_answer answer = {
        .status = status,
        .response = response,
        .flow = client->left ? &client->flow : NULL,
        .last = true,
    };
    if (client->answer != NULL)
        client->answer(client->context, &answer);
    client_free(client);
}

static void client_due(struct timer *timer);

void client_defer(struct client_transaction *client, enum client_state state)
{
    client_detach(client);
    client->state = state;
    world_timer(client->layer->world, &client->timer, 0, client_due);
}

void client_fail(struct client_transaction *client, unsigned status)
{
    client->status = status;
    client_defer(client, CLIENT_FAILING);
}

/* Sending. */

static enum err client_transmit(struct client_transaction *client)
{
    struct bytes head = client_text(client, client->line_at, client->end - client->line_at);
    return net_send(client->layer->net, &client->flow, head, blob_bytes(client->body));
}

static void client_set_timer(struct client_transaction *client)
{
    struct world *world = client->layer->world;
    uint64_t due_ms = client->expires_ms;
    if (!client_is_stream(client) && world->now_ms + client->interval_ms < due_ms)
        due_ms = world->now_ms + client->interval_ms;
    wheel_set(world->wheel, &client->timer, due_ms, client_due);
}

static struct bytes branch_of(const struct client_transaction *client)
{
    return bytes_first(bytes_skip(client_via(client), client->via.branch_at),
                       client->via.branch_length);
}

/* Writes the Via for the flow and moves the line up to it. */
static void client_write_via(struct client_transaction *client)
{
    char via[VIA_MAX];
    client->via = via_write(client->layer, &client->flow, client->partition, client->loop_key, via);
    unsigned via_at = client->fields_at - client->via.length;
    unsigned line_at = via_at - client->line_length;
    memmove(client->text + line_at, client->text + client->line_at, client->line_length);
    memcpy(client->text + via_at, via, client->via.length);
    client->line_at = line_at;
}

void client_launch(struct client_transaction *client)
{
    struct transaction_layer *layer = client->layer;
    client_write_via(client);
    chain_put(&layer->clients, &client->branch_entry, bytes_hash(branch_of(client), layer->seed));
    if (client_is_stream(client))
        chain_put(&layer->connections, &client->connection_entry,
                  bytes_hash(bytes_from(&client->flow.connection, sizeof(uint64_t)), layer->seed));
    client->state = CLIENT_TRYING;
    client->interval_ms = layer->settings.t1_ms;
    client->expires_ms = layer->world->now_ms + layer->lifetime_ms;
    client_set_timer(client);
    if (client_transmit(client) == ERR_NONE)
        client->left = true;
    else
        client_defer(client, CLIENT_BROKEN);
}

/* Timers. */

static void client_time_out(struct client_transaction *client)
{
    metrics_count(client->layer->metrics, METRIC_transactions_timed_out);
    client_finish(client, 408, NULL); /* RFC 3261 8.1.3.1 */
}

/* Timer E doubles up to T2, and is T2 after a provisional response. */
static void client_retransmit(struct client_transaction *client)
{
    const struct transaction_settings *settings = &client->layer->settings;
    unsigned doubled_ms = 2 * client->interval_ms;
    bool most = client->state == CLIENT_PROCEEDING || doubled_ms > settings->t2_ms;
    client->interval_ms = most ? settings->t2_ms : doubled_ms;
    metrics_count(client->layer->metrics, METRIC_retransmissions_sent);
    client_set_timer(client);
    if (client_transmit(client) != ERR_NONE)
        client_defer(client, CLIENT_BROKEN);
}

static void client_due(struct timer *timer)
{
    struct client_transaction *client = HOLDER_OF(struct client_transaction, timer, timer);
    if (client->state == CLIENT_FAILING)
        client_finish(client, client->status, NULL);
    else if (client->state == CLIENT_BROKEN)
        way_next(client);
    else if (client->layer->world->now_ms >= client->expires_ms)
        client_time_out(client);
    else
        client_retransmit(client);
}

/* What comes from outside. */

/* RFC 3261 17.1.3 (branch and method) and 18.1.2 (the sent-by is ours). */
static bool client_matches(const struct client_transaction *client,
                           const struct sip_message *response)
{
    struct bytes method = client_text(client, client->line_at, client->method_length);
    return bytes_equal(response->cseq_method, method) &&
           via_is(&response->via, client_via(client), &client->via);
}

static void client_answered(struct client_transaction *client, const struct sip_message *response)
{
    struct transaction_layer *layer = client->layer;
    if (response->status < 200) {
        client->state = CLIENT_PROCEEDING;
        return;
    }
    if (!client_is_stream(client))
        echoes_add(&layer->echoes, client->branch_entry.hash,
                   layer->world->now_ms + layer->settings.t4_ms);
    client_finish(client, response->status, response);
}

void client_response(struct transaction_layer *layer, const struct sip_message *response)
{
    uint64_t hash = bytes_hash(response->via.branch, layer->seed);
    struct chain_entry *entry = chain_find(&layer->clients, hash);
    for (; entry != NULL; entry = chain_next(entry)) {
        struct client_transaction *client =
            HOLDER_OF(struct client_transaction, branch_entry, entry);
        if (client_matches(client, response)) {
            client_answered(client, response);
            return;
        }
    }
    if (!echoes_find(&layer->echoes, hash, layer->world->now_ms))
        metrics_count(layer->metrics, METRIC_responses_stray);
}

void client_closed(struct transaction_layer *layer, uint64_t connection)
{
    uint64_t hash = bytes_hash(bytes_from(&connection, sizeof(connection)), layer->seed);
    struct chain_entry *next, *entry = chain_find(&layer->connections, hash);
    for (; entry != NULL; entry = next) {
        next = chain_next(entry);
        struct client_transaction *client =
            HOLDER_OF(struct client_transaction, connection_entry, entry);
        if (client->flow.connection == connection)
            client_defer(client, CLIENT_BROKEN);
    }
}

static void client_decided(struct store_wait *wait, enum store_outcome outcome)
{
    struct client_transaction *client = HOLDER_OF(struct client_transaction, wait, wait);
    assert(client->state == CLIENT_HELD);
    if (outcome == STORE_DURABLE)
        way_next(client);
    else
        client_fail(client, 500);
}

/* Requests. */

static void check_request(const struct client_request *request)
{
    assert(request->answer != NULL || request->context == NULL);
    assert(request->flow != NULL || !bytes_empty(request->next_hop));
    assert(bytes_starts_with(request->line, request->method_name));
    assert(request->line.length > 2 && request->line.at[request->line.length - 1] == '\n');
    assert(request->head.length > 2);
    assert(request->method != SIP_ACK && request->method != SIP_INVITE);
    (void)request;
}

static struct client_transaction *client_new(struct transaction_layer *layer,
                                             const struct client_request *request)
{
    size_t hop = request->next_hop.length, line = request->line.length;
    size_t end = hop + VIA_MAX + line + request->head.length;
    assert(end < UINT32_MAX);
    struct client_transaction *client = memory_resize(NULL, sizeof(*client) + end);
    *client = (struct client_transaction){
        .layer = layer,
        .answer = request->answer,
        .context = request->context,
        .body = blob_ref(request->body),
        .loop_key = request->loop_key,
        .partition = request->partition,
        .hop_length = (unsigned)hop,
        .line_at = (unsigned)hop,
        .line_length = (unsigned)line,
        .method_length = (unsigned)request->method_name.length,
        .fields_at = (unsigned)(hop + VIA_MAX + line),
        .end = (unsigned)end,
    };
    layer->client_bytes += client_size(client);
    if (hop > 0)
        memcpy(client->text, request->next_hop.at, hop);
    memcpy(client->text + client->line_at, request->line.at, line);
    memcpy(client->text + client->fields_at, request->head.at, request->head.length);
    if (request->flow != NULL) {
        client->flow = *request->flow;
        client->flow_given = true;
    }
    return client;
}

uint64_t transaction_request(struct transaction_layer *layer, const struct client_request *request)
{
    check_request(request);
    if (handles_count(layer->client_handles) >= layer->settings.client_max ||
        layer->client_bytes >= layer->settings.client_max_bytes) {
        metrics_count(layer->metrics, METRIC_transactions_refused);
        return 0;
    }
    struct client_transaction *client = client_new(layer, request);
    uint64_t handle = client->handle = handles_add(layer->client_handles, client);
    metrics_count(layer->metrics, METRIC_transactions_client);
    if (request->after.number == 0 || store_durable(layer->store, request->after))
        way_next(client);
    else
        store_wait(layer->store, &client->wait, request->after, client_decided);
    return handle;
}

void transaction_forget(struct transaction_layer *layer, uint64_t handle)
{
    struct client_transaction *client = handles_find(layer->client_handles, handle);
    if (client != NULL)
        client->answer = NULL;
}

void client_init(struct transaction_layer *layer)
{
    chain_init(&layer->clients);
    chain_init(&layer->connections);
    layer->client_handles = handles_new();
    echoes_init(&layer->echoes);
}

void client_release(struct transaction_layer *layer)
{
    struct client_transaction *client;
    size_t position = 0;
    while ((client = handles_next(layer->client_handles, &position)) != NULL)
        client_free(client);
    handles_free(&layer->client_handles);
    echoes_release(&layer->echoes);
    chain_release(&layer->connections);
    chain_release(&layer->clients);
}
