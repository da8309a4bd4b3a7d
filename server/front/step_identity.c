/* step_identity.c: a method that is for known senders has one. */
#include "front/front_internal.h"

static bool pass(struct front_passage *passage)
{
    struct front_request *request = &passage->request;
    if (!(passage->needs & FRONT_PROVED) || request->trusted || !bytes_empty(request->identity))
        return true;
    front_refuse(request, 403, "Only users of this server may do this");
    return false;
}

const struct front_step step_identity = {.name = "identity", .spec = "RFC 3261 22", .pass = pass};
