/* store.h: everything that outlives the process.
 *
 * Changes are submitted as change sets, each of one partition, and get that partition's next
 * number. One writer thread commits what has gathered together (group commit, WAL, synchronous
 * FULL); a second thread checkpoints. What depends on a change waits for it with store_wait: a set
 * ends as durable, or refused. After a refusal every later set of the partition that was computed
 * before the reactor learned of it is refused too, and the reactor reloads the partition. Rows are
 * whole values put or deleted by key: any set may be applied twice. Submitting never blocks. SQLite
 * is used nowhere outside this folder. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/err.h"
#include "base/log.h"
#include "base/metrics.h"
#include "store/message_rows.h"

struct store;
struct store_set;

/* A change that others wait for; number 0: nothing to wait for. */
struct store_change {
    unsigned partition;
    uint64_t number;
};
#define STORE_NOTHING ((struct store_change){0, 0})

enum store_outcome { STORE_DURABLE, STORE_REFUSED };

/* What the store tells its reactor, always from within store_turn (or store_step). */
struct store_listener {
    /* Sets of this partition were refused: forget its state and load it again. */
    void (*refused)(void *context, unsigned partition);
    /* Another process (herald user, roster or rule ...) changed something: call store_load_accounts
     * and store_load_policy. */
    void (*accounts_changed)(void *context);
    /* There is something for store_turn; called from the writer's thread. */
    void (*wake)(void *context);
    void *context;
};

struct store_settings {
    const char *folder;     /* holds herald.db */
    unsigned queue_max;     /* change sets that may wait; default 20000 */
    uint64_t wal_max_bytes; /* default 64 MiB */
    bool stepped;           /* scenarios: no threads; store_step commits */
};

/* Opens the database, making and migrating it as needed (the folder must exist), takes the folder's
 * lock and commits the next epoch. On failure NULL, *err and a message for the operator in `why`
 * (what, and the way out): ERR_BUSY another process has the folder, ERR_DENIED a missing right,
 * ERR_DB damaged or of a newer version, ERR_IO e.g. a full disk. */
struct store *store_open(const struct store_settings *settings,
                         const struct store_listener *listener, struct log *log,
                         struct metrics *metrics, enum err *err, char *why, size_t why_size);

/* Commits what waits, ends the threads, closes. Waits still set are forgotten (store_drain ends
 * them). */
void store_close(struct store **store);

/* The number of this life of the server, from 1. */
uint64_t store_epoch(const struct store *store);

/* A stable 32-byte secret of this database (for nonces), made with the database. */
struct bytes store_secret(const struct store *store);

/* False when the queue is full: shed load before changing anything (503). */
bool store_ready(const struct store *store);

/* How many change sets are under way. */
size_t store_queued(const struct store *store);

/* A new change set; submit or drop it. Values are copied. */
struct store_set *store_begin(struct store *store, unsigned partition);
void store_drop(struct store_set **set);
void store_put_binding(struct store_set *set, const struct store_binding *binding);
void store_delete_binding(struct store_set *set, const struct store_binding *key);
void store_put_publication(struct store_set *set, const struct store_publication *publication);
void store_delete_publication(struct store_set *set, struct bytes aor, struct bytes event,
                              struct bytes id);
void store_put_subscription(struct store_set *set, const struct store_subscription *subscription);
void store_delete_subscription(struct store_set *set, struct bytes aor, struct bytes event,
                               struct bytes local_tag);

void store_put_message(struct store_set *set, const struct store_message *message);
/* With its deliveries. */
void store_delete_message(struct store_set *set, struct bytes aor, uint64_t serial);
void store_put_delivery(struct store_set *set, const struct store_delivery *delivery);
void store_put_device(struct store_set *set, const struct store_device *device);
void store_delete_device(struct store_set *set, struct bytes aor, struct bytes instance);
void store_put_line(struct store_set *set, const struct store_line *line);
void store_delete_line(struct store_set *set, const struct store_line *key);
/* Deletes the partition's messages whose keep_until_ms is before a moment, which nobody is owed any
 * more and which nobody took after `taken_before_ms`, with their deliveries; all were made before
 * `made_before_ms`, which spares looking at the others. Also deliveries without a message, at
 * the latest when all messages are younger. */
void store_forget_messages(struct store_set *set, uint64_t made_before_ms, uint64_t keep_before_ms,
                           uint64_t taken_before_ms);
