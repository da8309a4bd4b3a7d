/* client_internal.h: the client transaction, shared by the files that make its life.
 *
 * client.c begins, matches, times and ends it; ways.c says where it goes next. */
#ifndef TRANSACTION_CLIENT_INTERNAL_H
#define TRANSACTION_CLIENT_INTERNAL_H

#include "transaction_internal.h"

enum client_state {
    CLIENT_HELD,
    CLIENT_RESOLVING,
    CLIENT_TRYING,
    CLIENT_PROCEEDING,
    CLIENT_BROKEN,
    CLIENT_FAILING
};

struct client_transaction {
    struct chain_entry branch_entry, connection_entry;
    struct timer timer;
    struct net_lookup lookup;
    struct store_wait wait;
    struct transaction_layer *layer;
    uint64_t handle;
    client_answer_fn answer; /* NULL: forgotten */
    void *context;
    struct blob *body;
    struct net_flow flow; /* where it went; before that, the caller's when there is one */
    uint64_t loop_key;
    struct net_target *targets; /* not yet tried from target_next on; NULL: none */
    unsigned target_next, target_count;
    enum client_state state;
    bool flow_given; /* the caller's flow is still to be tried */
    bool left;       /* it was sent at least once */
    unsigned partition, status;
    unsigned interval_ms; /* timer E */
    uint64_t expires_ms;  /* timer F */
    struct via_written via;
    unsigned hop_length; /* what is left to be resolved; 0: nothing */
    unsigned line_at, line_length, method_length, fields_at, end;
    char text[];
};

static inline struct bytes client_text(const struct client_transaction *client, size_t at,
                                       size_t length)
{
    return bytes_from(client->text + at, length);
}

/* The Via stands right before the other fields. */
static inline struct bytes client_via(const struct client_transaction *client)
{
    return client_text(client, client->fields_at - client->via.length, client->via.length);
}

static inline bool client_is_stream(const struct client_transaction *client)
{
    return net_is_stream(client->flow.protocol);
}

/* client.c */

/* Sends the request for the first time, to client->flow. */
void client_launch(struct client_transaction *client);
/* Lets client_due go on in this state when the present call has returned. */
void client_defer(struct client_transaction *client, enum client_state state);
/* Reports this status, without a response, when the present call has returned. */
void client_fail(struct client_transaction *client, unsigned status);

/* ways.c */

/* Goes the next way, or fails when none is left. */
void way_next(struct client_transaction *client);

#endif
