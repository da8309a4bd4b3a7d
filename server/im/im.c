/* im.c: a MESSAGE's way in.
 *
 *     aimed at         becomes
 *     this server      a list's, when it has one (list.c)
 *     a dialog         relayed, when our Record-Route led here
 *     a user, device   judged; relayed with a To tag, or good for a moment only; else intake.c
 *     elsewhere        judged; likewise; else outbound.c
 *
 * intake.c and outbound.c make it LIVE (live.c); deliver.c sends it to each device, rows.c writes
 * it, retry.c and sheet.c send what is stored, handover.c gives it to a user of ours who was
 * elsewhere, message.c ends it, forget.c forgets it. */
#include "im/im.h"

#include <stdlib.h>

#include "message_internal.h"
#include "repeats_internal.h"
#include "report_internal.h"
#include "sip/write.h"

enum { DAY_S = 86400 };

struct im_settings im_settings_default(void)
{
    return (struct im_settings){
        .store = true,
        .answer_ms = 2000,
        .offline_s = 30 * DAY_S,
        .history_s = 30 * DAY_S,
        .foreign_s = 2 * DAY_S,
        .notice_s = DAY_S,
        .stored_max = 1000,
        .stored_max_bytes = 10 << 20,
        .stored_max_per_peer = 200,
        .stored_max_bytes_per_peer = 5 * 1024 * 1024,
        .devices_max = 10,
        .device_forget_s = 30 * DAY_S,
        .join_s = 600,
        .repeats_max = 100000,
        .drains_max = 200,
        .retry_least_s = 5,
        .retry_most_s = 600,
        .rate_max = 120,
        .body_max_bytes = 65536,
        .list_max = 100,
        .list_user = "list",
        .imdn = true,
    };
}

static void for_server(struct im *im, struct front_request *request, const struct content *content)
{
    if (content->list)
        list_handle(im, request, content);
    else
        front_refuse(request, 404, "There is no such user");
}

/* Its sender is not to know: the answer is written as live.c writes it. */
static void take_silently(struct im *im, const struct front_request *request)
{
    struct transaction_layer *transactions = im->parts->transactions;
    struct server_transaction *server = transaction_begin(transactions, request->incoming);
    struct buffer out = buffer_over(im->engine->head, IM_HEAD_MAX);
    if (server == NULL)
        return;
    transaction_write(transactions, request->incoming, &out, 202, NULL, BYTES(""));
    sip_write_body(&out, BYTES(""), BYTES(""));
    if (!out.overflow)
        transaction_reply(transactions, server, buffer_bytes(&out), request->seen);
}

static void take(struct im *im, struct front_request *request, const struct content *content)
{
    if (content->momentary || !bytes_empty(request->message->to.tag))
        intake_relay(im, request);
    else if (request->aim == FRONT_AIM_ELSEWHERE)
        intake_foreign(im, request, content);
    else
        intake_local(im, request, content);
}

static void handle(void *context, struct front_request *request)
{
    struct im *im = context;
    const struct content content = content_read(&im->settings, request->message);
    if (request->aim == FRONT_AIM_SERVER) {
        for_server(im, request, &content);
        return;
    }
    if (request->routed && !bytes_empty(request->message->to.tag)) {
        intake_relay(im, request); /* its dialog was let in; a To tag alone proves none */
        return;
    }
    switch (judge_message(im->judge, &im->settings, request, &content)) {
    case JUDGE_ANSWERED:
        return;
    case JUDGE_SILENT:
        take_silently(im, request);
        return;
    case JUDGE_PASS:
        take(im, request, &content);
    }
}

static struct engine *engine_new(struct im *im)
{
    struct engine *engine = memory_new(sizeof(*engine));
    engine->im = im;
    engine->epoch = store_epoch(im->parts->store);
    engine->seed = bytes_hash(store_secret(im->parts->store), engine->epoch);
    engine->head = memory_new(IM_HEAD_MAX);
    engine->repeats = repeats_new();
    return engine;
}

