/* step_load.c: a server that is late refuses a share of what is new (overload.c), before it costs
 * anything: 503 speaks for the whole server (RFC 3261 21.5.4). What goes on inside a dialog, and
 * what ends something, is never refused. What a request says of itself counts only as far as others
 * cannot make it up so easily: whoever floods us writes a To tag and an Authorization, too.
 *
 * Late is what waited long to be looked at, or would wait long for the store: one change at a time
 * is watched until it is durable. Where few changes wait, that is a disk's slow moment and no
 * queue. */
#include "base/token.h"
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
    log_write(front->parts.log, LOG_INFO, "front",
              "too late for all that comes: a share of the new work is refused or dropped");
    world_timer(front->parts.world, &front->review, OVERLOAD_REVIEW_MS, review_due);
}

/* True for credentials of a realm of ours; whether they are right is asked later. Their parameters
 * are not parsed for that, a quick look has to do. */
static bool is_for_us(const struct front *front, const struct sip_field *field)
{
    const struct bytes name = BYTES("realm=\"");
    struct bytes rest = field->value;
    for (ptrdiff_t at = bytes_index(rest, name.at[0]); at >= 0;
         at = bytes_index(rest, name.at[0])) {
        rest = bytes_skip(rest, (size_t)at);
        if (bytes_starts_with(rest, name)) {
            rest = bytes_skip(rest, name.length);
            return domains_find(front->parts.domains, bytes_split(&rest, '"')) != NULL;
        }
        rest = bytes_skip(rest, 1);
    }
    return false;
}

static bool has_credentials(const struct front_request *request, enum sip_header id)
{
    const struct sip_message *message = request->message;
    for (int i = message->first[id]; i >= 0 && i < message->count; i++)
        if (message->fields[i].id == id && is_for_us(request->front, &message->fields[i]))
            return true;
    return false;
}

/* Something that exists: a dialog with us, or one that we relay. To tags of others and texts that
 * only look like ours turn nothing off. */
static bool is_under_way(const struct front_request *request)
{
    const struct sip_message *message = request->message;
    unsigned partition;
    uint64_t epoch;
    if (message->method == SIP_ACK || message->method == SIP_CANCEL)
        return true;
    if (bytes_empty(message->to.tag) || message->method == SIP_PUBLISH)
        return false;
    bool with_us = request->front->methods[message->method].needs & FRONT_DIALOGS;
    return (with_us && token_parse(message->to.tag, &partition, &epoch)) ||
           front_comes_by_our_route(request);
}

static enum overload_worth worth_of(const struct front_request *request)
{
    unsigned partition;
    uint64_t epoch;
    if (is_under_way(request))
        return OVERLOAD_UNDERWAY;
    struct bytes refreshed = sip_message_value(request->message, SIP_SIP_IF_MATCH);
    return has_credentials(request, SIP_AUTHORIZATION) ||
                   has_credentials(request, SIP_PROXY_AUTHORIZATION) ||
                   token_parse(refreshed, &partition, &epoch)
               ? OVERLOAD_BEGUN
               : OVERLOAD_NEW;
}

/* Looking at what a request is worth costs; so only those that are late are looked at. */
static bool is_refused(struct front_request *request)
{
    struct front *front = request->front;
    unsigned late_ms = request->incoming->late_ms, store_ms = store_late_ms(front);
    late_ms = late_ms > store_ms ? late_ms : store_ms;
    return overload_is_late(&front->overload, front->parts.world->now_ms, late_ms) &&
           overload_refuses(&front->overload, late_ms, worth_of(request));
}

static bool pass(struct front_passage *passage)
{
    struct front_request *request = &passage->request;
    if (!is_refused(request)) {
        overload_serves(&request->front->overload);
        return true;
    }
    review_order(request->front);
    front_refuse(request, 503, "The server is busy");
    return false;
}

const struct front_step step_load = {.name = "load", .spec = "RFC 3261 21.5.4", .pass = pass};
