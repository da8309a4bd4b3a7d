/* hook.c: the queues of hooks.
 *
 *     feed --what the hook wants--> queue --the first--> posted --2xx--> gone
 *                                     ^-----a pause-----  other, silence
 *                                                         410 -> the hook is off
 *
 * The first of a queue leaves when it was taken, or is too old. Where events were lost, too old,
 * too many, of an earlier life of the server or of while the hook was off, a `gap` stands in the
 * queue: it is tried until it is taken, however long that lasts, and there is room for one at the
 * end of a full queue. */
#include "hook/hook.h"

#include <assert.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#include "base/buffer.h"
#include "base/holder.h"
#include "base/memory.h"
#include "http/place.h"

enum { MS_PER_S = 1000, STATUS_GONE = 410, STATUS_TOO_MANY = 429, STATUS_UNAVAILABLE = 503 };

struct pending {
    struct pending *prev, *next;
    uint64_t id, since_ms; /* monotonic */
    bool gap;
    char *json;
};

struct hook {
    struct hook *prev, *next;
    struct hooks *hooks;
    struct feed_filter filter;
    uint64_t position;
    struct pending *queue;
    size_t count;
    struct timer pause;
    unsigned pause_s, attempts; /* of the first in the queue */
    uint64_t post;              /* handle of what is under way; 0: nothing */
    struct hook_look last;
    bool active, seen;
    bool gone;                /* it answered 410, which its row does not say yet */
    struct store_wait silent; /* while it is gone */
    bool full;                /* and that was logged */
    struct bytes id, url, types, user, secret, before; /* the secret that was there before */
    uint64_t secret_ms;                                /* wall clock, when it was changed */
    char text[];
};

struct hooks {
    struct hooks_parts parts;
    struct hooks_settings settings;
    struct hook *list;
    bool reads;    /* the feed is told that somebody does */
    bool starting; /* the rows are of hooks that an earlier life had */
};

struct hooks_settings hooks_settings_default(void)
{
    return (struct hooks_settings){
        .max = 100,
        .pending_max = 1000,
        .pause_least_s = 1,
        .pause_most_s = 3600,
        .keep_s = 86400,
        .secret_grace_s = 86400,
    };
}

enum hook_url hook_url_judge(const struct hooks_settings *settings, struct bytes url)
{
    if (!http_url_is_good(url))
        return HOOK_URL_BAD;
    enum place place = place_of_host(place_host(url));
    if (place != PLACE_ELSEWHERE && !settings->local)
        return HOOK_URL_NEAR;
    bool plain = !bytes_starts_with(url, BYTES("https://"));
    return plain && place != PLACE_LOOPBACK && !settings->plain_anywhere ? HOOK_URL_PLAIN
                                                                         : HOOK_URL_GOOD;
}

const char *hook_url_advice(enum hook_url judged)
{
    switch (judged) {
    case HOOK_URL_BAD:
        return "an address is wanted: https://HOST/PATH or https://HOST:PORT/PATH, the port at "
               "most "
               "65535, without a password in it";
    case HOOK_URL_NEAR:
        return "nothing is posted to loopback, link-local, multicast "
               "and unspecified addresses; name another host, or set webhooks.local";
    case HOOK_URL_PLAIN:
        return "plain http: would show events to whoever is on the way; write https:, or set "
               "webhooks.plain_anywhere";
    default:
        return NULL;
    }
}

static void put_mac(struct buffer *out, struct bytes secret, struct bytes text)
{
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    HMAC(EVP_sha256(), secret.at, (int)secret.length, (const unsigned char *)text.at, text.length,
         mac, &length);
    buffer_put(out, BYTES(",v1="));
    buffer_hex(out, mac, length);
}

