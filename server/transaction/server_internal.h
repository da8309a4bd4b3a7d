/* server_internal.h: what the files of the server side share: server.c (what all server
 * transactions have in common, and the non-INVITE one), invite_server.c (the INVITE one), keep.c.
 */
#ifndef TRANSACTION_SERVER_INTERNAL_H
#define TRANSACTION_SERVER_INTERNAL_H

#include "transaction_internal.h"

/* A copy of a request and of its bytes. */
struct kept_request {
    struct kept_request *next; /* of the dead */
    size_t size;
    struct sip_message message; /* as many fields as it has; its bytes stand behind the last */
};

/* What only an INVITE has; see invite_server.c. */
struct invite;

struct server_transaction {
    struct chain_entry entry, merged_entry;
    struct server_transaction *older, *newer; /* of its stage; `older` of the dead */
    struct transaction_layer *layer;
    uint64_t handle;
    uint64_t due_ms;  /* when it leaves its stage */
    uint64_t ends_ms; /* the client gives up (timer F) */
    struct store_wait wait;
    struct reply_path path;
    struct kept_request *kept;
    struct invite *invite; /* NULL: another method */
    char *response; /* the last one sent, or that waits; before one what the layer's own are made
                       from when nothing is kept */
    size_t response_length;
    enum server_stage stage;
    bool replied; /* it is settled what will be said at last */
    bool ordered; /* ... and said, by an operator (server_order_end) */
    size_t key_length;
    char key[];
};

static inline struct bytes response_of(const struct server_transaction *transaction)
{
    return bytes_from(transaction->response, transaction->response_length);
}

static inline bool server_on_stream(const struct server_transaction *transaction)
{
    return net_is_stream(transaction->path.flow.protocol);
}

/* server.c */
/* Copies the response in the place of the last one. */
void server_remember(struct server_transaction *transaction, struct bytes response);
/* From its stage to another, which it leaves in `in_ms`. */
void server_move(struct server_transaction *transaction, enum server_stage stage, uint64_t in_ms);
/* The kept request is not needed any more; it stays readable until the turn ends. */
void server_forget_request(struct server_transaction *transaction);
void server_end(struct server_transaction *transaction);
/* A bare response of the layer's own in layer->draft, made from the last response or from the kept
 * request. Empty: it cannot be made. */
struct bytes server_draft(struct server_transaction *transaction, unsigned status);
/* Makes room for one more by ending what lingers; false: there is none. */
bool server_make_room(struct transaction_layer *layer);

/* As transaction_end. */
enum err server_order_end(struct server_transaction *transaction);

/* invite_server.c */
/* Ends it as a CANCEL does, once. */
void invite_order_end(struct server_transaction *transaction);
struct invite *invite_new(struct server_transaction *transaction);
/* Frees it, and tells who watches. */
void invite_bury(struct server_transaction *transaction, bool tell);
size_t invite_size(const struct invite *invite);
void invite_ended(struct server_transaction *transaction);
void invite_settle(struct server_transaction *transaction, const struct incoming *incoming);
void invite_overdue(struct server_transaction *transaction);
/* As server_retransmission. */
bool invite_retransmission(struct server_transaction *transaction);
void invite_reply(struct server_transaction *transaction, struct bytes response,
                  struct store_change after);

/* keep.c: copies a request and what was parsed of it; freed with free(). What it takes. */
struct kept_request *kept_new(const struct sip_message *message);
size_t kept_size(const struct kept_request *kept);

#endif
