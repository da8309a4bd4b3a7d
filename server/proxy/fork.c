/* fork.c: the response context (RFC 3261 16.7): one server transaction and a client transaction for
 * each target.
 *
 *     branch:   WAITS --> PENDING --+-- 2xx, or given up by timer C --> LINGERS --+--> ENDED
 *                                   +-- another final, or no answer --------------+
 *
 *     101-199   goes back at once; timer C starts anew
 *     2xx       goes back at once, each one of an INVITE; the others are cancelled
 *     6xx       is remembered; the others are cancelled, none is begun any more
 *     others    the best is remembered; 430, 408 and a way that broke let the next way to the same
 *               device begin (RFC 5626 7)
 *
 * When nothing is pending the next group begins; when there is none, the best goes back. So a fork
 * answers once, but for the 2xx of an INVITE, of which each makes a dialog: they go back for as
 * long as the server transaction lives, even after a failure (16.7 step 5). It lives until the last
 * of its transactions has ended, because a 2xx may come to the end (RFC 6026).
 *
 * A device that was woken for a call and registers while it rings joins it (RFC 8599): places for
 * such are kept free.
 *
 * The request is the server transaction's copy, which is gone after the answer, or when the
 * caller's time is over (64*T1, non-INVITE): from then on nothing begins. */
#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <utlist.h>

#include "front/keep.h"
#include "proxy_internal.h"
#include "sip/write.h"

enum branch_state { BRANCH_WAITS, BRANCH_PENDING, BRANCH_LINGERS, BRANCH_ENDED };

struct branch {
    struct fork *fork;
    uint64_t client; /* 0: none */
    struct timer timer_c;
    enum branch_state state;
    bool ringing; /* a provisional response has come */
    bool has_flow, flow_only;
    struct plan_place place;
    uint32_t breadth;
    struct net_flow flow;
    struct bytes uri, route;
    uint64_t instance_hash; /* 0: none */
    char *own;              /* texts of one that joined */
};

enum { JOINS_MAX = 4, NO_GROUP = INT_MAX };

struct fork {
    struct fork *prev, *next;
    struct proxy *proxy;
    struct front_request request; /* of our own copies; see above */
    struct incoming incoming;
    uint64_t server, loop_key;
    struct call call;
    struct line_call *line;  /* NULL: none of ours is on the phone, or it was answered */
    size_t size;             /* of all that was allocated for it, but for the best answer */
    unsigned pending, alive; /* branches PENDING; and those or LINGERS */
    unsigned group;          /* the next one to begin */
    uint32_t breadth;
    bool invite, no_cancel;
    bool watched;   /* the server transaction will tell that it has ended */
    bool closed;    /* nothing is begun any more */
    bool cancelled; /* by the caller */
    bool settled;   /* answered, or nobody is left to answer */
    bool failed;    /* what was answered is no 2xx */
    bool timed_out, flow_gone;
    unsigned refused; /* why a branch could not begin: 500, 503 or 513; 0: all could */
    struct proxy_best best;
    struct fork *joins_prev, *joins_next; /* while `joinable` */
    struct timer join;
    unsigned spare; /* devices that may join */
    bool joinable;
    size_t count;
    struct branch branches[];
};

static struct transaction_layer *transactions_of(const struct fork *fork)
{
    return fork->proxy->parts->transactions;
}

/* NULL: nobody is left to answer; the copy of the request is gone, too. */
static struct server_transaction *server_of(const struct fork *fork)
{
    return transaction_find(transactions_of(fork), fork->server);
}

/* Nobody joins any more. */
static void close_joins(struct fork *fork)
{
    if (!fork->joinable)
        return;
    world_timer_cancel(fork->proxy->parts->world, &fork->join);
    DL_DELETE2(fork->proxy->joinable, fork, joins_prev, joins_next);
    fork->joinable = false;
}

/* No answer makes a call of it any more. */
static void hang_up(struct fork *fork)
{
    if (fork->line != NULL)
        line_failed(fork->line);
    fork->line = NULL;
}

