/* overload.h: which new work a server that is late refuses, so that it finishes what it has begun.
 *
 * The measure is queueing delay: how long a request has waited in the system before it was looked
 * at. What refuses itself costs a tenth of what is served, so the sooner a share of the new work is
 * refused, the more of the rest is done in time. The share grows with the delay, and forgets it at
 * once. A delay that does not last is no overload: after a stall (certificates are read anew) what
 * has waited is served. */
#ifndef FRONT_OVERLOAD_H
#define FRONT_OVERLOAD_H

#include <stdbool.h>
#include <stdint.h>

/* What a request is worth when not all can be served. */
enum overload_worth {
    OVERLOAD_NEW,     /* begins something, and has not even been challenged */
    OVERLOAD_BEGUN,   /* begins something with credentials: a challenge was spent on it */
    OVERLOAD_UNDERWAY /* goes on with something that exists: never refused here */
};

struct overload {
    unsigned late_ms;      /* the delay from which new work is refused; 0: never */
    uint64_t since_ms;     /* all requests have been late since then; 0: the last one was not */
    unsigned remainder[2]; /* thousandths, by worth: what is owed to the next refusal */
};

enum { OVERLOAD_PATIENCE_MS = 100 };

/* Asked for each request, at the monotonic time now_ms: true when it is one of those to refuse.
 * When requests have been late for OVERLOAD_PATIENCE_MS, a delay of late_ms refuses the first of
 * what is new, four times that all of it; what has begun, from twice and to eight times. */
bool overload_refuses(struct overload *overload, uint64_t now_ms, unsigned late_ms,
                      enum overload_worth worth);

#endif
