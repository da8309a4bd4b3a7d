/* front.c: requests go through the steps of the routing table (steps.c) to their handler; answers
 * come back. */
#include "front/front.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "front/front_internal.h"
#include "sip/write.h"

/* Bytes of one response: what a request can make us copy, and ours. */
enum { RESPONSE_MAX = 131072 };

static void receive(void *context, struct incoming *incoming);
static void flow_closed(void *context, uint64_t connection);

struct front *front_new(const struct front_parts *parts, const struct front_settings *settings)
{
    struct front *front = memory_new(sizeof(*front));
    front->parts = *parts;
    front->settings = *settings;
    front->overload.late_ms = settings->late_ms;
    front->step = FRONT_STEPS;
    front->response = buffer_over(memory_new(RESPONSE_MAX), RESPONSE_MAX);
    const struct transaction_user user = {
        .request = receive, .context = front, .closed = flow_closed};
    transaction_layer_use(parts->transactions, &user);
    front_compose_abilities(front);
    return front;
}

void front_free(struct front **front)
{
    if (*front == NULL)
        return;
    if ((*front)->probe.under_way)
        store_wait_cancel(&(*front)->probe.wait);
    world_timer_cancel((*front)->parts.world, &(*front)->review);
    free((*front)->abilities);
    free((*front)->response.at);
    free(*front);
    *front = NULL;
}

const struct front_parts *front_parts(const struct front *front)
{
    return &front->parts;
}

const struct front_settings *front_settings(const struct front *front)
{
    return &front->settings;
}

void front_reload(struct front *front, const struct front_settings *settings)
{
    front->settings = *settings;
    front->overload.late_ms = settings->late_ms;
    front_compose_abilities(front);
}

void front_register(struct front *front, const struct front_method *method)
{
    assert(method->handle != NULL);
    assert(front->methods[method->method].handle == NULL);
    front->methods[method->method] = *method;
    front_compose_abilities(front);
}

void front_watch_flows(struct front *front, const struct front_flow_watch *watch)
{
    assert(watch->closed != NULL && front->watch_count < FRONT_WATCHES_MAX);
    front->watches[front->watch_count++] = *watch;
}

void front_set_closed(struct front *front, unsigned partition, bool closed)
{
    assert(partition < PARTITIONS);
    front->closed_count += (unsigned)closed - (unsigned)front->closed[partition];
    front->closed[partition] = closed;
}

bool front_is_closed(const struct front *front, unsigned partition)
{
    assert(partition < PARTITIONS);
    return front->closed[partition];
}

static void flow_closed(void *context, uint64_t connection)
{
    const struct front *front = context;
    for (size_t i = 0; i < front->watch_count; i++)
        front->watches[i].closed(front->watches[i].context, connection);
}

/* Answers. */

struct buffer *front_respond(struct front_request *request, unsigned status, const char *reason,
                             struct bytes to_tag)
{
    struct front *front = request->front;
    struct buffer *out = &front->response;
    assert(request->message->method != SIP_ACK);
    out->length = 0;
    out->overflow = false;
    front->response_status = status;
    front->response_reason = bytes_of(reason ? reason : sip_status_phrase(status));
    transaction_write(front->parts.transactions, request->incoming, out, status, reason, to_tag);
    if (front->settings.server[0] != '\0')
        sip_write_field(out, "Server", bytes_of(front->settings.server));
    return out;
}

/* Every request can be followed by its Call-ID. */
static void log_answer(const struct front_request *request)
{
    const struct sip_message *message = request->message;
    struct log *log = request->front->parts.log;
    char text[64];
    struct buffer source = buffer_over(text, sizeof(text));
    if (!log_wants(log, LOG_DEBUG))
        return;
    net_address_write(&request->incoming->flow.remote, &source);
    log_write(log, LOG_DEBUG, "front", "%.*s %.*s by %.*s from %s %.*s: %u %.*s call-id=%.*s",
              BYTES_ARGS(message->method_name), BYTES_ARGS(message->request_uri),
              BYTES_ARGS(message->from.uri.text),
              net_protocol_name(request->incoming->flow.protocol),
              BYTES_ARGS(buffer_bytes(&source)), request->front->response_status,
              BYTES_ARGS(request->front->response_reason), BYTES_ARGS(message->call_id));
}

static bool is_too_large(const struct front_request *request)
{
    const struct buffer *response = &request->front->response;
    return response->overflow ||
           (request->incoming->flow.protocol == NET_UDP && response->length > NET_DATAGRAM_MAX);
}

/* What was done is done, but cannot be told: better said than silence, to which the client would
 * answer with the same request. False: not even that can be. */
static bool write_too_large(struct front_request *request)
{
    struct front *front = request->front;
    log_write(front->parts.log, LOG_ERROR, "front", "response too large call-id=%.*s",
              BYTES_ARGS(request->message->call_id));
    front_respond(request, 500, "The answer is too large to be sent", BYTES(""));
    sip_write_body(&front->response, BYTES(""), BYTES(""));
    if (!is_too_large(request))
        return true;
    metrics_count(front->parts.metrics, METRIC_messages_dropped);
    net_unanswered(front->parts.net, &request->incoming->flow);
    return false;
}

