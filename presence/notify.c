/* notify.c: NOTIFY (RFC 6665 4.2.2).
 *
 *   due -> one under way? remember it (dirty) : send
 *   answered -> the watcher is gone (listed codes, timeout)? drop : dirty? send again
 *
 * The body is the view's, shared by all watchers who see the same; who is pending, or ended without
 * a right to see, gets none (RFC 5025 3.2.1). The head is mostly the dialog's. Each NOTIFY waits
 * for the change that it tells of. */
#include <assert.h>

#include "presence/presence_internal.h"
#include "sip/write.h"

enum {
    PACE_MS = 20,
    PROBATION_S = 600,
    CSEQ_SLACK = 60000, /* NOTIFYs between two writes of a row; less than an epoch's step of CSeq */
};

static void send_notify(struct subscription *subscription);

static const char *state_name(const struct subscription *subscription)
{
    if (!machine_is_live(subscription->state))
        return "terminated";
    return subscription->state == SUBSCRIPTION_PENDING ? "pending" : "active";
}

/* RFC 6665 4.1.3. What a waiting one waits for is no business of its watcher's: for that it ended
 * by its time. */
static void write_end(const struct subscription *subscription, struct buffer *out)
{
    bool waits = subscription->state == SUBSCRIPTION_WAITING;
    buffer_text(out, ";reason=");
    buffer_text(out, machine_event_name(waits ? EVENT_TIMEOUT : subscription->cause));
    if (subscription->cause == EVENT_PROBATION) {
        buffer_text(out, ";retry-after=");
        buffer_number(out, PROBATION_S);
    }
}

static void write_state(const struct subscription *subscription, struct buffer *out)
{
    uint64_t now_ms = subscription->resource->presence->parts->world->wall_ms;
    uint64_t left_ms = subscription->expires_ms > now_ms ? subscription->expires_ms - now_ms : 0;
    buffer_text(out, "Subscription-State: ");
    buffer_text(out, state_name(subscription));
    if (machine_is_live(subscription->state)) {
        buffer_text(out, ";expires=");
        buffer_number(out, (left_ms + 999) / 1000);
    } else {
        write_end(subscription, out);
    }
    buffer_text(out, "\r\n");
}

static void write_event(const struct subscription *subscription, struct buffer *out)
{
    buffer_text(out, "Event: ");
    buffer_text(out, subscription->resource->package->name);
    if (!bytes_empty(subscription->event_id)) {
        buffer_text(out, ";id=");
        buffer_put(out, subscription->event_id);
    }
    buffer_text(out, "\r\n");
}

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
    log_write(presence->parts->log, LOG_DEBUG, "presence", "NOTIFY answered %u call-id=%.*s",
              answer->status, BYTES_ARGS(subscription->dialog.parts.call_id));
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
        view_leave(&subscription->view);
    return live;
}

static void send_notify(struct subscription *subscription)
{
    struct resource *resource = subscription->resource;
    struct presence *presence = resource->presence;
    struct dialog *dialog = &subscription->dialog;
    struct buffer out = buffer_over(presence->scratch, WRITE_MAX);
    subscription->dirty = false;
    if (is_held(subscription))
        return;
    if (!keep_cseq(subscription)) {
        notify_queue(subscription);
        return;
    }
    struct blob *body = subscription->view != NULL ? view_body(subscription->view) : NULL;
    dialog_write_line(dialog, SIP_NOTIFY, &out);
    size_t line = out.length;
    dialog_write_head(dialog, SIP_NOTIFY, &out);
    write_event(subscription, &out);
    write_state(subscription, &out);
    sip_write_head_end(&out, body != NULL ? bytes_of(subscription->accept) : BYTES(""),
                       blob_bytes(body).length);
    assert(!out.overflow); /* dialog_init and the limits on what it is made of see to that */
    const struct client_request request = {
        .line = bytes_first(buffer_bytes(&out), line),
        .head = bytes_skip(buffer_bytes(&out), line),
        .body = body,
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
    log_write(presence->parts->log, LOG_DEBUG, "presence", "NOTIFY %u to %.*s %s call-id=%.*s",
              dialog->local_cseq, BYTES_ARGS(dialog->request_uri), state_name(subscription),
              BYTES_ARGS(dialog->parts.call_id));
    if (subscription->notify != 0)
        metrics_count(presence->parts->metrics, METRIC_notifies_sent);
    else
        notify_queue(subscription); /* too many at once: soon */
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
