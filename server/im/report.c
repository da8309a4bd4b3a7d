/* report.c: what a sender learns of a message.
 *
 *   event      it asked for (RFC 5438 6.2)   it gets
 *   stored     processing                    an IMDN "stored" (8.1)
 *   failed     negative-delivery             an IMDN "failed" (8.2), one a message
 *              anything else                 a notice in plain words
 *
 * Nobody is told of an IMDN, of what a program sent, of what was good for a moment only; nobody who
 * hides or is not proved; nothing of the users of quiet domains. "delivered" is never said (12.2),
 * nor "forbidden", which is about the notification and not about the message (5.1).
 *
 * An IMDN comes from the receiver's address, by which clients find the conversation that it belongs
 * to (8.1 shows it so). Words of ours come from the receiver's domain, sip:DOMAIN, since nobody
 * should take them for the receiver's. Both say Auto-Submitted: auto-replied (RFC 3834 5), so
 * nothing answers them. For a receiver in another domain, for which we do not speak, both come from
 * the sender's domain.
 *
 * Words are sent once a minute for one sender and one receiver. What fails meanwhile is counted,
 * and told in one more notice when the minute is over.
 *
 * Only what is durable is said: "stored" is made when the last change of the partition that the
 * message is in has been written, and not at all when that is refused: then it is reported again.
 * "failed" is made at once, of a message that is durable; that it failed is written afterwards
 * (message.c), so that no crash comes between.
 *
 * A sender may want IMDNs to go by a route of its own (6.6). That is obeyed within its own domain
 * alone: we know who asked for it, but not whether somebody else wants to hear of it. */
#include <assert.h>
#include <stdlib.h>
#include <utlist.h>

#include "base/table.h"
#include "im/cpim.h"
#include "report_internal.h"

enum { TOLD_MAX = 4096, MINUTE_MS = 60000, TEXT_SIZE = 4096, IMDN_SIZE = 16384, KEY_SIZE = 32 };

/* Who was told in words of whose messages, in the last minute. */
struct told {
    UT_hash_handle hh;
    struct timer timer;
    struct im *im;
    uint64_t named;             /* the serial of the message that was told of */
    unsigned further;           /* that failed since */
    uint64_t serial;            /* of the first of them */
    struct bytes key;           /* sender, NUL, receiver */
    struct bytes sender, owner; /* whom it was for; empty: somebody abroad */
    struct bytes receiver;      /* URI */
    bool foreign;
    char text[];
};

/* What is to be said when a change is durable. */
struct later {
    struct later *prev, *next;
    struct store_wait wait;
    struct im *im;
    struct report_letter letter;
    char text[];
};

struct reporter {
    struct im *im;
    struct later *later;
    struct digest_engine *digests;
    unsigned char key[KEY_SIZE];
    uint64_t seed;
    struct told *told;
};

struct reporter *reporter_new(struct im *im)
{
    struct reporter *reporter = memory_new(sizeof(*reporter));
    reporter->im = im;
    reporter->digests = digest_engine_new();
    reporter->seed = world_random_u64(im->parts->world);
    digest_hmac(reporter->digests, store_secret(im->parts->store),
                BYTES("notifications of MESSAGE"), reporter->key);
    return reporter;
}

static void told_free(struct told *told)
{
    struct reporter *reporter = told->im->reporter;
    world_timer_cancel(told->im->parts->world, &told->timer);
    HASH_DELETE(hh, reporter->told, told);
    free(told);
}

static void later_free(struct later *later)
{
    store_wait_cancel(&later->wait);
    DL_DELETE(later->im->reporter->later, later);
    free(later);
}

void reporter_free(struct reporter **reporter)
{
    struct told *told, *next;
    struct later *later, *after;
    if (*reporter == NULL)
        return;
    DL_FOREACH_SAFE((*reporter)->later, later, after)
    later_free(later);
    HASH_ITER(hh, (*reporter)->told, told, next)
    told_free(told);
    digest_engine_free(&(*reporter)->digests);
    explicit_bzero(*reporter, sizeof(**reporter));
    free(*reporter);
    *reporter = NULL;
}

