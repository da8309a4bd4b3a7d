/* folder.c: the data folder: its lock and the file's first byte.
 *
 * herald.lock carries a BSD lock (flock), which the kernel drops with the process however that
 * ends, and for the operator's eyes the number of the process that holds it. The database file is
 * made here, before SQLite sees it, so that it never exists with a wider mode than 0600; SQLite
 * gives its -wal and -shm files the same mode. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "store/database_internal.h"

enum { FILE_MODE = 0600 };

char *folder_path(const char *folder, const char *name)
{
    assert(folder && name);
    size_t size = strlen(folder) + strlen(name) + 2;
    char *path = memory_new(size);
    snprintf(path, size, "%s/%s", folder, name);
    return path;
}

/* Describes errno after an attempt at `path`. */
static void folder_explain(const char *path, struct failure *failure)
{
    int error = errno;
    if (error == EACCES || error == EPERM || error == EROFS)
        failure_set(failure, ERR_DENIED,
                    "cannot write %s: %s: give the user that runs herald the right to write there, "
                    "or use another --data folder",
                    path, strerror(error));
    else if (error == ENOSPC || error == EDQUOT)
        failure_set(failure, ERR_IO,
                    "the disk that holds %s is full: free some space or use another --data folder",
                    path);
    else
        failure_set(failure, ERR_IO, "cannot open %s: %s: use another --data folder", path,
                    strerror(error));
}

static bool folder_check(const char *folder, struct failure *failure)
{
    struct stat status;
    if (stat(folder, &status) != 0 && errno == ENOENT) {
        failure_set(failure, ERR_NOT_FOUND,
                    "the data folder %s does not exist: make it (mkdir -p %s) or use another "
                    "--data folder",
                    folder, folder);
        return false;
    }
    if (stat(folder, &status) != 0) {
        folder_explain(folder, failure);
        return false;
    }
    if (!S_ISDIR(status.st_mode)) {
        failure_set(failure, ERR_IO, "%s is not a folder: use another --data folder", folder);
        return false;
    }
    return true;
}

bool folder_prepare(const char *folder, const char *path, struct failure *failure)
{
    if (!folder_check(folder, failure))
        return false;
    /* A file that is there is not opened: closing it would drop the locks that SQLite holds in this
     * process (POSIX: all of a process's on the file), and with them the log of the store. */
    int file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);
    bool made = file >= 0;
    if (made)
        close(file);
    if (made || (errno == EEXIST && access(path, R_OK | W_OK) == 0))
        return true;
    folder_explain(path, failure);
    return false;
}

/* The number in the lock file of another process. */
static long folder_holder(int file)
{
    char text[24] = "";
    ssize_t got = pread(file, text, sizeof(text) - 1, 0);
    return got > 0 ? strtol(text, NULL, 10) : 0;
}

/* Leaves our number in the lock file; only a help for the operator, so failing does no harm. */
static void folder_sign(int file)
{
    char text[24];
    int length = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
    if (ftruncate(file, 0) != 0 || pwrite(file, text, (size_t)length, 0) != length)
        return;
}

int folder_lock(const char *folder, struct failure *failure)
{
    if (!folder_check(folder, failure))
        return -1;
    char *path = folder_path(folder, "herald.lock");
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, FILE_MODE);
    if (file < 0) {
        folder_explain(path, failure);
    } else if (flock(file, LOCK_EX | LOCK_NB) == 0) {
        folder_sign(file);
    } else {
        failure_set(failure, ERR_BUSY,
                    "the data folder %s is in use by another herald (process %ld): stop it or use "
                    "another --data folder",
                    folder, folder_holder(file));
        close(file);
        file = -1;
    }
    free(path);
    return file;
}
