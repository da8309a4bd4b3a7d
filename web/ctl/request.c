/* request.c: words --> path, then members; options --> members; members --> body or query.
 *
 * What is wrong is said in the words of the command, before anything is sent. What the values may
 * be, the server knows. */
#include "web/ctl/request.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"

enum { SECRET_SIZE = 256 };

struct making {
    const struct ctl_verb *verb;
    struct buffer path;
    json_t *members;
    char *why;
};

static bool fail(struct making *making, const char *what, const char *which)
{
    snprintf(making->why, CTL_WHY_SIZE, "%s%s; see heraldctl --help %s", what, which,
             making->verb->noun);
    return false;
}

static void put_encoded(struct buffer *out, const char *text)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~@:";
    for (; *text != '\0'; text++) {
        if (strchr(plain, *text) != NULL)
            buffer_char(out, *text);
        else
            buffer_format(out, "%%%02X", (unsigned char)*text);
    }
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
        put_encoded(&making->path, words[taken++]);
        at = close + 1;
    }
    return taken;
}

static bool add_value(struct making *making, const struct ctl_member *member, const char *text)
{
    char *end = NULL;
    json_t *list = json_object_get(making->members, member->name);
    switch (member->kind) {
    case LIST:
        if (list == NULL)
            json_object_set_new(making->members, member->name, list = json_array());
        if (json_array_append_new(list, json_string(text)) != 0)
            return fail(making, "this is no UTF-8: ", text);
        return true;
    case NUMBER:
        if (json_object_set_new(making->members, member->name,
                                json_integer(strtoll(text, &end, 10))) == 0 &&
            end != text && *end == '\0')
            return true;
        return fail(making, "this is no number: ", text);
    case TRUTH:
        if (strcasecmp(text, "yes") != 0 && strcasecmp(text, "no") != 0)
            return fail(making, "write yes or no, not ", text);
        json_object_set_new(making->members, member->name,
                            json_boolean(strcasecmp(text, "yes") == 0));
        return true;
    case TEXT:
    case SECRET:
        break;
    }
    if (json_object_set_new(making->members, member->name, json_string(text)) == 0)
        return true;
    return fail(making, "this is no UTF-8: ", text);
}

static bool add_option(struct making *making, const char *option, const char *value)
{
    const char *rest = making->verb->members;
    struct ctl_member member;
    while (ctl_member_next(&rest, &member)) {
        if (strcmp(member.option, option + 2) != 0 || member.kind == SECRET)
            continue;
        return value != NULL ? add_value(making, &member, value)
                             : fail(making, "a value is missing behind ", option);
    }
    return fail(making, "there is no option ", option);
}

/* The word number `index` of those that are members; a list takes all further ones. */
static bool add_word(struct making *making, int index, const char *word)
{
    const char *rest = making->verb->members;
    struct ctl_member member;
    while (ctl_member_next(&rest, &member)) {
        if (!member.word)
            continue;
        if (index == 0 || member.kind == LIST)
            return add_value(making, &member, word);
        index--;
    }
    return fail(making, "what is this for: ", word);
}

static bool add_rest(struct making *making, int count, const char *const *words)
{
    int index = 0;
    for (int i = 0; i < count; i++) {
        bool option = strncmp(words[i], "--", 2) == 0;
        if (option && !add_option(making, words[i], i + 1 < count ? words[i + 1] : NULL))
            return false;
        if (!option && !add_word(making, index++, words[i]))
            return false;
        i += option;
    }
    return true;
}

/* Members that are words must be there; secrets are asked for. */
static bool complete(struct making *making, ctl_secret_fn ask)
{
    const char *rest = making->verb->members;
    struct ctl_member member;
    while (ctl_member_next(&rest, &member)) {
        char secret[SECRET_SIZE];
        if (member.word && json_object_get(making->members, member.name) == NULL)
            return fail(making, "what is missing is the ", member.option);
        if (member.kind != SECRET)
            continue;
        bool good = ask(secret, making->why, CTL_WHY_SIZE) && add_value(making, &member, secret);
        explicit_bzero(secret, sizeof(secret));
        if (!good)
            return false;
    }
    return true;
}

static void put_parameter(struct buffer *out, bool first, const char *name, const json_t *value)
{
    buffer_format(out, "%c%s=", first ? '?' : '&', name);
    if (json_is_string(value))
        put_encoded(out, json_string_value(value));
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
    if (!asks && *making->verb->members == '\0') /* an order, nothing more */
        return;
    if (!asks) {
        request->body = json_dumps(making->members, JSON_COMPACT);
        return;
    }
    json_object_foreach(making->members, name, value)
    {
        put_parameter(&making->path, first, name, value);
        first = false;
    }
}

bool ctl_request_make(struct ctl_request *request, const struct ctl_verb *verb, int count,
                      const char *const *words, ctl_secret_fn ask, char *why)
{
    *request = (struct ctl_request){.columns = verb->columns};
    struct making making = {.verb = verb,
                            .path = buffer_over(request->path, CTL_PATH_SIZE - 1),
                            .members = json_object(),
                            .why = why};
    snprintf(request->method, sizeof(request->method), "%s", verb->method);
    int taken = fill_path(&making, count, words);
    bool good =
        taken >= 0 && add_rest(&making, count - taken, words + taken) && complete(&making, ask);
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
    if (count == 3)
        request->body = strdup(words[2]);
    return true;
}
