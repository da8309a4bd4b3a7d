/* list.c: the list service (RFC 5363, RFC 5365): one message to several receivers.
 *
 *   list@DOMAIN ........... to those in the recipient list that the body brings along
 *   list+GROUP@DOMAIN ..... to those in that group of the sender's roster
 *
 *   read --> for each receiver: one of ours?  has no account, does not consent ..... left out
 *                                             blocks politely ...................... silence
 *                                             consents ............................. a share
 *                               another domain ..................................... a share
 *   --> 202 when all shares are durable; who was left out is told to the sender in one notice
 *
 * Consent is the receiver's own word (RFC 5360): a rule that allows the sender, or the sender in
 * the roster. RFC 5363 5.2 would have nothing sent when one consent is missing; then one receiver
 * who changed their mind would silence the list for all, so the others get theirs, and the sender
 * learns who did not, as it learns of any failure. When nobody is left the answer is 470.
 *
 * Shares are stored. What is good for a moment only (isComposing, Expires: 0) never is: 488.
 *
 * A share's Call-ID is a keyed hash of the request and the receiver: what is sent again, over a
 * crash too, makes the same shares, and im_post knows them. */
#include <assert.h>
#include <stdlib.h>
#include <utlist.h>

#include "list_internal.h"
#include "report_internal.h"
#include "sip/write.h"

enum { NOTICE_MAX = 4096, URI_MAX = REPORT_URI_MAX, WORDS_MAX = 128 };

/* A request whose answer waits for several changes. */
struct list_job {
    struct list_job *prev, *next;
    struct im *im;
    uint64_t server;
    struct bytes good, bad; /* its answers: 202; 500 when a change was refused */
    size_t pending, count;
    bool failed;
    struct list_wait {
        struct store_wait wait;
        struct list_job *job;
    } * waits;
};

/* One request on its way. */
struct dividing {
    struct im *im;
    struct front_request *request;
    const struct content *content;
    struct arena arena;
    struct list_order order;
    struct report_name name; /* of the request */
    struct store_change *changes;
    size_t change_count;
    size_t shares, silent, unwilling, full;
    struct buffer left_out; /* URIs, with commas */
    size_t unnamed;         /* further ones */
    char text[NOTICE_MAX];
};

/* Waiting. */

static void job_free(struct list_job *job)
{
    for (size_t i = 0; i < job->count; i++)
        store_wait_cancel(&job->waits[i].wait);
    DL_DELETE(job->im->list_jobs, job);
    free(job->waits);
    free((char *)job->good.at);
    free((char *)job->bad.at);
    free(job);
}

static void waited(struct store_wait *wait, enum store_outcome outcome)
{
    struct list_job *job = HOLDER(wait, struct list_wait, wait)->job;
    struct transaction_layer *layer = job->im->parts->transactions;
    job->failed |= outcome != STORE_DURABLE;
    if (--job->pending > 0)
        return;
    struct server_transaction *server = transaction_find(layer, job->server);
    if (server != NULL)
        transaction_reply(layer, server, job->failed ? job->bad : job->good, STORE_NOTHING);
    job_free(job);
}

static struct bytes copy_answer(struct front_request *request, unsigned status, const char *reason)
{
    struct buffer *out = front_respond(request, status, reason, BYTES(""));
    sip_write_body(out, BYTES(""), BYTES(""));
    return bytes_from(memory_copy(buffer_bytes(out)), out->length);
}

static void job_begin(struct dividing *dividing)
{
    struct im *im = dividing->im;
    struct front_request *request = dividing->request;
    struct server_transaction *server =
        transaction_begin(im->parts->transactions, request->incoming);
    if (server == NULL) /* it was refused; when it comes again the shares are known */
        return;
    struct list_job *job = memory_new(sizeof(*job));
    job->im = im;
    job->server = transaction_handle(server);
    job->good = copy_answer(request, 202, NULL);
    job->bad = copy_answer(request, 500, "The message could not be stored");
    job->pending = job->count = dividing->change_count;
    job->waits = memory_new(job->count * sizeof(*job->waits));
    DL_APPEND(im->list_jobs, job);
    for (size_t i = 0; i < job->count; i++) {
        job->waits[i].job = job;
        store_wait(im->parts->store, &job->waits[i].wait, dividing->changes[i], waited);
    }
}

