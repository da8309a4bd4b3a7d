/* forward.c: what a target gets (RFC 3261 16.6 steps 1 to 9).
 *
 *     target, no route        Request-URI = target                     next hop = target
 *     route with lr           Request-URI = target, Route = route      next hop = its first URI
 *     route without lr        Request-URI = its first URI, Route = the others, then the target:
 *                             a strict router (step 6)                 next hop = Request-URI
 *
 * Via and Record-Route depend on the way that a request takes and are written when it leaves
 * (client_request.add). */
#include <assert.h>

#include "proxy_internal.h"
#include "sip/write.h"

/* Where a request goes: the URIs as they came, and what is left of the route. */
struct course {
    struct sip_uri request_uri, next_hop;
    struct bytes rest;   /* value of the Route field */
    struct bytes target; /* stands last in it, behind a strict router; or empty */
};

/* What cannot be parsed is a name that nobody finds. */
static struct sip_uri parse_uri(struct bytes text)
{
    struct sip_uri uri;
    if (!verdict_ok(sip_uri_parse(text, &uri)))
        uri = (struct sip_uri){.scheme = SIP_SCHEME_OTHER, .text = text};
    return uri;
}

static bool first_of_route(struct bytes route, struct sip_uri *uri, struct bytes *rest)
{
    struct sip_address address;
    struct bytes element;
    *rest = route;
    if (!sip_list_next(rest, &element) || !verdict_ok(sip_address_parse(element, &address)))
        return false;
    *uri = address.uri;
    *rest = bytes_trim(*rest);
    if (rest->length > 0 && rest->at[0] == ',')
        *rest = bytes_trim(bytes_skip(*rest, 1));
    return true;
}

static struct course course_of(const struct forward *forward)
{
    struct sip_uri target = parse_uri(forward->uri), first;
    struct course course = {target, target, forward->route, BYTES("")};
    struct bytes rest, value;
    if (!first_of_route(forward->route, &first, &rest))
        return course;
    course.next_hop = first;
    if (sip_parameter(first.parameters, "lr", &value))
        return course;
    course.request_uri = first;
    course.rest = rest;
    course.target = target.text;
    return course;
}

/* A Request-URI of sips wants TLS all the way, whatever leads there (step 7). */
static struct bytes write_next_hop(const struct course *course, struct buffer *memory)
{
    const struct bytes plain = BYTES("sip:");
    struct bytes text = course->next_hop.text;
    if (course->request_uri.scheme != SIP_SCHEME_SIPS || course->next_hop.scheme != SIP_SCHEME_SIP)
        return text;
    size_t at = memory->length;
    buffer_text(memory, "sips:");
    buffer_put(memory, bytes_skip(text, plain.length));
    return memory->overflow ? BYTES("") : bytes_skip(buffer_bytes(memory), at);
}

static struct bytes write_request_uri(const struct sip_uri *uri, struct buffer *memory)
{
    size_t at = memory->length;
    if (uri->scheme == SIP_SCHEME_OTHER)
        return uri->text;
    sip_write_request_uri(memory, uri);
    return memory->overflow ? BYTES("") : bytes_skip(buffer_bytes(memory), at);
}

static void write_route(const struct course *course, struct buffer *out)
{
    char text[URI_MAX];
    struct buffer value = buffer_over(text, sizeof(text));
    if (bytes_empty(course->rest) && bytes_empty(course->target))
        return;
    buffer_put(&value, course->rest);
    if (!bytes_empty(course->target)) {
        buffer_text(&value, value.length > 0 ? ", <" : "<");
        buffer_put(&value, course->target);
        buffer_char(&value, '>');
    }
    sip_write_field(out, "Route", buffer_bytes(&value));
    out->overflow = out->overflow || value.overflow;
}

