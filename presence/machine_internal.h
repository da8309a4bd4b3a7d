/* machine_internal.h: the states of a subscription and what moves it between them (RFC 6665 4.2.2,
 * RFC 3857 4.7.1, RFC 5025 3.2.1). A table without a memory: who moves what is in subscription.c
 * and authorize.c. */
#ifndef PRESENCE_MACHINE_INTERNAL_H
#define PRESENCE_MACHINE_INTERNAL_H

#include <stdbool.h>

#include "base/bytes.h"

enum subscription_state {
    SUBSCRIPTION_INIT, /* asked for, not yet judged */
    SUBSCRIPTION_PENDING,
    SUBSCRIPTION_ACTIVE,
    SUBSCRIPTION_WAITING, /* its dialog has ended, its presentity's word is still wanted */
    SUBSCRIPTION_ENDED,
    SUBSCRIPTION_STATES
};

enum subscription_event {
    EVENT_SUBSCRIBE, /* that began it; moves nothing */
    EVENT_APPROVED,  /* policy lets it be */
    EVENT_DOUBTED,   /* policy wants a word of the presentity first */
    EVENT_REJECTED,
    EVENT_TIMEOUT, /* nobody refreshed it, or its watcher ended it */
    EVENT_GIVEUP,  /* nobody gave the word for too long */
    EVENT_DEACTIVATED,
    EVENT_PROBATION,
    EVENT_NORESOURCE,
    EVENT_INVARIANT,
    SUBSCRIPTION_EVENTS
};

/* Where an event leads; the state itself: it does not count there. */
enum subscription_state machine_next(enum subscription_state state, enum subscription_event event);

/* "pending": a state of RFC 3857 4.7.1. */
const char *machine_state_name(enum subscription_state state);
/* "noresource": a reason of RFC 6665 4.1.3, an event of RFC 3858, a cause of a row. */
const char *machine_event_name(enum subscription_event event);
/* The event of that name; EVENT_SUBSCRIBE for one that nobody knows. */
enum subscription_event machine_event(struct bytes name);

/* True for those that have a dialog that goes on. */
static inline bool machine_is_live(enum subscription_state state)
{
    return state == SUBSCRIPTION_PENDING || state == SUBSCRIPTION_ACTIVE;
}

#endif