/* Deletes all messages, deliveries and devices of a user. */
void store_erase_messages(struct store_set *set, struct bytes aor);

/* Hands the set over (clears the pointer) and returns the change to wait for. Never fails: a set
 * that the queue has no room for ends as refused. */
struct store_change store_submit(struct store *store, struct store_set **set);

/* The last change of a partition if it has not ended yet, else STORE_NOTHING: what an answer that
 * tells of the partition's state has to wait for. */
struct store_change store_latest(const struct store *store, unsigned partition);

/* True when nothing needs to be waited for. */
bool store_durable(const struct store *store, struct store_change change);

/* Calls `done` once from a later store_turn when the change (which is not durable yet) has ended;
 * waits of one partition end in the order of their numbers, equal numbers in the order of the
 * calls. `wait` is embedded in what waits; cancel it before that is freed. */
struct store_wait;
typedef void (*store_done_fn)(struct store_wait *wait, enum store_outcome outcome);
struct store_wait {
    struct store_wait *next, **link;
    struct store_change change;
    store_done_fn done;
};
void store_wait(struct store *store, struct store_wait *wait, struct store_change change,
                store_done_fn done);
void store_wait_cancel(struct store_wait *wait);

/* On the reactor: takes what the writer reported. For each ended set, in order, ends the waits; for
 * refusals ends the waits and then calls listener->refused. */
void store_turn(struct store *store);

/* Blocks until what waits has been committed and its reports are taken, with what is submitted
 * because of them; a store that refuses or hangs is left after a while. Before store_close, so that
 * whoever waits is told. */
void store_drain(struct store *store);

/* Stepped stores only: commits (or refuses) up to `count` waiting sets, of one partition or of all
 * (PARTITIONS), and calls store_turn. Returns how many. */
size_t store_step(struct store *store, unsigned partition, size_t count,
                  enum store_outcome outcome);

/* Reads the rows of one partition, in the order of their keys, bindings of a user by updated_ms,
 * publications by made_ms; blocks. Any visitor may be NULL. */
struct store_visitor {
    void (*binding)(void *context, const struct store_binding *binding);
    void (*publication)(void *context, const struct store_publication *publication);
    void (*subscription)(void *context, const struct store_subscription *subscription);
    void (*device)(void *context, const struct store_device *device);
    void (*line)(void *context, const struct store_line *line);
    void (*owed)(void *context, const struct store_owed *owed); /* by aor, serial */
    /* Messages made since recent_ms, without head and body, by aor and serial like what is owed:
     * what a request may repeat. */
    void (*recent)(void *context, const struct store_message *message);
    uint64_t recent_ms;
    void *context;
};
enum err store_load(struct store *store, unsigned partition, const struct store_visitor *visitor)
    __attribute__((warn_unused_result));

/* Reads one durable message and calls `visit`; ERR_NOT_FOUND when there is none. Blocks. */
enum err store_read_message(struct store *store, struct bytes aor, uint64_t serial,
                            void (*visit)(void *context, const struct store_message *message),
                            void *context) __attribute__((warn_unused_result));

/* False when a partition has no durable message at all. Blocks. */
bool store_has_messages(struct store *store, unsigned partition);

/* Visits the accounts that changed since the last call (the first call: all), removed ones marked.
 */
enum err store_load_accounts(struct store *store,
                             void (*account)(void *context, const struct store_account *account),
                             void *context) __attribute__((warn_unused_result));

/* The same for the other names of accounts; to be called before. */
enum err store_load_aliases(struct store *store,
                            void (*alias)(void *context, const struct store_alias *alias),
                            void *context) __attribute__((warn_unused_result));

/* Visits the rosters and rules of the owners whose rows another process changed since the last call
 * (the first call: of all): first the owner, whatever was visited of whom before is void, then what
 * it has now. The first call leaves the owners out. The owner of shared groups, which are visited
 * all when one changed, is empty. Blocks. */
struct store_policy_visitor {
    void (*owner)(void *context, struct bytes aor);
    void (*rules)(void *context, const struct store_rules *rules);
    void (*buddy)(void *context, const struct store_buddy *buddy);
    void (*preference)(void *context, const struct store_preference *preference);
    void *context;
    void (*shared)(void *context, const struct store_shared *shared); /* may be NULL */
};
enum err store_load_policy(struct store *store, const struct store_policy_visitor *visitor)
    __attribute__((warn_unused_result));

#endif
