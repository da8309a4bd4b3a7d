/* main.c: the command line.
 *
 *     herald [--config FILE]                   serve
 *     herald --check-config [--config FILE]    only check the file
 *     herald --check [--config FILE]           look at everything around it
 *     herald --packages                        what can be watched, as a table
 *     herald user add|passwd|delete|list ...   the accounts
 *     herald roster|rule OWNER ...             who sees whom
 *     herald setting USER ...                  what somebody wants otherwise
 *     herald token add|list|revoke ...         who may call the HTTP API
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "command.h"
#include "config.h"
#include "inspect.h"
#include "package_table.h"
#include "policy/preferences.h"
#include "serve.h"

enum action {
    ACTION_SERVE,
    ACTION_CHECK,
    ACTION_CHECK_ALL,
    ACTION_TRY,
    ACTION_SAMPLE,
    ACTION_PACKAGES,
    ACTION_VERSION,
    ACTION_HELP,
    ACTION_COMMAND,
    ACTION_REFUSE
};

struct options {
    enum action action;
    struct command command;
};

static const struct option known_options[] = {
    {"config", required_argument, NULL, 'c'},
    {"data", required_argument, NULL, 'd'},
    {"group", required_argument, NULL, 'g'},
    {"check", no_argument, NULL, ACTION_CHECK_ALL}, /* for heraldctl check */
    {"check-config", no_argument, NULL, ACTION_CHECK},
    {"check-listen", no_argument, NULL, ACTION_TRY}, /* for ./run */
    {"sample-config", no_argument, NULL, ACTION_SAMPLE},
    {"packages", no_argument, NULL, ACTION_PACKAGES},
    {"version", no_argument, NULL, ACTION_VERSION},
    {"help", no_argument, NULL, ACTION_HELP},
    {NULL, 0, NULL, 0},
};

static enum action refuse(const char *what, const char *word)
{
    fprintf(stderr, "herald: %s%s; see herald --help\n", what, word);
    return ACTION_REFUSE;
}

/* False: there are too many. */
static bool add_group(struct command *command, const char *group)
{
    unsigned count = 0;
    while (command->groups[count] != NULL)
        count++;
    if (count < COMMAND_GROUPS_MAX)
        command->groups[count] = group;
    return count < COMMAND_GROUPS_MAX;
}

static enum action parse_options(int argc, char **argv, struct options *options)
{
    int option;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":", known_options, NULL)) != -1) {
        if (option == '?')
            return refuse("no such option: ", argv[optind - 1]);
        if (option == ':')
            return refuse("a value is missing after ", argv[optind - 1]);
        if (option == 'c')
            options->command.config = optarg;
        else if (option == 'd')
            options->command.data = optarg;
        else if (option == 'g' && !add_group(&options->command, optarg))
            return refuse("that is one group too many: ", optarg);
        else if (option != 'g')
            options->action = (enum action)option;
    }
    return options->action;
}

/* "herald check": of the options that are actions, people forget the dashes. */
static bool is_option(const char *word)
{
    const struct option *at = known_options;
    while (at->name != NULL && strcmp(at->name, word) != 0)
        at++;
    return at->name != NULL;
}

/* Words that are no options: a command and what it is about. */
static enum action parse_words(int count, char **words, struct options *options)
{
    if (options->action != ACTION_SERVE && count > 0)
        return refuse("what is this for: ", words[0]);
    if (count == 0 && options->command.groups[0] != NULL)
        return refuse("--group goes with herald roster", "");
    if (count == 0)
        return options->command.data == NULL
                   ? options->action
                   : refuse("--data goes with herald user, roster, rule, setting and token", "");
    if (!command_known(words[0]))
        return refuse(is_option(words[0]) ? "what is meant is --" : "no such command: ", words[0]);
    if (count > COMMAND_WORDS_MAX)
        return refuse("one thing at a time; what is this for: ", words[COMMAND_WORDS_MAX]);
    for (int i = 0; i < count; i++)
        options->command.words[i] = words[i];
    return ACTION_COMMAND;
}

static void print_settings(void)
{
    size_t count;
    const struct preference *known = preferences_known(&count);
    for (size_t i = 0; i < count; i++) {
        printf("  %s ", known[i].name);
        for (size_t j = 0; j < PREFERENCE_VALUES_MAX && known[i].values[j] != NULL; j++)
            printf("%s%s", j > 0 ? "|" : "", known[i].values[j]);
        printf(": %s\n", known[i].help);
    }
}

