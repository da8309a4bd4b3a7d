/* command_user.c: herald user add|passwd|delete|list, herald user alias add|remove|list.
 *
 * The password is asked for before the database is opened: a mistake changes nothing on the disk.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/secret.h"
#include "command_internal.h"
#include "folder.h"
#include "store/domains.h"

static bool report(const struct work *work, enum err err, const char *done)
{
    if (err == ERR_CONFLICT)
        return command_fail("%s is there already; herald user passwd %s changes the password",
                            work->aor, work->aor);
    if (err != ERR_NONE)
        return command_failed(work, err);
    printf("%s %s\n", done, work->aor);
    return true;
}

typedef enum err (*write_fn)(const struct work *work, struct account_file *file,
                             const struct store_account *account);

/* False with a message: the database cannot be opened. */
static bool write_account(const struct work *work, const struct digest_hex *ha1, write_fn write,
                          enum err *err)
{
    struct store_account account = {.aor = bytes_of(work->aor)};
    for (unsigned i = 0; i < DIGEST_COUNT; i++)
        account.ha1[i] = bytes_of(ha1[i].text);
    struct account_file *file = command_open(work);
    if (file == NULL)
        return false;
    *err = write(work, file, &account);
    account_file_close(&file);
    return true;
}

/* ERR_NOT_FOUND: the domain was taken away while the password was asked for. */
static enum err add_to_domain(const struct work *work, struct account_file *file,
                              const struct store_account *account)
{
    enum err err = account_begin(file);
    if (err == ERR_NONE && work->domain->made)
        err = domain_known(file, bytes_of(work->domain->name));
    if (err == ERR_NONE)
        err = account_add(file, account);
    if (err == ERR_NONE)
        err = account_commit(file);
    account_rollback(file);
    return err;
}

static bool report_added(const struct work *work, enum err err)
{
    if (err == ERR_NOT_FOUND)
        return command_fail("the domain %s was taken away just now; make it again over the API "
                            "(heraldctl domain add)",
                            work->domain->name);
    return report(work, err, "added");
}

/* The first account may come before the server's first start. */
static bool add_account(const struct work *work, const struct digest_hex *ha1)
{
    char why[WHY_SIZE];
    bool made;
    enum err err;
    if (!folder_make(work->config->data, &made, why, sizeof(why)))
        return command_fail("%s", why);
    bool added = write_account(work, ha1, add_to_domain, &err) && report_added(work, err);
    if (!added && made)
        folder_unmake(work->config->data);
    return added;
}

struct before {
    char *name; /* owned */
    bool disabled;
};

static void keep_before(void *context, const struct store_account *account)
{
    struct before *before = context;
    before->name = memory_copy(account->name);
    before->disabled = account->disabled;
}

/* Changes the password alone. */
static enum err change_password(const struct work *work, struct account_file *file,
                                const struct store_account *account)
{
    (void)work;
    struct store_account row = *account;
    struct before before = {NULL};
    enum err err = account_begin(file);
    if (err == ERR_NONE)
        err = account_visit(file, account->aor, keep_before, &before);
    row.name = bytes_of(before.name);
    row.disabled = before.disabled;
    if (err == ERR_NONE)
        err = account_change(file, &row);
    if (err == ERR_NONE)
        err = account_commit(file);
    account_rollback(file);
    free(before.name);
    return err;
}

static bool change_account(const struct work *work, const struct digest_hex *ha1)
{
    enum err err;
    return write_account(work, ha1, change_password, &err) && report(work, err, "changed");
}

/* What stands before the '@' of an address-of-record; the user part may hold one itself. */
static struct bytes user_of(struct bytes aor)
{
    size_t length = aor.length;
    while (length > 0 && aor.at[length - 1] != '@')
        length--;
    assert(length > 1);
    return bytes_first(aor, length - 1);
}

/* Asks for the password and hands its HA1s to `save`. */
static bool save_password(const struct work *work,
                          bool (*save)(const struct work *, const struct digest_hex *))
{
    char password[SECRET_SIZE], why[WHY_SIZE];
    struct digest_hex ha1[DIGEST_COUNT] = {0};
    if (!secret_ask("password", password, why, sizeof(why))) {
        explicit_bzero(password, sizeof(password));
        return command_fail("%s", why);
    }
    struct digest_engine *engine = digest_engine_new();
    struct bytes user = user_of(bytes_of(work->aor));
    auth_make_account(engine, user, bytes_of(work->domain->name), bytes_of(password), ha1);
    digest_engine_free(&engine);
    explicit_bzero(password, sizeof(password));
    bool saved = save(work, ha1);
    explicit_bzero(ha1, sizeof(ha1));
    return saved;
}

/* False with a message: a name of dots, or a service answers there. */
static bool may_be_made(const struct work *work, const char *aor)
{
    const char *fault = people_made_fault(bytes_of(aor));
    if (fault != NULL)
        return command_fail("%s: %s", aor, fault);
    if (!people_is_service(bytes_of(aor), bytes_of(work->config->im.list_user)))
        return true;
    return command_fail("%s is the service that sends to a list (im.list_user); take another name",
                        aor);
}

