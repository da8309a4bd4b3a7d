/* commit.c: one batch of change sets, one transaction, one report.
 *
 *     judge: a marker, or a set of a refused generation -> refused
 *     BEGIN IMMEDIATE, what is not refused, COMMIT      -> durable
 *     anything fails: ROLLBACK                          -> the whole batch is refused
 *
 * A refused set was part of what its partition's later sets were computed from. So a refusal holds
 * for its whole generation: the lane remembers it, and refuses every set of the partition until
 * the reactor, having heard of it and reloaded, submits sets of the next generation. */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "store/writer_internal.h"

enum { LOG_AGAIN_MS = 10000 };

static int commits_grown(void *context, sqlite3 *handle, const char *name, int pages)
{
    struct commits *commits = context;
    (void)handle;
    (void)name;
    commits->wal_pages = pages;
    return SQLITE_OK;
}

bool commits_open(struct commits *commits, const char *folder, bool stepped, struct log *log,
                  struct failure *failure)
{
    enum database_use use = stepped ? DATABASE_WRITE_FAST : DATABASE_WRITE;
    commits->log = log;
    if (!database_open(&commits->database, folder, use, failure))
        return false;
    sqlite3_wal_hook(commits->database.handle, commits_grown, commits);
    commits->version = database_version(&commits->database);
    return true;
}

void commits_close(struct commits *commits)
{
    database_close(&commits->database);
}

size_t set_weight(const struct store_set *set)
{
    return sizeof(*set) + (set->operations != set->first ? set->size : 0);
}

static struct store_set *set_next(const struct store_set *set)
{
    return (struct store_set *)set->item.letter.next;
}

static void lane_refuse(struct commits *commits, struct store_set *set)
{
    struct lane *lane = &commits->lanes[set->partition];
    set->refused = true;
    if (lane->refused_below <= set->generation)
        lane->refused_below = set->generation + 1;
}

/* Refuses what the law refuses; true when something is left to commit. */
static bool batch_judge(struct commits *commits, struct store_set *batch)
{
    bool left = false;
    for (struct store_set *set = batch; set != NULL; set = set_next(set)) {
        if (set->marker || set->generation < commits->lanes[set->partition].refused_below)
            lane_refuse(commits, set);
        else
            left = true;
    }
    return left;
}

static void batch_refuse(struct commits *commits, struct store_set *batch)
{
    for (struct store_set *set = batch; set != NULL; set = set_next(set))
        lane_refuse(commits, set);
}

/* True when another process has committed since the last look; only herald's command line does. */
static bool commits_look(struct commits *commits)
{
    int64_t version = database_version(&commits->database);
    bool changed = version != commits->version;
    commits->version = version;
    return changed;
}

static int batch_apply(struct commits *commits, const struct store_set *batch)
{
    for (const struct store_set *set = batch; set != NULL; set = set_next(set)) {
        int code = set->refused ? SQLITE_OK : set_apply(set, &commits->database);
        if (code != SQLITE_OK)
            return code;
    }
    return database_run(&commits->database, SQL_COMMIT);
}

static void commits_log_failure(struct commits *commits)
{
    uint64_t now_ms = thread_clock_us() / 1000;
    commits->failures++;
    if (commits->failures > 1 && now_ms - commits->logged_ms < LOG_AGAIN_MS)
        return;
    struct failure failure;
    database_explain(&commits->database, sqlite3_extended_errcode(commits->database.handle),
                     &failure);
    log_write(commits->log, LOG_ERROR, "store", "changes are refused (%llu commits so far): %s",
              (unsigned long long)commits->failures, failure.why);
    commits->logged_ms = now_ms;
}

static void commits_log_success(struct commits *commits)
{
    if (commits->failures > 0)
        log_write(commits->log, LOG_INFO, "store", "changes are kept again; %llu commits failed",
                  (unsigned long long)commits->failures);
    commits->failures = 0;
}

/* One transaction of what is not refused; false when it failed. */
static bool batch_commit(struct commits *commits, struct store_set *batch, bool *accounts_changed)
{
    int code = database_run(&commits->database, SQL_BEGIN_WRITE);
    if (code == SQLITE_OK) {
        *accounts_changed = commits_look(commits);
        code = batch_apply(commits, batch);
    }
    if (code == SQLITE_OK) {
        commits_log_success(commits);
        return true;
    }
    commits_log_failure(commits); /* before the rollback overwrites the message */
    database_rollback(&commits->database);
    return false;
}

/* One entry stands for sets that ended alike. A late set of an older generation does not hide that
 * a refusal ended the newer one. */
static void report_set(struct report *report, struct commits *commits, const struct store_set *set)
{
    struct lane *lane = &commits->lanes[set->partition];
    uint16_t outcome = set->refused ? STORE_REFUSED : STORE_DURABLE;
    uint32_t generation = set->generation;
    if (lane->entry == 0 || report->entries[lane->entry - 1].outcome != outcome)
        lane->entry = ++report->count;
    else if (report->entries[lane->entry - 1].generation > generation)
        generation = report->entries[lane->entry - 1].generation;
    report->entries[lane->entry - 1] = (struct report_entry){
        .number = set->number,
        .generation = generation,
        .partition = (uint16_t)set->partition,
        .outcome = outcome,
    };
    report->bytes += set_weight(set);
    report->refused += set->refused;
}

static size_t batch_count(const struct store_set *batch)
{
    size_t count = 0;
    for (; batch != NULL; batch = set_next(batch))
        count++;
    return count;
}

static struct report *report_new(size_t entries)
{
    struct report *report = memory_new(sizeof(*report) + entries * sizeof(report->entries[0]));
    return report;
}

/* Says how each set ended, and frees them. */
static struct report *batch_report(struct commits *commits, struct store_set *batch)
{
    size_t sets = batch_count(batch);
    struct report *report = report_new(sets);
    report->sets = sets;
    while (batch != NULL) {
        struct store_set *set = batch;
        batch = set_next(set);
        report_set(report, commits, set);
        set_free(&set);
    }
    for (unsigned i = 0; i < report->count; i++)
        commits->lanes[report->entries[i].partition].entry = 0;
    return report;
}

struct report *commits_run(struct commits *commits, struct letter *batch,
                           enum store_outcome outcome)
{
    struct store_set *sets = (struct store_set *)batch;
    bool committed = false, accounts_changed = false;
    assert(sets != NULL && sets->item.kind == ITEM_SET);
    if (batch_judge(commits, sets)) {
        if (outcome == STORE_DURABLE)
            committed = batch_commit(commits, sets, &accounts_changed);
        if (!committed)
            batch_refuse(commits, sets);
    }
    struct report *report = batch_report(commits, sets);
    report->committed = committed;
    report->accounts_changed = accounts_changed;
    return report;
}

struct report *commits_idle(struct commits *commits)
{
    if (!commits_look(commits))
        return NULL;
    struct report *report = report_new(0);
    report->accounts_changed = true;
    return report;
}
