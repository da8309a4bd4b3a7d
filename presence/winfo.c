/* winfo.c: watcher information (RFC 3857, RFC 3858).
 *
 *   a subscription moves --> news, the newest last --tell, once a turn--> NOTIFY due
 *                                                        |
 *      first NOTIFY, refresh, one was lost --> full document: all that are there now
 *      else --> partial document: the news since the last one
 *
 * A piece of news is one watcher's: what happens to the same watcher again before everybody knows
 * makes it the newest, and it is told as it is then. So a document costs what has changed, and a
 * change costs nothing where nobody asks. Who has gone is remembered in its news until all readers
 * have it; who came and went between two documents is told to nobody (RFC 3857 4.7.2). When more
 * have gone than NEWS_OVER_MAX, the readers get a full document in place of the news.
 *
 * A document that becomes too long is continued by partial ones. What is left of the news is the
 * news of the next one; what is left of a full document is the reader's own (`rest`), since the
 * others know it or have their own: the watcher from which its list goes on, in one of two rounds.
 *
 * The version is the dialog's count of NOTIFYs. So it begins with 0, goes up by one with each
 * document, and over a restart goes on beyond what was sent before, as RFC 3858 4 needs; the
 * document after the gap is a full one. */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "pidf/watcherinfo.h"
#include "presence/presence_internal.h"
#include "sip/digest.h"

enum { NEWS_OVER_MAX = 1000, ID_BYTES = 10, ID_SIZE = 2 * ID_BYTES + 1 };

/* Of one watcher, for those readers who were told less than its number. */
struct winfo_news {
    struct winfo_news *prev, *next;
    struct winfo *winfo;
    struct subscription *watcher; /* NULL: it is over */
    uint64_t number;
    uint64_t born;    /* the number by which it came; 0: it was there before */
    unsigned readers; /* who have not been told */

    /* Of one that is over. */
    enum subscription_event event;
    uint64_t begun_ms;
    char id[ID_SIZE];
    char *aor;
};

/* News. */

/* Of one that is in no list any more. */
static void release_news(struct winfo_news *news)
{
    if (news->watcher != NULL)
        news->watcher->news = NULL;
    free(news->aor);
    free(news);
}

static void free_news(struct winfo_news *news)
{
    if (news->watcher == NULL)
        news->winfo->over_count--;
    DL_DELETE(news->winfo->news, news);
    release_news(news);
}

/* One reader less has to be told. */
static void told(struct winfo_news *news)
{
    assert(news->readers > 0);
    if (--news->readers == 0)
        free_news(news);
}

/* True when there are news that the reader was not told of. */
static bool is_behind(const struct winfo *winfo, const struct winfo_reader *reader)
{
    return winfo->news != NULL && winfo->news->prev->number > reader->told;
}

/* True when another document has to follow. */
static bool has_more(const struct winfo *winfo, const struct winfo_reader *reader)
{
    return reader->whole || reader->rest != NULL || is_behind(winfo, reader);
}

/* The oldest of them; NULL: it knows all. From the end, since what it knows may be much. */
static struct winfo_news *first_untold(const struct winfo *winfo, const struct winfo_reader *reader)
{
    struct winfo_news *found = NULL;
    if (!is_behind(winfo, reader))
        return NULL;
    for (struct winfo_news *at = winfo->news->prev; at->number > reader->told; at = at->prev) {
        found = at;
        if (at == winfo->news)
            break;
    }
    return found;
}

/* What it knows from now on, since a document tells it. */
static void know(struct winfo *winfo, struct winfo_reader *reader, uint64_t number)
{
    reader->told = number;
    if (winfo->known < number)
        winfo->known = number;
}

/* Nothing of what has been is news for it any more. */
static void tell_nothing(struct winfo *winfo, struct winfo_reader *reader)
{
    struct winfo_news *next, *at = first_untold(winfo, reader);
    for (; at != NULL; at = next) {
        next = at->next;
        told(at);
    }
    reader->told = winfo->last;
}

/* What a subscription is called in documents: always the same, and nothing can be learned from it
 * (the dialog's tags would be half of what a stranger needs to speak in it). */
static void write_id(const struct subscription *subscription, char *id)
{
    unsigned char raw[32];
    struct buffer out = buffer_over(id, ID_SIZE);
    digest_hmac(subscription->resource->presence->digests, BYTES("watcher"),
                subscription->dialog.parts.local_tag, raw);
    buffer_hex(&out, raw, ID_BYTES);
    buffer_char(&out, '\0');
}

