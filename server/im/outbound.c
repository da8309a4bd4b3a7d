/* outbound.c: a MESSAGE of a user of ours for another domain.
 *
 * It leaves at once, as from a proxy. An answer that is about the message goes back as it is. When
 * the other domain cannot be reached, or has no way to its user for the moment, the message is
 * stored with its sender, answered 202, and tried again for foreign_s; then its sender is told. If
 * its domain becomes ours meanwhile, its user gets it (handover.c). */
#include "message_internal.h"

/* What has a way of its own, or means nobody of ours, is a proxy's. */
static bool can_be_owed(const struct im *im, const struct front_request *request,
                        struct bytes sender)
{
    return im->settings.store && !bytes_empty(sender) && !request->has_flow &&
           bytes_empty(request->route) && request->uri.has_user &&
           request->uri.scheme != SIP_SCHEME_OTHER &&
           !front_is_closed(im->front, partition_of(sender)) && store_ready(im->parts->store);
}

static struct bytes write_peer(const struct front_request *request, struct buffer *out)
{
    sip_uri_write_aor(&request->uri, out);
    return out->overflow ? bytes_first(request->uri.text, 255) : buffer_bytes(out);
}

static void send_out(struct im *im, struct message *message)
{
    struct live *live = message->live;
    struct device *device = device_need(message->inbox, STORE_TO_PEER, message->peer);
    bool behind = device_first(device) != NULL;
    struct delivery *delivery = delivery_new(message, device);
    const struct proxy_target target = {.uri = live->request.uri.text};
    const struct sending sending = {
        .request = &live->request,
        .targets = &target,
        .count = 1,
        .breadth = proxy_breadth(im->proxy, &live->request),
    };
    live->breadth = sending.breadth;
    metrics_count(im->parts->metrics, METRIC_messages_relayed);
    news_tell(message, IM_RELAYED, NULL);
    if (!behind)
        attempt_begin(delivery, &sending);
    live_advance(message);
}

static uint64_t expires_ms(const struct im *im, const struct sip_message *message)
{
    uint64_t now_ms = im->parts->world->wall_ms;
    uint64_t wish_ms = content_expires_ms(message, now_ms);
    uint64_t most_ms = now_ms + (uint64_t)im->settings.foreign_s * 1000;
    return wish_ms < most_ms ? wish_ms : most_ms;
}

void intake_foreign(struct im *im, struct front_request *request, const struct content *content)
{
    const struct sip_message *message = request->message;
    struct bytes sender = intake_sender(im, request);
    char text[256];
    struct buffer memory = buffer_over(text, sizeof(text));
    if (!can_be_owed(im, request, sender)) {
        intake_relay(im, request);
        return;
    }
    struct live_plan plan = {
        .request = request,
        .content = content,
        .peer = write_peer(request, &memory),
        .kind = content->notice ? STORE_NOTICE : STORE_SENT,
        .expires_ms = expires_ms(im, message),
        .identity =
            message_identity(im, sender, message->call_id, message->from.tag, message->cseq),
    };
    if (plan.kind == STORE_SENT)
        plan.identity = message_identity_sent(plan.identity, plan.peer);
    if (live_repeats(im, request, plan.identity) || forget_repeated(im, request, plan.identity))
        return;
    if (!proxy_admit(im->proxy, request))
        return;
    plan.inbox = inbox_need(im, sender);
    struct message *made = live_begin(im, &plan);
    if (made != NULL)
        send_out(im, made);
}
