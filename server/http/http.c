/* http.c: the queue and the pauses; what happens on the reactor.
 *
 * Who is patient goes after all others, and its like have half of the room at most: what nobody
 * answers to keeps its room for the whole of http.timeout_ms, and others must not wait for that.
 *
 *     WAITING --room--> AWAY --answered--> reported
 *        ^                |---5xx, 429, no answer, and tries left--> PAUSING --its time--> WAITING
 *        +-------------------------------------------------------------+
 *
 * A job is one allocation with its texts behind it, and is itself the letter that goes to the
 * carrier: while it is AWAY nobody here touches it. */
#include "http/http.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "base/handles.h"
#include "base/memory.h"
#include "http/curl_internal.h"
#include "http/place.h"

enum {
    RETRY_AFTER_MOST_S = 3600, /* who wants to be left alone for longer is */
    MS_PER_S = 1000,
    WHY_MAX = 128,
    STATUS_TOO_MANY = 429
};

struct job {
    struct http_try try; /* first: the letter is the job */
    struct job *prev, *next;
    struct http *http;
    struct timer pause;
    uint64_t handle;
    unsigned tried, tries_max;
    bool away, forgotten, patient;
    void (*done)(void *context, const struct http_answer *answer);
    void *context;
};

struct http {
    struct http_parts parts;
    struct http_settings settings;
    struct http_carrier carrier;
    struct curl_thread *thread; /* NULL: not begun, or another carrier */
    struct mailbox *back;       /* tries that were made */
    struct handles *handles;
    struct job *waiting, *patient, *others; /* each in their order; those that pause or are away */
    size_t count, away;
    size_t patient_count, patient_away; /* of these, the patient ones */
};

struct http_settings http_settings_default(void)
{
    return (struct http_settings){
        .queue_max = 1000,
        .under_way_max = 20,
        .timeout_ms = 10000,
        .tries_max = 4,
        .pause_least_ms = 1000,
        .pause_most_ms = 60000,
        .answer_max_bytes = 65536,
    };
}

struct http *http_new(const struct http_parts *parts, const struct http_settings *settings)
{
    assert(parts->world != NULL && settings != NULL);
    struct http *http = memory_new(sizeof(*http));
    http->parts = *parts;
    if (parts->carrier != NULL)
        http->carrier = *parts->carrier;
    http->back = mailbox_new(parts->wake, parts->wake_context);
    http->handles = handles_new();
    http_reload(http, settings);
    return http;
}

static void job_free(struct job *job)
{
    world_timer_cancel(job->http->parts.world, &job->pause);
    handles_remove(job->http->handles, job->handle);
    free(job->try.answer);
    free(job);
}

void http_free(struct http **http)
{
    struct http *old = *http;
    struct job *job, *next;
    if (old == NULL)
        return;
    if (old->carrier.stop != NULL)
        old->carrier.stop(old->carrier.context);
    if (!curl_thread_close(&old->thread)) {
        log_write(old->parts.log, LOG_ERROR, "http",
                  "posts under way do not end; they are left behind");
        *http = NULL;
        return;
    }
    (void)mailbox_take(old->back); /* the jobs are in the lists as well */
    DL_FOREACH_SAFE(old->waiting, job, next)
    {
        job_free(job);
    }
    DL_FOREACH_SAFE(old->patient, job, next)
    {
        job_free(job);
    }
    DL_FOREACH_SAFE(old->others, job, next)
    {
        job_free(job);
    }
    handles_free(&old->handles);
    mailbox_free(&old->back);
    free(old);
    *http = NULL;
}

void http_reload(struct http *http, const struct http_settings *settings)
{
    assert(settings->queue_max > 1 && settings->under_way_max > 1 && settings->tries_max > 0);
    assert(settings->pause_least_ms <= settings->pause_most_ms);
    http->settings = *settings;
}

/* Sending. */

static bool begin_thread(struct http *http)
{
    char why[WHY_MAX] = "";
    if (http->thread == NULL)
        http->thread = curl_thread_open(why, sizeof(why));
    if (http->thread == NULL)
        log_write(http->parts.log, LOG_ERROR, "http", "nothing can be posted: %s", why);
    return http->thread != NULL;
}

/* What cannot be carried comes back like what was not answered, and is tried again later. */
static void carry(struct http *http, struct job *job)
{
    if (http->carrier.send != NULL) {
        http->carrier.send(http->carrier.context, &job->try);
    } else if (begin_thread(http)) {
        curl_thread_send(http->thread, &job->try);
    } else {
        job->try.status = 0;
        http_tried(&job->try);
    }
}

