/* ways.c: the ways of a request, one after another until one answers (RFC 3263 4.3).
 *
 *     the caller's flow, while it is alive
 *       -> each target of the next hop, best first: over 1300 bytes by TCP before UDP
 *         -> none is left: the last failure is reported
 *
 * The caller's flow is where a client registered or subscribed from, often through a NAT. What is
 * too long for a datagram (RFC 3261 18.1.1) still goes there by UDP, if that is what the client
 * speaks: nobody can open a connection to a phone behind a NAT, fragments mostly arrive, and the
 * client had its choice. To a target that was looked up, TCP is tried first; when nobody takes the
 * connection, UDP is used as the RFC says, and remembered for a while.
 *
 * What failed is shunned: lookups put it behind the others for a while. Only targets are; a flow
 * belongs to one client, whose Contact stays as good as it was. */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "client_internal.h"

/* Shunning. */

static const struct net_target *present_target(const struct client_transaction *client)
{
    assert(client->aimed && client->target_next > 0);
    return &client->targets[client->target_next - 1];
}

static bool stream_refused(const struct transaction_layer *layer, const struct net_address *address)
{
    for (int i = 0; i < STREAM_REFUSALS; i++)
        if (layer->refusals[i].until_ms > layer->world->now_ms &&
            net_address_equal(&layer->refusals[i].address, address))
            return true;
    return false;
}

void way_shun(struct client_transaction *client, unsigned seconds)
{
    struct transaction_layer *layer = client->layer;
    uint64_t until_ms = layer->world->now_ms + (uint64_t)seconds * 1000;
    if (!client->aimed || seconds == 0)
        return;
    if (until_ms > layer->shunned_until_ms)
        layer->shunned_until_ms = until_ms;
    metrics_count(layer->metrics, METRIC_targets_shunned);
    net_shun(layer->net, present_target(client), seconds);
}

/* It is UDP's turn now, and at once for the next long requests. */
static void refuse_stream(struct client_transaction *client)
{
    struct transaction_layer *layer = client->layer;
    struct stream_refusal *refusal = &layer->refusals[layer->refusal_next++ % STREAM_REFUSALS];
    if (refusal->until_ms > layer->world->now_ms)
        metrics_count(layer->metrics, METRIC_stream_refusals_evicted);
    *refusal = (struct stream_refusal){
        present_target(client)->address,
        layer->world->now_ms + (uint64_t)layer->settings.shun_s * 1000,
    };
}

/* It answered: if it is shunned, it need not be any longer. */
static void way_is_well(const struct client_transaction *client)
{
    struct transaction_layer *layer = client->layer;
    if (client->aimed && layer->shunned_until_ms > layer->world->now_ms)
        net_shun(layer->net, present_target(client), 0);
}

void way_fail(struct client_transaction *client, unsigned status)
{
    metrics_count(client->layer->metrics, METRIC_ways_failed);
    if (client->by_stream)
        refuse_stream(client);
    else
        way_shun(client, client->layer->settings.shun_s);
    client->status = status;
    client_defer(client, CLIENT_BROKEN);
}

/* RFC 3261 20.33. */
static unsigned retry_after_s(const struct transaction_settings *settings,
                              const struct sip_message *response)
{
    bool present;
    uint32_t seconds;
    struct verdict v = sip_message_number(response, SIP_RETRY_AFTER, &present, &seconds);
    if (!verdict_ok(v) || !present)
        return settings->shun_s;
    return seconds < settings->shun_most_s ? seconds : settings->shun_most_s;
}

static bool is_late(const struct client_transaction *client)
{
    return client->left && client->layer->world->now_ms >= client->expires_ms;
}

bool way_refused(struct client_transaction *client, const struct sip_message *response)
{
    if (response->status != 503) {
        way_is_well(client);
        return false;
    }
    metrics_count(client->layer->metrics, METRIC_ways_failed);
    client->by_stream = false; /* its host has spoken: not again by UDP */
    way_shun(client, retry_after_s(&client->layer->settings, response));
    if (client->told || client->cancelled || is_late(client) || !way_is_left(client))
        return false;
    client->status = 503;
    client_defer(client, CLIENT_BROKEN);
    return true;
}

/* What is left. */

/* True when the next hop says in numbers where the present way led already. */
static bool hop_is_here(const struct client_transaction *client, const struct net_query *query)
{
    struct net_address address;
    uint16_t port = query->port;
    if (port == 0)
        port = net_default_port(query->protocol);
    return query->protocol == client->flow.protocol &&
           net_address_parse(query->host, port, &address) &&
           net_address_equal(&address, &client->flow.remote);
}

