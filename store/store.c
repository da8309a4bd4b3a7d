/* store.c: opening and closing, and change numbers as the reactor sees them.
 *
 *     store_submit: number n+1 ----> writer ----> report ----> store_turn: durable up to n+1,
 *         waits of the partition up to there end
 *
 *     refused at generation g: all that the partition has submitted up to now was computed from
 *         what is lost, and the writer will refuse it: every wait ends as refused, then the
 *         generation becomes g+1, then the listener reloads the partition.
 *
 * A set that the queue has no room for becomes a marker: it goes to the writer without its
 * operations, to be refused in its turn, and the sets after it need not be sent at all. So a full
 * queue grows by one marker a partition at most. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/memory.h"
#include "store/store_internal.h"

enum {
    QUEUE_MAX = 20000,
    QUEUE_BYTES_MAX = 64 << 20,
    WAL_MAX_BYTES = 64 << 20,
    /* of the queue, that is kept for what one request changes after store_ready said yes */
    HEADROOM = 16,
    /* what store_drain has patience for: each report may have the next changes made */
    DRAIN_ROUNDS = 20,
    DRAIN_WAIT_MS = 1000,
};

static void partitions_init(struct store *store)
{
    for (unsigned i = 0; i < PARTITIONS; i++) {
        struct partition *partition = &store->partitions[i];
        partition->waits = &partition->last;
        partition->last.link = &partition->waits;
    }
}

static struct store *store_new(const struct store_settings *settings,
                               const struct store_listener *listener, struct log *log,
                               struct metrics *metrics)
{
    struct store *store = memory_new(sizeof(*store));
    store->listener = *listener;
    store->log = log;
    store->metrics = metrics;
    store->stepped = settings->stepped;
    store->queue_max = settings->queue_max > 0 ? settings->queue_max : QUEUE_MAX;
    store->lock = -1;
    store->reports = mailbox_new(settings->stepped ? NULL : listener->wake, listener->context);
    partitions_init(store);
    return store;
}

static bool store_read_secret(struct store *store, struct database *database)
{
    sqlite3_stmt *statement = database_statement(database, SQL_META);
    if (statement == NULL)
        return false;
    bind_text(statement, 1, BYTES("secret"));
    bool found = sqlite3_step(statement) == SQLITE_ROW &&
                 sqlite3_column_bytes(statement, 0) == STORE_SECRET_BYTES;
    if (found)
        memcpy(store->secret, sqlite3_column_blob(statement, 0), STORE_SECRET_BYTES);
    sqlite3_reset(statement);
    return found;
}

/* Begins the next life: its epoch is durable before anything of it leaves the process. Accounts
 * that were removed in earlier lives need no trace any more. */
static bool store_begin_life(struct store *store, struct failure *failure)
{
    struct database *database = writer_database(store->writer);
    int64_t epoch = 0;
    int code = database_run(database, SQL_BEGIN_WRITE);
    if (code == SQLITE_OK && !database_number(database, SQL_NEXT_EPOCH, &epoch))
        code = sqlite3_errcode(database->handle);
    if (code == SQLITE_OK)
        code = database_run(database, SQL_FORGET_REMOVED);
    if (code == SQLITE_OK)
        code = database_run(database, SQL_FORGET_ALIASES);
    if (code == SQLITE_OK)
        code = database_run(database, SQL_FORGET_POLICY_CHANGES);
    if (code == SQLITE_OK && !store_read_secret(store, database))
        code = SQLITE_CORRUPT;
    if (code == SQLITE_OK)
        code = database_run(database, SQL_COMMIT);
    if (code != SQLITE_OK)
        database_explain(database, code, failure);
    database_rollback(database);
    store->epoch = (uint64_t)epoch;
    return code == SQLITE_OK;
}

static bool store_connect(struct store *store, const struct store_settings *settings,
                          struct failure *failure)
{
    struct store_settings whole = *settings;
    if (whole.wal_max_bytes == 0)
        whole.wal_max_bytes = WAL_MAX_BYTES;
    store->lock = folder_lock(settings->folder, failure);
    if (store->lock < 0)
        return false;
    store->writer = writer_open(&whole, store->reports, store->log, failure);
    if (store->writer == NULL)
        return false;
    return store_begin_life(store, failure) &&
           database_open(&store->reader, settings->folder, DATABASE_READ, failure) &&
           writer_start(store->writer, failure);
}

struct store *store_open(const struct store_settings *settings,
                         const struct store_listener *listener, struct log *log,
                         struct metrics *metrics, enum err *err, char *why, size_t why_size)
{
    assert(settings != NULL && settings->folder != NULL && listener != NULL);
    struct failure failure = {0};
    struct store *store = store_new(settings, listener, log, metrics);
    if (store_connect(store, settings, &failure))
        return store;
    failure_report(&failure, err, why, why_size);
    store_close(&store);
    return NULL;
}