/* Those that wait as it would. */
static struct job **queue_of(const struct job *job)
{
    return job->patient ? &job->http->patient : &job->http->waiting;
}

static void enqueue(struct job *job)
{
    struct job **queue = queue_of(job);
    DL_APPEND(*queue, job);
}

static void dequeue(struct job *job)
{
    struct job **queue = queue_of(job);
    DL_DELETE(*queue, job);
}

/* Of so much room, what the patient may have: never all of it. */
static size_t half(unsigned room)
{
    return room / 2;
}

static void send_job(struct http *http, struct job *job)
{
    dequeue(job);
    DL_APPEND(http->others, job);
    job->away = true;
    job->tried++;
    http->away++;
    http->patient_away += job->patient;
    metrics_count(http->parts.metrics, METRIC_http_posts);
    carry(http, job);
}

static void send_waiting(struct http *http)
{
    const unsigned room = http->settings.under_way_max;
    while (http->waiting != NULL && http->away < room)
        send_job(http, http->waiting);
    while (http->patient != NULL && http->away < room && http->patient_away < half(room))
        send_job(http, http->patient);
}

static void pause_over(struct timer *timer)
{
    struct job *job = HOLDER(timer, struct job, pause);
    struct http *http = job->http;
    DL_DELETE(http->others, job);
    enqueue(job);
    send_waiting(http);
}

/* What came back. */

void http_tried(struct http_try *try)
{
    mailbox_post(try->http->back, &try->letter);
}

static bool may_get_better(unsigned status)
{
    return status == 0 || status == STATUS_TOO_MANY || (status >= 500 && status <= 599);
}

static uint64_t pause_ms(const struct http *http, const struct job *job)
{
    uint64_t ms = http->settings.pause_least_ms, most_ms = http->settings.pause_most_ms;
    for (unsigned i = 1; i < job->tried && ms < most_ms; i++)
        ms *= 2;
    ms = ms < most_ms ? ms : most_ms;
    uint64_t wished_ms = (uint64_t)job->try.retry_after_s * MS_PER_S;
    return wished_ms > ms ? wished_ms : ms;
}

static void try_again(struct http *http, struct job *job)
{
    free(job->try.answer);
    uint64_t ms = pause_ms(http, job);
    job->try.answer = NULL;
    job->try.answer_length = 0;
    job->try.status = job->try.retry_after_s = 0;
    metrics_count(http->parts.metrics, METRIC_http_retries);
    world_timer(http->parts.world, &job->pause, ms, pause_over);
}

/* Scheme and host; what stands behind them may be a secret. */
static struct bytes place_of(const char *url)
{
    const char *host = strstr(url, "://") + 3;
    return bytes_from(url, (size_t)(host - url) + strcspn(host, "/?#"));
}

static void log_failure(const struct http *http, const struct job *job)
{
    struct bytes place = place_of(job->try.url);
    metrics_count(http->parts.metrics, METRIC_http_failed);
    if (job->try.status != 0)
        log_write(http->parts.log, LOG_WARNING, "http",
                  "%.*s answered %u to what was posted there, tries=%u", BYTES_ARGS(place),
                  job->try.status, job->tried);
    else
        log_write(http->parts.log, LOG_WARNING, "http",
                  "%.*s does not answer to what is posted there: %s, tries=%u", BYTES_ARGS(place),
                  job->try.why, job->tried);
}

static void uncount(struct http *http, const struct job *job)
{
    http->count--;
    http->patient_count -= job->patient;
}

static void report(struct http *http, struct job *job)
{
    const struct http_answer answer = {job->try.status, job->try.retry_after_s, job->try.barred,
                                       bytes_from(job->try.answer, job->try.answer_length)};
    if (answer.status < 200 || answer.status > 299)
        log_failure(http, job);
    DL_DELETE(http->others, job);
    handles_remove(http->handles, job->handle); /* nothing is left to forget */
    uncount(http, job);
    if (job->done != NULL)
        job->done(job->context, &answer);
    job_free(job);
}

static void take_back(struct http *http, struct job *job)
{
    assert(job->away && http->away > 0);
    job->away = false;
    http->away--;
    http->patient_away -= job->patient;
    if (!job->forgotten && !job->try.barred && may_get_better(job->try.status) &&
        job->tried < job->tries_max && job->try.retry_after_s <= RETRY_AFTER_MOST_S)
        try_again(http, job);
    else
        report(http, job);
}

void http_turn(struct http *http)
{
    struct letter *letter = mailbox_take(http->back);
    while (letter != NULL) {
        struct letter *next = letter->next;
        take_back(http, HOLDER(letter, struct job, try.letter));
        letter = next;
    }
    send_waiting(http);
}

