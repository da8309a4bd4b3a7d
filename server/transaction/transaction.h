/* transaction.h: the transactions of RFC 3261 section 17 in both roles, with RFC 6026 and RFC 4320.
 *
 * The story of a request: net hands up bytes; they are parsed; a retransmission is answered from
 * its transaction and goes no further. Anything else goes to the user of this layer (front) as a
 * struct incoming, without any state. The user may answer it without a transaction (RFC
 * 3261 8.2.7) or begin one (transaction_begin) and reply later, perhaps after a change is durable.
 *
 * Non-INVITE: Trying -> (Proceeding) -> Completed -> gone after timer J; Trying -> Proceeding ->
 * Completed -> gone after timer K, with timers E and F. INVITE: Proceeding -> Accepted (timer L) or
 * Completed (G, H) -> Confirmed (I); Calling (A, B) -> Proceeding -> Accepted (M) or Completed (D).
 * The ACK for a failure ends here, the ACK for a 2xx goes up like a request (RFC 3261 17.1.1.3). A
 * reply that waits for a change absorbs retransmissions silently until it is durable; a refused
 * change turns it into 500. A client request that waits is not sent when its change is refused. All
 * counts are bounded. */
#ifndef TRANSACTION_TRANSACTION_H
#define TRANSACTION_TRANSACTION_H

#include "base/blob.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/world.h"
#include "net/net.h"
#include "sip/message.h"
#include "store/store.h"
#include "transaction/settings.h"

struct transaction_layer;

/* A request as it came, valid during the call of `request`. */
struct incoming {
    const struct sip_message *message;
    struct net_flow flow;
    unsigned late_ms; /* how long it has waited for us (net_late_ms): the measure of overload */
};

struct server_transaction;

/* Who uses this layer. */
struct transaction_user {
    /* A request that is no retransmission; also the ACK for a 2xx (nothing can be replied to it),
     * and a CANCEL that matches no INVITE (RFC 3261 9.2). */
    void (*request)(void *context, struct incoming *incoming);
    void *context;
    /* A connection has gone, after its transactions have heard of it. NULL: of no interest. */
    void (*closed)(void *context, uint64_t connection);
};

struct transaction_layer *transaction_layer_new(struct world *world, struct net *net,
                                                struct store *store,
                                                const struct transaction_settings *settings,
                                                struct log *log, struct metrics *metrics);
void transaction_layer_free(struct transaction_layer **layer);
void transaction_layer_use(struct transaction_layer *layer, const struct transaction_user *user);
const struct transaction_settings *transaction_layer_settings(
    const struct transaction_layer *layer);

/* What the layer holds at the moment; all 0 when every timer of RFC 3261 17 has run out. */
struct transaction_counts {
    size_t servers, clients;
    size_t acks;  /* INVITEs that ended with a failure, until timer D */
    size_t bytes; /* of all of them */
};
struct transaction_counts transaction_count(const struct transaction_layer *layer);

/* Starts a response to an incoming request: status line, Via with received and rport, From, To,
 * Call-ID, CSeq (sip_write_response). `to_tag` empty: a tag derived from the request, the same for
 * each retransmission (RFC 3261 8.2.7). The caller adds fields and ends it with sip_write_body. */
void transaction_write(struct transaction_layer *layer, const struct incoming *incoming,
                       struct buffer *out, unsigned status, const char *reason,
                       struct bytes to_tag);

/* What the topmost Via must say of where the request came from (RFC 3261 18.2.1, RFC 3581 4):
 * appends the address for `received`, or nothing when the Via tells the truth already. */
void transaction_write_received(const struct incoming *incoming, struct buffer *out);

/* Sends a response without a transaction; by RFC 3261 18.2.2 and RFC 3581 4. */
void transaction_refuse(struct transaction_layer *layer, const struct incoming *incoming,
                        struct bytes response);

/* Begins a server transaction for the request. NULL when there are too many (the answer 503 was
 * then sent). A client that hears nothing until timer E reaches T2 gets a 100 from this layer (RFC
 * 4320 4.1); a transaction without a reply ends silently after 64*T1 (4.2: later is too late). An
 * INVITE that is not answered within the same turn gets its 100 at once (RFC 3261 17.2.1) and stays
 * until it is answered. */
struct server_transaction *transaction_begin(struct transaction_layer *layer,
                                             const struct incoming *incoming);

/* A copy of the request (made at the first call) that lives until the end of the turn in which the
 * final response leaves or the transaction ends. */
const struct sip_message *transaction_keep(struct server_transaction *transaction,
                                           const struct incoming *incoming);

/* The handle by which others may remember it, and back (NULL: it has ended). */
uint64_t transaction_handle(const struct server_transaction *transaction);
struct server_transaction *transaction_find(struct transaction_layer *layer, uint64_t handle);

/* What the user keeps for a request beside its transaction counts as memory for requests being
 * answered (server_max_bytes), until it is taken back. What is charged gives way to nothing. */
void transaction_charge(struct transaction_layer *layer, size_t bytes);
void transaction_discharge(struct transaction_layer *layer, size_t bytes);

/* What becomes of an INVITE's server transaction. */
struct server_watch {
    /* A CANCEL came before a final response; it was answered 200 (RFC 3261 9.2). At most once; the
     * message is borrowed (its Reason, RFC 3326). NULL: nobody sent one, an operator ends it. */
    void (*cancelled)(void *context, const struct sip_message *cancel);
    /* It has ended, or nobody can answer it any more (invite_max_s): told once. */
    void (*ended)(void *context);
    void *context;
};
void transaction_watch(struct server_transaction *transaction, const struct server_watch *watch);

