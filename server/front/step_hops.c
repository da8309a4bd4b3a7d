/* step_hops.c: Max-Forwards, of what would go further. What ends here may have no hops left; an
 * OPTIONS that has none is answered as one for ourselves (traceroute). */
#include "front/front_internal.h"

static bool pass(struct front_passage *passage)
{
    struct front_request *request = &passage->request;
    bool present;
    uint32_t hops;
    if (!(passage->needs & FRONT_RELAYED))
        return true;
    struct verdict v = sip_message_number(request->message, SIP_MAX_FORWARDS, &present, &hops);
    if (!verdict_ok(v)) {
        front_refuse_verdict(request, v);
        return false;
    }
    if (!present || hops > 0)
        return true;
    if (request->message->method == SIP_OPTIONS)
        front_answer_options(NULL, request);
    else
        front_refuse(request, 483, NULL);
    return false;
}

const struct front_step step_hops = {.name = "hops", .spec = "RFC 3261 16.3 step 3", .pass = pass};