/* The address that the request goes to, as far as it is known before names are looked up. */
static const struct net_address *known_hop(const struct forward *forward,
                                           const struct course *course, struct net_address *address)
{
    const struct sip_uri *hop = &course->next_hop;
    if (forward->flow != NULL)
        return &forward->flow->remote;
    uint16_t port = hop->port != 0 ? hop->port : NET_PORT_SIP;
    struct bytes host = hop->host, maddr;
    if (sip_parameter(hop->parameters, "maddr", &maddr)) /* it takes the host's place */
        host = maddr;
    return net_address_parse(host, port, address) ? address : NULL;
}

/* What we write must be what we, and others like us, can read: our fields fit in, too. */
static bool has_room(const struct sip_message *request)
{
    enum { OURS = 8 }; /* Via, two Record-Routes, Route, Max-Breadth, Content-Length, asserted */
    struct sip_values vias = sip_values_of(request, SIP_VIA);
    struct bytes via;
    int count = 0;
    while (sip_values_next(&vias, &via))
        count++;
    return request->count + OURS <= SIP_FIELDS_MAX && count < SIP_VIAS_MAX;
}

bool forward_write(struct proxy *proxy, const struct forward *forward, struct forwarded *out)
{
    const struct front_request *request = forward->request;
    assert(!bytes_empty(forward->uri) && forward->breadth > 0);
    if (!has_room(request->message))
        return false;
    struct course course = course_of(forward);
    struct net_address address;
    struct front_departure departure = front_depart(request, known_hop(forward, &course, &address));
    struct buffer memory = buffer_over(out->memory, sizeof(out->memory));
    struct buffer added = buffer_over(proxy->added, ADDED_MAX);
    struct buffer whole = buffer_over(proxy->scratch, MESSAGE_MAX);
    char received_text[64];
    struct buffer received = buffer_over(received_text, sizeof(received_text));
    write_route(&course, &added);
    front_departure_write(&departure, &added);
    if (request->incoming != NULL)
        transaction_write_received(request->incoming, &received);
    const struct sip_forward sip = {
        .request_uri = write_request_uri(&course.request_uri, &memory),
        .received = buffer_bytes(&received),
        .rport = request->incoming != NULL ? request->incoming->flow.remote.port : 0,
        .begins_here = request->incoming == NULL,
        .drop = front_departure_drops,
        .context = &departure,
        .max_breadth = forward->breadth,
        .added = buffer_bytes(&added),
    };
    out->next_hop = write_next_hop(&course, &memory);
    if (memory.overflow || added.overflow)
        return false;
    size_t via_at = sip_write_forward(&whole, request->message, &sip);
    out->line = bytes_first(buffer_bytes(&whole), via_at);
    out->head = bytes_skip(buffer_bytes(&whole), via_at);
    return !whole.overflow;
}

struct bytes forward_speaker(const struct proxy *proxy, const struct front_request *request)
{
    const struct domains *domains = proxy->parts->domains;
    const struct sip_message *message = request->message;
    const struct domain *domain = request->domain;
    if (domain == NULL)
        domain = domains_find(domains, message->from.uri.host);
    if (domain == NULL)
        domain = domains_find(domains, message->to.uri.host);
    return domain != NULL ? bytes_of(domain->name) : BYTES("");
}

bool forward_flow_only(const struct net_flow *flow, struct bytes text)
{
    struct sip_uri uri = parse_uri(text);
    struct net_address address;
    uint16_t port = uri.port != 0 ? uri.port : NET_PORT_SIP;
    if (net_is_stream(flow->protocol) || uri.scheme == SIP_SCHEME_OTHER)
        return true;
    return !net_address_parse(uri.host, port, &address) ||
           !net_address_equal(&address, &flow->remote);
}

bool forward_is_secure(struct bytes uri, struct bytes route)
{
    const struct forward forward = {.uri = uri, .route = route};
    struct course course = course_of(&forward);
    return course.request_uri.scheme == SIP_SCHEME_SIPS ||
           course.next_hop.scheme == SIP_SCHEME_SIPS;
}