static void free_fork(struct fork *fork)
{
    const struct server_watch nobody = {0};
    struct server_transaction *server = server_of(fork);
    close_joins(fork);
    for (size_t i = 0; i < fork->count; i++) {
        world_timer_cancel(fork->proxy->parts->world, &fork->branches[i].timer_c);
        transaction_forget(transactions_of(fork), fork->branches[i].client);
        free(fork->branches[i].own);
    }
    if (server != NULL && fork->watched)
        transaction_watch(server, &nobody);
    DL_DELETE(fork->proxy->forks, fork);
    hang_up(fork);
    call_end(fork->proxy, &fork->call);
    answer_release(fork->proxy, &fork->best);
    transaction_discharge(transactions_of(fork), fork->size);
    free(fork);
}

size_t fork_count(const struct proxy *proxy)
{
    const struct fork *fork;
    size_t count = 0;
    DL_COUNT(proxy->forks, fork, count);
    return count;
}

void fork_end_all(struct proxy *proxy)
{
    while (proxy->forks != NULL)
        free_fork(proxy->forks);
}

/* It is answered, or nobody is left to answer: as a call it is not under way any more. */
static void become_settled(struct fork *fork, bool failed)
{
    assert(!fork->settled);
    fork->settled = true;
    fork->failed = failed;
    close_joins(fork);
    call_end(fork->proxy, &fork->call);
}

/* Nothing of it may be left, on either side. */
static void release(struct fork *fork)
{
    if (fork->alive == 0 && !fork->watched)
        free_fork(fork);
}

/* Cancelling. */

static void cancel_branch(struct branch *branch, struct bytes reason)
{
    transaction_cancel(transactions_of(branch->fork), branch->client, reason);
}

/* RFC 3261 16.7 step 10; there is no CANCEL for other requests (9.1). */
static void cancel_pending(struct fork *fork, struct bytes reason)
{
    fork->closed = true;
    for (size_t i = 0; i < fork->count && fork->invite; i++)
        if (fork->branches[i].state == BRANCH_PENDING)
            cancel_branch(&fork->branches[i], reason);
}

static void cancel_because(struct fork *fork, unsigned status, const char *text)
{
    char memory[128];
    struct buffer reason = buffer_over(memory, sizeof(memory));
    buffer_format(&reason, "SIP;cause=%u;text=\"%s\"", status, text); /* RFC 3326 2 */
    assert(!reason.overflow);
    cancel_pending(fork, buffer_bytes(&reason));
}

/* Answering. */

static void reply_ours(struct fork *fork, struct server_transaction *server, unsigned status,
                       const char *reason)
{
    struct buffer out = buffer_over(fork->proxy->scratch, MESSAGE_MAX);
    transaction_write(transactions_of(fork), &fork->incoming, &out, status, reason, BYTES(""));
    if (status == 503)
        sip_write_number(&out, "Retry-After", front_settings(fork->proxy->front)->retry_after_s);
    sip_write_body(&out, BYTES(""), BYTES(""));
    if (status != 487)
        front_count_refusal(fork->proxy->front, status, FRONT_WHY_USUAL);
    if (!out.overflow)
        transaction_reply(transactions_of(fork), server, buffer_bytes(&out), fork->request.seen);
}

/* When no answer came. */
static void reply_without_answer(struct fork *fork, struct server_transaction *server)
{
    bool elsewhere = fork->request.aim == FRONT_AIM_ELSEWHERE;
    if (fork->cancelled)
        reply_ours(fork, server, 487, NULL);
    else if (fork->refused == 513)
        reply_ours(fork, server, 513, "The message is too large to be relayed");
    else if (fork->refused == 503)
        reply_ours(fork, server, 503, "The server is busy");
    else if (fork->refused != 0)
        reply_ours(fork, server, 500, "What led there could not be stored");
    else if (fork->timed_out)
        reply_ours(fork, server, 408, NULL); /* to an INVITE: RFC 4320 4.2 */
    else if (fork->flow_gone && elsewhere)
        reply_ours(fork, server, 430, NULL); /* RFC 5626 5.3.1 */
    else if (elsewhere)                      /* RFC 3261 16.9 and 16.7 step 6 */
        reply_ours(fork, server, 500, "Where this request leads could not be reached");
    else
        reply_ours(fork, server, 480, "No contact of this user could be reached");
}

