/* main.c: heraldctl NOUN VERB [WORD ...] [--OPTION VALUE ...]
 *
 *     words -> request (request.c) -> answer (client.c) -> a table, lines, or JSON (show.c)
 *
 * A list that has a next page is fetched to its end. */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "web/ctl/check.h"
#include "web/ctl/client.h"
#include "web/ctl/completion.h"
#include "web/ctl/request.h"
#include "web/ctl/settings.h"
#include "web/ctl/show.h"
#include "web/ctl/watch.h"

enum { SECRET_SIZE = 256, PAGES_MAX = 100000 };

struct work {
    struct ctl_settings settings;
    struct ctl_request request;
    bool json;
    char why[CTL_WHY_SIZE];
};

static int fail(const char *why)
{
    fprintf(stderr, "heraldctl: %s\n", why);
    return EXIT_FAILURE;
}

static int help(const char *noun)
{
    printf(
        "heraldctl - administers a Herald over its HTTP API\n\n"
        "  heraldctl [--url URL] [--token-file FILE] [--ca FILE] [--json] NOUN VERB ...\n"
        "  heraldctl request METHOD PATH [BODY]   anything that the API has\n"
        "  heraldctl watch [--types TYPE,TYPE] [--user USER]\n"
        "                                         what happens, as it happens\n"
        "  heraldctl check [--config FILE] [--herald PROGRAM]\n"
        "                                         what is wrong around a server, and its mend\n\n");
    for (const struct ctl_verb *at = ctl_verbs; at->noun != NULL; at++)
        if (noun == NULL || strcmp(noun, at->noun) == 0)
            printf("  %-12s %-8s %s%s%s\n", at->noun, at->verb, at->help,
                   *at->members != '\0' ? "; takes: " : "", at->members);
    printf(
        "\nWhat stands behind \"takes\": NAME is --name VALUE; NAME! a word; * may be repeated; #\n"
        "a number; ? yes or no; $ is read from standard input. The address and the token may be\n"
        "in HERALD_URL and HERALD_TOKEN, or in ~/.config/heraldctl (url = ..., token = ...).\n");
    return EXIT_SUCCESS;
}

static bool read_hidden(char *line)
{
    struct termios usual, hidden;
    bool terminal = tcgetattr(STDIN_FILENO, &usual) == 0;
    if (terminal) {
        hidden = usual;
        hidden.c_lflag &= ~(tcflag_t)ECHO;
        fprintf(stderr, "Password: ");
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    }
    bool read = fgets(line, SECRET_SIZE, stdin) != NULL;
    if (terminal) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &usual);
        fprintf(stderr, "\n");
    }
    return read;
}

static bool ask_secret(char *secret, char *why, size_t why_size)
{
    bool read = read_hidden(secret);
    if (read)
        secret[strcspn(secret, "\r\n")] = '\0';
    if (read && *secret != '\0')
        return true;
    snprintf(why, why_size, "a password is wanted on standard input");
    return false;
}

/* Options before the words; the index of the first word, or -1. */
static int take_options(struct work *work, int count, char **words)
{
    int i = 1;
    while (i < count && strncmp(words[i], "--", 2) == 0) {
        const char *value = i + 1 < count ? words[i + 1] : NULL;
        if (strcmp(words[i], "--json") == 0) {
            work->json = true;
            i++;
            continue;
        }
        bool url = strcmp(words[i], "--url") == 0, ca = strcmp(words[i], "--ca") == 0;
        bool token = strcmp(words[i], "--token-file") == 0;
        if (value == NULL || (!url && !ca && !token)) {
            snprintf(work->why, CTL_WHY_SIZE,
                     "no such option, or its value is missing: %s; see "
                     "heraldctl --help",
                     words[i]);
            return -1;
        }
        if (token && !ctl_settings_token(&work->settings, value, work->why, CTL_WHY_SIZE))
            return -1;
        if (url || ca)
            snprintf(url ? work->settings.url : work->settings.ca, sizeof(work->settings.url), "%s",
                     value);
        i += 2;
    }
    return i;
}

/* --json may stand anywhere. */
static int without_json(struct work *work, int count, char **words)
{
    int kept = 0;
    for (int i = 0; i < count; i++) {
        if (strcmp(words[i], "--json") == 0)
            work->json = true;
        else
            words[kept++] = words[i];
    }
    return kept;
}

