/* proxy.c: forks.
 *
 * A fork is one server transaction and a client transaction for each target. Each branch reports
 * once:
 *
 *   2xx                      -> back at once; the other branches are forgotten
 *   other final, or nothing  -> remembered if better; the last one sends the best back
 *
 * A fork ends with its answer; nothing of it outlives that. A branch may last longer than the
 * server transaction (it looked for names first, or tried a second way); then there is nobody to
 * answer, and the request that the server transaction kept is gone. */
#include "proxy/proxy.h"

#include <assert.h>
#include <stdlib.h>
#include <utlist.h>

#include "base/memory.h"
#include "base/token.h"
#include "sip/write.h"

enum { FORWARD_MAX = 131072, URI_MAX = 8192 };

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
    unsigned refused; /* why one of them never began: 503 or 513; 0: all did */
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
    return (struct proxy_settings){.targets_max = 20, .breadth_max = 60, .timer_c_s = 181};
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

static void reply_ours(struct fork *fork, struct server_transaction *server, unsigned status,
                       const char *reason)
{
    struct transaction_layer *transactions = fork->proxy->parts->transactions;
    struct buffer out = buffer_over(fork->proxy->scratch, FORWARD_MAX);
    transaction_write(transactions, &fork->incoming, &out, status, reason, BYTES(""));
    if (status == 503)
        sip_write_number(&out, "Retry-After", front_settings(fork->proxy->front)->retry_after_s);
    sip_write_body(&out, BYTES(""), BYTES(""));
    if (!out.overflow)
        transaction_reply(transactions, server, buffer_bytes(&out), STORE_NOTHING);
}

/* The order of RFC 3261 16.7 steps 5 and 6, lower is better: 2xx, then 6xx, then the lowest class,
 * and among 4xx those that tell the client how to try again. */
static unsigned badness(unsigned status)
{
    if (status < 300)
        return 0;
    if (status >= 600)
        return 1;
    if (status < 400)
        return 2;
    if (status >= 500)
        return status == 503 ? 6 : 5;
    bool helpful =
        status == 401 || status == 407 || status == 415 || status == 420 || status == 484;
    return helpful ? 3 : 4;
}

static void keep_best(struct fork *fork, const struct buffer *written)
{
    if (written->overflow)
        return;
    free(fork->best_bytes);
    fork->best_bytes = memory_copy(buffer_bytes(written));
    fork->best_length = written->length;
}

static bool is_challenge(unsigned status)
{
    return status == 401 || status == 407;
}

/* Who answers a challenge answers all of them: they go back in one response (RFC 3261 16.7 step 7).
 */
static void add_challenges(struct fork *fork, const struct sip_message *response)
{
    struct bytes best = bytes_from(fork->best_bytes, fork->best_length);
    struct buffer out = buffer_over(fork->proxy->scratch, FORWARD_MAX);
    const char *end = memmem(best.at, best.length, "\r\n\r\n", 4);
    if (end == NULL)
        return;
    size_t head = (size_t)(end - best.at) + 2;
    buffer_put(&out, bytes_first(best, head));
    sip_write_copy(&out, response, SIP_WWW_AUTHENTICATE);
    sip_write_copy(&out, response, SIP_PROXY_AUTHENTICATE);
    buffer_put(&out, bytes_skip(best, head));
    keep_best(fork, &out);
}

/* A response without a Via but ours must not go further (RFC 3261 16.7 step 3). */
static bool has_way_back(const struct sip_message *response)
{
    struct sip_values vias = sip_values_of(response, SIP_VIA);
    struct bytes via;
    return sip_values_next(&vias, &via) && sip_values_next(&vias, &via);
}

static void remember(struct fork *fork, const struct sip_message *response)
{
    if (!has_way_back(response))
        return;
    if (is_challenge(response->status) && is_challenge(fork->best)) {
        add_challenges(fork, response);
        return;
    }
    if (fork->best != 0 && badness(response->status) >= badness(fork->best))
        return;
    struct buffer out = buffer_over(fork->proxy->scratch, FORWARD_MAX);
    sip_write_backward(&out, response);
    if (!out.overflow)
        fork->best = response->status;
    keep_best(fork, &out);
}

static void reply_best(struct fork *fork, struct server_transaction *server)
{
    struct bytes best = bytes_from(fork->best_bytes, fork->best_length);
    if (fork->best == 503) /* RFC 3261 16.7 step 6: that server is overloaded, not this one */
        reply_ours(fork, server, 500, "The contact of this user is overloaded");
    else if (fork->best != 0)
        transaction_reply(fork->proxy->parts->transactions, server, best, STORE_NOTHING);
    else if (fork->refused == 513)
        reply_ours(fork, server, 513, "The message is too large to be relayed");
    else if (fork->refused == 503)
        reply_ours(fork, server, 503, "The server is busy");
    else if (!fork->timed_out)
        reply_ours(fork, server, 480, "No contact of this user could be reached");
}

