/* calls.c: how many calls are under way: INVITEs that wait for their answer.
 *
 * They alone never give way to others (RFC 3261 17.2.1: an INVITE stays until it is answered, and a
 * phone may ring for minutes), so each counts, from its fork's beginning until the answer:
 *
 *     of all                    503: the server is busy
 *     of its source address     500, not of trusted addresses and our own host
 *     of its proved caller      500, not of those whom a trusted address speaks for
 *     of the user who is called 486
 *
 * with Retry-After. The last three speak of one party and not of the server (RFC 3261 21.5.4). A
 * new INVITE inside a dialog counts, too, or whoever has one dialog could begin any number.
 *
 * A tally is kept for as long as it is not zero; it is named by a keyed hash alone. */
#include <assert.h>
#include <stdlib.h>

#include "base/table.h"
#include "proxy_internal.h"

struct tally {
    uint64_t key;
    unsigned count;
    UT_hash_handle hh;
};

enum { KEY_PARTS_MAX = 32 };

/* Never 0, which stands for what is not counted. */
static uint64_t key_of(const struct proxy *proxy, enum call_party party, struct bytes name)
{
    uint64_t key = bytes_hash(name, proxy->seed + (uint64_t)party);
    return key != 0 ? key : 1;
}

/* Trusted addresses, and our own host: a call may come back to us from ourselves. */
static bool is_exempt(const struct front_request *request)
{
    const struct net_flow *flow = &request->incoming->flow;
    return net_address_is_loopback(&flow->remote) ||
           net_address_same_host(&flow->remote, &flow->local) || request->from_trusted;
}

static uint64_t source_key(const struct proxy *proxy, const struct front_request *request)
{
    const struct net_address *remote = &request->incoming->flow.remote;
    if (is_exempt(request))
        return 0;
    const struct net_address counted = net_address_counted(remote);
    char text[KEY_PARTS_MAX];
    struct buffer name = buffer_over(text, sizeof(text));
    buffer_char(&name, (char)counted.family);
    buffer_put(&name, bytes_from(counted.ip, sizeof(counted.ip)));
    assert(!name.overflow);
    return key_of(proxy, CALL_SOURCE, buffer_bytes(&name));
}

static void find_keys(const struct proxy *proxy, const struct front_request *request,
                      uint64_t keys[CALL_PARTIES])
{
    bool named = !bytes_empty(request->identity) && !request->trusted;
    bool ours = request->aim == FRONT_AIM_USER || request->aim == FRONT_AIM_DEVICE;
    keys[CALL_SOURCE] = source_key(proxy, request);
    keys[CALL_CALLER] = named ? key_of(proxy, CALL_CALLER, request->identity) : 0;
    keys[CALL_CALLEE] = ours ? key_of(proxy, CALL_CALLEE, request->target) : 0;
}

static struct tally *tally_find(const struct proxy *proxy, uint64_t key)
{
    struct tally *tally;
    TABLE_FIND(proxy->calls.tallies, &key, sizeof(key), proxy->seed, tally);
    return tally;
}

/* True when one more is one too many; 0 is no limit. */
static bool is_full(const struct proxy *proxy, uint64_t key, unsigned most)
{
    if (key == 0 || most == 0)
        return false;
    const struct tally *tally = tally_find(proxy, key);
    return tally != NULL && tally->count >= most;
}

/* What too many calls of one party are answered. */
struct refusal {
    enum metric metric;
    unsigned status;
    const char *reason;
};
static const struct refusal refusals[CALL_PARTIES] = {
    [CALL_SOURCE] = {METRIC_calls_limited_source, 500,
                     "Too many calls from this address wait for their answer"},
    [CALL_CALLER] = {METRIC_calls_limited_caller, 500,
                     "Too many calls of this user wait for their answer"},
    [CALL_CALLEE] = {METRIC_calls_limited_callee, 486, "Too many calls wait for this user"},
};

static void refuse(const struct proxy *proxy, struct front_request *request, enum call_party party)
{
    const struct refusal *refusal = &refusals[party];
    metrics_count(proxy->parts->metrics, refusal->metric);
    request->why = FRONT_WHY_LIMIT;
    front_refuse_later(request, refusal->status, refusal->reason,
                       front_settings(proxy->front)->retry_after_s);
}

bool calls_admit(const struct proxy *proxy, struct front_request *request)
{
    const struct proxy_settings *settings = &proxy->settings;
    const unsigned most[CALL_PARTIES] = {settings->calls_max_per_source,
                                         settings->calls_max_per_caller,
                                         settings->calls_max_per_callee};
    uint64_t keys[CALL_PARTIES];
    assert(request->message->method == SIP_INVITE);
    find_keys(proxy, request, keys);
    for (int party = 0; party < CALL_PARTIES; party++)
        if (is_full(proxy, keys[party], most[party])) {
            refuse(proxy, request, (enum call_party)party);
            return false;
        }
    if (settings->calls_max == 0 || proxy->calls.count < settings->calls_max)
        return true;
    metrics_count(proxy->parts->metrics, METRIC_calls_limited);
    request->why = FRONT_WHY_LIMIT;
    front_refuse(request, 503, "Too many calls at once");
    return false;
}

static struct tally *tally_raise(struct proxy *proxy, uint64_t key)
{
    if (key == 0)
        return NULL;
    struct tally *tally = tally_find(proxy, key);
    if (tally == NULL) {
        tally = memory_new(sizeof(*tally));
        tally->key = key;
        transaction_charge(proxy->parts->transactions, sizeof(*tally));
        TABLE_ADD(proxy->calls.tallies, &tally->key, sizeof(tally->key), proxy->seed, tally);
    }
    tally->count++;
    return tally;
}

static void tally_lower(struct proxy *proxy, struct tally *tally)
{
    if (tally == NULL)
        return;
    assert(tally->count > 0 && proxy->calls.tallies != NULL);
    if (--tally->count > 0)
        return;
    HASH_DELETE(hh, proxy->calls.tallies, tally);
    transaction_discharge(proxy->parts->transactions, sizeof(*tally));
    free(tally);
}

void call_begin(struct proxy *proxy, const struct front_request *request, struct call *call)
{
    uint64_t keys[CALL_PARTIES];
    assert(!call->counted);
    find_keys(proxy, request, keys);
    for (int party = 0; party < CALL_PARTIES; party++)
        call->tallies[party] = tally_raise(proxy, keys[party]);
    call->counted = true;
    proxy->calls.count++;
}

void call_end(struct proxy *proxy, struct call *call)
{
    if (!call->counted)
        return;
    assert(proxy->calls.count > 0);
    for (int party = 0; party < CALL_PARTIES; party++)
        tally_lower(proxy, call->tallies[party]);
    *call = (struct call){.counted = false};
    proxy->calls.count--;
}
