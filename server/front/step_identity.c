/* step_identity.c: a method that is for known senders has one, or its handler knows what to do with
 * nobody (a user may let everybody watch, RFC 4745 7.1). */
#include "front/front_internal.h"

static bool pass(struct front_passage *passage)
{
    struct front_request *request = &passage->request;
    if (!(passage->needs & FRONT_PROVED) || (passage->needs & FRONT_NOBODY) || request->trusted ||
        !bytes_empty(request->identity))
        return true;
    front_refuse_stranger(request);
    return false;
}

const struct front_step step_identity = {.name = "identity", .spec = "RFC 3261 22", .pass = pass};
