/* step_credentials.c: every request that says to be of a user of ours proves it; strangers go on
 * without an identity.
 *
 * An ACK is not asked: it has the credentials of its INVITE, for the INVITE's method, and cannot be
 * challenged (RFC 3261 22.1).
 *
 * And one exception: inside a dialog that we relay, From may be one of our addresses though
 * somebody else sends (who was called under it, RFC 3261 12.1.1, and answers from another server).
 * The Route has proved that From is who was called, so who brings no credentials goes on without an
 * identity. But each of the two knows that Route, the caller too: so only what means nothing
 * outside the dialog goes on so, never what speaks for itself (MESSAGE, NOTIFY, REFER). */
#include "front/front_internal.h"

static void challenge(struct front_request *request, const struct domain *domain, unsigned needs,
                      bool stale)
{
    struct front *front = request->front;
    unsigned status = needs & FRONT_RELAYED ? 407 : 401;
    struct buffer *out = front_respond(request, status, NULL, BYTES(""));
    auth_write_challenges(front->parts.auth, request->message, domain, status, stale, out);
    metrics_count(front->parts.metrics, METRIC_challenges_sent);
    front_send(request, STORE_NOTHING);
}

/* True for what says nothing by itself: outside its dialog it is answered 481 (RFC 3261 12.2.2). */
static bool is_bound_to_dialog(enum sip_method method)
{
    return method == SIP_BYE || method == SIP_INVITE || method == SIP_PRACK ||
           method == SIP_UPDATE || method == SIP_INFO;
}

static bool is_let_through(const struct front_passage *passage, enum auth_outcome outcome)
{
    const struct front_request *request = &passage->request;
    return outcome == AUTH_MISSING && request->party == FRONT_PARTY_CALLED &&
           is_bound_to_dialog(request->message->method) && request->aim == FRONT_AIM_ELSEWHERE &&
           !(passage->needs & FRONT_PROVED);
}

/* A name of ours that has no address-of-record (it is too long) is nobody's, and no stranger's. */
static bool is_foreign(struct front_request *request)
{
    if (domains_find(request->front->parts.domains, request->message->from.uri.host) == NULL)
        return true;
    if (front_can_answer(request))
        front_refuse(request, 400, "The address in From is no user's of this server");
    return false;
}

/* True while guesses have made this user's or source's credentials worthless for a time; they are
 * then not looked at, right or wrong, and told so. Without credentials the challenge comes. */
static bool is_locked(struct front_request *request, struct bytes identity)
{
    const struct sip_message *message = request->message;
    unsigned seconds =
        guard_locked_s(request->front->parts.guard, &request->incoming->flow.remote, identity);
    if (seconds == 0 || (sip_message_field(message, SIP_AUTHORIZATION) == NULL &&
                         sip_message_field(message, SIP_PROXY_AUTHORIZATION) == NULL))
        return false;
    if (front_can_answer(request))
        front_refuse_later(request, 403, "Too many wrong passwords; try again later", seconds);
    return true;
}

static void note_outcome(const struct front_request *request, enum auth_outcome outcome,
                         struct bytes identity)
{
    struct guard *guard = request->front->parts.guard;
    const struct net_address *source = &request->incoming->flow.remote;
    if (outcome == AUTH_WRONG)
        guard_wrong(guard, source, identity);
    if (outcome == AUTH_PROVED)
        guard_proved(guard, source, identity);
}

static bool pass(struct front_passage *passage)
{
    struct front_request *request = &passage->request;
    struct front *front = request->front;
    const struct domain *domain;
    if (request->trusted || (passage->needs & FRONT_ANYBODY) || request->message->method == SIP_ACK)
        return true;
    struct bytes identity =
        front_canonical(front, &request->message->from.uri, front->identity, &domain);
    if (domain == NULL)
        return is_foreign(request);
    if (is_locked(request, identity))
        return false;
    struct auth_result result = auth_check(front->parts.auth, request->message, domain, identity);
    note_outcome(request, result.outcome, identity);
    if (result.outcome == AUTH_PROVED)
        request->identity = identity;
    if (result.outcome == AUTH_PROVED || is_let_through(passage, result.outcome))
        return true;
    if (result.outcome == AUTH_BROKEN)
        front_refuse(request, 400, result.reason);
    else
        challenge(request, domain, passage->needs, result.outcome == AUTH_STALE);
    return false;
}

const struct front_step step_credentials = {
    .name = "credentials", .spec = "RFC 3261 22", .pass = pass};
