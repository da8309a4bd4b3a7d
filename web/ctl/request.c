/* request.c: words --> path, then members, then a file; options --> members; members --> body or
 * query; file --> body.
 *
 * What is wrong is said in the words of the command, before anything is sent. What the values may
 * be, the server knows. */
#include "web/ctl/request.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/secret.h"
#include "web/ctl/body.h"
#include "web/ctl/usage.h"

enum { PAGE_MAX = 1000 };

struct making {
    const struct ctl_verb *verb;
    struct buffer path;
    json_t *members;
    const char *file, *form; /* NULL: not said */
    char *why;
};

/* What is wrong, and how it is written. */
static bool fail(struct making *making, const char *what, const char *which)
{
    char usage[CTL_USAGE_SIZE];
    const struct ctl_verb *verb = making->verb;
    snprintf(making->why, CTL_WHY_SIZE, "%s%.200s; it is: heraldctl %s %s%s", what, which,
             verb->noun, verb->verb, ctl_usage(verb, true, usage) + (*verb->verb == '\0'));
    return false;
}

bool ctl_is_part(const char *word)
{
    return *word != '\0' && strcmp(word, ".") != 0 && strcmp(word, "..") != 0;
}

/* Fills the braces of the path with the first words; how many were taken, or -1. */
static int fill_path(struct making *making, int count, const char *const *words)
{
    const char *at = making->verb->path;
    int taken = 0;
    while (*at != '\0') {
        const char *open = strchr(at, '{');
        size_t length = open != NULL ? (size_t)(open - at) : strlen(at);
        buffer_put(&making->path, bytes_from(at, length));
        if (open == NULL)
            break;
        const char *close = strchr(open, '}');
        char name[64];
        snprintf(name, sizeof(name), "%.*s", (int)(close - open - 1), open + 1);
        if (taken == count || *words[taken] == '\0' || strncmp(words[taken], "--", 2) == 0)
            return fail(making, "what is missing is the ", name) ? 0 : -1;
        if (!ctl_is_part(words[taken]))
            return fail(making, "nothing was sent: . and .. cannot be the ", name) ? 0 : -1;
        buffer_percent(&making->path, bytes_of(words[taken++]));
        at = close + 1;
    }
    return taken;
}

/* A member of its own: "carbon=on"; "carbon=" takes it away. */
static bool add_pair(struct making *making, const char *text)
{
    char name[64];
    const char *is = strchr(text, '=');
    if (is == NULL || is == text || (size_t)(is - text) >= sizeof(name))
        return fail(making, "write NAME=VALUE, not ", text);
    snprintf(name, sizeof(name), "%.*s", (int)(is - text), text);
    json_t *value = is[1] != '\0' ? json_string(is + 1) : json_null();
    return json_object_set_new(making->members, name, value) == 0 ||
           fail(making, "this is no UTF-8: ", text);
}

static bool add_to_list(struct making *making, const char *name, const char *text)
{
    json_t *list = json_object_get(making->members, name);
    if (list == NULL)
        json_object_set_new(making->members, name, list = json_array());
    return *text == '\0' || json_array_append_new(list, json_string(text)) == 0 ||
           fail(making, "this is no UTF-8: ", text);
}

static bool add_number(struct making *making, const char *name, const char *text)
{
    char *end = NULL;
    errno = 0;
    const long long number = strtoll(text, &end, 10);
    return (end != text && *end == '\0' && errno == 0 &&
            json_object_set_new(making->members, name, json_integer(number)) == 0) ||
           fail(making, "this is no number: ", text);
}

static bool add_truth(struct making *making, const char *name, const char *text)
{
    const bool yes = strcasecmp(text, "yes") == 0;
    if (!yes && strcasecmp(text, "no") != 0)
        return fail(making, "write yes or no, not ", text);
    return json_object_set_new(making->members, name, json_boolean(yes)) == 0;
}

