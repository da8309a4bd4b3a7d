/* main.c: heraldctl NOUN VERB [WORD ...] [--OPTION VALUE ...]
 *
 *     words -> request (request.c) -> answer (client.c) -> a table, lines, or JSON (show.c)
 *
 * A list that has a next page is fetched to its end, or until there are as many as are wanted. */
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/secret.h"
#include "web/ctl/check.h"
#include "web/ctl/client.h"
#include "web/ctl/completion.h"
#include "web/ctl/options.h"
#include "web/ctl/request.h"
#include "web/ctl/show.h"
#include "web/ctl/usage.h"
#include "web/ctl/watch.h"

enum { PAGES_MAX = 100000, TIMEOUT_S = 60, STATUS_NOT_MODIFIED = 304 };

struct work {
    struct ctl_options options;
    struct ctl_request request;
    FILE *out; /* NULL: nothing has been written yet */
    char why[CTL_WHY_SIZE];
};

static int fail(const char *why)
{
    fprintf(stderr, "heraldctl: %s\n", why);
    return EXIT_FAILURE;
}

static int help(const char *noun)
{
    ctl_help(noun);
    return fflush(stdout) == 0 ? EXIT_SUCCESS : fail("standard output cannot be written");
}

/* "roster has no ...; it has list, show" */
static void explain_verb(struct work *work, const char *noun, const char *verb)
{
    struct buffer out = buffer_over(work->why, CTL_WHY_SIZE - 1);
    if (*verb != '\0')
        buffer_format(&out, "%s has no \"%.100s\"; it has", noun, verb);
    else
        buffer_format(&out, "what is missing is the verb; %s has", noun);
    for (const struct ctl_verb *at = ctl_verbs; at->noun != NULL; at++)
        if (strcmp(at->noun, noun) == 0 && *at->verb != '\0')
            buffer_format(&out, " %s", at->verb);
    buffer_format(&out, "; see heraldctl %s --help", noun);
    work->why[out.length] = '\0';
}

/* False, as what was typed is nothing. */
static bool explain_words(struct work *work, const char *first, const char *second)
{
    for (const struct ctl_verb *at = ctl_verbs; at->noun != NULL; at++) {
        size_t length = strlen(at->noun);
        if (strcmp(first, at->noun) == 0) {
            explain_verb(work, first, second);
            return false;
        }
        if (strcmp(second, at->noun) == 0 && strcmp(first, at->verb) == 0) {
            snprintf(work->why, CTL_WHY_SIZE, "the noun stands first: heraldctl %s %s", second,
                     first);
            return false;
        }
        if (strncmp(first, at->noun, length) == 0 && strcmp(first + length, "s") == 0) {
            snprintf(work->why, CTL_WHY_SIZE,
                     "there is no \"%s\", it is \"%s\"; see heraldctl %s "
                     "--help",
                     first, at->noun, at->noun);
            return false;
        }
    }
    if (*first == '\0')
        snprintf(work->why, CTL_WHY_SIZE, "what is missing is a noun; see heraldctl --help");
    else
        snprintf(work->why, CTL_WHY_SIZE, "there is no \"%.100s\"; see heraldctl --help", first);
    return false;
}

static bool make_request(struct work *work, int count, const char *const *words)
{
    if (count > 0 && strcmp(words[0], "request") == 0)
        return ctl_request_plain(&work->request, count - 1, words + 1, work->why);
    const struct ctl_verb *verb = count > 1 ? ctl_verb_find(words[0], words[1]) : NULL;
    int taken = verb != NULL ? 2 : 1;
    if (verb == NULL && count > 0)
        verb = ctl_verb_find(words[0], "");
    const struct ctl_ground ground = {.ask = secret_ask, .output = work->options.output};
    if (verb != NULL)
        return ctl_request_make(&work->request, verb, count - taken, words + taken, &ground,
                                work->why);
    return explain_words(work, count > 0 ? words[0] : "", count > 1 ? words[1] : "");
}

