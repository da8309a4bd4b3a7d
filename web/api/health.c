/* health.c: GET /api/v1/health (the process answers, and reaches its database), /api/v1/ready (it
 * takes requests: its store keeps up) and /metrics (OpenMetrics 1.0). */
#include "web/api/health.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/metrics.h"
#include "feed/feed.h"
#include "front/accounts.h"
#include "im/im.h"
#include "presence/presence.h"
#include "registrar/registrar.h"
#include "web/core.h"

enum { METRICS_SIZE = 262144 };

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

static void write_counters(const struct metrics *metrics, struct buffer *out)
{
    for (int i = 0; i < METRIC_COUNT; i++) {
        const char *name = metric_name((enum metric)i);
        buffer_format(out, "# TYPE herald_%s counter\n# HELP herald_%s %s\nherald_%s_total %llu\n",
                      name, name, metric_help((enum metric)i), name,
                      (unsigned long long)metrics->values[i]);
    }
}

static void write_gauge(struct buffer *out, const char *name, const char *help, size_t value)
{
    buffer_format(out, "# TYPE herald_%s gauge\n# HELP herald_%s %s\nherald_%s %zu\n", name, name,
                  help, name, value);
}

/* Names that no counter has. */
static void write_gauges(const struct web_core *core, struct buffer *out)
{
    struct presence_counts presence = presence_count(core->presence);
    struct im_counts im = im_count(core->im);
    write_gauge(out, "users", "accounts", accounts_count(core->accounts));
    write_gauge(out, "bindings", "contacts that are registered", registrar_count(core->registrar));
    write_gauge(out, "live_publications", "publications that there are", presence.publications);
    write_gauge(out, "live_subscriptions", "subscriptions that there are", presence.subscriptions);
    write_gauge(out, "messages_owed", "stored messages that a device has not", im.stored);
    write_gauge(out, "store_queued", "change sets on their way to the disk",
                store_queued(core->store));
    write_gauge(out, "event_readers", "who listens to events",
                core->feed != NULL ? feed_readers(core->feed) : 0);
}

static void metrics_live(struct web_call *call, const struct web_core *core)
{
    char *memory = memory_new(METRICS_SIZE);
    struct buffer out = buffer_over(memory, METRICS_SIZE);
    write_gauges(core, &out);
    write_counters(core->metrics, &out);
    buffer_text(&out, "# EOF\n");
    if (out.overflow)
        web_problem(call, 500, "too-long", NULL, "the metrics are longer than %d bytes",
                    METRICS_SIZE);
    else
        web_answer_text(call, 200, "application/openmetrics-text; version=1.0.0; charset=utf-8",
                        buffer_bytes(&out));
    free(memory);
}

const struct web_endpoint health_endpoints[] = {
    {WEB_GET, "/api/v1/health", WEB_OPEN, false, WEB_NO_BODY, health_file, NULL},
    {WEB_GET, "/api/v1/ready", WEB_OPEN, false, WEB_NO_BODY, NULL, ready_live},
    {WEB_GET, "/metrics", WEB_OPERATIONS, false, WEB_NO_BODY, NULL, metrics_live},
    {.path = NULL},
};
