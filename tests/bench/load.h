/* load.h: the engine: keeps requests of one kind under way, closed loop or open loop.
 *
 * A transaction is one request of an actor with its answer and the NOTIFYs that belong to it; a
 * challenge that is answered is part of it. Its time begins when it was due: in an open loop that
 * is the scheduled arrival, also when nobody was free to send it, so that a server that stalls
 * cannot hide what it did to others (no coordinated omission). */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include "histogram.h"
#include "meter.h"
#include "session.h"

enum { URI_SIZE = 160 };

/* Who sends: a user, or, when users do not matter, a slot. */
struct actor {
    struct actor *next; /* of the idle */
    uint32_t number;
    uint32_t sequence; /* of the request under way */
    bool busy, wants_answer;
    unsigned wants_notifies;
    unsigned challenges, sends;
    uint64_t due_ns, sent_ns, resend_ns;
    uint64_t again_ns; /* of the next try of what the server was too busy for; 0: none */
    uint64_t since_ns; /* of what is awaited: LATENCY_OF_EACH counts from there */
    uint32_t round;    /* of what is awaited: in each, a dialog's NOTIFY counts once */
    struct draft draft;
    const char *method; /* of the draft */
    char uri[URI_SIZE];
    uint32_t user, dialog; /* that it acts for */
    unsigned flow;
    bool toggle; /* a kind's own */
};

/* What a kind's latency is of. */
enum latency {
    LATENCY_WHOLE,   /* a transaction with all that belongs to it */
    LATENCY_BETWEEN, /* each of what is awaited, after the one before */
    LATENCY_OF_EACH  /* each of what is awaited, after actor->since_ns */
};

struct kind {
    const char *name, *unit; /* "fanout", "NOTIFY": what is counted */
    bool of_users;           /* actors are users; else slots */
    /* Chooses the actor's next request; false: there is none any more. It empties the draft when
     * that must be written anew, and says how many NOTIFYs are awaited. */
    bool (*next)(struct load *load, struct actor *actor);
    void (*write)(struct load *load, struct actor *actor);
    /* Takes a 2xx, NULL: nothing in it matters. False: it lacks something. */
    bool (*answered)(struct load *load, struct actor *actor, const struct sip_message *answer);
    /* Takes a MESSAGE, NULL: they do not matter. */
    void (*got)(struct load *load, const struct sip_message *message);
    /* Takes another request, and answers it; false: it is answered with 200. May be NULL. */
    bool (*takes)(struct load *load, const struct net_flow *flow,
                  const struct sip_message *request);
    /* True when that NOTIFY is what the actor awaits; NULL: any is. */
    bool (*tells)(struct load *load, const struct actor *actor, const struct sip_message *notify);
    /* All that was awaited has come; it may begin another round. May be NULL. */
    void (*goes_on)(struct load *load, struct actor *actor);
    enum latency latency;
};

struct load_plan {
    const struct kind *kind;
    unsigned actors;
    unsigned window;     /* closed loop */
    unsigned rate_per_s; /* open loop; 0: closed */
    uint64_t count;      /* transactions, then it ends; 0: by time */
    unsigned warm_ms, run_ms;
    const struct meter *meter; /* of the server; may be NULL */
};

/* What was seen between warm-up and end; times in nanoseconds. */
struct load_result {
    uint64_t done, errors, timeouts, unsent; /* transactions */
    uint64_t notifies;                       /* and other requests, that were awaited */
    uint64_t resent, repeated, stray;        /* by us; by the server; that nobody awaited */
    uint64_t challenges;
    uint64_t wall_ns, server_cpu_ns, own_cpu_ns;
    char first_error[160];
    struct histogram answer, whole; /* until the final response; until all that belongs to it */
    struct histogram late;          /* open loop: sent after it was due */
};

struct load {
    struct session *session;
    struct load_plan plan;
    struct load_result *result;
    struct actor *actors, *idle, **idle_end;
    uint32_t cursor; /* a kind's own */
    unsigned busy;
    uint64_t started; /* transactions */
    bool exhausted, measuring, draining, over;
    uint64_t first_ns, begin_ns, end_ns, give_up_ns;
    uint64_t server_cpu_ns, own_cpu_ns; /* when the measuring began */
    struct timer phase, tick;
    struct pacer *pacer;
};

/* Runs the plan. False: it was aborted (result->first_error says why). */
bool load_run(struct session *session, const struct load_plan *plan, struct load_result *result);

/* One of the requests that the actor awaits has come. */
void load_awaited(struct load *load, struct actor *actor);

/* From now on the actor awaits so many NOTIFYs; the time of each counts from here. */
void load_await(struct load *load, struct actor *actor, unsigned notifies);

/* From the session: a message came; start what is due; it is over (`load` may be NULL). */
void load_take(struct session *session, const struct net_flow *flow, struct bytes raw);
void load_issue(struct load *load);
__attribute__((format(printf, 2, 3))) void load_abort(struct load *load, const char *format, ...);

#endif
