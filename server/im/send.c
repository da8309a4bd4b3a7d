/* send.c: a message that is handed in, by the HTTP API say.
 *
 *   letter --> a MESSAGE as it would have come --> judged as that (judge.c) --> posted (post.c)
 *
 *   to                     whose log has it
 *   a user of ours         the receiver's; and the sender's, what was sent
 *   another domain         the sender's; so it needs one, a service writes to our users alone
 *
 * What is too long for a datagram is not taken for who is there by UDP. Whom the receiver does not
 * want to know it has it in what was sent, and nobody else has. */
#include "base/date.h"
#include "message_internal.h"
#include "report_internal.h"
#include "sip/write.h"

enum {
    HEAD_MAX = 8192,
    TAG_LENGTH = 16,
    VIA_ROOM = 160,
    AWAY_ROOM = 200 /* of a device that is not there: its URI and its Route */
};

struct handing {
    struct im *im;
    const struct im_letter *letter;
    char name[REPORT_NAME_SIZE];
    char *raw; /* owned: head and body */
    size_t head_length;
    struct sip_message message;
    struct content content;
    bool goes_out;
};

static struct im_sent refuse(unsigned status, const char *reason, unsigned later_s)
{
    return (struct im_sent){.status = status, .reason = reason, .later_s = later_s};
}

/* The request. */

static void take_name(struct handing *handing)
{
    struct im *im = handing->im;
    struct buffer out = buffer_over(handing->name, REPORT_NAME_SIZE - 1);
    const uint64_t random[] = {world_random_u64(im->parts->world),
                               world_random_u64(im->parts->world)};
    if (bytes_empty(handing->letter->name))
        buffer_hex(&out, random, sizeof(random));
    else
        buffer_put(&out, handing->letter->name);
    assert(out.length == IM_NAME_LENGTH && IM_NAME_LENGTH == REPORT_NAME_SIZE - 1);
    handing->name[out.length] = '\0';
}

static void write_party(struct buffer *out, const char *name, struct bytes aor)
{
    buffer_format(out, "%s: <sip:%.*s>", name, BYTES_ARGS(aor));
}

static void write_head(const struct handing *handing, struct buffer *out)
{
    const struct im_letter *letter = handing->letter;
    struct date date = {0};
    buffer_format(out, "MESSAGE sip:%.*s SIP/2.0\r\nMax-Forwards: 70\r\n", BYTES_ARGS(letter->to));
    write_party(out, "From", letter->from);
    buffer_format(out, ";tag=%.*s\r\n", TAG_LENGTH, handing->name);
    write_party(out, "To", letter->to);
    buffer_format(out, "\r\nCall-ID: %s\r\nCSeq: 1 MESSAGE\r\n", handing->name);
    sip_write_field(out, "Date", date_text(&date, handing->im->parts->world->wall_ms));
    if (!bytes_empty(letter->subject))
        sip_write_field(out, "Subject", letter->subject);
    sip_write_head_end(out, letter->content_type, letter->body.length);
}

/* It lacks a Via, and may have no other fault. */
static bool parse(struct handing *handing)
{
    struct sip_message *message = &handing->message;
    struct bytes body = handing->letter->body;
    struct bytes raw = bytes_from(handing->raw, handing->head_length + body.length);
    (void)!verdict_ok(sip_message_parse(raw, false, message));
    return message->body.at != NULL && message->request && message->body.length == body.length &&
           !bytes_empty(message->call_id) && !bytes_empty(message->cseq_method);
}

static bool compose(struct handing *handing)
{
    struct bytes body = handing->letter->body;
    handing->raw = memory_new(HEAD_MAX + body.length + 1);
    struct buffer out = buffer_over(handing->raw, HEAD_MAX);
    take_name(handing);
    write_head(handing, &out);
    if (out.overflow)
        return false;
    char *at = handing->raw + out.length;
    handing->head_length = out.length;
    bytes_pack(&at, body);
    if (!parse(handing))
        return false;
    handing->content = content_read(&handing->im->settings, &handing->message);
    return true;
}

/* Posting. */

static struct im_post post_of(const struct handing *handing)
{
    const struct im_letter *letter = handing->letter;
    const struct im *im = handing->im;
    bool out = handing->goes_out;
    unsigned lasts_s = out ? im->settings.foreign_s : im->settings.offline_s;
    return (struct im_post){
        .owner = out ? letter->from : letter->to,
        .kind = out ? STORE_SENT : STORE_RECEIVED,
        .peer = out ? letter->to : letter->from,
        .trusted = letter->service,
        .goes_out = out,
        .origin = {.call_id = bytes_of(handing->name), .cseq = 1},
        .from_tag = bytes_from(handing->name, TAG_LENGTH),
        .content_type = letter->content_type,
        .head = bytes_from(handing->raw, handing->head_length),
        .body = letter->body,
        .expires_ms = im->parts->world->wall_ms + (uint64_t)lasts_s * 1000,
        .copied =
            !out && !letter->service && !letter->sent && !bytes_equal(letter->from, letter->to),
    };
}

static struct im_sent answer_full(const struct handing *handing, bool store)
{
    unsigned later_s = front_settings(handing->im->front)->retry_after_s;
    if (store)
        return refuse(503, "The message cannot be stored for the moment", later_s);
    return refuse(480, "Too many messages wait for this user", 0);
}