static void settle(struct fork *fork)
{
    struct server_transaction *server = server_of(fork);
    assert(!fork->settled && fork->pending == 0);
    become_settled(fork, true);
    fork->closed = true;
    hang_up(fork);
    if (server == NULL)
        return;
    if (fork->best.status ==
        503) /* RFC 3261 16.7 step 6: that server is overloaded, not this one */
        reply_ours(fork, server, 500, "The contact of this user is overloaded");
    else if (fork->best.status != 0)
        transaction_reply(transactions_of(fork), server,
                          bytes_from(fork->best.text, fork->best.length), STORE_NOTHING);
    else
        reply_without_answer(fork, server);
    answer_release(fork->proxy, &fork->best);
}

/* Whatever the callee made of the Vias, it goes where the request came from. Without a server
 * transaction it is discarded (RFC 6026 8.3): the caller's is over, too. */
static void pass_success(struct fork *fork, struct bytes text)
{
    struct server_transaction *server = server_of(fork);
    if (server == NULL)
        metrics_count(fork->proxy->parts->metrics, METRIC_responses_stray);
    else if (!fork->failed)
        transaction_reply(transactions_of(fork), server, text, STORE_NOTHING);
    else
        transaction_reply_late(transactions_of(fork), server, text);
}

/* Beginning. */

static void take_answer(void *context, const struct client_answer *answer);
static void timer_c_fired(struct timer *timer);

static void start_timer_c(struct branch *branch)
{
    const struct proxy *proxy = branch->fork->proxy;
    if (branch->fork->invite)
        world_timer(proxy->parts->world, &branch->timer_c,
                    (uint64_t)proxy->settings.timer_c_s * 1000, timer_c_fired);
}

/* RFC 3261 16.6 step 4, when the way is known. */
static void write_record_route(void *context, const struct net_flow *flow, struct buffer *out)
{
    const struct branch *branch = context;
    const struct fork *fork = branch->fork;
    struct sip_address contact;
    if (fork->settled || server_of(fork) == NULL)
        return;
    const struct front_request *request = &fork->request;
    const struct net_flow *came_by = &request->incoming->flow;
    bool named =
        verdict_ok(sip_address_parse(sip_message_value(request->message, SIP_CONTACT), &contact));
    const struct front_side from = {
        .flow = came_by,
        .flow_only = named &&
                     front_contact_is_sender(request->front, request->incoming, &contact.uri) &&
                     forward_flow_only(came_by, contact.uri.text),
        .secure = request->uri.scheme == SIP_SCHEME_SIPS,
    };
    const struct front_side to = {
        .flow = flow,
        .flow_only = branch->has_flow && net_flow_equal(flow, &branch->flow) &&
                     forward_flow_only(flow, branch->uri),
        .secure = forward_is_secure(branch->uri, branch->route),
    };
    front_write_record_route(request, &from, &to, out);
}

/* Requests that make dialogs, and all that may (RFC 3261 16.6 step 4, RFC 6665 4.3). A NOTIFY makes
 * one, too, but only the dialog of its SUBSCRIBE: when that did not come by us, nor does the
 * rest. */
static bool makes_dialogs(const struct front_request *request)
{
    enum sip_method method = request->message->method;
    if (method == SIP_NOTIFY && !bytes_empty(request->message->to.tag))
        return request->routed;
    return method == SIP_INVITE || method == SIP_SUBSCRIBE || method == SIP_NOTIFY ||
           method == SIP_REFER || method == SIP_METHOD_OTHER;
}

