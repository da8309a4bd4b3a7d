/* keep.c: the message is kept by its transaction, the few other texts by who waits. */
#include "front/keep.h"

#include <assert.h>

size_t front_keep_size(const struct front_request *request)
{
    return request->uri.text.length + request->identity.length + request->target.length +
           request->instance.length + request->gruu_call.length;
}

void front_keep(const struct front_request *request, struct server_transaction *server,
                struct front_request *copy, struct incoming *incoming, char **at)
{
    incoming->message = transaction_keep(server, request->incoming);
    incoming->flow = request->incoming->flow;
    *copy = *request;
    copy->incoming = incoming;
    copy->message = incoming->message;
    copy->identity = bytes_pack(at, request->identity);
    copy->target = bytes_pack(at, request->target);
    copy->instance = bytes_pack(at, request->instance);
    copy->gruu_call = bytes_pack(at, request->gruu_call);
    copy->route = BYTES("");
    struct verdict v = sip_uri_parse(bytes_pack(at, request->uri.text), &copy->uri);
    assert(verdict_ok(v)); /* it was parsed before */
    (void)v;
}
