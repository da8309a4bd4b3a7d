/* client.c: client transactions: the non-INVITE one (RFC 3261 17.1.2.2), and what it shares with
 * the INVITE one (invite_client.c).
 *
 *     request -> HELD ---- durable ---> (a way) -> RESOLVING -> (a way)
 *                  |  refused: 500         |
 *                  v                       | send; timers E and F (INVITE: A and B)
 *               FAILING                    v
 *                  ^                    TRYING -- 1xx --> PROCEEDING
 *                  | no way left           |                  |
 *                  +------- BROKEN <-------+-- no connection, 503, silence (ways.c)
 *                             |            +------------------+
 *                             +-> (a way)  | 200-699: reported    timer F: 408
 *                                          v
 *                                   freed; an echo stays for timer K (echoes.c)
 *
 * A request has 64*T1 from its first sending, whatever ways it takes. Each way has a branch of its
 * own, because it is a new transaction for whoever receives it. FAILING and BROKEN wait for a timer
 * of no time, so that nothing is reported, and nobody connects, inside a call of the user's or of
 * the net's.
 *
 * An ACK is no transaction (17.1): it is sent by the first way that takes it and freed. Where it
 * goes by TCP for its length, it lingers for T4, in case nobody takes the connection.
 *
 * One allocation holds everything: the struct, the next hop, and the head of the message. The head
 * is built towards a fixed end, so that a Via of any length fits between line and fields:
 *
 *     | next hop | speaker |   room   | line | Via, added | fields, blank line |
 *
 * One timer serves for all: it is set to whichever comes first. */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "client_internal.h"

enum { PATIENCE_T1 = 15 };

/* Ending. */

static size_t client_size(const struct client_transaction *client)
{
    return sizeof(*client) + client->end + client->beside_bytes;
}

void client_beside(struct client_transaction *client, size_t more_bytes, size_t fewer_bytes)
{
    assert(client->beside_bytes >= fewer_bytes);
    client->beside_bytes += more_bytes;
    client->beside_bytes -= fewer_bytes;
    client->layer->client_bytes += more_bytes;
    client->layer->client_bytes -= fewer_bytes;
}

void client_detach(struct client_transaction *client)
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
    spread_unref(&client->spread);
    free(client->targets);
    free(client->reason);
    free(client);
}

static void client_report(struct client_transaction *client, unsigned status,
                          const struct sip_message *response, bool last)
{
    const struct client_answer answer = {
        .status = status,
        .response = response,
        .flow = client->left ? &client->flow : NULL,
        .last = last,
    };
    if (client->answer != NULL)
        client->answer(client->context, &answer);
}

void client_tell(struct client_transaction *client, const struct sip_message *response)
{
    client_report(client, response->status, response, false);
}

void client_finish(struct client_transaction *client, unsigned status,
                   const struct sip_message *response)
{
    client_detach(client);
    handles_remove(client->layer->client_handles, client->handle);
    client_report(client, status, response, true);
    client_free(client);
}

static void client_due(struct timer *timer);

void client_defer(struct client_transaction *client, enum client_state state)
{
    client_detach(client);
    net_cancel(client->layer->net, &client->lookup);
    store_wait_cancel(&client->wait);
    client->state = state;
    world_timer(client->layer->world, &client->timer, 0, client_due);
}

void client_fail(struct client_transaction *client, unsigned status)
{
    client->status = status;
    client_defer(client, CLIENT_FAILING);
}

/* What was under way on a connection that has gone, or could not be sent. An INVITE that somebody
 * works at must not come to another one too. */
static void client_break(struct client_transaction *client)
{
    if (client_is_invite(client) && client->state == CLIENT_PROCEEDING)
        client_fail(client, client->cancelled ? 487 : 503);
    else
        way_fail(client, 503);
}

/* Sending. */

static enum err client_transmit(struct client_transaction *client)
{
    struct bytes head = client_text(client, client->line_at, client->end - client->line_at);
    return net_send(client->layer->net, &client->flow, head, blob_bytes(client->body));
}

/* Timer E runs in both states, timer A in the first (RFC 3261 17.1.1.2, 17.1.2.2). */
static bool client_repeats(const struct client_transaction *client)
{
    return !client_is_stream(client) &&
           (client->state == CLIENT_TRYING ||
            (client->state == CLIENT_PROCEEDING && !client_is_invite(client)));
}

