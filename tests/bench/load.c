/* load.c: the engine.
 *
 *     idle actor -- next, write, stamp, send --> busy -- answer, NOTIFYs --> idle
 *                        ^                        |
 *                        +---- 401, 407 ----------+---- T1, 2 T1 ... : sent again (UDP)
 *
 *     warming -> measuring -> draining (what is under way, and what was due) -> over
 *
 * A closed loop has `window` actors busy; an open loop starts one for each arrival, and arrivals
 * that find nobody idle wait, their time running. Latency is counted of transactions that were due
 * while measuring, throughput by those that ended then. */
#include "load.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "pacer.h"
#include "sip/write.h"

enum {
    T1_MS = 500,
    T2_MS = 4000,
    TICK_MS = 50,
    TIMEOUT_MS = 10000,
    CHALLENGES_MAX = 2,
    BUSY_PAUSE_MS = 200, /* then what must be done is tried again */
    ANSWER_SIZE = 8192,
    SECOND_NS = 1000000000,
    MS_NS = 1000000
};

static void load_end(struct load *load)
{
    load->over = true;
    loop_stop(load->session->loop);
}

void load_abort(struct load *load, const char *format, ...)
{
    if (load == NULL || load->over)
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(load->result->first_error, sizeof(load->result->first_error), format, arguments);
    va_end(arguments);
    load->result->errors++;
    load_end(load);
}

static void note_error(struct load *load, const char *what, struct bytes detail)
{
    char *text = load->result->first_error;
    load->result->errors++;
    if (text[0] == '\0')
        snprintf(text, sizeof(load->result->first_error), "%s %.*s", what, BYTES_ARGS(detail));
}

/* Idle actors. */

static void push_idle(struct load *load, struct actor *actor)
{
    actor->busy = false;
    actor->next = NULL;
    *load->idle_end = actor;
    load->idle_end = &actor->next;
}

static struct actor *pop_idle(struct load *load)
{
    struct actor *actor = load->idle;
    load->idle = actor->next;
    if (load->idle == NULL)
        load->idle_end = &load->idle;
    return actor;
}

/* Sending. */

static void send_draft(struct load *load, struct actor *actor)
{
    const struct net_flow *flow = &load->session->flows[actor->flow];
    enum err err = net_send(load->session->net, flow, buffer_bytes(&actor->draft.out), BYTES(""));
    if (err != ERR_NONE)
        load_abort(load, "a request could not be sent: %s", err_name(err));
}

/* A new request of the transaction. */
static void send_request(struct load *load, struct actor *actor, uint64_t now)
{
    struct session *session = load->session;
    if (actor->draft.out.length == 0)
        load->plan.kind->write(load, actor);
    assert(!actor->draft.out.overflow);
    actor->sequence = actor->round = ++session->sequence;
    draft_patch_hex(&actor->draft, STAMP_SEQUENCE, actor->sequence);
    draft_patch_decimal(&actor->draft, STAMP_CSEQ, CSEQ_FIRST + actor->sequence);
    draft_prove(&actor->draft, session, &session->users[actor->user], actor->method, actor->uri);
    actor->wants_answer = true;
    actor->sends = 1;
    actor->sent_ns = now;
    actor->again_ns = 0;
    actor->resend_ns = now + (uint64_t)T1_MS * MS_NS;
    send_draft(load, actor);
}

/* False: there is nothing to start any more. */
static bool start(struct load *load, uint64_t due, uint64_t now)
{
    struct actor *actor = pop_idle(load);
    actor->wants_notifies = 0;
    if (!load->plan.kind->next(load, actor)) {
        push_idle(load, actor);
        load->exhausted = true;
        return false;
    }
    actor->busy = true;
    actor->challenges = 0;
    actor->due_ns = actor->since_ns = due;
    load->busy++;
    load->started++;
    send_request(load, actor, now);
    return true;
}

static uint64_t arrival_ns(const struct load *load)
{
    return load->first_ns + load->started * SECOND_NS / load->plan.rate_per_s;
}