/* Sends the final response (copied) when `after` is durable. A second one is ignored, and a 408 to
 * a non-INVITE is not sent (RFC 4320 4.2). The transaction may end here (streams), but stays
 * readable until the turn ends. To an INVITE also provisional responses before it, any number (each
 * is repeated on a retransmission), and after a 2xx further ones (RFC 6026 7.1); a failure is
 * repeated until its ACK comes. */
void transaction_reply(struct transaction_layer *layer, struct server_transaction *transaction,
                       struct bytes response, struct store_change after);

/* Sends a 2xx to an INVITE whose failure was sent before (RFC 3261 16.7 step 5), by the way that
 * took; the state machine is not asked, which would drop it (17.2.1). */
void transaction_reply_late(struct transaction_layer *layer, struct server_transaction *transaction,
                            struct bytes response);

/* True when another request with the same From tag, Call-ID and CSeq, but not the same branch, is
 * being answered, and this one, outside a dialog, came a second way (RFC 3261 8.2.2.2: 482). Those
 * that were asked about, and begun in the same call, are what others are compared with. */
bool transaction_is_merged(struct transaction_layer *layer, const struct sip_message *message);

/* What a client transaction reports; `response` is NULL when none came: `status` is then 408 (timer
 * B or F), 503 (transport error), 500 (the change was refused; nothing was sent) or 487 (cancelled,
 * and no answer came to that either, RFC 3261 9.1). `last`: the transaction has ended when the
 * callee runs.
 *   Non-INVITE: once, with the final outcome; a 100 is not reported (no other provisional response
 *   is allowed, RFC 4320 4.1).
 *   INVITE: every 101 to 199; then one final failure, or each 2xx (RFC 6026) and at the end, after
 *   timer M, once a status 0. The ACK for a failure is sent by this layer. */
struct client_answer {
    unsigned status;
    const struct sip_message *response;
    const struct net_flow *flow; /* where it went, NULL when it never left */
    bool last;
};
typedef void (*client_answer_fn)(void *context, const struct client_answer *answer);

enum { CLIENT_ADDED_MAX = 1024 };

/* A request to send. The layer writes the Via (RFC 3261 8.1.1.7: branch with the magic cookie,
 * partition and epoch; RFC 3581 rport) between `line` and `head`. */
struct client_request {
    struct bytes line; /* "NOTIFY sip:a@b SIP/2.0\r\n" */
    struct bytes head; /* fields, the blank line and perhaps a body; Content-Length right */
    struct blob *body; /* shared; NULL: none. A reference is taken */
    enum sip_method method;
    struct bytes method_name;
    const struct net_flow *flow; /* tried first when it is alive; may be NULL */
    struct bytes next_hop; /* the URI to resolve when the flow is gone (RFC 3261 8.1.2); empty: the
                              flow alone */
    struct bytes speaker;  /* the domain of ours for which it speaks (net_target); may be empty */
    unsigned partition;    /* home of what the answer is for */
    uint64_t loop_key;     /* of a proxy (RFC 3261 16.6 step 8): part of the branch; 0: none */
    struct store_change after;
    client_answer_fn answer;
    /* Adds fields that depend on the way (Record-Route): called whenever one has been chosen and
     * the request is about to leave, with room for CLIENT_ADDED_MAX bytes of whole lines. NULL:
     * none. Not called any more once the answer is not wanted. */
    void (*add)(void *context, const struct net_flow *flow, struct buffer *out);
    void *context;         /* of both */
    struct spread *spread; /* what it is a part of; a reference is taken. NULL: nothing */
};

/* What requests are a part of (base/spread.h), one reference; and how long those of a kind took. */
enum { TRANSACTION_SPREADS = 64 };
struct spread *transaction_spread(struct transaction_layer *layer, size_t kind);
const struct latency *transaction_spread_times(const struct transaction_layer *layer, size_t kind);

/* Sends it (when its change is durable) and reports, never before the return. Returns a handle for
 * transaction_forget and transaction_cancel. 0: too many transactions; nothing is reported then.
 * Ways are tried one after another until one answers (RFC 3263 4.3: no connection, 503, no answer),
 * each as a transaction of its own; what fails is shunned for a while. What is longer than 1300
 * bytes goes by a stream where there is one (RFC 3261 18.1.1). An ACK (for a 2xx) is sent once and
 * nothing is reported: `answer` is NULL. */
uint64_t transaction_request(struct transaction_layer *layer, const struct client_request *request);

/* Cancels an INVITE (RFC 3261 9.1): the CANCEL leaves when a provisional response has come; nothing
 * happens after a final one, and to other requests. `reason`: value of its Reason field (RFC 3326;
 * left out over 1024 bytes), or empty. What the INVITE then ends with is reported as ever, never
 * before the return: 487 without a response when it had not left yet. */
void transaction_cancel(struct transaction_layer *layer, uint64_t handle, struct bytes reason);

/* True when the branch was made by this layer in this life; *loop_key as the request had it. */
bool transaction_branch_is_ours(const struct transaction_layer *layer, struct bytes branch,
                                uint64_t *loop_key);

/* The answer is not wanted any more (its receiver is going); the transaction itself goes on, but an
 * INVITE without a final response is cancelled: nobody could use its 2xx. */
void transaction_forget(struct transaction_layer *layer, uint64_t handle);

#endif
