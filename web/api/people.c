/* people.c: who has an account, and what they choose.
 *
 *   body --judged--> transaction: what there is --If-Match--> what there is to be --> durable
 *
 * A password is hashed here (RFC 8760: three HA1) and never goes back out. */
#include "web/api/people.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "front/auth.h"
#include "front/domains.h"
#include "policy/preferences.h"
#include "sip/uri.h"
#include "store/domains.h"
#include "web/api/given_internal.h"
#include "web/api/text_internal.h"

enum { PATH_SIZE = 2048, TEXT_SIZE = 512, LOOKED_AT_MOST = 10000 /* accounts, for one page */ };

/* An account, with memory of its own. */
struct person {
    struct people_aor aor;
    char name[PEOPLE_NAME_MAX_BYTES + 1];
    struct digest_hex ha1[DIGEST_COUNT];
    bool disabled;
    uint64_t version;
};

static void person_take(void *context, const struct store_account *stored)
{
    struct person *person = context;
    struct buffer name = buffer_over(person->name, sizeof(person->name) - 1);
    buffer_put(&name, stored->name);
    person->name[name.length] = '\0';
    for (unsigned i = 0; i < DIGEST_COUNT; i++) {
        person->ha1[i] = (struct digest_hex){""};
        if (stored->ha1[i].length <= DIGEST_HEX_MAX)
            memcpy(person->ha1[i].text, stored->ha1[i].at, stored->ha1[i].length);
    }
    person->disabled = stored->disabled;
    person->version = stored->changed;
}

static void person_release(struct person *person)
{
    explicit_bzero(person->ha1, sizeof(person->ha1));
}

static struct store_account person_row(const struct person *person)
{
    struct store_account row = {
        .aor = bytes_of(person->aor.text),
        .name = bytes_of(person->name),
        .disabled = person->disabled,
        .changed = person->version,
    };
    for (unsigned i = 0; i < DIGEST_COUNT; i++)
        row.ha1[i] = bytes_of(person->ha1[i].text);
    return row;
}

static json_t *account_json(const struct store_account *account)
{
    json_t *json = json_object();
    bool password = false;
    for (unsigned i = 0; i < DIGEST_COUNT; i++)
        password = password || !bytes_empty(account->ha1[i]);
    json_object_set_new(json, "user", given_json(account->aor));
    json_object_set_new(json, "domain", given_json(sip_aor_domain(account->aor)));
    json_object_set_new(json, "display_name", given_json(account->name));
    json_object_set_new(json, "disabled", json_boolean(account->disabled));
    json_object_set_new(json, "has_password", json_boolean(password));
    json_object_set_new(json, "version", json_integer((json_int_t)account->changed));
    return json;
}

static json_t *person_json(const struct person *person)
{
    const struct store_account row = person_row(person);
    return account_json(&row);
}

/* What a body says. */

struct wishes {
    struct bytes user, domain, name, password;
    bool disabled;
    bool has_user, has_name, has_password, has_disabled;
};

static const char *password_fault(struct bytes password)
{
    return people_password_fault(password);
}

/* What GET shows may come back with PUT, and says nothing. */
static bool read_wishes(struct web_call *call, struct faults *faults, struct wishes *wishes)
{
    static const char *const known[] = {"user",     "domain",       "display_name", "password",
                                        "disabled", "has_password", "version",      NULL};
    struct given given;
    *wishes = (struct wishes){.disabled = false};
    if (!given_object(call, faults, &given))
        return false;
    given_only(&given, known);
    wishes->has_user = given_text(&given, "user", NULL, &wishes->user);
    given_text(&given, "domain", NULL, &wishes->domain);
    wishes->has_name = given_text(&given, "display_name", people_name_fault, &wishes->name);
    wishes->has_password = given_text(&given, "password", password_fault, &wishes->password);
    wishes->has_disabled = given_truth(&given, "disabled", &wishes->disabled);
    return true;
}

