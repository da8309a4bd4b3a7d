/* step_identity.c: a method that is for known senders has one, or its handler knows what to do with
 * nobody (a user may let everybody watch, RFC 4745 7.1). Whoever's account is disabled may do
 * nothing but end what there is. */
#include "front/front_internal.h"

static bool is_disabled(const struct front_request *request)
{
    enum sip_method method = request->message->method;
    return method != SIP_ACK && method != SIP_BYE && method != SIP_CANCEL &&
           accounts_disabled(request->front->parts.accounts, request->identity);
}

static bool pass(struct front_passage *passage)
{
    struct front_request *request = &passage->request;
    if (is_disabled(request)) {
        front_refuse(request, 403, "This account is disabled");
        return false;
    }
    if (!(passage->needs & FRONT_PROVED) || (passage->needs & FRONT_NOBODY) || request->trusted ||
        !bytes_empty(request->identity))
        return true;
    front_refuse_stranger(request);
    return false;
}

const struct front_step step_identity = {.name = "identity", .spec = "RFC 3261 22", .pass = pass};
