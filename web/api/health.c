/* health.c: GET /api/v1/health (the process answers, and reaches its database) and /api/v1/ready
 * (it takes requests: its store keeps up). */
#include "web/api/health.h"

#include "store/store.h"
#include "web/core.h"

static void health_file(struct web_call *call, struct account_file *file)
{
    (void)file;
    web_answer(call, 200, json_pack("{s:s, s:s}", "status", "ok", "version", HERALD_VERSION));
}

static void ready_live(struct web_call *call, const struct web_core *core)
{
    if (store_ready(core->store))
        web_answer(call, 200, json_pack("{s:b}", "ready", 1));
    else
        web_problem(call, 503, "not-ready", NULL,
                    "more changes wait for the disk than store.queue_max; try again soon");
}

const struct web_endpoint health_endpoints[] = {
    {WEB_GET, "/api/v1/health", WEB_OPEN, false, WEB_NO_BODY, health_file, NULL},
    {WEB_GET, "/api/v1/ready", WEB_OPEN, false, WEB_NO_BODY, NULL, ready_live},
    {.path = NULL},
};
