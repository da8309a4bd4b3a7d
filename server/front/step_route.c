/* step_route.c: what the Route fields have to do with us.
 *
 *   Request-URI of our making (a strict router sent this): its token counts as that of a Route, and
 *   the last Route takes its place
 *   Request-URI with a maddr that is us: it is read without it
 *   Routes at the top that name us: taken off; their tokens say which flow the request takes
 *
 * A token of a dialog's Call-ID proves that we record-routed the dialog (`routed`), but only for
 * requests inside it (RFC 3261 16.6 step 4: nobody may use it elsewhere); the signature behind it,
 * that From and To are those of that dialog, and who of them was called (`party`). When its flow is
 * the one that the request came by, the request goes out from there; otherwise it comes in, and
 * takes the flow (RFC 5626 5.3). Of several tokens the last decides: it faces the receiver
 * (record_route.c). */
#include "front/front_internal.h"

enum { USER_MAX = 4 * FLOW_TOKEN_MAX };

/* A token, a dot, the signature of who speaks in the dialog (parties.c). */
struct route_user {
    struct flow_token token;
    enum front_party party;
};

static bool is_ours(const struct flow_token *token)
{
    return token->kind == FLOW_TOKEN_OURS || token->kind == FLOW_TOKEN_A_FLOW;
}

/* `signature`: what stands behind the token, not looked at yet; in `memory`, or where `user` is. */
static struct flow_token read_token(const struct front_request *request, struct bytes user,
                                    struct buffer *memory, struct bytes *signature)
{
    *signature = BYTES("");
    if (bytes_index(user, '%') >= 0 && sip_unescape(user, memory) && !memory->overflow)
        user = buffer_bytes(memory);
    size_t length = user.length;
    if (length > PARTIES_SIGNATURE && user.at[length - PARTIES_SIGNATURE - 1] == '.') {
        *signature = bytes_skip(user, length - PARTIES_SIGNATURE);
        user = bytes_first(user, length - PARTIES_SIGNATURE - 1);
    }
    return flow_token_read(request->front->parts.flow_tokens, user, request->message->call_id);
}

/* A signature is looked at behind a token of ours alone: it costs as much again. */
static struct route_user read_user(const struct front_request *request, struct bytes user)
{
    char text[USER_MAX];
    struct buffer memory = buffer_over(text, sizeof(text));
    struct bytes signature;
    struct route_user read = {.party = FRONT_PARTY_NONE};
    read.token = read_token(request, user, &memory, &signature);
    if (is_ours(&read.token) && read.token.bound && !bytes_empty(signature))
        read.party = parties_read(request, signature);
    return read;
}

bool front_comes_by_our_route(const struct front_request *request)
{
    char text[USER_MAX];
    struct buffer memory = buffer_over(text, sizeof(text));
    struct sip_values values = sip_values_of(request->message, SIP_ROUTE);
    struct sip_address address;
    struct bytes value, signature;
    if (!sip_values_next(&values, &value) || !verdict_ok(sip_address_parse(value, &address)))
        return false;
    struct flow_token token = read_token(request, address.uri.user, &memory, &signature);
    return is_ours(&token) && token.bound;
}

static bool is_sip(const struct sip_uri *uri)
{
    return uri->scheme == SIP_SCHEME_SIP || uri->scheme == SIP_SCHEME_SIPS;
}

static bool is_us(const struct front_request *request, const struct sip_uri *uri)
{
    return is_sip(uri) && front_domain_at(request, uri->host, uri->port) != NULL;
}

static bool refuse(struct front_request *request, unsigned status, const char *reason)
{
    front_refuse(request, status, reason);
    return false;
}

/* The Routes of a request, in order. */
struct routes {
    struct sip_values values;
    struct bytes last; /* the one that is not to be kept: it became the Request-URI; or empty */
};

static bool next_route(struct routes *routes, struct bytes *value)
{
    return sip_values_next(&routes->values, value) && value->at != routes->last.at;
}

/* True when the Request-URI is a value that we placed in a Record-Route, which says this. */
static bool is_record_route(const struct front_request *request, struct route_user *said)
{
    *said = read_user(request, request->uri.user);
    return is_ours(&said->token) && is_us(request, &request->uri);
}

/* The Request-URI back from where the strict router has put it; 16.4, first paragraph. */
static bool repair(struct front_request *request, struct routes *routes)
{
    struct sip_values values = routes->values;
    struct sip_address address;
    struct bytes value;
    while (sip_values_next(&values, &value))
        routes->last = value;
    if (bytes_empty(routes->last))
        return true; /* it is for us, and no user of ours has such a name */
    if (!verdict_ok(sip_address_parse(routes->last, &address)) || !is_sip(&address.uri))
        return refuse(request, 400, "The last Route, which is the Request-URI here, is no SIP URI");
    request->uri = address.uri;
    return true;
}