static struct ctl_server server_of(const struct ctl_settings *settings)
{
    return (struct ctl_server){
        .url = settings->url,
        .token = settings->token[0] != '\0' ? settings->token : NULL,
        .ca = settings->ca[0] != '\0' ? settings->ca : NULL,
    };
}

static struct ctl_call call_of(const struct work *work)
{
    const struct ctl_options *options = &work->options;
    const struct ctl_request *request = &work->request;
    return (struct ctl_call){
        .method = request->method,
        .path = request->path,
        .body = request->body,
        .length = request->length,
        .type = request->type[0] != '\0' ? request->type : NULL,
        .accept = request->accept,
        .if_match = options->if_match,
        .if_none_match = options->if_none_match,
        .idempotency_key = options->idempotency_key,
        .timeout_s = options->timeout_s != CTL_TIMEOUT_UNSAID ? options->timeout_s
                     : request->slow                          ? 0
                                                              : TIMEOUT_S,
    };
}

/* Opened late, so that a refusal leaves an older file alone; NULL with a message. */
static FILE *output_of(struct work *work)
{
    const char *path = work->options.output;
    if (work->out == NULL)
        work->out = path != NULL ? fopen(path, "we") : stdout;
    if (work->out == NULL)
        snprintf(work->why, CTL_WHY_SIZE, "%.300s cannot be written: %s", path, strerror(errno));
    return work->out;
}

static bool print_plain(struct work *work, const struct ctl_answer *answer)
{
    FILE *out = output_of(work);
    if (out != NULL)
        (void)fwrite(answer->text, 1, answer->length, out);
    return out != NULL;
}

/* One answer as JSON; NULL: it is none, or has been dealt with in `failed`. */
static json_t *fetch(struct work *work, const struct ctl_call *call, bool *failed)
{
    struct ctl_answer answer;
    const struct ctl_server server = server_of(&work->options.settings);
    *failed = !ctl_send(&server, call, &answer, work->why);
    json_t *value = NULL;
    if (!*failed && strstr(answer.type, "json") != NULL)
        value = json_loadb(answer.text, answer.length, JSON_DECODE_ANY, NULL);
    if (!*failed && answer.status >= 400) {
        ctl_refused(&server, value, answer.status, work->why);
        json_decref(value);
        value = NULL;
        *failed = true;
    } else if (!*failed && value == NULL) {
        *failed = answer.length > 0 && !print_plain(work, &answer);
    }
    if (!*failed && answer.status == STATUS_NOT_MODIFIED)
        fputs("heraldctl: it is what it was (304)\n", stderr);
    if (!*failed && work->options.tell_tag && answer.etag[0] != '\0')
        fprintf(stderr, "ETag: %s\n", answer.etag);
    work->options.tell_tag = false; /* further pages have none of their own */
    free(answer.text);
    return value;
}

static bool has_enough(const struct work *work, const json_t *items)
{
    return work->request.most > 0 && json_array_size(items) >= (size_t)work->request.most;
}

/* Takes away what the last page has too many; where the rest begins is then not known. */
static void cut_rest(const struct work *work, json_t *whole)
{
    json_t *items = json_object_get(whole, "items");
    const size_t most = (size_t)work->request.most;
    if (!has_enough(work, items) || json_array_size(items) == most)
        return;
    while (json_array_size(items) > most)
        json_array_remove(items, json_array_size(items) - 1);
    json_object_del(whole, "next");
}

/* Adds what is on the further pages, as far as it is wanted. */
static bool fetch_rest(struct work *work, json_t *whole)
{
    json_t *items = json_object_get(whole, "items");
    for (unsigned page = 0; page < PAGES_MAX && json_is_array(items) && !has_enough(work, items);
         page++) {
        const char *next = json_string_value(json_object_get(whole, "next"));
        bool failed = false;
        if (next == NULL || next[0] != '/' || strcmp(work->request.method, "GET") != 0)
            return true;
        const struct ctl_call call = {.method = "GET",
                                      .path = next,
                                      .accept = work->request.accept,
                                      .timeout_s = call_of(work).timeout_s};
        json_t *more = fetch(work, &call, &failed);
        if (failed)
            return false;
        json_array_extend(items, json_object_get(more, "items"));
        json_object_del(whole, "next");
        json_t *after = json_object_get(more, "next");
        if (after != NULL)
            json_object_set(whole, "next", after);
        json_decref(more);
    }
    return true;
}

