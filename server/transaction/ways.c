/* ways.c: the ways of a request, one after another: the caller's flow, while it is alive, then each
 * target of the next hop. */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "client_internal.h"

static bool go_to_target(struct client_transaction *client)
{
    while (client->target_next < client->target_count) {
        const struct net_target *target = &client->targets[client->target_next++];
        if (net_connect(client->layer->net, target, &client->flow) == ERR_NONE) {
            client_launch(client);
            return true;
        }
    }
    return false;
}

static void hop_found(struct net_lookup *lookup, const struct net_target *targets, size_t count)
{
    struct client_transaction *client = HOLDER_OF(struct client_transaction, lookup, lookup);
    assert(client->state == CLIENT_RESOLVING && count <= NET_TARGETS_MAX);
    if (count > 0) {
        client->targets = memory_resize(NULL, count * sizeof(*targets));
        memcpy(client->targets, targets, count * sizeof(*targets));
        client->target_count = (unsigned)count;
    }
    if (!go_to_target(client))
        client_fail(client, 503);
}

/* True when a next hop was left to be looked up. */
static bool look_up(struct client_transaction *client)
{
    struct net_query query;
    if (client->hop_length == 0)
        return false;
    struct bytes uri = client_text(client, 0, client->hop_length);
    client->hop_length = 0;
    if (!next_hop_parse(uri, &query))
        return false;
    client->state = CLIENT_RESOLVING;
    net_resolve(client->layer->net, &query, &client->lookup, hop_found);
    return true;
}

void way_next(struct client_transaction *client)
{
    if (client->flow_given) {
        client->flow_given = false;
        if (net_alive(client->layer->net, &client->flow)) {
            client_launch(client);
            return;
        }
    }
    if (!go_to_target(client) && !look_up(client))
        client_fail(client, 503); /* RFC 3261 8.1.3.1 */
}
