/* step_target.c: whom the request is for. Inside a dialog the Request-URI is our own Contact, or
 * what the client makes of it, and the dialog decides.
 *
 * A REGISTER may name any host in its Request-URI, though RFC 3261 10.3 steps 1 and 5 compare it
 * with the domain of To: phones that know the server by an address only write that. */
#include "base/token.h"
#include "front/front_internal.h"

static bool pass(struct front_passage *passage)
{
    struct front_request *request = &passage->request;
    struct front *front = request->front;
    bool in_to = passage->needs & FRONT_TO_IS_TARGET;
    const struct sip_uri *uri = in_to ? &request->message->to.uri : &request->uri;
    if (passage->needs & FRONT_ANYBODY)
        return true;
    request->target = front_canonical(front, uri, front->target, &request->domain);
    request->partition = partition_of(request->target);
    if (request->domain != NULL || request->in_dialog)
        return true;
    if (in_to)
        front_refuse(request, 404, "The address in To is not of a domain served here");
    else
        front_refuse(request, 403, "This server does not relay to other domains");
    return false;
}

const struct front_step step_target = {.name = "target", .spec = "RFC 3261 16.5", .pass = pass};
