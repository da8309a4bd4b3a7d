/* ask.c: what the reactor is asked, and how long that is waited for.
 *
 *     HERE --suspend, post--> ASKED --the reactor answers--> ANSWERED --resume--> sent
 *                               |
 *                               +--deadline, or the end----> LEFT ------resume--> 503
 *
 * The state changes under the lock, and whoever takes it away from ASKED wakes the connection. The
 * reactor goes on with a call that was left, if it has begun it; it then frees it. One thread
 * watches the deadlines, those of connections that do not get their request across, too. All asks
 * wait equally long, so the first of the list is due first. */
#include <assert.h>
#include <sys/socket.h>

#include "web/web_internal.h"

enum { LINKS_EACH_MS = 1000 };

static void refuse(struct web_call *call)
{
    web_problem(call, 503, "busy", NULL,
                "too many requests wait for the server (web.asks_max); try again in a few seconds");
    web_answer_field(call, "Retry-After", BYTES("5"));
    web_count(call->web, WEB_COUNT_ASKS_LIMITED);
}

bool ask_reserve(struct web_call *call)
{
    struct web *web = call->web;
    if (call->reserved)
        return true;
    web_lock(web);
    call->reserved = !web->ending && web->asks < web->settings.asks_max;
    web->asks += call->reserved;
    web_unlock(web);
    if (!call->reserved)
        refuse(call);
    return call->reserved;
}

void ask_release(struct web_call *call)
{
    web_lock(call->web);
    call->web->asks -= call->reserved;
    call->reserved = false;
    web_unlock(call->web);
}

/* Out of the list, with the lock held; its place is free. */
static void ask_remove(struct web_call *call)
{
    struct web *web = call->web;
    *(call->previous_ask != NULL ? &call->previous_ask->next_ask : &web->first_ask) =
        call->next_ask;
    *(call->next_ask != NULL ? &call->next_ask->previous_ask : &web->last_ask) = call->previous_ask;
    web->asks--;
}

static void ask_append(struct web_call *call)
{
    struct web *web = call->web;
    call->previous_ask = web->last_ask;
    call->next_ask = NULL;
    *(web->last_ask != NULL ? &web->last_ask->next_ask : &web->first_ask) = call;
    web->last_ask = call;
    if (web->first_ask == call)
        pthread_cond_broadcast(&web->changed);
}

bool ask_is_wanted(const struct web_call *call)
{
    if (!web_answered(call) && call->endpoint->live != NULL)
        return true;
    return call->endpoint != NULL && !web_is_read(call) && call->endpoint->file != NULL &&
           call->status < 400;
}

void ask_pass(struct web_call *call)
{
    struct web *web = call->web;
    web_lock(web);
    assert(call->reserved);
    call->reserved = false; /* it is the list's now */
    call->deadline_ms = web_now_ms() + web->settings.ask_ms;
    bool posted = !web->ending;
    call->state = posted ? WEB_ASKED : WEB_LEFT;
    if (posted) {
        call->holders++;
        ask_append(call);
        mailbox_post(web->mailbox, &call->letter);
    } else {
        web->asks--;
    }
    struct MHD_Connection *connection = call->connection;
    web_unlock(web);
    if (!posted)
        MHD_resume_connection(connection);
}

enum MHD_Result ask_begin(struct web_call *call, struct MHD_Connection *connection)
{
    if (!ask_reserve(call))
        return answer_send(call, connection);
    MHD_suspend_connection(connection);
    call->connection = connection;
    ask_pass(call);
    return MHD_YES;
}

/* The reactor's side. */

/* Takes an ask away from ASKED; false: somebody else was faster. */
static bool ask_take(struct web_call *call, enum web_state state)
{
    struct web *web = call->web;
    web_lock(web);
    bool mine = call->state == WEB_ASKED;
    if (mine) {
        ask_remove(call);
        call->state = state;
    }
    web_unlock(web);
    return mine;
}

static void ask_done(struct web_call *call)
{
    if (call->status == 0)
        call->status = 204;
    if (ask_take(call, WEB_ANSWERED))
        MHD_resume_connection(call->connection);
    call_drop(call);
}

static void wait_remove(struct web_call *call)
{
    *call->link_waiting = call->next_waiting;
    if (call->next_waiting != NULL)
        call->next_waiting->link_waiting = call->link_waiting;
}

/* NULL: all that the answer waits for is durable. */
static const struct store_change *wait_next(const struct web_call *call)
{
    for (size_t i = 0; i < call->change_count; i++)
        if (!store_durable(call->web->ground.core.store, call->changes[i]))
            return &call->changes[i];
    return NULL;
}

static void wait_begin(struct web_call *call, struct store_change change);

static void wait_done(struct store_wait *wait, enum store_outcome outcome)
{
    struct web_call *call =
        (struct web_call *)(void *)((char *)wait - offsetof(struct web_call, wait));
    const struct store_change *next = wait_next(call);
    wait_remove(call);
    if (outcome == STORE_DURABLE && next != NULL) {
        wait_begin(call, *next);
        return;
    }
    if (outcome != STORE_DURABLE) {
        call_unanswer(call);
        web_problem(call, 503, "store", NULL,
                    "the database refused the change, nothing was done; the server's log says why");
    }
    ask_done(call);
}

static void wait_begin(struct web_call *call, struct store_change change)
{
    struct web *web = call->web;
    call->next_waiting = web->waiting;
    call->link_waiting = &web->waiting;
    if (web->waiting != NULL)
        web->waiting->link_waiting = &call->next_waiting;
    web->waiting = call;
    store_wait(web->ground.core.store, &call->wait, change, wait_done);
}

