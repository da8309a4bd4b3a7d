/* partial_internal.h: partial notification (RFC 5263). Comes with presence_internal.h. */
#ifndef PRESENCE_PARTIAL_INTERNAL_H
#define PRESENCE_PARTIAL_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/blob.h"

struct subscription;

/* How far a watcher of partial state is. Of its view, held: 0 is none. */
struct partial {
    uint64_t confirmed; /* what it was told, by the last NOTIFY that it answered with a 2xx */
    uint64_t sent;      /* what the NOTIFY under way tells */
    uint32_t version;   /* of the last body, counted from 1; 0: none yet */
    bool whole;         /* the next one is to be the whole state */
};

/* True when its watcher takes partial state. */
bool partial_is_wanted(const struct subscription *subscription);
/* The next body for its watcher, of the view's state now; a reference for the caller. */
struct blob *partial_body(struct subscription *subscription);
/* A SUBSCRIBE is answered with the whole state (RFC 5263 4.4). */
void partial_begin(struct subscription *subscription);
/* The NOTIFY under way got its final response, or (0) never left. */
void partial_answered(struct subscription *subscription, unsigned status);
/* Lets go of what is held of its view: that is another one from now on. */
void partial_let_go(struct subscription *subscription);

#endif
