/* respond.c: writing responses, and where they go.
 *
 *     UDP       source address; source port when the Via has rport, else the port of the sent-by
 *               (RFC 3261 18.2.2 with `received`, RFC 3581 4)
 *     streams   the connection of the request (RFC 3261 18.2.2); when it has gone, errand.c
 *
 * `received` is always what the request really came from, so a datagram never goes to an address
 * that only the request names: maddr is not followed, and after an error nothing else is tried. */
#include <assert.h>

#include "base/token.h"
#include "sip/write.h"
#include "transaction_internal.h"

enum { ADDRESS_MAX = 64 };

struct reply_path reply_path_of(const struct incoming *incoming)
{
    const struct sip_via *via = &incoming->message->via;
    struct reply_path path = {incoming->flow, net_default_port(incoming->flow.protocol)};
    if (via->port != 0)
        path.sent_by_port = via->port;
    if (!net_is_stream(path.flow.protocol) && !via->has_rport)
        path.flow.remote.port = path.sent_by_port;
    return path;
}

void reply_send(struct transaction_layer *layer, const struct reply_path *path,
                struct bytes response)
{
    assert(!bytes_empty(response));
    enum err err = net_send(layer->net, &path->flow, response, BYTES(""));
    if (err == ERR_NONE)
        return;
    if (err == ERR_CLOSED && net_is_stream(path->flow.protocol)) {
        errand_begin(layer, path, response);
        return;
    }
    metrics_count(layer->metrics, METRIC_responses_lost);
    log_write(layer->log, LOG_DEBUG, "transaction", "a response could not be sent: %s",
              err_name(err));
}

/* True when the Via must say where the request came from: a name or another address as sent-by
 * (RFC 3261 18.2.1), rport (RFC 3581 4), or a `received` of the sender's own making. */
static bool wants_received(const struct sip_via *via, const struct net_address *source)
{
    struct net_address sent_by;
    return via->has_rport || !bytes_empty(via->received) ||
           !net_address_parse(via->host, source->port, &sent_by) ||
           !net_address_same_host(&sent_by, source);
}

void transaction_write_received(const struct incoming *incoming, struct buffer *out)
{
    if (wants_received(&incoming->message->via, &incoming->flow.remote))
        net_address_write_bare(&incoming->flow.remote, out);
}

/* A To tag that each retransmission of the request gets again (RFC 3261 8.2.7). It names no
 * partition: who makes a dialog brings a tag of its own. */
struct token reply_tag(const struct transaction_layer *layer, struct bytes call_id, uint64_t hash)
{
    return token_derive(0, layer->epoch, call_id, hash);
}

void transaction_write(struct transaction_layer *layer, const struct incoming *incoming,
                       struct buffer *out, unsigned status, const char *reason, struct bytes to_tag)
{
    assert(status >= 100 && status <= 699);
    const struct sip_message *message = incoming->message;
    char text[ADDRESS_MAX];
    struct buffer received = buffer_over(text, sizeof(text));
    struct token tag;
    transaction_write_received(incoming, &received);
    assert(!received.overflow);
    if (bytes_empty(to_tag) && bytes_empty(message->to.tag) && status > 100) {
        bool at_hand = layer->match.message == message;
        tag = reply_tag(layer, message->call_id, match_of(layer, message)->hash);
        to_tag = token_bytes(&tag);
        if (!at_hand) /* a kept one, which may be gone when the next is matched */
            layer->match.message = NULL;
    }
    sip_write_response(out, message, status, reason, to_tag, buffer_bytes(&received),
                       incoming->flow.remote.port);
}

void transaction_refuse(struct transaction_layer *layer, const struct incoming *incoming,
                        struct bytes response)
{
    assert(incoming->message->request);
    struct reply_path path = reply_path_of(incoming);
    reply_send(layer, &path, response);
}

static struct buffer *draft_begin(struct transaction_layer *layer)
{
    layer->draft.length = 0;
    layer->draft.overflow = false;
    return &layer->draft;
}

static struct bytes draft_end(struct buffer *draft)
{
    sip_write_body(draft, BYTES(""), BYTES(""));
    return draft->overflow ? BYTES("") : buffer_bytes(draft);
}

struct bytes reply_draft(struct transaction_layer *layer, const struct incoming *incoming,
                         unsigned status, const char *reason, unsigned retry_after_s)
{
    struct buffer *draft = draft_begin(layer);
    transaction_write(layer, incoming, draft, status, reason, BYTES(""));
    if (retry_after_s > 0)
        sip_write_number(draft, "Retry-After", retry_after_s);
    return draft_end(draft);
}

struct bytes reply_draft_ok(struct transaction_layer *layer, const struct incoming *incoming,
                            struct bytes to_tag)
{
    struct buffer *draft = draft_begin(layer);
    transaction_write(layer, incoming, draft, 200, NULL, to_tag);
    return draft_end(draft);
}

struct bytes reply_redraft(struct transaction_layer *layer, struct bytes earlier, unsigned status)
{
    struct buffer *draft = draft_begin(layer);
    struct sip_message message;
    struct verdict v = sip_message_parse(earlier, false, &message);
    if (!verdict_ok(v) || message.request)
        return BYTES("");
    buffer_text(draft, "SIP/2.0 ");
    buffer_number(draft, status);
    buffer_char(draft, ' ');
    buffer_text(draft, sip_status_phrase(status));
    buffer_text(draft, "\r\n");
    sip_write_copy(draft, &message, SIP_VIA);
    sip_write_copy(draft, &message, SIP_FROM);
    sip_write_copy(draft, &message, SIP_TO);
    sip_write_copy(draft, &message, SIP_CALL_ID);
    sip_write_copy(draft, &message, SIP_CSEQ);
    if (status == 100)
        sip_write_copy(draft, &message, SIP_TIMESTAMP); /* RFC 3261 8.2.6.1 */
    return draft_end(draft);
}
