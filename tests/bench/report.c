/* report.c: figures from results. Per second of server CPU means user and system time of all its
 * threads; that is what can be compared between machines that share the work differently. */
#include "report.h"

#include <string.h>
#include <unistd.h>

#define MS_NS 1e6
#define SECOND_NS 1e9

static double per_second(const struct measured *measured)
{
    double wall = (double)measured->result.wall_ns;
    return wall > 0 ? (double)measured->counted * SECOND_NS / wall : 0;
}

static double per_cpu_second(const struct measured *measured)
{
    double cpu = (double)measured->result.server_cpu_ns;
    return cpu > 0 ? (double)measured->counted * SECOND_NS / cpu : 0;
}

static double cpu_s_per_1000(const struct measured *measured)
{
    double cpu_s = (double)measured->result.server_cpu_ns / SECOND_NS;
    return measured->counted > 0 ? cpu_s * 1000 / (double)measured->counted : 0;
}

static double share(uint64_t cpu_ns, const struct measured *measured)
{
    return measured->result.wall_ns > 0 ? (double)cpu_ns / (double)measured->result.wall_ns : 0;
}

/* The table. */

static void table_row(FILE *out, const struct measured *measured)
{
    const struct load_result *result = &measured->result;
    static const double shares[] = {0.5, 0.9, 0.99, 0.999, 1};
    fprintf(out, "| %-11s | %8.0f | %8.0f | %8.4f |", measured->measure->kind->name,
            per_second(measured), per_cpu_second(measured), cpu_s_per_1000(measured));
    for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++)
        fprintf(out, " %7.2f |", (double)histogram_percentile(&result->whole, shares[i]) / MS_NS);
    fprintf(out, " %3.0f%% %3.0f%% | %6llu | %6llu | %6.1f |\n",
            100 * share(result->server_cpu_ns, measured), 100 * share(result->own_cpu_ns, measured),
            (unsigned long long)result->errors, (unsigned long long)result->resent,
            (double)measured->after.peak_kib / 1024);
}

static void table_notes(FILE *out, const struct measured *results, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        const struct measured *measured = &results[i];
        const struct load_result *result = &measured->result;
        if (result->errors > 0)
            fprintf(out, "%s: %llu errors, the first: %s\n", measured->measure->kind->name,
                    (unsigned long long)result->errors, result->first_error);
        if (result->repeated + result->stray > 0)
            fprintf(out, "%s: %llu NOTIFYs were sent again, %llu messages nobody awaited\n",
                    measured->measure->kind->name, (unsigned long long)result->repeated,
                    (unsigned long long)result->stray);
        if (result->late.count > 0)
            fprintf(out, "%s: sent after the scheduled time: p50 %.3f p99 %.3f max %.3f ms\n",
                    measured->measure->kind->name,
                    (double)histogram_percentile(&result->late, 0.5) / MS_NS,
                    (double)histogram_percentile(&result->late, 0.99) / MS_NS,
                    (double)result->late.most / MS_NS);
    }
}

void report_table(FILE *out, const struct options *options, const struct measured *results,
                  unsigned count)
{
    if (options->rate_per_s > 0)
        fprintf(out, "Open loop, %u a second", options->rate_per_s);
    else
        fprintf(out, "Closed loop, %u under way", options->window);
    fprintf(out, ", %u s each, %s, %u users, %u watchers of %u for fanout, %u lamps, %ld cores.\n",
            options->seconds, net_protocol_name(options->protocol), options->users,
            options->watchers, options->presentities, options->lamps,
            sysconf(_SC_NPROCESSORS_ONLN));
    if (count > 0)
        fprintf(out,
                "Server when idle: %.1f MiB resident, %.1f MiB with shared pages in part (PSS). "
                "Times in ms; CPU: server, generator.\n\n",
                (double)results[0].idle.now_kib / 1024, (double)results[0].idle.share_kib / 1024);
    fprintf(out, "| kind        |  per s   | per CPU s| CPU s/1k |   p50   |   p90   |   p99   |  "
                 "p99.9  |   max   |    CPU    | errors | resent |  MiB   |\n"
                 "| ----------- | -------: | -------: | -------: | ------: | ------: | ------: | "
                 "------: | ------: | --------: | -----: | -----: | -----: |\n");
    for (unsigned i = 0; i < count; i++)
        table_row(out, &results[i]);
    table_notes(out, results, count);
}

