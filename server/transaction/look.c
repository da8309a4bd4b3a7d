/* look.c: transactions for an operator's eyes. A page is a window over the bytes of their handles,
 * in which order does not matter, only that it stays. */
#include "transaction/look.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/window.h"
#include "client_internal.h"
#include "server_internal.h"

/* Servers. */

static const char *server_state(enum server_stage stage)
{
    static const char *const names[SERVER_STAGES] = {
        [SERVER_QUIET] = "trying",        [SERVER_PROCEEDING] = "proceeding",
        [SERVER_COMPLETED] = "completed", [INVITE_PROCEEDING] = "proceeding",
        [INVITE_ACCEPTED] = "accepted",   [INVITE_COMPLETED] = "completed",
        [INVITE_CONFIRMED] = "confirmed",
    };
    assert(stage < SERVER_STAGES);
    return names[stage];
}

static void look_at_server(const struct server_transaction *transaction, transaction_look_fn visit,
                           void *context)
{
    const struct transaction_layer *layer = transaction->layer;
    uint64_t began_ms = transaction->ends_ms - layer->lifetime_ms;
    struct sip_message said = {.call_id = BYTES("")};
    if (transaction->response_length > 0) /* of our own making, or relayed as it came */
        (void)sip_message_parse(response_of(transaction), false, &said);
    const struct transaction_look look = {
        .server = true,
        .handle = transaction->handle,
        .state = server_state(transaction->stage),
        .method = match_method(bytes_from(transaction->key, transaction->key_length)),
        .call_id = transaction->kept != NULL ? transaction->kept->message.call_id : said.call_id,
        .flow = &transaction->path.flow,
        .replied = transaction->replied,
        .timed = true,
        .age_ms = layer->world->now_ms - began_ms,
    };
    visit(context, &look);
}

static void offer_servers(const struct transaction_layer *layer, struct window *window)
{
    struct server_transaction *transaction;
    size_t position = 0;
    while ((transaction = handles_next(layer->server_handles, &position)) != NULL)
        window_offer(window, bytes_from(&transaction->handle, sizeof(transaction->handle)),
                     transaction);
}

/* Clients. */

static const char *client_state(const struct client_transaction *client)
{
    switch (client->state) {
    case CLIENT_HELD:
        return "held";
    case CLIENT_RESOLVING:
        return "resolving";
    case CLIENT_TRYING:
        return client_is_invite(client) ? "calling" : "trying";
    case CLIENT_PROCEEDING:
        return "proceeding";
    case CLIENT_ACCEPTED:
        return "accepted";
    case CLIENT_LINGERING:
        return "completed";
    case CLIENT_BROKEN:
    case CLIENT_FAILING:
        break;
    }
    return "failing";
}

/* Its line and fields one behind the other, without what lies between them; free() it. */
static char *copy_head(const struct client_transaction *client, struct bytes *head)
{
    size_t fields = client->end - client->fields_at;
    char *copy = memory_new(client->line_length + fields), *at = copy;
    bytes_pack(&at, client_text(client, client->line_at, client->line_length));
    bytes_pack(&at, client_text(client, client->fields_at, fields));
    *head = bytes_from(copy, client->line_length + fields);
    return copy;
}

static void look_at_client(const struct client_transaction *client, transaction_look_fn visit,
                           void *context)
{
    struct sip_message message;
    struct bytes head;
    char *copy = copy_head(client, &head);
    bool timed = client->state != CLIENT_HELD && client->state != CLIENT_RESOLVING && client->left;
    (void)sip_message_parse(head, false, &message); /* it has no Via */
    const struct transaction_look look = {
        .handle = client->handle,
        .state = client_state(client),
        .method = client_text(client, client->line_at, client->method_length),
        .call_id = message.call_id,
        .flow = client->flow.remote.family != 0 ? &client->flow : NULL,
        .timed = timed,
        .age_ms = timed ? client->layer->world->now_ms - client->way_ms : 0,
    };
    visit(context, &look);
    free(copy);
}

static void offer_clients(const struct transaction_layer *layer, struct window *window)
{
    struct client_transaction *client;
    size_t position = 0;
    while ((client = handles_next(layer->client_handles, &position)) != NULL)
        window_offer(window, bytes_from(&client->handle, sizeof(client->handle)), client);
}

/* Both. */

bool transaction_look_side(const struct transaction_layer *layer, bool servers, uint64_t after,
                           size_t most, transaction_look_fn visit, void *context)
{
    struct window window;
    assert(most > 0 && visit != NULL);
    window_init(&window, bytes_from(&after, after != 0 ? sizeof(after) : 0), most);
    if (servers)
        offer_servers(layer, &window);
    else
        offer_clients(layer, &window);
    for (size_t i = 0; i < window.count; i++) {
        if (servers)
            look_at_server(window.entries[i].what, visit, context);
        else
            look_at_client(window.entries[i].what, visit, context);
    }
    bool more = window.more;
    window_release(&window);
    return more;
}

bool transaction_look_one(const struct transaction_layer *layer, bool server, uint64_t handle,
                          transaction_look_fn visit, void *context)
{
    void *transaction =
        handles_find(server ? layer->server_handles : layer->client_handles, handle);
    assert(visit != NULL);
    if (transaction == NULL)
        return false;
    if (server)
        look_at_server(transaction, visit, context);
    else
        look_at_client(transaction, visit, context);
    return true;
}

enum err transaction_end(struct transaction_layer *layer, bool server, uint64_t handle)
{
    void *transaction =
        handles_find(server ? layer->server_handles : layer->client_handles, handle);
    if (transaction == NULL)
        return ERR_NOT_FOUND;
    return server ? server_order_end(transaction) : client_order_end(transaction);
}