/* What GET shows of the domain says nothing, by whatever name of it, and nothing else does. */
static void judge_domain(struct web_call *call, struct faults *faults, const struct wishes *wishes,
                         const struct people_aor *aor)
{
    struct bytes domain = sip_aor_domain(bytes_of(aor->text));
    if (!bytes_empty(wishes->domain) &&
        domains_find(web_domains(call), wishes->domain) != aor->domain)
        fault_add(faults, "/domain",
                  "this user is of %.*s; leave the domain out, and write user@domain to make one "
                  "elsewhere",
                  BYTES_ARGS(domain));
}

static struct bytes user_of(struct bytes aor)
{
    return bytes_first(aor, aor.length - sip_aor_domain(aor).length - 1);
}

static void apply(const struct wishes *wishes, struct person *person)
{
    struct buffer name = buffer_over(person->name, sizeof(person->name) - 1);
    if (wishes->has_name) {
        buffer_put(&name, wishes->name);
        person->name[name.length] = '\0';
    }
    if (wishes->has_disabled)
        person->disabled = wishes->disabled;
    if (!wishes->has_password)
        return;
    person_release(person);
    if (bytes_empty(wishes->password))
        return;
    struct digest_engine *engine = digest_engine_new();
    auth_make_account(engine, user_of(bytes_of(person->aor.text)),
                      bytes_of(person->aor.domain->name), wishes->password, person->ha1);
    digest_engine_free(&engine);
}

static void answer_person(struct web_call *call, const struct person *person, bool made)
{
    char text[PATH_SIZE];
    struct buffer place = buffer_over(text, sizeof(text));
    buffer_text(&place, "/api/v1/users/");
    buffer_percent(&place, bytes_of(person->aor.text));
    if (made)
        web_answer_field(call, "Location", buffer_bytes(&place));
    web_answer(call, made ? 201 : 200, person_json(person));
}

/* GET /users */

struct listing {
    json_t *items;
    unsigned limit, left; /* of items; of accounts that may be looked at */
    struct text_search *search;
    char last[PEOPLE_AOR_MAX + 1];
    bool more;
};

static bool is_found(const struct listing *listing, const struct store_account *account)
{
    return listing->search == NULL || text_search_finds(listing->search, account->aor) ||
           text_search_finds(listing->search, account->name);
}

static void list_one(void *context, const struct store_account *account)
{
    struct listing *listing = context;
    if (listing->left == 0 || json_array_size(listing->items) == listing->limit) {
        listing->more = true;
        return;
    }
    listing->left--;
    snprintf(listing->last, sizeof(listing->last), "%.*s", BYTES_ARGS(account->aor));
    if (is_found(listing, account))
        json_array_append_new(listing->items, account_json(account));
}

/* A search looks at so many, then it says where it goes on. */
static void list_people(struct web_call *call, struct account_file *file)
{
    struct page page;
    struct listing listing = {.more = false};
    if (!page_read(call, &page) || !text_search_read(call, &listing.search))
        return;
    listing.items = json_array();
    listing.limit = page.limit;
    listing.left = listing.search != NULL ? LOOKED_AT_MOST : page.limit;
    (void)web_query(call, "search", &page.search);
    enum err err = account_list_after(file, page.after, listing.left + 1, list_one, &listing);
    text_search_free(&listing.search);
    json_t *list =
        page_list(&page, "/api/v1/users", listing.items, listing.more ? listing.last : NULL);
    if (err == ERR_NONE) {
        web_answer(call, 200, list);
        return;
    }
    json_decref(list);
    given_failed(call, err);
}

/* One person. */

static void get_person(struct web_call *call, struct account_file *file)
{
    struct person person = {.disabled = false};
    if (!given_user(call, &person.aor))
        return;
    enum err err = account_visit(file, bytes_of(person.aor.text), person_take, &person);
    if (err == ERR_NONE)
        web_answer(call, 200, person_json(&person));
    else
        given_failed(call, err);
    person_release(&person);
}