static void send_written(struct front_request *request, struct store_change after)
{
    struct front *front = request->front;
    struct transaction_layer *transactions = front->parts.transactions;
    if (is_too_large(request) && !write_too_large(request))
        return;
    struct bytes response = buffer_bytes(&front->response);
    log_answer(request);
    bool success = front->response_status < 300;
    if (after.number == 0)
        after = request->seen;
    if (!request->stateful || (!success && after.number == 0 && !request->acknowledged)) {
        transaction_refuse(transactions, request->incoming, response);
        return;
    }
    front_probe_store(front, after);
    struct server_transaction *transaction = transaction_begin(transactions, request->incoming);
    if (transaction != NULL)
        transaction_reply(transactions, transaction, response, after);
}

void front_send(struct front_request *request, struct store_change after)
{
    sip_write_body(&request->front->response, BYTES(""), BYTES(""));
    send_written(request, after);
}

static void count_refusal(const struct front_request *request, unsigned status)
{
    why_count(request, status);
    metrics_count(request->front->parts.metrics,
                  status == 503 ? METRIC_requests_overload : METRIC_requests_refused);
}

bool front_can_answer(const struct front_request *request)
{
    if (request->message->method != SIP_ACK)
        return true;
    metrics_count(request->front->parts.metrics, METRIC_messages_dropped);
    return false;
}

void front_refuse(struct front_request *request, unsigned status, const char *reason)
{
    if (!front_can_answer(request))
        return;
    count_refusal(request, status);
    struct buffer *out = front_respond(request, status, reason, BYTES(""));
    if (status == 503)
        sip_write_number(out, "Retry-After", request->front->settings.retry_after_s);
    front_send(request, STORE_NOTHING);
}

void front_refuse_stranger(struct front_request *request)
{
    request->why = FRONT_WHY_STRANGER;
    front_refuse(request, 403, "Only users of this server may do this");
}

void front_refuse_later(struct front_request *request, unsigned status, const char *reason,
                        unsigned seconds)
{
    char text[16];
    struct buffer number = buffer_over(text, sizeof(text));
    buffer_number(&number, seconds);
    front_refuse_listing(request, status, reason, "Retry-After", buffer_bytes(&number));
}

void front_refuse_verdict(struct front_request *request, struct verdict verdict)
{
    assert(!verdict_ok(verdict));
    front_refuse(request, verdict.status, verdict.reason);
}

void front_refuse_listing(struct front_request *request, unsigned status, const char *reason,
                          const char *field, struct bytes value)
{
    if (!front_can_answer(request))
        return;
    count_refusal(request, status);
    sip_write_field(front_respond(request, status, reason, BYTES("")), field, value);
    front_send(request, STORE_NOTHING);
}

void front_refuse_interval(struct front_request *request, uint32_t least_s)
{
    char text[16];
    struct buffer number = buffer_over(text, sizeof(text));
    buffer_number(&number, least_s);
    front_refuse_listing(request, 423, NULL, "Min-Expires", buffer_bytes(&number));
}

/* Addresses. */

struct bytes front_canonical(const struct front *front, const struct sip_uri *uri, char *text,
                             const struct domain **domain)
{
    struct buffer out = buffer_over(text, FRONT_AOR_MAX);
    *domain = domains_write_aor(front->parts.domains, uri, &out);
    if (out.overflow)
        *domain = NULL;
    return *domain ? buffer_bytes(&out) : BYTES("");
}

const struct domain *front_domain_at(const struct front_request *request, struct bytes host,
                                     uint16_t port)
{
    const struct domains *domains = request->front->parts.domains;
    const struct net_address *local = &request->incoming->flow.local;
    const struct domain *domain = domains_find_at(domains, host, port);
    struct net_address address;
    if (domain != NULL || !net_address_parse(host, port, &address) ||
        !net_address_same_host(&address, local))
        return domain;
    bool ours = port == 0 || port == local->port || domains_has_port(domains, port);
    return ours ? domains_first(domains) : NULL;
}

void front_identify(struct front_request *request, const struct sip_uri *uri)
{
    struct front *front = request->front;
    const struct domain *domain;
    request->identity = front_canonical(front, uri, front->identity, &domain);
    if (domain != NULL || bytes_empty(uri->host))
        return;
    struct buffer out = buffer_over(front->identity, FRONT_AOR_MAX);
    sip_uri_write_aor(uri, &out);
    request->identity = out.overflow ? BYTES("") : buffer_bytes(&out);
    request->foreign = !out.overflow;
}

/* False: it was answered, or needs no answer. */
static bool pass_steps(struct front_passage *passage)
{
    const struct front_step *const *steps = front_steps();
    size_t *at = &passage->request.front->step;
    *at = 0;
    while (*at < FRONT_STEPS && steps[*at]->pass(passage))
        ++*at;
    bool passed = *at == FRONT_STEPS;
    *at = FRONT_STEPS;
    return passed;
}

static void handle(struct front_passage *passage)
{
    struct front_request *request = &passage->request;
    if (!pass_steps(passage))
        return;
    assert(passage->method != NULL && passage->method->handle != NULL);
    request->acknowledged =
        request->message->method == SIP_INVITE && !bytes_empty(request->message->to.tag);
    if (!(passage->needs & FRONT_ANYBODY) && request->aim != FRONT_AIM_ELSEWHERE)
        request->seen = store_latest(request->front->parts.store, request->partition);
    passage->method->handle(passage->method->context, request);
}

static void receive(void *context, struct incoming *incoming)
{
    struct front_passage passage = {
        .request =
            {
                .front = context,
                .incoming = incoming,
                .message = incoming->message,
                .stateful = true,
            },
    };
    handle(&passage);
}
