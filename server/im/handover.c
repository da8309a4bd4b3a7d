/* handover.c: a message that is owed to another domain, when that is ours by now.
 *
 *     its receiver                          the delivery
 *     has no account, or not yet            stays owed, and is tried again after a pause
 *     has no room, or its partition is      likewise
 *     closed, or its rules are unreadable
 *     does not take it (judge.c)            FAILED, of which the sender is told; or TAKEN, if it is
 *                                           not to know
 *     else                                  TAKEN, once the receiver has it as any message of ours
 *
 * Whether a domain is ours is asked whenever the message would leave, so nothing has to be moved
 * when a domain comes, by the API or by the configuration, before a crash or behind one. While the
 * receiver's row is not durable the delivery has an attempt that has no way. A crash between that
 * row and the sender's makes it come here again, however late; the receiver's row has the sender's
 * serial, by which im_post finds it and does not make it twice. Who writes to another name of their
 * own has both in one log: theirs is known for as long as a request that is repeated. */
#include "message_internal.h"

/* The user of ours who is meant; empty: it goes away, as front/step_aim.c has it. */
static struct bytes receiver_of(const struct im *im, const struct sip_uri *uri, struct buffer *out)
{
    const struct domains *domains = im->parts->domains;
    struct bytes maddr;
    if (domains_find_at(domains, uri->host, uri->port) == NULL ||
        sip_parameter(uri->parameters, "maddr", &maddr) ||
        domains_write_aor(domains, uri, out) == NULL || out->overflow)
        return BYTES("");
    return buffer_bytes(out);
}

static struct im_post post_of(const struct message *message, const struct sheet *sheet,
                              struct bytes receiver)
{
    const struct sip_message *sip = &sheet->message;
    const struct im *im = sheet->im;
    bool notice = message->kind == STORE_NOTICE;
    uint64_t most_s = notice ? im->settings.notice_s : im->settings.offline_s;
    uint64_t most_ms = im->parts->world->wall_ms + most_s * 1000;
    uint64_t wish_ms = content_expires_ms(sip, message->made_ms);
    return (struct im_post){
        .owner = receiver,
        .kind = notice ? STORE_NOTICE : STORE_RECEIVED,
        .peer = sheet->request.identity,
        .foreign = sheet->foreign,
        .trusted = sheet->trusted,
        .origin = {.call_id = sip->call_id, .cseq = sip->cseq},
        .from_tag = sip->from.tag,
        .content_type = sip_message_value(sip, SIP_CONTENT_TYPE),
        .head = bytes_from(sheet->raw, (size_t)(sip->body.at - sheet->raw)),
        .body = sip->body,
        .expires_ms = wish_ms < most_ms ? wish_ms : most_ms,
        .serial = bytes_equal(receiver, message->inbox->aor) ? 0 : message->serial,
    };
}

static void written(struct store_wait *wait, enum store_outcome outcome)
{
    struct attempt *attempt = HOLDER(wait, struct attempt, wait);
    attempt->trouble = outcome != STORE_DURABLE;
    if (attempt->trouble)
        attempt_failed(attempt);
    else
        attempt_taken(attempt, 202);
}

/* Decided when its device is looked at next: here, one that follows at once would stand upon it. */
static void take(struct attempt *attempt)
{
    struct delivery *delivery = attempt->delivery;
    attempt_free(attempt);
    delivery->known = STORE_TAKEN;
    delivery->status = 202;
    device_nudge(delivery->device);
}

static void give(struct attempt *attempt, const struct im_post *post)
{
    struct store *store = attempt->im->parts->store;
    struct store_change change = im_post(attempt->im, post, &attempt->trouble);
    if (attempt->trouble)
        attempt_failed(attempt);
    else if (store_durable(store, change))
        take(attempt);
    else
        store_wait(store, &attempt->wait, change, written);
}

static void refuse(struct attempt *attempt, const struct judge_refusal *refusal)
{
    attempt->trouble = refusal->later_s > 0;
    attempt->pause_s = refusal->later_s;
    attempt->status = refusal->status;
    attempt_failed(attempt);
}

static void begin(struct delivery *delivery, const struct sheet *sheet, struct bytes receiver)
{
    struct im *im = sheet->im;
    const struct front_request *request = &sheet->request;
    const struct policy_watcher sender = {request->identity, sheet->foreign, sheet->trusted};
    const struct content content = content_read(&im->settings, &sheet->message);
    const struct judge_letter question = {&sheet->message, &sender, receiver, &content};
    const struct im_post post = post_of(delivery->message, sheet, receiver);
    struct judge_refusal refusal = {404, "There is no such user", im->settings.retry_least_s};
    enum judgement judgement = JUDGE_ANSWERED;
    struct attempt *attempt = attempt_new(delivery, 0, true);
    delivery->blame = 0; /* whatever another domain had against it */
    if (accounts_find(im->parts->accounts, receiver) != NULL)
        judgement = judge_owed(im->judge, &im->settings, &question, &refusal);
    if (judgement == JUDGE_ANSWERED)
        refuse(attempt, &refusal);
    else if (judgement == JUDGE_SILENT)
        take(attempt);
    else
        give(attempt, &post);
}

bool handover_begin(struct delivery *delivery, const struct sheet *sheet)
{
    char text[ALIASED_MAX];
    struct buffer out = buffer_over(text, sizeof(text));
    if (delivery->device->whom != STORE_TO_PEER)
        return false;
    struct bytes receiver = receiver_of(sheet->im, &sheet->request.uri, &out);
    if (bytes_empty(receiver))
        return false;
    begin(delivery, sheet, receiver);
    return true;
}

void im_domains_changed(struct im *im)
{
    struct inbox *inbox, *next;
    struct device *device;
    HASH_ITER(hh, im->engine->inboxes, inbox, next)
    {
        DL_FOREACH(inbox->devices, device)
        {
            if (device->whom == STORE_TO_PEER &&
                domains_find(im->parts->domains, sip_aor_domain(device->name)) != NULL)
                device_back(device);
        }
    }
}
