/* weather.c: what is in time has arrived at once, and is delivered in the next turn; what is late
 * has a timer of the world's. */
#include "weather.h"

#include <assert.h>
#include <stdlib.h>
#include <utlist.h>

#include "base/memory.h"

void weather_init(struct weather *weather, struct world *world, bool *busy)
{
    *weather = (struct weather){.world = world, .busy = busy};
}

static void forget(struct weather *weather, struct carried **list)
{
    while (*list != NULL) {
        struct carried *first = *list;
        DL_DELETE(*list, first);
        world_timer_cancel(weather->world, &first->timer);
        free(first);
    }
}

void weather_release(struct weather *weather)
{
    forget(weather, &weather->on_way);
    forget(weather, &weather->arrived);
}

void weather_set(struct weather *weather, const struct weather_settings *settings)
{
    assert(settings->lose <= WEATHER_SHARE_MAX);
    weather->settings = *settings;
}

bool weather_is_fair(const struct weather *weather)
{
    const struct weather_settings *settings = &weather->settings;
    return settings->lose + settings->repeat + settings->late == 0;
}

static unsigned choose(struct weather *weather, unsigned below)
{
    uint64_t value;
    seeded_random(&weather->settings.seed, &value, sizeof(value));
    return (unsigned)(value % below);
}

static bool happens(struct weather *weather, unsigned percent)
{
    return choose(weather, 100) < percent;
}

static void arrive(struct timer *timer)
{
    struct carried *carried = HOLDER(timer, struct carried, timer);
    struct weather *weather = carried->weather;
    DL_DELETE(weather->on_way, carried);
    DL_APPEND(weather->arrived, carried);
    *weather->busy = true;
}

static void carry_one(struct weather *weather, const struct net_flow *flow, bool up,
                      struct bytes raw)
{
    struct carried *carried = memory_new(sizeof(*carried) + raw.length);
    carried->weather = weather;
    carried->flow = *flow;
    carried->up = up;
    carried->length = raw.length;
    memcpy(carried->bytes, raw.at, raw.length);
    if (happens(weather, weather->settings.late)) {
        weather->delayed++;
        DL_APPEND(weather->on_way, carried);
        world_timer(weather->world, &carried->timer, 1 + choose(weather, WEATHER_LATE_MAX_MS),
                    arrive);
    } else {
        DL_APPEND(weather->arrived, carried);
        *weather->busy = true;
    }
}

void weather_carry(struct weather *weather, const struct net_flow *flow, bool up, struct bytes raw)
{
    assert(flow->protocol == NET_UDP && raw.length > 0);
    unsigned copies = 1;
    if (happens(weather, weather->settings.lose)) {
        weather->lost++;
        copies = 0;
    } else if (happens(weather, weather->settings.repeat)) {
        weather->repeated++;
        copies = 2;
    }
    for (unsigned i = 0; i < copies; i++)
        carry_one(weather, flow, up, raw);
}

struct carried *weather_take(struct weather *weather)
{
    struct carried *arrived = weather->arrived;
    weather->arrived = NULL;
    return arrived;
}
