/* backup.c: a copy of the whole database by SQLite's backup API.
 *
 *     lock the folder of backups -> copy within one read transaction -> check the copy
 *     -> fsync -> rename to its name -> fsync the folder -> the oldest go
 *
 * One read transaction sees one state, whatever is committed meanwhile; the write-ahead log keeps
 * what came since and grows until the copy is done. To let go of it between steps would have SQLite
 * begin anew after every commit of others, and a busy server commits all the time. So the pages are
 * copied without a pause, in steps only to look whether it is wanted still; the copy is checked
 * when the transaction is over. The copy is no WAL database: a single file, which may be read where
 * nothing can be written. */
#include "store/backup.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "store/database_internal.h"

enum {
    FOLDER_MODE = 0700,
    FILE_MODE = 0600,
    NAME_LENGTH = 30,
    STEP_PAGES = 256,
    CHECK_STEPS = 100000 /* of SQLite's machine, between two looks */
};

#define FRESH "herald-new.db" /* while it is made */

/* One copy under way. */
struct copying {
    const struct backup_order *order;
    const char *into;
    int folder; /* descriptor, locked */
    char *fresh;
    struct failure failure;
};

static bool fail(struct copying *copying, enum err err, const char *what)
{
    failure_set(&copying->failure, err,
                "no backup was made in %s: %s: %s; let the user that runs herald write there, free "
                "some space, or choose another backup.folder",
                copying->into, what, strerror(errno));
    return false;
}

