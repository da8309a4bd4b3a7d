/* step_uri.c: a Request-URI that we can read, of a scheme that we know. */
#include "front/front_internal.h"

static bool pass(struct front_passage *passage)
{
    struct front_request *request = &passage->request;
    struct verdict v = sip_uri_parse(request->message->request_uri, &request->uri);
    if (!verdict_ok(v)) {
        front_refuse(request, 400, "The Request-URI is malformed");
        return false;
    }
    if (request->uri.scheme == SIP_SCHEME_OTHER || request->uri.scheme == SIP_SCHEME_TEL) {
        front_refuse(request, 416, NULL);
        return false;
    }
    return true;
}

const struct front_step step_uri = {.name = "uri", .spec = "RFC 3261 16.3", .pass = pass};
