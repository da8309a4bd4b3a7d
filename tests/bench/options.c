/* options.c: the command line. */
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "measure.h"

enum { MILLION = 1000000, DAY_S = 86400 };

static const struct option known_options[] = {
    {"kind", required_argument, NULL, 'k'},     {"seconds", required_argument, NULL, 's'},
    {"warm", required_argument, NULL, 'm'},     {"window", required_argument, NULL, 'w'},
    {"rate", required_argument, NULL, 'r'},     {"users", required_argument, NULL, 'u'},
    {"watchers", required_argument, NULL, 'W'}, {"presentities", required_argument, NULL, 'P'},
    {"lamps", required_argument, NULL, 'l'},    {"drain", required_argument, NULL, 'n'},
    {"flows", required_argument, NULL, 'f'},    {"transport", required_argument, NULL, 't'},
    {"digest", no_argument, NULL, 'D'},         {"challenge", no_argument, NULL, 'C'},
    {"quick", no_argument, NULL, 'q'},          {"herald", required_argument, NULL, 'H'},
    {"folder", required_argument, NULL, 'F'},   {"json", required_argument, NULL, 'j'},
    {"server", required_argument, NULL, 'S'},   {"pid", required_argument, NULL, 'p'},
    {"domain", required_argument, NULL, 'd'},   {"password", required_argument, NULL, 'a'},
    {"help", no_argument, NULL, 'h'},           {NULL, 0, NULL, 0},
};

static void help(void)
{
    printf("herald-bench [OPTION ...]   how fast is Herald, and at what cost\n"
           "\n"
           "  --kind NAME[,NAME]  only these (all without it):\n");
    for (const struct measure *measure = measure_list(); measure->kind != NULL; measure++)
        printf("      %-12s %s\n", measure->kind->name, measure->about);
    printf(
        "  --seconds N         measure each for so long (5), after --warm MILLISECONDS (1000)\n"
        "  --window N          closed loop: requests under way at a time (64)\n"
        "  --rate N            open loop: arrivals a second; latency counts from the scheduled\n"
        "                      time\n"
        "  --users N           accounts (1000)\n"
        "  --watchers N        fanout: of each presentity (200), --presentities N (1) at a time\n"
        "  --lamps N           subscriptions to the calls of all users (10000)\n"
        "  --drain N           messages that wait for one device (10000)\n"
        "  --transport udp|tcp (udp)\n"
        "  --flows N           sockets or connections (1)\n"
        "  --digest            every request is proved; else only REGISTER, and the server is "
        "told\n"
        "                      to trust the loopback\n"
        "  --challenge         no nonce is used twice by REGISTER: each is challenged\n"
        "  --quick             one second each, small: does it work? A check, no measurement\n"
        "  --json FILE         all figures; - is standard output\n"
        "  --herald PROGRAM    what is started (HERALD, or the one built with this)\n"
        "  --folder DIR        where the temporary database is made (TMPDIR, or /var/tmp): its\n"
        "                      disk is part of what is measured\n"
        "  --server ADDRESS:PORT  load one that runs already, on the loopback; --pid N[,N] are\n"
        "                      its processes, --domain NAME its domain, --password TEXT that of\n"
        "                      the users u000000, u000001 ...\n"
        "\n"
        "Ends with 1 when any request failed.\n");
}

static bool refuse(const char *what, const char *word)
{
    fprintf(stderr, "herald-bench: %s%s; see --help\n", what, word);
    return false;
}

static bool parse_number(const char *text, unsigned least, unsigned most, unsigned *value)
{
    uint32_t number;
    if (!bytes_to_u32(bytes_of(text), &number) || number < least || number > most)
        return refuse("a number out of range: ", text);
    *value = number;
    return true;
}

static bool parse_kinds(const char *list, struct options *options)
{
    struct bytes rest = bytes_of(list);
    while (rest.length > 0) {
        struct bytes name = bytes_split(&rest, ',');
        unsigned i = 0;
        while (measure_list()[i].kind != NULL &&
               !bytes_equal(name, bytes_of(measure_list()[i].kind->name)))
            i++;
        if (measure_list()[i].kind == NULL)
            return refuse("no such kind in: ", list);
        options->kinds |= 1U << i;
    }
    return true;
}

static bool parse_pids(const char *list, struct options *options)
{
    struct bytes rest = bytes_of(list);
    while (rest.length > 0) {
        uint32_t pid;
        if (options->pid_count == PIDS_MAX || !bytes_to_u32(bytes_split(&rest, ','), &pid))
            return refuse("no list of process ids: ", list);
        options->pids[options->pid_count++] = (pid_t)pid;
    }
    return true;
}

