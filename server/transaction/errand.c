/* errand.c: responses whose connection has gone before they could leave (RFC 3261 18.2.2, RFC 3263
 * 5).
 *
 *     the request's address, port of the sent-by
 *          | no connection
 *          v
 *     sent-by looked up, for the transport of the Via: the best target
 *          | no connection
 *          v
 *        lost
 *
 * The response is kept for 64*T1, the time for which the other side waits for it, unless its
 * connection ends like any other before: then it was there, and may have got the response.
 *
 * A stranger writes the Via, so little is done for it: two connections at most, the first of them
 * to where he is himself. A numeric sent-by is not tried: it is the address that we come from, or
 * one that only the request names. A name is, because that is how a server that lost its address
 * comes back; but it never leads nearer to us than its owner is. So who comes from the Internet
 * cannot have us knock at hosts behind our firewall, nor one of those at ourselves.
 *
 * WebSocket clients cannot be dialled (RFC 7118 5): what is for them is lost with their connection.
 */
#include <assert.h>
#include <stdlib.h>
#include <utlist.h>

#include "base/memory.h"
#include "transaction_internal.h"

enum { DIALS_MAX = 2 };

struct errand {
    struct chain_entry entry;   /* by connection */
    struct errand *prev, *next; /* of the layer */
    struct transaction_layer *layer;
    struct timer timer;
    struct net_lookup lookup;
    struct net_target targets[NET_TARGETS_MAX];
    size_t target_next, target_count;
    unsigned dials; /* connections asked for */
    enum net_protocol protocol;
    enum net_reach reach; /* of the request's sender */
    bool resolved;
    bool broken; /* the timer is to try the next target, not to end */
    uint64_t ends_ms;
    struct sip_via via;   /* of the text */
    struct bytes speaker; /* likewise: the domain of ours that was asked for */
    size_t length;
    char text[];
};

static uint64_t connection_hash(const struct transaction_layer *layer, uint64_t connection)
{
    return bytes_hash(bytes_from(&connection, sizeof(connection)), layer->seed);
}

static size_t errand_size(const struct errand *errand)
{
    return sizeof(*errand) + errand->length;
}

static void errand_free(struct errand *errand)
{
    struct transaction_layer *layer = errand->layer;
    chain_remove(&layer->errands, &errand->entry);
    wheel_cancel(layer->world->wheel, &errand->timer);
    net_cancel(layer->net, &errand->lookup);
    layer->server_bytes -= errand_size(errand);
    layer->errand_count--;
    DL_DELETE(layer->errand_list, errand);
    free(errand);
}

static void errand_lose(struct errand *errand)
{
    metrics_count(errand->layer->metrics, METRIC_responses_lost);
    errand_free(errand);
}

static void errand_due(struct timer *timer);

static void errand_wait(struct errand *errand, bool broken, uint64_t due_ms)
{
    errand->broken = broken;
    wheel_set(errand->layer->world->wheel, &errand->timer, due_ms, errand_due);
}

/* True when it is on its way. */
static bool errand_connect(struct errand *errand, const struct net_target *target)
{
    struct transaction_layer *layer = errand->layer;
    struct bytes response = bytes_from(errand->text, errand->length);
    struct net_flow flow;
    if (net_connect(layer->net, target, &flow) != ERR_NONE)
        return false;
    errand->dials++;
    if (net_send(layer->net, &flow, response, BYTES("")) != ERR_NONE)
        return false;
    chain_put(&layer->errands, &errand->entry, connection_hash(layer, flow.connection));
    errand_wait(errand, false, errand->ends_ms);
    return true;
}

static void errand_found(struct net_lookup *lookup, const struct net_target *targets, size_t count);

/* True when the name of the sent-by is being looked up. */
static bool errand_resolve(struct errand *errand)
{
    struct net_address numeric;
    const struct net_query query = {
        .host = errand->via.host,
        .port = errand->via.port,
        .service = NET_SIP,
        .protocol = errand->protocol,
        .protocol_named = true,
        .secure = net_is_secure(errand->protocol),
    };
    if (errand->resolved || errand->dials >= DIALS_MAX ||
        net_address_parse(query.host, query.port, &numeric))
        return false;
    errand->resolved = true;
    net_resolve(errand->layer->net, &query, &errand->lookup, errand_found);
    return true;
}

static void errand_go(struct errand *errand)
{
    while (errand->target_next < errand->target_count && errand->dials < DIALS_MAX)
        if (errand_connect(errand, &errand->targets[errand->target_next++]))
            return;
    if (!errand_resolve(errand))
        errand_lose(errand);
}