static void issue_open(struct load *load)
{
    uint64_t now = now_ns();
    uint64_t last = load->draining && load->end_ns < now ? load->end_ns : now;
    while (load->idle != NULL && !load->over) {
        uint64_t due = arrival_ns(load);
        if (due > last || !start(load, due, now))
            break;
        if (load->measuring)
            histogram_add(&load->result->late, now - due);
    }
}

static bool is_wanted(const struct load *load)
{
    return !load->exhausted && !load->draining && !load->over &&
           (load->plan.count == 0 || load->started < load->plan.count);
}

void load_issue(struct load *load)
{
    if (load == NULL || load->over)
        return;
    if (load->plan.rate_per_s > 0) {
        issue_open(load);
    } else {
        uint64_t now = now_ns();
        while (is_wanted(load) && load->busy < load->plan.window && load->idle != NULL &&
               start(load, now, now))
            ;
    }
    bool more = load->plan.rate_per_s > 0 && load->draining && arrival_ns(load) < load->end_ns;
    if (load->busy == 0 && !is_wanted(load) && !more)
        load_end(load);
}

/* Ending of transactions. */

static bool was_due_in_time(const struct load *load, const struct actor *actor)
{
    return load->plan.count > 0 || (load->begin_ns > 0 && actor->due_ns >= load->begin_ns &&
                                    (load->end_ns == 0 || actor->due_ns < load->end_ns));
}

static void finish(struct load *load, struct actor *actor)
{
    assert(actor->busy && load->busy > 0);
    actor->wants_answer = false;
    actor->wants_notifies = 0;
    actor->sequence = 0;
    load->busy--;
    push_idle(load, actor);
    load_issue(load);
}

static void fail(struct load *load, struct actor *actor, const char *what, struct bytes detail)
{
    note_error(load, what, detail);
    actor->draft.out.length = 0;
    finish(load, actor);
}

static void settle(struct load *load, struct actor *actor, uint64_t now)
{
    if (actor->wants_answer || actor->wants_notifies > 0)
        return;
    if (was_due_in_time(load, actor) && load->plan.kind->latency == LATENCY_WHOLE)
        histogram_add(&load->result->whole, now - actor->due_ns);
    if (load->measuring || load->plan.count > 0)
        load->result->done++;
    finish(load, actor);
}

/* Answers. */

/* The actor whose request is answered: by "z9hG4bK-RUN-ACTOR-SEQUENCE" in the topmost Via. */
static struct actor *find_actor(struct load *load, struct bytes raw)
{
    char wanted[] = "z9hG4bK-########-";
    const size_t prefix = sizeof(wanted) - 1, length = prefix + 2 * HEX_SIZE + 1;
    uint32_t numbers[2] = {0, 0};
    memcpy(wanted + prefix - 1 - HEX_SIZE, load->session->run, HEX_SIZE);
    const char *at = memmem(raw.at, raw.length, wanted, prefix);
    if (at == NULL || (size_t)(raw.at + raw.length - at) < length)
        return NULL;
    for (size_t i = 0; i < 2 * HEX_SIZE + 1; i++) {
        if (i == HEX_SIZE)
            continue;
        numbers[i > HEX_SIZE] = numbers[i > HEX_SIZE] << 4 | hex_digit(at[prefix + i]);
    }
    if (numbers[0] >= load->plan.actors)
        return NULL;
    struct actor *actor = &load->actors[numbers[0]];
    return actor->busy && actor->sequence == numbers[1] ? actor : NULL;
}

/* Answers a challenge; false: it cannot be. */
static bool take_challenge(struct load *load, struct actor *actor, struct bytes raw, uint64_t now)
{
    struct sip_message message;
    bool stream = load->session->options->protocol == NET_TCP;
    if (++actor->challenges > CHALLENGES_MAX ||
        !verdict_ok(sip_message_parse(raw, stream, &message)) ||
        !user_take_challenge(load->session, &load->session->users[actor->user], &message))
        return false;
    load->result->challenges++;
    actor->draft.out.length = 0;
    send_request(load, actor, now);
    return true;
}

