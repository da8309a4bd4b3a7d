/* flow_token.h: a flow as the user part of a Route URI of ours (RFC 5626 5.2), so that later
 * requests of a dialog take the same connection. It is signed: nobody can have us send anywhere by
 * making one up; and it may be bound to a Call-ID, so that who was once called through us cannot
 * have us relay anything else. */
#ifndef FRONT_FLOW_TOKEN_H
#define FRONT_FLOW_TOKEN_H

#include "base/buffer.h"
#include "net/net.h"

enum {
    FLOW_TOKEN_MAX = 96,      /* characters of the longest */
    FLOW_TOKEN_SIGNATURE = 8, /* of a signature */
};

struct flow_tokens;
/* `secret`: store_secret; what is needed of it is derived. `epoch`: store_epoch; connections of an
 * earlier life have gone. */
struct flow_tokens *flow_tokens_new(struct bytes secret, uint64_t epoch);
void flow_tokens_free(struct flow_tokens **tokens);

/* Appends the token of a flow; NULL: a token that names no flow and only proves that we wrote it.
 * `call_id`: it is good for requests with this one alone; empty: for any. Only characters that
 * the user part of a URI has without escapes; case matters. */
void flow_token_write(const struct flow_tokens *tokens, const struct net_flow *flow,
                      struct bytes call_id, struct buffer *out);

enum flow_token_kind {
    FLOW_TOKEN_NONE,   /* something else */
    FLOW_TOKEN_FORGED, /* looks like one, but is not of our making, or for another Call-ID */
    FLOW_TOKEN_OURS,   /* ours, without a flow */
    FLOW_TOKEN_A_FLOW  /* ours: whether it is alive, net_alive says */
};
struct flow_token {
    enum flow_token_kind kind;
    struct net_flow flow; /* of A_FLOW; a connection of an earlier life is 0 */
    bool bound;           /* to the Call-ID */
};
struct flow_token flow_token_read(const struct flow_tokens *tokens, struct bytes user,
                                  struct bytes call_id);

/* Appends a signature of a text; true when `signature` is one of this text. */
void flow_token_sign(const struct flow_tokens *tokens, struct bytes text, struct buffer *out);
bool flow_token_signed(const struct flow_tokens *tokens, struct bytes signature, struct bytes text);

#endif