/* Which of these a call wants. */
enum making { MAKE_NEW, MAKE_OR_REPLACE, MAKE_CHANGE };

static bool may_change(struct web_call *call, const struct person *person, bool there)
{
    json_t *current = there ? person_json(person) : NULL;
    bool may = web_may_change(call, current);
    json_decref(current);
    return may;
}

/* Within a transaction: is it a name to make, and was the domain not taken away while the call
 * came? False: that is answered, or *err says what failed. */
static bool may_be_made(struct web_call *call, struct account_file *file,
                        const struct people_aor *aor, enum err *err)
{
    const char *fault = people_made_fault(bytes_of(aor->text));
    const struct domain *domain = aor->domain;
    *err = ERR_NONE;
    if (fault != NULL) {
        web_problem(call, 400, "bad-name", "/user", "%s", fault);
        return false;
    }
    *err = domain->made ? domain_known(file, bytes_of(domain->name)) : ERR_NONE;
    if (*err != ERR_NOT_FOUND)
        return *err == ERR_NONE;
    *err = ERR_NONE;
    web_problem(call, 409, "conflict", "/user",
                "%s was taken away just now; PUT /api/v1/domains/{domain} makes it", domain->name);
    return false;
}

/* Within a transaction; *made: it was not there. Afterwards *person is what is there. */
static enum err write_person(struct web_call *call, struct account_file *file,
                             const struct wishes *wishes, enum making making, struct person *person,
                             bool *made)
{
    enum err err = account_visit(file, bytes_of(person->aor.text), person_take, person);
    *made = err == ERR_NOT_FOUND;
    if (err != ERR_NONE && (!*made || making == MAKE_CHANGE))
        return err;
    if (making == MAKE_NEW && !*made)
        return ERR_CONFLICT;
    if (!may_change(call, person, !*made))
        return ERR_NONE;
    if (making == MAKE_OR_REPLACE) {
        person->name[0] = '\0';
        person->disabled = false;
    }
    if (*made && (!given_new_name(call, "/user", &person->aor) ||
                  !may_be_made(call, file, &person->aor, &err)))
        return err;
    apply(wishes, person);
    const struct store_account row = person_row(person);
    err = *made ? account_add(file, &row) : account_change(file, &row);
    if (err != ERR_NONE)
        return err;
    return account_visit(file, bytes_of(person->aor.text), person_take, person);
}

static void save(struct web_call *call, struct account_file *file, const struct wishes *wishes,
                 enum making making, struct person *person)
{
    bool made = false;
    if (!given_begin(call, file))
        return;
    enum err err = write_person(call, file, wishes, making, person, &made);
    if (err == ERR_CONFLICT)
        web_problem(call, 409, "conflict", "/user",
                    "%s is there already; PUT or PATCH /api/v1/users/{user} changes it",
                    person->aor.text);
    if (given_end(call, file, err))
        answer_person(call, person, made);
    person_release(person);
}

/* The name that is wanted may be another one of an account that is there: then that is said. */
static bool is_no_alias(struct web_call *call, struct bytes user, const struct people_aor *aor)
{
    struct people_aor named;
    if (people_find_alias(web_domains(call), user, &named) != PEOPLE_GOOD ||
        strcmp(named.text, aor->text) == 0)
        return true;
    web_problem(call, 409, "alias", "/user",
                "%s is an alias of %s; take another name, or DELETE /api/v1/users/%s/aliases/%s "
                "first",
                named.text, aor->text, aor->text, named.text);
    return false;
}

