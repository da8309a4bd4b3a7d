/* cancel.c: CANCEL (RFC 3261 9.1).
 *
 *     when the INVITE        has not left:             it never leaves, 487 without a response
 *                            has had no response:      the CANCEL waits for a provisional one
 *                            has had a provisional one: the CANCEL leaves now
 *                            has had a final one:      nothing
 *
 * The CANCEL is a non-INVITE transaction of its own, with the INVITE's Via and by its way; nobody
 * is told what becomes of it. When 64*T1 after it the INVITE has no final response, the INVITE is
 * over too, with 487. An INVITE that is cancelled goes no other way. */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "client_internal.h"
#include "sip/write.h"

enum { REASON_MAX_BYTES = 1024 };

/* One CANCEL for each INVITE: the limits of the latter are its own. */
static void begin(struct client_transaction *invite, struct bytes whole, size_t via_at)
{
    struct bytes via = client_via(invite);
    const struct client_request request = {
        .line = bytes_first(whole, via_at),
        .head = bytes_skip(whole, via_at + via.length),
        .method = SIP_CANCEL,
        .method_name = BYTES("CANCEL"),
        .flow = &invite->flow,
        .partition = invite->partition,
        .loop_key = invite->loop_key, /* it is in the Via */
    };
    struct client_transaction *cancel = client_new(invite->layer, &request);
    cancel->flow_given = false;
    client_place_via(cancel, via.at, &invite->via, BYTES(""));
    client_start(cancel);
}

static void write_and_begin(struct client_transaction *client)
{
    struct sip_message invite;
    invite_parse(client, &invite);
    size_t size =
        invite_follow_size(client) + REASON_MAX_BYTES + sip_message_value(&invite, SIP_TO).length;
    struct buffer out = buffer_over(memory_resize(NULL, size), size);
    size_t via_at = invite_follow(client, &invite, &invite, "CANCEL", &out);
    if (client->reason != NULL)
        sip_write_field(&out, "Reason", bytes_of(client->reason)); /* RFC 3326 2 */
    sip_write_body(&out, BYTES(""), BYTES(""));
    assert(!out.overflow);
    begin(client, buffer_bytes(&out), via_at);
    free(out.at);
}

void cancel_send(struct client_transaction *client)
{
    struct transaction_layer *layer = client->layer;
    assert(client->state == CLIENT_PROCEEDING);
    if (client->cancel_sent)
        return;
    client->cancel_sent = true;
    client->expires_ms = layer->world->now_ms + layer->lifetime_ms;
    client_set_timer(client);
    metrics_count(layer->metrics, METRIC_cancels_sent);
    write_and_begin(client);
}

void cancel_invite(struct client_transaction *client, struct bytes reason)
{
    if (client->cancelled || client->state == CLIENT_ACCEPTED || client->state == CLIENT_FAILING)
        return;
    client->cancelled = true;
    if (!bytes_empty(reason) && reason.length <= REASON_MAX_BYTES) {
        client->reason = memory_copy(reason);
        client_beside(client, reason.length, 0);
    }
    if (client->state == CLIENT_PROCEEDING)
        cancel_send(client);
    else if (client->state != CLIENT_TRYING)
        client_fail(client, 487);
}
