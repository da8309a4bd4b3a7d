/* client_internal.h: the client transaction, shared by the files that make its life.
 *
 * client.c begins, matches, times and ends it; ways.c says where it goes next; invite_client.c has
 * what an INVITE does otherwise; ack.c and cancel.c send what belongs to an INVITE. */
#ifndef TRANSACTION_CLIENT_INTERNAL_H
#define TRANSACTION_CLIENT_INTERNAL_H

#include "transaction_internal.h"

enum client_state {
    CLIENT_HELD,       /* its change is not durable yet */
    CLIENT_RESOLVING,  /* the next hop is being looked up */
    CLIENT_TRYING,     /* it left; nothing came back (of an INVITE the RFC's Calling) */
    CLIENT_PROCEEDING, /* a provisional response came */
    CLIENT_ACCEPTED,   /* of an INVITE: a 2xx came (RFC 6026) */
    CLIENT_LINGERING,  /* of an ACK: its connection may yet fail */
    CLIENT_BROKEN,     /* this way is over; the next comes when the timer fires */
    CLIENT_FAILING     /* it is over; that is reported when the timer fires */
};

struct client_transaction {
    struct chain_entry branch_entry, connection_entry;
    struct timer timer;
    struct net_lookup lookup;
    struct store_wait wait;
    struct transaction_layer *layer;
    uint64_t handle;
    client_answer_fn answer; /* NULL: forgotten */
    void (*add)(void *context, const struct net_flow *flow, struct buffer *out);
    void *context;
    struct blob *body;
    struct spread *spread;      /* until it has left */
    struct net_flow flow;       /* where it went; before that, the caller's when there is one */
    struct net_target *targets; /* of the next hop; NULL: none. Their texts lie in `text` */
    uint64_t loop_key;
    char *reason;        /* of the CANCEL, NUL-terminated; NULL: none */
    size_t beside_bytes; /* what `targets` and `reason` take */
    uint64_t way_ms;     /* when the present way was begun */
    uint64_t expires_ms; /* timer B, F or M, or the end after a CANCEL */
    enum client_state state;
    enum sip_method method;
    unsigned char target_next, target_count;
    bool flow_given; /* the caller's flow is still to be tried */
    bool hop_open;   /* the next hop is still to be looked up */
    bool aimed;      /* the present way is targets[target_next - 1] */
    bool by_stream;  /* by TCP in place of UDP for its length */
    bool left;       /* it was sent at least once */
    bool told;       /* a provisional response was reported */
    bool cancelled, cancel_sent;
    unsigned partition, status; /* status: of the last way that failed */
    unsigned interval_ms;       /* timer A or E */
    struct via_written via;
    unsigned hop_length, speaker_length;
    unsigned line_at, line_length, method_length, via_at, fields_at, end;
    char text[];
};

static inline struct bytes client_text(const struct client_transaction *client, size_t at,
                                       size_t length)
{
    return bytes_from(client->text + at, length);
}

/* Once it was placed. */
static inline struct bytes client_via(const struct client_transaction *client)
{
    return client_text(client, client->via_at, client->via.length);
}

static inline bool client_is_stream(const struct client_transaction *client)
{
    return net_is_stream(client->flow.protocol);
}

static inline bool client_is_invite(const struct client_transaction *client)
{
    return client->method == SIP_INVITE;
}

/* client.c */

/* Counts memory that the transaction got, or (fewer) gave back, beside its own allocation. */
void client_beside(struct client_transaction *client, size_t more_bytes, size_t fewer_bytes);
/* A transaction in no table but that of handles; it is not sent. */
struct client_transaction *client_new(struct transaction_layer *layer,
                                      const struct client_request *request);
/* Puts a Via, and what the user adds, before the fields and the line before that. */
void client_place_via(struct client_transaction *client, const char *via,
                      const struct via_written *written, struct bytes added);
/* Sends the request for the first time, as it stands, to client->flow. The caller forgets about the
 * transaction: an ACK ends here. */
void client_start(struct client_transaction *client);
/* Sets the timer to what is due first; none when the transaction waits for ever. */
void client_set_timer(struct client_transaction *client);
/* Takes it out of the tables of what is under way; responses to what was sent are stray then. */
void client_detach(struct client_transaction *client);
/* Lets client_due go on in this state when the present call has returned. */
void client_defer(struct client_transaction *client, enum client_state state);
/* Reports this status, without a response, when the present call has returned. */
void client_fail(struct client_transaction *client, unsigned status);
/* Reports the last outcome and ends the transaction. Nobody can find it any more when the callee
 * runs, so that may do as it likes. */
void client_finish(struct client_transaction *client, unsigned status,
                   const struct sip_message *response);
/* Reports what is not the last. */
void client_tell(struct client_transaction *client, const struct sip_message *response);

/* As transaction_end. */
enum err client_order_end(struct client_transaction *client);

/* ways.c */

/* Goes the next way, or fails with the status of the last one. */
void way_next(struct client_transaction *client);
/* True when there is another way to go, as far as can be said before it is looked up. */
bool way_is_left(const struct client_transaction *client);
/* The present way is of no use: shuns it, and the next one follows. */
void way_fail(struct client_transaction *client, unsigned status);
/* Shuns the target of the present way for so long; nothing happens when it is the caller's flow. */
void way_shun(struct client_transaction *client, unsigned seconds);
/* Judges a way by the final response that came on it: true when that is a 503 and another way is
 * gone instead (RFC 3263 4.3); the response is then nobody's business. */
bool way_refused(struct client_transaction *client, const struct sip_message *response);

/* invite_client.c */

void invite_answered(struct client_transaction *client, const struct sip_message *response);
/* Writes the request line, the Via and the fields that ACK and CANCEL take from the INVITE (RFC
 * 3261 9.1, 17.1.1.3), To from `to`; returns where the Via begins. */
size_t invite_follow(const struct client_transaction *client, const struct sip_message *invite,
                     const struct sip_message *to, const char *method, struct buffer *out);
/* What that and an end without a body take at most, but for the To field's value. */
size_t invite_follow_size(const struct client_transaction *client);
/* The INVITE as it was sent. Its body may lie elsewhere, so only its header fields count. */
void invite_parse(const struct client_transaction *client, struct sip_message *invite);

/* ack.c: ACKs for failures, and the Completed state */

/* Acknowledges a failure by the way of the INVITE and remembers that for timer D. */
void ack_send(struct client_transaction *client, const struct sip_message *response);
/* A response that matches no transaction under way: true when it came again and was acknowledged
 * again. */
bool ack_again(struct transaction_layer *layer, const struct sip_message *response, uint64_t hash);
/* Forgets the oldest one; false: there is none. */
bool ack_evict(struct transaction_layer *layer);
void ack_init(struct transaction_layer *layer);
void ack_release(struct transaction_layer *layer);

/* cancel.c */

/* Cancels an INVITE that is under way, once. */
void cancel_invite(struct client_transaction *client, struct bytes reason);
/* Sends the CANCEL; the INVITE has had a provisional response. */
void cancel_send(struct client_transaction *client);

#endif