/* The first target is the source, which nobody has to be led to by a name. */
static bool errand_may_dial(const struct errand *errand, const struct net_address *source,
                            const struct net_target *target)
{
    return target->protocol == errand->protocol && !net_address_equal(&target->address, source) &&
           net_address_reach(&target->address) >= errand->reach;
}

static void errand_found(struct net_lookup *lookup, const struct net_target *targets, size_t count)
{
    struct errand *errand = HOLDER(lookup, struct errand, lookup);
    const struct net_address source = errand->targets[0].address;
    assert(count <= NET_TARGETS_MAX);
    errand->target_next = errand->target_count = 0;
    for (size_t i = 0; i < count; i++)
        if (errand_may_dial(errand, &source, &targets[i]))
            errand->targets[errand->target_count++] = targets[i];
    for (size_t i = 0; i < errand->target_count; i++) {
        errand->targets[i].domain = errand->via.host; /* the query's, which is borrowed */
        errand->targets[i].speaker = errand->speaker;
    }
    errand_go(errand);
}

static void errand_due(struct timer *timer)
{
    struct errand *errand = HOLDER(timer, struct errand, timer);
    if (errand->broken)
        errand_go(errand);
    else
        errand_free(errand);
}

/* Nobody connects inside a call of the net's. */
static void errand_break(struct errand *errand)
{
    struct transaction_layer *layer = errand->layer;
    chain_remove(&layer->errands, &errand->entry);
    errand_wait(errand, true, layer->world->now_ms);
}

/* True when a connection that ended so was one: the other side could read. */
static bool was_open(enum err why)
{
    return why == ERR_CLOSED || why == ERR_PARSE || why == ERR_LIMIT;
}

void errands_closed(struct transaction_layer *layer, uint64_t connection, enum err why)
{
    uint64_t hash = connection_hash(layer, connection);
    struct chain_entry *entry;
    while ((entry = chain_find(&layer->errands, hash)) != NULL) {
        struct errand *errand = HOLDER(entry, struct errand, entry);
        if (was_open(why))
            errand_free(errand);
        else
            errand_break(errand);
    }
}

static struct errand *errand_new(struct transaction_layer *layer, const struct reply_path *path,
                                 struct bytes response)
{
    struct sip_message message;
    struct errand *errand = memory_new(sizeof(*errand) + response.length);
    memcpy(errand->text, response.at, response.length);
    errand->length = response.length;
    errand->layer = layer;
    errand->protocol = path->flow.protocol;
    errand->reach = net_address_reach(&path->flow.remote);
    errand->ends_ms = layer->world->now_ms + layer->lifetime_ms;
    if (verdict_ok(sip_message_parse(bytes_from(errand->text, response.length), false, &message)))
        errand->via = message.via, errand->speaker = message.to.uri.host;
    else
        errand->resolved = true; /* there is no sent-by to look up */
    DL_APPEND(layer->errand_list, errand);
    layer->errand_count++;
    layer->server_bytes += errand_size(errand);
    return errand;
}

/* False: it is counted why not. */
static bool errand_admit(struct transaction_layer *layer, const struct reply_path *path,
                         struct bytes response)
{
    if (!net_can_connect(path->flow.protocol))
        return false;
    if (layer->errand_count < layer->settings.errands_max &&
        layer->server_bytes + response.length <= layer->settings.server_max_bytes)
        return true;
    metrics_count(layer->metrics, METRIC_errands_limited);
    return false;
}

void errand_begin(struct transaction_layer *layer, const struct reply_path *path,
                  struct bytes response)
{
    assert(net_is_stream(path->flow.protocol));
    if (!errand_admit(layer, path, response)) {
        metrics_count(layer->metrics, METRIC_responses_lost);
        return;
    }
    metrics_count(layer->metrics, METRIC_errands_begun);
    struct errand *errand = errand_new(layer, path, response);
    struct net_address numeric;
    struct net_target *source = &errand->targets[errand->target_count++];
    *source = (struct net_target){.protocol = errand->protocol, .address = path->flow.remote};
    source->address.port = path->sent_by_port;
    source->speaker = errand->speaker;
    if (!net_address_parse(errand->via.host, 0, &numeric))
        source->domain = errand->via.host;
    errand_go(errand);
}

void errands_init(struct transaction_layer *layer)
{
    chain_init(&layer->errands);
}

void errands_release(struct transaction_layer *layer)
{
    struct errand *errand, *next;
    DL_FOREACH_SAFE(layer->errand_list, errand, next)
    {
        errand_free(errand);
    }
    chain_release(&layer->errands);
}
