/* send.h: sending a request to one place without a fork, for who folds the answers itself (im).
 *
 * What leaves is what a proxy sends (RFC 3261 16.6): Max-Forwards one less, our Via on top of those
 * that there are, what front/relay.h says of the sender. Nothing here answers anybody. */
#ifndef PROXY_SEND_H
#define PROXY_SEND_H

#include "proxy/proxy.h"

/* The ways to the user or device that a request is aimed at, as proxy_deliver would choose them
 * (users of ours among the contacts are followed, sips kept, caller preferences obeyed), the best
 * first; those of one device have the same instance. At most targets_max; borrowed until the
 * next loop turn. Of the request are used: front, message, uri, target, instance, gruu_call. */
size_t proxy_find(struct proxy *proxy, struct front_request *request, struct proxy_target *targets);

/* True when requests to users are answered with their contacts (RFC 3261 8.3). */
bool proxy_redirects(const struct proxy *proxy);

/* False when the request has been here before on the same way (RFC 5393 4.2): it was answered 482.
 */
bool proxy_admit(struct proxy *proxy, struct front_request *request);

/* How many branches of this request there may be at a time (RFC 5393 5.3.3): what Max-Breadth says,
 * or the setting. Who has more of them answers 440. */
uint32_t proxy_breadth(const struct proxy *proxy, const struct front_request *request);

struct proxy_sending {
    const struct front_request
        *request; /* borrowed during the call. `incoming` NULL: it is sent
                     some time later, and without the Vias that it came with */
    const struct proxy_target *target;
    uint32_t breadth;          /* its share of proxy_breadth, at least 1 */
    struct store_change after; /* it leaves when that is durable */
    client_answer_fn answer;   /* as of transaction_request: once, never before the return */
    void *context;
};
/* A handle for transaction_forget; 0 when it could not begin, *why says with what status: 430 its
 * flow is gone, 503 no room, 513 too large. Nothing is reported then. */
uint64_t proxy_send(struct proxy *proxy, const struct proxy_sending *sending, unsigned *why);

/* The best of several final answers to one request (RFC 3261 16.7 step 6), as it goes back: our Via
 * is taken off, challenges of all are in one. Zeroed: none yet. */
struct proxy_best {
    unsigned status; /* 0: none */
    char *text;      /* owned; proxy_best_release */
    size_t length;
};
/* Takes the answer into account; `incoming` is the request's. */
void proxy_best_consider(struct proxy *proxy, struct proxy_best *best,
                         const struct incoming *incoming, const struct client_answer *answer);
void proxy_best_release(struct proxy *proxy, struct proxy_best *best);

#endif