void hook_sign(struct bytes secret, struct bytes before, uint64_t seconds, struct bytes body,
               char signature[HOOK_SIGNATURE_SIZE])
{
    struct buffer out = buffer_over(signature, HOOK_SIGNATURE_SIZE - 1);
    char *text = memory_new(body.length + 32);
    struct buffer signed_text = buffer_over(text, body.length + 32);
    buffer_number(&signed_text, seconds);
    buffer_char(&signed_text, '.');
    buffer_put(&signed_text, body);
    buffer_format(&out, "t=%llu", (unsigned long long)seconds);
    put_mac(&out, secret, buffer_bytes(&signed_text));
    if (!bytes_empty(before))
        put_mac(&out, before, buffer_bytes(&signed_text));
    free(text);
    assert(!out.overflow);
    signature[out.length] = '\0';
}

/* The queue. */

static void pending_free(struct hook *hook, struct pending *pending)
{
    DL_DELETE(hook->queue, pending);
    hook->count--;
    free(pending->json);
    free(pending);
}

static void forget_all(struct hook *hook)
{
    struct pending *pending, *next;
    if (hook->post != 0)
        http_forget(hook->hooks->parts.http, hook->post);
    hook->post = 0;
    world_timer_cancel(hook->hooks->parts.world, &hook->pause);
    DL_FOREACH_SAFE(hook->queue, pending, next)
    {
        pending_free(hook, pending);
    }
}

static void lose(struct hook *hook)
{
    hook->last.lost++;
    metrics_count(hook->hooks->parts.metrics, METRIC_webhook_events_lost);
}

static void append(struct hook *hook, uint64_t id, bool gap, char *json)
{
    struct pending *pending = memory_new(sizeof(*pending));
    pending->id = id;
    pending->gap = gap;
    pending->json = json;
    pending->since_ms = hook->hooks->parts.world->now_ms;
    assert(hook->queue == NULL || hook->queue->prev != NULL); /* a list of utlist */
    DL_APPEND(hook->queue, pending);
    hook->count++;
}

/* One says it all, unless it is under way already: it was before what is lost now. Its id is
 * another one then: whoever has taken it must not think that it is the same. */
static void add_gap(struct hook *hook, uint64_t id)
{
    struct pending *last = hook->queue != NULL ? hook->queue->prev : NULL;
    if (last == NULL || !last->gap || (last == hook->queue && hook->post != 0))
        append(hook, id, true, feed_json_gap(hook->hooks->parts.world->wall_ms));
    else
        last->id = id;
}

static void add(struct hook *hook, const struct feed_event *event)
{
    struct hooks *hooks = hook->hooks;
    bool full = hook->count >= hooks->settings.pending_max;
    if (full && !hook->full)
        log_write(hooks->parts.log, LOG_WARNING, "hook",
                  "webhook %.*s has %zu %s waiting (webhooks.pending_max); further ones are "
                  "lost until it answers",
                  BYTES_ARGS(hook->id), hook->count, word_for(hook->count, "event", "events"));
    hook->full = full;
    if (!full) {
        append(hook, event->id, false, feed_json(event));
        return;
    }
    lose(hook);
    add_gap(hook, event->id);
}

static bool take_next(struct hook *hook)
{
    struct feed *feed = hook->hooks->parts.feed;
    const struct feed_event *event = NULL;
    switch (feed_take(feed, &hook->filter, &hook->position, &event)) {
    case FEED_EVENT:
        add(hook, event);
        feed_give(feed, &event);
        return true;
    case FEED_GAP:
        add_gap(hook, hook->position);
        return true;
    default:
        return false;
    }
}

/* Posting. */

static void post_first(struct hook *hook);

static void pause_over(struct timer *timer)
{
    post_first(HOLDER(timer, struct hook, pause));
}

static void first_done(struct hook *hook)
{
    pending_free(hook, hook->queue);
    hook->attempts = 0;
    hook->pause_s = 0;
}

/* Somebody has to be there for events to be kept. */
static void settle_reading(struct hooks *hooks)
{
    const struct hook *hook;
    bool any = false;
    DL_FOREACH(hooks->list, hook)
    {
        any = any || hook->active;
    }
    if (any && !hooks->reads)
        (void)feed_join(hooks->parts.feed);
    else if (!any && hooks->reads)
        feed_leave(hooks->parts.feed);
    hooks->reads = any;
}

