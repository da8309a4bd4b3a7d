/* command.c: herald user, roster, rule, setting and token: which one, and what they share.
 *
 *   words --> configuration and domains --> the command (command_user.c and its like)
 */
#include "command.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command_internal.h"
#include "store/domains.h"

static const struct {
    const char *name;
    bool (*check)(const char *const *words);
    bool (*run)(struct work *work, const char *const *words);
} commands[] = {
    {"user", command_user_check, command_user},
    {"roster", command_roster_check, command_roster},
    {"rule", command_rule_check, command_rule},
    {"setting", command_setting_check, command_setting},
    {"token", command_token_check, command_token},
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static size_t find_command(const char *name)
{
    size_t found = 0;
    while (found < COMMANDS && strcmp(commands[found].name, name) != 0)
        found++;
    return found;
}

bool command_known(const char *name)
{
    assert(name != NULL);
    return find_command(name) < COMMANDS;
}

bool command_fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "herald: ");
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\n");
    va_end(arguments);
    return false;
}

/* Words. */

/* "add, passwd, delete and list" */
static void write_verbs(const struct verb *verbs, size_t count, struct buffer *out)
{
    for (size_t i = 0; i < count; i++) {
        const char *before = i == 0 ? "" : i + 1 < count ? ", " : " and ";
        buffer_format(out, "%s%s", before, verbs[i].name);
    }
    buffer_char(out, '\0');
}

static const struct verb *find_verb(const struct verb *verbs, size_t count, const char *name)
{
    for (size_t i = 0; name != NULL && i < count; i++) {
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    }
    return NULL;
}

const struct verb *command_verb(const struct verb *verbs, size_t count, const char *command,
                                const char *const *words)
{
    char names[WHY_SIZE];
    struct buffer out = buffer_over(names, sizeof(names));
    const struct verb *verb = find_verb(verbs, count, words[0]);
    write_verbs(verbs, count, &out);
    if (verb == NULL) {
        command_fail("herald %s wants one of %s; see herald --help", command, names);
        return NULL;
    }
    unsigned given = 0;
    while (words[given + 1] != NULL && given <= verb->most)
        given++;
    if (given > verb->most && verb->most > 0)
        command_fail("herald %s %s wants %s; what is this for: %s", command, verb->name,
                     verb->wants, words[given]);
    else if (given > verb->most || given < verb->least)
        command_fail("herald %s %s wants %s", command, verb->name, verb->wants);
    else
        return verb;
    return NULL;
}

/* Configuration and names. */