void client_set_timer(struct client_transaction *client)
{
    struct world *world = client->layer->world;
    uint64_t due_ms = client->expires_ms;
    uint64_t patient_ms = client->way_ms + client->layer->patience_ms;
    if (client_repeats(client) && world->now_ms + client->interval_ms < due_ms)
        due_ms = world->now_ms + client->interval_ms;
    else if (client->state == CLIENT_TRYING && client_is_stream(client) &&
             patient_ms > world->now_ms && patient_ms < due_ms)
        due_ms = patient_ms;
    if (due_ms == UINT64_MAX)
        wheel_cancel(world->wheel, &client->timer);
    else
        wheel_set(world->wheel, &client->timer, due_ms, client_due);
}

void client_place_via(struct client_transaction *client, const char *via,
                      const struct via_written *written, struct bytes added)
{
    unsigned added_at = client->fields_at - (unsigned)added.length;
    unsigned via_at = added_at - written->length;
    unsigned line_at = via_at - client->line_length;
    assert(line_at >= client->hop_length + client->speaker_length);
    memmove(client->text + line_at, client->text + client->line_at, client->line_length);
    memcpy(client->text + via_at, via, written->length);
    if (added.length > 0)
        memcpy(client->text + added_at, added.at, added.length);
    client->line_at = line_at;
    client->via_at = via_at;
    client->via = *written;
}

static struct bytes branch_of(const struct client_transaction *client)
{
    return bytes_first(bytes_skip(client_via(client), client->via.branch_at),
                       client->via.branch_length);
}

static void client_watch_connection(struct client_transaction *client)
{
    struct transaction_layer *layer = client->layer;
    struct bytes key = bytes_from(&client->flow.connection, sizeof(uint64_t));
    if (client_is_stream(client))
        chain_put(&layer->connections, &client->connection_entry, bytes_hash(key, layer->seed));
}

/* Once; if it goes by TCP for its length alone, we wait whether the connection is taken. */
static void client_start_ack(struct client_transaction *client)
{
    if (client_transmit(client) != ERR_NONE) {
        way_fail(client, 503);
    } else if (client->by_stream) {
        client->state = CLIENT_LINGERING;
        client->expires_ms = client->layer->world->now_ms + client->layer->settings.t4_ms;
        client_watch_connection(client);
        client_set_timer(client);
    } else {
        client_free(client);
    }
}

void client_start(struct client_transaction *client)
{
    struct transaction_layer *layer = client->layer;
    if (client->method == SIP_ACK) {
        client_start_ack(client);
        return;
    }
    chain_put(&layer->clients, &client->branch_entry, bytes_hash(branch_of(client), layer->seed));
    client_watch_connection(client);
    client->state = CLIENT_TRYING;
    client->interval_ms = layer->settings.t1_ms;
    client->way_ms = layer->world->now_ms;
    if (!client->left || client->expires_ms == UINT64_MAX)
        client->expires_ms = layer->world->now_ms + layer->lifetime_ms;
    client_set_timer(client);
    if (client_transmit(client) != ERR_NONE) {
        client_break(client);
        return;
    }
    client->left = true;
    spread_left(&client->spread, layer->world->now_ms);
}

/* Timers. */

/* Timer B or F (RFC 3261 8.1.3.1), or nobody answered after the CANCEL (9.1). */
static void client_time_out(struct client_transaction *client)
{
    metrics_count(client->layer->metrics, METRIC_transactions_timed_out);
    if (client->state == CLIENT_TRYING)
        way_shun(client, client->layer->settings.shun_s);
    client_finish(client, client->cancelled ? 487 : 408, NULL);
}

/* Timer A doubles; timer E doubles up to T2, and is T2 after a provisional response. */
static void client_retransmit(struct client_transaction *client)
{
    const struct transaction_settings *settings = &client->layer->settings;
    unsigned doubled_ms = 2 * client->interval_ms;
    bool most = client->state == CLIENT_PROCEEDING || doubled_ms > settings->t2_ms;
    client->interval_ms = most && !client_is_invite(client) ? settings->t2_ms : doubled_ms;
    metrics_count(client->layer->metrics, METRIC_retransmissions_sent);
    client_set_timer(client);
    if (client_transmit(client) != ERR_NONE)
        client_break(client);
}

