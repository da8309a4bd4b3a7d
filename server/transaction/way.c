/* way.c: what a next hop means, and the Via that a request carries there.
 *
 *     Via: SIP/2.0/UDP 192.0.2.1:5060;rport;branch=z9hG4bK kdb3.x4ynqk2m7w5hzc6e -0123456789abcdef
 *     \____________________ prefix ______________________/ \_____ token _______/ \__ loop key ___/
 *
 * Behind them stands ";alias" where the peer may send requests back on our connection (RFC 5923).
 * All requests that leave by one listener have the same prefix; the last few are kept. The token
 * begins with partition and epoch, so that we know our own branches again (RFC 5393 4.2: a proxy
 * finds its Via in what comes back, and the key tells a loop from a spiral). */
#include <assert.h>

#include "base/buffer.h"
#include "base/token.h"
#include "transaction_internal.h"

enum { LOOP_KEY_DIGITS = VIA_LOOP_KEY - 1 };

static struct bytes cookie(void)
{
    return BYTES("z9hG4bK"); /* RFC 3261 8.1.1.7 */
}

/* Cuts ":5060" off a host; 0: there is none. */
static uint16_t split_port(struct bytes *host)
{
    uint32_t port;
    size_t at = host->length;
    while (at > 0 && host->at[at - 1] >= '0' && host->at[at - 1] <= '9')
        at--;
    if (at == 0 || host->at[at - 1] != ':' || !bytes_to_u32(bytes_skip(*host, at), &port) ||
        port > UINT16_MAX)
        return 0;
    host->length = at - 1;
    return (uint16_t)port;
}

/* RFC 3261 18.1.1 and 8.1.1.7, RFC 3581 3. False: the sent-by is too long. */
static bool prefix_try(struct via_prefix *prefix, const struct net_flow *flow, struct bytes sent_by)
{
    struct buffer out = buffer_over(prefix->text, sizeof(prefix->text));
    struct bytes host = sent_by;
    buffer_text(&out, "Via: SIP/2.0/");
    buffer_text(&out, net_protocol_name(flow->protocol));
    buffer_char(&out, ' ');
    prefix->host_at = (unsigned char)out.length;
    prefix->port = split_port(&host);
    prefix->host_length = (unsigned char)host.length;
    buffer_put(&out, sent_by);
    buffer_text(&out, ";rport;branch=");
    buffer_put(&out, cookie());
    prefix->length = (unsigned char)out.length;
    return !out.overflow && host.length > 0;
}

static void prefix_write(struct transaction_layer *layer, struct via_prefix *prefix,
                         const struct net_flow *flow)
{
    char text[sizeof(prefix->text)];
    struct buffer sent_by = buffer_over(text, sizeof(text));
    net_write_local(layer->net, flow, &sent_by);
    if (sent_by.overflow || !prefix_try(prefix, flow, buffer_bytes(&sent_by))) {
        /* a public name of more than ninety characters: the address is as true */
        sent_by = buffer_over(text, sizeof(text));
        net_address_write(&flow->local, &sent_by);
        bool fits = prefix_try(prefix, flow, buffer_bytes(&sent_by));
        assert(fits);
        (void)fits;
    }
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
    prefix_write(layer, prefix, flow);
    return prefix;
}

static void write_loop_key(struct buffer *out, uint64_t key)
{
    unsigned char octets[sizeof(key)];
    for (size_t i = 0; i < sizeof(key); i++)
        octets[i] = (unsigned char)(key >> (8 * (sizeof(key) - 1 - i)));
    buffer_char(out, '-');
    buffer_hex(out, octets, sizeof(octets));
}

