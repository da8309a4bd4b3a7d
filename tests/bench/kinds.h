/* kinds.h: what is measured. Each kind is a const table (load.h); some only prepare for others. */
#ifndef BENCH_KINDS_H
#define BENCH_KINDS_H

#include "load.h"

/* calls.c */
extern const struct kind options_kind;  /* of the server itself */
extern const struct kind register_kind; /* each user refreshes one binding */
extern const struct kind unregister_kind;
extern const struct kind message_kind; /* each user to the next; both are us */
extern const struct kind unkept_kind;  /* the same, where no history is kept */
extern const struct kind stored_kind;  /* each user to the next, who is away */
extern const struct kind fill_kind;    /* each user to the first, who is away */
extern const struct kind drain_kind;   /* the first comes back: all that waited comes */

/* events.c */
extern const struct kind publish_kind;     /* modifications, after a first publication */
extern const struct kind publish_new_kind; /* first publications and removals in turn */
extern const struct kind unpublish_kind;   /* of all users who have a publication */
extern const struct kind subscribe_kind;   /* new dialogs, each with its first NOTIFY */
extern const struct kind unsubscribe_kind; /* their end, each with its last NOTIFY */
extern const struct kind fanout_kind; /* modifications, each with the NOTIFYs of all watchers */

/* lamps.c */
extern const struct kind lamps_kind;  /* calls between the users of each pair, whose lamps blink */
extern const struct kind hangup_kind; /* the end of those that stand */

/* Makes the pairs, once the lamps are subscribed to. */
void lamps_prepare(struct session *session);

/* Each `stride`-th pair has an actor; how many those are. */
unsigned lamps_call(struct session *session, unsigned stride);

/* How many NOTIFYs the fan-out of one presentity makes. */
unsigned fanout_watchers(const struct session *session);

#endif
