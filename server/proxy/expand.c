/* expand.c: contacts that are users of ours: a call that was forwarded to another user here.
 *
 *     carol's contacts        sip:carol@192.0.2.1   q 1.0
 *                             sip:bob@example.org   q 0.5  ->  bob's contacts, q halved
 *
 * Sent out, such a request would come back to us by DNS: a spiral (RFC 3261 6), without the
 * credentials that we take off on the way (22.3), so we would challenge what nobody can answer. So
 * the contacts of that user stand in its place: the target set is ours to determine (16.5). Each
 * user is looked up once, so users that name each other in a circle lead no further. What is
 * reached by a Path or a flow of its own is left as it is, and so is a name with a port, which may
 * be one machine of the domain.
 *
 * What is known of the other user may not be durable yet; the request waits for one change. When it
 * would have to wait for two, which takes both users to have registered a moment ago, it is refused
 * for that moment. */
#include <assert.h>

#include "base/token.h"
#include "proxy_internal.h"

enum { QMOST = 1000, WHOM_MAX = 4096 };

struct expansion {
    struct proxy *proxy;
    struct front_request *request;
    struct choice *choice;
    uint64_t users[PROXY_TARGETS_MAX]; /* who was looked up, by a keyed hash */
    size_t user_count, flow_count;
};

/* True when it is an address-of-record of ours, or a device of one (RFC 5627): then whose. */
static bool names_user(const struct proxy *proxy, const struct proxy_target *target,
                       struct buffer *memory, struct gruu_parts *whom)
{
    const struct domains *domains = proxy->parts->domains;
    struct net_address address;
    struct sip_uri uri;
    struct bytes value;
    if (target->flow != NULL || !bytes_empty(target->route) ||
        !verdict_ok(sip_uri_parse(target->uri, &uri)))
        return false;
    if (domains_find_at(domains, uri.host, uri.port) == NULL || !uri.has_user ||
        sip_parameter(uri.parameters, "maddr", &value))
        return false;
    if (gruu_read(proxy->parts->gruu, &uri, memory, whom))
        return true;
    if (uri.port != 0 && !net_address_parse(uri.host, uri.port, &address))
        return false;
    memory->length = 0;
    memory->overflow = false;
    if (domains_write_aor(domains, &uri, memory) == NULL || memory->overflow)
        return false;
    *whom = (struct gruu_parts){.aor = buffer_bytes(memory)};
    return true;
}

/* True the first time. */
static bool note_user(struct expansion *expansion, struct bytes aor)
{
    uint64_t key = bytes_hash(aor, expansion->proxy->seed);
    for (size_t i = 0; i < expansion->user_count; i++)
        if (expansion->users[i] == key)
            return false;
    if (expansion->user_count == expansion->proxy->settings.targets_max) {
        metrics_count(expansion->proxy->parts->metrics, METRIC_forks_limited);
        return false;
    }
    expansion->users[expansion->user_count++] = key;
    return true;
}

/* What leaves waits for what is known of this partition, too. False: that would be two changes. */
static bool await(struct front_request *request, const struct store *store, unsigned partition)
{
    struct store_change latest = store_latest(store, partition);
    if (partition == request->partition || store_durable(store, latest))
        return true;
    if (!store_durable(store, request->seen))
        return false;
    request->seen = latest;
    return true;
}

/* Two flows to one URI are two ways (RFC 5626); without a flow it is that URI. */
static bool is_same_way(const struct proxy_target *a, const struct proxy_target *b)
{
    bool flows = a->flow == NULL || b->flow == NULL || net_flow_equal(a->flow, b->flow);
    return flows && bytes_equal(a->uri, b->uri) && bytes_equal(a->route, b->route);
}

/* True for a target that is there already, which is not added again (RFC 3261 16.5). */
static bool is_there(struct choice *choice, const struct proxy_target *target)
{
    for (size_t i = 0; i < choice->count; i++) {
        struct proxy_target *there = &choice->targets[i];
        if (!is_same_way(there, target))
            continue;
        there->q = there->q > target->q ? there->q : target->q;
        return true;
    }
    return false;
}

/* Flows are the locator's until it is asked again. */
static void keep_flow(struct expansion *expansion, struct proxy_target *target)
{
    struct choice *choice = expansion->choice;
    if (target->flow == NULL)
        return;
    assert(expansion->flow_count < PROXY_TARGETS_MAX);
    choice->flows[expansion->flow_count] = *target->flow;
    target->flow = &choice->flows[expansion->flow_count++];
}

/* The contacts of a user who is himself one of `through`. */
static void add_contacts(struct expansion *expansion, const struct gruu_parts *whom,
                         const struct proxy_target *through)
{
    const struct proxy_locator *locator = &expansion->proxy->locator;
    struct choice *choice = expansion->choice;
    struct front_request asked = *expansion->request;
    bool secure = bytes_equal_nocase(bytes_first(through->uri, 5), BYTES("sips:"));
    asked.target = whom->aor;
    asked.instance = whom->instance;
    asked.gruu_call = whom->call;
    struct proxy_target *added = choice->targets + choice->count;
    size_t count =
        locator->find(locator->context, &asked, added, PROXY_TARGETS_MAX - choice->count);
    for (size_t i = 0; i < count; i++) {
        struct proxy_target target = added[i];
        target.q = through->q * target.q / QMOST;
        if ((secure && !proxy_target_is_secure(&target)) || is_there(choice, &target))
            continue;
        keep_flow(expansion, &target);
        choice->targets[choice->count++] = target;
    }
}

/* False when what leaves would have to wait for two changes. */
static bool expand_user(struct expansion *expansion, const struct gruu_parts *whom,
                        const struct proxy_target *through)
{
    const struct front_parts *parts = expansion->proxy->parts;
    struct front_request *request = expansion->request;
    unsigned partition = partition_of(whom->aor);
    if (!note_user(expansion, whom->aor) || front_is_closed(expansion->proxy->front, partition))
        return true;
    if (!await(request, parts->store, partition))
        return false;
    add_contacts(expansion, whom, through);
    return true;
}

static struct proxy_target take_out(struct choice *choice, size_t index)
{
    struct proxy_target target = choice->targets[index];
    choice->count--;
    memmove(choice->targets + index, choice->targets + index + 1,
            (choice->count - index) * sizeof(target));
    return target;
}

static void begin(struct expansion *expansion)
{
    struct choice *choice = expansion->choice;
    expansion->user_count = expansion->flow_count = 0;
    note_user(expansion, expansion->request->target);
    for (size_t i = 0; i < choice->count; i++)
        keep_flow(expansion, &choice->targets[i]);
}

bool expand_users(struct proxy *proxy, struct front_request *request, struct choice *choice)
{
    struct expansion expansion;
    char text[WHOM_MAX];
    bool begun = false;
    for (size_t i = 0; i < choice->count;) {
        struct buffer memory = buffer_over(text, sizeof(text));
        struct gruu_parts whom;
        if (!names_user(proxy, &choice->targets[i], &memory, &whom)) {
            i++;
            continue;
        }
        if (!begun) {
            expansion.proxy = proxy;
            expansion.request = request;
            expansion.choice = choice;
            begin(&expansion);
            begun = true;
        }
        const struct proxy_target through = take_out(choice, i);
        if (!expand_user(&expansion, &whom, &through))
            return false;
    }
    return true;
}