/* 16.4, third paragraph. */
static void strip_maddr(struct front_request *request)
{
    struct buffer out = buffer_over(request->front->uri, FRONT_TEXT_MAX);
    struct bytes rest = request->uri.parameters, name, value;
    struct sip_uri stripped;
    buffer_text(&out, request->uri.scheme == SIP_SCHEME_SIPS ? "sips:" : "sip:");
    if (request->uri.has_user) {
        buffer_put(&out, request->uri.user);
        buffer_char(&out, '@');
    }
    buffer_put(&out, request->uri.host);
    while (sip_parameter_next(&rest, &name, &value)) {
        if (bytes_equal_nocase(name, BYTES("maddr")) ||
            bytes_equal_nocase(name, BYTES("transport")))
            continue;
        buffer_char(&out, ';');
        buffer_put(&out, name);
        buffer_text(&out, value.at != NULL ? "=" : "");
        buffer_put(&out, value);
    }
    if (!out.overflow && verdict_ok(sip_uri_parse(buffer_bytes(&out), &stripped)))
        request->uri = stripped;
}

/* Which of our ports and transports it names makes no difference; at a port that is not ours is
 * somebody else on this host, and the request is to be forwarded there. */
static bool is_port_of_ours(const struct front_request *request, uint16_t port)
{
    return port == 0 || port == request->incoming->flow.local.port ||
           domains_has_port(request->front->parts.domains, port);
}

static void check_maddr(struct front_request *request)
{
    const struct sip_uri *uri = &request->uri;
    struct bytes maddr;
    if (is_sip(uri) && sip_parameter(uri->parameters, "maddr", &maddr) &&
        is_port_of_ours(request, uri->port) && front_domain_at(request, maddr, uri->port) != NULL)
        strip_maddr(request);
}

/* True when the request came by this flow. */
static bool is_source(const struct front_request *request, const struct net_flow *flow)
{
    const struct net_flow *source = &request->incoming->flow;
    return flow->protocol == source->protocol &&
           net_address_equal(&flow->remote, &source->remote) &&
           flow->connection == source->connection;
}

/* Takes a Route off that names us, with what its user part says. */
static bool take_own(struct front_request *request, const struct route_user *said)
{
    const struct flow_token *token = &said->token;
    bool in_dialog = !bytes_empty(request->message->to.tag);
    if (token->kind == FLOW_TOKEN_FORGED) /* RFC 5626 5.3.1 */
        return refuse(request, 403, "This Route is not of this server's making for this Call-ID");
    if (token->kind == FLOW_TOKEN_NONE || (token->bound && !in_dialog))
        return true;
    request->routed = request->routed || token->bound;
    request->acknowledged = request->routed && request->message->method == SIP_INVITE;
    if (said->party > request->party)
        request->party = said->party;
    request->has_flow = token->kind == FLOW_TOKEN_A_FLOW && !is_source(request, &token->flow);
    request->flow = token->flow;
    return true;
}

static bool take_route(struct front_request *request, const struct sip_uri *uri)
{
    const struct route_user said = read_user(request, uri->user);
    return take_own(request, &said);
}

static void keep(struct buffer *out, struct bytes value)
{
    if (out->length > 0)
        buffer_text(out, ", ");
    buffer_put(out, value);
}

static bool walk(struct front_request *request, struct routes *routes)
{
    struct buffer out = buffer_over(request->front->route, FRONT_TEXT_MAX);
    struct sip_address address;
    struct bytes value;
    while (next_route(routes, &value)) {
        if (out.length == 0) {
            if (!verdict_ok(sip_address_parse(value, &address)) || address.star)
                return refuse(request, 400, "A Route is malformed");
            if (is_us(request, &address.uri)) {
                if (!take_route(request, &address.uri))
                    return false;
                continue;
            }
        }
        keep(&out, value);
    }
    if (out.overflow)
        return refuse(request, 400, "The Routes are too long");
    request->route = buffer_bytes(&out);
    return true;
}

static bool pass(struct front_passage *passage)
{
    struct front_request *request = &passage->request;
    struct routes routes = {.values = sip_values_of(request->message, SIP_ROUTE)};
    struct route_user said;
    if (is_record_route(request, &said) && !repair(request, &routes))
        return false;
    if (!bytes_empty(routes.last) && !take_own(request, &said))
        return false;
    check_maddr(request);
    if (!walk(request, &routes))
        return false;
    if (!request->has_flow || net_alive(request->front->parts.net, &request->flow))
        return true;
    return refuse(request, 430, NULL); /* RFC 5626 5.3.1 */
}

const struct front_step step_route = {
    .name = "route", .spec = "RFC 3261 16.4, RFC 5626 5.3", .pass = pass};
