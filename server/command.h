/* command.h: `herald user|roster|rule|setting ...`: accounts and what belongs to them from the
 * command line. Works beside a running server, which notices within a second or two. */
#ifndef SERVER_COMMAND_H
#define SERVER_COMMAND_H

#include <stdbool.h>

enum { COMMAND_WORDS_MAX = 5, COMMAND_GROUPS_MAX = 16 };

/* What was asked for. */
struct command {
    const char *config; /* of --config; NULL: herald.conf in the data folder, or the usual one */
    const char *data;   /* of --data; NULL: as the configuration says */
    const char *words[COMMAND_WORDS_MAX + 1];   /* "user", "add", "alice"; NULL behind the last */
    const char *groups[COMMAND_GROUPS_MAX + 1]; /* of --group, likewise */
};

/* Where the configuration is when nobody says. */
#define CONFIG_USUAL "/etc/herald/herald.conf"

/* True when there is such a command. */
bool command_known(const char *name);

/* Does it; messages go to standard output and error. Returns the exit code. */
int command_run(const struct command *command);

#endif
