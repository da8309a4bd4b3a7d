/* im.c: MESSAGE goes to every registered contact of its user. */
#include "im/im.h"

#include <stdlib.h>

#include "base/memory.h"

struct im {
    struct proxy *proxy;
};

static void deliver(void *context, struct front_request *request)
{
    struct im *im = context;
    proxy_deliver(im->proxy, request);
}

struct im *im_new(struct front *front, struct proxy *proxy)
{
    struct im *im = memory_new(sizeof(*im));
    const struct front_method message = {SIP_MESSAGE, FRONT_LOCAL_USER | FRONT_RELAYED, deliver,
                                         im};
    im->proxy = proxy;
    front_register(front, &message);
    return im;
}

void im_free(struct im **im)
{
    free(*im);
    *im = NULL;
}
