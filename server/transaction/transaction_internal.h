/* transaction_internal.h: what the files of this folder share.
 *
 * layer.c receives and owns the tables; match.c makes the keys of RFC 3261 17.2.3; server.c,
 * invite_server.c and client.c are the state machines (more of the latter in client_internal.h);
 * respond.c says where responses go, errand.c what becomes of those whose connection has gone;
 * way.c reads next hops and writes the Via; chain.c and echoes.c are the containers. */
#ifndef TRANSACTION_TRANSACTION_INTERNAL_H
#define TRANSACTION_TRANSACTION_INTERNAL_H

#include "base/handles.h"
#include "base/spread.h"
#include "base/token.h"
#include "transaction/tables_internal.h"
#include "transaction/transaction.h"

/* match.c: what a request is matched by. The key lies in the layer until the next is made. */
struct match {
    const struct sip_message *message; /* whose key this is; NULL: nobody's */
    struct bytes key;
    uint64_t hash;
    bool whole; /* false: the message is larger than any key may be */
};
enum { MATCH_KEY_MAX = 65536 };
const struct match *match_of(struct transaction_layer *layer, const struct sip_message *message);
/* The same of the request that a CANCEL is for, when that has this method (RFC 3261 9.2). */
const struct match *match_of_cancelled(struct transaction_layer *layer,
                                       const struct sip_message *cancel, enum sip_method method);

/* The method that a key was made with. */
struct bytes match_method(struct bytes key);

/* Server transactions that wait for the same span of time: the oldest is the first due, so a single
 * timer serves all of them. */
enum server_stage {
    SERVER_QUIET,
    SERVER_PROCEEDING,
    SERVER_COMPLETED,
    INVITE_PROCEEDING,
    INVITE_ACCEPTED,
    INVITE_COMPLETED,
    INVITE_CONFIRMED,
    SERVER_STAGES,
    SERVER_DEAD
};
struct server_queue {
    struct transaction_layer *layer;
    struct server_transaction *oldest, *newest;
    struct timer timer;
};

/* The constant part of the Via for requests that leave by one listener. */
struct via_prefix {
    enum net_protocol protocol;
    struct net_address local; /* family 0: unused */
    char text[136];           /* up to the branch's magic cookie */
    unsigned char length, host_at, host_length;
    uint16_t port; /* of the sent-by */
};
enum { VIA_PREFIXES = 8 };

/* ack.c: INVITE client transactions that are Completed, in the order in which they became so. */
struct completed;
struct completed_queue {
    struct chain_table table; /* by branch */
    struct completed *oldest, *newest;
    struct timer timer;
};

/* Hosts that do not take by TCP what is too long for UDP, the latest few. */
struct stream_refusal {
    struct net_address address; /* family 0: unused */
    uint64_t until_ms;
};
enum { STREAM_REFUSALS = 32 };

struct transaction_layer {
    struct world *world;
    struct net *net;
    struct store *store;
    struct log *log;
    struct metrics *metrics;
    struct transaction_settings settings;
    struct transaction_user user;
    struct latency spreads[TRANSACTION_SPREADS];
    uint64_t epoch, seed;
    unsigned quiet_ms;    /* RFC 4320 4.1: until a client's timer E is reset to T2 */
    unsigned lifetime_ms; /* 64*T1: timers F and J */

    struct match match;
    char *key;           /* memory of match.key */
    struct buffer draft; /* memory of the layer's own responses */
    uint64_t begun;      /* handle of the transaction that the present request began; 0: none */

    struct chain_table servers; /* by key */
    struct chain_table merged;  /* by From tag, Call-ID and CSeq (RFC 3261 8.2.2.2) */
    /* the request that was last looked for there, and its hash; NULL: none since the present one
     * came */
    const struct sip_message *merging;
    uint64_t merging_hash;
    struct handles *server_handles;
    size_t server_bytes; /* of all transactions that have not ended, and what was charged */
    struct server_queue queues[SERVER_STAGES];
    struct server_transaction *dead; /* freed at the end of the turn */
    struct kept_request *dead_requests;
    struct timer burial;

    struct chain_table errands; /* by connection */
    struct errand *errand_list;
    size_t errand_count;

