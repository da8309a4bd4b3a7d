/* command.c: herald user add|passwd|delete|list.
 *
 * Configuration, domains and the account's canonical name come first, then the password, and only
 * then is the database opened: a mistake in a command changes nothing on the disk.
 */
#include "command.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "folder.h"
#include "password.h"
#include "sip/uri.h"
#include "store/accounts.h"

enum { AOR_SIZE = 512, WHY_SIZE = 1024 };

/* One command under way. */
struct user_work {
    struct config *config;
    struct domains *domains;
    const struct domain *domain; /* of the user */
    char aor[AOR_SIZE];          /* "alice@example.org" */
};

__attribute__((format(printf, 1, 2))) static bool fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "herald: ");
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\n");
    va_end(arguments);
    return false;
}

static bool read_config(struct user_work *work, const struct user_command *command)
{
    char why[WHY_SIZE], beside[WHY_SIZE];
    const char *path = command->config != NULL ? command->config : CONFIG_USUAL;
    if (command->config == NULL && command->data != NULL) {
        snprintf(beside, sizeof(beside), "%s/herald.conf", command->data);
        path = beside;
    }
    work->config = config_load(path, why, sizeof(why));
    if (work->config == NULL)
        return fail("%s; name the configuration with --config FILE", why);
    if (command->data != NULL)
        work->config->data = command->data;
    work->domains = config_domains(work->config);
    return true;
}

/* "example.org, example.com" */
static void write_domains(const struct config *config, struct buffer *out)
{
    for (unsigned i = 0; i < config->domain_count; i++)
        buffer_format(out, "%s%s", i > 0 ? ", " : "", config->domains[i].domain.name);
    buffer_char(out, '\0');
}

/* Parses "alice", "alice@example.org", "sip:alice@example.org" as a URI. */
static bool parse_user(const struct user_work *work, const char *user, char *text, size_t size,
                       struct sip_uri *uri)
{
    bool scheme = strncmp(user, "sip:", 4) == 0;
    struct buffer whole = buffer_over(text, size);
    buffer_format(&whole, "%s%s", scheme ? "" : "sip:", user);
    if (strchr(user, '@') == NULL)
        buffer_format(&whole, "@%s", work->config->domains[0].domain.name);
    return !whole.overflow && verdict_ok(sip_uri_parse(buffer_bytes(&whole), uri)) &&
           uri->has_user && bytes_empty(uri->password) && uri->port == 0 &&
           bytes_empty(uri->parameters) && bytes_empty(uri->headers);
}

/* The canonical name and the domain of the user that the command names. */
static bool find_user(struct user_work *work, const char *user)
{
    assert(user != NULL);
    char text[AOR_SIZE], names[WHY_SIZE] = "";
    struct sip_uri uri;
    if (!parse_user(work, user, text, sizeof(text), &uri))
        return fail("\"%s\" is no user name; write alice or alice@%s", user,
                    work->config->domains[0].domain.name);
    struct buffer aor = buffer_over(work->aor, sizeof(work->aor) - 1);
    work->domain = domains_write_aor(work->domains, &uri, &aor);
    if (work->domain != NULL && !aor.overflow)
        return true;
    struct buffer out = buffer_over(names, sizeof(names));
    write_domains(work->config, &out);
    return fail("%.*s is none of the configured domains (%s); use one of them, or add it to %s",
                BYTES_ARGS(uri.host), names, work->config->file);
}

static struct account_file *open_accounts(const struct user_work *work)
{
    char why[WHY_SIZE];
    enum err err;
    struct account_file *file = account_file_open(work->config->data, &err, why, sizeof(why));
    if (file == NULL)
        fail("%s", why);
    return file;
}

