/* watch.c: the event stream with libcurl.
 *
 *     connect --refused for good (4xx but 429), or never reached--> the end
 *             --a stream--> lines --lost, or silent for 45 s--> a pause --> connect, Last-Event-ID
 *
 * The server gives a sign of life every 15 seconds. */
#include "web/ctl/watch.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "web/ctl/client_internal.h"
#include "web/ctl/request.h"
#include "web/ctl/sse.h"

enum { WHY_SIZE = 512, SILENT_S = 45, CONNECT_S = 15, PAUSE_S = 3, REFUSAL_MAX = 4096 };

struct watching {
    struct sse sse;
    CURL *curl;
    bool json, broken; /* broken: nobody reads what is printed */
    bool reached;      /* the server has answered once */
    char refusal[REFUSAL_MAX];
    size_t refusal_length;
};

/* Words. */

bool watch_path(int count, const char *const *words, char path[WATCH_PATH_SIZE], char *why)
{
    const char *user = NULL, *types = NULL;
    for (int i = 0; i < count; i += 2) {
        const char **option = strcmp(words[i], "--types") == 0  ? &types
                              : strcmp(words[i], "--user") == 0 ? &user
                                                                : NULL;
        if (option != NULL && i + 1 < count) {
            *option = words[i + 1];
            continue;
        }
        snprintf(why, WHY_SIZE,
                 "watch takes --types TYPE,TYPE (presence, messages, registrations, "
                 "subscriptions) and --user USER, not \"%.100s\"",
                 words[i]);
        return false;
    }
    if (user != NULL && !ctl_is_part(user)) {
        snprintf(why, WHY_SIZE, "nothing was sent: . and .. and nothing cannot be the user");
        return false;
    }
    struct buffer out = buffer_over(path, WATCH_PATH_SIZE - 1);
    buffer_text(&out, user != NULL ? "/api/v1/users/" : "/api/v1");
    buffer_percent(&out, bytes_of(user));
    buffer_text(&out, types != NULL ? "/events?types=" : "/events");
    buffer_percent(&out, bytes_of(types));
    path[out.length] = '\0';
    if (out.overflow)
        snprintf(why, WHY_SIZE, "that is too long for a request");
    return !out.overflow;
}

/* Showing. */

static void show_value(const json_t *value, FILE *out)
{
    const char *text = json_string_value(value);
    bool is_word = text != NULL && *text != '\0' && strpbrk(text, " \"\t\n\\") == NULL;
    if (is_word)
        fputs(text, out);
    else
        json_dumpf(value, out, JSON_ENCODE_ANY | JSON_COMPACT);
}

void watch_show(const json_t *event, FILE *out)
{
    static const char *const first[] = {"time", "type", "user", "what"};
    const char *name;
    json_t *value;
    for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++) {
        const char *text = json_string_value(json_object_get(event, first[i]));
        fprintf(out, "%s%s", i > 0 ? " " : "", text != NULL ? text : "-");
    }
    json_object_foreach((json_t *)(uintptr_t)event, name, value)
    {
        bool shown = strcmp(name, "id") == 0;
        for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++)
            shown = shown || strcmp(name, first[i]) == 0;
        if (shown)
            continue;
        fprintf(out, " %s=", name);
        show_value(value, out);
    }
}

static void take_event(void *context, const char *type, const char *data)
{
    struct watching *watching = context;
    json_t *event = watching->json ? NULL : json_loads(data, 0, NULL);
    if (event != NULL)
        watch_show(event, stdout);
    else if (watching->json)
        fputs(data, stdout);
    else
        printf("- %s - - %s", type, data);
    fputc('\n', stdout);
    json_decref(event);
    if (fflush(stdout) != 0)
        watching->broken = true;
}

/* The connection. */

static long status_of(CURL *curl)
{
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

static size_t take_bytes(char *bytes, size_t size, size_t count, void *context)
{
    struct watching *watching = context;
    size_t length = size * count, room = REFUSAL_MAX - 1 - watching->refusal_length;
    if (status_of(watching->curl) == 200) {
        watching->reached = true;
        sse_feed(&watching->sse, bytes, length);
        return watching->broken ? 0 : length;
    }
    size_t kept = length < room ? length : room;
    memcpy(watching->refusal + watching->refusal_length, bytes, kept);
    watching->refusal_length += kept;
    watching->refusal[watching->refusal_length] = '\0';
    return length;
}

static struct curl_slist *fields_of(const struct ctl_server *server, const struct sse *sse)
{
    struct curl_slist *fields = ctl_token_add(NULL, server->token);
    fields = ctl_field_add(fields, "Accept", "text/event-stream");
    return ctl_field_add(fields, "Last-Event-ID", sse->id);
}

static void set_up(CURL *curl, struct watching *watching)
{
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_bytes);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, watching);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)SILENT_S);
}

static void explain(const struct watching *watching, const struct ctl_server *server, long status,
                    char *why)
{
    json_t *problem = json_loads(watching->refusal, 0, NULL);
    ctl_refused(server, problem, status, why);
    json_decref(problem);
}

/* Until the connection ends; false: it is of no use to come again. */
static bool connect_once(struct watching *watching, const struct ctl_server *server,
                         const char *path, char *why)
{
    char fault[CURL_ERROR_SIZE] = "";
    CURL *curl = curl_easy_init();
    struct curl_slist *fields = fields_of(server, &watching->sse);
    watching->curl = curl;
    watching->refusal[watching->refusal_length = 0] = '\0';
    sse_restart(&watching->sse);
    ctl_connect(curl, server, path);
    set_up(curl, watching);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, fields);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, fault);
    CURLcode code = curl_easy_perform(curl);
    long status = status_of(curl);
    curl_slist_free_all(fields);
    curl_easy_cleanup(curl);
    bool refused = status >= 400 && status < 500 && status != 429;
    if (refused)
        explain(watching, server, status, why);
    else if (watching->broken)
        snprintf(why, WHY_SIZE, "standard output cannot be written");
    else
        ctl_unreached(server, *fault != '\0' ? fault : curl_easy_strerror(code), why);
    if (status >= 500 && !watching->reached)
        explain(watching, server, status, why);
    return watching->reached && !refused && !watching->broken;
}

void watch_run(const struct ctl_server *server, const char *path, bool json, char *why)
{
    struct watching watching = {.json = json};
    sse_init(&watching.sse, take_event, &watching);
    while (connect_once(&watching, server, path, why))
        sleep(PAUSE_S);
    sse_release(&watching.sse);
}
