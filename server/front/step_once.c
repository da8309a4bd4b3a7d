/* step_once.c: of what ends here, the fields that decide what is done stand once (RFC 3261 7.3.1):
 * two would be read by us in one way and by others in another. What goes further is not judged
 * (16.3 step 1), nor is what nobody acts on: two User-Agents do no harm. */
#include "front/front_internal.h"

static bool pass(struct front_passage *passage)
{
    static const enum sip_header read[] = {SIP_EXPIRES, SIP_EVENT, SIP_SIP_IF_MATCH,
                                           SIP_CONTENT_TYPE};
    struct front_request *request = &passage->request;
    if (passage->needs & FRONT_RELAYED)
        return true;
    for (size_t i = 0; i < sizeof(read) / sizeof(read[0]); i++) {
        struct verdict v = sip_message_once(request->message, read[i]);
        if (verdict_ok(v))
            continue;
        front_refuse_verdict(request, v);
        return false;
    }
    return true;
}

const struct front_step step_once = {.name = "once", .spec = "RFC 3261 7.3.1", .pass = pass};
