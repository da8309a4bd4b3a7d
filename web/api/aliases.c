/* aliases.c: other names of accounts. Whoever is named by one in a path or a body is the account
 * (front/aliases.h); here alone an alias is itself. */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "web/api/given_internal.h"
#include "web/api/people.h"

static json_t *alias_json(struct bytes alias, struct bytes user)
{
    json_t *json = json_object();
    json_object_set_new(json, "alias", given_json(alias));
    json_object_set_new(json, "user", given_json(user));
    return json;
}

static void take_alias(void *context, const struct store_alias *alias)
{
    json_array_append_new(context, alias_json(alias->alias, alias->aor));
}

static void get_aliases(struct web_call *call, struct account_file *file)
{
    struct people_aor user;
    if (!given_user(call, &user) || !given_begin_read(call, file))
        return;
    json_t *items = json_array();
    enum err err = account_known(file, bytes_of(user.text));
    if (err == ERR_NONE)
        err = account_list_aliases(file, bytes_of(user.text), take_alias, items);
    if (given_end(call, file, err))
        web_answer(call, 200, json_pack("{s:O}", "items", items));
    json_decref(items);
}

/* User and alias of the path; false: 400 or 404 is answered. */
static bool given_alias(struct web_call *call, struct people_aor *user, struct people_aor *alias)
{
    if (!given_user(call, user))
        return false;
    enum people_fault fault = people_find_alias(web_domains(call), web_part(call, "alias"), alias);
    if (fault == PEOPLE_GOOD && alias->domain == user->domain)
        return true;
    web_problem(call, 400, "bad-name", "alias",
                "an alias is a name of the user's domain, like sales or sales@%s",
                user->domain->name);
    return false;
}

/* The same of one that is to be there. */
static bool given_new_alias(struct web_call *call, struct people_aor *user,
                            struct people_aor *alias)
{
    if (!given_alias(call, user, alias))
        return false;
    const char *fault = people_made_fault(bytes_of(alias->text));
    if (fault != NULL)
        web_problem(call, 400, "bad-name", "alias", "%s", fault);
    return fault == NULL;
}

struct count {
    struct bytes wanted;
    bool found;
};

static void look_for(void *context, const struct store_alias *alias)
{
    struct count *count = context;
    count->found |= bytes_equal(alias->alias, count->wanted);
}

/* The user's alias as it is; *alias NULL: there is none. */
static enum err find_alias(struct account_file *file, const struct store_alias *row, json_t **alias)
{
    struct count count = {row->alias, false};
    enum err err = account_known(file, row->aor);
    if (err == ERR_NONE)
        err = account_list_aliases(file, row->aor, look_for, &count);
    *alias = count.found ? alias_json(row->alias, row->aor) : NULL;
    return err;
}

static void no_alias(struct web_call *call, const struct store_alias *row)
{
    web_problem(call, 404, "not-found", "alias",
                "%.*s is no alias of %.*s; GET /api/v1/users/{user}/aliases lists those that are",
                BYTES_ARGS(row->alias), BYTES_ARGS(row->aor));
}

static void get_alias(struct web_call *call, struct account_file *file)
{
    struct people_aor user, alias;
    json_t *current;
    if (!given_alias(call, &user, &alias) || !given_begin_read(call, file))
        return;
    const struct store_alias row = {bytes_of(alias.text), bytes_of(user.text), false};
    enum err err = find_alias(file, &row, &current);
    if (err == ERR_NONE && current == NULL)
        no_alias(call, &row);
    if (given_end(call, file, err))
        web_answer(call, 200, json_incref(current));
    json_decref(current);
}

static void explain_refusal(struct web_call *call, enum err err, const struct people_aor *alias,
                            const char *holder)
{
    if (err == ERR_CONFLICT && holder != NULL)
        web_problem(call, 409, "conflict", "alias",
                    "%s is an alias of %s; DELETE it there first, or take another name",
                    alias->text, holder);
    else if (err == ERR_CONFLICT)
        web_problem(call, 409, "conflict", "alias",
                    "%s is an account; erase that first, or take another name", alias->text);
    else if (err == ERR_LIMIT)
        web_problem(call, 409, "limit", "alias",
                    "a user has at most %u %s (policy.aliases_max); DELETE one first",
                    web_limits(call)->aliases_max,
                    word_for(web_limits(call)->aliases_max, "alias", "aliases"));
}

static void put_alias(struct web_call *call, struct account_file *file)
{
    struct people_aor user, alias;
    char *holder = NULL;
    json_t *current;
    if (!given_new_alias(call, &user, &alias) || !given_begin(call, file))
        return;
    const struct store_alias row = {bytes_of(alias.text), bytes_of(user.text), false};
    enum err err = find_alias(file, &row, &current);
    if (err == ERR_NONE && web_may_change(call, current) &&
        (current != NULL || given_new_name(call, "alias", &alias)))
        err = account_put_alias(file, &row, web_limits(call)->aliases_max, &holder);
    explain_refusal(call, err, &alias, holder);
    if (given_end(call, file, err))
        web_answer(call, current != NULL ? 200 : 201, alias_json(row.alias, row.aor));
    json_decref(current);
    free(holder);
}

static void delete_alias(struct web_call *call, struct account_file *file)
{
    struct people_aor user, alias;
    json_t *current;
    if (!given_alias(call, &user, &alias) || !given_begin(call, file))
        return;
    const struct store_alias row = {bytes_of(alias.text), bytes_of(user.text), false};
    enum err err = find_alias(file, &row, &current);
    if (err == ERR_NONE && current == NULL)
        no_alias(call, &row);
    else if (err == ERR_NONE && web_may_change(call, current))
        err = account_delete_alias(file, &row);
    given_end(call, file, err);
    json_decref(current);
}

#define ALIASES "/api/v1/users/{user}/aliases"

const struct web_endpoint aliases_endpoints[] = {
    {WEB_GET, ALIASES, WEB_PEOPLE, true, WEB_NO_BODY, get_aliases, NULL},
    {WEB_GET, ALIASES "/{alias}", WEB_PEOPLE, true, WEB_NO_BODY, get_alias, NULL},
    {WEB_PUT, ALIASES "/{alias}", WEB_PEOPLE, false, WEB_NO_BODY, put_alias, NULL},
    {WEB_DELETE, ALIASES "/{alias}", WEB_PEOPLE, false, WEB_NO_BODY, delete_alias, NULL},
    {.path = NULL},
};
