/* notify_write.c: the text of a NOTIFY (RFC 6665 4.2.2).
 *
 * The body is the view's, shared by all watchers who see the same; who is pending, or ended without
 * a right to see, gets none (RFC 5025 3.2.1). The head is mostly the dialog's. */
#include <assert.h>

#include "presence/presence_internal.h"
#include "sip/write.h"

enum { PROBATION_S = 600 };

const char *notify_state_name(const struct subscription *subscription)
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
    struct rates rates = extras_rates(subscription);
    buffer_text(out, "Subscription-State: ");
    buffer_text(out, notify_state_name(subscription));
    if (machine_is_live(subscription->state)) {
        buffer_text(out, ";expires=");
        buffer_number(out, (left_ms + 999) / 1000);
        wishes_write_rates(&rates, out);
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

/* The one place that decides what a NOTIFY's body is: a new reference or NULL, and its type. */
static struct blob *take_body(struct subscription *subscription, const char **type)
{
    *type = subscription->accept;
    if (subscription->view == NULL)
        return NULL;
    if (subscription->resource->package->subject != NULL)
        return winfo_body(subscription);
    return blob_ref(view_body(subscription->view));
}

void notify_whole(struct subscription *subscription)
{
    winfo_whole(subscription);
}

struct notify_text notify_write(struct subscription *subscription)
{
    const struct presence *presence = subscription->resource->presence;
    struct buffer out = buffer_over(presence->scratch, WRITE_MAX);
    const char *type;
    struct notify_text text = {.body = take_body(subscription, &type)};
    dialog_write_line(&subscription->dialog, SIP_NOTIFY, &out);
    size_t line = out.length;
    dialog_write_head(&subscription->dialog, SIP_NOTIFY, &out);
    write_event(subscription, &out);
    write_state(subscription, &out);
    sip_write_head_end(&out, text.body != NULL ? bytes_of(type) : BYTES(""),
                       blob_bytes(text.body).length);
    assert(!out.overflow); /* dialog_init and the limits on what it is made of see to that */
    text.line = bytes_first(buffer_bytes(&out), line);
    text.head = bytes_skip(buffer_bytes(&out), line);
    return text;
}
