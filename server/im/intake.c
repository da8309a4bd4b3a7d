/* intake.c: a MESSAGE for a user of ours.
 *
 *     who it is for                   a delivery for
 *     the user                        each known device, each other that is there
 *     one device (a GRUU)             that device
 *     a user without any device       whoever comes first
 *
 * Those that are there and owed nothing older are sent to at once, in parallel. */
#include "message_internal.h"
#include "proxy/preferences.h"

void intake_relay(struct im *im, struct front_request *request)
{
    const struct proxy_target target = {
        .uri = request->uri.text,
        .route = request->route,
        .flow = request->has_flow ? &request->flow : NULL,
        .flow_only = request->has_flow,
    };
    if (request->aim == FRONT_AIM_ELSEWHERE)
        proxy_fork(im->proxy, request, &target, 1);
    else
        proxy_deliver(im->proxy, request);
}

struct bytes intake_sender(const struct im *im, const struct front_request *request)
{
    if (bytes_empty(request->identity) || request->foreign ||
        accounts_find(im->parts->accounts, request->identity) == NULL)
        return BYTES("");
    return request->identity;
}

/* Who wants it to go another way than to all (RFC 3841 9.1) gets what a proxy does. Which contacts
 * it may go to (Accept-Contact, Reject-Contact) is obeyed by proxy_find. */
static bool is_for_the_proxy(const struct im *im, const struct sip_message *message)
{
    const struct disposition wish = disposition_read(message);
    struct preferences preferences = {.count = 0};
    if (preferences_are_given(message) && !verdict_ok(preferences_read(message, &preferences)))
        return true; /* it is refused there */
    return !im->settings.store || proxy_redirects(im->proxy) || wish.redirect || wish.no_fork ||
           wish.sequential;
}

static uint64_t expires_ms(const struct im *im, const struct sip_message *message,
                           const struct content *content)
{
    uint64_t now_ms = im->parts->world->wall_ms;
    uint64_t most_s = content->notice ? im->settings.notice_s : im->settings.offline_s;
    uint64_t wish_ms = content_expires_ms(message, now_ms);
    uint64_t most_ms = now_ms + most_s * 1000;
    return wish_ms < most_ms ? wish_ms : most_ms;
}

/* Deliveries. */

struct intake {
    struct message *message;
    struct proxy_target targets[PROXY_TARGETS_MAX], picked[PROXY_TARGETS_MAX];
    size_t count;
    uint32_t breadth; /* what is left of it */
};

/* Older ones are waiting, stored or as good as that: it gets this one in its turn. */
static bool is_behind(const struct device *device)
{
    const struct delivery *delivery;
    DL_FOREACH(device->queue, delivery)
    {
        if (!delivery->aside && (delivery->message->live == NULL || delivery->attempt == NULL))
            return true;
    }
    return false;
}

static void add(struct intake *intake, struct device *device)
{
    struct message *message = intake->message;
    bool behind = is_behind(device);
    struct delivery *delivery = delivery_new(message, device);
    const struct sending sending = {
        .request = &message->live->request,
        .targets = intake->picked,
        .count = ways_pick(device, intake->targets, intake->count, intake->picked),
        .breadth = message->live->breadth,
    };
    if (!behind && sending.count > 0)
        attempt_begin(delivery, &sending);
}

/* True when some contact is no known device's. */
static bool has_unknown(const struct inbox *inbox, const struct intake *intake)
{
    for (size_t i = 0; i < intake->count; i++) {
        const struct device *device =
            device_find(inbox, STORE_TO_DEVICE, intake->targets[i].instance);
        if (device == NULL || !device->known)
            return true;
    }
    return false;
}

static size_t count_known(const struct inbox *inbox)
{
    const struct device *device;
    size_t count = 0;
    DL_FOREACH(inbox->devices, device)
    {
        count += device->known;
    }
    return count;
}

