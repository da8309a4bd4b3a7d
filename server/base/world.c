/* world.c: the time of a reactor, and its source of randomness. */
#include "base/world.h"

#include <assert.h>

void world_init(struct world *world, uint64_t now_ms, uint64_t wall_ms,
                void (*random)(void *, void *, size_t), void *context)
{
    assert(random != NULL);
    *world = (struct world){
        .now_ms = now_ms,
        .wall_ms = wall_ms,
        .wheel = wheel_new(now_ms),
        .random = random,
        .context = context,
    };
}

void world_release(struct world *world)
{
    wheel_free(&world->wheel);
}

void world_tick(struct world *world, uint64_t now_ms, uint64_t wall_ms)
{
    if (now_ms > world->now_ms)
        world->now_ms = now_ms;
    world->wall_ms = wall_ms;
    wheel_advance(world->wheel, world->now_ms);
}

void world_timer(struct world *world, struct timer *timer, uint64_t in_ms, timer_fn fire)
{
    uint64_t most_ms = UINT64_MAX - world->now_ms;
    wheel_set(world->wheel, timer, world->now_ms + (in_ms < most_ms ? in_ms : most_ms), fire);
}

void world_random(struct world *world, void *out, size_t length)
{
    world->random(world->context, out, length);
}

uint64_t world_random_u64(struct world *world)
{
    uint64_t value;
    world_random(world, &value, sizeof(value));
    return value;
}