static bool add_value(struct making *making, const struct ctl_member *member, const char *text)
{
    switch (member->kind) {
    case PAIRS:
        return add_pair(making, text);
    case LIST:
        return add_to_list(making, member->name, text);
    case NUMBER:
        return add_number(making, member->name, text);
    case TRUTH:
        return add_truth(making, member->name, text);
    case JSON:
        return json_object_set_new(making->members, member->name,
                                   json_loads(text, JSON_DECODE_ANY, NULL)) == 0 ||
               fail(making, "this is no JSON: ", text);
    case TEXT:
    case SECRET:
        break;
    }
    return json_object_set_new(making->members, member->name, json_string(text)) == 0 ||
           fail(making, "this is no UTF-8: ", text);
}

/* How many words were taken, 0 with a message. `value`: the word behind it, or NULL. */
static int add_option(struct making *making, const char *option, const char *value)
{
    const struct ctl_verb *verb = making->verb;
    const char *rest = verb->members;
    struct ctl_member member;
    while (ctl_member_next(&rest, &member)) {
        if (strcmp(member.option, option + 2) != 0 || (member.kind == SECRET && !member.wished))
            continue;
        if (member.kind == SECRET) /* it is asked for when all else is good */
            return json_object_set_new(making->members, member.name, json_null()) == 0;
        if (value == NULL)
            return fail(making, "a value is missing behind ", option);
        return add_value(making, &member, value) ? 2 : 0;
    }
    if (strcmp(option, "--format") != 0 || (verb->takes == NULL && verb->gives == NULL))
        return fail(making, "there is no option ", option);
    making->form = value;
    return value != NULL ? 2 : fail(making, "a value is missing behind ", option);
}

/* The word number `index` of those that are members; a list takes all further ones. */
static bool add_word(struct making *making, int index, const char *word)
{
    const char *rest = making->verb->members;
    struct ctl_member member;
    while (ctl_member_next(&rest, &member)) {
        if (!member.word)
            continue;
        if (index == 0 || member.kind == LIST || member.kind == PAIRS)
            return add_value(making, &member, word);
        index--;
    }
    if (making->verb->takes == NULL || making->file != NULL)
        return fail(making, "what is this for: ", word);
    making->file = word;
    return true;
}

static bool add_rest(struct making *making, int count, const char *const *words)
{
    bool plain = false; /* behind "--" there are no options */
    for (int i = 0, index = 0; i < count;) {
        int taken = 1;
        if (plain || strncmp(words[i], "--", 2) != 0)
            taken = add_word(making, index++, words[i]);
        else if (strcmp(words[i], "--") == 0)
            plain = true;
        else
            taken = add_option(making, words[i], i + 1 < count ? words[i + 1] : NULL);
        if (taken == 0)
            return false;
        i += taken;
    }
    return true;
}

static bool ask_secret(struct making *making, const struct ctl_member *member, ctl_secret_fn ask)
{
    char secret[SECRET_SIZE];
    bool good =
        ask(member->option, secret, making->why, CTL_WHY_SIZE) && add_value(making, member, secret);
    explicit_bzero(secret, sizeof(secret));
    return good;
}

/* Members that are words must be there; secrets are asked for. */
static bool complete(struct making *making, ctl_secret_fn ask)
{
    const char *rest = making->verb->members;
    struct ctl_member member;
    while (ctl_member_next(&rest, &member)) {
        const json_t *value = json_object_get(making->members, member.name);
        bool there = member.kind == PAIRS ? json_object_size(making->members) > 0 : value != NULL;
        if (member.word && !there)
            return fail(making, "what is missing is the ", member.option);
        if (member.kind == SECRET && (!member.wished || there) && !ask_secret(making, &member, ask))
            return false;
    }
    return true;
}

/* A page has no more; what is wanted beyond comes from further ones. */
static void bound_page(struct making *making, struct ctl_request *request)
{
    const json_t *limit = json_object_get(making->members, "limit");
    request->most = json_integer_value(limit);
    if (request->most > PAGE_MAX)
        json_object_set_new(making->members, "limit", json_integer(PAGE_MAX));
}

