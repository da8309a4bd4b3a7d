/* proxy.c: forks.
 *
 * A fork is one server transaction and a client transaction for each target. Each branch reports
 * once:
 *
 *   2xx                      -> back at once; the other branches are forgotten
 *   other final, or nothing  -> remembered if better; the last one sends the best back
 *
 * A fork ends with its answer; nothing of it outlives that. */
#include "proxy/proxy.h"

#include <assert.h>
#include <stdlib.h>
#include <utlist.h>

#include "base/memory.h"
#include "sip/write.h"

enum { FORWARD_MAX = 131072 };

struct branch {
    struct fork *fork;
    uint64_t client; /* 0: has reported */
};

struct fork {
    struct fork *prev, *next;
    struct proxy *proxy;
    struct incoming incoming; /* the request as the transaction keeps it */
    uint64_t server;
    unsigned waiting; /* branches that have not reported */
    bool timed_out;   /* one of them had no answer in time */
    unsigned best;    /* status; 0: no response yet */
    char *best_bytes; /* as it goes back */
    size_t best_length;
    size_t count;
    struct branch branches[];
};

struct proxy {
    struct front *front;
    const struct front_parts *parts;
    struct proxy_settings settings;
    struct fork *forks;
    char *scratch;
};

struct proxy_settings proxy_settings_default(void)
{
    return (struct proxy_settings){.targets_max = 20};
}

struct proxy *proxy_new(struct front *front, const struct proxy_settings *settings)
{
    struct proxy *proxy = memory_new(sizeof(*proxy));
    proxy->front = front;
    proxy->parts = front_parts(front);
    proxy->settings = *settings;
    proxy->scratch = memory_new(FORWARD_MAX);
    return proxy;
}

void proxy_reload(struct proxy *proxy, const struct proxy_settings *settings)
{
    proxy->settings = *settings;
}

static void free_fork(struct fork *fork)
{
    for (size_t i = 0; i < fork->count; i++)
        transaction_forget(fork->proxy->parts->transactions, fork->branches[i].client);
    DL_DELETE(fork->proxy->forks, fork);
    free(fork->best_bytes);
    free(fork);
}

void proxy_free(struct proxy **proxy)
{
    if (*proxy == NULL)
        return;
    while ((*proxy)->forks != NULL)
        free_fork((*proxy)->forks);
    free((*proxy)->scratch);
    free(*proxy);
    *proxy = NULL;
}

/* Answers. */

static void reply(struct fork *fork, struct bytes response)
{
    struct transaction_layer *transactions = fork->proxy->parts->transactions;
    struct server_transaction *server = transaction_find(transactions, fork->server);
    if (server != NULL)
        transaction_reply(transactions, server, response, STORE_NOTHING);
}

static void reply_ours(struct fork *fork, unsigned status, const char *reason)
{
    struct buffer out = buffer_over(fork->proxy->scratch, FORWARD_MAX);
    transaction_write(fork->proxy->parts->transactions, &fork->incoming, &out, status, reason,
                      BYTES(""));
    sip_write_body(&out, BYTES(""), BYTES(""));
    if (!out.overflow)
        reply(fork, buffer_bytes(&out));
}

/* The order of RFC 3261 16.7 step 6, lower is better: 6xx, then the lowest class, and among 4xx
 * those that tell the client how to try again. */
static unsigned badness(unsigned status)
{
    if (status >= 600)
        return 0;
    if (status < 400)
        return 1;
    if (status >= 500)
        return status == 503 ? 6 : 5;
    bool helpful =
        status == 401 || status == 407 || status == 415 || status == 420 || status == 484;
    return helpful ? 2 : 3;
}

static void remember(struct fork *fork, const struct sip_message *response)
{
    if (fork->best != 0 && badness(response->status) >= badness(fork->best))
        return;
    struct buffer out = buffer_over(fork->proxy->scratch, FORWARD_MAX);
    sip_write_backward(&out, response);
    if (out.overflow)
        return;
    free(fork->best_bytes);
    fork->best = response->status;
    fork->best_bytes = memory_copy(buffer_bytes(&out));
    fork->best_length = out.length;
}

