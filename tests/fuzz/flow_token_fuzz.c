/* flow_token_fuzz.c: a Call-ID, a line feed, the user part of a Route. No text but those that we
 * wrote is ours; what we write for a flow made of the input comes back. */
#include "front/flow_token.h"
#include "fuzz.h"

static struct net_address address_of(struct bytes *rest, bool ipv6)
{
    struct net_address address = {.family = ipv6 ? 6 : 4};
    size_t size = ipv6 ? 16 : 4;
    struct bytes ip = bytes_first(*rest, size);
    if (ip.length > 0)
        memcpy(address.ip, ip.at, ip.length);
    *rest = bytes_skip(*rest, size);
    address.port = (uint16_t)rest->length;
    return address;
}

static void check_back(const struct flow_tokens *tokens, struct bytes input, struct bytes call_id)
{
    unsigned shape = input.length > 0 ? (unsigned char)input.at[0] : 0;
    struct net_flow flow = {.protocol = (enum net_protocol)(shape % NET_PROTOCOLS)};
    char text[FLOW_TOKEN_MAX];
    struct buffer out = buffer_over(text, sizeof(text));
    flow.local = address_of(&input, shape & 128);
    flow.remote = address_of(&input, shape & 128);
    flow.connection = net_is_stream(flow.protocol) ? shape * 0x1000100010001ULL : 0;
    flow_token_write(tokens, &flow, call_id, &out);
    insist(!out.overflow);
    struct flow_token token = flow_token_read(tokens, buffer_bytes(&out), call_id);
    insist(token.kind == FLOW_TOKEN_A_FLOW && net_flow_equal(&token.flow, &flow));
    insist(token.bound == !bytes_empty(call_id));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = exact_copy(data, size);
    struct bytes user = bytes_from(text, size), call_id = bytes_split(&user, '\n');
    struct flow_tokens *tokens = flow_tokens_new(BYTES("secret"), 1);
    enum flow_token_kind kind = flow_token_read(tokens, user, call_id).kind;
    insist(kind == FLOW_TOKEN_NONE || kind == FLOW_TOKEN_FORGED);
    check_back(tokens, user, call_id);
    flow_tokens_free(&tokens);
    free(text);
    return 0;
}
