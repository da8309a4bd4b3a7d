/* proxy.c: what becomes of a request that is to be relayed.
 *
 *     elsewhere       one target: the Request-URI, by the route or the flow that the dialog names
 *     user, device    the bindings -> caller preferences -> order -> 302, or a fork
 *     ACK             the same, without state: it belongs to the 2xx of an INVITE (16.11)
 *
 * Before anything leaves: has it been here before (482), and may it be divided so often (440)? */
#include "proxy/proxy.h"

#include <assert.h>
#include <stdlib.h>

#include "bucket_internal.h"
#include "proxy/preferences.h"

enum { TIMER_C_LEAST_S = 181 };

struct proxy_settings proxy_settings_default(void)
{
    return (struct proxy_settings){
        .targets_max = 20,
        .breadth_max = 60,
        .timer_c_s = TIMER_C_LEAST_S,
        .calls_max = 20000,
        .calls_max_per_source = 200,
        .calls_max_per_caller = 20,
        .calls_max_per_callee = 20,
        .wake_wait_s = 10,
        .held_max = 1000,
        .lines_max = 100000,
        .call_silence_s = 4 * 3600,
    };
}

static void handle(void *context, struct front_request *request);

struct proxy *proxy_new(struct front *front, const struct proxy_settings *settings)
{
    struct proxy *proxy = memory_new(sizeof(*proxy));
    const struct front_method relayed = {SIP_METHOD_OTHER, FRONT_LOCAL_USER | FRONT_RELAYED, handle,
                                         proxy};
    proxy->front = front;
    proxy->parts = front_parts(front);
    proxy->settings = *settings;
    proxy->seed = world_random_u64(proxy->parts->world);
    proxy->scratch = memory_new(MESSAGE_MAX);
    proxy->added = memory_new(ADDED_MAX);
    front_register(front, &relayed);
    return proxy;
}

size_t proxy_count(const struct proxy *proxy)
{
    return fork_count(proxy) + proxy->held_count;
}

void proxy_reload(struct proxy *proxy, const struct proxy_settings *settings)
{
    proxy->settings = *settings;
}

void proxy_free(struct proxy **proxy)
{
    if (*proxy == NULL)
        return;
    bucket_end_all(*proxy);
    (*proxy)->lines.changed = NULL;
    fork_end_all(*proxy);
    lines_free(*proxy);
    free((*proxy)->scratch);
    free((*proxy)->added);
    free(*proxy);
    *proxy = NULL;
}

void proxy_locate(struct proxy *proxy, const struct proxy_locator *locator)
{
    assert(locator->find != NULL && proxy->locator.find == NULL);
    proxy->locator = *locator;
}

void proxy_wake_by(struct proxy *proxy, const struct proxy_waker *waker)
{
    assert(waker->wake != NULL && proxy->waker.wake == NULL);
    proxy->waker = *waker;
}

/* Checks. */

static bool is_ack(const struct front_request *request)
{
    return request->message->method == SIP_ACK;
}

/* An ACK is never answered (RFC 3261 17.1.1.3). */
static void refuse(struct front_request *request, unsigned status, const char *reason)
{
    if (!is_ack(request))
        front_refuse(request, status, reason);
}

static void refuse_verdict(struct front_request *request, struct verdict verdict)
{
    if (!verdict_ok(verdict))
        refuse(request, verdict.status, verdict.reason);
}

static bool check_loop(const struct proxy *proxy, struct front_request *request, uint64_t *key)
{
    *key = loop_key(proxy, request);
    if (!loop_found(proxy, request, *key))
        return true;
    metrics_count(proxy->parts->metrics, METRIC_requests_looped);
    refuse(request, 482, NULL);
    return false;
}

bool proxy_admit(struct proxy *proxy, struct front_request *request)
{
    uint64_t key;
    return check_loop(proxy, request, &key);
}

/* What is no number counts as absent. */
uint32_t breadth_of(const struct proxy *proxy, const struct front_request *request)
{
    bool present;
    uint32_t breadth;
    struct verdict v = sip_message_number(request->message, SIP_MAX_BREADTH, &present, &breadth);
    if (!verdict_ok(v) || !present || breadth > proxy->settings.breadth_max)
        return proxy->settings.breadth_max;
    return breadth;
}

/* Relaying. */

/* RFC 3261 16.11 and 13.2.2.4: once, to each of them, and nothing is remembered. */
static void relay_ack(struct proxy *proxy, const struct front_request *request,
                      const struct fork_plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        const struct proxy_target *target = &plan->targets[i];
        unsigned why;
        const struct dispatch dispatch = {
            .request = request,
            .uri = target->uri,
            .route = target->route,
            .flow = target->flow,
            .flow_only = target->flow_only,
            .breadth = plan->breadth,
            .loop_key = plan->loop_key,
            .after = request->seen,
        };
        (void)dispatch_send(proxy, &dispatch, &why);
    }
}