static bool print(struct work *work, const json_t *value)
{
    FILE *out = output_of(work);
    if (out == NULL)
        return false;
    if (work->options.json || work->request.json) {
        json_dumpf(value, out, JSON_INDENT(2) | JSON_ENCODE_ANY);
        fputs("\n", out);
    } else {
        ctl_show(value, work->request.columns, out);
    }
    return true;
}

/* False: not all that was written is where it should be. */
static bool end_output(struct work *work)
{
    if (work->out == NULL)
        return true;
    bool good = !ferror(work->out) && fflush(work->out) == 0;
    return (work->out == stdout || fclose(work->out) == 0) && good;
}

static int run(struct work *work)
{
    bool failed = false;
    const struct ctl_call call = call_of(work);
    json_t *value = fetch(work, &call, &failed);
    if (!failed && value != NULL)
        failed = !fetch_rest(work, value);
    if (!failed && value != NULL) {
        cut_rest(work, value);
        failed = !print(work, value);
    }
    json_decref(value);
    if (!end_output(work) && !failed)
        return fail(work->options.output != NULL ? "the file of --output cannot be written"
                                                 : "standard output cannot be written");
    return failed ? fail(work->why) : EXIT_SUCCESS;
}

static int watch(struct work *work, int count, const char *const *words)
{
    char path[WATCH_PATH_SIZE];
    if (!watch_path(count, words, path, work->why) ||
        !ctl_settings_fill(&work->options.settings, work->why, sizeof(work->why)))
        return fail(work->why);
    const struct ctl_server server = server_of(&work->options.settings);
    watch_run(&server, path, work->options.json, work->why);
    return fail(work->why);
}

static int begin(struct work *work, int count, const char **words)
{
    if (!ctl_options_take(&work->options, &count, words, work->why))
        return fail(work->why);
    words[count] = NULL; /* options are taken out */
    if (count > 0 && strcmp(words[0], "help") == 0)
        return help(ctl_usage_noun(words + 1));
    if (count > 0 && strcmp(words[0], "watch") == 0)
        return watch(work, count - 1, words + 1);
    if (count > 0 && strcmp(words[0], "check") == 0)
        return ctl_check(&work->options.settings, work->options.json, count - 1, words + 1);
    if (!make_request(work, count, words) ||
        !ctl_settings_fill(&work->options.settings, work->why, sizeof(work->why))) {
        free(work->request.body);
        return fail(work->why);
    }
    curl_global_init(CURL_GLOBAL_DEFAULT);
    int code = run(work);
    free(work->request.body);
    curl_global_cleanup();
    return code;
}

int main(int count, char **words)
{
    struct work work = {.out = NULL};
    /* a token's line is not to take the password's with it */
    (void)setvbuf(stdin, NULL, _IONBF, 0);
    if (count < 2)
        return help(NULL);
    if (strcmp(words[1], "-h") == 0)
        return help(ctl_usage_noun((const char *const *)words + 2));
    for (int i = 1; i < count && strcmp(words[i], "--") != 0; i++)
        if (strcmp(words[i], "--help") == 0)
            return help(ctl_usage_noun((const char *const *)words + 1));
    if (strcmp(words[1], "--version") == 0) {
        printf("heraldctl %s\n", HERALD_VERSION);
        return EXIT_SUCCESS;
    }
    if (strcmp(words[1], "--completion") == 0) /* for the build */
        return count == 3 && ctl_write_completion(words[2], stdout) && fflush(stdout) == 0
                   ? EXIT_SUCCESS
                   : fail("--completion wants bash, zsh or man");
    return begin(&work, count - 1, (const char **)(words + 1));
}
