/* proxy.h: relaying a request to several targets and folding their answers into one (RFC 3261 16).
 *
 * For now non-INVITE requests, all targets in parallel. A 2xx goes back at once (16.7 step 5),
 * otherwise the best of all final answers when the last one has come (16.7 step 6), 503 as 500, the
 * challenges of all in one (step 7). A request that comes back to us is 482 (RFC 5393).
 * When no target answered at all: 480 if none could be reached, nothing after a timeout (RFC
 * 4320 4.2: no 408 to a non-INVITE). */
#ifndef PROXY_PROXY_H
#define PROXY_PROXY_H

#include "front/front.h"

struct proxy;

struct proxy_settings {
    unsigned targets_max; /* of one request; default 20 */
};
struct proxy_settings proxy_settings_default(void);

struct proxy *proxy_new(struct front *front, const struct proxy_settings *settings);
void proxy_free(struct proxy **proxy);

/* Takes over changed settings while running. */
void proxy_reload(struct proxy *proxy, const struct proxy_settings *settings);

struct proxy_target {
    struct bytes uri;            /* the new Request-URI */
    const struct net_flow *flow; /* tried first; may be NULL */
};

/* Relays the request to all targets (at least one; those over the limit are left out and counted).
 * Everything is copied; the caller forgets about it. Checks Max-Forwards (483, RFC 3261 16.3 step
 * 3), removes credentials for our realms and the Route fields (the request has arrived at its
 * domain). */
void proxy_fork(struct proxy *proxy, struct front_request *request,
                const struct proxy_target *targets, size_t count);

#endif