static void engine_free(struct engine **engine)
{
    struct inbox *inbox, *next;
    forget_end((*engine)->im);
    HASH_ITER(hh, (*engine)->inboxes, inbox, next)
    {
        inbox_free(inbox, 0);
    }
    repeats_free(&(*engine)->repeats);
    free((*engine)->head);
    free(*engine);
    *engine = NULL;
}

struct im *im_new(struct front *front, struct proxy *proxy, const struct im_settings *settings)
{
    struct im *im = memory_new(sizeof(*im));
    const struct front_method message = {
        SIP_MESSAGE, FRONT_LOCAL_USER | FRONT_RELAYED | FRONT_EVERYWHERE, handle, im};
    im->front = front;
    im->parts = front_parts(front);
    im->proxy = proxy;
    im->settings = *settings;
    im->judge = judge_new(front);
    im->engine = engine_new(im);
    forget_begin(im);
    im->reporter = reporter_new(im);
    front_register(front, &message);
    list_register(im);
    return im;
}

void im_free(struct im **im)
{
    if (*im == NULL)
        return;
    (*im)->engine->counts = NULL;
    engine_free(&(*im)->engine);
    list_close(*im);
    reporter_free(&(*im)->reporter);
    judge_free(&(*im)->judge);
    free(*im);
    *im = NULL;
}

void im_reload(struct im *im, const struct im_settings *settings)
{
    im->settings = *settings;
    list_register(im);
}

void im_ask_registrar(struct im *im, const struct im_registrations *registrations)
{
    assert(registrations->instance_at != NULL);
    im->registrations = *registrations;
}

void im_watch_waiting(struct im *im,
                      void (*waits)(void *context, struct bytes aor, struct bytes instance,
                                    bool silent),
                      void *context)
{
    assert(waits != NULL && im->engine->waits == NULL);
    im->engine->waits = waits;
    im->engine->waits_context = context;
}

size_t im_waiting(const struct im *im, struct bytes aor)
{
    const struct inbox *inbox = inbox_find(im, aor);
    return inbox != NULL ? inbox->texts : 0;
}

void im_watch_counts(struct im *im, void (*changed)(void *context, struct bytes aor), void *context)
{
    assert(changed != NULL && im->engine->counts == NULL);
    im->engine->counts = changed;
    im->engine->counts_context = context;
}

void im_drain(struct im *im)
{
    struct live *live, *next;
    DL_FOREACH_SAFE(im->engine->lives, live, next)
    {
        live_hurry(live);
    }
}

/* Who removed the account has erased the rows as well; what was in flight then is erased here, and
 * of a closed partition when that is loaded. */
void im_drop_user(struct im *im, struct bytes aor)
{
    struct inbox *inbox = inbox_find(im, aor);
    if (!front_is_closed(im->front, partition_of(aor)))
        inbox_erase(im, aor);
    if (inbox != NULL)
        inbox_free(inbox, 404);
}

void im_device_came(struct im *im, struct bytes aor, const struct front_device *device)
{
    struct inbox *inbox = inbox_need(im, aor);
    struct device *found = device_need(inbox, STORE_TO_DEVICE, device->instance);
    struct store_set *set = NULL;
    inbox->fresh = true; /* its binding is submitted before this turn ends */
    if (device_learn(found, &set)) {
        join_device(found, set);
        inbox_trim(inbox, found, set);
    }
    if (set != NULL)
        (void)store_submit(im->parts->store, &set);
    device_back(found);
    struct device *any = device_find(inbox, STORE_TO_ANY, BYTES(""));
    if (any != NULL)
        device_back(any);
}

struct im_counts im_count(const struct im *im)
{
    const struct engine *engine = im->engine;
    return (struct im_counts){engine->live_count, engine->owed, engine->devices};
}