static void put_parameter(struct buffer *out, bool first, const char *name, const json_t *value)
{
    buffer_format(out, "%c%s=", first ? '?' : '&', name);
    if (json_is_string(value))
        buffer_percent(out, bytes_of(json_string_value(value)));
    else if (json_is_integer(value))
        buffer_format(out, "%lld", (long long)json_integer_value(value));
    else
        buffer_text(out, json_is_true(value) ? "true" : "false");
}

static void put_members(struct making *making, struct ctl_request *request)
{
    bool asks = strcmp(request->method, "GET") == 0 || strcmp(request->method, "DELETE") == 0;
    const char *name;
    json_t *value;
    bool first = true;
    if (!asks && *making->verb->members == '\0') /* an order, or a file's */
        return;
    if (!asks) {
        request->body = json_dumps(making->members, JSON_COMPACT);
        request->length = request->body != NULL ? strlen(request->body) : 0;
        return;
    }
    bound_page(making, request);
    json_object_foreach(making->members, name, value)
    {
        put_parameter(&making->path, first, name, value);
        first = false;
    }
}

/* Reads the file, last of all. */
static bool put_file(struct making *making, struct ctl_request *request)
{
    struct ctl_form form;
    const char *takes = making->verb->takes;
    if (takes == NULL)
        return true;
    if (!ctl_form_choose(takes, making->form, making->file, &form, making->why))
        return false;
    memcpy(request->type, form.type, sizeof(form.type));
    request->body =
        ctl_body_read(making->file != NULL ? making->file : "-", &request->length, making->why);
    return request->body != NULL;
}

static bool put_accept(struct making *making, const char *output, struct ctl_request *request)
{
    struct ctl_form form;
    const char *gives = making->verb->gives;
    if (gives == NULL)
        return true;
    if (!ctl_form_choose(gives, making->form, output, &form, making->why))
        return false;
    memcpy(request->accept, form.type, sizeof(form.type));
    request->json = strcmp(form.type, "application/json") == 0;
    return true;
}

bool ctl_request_make(struct ctl_request *request, const struct ctl_verb *verb, int count,
                      const char *const *words, const struct ctl_ground *ground, char *why)
{
    *request = (struct ctl_request){.columns = verb->columns, .slow = verb->slow};
    struct making making = {.verb = verb,
                            .path = buffer_over(request->path, CTL_PATH_SIZE - 1),
                            .members = json_object(),
                            .why = why};
    snprintf(request->method, sizeof(request->method), "%s", verb->method);
    int taken = fill_path(&making, count, words);
    bool good = taken >= 0 && add_rest(&making, count - taken, words + taken) &&
                complete(&making, ground->ask) && put_accept(&making, ground->output, request) &&
                put_file(&making, request);
    if (good)
        put_members(&making, request);
    json_decref(making.members);
    if (good && making.path.overflow)
        return fail(&making, "that is too long", "");
    return good;
}

bool ctl_request_plain(struct ctl_request *request, int count, const char *const *words, char *why)
{
    *request = (struct ctl_request){.columns = ""};
    if (count < 2 || count > 3 || words[1][0] != '/' || strlen(words[1]) >= CTL_PATH_SIZE ||
        strlen(words[0]) >= sizeof(request->method)) {
        snprintf(why, CTL_WHY_SIZE,
                 "heraldctl request wants a method, a path and perhaps a JSON body: heraldctl "
                 "request GET /api/v1/health");
        return false;
    }
    for (size_t i = 0; words[0][i] != '\0'; i++)
        request->method[i] = (char)(words[0][i] & ~('a' ^ 'A'));
    snprintf(request->path, sizeof(request->path), "%s", words[1]);
    if (count < 3)
        return true;
    request->body = strdup(words[2]);
    request->length = strlen(words[2]);
    return true;
}