static void silence_ended(struct store_wait *wait, enum store_outcome outcome)
{
    struct hook *hook = HOLDER(wait, struct hook, silent);
    (void)outcome; /* refused: it answers 410 again */
    hook->gone = false;
}

static void switch_off(struct hook *hook)
{
    struct hooks *hooks = hook->hooks;
    struct store_set *set = store_begin(hooks->parts.store, 0);
    store_silence_webhook(set, hook->id);
    struct store_change change = store_submit(hooks->parts.store, &set);
    hook->gone = change.number != 0;
    if (hook->gone)
        store_wait(hooks->parts.store, &hook->silent, change, silence_ended);
    log_write(hooks->parts.log, LOG_INFO, "hook", "webhook %.*s answered 410 and is off",
              BYTES_ARGS(hook->id));
    metrics_count(hooks->parts.metrics, METRIC_webhooks_gone);
    hook->active = false;
    forget_all(hook);
    settle_reading(hooks);
}

static bool is_too_old(const struct hook *hook, const struct pending *pending, uint64_t at_ms)
{
    return !pending->gap &&
           at_ms > pending->since_ms + (uint64_t)hook->hooks->settings.keep_s * MS_PER_S;
}

/* The first one becomes a gap, which those behind it that are too old, too, or are gaps fall into.
 */
static void leave_gap(struct hook *hook)
{
    const struct world *world = hook->hooks->parts.world;
    struct pending *first = hook->queue;
    free(first->json);
    first->gap = true;
    first->json = feed_json_gap(world->wall_ms);
    while (first->next != NULL &&
           (first->next->gap || is_too_old(hook, first->next, world->now_ms))) {
        if (!first->next->gap)
            lose(hook);
        first->id = first->next->id;
        pending_free(hook, first->next);
    }
}

static unsigned bounded(const struct hook *hook, unsigned pause_s)
{
    unsigned most_s = hook->hooks->settings.pause_most_s;
    return pause_s < most_s ? pause_s : most_s;
}

/* Our own pauses grow whatever is wished: who wishes short ones every time is none the better. */
static void try_later(struct hook *hook, unsigned wished_s)
{
    struct hooks *hooks = hook->hooks;
    hook->pause_s =
        bounded(hook, hook->pause_s == 0 ? hooks->settings.pause_least_s : 2 * hook->pause_s);
    wished_s = bounded(hook, wished_s);
    uint64_t pause_ms = (uint64_t)(wished_s > hook->pause_s ? wished_s : hook->pause_s) * MS_PER_S;
    if (is_too_old(hook, hook->queue, hooks->parts.world->now_ms + pause_ms)) {
        lose(hook);
        hook->attempts = 0;
        leave_gap(hook);
    } else if (hook->queue->gap) {
        leave_gap(hook);
    }
    world_timer(hooks->parts.world, &hook->pause, pause_ms, pause_over);
}

/* RFC 9110 10.2.3, RFC 6585 4: only with these it says when to try again. */
static unsigned wished_pause_s(const struct http_answer *answer)
{
    bool says = answer->status == STATUS_TOO_MANY || answer->status == STATUS_UNAVAILABLE;
    return says ? answer->retry_after_s : 0;
}

static void take_answer(void *context, const struct http_answer *answer)
{
    struct hook *hook = context;
    struct hooks *hooks = hook->hooks;
    hook->post = 0;
    hook->last.time_ms = hooks->parts.world->wall_ms;
    hook->last.status = answer->status;
    hook->last.attempts = hook->attempts;
    hook->last.barred = answer->barred;
    if (answer->barred)
        metrics_count(hooks->parts.metrics, METRIC_webhook_posts_barred);
    if (answer->status >= 200 && answer->status < 300) {
        metrics_count(hooks->parts.metrics, METRIC_webhook_events_posted);
        first_done(hook);
        post_first(hook);
    } else if (answer->status == STATUS_GONE) {
        switch_off(hook);
    } else {
        try_later(hook, wished_pause_s(answer));
    }
}

