/* step_user.c: the user that is meant exists. Behind the credentials, so that strangers do not
 * learn who does. What goes elsewhere means none of ours. */
#include "front/front_internal.h"

static bool pass(struct front_passage *passage)
{
    struct front_request *request = &passage->request;
    if (!(passage->needs & FRONT_LOCAL_USER) || request->in_dialog ||
        request->aim == FRONT_AIM_ELSEWHERE ||
        ((passage->needs & FRONT_EVERYWHERE) && request->aim == FRONT_AIM_SERVER))
        return true;
    if (accounts_find(request->front->parts.accounts, request->target) != NULL)
        return true;
    if ((passage->needs & FRONT_NOBODY) && !request->trusted && bytes_empty(request->identity))
        front_refuse_stranger(request);
    else
        front_refuse(request, 404, "There is no such user");
    return false;
}

const struct front_step step_user = {.name = "user", .spec = "RFC 3261 16.5", .pass = pass};
