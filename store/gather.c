/* gather.c: SQLite writes each page of its log in two pieces, header and page, and a commit has
 * dozens of pages. Here they are gathered, and written as one.
 *
 *     write that goes on where the last ended -> gathered, while there is room
 *     any other write, read, truncation, size, sync, close -> what is gathered goes out first
 *
 * Nobody can miss what is only gathered: a connection reads of the log what the shared index
 * admits, and the index gets a commit's pages after the log's sync, which with synchronous FULL
 * every commit has. Padding to sectors, the one case in which SQLite writes on after that sync, is
 * ruled out by what the file says of itself. A write that fails late fails the sync, and with it
 * the commit.
 *
 * Only files that are opened as a write-ahead log are wrapped; all others are the system's own. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "store/database_internal.h"

/* The system's xWrite is made for pages: it takes less than 128 KiB at once. */
enum { GATHER_BYTES = 112 * 1024, NAME_BYTES = 40 };

struct gather {
    sqlite3_vfs vfs; /* first: SQLite knows this address */
    sqlite3_vfs *system;
    char name[NAME_BYTES];
};

struct gathered_file {
    sqlite3_file base;  /* first: SQLite knows this address */
    sqlite3_file *file; /* the system's, behind this struct */
    unsigned char *bytes;
    int length;
    sqlite3_int64 offset; /* of the first byte */
};

static struct gathered_file *gathered(sqlite3_file *file)
{
    return (struct gathered_file *)file;
}

/* Writes what is gathered; it is let go also when that fails, for the commit fails with it. */
static int flushed(sqlite3_file *file)
{
    struct gathered_file *wrapped = gathered(file);
    int length = wrapped->length;
    wrapped->length = 0;
    if (length == 0)
        return SQLITE_OK;
    return wrapped->file->pMethods->xWrite(wrapped->file, wrapped->bytes, length, wrapped->offset);
}

static int log_close(sqlite3_file *file)
{
    struct gathered_file *wrapped = gathered(file);
    int code = flushed(file);
    int closed = wrapped->file->pMethods->xClose(wrapped->file);
    free(wrapped->bytes);
    return code != SQLITE_OK ? code : closed;
}

static int log_read(sqlite3_file *file, void *bytes, int length, sqlite3_int64 offset)
{
    struct gathered_file *wrapped = gathered(file);
    int code = flushed(file);
    return code != SQLITE_OK ? code
                             : wrapped->file->pMethods->xRead(wrapped->file, bytes, length, offset);
}

static int log_write(sqlite3_file *file, const void *bytes, int length, sqlite3_int64 offset)
{
    struct gathered_file *wrapped = gathered(file);
    assert(length >= 0);
    bool goes_on = wrapped->length == 0 || offset == wrapped->offset + wrapped->length;
    if (!goes_on || length > GATHER_BYTES - wrapped->length) {
        int code = flushed(file);
        if (code != SQLITE_OK)
            return code;
    }
    if (length > GATHER_BYTES)
        return wrapped->file->pMethods->xWrite(wrapped->file, bytes, length, offset);
    if (wrapped->length == 0)
        wrapped->offset = offset;
    memcpy(wrapped->bytes + wrapped->length, bytes, (size_t)length);
    wrapped->length += length;
    return SQLITE_OK;
}

static int log_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    struct gathered_file *wrapped = gathered(file);
    int code = flushed(file);
    return code != SQLITE_OK ? code : wrapped->file->pMethods->xTruncate(wrapped->file, size);
}

static int log_sync(sqlite3_file *file, int flags)
{
    struct gathered_file *wrapped = gathered(file);
    int code = flushed(file);
    return code != SQLITE_OK ? code : wrapped->file->pMethods->xSync(wrapped->file, flags);
}

static int log_size(sqlite3_file *file, sqlite3_int64 *size)
{
    struct gathered_file *wrapped = gathered(file);
    int code = flushed(file);
    return code != SQLITE_OK ? code : wrapped->file->pMethods->xFileSize(wrapped->file, size);
}

static int log_lock(sqlite3_file *file, int level)
{
    return gathered(file)->file->pMethods->xLock(gathered(file)->file, level);
}

static int log_unlock(sqlite3_file *file, int level)
{
    return gathered(file)->file->pMethods->xUnlock(gathered(file)->file, level);
}

static int log_check_lock(sqlite3_file *file, int *held)
{
    return gathered(file)->file->pMethods->xCheckReservedLock(gathered(file)->file, held);
}

static int log_control(sqlite3_file *file, int verb, void *argument)
{
    return gathered(file)->file->pMethods->xFileControl(gathered(file)->file, verb, argument);
}

static int log_sector(sqlite3_file *file)
{
    return gathered(file)->file->pMethods->xSectorSize(gathered(file)->file);
}

static int log_characteristics(sqlite3_file *file)
{
    sqlite3_file *system = gathered(file)->file;
    return system->pMethods->xDeviceCharacteristics(system) | SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static const sqlite3_io_methods log_methods = {
    .iVersion = 1,
    .xClose = log_close,
    .xRead = log_read,
    .xWrite = log_write,
    .xTruncate = log_truncate,
    .xSync = log_sync,
    .xFileSize = log_size,
    .xLock = log_lock,
    .xUnlock = log_unlock,
    .xCheckReservedLock = log_check_lock,
    .xFileControl = log_control,
    .xSectorSize = log_sector,
    .xDeviceCharacteristics = log_characteristics,
};

static int gather_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                       int *opened_flags)
{
    sqlite3_vfs *system = ((struct gather *)vfs)->system;
    if (!(flags & SQLITE_OPEN_WAL))
        return system->xOpen(system, name, file, flags, opened_flags);
    struct gathered_file *wrapped = gathered(file);
    *wrapped = (struct gathered_file){.file = (sqlite3_file *)(wrapped + 1)};
    int code = system->xOpen(system, name, wrapped->file, flags, opened_flags);
    if (code != SQLITE_OK)
        return code; /* without methods: SQLite does not close it */
    wrapped->bytes = memory_new(GATHER_BYTES);
    wrapped->base.pMethods = &log_methods;
    return SQLITE_OK;
}

/* The system's other functions do not look at which VFS they are called for. */
struct gather *gather_new(void)
{
    struct gather *gather = memory_new(sizeof(*gather));
    gather->system = sqlite3_vfs_find(NULL);
    assert(gather->system != NULL);
    gather->vfs = *gather->system;
    gather->vfs.pNext = NULL;
    gather->vfs.szOsFile += (int)sizeof(struct gathered_file);
    gather->vfs.xOpen = gather_open;
    snprintf(gather->name, sizeof(gather->name), "gather-%p", (void *)gather);
    gather->vfs.zName = gather->name;
    return gather;
}

int gather_connect(struct gather *gather, const char *path, int flags, sqlite3 **handle)
{
    int code = sqlite3_vfs_register(&gather->vfs, 0);
    if (code == SQLITE_OK)
        code = sqlite3_open_v2(path, handle, flags, gather->name);
    sqlite3_vfs_unregister(&gather->vfs); /* the connection knows it by address */
    return code;
}