static void finish(struct fork *fork)
{
    struct server_transaction *server =
        transaction_find(fork->proxy->parts->transactions, fork->server);
    if (server != NULL)
        reply_best(fork, server);
    free_fork(fork);
}

static void take_answer(void *context, const struct client_answer *answer)
{
    struct branch *branch = context;
    struct fork *fork = branch->fork;
    branch->client = 0;
    assert(fork->waiting > 0);
    fork->waiting--;
    if (answer->response != NULL) {
        log_write(fork->proxy->parts->log, LOG_DEBUG, "proxy", "%.*s relayed: %u call-id=%.*s",
                  BYTES_ARGS(answer->response->cseq_method), answer->status,
                  BYTES_ARGS(answer->response->call_id));
        remember(fork, answer->response);
    } else if (answer->status == 408) {
        fork->timed_out = true;
    }
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

/* A target as it may stand in the request line (RFC 3261 16.6 step 2). */
static struct bytes write_target(struct bytes target, struct buffer *memory)
{
    struct sip_uri uri;
    if (!verdict_ok(sip_uri_parse(target, &uri)))
        return target;
    sip_write_request_uri(memory, &uri);
    return memory->overflow ? target : buffer_bytes(memory);
}

/* The request for a target, in the proxy's scratch; says where the Via goes. */
static struct buffer write_request(const struct fork *fork, const struct front_request *request,
                                   struct bytes target, size_t *via_at)
{
    struct forwarding forwarding = {fork->proxy->parts->domains};
    char uri_text[URI_MAX], received_text[64];
    struct buffer uri = buffer_over(uri_text, sizeof(uri_text));
    struct buffer received = buffer_over(received_text, sizeof(received_text));
    struct buffer out = buffer_over(fork->proxy->scratch, FORWARD_MAX);
    transaction_write_received(request->incoming, &received);
    const struct sip_forward forward = {
        .request_uri = write_target(target, &uri),
        .received = buffer_bytes(&received),
        .rport = request->incoming->flow.remote.port,
        .drop = drop_field,
        .context = &forwarding,
    };
    *via_at = sip_write_forward(&out, request->message, &forward);
    return out;
}

static bool forward(struct fork *fork, struct branch *branch, const struct front_request *request,
                    const struct proxy_target *target)
{
    size_t via_at;
    struct buffer out = write_request(fork, request, target->uri, &via_at);
    if (out.overflow) {
        fork->refused = 513;
        return false;
    }
    struct bytes whole = buffer_bytes(&out);
    const struct client_request client = {
        .line = bytes_first(whole, via_at),
        .head = bytes_skip(whole, via_at),
        .method = request->message->method,
        .method_name = request->message->method_name,
        .flow = target->flow,
        .next_hop = target->uri,
        .partition = request->partition,
        .after = request->seen,
        .answer = take_answer,
        .context = branch,
    };
    branch->client = transaction_request(fork->proxy->parts->transactions, &client);
    if (branch->client == 0)
        fork->refused = 503;
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

/* True for a Via that we wrote when we relayed to this same partition. */
static bool is_our_via(const struct front_request *request, struct bytes element)
{
    const struct net_address *local = &request->incoming->flow.local;
    const struct bytes cookie = BYTES("z9hG4bK");
    struct net_address sent_by;
    struct sip_via via;
    unsigned partition;
    uint64_t epoch;
    return verdict_ok(sip_via_parse(element, &via)) && sip_via_rfc3261(&via) &&
           token_parse(bytes_skip(via.branch, cookie.length), &partition, &epoch) &&
           partition == request->partition &&
           epoch == store_epoch(front_parts(request->front)->store) &&
           net_address_parse(via.host, via.port, &sent_by) && net_address_equal(&sent_by, local);
}

/* RFC 3261 16.3 step 4 and RFC 5393 4: who forks must notice when a request comes back, or a user
 * whose contacts are this server multiplies it with each round. Our branches name the partition of
 * the user that they were for, so a call forwarded to another user here passes. */
static bool check_loop(struct front_request *request)
{
    struct sip_values vias = sip_values_of(request->message, SIP_VIA);
    struct bytes element;
    bool looped = false;
    while (!looped && sip_values_next(&vias, &element))
        looped = is_our_via(request, element);
    if (looped)
        front_refuse(request, 482, NULL);
    return !looped;
}

void proxy_fork(struct proxy *proxy, struct front_request *request,
                const struct proxy_target *targets, size_t count)
{
    assert(count > 0);
    if (!check_hops(request) || !check_loop(request))
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
