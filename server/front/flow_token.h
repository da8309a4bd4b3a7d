/* flow_token.h: a flow as the user part of a Route URI of ours (RFC 5626 5.2), so that later
 * requests of a dialog take the same connection. It is signed: nobody can have us send anywhere by
 * making one up. */
#ifndef FRONT_FLOW_TOKEN_H
#define FRONT_FLOW_TOKEN_H

#include "base/buffer.h"
#include "net/net.h"

struct flow_tokens;
/* `secret`: store_secret; what is needed of it is derived. */
struct flow_tokens *flow_tokens_new(struct bytes secret);
void flow_tokens_free(struct flow_tokens **tokens);

/* Appends the token of a flow; NULL: a token that names no flow and only proves that we wrote it.
 */
void flow_token_write(const struct flow_tokens *tokens, const struct net_flow *flow,
                      struct buffer *out);

enum flow_token_kind {
    FLOW_TOKEN_NONE,  /* something else, or forged */
    FLOW_TOKEN_OURS,  /* ours, without a flow */
    FLOW_TOKEN_A_FLOW /* ours: *flow is filled; whether it is alive, net_alive says */
};
enum flow_token_kind flow_token_read(const struct flow_tokens *tokens, struct bytes user,
                                     struct net_flow *flow);

#endif
