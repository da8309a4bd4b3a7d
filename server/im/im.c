/* im.c: MESSAGE goes to every registered contact of its user, and so does OPTIONS for a user. */
#include "im/im.h"

#include <stdlib.h>

#include "base/memory.h"

enum { TARGETS_MAX = 64 };

struct im {
    const struct front_parts *parts;
    struct registrar *registrar;
    struct proxy *proxy;
};

static void relay(void *context, struct front_request *request)
{
    struct im *im = context;
    struct registrar_target found[TARGETS_MAX];
    struct proxy_target targets[TARGETS_MAX];
    size_t count =
        registrar_find(im->registrar, request->target, BYTES(""), BYTES(""), found, TARGETS_MAX);
    if (count == 0) {
        front_refuse(request, 480, "This user is not registered now");
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const struct net_flow *flow = found[i].has_flow ? &found[i].flow : NULL;
        targets[i] = (struct proxy_target){.uri = found[i].contact, .flow = flow};
    }
    if (request->message->method == SIP_MESSAGE)
        metrics_count(im->parts->metrics, METRIC_messages_relayed);
    proxy_fork(im->proxy, request, targets, count);
}

struct im *im_new(struct front *front, struct registrar *registrar, struct proxy *proxy)
{
    struct im *im = memory_new(sizeof(*im));
    im->parts = front_parts(front);
    im->registrar = registrar;
    im->proxy = proxy;
    const enum sip_method methods[] = {SIP_MESSAGE, SIP_OPTIONS};
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        const struct front_method method = {
            methods[i], FRONT_PROVED | FRONT_LOCAL_USER | FRONT_RELAYED, relay, im};
        front_register(front, &method);
    }
    return im;
}

void im_free(struct im **im)
{
    free(*im);
    *im = NULL;
}
