/* front.c: a request's way to its handler.
 *
 *   receive -> Request-URI (400, 416) -> handler known? (405) -> Require (420) -> target (404, 403)
 *           -> room in the store? (503) -> proved? (401, 407, 403) -> user exists? (404) -> handle
 *
 * Authentication stands before the user is looked up, so that strangers do not learn who exists;
 * what costs less than a digest stands before it.
 *
 * A REGISTER may name any host in its Request-URI, though RFC 3261 10.3 steps 1 and 5 compare it
 * with the domain of To: phones that know the server by an address only write that. */
#include "front/front.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/token.h"
#include "sip/write.h"

enum {
    RESPONSE_MAX = 131072, /* bytes of one response: what a request can make us copy, and ours */
    AOR_MAX = 1024,
};

struct front {
    struct front_parts parts;
    struct front_settings settings;
    struct front_method methods[SIP_METHOD_COUNT]; /* handle NULL: not registered */
    struct buffer response;
    unsigned response_status;
    struct bytes response_reason;
    char target[AOR_MAX], identity[AOR_MAX];
};

static void receive(void *context, struct incoming *incoming);

struct front *front_new(const struct front_parts *parts, const struct front_settings *settings)
{
    struct front *front = memory_new(sizeof(*front));
    front->parts = *parts;
    front->settings = *settings;
    front->response = buffer_over(memory_new(RESPONSE_MAX), RESPONSE_MAX);
    const struct transaction_user user = {receive, front};
    transaction_layer_use(parts->transactions, &user);
    return front;
}

void front_free(struct front **front)
{
    if (*front == NULL)
        return;
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
}

void front_register(struct front *front, const struct front_method *method)
{
    assert(method->method != SIP_METHOD_OTHER && method->handle != NULL);
    assert(front->methods[method->method].handle == NULL);
    front->methods[method->method] = *method;
}

/* Answers. */

