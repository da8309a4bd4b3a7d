/* judge.c: may this MESSAGE be taken?
 *
 *   too long --> 413    of a type that is not taken --> 415    its sender sends too many --> 500
 *   the receiver's rules:  allow it --> it passes
 *                          block it --> 403, or silence when the receiver wishes that
 *                          block it politely --> silence
 *                          cannot be read --> 500: nobody is let in by a fault of ours
 *                          say nothing --> whose messages the receiver takes: it passes, or 403
 *
 * What is cheap and tells nothing of the receiver stands first. A notification (RFC 5438) is never
 * answered with a failure for what its receiver wants: nobody waits for the answer.
 *
 * Rates are kept as in front/guard.c: a sighting holds when the sender's next message would be due
 * at the steady rate, in microseconds; it passes while that is no further away than a minute's
 * messages. */
#include <assert.h>
#include <stdlib.h>

#include "base/sightings.h"
#include "im_internal.h"

enum {
    SENDERS_MAX = 16384,
    MINUTE_MS = 60000,
    MINUTE_US = MINUTE_MS * 1000,
    SECOND_US = 1000000,
    ACCEPT_MAX = 2048,
    REASON_MAX = 64
};

struct judge {
    struct front *front;
    const struct front_parts *parts;
    struct sightings senders;
    uint64_t seed;
};

struct judge *judge_new(struct front *front)
{
    assert(front != NULL);
    struct judge *judge = memory_new(sizeof(*judge));
    judge->front = front;
    judge->parts = front_parts(front);
    judge->seed = world_random_u64(judge->parts->world);
    sightings_init(&judge->senders, SENDERS_MAX, MINUTE_MS, judge->parts->metrics,
                   METRIC_senders_forgotten);
    return judge;
}

void judge_free(struct judge **judge)
{
    if (*judge == NULL)
        return;
    sightings_release(&(*judge)->senders);
    free(*judge);
    *judge = NULL;
}

/* Size. */

static bool has_fitting_size(const struct judge *judge, const struct im_settings *settings,
                             struct front_request *request)
{
    if (settings->body_max_bytes == 0 || request->message->body.length <= settings->body_max_bytes)
        return true;
    char text[REASON_MAX];
    struct buffer reason = buffer_over(text, sizeof(text) - 1);
    buffer_format(&reason, "The body is longer than %u bytes", settings->body_max_bytes);
    text[reason.length] = '\0';
    metrics_count(judge->parts->metrics, METRIC_messages_too_long);
    front_refuse(request, 413, text);
    return false;
}

/* Type. */

/* `wanted`: "text/plain", "text/" "*". */
static bool media_fits(const struct sip_media *media, const char *wanted)
{
    struct bytes subtype = bytes_of(wanted), type = bytes_split(&subtype, '/');
    return bytes_equal_nocase(media->type, type) &&
           (bytes_equal(subtype, BYTES("*")) || bytes_equal_nocase(media->subtype, subtype));
}

/* A body that does not say what it is is text (RFC 2045 5.2); a message without one is anything. */
static bool is_taken(const struct im_settings *settings, const struct sip_message *message)
{
    struct bytes value = sip_message_value(message, SIP_CONTENT_TYPE);
    struct sip_media media;
    if (settings->type_count == 0 || (bytes_empty(message->body) && bytes_empty(value)))
        return true;
    if (!verdict_ok(sip_media_parse(bytes_empty(value) ? BYTES("text/plain") : value, &media)))
        return false;
    for (unsigned i = 0; i < settings->type_count; i++)
        if (media_fits(&media, settings->types[i]))
            return true;
    return false;
}

static bool has_fitting_type(const struct judge *judge, const struct im_settings *settings,
                             struct front_request *request)
{
    if (is_taken(settings, request->message))
        return true;
    char text[ACCEPT_MAX];
    struct buffer accept = buffer_over(text, sizeof(text));
    for (unsigned i = 0; i < settings->type_count; i++) {
        struct bytes type = bytes_of(settings->types[i]);
        if (type.length + 2 > accept.size - accept.length)
            break;
        buffer_text(&accept, i > 0 ? ", " : "");
        buffer_put(&accept, type);
    }
    metrics_count(judge->parts->metrics, METRIC_messages_of_other_types);
    front_refuse_listing(request, 415, NULL, "Accept", buffer_bytes(&accept));
    return false;
}

/* Rate. */

