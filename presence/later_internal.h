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
    LATER_HELD,   /* there is no way to it (hold.c) */
    LATER_PACED,  /* it was told a moment ago (pace.c) */
    LATER_IDLE,   /* it wants to hear now and then, whether there is news or not */
};

struct later {
    struct timer timer; /* not set: its NOTIFY is under way, or waits for policy */
    struct subscription *subscription;
    enum later_why why;
    uint64_t since_ms;      /* wall clock: when the trouble began */
    uint64_t pause_ms;      /* the last one, of those that grow */
    bool stored;            /* its row says that it is held */
    bool refused;           /* too many are held */
    uint64_t period_ms;     /* monotonic: the begin of an adaptive rate's period, ... */
    unsigned count, before; /* ... NOTIFYs in it, and in the one before */
};

/* The subscription's own, for this reason from now on: its timer fires after the pause. */
struct later *later_wait(struct subscription *subscription, enum later_why why, uint64_t pause_ms);
/* True while a change has to wait: it is told, with all others, when the timer fires. */
bool later_waits(const struct subscription *subscription);
/* Whatever it waits for is of no interest any more. */
void later_forget(struct subscription *subscription);

/* What becomes of one whose NOTIFY failed (retry.c). */
enum failure {
    FAILURE_PASSES, /* it stays, and is told the next change */
    FAILURE_ENDS,   /* it ends; counted */
    FAILURE_LATER,  /* the NOTIFY is sent again, later */
};
enum failure retry_judge(struct subscription *subscription, const struct client_answer *answer);
/* Its NOTIFY was taken: no trouble is left. */
void retry_over(struct subscription *subscription);

/* Those to whom there is no way (hold.c). */

/* True when the connection by which it is reached has gone. */
bool hold_is_lost(const struct subscription *subscription);
/* True when a NOTIFY cannot be sent because the connection has gone and nothing can be dialled: it
 * is held from now on. Its device may be there by another flow, which then is its dialog's. */
bool hold_if_lost(struct subscription *subscription);
/* What becomes of one whose NOTIFY found no way. */
enum failure hold_judge(struct subscription *subscription);
/* Of a held one whose pause is over: true when it has been held long enough. */
bool hold_is_over(const struct subscription *subscription);
/* One that was held when its row was written. */
void hold_loaded(struct subscription *subscription, uint64_t since_ms);
/* Since when it is held, for its row; 0: it is not. */
uint64_t hold_since_ms(const struct subscription *subscription);
/* A device has registered: what is held for it is told to it. */
void hold_device_came(struct presence *presence, struct bytes aor,
                      const struct front_device *device);

/* How often one is told (pace.c). */

/* True when a change has to wait because the last NOTIFY was sent a moment ago. */
bool pace_defers(struct subscription *subscription);
/* A NOTIFY was sent. */
void pace_sent(struct subscription *subscription);
/* Has it be told when its watcher wants to hear again. */
void pace_rest(struct subscription *subscription);

#endif
