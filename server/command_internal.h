/* command_internal.h: what the commands share.
 *
 * Configuration, domains and names come first, then what is read from outside, and only then is the
 * database opened: a mistake in a command changes nothing on the disk. */
#ifndef SERVER_COMMAND_INTERNAL_H
#define SERVER_COMMAND_INTERNAL_H

#include "command.h"
#include "config.h"
#include "front/people.h"
#include "store/accounts.h"

enum { AOR_SIZE = PEOPLE_AOR_MAX + 1, WHY_SIZE = 1024 };

/* A command under way. */
struct work {
    const char *const *groups; /* of --group, as in struct command */
    struct config *config;
    struct domains *domains;
    const struct domain *domain; /* of the user */
    char aor[AOR_SIZE];          /* of the user that the command is about: "alice@example.org" */
};

/* A word of a command: how it is used, and what it does. */
struct verb {
    const char *name;
    unsigned least, most; /* words behind it */
    const char *wants;    /* what those are, for messages */
    bool (*run)(struct work *work, const char *const *words);
};

/* One line for the operator on standard error; false. */
bool command_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The verb of this name that takes the words behind it; NULL with a message. `command` is what
 * stands before it: "user", "roster OWNER". */
const struct verb *command_verb(const struct verb *verbs, size_t count, const char *command,
                                const char *const *words);

/* Fills work->aor and work->domain with the user that a word names; false with a message. */
bool command_find_user(struct work *work, const char *user);

/* The same; an alias in the database is its account. */
bool command_find_account(struct work *work, const char *user);

/* The canonical name of anybody ("bob", "carol@other.org"), of whatever domain, in `aor`
 * (AOR_SIZE); false with a message. */
bool command_find_anybody(const struct work *work, const char *who, char *aor);

/* The database; NULL with a message. */
struct account_file *command_open(const struct work *work);

/* Says why nothing was changed; false. */
bool command_failed(const struct work *work, enum err err);

/* The commands; words[0] is the command's name. */
bool command_user(struct work *work, const char *const *words);
bool command_roster(struct work *work, const char *const *words);
bool command_rule(struct work *work, const char *const *words);
bool command_setting(struct work *work, const char *const *words);
bool command_token(struct work *work, const char *const *words);

/* Judges the words before the configuration is read; false with a message. */
bool command_user_check(const char *const *words);
bool command_roster_check(const char *const *words);
bool command_rule_check(const char *const *words);
bool command_setting_check(const char *const *words);
bool command_token_check(const char *const *words);

#endif
