/* step_room.c: what changes the store needs room there. */
#include "front/front_internal.h"

static bool pass(struct front_passage *passage)
{
    struct front_request *request = &passage->request;
    if (!(passage->needs & FRONT_CHANGES) || store_ready(request->front->parts.store))
        return true;
    front_refuse(request, 503, "The server is busy");
    return false;
}

const struct front_step step_room = {.name = "room", .spec = "RFC 3261 21.5.4", .pass = pass};