/* Contacts of devices that are not known go to those that say no instance, or to anybody. */
static void add_all(struct inbox *inbox, struct intake *intake)
{
    size_t known = count_known(inbox);
    struct device *device, *next;
    struct device *nameless = device_find(inbox, STORE_TO_DEVICE, BYTES(""));
    bool others = has_unknown(inbox, intake) && (nameless == NULL || !nameless->known);
    if (known == 0 || others)
        add(intake, device_need(inbox, known == 0 ? STORE_TO_ANY : STORE_TO_DEVICE, BYTES("")));
    DL_FOREACH_SAFE(inbox->devices, device, next)
    {
        if (device->known)
            add(intake, device);
    }
}

static void deliver(struct im *im, struct inbox *inbox, struct message *message,
                    struct intake *intake)
{
    const struct front_request *request = &message->live->request;
    uint32_t breadth = proxy_breadth(im->proxy, request);
    intake->message = message;
    message->live->breadth = intake->count > 0 ? breadth / (uint32_t)intake->count : breadth;
    if (message->live->breadth == 0)
        message->live->breadth = 1;
    if (intake->count > 0)
        metrics_count(im->parts->metrics, METRIC_messages_relayed);
    if (request->aim == FRONT_AIM_DEVICE)
        add(intake, device_need(inbox, STORE_TO_DEVICE, request->instance));
    else
        add_all(inbox, intake);
    live_advance(message);
}

/* How many devices the contacts are of. */
static size_t count_devices(const struct intake *intake)
{
    size_t count = 0;
    for (size_t i = 0; i < intake->count; i++) {
        bool first = true;
        for (size_t j = 0; j < i && !bytes_empty(intake->targets[i].instance); j++)
            first = first && !bytes_equal(intake->targets[i].instance, intake->targets[j].instance);
        count += first;
    }
    return count;
}

/* False when it was refused. */
static bool is_admitted(struct im *im, struct front_request *request, const struct inbox *inbox,
                        const struct intake *intake)
{
    if (count_devices(intake) > proxy_breadth(im->proxy, request)) {
        metrics_count(im->parts->metrics, METRIC_breadth_exceeded);
        front_refuse(request, 440, NULL);
        return false;
    }
    if (request->aim != FRONT_AIM_DEVICE || intake->count > 0)
        return true;
    const struct device *device = device_find(inbox, STORE_TO_DEVICE, request->instance);
    if (device != NULL && device->known && bytes_empty(request->gruu_call))
        return true;
    front_refuse(request, 480, "This device is not registered");
    return false;
}

/* The address of whoever sends, as far as it is proved. */
static struct bytes peer_of(const struct front_request *request)
{
    return request->identity;
}

void intake_local(struct im *im, struct front_request *request, const struct content *content)
{
    uint64_t now_ms = im->parts->world->wall_ms;
    const struct sip_message *message = request->message;
    struct intake intake;
    struct live_plan plan = {
        .request = request,
        .content = content,
        .peer = peer_of(request),
        .kind = content->notice ? STORE_NOTICE : STORE_RECEIVED,
        .expires_ms = expires_ms(im, message, content),
        .identity = message_identity(im, request->target, message->call_id, message->from.tag,
                                     message->cseq),
    };
    if (live_repeats(im, request, plan.identity) || forget_repeated(im, request, plan.identity))
        return;
    if (is_for_the_proxy(im, message) || plan.expires_ms <= now_ms) {
        intake_relay(im, request);
        return;
    }
    if (!proxy_admit(im->proxy, request))
        return;
    plan.inbox = inbox_need(im, request->target);
    intake.count = proxy_find(im->proxy, request, intake.targets);
    if (!is_admitted(im, request, plan.inbox, &intake))
        return;
    struct message *made = live_begin(im, &plan);
    if (made == NULL)
        return;
    made->directed = request->aim == FRONT_AIM_DEVICE;
    deliver(im, plan.inbox, made, &intake);
}
