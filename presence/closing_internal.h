/* closing_internal.h: what becomes of publications when their publisher is lost. */
#ifndef PRESENCE_CLOSING_INTERNAL_H
#define PRESENCE_CLOSING_INTERNAL_H

#include "presence/presence_internal.h"

/* One that publishers live on. */
struct connection {
    UT_hash_handle hh;
    uint64_t id;
    struct publication *publications;
};

/* Notes that a publication came from `source`; `former`, whose place it takes, or NULL, saves a
 * look-up. */
void closing_set_source(struct publication *publication, const struct net_flow *source,
                        const struct publication *former);
/* Takes it from its connection, if it has one. */
void closing_leave(struct publication *publication);

/* One that was loaded: who was lost before, or was connected to an earlier life, has the grace
 * anew.
 */
void closing_loaded(struct publication *publication);

/* True when what comes next for it is the end of the grace, not of its time. */
bool closing_is_next(const struct publication *publication);
/* That end has come: closes it, and whatever of its resource is as far, unless the publisher is
 * back. False: the store has no room now. */
bool closing_perform(struct publication *publication);

/* True when it is of a device that registered so. */
bool closing_is_of(const struct publication *publication, const struct front_device *registered);

/* Of the front end: a connection has gone. */
void closing_connection_closed(void *context, uint64_t id);

#endif