/* What a run needs, or takes away, is not what is measured: where the server is too busy for it
 * (503) it is tried again, a little later. */
static bool take_busy(const struct load *load, struct actor *actor, uint64_t now)
{
    if (load->plan.count == 0)
        return false;
    actor->sequence = 0;
    actor->again_ns = now + (uint64_t)BUSY_PAUSE_MS * MS_NS;
    return true;
}

static bool take_success(struct load *load, struct actor *actor, struct bytes raw)
{
    struct sip_message message;
    bool stream = load->session->options->protocol == NET_TCP;
    if (load->plan.kind->answered == NULL)
        return true;
    return verdict_ok(sip_message_parse(raw, stream, &message)) &&
           load->plan.kind->answered(load, actor, &message);
}

static void take_response(struct load *load, struct bytes raw)
{
    uint32_t status = 0;
    uint64_t now = now_ns();
    struct actor *actor = find_actor(load, raw);
    struct bytes rest = bytes_skip(raw, sizeof("SIP/2.0 ") - 1), line = bytes_split(&rest, '\r');
    if (!bytes_to_u32(bytes_first(line, 3), &status))
        return;
    if (status < 200) {
        if (actor != NULL)
            actor->resend_ns = UINT64_MAX; /* RFC 3261 17.1.1.2 */
        return;
    }
    if (actor == NULL || !actor->wants_answer) {
        load->result->stray++;
        return;
    }
    if ((status == 401 || status == 407) && take_challenge(load, actor, raw, now))
        return;
    if (status == 503 && take_busy(load, actor, now))
        return;
    actor->wants_answer = false;
    if (status >= 300) {
        fail(load, actor, "answered", line);
        return;
    }
    if (!take_success(load, actor, raw)) {
        fail(load, actor, "something is missing in", line);
        return;
    }
    if (was_due_in_time(load, actor))
        histogram_add(&load->result->answer, now - actor->due_ns);
    settle(load, actor, now);
}

/* Requests of the server. */

static struct dialog *find_dialog(const struct session *session, const struct sip_message *message)
{
    struct sip_uri uri;
    uint32_t number = 0;
    if (!verdict_ok(sip_uri_parse(message->request_uri, &uri)) || uri.user.length != HEX_SIZE)
        return NULL;
    for (size_t i = 0; i < HEX_SIZE; i++)
        number = number << 4 | hex_digit(uri.user.at[i]);
    return number < session->dialog_count ? &session->dialogs[number] : NULL;
}

void load_awaited(struct load *load, struct actor *actor)
{
    uint64_t now = now_ns();
    assert(actor->wants_notifies > 0);
    actor->wants_notifies--;
    if (load->measuring || load->plan.count > 0)
        load->result->notifies++;
    if (load->plan.kind->latency == LATENCY_BETWEEN) {
        histogram_add(&load->result->whole, now - actor->sent_ns);
        actor->sent_ns = now; /* it is not late as long as they come */
    } else if (load->plan.kind->latency == LATENCY_OF_EACH && was_due_in_time(load, actor)) {
        histogram_add(&load->result->whole, now - actor->since_ns);
    }
    if (actor->wants_notifies == 0 && load->plan.kind->goes_on != NULL)
        load->plan.kind->goes_on(load, actor);
    settle(load, actor, now);
}

void load_await(struct load *load, struct actor *actor, unsigned notifies)
{
    actor->round = ++load->session->sequence;
    actor->wants_notifies = notifies;
    actor->since_ns = now_ns();
}

static bool is_awaited(struct load *load, const struct actor *actor, const struct dialog *dialog,
                       const struct sip_message *notify)
{
    return actor != NULL && actor->busy && actor->wants_notifies > 0 &&
           dialog->counted_for != actor->round &&
           (load->plan.kind->tells == NULL || load->plan.kind->tells(load, actor, notify));
}