/* The sender when it is proved, else the address that it sends from. */
static uint64_t sender_key(const struct judge *judge, const struct front_request *request)
{
    if (!bytes_empty(request->identity))
        return bytes_hash(request->identity, judge->seed);
    struct net_address source = net_address_counted(&request->incoming->flow.remote);
    return net_address_hash(&source, ~judge->seed);
}

/* Takes one of the sender's; 0: there was one, else the seconds until there is. */
static unsigned take_turn(struct judge *judge, unsigned a_minute, uint64_t key)
{
    uint64_t now_ms = judge->parts->world->now_ms, now_us = now_ms * 1000;
    uint64_t step_us = MINUTE_US / a_minute;
    struct sighting *seen = sightings_take(&judge->senders, key, now_ms);
    uint64_t due_us = seen->value > now_us ? seen->value : now_us;
    uint64_t full_us = now_us + step_us * a_minute;
    if (due_us + step_us > full_us)
        return (unsigned)((due_us + step_us - full_us + SECOND_US - 1) / SECOND_US);
    seen->value = due_us + step_us;
    return 0;
}

/* What a trusted address sends for nobody in particular (a PBX's notifications) is as many as it
 * likes. */
static bool has_turn(struct judge *judge, const struct im_settings *settings,
                     struct front_request *request)
{
    if (settings->rate_max == 0 || (request->trusted && bytes_empty(request->identity)))
        return true;
    unsigned wait_s = take_turn(judge, settings->rate_max, sender_key(judge, request));
    if (wait_s == 0)
        return true;
    metrics_count(judge->parts->metrics, METRIC_messages_rate_limited);
    request->why = FRONT_WHY_RATE;
    front_refuse_later(request, 500, "Too many messages of this sender", wait_s);
    return false;
}

/* The receiver. */

/* Whose messages the receiver takes, by its own word or the server's. */
static enum im_accept accept_of(const struct judge *judge, const struct im_settings *settings,
                                struct bytes receiver)
{
    struct bytes word = policy_preference(judge->parts->policy, receiver, BYTES("messages"));
    if (bytes_equal(word, BYTES("everybody")))
        return IM_ACCEPT_EVERYBODY;
    if (bytes_equal(word, BYTES("domain")))
        return IM_ACCEPT_DOMAIN;
    if (bytes_equal(word, BYTES("roster")))
        return IM_ACCEPT_ROSTER;
    return settings->accept;
}

static bool is_welcome(const struct judge *judge, const struct im_settings *settings,
                       const struct policy_watcher *sender, struct bytes receiver)
{
    enum im_accept accept = accept_of(judge, settings, receiver);
    if (accept == IM_ACCEPT_EVERYBODY)
        return true;
    if (bytes_empty(sender->aor))
        return false;
    if (accept == IM_ACCEPT_DOMAIN && !sender->foreign &&
        bytes_equal(sip_aor_domain(sender->aor), sip_aor_domain(receiver)))
        return true;
    return policy_knows(judge->parts->policy, receiver, sender->aor);
}

static enum judgement silence(const struct judge *judge)
{
    metrics_count(judge->parts->metrics, METRIC_messages_silenced);
    return JUDGE_SILENT;
}

bool judge_is_silent_for(const struct judge *judge, struct bytes receiver)
{
    return bytes_equal(policy_preference(judge->parts->policy, receiver, BYTES("blocked")),
                       BYTES("silent"));
}

/* What the receiver's word comes to. */
enum word { WORD_LET, WORD_SILENT, WORD_BLOCKED, WORD_UNWELCOME, WORD_UNKNOWN };

static enum word word_of(const struct judge *judge, const struct im_settings *settings,
                         const struct policy_watcher *sender, struct bytes receiver)
{
    const struct front_parts *parts = judge->parts;
    if (bytes_equal(sender->aor, receiver))
        return WORD_LET;
    switch (policy_reaches(parts->policy, sender, receiver, parts->world->wall_ms)) {
    case POLICY_REACH_LET:
        return WORD_LET;
    case POLICY_REACH_QUIET:
        return WORD_SILENT;
    case POLICY_REACH_BLOCKED:
        return judge_is_silent_for(judge, receiver) ? WORD_SILENT : WORD_BLOCKED;
    case POLICY_REACH_UNKNOWN:
        return WORD_UNKNOWN;
    case POLICY_REACH_OPEN:
        break;
    }
    return is_welcome(judge, settings, sender, receiver) ? WORD_LET : WORD_UNWELCOME;
}

static enum judgement refuse(struct judge_refusal *refusal, unsigned status, const char *reason,
                             unsigned later_s)
{
    *refusal = (struct judge_refusal){status, reason, later_s};
    return JUDGE_ANSWERED;
}