static bool make_request(struct work *work, int count, const char *const *words)
{
    if (count > 0 && strcmp(words[0], "request") == 0)
        return ctl_request_plain(&work->request, count - 1, words + 1, work->why);
    const struct ctl_verb *verb = count > 1 ? ctl_verb_find(words[0], words[1]) : NULL;
    int taken = verb != NULL ? 2 : 1;
    if (verb == NULL && count > 0)
        verb = ctl_verb_find(words[0], "");
    if (verb != NULL)
        return ctl_request_make(&work->request, verb, count - taken, words + taken, ask_secret,
                                work->why);
    snprintf(work->why, CTL_WHY_SIZE, "there is no \"%s%s%s\"; see heraldctl --help",
             count > 0 ? words[0] : "", count > 1 ? " " : "", count > 1 ? words[1] : "");
    return false;
}

static struct ctl_server server_of(const struct ctl_settings *settings)
{
    return (struct ctl_server){
        .url = settings->url,
        .token = settings->token[0] != '\0' ? settings->token : NULL,
        .ca = settings->ca[0] != '\0' ? settings->ca : NULL,
    };
}

/* One answer as JSON; NULL: it is none, or has been dealt with in `failed`. */
static json_t *fetch(struct work *work, const char *path, const char *body, bool *failed)
{
    struct ctl_answer answer;
    const struct ctl_server server = server_of(&work->settings);
    *failed = !ctl_send(&server, work->request.method, path, body, &answer, work->why);
    json_t *value = NULL;
    if (!*failed && strstr(answer.type, "json") != NULL)
        value = json_loadb(answer.text, answer.length, JSON_DECODE_ANY, NULL);
    if (!*failed && answer.status >= 400) {
        const char *detail = json_string_value(json_object_get(value, "detail"));
        const char *field = json_string_value(json_object_get(value, "field"));
        snprintf(work->why, CTL_WHY_SIZE, "%s%s%s (%ld)", field != NULL ? field : "",
                 field != NULL ? ": " : "", detail != NULL ? detail : "the server refuses",
                 answer.status);
        json_decref(value);
        value = NULL;
        *failed = true;
    } else if (!*failed && value == NULL) {
        fwrite(answer.text, 1, answer.length, stdout);
    }
    free(answer.text);
    return value;
}

/* Adds what is on the further pages. */
static bool fetch_rest(struct work *work, json_t *whole)
{
    json_t *items = json_object_get(whole, "items");
    for (unsigned page = 0; page < PAGES_MAX && json_is_array(items); page++) {
        const char *next = json_string_value(json_object_get(whole, "next"));
        bool failed = false;
        if (next == NULL || next[0] != '/' || strcmp(work->request.method, "GET") != 0)
            return true;
        json_t *more = fetch(work, next, NULL, &failed);
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

static int run(struct work *work)
{
    bool failed = false;
    json_t *value = fetch(work, work->request.path, work->request.body, &failed);
    if (!failed && value != NULL)
        failed = !fetch_rest(work, value);
    if (!failed && value != NULL && work->json) {
        json_dumpf(value, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY);
        fputs("\n", stdout);
    } else if (!failed && value != NULL) {
        ctl_show(value, work->request.columns, stdout);
    }
    json_decref(value);
    if (fflush(stdout) != 0 && !failed)
        return fail("standard output cannot be written");
    return failed ? fail(work->why) : EXIT_SUCCESS;
}

static int watch(struct work *work, int count, const char *const *words)
{
    char path[WATCH_PATH_SIZE];
    if (!watch_path(count, words, path, work->why) ||
        !ctl_settings_fill(&work->settings, work->why, sizeof(work->why)))
        return fail(work->why);
    const struct ctl_server server = server_of(&work->settings);
    watch_run(&server, path, work->json, work->why);
    return fail(work->why);
}

int main(int count, char **words)
{
    struct work work = {.json = false};
    if (count < 2 || strcmp(words[1], "--help") == 0)
        return help(count > 2 ? words[2] : NULL);
    if (strcmp(words[1], "--version") == 0) {
        printf("heraldctl %s\n", HERALD_VERSION);
        return EXIT_SUCCESS;
    }
    if (strcmp(words[1], "--completion") == 0) /* for the build */
        return count == 3 && ctl_write_completion(words[2], stdout) && fflush(stdout) == 0
                   ? EXIT_SUCCESS
                   : fail("--completion wants bash, zsh or man");
    int first = take_options(&work, count, words);
    if (first < 0)
        return fail(work.why);
    int left = without_json(&work, count - first, words + first);
    if (left > 0 && strcmp(words[first], "watch") == 0)
        return watch(&work, left - 1, (const char *const *)(words + first + 1));
    if (left > 0 && strcmp(words[first], "check") == 0)
        return ctl_check(&work.settings, left - 1, (const char *const *)(words + first + 1));
    if (!make_request(&work, left, (const char *const *)(words + first)) ||
        !ctl_settings_fill(&work.settings, work.why, sizeof(work.why)))
        return fail(work.why);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    int code = run(&work);
    free(work.request.body);
    curl_global_cleanup();
    return code;
}
