/* overload.h: which new work a server that is late refuses, so that it finishes what it has begun.
 *
 * The measure is queueing delay: how long a request has waited in the system before it was looked
 * at. The share that is refused grows with the delay, and forgets it at once. A delay that does not
 * last is no overload: after a stall (certificates are read anew) what has waited is served. And
 * stalls one after the other are none, when each was over before the next request came: a machine
 * may be slow for other reasons than us.
 *
 * But to refuse costs too. So there is a second measure, reviewed at times: when more is refused
 * than a part of what is served, a share of what comes is to be kept out unread, just as large as
 * it must be; when nothing is refused any more, it shrinks, slowly first, then fast. */
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

enum { OVERLOAD_WHOLE = 1000 };

struct overload {
    unsigned late_ms;      /* the delay from which new work is refused; 0: never */
    uint64_t since_ms;     /* late requests have stood in line since then; 0: none does */
    uint64_t last_ms;      /* when the last late one was looked at */
    unsigned remainder[2]; /* thousandths, by worth: what is owed to the next refusal */
    /* the review: */
    unsigned served, refused; /* since the last one */
    unsigned seen_ms;         /* how late the last request was */
    unsigned let_in;          /* thousandths */
    unsigned calm;            /* reviews without a refusal */
    unsigned hold;            /* reviews to wait for the effect of the last one */
};

enum {
    OVERLOAD_PATIENCE_MS = 100,
    OVERLOAD_REVIEW_MS = 200,
    OVERLOAD_JUDGED_LEAST = 20 /* requests a review; fewer cost nothing, served or refused */
};

/* Asked for each request, at the monotonic time now_ms: true when requests have been later than
 * late_ms, and more of them waiting, for OVERLOAD_PATIENCE_MS. Only then is it worth while to know
 * what this one is worth. */
bool overload_is_late(struct overload *overload, uint64_t now_ms, unsigned late_ms);

/* Asked then: true when it is one of those to refuse. A delay of late_ms refuses the first of what
 * is new, four times that all of it; what has begun, from twice and to eight times. */
bool overload_refuses(struct overload *overload, unsigned late_ms, enum overload_worth worth);

/* What is not refused. */
void overload_serves(struct overload *overload);

/* The first refusal is the begin of a time with reviews, one every OVERLOAD_REVIEW_MS while true.
 * Each sets how much of what comes is to be let in. */
void overload_begin(struct overload *overload);
bool overload_review(struct overload *overload);

#endif
