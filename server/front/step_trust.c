/* step_trust.c: what comes from a trusted address is believed: who P-Asserted-Identity says sent it
 * (RFC 3325 5), or From where nothing is asserted. It may be a user of another domain. */
#include "front/asserted_internal.h"
#include "front/front_internal.h"
#include "front/relay.h"

/* RFC 3323 4.1.1.3: names that hide somebody end so; they are nobody's. */
static bool is_anonymous(struct bytes host)
{
    struct bytes ending = BYTES(".invalid");
    return host.length >= ending.length &&
           bytes_equal_nocase(bytes_skip(host, host.length - ending.length), ending);
}

static bool pass(struct front_passage *passage)
{
    struct front_request *request = &passage->request;
    struct sip_uri asserted;
    if ((passage->needs & FRONT_ANYBODY) ||
        !front_trusts(request->front, &request->incoming->flow.remote))
        return true;
    request->trusted = true;
    bool has = asserted_uri(request->message, &asserted);
    front_identify(request, has ? &asserted : &request->message->from.uri);
    if (request->foreign && is_anonymous(request->message->from.uri.host) && !has) {
        request->identity = BYTES("");
        request->foreign = false;
    }
    return true;
}

const struct front_step step_trust = {.name = "trust", .spec = "RFC 3325 5", .pass = pass};