struct report_name report_derive(const struct reporter *reporter, const char *of,
                                 struct bytes owner, uint64_t serial)
{
    char text[REPORT_URI_MAX + 64];
    unsigned char hash[KEY_SIZE];
    struct report_name name = {.text = ""};
    struct buffer in = buffer_over(text, sizeof(text));
    struct buffer out = buffer_over(name.text, sizeof(name.text));
    buffer_format(&in, "%s %llu ", of, (unsigned long long)serial);
    buffer_put(&in, bytes_first(owner, REPORT_URI_MAX));
    digest_hmac(reporter->digests, bytes_from(reporter->key, KEY_SIZE), buffer_bytes(&in), hash);
    buffer_hex(&out, hash, (REPORT_NAME_SIZE - 1) / 2);
    buffer_char(&out, '\0');
    assert(!in.overflow && !out.overflow);
    return name;
}

/* Who may be told. */

static bool is_ours(const struct im *im, struct bytes aor)
{
    return accounts_find(im->parts->accounts, aor) != NULL;
}

/* A user of ours, or somebody of another domain to whom a user of ours can answer. */
static bool can_be_told(const struct im *im, const struct report_about *about)
{
    if (bytes_empty(about->sender) || sip_host_is_invalid(sip_aor_domain(about->sender)))
        return false;
    return is_ours(im, about->sender) || (about->foreign && !bytes_empty(about->owner));
}

static bool is_quiet(const struct im *im, struct bytes owner)
{
    struct bytes domain = sip_aor_domain(owner);
    for (unsigned i = 0; i < im->settings.quiet_count; i++)
        if (bytes_equal_nocase(domain, bytes_of(im->settings.quiet[i])))
            return true;
    return false;
}

static bool may_be_told(const struct im *im, const struct report_about *about,
                        const struct content *content)
{
    return !content->notice && !content->automatic && !content->momentary &&
           can_be_told(im, about) && !is_quiet(im, about->owner);
}

/* Whose log the message is in. */
static struct bytes log_of(const struct report_about *about)
{
    return bytes_empty(about->owner) ? about->sender : about->owner;
}

/* From and to. */

/* The domain that speaks: the receiver's, or the sender's for a receiver abroad. */
static struct bytes speaker_of(const struct report_about *about)
{
    return sip_aor_domain(log_of(about));
}

static struct report_letter address_to(const struct im *im, const struct report_about *about)
{
    bool ours = is_ours(im, about->sender);
    return (struct report_letter){
        .sender = about->sender,
        .owner = ours ? about->sender : about->owner,
        .goes_out = !ours,
        .from = speaker_of(about),
    };
}

static struct bytes write_uri(struct bytes aor, char *text)
{
    struct buffer out = buffer_over(text, REPORT_URI_MAX);
    buffer_text(&out, "sip:");
    buffer_put(&out, aor);
    return buffer_bytes(&out);
}

/* The receiver's URI. */
static struct bytes receiver_of(const struct report_about *about, char *text)
{
    if (!bytes_empty(about->owner))
        return write_uri(about->owner, text);
    return bytes_first(about->message->request_uri, REPORT_URI_MAX);
}

/* IMDNs. */

/* Where the topmost IMDN-Record-Route leads, when that is the sender's own domain, elsewhere.
 * Before a user of ours there is nobody but us: who is named there instead did not ask for
 * anything. */
static void follow_route(const struct im *im, struct bytes route, struct report_letter *letter,
                         char *text)
{
    struct buffer out = buffer_over(text, REPORT_URI_MAX);
    struct sip_uri uri;
    buffer_text(&out, "sip:");
    if (!letter->goes_out || bytes_empty(route) ||
        !verdict_ok(sip_uri_parse(cpim_uri(route), &uri)) ||
        !domains_write_name(im->parts->domains, uri.text, &out) || out.overflow)
        return;
    struct bytes name = bytes_skip(buffer_bytes(&out), 4);
    bool plain = uri.scheme != SIP_SCHEME_SIP && uri.scheme != SIP_SCHEME_SIPS;
    if (bytes_equal(sip_aor_domain(name), sip_aor_domain(letter->sender)))
        letter->target = plain ? buffer_bytes(&out) : uri.text;
}

static void is_durable(struct store_wait *wait, enum store_outcome outcome)
{
    struct later *later = HOLDER(wait, struct later, wait);
    bool refused = false;
    if (outcome == STORE_DURABLE)
        (void)report_post(later->im, &later->letter, &refused);
    later_free(later);
}

