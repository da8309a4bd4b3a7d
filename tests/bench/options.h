/* options.h: what herald-bench was asked to do. */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include <sys/types.h>

#include "net/net.h"

enum { PIDS_MAX = 64, FLOWS_MAX = 32 };

struct options {
    unsigned kinds; /* bits by number in kind_list(); 0: all */
    unsigned seconds, warm_ms;
    unsigned window;     /* closed loop: requests under way at a time */
    unsigned rate_per_s; /* open loop; 0: closed */
    unsigned users, watchers, presentities;
    unsigned lamps; /* subscriptions to the calls of users */
    unsigned drain; /* messages that wait for one device */
    unsigned flows; /* sockets, or connections */
    enum net_protocol protocol;
    bool digest;    /* the server trusts nobody */
    bool challenge; /* no nonce is used twice */
    bool quick;
    const char *herald; /* the program */
    const char *folder; /* where the temporary folder is made */
    const char *json;   /* NULL: none; "-": standard output */
    const char *domain, *password;
    struct net_address server; /* one that runs already; family 0: start one */
    pid_t pids[PIDS_MAX];      /* of that server, for its CPU time and memory */
    unsigned pid_count;
};

enum options_result { OPTIONS_RUN, OPTIONS_HELP, OPTIONS_WRONG };

/* Reads the command line; messages go to standard output (help) and error. Slices of argv stay;
 * `path` is memory for the name of the program that is started. */
enum options_result options_parse(int argc, char **argv, struct options *options, char *path,
                                  size_t path_size);

#endif