/* What was changed in the database comes first: `live` sees it. */
static void ask_run(struct web_call *call)
{
    const struct web_ground *ground = &call->web->ground;
    if (!web_is_read(call) && call->endpoint->file != NULL && call->status < 400)
        ground->take_over(ground->context);
    if (!web_answered(call) && call->endpoint->live != NULL)
        call->endpoint->live(call, &ground->core);
    const struct store_change *change = wait_next(call);
    if (change != NULL)
        wait_begin(call, *change);
    else
        ask_done(call);
}

static bool is_left(struct web_call *call)
{
    web_lock(call->web);
    bool left = call->state != WEB_ASKED;
    web_unlock(call->web);
    return left;
}

/* What web threads counted. */
static void take_counts(struct web *web)
{
    static const enum metric metrics[WEB_COUNTS] = {
        [WEB_COUNT_REQUESTS] = METRIC_web_requests,
        [WEB_COUNT_REFUSED] = METRIC_web_refused,
        [WEB_COUNT_FAILED] = METRIC_web_failed,
        [WEB_COUNT_UNKNOWN] = METRIC_web_unknown,
        [WEB_COUNT_LIMITED] = METRIC_web_limited,
        [WEB_COUNT_RATES_FORGOTTEN] = METRIC_web_rates_forgotten,
        [WEB_COUNT_REPEATS_FORGOTTEN] = METRIC_web_repeats_forgotten,
        [WEB_COUNT_SLOW] = METRIC_web_slow_closed,
        [WEB_COUNT_LATE] = METRIC_web_late,
        [WEB_COUNT_ASKS_LIMITED] = METRIC_web_asks_limited,
        [WEB_COUNT_TOO_LONG] = METRIC_web_too_long,
        [WEB_COUNT_STREAMS] = METRIC_web_streams,
        [WEB_COUNT_STREAMS_LIMITED] = METRIC_web_streams_limited,
    };
    metrics_add(web->ground.core.metrics, METRIC_web_nonces_forgotten,
                web_digest_forgotten(web->digest));
    web_lock(web);
    for (int i = 0; i < WEB_COUNTS; i++) {
        metrics_add(web->ground.core.metrics, metrics[i], web->counts[i]);
        web->counts[i] = 0;
    }
    web_unlock(web);
}

void web_turn(struct web *web)
{
    struct letter *letter = mailbox_take(web->mailbox);
    if (letter != NULL)
        take_counts(web);
    while (letter != NULL) {
        struct web_call *call = (struct web_call *)(void *)letter;
        letter = letter->next;
        if (is_left(call))
            call_drop(call);
        else
            ask_run(call);
    }
}

/* The watch. */

/* The first ask that is due, out of the list; NULL: none. With the lock held. */
static struct web_call *take_due(struct web *web, uint64_t now_ms)
{
    struct web_call *call = web->first_ask;
    if (call == NULL || (!web->ending && call->deadline_ms > now_ms))
        return NULL;
    ask_remove(call);
    call->state = WEB_LEFT;
    web->counts[WEB_COUNT_LATE]++;
    return call;
}

static void leave_due(struct web *web)
{
    struct web_call *call;
    while ((call = take_due(web, web_now_ms())) != NULL) {
        /* the connection holds the call and is suspended until we wake it */
        struct MHD_Connection *connection = call->connection;
        web_unlock(web);
        MHD_resume_connection(connection);
        web_lock(web);
    }
}

/* The library closes it when it notices. */
static void shut_slow(struct web *web, uint64_t now_ms)
{
    for (struct web_link *link = web->links; link != NULL; link = link->next) {
        if (link->deadline_ms == 0 || link->deadline_ms > now_ms)
            continue;
        (void)shutdown(link->socket, SHUT_RDWR);
        link->deadline_ms = 0;
        web->counts[WEB_COUNT_SLOW]++;
    }
}

/* When there is something to do next; 0: when something changes. */
static uint64_t next_due(const struct web *web, uint64_t links_ms)
{
    uint64_t due = web->links != NULL ? links_ms : 0;
    if (web->first_ask != NULL && (due == 0 || web->first_ask->deadline_ms < due))
        due = web->first_ask->deadline_ms;
    return due;
}

static void wait_until(struct web *web, uint64_t due_ms)
{
    const struct timespec at = {.tv_sec = (time_t)(due_ms / 1000),
                                .tv_nsec = (long)(due_ms % 1000) * 1000000};
    if (due_ms == 0)
        pthread_cond_wait(&web->changed, &web->lock);
    else
        (void)pthread_cond_timedwait(&web->changed, &web->lock, &at);
}

void *ask_watch(void *context)
{
    struct web *web = context;
    uint64_t links_ms = 0;
    web_lock(web);
    while (web->watching) {
        uint64_t now_ms = web_now_ms();
        leave_due(web);
        if (now_ms >= links_ms) {
            shut_slow(web, now_ms);
            links_ms = now_ms + LINKS_EACH_MS;
        }
        if (web->watching && (web->first_ask == NULL || !web->ending))
            wait_until(web, next_due(web, links_ms));
    }
    web_unlock(web);
    return NULL;
}

/* On the reactor's thread: nobody asks any more, and nobody waits. */
void ask_end(struct web *web)
{
    web_lock(web);
    web->ending = true;
    leave_due(web);
    web_unlock(web);
    while (web->waiting != NULL) {
        struct web_call *call = web->waiting;
        store_wait_cancel(&call->wait);
        wait_remove(call);
        call_drop(call);
    }
    struct letter *letter = mailbox_take(web->mailbox);
    while (letter != NULL) {
        struct web_call *call = (struct web_call *)(void *)letter;
        letter = letter->next;
        call_drop(call);
    }
}
