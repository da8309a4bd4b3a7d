/* notify.c: NOTIFY (RFC 6665 4.2.2).
 *
 *   due -> one under way? remember it (dirty) : in trouble? it waits (later) : send
 *   answered -> failed? retry.c says whether it ends, and what is sent when : dirty? send again
 *
 * Each NOTIFY waits for the change that it tells of. */
#include <assert.h>

#include "presence/presence_internal.h"

enum {
    PACE_MS = 20,
    CSEQ_SLACK = 60000, /* NOTIFYs between two writes of a row; less than an epoch's step of CSeq */
};

static void send_notify(struct subscription *subscription);

/* The later of what the body and what the subscription's state tell of. */
static struct store_change latest(const struct subscription *subscription)
{
    struct store_change a = subscription->change, b = subscription->resource->change;
    return a.number > b.number ? a : b;
}

/* RFC 3261 8.1.3.3: more than one Via: it was for somebody else, and says nothing of this watcher.
 */
static bool is_misled(const struct presence *presence, const struct client_answer *answer)
{
    if (answer->response == NULL || !sip_message_is_relayed(answer->response))
        return false;
    metrics_count(presence->parts->metrics, METRIC_responses_stray);
    return true;
}

/* With what has changed meanwhile. */
static void go_on(struct subscription *subscription)
{
    bool prompt = subscription->prompt;
    if (!subscription->dirty) {
        subscription_settle(subscription);
        return;
    }
    subscription->dirty = subscription->prompt = false;
    if (prompt)
        notify_now(subscription);
    else
        notify_due(subscription);
}

/* RFC 6446 9.3 */
static void take_rates(struct subscription *subscription, const struct sip_message *response)
{
    uint64_t now_ms = subscription->resource->presence->parts->world->wall_ms;
    uint64_t left_ms = subscription->expires_ms > now_ms ? subscription->expires_ms - now_ms : 0;
    struct rates rates;
    if (response == NULL || !wishes_of_answer(response, (uint32_t)(left_ms / 1000), &rates))
        return;
    extras_set_rates(subscription, &rates);
    pace_rest(subscription);
}

static void take_success(struct subscription *subscription, const struct client_answer *answer)
{
    if (answer->flow != NULL) {
        subscription->dialog.flow = *answer->flow;
        subscription->dialog.has_flow = true;
    }
    retry_over(subscription);
    take_rates(subscription, answer->response);
    go_on(subscription);
}

void notify_give_up(struct subscription *subscription, enum metric why)
{
    const struct front_parts *parts = subscription->resource->presence->parts;
    metrics_count(parts->metrics, METRIC_subscriptions_failed);
    metrics_count(parts->metrics, why);
    log_write(parts->log, LOG_INFO, "presence", "subscription ended: %s call-id=%.*s",
              metric_name(why), BYTES_ARGS(subscription->dialog.parts.call_id));
    ends_note(subscription, ends_why(why));
    subscription_drop(subscription);
}

static enum metric why_of(const struct client_answer *answer)
{
    if (answer->response != NULL)
        return METRIC_subscriptions_refused;
    return answer->status == 408 ? METRIC_subscriptions_silent : METRIC_subscriptions_unreachable;
}

/* The last NOTIFY of one that is over needs no answer that pleases us. */
static void take_failure(struct subscription *subscription, const struct client_answer *answer)
{
    bool live = machine_is_live(subscription->state);
    enum failure failure = live ? retry_judge(subscription, answer) : FAILURE_PASSES;
    if (failure == FAILURE_ENDS)
        notify_give_up(subscription, why_of(answer));
    else if (failure == FAILURE_LATER)
        subscription->dirty = subscription->prompt = false; /* told with it */
    else
        go_on(subscription);
}

static void take_answer(void *context, const struct client_answer *answer)
{
    struct subscription *subscription = context;
    struct presence *presence = subscription->resource->presence;
    bool misled = is_misled(presence, answer);
    subscription->notify = 0;
    subscription->missed = misled || answer->status >= 300;
    subscription->answer = misled ? 0 : (uint16_t)answer->status;
    subscription->heard = answer->response != NULL;
    if (!machine_is_live(subscription->state))
        ends_told(subscription);
    partial_answered(subscription, misled ? 0 : answer->status);
    log_write(presence->parts->log, LOG_DEBUG, "presence", "NOTIFY answered %u call-id=%.*s",
              answer->status, BYTES_ARGS(subscription->dialog.parts.call_id));
    if (answer->status >= 300)
        notify_whole(subscription);
    if (misled)
        go_on(subscription);
    else if (answer->status < 300)
        take_success(subscription, answer);
    else
        take_failure(subscription, answer);
}

/* The row's CSeq must never fall an epoch's step behind. False when it would, because the store has
 * no room now. */
static bool keep_cseq(struct subscription *subscription)
{
    const struct resource *resource = subscription->resource;
    struct store *store = resource->presence->parts->store;
    if (!subscription->has_row ||
        subscription->dialog.local_cseq - subscription->stored_cseq < CSEQ_SLACK)
        return true;
    if (!store_ready(store))
        return false;
    struct store_set *set = store_begin(store, resource->partition);
    subscription_save(subscription, set);
    subscription->change = store_submit(store, &set);
    return true;
}

/* While policy has to be asked again nothing of the state is told: what goes on waits for the
 * answer, what has ended is told so without a body. */
static bool is_held(struct subscription *subscription)
{
    if (!authorize_is_due(subscription))
        return false;
    bool live = machine_is_live(subscription->state);
    if (live)
        subscription->held = true;
    else
        extras_leave_view(subscription);
    return live;
}

