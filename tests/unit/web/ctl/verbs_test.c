/* The words of heraldctl: every one stands for something that the API describes, and becomes the
 * request that it should. */
#include "web/ctl/verbs.h"

#include <ctype.h>
#include <glob.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "unit.h"
#include "web/ctl/request.h"

/* All paths of schemas/openapi. */
static json_t *read_paths(void)
{
    json_t *paths = json_object();
    glob_t found;
    ck_assert_int_eq(glob(SOURCE_DIR "/schemas/openapi/*.json", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        json_error_t error;
        json_t *part = json_load_file(found.gl_pathv[i], JSON_REJECT_DUPLICATES, &error);
        ck_assert_msg(part != NULL, "%s:%d: %s", found.gl_pathv[i], error.line, error.text);
        if (json_object_get(part, "paths") != NULL)
            json_object_update(paths, json_object_get(part, "paths"));
        json_decref(part);
    }
    globfree(&found);
    return paths;
}

static const json_t *find_operation(const json_t *paths, const struct ctl_verb *verb)
{
    char method[16];
    size_t i = 0;
    for (; verb->method[i] != '\0'; i++)
        method[i] = (char)tolower((unsigned char)verb->method[i]);
    method[i] = '\0';
    return json_object_get(json_object_get(paths, verb->path), method);
}

static bool has_parameter(const json_t *operation, const char *name)
{
    size_t i;
    const json_t *parameter;
    json_array_foreach(json_object_get(operation, "parameters"), i, parameter)
    {
        const char *known = json_string_value(json_object_get(parameter, "name"));
        if (known != NULL && strcmp(known, name) == 0)
            return true;
    }
    return false;
}

START_TEST(every_word_is_described_by_the_api)
{
    json_t *paths = read_paths();
    for (const struct ctl_verb *verb = ctl_verbs; verb->noun != NULL; verb++) {
        const json_t *operation = find_operation(paths, verb);
        const char *rest = verb->members;
        struct ctl_member member;
        ck_assert_msg(operation != NULL, "%s %s: there is no %s %s", verb->noun, verb->verb,
                      verb->method, verb->path);
        bool takes_body = json_object_get(operation, "requestBody") != NULL;
        while (ctl_member_next(&rest, &member))
            ck_assert_msg(takes_body || has_parameter(operation, member.name), "%s %s: %s",
                          verb->noun, verb->verb, member.name);
        ck_assert(ctl_verb_find(verb->noun, verb->verb) == verb);
    }
    json_decref(paths);
}
END_TEST

static bool no_secret(char *secret, char *why, size_t why_size)
{
    (void)why;
    (void)why_size;
    snprintf(secret, 256, "hidden");
    return true;
}

/* "METHOD path body", or what is wrong. */
static void expect(const char *expected, int count, const char *const *words)
{
    static const char none[] = "-";
    struct ctl_request request;
    char why[CTL_WHY_SIZE] = "", text[CTL_PATH_SIZE + 1024];
    const struct ctl_verb *verb = ctl_verb_find(words[0], words[1]);
    ck_assert_ptr_nonnull(verb);
    if (ctl_request_make(&request, verb, count - 2, words + 2, no_secret, why))
        snprintf(text, sizeof(text), "%s %s %s", request.method, request.path,
                 request.body != NULL ? request.body : none);
    else
        snprintf(text, sizeof(text), "%.*s", (int)strcspn(why, ";"), why);
    free(request.body);
    ck_assert_str_eq(text, expected);
}

#define EXPECT(expected, ...)                                           \
    do {                                                                \
        const char *const words[] = {__VA_ARGS__};                      \
        expect(expected, (int)(sizeof(words) / sizeof(*words)), words); \
    } while (0)

START_TEST(words_become_requests)
{
    EXPECT("GET /api/v1/users/alice/roster -", "roster", "list", "alice");
    EXPECT("PUT /api/v1/users/alice/roster/sip:bob@x {\"groups\":[\"a\",\"b\"],\"position\":2}",
           "roster", "add", "alice", "sip:bob@x", "--group", "a", "--group", "b", "--position",
           "2");
    EXPECT("PUT /api/v1/users/a%2Fb%20%C3%A4/presence {\"basic\":\"open\"}", "presence", "set",
           "a/b \xc3\xa4", "open");
    EXPECT("POST /api/v1/users {\"user\":\"alice\",\"password\":\"hidden\"}", "user", "add",
           "alice");
    EXPECT("PATCH /api/v1/users/alice {\"disabled\":true}", "user", "change", "alice", "--disabled",
           "yes");
    EXPECT("GET /api/v1/explain?watcher=a%26b&presentity=c -", "explain", "why", "a&b", "c");
    EXPECT("POST /api/v1/tokens {\"name\":\"x\",\"scopes\":[\"live:read\",\"rules:read\"]}",
           "token", "add", "x", "live:read", "rules:read");
}
END_TEST

START_TEST(what_is_wrong_is_said)
{
    EXPECT("what is missing is the user", "roster", "list");
    EXPECT("what is missing is the buddy", "roster", "add", "alice", "--group");
    EXPECT("a value is missing behind --group", "roster", "add", "alice", "bob", "--group");
    EXPECT("there is no option --colour", "roster", "add", "alice", "bob", "--colour", "red");
    EXPECT("there is no option --password", "user", "add", "alice", "--password", "x");
    EXPECT("what is this for: carol", "roster", "list", "alice", "carol");
    EXPECT("this is no number: two", "roster", "add", "alice", "bob", "--position", "two");
    EXPECT("write yes or no, not maybe", "user", "change", "alice", "--disabled", "maybe");
    EXPECT("what is missing is the handling", "rule", "set", "alice", "bob");
    EXPECT("this is no UTF-8: \xff", "rule", "set", "alice", "bob", "\xff");
}
END_TEST

UNIT_MAIN("web/ctl/verbs", every_word_is_described_by_the_api, words_become_requests,
          what_is_wrong_is_said)
