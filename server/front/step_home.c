/* step_home.c: the home of who is meant has its state. A partition that could not be loaded is
 * closed until it can be (front_set_closed): what would be answered from it were wrong, and what
 * changed it would be lost. Inside a dialog with us the To tag names the home. */
#include "front/front_internal.h"

static unsigned home_of(const struct front_request *request)
{
    unsigned partition;
    uint64_t epoch;
    if (request->in_dialog && token_parse(request->message->to.tag, &partition, &epoch))
        return partition;
    return request->partition;
}

static bool pass(struct front_passage *passage)
{
    struct front_request *request = &passage->request;
    const struct front *front = request->front;
    if (front->closed_count == 0 || !(passage->needs & FRONT_LOCAL_USER) ||
        request->aim == FRONT_AIM_ELSEWHERE || !front->closed[home_of(request)])
        return true;
    front_refuse(request, 503, "This user cannot be served for the moment");
    return false;
}

const struct front_step step_home = {.name = "home", .spec = "RFC 3261 21.5.4", .pass = pass};
