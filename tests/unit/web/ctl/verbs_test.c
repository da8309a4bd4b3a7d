/* The words of heraldctl: every one stands for something that the API describes, and becomes the
 * request that it should. */
#include "web/ctl/verbs.h"

#include <ctype.h>
#include <glob.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"
#include "web/ctl/request.h"
#include "web/ctl/watch.h"

/* What the API describes: its paths, and the schemas that they refer to. */
struct described {
    json_t *paths, *schemas;
};

static struct described read_described(void)
{
    struct described all = {json_object(), json_object()};
    glob_t found;
    ck_assert_int_eq(glob(SOURCE_DIR "/schemas/openapi/*.json", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        json_error_t error;
        json_t *part = json_load_file(found.gl_pathv[i], JSON_REJECT_DUPLICATES, &error);
        ck_assert_msg(part != NULL, "%s:%d: %s", found.gl_pathv[i], error.line, error.text);
        if (json_object_get(part, "paths") != NULL)
            json_object_update(all.paths, json_object_get(part, "paths"));
        const json_t *components = json_object_get(part, "components");
        if (json_object_get(components, "schemas") != NULL)
            json_object_update(all.schemas, json_object_get(components, "schemas"));
        json_decref(part);
    }
    globfree(&found);
    return all;
}

static void described_release(struct described *all)
{
    json_decref(all->paths);
    json_decref(all->schemas);
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

/* What a JSON body of an operation may be, NULL: it takes none. */
static const json_t *body_schema(const struct described *all, const json_t *operation)
{
    const json_t *content = json_object_get(json_object_get(operation, "requestBody"), "content");
    const json_t *schema = json_object_get(json_object_get(content, "application/json"), "schema");
    const char *name = json_string_value(json_object_get(schema, "$ref"));
    return name != NULL ? json_object_get(all->schemas, strrchr(name, '/') + 1) : schema;
}

static bool is_described(const struct described *all, const json_t *operation,
                         const struct ctl_member *member)
{
    const json_t *schema = body_schema(all, operation);
    if (member->kind == PAIRS)
        return json_object_get(schema, "additionalProperties") != NULL;
    return json_object_get(json_object_get(schema, "properties"), member->name) != NULL ||
           has_parameter(operation, member->name);
}

START_TEST(every_word_is_described_by_the_api)
{
    struct described all = read_described();
    for (const struct ctl_verb *verb = ctl_verbs; verb->noun != NULL; verb++) {
        const json_t *operation = find_operation(all.paths, verb);
        const char *rest = verb->members;
        struct ctl_member member;
        ck_assert_msg(operation != NULL, "%s %s: there is no %s %s", verb->noun, verb->verb,
                      verb->method, verb->path);
        while (ctl_member_next(&rest, &member))
            ck_assert_msg(is_described(&all, operation, &member), "%s %s: %s", verb->noun,
                          verb->verb, member.name);
        ck_assert(ctl_verb_find(verb->noun, verb->verb) == verb);
    }
    described_release(&all);
}
END_TEST

/* The other way round: what the API has, the words have. */

struct operation {
    char method[16];
    const char *path;
    const json_t *described;
};

/* Calls `see` for each operation. */
static void each_operation(const struct described *all,
                           void (*see)(const struct described *all, const struct operation *what))
{
    static const char *const methods[] = {"get", "put", "post", "patch", "delete"};
    const char *path;
    json_t *item;
    json_object_foreach(all->paths, path, item)
    {
        for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
            struct operation one = {.path = path, .described = json_object_get(item, methods[i])};
            for (size_t c = 0; methods[i][c] != '\0'; c++)
                one.method[c] = (char)toupper((unsigned char)methods[i][c]);
            if (one.described != NULL)
                see(all, &one);
        }
    }
}

static bool calls(const struct ctl_verb *verb, const struct operation *what)
{
    return strcmp(verb->method, what->method) == 0 && strcmp(verb->path, what->path) == 0;
}

static bool has_form(const char *forms, const char *type)
{
    struct ctl_form form;
    while (forms != NULL && ctl_form_next(&forms, &form))
        if (strcmp(form.type, type) == 0)
            return true;
    return false;
}

/* A merge patch says what the JSON of a PATCH says; words are sent as one. */
static void expect_taken(const struct operation *what, const char *type)
{
    bool json =
        strcmp(type, "application/json") == 0 ||
        (strcmp(type, "application/merge-patch+json") == 0 && strcmp(what->method, "PATCH") == 0);
    for (const struct ctl_verb *verb = ctl_verbs; verb->noun != NULL; verb++)
        if (calls(verb, what) && (has_form(verb->takes, type) || (json && *verb->members != '\0')))
            return;
    ck_abort_msg("no verb sends %s to %s %s", type, what->method, what->path);
}

/* A single form of an answer needs no Accept. */
static void expect_given(const struct operation *what, const char *type, bool only)
{
    for (const struct ctl_verb *verb = ctl_verbs; verb->noun != NULL; verb++)
        if (calls(verb, what) &&
            (has_form(verb->gives, type) ||
             (verb->gives == NULL && (only || strcmp(type, "application/json") == 0))))
            return;
    ck_abort_msg("no verb asks %s %s for %s", what->method, what->path, type);
}

static void expect_watched(const char *path)
{
    static const char *const words[] = {"--user", "{user}"};
    char all[WATCH_PATH_SIZE], own[WATCH_PATH_SIZE], wanted[WATCH_PATH_SIZE], why[512];
    ck_assert(watch_path(0, NULL, all, why) && watch_path(2, words, own, why));
    snprintf(wanted, sizeof(wanted), "/api/v1/users/%%7Buser%%7D/events");
    ck_assert_str_eq(own, wanted);
    ck_assert_msg(strcmp(path, all) == 0 || strcmp(path, "/api/v1/users/{user}/events") == 0,
                  "heraldctl watch does not call %s", path);
}

static void expect_answers(const struct operation *what)
{
    const char *status, *type;
    json_t *answer, *content;
    json_object_foreach(json_object_get(what->described, "responses"), status, answer)
    {
        json_t *contents = json_object_get(answer, "content");
        if (status[0] != '2')
            continue;
        json_object_foreach(contents, type, content)
        {
            if (strcmp(type, "text/event-stream") == 0)
                expect_watched(what->path);
            else
                expect_given(what, type, json_object_size(contents) == 1);
        }
    }
}

static void expect_called(const struct described *all, const struct operation *what)
{
    const char *type;
    json_t *content;
    json_t *bodies = json_object_get(json_object_get(what->described, "requestBody"), "content");
    bool called = strstr(what->path, "/events") != NULL; /* by watch, see expect_watched */
    (void)all;
    for (const struct ctl_verb *verb = ctl_verbs; verb->noun != NULL; verb++)
        called = called || calls(verb, what);
    ck_assert_msg(called, "no verb calls %s %s", what->method, what->path);
    json_object_foreach(bodies, type, content)
    {
        expect_taken(what, type);
    }
    expect_answers(what);
}

START_TEST(every_operation_and_form_has_a_verb)
{
    struct described all = read_described();
    each_operation(&all, expect_called);
    described_release(&all);
}
END_TEST

static bool is_said(const struct operation *what, const char *name)
{
    struct ctl_member member;
    for (const struct ctl_verb *verb = ctl_verbs; verb->noun != NULL; verb++) {
        const char *rest = verb->members;
        while (calls(verb, what) && ctl_member_next(&rest, &member))
            if (strcmp(member.name, name) == 0)
                return true;
        if (calls(verb, what) && has_form(verb->takes, "application/json"))
            return true;
    }
    return false;
}

/* What a body may repeat of the path that it is sent to. */
static bool repeats_path(const char *path, const char *name)
{
    static const char *const names[] = {"domain", "name", "uri", "who"};
    bool named = path[strlen(path) - 1] == '}';
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (named && strcmp(names[i], name) == 0)
            return true;
    return false;
}

/* "after" and "last_event_id" are followed, not said; watch has its own test. */
static void expect_members(const struct described *all, const struct operation *what)
{
    const char *name;
    json_t *value;
    size_t i;
    json_object_foreach(json_object_get(body_schema(all, what->described), "properties"), name,
                        value)
    {
        ck_assert_msg(is_said(what, name) || repeats_path(what->path, name),
                      "%s %s: no verb says %s", what->method, what->path, name);
    }
    json_array_foreach(json_object_get(what->described, "parameters"), i, value)
    {
        const char *in = json_string_value(json_object_get(value, "in"));
        name = json_string_value(json_object_get(value, "name"));
        if (in == NULL || strcmp(in, "query") != 0 || strcmp(name, "after") == 0 ||
            strstr(what->path, "/events") != NULL)
            continue;
        ck_assert_msg(is_said(what, name), "%s %s: no verb says %s", what->method, what->path,
                      name);
    }
}

START_TEST(every_member_and_parameter_can_be_said)
{
    struct described all = read_described();
    each_operation(&all, expect_members);
    described_release(&all);
}
END_TEST

static bool no_secret(const char *what, char *secret, char *why, size_t why_size)
{
    (void)what;
    (void)why;
    (void)why_size;
    snprintf(secret, 256, "hidden");
    return true;
}

/* "METHOD path body", then the body's type and what is accepted if they are said; or what is wrong.
 */
static void expect(const char *expected, const char *output, int count, const char *const *words)
{
    static const char none[] = "-";
    const struct ctl_ground ground = {no_secret, output};
    struct ctl_request request;
    char why[CTL_WHY_SIZE] = "", text[CTL_PATH_SIZE + 1024];
    const struct ctl_verb *verb = ctl_verb_find(words[0], words[1]);
    ck_assert_ptr_nonnull(verb);
    if (ctl_request_make(&request, verb, count - 2, words + 2, &ground, why))
        snprintf(text, sizeof(text), "%s %s %s%s%s%s%s", request.method, request.path,
                 request.body != NULL ? request.body : none, *request.type != '\0' ? " <" : "",
                 request.type, *request.accept != '\0' ? " >" : "", request.accept);
    else
        snprintf(text, sizeof(text), "%.*s", (int)strcspn(why, ";"), why);
    if (request.body != NULL)
        ck_assert_uint_eq(request.length, strlen(request.body));
    free(request.body);
    ck_assert_str_eq(text, expected);
}

#define EXPECT_FOR(output, expected, ...)                                       \
    do {                                                                        \
        const char *const words[] = {__VA_ARGS__};                              \
        expect(expected, output, (int)(sizeof(words) / sizeof(*words)), words); \
    } while (0)
#define EXPECT(expected, ...) EXPECT_FOR(NULL, expected, __VA_ARGS__)

START_TEST(words_become_requests)
{
    EXPECT("GET /api/v1/users/alice/roster -", "roster", "list", "alice");
    EXPECT("PUT /api/v1/users/alice/roster/sip%3Abob%40x {\"groups\":[\"a\",\"b\"],\"position\":2}",
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
    EXPECT("PATCH /api/v1/users/alice/roster/bob {\"groups\":[]}", "roster", "change", "alice",
           "bob", "--group", "");
    EXPECT("PATCH /api/v1/users/alice/settings {\"carbon\":\"on\",\"history\":null}", "setting",
           "change", "alice", "carbon=on", "history=");
    EXPECT("PUT /api/v1/users/alice/message-summary {\"voice\":{\"new\":2}}", "lamp", "set",
           "alice", "--voice", "{\"new\": 2}");
    EXPECT("POST /api/v1/users/alice/messages {\"to\":\"bob\",\"text\":\"--json\"}", "message",
           "send", "alice", "bob", "--", "--json");
}
END_TEST

START_TEST(secrets_are_asked_for)
{
    EXPECT("POST /api/v1/users {\"user\":\"alice\",\"password\":\"hidden\"}", "user", "add",
           "alice");
    EXPECT("PUT /api/v1/users/alice {}", "user", "replace", "alice");
    EXPECT("PUT /api/v1/users/alice {\"password\":\"hidden\",\"disabled\":false}", "user",
           "replace", "alice", "--password", "--disabled", "no");
}
END_TEST

START_TEST(files_become_bodies)
{
    char folder[] = "/tmp/verbs_test.XXXXXX", csv[64], other[64], wanted[256];
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(csv, sizeof(csv), "%s/people.CSV", folder);
    snprintf(other, sizeof(other), "%s/people", folder);
    for (int i = 0; i < 2; i++) {
        FILE *file = fopen(i == 0 ? csv : other, "w");
        ck_assert_ptr_nonnull(file);
        fputs("uri\nbob\n", file);
        fclose(file);
    }
    EXPECT("POST /api/v1/users/alice/roster uri\nbob\n <text/csv", "roster", "import", "alice",
           csv);
    EXPECT("PUT /api/v1/users/alice/roster uri\nbob\n <application/json", "roster", "replace",
           "alice", other);
    EXPECT("POST /api/v1/users/alice/roster uri\nbob\n <text/vcard", "roster", "import", "alice",
           "--format", "vcf", csv);
    EXPECT("there is no form xls", "roster", "import", "alice", csv, "--format", "xls");
    EXPECT("what is this for: more", "roster", "import", "alice", csv, "more");
    ck_assert_int_eq(unlink(csv), 0);
    snprintf(wanted, sizeof(wanted), "%s cannot be read: No such file or directory", csv);
    EXPECT(wanted, "roster", "import", "alice", csv);
    unlink(other);
    rmdir(folder);
}
END_TEST

START_TEST(answers_have_forms)
{
    EXPECT("GET /api/v1/users/alice/roster - >application/json", "roster", "export", "alice");
    EXPECT("GET /api/v1/users/alice/roster - >text/vcard", "roster", "export", "alice", "--format",
           "vcf");
    EXPECT_FOR("/a.b/people.csv", "GET /api/v1/users/alice/roster - >text/csv", "roster", "export",
               "alice");
    EXPECT_FOR("/a.csv/people", "GET /api/v1/users/alice/roster - >application/json", "roster",
               "export", "alice");
    EXPECT("GET /api/v1/users/alice/presence?as=bob - >application/pidf+xml", "presence", "export",
           "alice", "--as", "bob");
    EXPECT("there is no option --format", "user", "list", "--format", "csv");
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
    EXPECT("this is no number: 99999999999999999999", "user", "list", "--limit",
           "99999999999999999999");
    EXPECT("write yes or no, not maybe", "user", "change", "alice", "--disabled", "maybe");
    EXPECT("what is missing is the handling", "rule", "set", "alice", "bob");
    EXPECT("there is no option --secret-of", "webhook", "add", "x", "--secret-of", "y");
    EXPECT("this is no JSON: {", "lamp", "set", "alice", "--voice", "{");
    EXPECT("write NAME=VALUE, not carbon", "setting", "change", "alice", "carbon");
    EXPECT("what is missing is the settings", "setting", "change", "alice");
    EXPECT("this is no UTF-8: \xff", "rule", "set", "alice", "bob", "\xff");
}
END_TEST

/* RFC 3986 5.2.4: such a part would name the whole list, or its owner. */
START_TEST(no_word_makes_another_path)
{
    EXPECT("nothing was sent: . and .. cannot be the group", "group", "remove", "alice", "..");
    EXPECT("nothing was sent: . and .. cannot be the buddy", "roster", "remove", "alice", ".");
    EXPECT("nothing was sent: . and .. cannot be the user", "user", "delete", "..");
    EXPECT("what is missing is the buddy", "roster", "remove", "alice", "");
    EXPECT("DELETE /api/v1/users/alice/groups/... -", "group", "remove", "alice", "...");
    EXPECT("DELETE /api/v1/users/alice/groups/%252e%252E -", "group", "remove", "alice", "%2e%2E");
}
END_TEST

UNIT_MAIN("web/ctl/verbs", every_word_is_described_by_the_api, every_operation_and_form_has_a_verb,
          every_member_and_parameter_can_be_said, words_become_requests, secrets_are_asked_for,
          files_become_bodies, answers_have_forms, what_is_wrong_is_said,
          no_word_makes_another_path)
