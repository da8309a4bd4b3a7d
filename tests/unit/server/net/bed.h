/* bed.h: a loop with a handler that notes what comes up (client.h: plain sockets beside it).
 *
 * Loop and clients share one thread. A test says something with a client and runs the loop until
 * what it waits for is there; a condition is looked at every millisecond, and a test that waits for
 * more than ten seconds has failed. */
#ifndef TESTS_NET_BED_H
#define TESTS_NET_BED_H

#include <stdio.h>
#include <unistd.h>

#include "net/loop.h"
#include "unit.h"

enum { BED_BYTES = 1 << 20, BED_PATIENCE_MS = 10000 };

struct bed {
    struct world world;
    struct entropy entropy;
    struct metrics metrics;
    struct loop *loop;
    struct net *net;
    struct timer tick;
    uint64_t until_ms;
    bool (*ready)(struct bed *bed);
    /* what came up */
    size_t messages, broken, closed;
    struct net_flow flow; /* of the last message or broken bytes */
    enum err why;         /* of the last that closed */
    uint64_t closed_handle;
    unsigned status;     /* of the last broken bytes */
    char raw[BED_BYTES]; /* the last message */
    size_t raw_length;
    struct bytes answer; /* sent back for each message; at NULL: the message itself, if `echo` */
    bool echo;
    enum err sent; /* what net_send said last */
    /* what a condition may compare with */
    size_t wanted;
    void *context;
    int client;
    char *read; /* what the client has read */
    size_t read_length;
    bool eof;
};

static inline void bed_send(struct bed *bed, const struct net_flow *flow, struct bytes message)
{
    bed->sent = net_send(bed->net, flow, message, BYTES(""));
}

static inline void bed_message(void *context, const struct net_flow *flow, struct bytes raw)
{
    struct bed *bed = context;
    bed->messages++;
    bed->flow = *flow;
    ck_assert_uint_le(raw.length, sizeof(bed->raw));
    memcpy(bed->raw, raw.at, raw.length);
    bed->raw_length = raw.length;
    if (bed->echo)
        bed_send(bed, flow, bed->answer.at != NULL ? bed->answer : raw);
}

static inline void bed_broken(void *context, const struct net_flow *flow, struct bytes raw,
                              unsigned status, const char *reason)
{
    struct bed *bed = context;
    ck_assert_ptr_nonnull(reason);
    ck_assert_uint_gt(raw.length, 0);
    bed->broken++;
    bed->flow = *flow;
    bed->status = status;
    if (bed->echo)
        bed_send(bed, flow, bed->answer);
}

static inline void bed_closed(void *context, uint64_t connection, enum err why)
{
    struct bed *bed = context;
    bed->closed++;
    bed->closed_handle = connection;
    bed->why = why;
}

static inline struct bed *bed_new(const struct net_settings *settings)
{
    struct net_settings usual = net_settings_default();
    struct bed *bed = calloc(1, sizeof(*bed));
    bed->client = -1;
    world_init(&bed->world, 0, 1000, entropy_random, &bed->entropy);
    bed->loop = loop_new(&bed->world, settings != NULL ? settings : &usual, NULL, &bed->metrics);
    ck_assert_ptr_nonnull(bed->loop);
    bed->net = loop_net(bed->loop);
    net_handle(bed->net, &(struct net_handler){bed_message, bed_broken, bed_closed, bed});
    return bed;
}

static inline void bed_free(struct bed *bed)
{
    wheel_cancel(bed->world.wheel, &bed->tick);
    loop_free(&bed->loop);
    ck_assert_ptr_null(bed->loop);
    world_release(&bed->world);
    if (bed->client >= 0)
        close(bed->client);
    free(bed->read);
    free(bed);
}

/* The address of a new listener at a port that the system chooses. */
static inline struct net_address bed_listen(struct bed *bed, enum net_protocol protocol,
                                            const char *host)
{
    struct net_listen listen = {.protocol = protocol};
    struct net_address address;
    size_t count = 0;
    char why[256];
    ck_assert(net_address_parse(bytes_of(host), 0, &listen.address));
    while (loop_listener_address(bed->loop, protocol, count, &address))
        count++;
    enum err err = loop_listen(bed->loop, &listen, why, sizeof(why));
    ck_assert_msg(err == ERR_NONE, "%s", why);
    ck_assert(loop_listener_address(bed->loop, protocol, count, &address));
    return address;
}

static inline void bed_tick(struct timer *timer)
{
    struct bed *bed = HOLDER(timer, struct bed, tick);
    if (bed->ready(bed)) {
        loop_stop(bed->loop);
        return;
    }
    ck_assert_msg(bed->world.now_ms < bed->until_ms, "what the test waits for never came");
    world_timer(&bed->world, &bed->tick, 1, bed_tick);
}

/* Runs the loop until `ready`. */
static inline void bed_until(struct bed *bed, bool (*ready)(struct bed *bed))
{
    bed->ready = ready;
    bed->until_ms = bed->world.now_ms + BED_PATIENCE_MS;
    world_timer(&bed->world, &bed->tick, 0, bed_tick);
    loop_run(bed->loop);
}

static inline bool bed_has_messages(struct bed *bed)
{
    return bed->messages >= bed->wanted;
}

static inline bool bed_has_closed(struct bed *bed)
{
    return bed->closed >= bed->wanted;
}

static inline void bed_until_messages(struct bed *bed, size_t count)
{
    bed->wanted = count;
    bed_until(bed, bed_has_messages);
}

static inline void bed_until_closed(struct bed *bed, size_t count)
{
    bed->wanted = count;
    bed_until(bed, bed_has_closed);
}

/* Lets the loop work off what is there already. */
static inline bool bed_twice(struct bed *bed)
{
    return bed->wanted-- == 0;
}
static inline void bed_turns(struct bed *bed, size_t count)
{
    bed->wanted = count;
    bed_until(bed, bed_twice);
}

#endif
