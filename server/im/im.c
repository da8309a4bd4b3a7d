/* im.c: MESSAGE goes to every registered contact of its user. */
#include "im/im.h"

#include <stdlib.h>

#include "report_internal.h"

enum { DAY_S = 86400 };

struct im_settings im_settings_default(void)
{
    return (struct im_settings){
        .store = true,
        .answer_ms = 2000,
        .offline_s = 30 * DAY_S,
        .history_s = 30 * DAY_S,
        .foreign_s = 2 * DAY_S,
        .notice_s = DAY_S,
        .stored_max = 1000,
        .stored_max_bytes = 10 << 20,
        .stored_max_per_peer = 200,
        .devices_max = 10,
        .device_forget_s = 30 * DAY_S,
        .join_s = 600,
        .drains_max = 200,
        .retry_least_s = 5,
        .retry_most_s = 600,
        .rate_max = 120,
        .body_max_bytes = 65536,
        .list_max = 100,
        .list_user = "list",
        .imdn = true,
    };
}

static void deliver(void *context, struct front_request *request)
{
    struct im *im = context;
    proxy_deliver(im->proxy, request);
}

struct im *im_new(struct front *front, struct proxy *proxy, const struct im_settings *settings)
{
    struct im *im = memory_new(sizeof(*im));
    const struct front_method message = {SIP_MESSAGE, FRONT_LOCAL_USER | FRONT_RELAYED, deliver,
                                         im};
    im->front = front;
    im->parts = front_parts(front);
    im->proxy = proxy;
    im->settings = *settings;
    im->judge = judge_new(front);
    im->reporter = reporter_new(im);
    front_register(front, &message);
    list_register(im);
    return im;
}

void im_free(struct im **im)
{
    if (*im == NULL)
        return;
    list_close(*im);
    reporter_free(&(*im)->reporter);
    judge_free(&(*im)->judge);
    free(*im);
    *im = NULL;
}

void im_reload(struct im *im, const struct im_settings *settings)
{
    im->settings = *settings;
    list_register(im);
}
