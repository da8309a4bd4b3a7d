/* later_internal.h: NOTIFYs that cannot leave now: who is in trouble (retry.c, hold.c), and who was
 * told a moment ago (pace.c). One struct with one timer for each subscription that has to wait for
 * something; most have none. Comes with presence_internal.h. */
#ifndef PRESENCE_LATER_INTERNAL_H
#define PRESENCE_LATER_INTERNAL_H

#include "presence/presence.h"
#include "transaction/transaction.h"

struct subscription;

enum later_why {
    LATER_NOTHING,
    LATER_ASKED,  /* its watcher, or who stands before it, said Retry-After */
    LATER_SILENT, /* it did not answer */
};

struct later {
    struct timer timer; /* not set: its NOTIFY is under way, or waits for policy */
    struct subscription *subscription;
    enum later_why why;
    uint64_t since_ms; /* monotonic: when the trouble began */
    uint64_t pause_ms; /* the last one, of those that grow */
};

/* True while a change has to wait: it is told, with all others, when the timer fires. */
bool later_waits(const struct subscription *subscription);
/* Its trouble is over, or of no interest any more. */
void later_forget(struct subscription *subscription);

/* What becomes of one whose NOTIFY failed (retry.c). */
enum failure {
    FAILURE_PASSES, /* it stays, and is told the next change */
    FAILURE_ENDS,   /* it ends; counted */
    FAILURE_LATER,  /* the NOTIFY is sent again, later */
};
enum failure retry_judge(struct subscription *subscription, const struct client_answer *answer);

#endif
