/* metrics.c: GET /metrics (OpenMetrics 1.0). No label has values that a peer can choose. */
#include "web/api/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/metrics.h"
#include "base/spread.h"
#include "feed/feed.h"
#include "front/front.h"
#include "http/http.h"
#include "im/im.h"
#include "presence/look.h"
#include "presence/presence.h"
#include "registrar/registrar.h"
#include "web/core.h"
#include "web/counts.h"
#include "web/operations.h"

enum { METRICS_SIZE = 262144 };

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
    const char *unit = strrchr(name, '_');
    buffer_format(out, "# TYPE herald_%s gauge\n", name);
    if (unit != NULL && strcmp(unit, "_bytes") == 0)
        buffer_format(out, "# UNIT herald_%s bytes\n", name);
    buffer_format(out, "# HELP herald_%s %s\nherald_%s %zu\n", name, help, name, value);
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
}

/* What waits, and how much room that takes. */
static void write_queues(struct web_call *call, const struct web_core *core, struct buffer *out)
{
    const struct web_depths web = web_depths(call);
    const struct front_parts *parts = front_parts(core->front);
    struct transaction_counts work = transaction_count(parts->transactions);
    write_gauge(out, "store_queued", "change sets on their way to the disk",
                store_queued(core->store));
    write_gauge(out, "posts_queued", "bodies that are to be posted by HTTP, or are under way",
                core->http != NULL ? http_count(core->http) : 0);
    write_gauge(out, "web_calls", "HTTP requests that are not answered yet", web.calls);
    write_gauge(out, "web_asks_queued", "of these, that wait for the reactor", web.asks);
    write_gauge(out, "event_streams", "event streams that are open", web.streams);
    write_gauge(out, "event_readers", "who listens to events",
                core->feed != NULL ? feed_readers(core->feed) : 0);
    write_gauge(out, "requests_under_way", "requests that are being answered", work.servers);
    write_gauge(out, "requests_sent_under_way",
                "requests of ours, NOTIFYs above all, that have no answer yet", work.clients);
    write_gauge(out, "transactions_bytes", "memory of both", work.bytes);
    write_gauge(out, "notifies_queued", "NOTIFYs that are paced after a start",
                presence_count(core->presence).queued);
    write_gauge(out, "messages_live", "messages that wait for a device's answer",
                im_count(core->im).live);
}

struct refusals {
    struct buffer *out;
    const char *family;
};

static void write_refusal(void *context, unsigned status, const char *reason, uint64_t count)
{
    const struct refusals *refusals = context;
    buffer_format(refusals->out, "herald_%s_total{status=\"%u\",reason=\"%s\"} %llu\n",
                  refusals->family, status, reason, (unsigned long long)count);
}

/* By status and reason, both of our own choice; what was never refused so is left out. */
static void write_refusals(struct web_call *call, const struct web_core *core, struct buffer *out)
{
    struct refusals sip = {out, "sip_refused"}, http = {out, "http_refused"};
    uint64_t crowded = core->metrics->values[METRIC_transactions_refused];
    buffer_text(out, "# TYPE herald_sip_refused counter\n# HELP herald_sip_refused requests "
                     "answered 4xx to 6xx by this server, challenges not counted\n");
    front_each_refusal(core->front, write_refusal, &sip);
    if (crowded > 0) /* below the routing table */
        write_refusal(&sip, 503, "transactions", crowded);
    buffer_text(out, "# TYPE herald_http_refused counter\n# HELP herald_http_refused HTTP "
                     "requests answered 4xx or 5xx, by the type of the problem\n");
    web_each_refusal(call, write_refusal, &http);
}

/* Seconds as a canonical number, "1.0" (OpenMetrics 1.0): it is a label, and another label is
 * another series. */
static void write_bound(struct buffer *out, unsigned bound_ms)
{
    char text[32];
    snprintf(text, sizeof(text), "%g", bound_ms / 1000.0);
    buffer_format(out, "%s%s", text, strchr(text, '.') == NULL ? ".0" : "");
}