static struct winfo_news *make_news(struct winfo *winfo, struct subscription *subscription)
{
    struct winfo_news *news = memory_new(sizeof(*news));
    news->winfo = winfo;
    news->watcher = subscription;
    subscription->news = news;
    DL_APPEND(winfo->news, news);
    return news;
}

/* Who is not proved to be somebody has no address-of-record (RFC 3323 4.1.1.3). */
static struct bytes name_of(const struct watcher *watcher)
{
    return watcher->length > 0 ? bytes_from(watcher->aor, watcher->length)
                               : BYTES("anonymous@anonymous.invalid");
}

static void tell(struct timer *timer);

/* After what is being done now: then it is in a change set, and the rest of it has happened too. */
static void tell_soon(struct winfo *winfo)
{
    if (!timer_is_set(&winfo->tell))
        world_timer(winfo->resource->presence->parts->world, &winfo->tell, 0, tell);
}

/* The subscription's is the newest. */
static struct winfo_news *note(struct winfo *winfo, struct subscription *subscription)
{
    struct winfo_news *news = subscription->news;
    if (news == NULL) {
        news = make_news(winfo, subscription);
    } else {
        DL_DELETE(winfo->news, news);
        DL_APPEND(winfo->news, news);
    }
    news->number = ++winfo->last;
    news->readers = winfo->readers;
    tell_soon(winfo);
    return news;
}

/* Subscriptions. */

/* Where it is told of; NULL: nobody asks. */
static struct winfo *asked(const struct subscription *subscription)
{
    const struct resource *informs = subscription->resource->informs;
    return informs != NULL && informs->winfo->readers > 0 ? informs->winfo : NULL;
}

/* They have to ask again for everything: there is too much that they do not know. */
static void forget_over(struct winfo *winfo)
{
    struct subscription *reader;
    DL_FOREACH(winfo->resource->subscriptions, reader)
    {
        if (reader->reader == NULL || !is_behind(winfo, reader->reader))
            continue;
        tell_nothing(winfo, reader->reader);
        reader->reader->whole = true;
    }
    assert(winfo->over_count == 0);
    tell_soon(winfo);
}

static void note_over(struct winfo *winfo, struct subscription *subscription,
                      enum subscription_event event)
{
    struct winfo_news *news = subscription->news;
    if (news != NULL && news->born > winfo->known) {
        free_news(news); /* nobody has heard of it */
        return;
    }
    news = note(winfo, subscription);
    news->event = event;
    news->begun_ms = subscription->begun_ms;
    news->aor = memory_copy(name_of(subscription->watcher));
    write_id(subscription, news->id);
    news->watcher = NULL;
    subscription->news = NULL;
    if (++winfo->over_count > NEWS_OVER_MAX)
        forget_over(winfo);
}

void winfo_moved(struct subscription *subscription, enum subscription_state before)
{
    struct winfo *winfo = asked(subscription);
    if (winfo == NULL)
        return;
    if (subscription->state != SUBSCRIPTION_ENDED) {
        struct winfo_news *news = note(winfo, subscription);
        if (before == SUBSCRIPTION_INIT)
            news->born = news->number;
    } else if (before != SUBSCRIPTION_INIT) {
        note_over(winfo, subscription, subscription->cause);
    }
}

/* The rest of a reader's list begins with the one after. */
static void step(const struct winfo *winfo, struct winfo_reader *reader)
{
    reader->rest = reader->rest->next;
    if (reader->rest != NULL || reader->second)
        return;
    reader->second = true;
    reader->rest = winfo->subject->subscriptions;
}

/* It goes: nobody's rest begins with it. */
static void step_over(const struct winfo *winfo, const struct subscription *watcher)
{
    struct subscription *reader;
    DL_FOREACH(winfo->resource->subscriptions, reader)
    {
        while (reader->reader != NULL && reader->reader->rest == watcher)
            step(winfo, reader->reader);
    }
}

static void leave(struct subscription *subscription)
{
    struct winfo *winfo = subscription->resource->winfo;
    if (subscription->reader == NULL)
        return;
    tell_nothing(winfo, subscription->reader);
    winfo->readers--;
    free(subscription->reader);
    subscription->reader = NULL;
}

void winfo_freed(struct subscription *subscription)
{
    struct winfo *winfo = asked(subscription);
    leave(subscription);
    if (winfo != NULL)
        step_over(winfo, subscription);
    if (winfo != NULL && machine_is_live(subscription->state))
        note_over(winfo, subscription, EVENT_DEACTIVATED);
    else if (winfo != NULL && subscription->state == SUBSCRIPTION_WAITING)
        note_over(winfo, subscription, EVENT_GIVEUP);
    assert(subscription->news == NULL);
}

/* Telling. */