/* RFC 3263 4.3 has a way fail when its transaction times out. Then the whole time of the request
 * would be over, and nobody would learn what another way brings. So a silent way gives up its place
 * after 15*T1, when a request over UDP would go out for the fifth time: whoever is alive has said
 * something by then, an INVITE's 100 comes at once (RFC 3261 17.2.1), that of other requests when
 * timer E reaches T2 (RFC 4320 4.1). */
static bool client_is_silent(const struct client_transaction *client)
{
    return client->state == CLIENT_TRYING &&
           client->layer->world->now_ms >= client->way_ms + client->layer->patience_ms;
}

static void client_wait(struct client_transaction *client)
{
    if (client->layer->world->now_ms >= client->expires_ms)
        client_time_out(client);
    else if (client_is_silent(client) && way_is_left(client))
        way_fail(client, 408);
    else if (client_repeats(client))
        client_retransmit(client);
    else
        client_set_timer(client);
}

static void client_due(struct timer *timer)
{
    struct client_transaction *client = HOLDER(timer, struct client_transaction, timer);
    switch (client->state) {
    case CLIENT_FAILING:
        client_finish(client, client->status, NULL);
        break;
    case CLIENT_BROKEN:
        way_next(client);
        break;
    case CLIENT_ACCEPTED: /* timer M */
        client_finish(client, 0, NULL);
        break;
    case CLIENT_LINGERING:
        client_free(client);
        break;
    default:
        client_wait(client);
    }
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
    if (client_is_invite(client)) {
        invite_answered(client, response);
        return;
    }
    if (response->status < 200) {
        client->state = CLIENT_PROCEEDING;
        return;
    }
    if (!client_is_stream(client))
        echoes_add(&layer->echoes, client->branch_entry.hash,
                   layer->world->now_ms + layer->settings.t4_ms);
    if (!way_refused(client, response))
        client_finish(client, response->status, response);
}

void client_response(struct transaction_layer *layer, const struct sip_message *response)
{
    uint64_t hash = bytes_hash(response->via.branch, layer->seed);
    struct chain_entry *entry = chain_find(&layer->clients, hash);
    for (; entry != NULL; entry = chain_next(entry)) {
        struct client_transaction *client = HOLDER(entry, struct client_transaction, branch_entry);
        if (client_matches(client, response)) {
            client_answered(client, response);
            return;
        }
    }
    if (!ack_again(layer, response, hash) &&
        !echoes_find(&layer->echoes, hash, layer->world->now_ms))
        metrics_count(layer->metrics, METRIC_responses_stray);
}

void client_closed(struct transaction_layer *layer, uint64_t connection)
{
    uint64_t hash = bytes_hash(bytes_from(&connection, sizeof(connection)), layer->seed);
    struct chain_entry *next, *entry = chain_find(&layer->connections, hash);
    for (; entry != NULL; entry = next) {
        next = chain_next(entry);
        struct client_transaction *client =
            HOLDER(entry, struct client_transaction, connection_entry);
        if (client->flow.connection == connection)
            client_break(client);
    }
}

static void client_decided(struct store_wait *wait, enum store_outcome outcome)
{
    struct client_transaction *client = HOLDER(wait, struct client_transaction, wait);
    assert(client->state == CLIENT_HELD);
    if (outcome == STORE_DURABLE)
        way_next(client);
    else
        client_fail(client, 500);
}

enum err client_order_end(struct client_transaction *client)
{
    if (client->state == CLIENT_ACCEPTED || client->state == CLIENT_LINGERING)
        return ERR_CONFLICT;
    if (client_is_invite(client))
        cancel_invite(client, BYTES(""));
    else if (client->state != CLIENT_FAILING)
        client_fail(client, 408);
    return ERR_NONE;
}

/* Requests. */

static void check_request(const struct client_request *request)
{
    assert(request->answer != NULL || request->context == NULL);
    assert(request->flow != NULL || !bytes_empty(request->next_hop));
    assert(bytes_starts_with(request->line, request->method_name));
    assert(request->line.length > 2 && request->line.at[request->line.length - 1] == '\n');
    assert(request->head.length > 2);
    assert(request->method != SIP_ACK || request->answer == NULL);
    (void)request;
}

