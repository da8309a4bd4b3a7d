/* writer.c: the writer's thread: group commit, and when to checkpoint.
 *
 *     wait for letters -> (under load: gather for up to a millisecond) -> commit -> report
 *          ^                                                                  |
 *          +------------------------------------------------------------------+
 *
 * While a commit waits for the disk, the next batch gathers by itself. On a fast disk that would
 * be a few sets each, and the fixed price of a commit (some fifty microseconds) would outweigh
 * the sets. So after a batch of several sets the next commit begins no sooner than a millisecond
 * after the last one began; a single set by itself never waits.
 *
 * Where commits fail (a full disk), every refusal makes the reactor load partitions again. So that
 * this does not become all that it does, the sets of a quarter of a second are refused together.
 *
 * The log: a pass of the checkpointer is asked for whenever it has grown by an eighth of its bound:
 * a page that was written many times since the last pass is copied once, so rarer passes cost
 * less. Over the bound the passes come closer together, and when one has left little, the writer
 * copies that itself: its next commit then begins the log anew. At twice the bound it does not
 * wait for little any more. */
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/memory.h"
#include "store/writer_internal.h"

enum {
    BATCH_SETS = 4096,
    BATCH_BYTES = 8 << 20,
    GATHER_SETS = 4, /* a batch of more than these calls for gathering */
    GATHER_US = 1000,
    FAILING_US = 250000, /* the same after a commit that failed, whatever its size */
    LOOK_MS = 1000,      /* how often an idle writer looks for others' changes */
    SHRINK_LOOKS = 30,   /* idle looks until the page cache is given back */
    PAGE_BYTES = 4096,
    /* parts of the log's bound: growth that calls for a pass, the same when over the bound, and
     * what the writer may copy itself */
    PASS_PART = 8,
    HURRY_PART = 16,
    FINISH_PART = 8,
};

struct writer {
    struct commits commits;
    struct mailbox *box, *reports;
    struct log *log;
    char *folder;
    struct letter *first, **end; /* sets taken out of the box, oldest first */
    size_t waiting;
    bool stepped, started, stopping;
    pthread_t thread;
    struct item stop;
    uint64_t began_us; /* the last commit */
    size_t last_sets;  /* and its size */
    unsigned idle_looks;

    struct checkpointer *checkpointer;
    struct checkpoint checkpoint;
    bool checkpoint_away;
    int checkpoint_pages; /* done by the last pass */
    int wal_pages_max;
    bool wal_warned;
};

struct writer *writer_open(const struct store_settings *settings, struct mailbox *reports,
                           struct log *log, struct failure *failure)
{
    struct writer *writer = memory_new(sizeof(*writer));
    if (!commits_open(&writer->commits, settings->folder, settings->stepped, log, failure)) {
        free(writer);
        return NULL;
    }
    writer->box = mailbox_new(NULL, NULL);
    writer->reports = reports;
    writer->log = log;
    writer->folder = memory_copy(bytes_of(settings->folder));
    writer->stepped = settings->stepped;
    writer->end = &writer->first;
    writer->wal_pages_max = (int)(settings->wal_max_bytes / PAGE_BYTES);
    return writer;
}

struct database *writer_database(struct writer *writer)
{
    assert(!writer->started);
    return &writer->commits.database;
}

static void writer_queue(struct writer *writer, struct letter *letter)
{
    letter->next = NULL;
    *writer->end = letter;
    writer->end = &letter->next;
    writer->waiting++;
}

void writer_submit(struct writer *writer, struct store_set *set)
{
    if (writer->stepped)
        writer_queue(writer, &set->item.letter);
    else
        mailbox_post(writer->box, &set->item.letter);
}

/* Takes from the queue's head what fits into one transaction. */
static struct letter *writer_batch(struct writer *writer)
{
    struct letter *batch = writer->first, **end = &writer->first;
    size_t sets = 0, bytes = 0;
    while (*end != NULL && sets < BATCH_SETS && bytes < BATCH_BYTES) {
        sets++;
        bytes += set_weight((struct store_set *)*end);
        end = &(*end)->next;
    }
    writer->first = *end;
    *end = NULL;
    if (writer->first == NULL)
        writer->end = &writer->first;
    writer->waiting -= sets;
    writer->last_sets = sets;
    return batch;
}

static void writer_report(struct writer *writer, struct report *report)
{
    if (report != NULL)
        mailbox_post(writer->reports, &report->letter);
}

/* The log is over its bound and the last pass has left little, or the log is far over it: copies
 * the rest, so that the next commit begins the log anew. */
static void writer_finish_log(struct writer *writer)
{
    int pages = writer->commits.wal_pages;
    int left = pages - writer->checkpoint_pages;
    if (pages < writer->wal_pages_max)
        return;
    if (left > writer->wal_pages_max / FINISH_PART && pages / 2 < writer->wal_pages_max)
        return;
    writer->checkpoint_pages = checkpoint_pass(&writer->commits.database);
}

static void writer_checkpointed(struct writer *writer)
{
    writer->checkpoint_away = false;
    writer->checkpoint_pages = writer->checkpoint.done_pages;
    writer_finish_log(writer);
}

static void writer_warn(struct writer *writer)
{
    int pages = writer->commits.wal_pages;
    if (pages / 4 >= writer->wal_pages_max && !writer->wal_warned)
        log_write(writer->log, LOG_WARNING, "store",
                  "the write-ahead log is at %d MiB: another program keeps the database open for "
                  "reading: end it",
                  pages / (1048576 / PAGE_BYTES));
    writer->wal_warned = pages / 4 >= writer->wal_pages_max;
}