static void tell(struct timer *timer)
{
    struct winfo *winfo = HOLDER(timer, struct winfo, tell);
    struct subscription *reader, *next;
    DL_FOREACH_SAFE(winfo->resource->subscriptions, reader, next)
    {
        if (reader->state == SUBSCRIPTION_ACTIVE && reader->reader != NULL &&
            has_more(winfo, reader->reader))
            notify_due(reader);
    }
}

/* Documents. */

/* The words of RFC 3858 6: it has none for doubts that came later, and none for `invariant`. */
static const char *event_name(enum subscription_event event)
{
    if (event == EVENT_DOUBTED)
        event = EVENT_SUBSCRIBE;
    return machine_event_name(event == EVENT_INVARIANT ? EVENT_DEACTIVATED : event);
}

static const char *status_name(const struct subscription *subscription)
{
    if (subscription == NULL || subscription->state == SUBSCRIPTION_ENDED)
        return "terminated";
    if (subscription->state == SUBSCRIPTION_WAITING)
        return "waiting";
    return subscription->state == SUBSCRIPTION_PENDING ? "pending" : "active";
}

static uint64_t seconds_between(uint64_t from_ms, uint64_t to_ms)
{
    return to_ms > from_ms ? (to_ms - from_ms) / 1000 : 0;
}

static bool add_watcher(struct watcherinfo *info, const struct subscription *subscription,
                        uint64_t now_ms)
{
    char id[ID_SIZE];
    write_id(subscription, id);
    const struct watcherinfo_watcher watcher = {
        .aor = name_of(subscription->watcher),
        .id = bytes_of(id),
        .status = status_name(subscription),
        .event = event_name(subscription->cause),
        .has_duration = subscription->begun_ms != 0,
        .duration_s = seconds_between(subscription->begun_ms, now_ms),
        .has_expiration = machine_is_live(subscription->state),
        .expiration_s = seconds_between(now_ms, subscription->expires_ms + 999),
    };
    return watcherinfo_add(info, &watcher);
}

/* True when there was room for it, or it is none of the reader's business. */
static bool add_news(struct watcherinfo *info, const struct winfo_news *news,
                     const struct winfo_reader *reader, uint64_t now_ms)
{
    if (news->watcher != NULL)
        return add_watcher(info, news->watcher, now_ms);
    if (news->born > reader->told)
        return true;
    const struct watcherinfo_watcher watcher = {
        .aor = bytes_of(news->aor),
        .id = bytes_of(news->id),
        .status = status_name(NULL),
        .event = event_name(news->event),
        .has_duration = news->begun_ms != 0,
        .duration_s = seconds_between(news->begun_ms, now_ms),
    };
    return watcherinfo_add(info, &watcher);
}

/* Who is in the list of a full document, in two rounds: those who wait for a word come first. Of
 * whom there are news they tell. */
static bool is_of_round(const struct winfo_reader *reader, const struct subscription *subscription)
{
    if (subscription->news != NULL && subscription->news->number > reader->told)
        return false;
    if (reader->second)
        return subscription->state == SUBSCRIPTION_ACTIVE;
    return subscription->state == SUBSCRIPTION_PENDING ||
           subscription->state == SUBSCRIPTION_WAITING;
}

/* Who has gone since the last document is in it once more; without room, that it is missing says
 * the same. */
static void add_over(struct watcherinfo *info, const struct winfo *winfo,
                     const struct winfo_reader *reader, uint64_t now_ms)
{
    for (const struct winfo_news *at = first_untold(winfo, reader); at != NULL; at = at->next)
        if (at->watcher == NULL)
            add_news(info, at, reader, now_ms);
}

/* What is left of the reader's list, as much as there is room for; false: not all of it. */
static bool add_rest(struct watcherinfo *info, const struct winfo *winfo,
                     struct winfo_reader *reader, uint64_t now_ms)
{
    while (reader->rest != NULL) {
        if (is_of_round(reader, reader->rest) && !add_watcher(info, reader->rest, now_ms))
            return false;
        step(winfo, reader);
    }
    return true;
}

static void count_continued(const struct winfo *winfo)
{
    metrics_count(winfo->resource->presence->parts->metrics, METRIC_winfo_continued);
}

static void write_whole(struct watcherinfo *info, struct subscription *subscription,
                        uint64_t now_ms)
{
    struct winfo *winfo = subscription->resource->winfo;
    struct winfo_reader *reader = subscription->reader;
    add_over(info, winfo, reader, now_ms);
    tell_nothing(winfo, reader);
    know(winfo, reader, winfo->last);
    reader->whole = false;
    reader->rest = winfo->subject != NULL ? winfo->subject->subscriptions : NULL;
    reader->second = false;
    if (!add_rest(info, winfo, reader, now_ms))
        count_continued(winfo);
}

