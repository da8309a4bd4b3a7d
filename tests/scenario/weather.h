/* weather.h: what a network does to datagrams: it loses some, brings some twice, and brings some
 * late, so that others overtake them. All of it comes from a seed of its own, so the randomness of
 * the server is not touched.
 *
 * Streams know no weather. In fair weather (the usual one) nothing comes this way. */
#ifndef TESTS_SCENARIO_WEATHER_H
#define TESTS_SCENARIO_WEATHER_H

#include "base/world.h"
#include "net/net.h"

enum {
    WEATHER_LATE_MAX_MS = 900, /* of what is late, at most: longer than T1, so that a request sent
                                  again comes before the first one */
    WEATHER_SHARE_MAX = 90
};

struct weather_settings {
    unsigned lose, repeat, late; /* percent */
    uint64_t seed;
};

/* A datagram on its way; whoever takes it frees it. */
struct carried {
    struct carried *prev, *next;
    struct timer timer; /* until it arrives */
    struct weather *weather;
    struct net_flow flow;
    bool up; /* to the server */
    size_t length;
    char bytes[];
};

struct weather {
    struct weather_settings settings;
    struct world *world;
    bool *busy;              /* set when something has arrived */
    struct carried *on_way;  /* late ones */
    struct carried *arrived; /* the first to take is the first */
    unsigned lost, repeated, delayed;
};

void weather_init(struct weather *weather, struct world *world, bool *busy);
void weather_release(struct weather *weather);

/* From now on. Shares that are all 0: fair. */
void weather_set(struct weather *weather, const struct weather_settings *settings);
bool weather_is_fair(const struct weather *weather);

/* Takes a datagram; it arrives never, once or twice. */
void weather_carry(struct weather *weather, const struct net_flow *flow, bool up, struct bytes raw);

/* Takes out all that has arrived, a list by `next` in the order of arrival; NULL: nothing. */
struct carried *weather_take(struct weather *weather);

#endif
