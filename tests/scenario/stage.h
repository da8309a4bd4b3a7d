/* stage.h: the real server on a fake network, a fake clock and a stepped store, in a folder of its
 * own.
 *
 * Everything that happens here comes from the caller and the seed, so the same calls give the same
 * bytes. A crash is what `kill -9` leaves: the database's files as they are at that moment. */
#ifndef TESTS_SCENARIO_STAGE_H
#define TESTS_SCENARIO_STAGE_H

#include "base/metrics.h"
#include "base/world.h"
#include "fake_net.h"
#include "gateway.h"
#include "page.h"
#include "reactor.h"

enum stage_store {
    STAGE_STORE_WORKS, /* whatever waits is committed at the end of each turn */
    STAGE_STORE_HOLDS  /* only when stage_commit or stage_refuse say so */
};

struct stage {
    struct fake_net net;
    struct world world;
    uint64_t seed; /* of the randomness; moves on */
    struct metrics metrics;
    struct log *log; /* NULL: none */
    char *work;      /* folder of this run; removed at the end */
    char *data;      /* the data folder in use */
    unsigned lives;
    char *configuration; /* a libconfig text, or NULL: the defaults */
    struct config *config;
    struct reactor *reactor; /* NULL: the server is not running */
    enum stage_store store;
    bool woken;
    struct gateway gateway;
    struct page wire; /* everything that was sent, with times */
    char why[512];    /* of the last failure */
};

/* A stage without a server. False, with a line in `why`: no folder can be made. */
bool stage_init(struct stage *stage, uint64_t seed, const struct fake_peers *peers);
void stage_release(struct stage *stage);

/* Reads the configuration; before anything else. False: `why` says what is wrong. */
bool stage_configure(struct stage *stage);
/* The same again, when the configuration has changed while the server is down. Listeners stay. */
bool stage_reconfigure(struct stage *stage);
/* Adds an account to the data folder; before the first start. */
bool stage_add_user(struct stage *stage, struct bytes aor, struct bytes password);
bool stage_remove_user(struct stage *stage, struct bytes aor);
bool stage_disable_user(struct stage *stage, struct bytes aor, bool disabled);

bool stage_start(struct stage *stage);
/* Closes politely, or not at all. */
void stage_stop(struct stage *stage);
bool stage_crash(struct stage *stage);

/* Runs the server until it has nothing more to do at this instant. */
void stage_settle(struct stage *stage);
/* Lets time pass, to the millisecond: every timer fires at its own time. */
void stage_pass(struct stage *stage, uint64_t ms);

/* Ends up to `count` changes that wait for the store; returns how many there were. */
size_t stage_commit(struct stage *stage, size_t count);
size_t stage_refuse(struct stage *stage);

/* From now on a table has gone, so that what is in it cannot be loaded (what was read before it was
 * whole), or is there again. False: `why` says why not. */
bool stage_break_store(struct stage *stage, const char *table, bool broken);

/* What reaches the server, written to the wire log too. */
void stage_datagram(struct stage *stage, const char *who, const struct net_flow *flow,
                    struct bytes raw);
/* The same without running the server, for whoever is called by it: it arrives in the next turn. In
 * bad weather alone. */
void stage_post(struct stage *stage, const char *who, const struct net_flow *flow,
                struct bytes raw);
void stage_stream(struct stage *stage, const char *who, uint64_t connection, struct bytes raw);
void stage_log(struct stage *stage, const char *who, const struct net_flow *flow, struct bytes raw);

#endif
