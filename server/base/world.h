/* world.h: what a reactor knows of the world outside: the time and randomness.
 *
 * Time is a value that stands still during one turn of the loop: whoever drives the reactor sets it
 * with world_tick. In a scenario both come from the script and its seed, so that every run is the
 * same to the bit. */
#ifndef BASE_WORLD_H
#define BASE_WORLD_H

#include <stddef.h>
#include <stdint.h>

#include "base/timer.h"

struct world {
    uint64_t now_ms; /* monotonic: timers */
    uint64_t
        wall_ms; /* since 1970, without the steps of the system's clock: what is stored, nonces */
    struct wheel *wheel;
    void (*random)(void *context, void *out, size_t length);
    void *context;
};

/* A world at the given times with the given source of randomness. Release it with world_release. */
void world_init(struct world *world, uint64_t now_ms, uint64_t wall_ms,
                void (*random)(void *, void *, size_t), void *context);
void world_release(struct world *world);

/* Sets the time and fires the timers that are due. A monotonic time before the last one is ignored.
 */
void world_tick(struct world *world, uint64_t now_ms, uint64_t wall_ms);

/* (Re)sets a timer `in_ms` from now. */
void world_timer(struct world *world, struct timer *timer, uint64_t in_ms, timer_fn fire);

/* Takes a timer out; nothing happens when it is not set. */
static inline void world_timer_cancel(struct world *world, struct timer *timer)
{
    wheel_cancel(world->wheel, timer);
}

/* `length` unpredictable bytes. */
void world_random(struct world *world, void *out, size_t length);
uint64_t world_random_u64(struct world *world);

/* The system's randomness (getrandom, read ahead); context: a struct entropy, zeroed at first. */
struct entropy {
    unsigned char ahead[1024];
    size_t left;
};
void entropy_random(void *entropy, void *out, size_t length);

/* The same bytes for the same seed, for scenarios; context: a uint64_t that holds the seed. */
void seeded_random(void *seed, void *out, size_t length);

#endif