static struct later *later_new(struct im *im, const struct report_letter *letter)
{
    struct later *later =
        memory_new(sizeof(*later) + letter->sender.length + letter->owner.length +
                   letter->target.length + letter->from.length + letter->body.length);
    char *at = later->text;
    later->im = im;
    later->letter = *letter;
    later->letter.sender = bytes_pack(&at, letter->sender);
    later->letter.owner = bytes_pack(&at, letter->owner);
    later->letter.target = bytes_pack(&at, letter->target);
    later->letter.from = bytes_pack(&at, letter->from);
    later->letter.body = bytes_pack(&at, letter->body);
    DL_APPEND(im->reporter->later, later);
    return later;
}

/* Of these there are as many as changes under way. */
static void post_after(struct im *im, const struct report_letter *letter,
                       struct store_change change)
{
    struct store *store = im->parts->store;
    bool refused = false;
    if (store_durable(store, change))
        (void)report_post(im, letter, &refused);
    else
        store_wait(store, &later_new(im, letter)->wait, change, is_durable);
}

static bool wants(const struct im *im, const struct content *content, unsigned wish)
{
    return im->settings.imdn && (content->wishes & wish) && !bytes_empty(content->message_id);
}

static enum report_outcome post_failed(struct im *im, const struct report_letter *letter,
                                       struct store_change *change)
{
    bool refused = false;
    *change = report_post(im, letter, &refused);
    return refused ? REPORT_REFUSED : REPORT_POSTED;
}

/* Of "stored" nobody waits for the outcome. NOT_DUE: it cannot be written. */
static enum report_outcome send_imdn(struct im *im, const struct report_about *about,
                                     struct bytes route, enum imdn_status status,
                                     struct store_change *change)
{
    char body[IMDN_SIZE], receiver[REPORT_URI_MAX], sender[REPORT_URI_MAX], target[REPORT_URI_MAX];
    struct buffer out = buffer_over(body, sizeof(body));
    const char *disposition = status == IMDN_STORED ? "processing" : "delivery";
    struct report_letter letter = address_to(im, about);
    letter.name = report_derive(im->reporter, disposition, about->owner, about->serial);
    const struct report_imdn imdn = {
        .message = about->message,
        .sender = write_uri(about->sender, sender),
        .receiver = receiver_of(about, receiver),
        .name = bytes_of(letter.name.text),
        .status = status,
    };
    if (!report_write_imdn(im, &imdn, &out))
        return REPORT_NOT_DUE;
    letter.content_type = BYTES("message/cpim");
    letter.body = buffer_bytes(&out);
    if (!bytes_empty(about->owner))
        letter.from = about->owner;
    follow_route(im, route, &letter, target);
    if (status == IMDN_DELIVERY_FAILED)
        return post_failed(im, &letter, change);
    post_after(im, &letter, store_latest(im->parts->store, partition_of(log_of(about))));
    return REPORT_POSTED;
}

void report_stored(struct im *im, const struct report_about *about)
{
    const struct content content = content_read(&im->settings, about->message);
    struct store_change change = STORE_NOTHING;
    if (may_be_told(im, about, &content) && wants(im, &content, CONTENT_WISH_PROCESSING))
        (void)send_imdn(im, about, content.record_route, IMDN_STORED, &change);
}

/* Words. */

static enum report_outcome send_words(struct im *im, const struct report_about *about,
                                      const char *disposition, struct bytes words,
                                      struct store_change *change)
{
    struct report_letter letter = address_to(im, about);
    letter.name = report_derive(im->reporter, disposition, about->owner, about->serial);
    letter.content_type = BYTES("text/plain;charset=utf-8");
    letter.body = words;
    return post_failed(im, &letter, change);
}

static void tell_further(struct told *told)
{
    char text[TEXT_SIZE];
    struct buffer out = buffer_over(text, sizeof(text));
    struct store_change change = STORE_NOTHING;
    const struct report_about about = {.owner = told->owner,
                                       .sender = told->sender,
                                       .foreign = told->foreign,
                                       .serial = told->serial};
    buffer_format(&out, "%u more of your messages to %.*s could not be delivered.", told->further,
                  BYTES_ARGS(told->receiver));
    if (can_be_told(told->im, &about))
        (void)send_words(told->im, &about, "more", buffer_bytes(&out), &change);
}