/* There is news that cannot be told now. */
static void wait_on(struct subscription *subscription)
{
    if (subscription->waits_ms == 0)
        subscription->waits_ms = subscription->resource->presence->parts->world->now_ms;
}

static void count_wait(struct subscription *subscription)
{
    struct resource *resource = subscription->resource;
    struct presence *presence = resource->presence;
    uint64_t since_ms = subscription->waits_ms;
    subscription->waits_ms = 0;
    if (since_ms != 0)
        latency_add(&presence->deferred[package_number(resource->package)],
                    presence->parts->world->now_ms - since_ms);
}

/* There are too many at once: soon. It did not leave, so its number is free. */
static void defer(struct subscription *subscription)
{
    wait_on(subscription);
    subscription->dialog.local_cseq--;
    subscription->missed = true;
    partial_answered(subscription, 0);
    notify_whole(subscription);
    notify_queue(subscription);
}

static void send_notify(struct subscription *subscription)
{
    struct resource *resource = subscription->resource;
    struct presence *presence = resource->presence;
    struct dialog *dialog = &subscription->dialog;
    subscription->dirty = subscription->prompt = false;
    if (is_held(subscription) ||
        (machine_is_live(subscription->state) && hold_if_lost(subscription)))
        return;
    if (conditional_suppresses(subscription)) {
        metrics_count(presence->parts->metrics, METRIC_notifies_suppressed);
        subscription->waits_ms = 0;
        retry_over(subscription);
        return;
    }
    if (!keep_cseq(subscription)) {
        wait_on(subscription);
        notify_queue(subscription);
        return;
    }
    struct notify_text text = notify_write(subscription);
    const struct client_request request = {
        .line = text.line,
        .head = text.head,
        .body = text.body,
        .method = SIP_NOTIFY,
        .method_name = BYTES("NOTIFY"),
        .flow = dialog->has_flow ? &dialog->flow : NULL,
        .next_hop = dialog->next_hop,
        .speaker = sip_aor_domain(resource->aor),
        .partition = resource->partition,
        .after = latest(subscription),
        .answer = take_answer,
        .context = subscription,
        .spread = presence->spread,
    };
    subscription->notify = transaction_request(presence->parts->transactions, &request);
    blob_unref(&text.body);
    log_write(presence->parts->log, LOG_DEBUG, "presence", "NOTIFY %u to %.*s %s call-id=%.*s",
              dialog->local_cseq, BYTES_ARGS(dialog->request_uri), notify_state_name(subscription),
              BYTES_ARGS(dialog->parts.call_id));
    if (subscription->notify == 0) {
        defer(subscription);
        return;
    }
    subscription->answer = 0; /* that was the one before's */
    subscription->heard = false;
    metrics_count(presence->parts->metrics, METRIC_notifies_sent);
    count_wait(subscription);
    pace_sent(subscription);
    if (!machine_is_live(subscription->state))
        ends_told(subscription);
}

static void fold(struct subscription *subscription)
{
    wait_on(subscription);
    metrics_count(subscription->resource->presence->parts->metrics, METRIC_notifies_folded);
}

void notify_now(struct subscription *subscription)
{
    later_forget(subscription);
    if (subscription->notify != 0) {
        subscription->dirty = subscription->prompt = true;
        fold(subscription);
        return;
    }
    notify_unqueue(subscription);
    send_notify(subscription);
}

void notify_due(struct subscription *subscription)
{
    if (!machine_is_live(subscription->state)) {
        notify_now(subscription);
    } else if (later_waits(subscription)) {
        fold(subscription);
    } else if (subscription->notify != 0) {
        subscription->dirty = true;
        fold(subscription);
    } else if (pace_defers(subscription)) {
        fold(subscription);
    } else {
        notify_unqueue(subscription);
        send_notify(subscription);
    }
}

/* The paced queue. */

static void pace(struct timer *timer)
{
    struct presence *presence = HOLDER(timer, struct presence, pace);
    presence->pace_credit += presence->settings.restore_notify_per_s * PACE_MS;
    while (presence->pace_credit >= 1000 && presence->restored != NULL) {
        struct subscription *subscription = presence->restored;
        presence->pace_credit -= 1000;
        notify_unqueue(subscription);
        send_notify(subscription);
        if (subscription->queued) /* still too many: it went to the end of the queue */
            break;
    }
    presence->pace_credit %= 1000; /* what was not used is not saved */
    if (presence->restored != NULL)
        world_timer(presence->parts->world, timer, PACE_MS, pace);
}

void notify_queue(struct subscription *subscription)
{
    struct presence *presence = subscription->resource->presence;
    if (subscription->queued)
        return;
    subscription->queued = true;
    presence->counts.queued++;
    DL_APPEND2(presence->restored, subscription, queue_prev, queue_next);
    if (!timer_is_set(&presence->pace))
        world_timer(presence->parts->world, &presence->pace, PACE_MS, pace);
}

void notify_unqueue(struct subscription *subscription)
{
    struct presence *presence = subscription->resource->presence;
    if (!subscription->queued)
        return;
    subscription->queued = false;
    presence->counts.queued--;
    DL_DELETE2(presence->restored, subscription, queue_prev, queue_next);
}

void notify_drop(struct subscription *subscription)
{
    subscription->dirty = subscription->prompt = false;
    subscription->waits_ms = 0;
    notify_unqueue(subscription);
}
