/* match.c: what makes two requests the same one (RFC 3261 17.2.3).
 *
 *     branch with the magic cookie:  branch, sent-by, method
 *     else, as RFC 2543 had it:      Request-URI, To tag, From tag, Call-ID, CSeq, top Via
 *
 * The method of an ACK, and of a CANCEL that looks for its INVITE (9.2), is INVITE. The To tag does
 * not count for an INVITE: its ACK has that of the response; the CSeq tells INVITEs apart.
 *
 * Both are written one behind the other into one run of bytes, so that matching is one hash and one
 * comparison. Numbers have a fixed size and stand first; no text but the last can contain the
 * separator, because none of them crosses a line. The sent-by is written in lower case with its
 * port (5060 when none is said), because hosts have no case; the rest is compared as it is, since a
 * retransmission repeats its bytes. */
#include <assert.h>

#include "base/buffer.h"
#include "transaction_internal.h"

static const struct bytes invite_name = {"INVITE", 6};

static void put_lower(struct buffer *key, struct bytes text)
{
    size_t from = key->length;
    buffer_put(key, text);
    for (size_t i = from; i < key->length; i++)
        key->at[i] = ascii_lower(key->at[i]);
}

static void put_part(struct buffer *key, struct bytes part)
{
    buffer_put(key, part);
    buffer_char(key, '\n');
}

static void put_rfc3261(struct buffer *key, const struct sip_message *message, struct bytes method)
{
    const struct sip_via *via = &message->via;
    uint16_t port = via->port != 0 ? via->port : NET_PORT_SIP;
    buffer_char(key, 'b');
    buffer_put(key, bytes_from(&port, sizeof(port)));
    put_part(key, via->branch);
    put_lower(key, via->host);
    buffer_char(key, '\n');
    buffer_put(key, method);
}

static void put_rfc2543(struct buffer *key, const struct sip_message *message, struct bytes method)
{
    buffer_char(key, 'o');
    buffer_put(key, bytes_from(&message->cseq, sizeof(message->cseq)));
    put_part(key, method);
    put_part(key, message->request_uri);
    put_part(key, bytes_equal(method, invite_name) ? BYTES("") : message->to.tag);
    put_part(key, message->from.tag);
    put_part(key, message->call_id);
    buffer_put(key, message->via.text);
}

static const struct match *match_make(struct transaction_layer *layer,
                                      const struct sip_message *message, struct bytes method)
{
    struct match *match = &layer->match;
    struct buffer key = buffer_over(layer->key, MATCH_KEY_MAX);
    if (sip_via_rfc3261(&message->via))
        put_rfc3261(&key, message, method);
    else
        put_rfc2543(&key, message, method);
    match->message = message;
    match->key = buffer_bytes(&key);
    match->hash = bytes_hash(match->key, layer->seed);
    match->whole = !key.overflow;
    return match;
}

const struct match *match_of(struct transaction_layer *layer, const struct sip_message *message)
{
    assert(message != NULL);
    if (layer->match.message == message)
        return &layer->match;
    bool ack = message->method == SIP_ACK;
    return match_make(layer, message, ack ? invite_name : message->method_name);
}

const struct match *match_of_cancelled(struct transaction_layer *layer,
                                       const struct sip_message *cancel, enum sip_method method)
{
    assert(cancel->method == SIP_CANCEL && method != SIP_METHOD_OTHER);
    match_make(layer, cancel, bytes_of(sip_method_name(method)));
    layer->match.message = NULL; /* the CANCEL itself is another request */
    return &layer->match;
}

/* It stands last in the one form, first of the texts in the other. */
struct bytes match_method(struct bytes key)
{
    assert(!bytes_empty(key));
    if (key.at[0] != 'b') {
        struct bytes rest = bytes_skip(key, 1 + sizeof(uint32_t));
        return bytes_split(&rest, '\n');
    }
    const char *last = memrchr(key.at, '\n', key.length);
    assert(last != NULL);
    return bytes_skip(key, (size_t)(last - key.at) + 1);
}