static enum judgement ask_receiver(const struct judge *judge, const struct im_settings *settings,
                                   const struct policy_watcher *sender, struct bytes receiver,
                                   const struct content *content, struct judge_refusal *refusal)
{
    enum word word = word_of(judge, settings, sender, receiver);
    if (word == WORD_LET)
        return JUDGE_PASS;
    if (word == WORD_SILENT)
        return silence(judge);
    if (word == WORD_UNKNOWN)
        return refuse(refusal, 500, "The receiver's rules cannot be read for the moment",
                      front_settings(judge->front)->retry_after_s);
    metrics_count(judge->parts->metrics,
                  word == WORD_BLOCKED ? METRIC_messages_blocked : METRIC_messages_unwelcome);
    if (content->notice)
        return silence(judge);
    return refuse(refusal, 403, "The receiver does not take messages of this sender", 0);
}

enum judgement judge_message(struct judge *judge, const struct im_settings *settings,
                             struct front_request *request, const struct content *content)
{
    assert(judge != NULL && settings != NULL && request->message->method == SIP_MESSAGE);
    assert(settings->type_count <= IM_TYPES_MAX);
    if (!has_fitting_size(judge, settings, request) ||
        !has_fitting_type(judge, settings, request) || !has_turn(judge, settings, request))
        return JUDGE_ANSWERED;
    bool ours = request->aim == FRONT_AIM_USER || request->aim == FRONT_AIM_DEVICE;
    if (!ours || bytes_empty(request->target))
        return JUDGE_PASS;
    const struct policy_watcher sender = {request->identity, request->foreign, request->trusted};
    struct judge_refusal refusal;
    enum judgement judgement =
        ask_receiver(judge, settings, &sender, request->target, content, &refusal);
    if (judgement == JUDGE_ANSWERED)
        request->why = refusal.status == 403 ? FRONT_WHY_POLICY : FRONT_WHY_UNKNOWN_RULES;
    if (judgement == JUDGE_ANSWERED && refusal.later_s > 0)
        front_refuse_later(request, refusal.status, refusal.reason, refusal.later_s);
    else if (judgement == JUDGE_ANSWERED)
        front_refuse(request, refusal.status, refusal.reason);
    return judgement;
}

enum judgement judge_letter(struct judge *judge, const struct im_settings *settings,
                            const struct judge_letter *letter, struct judge_refusal *refusal)
{
    const struct policy_watcher *sender = letter->sender;
    struct metrics *metrics = judge->parts->metrics;
    if (settings->body_max_bytes != 0 && letter->message->body.length > settings->body_max_bytes) {
        metrics_count(metrics, METRIC_messages_too_long);
        return refuse(refusal, 413, "The body is too long", 0);
    }
    if (!is_taken(settings, letter->message)) {
        metrics_count(metrics, METRIC_messages_of_other_types);
        return refuse(refusal, 415, "Bodies of this type are not taken", 0);
    }
    uint64_t key = bytes_hash(sender->aor, judge->seed);
    unsigned wait_s =
        settings->rate_max == 0 || sender->trusted ? 0 : take_turn(judge, settings->rate_max, key);
    if (wait_s > 0) {
        metrics_count(metrics, METRIC_messages_rate_limited);
        return refuse(refusal, 429, "Too many messages of this sender", wait_s);
    }
    if (bytes_empty(letter->receiver))
        return JUDGE_PASS;
    return ask_receiver(judge, settings, sender, letter->receiver, letter->content, refusal);
}

enum judgement judge_owed(const struct judge *judge, const struct im_settings *settings,
                          const struct judge_letter *letter, struct judge_refusal *refusal)
{
    return ask_receiver(judge, settings, letter->sender, letter->receiver, letter->content,
                        refusal);
}

bool judge_consents(const struct judge *judge, const struct im_settings *settings,
                    const struct policy_watcher *sender, struct bytes receiver)
{
    const struct front_parts *parts = judge->parts;
    (void)settings; /* what a receiver puts up with is no consent */
    assert(!bytes_empty(receiver));
    if (bytes_empty(sender->aor))
        return false;
    if (bytes_equal(sender->aor, receiver))
        return true;
    enum policy_reach reach =
        policy_reaches(parts->policy, sender, receiver, parts->world->wall_ms);
    return reach == POLICY_REACH_LET ||
           (reach == POLICY_REACH_OPEN && policy_knows(parts->policy, receiver, sender->aor));
}
