/* uses_internal.h: how often nonces were used: of each the highest count (RFC 7616 3.4.5), in a
 * table of a fixed size (base/sightings.h).
 *
 * Who is forgotten early, because too many others came, cannot be used again: it is remembered how
 * young the youngest of them was, and a nonce as old that is not in the table may be one of them.
 * Its client is told that it is stale, and goes on with a new one.
 *
 * Ages say nothing of nonces that are from the future: when the wall clock was set back, all of
 * them are given up at once. Not for two threads at once. */
#ifndef WEB_USES_INTERNAL_H
#define WEB_USES_INTERNAL_H

#include "base/bytes.h"
#include "base/sightings.h"

enum { USES_AHEAD_MS = 1000 }; /* so far a nonce's time may be ahead of the wall clock */

struct uses {
    struct sightings counts; /* value: when the nonce was made, in seconds, and its count */
    uint64_t seed;
    uint64_t forgotten;   /* how many, early */
    uint64_t forgotten_s; /* when the youngest of those was made */
    int64_t lead_ms;      /* the most that the wall clock was ahead of the other one */
};

struct use {
    struct bytes nonce; /* one of ours */
    uint64_t made_ms;   /* by the wall clock */
    uint32_t count;     /* of this use; from 1 on */
};

/* Room for at least `most` nonces; one is forgotten at the earliest `keep_ms` after its last use
 * unless that is too little room. */
void uses_init(struct uses *uses, size_t most, uint32_t keep_ms, uint64_t seed);
void uses_release(struct uses *uses);

/* True: the wall clock, which nonces are made by, was set back by more than USES_AHEAD_MS, at once
 * or bit by bit. Nothing was used then, and no nonce that was made before may be known any more.
 * Asked before each nonce that is made and each use. `now_ms` is of a clock that never goes back.
 */
bool uses_set_back(struct uses *uses, uint64_t now_ms, uint64_t wall_ms);

/* Notes a use; true when its count is higher than all before. */
bool uses_rise(struct uses *uses, const struct use *use, uint64_t now_ms);

#endif