static void count_relayed(const struct proxy *proxy, const struct front_request *request)
{
    enum sip_method method = request->message->method;
    if (method == SIP_MESSAGE)
        metrics_count(proxy->parts->metrics, METRIC_messages_relayed);
    else if (method == SIP_INVITE && bytes_empty(request->message->to.tag))
        metrics_count(proxy->parts->metrics, METRIC_calls_relayed);
}

/* Targets over the limit are left out. */
static void make_plan(struct proxy *proxy, const struct front_request *request,
                      enum plan_manner manner, struct plan_place *places, struct fork_plan *plan)
{
    assert(plan->count > 0 && proxy->settings.targets_max <= PROXY_TARGETS_MAX);
    if (plan->count > proxy->settings.targets_max) {
        metrics_count(proxy->parts->metrics, METRIC_forks_limited);
        plan->count = proxy->settings.targets_max;
    }
    plan_make(plan->targets, plan->count, manner, places);
    plan->places = places;
    plan->breadth = breadth_of(proxy, request);
}

void plan_for(struct proxy *proxy, const struct front_request *request, const struct choice *choice,
              enum plan_manner manner, struct plan_place *places, struct fork_plan *plan)
{
    plan->targets = choice->targets;
    plan->count = choice->count;
    make_plan(proxy, request, manner, places, plan);
    count_relayed(proxy, request);
}

static void relay(struct proxy *proxy, struct front_request *request,
                  const struct proxy_target *targets, size_t count, const struct holding *holding)
{
    if (!bytes_empty(request->message->to.tag))
        line_goes_on(proxy, request);
    struct plan_place places[PROXY_TARGETS_MAX];
    struct fork_plan plan = {
        .targets = targets,
        .count = count,
        .loop_key = holding->loop_key,
        .no_cancel = holding->no_cancel,
    };
    make_plan(proxy, request, holding->manner, places, &plan);
    if (plan_widest(places, plan.count) > plan.breadth) {
        metrics_count(proxy->parts->metrics, METRIC_breadth_exceeded);
        refuse(request, 440, NULL);
    } else if (is_ack(request)) {
        relay_ack(proxy, request, &plan);
    } else if (request->message->method != SIP_INVITE || calls_admit(proxy, request)) {
        count_relayed(proxy, request);
        if (holding->joins && proxy->waker.wake != NULL)
            plan.spare = proxy->waker.wake(proxy->waker.context, request);
        fork_begin(proxy, request, &plan);
    }
}

/* Contacts of one q are asked together and those of lower ones later. But a request other than
 * INVITE has half a minute in all (64*T1), which one silent contact would use up for the others
 * (RFC 4321 1): it goes to all at once. */
static enum plan_manner manner_of(const struct front_request *request,
                                  const struct disposition *wish)
{
    if (wish->sequential)
        return PLAN_ONE_BY_ONE;
    if (wish->parallel || request->message->method != SIP_INVITE)
        return PLAN_TOGETHER;
    return PLAN_BY_Q;
}

void proxy_fork(struct proxy *proxy, struct front_request *request,
                const struct proxy_target *targets, size_t count)
{
    assert(count > 0);
    const struct disposition wish = disposition_read(request->message);
    struct holding holding = {.manner = manner_of(request, &wish), .no_cancel = wish.no_cancel};
    if (check_loop(proxy, request, &holding.loop_key))
        relay(proxy, request, targets, count, &holding);
}

/* Choosing. */

/* Leaves out the contacts that the caller does not want (RFC 3841 7.2.4). When only the method or
 * the event spoke against all of them they stay: one of them is to say so itself. */
static void apply_preferences(struct choice *choice, const struct preferences *preferences)
{
    size_t kept = 0;
    for (size_t i = 0; i < choice->count; i++) {
        struct proxy_target target = choice->targets[i];
        unsigned score;
        if (!preferences_judge(preferences, target.features, &score))
            continue;
        choice->targets[i] = choice->targets[kept];
        choice->targets[kept] = target;
        choice->scores[kept++] = score;
    }
    if (kept > 0 || !preferences->implied)
        choice->count = kept;
}

bool proxy_target_is_secure(const struct proxy_target *target)
{
    return (target->flow != NULL && net_is_secure(target->flow->protocol)) ||
           bytes_equal_nocase(bytes_first(target->uri, 5), BYTES("sips:"));
}

/* What came for a sips URI goes on by TLS alone (RFC 3261 16.6 step 7, RFC 5630 5.3): to a contact
 * that says so, or over a connection that is so. */
static void keep_secure(const struct front_request *request, struct choice *choice)
{
    size_t kept = 0;
    if (request->uri.scheme != SIP_SCHEME_SIPS)
        return;
    for (size_t i = 0; i < choice->count; i++)
        if (proxy_target_is_secure(&choice->targets[i]))
            choice->targets[kept++] = choice->targets[i];
    choice->count = kept;
}

/* A single contact is what the caller gets, whatever a method or event imply (7.2.2): then there is
 * nothing to prepare. */