    struct chain_table clients;     /* by branch */
    struct chain_table connections; /* client transactions by the stream that they went to */
    struct handles *client_handles;
    size_t client_bytes;
    struct echoes echoes;
    struct completed_queue completed;
    struct via_prefix prefixes[VIA_PREFIXES];
    unsigned prefix_next;
    struct stream_refusal refusals[STREAM_REFUSALS];
    unsigned refusal_next;
    unsigned patience_ms;      /* until a silent way gives up its place to another one */
    uint64_t shunned_until_ms; /* no target that we shunned is it longer */
};

/* server.c */
struct server_transaction *server_find(struct transaction_layer *layer,
                                       const struct sip_message *message);
struct server_transaction *server_find_match(const struct transaction_layer *layer,
                                             const struct match *match);
/* True when the final response went once more. */
bool server_retransmission(struct server_transaction *transaction);
/* After the user has seen the request and begun a transaction: prepares what the layer itself may
 * have to say later. */
void server_settle(struct transaction_layer *layer, const struct incoming *incoming);
void server_init(struct transaction_layer *layer);
void server_release(struct transaction_layer *layer);

/* invite_server.c: both are true when it is to go up to the user. */
bool invite_take_ack(struct transaction_layer *layer, const struct sip_message *ack);
bool invite_take_cancel(struct transaction_layer *layer, const struct incoming *incoming);

/* client.c */
void client_response(struct transaction_layer *layer, const struct sip_message *response);
void client_closed(struct transaction_layer *layer, uint64_t connection);
void client_init(struct transaction_layer *layer);
void client_release(struct transaction_layer *layer);

/* respond.c: where the responses to a request go (RFC 3261 18.2.2, RFC 3581 4). */
struct reply_path {
    struct net_flow flow;
    uint16_t sent_by_port; /* for a new connection when that of the flow has gone */
};
struct reply_path reply_path_of(const struct incoming *incoming);
void reply_send(struct transaction_layer *layer, const struct reply_path *path,
                struct bytes response);
/* A bare response of the layer's own to an incoming request, in layer->draft. `retry_after_s` 0:
 * not said. */
struct bytes reply_draft(struct transaction_layer *layer, const struct incoming *incoming,
                         unsigned status, const char *reason, unsigned retry_after_s);
/* The same with nothing but an earlier response to the same request at hand. */
struct bytes reply_redraft(struct transaction_layer *layer, struct bytes earlier, unsigned status);
/* A 200 without more, with this To tag. */
struct bytes reply_draft_ok(struct transaction_layer *layer, const struct incoming *incoming,
                            struct bytes to_tag);
/* The To tag of the layer's own responses to a request with that key: the same for each. */
struct token reply_tag(const struct transaction_layer *layer, struct bytes call_id, uint64_t hash);

/* errand.c: a response that found its connection gone is on its way by others. */
void errand_begin(struct transaction_layer *layer, const struct reply_path *path,
                  struct bytes response);
void errands_closed(struct transaction_layer *layer, uint64_t connection, enum err why);
void errands_init(struct transaction_layer *layer);
void errands_release(struct transaction_layer *layer);

/* way.c: the Via of a request that leaves by `flow`: writes into `out` (VIA_MAX bytes), says where
 * in it branch and host of the sent-by stand. `loop_key` 0: none. */
enum { VIA_MAX = 200, VIA_LOOP_KEY = 17 /* what a loop key takes of it */ };
struct via_written {
    unsigned char length, branch_at, branch_length, host_at, host_length;
    uint16_t port; /* of the sent-by; 0: none */
};
struct via_written via_write(struct transaction_layer *layer, const struct net_flow *flow,
                             unsigned partition, uint64_t loop_key, char *out);
/* True when this is the Via, without regard to what was added to it on the way (RFC 3261 17.1.3
 * branch, 18.1.2 sent-by). */
bool via_is(const struct sip_via *via, struct bytes written, const struct via_written *places);
/* What is to be looked up for a next hop (RFC 3261 8.1.2, RFC 3263 4); false: we cannot go there.
 * The host is a part of `uri`. */
bool next_hop_parse(struct bytes uri, struct net_query *query);

#endif
