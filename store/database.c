/* database.c: opening a connection, and what its failures mean to the operator.
 *
 *     folder and file there? -> open -> pragmas -> is it ours, of which version? -> migrate
 *
 * WAL lets the reader, the writer and the checkpointer work beside each other, and `herald user`
 * beside all of them; with synchronous FULL a COMMIT returns when its pages are on the disk. No
 * connection checkpoints by itself: checkpoint.c does, away from the commits. */
#include "store/database_internal.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/memory.h"

enum { BUSY_TIMEOUT_MS = 5000 };

void failure_set(struct failure *failure, enum err err, const char *format, ...)
{
    assert(failure != NULL);
    va_list arguments;
    va_start(arguments, format);
    failure->err = err;
    vsnprintf(failure->why, sizeof(failure->why), format, arguments);
    va_end(arguments);
}

void failure_report(const struct failure *failure, enum err *err, char *why, size_t why_size)
{
    if (err != NULL)
        *err = failure->err;
    if (why_size > 0)
        snprintf(why, why_size, "%s", failure->why);
}

enum err database_err(int code)
{
    switch (code & 0xff) {
    case SQLITE_OK:
        return ERR_NONE;
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_AUTH:
    case SQLITE_CANTOPEN:
        return ERR_DENIED;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ERR_BUSY;
    case SQLITE_FULL:
    case SQLITE_IOERR:
        return ERR_IO;
    default:
        return ERR_DB;
    }
}

/* What an operator can do about a SQLite code. */
static const char *database_advice(int code)
{
    switch (code & 0xff) {
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_AUTH:
    case SQLITE_CANTOPEN:
        return "give the user that runs herald the right to read and write the folder and the file";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return "another program holds the database: stop it";
    case SQLITE_FULL:
        return "the disk is full: free some space";
    case SQLITE_IOERR:
        return "check the disk's space, limits and health";
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
        return "the file is damaged or no herald database: move it away or restore a backup";
    default:
        return "see the message; restore a backup if the file was changed by hand";
    }
}

void database_explain(const struct database *database, int code, struct failure *failure)
{
    const char *message =
        database->handle != NULL ? sqlite3_errmsg(database->handle) : sqlite3_errstr(code);
    failure_set(failure, database_err(code), "cannot use the database %s: %s: %s", database->path,
                message, database_advice(code));
}

int database_execute(struct database *database, const char *sql)
{
    return sqlite3_exec(database->handle, sql, NULL, NULL, NULL);
}

void database_rollback(struct database *database)
{
    if (sqlite3_get_autocommit(database->handle) == 0)
        database_run(database, SQL_ROLLBACK);
}

/* Memory is for working, not for idling: a cache grows when it is used, up to these bounds (KiB).
 * The reader's and the checkpointer's pages are in the system's cache already. */
static const char *database_pragmas(enum database_use use)
{
    switch (use) {
    case DATABASE_WRITE:
        return "PRAGMA synchronous = FULL; PRAGMA cache_size = -16384;";
    case DATABASE_WRITE_FAST:
        return "PRAGMA synchronous = OFF; PRAGMA cache_size = -2048;";
    case DATABASE_READ:
    case DATABASE_LOOK:
        return "PRAGMA query_only = 1; PRAGMA cache_size = -256; PRAGMA temp_store = MEMORY;";
    case DATABASE_CHECKPOINT:
        return "PRAGMA synchronous = FULL; PRAGMA cache_size = -64;";
    case DATABASE_ACCOUNTS:
        break;
    }
    return "PRAGMA synchronous = FULL; PRAGMA cache_size = -512;";
}

static bool database_writes_schema(enum database_use use)
{
    return use == DATABASE_WRITE || use == DATABASE_WRITE_FAST || use == DATABASE_ACCOUNTS;
}

static int database_open_file(struct database *database, enum database_use use)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    if (use != DATABASE_WRITE)
        return sqlite3_open_v2(database->path, &database->handle, flags, NULL);
    database->gather = gather_new();
    return gather_connect(database->gather, database->path, flags, &database->handle);
}

/* Opens and sets up the connection; returns SQLite's code. */
static int database_connect(struct database *database, enum database_use use)
{
    int code = database_open_file(database, use);
    if (code == SQLITE_OK)
        code = sqlite3_busy_timeout(database->handle, BUSY_TIMEOUT_MS);
    if (code == SQLITE_OK)
        code = database_execute(database, database_pragmas(use));
    if (code == SQLITE_OK)
        code = database_execute(database, "PRAGMA wal_autocheckpoint = 0");
    return code;
}

static bool database_is_there(const struct database *database, struct failure *failure)
{
    if (access(database->path, F_OK) == 0 || errno != ENOENT)
        return true;
    failure_set(failure, ERR_NOT_FOUND, "%s is not there yet: the first start makes it",
                database->path);
    return false;
}

bool database_open(struct database *database, const char *folder, enum database_use use,
                   struct failure *failure)
{
    *database = (struct database){.path = folder_path(folder, "herald.db")};
    bool opened = true;
    if (use == DATABASE_LOOK)
        opened = database_is_there(database, failure);
    else if (database_writes_schema(use))
        opened = folder_prepare(folder, database->path, failure);
    if (opened) {
        int code = database_connect(database, use);
        opened = code == SQLITE_OK;
        if (!opened)
            database_explain(database, code, failure);
    }
    if (opened && database_writes_schema(use))
        opened = schema_migrate(database, use == DATABASE_WRITE_FAST, failure);
    if (opened && use == DATABASE_LOOK)
        opened = schema_look(database, failure);
    if (!opened)
        database_close(database);
    return opened;
}

void database_close(struct database *database)
{
    for (unsigned i = 0; i < STATEMENT_COUNT; i++)
        sqlite3_finalize(database->statements[i]);
    int code = sqlite3_close(database->handle);
    assert(code == SQLITE_OK); /* nothing of ours is left open */
    (void)code;
    free(database->gather);
    free(database->path);
    *database = (struct database){0};
}