/* After a commit: asks for a pass when the log has grown enough since the last. */
static void writer_watch_log(struct writer *writer)
{
    int pages = writer->commits.wal_pages;
    if (pages < writer->checkpoint_pages)
        writer->checkpoint_pages = 0; /* it was begun anew */
    writer_warn(writer);
    int part = pages < writer->wal_pages_max ? PASS_PART : HURRY_PART;
    if (writer->checkpoint_away || pages - writer->checkpoint_pages < writer->wal_pages_max / part)
        return;
    if (writer->stepped) {
        writer->checkpoint_pages = checkpoint_pass(&writer->commits.database);
        return;
    }
    writer->checkpoint_away = true;
    checkpointer_ask(writer->checkpointer, &writer->checkpoint);
}

static void writer_sort(struct writer *writer, struct letter *letters)
{
    while (letters != NULL) {
        struct item *item = (struct item *)letters;
        letters = letters->next;
        if (item->kind == ITEM_SET)
            writer_queue(writer, &item->letter);
        else if (item->kind == ITEM_CHECKPOINTED)
            writer_checkpointed(writer);
        else
            writer->stopping = true;
    }
}

/* Nothing to do for a second. */
static void writer_idle(struct writer *writer)
{
    writer->last_sets = 0;
    writer_report(writer, commits_idle(&writer->commits));
    if (++writer->idle_looks == SHRINK_LOOKS)
        sqlite3_db_release_memory(writer->commits.database.handle);
}

static void writer_gather(struct writer *writer)
{
    bool failing = writer->commits.failures > 0;
    uint64_t since_us = thread_clock_us() - writer->began_us;
    uint64_t gather_us = failing ? FAILING_US : GATHER_US;
    if ((writer->last_sets <= GATHER_SETS && !failing) || since_us >= gather_us || writer->stopping)
        return;
    if (writer->waiting >= BATCH_SETS)
        return;
    struct timespec rest = {.tv_nsec = (long)(gather_us - since_us) * 1000};
    nanosleep(&rest, NULL);
    writer_sort(writer, mailbox_take(writer->box));
}

static void writer_round(struct writer *writer)
{
    struct letter *letters =
        writer->first == NULL ? mailbox_wait(writer->box, LOOK_MS) : mailbox_take(writer->box);
    bool nothing = letters == NULL && writer->first == NULL;
    writer_sort(writer, letters);
    if (nothing)
        writer_idle(writer);
    if (writer->first == NULL)
        return;
    writer_gather(writer);
    writer->idle_looks = 0;
    writer->began_us = thread_clock_us();
    struct letter *batch = writer_batch(writer);
    writer_report(writer, commits_run(&writer->commits, batch, STORE_DURABLE));
    writer_watch_log(writer);
}

static void *writer_run(void *context)
{
    struct writer *writer = context;
    while (!writer->stopping || writer->first != NULL)
        writer_round(writer);
    return NULL;
}

bool writer_start(struct writer *writer, struct failure *failure)
{
    assert(!writer->started);
    /* what the caller committed itself is no news */
    writer->commits.version = database_version(&writer->commits.database);
    if (writer->stepped)
        return true;
    writer->checkpointer = checkpointer_open(writer->folder, writer->box, writer->log, failure);
    if (writer->checkpointer == NULL)
        return false;
    writer->started = thread_start(&writer->thread, writer_run, writer, failure);
    return writer->started;
}

static void writer_join(struct writer *writer)
{
    if (writer->started) {
        writer->stop.kind = ITEM_STOP;
        mailbox_post(writer->box, &writer->stop.letter);
        pthread_join(writer->thread, NULL);
    }
    checkpointer_close(&writer->checkpointer);
    while (writer->first != NULL)
        writer_report(writer, commits_run(&writer->commits, writer_batch(writer), STORE_DURABLE));
    /* a checkpoint letter may have come back after the end of the thread; it is part of us */
    mailbox_take(writer->box);
}

void writer_close(struct writer **writer)
{
    struct writer *old = *writer;
    *writer = NULL;
    if (old == NULL)
        return;
    writer_join(old);
    sqlite3_wal_checkpoint_v2(old->commits.database.handle, "main", SQLITE_CHECKPOINT_TRUNCATE,
                              NULL, NULL);
    commits_close(&old->commits);
    mailbox_free(&old->box);
    free(old->folder);
    free(old);
}

/* Takes up to `count` sets of a partition out of the queue, in order. */
static struct letter *writer_pick(struct writer *writer, unsigned partition, size_t count)
{
    struct letter *picked = NULL, **picked_end = &picked, **at = &writer->first;
    size_t taken = 0;
    while (*at != NULL && taken < count) {
        struct letter *letter = *at;
        if (partition != PARTITIONS && ((struct store_set *)letter)->partition != partition) {
            at = &letter->next;
            continue;
        }
        *at = letter->next;
        letter->next = NULL;
        *picked_end = letter;
        picked_end = &letter->next;
        taken++;
    }
    while (*at != NULL)
        at = &(*at)->next;
    writer->end = at;
    writer->waiting -= taken;
    return picked;
}

size_t writer_step(struct writer *writer, unsigned partition, size_t count,
                   enum store_outcome outcome)
{
    assert(writer->stepped && partition <= PARTITIONS);
    size_t waiting = writer->waiting;
    struct letter *picked = writer_pick(writer, partition, count);
    if (picked == NULL) {
        writer_report(writer, commits_idle(&writer->commits));
        return 0;
    }
    writer_report(writer, commits_run(&writer->commits, picked, outcome));
    writer_watch_log(writer);
    return waiting - writer->waiting;
}
