/* step_cancel.c: a CANCEL that comes up here matches nothing that is under way: 481.
 *
 * RFC 3261 16.10 has a proxy forward it without state, because the request may have gone that way.
 * None does here: all that we relay has a transaction, and the branch that a restarted server would
 * put on a CANCEL is not that of the INVITE which an earlier life relayed, so it would cancel
 * nothing. What is left of forwarding is a way for strangers to have us send. */
#include "front/front_internal.h"

static bool pass(struct front_passage *passage)
{
    if (passage->request.message->method != SIP_CANCEL)
        return true;
    front_refuse(&passage->request, 481, NULL);
    return false;
}

const struct front_step step_cancel = {.name = "cancel", .spec = "RFC 3261 9.2", .pass = pass};
