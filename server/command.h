/* command.h: `herald user ...`, the accounts from the command line. Works beside a running server.
 */
#ifndef SERVER_COMMAND_H
#define SERVER_COMMAND_H

/* What was asked for. */
struct user_command {
    const char *config; /* of --config; NULL: herald.conf in the data folder, or the usual one */
    const char *data;   /* of --data; NULL: as the configuration says */
    const char *verb;   /* "add", "passwd", "delete", "list"; NULL: none was given */
    const char *user;   /* "alice" or "alice@example.org"; NULL: none was given */
};

/* Where the configuration is when nobody says. */
#define CONFIG_USUAL "/etc/herald/herald.conf"

/* Does it; messages go to standard output and error. Returns the exit code. */
int command_user(const struct user_command *command);

#endif