/* Lets go of the waits, so that cancelling one later does no harm. */
static void store_forget_waits(struct store *store)
{
    for (unsigned i = 0; i < PARTITIONS; i++) {
        struct partition *partition = &store->partitions[i];
        while (partition->waits != &partition->last)
            store_wait_cancel(partition->waits);
    }
}

static void store_drop_reports(struct store *store)
{
    struct letter *letter = mailbox_take(store->reports);
    while (letter != NULL) {
        struct letter *next = letter->next;
        free((struct report *)letter);
        letter = next;
    }
    mailbox_free(&store->reports);
}

void store_close(struct store **store)
{
    struct store *old = *store;
    *store = NULL;
    if (old == NULL)
        return;
    assert(!old->turning && !old->loading);
    database_close(&old->reader);
    writer_close(&old->writer);
    store_forget_waits(old);
    store_drop_reports(old);
    if (old->lock >= 0)
        close(old->lock);
    free(old);
}

uint64_t store_epoch(const struct store *store)
{
    return store->epoch;
}

struct bytes store_secret(const struct store *store)
{
    return bytes_from(store->secret, sizeof(store->secret));
}

static bool store_has_room(const struct store *store, size_t headroom)
{
    return store->queued + headroom < store->queue_max && store->queued_bytes < QUEUE_BYTES_MAX;
}

bool store_ready(const struct store *store)
{
    return store_has_room(store, store->queue_max / HEADROOM);
}

size_t store_queued(const struct store *store)
{
    return store->queued;
}

struct store_set *store_begin(struct store *store, unsigned partition)
{
    struct store_set *set = set_new(partition);
    set->generation = store->partitions[partition].generation;
    return set;
}

void store_drop(struct store_set **set)
{
    set_free(set);
}

static void store_send(struct store *store, struct store_set *set)
{
    store->queued++;
    store->queued_bytes += set_weight(set);
    writer_submit(store->writer, set);
}

/* No room: from here on the partition's generation is lost. */
static void store_doom(struct store *store, struct partition *partition, struct store_change change)
{
    struct store_set *marker = store_begin(store, change.partition);
    marker->marker = true;
    marker->number = change.number;
    partition->doomed = true;
    store_send(store, marker);
}

struct store_change store_submit(struct store *store, struct store_set **set)
{
    struct store_set *own = *set;
    *set = NULL;
    if (own->used == 0) {
        set_free(&own);
        return STORE_NOTHING;
    }
    struct partition *partition = &store->partitions[own->partition];
    struct store_change change = {own->partition, ++partition->submitted};
    own->number = change.number;
    assert(own->generation <= partition->generation);
    if (!partition->doomed && store_has_room(store, 0)) {
        store_send(store, own);
        return change;
    }
    if (partition->doomed)
        metrics_count(store->metrics, METRIC_store_refused);
    else
        store_doom(store, partition, change);
    set_free(&own);
    return change;
}

static bool change_refused(const struct partition *partition, uint64_t number)
{
    return number >= partition->refused_from && number <= partition->refused_upto;
}

struct store_change store_latest(const struct store *store, unsigned partition)
{
    assert(partition < PARTITIONS);
    const struct partition *own = &store->partitions[partition];
    if (own->submitted == own->ended)
        return STORE_NOTHING;
    return (struct store_change){partition, own->submitted};
}

bool store_durable(const struct store *store, struct store_change change)
{
    assert(change.partition < PARTITIONS);
    const struct partition *partition = &store->partitions[change.partition];
    if (change.number == 0)
        return true;
    return change.number <= partition->durable && !change_refused(partition, change.number);
}

/* Where a wait for the number belongs: before the first one with a higher number. Found from the
 * end, where new ones mostly belong: many may wait for a number while a few wait for a later one.
 */
static struct store_wait *partition_place(struct partition *partition, uint64_t number)
{
    struct store_wait *next = &partition->last;
    while (next->link != &partition->waits) {
        /* `next` is the first member, so a link that is not the list's head points at a wait */
        struct store_wait *before = (struct store_wait *)next->link;
        if (before->change.number <= number)
            break;
        next = before;
    }
    return next;
}

void store_wait(struct store *store, struct store_wait *wait, struct store_change change,
                store_done_fn done)
{
    assert(done != NULL && !store_durable(store, change));
    struct partition *partition = &store->partitions[change.partition];
    assert(change.number <= partition->submitted);
    struct store_wait *next = partition_place(partition, change.number);
    *wait = (struct store_wait){.next = next, .link = next->link, .change = change, .done = done};
    *wait->link = wait;
    next->link = &wait->next;
    if (change.number > partition->ended)
        return;
    /* it was refused already: the next turn says so */
    partition->overdue = true;
    store->overdue = true;
    if (store->listener.wake != NULL)
        store->listener.wake(store->listener.context);
}

void store_wait_cancel(struct store_wait *wait)
{
    if (wait->link == NULL)
        return;
    *wait->link = wait->next;
    wait->next->link = wait->link;
    wait->link = NULL;
    wait->next = NULL;
}