static int help(void)
{
    printf(
        "herald - a SIP SIMPLE presence and instant messaging server\n"
        "\n"
        "  herald [--config FILE]                 serve; FILE is %s when not given\n"
        "  herald --check-config [--config FILE]  check the file and end\n"
        "  herald --check [--config FILE]         ... and certificates, ports, DNS, clock, disk\n"
        "  herald --sample-config                 print every key with its default\n"
        "  herald --packages                      print what can be watched (RFC 6665)\n"
        "  herald user add NAME                   make an account\n"
        "  herald user passwd NAME                change its password\n"
        "  herald user delete NAME                remove it\n"
        "  herald user list                       print all accounts, one a line\n"
        "  herald user alias add NAME ALIAS       give somebody another name\n"
        "  herald user alias remove NAME ALIAS    take it away\n"
        "  herald user alias list NAME            print those that somebody has\n"
        "  herald roster NAME add BUDDY [TEXT] [--group GROUP]\n"
        "                                         put somebody into a user's roster, and there\n"
        "                                         into groups (--group may be repeated)\n"
        "  herald roster NAME remove BUDDY        take somebody out\n"
        "  herald roster NAME list                print it\n"
        "  herald rule NAME allow WATCHER         let somebody see a user\n"
        "  herald rule NAME confirm WATCHER       ... only when the user says so\n"
        "  herald rule NAME polite-block WATCHER  ... as if the user were never there\n"
        "  herald rule NAME block WATCHER         ... not at all\n"
        "  herald rule NAME show                  print all rules of a user (RFC 4745, RFC 5025)\n"
        "  herald rule NAME set FILE              ... and take others\n"
        "  herald rule NAME clear                 ... and take none: as the domain has it\n"
        "  herald setting NAME set SETTING VALUE  choose something for a user\n"
        "  herald setting NAME clear SETTING      what the configuration says, again\n"
        "  herald setting NAME show               print what was chosen\n"
        "  herald token add NAME SCOPES [DAYS]    make a token for the HTTP API, shown once;\n"
        "                                         SCOPES: \"*\" or \"rosters:write live:read\"\n"
        "  herald token list                      print all tokens, one a line\n"
        "  herald token revoke ID                 end one\n"
        "  herald --version | --help\n"
        "\n"
        "With user, roster, rule, setting and token goes --config FILE, or --data FOLDER (its\n"
        "herald.conf is read). NAME is alice@example.org; alice alone takes the first domain.\n"
        "Passwords are read from standard input, on a terminal they are asked for; FILE can\n"
        "be -. A running server acts upon changes within a second or two.\n"
        "\n"
        "SIGTERM ends the server, SIGHUP reopens the log and reads FILE again, SIGUSR1 logs\n"
        "figures.\n"
        "\n"
        "Settings, and what they can be:\n",
        CONFIG_USUAL);
    print_settings();
    return EXIT_SUCCESS;
}

static int check(const char *path)
{
    char why[1024];
    struct config *config = config_load(path, why, sizeof(why));
    if (config == NULL) {
        fprintf(stderr, "herald: %s\n", why);
        return EXIT_FAILURE;
    }
    printf("%s is fine\n", path);
    config_free(&config);
    return EXIT_SUCCESS;
}

static int sample(void)
{
    char *memory = memory_new(CONFIG_SAMPLE_SIZE);
    struct buffer out = buffer_over(memory, CONFIG_SAMPLE_SIZE - 1);
    config_write_sample(&out);
    fputs(memory, stdout);
    free(memory);
    return EXIT_SUCCESS;
}

static int packages(void)
{
    char *memory = memory_new(PACKAGE_TABLE_SIZE);
    struct buffer out = buffer_over(memory, PACKAGE_TABLE_SIZE - 1);
    package_table_write(&out);
    fputs(memory, stdout);
    free(memory);
    return EXIT_SUCCESS;
}

static int version(void)
{
    printf("herald %s\n", HERALD_VERSION);
    return EXIT_SUCCESS;
}

static int act(const struct options *options)
{
    const char *path = options->command.config != NULL ? options->command.config : CONFIG_USUAL;
    switch (options->action) {
    case ACTION_SERVE:
        return serve(path);
    case ACTION_CHECK:
        return check(path);
    case ACTION_CHECK_ALL:
        return check_all(path);
    case ACTION_TRY:
        return serve_try(path);
    case ACTION_SAMPLE:
        return sample();
    case ACTION_PACKAGES:
        return packages();
    case ACTION_VERSION:
        return version();
    case ACTION_HELP:
        return help();
    case ACTION_COMMAND:
        return command_run(&options->command);
    case ACTION_REFUSE:
        break;
    }
    return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    struct options options = {.action = ACTION_SERVE};
    options.action = parse_options(argc, argv, &options);
    if (options.action != ACTION_REFUSE)
        options.action = parse_words(argc - optind, argv + optind, &options);
    return act(&options);
}
