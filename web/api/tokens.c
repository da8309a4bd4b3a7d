/* tokens.c: tokens over the API: list, make (shown once), revoke. Who may make tokens may make one
 * that opens everything: tokens:write is as much as "*". */
#include "web/api/tokens.h"

#include <stdio.h>
#include <time.h>

#include "base/buffer.h"
#include "web/scopes.h"
#include "web/secret.h"

enum { NAME_MAX_BYTES = 100, SCOPES_SIZE = 512, YEARS_MAX = 10, YEAR_S = 31536000 };

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* RFC 3339 in UTC; null for 0. */
static json_t *time_of(uint64_t ms)
{
    char text[40], day[24];
    time_t seconds = (time_t)(ms / 1000);
    struct tm parts;
    if (ms == 0 || gmtime_r(&seconds, &parts) == NULL)
        return json_null();
    strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(text, sizeof(text), "%s.%03uZ", day, (unsigned)(ms % 1000));
    return json_string(text);
}

static json_t *scopes_json(struct bytes scopes)
{
    json_t *list = json_array();
    while (!bytes_empty(scopes)) {
        struct bytes one = bytes_split(&scopes, ' ');
        json_array_append_new(list, json_stringn(one.at, one.length));
    }
    return list;
}

static json_t *token_json(const struct store_token *token)
{
    return json_pack("{s:s%, s:s%, s:o, s:o, s:o, s:o}", "id", token->id.at, token->id.length,
                     "name", token->name.at, token->name.length, "scopes",
                     scopes_json(token->scopes), "made", time_of(token->made_ms), "expires",
                     time_of(token->expires_ms), "used", time_of(token->used_ms));
}

static void answer_failure(struct web_call *call, enum err err)
{
    if (err == ERR_NOT_FOUND)
        web_problem(call, 404, "not-found", "token",
                    "there is no token with this id; GET /api/v1/tokens lists those there are");
    else if (err == ERR_LIMIT)
        web_problem(call, 409, "limit", NULL,
                    "there are %d tokens already; revoke those that nobody uses", WEB_TOKENS_MAX);
    else
        web_problem(call, 503, "database", NULL, "the tokens cannot be reached: %s; try again",
                    err_name(err));
}

static void add_item(void *context, const struct store_token *token)
{
    json_array_append_new(context, token_json(token));
}

static void list_file(struct web_call *call, struct account_file *file)
{
    json_t *items = json_array();
    enum err err = token_list(file, add_item, items);
    if (err == ERR_NONE) {
        web_answer(call, 200, json_pack("{s:o}", "items", items));
        return;
    }
    json_decref(items);
    answer_failure(call, err);
}

static void take_one(void *context, const struct store_token *token)
{
    *(json_t **)context = token_json(token);
}

static void get_file(struct web_call *call, struct account_file *file)
{
    json_t *token = NULL;
    enum err err = token_read(file, web_part(call, "token"), take_one, &token);
    if (err == ERR_NONE)
        web_answer(call, 200, token);
    else
        answer_failure(call, err);
}

static void revoke_file(struct web_call *call, struct account_file *file)
{
    json_t *token = NULL;
    enum err err = token_read(file, web_part(call, "token"), take_one, &token);
    bool may = err == ERR_NONE && web_may_change(call, token);
    json_decref(token);
    if (may)
        err = token_revoke(file, web_part(call, "token"));
    if (err != ERR_NONE)
        answer_failure(call, err);
}

/* What is wanted. */
struct wish {
    struct bytes name;
    char scopes[SCOPES_SIZE];
    uint64_t expires_ms;
};

static bool take_name(struct web_call *call, const json_t *body, struct wish *wish)
{
    const json_t *name = json_object_get(body, "name");
    wish->name = bytes_from(json_string_value(name), json_string_length(name));
    if (!bytes_empty(wish->name) && wish->name.length <= NAME_MAX_BYTES)
        return true;
    web_problem(call, 422, "invalid", "/name",
                "name must be a text of 1 to %d bytes that says what the token is for",
                NAME_MAX_BYTES);
    return false;
}

/* Nobody makes a token that can more than the own one. */
static bool may_give(struct web_call *call, const json_t *list)
{
    const json_t *scope;
    size_t i;
    json_array_foreach(list, i, scope)
    {
        if (web_has_scope(call, bytes_of(json_string_value(scope))))
            continue;
        web_problem(call, 403, "scope", "/scopes",
                    "your token lacks %s, so it cannot make one that has it; use one that has",
                    json_string_value(scope));
        return false;
    }
    return true;
}

