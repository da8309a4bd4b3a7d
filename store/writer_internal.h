/* writer_internal.h: from change sets to reports: the writer's half of the store.
 *
 *     reactor --sets--> writer --reports--> reactor
 *                         | ^
 *                         v | one letter, to and fro
 *                    checkpointer
 *
 * A `struct commits` turns a batch into one transaction and one report; it runs in the writer's
 * thread, or in the caller's when the store is stepped. */
#ifndef STORE_WRITER_INTERNAL_H
#define STORE_WRITER_INTERNAL_H

#include <pthread.h>

#include "base/token.h"
#include "store/set_internal.h"

/* How far a partition's sets have ended. A refusal names the generation that it ends. */
struct report_entry {
    uint64_t number;
    uint32_t generation;
    uint16_t partition;
    uint16_t outcome; /* enum store_outcome */
};

/* One letter a commit. */
struct report {
    struct letter letter; /* first */
    size_t sets, bytes;   /* that left the queue */
    size_t refused;       /* of these sets */
    bool committed;
    bool accounts_changed;
    unsigned count;
    struct report_entry entries[]; /* a partition's in the order of its numbers */
};

/* commit.c */
struct lane {
    uint32_t refused_below; /* sets of a lower generation are refused */
    uint32_t entry;         /* in the report being made, from 1 */
};

struct commits {
    struct database database;
    struct log *log;
    int64_t version;              /* PRAGMA data_version as last seen */
    int wal_pages;                /* in the write-ahead log after the last commit */
    uint64_t failures, logged_ms; /* a failure that goes on is not logged each time */
    struct lane lanes[PARTITIONS];
};

bool commits_open(struct commits *commits, const char *folder, bool stepped, struct log *log,
                  struct failure *failure);
void commits_close(struct commits *commits);

/* Ends a list of sets (freed here) and says how in a report to free(). With `outcome`
 * STORE_REFUSED, as if the database had refused. */
struct report *commits_run(struct commits *commits, struct letter *batch,
                           enum store_outcome outcome);

/* A report about nothing but that another process changed accounts, rosters or rules; NULL when
 * none did. */
struct report *commits_idle(struct commits *commits);

/* What a set counts in the queue's bound. */
size_t set_weight(const struct store_set *set);

/* checkpoint.c */
struct checkpoint {
    struct item item; /* first; back in the writer's mailbox: ITEM_CHECKPOINTED */
    int done_pages;   /* of the log, that are in the database now */
};

struct checkpointer;
/* Its thread answers to `back`. */
struct checkpointer *checkpointer_open(const char *folder, struct mailbox *back, struct log *log,
                                       struct failure *failure);
void checkpointer_close(struct checkpointer **checkpointer);
void checkpointer_ask(struct checkpointer *checkpointer, struct checkpoint *checkpoint);

/* Copies what it can from the log without making anybody wait; returns how many of the log's pages
 * are done, 0 when it failed. */
int checkpoint_pass(struct database *database);

/* thread.c: starts a thread that gets no signals: they are the main thread's. */
bool thread_start(pthread_t *thread, void *(*run)(void *context), void *context,
                  struct failure *failure);
uint64_t thread_clock_us(void);

/* writer.c */
struct writer;
struct writer *writer_open(const struct store_settings *settings, struct mailbox *reports,
                           struct log *log, struct failure *failure);
/* Commits what waits, ends both threads, empties the log into the database. */
void writer_close(struct writer **writer);

/* Before the first set: the connection for the caller's own statements. */
struct database *writer_database(struct writer *writer);
/* Begins to take sets; until then the connection belongs to the caller. */
bool writer_start(struct writer *writer, struct failure *failure);

void writer_submit(struct writer *writer, struct store_set *set);

/* Stepped only: ends up to `count` sets of a partition or of all (PARTITIONS); returns how many. */
size_t writer_step(struct writer *writer, unsigned partition, size_t count,
                   enum store_outcome outcome);

#endif
