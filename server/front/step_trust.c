/* step_trust.c: what comes from a trusted address is believed: who P-Asserted-Identity says sent it
 * (RFC 3325 5), or From where nothing is asserted. It may be a user of another domain. */
#include "front/asserted_internal.h"
#include "front/front_internal.h"

static bool pass(struct front_passage *passage)
{
    struct front_request *request = &passage->request;
    struct sip_uri asserted;
    if ((passage->needs & FRONT_ANYBODY) || !request->from_trusted)
        return true;
    request->trusted = true;
    bool has = asserted_uri(request->message, &asserted);
    front_identify(request, has ? &asserted : &request->message->from.uri);
    /* a name that hides somebody is nobody's */
    if (request->foreign && sip_host_is_invalid(request->message->from.uri.host) && !has) {
        request->identity = BYTES("");
        request->foreign = false;
    }
    return true;
}

const struct front_step step_trust = {.name = "trust", .spec = "RFC 3325 5", .pass = pass};
