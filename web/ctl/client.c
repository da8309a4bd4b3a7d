/* client.c: a request with libcurl. Redirects are not followed: the token is for this server. */
#include "web/ctl/client.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { WHY_SIZE = 512, ANSWER_MAX_BYTES = 256 << 20, TIMEOUT_S = 60 };

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

static struct curl_slist *fields_of(const struct ctl_server *server, const char *method,
                                    const char *body)
{
    struct curl_slist *fields = NULL;
    char text[1100];
    if (server->token != NULL) {
        snprintf(text, sizeof(text), "Authorization: Bearer %s", server->token);
        fields = curl_slist_append(fields, text);
        explicit_bzero(text, sizeof(text));
    }
    if (body != NULL)
        fields = curl_slist_append(fields, strcmp(method, "PATCH") == 0
                                               ? "Content-Type: application/merge-patch+json"
                                               : "Content-Type: application/json");
    return fields;
}

static void set_up(CURL *curl, const struct ctl_server *server, const char *method,
                   const char *body, struct ctl_answer *answer)
{
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    if (strcmp(method, "HEAD") == 0)
        curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    if (body != NULL) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(body));
    }
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)TIMEOUT_S);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "heraldctl/" HERALD_VERSION);
    if (server->ca != NULL)
        curl_easy_setopt(curl, CURLOPT_CAINFO, server->ca);
}

bool ctl_send(const struct ctl_server *server, const char *method, const char *path,
              const char *body, struct ctl_answer *answer, char *why)
{
    char url[8192], fault[CURL_ERROR_SIZE] = "";
    char *type = NULL;
    *answer = (struct ctl_answer){.text = memory_new(1)};
    size_t end = strlen(server->url);
    while (end > 0 && server->url[end - 1] == '/')
        end--;
    snprintf(url, sizeof(url), "%.*s%s", (int)end, server->url, path);
    CURL *curl = curl_easy_init();
    struct curl_slist *fields = fields_of(server, method, body);
    set_up(curl, server, method, body, answer);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, fields);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, fault);
    CURLcode code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer->status);
    curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
    struct curl_header *date = NULL;
    if (curl_easy_header(curl, "Date", 0, CURLH_HEADER, -1, &date) == CURLHE_OK)
        answer->date_s = (long long)curl_getdate(date->value, NULL);
    snprintf(answer->type, sizeof(answer->type), "%s", type != NULL ? type : "");
    if (code != CURLE_OK)
        snprintf(why, WHY_SIZE,
                 "%s was not reached: %s; is the server there (web.listen), and is the address "
                 "right (--url)?",
                 server->url, *fault != '\0' ? fault : curl_easy_strerror(code));
    curl_slist_free_all(fields);
    curl_easy_cleanup(curl);
    return code == CURLE_OK;
}
