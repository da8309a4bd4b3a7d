/* overload.h: which new work a server that is late refuses, so that it finishes what it has begun.
 *
 * The measure is queueing delay: how long a request has waited in the system before it was looked
 * at. What refuses itself costs a tenth of what is served, so the sooner a share of the new work is
 * refused, the more of the rest is done in time. The share grows with the delay; no state but a
 * remainder, so it follows the load at once and forgets it at once. */
#ifndef FRONT_OVERLOAD_H
#define FRONT_OVERLOAD_H

#include <stdbool.h>

/* What a request is worth when not all can be served. */
enum overload_worth {
    OVERLOAD_NEW,     /* begins something, and has not even been challenged */
    OVERLOAD_BEGUN,   /* begins something with credentials: a challenge was spent on it */
    OVERLOAD_UNDERWAY /* goes on with something that exists: never refused here */
};

struct overload {
    unsigned late_ms;      /* the delay from which new work is refused; 0: never */
    unsigned remainder[2]; /* thousandths, by worth: what is owed to the next refusal */
};

/* True when this request is one of those to refuse. A delay of late_ms refuses the first of what is
 * new, four times that all of it; what has begun, from twice and to eight times. */
bool overload_refuses(struct overload *overload, unsigned late_ms, enum overload_worth worth);

#endif