static bool send(struct branch *branch)
{
    struct fork *fork = branch->fork;
    unsigned why = 0;
    assert(server_of(fork) != NULL);
    const struct dispatch dispatch = {
        .request = &fork->request,
        .uri = branch->uri,
        .route = branch->route,
        .flow = branch->has_flow ? &branch->flow : NULL,
        .flow_only = branch->flow_only,
        .breadth = branch->breadth,
        .loop_key = fork->loop_key,
        .after = fork->request.seen,
        .answer = take_answer,
        .add = makes_dialogs(&fork->request) ? write_record_route : NULL,
        .context = branch,
    };
    branch->client = dispatch_send(fork->proxy, &dispatch, &why);
    if (why == 430)
        fork->flow_gone = true;
    else if (why != 0)
        fork->refused = why;
    return branch->client != 0;
}

/* True when the branch is on its way. */
static bool begin(struct branch *branch)
{
    struct fork *fork = branch->fork;
    assert(branch->state == BRANCH_WAITS);
    branch->state = BRANCH_ENDED;
    if (!send(branch))
        return false;
    branch->state = BRANCH_PENDING;
    fork->pending++;
    fork->alive++;
    start_timer_c(branch);
    return true;
}

/* The next way to the device of a branch that failed. */
static bool begin_next_way(const struct branch *failed)
{
    struct fork *fork = failed->fork;
    if (fork->closed || server_of(fork) == NULL)
        return false;
    for (size_t i = 0; i < fork->count; i++) {
        struct branch *branch = &fork->branches[i];
        if (branch->state != BRANCH_WAITS || branch->place.lead != failed->place.lead)
            continue;
        branch->breadth = failed->breadth;
        if (begin(branch))
            return true;
    }
    return false;
}

/* The breadth of a request is divided among what runs at a time (RFC 5393 5.3.3). */
static void share_breadth(struct fork *fork, unsigned group)
{
    uint32_t leads = 0, rank = 0;
    for (unsigned i = 0; i < fork->count; i++)
        leads += fork->branches[i].place.lead == i && fork->branches[i].place.group == group;
    for (unsigned i = 0; i < fork->count; i++) {
        struct branch *branch = &fork->branches[i];
        if (branch->place.lead != i || branch->place.group != group)
            continue;
        branch->breadth = fork->breadth / leads + (rank < fork->breadth % leads);
        rank++;
    }
}

/* False when there is no such group. */
static bool begin_group(struct fork *fork, unsigned group)
{
    bool found = false;
    share_breadth(fork, group);
    for (unsigned i = 0; i < fork->count; i++) {
        struct branch *branch = &fork->branches[i];
        if (branch->place.lead != i || branch->place.group != group)
            continue;
        found = true;
        if (!begin(branch))
            (void)begin_next_way(branch);
    }
    return found;
}

/* After every event: goes on when nothing is pending, ends when nothing is left. */
static void advance(struct fork *fork)
{
    while (fork->pending == 0 && !fork->closed && server_of(fork) != NULL &&
           begin_group(fork, fork->group))
        fork->group++;
    if (fork->pending == 0 && !fork->settled)
        settle(fork);
    release(fork);
}

/* What a branch reports. */

static void leave_pending(struct branch *branch, enum branch_state state)
{
    assert(branch->state == BRANCH_PENDING || branch->state == BRANCH_LINGERS);
    assert(branch->fork->alive >= branch->fork->pending && branch->fork->alive > 0);
    if (branch->state == BRANCH_PENDING)
        branch->fork->pending--;
    if (state == BRANCH_ENDED)
        branch->fork->alive--;
    branch->state = state;
    world_timer_cancel(branch->fork->proxy->parts->world, &branch->timer_c);
}

static struct answered answered_of(const struct fork *fork, const struct client_answer *answer)
{
    assert(answer->response != NULL && answer->flow != NULL);
    return (struct answered){answer->response, &answer->flow->remote, &fork->incoming.flow.remote};
}