static struct verdict prefer(struct proxy *proxy, struct front_request *request,
                             struct choice *choice)
{
    struct preferences preferences = {.count = 0};
    if (choice->count <= 1 && !preferences_are_given(request->message))
        return VERDICT_OK;
    struct verdict v = preferences_read(request->message, &preferences);
    if (verdict_ok(v))
        apply_preferences(choice, &preferences);
    else
        metrics_count(proxy->parts->metrics, METRIC_preferences_limited);
    return v;
}

struct chosen choose_targets(struct proxy *proxy, struct front_request *request, bool told,
                             struct choice *choice)
{
    assert(proxy->locator.find != NULL);
    choice->count =
        proxy->locator.find(proxy->locator.context, request, choice->targets, PROXY_TARGETS_MAX);
    assert(choice->count <= PROXY_TARGETS_MAX);
    if (!told && !expand_users(proxy, request, choice))
        return (struct chosen){{500, "Where this user is has just changed"}, .later = true};
    keep_secure(request, choice);
    memset(choice->scores, 0, choice->count * sizeof(choice->scores[0]));
    struct verdict v = prefer(proxy, request, choice);
    if (!verdict_ok(v))
        return (struct chosen){v, .later = false};
    plan_sort(choice->targets, choice->scores, choice->count);
    if (choice->count == 0)
        v = (struct verdict){480,
                             "No contact of this user is registered now, or none that is wanted"};
    return (struct chosen){v, .later = false};
}

/* False: it was answered, or waits for a device that was woken. */
static bool choose(struct proxy *proxy, struct front_request *request, bool told,
                   const struct holding *holding, struct choice *choice)
{
    struct chosen chosen = choose_targets(proxy, request, told, choice);
    if (chosen.verdict.status == 480 && !told && bucket_hold(proxy, request, holding))
        return false;
    if (!chosen.later)
        refuse_verdict(request, chosen.verdict);
    else if (!is_ack(request))
        front_refuse_later(request, chosen.verdict.status, chosen.verdict.reason,
                           front_settings(proxy->front)->retry_after_s);
    return verdict_ok(chosen.verdict);
}

/* The best contact, and the other ways to the same device (RFC 3841 9.1, no-fork). */
static void keep_one_device(struct choice *choice)
{
    struct bytes instance = choice->targets[0].instance;
    size_t kept = 1;
    for (size_t i = 1; i < choice->count && !bytes_empty(instance); i++)
        if (bytes_equal(choice->targets[i].instance, instance))
            choice->targets[kept++] = choice->targets[i];
    choice->count = kept;
}

/* Inside a dialog there is nothing to choose. The wish of a stranger to be redirected would tell
 * where our users are. */
static bool wants_redirection(const struct proxy *proxy, const struct front_request *request,
                              const struct disposition *wish)
{
    if (is_ack(request) || !bytes_empty(request->message->to.tag))
        return false;
    if (proxy->settings.mode == PROXY_REDIRECT)
        return !wish->proxy;
    return wish->redirect && !bytes_empty(request->identity);
}

/* A call rings for so long that a device may wake meanwhile; to what is no INVITE somebody answers
 * at once. */
static bool may_be_joined(const struct front_request *request, const struct disposition *wish,
                          enum plan_manner manner)
{
    return request->message->method == SIP_INVITE && bytes_empty(request->message->to.tag) &&
           request->aim == FRONT_AIM_USER && !wish->no_fork && manner != PLAN_ONE_BY_ONE;
}

void proxy_deliver(struct proxy *proxy, struct front_request *request)
{
    const struct disposition wish = disposition_read(request->message);
    struct holding holding = {.manner = manner_of(request, &wish), .no_cancel = wish.no_cancel};
    bool told = wants_redirection(proxy, request, &wish);
    holding.joins = may_be_joined(request, &wish, holding.manner);
    struct choice choice;
    if (!check_loop(proxy, request, &holding.loop_key) ||
        !choose(proxy, request, told, &holding, &choice))
        return;
    if (told) {
        redirect_to(request, choice.targets, choice.scores, choice.count);
        return;
    }
    if (wish.no_fork)
        keep_one_device(&choice);
    relay(proxy, request, choice.targets, choice.count, &holding);
}

/* Where Route or Request-URI lead (RFC 3261 16.5), or the flow that a token of ours names. */
static void relay_elsewhere(struct proxy *proxy, struct front_request *request)
{
    struct holding holding = {.manner = PLAN_TOGETHER};
    const struct proxy_target target = {
        .uri = request->uri.text,
        .route = request->route,
        .flow = request->has_flow ? &request->flow : NULL,
        .flow_only = request->has_flow,
    };
    assert(request->aim == FRONT_AIM_ELSEWHERE);
    if (check_loop(proxy, request, &holding.loop_key))
        relay(proxy, request, &target, 1, &holding);
}

static void handle(void *context, struct front_request *request)
{
    if (request->aim == FRONT_AIM_ELSEWHERE)
        relay_elsewhere(context, request);
    else
        proxy_deliver(context, request);
}
