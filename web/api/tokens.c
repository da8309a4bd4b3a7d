/* tokens.c: tokens over the API: list, make (shown once), revoke. Who may make tokens may make one
 * that opens everything: tokens:write is as much as "*". */
#include "web/api/tokens.h"

#include <stdio.h>

#include "base/buffer.h"
#include "web/api/give_internal.h"
#include "web/api/given_internal.h"
#include "web/scopes.h"
#include "web/secret.h"

enum { NAME_MAX_BYTES = 100, SCOPES_SIZE = 512, YEARS_MAX = 10, YEAR_S = 31536000 };

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
    json_t *json = json_object();
    give_text(json, "id", token->id);
    give_text(json, "name", token->name);
    json_object_set_new(json, "scopes", scopes_json(token->scopes));
    give_time(json, "made", token->made_ms);
    give_time(json, "expires", token->expires_ms);
    give_time(json, "used", token->used_ms);
    return json;
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

static void take_name(const struct given *given, struct wish *wish)
{
    wish->name = given_bytes(json_object_get(given->object, "name"));
    if (bytes_empty(wish->name) || wish->name.length > NAME_MAX_BYTES)
        fault_add(given->faults, "/name",
                  "a text of 1 to %d bytes is wanted, which says what the token is for",
                  NAME_MAX_BYTES);
}

static void take_scopes(const struct given *given, struct wish *wish)
{
    const json_t *list = json_object_get(given->object, "scopes"), *scope;
    struct buffer out = buffer_over(wish->scopes, sizeof(wish->scopes) - 1);
    struct bytes wrong = BYTES("");
    size_t i;
    bool good = json_array_size(list) > 0;
    json_array_foreach(list, i, scope)
    {
        struct bytes text = given_bytes(scope);
        good = good && json_is_string(scope) && bytes_index(text, ' ') < 0 &&
               scope_judge(text, &wrong);
        if (good)
            buffer_format(&out, "%s%.*s", i > 0 ? " " : "", BYTES_ARGS(text));
    }
    wish->scopes[out.length] = '\0';
    if (!good || out.overflow)
        fault_add(given->faults, "/scopes",
                  "a list like [\"rosters:write\", \"live:read\"] is wanted, or [\"*\"] for "
                  "everything; the areas are %s",
                  scope_areas());
}

static void take_expiry(const struct given *given, struct wish *wish)
{
    const json_t *seconds = json_object_get(given->object, "expires_in_s");
    json_int_t value = json_integer_value(seconds), most = (json_int_t)YEARS_MAX * YEAR_S;
    wish->expires_ms = 0;
    if (seconds == NULL || json_is_null(seconds))
        return;
    if (json_is_integer(seconds) && value >= 1 && value <= most)
        wish->expires_ms = web_wall_ms() + (uint64_t)value * 1000;
    else
        fault_add(given->faults, "/expires_in_s",
                  "a number of seconds from 1 to %lld is wanted, or none", (long long)most);
}

/* False: it is wrong, and that is answered. */
static bool read_wish(struct web_call *call, struct wish *wish)
{
    static const char *const known[] = {"name", "scopes", "expires_in_s", NULL};
    struct faults faults = {NULL};
    struct given given;
    if (!given_object(call, &faults, &given))
        return false;
    given_only(&given, known);
    take_name(&given, wish);
    take_scopes(&given, wish);
    take_expiry(&given, wish);
    return !faults_answer(call, &faults);
}

/* Nobody makes a token that can more than the own one. */
static bool may_give(struct web_call *call, const struct wish *wish)
{
    struct bytes scopes = bytes_of(wish->scopes);
    while (!bytes_empty(scopes)) {
        struct bytes scope = bytes_split(&scopes, ' ');
        if (web_has_scope(call, scope))
            continue;
        web_problem(call, 403, "scope", "/scopes",
                    "your token lacks %.*s, so it cannot make one that has it; use one that has",
                    BYTES_ARGS(scope));
        return false;
    }
    return true;
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
    struct web_secret secret;
    struct wish wish;
    if (!read_wish(call, &wish) || !may_give(call, &wish))
        return;
    if (!web_secret_make(&secret)) {
        web_problem(call, 503, "random", NULL, "the system gives no random bytes; try again");
        return;
    }
    const struct store_token row =
        web_secret_row(&secret, wish.name, bytes_of(wish.scopes), web_wall_ms(), wish.expires_ms);
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