static void write_partial(struct watcherinfo *info, struct winfo *winfo,
                          struct winfo_reader *reader, uint64_t now_ms)
{
    if (!add_rest(info, winfo, reader, now_ms)) {
        count_continued(winfo);
        return;
    }
    const struct winfo_reader before = *reader;
    struct winfo_news *next, *at = first_untold(winfo, reader);
    for (; at != NULL && add_news(info, at, &before, now_ms); at = next) {
        next = at->next;
        know(winfo, reader, at->number);
        told(at);
    }
    if (at == NULL)
        know(winfo, reader, winfo->last);
    else
        count_continued(winfo);
}

/* Made with the first document, which is a full one. */
static struct winfo_reader *reader_of(struct subscription *subscription)
{
    struct winfo *winfo = subscription->resource->winfo;
    if (subscription->reader != NULL)
        return subscription->reader;
    subscription->reader = memory_new(sizeof(*subscription->reader));
    *subscription->reader = (struct winfo_reader){.told = winfo->last, .whole = true};
    winfo->readers++;
    return subscription->reader;
}

/* What is left goes on in the next document; who has ended, or only fetched, gets one. */
static void go_on(struct subscription *subscription)
{
    struct winfo *winfo = subscription->resource->winfo;
    if (!machine_is_live(subscription->state))
        leave(subscription);
    else if (has_more(winfo, subscription->reader))
        tell_soon(winfo);
}

struct blob *winfo_body(struct subscription *subscription)
{
    struct resource *resource = subscription->resource;
    const struct front_parts *parts = resource->presence->parts;
    struct winfo_reader *reader = reader_of(subscription);
    bool whole = reader->whole || !machine_is_live(subscription->state);
    struct watcherinfo *info = watcherinfo_new(&(struct watcherinfo_head){
        .version = subscription->dialog.local_cseq,
        .full = whole,
        .aor = resource->aor,
        .package = resource->package->subject->name,
        .size_max_bytes = resource->presence->settings.winfo_max_bytes,
    });
    if (whole)
        write_whole(info, subscription, parts->world->wall_ms);
    else
        write_partial(info, resource->winfo, reader, parts->world->wall_ms);
    go_on(subscription);
    struct store_change latest = store_latest(parts->store, resource->partition);
    if (latest.number != 0)
        resource->change = latest; /* what it tells of is not durable before */
    return watcherinfo_end(&info);
}

void winfo_whole(struct subscription *subscription)
{
    if (subscription->reader != NULL)
        subscription->reader->whole = true;
}

/* Resources. */

static void join(struct resource *winfo, struct resource *subject)
{
    if (winfo == NULL || subject == NULL)
        return;
    winfo->winfo->subject = subject;
    subject->informs = winfo;
}

void winfo_link(struct resource *resource)
{
    struct presence *presence = resource->presence;
    const struct event_package *over = package_winfo(resource->package);
    if (over != NULL)
        join(resource_find(presence, over, resource->aor, false), resource);
    if (resource->package->subject == NULL)
        return;
    resource->winfo = memory_new(sizeof(*resource->winfo));
    resource->winfo->resource = resource;
    join(resource, resource_find(presence, resource->package->subject, resource->aor, false));
}

static void free_winfo(struct resource *resource)
{
    struct winfo *winfo = resource->winfo;
    struct winfo_news *news, *next;
    struct subscription *reader;
    for (news = winfo->news; news != NULL; news = next) {
        next = news->next;
        release_news(news);
    }
    DL_FOREACH(resource->subscriptions, reader)
    {
        free(reader->reader);
        reader->reader = NULL;
    }
    if (winfo->subject != NULL)
        winfo->subject->informs = NULL;
    world_timer_cancel(resource->presence->parts->world, &winfo->tell);
    free(winfo);
    resource->winfo = NULL;
}

/* Who is still there goes without a word; who has gone before is still to be told of. */
static void leave_subject(struct winfo *winfo)
{
    struct subscription *reader;
    struct winfo_news *news, *next;
    DL_FOREACH(winfo->resource->subscriptions, reader)
    {
        if (reader->reader != NULL)
            reader->reader->rest = NULL;
    }
    DL_FOREACH_SAFE(winfo->news, news, next)
    {
        if (news->watcher != NULL)
            free_news(news);
    }
    winfo->subject = NULL;
}

void winfo_unlink(struct resource *resource)
{
    if (resource->informs != NULL)
        leave_subject(resource->informs->winfo);
    resource->informs = NULL;
    if (resource->winfo != NULL)
        free_winfo(resource);
}
