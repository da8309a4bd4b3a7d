/* options.c: one pass over the words; those that are no options of ours move up. */
#include "web/ctl/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WHY_SIZE = 512, TIMEOUT_MOST_S = 7 * 86400 };

const struct ctl_option ctl_options[] = {
    {"--url", "URL", false, "The server; http://127.0.0.1:8080 when nobody says."},
    {"--token-file", "FILE", false,
     "The token is the first line of this file; - is standard input."},
    {"--ca", "FILE", false, "PEM file of the authority of the server's certificate."},
    {"--json", NULL, true, "Answers as JSON, for programs."},
    {"--output", "FILE", true, "The answer goes there; nothing is written when there is none."},
    {"--etag", NULL, true, "Tells the answer's entity-tag, on standard error."},
    {"--if-match", "ETAG", true, "Only if it is still what it was under this tag; * is anything."},
    {"--if-none-match", "ETAG", true, "Only if it is not; with * only if it is not there."},
    {"--idempotency-key", "KEY", true,
     "Of a request that is sent again: what was made once is not made twice."},
    {"--timeout", "SECONDS", true,
     "How long an answer may take: 60 seconds, a backup as long as it takes; 0 is without end."},
    {.name = NULL},
};

static bool fail(char *why, const char *what, const char *which)
{
    snprintf(why, WHY_SIZE, "%s%.200s; see heraldctl --help", what, which);
    return false;
}

static const struct ctl_option *find(const char *word)
{
    for (const struct ctl_option *at = ctl_options; at->name != NULL; at++)
        if (strcmp(at->name, word) == 0)
            return at;
    return NULL;
}

/* What a field of HTTP cannot have. */
static bool is_clean(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return false;
    return true;
}

/* Shells take the quotes of a tag away. */
static bool take_tag(char tag[CTL_TAG_SIZE], const char *value, char *why)
{
    bool whole = strcmp(value, "*") == 0 || strchr(value, '"') != NULL;
    int length = snprintf(tag, CTL_TAG_SIZE, whole ? "%s" : "\"%s\"", value);
    if (*value != '\0' && is_clean(value) && length < CTL_TAG_SIZE)
        return true;
    return fail(why, "this is no entity-tag: ", value);
}

static bool take_timeout(struct ctl_options *options, const char *value, char *why)
{
    char *end = NULL;
    options->timeout_s = strtol(value, &end, 10);
    if (end != value && *end == '\0' && options->timeout_s >= 0 &&
        options->timeout_s <= TIMEOUT_MOST_S)
        return true;
    return fail(why, "a number of seconds is wanted, not ", value);
}

static bool take_text(char *field, size_t size, const char *value, char *why)
{
    if (strlen(value) >= size)
        return fail(why, "that is too long: ", value);
    memcpy(field, value, strlen(value) + 1);
    return true;
}

static bool take(struct ctl_options *options, const char *name, const char *value, char *why)
{
    struct ctl_settings *settings = &options->settings;
    if (strcmp(name, "--url") == 0)
        return take_text(settings->url, sizeof(settings->url), value, why);
    if (strcmp(name, "--ca") == 0)
        return take_text(settings->ca, sizeof(settings->ca), value, why);
    if (strcmp(name, "--token-file") == 0)
        return ctl_settings_token(settings, value, why, WHY_SIZE);
    if (strcmp(name, "--if-match") == 0)
        return take_tag(options->if_match, value, why);
    if (strcmp(name, "--if-none-match") == 0)
        return take_tag(options->if_none_match, value, why);
    if (strcmp(name, "--timeout") == 0)
        return take_timeout(options, value, why);
    if (strcmp(name, "--output") == 0)
        options->output = value;
    else
        options->idempotency_key = value;
    const char *key = options->idempotency_key;
    return key == NULL || (*key != '\0' && strlen(key) < CTL_TAG_SIZE && is_clean(key)) ||
           fail(why, "this is no key: ", value);
}

bool ctl_options_take(struct ctl_options *options, int *count, const char **words, char *why)
{
    int kept = 0, i = 0;
    options->timeout_s = CTL_TIMEOUT_UNSAID;
    for (; i < *count && strcmp(words[i], "--") != 0; i++) {
        const struct ctl_option *option = find(words[i]);
        if (option == NULL && kept == 0 && strncmp(words[i], "--", 2) == 0)
            return fail(why, "there is no option ", words[i]);
        if (option == NULL || (kept > 0 && !option->anywhere)) {
            words[kept++] = words[i];
            continue;
        }
        options->json = options->json || strcmp(option->name, "--json") == 0;
        options->tell_tag = options->tell_tag || strcmp(option->name, "--etag") == 0;
        if (option->value != NULL && ++i == *count)
            return fail(why, "a value is missing behind ", option->name);
        if (option->value != NULL && !take(options, option->name, words[i], why))
            return false;
    }
    for (; i < *count; i++)
        words[kept++] = words[i];
    *count = kept;
    return true;
}
