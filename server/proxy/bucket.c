/* bucket.c: requests that wait for a device to wake: the bucket of RFC 8599 5.2.
 *
 *     no contact is there, and a device can be woken --> HELD
 *     HELD --a device registers, and is wanted--> a fork, when the turn is over
 *          --its time is over, or nobody can be woken any more--> 480
 *          --CANCEL--> 487
 *
 * The server transaction keeps the request, so what is sent again meanwhile goes nowhere, and an
 * INVITE is a call like others that wait for their answer. What is no INVITE has to be answered
 * within 64*T1 in all (RFC 4320), so the time here is short. */
#include <assert.h>
#include <stdlib.h>
#include <utlist.h>

#include "bucket_internal.h"
#include "front/keep.h"
#include "sip/write.h"

enum held_event { HELD_WAITS, HELD_CAME, HELD_CANCELLED, HELD_GONE };

struct held {
    struct held *prev, *next;
    struct proxy *proxy;
    struct front_request request; /* of our own copies */
    struct incoming incoming;
    uint64_t server, target_hash;
    struct call call;
    struct timer timer;
    uint64_t end_ms;
    size_t size;
    unsigned hopes; /* devices that may come */
    enum held_event event;
    bool invite, no_cancel, joins;
    enum plan_manner manner;
    uint64_t loop_key;
};

static struct transaction_layer *transactions_of(const struct held *held)
{
    return held->proxy->parts->transactions;
}

/* NULL: nobody waits for an answer any more. */
static struct server_transaction *server_of(const struct held *held)
{
    return transaction_find(transactions_of(held), held->server);
}

static void held_free(struct held *held)
{
    struct proxy *proxy = held->proxy;
    world_timer_cancel(proxy->parts->world, &held->timer);
    call_end(proxy, &held->call);
    transaction_discharge(transactions_of(held), held->size);
    DL_DELETE(proxy->held, held);
    proxy->held_count--;
    free(held);
}

static void unwatch(const struct held *held)
{
    const struct server_watch nobody = {0};
    struct server_transaction *server = server_of(held);
    if (server != NULL && held->invite)
        transaction_watch(server, &nobody);
}

void bucket_end_all(struct proxy *proxy)
{
    while (proxy->held != NULL) {
        unwatch(proxy->held);
        held_free(proxy->held);
    }
}

/* Going on. */

static void answer(struct held *held, unsigned status, const char *reason)
{
    struct server_transaction *server = server_of(held);
    struct buffer out = buffer_over(held->proxy->scratch, MESSAGE_MAX);
    unwatch(held);
    if (server == NULL)
        return;
    transaction_write(transactions_of(held), &held->incoming, &out, status, reason, BYTES(""));
    sip_write_body(&out, BYTES(""), BYTES(""));
    if (status != 487) /* its caller's own word */
        front_count_refusal(held->proxy->front, status, FRONT_WHY_USUAL);
    if (!out.overflow)
        transaction_reply(transactions_of(held), server, buffer_bytes(&out), held->request.seen);
}

static void give_up(struct held *held)
{
    metrics_count(held->proxy->parts->metrics, METRIC_requests_held_in_vain);
    answer(held, 480, "No device of this user could be woken");
    held_free(held);
}

/* False when none of the contacts will do: it waits on. What leaves hangs on the registration that
 * led here. */
static bool go_on(struct held *held)
{
    struct proxy *proxy = held->proxy;
    struct front_request *request = &held->request;
    struct choice choice;
    struct plan_place places[PROXY_TARGETS_MAX];
    struct fork_plan plan = {.loop_key = held->loop_key, .no_cancel = held->no_cancel};
    request->seen = store_latest(proxy->parts->store, request->partition);
    struct chosen chosen = choose_targets(proxy, request, false, &choice);
    if (!verdict_ok(chosen.verdict))
        return false;
    plan_for(proxy, request, &choice, held->manner, places, &plan);
    plan.server = server_of(held);
    if (held->joins && held->hopes > 1) /* the others may yet come */
        plan.spare = held->hopes - 1;
    if (plan_widest(places, plan.count) > plan.breadth) {
        metrics_count(proxy->parts->metrics, METRIC_breadth_exceeded);
        answer(held, 440, NULL);
    } else if (plan.server != NULL) {
        call_end(proxy, &held->call);
        fork_begin(proxy, request, &plan);
    }
    held_free(held);
    return true;
}

static void fire(struct timer *timer);

static void wait_on(struct held *held)
{
    uint64_t now_ms = held->proxy->parts->world->now_ms;
    held->event = HELD_WAITS;
    world_timer(held->proxy->parts->world, &held->timer,
                held->end_ms > now_ms ? held->end_ms - now_ms : 0, fire);
}