struct via_written via_write(struct transaction_layer *layer, const struct net_flow *flow,
                             unsigned partition, uint64_t loop_key, char *out)
{
    assert(flow->local.family != 0);
    const struct via_prefix *prefix = prefix_of(layer, flow);
    struct token token = token_make(layer->world, partition, layer->epoch);
    struct buffer via = buffer_over(out, VIA_MAX);
    buffer_put(&via, bytes_from(prefix->text, prefix->length));
    buffer_put(&via, token_bytes(&token));
    if (loop_key != 0)
        write_loop_key(&via, loop_key);
    size_t branch_at = prefix->length - cookie().length;
    size_t branch_end = via.length;
    if (net_is_secure(flow->protocol) && net_reusable(layer->net, flow)) /* RFC 5923 8.1 */
        buffer_text(&via, ";alias");
    buffer_text(&via, "\r\n");
    assert(!via.overflow);
    return (struct via_written){
        .length = (unsigned char)via.length,
        .branch_at = (unsigned char)branch_at,
        .branch_length = (unsigned char)(branch_end - branch_at),
        .host_at = prefix->host_at,
        .host_length = prefix->host_length,
        .port = prefix->port,
    };
}

bool via_is(const struct sip_via *via, struct bytes written, const struct via_written *places)
{
    const char *at = written.at;
    return bytes_equal(via->branch, bytes_from(at + places->branch_at, places->branch_length)) &&
           via->port == places->port &&
           bytes_equal_nocase(via->host, bytes_from(at + places->host_at, places->host_length));
}

/* Reads the hex digits that write_loop_key wrote. */
static bool read_loop_key(struct bytes digits, uint64_t *key)
{
    static const char hex[] = "0123456789abcdef";
    *key = 0;
    for (size_t i = 0; i < digits.length; i++) {
        const char *digit = memchr(hex, digits.at[i], sizeof(hex) - 1);
        if (digit == NULL)
            return false;
        *key = *key << 4 | (uint64_t)(digit - hex);
    }
    return digits.length == LOOP_KEY_DIGITS && *key != 0;
}

bool transaction_branch_is_ours(const struct transaction_layer *layer, struct bytes branch,
                                uint64_t *loop_key)
{
    unsigned partition;
    uint64_t epoch, key = 0;
    if (!bytes_starts_with(branch, cookie()))
        return false;
    struct bytes token = bytes_skip(branch, cookie().length);
    ptrdiff_t dash = bytes_index(token, '-');
    if (dash >= 0 && !read_loop_key(bytes_skip(token, (size_t)dash + 1), &key))
        return false;
    if (dash >= 0)
        token.length = (size_t)dash;
    if (!token_parse(token, &partition, &epoch) || epoch != layer->epoch)
        return false;
    *loop_key = key;
    return true;
}

/* The transport of a SIP or SIPS URI (RFC 3261 19.1.1, 26.2.2; RFC 7118 5: nobody can be dialled by
 * WebSocket). */
static bool read_transport(const struct sip_uri *uri, struct net_query *query)
{
    struct bytes value;
    query->protocol = query->secure ? NET_TLS : NET_UDP;
    query->protocol_named = sip_parameter(uri->parameters, "transport", &value);
    if (!query->protocol_named)
        return true;
    if (!net_transport_of(value, &query->protocol) || !net_can_connect(query->protocol))
        return false;
    if (query->secure && query->protocol == NET_TCP)
        query->protocol = NET_TLS;
    return !query->secure || query->protocol == NET_TLS;
}

bool next_hop_parse(struct bytes uri, struct net_query *query)
{
    struct sip_uri parsed;
    struct bytes value;
    if (!verdict_ok(sip_uri_parse(uri, &parsed)))
        return false;
    *query = (struct net_query){.host = parsed.host, .port = parsed.port, .protocol = NET_UDP};
    switch (parsed.scheme) {
    case SIP_SCHEME_SIP:
    case SIP_SCHEME_SIPS:
        break;
    case SIP_SCHEME_IM:
        query->service = NET_IM;
        return true;
    case SIP_SCHEME_PRES:
        query->service = NET_PRES;
        return true;
    default:
        return false; /* tel: there is no telephone network behind us */
    }
    query->secure = parsed.scheme == SIP_SCHEME_SIPS;
    if (sip_parameter(parsed.parameters, "maddr", &value) && !bytes_empty(value))
        query->host = value; /* RFC 3263 4: it takes the host's place */
    return read_transport(&parsed, query);
}
