/* moves.h: what becomes of subscriptions, for who wants to know. */
#ifndef PRESENCE_MOVES_H
#define PRESENCE_MOVES_H

#include "base/bytes.h"

struct presence;

/* A subscription has begun, moved or gone. Slices are good during the call, before the change is
 * submitted. */
struct presence_move {
    const char *event;
    struct bytes presentity, watcher;
    const char *before, *state; /* "init", "pending", "active", "waiting", "terminated" */
    const char *reason;         /* "expired", or an event of RFC 3858; "": none */
};
struct presence_moves {
    void (*tell)(void *context, const struct presence_move *move);
    void *context;
};
/* At start-up, once; copied. Fetches are no subscriptions. */
void presence_watch_moves(struct presence *presence, const struct presence_moves *moves);

#endif