static void take_provisional(struct branch *branch, const struct client_answer *answer)
{
    struct fork *fork = branch->fork;
    struct server_transaction *server = server_of(fork);
    if (branch->state != BRANCH_PENDING)
        return;
    branch->ringing = true;
    if (timer_is_set(&branch->timer_c))
        start_timer_c(branch);
    if (fork->settled || server == NULL || !fork->invite)
        return;
    const struct answered answered = answered_of(fork, answer);
    struct bytes text = answer_write(fork->proxy, &answered);
    if (fork->line != NULL)
        line_rings(fork->line, answer->response);
    if (!bytes_empty(text))
        transaction_reply(transactions_of(fork), server, text, STORE_NOTHING);
}

static void take_success(struct branch *branch, const struct client_answer *answer)
{
    struct fork *fork = branch->fork;
    const struct answered answered = answered_of(fork, answer);
    struct bytes text = answer_write(fork->proxy, &answered);
    bool first = !fork->settled;
    if (branch->state == BRANCH_PENDING)
        leave_pending(branch, BRANCH_LINGERS);
    if (bytes_empty(text) || (!first && !fork->invite))
        return;
    if (first)
        become_settled(fork, false);
    fork->closed = true;
    if (fork->line != NULL)
        line_answered(fork->line, answer->response);
    fork->line = NULL;
    pass_success(fork, text);
    if (first && fork->invite && !fork->no_cancel) /* 9.1: nothing else can be cancelled */
        cancel_because(fork, 200, "Call completed elsewhere");
}

/* No answer at all: the transaction's own words for why. */
static void take_silence(struct branch *branch, unsigned status)
{
    struct fork *fork = branch->fork;
    if (branch->state != BRANCH_PENDING || (status != 487 && begin_next_way(branch)))
        return;
    if (status == 408 || status == 487) /* the latter: not even its CANCEL was answered */
        fork->timed_out = true;
    else if (status == 500)
        fork->refused = 500;
    else if (status == 503 && branch->flow_only)
        fork->flow_gone = true;
}

/* The device has answered: other ways to it are not tried any more (RFC 5626 7). */
static void skip_other_ways(const struct branch *answered)
{
    struct fork *fork = answered->fork;
    for (size_t i = 0; i < fork->count; i++) {
        struct branch *branch = &fork->branches[i];
        if (branch->state == BRANCH_WAITS && branch->place.lead == answered->place.lead)
            branch->state = BRANCH_ENDED;
    }
}

static void take_failure(struct branch *branch, const struct client_answer *answer)
{
    struct fork *fork = branch->fork;
    const struct answered answered = answered_of(fork, answer);
    unsigned status = answer->status;
    if (branch->state != BRANCH_PENDING || fork->settled)
        return;
    if ((status == 408 || status == 430) && begin_next_way(branch))
        return;
    skip_other_ways(branch);
    if (status == 430 && fork->request.aim != FRONT_AIM_ELSEWHERE)
        fork->flow_gone = true; /* nothing that a caller could use (RFC 5626 11.5) */
    else
        answer_consider(fork->proxy, &fork->best, &answered);
    if (status >= 600)
        cancel_because(fork, status, sip_status_phrase(status));
}

static void log_answer(const struct fork *fork, const struct sip_message *response)
{
    log_write(fork->proxy->parts->log, LOG_DEBUG, "proxy", "%.*s relayed: %u call-id=%.*s",
              BYTES_ARGS(response->cseq_method), response->status, BYTES_ARGS(response->call_id));
}

static void take_answer(void *context, const struct client_answer *answer)
{
    struct branch *branch = context;
    struct fork *fork = branch->fork;
    assert(branch->state == BRANCH_PENDING || branch->state == BRANCH_LINGERS);
    if (answer->last)
        branch->client = 0;
    if (answer->response != NULL)
        log_answer(fork, answer->response);
    if (answer->response == NULL && answer->status != 0)
        take_silence(branch, answer->status);
    else if (answer->status >= 300)
        take_failure(branch, answer);
    else if (answer->status >= 200)
        take_success(branch, answer);
    else if (answer->status != 0)
        take_provisional(branch, answer);
    if (answer->last)
        leave_pending(branch, BRANCH_ENDED);
    advance(fork);
}