struct client_transaction *client_new(struct transaction_layer *layer,
                                      const struct client_request *request)
{
    size_t hop = request->next_hop.length, line = request->line.length;
    size_t via = request->loop_key != 0 ? VIA_MAX : VIA_MAX - VIA_LOOP_KEY;
    size_t added = request->add != NULL ? CLIENT_ADDED_MAX : 0;
    size_t speaker = request->speaker.length, names = hop + speaker;
    size_t end = names + via + added + line + request->head.length;
    assert(end < UINT32_MAX);
    struct client_transaction *client = memory_resize(NULL, sizeof(*client) + end);
    *client = (struct client_transaction){
        .layer = layer,
        .answer = request->answer,
        .add = request->add,
        .context = request->context,
        .body = blob_ref(request->body),
        .spread = spread_ref(request->spread),
        .loop_key = request->loop_key,
        .method = request->method,
        .partition = request->partition,
        .status = 503, /* when there is no way at all: RFC 3261 8.1.3.1 */
        .hop_open = hop > 0,
        .hop_length = (unsigned)hop,
        .speaker_length = (unsigned)speaker,
        .line_at = (unsigned)names,
        .line_length = (unsigned)line,
        .method_length = (unsigned)request->method_name.length,
        .fields_at = (unsigned)(names + via + added + line),
        .end = (unsigned)end,
    };
    layer->client_bytes += client_size(client);
    if (hop > 0)
        memcpy(client->text, request->next_hop.at, hop);
    if (speaker > 0)
        memcpy(client->text + hop, request->speaker.at, speaker);
    memcpy(client->text + client->line_at, request->line.at, line);
    memcpy(client->text + client->fields_at, request->head.at, request->head.length);
    if (request->flow != NULL) {
        client->flow = *request->flow;
        client->flow_given = true;
    }
    client->handle = handles_add(layer->client_handles, client);
    metrics_count(layer->metrics, METRIC_transactions_client);
    return client;
}

/* What is Completed gives way to what is to be sent. */
static bool client_has_room(struct transaction_layer *layer)
{
    while (layer->client_bytes >= layer->settings.client_max_bytes) {
        if (!ack_evict(layer))
            return false;
    }
    return handles_count(layer->client_handles) < layer->settings.client_max;
}

uint64_t transaction_request(struct transaction_layer *layer, const struct client_request *request)
{
    check_request(request);
    if (!client_has_room(layer)) {
        metrics_count(layer->metrics, METRIC_transactions_refused);
        return 0;
    }
    struct client_transaction *client = client_new(layer, request);
    uint64_t handle = client->handle;
    if (request->after.number == 0 || store_durable(layer->store, request->after))
        way_next(client);
    else
        store_wait(layer->store, &client->wait, request->after, client_decided);
    return handle;
}

struct spread *transaction_spread(struct transaction_layer *layer, size_t kind)
{
    assert(kind < TRANSACTION_SPREADS);
    return spread_new(&layer->spreads[kind], layer->world->now_ms);
}

const struct latency *transaction_spread_times(const struct transaction_layer *layer, size_t kind)
{
    assert(kind < TRANSACTION_SPREADS);
    return &layer->spreads[kind];
}

void transaction_cancel(struct transaction_layer *layer, uint64_t handle, struct bytes reason)
{
    struct client_transaction *client = handles_find(layer->client_handles, handle);
    if (client != NULL && client_is_invite(client))
        cancel_invite(client, reason);
}

/* A phone must not go on ringing for nobody, and nobody would acknowledge its 2xx: an INVITE that
 * is forgotten is cancelled too. If a 2xx comes all the same, its sender hears no ACK and ends the
 * session by itself (RFC 3261 13.3.1.4). */
void transaction_forget(struct transaction_layer *layer, uint64_t handle)
{
    struct client_transaction *client = handles_find(layer->client_handles, handle);
    if (client == NULL)
        return;
    client->answer = NULL;
    if (client_is_invite(client))
        cancel_invite(client, BYTES(""));
}

void client_init(struct transaction_layer *layer)
{
    chain_init(&layer->clients);
    chain_init(&layer->connections);
    layer->client_handles = handles_new();
    layer->patience_ms = PATIENCE_T1 * layer->settings.t1_ms;
    echoes_init(&layer->echoes);
    ack_init(layer);
}

void client_release(struct transaction_layer *layer)
{
    struct client_transaction *client;
    size_t position = 0;
    while ((client = handles_next(layer->client_handles, &position)) != NULL)
        client_free(client);
    handles_free(&layer->client_handles);
    ack_release(layer);
    echoes_release(&layer->echoes);
    chain_release(&layer->connections);
    chain_release(&layer->clients);
}