static void write_latency(struct buffer *out, const char *family, const char *event,
                          const struct latency *took)
{
    unsigned long long sum = 0;
    for (size_t i = 0; i < LATENCY_BUCKETS; i++) {
        sum += took->counts[i];
        buffer_format(out, "herald_%s_bucket{event=\"%s\",le=\"", family, event);
        write_bound(out, latency_bounds_ms[i]);
        buffer_format(out, "\"} %llu\n", sum);
    }
    sum += took->counts[LATENCY_BUCKETS];
    buffer_format(out,
                  "herald_%s_bucket{event=\"%s\",le=\"+Inf\"} %llu\n"
                  "herald_%s_count{event=\"%s\"} %llu\n"
                  "herald_%s_sum{event=\"%s\"} %.3f\n",
                  family, event, sum, family, event, sum, family, event,
                  (double)took->sum_ms / 1000);
}

/* Of each event package, as they are listed. */
static void write_times(const struct web_core *core, struct buffer *out)
{
    struct presence_times times;
    buffer_text(out, "# TYPE herald_fan_out_seconds histogram\n# UNIT herald_fan_out_seconds "
                     "seconds\n# HELP herald_fan_out_seconds from what changed a state to the last "
                     "NOTIFY that was sent of it at once; what is deferred or folded into a later "
                     "NOTIFY is in herald_notify_wait_seconds\n");
    for (size_t i = 0; presence_times_of(core->presence, i, &times); i++)
        write_latency(out, "fan_out_seconds", times.event, times.at_once);
    buffer_text(out, "# TYPE herald_notify_wait_seconds histogram\n# UNIT "
                     "herald_notify_wait_seconds seconds\n# HELP herald_notify_wait_seconds of "
                     "NOTIFYs that could not leave at once, because of their watcher's pace or of "
                     "the one before, which is not answered: from the oldest news in it to its "
                     "sending\n");
    for (size_t i = 0; presence_times_of(core->presence, i, &times); i++)
        write_latency(out, "notify_wait_seconds", times.event, times.deferred);
}

/* OpenMetrics 1.0, escaped-string. */
static void write_label(struct buffer *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\n')
            buffer_text(out, "\\n");
        else if (*text == '"' || *text == '\\')
            buffer_format(out, "\\%c", *text);
        else
            buffer_char(out, *text);
    }
}

/* Certificates are few, and the operator's. */
static void write_certificates(const struct web_core *core, struct buffer *out)
{
    const struct web_operations *operations = core->operations;
    const struct web_certificate *one;
    buffer_text(out, "# TYPE herald_certificate_expiry_timestamp_seconds gauge\n# UNIT "
                     "herald_certificate_expiry_timestamp_seconds seconds\n# HELP "
                     "herald_certificate_expiry_timestamp_seconds when a certificate ends\n");
    for (size_t i = 0;
         operations != NULL && (one = operations->certificate(operations->context, i)) != NULL;
         i++) {
        buffer_format(out, "herald_certificate_expiry_timestamp_seconds{use=\"%s\",subject=\"",
                      one->use);
        write_label(out, one->subject);
        buffer_text(out, "\",file=\"");
        write_label(out, one->file);
        buffer_format(out, "\"} %llu\n", (unsigned long long)(one->expires_ms / 1000));
    }
}

static void metrics_live(struct web_call *call, const struct web_core *core)
{
    char *memory = memory_new(METRICS_SIZE);
    struct buffer out = buffer_over(memory, METRICS_SIZE);
    write_gauges(core, &out);
    write_queues(call, core, &out);
    write_counters(core->metrics, &out);
    write_refusals(call, core, &out);
    write_times(core, &out);
    write_certificates(core, &out);
    buffer_text(&out, "# EOF\n");
    if (out.overflow)
        web_problem(call, 500, "too-long", NULL, "the metrics are longer than %d bytes",
                    METRICS_SIZE);
    else
        web_answer_text(call, 200, "application/openmetrics-text; version=1.0.0; charset=utf-8",
                        buffer_bytes(&out));
    free(memory);
}

const struct web_endpoint metrics_endpoints[] = {
    {WEB_GET, "/metrics", WEB_OPERATIONS, false, WEB_NO_BODY, NULL, metrics_live},
    {.path = NULL},
};