static bool open_folder(struct copying *copying)
{
    if (mkdir(copying->into, FOLDER_MODE) != 0 && errno != EEXIST)
        return fail(copying, ERR_DENIED, "the folder cannot be made");
    copying->folder = open(copying->into, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (copying->folder < 0)
        return fail(copying, ERR_DENIED, "the folder cannot be opened");
    if (flock(copying->folder, LOCK_EX | LOCK_NB) == 0)
        return true;
    failure_set(&copying->failure, ERR_BUSY, "a backup is being made; wait until it is done");
    return false;
}

static void forget_fresh(const struct copying *copying)
{
    (void)unlinkat(copying->folder, FRESH "-journal", 0);
    (void)unlinkat(copying->folder, FRESH, 0);
}

/* Makes the file before SQLite does, so that it never has a wider mode. */
static bool make_file(struct copying *copying)
{
    forget_fresh(copying); /* of a process that ended in the middle */
    int file = open(copying->fresh, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);
    if (file < 0)
        return fail(copying, ERR_DENIED, "a file cannot be made");
    close(file);
    return true;
}

static bool explain(struct copying *copying, sqlite3 *handle, int code)
{
    failure_set(&copying->failure, database_err(code),
                "no backup was made in %s: %s; check the disk's space and health", copying->into,
                handle != NULL ? sqlite3_errmsg(handle) : sqlite3_errstr(code));
    return false;
}

/* True when the only row says "ok". */
static bool is_sound(sqlite3 *copy)
{
    sqlite3_stmt *check = NULL;
    bool sound =
        sqlite3_prepare_v2(copy, "PRAGMA integrity_check(1)", -1, &check, NULL) == SQLITE_OK &&
        sqlite3_step(check) == SQLITE_ROW &&
        strcmp((const char *)sqlite3_column_text(check, 0), "ok") == 0;
    sqlite3_finalize(check);
    return sound;
}

static int is_stopped(void *context)
{
    struct copying *copying = context;
    const struct backup_order *order = copying->order;
    if (order->stopped == NULL || !order->stopped(order->context))
        return 0;
    failure_set(&copying->failure, ERR_CLOSED,
                "no backup was made in %s: the server ends; ask again when it is there",
                copying->into);
    return 1;
}

static int copy_steps(struct copying *copying, sqlite3_backup *backup)
{
    int code;
    do {
        code = sqlite3_backup_step(backup, STEP_PAGES);
    } while (code == SQLITE_OK && !is_stopped(copying));
    return code == SQLITE_OK ? SQLITE_INTERRUPT : code;
}

/* Of the one state that there is when the first page is read. */
static int copy_pages(struct copying *copying, sqlite3 *from, sqlite3 *to)
{
    int code = sqlite3_exec(from, "BEGIN; SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL);
    if (code != SQLITE_OK)
        return code;
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
    if (backup == NULL)
        return sqlite3_errcode(to);
    code = copy_steps(copying, backup);
    int end = sqlite3_backup_finish(backup);
    (void)sqlite3_exec(from, "ROLLBACK", NULL, NULL, NULL);
    return code == SQLITE_DONE ? SQLITE_OK : end != SQLITE_OK ? end : code;
}

static bool copy_into(struct copying *copying, sqlite3 *from, sqlite3 *to)
{
    int code = copy_pages(copying, from, to);
    if (code == SQLITE_OK)
        code = sqlite3_exec(to, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
    if (code == SQLITE_INTERRUPT)
        return false; /* is_stopped has said why */
    if (code != SQLITE_OK)
        return explain(copying, to, code);
    sqlite3_progress_handler(to, CHECK_STEPS, is_stopped, copying);
    if (is_sound(to))
        return true;
    if (copying->failure.err == ERR_CLOSED)
        return false;
    failure_set(&copying->failure, ERR_DB,
                "the copy in %s is damaged: the database may be, too; look at it with sqlite3 "
                "(PRAGMA integrity_check), and at the disk",
                copying->into);
    return false;
}

static bool copy(struct copying *copying, const char *folder)
{
    struct database from;
    sqlite3 *to = NULL;
    if (!database_open(&from, folder, DATABASE_READ, &copying->failure))
        return false;
    int code =
        sqlite3_open_v2(copying->fresh, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    bool copied =
        code == SQLITE_OK ? copy_into(copying, from.handle, to) : explain(copying, to, code);
    sqlite3_close(to);
    database_close(&from);
    return copied;
}

static bool sync_file(struct copying *copying, struct backup *made)
{
    struct stat is;
    int file = open(copying->fresh, O_RDWR | O_CLOEXEC);
    bool synced = file >= 0 && fsync(file) == 0 && fstat(file, &is) == 0;
    if (synced)
        made->bytes = (uint64_t)is.st_size;
    else
        fail(copying, ERR_IO, "the copy cannot be written to the disk");
    if (file >= 0)
        close(file);
    return synced;
}

/* "herald-20261122T020501.123Z.db" */
static void name_of(uint64_t at_ms, char name[BACKUP_NAME_SIZE])
{
    time_t second = (time_t)(at_ms / 1000);
    struct tm utc;
    gmtime_r(&second, &utc);
    char day[32];
    (void)strftime(day, sizeof(day), "%Y%m%dT%H%M%S", &utc);
    (void)snprintf(name, BACKUP_NAME_SIZE, "herald-%s.%03uZ.db", day, (unsigned)(at_ms % 1000));
}

static bool publish(struct copying *copying, uint64_t now_ms, struct backup *made)
{
    struct stat is;
    for (made->made_ms = now_ms;; made->made_ms++) { /* no other one loses its name */
        name_of(made->made_ms, made->name);
        if (fstatat(copying->folder, made->name, &is, 0) != 0)
            break;
    }
    if (renameat(copying->folder, FRESH, copying->folder, made->name) == 0 &&
        fsync(copying->folder) == 0)
        return true;
    return fail(copying, ERR_IO, "the copy cannot be named");
}

/* The moment in a name; 0: it is none of ours. */
static uint64_t made_at(const char *name)
{
    struct tm utc = {0};
    if (strlen(name) != NAME_LENGTH || strncmp(name, "herald-", 7) != 0)
        return 0;
    const char *rest = strptime(name + 7, "%Y%m%dT%H%M%S.", &utc);
    char *end = NULL;
    unsigned long ms = rest != NULL ? strtoul(rest, &end, 10) : 0;
    if (rest == NULL || end != rest + 3 || strcmp(end, "Z.db") != 0)
        return 0;
    return (uint64_t)timegm(&utc) * 1000 + ms;
}

static int by_age(const void *a, const void *b)
{
    const struct backup *one = a, *other = b;
    return one->made_ms < other->made_ms ? 1 : one->made_ms > other->made_ms ? -1 : 0;
}

/* All of a folder, the newest first; free() them. NULL: it cannot be read. */
static struct backup *gather(int folder, size_t *count)
{
    struct stat is;
    int again = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *names = again >= 0 ? fdopendir(again) : NULL;
    *count = 0;
    if (names == NULL) {
        if (again >= 0)
            close(again);
        return NULL;
    }
    struct backup *all = memory_new(BACKUPS_MAX * sizeof(*all));
    for (struct dirent *entry; *count < BACKUPS_MAX && (entry = readdir(names)) != NULL;) {
        uint64_t at_ms = made_at(entry->d_name);
        if (at_ms == 0 || fstatat(folder, entry->d_name, &is, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        struct backup *backup = &all[(*count)++];
        *backup = (struct backup){.bytes = (uint64_t)is.st_size, .made_ms = at_ms};
        memcpy(backup->name, entry->d_name, NAME_LENGTH);
    }
    closedir(names);
    qsort(all, *count, sizeof(*all), by_age);
    return all;
}

static void forget_oldest(const struct copying *copying, unsigned keep)
{
    size_t count;
    struct backup *all = gather(copying->folder, &count);
    for (size_t i = keep; all != NULL && i < count; i++)
        (void)unlinkat(copying->folder, all[i].name, 0);
    free(all);
}

enum err backup_make(const struct backup_order *order, struct backup *made, char *why,
                     size_t why_size)
{
    assert(order->folder != NULL && order->keep > 0 && order->keep <= BACKUPS_MAX);
    struct copying copying = {.order = order,
                              .into = order->into,
                              .folder = -1,
                              .fresh = folder_path(order->into, FRESH)};
    *made = (struct backup){.bytes = 0};
    bool locked = open_folder(&copying);
    bool whole = locked && make_file(&copying) && copy(&copying, order->folder) &&
                 sync_file(&copying, made) && publish(&copying, order->now_ms, made);
    if (whole)
        forget_oldest(&copying, order->keep);
    else if (locked)
        forget_fresh(&copying);
    if (copying.folder >= 0)
        close(copying.folder);
    free(copying.fresh);
    enum err err = whole ? ERR_NONE : ERR_IO;
    if (!whole)
        failure_report(&copying.failure, &err, why, why_size);
    return err;
}

enum err backup_list(const char *into, void (*visit)(void *context, const struct backup *backup),
                     void *context)
{
    size_t count = 0;
    int folder = open(into, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return errno == ENOENT ? ERR_NONE : ERR_IO;
    struct backup *all = gather(folder, &count);
    enum err err = all != NULL ? ERR_NONE : ERR_IO;
    for (size_t i = 0; i < count; i++)
        visit(context, &all[i]);
    free(all);
    close(folder);
    return err;
}