/* RFC 3261 16.8. A branch that rings ends with the answer to its CANCEL; one that never said a word
 * counts as timed out, though a 2xx may still come. */
static void timer_c_fired(struct timer *timer)
{
    struct branch *branch = HOLDER(timer, struct branch, timer_c);
    struct fork *fork = branch->fork;
    assert(branch->state == BRANCH_PENDING);
    metrics_count(fork->proxy->parts->metrics, METRIC_calls_timed_out);
    cancel_branch(branch, BYTES("SIP;cause=408;text=\"Request Timeout\""));
    if (branch->ringing)
        return;
    take_silence(branch, 408);
    leave_pending(branch, BRANCH_LINGERS);
    advance(fork);
}

/* What the caller does. */

/* All values of a Reason, as one (RFC 3326 2). */
static struct bytes reason_of(const struct sip_message *cancel, struct buffer *memory)
{
    struct sip_values values = sip_values_of(cancel, SIP_REASON);
    struct bytes value;
    while (sip_values_next(&values, &value)) {
        if (memory->length > 0)
            buffer_text(memory, ", ");
        buffer_put(memory, value);
    }
    return memory->overflow ? BYTES("") : buffer_bytes(memory);
}

static void take_cancel(void *context, const struct sip_message *cancel)
{
    struct fork *fork = context;
    char text[512];
    struct buffer memory = buffer_over(text, sizeof(text));
    if (fork->settled)
        return;
    fork->cancelled = true;
    cancel_pending(fork, cancel != NULL ? reason_of(cancel, &memory) : BYTES(""));
}

void fork_cancel(struct proxy *proxy, const struct line_call *call)
{
    struct fork *fork;
    DL_FOREACH(proxy->forks, fork)
    {
        if (fork->line == call)
            take_cancel(fork, NULL);
    }
}

/* When that is before an answer nobody waits for one any more. */
static void take_end(void *context)
{
    struct fork *fork = context;
    fork->watched = false;
    if (!fork->settled) {
        become_settled(fork, true);
        hang_up(fork);
        cancel_pending(fork, BYTES(""));
    }
    release(fork);
}

/* Devices that were woken. */

static uint64_t hash_of_instance(const struct fork *fork, struct bytes instance)
{
    return bytes_empty(instance) ? 0 : bytes_hash(instance, fork->proxy->seed) | 1;
}

static bool is_called(const struct fork *fork, const struct proxy_target *target)
{
    uint64_t hash = hash_of_instance(fork, target->instance);
    for (size_t i = 0; i < fork->count; i++) {
        const struct branch *branch = &fork->branches[i];
        if (bytes_equal(branch->uri, target->uri) || (hash != 0 && branch->instance_hash == hash))
            return true;
    }
    return false;
}

/* Beside the groups: it begins at once. */
static void join_target(struct fork *fork, const struct proxy_target *target)
{
    unsigned index = (unsigned)fork->count++;
    struct branch *branch = &fork->branches[index];
    char *at = memory_new(target->uri.length + target->route.length + 1);
    *branch = (struct branch){.fork = fork, .own = at, .breadth = 1};
    branch->place = (struct plan_place){.group = NO_GROUP, .lead = index};
    branch->uri = bytes_pack(&at, target->uri);
    branch->route = bytes_pack(&at, target->route);
    branch->instance_hash = hash_of_instance(fork, target->instance);
    branch->flow_only = target->flow_only;
    branch->has_flow = target->flow != NULL;
    if (target->flow != NULL)
        branch->flow = *target->flow;
    fork->spare--;
    metrics_count(fork->proxy->parts->metrics, METRIC_calls_joined);
    (void)begin(branch);
}