static void take_notify(struct load *load, const struct sip_message *message)
{
    struct dialog *dialog = find_dialog(load->session, message);
    if (dialog == NULL) {
        load->result->stray++;
        return;
    }
    if (message->cseq == dialog->notify_cseq) {
        load->result->repeated++;
        return;
    }
    dialog->notify_cseq = message->cseq;
    struct actor *actor =
        dialog->awaited_by < load->plan.actors ? &load->actors[dialog->awaited_by] : NULL;
    if (!is_awaited(load, actor, dialog, message)) {
        load->result->stray++;
        return;
    }
    dialog->counted_for = actor->round;
    load_awaited(load, actor);
}

static void take_request(struct load *load, const struct net_flow *flow, struct bytes raw)
{
    struct session *session = load->session;
    struct sip_message message;
    char text[ANSWER_SIZE];
    struct buffer out = buffer_over(text, sizeof(text));
    if (!verdict_ok(sip_message_parse(raw, flow->protocol == NET_TCP, &message))) {
        note_error(load, "the server sent what does not parse:", bytes_first(raw, 60));
        return;
    }
    if (message.method == SIP_ACK ||
        (load->plan.kind->takes != NULL && load->plan.kind->takes(load, flow, &message)))
        return;
    sip_write_response(&out, &message, 200, NULL, BYTES("bench"), BYTES(""), 0);
    sip_write_body(&out, BYTES(""), BYTES(""));
    if (out.overflow || net_send(session->net, flow, buffer_bytes(&out), BYTES("")) != ERR_NONE)
        note_error(load, "cannot answer", message.method_name);
    if (message.method == SIP_NOTIFY)
        take_notify(load, &message);
    else if (message.method == SIP_MESSAGE && load->plan.kind->got != NULL)
        load->plan.kind->got(load, &message);
}

void load_take(struct session *session, const struct net_flow *flow, struct bytes raw)
{
    if (session->load == NULL || session->load->over)
        return;
    if (bytes_starts_with(raw, BYTES("SIP/2.0 ")))
        take_response(session->load, raw);
    else
        take_request(session->load, flow, raw);
}

/* Time. */

static void watch_actor(struct load *load, struct actor *actor, uint64_t now)
{
    if (actor->again_ns != 0) {
        if (now >= actor->again_ns)
            send_request(load, actor, now);
        return;
    }
    if (now > actor->sent_ns + (uint64_t)TIMEOUT_MS * MS_NS) {
        load->result->timeouts++;
        fail(load, actor, "no answer in time to", bytes_of(actor->method));
        return;
    }
    if (!actor->wants_answer || load->session->options->protocol == NET_TCP ||
        now < actor->resend_ns)
        return;
    uint64_t pause_ms = (uint64_t)T1_MS << (actor->sends < 3 ? actor->sends : 3);
    actor->resend_ns = now + (pause_ms < T2_MS ? pause_ms : T2_MS) * MS_NS;
    actor->sends++;
    load->result->resent++;
    send_draft(load, actor);
}

static void on_tick(struct timer *timer)
{
    struct load *load = HOLDER(timer, struct load, tick);
    uint64_t now = now_ns();
    if (!meter_alive(load->plan.meter)) {
        load_abort(load, "the server has ended");
        return;
    }
    for (unsigned i = 0; i < load->plan.actors && !load->over; i++)
        if (load->actors[i].busy)
            watch_actor(load, &load->actors[i], now);
    if (load->draining && now > load->give_up_ns && !load->over)
        load_end(load);
    if (!load->over)
        world_timer(&load->session->world, timer, TICK_MS, on_tick);
}

static void end_measuring(struct timer *timer)
{
    struct load *load = HOLDER(timer, struct load, phase);
    struct load_result *result = load->result;
    load->end_ns = now_ns();
    load->measuring = false;
    load->draining = true;
    load->give_up_ns = load->end_ns + (uint64_t)TIMEOUT_MS * MS_NS;
    result->wall_ns = load->end_ns - load->begin_ns;
    result->server_cpu_ns = meter_cpu_ns(load->plan.meter) - load->server_cpu_ns;
    result->own_cpu_ns = meter_own_cpu_ns() - load->own_cpu_ns;
    load_issue(load);
}

