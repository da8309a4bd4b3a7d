/* repeats_internal.h: which requests were answered a moment ago, and how: a bounded table of 28
 * bytes each for what comes again after its message is gone from memory. */
#ifndef IM_REPEATS_INTERNAL_H
#define IM_REPEATS_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { REPEATS_MOST = 10000000 };

struct repeats;

struct repeat {
    uint64_t identity; /* a keyed hash (message_identity), not 0 */
    uint64_t until_ms; /* of the clock that never jumps; each time no earlier than before */
    unsigned partition, status;
};

struct repeats *repeats_new(void);
void repeats_free(struct repeats **repeats);

/* Remembers one; who is there stays as it is. With `most` at a time the oldest go; returns how many
 * went before their time. */
size_t repeats_add(struct repeats *repeats, const struct repeat *repeat, uint64_t now_ms,
                   size_t most);
bool repeats_find(const struct repeats *repeats, uint64_t identity, uint64_t now_ms,
                  struct repeat *found);

#endif