/* What leaves hangs on the registration that led here. */
static void join_fired(struct timer *timer)
{
    struct fork *fork = HOLDER(timer, struct fork, join);
    struct proxy *proxy = fork->proxy;
    struct choice choice;
    if (fork->closed || server_of(fork) == NULL)
        return;
    fork->request.seen = store_latest(proxy->parts->store, fork->request.partition);
    struct chosen chosen = choose_targets(proxy, &fork->request, false, &choice);
    for (size_t i = 0; verdict_ok(chosen.verdict) && i < choice.count && fork->spare > 0; i++)
        if (!is_called(fork, &choice.targets[i]))
            join_target(fork, &choice.targets[i]);
    if (fork->spare == 0)
        close_joins(fork);
}

void fork_device_came(struct proxy *proxy, struct bytes aor)
{
    struct fork *fork;
    DL_FOREACH2(proxy->joinable, fork, joins_next)
    {
        if (bytes_equal(fork->request.target, aor))
            world_timer(proxy->parts->world, &fork->join, 0, join_fired);
    }
}

/* The context. */

static size_t text_size(const struct front_request *request, const struct fork_plan *plan)
{
    size_t size = front_keep_size(request);
    for (size_t i = 0; i < plan->count; i++)
        size += plan->targets[i].uri.length + plan->targets[i].route.length;
    return size;
}

static void copy_targets(struct fork *fork, const struct fork_plan *plan, char **at)
{
    for (size_t i = 0; i < plan->count; i++) {
        const struct proxy_target *target = &plan->targets[i];
        struct branch *branch = &fork->branches[i];
        branch->fork = fork;
        branch->place = plan->places[i];
        branch->uri = bytes_pack(at, target->uri);
        branch->route = bytes_pack(at, target->route);
        branch->instance_hash = hash_of_instance(fork, target->instance);
        branch->flow_only = target->flow_only;
        branch->has_flow = target->flow != NULL;
        if (target->flow != NULL)
            branch->flow = *target->flow;
    }
}

/* Who joins gets a breadth of one, which the others have less (RFC 5393 5.3.3). */
static void open_joins(struct fork *fork, unsigned spare)
{
    if (spare == 0 || fork->breadth < fork->count + spare)
        return;
    fork->spare = spare;
    fork->breadth -= spare;
    fork->joinable = true;
    DL_APPEND2(fork->proxy->joinable, fork, joins_prev, joins_next);
}

static struct fork *make_fork(struct proxy *proxy, const struct front_request *request,
                              const struct fork_plan *plan, struct server_transaction *server)
{
    unsigned spare = plan->spare < JOINS_MAX ? plan->spare : (unsigned)JOINS_MAX;
    size_t size = sizeof(struct fork) + (plan->count + spare) * sizeof(struct branch);
    size_t whole = size + text_size(request, plan);
    struct fork *fork = memory_new(whole);
    char *at = (char *)fork + size;
    fork->proxy = proxy;
    fork->size = whole;
    transaction_charge(proxy->parts->transactions, whole);
    fork->server = transaction_handle(server);
    fork->loop_key = plan->loop_key;
    fork->breadth = plan->breadth;
    fork->no_cancel = plan->no_cancel;
    fork->invite = request->message->method == SIP_INVITE;
    fork->count = plan->count;
    front_keep(request, server, &fork->request, &fork->incoming, &at);
    fork->request.instance = fork->request.gruu_call = BYTES(""); /* its targets are chosen */
    copy_targets(fork, plan, &at);
    open_joins(fork, spare);
    DL_APPEND(proxy->forks, fork);
    return fork;
}

void fork_begin(struct proxy *proxy, struct front_request *request, const struct fork_plan *plan)
{
    assert(plan->count > 0 && plan->breadth > 0);
    struct server_transaction *server = plan->server;
    if (server == NULL)
        server = transaction_begin(proxy->parts->transactions, request->incoming);
    if (server == NULL)
        return;
    struct fork *fork = make_fork(proxy, request, plan, server);
    const struct server_watch watch = {take_cancel, take_end, fork};
    fork->watched = fork->invite;
    if (fork->invite)
        call_begin(proxy, request, &fork->call);
    if (fork->invite && bytes_empty(request->message->to.tag))
        fork->line = line_begin(proxy, request);
    if (fork->watched)
        transaction_watch(server, &watch);
    advance(fork);
}
