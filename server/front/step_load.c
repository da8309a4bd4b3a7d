/* step_load.c: a server that is late refuses a share of what is new (overload.c), before it costs
 * anything: 503 speaks for the whole server (RFC 3261 21.5.4). What goes on inside a dialog, and
 * what ends something, is never refused.
 *
 * Late is what waited long to be looked at, or would wait long for the store: one change at a time
 * is watched until it is durable. Where few changes wait, that is a disk's slow moment and no
 * queue. */
#include "front/front_internal.h"

enum { STORE_LATE_MS = 200, STORE_MANY = 64 };

static void probed(struct store_wait *wait, enum store_outcome outcome)
{
    struct front_probe *probe = HOLDER(wait, struct front_probe, wait);
    (void)outcome;
    probe->under_way = false;
}

void front_probe_store(struct front *front, struct store_change change)
{
    struct front_probe *probe = &front->probe;
    if (probe->under_way || store_durable(front->parts.store, change))
        return;
    probe->under_way = true;
    probe->since_ms = front->parts.world->now_ms;
    store_wait(front->parts.store, &probe->wait, change, probed);
}

static unsigned store_late_ms(const struct front *front)
{
    const struct front_probe *probe = &front->probe;
    uint64_t age_ms = probe->under_way ? front->parts.world->now_ms - probe->since_ms : 0;
    if (age_ms <= STORE_LATE_MS || store_queued(front->parts.store) < STORE_MANY)
        return 0;
    return (unsigned)(age_ms - STORE_LATE_MS);
}

static void review_due(struct timer *timer)
{
    struct front *front = HOLDER(timer, struct front, review);
    bool goes_on = overload_review(&front->overload);
    net_keep_out(front->parts.net, OVERLOAD_WHOLE - front->overload.let_in);
    if (goes_on)
        world_timer(front->parts.world, &front->review, OVERLOAD_REVIEW_MS, review_due);
    else
        log_write(front->parts.log, LOG_INFO, "front", "all new work is taken again");
}

static void review_order(struct front *front)
{
    if (timer_is_set(&front->review))
        return;
    overload_begin(&front->overload);
    log_write(front->parts.log, LOG_WARNING, "front",
              "too late for all that comes: a share of the new work is refused or dropped");
    world_timer(front->parts.world, &front->review, OVERLOAD_REVIEW_MS, review_due);
}

static enum overload_worth worth_of(const struct sip_message *message)
{
    if (!bytes_empty(message->to.tag) || message->method == SIP_ACK ||
        message->method == SIP_CANCEL)
        return OVERLOAD_UNDERWAY;
    bool proved = sip_message_field(message, SIP_AUTHORIZATION) != NULL ||
                  sip_message_field(message, SIP_PROXY_AUTHORIZATION) != NULL;
    bool refresh = sip_message_field(message, SIP_SIP_IF_MATCH) != NULL;
    return proved || refresh ? OVERLOAD_BEGUN : OVERLOAD_NEW;
}

static bool pass(struct front_passage *passage)
{
    struct front_request *request = &passage->request;
    struct front *front = request->front;
    unsigned late_ms = request->incoming->late_ms, store_ms = store_late_ms(front);
    if (!overload_refuses(&front->overload, front->parts.world->now_ms,
                          late_ms > store_ms ? late_ms : store_ms, worth_of(request->message)))
        return true;
    review_order(front);
    front_refuse(request, 503, "The server is busy");
    return false;
}

const struct front_step step_load = {.name = "load", .spec = "RFC 3261 21.5.4", .pass = pass};
