/* way.c: where a request goes, and the Via that it carries there.
 *
 *     Via: SIP/2.0/UDP 192.0.2.1:5060;rport;branch=z9hG4bK kdb3.x4ynqk2m7w5hzc6e
 *     \____________________ prefix ______________________/ \_____ token _______/
 *
 * All requests that leave by one listener have the same prefix; the last few are kept. */
#include <assert.h>

#include "base/buffer.h"
#include "base/token.h"
#include "transaction_internal.h"

/* RFC 3261 18.1.1 and 8.1.1.7, RFC 3581 3. */
static void prefix_write(struct via_prefix *prefix, const struct net_flow *flow)
{
    struct buffer out = buffer_over(prefix->text, sizeof(prefix->text));
    buffer_text(&out, "Via: SIP/2.0/");
    buffer_text(&out, net_protocol_name(flow->protocol));
    buffer_char(&out, ' ');
    prefix->host_at = (unsigned char)out.length;
    net_address_write_host(&flow->local, &out);
    prefix->host_length = (unsigned char)(out.length - prefix->host_at);
    buffer_char(&out, ':');
    buffer_number(&out, flow->local.port);
    buffer_text(&out, ";rport;branch=z9hG4bK");
    assert(!out.overflow);
    prefix->length = (unsigned char)out.length;
    prefix->protocol = flow->protocol;
    prefix->local = flow->local;
}

static const struct via_prefix *prefix_of(struct transaction_layer *layer,
                                          const struct net_flow *flow)
{
    for (int i = 0; i < VIA_PREFIXES; i++) {
        const struct via_prefix *prefix = &layer->prefixes[i];
        if (prefix->protocol == flow->protocol && net_address_equal(&prefix->local, &flow->local))
            return prefix;
    }
    struct via_prefix *prefix = &layer->prefixes[layer->prefix_next++ % VIA_PREFIXES];
    prefix_write(prefix, flow);
    return prefix;
}

struct via_written via_write(struct transaction_layer *layer, const struct net_flow *flow,
                             unsigned partition, char *out)
{
    const struct bytes cookie = BYTES("z9hG4bK");
    assert(flow->local.family != 0);
    const struct via_prefix *prefix = prefix_of(layer, flow);
    struct token token = token_make(layer->world, partition, layer->epoch);
    struct buffer via = buffer_over(out, VIA_MAX);
    buffer_put(&via, bytes_from(prefix->text, prefix->length));
    buffer_put(&via, token_bytes(&token));
    size_t branch_at = prefix->length - cookie.length;
    size_t branch_end = via.length;
    buffer_text(&via, "\r\n");
    assert(!via.overflow);
    return (struct via_written){
        .length = (unsigned char)via.length,
        .branch_at = (unsigned char)branch_at,
        .branch_length = (unsigned char)(branch_end - branch_at),
        .host_at = prefix->host_at,
        .host_length = prefix->host_length,
    };
}

bool next_hop_parse(struct bytes uri, struct next_hop *hop)
{
    struct sip_uri parsed;
    struct bytes value;
    if (!verdict_ok(sip_uri_parse(uri, &parsed)) || parsed.scheme != SIP_SCHEME_SIP)
        return false; /* sips needs TLS (RFC 3261 26.2.2), which net does not speak */
    *hop = (struct next_hop){parsed.host, parsed.port, NET_UDP, false};
    if (sip_parameter(parsed.parameters, "maddr", &value) && !bytes_empty(value))
        hop->host = value; /* RFC 3263 4: it takes the host's place */
    hop->protocol_named = sip_parameter(parsed.parameters, "transport", &value);
    return !hop->protocol_named || net_protocol_of(value, &hop->protocol);
}