static void post_person(struct web_call *call, struct account_file *file)
{
    struct faults faults = {NULL};
    struct wishes wishes;
    struct person person = {.disabled = false};
    if (!read_wishes(call, &faults, &wishes)) /* answered */
        return;
    enum people_fault fault = people_find_user(web_domains(call), wishes.user, &person.aor);
    if (!wishes.has_user || fault != PEOPLE_GOOD)
        given_name_fault(call, &faults, "/user", wishes.has_user ? fault : PEOPLE_NO_NAME);
    else
        judge_domain(call, &faults, &wishes, &person.aor);
    if (!faults_answer(call, &faults) && is_no_alias(call, wishes.user, &person.aor))
        save(call, file, &wishes, MAKE_NEW, &person);
}

/* Who changes the own account does not decide whether it may be used. */
static bool may_wish(struct web_call *call, const struct wishes *wishes)
{
    if (bytes_empty(web_caller(call)) || !wishes->has_disabled)
        return true;
    web_problem(call, 403, "forbidden", "/disabled",
                "only an administrator disables and enables accounts; leave it out");
    return false;
}

/* Who means an alias does not mean the account with all that it has: its password, its whole. */
static bool is_own_name(struct web_call *call, const struct people_aor *aor)
{
    struct people_aor named;
    if (people_find_alias(web_domains(call), web_part(call, "user"), &named) != PEOPLE_GOOD ||
        strcmp(named.text, aor->text) == 0)
        return true;
    web_problem(call, 409, "alias", "user",
                "%s is an alias of %s; an account is changed and erased by its own name, "
                "and DELETE /api/v1/users/%s/aliases/%s takes the alias away",
                named.text, aor->text, aor->text, named.text);
    return false;
}

static void change_person(struct web_call *call, struct account_file *file, enum making making)
{
    struct faults faults = {NULL};
    struct wishes wishes;
    struct people_aor named;
    struct person person = {.disabled = false};
    if (!given_user(call, &person.aor) || !is_own_name(call, &person.aor) ||
        !read_wishes(call, &faults, &wishes))
        return;
    if (wishes.has_user &&
        (people_find_user(web_domains(call), wishes.user, &named) != PEOPLE_GOOD ||
         strcmp(named.text, person.aor.text) != 0))
        fault_add(&faults, "/user", "an account keeps its name; make another one with POST");
    judge_domain(call, &faults, &wishes, &person.aor);
    if (!faults_answer(call, &faults) && may_wish(call, &wishes))
        save(call, file, &wishes, making, &person);
}

static void put_person(struct web_call *call, struct account_file *file)
{
    change_person(call, file, MAKE_OR_REPLACE);
}

static void patch_person(struct web_call *call, struct account_file *file)
{
    change_person(call, file, MAKE_CHANGE);
}

/* With all that is the user's: the store's part goes with the account, the reactor's when it takes
 * that over. */
static void delete_person(struct web_call *call, struct account_file *file)
{
    struct person person = {.disabled = false};
    if (!given_user(call, &person.aor) || !is_own_name(call, &person.aor) ||
        !given_begin(call, file))
        return;
    struct bytes aor = bytes_of(person.aor.text);
    enum err err = account_visit(file, aor, person_take, &person);
    if (err == ERR_NONE && may_change(call, &person, true))
        err = account_delete(file, aor);
    given_end(call, file, err);
    person_release(&person);
}

/* Settings. */

static json_t *setting_json(const struct preference *setting, struct bytes value)
{
    json_t *json = json_object(), *values = json_array();
    for (size_t i = 0; i < PREFERENCE_VALUES_MAX && setting->values[i] != NULL; i++)
        json_array_append_new(values, json_string(setting->values[i]));
    json_object_set_new(json, "name", json_string(setting->name));
    json_object_set_new(json, "value", bytes_empty(value) ? json_null() : given_json(value));
    json_object_set_new(json, "values", values);
    json_object_set_new(json, "help", json_string(setting->help));
    return json;
}