static bool read_config(struct work *work, const struct command *command)
{
    char why[WHY_SIZE], beside[WHY_SIZE];
    const char *path = command->config != NULL ? command->config : CONFIG_USUAL;
    if (command->config == NULL && command->data != NULL) {
        snprintf(beside, sizeof(beside), "%s/herald.conf", command->data);
        path = beside;
    }
    work->config = config_load(path, why, sizeof(why));
    if (work->config == NULL)
        return command_fail("%s", why);
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

/* What is wrong with a name; false. */
static bool fail_name(const struct work *work, const char *name, enum people_fault fault,
                      const char *domain)
{
    char names[WHY_SIZE] = "";
    struct buffer out = buffer_over(names, sizeof(names));
    if (fault == PEOPLE_NO_NAME)
        return command_fail("\"%s\" is no user name; write alice or alice@%s", name,
                            work->config->domains[0].domain.name);
    if (fault == PEOPLE_TOO_LONG)
        return command_fail("\"%s\" is no user name: it is too long", name);
    write_domains(work->config, &out);
    return command_fail("%s is none of the configured domains (%s); use one of them, add it to "
                        "%s, or make it over the API (heraldctl domain add)",
                        domain, names, work->config->file);
}

/* The domains that were made over the API; false with a message when they cannot be read. A
 * database that is not there yet has none, and is not made for that. */
static bool learn_domains(const struct work *work)
{
    char path[WHY_SIZE];
    char *lines = NULL;
    snprintf(path, sizeof(path), "%s/herald.db", work->config->data);
    if (access(path, F_OK) != 0)
        return true;
    struct account_file *file = command_open(work);
    if (file == NULL)
        return false;
    enum err err = domain_lines(file, &lines);
    account_file_close(&file);
    if (err == ERR_NONE)
        (void)domains_take(work->domains, bytes_of(lines));
    free(lines);
    return err == ERR_NONE ||
           command_fail("domains cannot be read: %s; look at the disk and the rights of %s",
                        err_name(err), work->config->data);
}

/* Who is of none of the configured domains may be of another one. False with a message. */
static bool find_person(const struct work *work, const char *name, struct people_aor *found)
{
    enum people_fault fault = people_find_anybody(work->domains, bytes_of(name), found);
    if (fault == PEOPLE_GOOD && found->domain == NULL) {
        if (!learn_domains(work))
            return false;
        fault = people_find_anybody(work->domains, bytes_of(name), found);
    }
    return fault == PEOPLE_GOOD || fail_name(work, name, fault, found->text);
}

bool command_find_user(struct work *work, const char *user)
{
    assert(user != NULL);
    struct people_aor found;
    if (!find_person(work, user, &found))
        return false;
    enum people_fault fault = people_find_user(work->domains, bytes_of(user), &found);
    if (fault != PEOPLE_GOOD)
        return fail_name(work, user, fault, found.text);
    work->domain = found.domain;
    memcpy(work->aor, found.text, sizeof(found.text));
    return true;
}

bool command_find_anybody(const struct work *work, const char *who, char *aor)
{
    struct people_aor found;
    if (!find_person(work, who, &found))
        return false;
    memcpy(aor, found.text, sizeof(found.text));
    return true;
}

struct account_file *command_open(const struct work *work)
{
    char why[WHY_SIZE];
    enum err err;
    struct account_file *file = account_file_open(work->config->data, &err, why, sizeof(why));
    if (file == NULL)
        command_fail("%s", why);
    return file;
}

bool command_find_account(struct work *work, const char *user)
{
    char *aor = NULL;
    if (!command_find_user(work, user))
        return false;
    struct account_file *file = command_open(work);
    if (file == NULL)
        return false;
    enum err err = account_of_alias(file, bytes_of(work->aor), &aor);
    account_file_close(&file);
    if (aor != NULL)
        snprintf(work->aor, sizeof(work->aor), "%s", aor);
    free(aor);
    return err == ERR_NONE ||
           command_fail("aliases cannot be read: %s; look at the disk and the rights of %s",
                        err_name(err), work->config->data);
}

bool command_failed(const struct work *work, enum err err)
{
    if (err == ERR_NOT_FOUND)
        return command_fail("there is no user %s; herald user list shows who is there", work->aor);
    return command_fail("%s was not changed: %s; look at the disk and the rights of %s", work->aor,
                        err_name(err), work->config->data);
}

/* Groups are a buddy's. */
static bool check_groups(const struct command *command)
{
    const char *const *words = command->words;
    bool adds = strcmp(words[0], "roster") == 0 && words[1] != NULL && words[2] != NULL &&
                strcmp(words[2], "add") == 0;
    return adds || command->groups[0] == NULL ||
           command_fail("--group goes with herald roster OWNER add; see herald --help");
}

static bool run(const struct command *command)
{
    const char *const *words = command->words;
    struct work work = {.groups = command->groups};
    size_t which = find_command(words[0]);
    assert(which < COMMANDS);
    bool done = check_groups(command) && commands[which].check(words) &&
                read_config(&work, command) && commands[which].run(&work, words);
    domains_free(&work.domains);
    config_free(&work.config);
    return done;
}

int command_run(const struct command *command)
{
    assert(command != NULL && command->words[0] != NULL);
    bool done = run(command);
    if (fflush(stdout) != 0 && done)
        done = command_fail("standard output cannot be written: %s", strerror(errno));
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