static bool report(const struct user_work *work, enum err err, const char *done)
{
    switch (err) {
    case ERR_NONE:
        printf("%s %s\n", done, work->aor);
        return true;
    case ERR_CONFLICT:
        return fail("%s is there already; herald user passwd %s changes the password", work->aor,
                    work->aor);
    case ERR_NOT_FOUND:
        return fail("there is no user %s; herald user list shows who is there", work->aor);
    default:
        return fail("%s was not changed: %s; look at the disk and the rights of %s", work->aor,
                    err_name(err), work->config->data);
    }
}

typedef enum err (*write_fn)(struct account_file *file, const struct store_account *account);

static bool write_account(const struct user_work *work, const struct digest_hex *ha1,
                          write_fn write, const char *done)
{
    struct store_account account = {.aor = bytes_of(work->aor)};
    for (unsigned i = 0; i < DIGEST_COUNT; i++)
        account.ha1[i] = bytes_of(ha1[i].text);
    struct account_file *file = open_accounts(work);
    if (file == NULL)
        return false;
    enum err err = write(file, &account);
    account_file_close(&file);
    return report(work, err, done);
}

/* The first account may come before the server's first start. */
static bool add_account(const struct user_work *work, const struct digest_hex *ha1)
{
    char why[WHY_SIZE];
    bool made;
    if (!folder_make(work->config->data, &made, why, sizeof(why)))
        return fail("%s", why);
    bool added = write_account(work, ha1, account_add, "added");
    if (!added && made)
        folder_unmake(work->config->data);
    return added;
}

static bool change_account(const struct user_work *work, const struct digest_hex *ha1)
{
    return write_account(work, ha1, account_change, "changed");
}

/* What stands before the '@' of an address-of-record. */
static struct bytes user_of(struct bytes aor)
{
    size_t domain = sip_aor_domain(aor).length;
    assert(aor.length > domain + 1);
    return bytes_first(aor, aor.length - domain - 1);
}

/* Asks for the password and hands its HA1s to `save`. */
static bool save_password(const struct user_work *work,
                          bool (*save)(const struct user_work *, const struct digest_hex *))
{
    char password[PASSWORD_SIZE], why[WHY_SIZE];
    struct digest_hex ha1[DIGEST_COUNT] = {0};
    if (!password_ask(password, why, sizeof(why))) {
        explicit_bzero(password, sizeof(password));
        return fail("%s", why);
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

static bool user_add(struct user_work *work)
{
    return save_password(work, add_account);
}

static bool user_passwd(struct user_work *work)
{
    return save_password(work, change_account);
}

static bool user_delete(struct user_work *work)
{
    struct account_file *file = open_accounts(work);
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

static bool user_list(struct user_work *work)
{
    struct account_file *file = open_accounts(work);
    if (file == NULL)
        return false;
    enum err err = account_list(file, print_account, NULL);
    account_file_close(&file);
    if (err != ERR_NONE)
        return fail("the users in %s cannot be read: %s", work->config->data, err_name(err));
    return true;
}

static const struct verb {
    const char *name;
    bool takes_user;
    bool (*run)(struct user_work *work);
} verbs[] = {
    {"add", true, user_add},
    {"passwd", true, user_passwd},
    {"delete", true, user_delete},
    {"list", false, user_list},
};

static const struct verb *find_verb(const char *name)
{
    for (size_t i = 0; name != NULL && i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    }
    return NULL;
}

static bool run(const struct user_command *command)
{
    const struct verb *verb = find_verb(command->verb);
    struct user_work work = {.config = NULL};
    if (verb == NULL)
        return fail("herald user wants one of add, passwd, delete and list; see herald --help");
    if (verb->takes_user != (command->user != NULL))
        return fail("herald user %s wants %s", verb->name,
                    verb->takes_user ? "the name of a user" : "no name");
    bool done = read_config(&work, command) &&
                (!verb->takes_user || find_user(&work, command->user)) && verb->run(&work);
    domains_free(&work.domains);
    config_free(&work.config);
    return done;
}

int command_user(const struct user_command *command)
{
    assert(command != NULL);
    bool done = run(command);
    if (fflush(stdout) != 0 && done)
        done = fail("standard output cannot be written: %s", strerror(errno));
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