/* JSON. */

static void json_text(FILE *out, const char *name, const char *text)
{
    fprintf(out, "\"%s\": \"", name);
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else if (c < 0x20 || c >= 0x7f)
            fprintf(out, "\\u%04x", c);
        else
            fputc(c, out);
    }
    fputc('"', out);
}

static void json_number(FILE *out, const char *name, uint64_t value)
{
    fprintf(out, ", \"%s\": %llu", name, (unsigned long long)value);
}

static void json_times(FILE *out, const char *name, const struct histogram *histogram)
{
    static const struct {
        const char *name;
        double share;
    } points[] = {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p99.9", 0.999}, {"max", 1}};
    fprintf(out, ",\n     \"%s\": {\"count\": %llu", name, (unsigned long long)histogram->count);
    for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++)
        fprintf(out, ", \"%s\": %.4f", points[i].name,
                (double)histogram_percentile(histogram, points[i].share) / MS_NS);
    fputc('}', out);
}

static void json_kind(FILE *out, const struct measured *measured)
{
    const struct load_result *result = &measured->result;
    fputs("    {", out);
    json_text(out, "kind", measured->measure->kind->name);
    fputs(", ", out);
    json_text(out, "unit", measured->measure->kind->unit);
    fprintf(out, ", \"trusted\": %s", measured->digest ? "false" : "true");
    json_number(out, "window", measured->window);
    json_number(out, "count", measured->counted);
    json_number(out, "transactions", result->done);
    fprintf(out, ",\n     \"seconds\": %.4f, \"per_second\": %.1f",
            (double)result->wall_ns / SECOND_NS, per_second(measured));
    fprintf(out, ", \"per_server_cpu_second\": %.1f", per_cpu_second(measured));
    fprintf(out, ", \"server_cpu_s_per_1000\": %.6f", cpu_s_per_1000(measured));
    fprintf(out, ",\n     \"server_cpu_s\": %.6f", (double)result->server_cpu_ns / SECOND_NS);
    fprintf(out, ", \"generator_cpu_s\": %.6f", (double)result->own_cpu_ns / SECOND_NS);
    json_times(out, "latency_ms", &result->whole);
    json_times(out, "answer_ms", &result->answer);
    json_times(out, "generator_late_ms", &result->late);
    json_number(out, "errors", result->errors);
    json_number(out, "timeouts", result->timeouts);
    json_number(out, "unsent", result->unsent);
    json_number(out, "retransmissions", result->resent);
    json_number(out, "server_retransmissions", result->repeated);
    json_number(out, "stray", result->stray);
    json_number(out, "challenges", result->challenges);
    fputs(", ", out);
    json_text(out, "first_error", result->first_error);
    json_number(out, "rss_idle_kib", measured->idle.now_kib);
    json_number(out, "pss_idle_kib", measured->idle.share_kib);
    json_number(out, "rss_kib", measured->after.now_kib);
    json_number(out, "rss_peak_kib", measured->after.peak_kib);
    fputc('}', out);
}

void report_json(FILE *out, const struct options *options, const struct measured *results,
                 unsigned count)
{
    fputs("{\n  ", out);
    json_text(out, "server", options->server.family != 0 ? "another" : options->herald);
    fputs(", ", out);
    json_text(out, "transport", net_protocol_name(options->protocol));
    json_number(out, "flows", options->flows);
    json_number(out, "users", options->users);
    json_number(out, "watchers", options->watchers);
    json_number(out, "presentities", options->presentities);
    json_number(out, "lamps", options->lamps);
    json_number(out, "rate_per_second", options->rate_per_s);
    json_number(out, "warm_ms", options->warm_ms);
    json_number(out, "cores", (uint64_t)sysconf(_SC_NPROCESSORS_ONLN));
    fputs(",\n  \"kinds\": [\n", out);
    for (unsigned i = 0; i < count; i++) {
        json_kind(out, &results[i]);
        fputs(i + 1 < count ? ",\n" : "\n", out);
    }
    fputs("  ]\n}\n", out);
}