void list_close(struct im *im)
{
    struct list_job *job, *next;
    DL_FOREACH_SAFE(im->list_jobs, job, next)
    job_free(job);
}

/* Changes of one partition are durable in their order, so its last one stands for all. */
static void note_change(struct dividing *dividing, struct store_change change)
{
    if (store_durable(dividing->im->parts->store, change))
        return;
    for (size_t i = 0; i < dividing->change_count; i++)
        if (dividing->changes[i].partition == change.partition) {
            if (change.number > dividing->changes[i].number)
                dividing->changes[i] = change;
            return;
        }
    dividing->changes[dividing->change_count++] = change;
}

/* Shares. */

static uint64_t expires_ms(const struct dividing *dividing, bool goes_out)
{
    const struct im_settings *settings = &dividing->im->settings;
    uint64_t now_ms = dividing->im->parts->world->wall_ms;
    uint64_t most_ms =
        now_ms + (uint64_t)(goes_out ? settings->foreign_s : settings->offline_s) * 1000;
    uint64_t asked_ms = content_expires_ms(dividing->request->message, now_ms);
    return asked_ms < most_ms ? asked_ms : most_ms;
}

/* The receiver's URI for the request line; false when it cannot stand there. */
static bool write_receiver(const struct recipient *recipient, bool goes_out, struct buffer *out)
{
    struct sip_uri uri;
    if (!goes_out) {
        buffer_text(out, "sip:");
        buffer_put(out, recipient->name);
    } else if (verdict_ok(sip_uri_parse(recipient->uri, &uri))) {
        sip_write_request_uri(out, &uri);
    }
    return out->length > 0 && !out->overflow;
}

static bool post_share(struct dividing *dividing, const struct recipient *recipient, bool goes_out,
                       struct bytes head, const struct report_name *name)
{
    const struct front_request *request = dividing->request;
    bool refused = false;
    const struct im_post post = {
        .owner = goes_out ? request->identity : recipient->name,
        .kind = goes_out ? STORE_SENT : STORE_RECEIVED,
        .peer = goes_out ? recipient->name : request->identity,
        .trusted = request->trusted,
        .goes_out = goes_out,
        .origin = {.call_id = bytes_of(name->text), .cseq = 1},
        .from_tag = bytes_from(name->text, LIST_TAG_LENGTH),
        .content_type = dividing->order.payload.content_type,
        .head = head,
        .body = dividing->order.payload.body,
        .expires_ms = expires_ms(dividing, goes_out),
    };
    note_change(dividing, im_post(dividing->im, &post, &refused));
    return !refused;
}

/* False: there is no room for it. */
static bool send_share(struct dividing *dividing, const struct recipient *recipient, bool goes_out)
{
    const struct sip_message *message = dividing->request->message;
    char text[URI_MAX];
    struct buffer uri = buffer_over(text, sizeof(text));
    if (!write_receiver(recipient, goes_out, &uri))
        return false;
    const struct report_name name =
        report_derive(dividing->im->reporter, dividing->name.text, recipient->name, 0);
    const struct list_share share = {message, &dividing->order.payload, buffer_bytes(&uri),
                                     bytes_of(name.text)};
    size_t room = message->raw.length + dividing->order.payload.fields.length + 2 * URI_MAX + 512;
    struct buffer head = buffer_over(memory_new(room), room);
    list_write_head(dividing->im, &share, &head);
    bool posted =
        !head.overflow && post_share(dividing, recipient, goes_out, buffer_bytes(&head), &name);
    free(head.at);
    return posted;
}

/* Who gets one. */

enum willing { WILLING, UNWILLING, SILENT };

static bool is_silent(const struct im *im, const struct policy_watcher *sender,
                      struct bytes receiver)
{
    const struct front_parts *parts = im->parts;
    enum policy_reach reach =
        policy_reaches(parts->policy, sender, receiver, parts->world->wall_ms);
    return reach == POLICY_REACH_QUIET ||
           (reach == POLICY_REACH_BLOCKED && judge_is_silent_for(im->judge, receiver));
}

