/* notify.c: NOTIFY (RFC 6665 4.2.2).
 *
 *   due -> one under way? remember it (dirty) : send
 *   answered -> the watcher is gone (listed codes, timeout)? drop : dirty? send again
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

/* RFC 6665 4.2.2: these end the subscription; a timeout does too. Other failures leave it: the
 * watcher may come back, and refreshes or is told the next change. */
static bool is_end(const struct client_answer *answer)
{
    static const unsigned ends[] = {404, 405, 410, 416, 480, 481, 482,
                                    483, 484, 485, 489, 501, 604};
    if (answer->response == NULL)
        return answer->status == 408;
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        if (answer->status == ends[i])
            return true;
    return false;
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

static void take_answer(void *context, const struct client_answer *answer)
{
    struct subscription *subscription = context;
    struct presence *presence = subscription->resource->presence;
    bool misled = is_misled(presence, answer);
    subscription->notify = 0;
    partial_answered(subscription, misled ? 0 : answer->status);
    log_write(presence->parts->log, LOG_DEBUG, "presence", "NOTIFY answered %u call-id=%.*s",
              answer->status, BYTES_ARGS(subscription->dialog.parts.call_id));
    if (answer->status >= 300)
        notify_whole(subscription);
    if (answer->flow != NULL && answer->status < 300 && !misled) {
        subscription->dialog.flow = *answer->flow;
        subscription->dialog.has_flow = true;
    }
    if (machine_is_live(subscription->state) && is_end(answer) && !misled) {
        metrics_count(presence->parts->metrics, METRIC_subscriptions_failed);
        log_write(presence->parts->log, LOG_INFO, "presence",
                  "subscription ended: NOTIFY got %u call-id=%.*s", answer->status,
                  BYTES_ARGS(subscription->dialog.parts.call_id));
        subscription_drop(subscription);
    } else if (subscription->dirty) {
        send_notify(subscription);
    } else {
        subscription_settle(subscription);
    }
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

/* There are too many at once: soon. */
static void defer(struct subscription *subscription)
{
    partial_answered(subscription, 0);
    notify_whole(subscription);
    notify_queue(subscription);
}

static void send_notify(struct subscription *subscription)
{
    struct resource *resource = subscription->resource;
    struct presence *presence = resource->presence;
    struct dialog *dialog = &subscription->dialog;
    subscription->dirty = false;
    if (is_held(subscription))
        return;
    if (conditional_suppresses(subscription)) {
        metrics_count(presence->parts->metrics, METRIC_notifies_suppressed);
        return;
    }
    if (!keep_cseq(subscription)) {
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
    };
    subscription->notify = transaction_request(presence->parts->transactions, &request);
    blob_unref(&text.body);
    log_write(presence->parts->log, LOG_DEBUG, "presence", "NOTIFY %u to %.*s %s call-id=%.*s",
              dialog->local_cseq, BYTES_ARGS(dialog->request_uri), notify_state_name(subscription),
              BYTES_ARGS(dialog->parts.call_id));
    if (subscription->notify != 0) {
        metrics_count(presence->parts->metrics, METRIC_notifies_sent);
    } else {
        defer(subscription);
    }
}

void notify_due(struct subscription *subscription)
{
    if (subscription->notify != 0) {
        subscription->dirty = true;
        metrics_count(subscription->resource->presence->parts->metrics, METRIC_notifies_folded);
        return;
    }
    notify_unqueue(subscription);
    send_notify(subscription);
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
    DL_DELETE2(presence->restored, subscription, queue_prev, queue_next);
}