static void take_setting(void *context, const struct store_preference *preference)
{
    json_t *chosen = context;
    char name[TEXT_SIZE];
    snprintf(name, sizeof(name), "%.*s", BYTES_ARGS(preference->name));
    json_object_set_new(chosen, name, given_json(preference->value));
}

/* What the user chose, by name; NULL with *err. */
static json_t *load_settings(struct account_file *file, struct bytes aor, enum err *err)
{
    json_t *chosen = json_object();
    *err = account_known(file, aor);
    if (*err == ERR_NONE)
        *err = account_list_preferences(file, aor, take_setting, chosen);
    if (*err == ERR_NONE)
        return chosen;
    json_decref(chosen);
    return NULL;
}

static json_t *settings_json(const json_t *chosen)
{
    size_t count;
    const struct preference *known = preferences_known(&count);
    json_t *items = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(
            items, setting_json(&known[i], given_bytes(json_object_get(chosen, known[i].name))));
    return json_pack("{s:o}", "items", items);
}

static const struct preference *find_setting(struct bytes name)
{
    char text[TEXT_SIZE];
    snprintf(text, sizeof(text), "%.*s", BYTES_ARGS(name));
    return preference_find(text);
}

static const struct preference *given_setting(struct web_call *call)
{
    char names[TEXT_SIZE];
    struct buffer out = buffer_over(names, sizeof(names));
    const struct preference *setting = find_setting(web_part(call, "name"));
    preferences_write_names(&out);
    if (setting == NULL)
        web_problem(call, 404, "not-found", "name", "there is no such setting; there are %.*s",
                    BYTES_ARGS(buffer_bytes(&out)));
    return setting;
}

static void get_settings(struct web_call *call, struct account_file *file)
{
    struct people_aor aor;
    enum err err;
    if (!given_user(call, &aor) || !given_begin_read(call, file))
        return;
    json_t *chosen = load_settings(file, bytes_of(aor.text), &err);
    if (given_end(call, file, err))
        web_answer(call, 200, settings_json(chosen));
    json_decref(chosen);
}

static void get_setting(struct web_call *call, struct account_file *file)
{
    struct people_aor aor;
    enum err err;
    const struct preference *setting = given_setting(call);
    if (setting == NULL || !given_user(call, &aor) || !given_begin_read(call, file))
        return;
    json_t *chosen = load_settings(file, bytes_of(aor.text), &err);
    if (given_end(call, file, err))
        web_answer(call, 200,
                   setting_json(setting, given_bytes(json_object_get(chosen, setting->name))));
    json_decref(chosen);
}

/* A value that the setting can have; null or nothing clears it. */
static void judge_value(struct faults *faults, const struct preference *setting,
                        const json_t *value, const char *pointer)
{
    char values[TEXT_SIZE];
    struct buffer out = buffer_over(values, sizeof(values));
    if (json_is_null(value))
        return;
    if (json_is_string(value) && strlen(json_string_value(value)) == json_string_length(value) &&
        preference_takes(setting, json_string_value(value)))
        return;
    preference_write_values(setting, &out);
    fault_add(faults, pointer, "%s is one of %.*s, or null", setting->name,
              BYTES_ARGS(buffer_bytes(&out)));
}

static enum err put_value(struct account_file *file, struct bytes aor, const char *name,
                          const json_t *value)
{
    const struct store_preference row = {aor, bytes_of(name), given_bytes(value)};
    return account_put_preference(file, &row);
}

/* Puts what `wanted` has, in one transaction; of one setting when there is one. */
static void change_settings(struct web_call *call, struct account_file *file, const json_t *wanted,
                            const struct preference *one)
{
    struct people_aor aor;
    const char *name;
    json_t *value;
    enum err err;
    if (!given_user(call, &aor) || !given_begin(call, file))
        return;
    json_t *chosen = load_settings(file, bytes_of(aor.text), &err);
    json_t *current = NULL;
    if (err == ERR_NONE)
        current = one == NULL ? settings_json(chosen)
                              : setting_json(one, given_bytes(json_object_get(chosen, one->name)));
    if (err == ERR_NONE && web_may_change(call, current)) {
        json_object_foreach((json_t *)wanted, name, value)
        {
            if (err == ERR_NONE)
                err = put_value(file, bytes_of(aor.text), name, value);
        }
    }
    given_end(call, file, err);
    json_decref(current);
    json_decref(chosen);
}

