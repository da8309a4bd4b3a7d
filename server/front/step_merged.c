/* step_merged.c: a request that comes a second way, because a proxy before us has forked it, is
 * answered once. What we only pass on, its receiver judges (RFC 3261 16.3: a proxy must not). Who
 * is not asked about is in no index, either. */
#include "front/front_internal.h"

static bool pass(struct front_passage *passage)
{
    struct front_request *request = &passage->request;
    const struct sip_message *message = request->message;
    if ((passage->needs & (FRONT_RELAYED | FRONT_ANYBODY)) || !bytes_empty(message->to.tag) ||
        !transaction_is_merged(request->front->parts.transactions, message))
        return true;
    front_refuse(request, 482, "This request came a second way");
    return false;
}

const struct front_step step_merged = {.name = "merged", .spec = "RFC 3261 8.2.2.2", .pass = pass};
