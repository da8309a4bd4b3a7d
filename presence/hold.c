/* hold.c: watchers to whom there is no way.
 *
 *   a NOTIFY is due, and the connection has gone
 *      its Contact can be dialled            -> as ever: the transaction layer dials it
 *      its device is there by another flow   -> that is the dialog's flow from now on
 *      else                                  -> HELD
 *   a NOTIFY was sent and found no way       -> HELD too, but tried again after pauses that grow if
 *                                               there is something to dial
 *
 *   HELD --its device registers--> told by the flow of the registration, in the paced queue, so
 * that who registers hears of that first, and nobody gets all at once
 *        --it sends a SUBSCRIBE, or is reached at its Contact--> told
 *        --presence.hold_s are over, or too many are held--> it ends, as after a timeout
 *
 * Who is held is woken, when that can be (RFC 8599): it comes back by registering.
 *
 * Not dialled are names that nobody can look up (.invalid), WebSocket clients (RFC 7118 5), who
 * says that its flow is its only way (;ob, RFC 5626 5.4), GRUUs of ours, which lead back here, and
 * addresses behind a NAT: others than the one that the connection came from. The row says since
 * when one is held, so a restart does not begin that anew. */
#include <assert.h>

#include "presence/presence_internal.h"

enum {
    PAUSE_FIRST_MS = 30000,
    PAUSE_GROWTH = 2,
};

/* Ways. */

static bool is_gruu_of_ours(const struct presence *presence, const struct sip_uri *uri)
{
    struct bytes value;
    return sip_parameter(uri->parameters, "gr", &value) &&
           domains_find(presence->parts->domains, uri->host) != NULL;
}

/* True when the address is not where the connection came from. */
static bool is_behind_nat(const struct sip_uri *uri, const struct net_flow *flow)
{
    struct net_address address;
    return net_address_parse(uri->host, NET_PORT_SIP, &address) &&
           !net_address_same_host(&address, &flow->remote);
}

/* With a route set it is a proxy that is dialled. */
static bool can_dial(const struct subscription *subscription)
{
    const struct dialog *dialog = &subscription->dialog;
    struct sip_uri uri;
    struct bytes value;
    if (!bytes_empty(dialog->parts.route_set))
        return true;
    if (!verdict_ok(sip_uri_parse(dialog->parts.remote_target, &uri)) ||
        sip_host_is_invalid(uri.host) || sip_parameter(uri.parameters, "ob", &value) ||
        is_gruu_of_ours(subscription->resource->presence, &uri))
        return false;
    return !dialog->has_flow ||
           (net_can_connect(dialog->flow.protocol) && !is_behind_nat(&uri, &dialog->flow));
}

bool hold_is_lost(const struct subscription *subscription)
{
    const struct dialog *dialog = &subscription->dialog;
    return dialog->has_flow && net_is_stream(dialog->flow.protocol) &&
           !net_alive(subscription->resource->presence->parts->net, &dialog->flow);
}

static struct front_device device_of(const struct subscription *subscription)
{
    const struct dialog *dialog = &subscription->dialog;
    return (struct front_device){
        bytes_of(subscription->instance != NULL ? subscription->instance : ""),
        dialog->has_flow ? &dialog->flow : NULL};
}

/* True when its device is registered over a flow that is alive, which the dialog then has. */
static bool take_flow_of_device(struct subscription *subscription)
{
    const struct presence_registrations *registrations =
        &subscription->resource->presence->registrations;
    const struct watcher *watcher = subscription->watcher;
    const struct front_device device = device_of(subscription);
    struct net_flow flow;
    if (registrations->flow_of == NULL ||
        !registrations->flow_of(registrations->context, bytes_from(watcher->aor, watcher->length),
                                &device, &flow))
        return false;
    if (subscription->dialog.has_flow && net_flow_equal(&flow, &subscription->dialog.flow))
        return false;
    subscription->dialog.flow = flow;
    subscription->dialog.has_flow = true;
    return true;
}

/* Holding. */

static bool is_held(const struct subscription *subscription)
{
    return subscription->later != NULL && subscription->later->why == LATER_HELD;
}

uint64_t hold_since_ms(const struct subscription *subscription)
{
    return is_held(subscription) ? subscription->later->since_ms : 0;
}

