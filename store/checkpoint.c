/* checkpoint.c: the thread that empties the write-ahead log into the database.
 *
 *     writer: log has grown enough --letter--> PASSIVE pass --letter--> writer
 *
 * A pass copies what is committed while the writer goes on committing; what it cannot copy stays
 * for the next one. When a pass has caught up with the writer, SQLite begins the log anew with the
 * next commit. Under load none ever does; so when the log is over its bound the writer itself, at
 * the end of a pass, copies the few pages that have come since (writer.c). That costs one commit
 * some milliseconds, where a RESTART from here would hold the write lock for as long, and would
 * poll for it besides. */
#include <assert.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/memory.h"
#include "store/writer_internal.h"

struct checkpointer {
    struct database database;
    struct mailbox *asked, *back;
    struct log *log;
    struct item stop;
    pthread_t thread;
    bool failing;
};

int checkpoint_pass(struct database *database)
{
    int pages = 0, done = 0;
    int code = sqlite3_wal_checkpoint_v2(database->handle, "main", SQLITE_CHECKPOINT_PASSIVE,
                                         &pages, &done);
    return code == SQLITE_OK && done > 0 ? done : 0;
}

/* Says once that passes fail, and once that they work again. */
static void checkpointer_log(struct checkpointer *checkpointer, bool failed)
{
    if (failed && !checkpointer->failing)
        log_write(
            checkpointer->log, LOG_WARNING, "store",
            "cannot move the write-ahead log into the database: %s: it grows until this works "
            "again; check the disk",
            sqlite3_errmsg(checkpointer->database.handle));
    if (!failed && checkpointer->failing)
        log_write(checkpointer->log, LOG_INFO, "store", "the write-ahead log is emptied again");
    checkpointer->failing = failed;
}

static void checkpointer_pass(struct checkpointer *checkpointer, struct checkpoint *checkpoint)
{
    checkpoint->done_pages = checkpoint_pass(&checkpointer->database);
    int code = sqlite3_errcode(checkpointer->database.handle) & 0xff;
    checkpointer_log(checkpointer, code != SQLITE_OK && code != SQLITE_BUSY);
    checkpoint->item.kind = ITEM_CHECKPOINTED;
    mailbox_post(checkpointer->back, &checkpoint->item.letter);
}

static void *checkpointer_run(void *context)
{
    struct checkpointer *checkpointer = context;
    for (;;) {
        struct letter *letter = mailbox_wait(checkpointer->asked, UINT_MAX);
        while (letter != NULL) {
            struct item *item = (struct item *)letter;
            letter = letter->next;
            if (item->kind == ITEM_STOP)
                return NULL;
            checkpointer_pass(checkpointer, (struct checkpoint *)item);
        }
    }
}

struct checkpointer *checkpointer_open(const char *folder, struct mailbox *back, struct log *log,
                                       struct failure *failure)
{
    struct checkpointer *checkpointer = memory_new(sizeof(*checkpointer));
    checkpointer->back = back;
    checkpointer->log = log;
    checkpointer->asked = mailbox_new(NULL, NULL);
    bool opened = database_open(&checkpointer->database, folder, DATABASE_CHECKPOINT, failure);
    if (opened && thread_start(&checkpointer->thread, checkpointer_run, checkpointer, failure))
        return checkpointer;
    if (opened)
        database_close(&checkpointer->database);
    mailbox_free(&checkpointer->asked);
    free(checkpointer);
    return NULL;
}

void checkpointer_close(struct checkpointer **checkpointer)
{
    struct checkpointer *old = *checkpointer;
    *checkpointer = NULL;
    if (old == NULL)
        return;
    old->stop.kind = ITEM_STOP;
    mailbox_post(old->asked, &old->stop.letter);
    pthread_join(old->thread, NULL);
    database_close(&old->database);
    mailbox_free(&old->asked);
    free(old);
}

void checkpointer_ask(struct checkpointer *checkpointer, struct checkpoint *checkpoint)
{
    assert(checkpointer != NULL && checkpoint != NULL);
    checkpoint->item.kind = ITEM_CHECKPOINTED;
    mailbox_post(checkpointer->asked, &checkpoint->item.letter);
}