static void minute_over(struct timer *timer)
{
    struct told *told = HOLDER(timer, struct told, timer);
    if (told->further == 0) {
        told_free(told);
        return;
    }
    tell_further(told);
    told->further = 0;
    world_timer(told->im->parts->world, timer, MINUTE_MS, minute_over);
}

static void told_add(struct reporter *reporter, const struct report_about *about, struct bytes key,
                     struct bytes receiver)
{
    struct told *told =
        memory_new(sizeof(*told) + key.length + about->owner.length + receiver.length);
    char *at = told->text;
    told->im = reporter->im;
    told->key = bytes_pack(&at, key);
    told->sender = bytes_first(told->key, about->sender.length);
    told->owner = bytes_pack(&at, about->owner);
    told->receiver = bytes_pack(&at, receiver);
    told->foreign = about->foreign;
    told->named = about->serial;
    TABLE_ADD(reporter->told, told->key.at, told->key.length, reporter->seed, told);
    world_timer(reporter->im->parts->world, &told->timer, MINUTE_MS, minute_over);
}

/* The one that was told first gives way; what it still has to say is said now. */
static void told_limit(struct reporter *reporter)
{
    struct told *oldest = reporter->told;
    if (HASH_COUNT(reporter->told) <= TOLD_MAX)
        return;
    if (oldest->further > 0)
        tell_further(oldest);
    told_free(oldest);
}

/* True when it was counted for a later notice. What was told is told again when it is asked for
 * again: it may not have been written. */
static bool was_just_told(struct reporter *reporter, const struct report_about *about,
                          struct bytes receiver)
{
    char text[2 * REPORT_URI_MAX];
    struct buffer key = buffer_over(text, sizeof(text));
    struct told *told;
    buffer_put(&key, bytes_first(about->sender, REPORT_URI_MAX - 1));
    buffer_char(&key, '\0');
    buffer_put(&key, receiver);
    TABLE_FIND(reporter->told, key.at, key.length, reporter->seed, told);
    if (told == NULL) {
        told_add(reporter, about, buffer_bytes(&key), receiver);
        told_limit(reporter);
        return false;
    }
    if (told->named == about->serial)
        return false;
    if (told->further++ == 0)
        told->serial = about->serial;
    metrics_count(reporter->im->parts->metrics, METRIC_reports_folded);
    return true;
}

static enum report_outcome tell_in_words(struct im *im, const struct report_about *about,
                                         unsigned status, const char *reason,
                                         struct store_change *change)
{
    char text[TEXT_SIZE], uri[REPORT_URI_MAX];
    struct buffer out = buffer_over(text, sizeof(text));
    struct bytes receiver = receiver_of(about, uri);
    struct bytes date = sip_message_value(about->message, SIP_DATE);
    if (was_just_told(im->reporter, about, receiver))
        return REPORT_NOT_DUE;
    buffer_format(&out, "Your message to %.*s", BYTES_ARGS(receiver));
    if (!bytes_empty(date) && date.length < 64)
        buffer_format(&out, " of %.*s", BYTES_ARGS(date));
    buffer_format(&out, " could not be delivered: %s", reason);
    if (status != 0)
        buffer_format(&out, " (%u)", status);
    buffer_char(&out, '.');
    return send_words(im, about, "failed", buffer_bytes(&out), change);
}

enum report_outcome report_failed(struct im *im, const struct report_about *about, unsigned status,
                                  const char *reason, struct store_change *change)
{
    enum report_outcome outcome = REPORT_NOT_DUE;
    assert(about->message != NULL && reason != NULL);
    const struct content content = content_read(&im->settings, about->message);
    *change = STORE_NOTHING;
    if (!may_be_told(im, about, &content))
        return REPORT_NOT_DUE;
    if (wants(im, &content, CONTENT_WISH_NEGATIVE))
        outcome = send_imdn(im, about, content.record_route, IMDN_DELIVERY_FAILED, change);
    return outcome != REPORT_NOT_DUE ? outcome : tell_in_words(im, about, status, reason, change);
}
