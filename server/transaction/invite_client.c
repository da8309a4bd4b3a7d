/* invite_client.c: what an INVITE client transaction does otherwise (RFC 3261 17.1.1, RFC 6026).
 *
 *     TRYING (the RFC's Calling; timers A and B)
 *        | 100-199: those over 100 are reported
 *        v
 *     PROCEEDING (no timer of ours; the user ends it by transaction_cancel)
 *        | 300-699: acknowledged, reported, freed. Over UDP the ACK stays for timer D (ack.c)
 *        | 200-299: reported
 *        v
 *     ACCEPTED: each 2xx is reported; after timer M status 0
 *
 * Both endings are possible from TRYING too. The INVITE itself stays as it was sent: ACK and CANCEL
 * take their line, Via and fields from it. */
#include <assert.h>
#include <stdlib.h>

#include "client_internal.h"
#include "sip/write.h"

enum {
    HOPS = 70,               /* RFC 3261 8.1.1.6 */
    FOLLOW_SLACK_BYTES = 256 /* for what is not copied, and full names in place of compact ones */
};

void invite_parse(const struct client_transaction *client, struct sip_message *invite)
{
    struct verdict v = sip_message_parse(
        client_text(client, client->line_at, client->end - client->line_at), false, invite);
    (void)v; /* a body that lies elsewhere is missed */
    assert(client_is_invite(client) && invite->request);
}

size_t invite_follow(const struct client_transaction *client, const struct sip_message *invite,
                     const struct sip_message *to, const char *method, struct buffer *out)
{
    buffer_text(out, method);
    buffer_char(out, ' ');
    buffer_put(out, invite->request_uri);
    buffer_text(out, " SIP/2.0\r\n");
    size_t via_at = out->length;
    buffer_put(out, client_via(client));
    sip_write_number(out, "Max-Forwards", HOPS);
    sip_write_copy(out, invite, SIP_ROUTE);
    sip_write_copy(out, invite, SIP_FROM);
    sip_write_copy(out, to, SIP_TO);
    sip_write_copy(out, invite, SIP_CALL_ID);
    buffer_text(out, "CSeq: ");
    buffer_number(out, invite->cseq);
    buffer_char(out, ' ');
    buffer_text(out, method);
    buffer_text(out, "\r\n");
    return via_at;
}

size_t invite_follow_size(const struct client_transaction *client)
{
    return client->end - client->line_at + FOLLOW_SLACK_BYTES;
}

/* What only a request under way needs. */
static void invite_lighten(struct client_transaction *client)
{
    blob_unref(&client->body);
    client_beside(client, 0, client->target_count * sizeof(*client->targets));
    free(client->targets);
    client->targets = NULL;
    client->target_count = client->target_next = 0;
    client->aimed = client->by_stream = client->hop_open = false;
}

static void invite_provisional(struct client_transaction *client,
                               const struct sip_message *response)
{
    if (client->state == CLIENT_TRYING) {
        client->state = CLIENT_PROCEEDING;
        client->expires_ms = UINT64_MAX;
        client_set_timer(client);
    }
    if (client->cancelled)
        cancel_send(client);
    if (response->status == 100)
        return;
    client->told = true;
    client_tell(client, response);
}

/* The connection is nothing to us any more: further 2xx come by whatever way they like. */
static void invite_accepted(struct client_transaction *client, const struct sip_message *response)
{
    struct transaction_layer *layer = client->layer;
    if (client->state != CLIENT_ACCEPTED) {
        (void)way_refused(client, response);
        invite_lighten(client);
        chain_remove(&layer->connections, &client->connection_entry);
        client->state = CLIENT_ACCEPTED;
        client->expires_ms = layer->world->now_ms + layer->lifetime_ms;
        client_set_timer(client);
    }
    client_tell(client, response);
}

static void invite_refused(struct client_transaction *client, const struct sip_message *response)
{
    ack_send(client, response);
    if (!way_refused(client, response))
        client_finish(client, response->status, response);
}

void invite_answered(struct client_transaction *client, const struct sip_message *response)
{
    if (response->status >= 200 && response->status < 300)
        invite_accepted(client, response);
    else if (client->state == CLIENT_ACCEPTED)
        return; /* whoever accepted has the last word */
    else if (response->status < 200)
        invite_provisional(client, response);
    else
        invite_refused(client, response);
}
