/* look.h: what an operator wants to know of transactions, and may order. Nothing here is on the way
 * of a message. */
#ifndef TRANSACTION_LOOK_H
#define TRANSACTION_LOOK_H

#include "transaction/transaction.h"

/* One transaction; slices are good during the visit. */
struct transaction_look {
    bool server;       /* a request that came; else one that we send */
    uint64_t handle;   /* no other one of its side has it, or ever will */
    const char *state; /* RFC 3261 17, RFC 6026: "trying", "calling", "proceeding", "accepted",
                          "completed", "confirmed"; before it leaves "held" (until its change is
                          durable), "resolving"; "failing" between two ways and at the end */
    struct bytes method;
    struct bytes call_id;        /* empty: nothing of the message is kept */
    const struct net_flow *flow; /* where it came from, or went; NULL: it has no way yet */
    bool replied;                /* of a server's: it is settled what will be said at last */
    bool timed;                  /* else it has not left, and age_ms says nothing */
    uint64_t age_ms;             /* since it came; of a client's, since its present way was begun */
};
typedef void (*transaction_look_fn)(void *context, const struct transaction_look *look);

/* Visits at most `most` of one side behind a handle (0: from the first), in no order that means
 * something, but always the same; true: there are more. Walks all once. */
bool transaction_look_side(const struct transaction_layer *layer, bool servers, uint64_t after,
                           size_t most, transaction_look_fn visit, void *context);

/* Visits the one of a side with this handle; false: there is none. */
bool transaction_look_one(const struct transaction_layer *layer, bool server, uint64_t handle,
                          transaction_look_fn visit, void *context);

/* Ends one that is under way. Of a server's an INVITE ends as if its caller had sent a CANCEL (RFC
 * 3261 9.2: 487, when whoever it was sent on to has let go of it), another request is answered 500,
 * and nobody can answer it any more. Of a client's an INVITE is cancelled (9.1), another request
 * ends for its user as if nobody had answered (408). Ordering it again changes nothing.
 * ERR_NOT_FOUND: there is none; ERR_CONFLICT: it is decided already, and what is left only repeats
 * the answer, or waits until nothing more can come. */
enum err transaction_end(struct transaction_layer *layer, bool server, uint64_t handle)
    __attribute__((warn_unused_result));

#endif
