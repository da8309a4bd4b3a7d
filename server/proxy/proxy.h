/* proxy.h: relaying requests (RFC 3261 16): any method, INVITE too.
 *
 * A request for a user goes to its bindings, in groups by q: those of one group at a time in
 * parallel, the next group when all of that have failed (16.6). One for elsewhere goes where Route
 * or Request-URI lead. A 2xx goes back at once, a 6xx cancels the others (16.7 step 5), otherwise
 * the best of all final answers when the last one has come (step 6), 503 as 500, the challenges of
 * all in one (step 7); provisional answers to an INVITE go back as they come. Timer C (16.8),
 * CANCEL (16.10) with Reason (RFC 3326), loops (482) and Max-Breadth (440) by RFC 5393, caller
 * preferences (RFC 3841), Record-Route (16.6 step 4) with flow tokens (RFC 5626). When no target
 * answered at all: 480 if none could be reached, 408 to an INVITE, nothing to others (RFC
 * 4320 4.2). */
#ifndef PROXY_PROXY_H
#define PROXY_PROXY_H

#include "front/front.h"

struct proxy;

enum { PROXY_TARGETS_MAX = 64 };

enum proxy_mode { PROXY_RELAY, PROXY_REDIRECT /* 302 with the bindings (RFC 3261 8.3) */ };

struct proxy_settings {
    enum proxy_mode mode; /* for requests to users; default PROXY_RELAY */
    unsigned targets_max; /* of one request, at most PROXY_TARGETS_MAX; default 20 */
    unsigned breadth_max; /* Max-Breadth where the request has none (RFC 5393 5.3.3); 60 */
    unsigned timer_c_s;   /* default 181, more than 180 (16.6 step 11) */
    /* INVITEs that wait for their answer, which nothing else ends; 0: any number. */
    unsigned calls_max;            /* of all: 503; default 20000 */
    unsigned calls_max_per_source; /* of one address, but for trusted ones and our own host: 500 */
    unsigned calls_max_per_caller; /* of one proved user: 500; default 20 */
    unsigned calls_max_per_callee; /* for one user of ours: 486; default 20 */
    unsigned wake_wait_s;    /* that a request waits for a device to wake (RFC 8599); default 10 */
    unsigned held_max;       /* requests that do; more: 480; default 1000 */
    unsigned lines_max;      /* calls whose lamps are lit (lines.h); default 100000 */
    unsigned call_silence_s; /* after which one counts as over; default 4 hours */
};
struct proxy_settings proxy_settings_default(void);

/* Registers SIP_METHOD_OTHER with the front end. */
struct proxy *proxy_new(struct front *front, const struct proxy_settings *settings);
void proxy_free(struct proxy **proxy);

/* How many requests are being relayed, with those whose 2xx may yet be followed by others, and
 * those that wait for a device. */
size_t proxy_count(const struct proxy *proxy);

/* Takes over changed settings while running. */
void proxy_reload(struct proxy *proxy, const struct proxy_settings *settings);

/* One way to a user; slices are borrowed until the next loop turn. */
struct proxy_target {
    struct bytes uri;   /* the new Request-URI */
    struct bytes route; /* value of a Route field to go through first (RFC 3327), or empty */
    const struct net_flow *flow; /* tried first; may be NULL */
    bool flow_only;              /* no other way will do: 430 when it is gone (RFC 5626 5.3) */
    unsigned q;                  /* thousandths */
    struct bytes features;       /* contact parameters, ";audio;methods=..." (RFC 3840), or empty */
    struct bytes instance;       /* targets of one instance are ways to one device: the next is
                                    tried when one fails with 430 or a timeout (RFC 5626 7) */
};

/* Who knows where users are: fills the targets of request->target (of request->instance alone, when
 * that is set), the best first, at most `most`; returns how many. Their flows are good until it is
 * asked again. Set once, by the composition. */
struct proxy_locator {
    size_t (*find)(void *context, const struct front_request *request, struct proxy_target *targets,
                   size_t most);
    void *context;
};
void proxy_locate(struct proxy *proxy, const struct proxy_locator *locator);

/* Who can wake devices of the user that a request is for (RFC 8599 5.6.2): returns how many may
 * come. Asked when nobody is there; the request waits then. Set once, by the composition. */
struct proxy_waker {
    unsigned (*wake)(void *context, const struct front_request *request);
    void *context;
};
void proxy_wake_by(struct proxy *proxy, const struct proxy_waker *waker);

/* A device of the user registered: what waits for it goes on when the turn is over. And: one that
 * was to come will not. */
void proxy_device_came(struct proxy *proxy, struct bytes aor);
void proxy_device_lost(struct proxy *proxy, struct bytes aor);

/* Relays a request to the bindings of its user or device: 480 when there are none. */
void proxy_deliver(struct proxy *proxy, struct front_request *request);

/* Relays the request to these targets (at least one; those over the limit are left out and
 * counted). Everything is copied; the caller forgets about it. */
void proxy_fork(struct proxy *proxy, struct front_request *request,
                const struct proxy_target *targets, size_t count);

#endif