static void begin_measuring(struct timer *timer)
{
    struct load *load = HOLDER(timer, struct load, phase);
    load->server_cpu_ns = meter_cpu_ns(load->plan.meter);
    load->own_cpu_ns = meter_own_cpu_ns();
    load->begin_ns = now_ns();
    load->measuring = true;
    world_timer(&load->session->world, timer, load->plan.run_ms, end_measuring);
}

/* The whole. */

static void load_init(struct load *load)
{
    load->idle_end = &load->idle;
    load->actors = memory_new(load->plan.actors * sizeof(*load->actors));
    for (unsigned i = 0; i < load->plan.actors; i++) {
        load->actors[i].number = load->actors[i].user = i;
        if (!load->plan.kind->of_users)
            load->actors[i].user = i % load->session->options->users;
        load->actors[i].flow = i % load->session->options->flows;
        push_idle(load, &load->actors[i]);
    }
}

static void load_release(struct load *load)
{
    for (unsigned i = 0; i < load->plan.actors; i++)
        draft_release(&load->actors[i].draft);
    free(load->actors);
}

static void begin(struct load *load)
{
    struct world *world = &load->session->world;
    load->server_cpu_ns = meter_cpu_ns(load->plan.meter);
    load->own_cpu_ns = meter_own_cpu_ns();
    load->first_ns = now_ns();
    world_tick(world, load->first_ns / MS_NS, world->wall_ms); /* it stood still between runs */
    world_timer(world, &load->tick, TICK_MS, on_tick);
    if (load->plan.count == 0)
        world_timer(world, &load->phase, load->plan.warm_ms, begin_measuring);
    if (load->plan.rate_per_s > 0)
        load->pacer = pacer_new(load->session->loop, load->first_ns, load->plan.rate_per_s);
    if (load->plan.rate_per_s > 0 && load->pacer == NULL)
        load_abort(load, "the system refuses a thread");
    load_issue(load);
}

/* What is done by number is measured from its beginning to its end. */
static void measure_whole(struct load *load)
{
    struct load_result *result = load->result;
    if (load->plan.count == 0)
        return;
    result->wall_ns = now_ns() - load->first_ns;
    result->server_cpu_ns = meter_cpu_ns(load->plan.meter) - load->server_cpu_ns;
    result->own_cpu_ns = meter_own_cpu_ns() - load->own_cpu_ns;
}

/* What was due and never sent, or never answered. */
static void count_lost(struct load *load)
{
    struct load_result *result = load->result;
    if (load->plan.rate_per_s > 0 && load->end_ns > 0)
        for (; arrival_ns(load) < load->end_ns; load->started++)
            result->unsent++;
    for (unsigned i = 0; i < load->plan.actors; i++)
        if (load->actors[i].busy)
            result->timeouts++;
    result->errors += result->unsent + load->busy;
    if (result->errors > 0 && result->first_error[0] == '\0')
        snprintf(result->first_error, sizeof(result->first_error),
                 "requests were left without an answer, or could not be sent, at the end");
}

bool load_run(struct session *session, const struct load_plan *plan, struct load_result *result)
{
    struct load load = {.session = session, .plan = *plan, .result = result};
    assert(plan->actors > 0 && (plan->count > 0 || plan->run_ms > 0));
    *result = (struct load_result){0};
    load_init(&load);
    session->load = &load;
    begin(&load);
    loop_run(session->loop);
    pacer_free(&load.pacer);
    world_timer_cancel(&session->world, &load.tick);
    world_timer_cancel(&session->world, &load.phase);
    session->load = NULL;
    measure_whole(&load);
    bool whole = plan->count > 0 || load.end_ns > 0;
    count_lost(&load);
    load_release(&load);
    return whole && !session->interrupted;
}