/* Posting. */

static const char *pack_text(char **at, struct bytes text)
{
    char *start = *at;
    (void)bytes_pack(at, text);
    *(*at)++ = '\0';
    return start;
}

static const char *pack_type(char **at, struct bytes type)
{
    char *start = *at;
    (void)bytes_pack(at, BYTES("Content-Type: "));
    (void)pack_text(at, type);
    return start;
}

static size_t texts_length(const struct http *http, const struct http_post *post)
{
    const char *ca_file = http->settings.ca_file;
    size_t length = post->url.length + 1 + sizeof("Content-Type: ") + post->content_type.length +
                    1 + post->body.length + (ca_file != NULL ? strlen(ca_file) + 1 : 0);
    for (size_t i = 0; i < post->field_count; i++)
        length += post->fields[i].length + 1;
    return length;
}

static struct job *job_new(struct http *http, const struct http_post *post)
{
    struct job *job = memory_new(sizeof(*job) + texts_length(http, post));
    struct http_try *try = &job->try;
    char *at = (char *)(job + 1);
    job->http = try->http = http;
    job->tries_max = post->tries_max > 0 ? post->tries_max : http->settings.tries_max;
    job->done = post->done;
    job->context = post->context;
    try->url = pack_text(&at, post->url);
    if (http->settings.ca_file != NULL)
        try->ca_file = pack_text(&at, bytes_of(http->settings.ca_file));
    if (!bytes_empty(post->content_type))
        try->fields[try->field_count++] = pack_type(&at, post->content_type);
    for (size_t i = 0; i < post->field_count; i++)
        try->fields[try->field_count++] = pack_text(&at, post->fields[i]);
    try->body = bytes_pack(&at, post->body);
    try->timeout_ms = http->settings.timeout_ms;
    try->answer_max_bytes = http->settings.answer_max_bytes;
    try->elsewhere = post->elsewhere;
    job->patient = post->patient;
    job->handle = handles_add(http->handles, job);
    return job;
}

uint64_t http_post(struct http *http, const struct http_post *post)
{
    assert(http_url_is_good(post->url) && post->field_count < HTTP_FIELDS_MAX);
    const unsigned room = http->settings.queue_max;
    if (http->count >= room || (post->patient && http->patient_count >= half(room))) {
        metrics_count(http->parts.metrics, METRIC_http_limited);
        return 0;
    }
    struct job *job = job_new(http, post);
    http->count++;
    http->patient_count += job->patient;
    enqueue(job);
    send_waiting(http);
    return job->handle;
}

void http_forget(struct http *http, uint64_t handle)
{
    struct job *job = handles_find(http->handles, handle);
    if (job == NULL)
        return;
    job->done = NULL;
    job->forgotten = true;
    if (job->away) /* the carrier's, until it comes back */
        return;
    if (timer_is_set(&job->pause))
        DL_DELETE(http->others, job);
    else
        dequeue(job);
    uncount(http, job);
    job_free(job);
}

size_t http_count(const struct http *http)
{
    return http->count;
}

/* What stands behind the host: none, an empty one (RFC 3986 3.2.3: as if there were none), or one
 * that there can be. */
static bool port_is_good(struct bytes port)
{
    unsigned number = 0;
    if (bytes_empty(port))
        return true;
    if (port.at[0] != ':')
        return false;
    for (size_t i = 1; i < port.length; i++) {
        if (port.at[i] < '0' || port.at[i] > '9')
            return false;
        number = number * 10 + (unsigned)(port.at[i] - '0');
        if (number > UINT16_MAX)
            return false;
    }
    return port.length == 1 || number > 0;
}

static struct bytes port_of(struct bytes url)
{
    struct bytes host = place_host(url);
    struct bytes rest = bytes_skip(url, (size_t)(host.at - url.at) + host.length);
    size_t end = 0;
    while (end < rest.length && strchr("/?#", rest.at[end]) == NULL)
        end++;
    return bytes_first(rest, end);
}

bool http_url_is_good(struct bytes url)
{
    struct bytes secure = BYTES("https://"), plain = BYTES("http://");
    struct bytes scheme = bytes_starts_with(url, secure) ? secure : plain;
    if (!bytes_starts_with(url, scheme))
        return false;
    struct bytes rest = bytes_skip(url, scheme.length), host = bytes_split(&rest, '/');
    if (bytes_empty(host) || bytes_empty(place_host(url)) || bytes_index(host, '@') >= 0 ||
        !port_is_good(port_of(url)))
        return false;
    for (size_t i = 0; i < url.length; i++)
        if (url.at[i] <= ' ' || url.at[i] > '~')
            return false;
    return true;
}
