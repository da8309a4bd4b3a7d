/* step_trust.c: what comes from a trusted address is believed: who P-Asserted-Identity says sent it
 * (RFC 3325 5), or From where nothing is asserted. It may be a user of another domain.
 *
 * But not what comes from ourselves, when our own address is among the trusted ones (a PBX on the
 * same host): somebody had us send it, by a Contact that leads back to us, and only then did it get
 * our address. Our branch shows it, with our name beside it: another Herald makes branches, too. */
#include "front/asserted_internal.h"
#include "front/front_internal.h"

static bool is_from_ourselves(const struct front_request *request)
{
    const struct sip_via *via = &request->message->via;
    uint64_t loop_key;
    return transaction_branch_is_ours(request->front->parts.transactions, via->branch, &loop_key) &&
           front_domain_at(request, via->host, via->port) != NULL;
}

static bool pass(struct front_passage *passage)
{
    struct front_request *request = &passage->request;
    struct sip_uri asserted;
    if ((passage->needs & FRONT_ANYBODY) || !request->from_trusted || is_from_ourselves(request))
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