static struct im_sent post(struct handing *handing, enum judgement judgement)
{
    struct im *im = handing->im;
    const struct im_letter *letter = handing->letter;
    const struct im_post what = post_of(handing);
    struct im_sent sent = {.status = 202, .change = STORE_NOTHING};
    bool refused = false;
    bool store = store_ready(im->parts->store) &&
                 !front_is_closed(im->front, partition_of(what.owner)) &&
                 (letter->service || !front_is_closed(im->front, partition_of(letter->from)));
    if (judgement == JUDGE_PASS && !letter->received)
        sent.change = im_post(im, &what, &refused);
    else if (what.copied)
        sent.change = im_post_copy(im, &what, &refused);
    if (refused)
        return answer_full(handing, !store);
    sent.serial = im_post_serial(im, &what, what.copied);
    if (sent.serial == 0) /* one that nobody has looks like one that was taken at once */
        sent.serial = im->engine->epoch << 40 | ++im->engine->serial;
    return sent;
}

/* Length. */

/* `way`: what a way adds to what was written: its Request-URI and a Route; our Via beside them. */
static bool is_long_with(const struct handing *handing, size_t way)
{
    const struct transaction_settings *settings =
        transaction_layer_settings(handing->im->parts->transactions);
    size_t bytes = handing->head_length + handing->letter->body.length + VIA_ROOM;
    return bytes + way > settings->datagram_max_bytes;
}

/* RFC 3428 8: who makes a MESSAGE sends none over 1300 bytes where congestion is nobody's business.
 * That is where a device of the receiver registered by UDP: a datagram is the way to it. Others are
 * dialled by TCP first. Who is not there may come back by UDP. */
static bool is_too_long(struct handing *handing)
{
    const struct im *im = handing->im;
    struct proxy_target targets[PROXY_TARGETS_MAX];
    struct front_request request = {
        .front = im->front,
        .message = &handing->message,
        .aim = FRONT_AIM_USER,
        .identity = handing->letter->from,
        .target = handing->letter->to,
        .domain = domains_find(im->parts->domains, sip_aor_domain(handing->letter->to)),
        .partition = partition_of(handing->letter->to),
    };
    request.seen = store_latest(im->parts->store, request.partition);
    if (!verdict_ok(sip_uri_parse(handing->message.request_uri, &request.uri)))
        return false;
    size_t count = proxy_find(im->proxy, &request, targets);
    for (size_t i = 0; i < count; i++)
        if (targets[i].flow != NULL && !net_is_stream(targets[i].flow->protocol) &&
            is_long_with(handing, targets[i].uri.length + targets[i].route.length))
            return true;
    return count == 0 && is_long_with(handing, AWAY_ROOM);
}

/* Judging. */

static struct im_sent judge(struct handing *handing)
{
    const struct im_letter *letter = handing->letter;
    struct im *im = handing->im;
    const struct policy_watcher sender = {letter->from, false, letter->service};
    const struct judge_letter question = {
        .message = &handing->message,
        .sender = &sender,
        .receiver = handing->goes_out ? BYTES("") : letter->to,
        .content = &handing->content,
    };
    struct judge_refusal refusal;
    if (!handing->goes_out && accounts_find(im->parts->accounts, letter->to) == NULL)
        return refuse(404, "There is no such user", 0);
    enum judgement judgement = judge_letter(im->judge, &im->settings, &question, &refusal);
    if (judgement == JUDGE_ANSWERED)
        return refuse(refusal.status, refusal.reason, refusal.later_s);
    if (judgement == JUDGE_PASS && !handing->goes_out && !letter->received &&
        is_too_long(handing)) {
        metrics_count(im->parts->metrics, METRIC_messages_too_long);
        return refuse(
            413,
            "The receiver is there by UDP, or may come back by it, which takes short messages only "
            "(transaction.datagram_max_bytes in all); say it in several",
            0);
    }
    return post(handing, judgement);
}

static struct im_sent hand_in(struct handing *handing)
{
    const struct im_letter *letter = handing->letter;
    const struct front_parts *parts = handing->im->parts;
    handing->goes_out = domains_find(parts->domains, sip_aor_domain(letter->to)) == NULL;
    if (accounts_disabled(parts->accounts, letter->from))
        return refuse(403, "This account is disabled", 0);
    if (handing->goes_out && letter->service)
        return refuse(403, "Only users of this server write to other domains", 0);
    if (!compose(handing))
        return refuse(400, "The message cannot be written as a SIP MESSAGE", 0);
    if (handing->content.momentary || handing->content.list)
        return refuse(488, "What is good for a moment, or for several receivers, goes by SIP alone",
                      0);
    return judge(handing);
}

struct im_sent im_send(struct im *im, const struct im_letter *letter)
{
    assert(!bytes_empty(letter->from) && !bytes_empty(letter->to));
    assert(!bytes_empty(letter->content_type));
    struct handing handing = {.im = im, .letter = letter};
    struct im_sent sent = hand_in(&handing);
    free(handing.raw);
    if (sent.status == 202)
        metrics_count(im->parts->metrics, METRIC_messages_handed_in);
    return sent;
}

/* Ending. */

enum err im_end_waiting(struct im *im, struct bytes aor, uint64_t serial,
                        struct store_change *change)
{
    const struct inbox *inbox = inbox_find(im, aor);
    struct message *message = inbox != NULL ? message_find(inbox, serial, NULL) : NULL;
    *change = STORE_NOTHING;
    if (message == NULL || message->live != NULL || !message_is_owed(message))
        return ERR_NOT_FOUND;
    if (!message->durable || !store_ready(im->parts->store) ||
        front_is_closed(im->front, inbox->partition))
        return ERR_BUSY;
    message_end(message);
    *change = store_latest(im->parts->store, partition_of(aor));
    return ERR_NONE;
}