static void fire(struct timer *timer)
{
    struct held *held = HOLDER(timer, struct held, timer);
    if (!held->invite && server_of(held) == NULL) { /* an INVITE's end is told: HELD_GONE */
        held_free(held);
        return;
    }
    switch (held->event) {
    case HELD_CAME:
        if (!go_on(held))
            wait_on(held);
        return;
    case HELD_CANCELLED:
        answer(held, 487, NULL);
        held_free(held);
        return;
    case HELD_GONE:
        held_free(held);
        return;
    case HELD_WAITS:
        give_up(held);
        return;
    }
}

/* What happened is looked at when the turn is over: only then the store knows of it. */
static void note(struct held *held, enum held_event event)
{
    if (event < held->event)
        return;
    held->event = event;
    world_timer(held->proxy->parts->world, &held->timer, 0, fire);
}

static void take_cancel(void *context, const struct sip_message *cancel)
{
    (void)cancel;
    note(context, HELD_CANCELLED);
}

static void take_end(void *context)
{
    note(context, HELD_GONE);
}

static uint64_t hash_of(const struct proxy *proxy, struct bytes aor)
{
    return bytes_hash(aor, proxy->seed);
}

static bool is_for(const struct held *held, uint64_t hash, struct bytes aor)
{
    return held->target_hash == hash && bytes_equal(held->request.target, aor);
}

void proxy_device_came(struct proxy *proxy, struct bytes aor)
{
    uint64_t hash = proxy->held != NULL ? hash_of(proxy, aor) : 0;
    struct held *held;
    DL_FOREACH(proxy->held, held)
    {
        if (is_for(held, hash, aor))
            note(held, HELD_CAME);
    }
    fork_device_came(proxy, aor);
}

void proxy_device_lost(struct proxy *proxy, struct bytes aor)
{
    uint64_t hash = proxy->held != NULL ? hash_of(proxy, aor) : 0;
    struct held *held;
    DL_FOREACH(proxy->held, held)
    {
        if (!is_for(held, hash, aor) || held->hopes == 0 || --held->hopes > 0)
            continue;
        held->end_ms = 0;
        if (held->event == HELD_WAITS)
            note(held, HELD_WAITS);
    }
}

/* Holding. */

/* A message has a store of its own to wait in (im), and an ACK no answer. */
static bool may_wait(const struct proxy *proxy, const struct front_request *request)
{
    enum sip_method method = request->message->method;
    return proxy->waker.wake != NULL && method != SIP_MESSAGE && method != SIP_ACK;
}

static struct held *make_held(struct proxy *proxy, const struct front_request *request,
                              struct server_transaction *server)
{
    size_t size = sizeof(struct held) + front_keep_size(request);
    struct held *held = memory_new(size);
    char *at = (char *)(held + 1);
    held->proxy = proxy;
    held->size = size;
    held->server = transaction_handle(server);
    held->invite = request->message->method == SIP_INVITE;
    held->target_hash = hash_of(proxy, request->target);
    held->end_ms = proxy->parts->world->now_ms + proxy->settings.wake_wait_s * 1000ULL;
    front_keep(request, server, &held->request, &held->incoming, &at);
    transaction_charge(proxy->parts->transactions, size);
    DL_APPEND(proxy->held, held);
    proxy->held_count++;
    return held;
}

bool bucket_hold(struct proxy *proxy, struct front_request *request, const struct holding *holding)
{
    if (!may_wait(proxy, request))
        return false;
    if (proxy->held_count >= proxy->settings.held_max) {
        metrics_count(proxy->parts->metrics, METRIC_requests_held_limited);
        return false;
    }
    if (request->message->method == SIP_INVITE && !calls_admit(proxy, request))
        return true;
    unsigned hopes = proxy->waker.wake(proxy->waker.context, request);
    if (hopes == 0)
        return false;
    struct server_transaction *server =
        transaction_begin(proxy->parts->transactions, request->incoming);
    if (server == NULL)
        return true;
    struct held *held = make_held(proxy, request, server);
    const struct server_watch watch = {take_cancel, take_end, held};
    held->hopes = hopes;
    held->manner = holding->manner;
    held->no_cancel = holding->no_cancel;
    held->joins = holding->joins;
    held->loop_key = holding->loop_key;
    if (held->invite) {
        call_begin(proxy, request, &held->call);
        transaction_watch(server, &watch);
    }
    metrics_count(proxy->parts->metrics, METRIC_requests_held);
    wait_on(held);
    return true;
}