static bool take_scopes(struct web_call *call, const json_t *body, struct wish *wish)
{
    const json_t *list = json_object_get(body, "scopes"), *scope;
    struct buffer out = buffer_over(wish->scopes, sizeof(wish->scopes) - 1);
    struct bytes wrong = BYTES("");
    size_t i;
    bool good = json_array_size(list) > 0;
    json_array_foreach(list, i, scope)
    {
        struct bytes text = bytes_from(json_string_value(scope), json_string_length(scope));
        good = good && json_is_string(scope) && bytes_index(text, ' ') < 0 &&
               scope_judge(text, &wrong);
        if (good)
            buffer_format(&out, "%s%.*s", i > 0 ? " " : "", BYTES_ARGS(text));
    }
    wish->scopes[out.length] = '\0';
    if (good && !out.overflow)
        return may_give(call, list);
    web_problem(call, 422, "invalid", "/scopes",
                "scopes must be a list like [\"rosters:write\", \"live:read\"], or [\"*\"] for "
                "everything; the areas are %s",
                scope_areas());
    return false;
}

static bool take_expiry(struct web_call *call, const json_t *body, struct wish *wish)
{
    const json_t *seconds = json_object_get(body, "expires_in_s");
    json_int_t value = json_integer_value(seconds);
    wish->expires_ms = 0;
    if (seconds == NULL || json_is_null(seconds))
        return true;
    wish->expires_ms = now_ms() + (uint64_t)value * 1000;
    if (json_is_integer(seconds) && value >= 1 && value <= (json_int_t)YEARS_MAX * YEAR_S)
        return true;
    web_problem(call, 422, "invalid", "/expires_in_s",
                "expires_in_s must be a number of seconds from 1 to %lld, or be left out",
                (long long)YEARS_MAX * YEAR_S);
    return false;
}

static bool knows_members(struct web_call *call, const json_t *body)
{
    static const char *const known[] = {"name", "scopes", "expires_in_s"};
    const char *key;
    const json_t *value;
    json_object_foreach((json_t *)(uintptr_t)body, key, value)
    {
        bool found = false;
        for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
            found = found || strcmp(known[i], key) == 0;
        if (!found) {
            web_problem(call, 422, "invalid", NULL,
                        "a token has no member \"%.100s\"; it has name, scopes and expires_in_s",
                        key);
            return false;
        }
    }
    if (!json_is_object(body))
        web_problem(call, 422, "invalid", "", "a token is an object with name and scopes");
    return json_is_object(body);
}

static void answer_made(struct web_call *call, const struct web_secret *secret,
                        const struct store_token *row)
{
    char location[64];
    json_t *value = token_json(row);
    snprintf(location, sizeof(location), "/api/v1/tokens/%s", secret->id);
    json_object_set_new(value, "token", json_string(secret->text));
    web_answer(call, 201, value);
    web_answer_field(call, "Location", bytes_of(location));
}

static void make_file(struct web_call *call, struct account_file *file)
{
    const json_t *body = web_json(call);
    struct web_secret secret;
    struct wish wish;
    if (!knows_members(call, body) || !take_name(call, body, &wish) ||
        !take_scopes(call, body, &wish) || !take_expiry(call, body, &wish))
        return;
    if (!web_secret_make(&secret)) {
        web_problem(call, 503, "random", NULL, "the system gives no random bytes; try again");
        return;
    }
    const struct store_token row =
        web_secret_row(&secret, wish.name, bytes_of(wish.scopes), now_ms(), wish.expires_ms);
    enum err err = token_add(file, &row, WEB_TOKENS_MAX);
    if (err == ERR_NONE)
        answer_made(call, &secret, &row);
    else
        answer_failure(call, err);
    explicit_bzero(&secret, sizeof(secret));
}

const struct web_endpoint tokens_endpoints[] = {
    {WEB_GET, "/api/v1/tokens", WEB_TOKENS, false, WEB_NO_BODY, list_file, NULL},
    {WEB_POST, "/api/v1/tokens", WEB_TOKENS, false, WEB_JSON, make_file, NULL},
    {WEB_GET, "/api/v1/tokens/{token}", WEB_TOKENS, false, WEB_NO_BODY, get_file, NULL},
    {WEB_DELETE, "/api/v1/tokens/{token}", WEB_TOKENS, false, WEB_NO_BODY, revoke_file, NULL},
    {.path = NULL},
};
