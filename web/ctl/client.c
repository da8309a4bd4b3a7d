/* client.c: a request with libcurl. Redirects are not followed: the token is for this server. */
#include "web/ctl/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/memory.h"
#include "web/ctl/client_internal.h"

enum {
    WHY_SIZE = 512,
    ANSWER_MAX_BYTES = 256 << 20,
    FIELD_SIZE = 2200,
    TOKEN_SIZE = 1100,
    URL_SIZE = 8192,
    CONNECT_S = 60,
    STATUS_UNAUTHORIZED = 401
};

static size_t take(char *data, size_t size, size_t count, void *context)
{
    struct ctl_answer *answer = context;
    size_t length = size * count;
    if (length > ANSWER_MAX_BYTES - answer->length)
        return 0;
    answer->text = memory_resize(answer->text, answer->length + length + 1);
    memcpy(answer->text + answer->length, data, length);
    answer->length += length;
    answer->text[answer->length] = '\0';
    return length;
}

struct curl_slist *ctl_field_add(struct curl_slist *fields, const char *name, const char *value)
{
    char text[FIELD_SIZE];
    if (value == NULL || *value == '\0')
        return fields;
    snprintf(text, sizeof(text), "%s: %s", name, value);
    fields = curl_slist_append(fields, text);
    explicit_bzero(text, sizeof(text));
    return fields;
}

struct curl_slist *ctl_token_add(struct curl_slist *fields, const char *token)
{
    char text[TOKEN_SIZE];
    if (token == NULL)
        return fields;
    snprintf(text, sizeof(text), "Bearer %s", token);
    fields = ctl_field_add(fields, "Authorization", text);
    explicit_bzero(text, sizeof(text));
    return fields;
}

static struct curl_slist *fields_of(const struct ctl_server *server, const struct ctl_call *call)
{
    const char *type = call->type;
    if (call->body != NULL && type == NULL)
        type = strcmp(call->method, "PATCH") == 0 ? "application/merge-patch+json"
                                                  : "application/json";
    struct curl_slist *fields = ctl_token_add(NULL, server->token);
    fields = ctl_field_add(fields, "Content-Type", call->body != NULL ? type : NULL);
    fields = ctl_field_add(fields, "Accept", call->accept);
    fields = ctl_field_add(fields, "If-Match", call->if_match);
    fields = ctl_field_add(fields, "If-None-Match", call->if_none_match);
    return ctl_field_add(fields, "Idempotency-Key", call->idempotency_key);
}

void ctl_connect(CURL *curl, const struct ctl_server *server, const char *path)
{
    char url[URL_SIZE];
    size_t end = strlen(server->url);
    while (end > 0 && server->url[end - 1] == '/')
        end--;
    snprintf(url, sizeof(url), "%.*s%s", (int)end, server->url, path);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L); /* ".." is for the server to refuse */
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "heraldctl/" HERALD_VERSION);
    if (server->ca != NULL)
        curl_easy_setopt(curl, CURLOPT_CAINFO, server->ca);
}

static void set_up(CURL *curl, const struct ctl_call *call, struct ctl_answer *answer)
{
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, call->method);
    if (strcmp(call->method, "HEAD") == 0)
        curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    if (call->body != NULL) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, call->body);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->length);
    }
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, call->timeout_s);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S);
}

static void take_fields(CURL *curl, struct ctl_answer *answer)
{
    char *type = NULL;
    struct curl_header *field = NULL;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer->status);
    curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
    snprintf(answer->type, sizeof(answer->type), "%s", type != NULL ? type : "");
    if (curl_easy_header(curl, "Date", 0, CURLH_HEADER, -1, &field) == CURLHE_OK)
        answer->date_s = (long long)curl_getdate(field->value, NULL);
    if (curl_easy_header(curl, "ETag", 0, CURLH_HEADER, -1, &field) == CURLHE_OK)
        snprintf(answer->etag, sizeof(answer->etag), "%s", field->value);
}

void ctl_unreached(const struct ctl_server *server, const char *fault, char *why)
{
    snprintf(why, WHY_SIZE,
             "%s was not reached: %s; is the server there (web.listen), and is the address right "
             "(--url)?",
             server->url, fault);
}

static void explain(const struct ctl_server *server, const struct ctl_call *call, CURLcode code,
                    const char *fault, char *why)
{
    if (code == CURLE_OPERATION_TIMEDOUT && call->timeout_s > 0)
        snprintf(why, WHY_SIZE,
                 "%s did not answer within %ld %s; what was asked for may still be done. "
                 "--timeout SECONDS gives it longer",
                 server->url, call->timeout_s,
                 word_for((unsigned long long)call->timeout_s, "second", "seconds"));
    else
        ctl_unreached(server, *fault != '\0' ? fault : curl_easy_strerror(code), why);
}

void ctl_refused(const struct ctl_server *server, const json_t *problem, long status, char *why)
{
    const char *detail = json_string_value(json_object_get(problem, "detail"));
    const char *field = json_string_value(json_object_get(problem, "field"));
    if (status == STATUS_UNAUTHORIZED && server->token == NULL)
        snprintf(why, WHY_SIZE,
                 "%s wants a token: put it into HERALD_TOKEN, into ~/.config/heraldctl (token = "
                 "...) or into a file (--token-file FILE); herald token add NAME SCOPES makes one "
                 "(%ld)",
                 server->url, status);
    else
        snprintf(why, WHY_SIZE, "%s%s%s (%ld)", field != NULL ? field : "",
                 field != NULL ? ": " : "", detail != NULL ? detail : "the server refuses", status);
}

bool ctl_send(const struct ctl_server *server, const struct ctl_call *call,
              struct ctl_answer *answer, char *why)
{
    char fault[CURL_ERROR_SIZE] = "";
    *answer = (struct ctl_answer){.text = memory_new(1)};
    CURL *curl = curl_easy_init();
    struct curl_slist *fields = fields_of(server, call);
    ctl_connect(curl, server, call->path);
    set_up(curl, call, answer);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, fields);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, fault);
    CURLcode code = curl_easy_perform(curl);
    take_fields(curl, answer);
    if (code != CURLE_OK)
        explain(server, call, code, fault, why);
    curl_slist_free_all(fields);
    curl_easy_cleanup(curl);
    return code == CURLE_OK;
}
