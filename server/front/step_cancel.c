/* step_cancel.c: a CANCEL that comes up here matches nothing that is under way. */
#include "front/front_internal.h"

static bool pass(struct front_passage *passage)
{
    if (passage->request.message->method != SIP_CANCEL)
        return true;
    front_refuse(&passage->request, 481, NULL);
    return false;
}

const struct front_step step_cancel = {.name = "cancel", .spec = "RFC 3261 9.2", .pass = pass};