static bool hop_read(const struct client_transaction *client, struct net_query *query)
{
    return client->hop_open && next_hop_parse(client_text(client, 0, client->hop_length), query);
}

bool way_is_left(const struct client_transaction *client)
{
    struct net_query query;
    if (client->by_stream || client->target_next < client->target_count)
        return true;
    return hop_read(client, &query) && !hop_is_here(client, &query);
}

/* Going. */

/* What the user adds for the present way; in `text`, CLIENT_ADDED_MAX bytes. */
static struct bytes write_added(const struct client_transaction *client, char *text)
{
    struct buffer added = buffer_over(text, CLIENT_ADDED_MAX);
    if (client->add != NULL && client->answer != NULL)
        client->add(client->context, &client->flow, &added);
    assert(!added.overflow);
    return buffer_bytes(&added);
}

/* Over the limit with the Via that it would get, which is only written when that matters. */
static bool is_long(const struct client_transaction *client)
{
    struct transaction_layer *layer = client->layer;
    size_t limit_bytes = layer->settings.datagram_max_bytes;
    size_t bytes =
        client->line_length + (client->end - client->fields_at) + blob_bytes(client->body).length;
    char via[VIA_MAX], added[CLIENT_ADDED_MAX];
    bytes += write_added(client, added).length;
    if (bytes + VIA_MAX <= limit_bytes)
        return false;
    return bytes > limit_bytes ||
           bytes + via_write(layer, &client->flow, client->partition, client->loop_key, via)
                       .length >
               limit_bytes;
}

static void go(struct client_transaction *client)
{
    char via[VIA_MAX], added[CLIENT_ADDED_MAX];
    const struct via_written written =
        via_write(client->layer, &client->flow, client->partition, client->loop_key, via);
    client_place_via(client, via, &written, write_added(client, added));
    client_start(client);
}

/* RFC 3261 18.1.1: TCP to the same address and port in place of UDP. */
static bool take_stream(struct client_transaction *client, const struct net_target *target)
{
    struct transaction_layer *layer = client->layer;
    struct net_target stream = *target;
    struct net_flow flow;
    stream.protocol = NET_TCP;
    if (stream_refused(layer, &target->address) ||
        net_connect(layer->net, &stream, &flow) != ERR_NONE)
        return false;
    metrics_count(layer->metrics, METRIC_requests_by_stream);
    client->flow = flow;
    return true;
}

static bool dial(struct client_transaction *client, bool streams)
{
    client->aimed = true;
    const struct net_target *target = present_target(client);
    if (net_connect(client->layer->net, target, &client->flow) != ERR_NONE)
        return false;
    client->by_stream =
        streams && target->protocol == NET_UDP && is_long(client) && take_stream(client, target);
    go(client);
    return true;
}

static bool go_to_target(struct client_transaction *client)
{
    bool again = client->by_stream; /* the same target by UDP */
    client->by_stream = false;
    if (again && dial(client, false))
        return true;
    while (client->target_next < client->target_count) {
        client->target_next++;
        if (dial(client, true))
            return true;
    }
    return false;
}

static bool go_by_flow(struct client_transaction *client)
{
    if (!client->flow_given)
        return false;
    client->flow_given = false;
    if (!net_alive(client->layer->net, &client->flow))
        return false;
    go(client);
    return true;
}

static void hop_found(struct net_lookup *lookup, const struct net_target *targets, size_t count)
{
    struct client_transaction *client = HOLDER(lookup, struct client_transaction, lookup);
    assert(client->state == CLIENT_RESOLVING && count <= NET_TARGETS_MAX);
    if (count > 0) {
        client->targets = memory_resize(NULL, count * sizeof(*targets));
        memcpy(client->targets, targets, count * sizeof(*targets));
        client_beside(client, count * sizeof(*targets), 0);
        client->target_count = (unsigned char)count;
    }
    for (size_t i = 0; i < count; i++) {
        client->targets[i].speaker =
            client_text(client, client->hop_length, client->speaker_length);
    }
    if (is_late(client) || !go_to_target(client))
        client_fail(client, client->status);
}

/* The query's host lies in the transaction's own memory, and with it the targets' domains. */
static bool look_up(struct client_transaction *client)
{
    struct net_query query;
    bool possible = hop_read(client, &query);
    client->hop_open = false;
    if (!possible)
        return false;
    client->state = CLIENT_RESOLVING;
    net_resolve(client->layer->net, &query, &client->lookup, hop_found);
    return true;
}

void way_next(struct client_transaction *client)
{
    if (client->cancelled)
        client_fail(client, 487);
    else if (is_late(client) || (!go_by_flow(client) && !go_to_target(client) && !look_up(client)))
        client_fail(client, client->status);
}
