/* loop.c: has this request been here before?
 *
 * Our branches carry a key: a hash of everything by which we decide where a request goes (RFC 5393
 * 4.2.1), and of what tells it from others (4.2.4). A request that comes back with the same key is
 * in a loop; with another it is on a spiral, such as a call that was forwarded to another user
 * here, and passes. Neither the method nor the topmost Via are in it, nor are credentials: they
 * differ between two rounds of the same loop. */
#include "proxy_internal.h"

static uint64_t mix(uint64_t key, struct bytes part)
{
    uint64_t length = part.length; /* so that two parts cannot trade bytes */
    return bytes_hash(part, bytes_hash(bytes_from(&length, sizeof(length)), key));
}

static uint64_t mix_fields(uint64_t key, const struct sip_message *message, enum sip_header id)
{
    for (int i = message->first[id]; i >= 0; i = message->fields[i].next)
        key = mix(key + (uint64_t)id, message->fields[i].value);
    return key;
}

uint64_t loop_key(const struct proxy *proxy, const struct front_request *request)
{
    const struct sip_message *message = request->message;
    char text[160];
    struct buffer flow = buffer_over(text, sizeof(text));
    if (request->has_flow)
        net_flow_write(&request->flow, &flow);
    uint64_t key = mix(proxy->seed, request->uri.text);
    key = mix(key, request->route);
    key = mix(key, buffer_bytes(&flow));
    key = mix(key, message->call_id);
    key = mix(key, message->from.tag);
    key = mix(key, message->to.tag);
    key = mix(key, bytes_from(&message->cseq, sizeof(message->cseq)));
    key = mix_fields(key, message, SIP_PROXY_REQUIRE);
    key = mix_fields(key, message, SIP_ACCEPT_CONTACT);
    key = mix_fields(key, message, SIP_REJECT_CONTACT);
    key = mix_fields(key, message, SIP_REQUEST_DISPOSITION);
    return key != 0 ? key : 1;
}

bool loop_found(const struct proxy *proxy, const struct front_request *request, uint64_t key)
{
    struct sip_values vias = sip_values_of(request->message, SIP_VIA);
    struct bytes element;
    while (sip_values_next(&vias, &element)) {
        struct sip_via via;
        uint64_t found;
        if (verdict_ok(sip_via_parse(element, &via)) &&
            transaction_branch_is_ours(proxy->parts->transactions, via.branch, &found) &&
            found == key)
            return true;
    }
    return false;
}