/* How long it may still be held. */
static uint64_t left_ms(const struct subscription *subscription)
{
    const struct presence *presence = subscription->resource->presence;
    const struct later *later = subscription->later;
    uint64_t end_ms = later->since_ms + (uint64_t)presence->settings.hold_s * 1000;
    uint64_t now_ms = presence->parts->world->wall_ms;
    return end_ms > now_ms && !later->refused ? end_ms - now_ms : 0;
}

bool hold_is_over(const struct subscription *subscription)
{
    assert(is_held(subscription));
    return left_ms(subscription) == 0;
}

/* The row says since when, when there is room for that. */
static void note(struct subscription *subscription)
{
    struct store *store = subscription->resource->presence->parts->store;
    if (!subscription->has_row || !store_ready(store))
        return;
    subscription->later->stored = true;
    struct store_set *set = store_begin(store, subscription->resource->partition);
    subscription_save(subscription, set);
    subscription->change = store_submit(store, &set);
}

static void begin(struct subscription *subscription)
{
    struct presence *presence = subscription->resource->presence;
    if (is_held(subscription))
        return;
    struct later *later = later_wait(subscription, LATER_HELD, 0);
    later->pause_ms = PAUSE_FIRST_MS / PAUSE_GROWTH;
    later->refused = presence->held_count > presence->settings.held_max;
    if (later->refused) {
        metrics_count(presence->parts->metrics, METRIC_holds_limited);
        return;
    }
    metrics_count(presence->parts->metrics, METRIC_subscriptions_held);
    note(subscription);
}

/* Its device may be asleep, and its next registration brings us back (RFC 8599). */
static void wake(const struct subscription *subscription)
{
    const struct presence_registrations *registrations =
        &subscription->resource->presence->registrations;
    const struct watcher *watcher = subscription->watcher;
    if (registrations->wake != NULL && !subscription->later->refused)
        registrations->wake(registrations->context, bytes_from(watcher->aor, watcher->length),
                            device_of(subscription).instance);
}

/* Until its device is back, or else until it ends or is to be dialled again. */
static void hold(struct subscription *subscription)
{
    begin(subscription);
    uint64_t pause_ms = left_ms(subscription);
    uint64_t next_ms = subscription->later->pause_ms * PAUSE_GROWTH;
    if (can_dial(subscription) && next_ms < pause_ms)
        pause_ms = next_ms;
    later_wait(subscription, LATER_HELD, pause_ms);
    wake(subscription);
    log_write(subscription->resource->presence->parts->log, LOG_DEBUG, "presence",
              "no way to a watcher: held call-id=%.*s",
              BYTES_ARGS(subscription->dialog.parts.call_id));
}

bool hold_if_lost(struct subscription *subscription)
{
    if (!hold_is_lost(subscription) || can_dial(subscription) || take_flow_of_device(subscription))
        return false;
    hold(subscription);
    return true;
}

enum failure hold_judge(struct subscription *subscription)
{
    if (is_held(subscription) && hold_is_over(subscription))
        return FAILURE_ENDS;
    if (take_flow_of_device(subscription)) {
        subscription->dirty = true;
        return FAILURE_PASSES;
    }
    hold(subscription);
    return FAILURE_LATER;
}

void hold_loaded(struct subscription *subscription, uint64_t since_ms)
{
    struct later *later = later_wait(subscription, LATER_HELD, 0);
    later->since_ms = since_ms;
    later->pause_ms = PAUSE_FIRST_MS / PAUSE_GROWTH;
    later->stored = true;
    world_timer_cancel(subscription->resource->presence->parts->world, &later->timer);
}

/* Coming back. */

static bool is_for(const struct subscription *subscription, const struct front_device *registered)
{
    if (!is_held(subscription) || !machine_is_live(subscription->state))
        return false;
    const struct front_device device = device_of(subscription);
    return front_device_is(registered, &device);
}

void hold_device_came(struct presence *presence, struct bytes aor,
                      const struct front_device *device)
{
    const struct watcher *watcher =
        presence->held_count > 0 && device->flow != NULL ? watcher_find(presence, aor) : NULL;
    struct subscription *subscription;
    if (watcher == NULL)
        return;
    DL_FOREACH2(watcher->subscriptions, subscription, others_next)
    {
        if (!is_for(subscription, device))
            continue;
        subscription->dialog.flow = *device->flow;
        subscription->dialog.has_flow = true;
        world_timer_cancel(presence->parts->world, &subscription->later->timer);
        notify_queue(subscription);
    }
}