static enum willing ask_receiver(const struct dividing *dividing, struct bytes receiver)
{
    const struct im *im = dividing->im;
    const struct front_request *request = dividing->request;
    const struct policy_watcher sender = {request->identity, request->foreign, request->trusted};
    if (accounts_find(im->parts->accounts, receiver) == NULL)
        return UNWILLING;
    if (judge_consents(im->judge, &im->settings, &sender, receiver))
        return WILLING;
    return is_silent(im, &sender, receiver) ? SILENT : UNWILLING;
}

static void leave_out(struct dividing *dividing, const struct recipient *recipient)
{
    struct buffer *out = &dividing->left_out;
    if (out->length + recipient->name.length + WORDS_MAX > out->size) {
        dividing->unnamed++;
        return;
    }
    buffer_text(out, out->length > 0 ? ", sip:" : "sip:");
    buffer_put(out, recipient->name);
}

/* Nobody abroad can be asked whether they agree (RFC 5363 5.2): who is in the sender's own roster
 * counts as known. */
static enum willing ask_abroad(const struct dividing *dividing, struct bytes receiver)
{
    bool known = policy_knows(dividing->im->parts->policy, dividing->request->identity, receiver);
    return known ? WILLING : UNWILLING;
}

static void serve(struct dividing *dividing, const struct recipient *recipient)
{
    struct bytes domain = sip_aor_domain(recipient->name);
    bool goes_out = domains_find(dividing->im->parts->domains, domain) == NULL;
    enum willing willing =
        goes_out ? ask_abroad(dividing, recipient->name) : ask_receiver(dividing, recipient->name);
    if (willing == SILENT) {
        dividing->silent++;
        return;
    }
    bool sent = willing == WILLING && send_share(dividing, recipient, goes_out);
    dividing->shares += sent;
    dividing->full += willing == WILLING && !sent;
    dividing->unwilling += willing == UNWILLING;
    if (!sent)
        leave_out(dividing, recipient);
}

/* The end. */

static void tell_left_out(struct dividing *dividing)
{
    const struct front_request *request = dividing->request;
    char text[NOTICE_MAX + 2 * WORDS_MAX];
    struct buffer out = buffer_over(text, sizeof(text));
    bool refused = false;
    if (bytes_empty(buffer_bytes(&dividing->left_out)) || dividing->content->automatic ||
        dividing->content->notice)
        return;
    buffer_text(&out, "Your message was not sent to ");
    buffer_put(&out, buffer_bytes(&dividing->left_out));
    if (dividing->unnamed > 0)
        buffer_format(&out, " and %zu %s", dividing->unnamed,
                      word_for(dividing->unnamed, "other", "others"));
    buffer_text(&out, ": they do not take messages that you send to several receivers, or have no "
                      "room for them.");
    const struct report_letter letter = {
        .sender = request->identity,
        .owner = request->identity,
        .from = sip_aor_domain(request->target),
        .name = report_derive(dividing->im->reporter, dividing->name.text, BYTES(""), 0),
        .content_type = BYTES("text/plain;charset=utf-8"),
        .body = buffer_bytes(&out),
    };
    note_change(dividing, report_post(dividing->im, &letter, &refused));
}

static void accept(struct dividing *dividing)
{
    metrics_count(dividing->im->parts->metrics, METRIC_lists_divided);
    tell_left_out(dividing);
    if (dividing->change_count > 1) {
        job_begin(dividing);
        return;
    }
    (void)front_respond(dividing->request, 202, NULL, BYTES(""));
    front_send(dividing->request,
               dividing->change_count == 1 ? dividing->changes[0] : STORE_NOTHING);
}

static void finish(struct dividing *dividing)
{
    struct metrics *metrics = dividing->im->parts->metrics;
    metrics_add(metrics, METRIC_list_shares, dividing->shares);
    metrics_add(metrics, METRIC_list_receivers_left_out,
                dividing->silent + dividing->unwilling + dividing->full);
    if (dividing->shares + dividing->silent > 0)
        accept(dividing);
    else if (dividing->unwilling > 0) /* RFC 5360 5.9.3 */
        front_refuse_listing(dividing->request, 470, "Consent Needed", "Permission-Missing",
                             buffer_bytes(&dividing->left_out));
    else
        front_refuse(dividing->request, 480, "No receiver has room for the message");
}

