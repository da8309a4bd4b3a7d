/* reactor.h: one reactor: every part of the SIP side, put together.
 *
 * The composition that main drives with the real loop and the scenarios drive with a fake network,
 * a fake clock and a stepped store. Everything mutable hangs off it. */
#ifndef SERVER_REACTOR_H
#define SERVER_REACTOR_H

#include "base/log.h"
#include "base/metrics.h"
#include "base/world.h"
#include "config.h"
#include "http/http.h"
#include "net/net.h"
#include "transaction/transaction.h"
#include "web/core.h"

struct reactor;

/* What a reactor stands on; outlives it. */
struct reactor_ground {
    struct world *world;
    struct net *net;
    struct log *log;
    struct metrics *metrics;
    bool stepped_store;
    void (*wake)(void *context); /* from another thread: reactor_turn is wanted */
    void *wake_context;
    const struct http_carrier *carrier; /* of what is posted by HTTP; NULL: libcurl */
};

/* Opens the store, builds the parts, loads every partition, begins to serve. NULL on failure, with
 * a message for the operator in `why`. */
struct reactor *reactor_new(const struct reactor_ground *ground, const struct config *config,
                            char *why, size_t why_size);
/* Commits what waits, closes the store and frees everything. */
void reactor_free(struct reactor **reactor);

/* Before the end: has the store commit what waits, so that what waited for that is sent. */
void reactor_drain(struct reactor *reactor);

/* An address at which it really listens, of those that a listener at an any-address has opened too:
 * it is one of our names from then on, like those in the configuration. Before anything arrives. */
void reactor_add_listener(struct reactor *reactor, const struct net_address *address);

/* On the reactor's thread after `wake`: takes what the store and HTTP reported. */
void reactor_turn(struct reactor *reactor);

/* Takes over what can change while running (limits, trusted networks, log level); the rest needs a
 * restart and is said in the log. */
void reactor_reload(struct reactor *reactor, const struct config *config);

/* Its parts, for those who look in from its thread; valid until the next reactor_reload. */
struct web_core reactor_core(const struct reactor *reactor);

/* Takes over accounts, rosters and rules from the database now, without waiting for the store to
 * notice. */
void reactor_take_over(struct reactor *reactor);

/* The store, for scenarios that step it. */
struct store *reactor_store(struct reactor *reactor);

/* What it works on at the moment; 0 when all of that has ended. */
struct reactor_work {
    struct transaction_counts transactions;
    size_t forks;
};
struct reactor_work reactor_work(const struct reactor *reactor);

/* Writes the figures (bindings, publications, subscriptions, counters that are not zero) to the
 * log. */
void reactor_log_figures(struct reactor *reactor);

#endif