/* The secret before the present one, while it signs, too. */
static struct bytes secret_before(const struct hook *hook)
{
    const struct hooks *hooks = hook->hooks;
    uint64_t until_ms = hook->secret_ms + (uint64_t)hooks->settings.secret_grace_s * MS_PER_S;
    return hooks->parts.world->wall_ms < until_ms ? hook->before : BYTES("");
}

static uint64_t post(struct hook *hook, const struct pending *pending)
{
    const struct hooks *hooks = hook->hooks;
    char signature[HOOK_SIGNATURE_SIZE], id[FEED_ID_SIZE], id_field[64];
    char signed_field[HOOK_SIGNATURE_SIZE + 32];
    struct bytes body = bytes_of(pending->json);
    hook_sign(hook->secret, secret_before(hook), hooks->parts.world->wall_ms / MS_PER_S, body,
              signature);
    feed_id_write(pending->id, id);
    snprintf(signed_field, sizeof(signed_field), "Herald-Signature: %s", signature);
    snprintf(id_field, sizeof(id_field), "Herald-Event-Id: %s%s", id, pending->gap ? "-gap" : "");
    const struct http_post wish = {.url = hook->url,
                                   .content_type = BYTES("application/json"),
                                   .body = body,
                                   .fields = {bytes_of(signed_field), bytes_of(id_field)},
                                   .field_count = 2,
                                   .tries_max = 1,
                                   .elsewhere = !hooks->settings.local,
                                   .patient = true, /* a push may be for a call that rings */
                                   .done = take_answer,
                                   .context = hook};
    return http_post(hooks->parts.http, &wish);
}

static void post_first(struct hook *hook)
{
    if (!hook->active || hook->queue == NULL || hook->post != 0 || timer_is_set(&hook->pause))
        return;
    hook->attempts++;
    hook->post = post(hook, hook->queue);
    if (hook->post == 0) /* http.queue_max */
        try_later(hook, 0);
}

static void came(void *context)
{
    struct hooks *hooks = context;
    struct hook *hook;
    DL_FOREACH(hooks->list, hook)
    {
        while (hook->active && take_next(hook)) {
        }
        post_first(hook);
    }
}

/* Rows. */

static struct hook *find(const struct hooks *hooks, struct bytes id)
{
    struct hook *hook;
    DL_FOREACH(hooks->list, hook)
    {
        if (bytes_equal(hook->id, id))
            return hook;
    }
    return NULL;
}

static unsigned types_of(struct bytes names)
{
    unsigned types = 0;
    while (!bytes_empty(names)) {
        enum feed_type type = feed_type_of(bytes_split(&names, ','));
        types |= type < FEED_TYPES ? 1U << type : 0;
    }
    return types != 0 ? types : (1U << FEED_TYPES) - 1;
}

/* The operator may have changed what addresses are good since the row was made. */
static bool may_post(const struct hooks *hooks, const struct store_webhook *row)
{
    return row->active && hook_url_judge(&hooks->settings, row->url) == HOOK_URL_GOOD;
}

static struct hook *hook_new(struct hooks *hooks, const struct store_webhook *row)
{
    size_t texts = row->id.length + row->url.length + row->types.length + row->user.length +
                   row->secret.length + row->before.length;
    struct hook *hook = memory_new(sizeof(*hook) + texts);
    char *at = hook->text;
    hook->hooks = hooks;
    hook->id = bytes_pack(&at, row->id);
    hook->url = bytes_pack(&at, row->url);
    hook->types = bytes_pack(&at, row->types);
    hook->user = bytes_pack(&at, row->user);
    hook->secret = bytes_pack(&at, row->secret);
    hook->before = bytes_pack(&at, row->before);
    hook->secret_ms = row->secret_ms;
    hook->active = may_post(hooks, row);
    hook->filter = (struct feed_filter){types_of(hook->types), hook->user};
    hook->position = feed_last(hooks->parts.feed);
    return hook;
}