static void patch_settings(struct web_call *call, struct account_file *file)
{
    struct faults faults = {NULL};
    struct given given;
    const char *name;
    json_t *value;
    if (!given_object(call, &faults, &given))
        return;
    json_object_foreach((json_t *)given.object, name, value)
    {
        char pointer[GIVEN_POINTER_SIZE];
        const struct preference *setting = find_setting(bytes_of(name));
        given_point(&given, name, pointer);
        if (setting == NULL)
            fault_add(&faults, pointer, "there is no such setting");
        else
            judge_value(&faults, setting, value, pointer);
    }
    if (!faults_answer(call, &faults))
        change_settings(call, file, given.object, NULL);
}

static void put_setting(struct web_call *call, struct account_file *file)
{
    static const char *const known[] = {"name", "value", "values", "help", NULL};
    struct faults faults = {NULL};
    struct given given;
    const struct preference *setting = given_setting(call);
    if (setting == NULL || !given_object(call, &faults, &given))
        return;
    json_t *value = json_object_get(given.object, "value");
    struct bytes name = bytes_of(setting->name);
    given_only(&given, known);
    if (given_text(&given, "name", NULL, &name) && !bytes_equal(name, bytes_of(setting->name)))
        fault_add(&faults, "/name", "a setting keeps its name; leave it out");
    if (value == NULL)
        fault_add(&faults, "/value", "a value is wanted; null clears the setting");
    else
        judge_value(&faults, setting, value, "/value");
    if (faults_answer(call, &faults))
        return;
    json_t *wanted = json_pack("{s:O}", setting->name, value);
    change_settings(call, file, wanted, setting);
    json_decref(wanted);
}

static void delete_setting(struct web_call *call, struct account_file *file)
{
    const struct preference *setting = given_setting(call);
    if (setting == NULL)
        return;
    json_t *wanted = json_pack("{s:n}", setting->name);
    change_settings(call, file, wanted, setting);
    json_decref(wanted);
}

#define USER "/api/v1/users/{user}"

const struct web_endpoint people_endpoints[] = {
    {WEB_GET, "/api/v1/users", WEB_PEOPLE, false, WEB_NO_BODY, list_people, NULL,
     "search, limit, after"},
    {WEB_POST, "/api/v1/users", WEB_PEOPLE, false, WEB_JSON, post_person, NULL},
    {WEB_GET, USER, WEB_PEOPLE, true, WEB_NO_BODY, get_person, NULL},
    {WEB_PUT, USER, WEB_PEOPLE, false, WEB_JSON, put_person, NULL},
    {WEB_PATCH, USER, WEB_PEOPLE, true, WEB_JSON, patch_person, NULL},
    {WEB_DELETE, USER, WEB_PEOPLE, false, WEB_NO_BODY, delete_person, NULL},
    {WEB_GET, USER "/settings", WEB_PEOPLE, true, WEB_NO_BODY, get_settings, NULL},
    {WEB_PATCH, USER "/settings", WEB_PEOPLE, true, WEB_JSON, patch_settings, NULL},
    {WEB_GET, USER "/settings/{name}", WEB_PEOPLE, true, WEB_NO_BODY, get_setting, NULL},
    {WEB_PUT, USER "/settings/{name}", WEB_PEOPLE, true, WEB_JSON, put_setting, NULL},
    {WEB_DELETE, USER "/settings/{name}", WEB_PEOPLE, true, WEB_NO_BODY, delete_setting, NULL},
    {.path = NULL},
};