struct buffer *front_respond(struct front_request *request, unsigned status, const char *reason,
                             struct bytes to_tag)
{
    struct front *front = request->front;
    struct buffer *out = &front->response;
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

static void send_written(struct front_request *request, struct store_change after)
{
    struct front *front = request->front;
    struct transaction_layer *transactions = front->parts.transactions;
    struct bytes response = buffer_bytes(&front->response);
    if (front->response.overflow) {
        log_write(front->parts.log, LOG_ERROR, "front", "response too large call-id=%.*s",
                  BYTES_ARGS(request->message->call_id));
        metrics_count(front->parts.metrics, METRIC_messages_dropped);
        return;
    }
    log_answer(request);
    bool success = front->response_status < 300;
    if (after.number == 0)
        after = request->seen;
    if (!request->stateful || (!success && after.number == 0)) {
        transaction_refuse(transactions, request->incoming, response);
        return;
    }
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
    metrics_count(request->front->parts.metrics,
                  status == 503 ? METRIC_requests_overload : METRIC_requests_refused);
}

void front_refuse(struct front_request *request, unsigned status, const char *reason)
{
    count_refusal(request, status);
    struct buffer *out = front_respond(request, status, reason, BYTES(""));
    if (status == 503)
        sip_write_number(out, "Retry-After", request->front->settings.retry_after_s);
    front_send(request, STORE_NOTHING);
}

void front_refuse_verdict(struct front_request *request, struct verdict verdict)
{
    assert(!verdict_ok(verdict));
    front_refuse(request, verdict.status, verdict.reason);
}

void front_refuse_listing(struct front_request *request, unsigned status, const char *reason,
                          const char *field, struct bytes value)
{
    count_refusal(request, status);
    sip_write_field(front_respond(request, status, reason, BYTES("")), field, value);
    front_send(request, STORE_NOTHING);
}

/* What we can do, for 405 and OPTIONS. */
static void write_allow(const struct front *front, struct buffer *out)
{
    char text[256];
    struct buffer allow = buffer_over(text, sizeof(text));
    buffer_text(&allow, sip_method_name(SIP_OPTIONS));
    for (int i = 1; i < SIP_METHOD_COUNT; i++) {
        if (i == SIP_OPTIONS || front->methods[i].handle == NULL)
            continue;
        buffer_text(&allow, ", ");
        buffer_text(&allow, sip_method_name((enum sip_method)i));
    }
    sip_write_field(out, "Allow", buffer_bytes(&allow));
}

static void refuse_method(struct front_request *request)
{
    count_refusal(request, 405);
    write_allow(request->front, front_respond(request, 405, NULL, BYTES("")));
    front_send(request, STORE_NOTHING);
}

/* OPTIONS for the server itself (RFC 3261 11.2): nothing changes, so nothing is remembered. */
static void answer_options(struct front_request *request)
{
    const struct front_settings *settings = &request->front->settings;
    struct buffer *out = front_respond(request, 200, NULL, BYTES(""));
    write_allow(request->front, out);
    sip_write_field(out, "Accept", bytes_of(settings->accept));
    sip_write_field(out, "Accept-Encoding", BYTES("identity"));
    sip_write_field(out, "Accept-Language", BYTES("en"));
    sip_write_field(out, "Allow-Events", bytes_of(settings->allow_events));
    sip_write_field(out, "Supported", BYTES(""));
    request->stateful = false;
    front_send(request, STORE_NOTHING);
}

/* The checks, each true when the request may go on; else it was answered. */

static bool check_uri(struct front_request *request)
{
    struct verdict v = sip_uri_parse(request->message->request_uri, &request->uri);
    if (!verdict_ok(v)) {
        front_refuse(request, 400, "The Request-URI is malformed");
        return false;
    }
    if (request->uri.scheme == SIP_SCHEME_OTHER || request->uri.scheme == SIP_SCHEME_TEL) {
        front_refuse(request, 416, NULL);
        return false;
    }
    return true;
}

/* We support no option that a request may require (RFC 3261 8.2.2.3, 16.3 step 5). Names that do
 * not fit are not told, but require as much. */
static bool check_require(struct front_request *request, unsigned needs)
{
    enum sip_header id = needs & FRONT_RELAYED ? SIP_PROXY_REQUIRE : SIP_REQUIRE;
    struct sip_values options = sip_values_of(request->message, id);
    char text[512];
    struct buffer unsupported = buffer_over(text, sizeof(text));
    struct bytes option;
    bool found = false;
    for (; sip_values_next(&options, &option); found = true) {
        if (unsupported.length + option.length + 2 > sizeof(text))
            continue;
        if (unsupported.length > 0)
            buffer_text(&unsupported, ", ");
        buffer_put(&unsupported, option);
    }
    if (!found)
        return true;
    front_refuse_listing(request, 420, NULL, "Unsupported", buffer_bytes(&unsupported));
    return false;
}

static struct bytes write_aor(const struct front *front, const struct sip_uri *uri, char *text,
                              const struct domain **domain)
{
    struct buffer out = buffer_over(text, AOR_MAX);
    *domain = domains_write_aor(front->parts.domains, uri, &out);
    if (out.overflow)
        *domain = NULL;
    return *domain ? buffer_bytes(&out) : BYTES("");
}

/* Finds whom the request is for. Inside a dialog the Request-URI is our own Contact, or what the
 * client makes of it, and the dialog decides. */
static bool check_target(struct front_request *request, unsigned needs)
{
    struct front *front = request->front;
    const struct sip_uri *uri =
        needs & FRONT_TO_IS_TARGET ? &request->message->to.uri : &request->uri;
    request->target = write_aor(front, uri, front->target, &request->domain);
    request->partition = partition_of(request->target);
    if (request->domain != NULL || request->in_dialog)
        return true;
    if (needs & FRONT_TO_IS_TARGET)
        front_refuse(request, 404, "The address in To is not of a domain served here");
    else
        front_refuse(request, 403, "This server does not relay to other domains");
    return false;
}

static bool is_trusted(const struct front *front, const struct net_address *source)
{
    for (size_t i = 0; i < front->settings.trusted_count; i++)
        if (net_network_contains(&front->settings.trusted[i], source))
            return true;
    return false;
}

static void challenge(struct front_request *request, const struct domain *domain, unsigned needs,
                      bool stale)
{
    struct front *front = request->front;
    unsigned status = needs & FRONT_RELAYED ? 407 : 401;
    struct buffer *out = front_respond(request, status, NULL, BYTES(""));
    auth_write_challenges(front->parts.auth, domain, status, stale, out);
    metrics_count(front->parts.metrics, METRIC_challenges_sent);
    front_send(request, STORE_NOTHING);
}

/* Every request from a local identity is authenticated; strangers go on without an identity unless
 * the method needs one. */
static bool check_proved(struct front_request *request, unsigned needs)
{
    struct front *front = request->front;
    const struct domain *domain;
    struct bytes identity = write_aor(front, &request->message->from.uri, front->identity, &domain);
    if (is_trusted(front, &request->incoming->flow.remote)) {
        request->identity = identity;
        request->trusted = true;
        return true;
    }
    if (domain == NULL) {
        if (!(needs & FRONT_PROVED))
            return true;
        front_refuse(request, 403, "Only users of this server may do this");
        return false;
    }
    struct auth_result result = auth_check(front->parts.auth, request->message, domain, identity);
    if (result.outcome == AUTH_PROVED) {
        request->identity = identity;
        return true;
    }
    if (result.outcome == AUTH_BROKEN)
        front_refuse(request, 400, result.reason);
    else
        challenge(request, domain, needs, result.outcome == AUTH_STALE);
    return false;
}

static bool check_user(struct front_request *request, unsigned needs)
{
    if (!(needs & FRONT_LOCAL_USER) || request->in_dialog)
        return true;
    if (accounts_find(request->front->parts.accounts, request->target) != NULL)
        return true;
    front_refuse(request, 404, "There is no such user");
    return false;
}

static bool check_store(struct front_request *request, unsigned needs)
{
    if (!(needs & FRONT_CHANGES) || store_ready(request->front->parts.store))
        return true;
    front_refuse(request, 503, "The server is busy");
    return false;
}

/* OPTIONS without a user is for the server itself, whatever the name it is called by. It asks
 * whether we are alive, acts for nobody and is therefore the one request that is answered without
 * credentials. */
static bool is_for_server(const struct front_request *request)
{
    return request->message->method == SIP_OPTIONS && !request->uri.has_user;
}

static void handle(struct front_request *request)
{
    const struct front_method *method = &request->front->methods[request->message->method];
    unsigned needs = method->needs;
    request->in_dialog = (needs & FRONT_DIALOGS) && !bytes_empty(request->message->to.tag);
    if (!check_uri(request))
        return;
    if (is_for_server(request)) {
        if (check_require(request, 0))
            answer_options(request);
        return;
    }
    if (method->handle == NULL) {
        refuse_method(request);
        return;
    }
    if (!check_require(request, needs) || !check_target(request, needs) ||
        !check_store(request, needs) || !check_proved(request, needs) ||
        !check_user(request, needs))
        return;
    request->seen = store_latest(request->front->parts.store, request->partition);
    method->handle(method->context, request);
}

static void receive(void *context, struct incoming *incoming)
{
    struct front *front = context;
    const struct sip_message *message = incoming->message;
    struct front_request request = {
        .front = front,
        .incoming = incoming,
        .message = message,
        .stateful = true,
    };
    if (message->method == SIP_ACK) /* answers nothing of ours: no INVITE is accepted yet */
        return;
    if (message->method == SIP_CANCEL) {
        front_refuse(&request, 481, NULL); /* RFC 3261 9.2: nothing to cancel */
        return;
    }
    handle(&request);
}
