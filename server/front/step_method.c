/* step_method.c: who handles the method. */
#include "front/front_internal.h"
#include "sip/write.h"

static const struct front_method own_options = {SIP_OPTIONS, FRONT_ANYBODY, front_answer_options,
                                                NULL};

/* OPTIONS without a user is for the server itself, whatever the name it is called by. It asks
 * whether we are alive, acts for nobody and is therefore the one request that is answered without
 * credentials. */
static bool is_for_server(const struct front_request *request)
{
    return request->message->method == SIP_OPTIONS && !request->uri.has_user;
}

static void refuse_method(struct front_request *request)
{
    front_write_allow(request->front, front_begin_refusal(request, 405, NULL));
    front_send(request, STORE_NOTHING);
}

static bool pass(struct front_passage *passage)
{
    struct front_request *request = &passage->request;
    const struct front_method *method = &request->front->methods[request->message->method];
    passage->method = is_for_server(request) ? &own_options : method;
    if (passage->method->handle == NULL) {
        refuse_method(request);
        return false;
    }
    passage->needs = passage->method->needs;
    request->in_dialog = (passage->needs & FRONT_DIALOGS) && !bytes_empty(request->message->to.tag);
    return true;
}

const struct front_step step_method = {.name = "method", .spec = "RFC 3261 8.2.1", .pass = pass};
