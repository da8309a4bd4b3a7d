/* measure.h: one kind measured from its preparation to its end, and the list of kinds. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include "load.h"
#include "server.h"

/* How a kind is measured. */
struct measure {
    const struct kind *kind;
    const char *about; /* for --help */
    bool digest;       /* always with passwords */
    bool counts_notifies;
    bool registers;      /* leaves bindings behind */
    bool forgets;        /* where the server keeps no history of messages */
    unsigned first_only; /* so many transactions of the first user; 0: by time, of all */
    /* What must be there first; false: it failed. */
    bool (*prepare)(struct session *session, struct load_result *result);
};

/* All that can be measured, ended by a kind of NULL. */
const struct measure *measure_list(void);

/* What came out of one. */
struct measured {
    const struct measure *measure;
    bool ran, interrupted;
    bool digest;      /* the server trusts nobody */
    unsigned window;  /* 0: open loop */
    uint64_t counted; /* transactions, or NOTIFYs */
    struct meter_memory idle, after;
    struct load_result result;
};

/* Measures one; `server` NULL: the one that options->server names. What goes wrong is counted in
 * measured->result.errors with its text. */
void measure_run(const struct measure *measure, const struct options *options,
                 struct server *server, struct measured *measured);

#endif
