/* server.h: a herald of our own, with a temporary folder, on free ports of the loopback. */
#ifndef BENCH_SERVER_H
#define BENCH_SERVER_H

#include "meter.h"

struct server;

/* Makes a folder for the whole run with a database that holds the accounts. NULL with `why`. */
struct server *server_new(const struct options *options, char *why, size_t why_size);

/* Removes the folder; the process must have been stopped. */
void server_free(struct server **server);

/* How it is configured. */
struct server_wish {
    bool trusts;  /* it believes the loopback */
    bool forgets; /* it keeps no history of messages */
};

/* Starts the program on a fresh copy of that database and waits until it is ready. False with
 * `why`. */
bool server_start(struct server *server, const struct server_wish *wish, char *why,
                  size_t why_size);

/* Where it listens, and its process. */
const struct net_address *server_address(const struct server *server);
const struct meter *server_meter(const struct server *server);

/* Ends it by SIGTERM. False with `why` when it did not end well. */
bool server_stop(struct server *server, char *why, size_t why_size);

#endif