static bool parse_server(const char *text, struct options *options)
{
    if (!net_address_parse_with_port(bytes_of(text), 5060, &options->server))
        return refuse("no address: ", text);
    if (!net_address_is_loopback(&options->server))
        return refuse("only servers on the loopback are loaded, not ", text);
    return true;
}

static bool parse_size(int option, const char *value, struct options *options)
{
    switch (option) {
    case 's':
        return parse_number(value, 1, DAY_S, &options->seconds);
    case 'm':
        return parse_number(value, 1, DAY_S * 1000, &options->warm_ms);
    case 'w':
        return parse_number(value, 1, MILLION, &options->window);
    case 'r':
        return parse_number(value, 1, MILLION, &options->rate_per_s);
    case 'u':
        return parse_number(value, 2, MILLION, &options->users);
    case 'W':
        return parse_number(value, 1, MILLION, &options->watchers);
    case 'l':
        return parse_number(value, 1, MILLION, &options->lamps);
    case 'n':
        return parse_number(value, 1, MILLION, &options->drain);
    case 'P':
        return parse_number(value, 1, MILLION, &options->presentities);
    default:
        return parse_number(value, 1, FLOWS_MAX, &options->flows);
    }
}

static void set_quick(struct options *options)
{
    options->quick = true;
    options->seconds = 1;
    options->warm_ms = 200;
    options->window = 8;
    options->users = 20;
    options->watchers = 5;
    options->lamps = 60;
    options->drain = 100;
}

static bool parse_option(int option, const char *value, struct options *options)
{
    switch (option) {
    case 'k':
        return parse_kinds(value, options);
    case 'S':
        return parse_server(value, options);
    case 'p':
        return parse_pids(value, options);
    case 't':
        return net_protocol_of(bytes_of(value), &options->protocol) ||
               refuse("no such transport: ", value);
    case 'D':
        options->digest = true;
        return true;
    case 'C':
        options->challenge = true;
        return true;
    case 'q':
        set_quick(options);
        return true;
    case 'H':
        options->herald = value;
        return true;
    case 'F':
        options->folder = value;
        return true;
    case 'j':
        options->json = value;
        return true;
    case 'd':
        options->domain = value;
        return true;
    case 'a':
        options->password = value;
        return true;
    default:
        return parse_size(option, value, options);
    }
}

/* herald-bench stands in BUILD/tests/bench, the server in BUILD. */
static const char *find_herald(char *path, size_t size)
{
    const char *named = getenv("HERALD");
    if (named != NULL)
        return named;
    ssize_t length = readlink("/proc/self/exe", path, size - 32);
    if (length < 0)
        return "herald";
    path[length] = '\0';
    for (int i = 0; i < 3; i++) {
        char *slash = strrchr(path, '/');
        if (slash != NULL)
            *slash = '\0';
    }
    length = (ssize_t)strlen(path);
    snprintf(path + length, size - (size_t)length, "/herald");
    return path;
}

static bool check(struct options *options, char *path, size_t size)
{
    if (options->herald == NULL)
        options->herald = find_herald(path, size);
    if (options->presentities > options->users)
        return refuse("there are more presentities than users", "");
    if (options->server.family != 0 && options->protocol == NET_TCP && options->flows > 1)
        return refuse("a server that runs already is loaded over one TCP connection", "");
    if (strlen(options->domain) > 64)
        return refuse("the domain is too long: ", options->domain);
    return true;
}

enum options_result options_parse(int argc, char **argv, struct options *options, char *path,
                                  size_t path_size)
{
    const char *folder = getenv("TMPDIR");
    int option;
    *options = (struct options){
        .seconds = 5,
        .warm_ms = 1000,
        .window = 64,
        .users = 1000,
        .watchers = 200,
        .presentities = 1,
        .lamps = 10000,
        .drain = 10000,
        .flows = 1,
        .folder = folder != NULL ? folder : "/var/tmp",
        .domain = "bench.example",
        .password = "bench-pw",
    };
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":", known_options, NULL)) != -1) {
        if (option == 'h') {
            help();
            return OPTIONS_HELP;
        }
        if (option == '?' || option == ':') {
            refuse("no such option, or its value is missing: ", argv[optind - 1]);
            return OPTIONS_WRONG;
        }
        if (!parse_option(option, optarg, options))
            return OPTIONS_WRONG;
    }
    if (optind < argc) {
        refuse("what is this for: ", argv[optind]);
        return OPTIONS_WRONG;
    }
    return check(options, path, path_size) ? OPTIONS_RUN : OPTIONS_WRONG;
}