/* The request. */

static struct report_name name_of(const struct im *im, const struct front_request *request)
{
    const struct sip_message *message = request->message;
    struct report_name name = report_derive(im->reporter, "list", request->identity, message->cseq);
    name = report_derive(im->reporter, name.text, message->call_id, message->call_id.length);
    return report_derive(im->reporter, name.text, message->from.tag, message->from.tag.length);
}

/* What stands behind '+' in "list+friends@example.org", unescaped; empty: there is none. */
static struct bytes group_of(const struct front_request *request, struct arena *arena)
{
    struct bytes rest = request->target;
    size_t user = rest.length - sip_aor_domain(rest).length;
    rest = bytes_first(rest, user > 0 ? user - 1 : 0);
    (void)bytes_split(&rest, '+');
    struct buffer out = buffer_over(arena_alloc(arena, rest.length + 1), rest.length);
    return sip_unescape(rest, &out) ? buffer_bytes(&out) : BYTES("");
}

static struct verdict read_order(struct dividing *dividing)
{
    struct im *im = dividing->im;
    const struct sip_message *message = dividing->request->message;
    struct bytes group = group_of(dividing->request, &dividing->arena);
    if (bytes_empty(group))
        return list_read(im, message, &dividing->arena, &dividing->order);
    if (dividing->content->list)
        return verdict(400, "A message to a group brings no list of receivers along", 0);
    return list_read_group(im, message, dividing->request->identity, group, &dividing->arena,
                           &dividing->order);
}

static void refuse(struct dividing *dividing, struct verdict fault)
{
    char text[WORDS_MAX];
    struct buffer reason = buffer_over(text, sizeof(text) - 1);
    if (fault.status == 415) {
        front_refuse_listing(dividing->request, 415, fault.reason, "Accept", BYTES(LIST_TYPES));
        return;
    }
    if (fault.status != 413) {
        front_refuse_verdict(dividing->request, fault);
        return;
    }
    metrics_count(dividing->im->parts->metrics, METRIC_lists_limited);
    buffer_format(&reason, "A message has at most %u receivers", dividing->im->settings.list_max);
    text[reason.length] = '\0';
    front_refuse(dividing->request, 413, text);
}

static void divide(struct dividing *dividing)
{
    struct verdict fault = read_order(dividing);
    if (!verdict_ok(fault)) {
        refuse(dividing, fault);
        return;
    }
    const struct recipients *recipients = &dividing->order.recipients;
    dividing->changes =
        arena_alloc(&dividing->arena, (recipients->count + 1) * sizeof(*dividing->changes));
    for (size_t i = 0; i < recipients->count; i++)
        serve(dividing, &recipients->all[i]);
    finish(dividing);
}

void list_handle(struct im *im, struct front_request *request, const struct content *content)
{
    struct dividing dividing = {.im = im, .request = request, .content = content};
    if (bytes_empty(request->identity) || request->foreign ||
        accounts_find(im->parts->accounts, request->identity) == NULL) {
        front_refuse_stranger(request); /* RFC 5363 5.2 */
        return;
    }
    if (judge_message(im->judge, &im->settings, request, content) != JUDGE_PASS)
        return;
    if (content->momentary) {
        front_refuse(request, 488, "What is good for a moment only goes to no list");
        return;
    }
    dividing.left_out = buffer_over(dividing.text, sizeof(dividing.text));
    dividing.name = name_of(im, request);
    arena_init(&dividing.arena, 0);
    divide(&dividing);
    arena_release(&dividing.arena);
}

static void handle(void *context, struct front_request *request)
{
    struct im *im = context;
    const struct content content = content_read(&im->settings, request->message);
    list_handle(im, request, &content);
}

void list_register(struct im *im)
{
    const struct front_method method = {SIP_MESSAGE, FRONT_PROVED | FRONT_CHANGES, handle, im,
                                        "recipient-list-message"};
    front_register_service(im->front, im->settings.list_user, &method);
}