static void hook_free(struct hooks *hooks, struct hook *hook)
{
    forget_all(hook);
    if (hook->gone)
        store_wait_cancel(&hook->silent);
    DL_DELETE(hooks->list, hook);
    explicit_bzero((char *)(uintptr_t)hook->secret.at, hook->secret.length);
    explicit_bzero((char *)(uintptr_t)hook->before.at, hook->before.length);
    free(hook);
}

static bool is_same(const struct hook *hook, const struct store_webhook *row)
{
    bool active = may_post(hook->hooks, row) && !hook->gone;
    return hook->active == active && bytes_equal(hook->url, row->url) &&
           bytes_equal(hook->types, row->types) && bytes_equal(hook->user, row->user) &&
           bytes_equal(hook->secret, row->secret) && bytes_equal(hook->before, row->before) &&
           hook->secret_ms == row->secret_ms;
}

/* Nobody knows what is lost: what waited at the end of the life before, or what happened while the
 * hook was off. The loop may not turn yet. */
static void begin_with_gap(struct hook *hook)
{
    add_gap(hook, hook->position);
    world_timer(hook->hooks->parts.world, &hook->pause, 0, pause_over);
}

/* What waits goes over to the changed one. */
static void replace(struct hook *fresh, struct hook *old)
{
    struct pending *waiting = old->queue;
    fresh->last = old->last;
    if (!fresh->active)
        return;
    if (!old->active) {
        begin_with_gap(fresh);
        return;
    }
    fresh->position = old->position;
    if (old->post != 0)
        http_forget(old->hooks->parts.http, old->post);
    old->post = 0;
    fresh->queue = waiting;
    fresh->count = old->count;
    old->queue = NULL;
    old->count = 0;
}

static void take_row(void *context, const struct store_webhook *row)
{
    struct hooks *hooks = context;
    struct hook *old = find(hooks, row->id), *hook = old;
    if (old == NULL || !is_same(old, row)) {
        hook = hook_new(hooks, row);
        DL_APPEND(hooks->list, hook);
        if (hooks->starting && hook->active)
            begin_with_gap(hook);
    }
    hook->seen = true;
    if (old == NULL || old == hook)
        return;
    replace(hook, old);
    hook_free(hooks, old);
}

void hooks_refresh(struct hooks *hooks)
{
    struct hook *hook, *next;
    DL_FOREACH(hooks->list, hook)
    {
        hook->seen = false;
    }
    if (store_load_webhooks(hooks->parts.store, take_row, hooks) != ERR_NONE)
        return;
    hooks->starting = false;
    DL_FOREACH_SAFE(hooks->list, hook, next)
    {
        if (!hook->seen)
            hook_free(hooks, hook);
    }
    settle_reading(hooks);
    came(hooks);
}

struct hooks *hooks_new(const struct hooks_parts *parts, const struct hooks_settings *settings)
{
    struct hooks *hooks = memory_new(sizeof(*hooks));
    hooks->parts = *parts;
    hooks->settings = *settings;
    hooks->starting = true;
    feed_watch(parts->feed, came, hooks);
    hooks_refresh(hooks);
    return hooks;
}

void hooks_free(struct hooks **hooks)
{
    struct hooks *old = *hooks;
    *hooks = NULL;
    if (old == NULL)
        return;
    while (old->list != NULL)
        hook_free(old, old->list);
    settle_reading(old);
    free(old);
}

void hooks_reload(struct hooks *hooks, const struct hooks_settings *settings)
{
    hooks->settings = *settings;
    hooks_refresh(hooks);
}

bool hooks_look(const struct hooks *hooks, struct bytes id, struct hook_look *look)
{
    const struct hook *hook = find(hooks, id);
    if (hook == NULL)
        return false;
    *look = hook->last;
    look->pending = hook->count;
    return true;
}