static bool user_add(struct work *work, const char *const *words)
{
    return command_find_user(work, words[0]) && may_be_made(work, work->aor) &&
           save_password(work, add_account);
}

static bool user_passwd(struct work *work, const char *const *words)
{
    return command_find_user(work, words[0]) && save_password(work, change_account);
}

static bool user_delete(struct work *work, const char *const *words)
{
    if (!command_find_user(work, words[0]))
        return false;
    struct account_file *file = command_open(work);
    if (file == NULL)
        return false;
    enum err err = account_delete(file, bytes_of(work->aor));
    account_file_close(&file);
    return report(work, err, "deleted");
}

static void print_account(void *context, const struct store_account *account)
{
    (void)context;
    printf("%.*s\n", BYTES_ARGS(account->aor));
}

static bool user_list(struct work *work, const char *const *words)
{
    (void)words;
    struct account_file *file = command_open(work);
    if (file == NULL)
        return false;
    enum err err = account_list(file, print_account, NULL);
    account_file_close(&file);
    if (err != ERR_NONE)
        return command_fail("the users in %s cannot be read: %s", work->config->data,
                            err_name(err));
    return true;
}

/* Other names. */

/* The alias that a word names, of the user's domain; false with a message. */
static bool find_alias(const struct work *work, const char *word, struct people_aor *alias)
{
    if (people_find_alias(work->domains, bytes_of(word), alias) != PEOPLE_GOOD ||
        alias->domain != work->domain)
        return command_fail("%s is no name in %s", word, work->domain->name);
    return true;
}

static bool report_alias(const struct work *work, enum err err, const char *alias,
                         const char *holder)
{
    if (err == ERR_CONFLICT)
        return command_fail("%s is %s%s already; take another name", alias,
                            holder != NULL ? "an alias of " : "a user",
                            holder != NULL ? holder : "");
    if (err == ERR_LIMIT)
        return command_fail("%s has no room for another alias: policy.aliases_max is %u", work->aor,
                            work->config->aliases_max);
    return err == ERR_NONE || command_failed(work, err);
}

static bool alias_add(struct work *work, struct account_file *file, const char *word)
{
    struct people_aor alias;
    char *holder = NULL;
    if (!find_alias(work, word, &alias) || !may_be_made(work, alias.text))
        return false;
    const struct store_alias row = {bytes_of(alias.text), bytes_of(work->aor), false};
    enum err err = account_put_alias(file, &row, work->config->aliases_max, &holder);
    bool added = report_alias(work, err, alias.text, holder);
    free(holder);
    if (added)
        printf("added %s for %s\n", alias.text, work->aor);
    return added;
}

static bool alias_remove(struct work *work, struct account_file *file, const char *word)
{
    struct people_aor alias;
    if (!find_alias(work, word, &alias))
        return false;
    const struct store_alias row = {bytes_of(alias.text), bytes_of(work->aor), false};
    enum err err = account_delete_alias(file, &row);
    if (err == ERR_NOT_FOUND)
        return command_fail("%s is no alias of %s", alias.text, work->aor);
    if (!report_alias(work, err, alias.text, NULL))
        return false;
    printf("removed %s of %s\n", alias.text, work->aor);
    return true;
}

static void print_alias(void *context, const struct store_alias *alias)
{
    (void)context;
    printf("%.*s\n", BYTES_ARGS(alias->alias));
}

static bool alias_list(struct work *work, struct account_file *file, const char *word)
{
    (void)word;
    enum err err = account_known(file, bytes_of(work->aor));
    if (err == ERR_NONE)
        err = account_list_aliases(file, bytes_of(work->aor), print_alias, NULL);
    return err == ERR_NONE || command_failed(work, err);
}

/* words: add USER ALIAS, remove USER ALIAS, list USER. */
static bool user_alias(struct work *work, const char *const *words)
{
    static const struct {
        const char *name;
        bool names; /* an alias */
        bool (*run)(struct work *work, struct account_file *file, const char *word);
    } verbs[] = {
        {"add", true, alias_add}, {"remove", true, alias_remove}, {"list", false, alias_list}};
    size_t i = 0;
    while (i < 3 && strcmp(words[0], verbs[i].name) != 0)
        i++;
    if (i == 3 || verbs[i].names != (words[2] != NULL))
        return command_fail("herald user alias add USER ALIAS, remove USER ALIAS or list USER");
    if (!command_find_account(work, words[1]))
        return false;
    struct account_file *file = command_open(work);
    bool done = file != NULL && verbs[i].run(work, file, words[2]);
    account_file_close(&file);
    return done;
}

static const struct verb verbs[] = {
    {"add", 1, 1, "the name of a user", user_add},
    {"passwd", 1, 1, "the name of a user", user_passwd},
    {"delete", 1, 1, "the name of a user", user_delete},
    {"list", 0, 0, "no name", user_list},
    {"alias", 2, 3, "add, remove or list, a user, and an alias", user_alias},
};

static const struct verb *find(const char *const *words)
{
    return command_verb(verbs, sizeof(verbs) / sizeof(verbs[0]), "user", words + 1);
}

bool command_user_check(const char *const *words)
{
    return find(words) != NULL;
}

bool command_user(struct work *work, const char *const *words)
{
    return find(words)->run(work, words + 2);
}
