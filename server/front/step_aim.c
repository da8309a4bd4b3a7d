/* step_aim.c: whom the request is aimed at.
 *
 *   for a method whose target is in To (REGISTER):
 *     a Route that is not us, or a host that is not us while To
 *     is not ours either (RFC 3261 10.3 step 1) ................ elsewhere
 *     To of ours .............................................. this server
 *   a Route that is not us, or a maddr that is not us .......... elsewhere
 *   a host that is not us ...................................... elsewhere
 *   a host that is us: a GRUU .................................. a user's device
 *                      a service of ours ....................... this server
 *                      a user .................................. the user
 *                      nothing ................................. this server
 *
 * A Route goes before our knowing the user: who wrote it wants another server to be visited first.
 *
 * Two things that look like elsewhere are not. OPTIONS without a user is for the server itself,
 * whatever the name it is called by: it asks whether we are alive. And inside a dialog with us the
 * Request-URI is our own Contact, or what the client makes of it (an address that only it can see):
 * the dialog decides, unless a Route of ours shows that we relay it.
 *
 * A REGISTER of a user of ours may name any host in its Request-URI, though RFC 3261 10.3 steps 1
 * and 5 compare it with the domain of To: phones that know the server by an address only write
 * that. */
#include "base/token.h"
#include "front/front_internal.h"

static bool aim(struct front_request *request, enum front_aim where)
{
    request->aim = where;
    request->partition = partition_of(request->target);
    return true;
}

/* The home of what is relayed elsewhere is that of its call. */
static bool aim_elsewhere(struct front_request *request)
{
    request->in_dialog = false;
    request->domain = NULL;
    request->aim = FRONT_AIM_ELSEWHERE;
    request->partition = partition_of(request->message->call_id);
    return true;
}

/* A Route that is not us leads away; so does a Request-URI of another domain, unless To shows that
 * we are the registrar that is meant. */
static bool aim_by_to(struct front_request *request)
{
    struct front *front = request->front;
    const struct sip_uri *uri = &request->uri;
    if (!bytes_empty(request->route))
        return aim_elsewhere(request);
    if (request->message->to.uri.scheme == SIP_SCHEME_OTHER) { /* RFC 3261 10.2, RFC 4475 3.3.4 */
        front_refuse(request, 400, "The address in To is no SIP URI");
        return false;
    }
    request->target =
        front_canonical(front, &request->message->to.uri, front->target, &request->domain);
    if (request->domain != NULL)
        return aim(request, FRONT_AIM_SERVER);
    if (front_domain_at(request, uri->host, uri->port) == NULL)
        return aim_elsewhere(request);
    front_refuse(request, 404, "The address in To is not of a domain served here");
    return false;
}

/* True when a Route or a maddr that is not us is to be visited first. */
static bool is_led_away(const struct front_request *request)
{
    struct bytes maddr;
    return !bytes_empty(request->route) || sip_parameter(request->uri.parameters, "maddr", &maddr);
}

static bool aim_at_us(struct front_passage *passage)
{
    struct front_request *request = &passage->request;
    struct buffer out = buffer_over(request->front->target, FRONT_AOR_MAX);
    struct sip_uri canonical = request->uri;
    canonical.host = bytes_of(request->domain->name);
    sip_uri_write_aor(&canonical, &out);
    domains_resolve(request->front->parts.domains, 0, &out);
    if (out.overflow) {
        front_refuse(request, 414, NULL);
        return false;
    }
    request->target = buffer_bytes(&out);
    passage->service = front_service_of(request->front, request->target);
    bool user = request->uri.has_user && passage->service == NULL;
    return aim(request, user ? FRONT_AIM_USER : FRONT_AIM_SERVER);
}

/* True for a GRUU of a user of ours; then its parts are taken (RFC 5627 3.4.3). */
static bool take_gruu(struct front_request *request)
{
    struct front *front = request->front;
    struct buffer memory = buffer_over(front->gruu, FRONT_GRUU_MAX);
    struct gruu_parts parts;
    if (!gruu_read(front->parts.gruu, &request->uri, &memory, &parts))
        return false;
    request->target = parts.aor;
    request->instance = parts.instance;
    request->gruu_call = parts.call;
    return true;
}

/* A dialog that we relay, with somebody whose Contact is an address-of-record: not all of that
 * user's devices are meant, but the one at the other end. */
static bool is_for_a_flow(const struct front_request *request)
{
    return request->routed && request->has_flow && request->uri.has_user;
}

/* A dialog that we relay, with a phone whose Contact has an address of ours, but not a port where
 * we listen: it is on the same host, whatever we call that. */
static bool is_beside_us(const struct front_request *request)
{
    const struct domains *domains = request->front->parts.domains;
    uint16_t port = request->uri.port;
    struct net_address address;
    return request->routed && port != 0 && !domains_has_port(domains, port) &&
           net_address_parse(request->uri.host, port, &address);
}

static bool pass(struct front_passage *passage)
{
    struct front_request *request = &passage->request;
    const struct sip_message *message = request->message;
    const struct front_method *method = &request->front->methods[message->method];
    if (method->needs & FRONT_TO_IS_TARGET)
        return aim_by_to(request);
    request->in_dialog = (method->needs & FRONT_DIALOGS) && !bytes_empty(message->to.tag);
    if (is_led_away(request))
        return aim_elsewhere(request);
    if (message->method == SIP_OPTIONS && !request->uri.has_user && !request->routed)
        return aim(request, FRONT_AIM_SERVER);
    request->domain = front_domain_at(request, request->uri.host, request->uri.port);
    if (request->domain != NULL && take_gruu(request))
        return aim(request, FRONT_AIM_DEVICE);
    if (is_for_a_flow(request) || is_beside_us(request))
        return aim_elsewhere(request);
    if (request->domain != NULL)
        return aim_at_us(passage);
    if (!request->routed && request->in_dialog)
        return aim(request, FRONT_AIM_SERVER);
    return aim_elsewhere(request);
}

const struct front_step step_aim = {.name = "aim", .spec = "RFC 3261 16.5", .pass = pass};