/* Ends the waits up to a number. Each call may submit, wait, cancel and free at will. */
static void partition_end_waits(struct partition *partition, uint64_t upto,
                                enum store_outcome outcome)
{
    while (partition->waits != &partition->last && partition->waits->change.number <= upto) {
        struct store_wait *wait = partition->waits;
        store_wait_cancel(wait);
        wait->done(wait, outcome);
    }
}

static void store_end_durable(struct partition *partition, const struct report_entry *entry)
{
    assert(entry->number > partition->ended && entry->number <= partition->submitted);
    partition->durable = entry->number;
    partition->ended = entry->number;
    partition_end_waits(partition, entry->number, STORE_DURABLE);
}

/* The numbers that have not ended yet are lost up to this one; remembers the last such range. */
static void partition_lose(struct partition *partition, uint64_t upto)
{
    assert(upto > partition->ended && upto <= partition->submitted);
    if (partition->refused_upto == 0 || partition->refused_upto != partition->ended)
        partition->refused_from = partition->ended + 1;
    partition->refused_upto = upto;
    partition->ended = upto;
}

/* A refusal that the reactor did not know of: the whole generation ends. */
static void partition_end_generation(struct partition *partition)
{
    uint64_t upto = partition->submitted;
    partition->doomed = true;
    partition_lose(partition, upto);
    partition_end_waits(partition, upto, STORE_REFUSED);
    /* what these calls have submitted is lost too; its waits end in the next turn */
    if (partition->submitted > upto)
        partition_lose(partition, partition->submitted);
    partition->overdue = partition->waits != &partition->last;
    partition->generation++;
    partition->doomed = false;
}

static void store_end_refused(struct store *store, struct partition *partition,
                              const struct report_entry *entry)
{
    if (entry->number <= partition->ended)
        return; /* ended with its generation */
    if (entry->generation < partition->generation) {
        /* begun before a refusal, submitted after it: lost alone */
        partition_lose(partition, entry->number);
        partition_end_waits(partition, entry->number, STORE_REFUSED);
        return;
    }
    partition_end_generation(partition);
    store->overdue |= partition->overdue;
    if (store->listener.refused != NULL)
        store->listener.refused(store->listener.context, entry->partition);
}

static void store_take_report(struct store *store, const struct report *report)
{
    assert(store->queued >= report->sets && store->queued_bytes >= report->bytes);
    store->queued -= report->sets;
    store->queued_bytes -= report->bytes;
    metrics_add(store->metrics, METRIC_store_commits, report->committed);
    metrics_add(store->metrics, METRIC_store_changes, report->sets - report->refused);
    metrics_add(store->metrics, METRIC_store_refused, report->refused);
    for (unsigned i = 0; i < report->count; i++) {
        const struct report_entry *entry = &report->entries[i];
        struct partition *partition = &store->partitions[entry->partition];
        if (entry->outcome == STORE_DURABLE)
            store_end_durable(partition, entry);
        else
            store_end_refused(store, partition, entry);
    }
    if (report->accounts_changed && store->listener.accounts_changed != NULL)
        store->listener.accounts_changed(store->listener.context);
}

/* Ends the waits that were set for numbers refused before. */
static void store_end_overdue(struct store *store)
{
    store->overdue = false;
    for (unsigned i = 0; i < PARTITIONS; i++) {
        struct partition *partition = &store->partitions[i];
        if (!partition->overdue)
            continue;
        partition->overdue = false;
        partition_end_waits(partition, partition->ended, STORE_REFUSED);
    }
}

static void store_take_reports(struct store *store, struct letter *letter)
{
    assert(!store->turning);
    store->turning = true;
    if (store->overdue)
        store_end_overdue(store);
    while (letter != NULL) {
        struct report *report = (struct report *)letter;
        letter = letter->next;
        store_take_report(store, report);
        free(report);
    }
    store->turning = false;
}

void store_turn(struct store *store)
{
    store_take_reports(store, mailbox_take(store->reports));
    if (store->overdue && store->listener.wake != NULL)
        store->listener.wake(store->listener.context);
}

void store_drain(struct store *store)
{
    for (unsigned i = 0; i < DRAIN_ROUNDS && (store->queued > 0 || store->overdue); i++) {
        if (store->stepped)
            (void)writer_step(store->writer, PARTITIONS, SIZE_MAX, STORE_DURABLE);
        bool wait = store->queued > 0 && !store->stepped;
        store_take_reports(store, wait ? mailbox_wait(store->reports, DRAIN_WAIT_MS)
                                       : mailbox_take(store->reports));
    }
}

size_t store_step(struct store *store, unsigned partition, size_t count, enum store_outcome outcome)
{
    assert(store->stepped);
    size_t ended = writer_step(store->writer, partition, count, outcome);
    store_turn(store);
    return ended;
}