static void finish(struct fork *fork)
{
    if (fork->best == 503) /* RFC 3261 16.7 step 6: that server is overloaded, not this one */
        reply_ours(fork, 500, "The contact of this user is overloaded");
    else if (fork->best != 0)
        reply(fork, bytes_from(fork->best_bytes, fork->best_length));
    else if (!fork->timed_out)
        reply_ours(fork, 480, "No contact of this user could be reached");
    free_fork(fork);
}

static void take_answer(void *context, const struct client_answer *answer)
{
    struct branch *branch = context;
    struct fork *fork = branch->fork;
    branch->client = 0;
    assert(fork->waiting > 0);
    fork->waiting--;
    if (answer->response != NULL)
        remember(fork, answer->response);
    else if (answer->status == 408)
        fork->timed_out = true;
    bool success = fork->best >= 200 && fork->best < 300;
    if (success || fork->waiting == 0)
        finish(fork);
}

/* Forwarding. */

struct forwarding {
    const struct domains *domains;
};

/* Credentials for a realm of ours are nobody else's business (RFC 3261 22.3); the Routes have led
 * here. */
static bool drop_field(void *context, const struct sip_field *field)
{
    const struct forwarding *forwarding = context;
    struct digest_credentials credentials;
    if (field->id == SIP_ROUTE)
        return true;
    if (field->id != SIP_AUTHORIZATION && field->id != SIP_PROXY_AUTHORIZATION)
        return false;
    return verdict_ok(digest_credentials_parse(field->value, &credentials)) &&
           domains_find(forwarding->domains, credentials.realm) != NULL;
}

static bool forward(struct fork *fork, struct branch *branch, const struct front_request *request,
                    const struct proxy_target *target)
{
    struct forwarding forwarding = {fork->proxy->parts->domains};
    struct buffer out = buffer_over(fork->proxy->scratch, FORWARD_MAX);
    size_t via_at;
    sip_write_forward(&out, request->message, target->uri, drop_field, &forwarding, &via_at);
    if (out.overflow)
        return false;
    struct bytes whole = buffer_bytes(&out);
    const struct client_request client = {
        .line = bytes_first(whole, via_at),
        .head = bytes_skip(whole, via_at),
        .method = request->message->method,
        .method_name = request->message->method_name,
        .flow = target->flow,
        .next_hop = target->uri,
        .partition = request->partition,
        .answer = take_answer,
        .context = branch,
    };
    branch->client = transaction_request(fork->proxy->parts->transactions, &client);
    return branch->client != 0;
}

static struct fork *make_fork(struct proxy *proxy, struct front_request *request, size_t count)
{
    struct server_transaction *server =
        transaction_begin(proxy->parts->transactions, request->incoming);
    if (server == NULL)
        return NULL;
    struct fork *fork = memory_new(sizeof(*fork) + count * sizeof(fork->branches[0]));
    fork->proxy = proxy;
    fork->server = transaction_handle(server);
    fork->incoming.message = transaction_keep(server, request->incoming);
    fork->incoming.flow = request->incoming->flow;
    fork->count = count;
    DL_APPEND(proxy->forks, fork);
    return fork;
}

static bool check_hops(struct front_request *request)
{
    bool present;
    uint32_t hops;
    struct verdict v = sip_message_number(request->message, SIP_MAX_FORWARDS, &present, &hops);
    if (!verdict_ok(v)) {
        front_refuse_verdict(request, v);
        return false;
    }
    if (!present || hops > 0)
        return true;
    front_refuse(request, 483, NULL);
    return false;
}

void proxy_fork(struct proxy *proxy, struct front_request *request,
                const struct proxy_target *targets, size_t count)
{
    assert(count > 0);
    if (!check_hops(request))
        return;
    if (count > proxy->settings.targets_max) {
        metrics_count(proxy->parts->metrics, METRIC_forks_limited);
        count = proxy->settings.targets_max;
    }
    struct fork *fork = make_fork(proxy, request, count);
    if (fork == NULL)
        return;
    for (size_t i = 0; i < count; i++) {
        fork->branches[i].fork = fork;
        fork->waiting += forward(fork, &fork->branches[i], request, &targets[i]);
    }
    if (fork->waiting == 0)
        finish(fork);
}
