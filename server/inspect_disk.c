/* inspect_disk.c: room for the database, its backups and the log, each where it is configured to be
 * (which may be another file system). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "inspect_internal.h"

enum { FREE_LEAST_MIB = 200, FREE_LEAST_FILES = 100, MIB = 1 << 20, PATH_SIZE = 4096 };

/* Whether `path` can be written and has `wanted_mib` left. `use`: what for. */
static void check_room(struct check *check, const char *path, const char *use,
                       unsigned long long wanted_mib)
{
    struct statvfs disk;
    if (statvfs(path, &disk) != 0) {
        check_say(check, CHECK_FAULT, "disk", "%s (%s) cannot be looked at: %s; check the disk",
                  path, use, strerror(errno));
        return;
    }
    unsigned long long free_mib = (unsigned long long)disk.f_bavail * disk.f_frsize / MIB;
    if ((disk.f_flag & ST_RDONLY) != 0)
        check_say(check, CHECK_FAULT, "disk",
                  "%s (%s) can only be read; mount its disk for writing, after a look at the "
                  "kernel's log (dmesg)",
                  path, use);
    else if (free_mib < wanted_mib)
        check_say(
            check, CHECK_FAULT, "disk",
            "%s (%s) has %llu MiB left and should have %llu; free some, or put it on a larger "
            "disk",
            path, use, free_mib, wanted_mib);
    else if (disk.f_files > 0 && disk.f_favail < FREE_LEAST_FILES)
        check_say(check, CHECK_FAULT, "disk", "%s (%s) has room for %llu more %s only; delete some",
                  path, use, (unsigned long long)disk.f_favail,
                  word_for(disk.f_favail, "file", "files"));
    else
        check_say(check, CHECK_OK, "disk", "%s (%s) can be written and has %llu MiB left", path,
                  use, free_mib);
}

/* False: it is not there, or not ours, which is said. */
static bool check_folder(struct check *check, const char *path, const char *use, const char *maker)
{
    struct stat is;
    bool there = stat(path, &is) == 0;
    if (!there && errno == ENOENT && maker != NULL) {
        check_say(check, CHECK_NOTE, "disk", "%s (%s) is not there yet: %s makes it", path, use,
                  maker);
        return false;
    }
    if (there && S_ISDIR(is.st_mode) && access(path, W_OK | X_OK) == 0)
        return true;
    check_say(check, CHECK_FAULT, "disk",
              "%s (%s) cannot be written by this user; give the user that runs herald the right "
              "(chown), or run this check as that user",
              path, use);
    return false;
}

/* The database may be a link to elsewhere. Its size in MiB; 0: there is none yet. */
static unsigned long long check_database(struct check *check)
{
    char path[PATH_SIZE];
    struct stat file, folder;
    snprintf(path, sizeof(path), "%s/herald.db", check->config->data);
    if (stat(path, &file) != 0)
        return 0;
    if (stat(check->config->data, &folder) == 0 && folder.st_dev != file.st_dev)
        check_room(check, path, "database", FREE_LEAST_MIB);
    if (access(path, R_OK | W_OK) != 0)
        check_say(
            check, CHECK_FAULT, "disk",
            "%s cannot be written by this user; give it to the user that runs herald (chown), "
            "or run this check as that user",
            path);
    return (unsigned long long)file.st_size / MIB;
}

static void check_backups(struct check *check, unsigned long long database_mib)
{
    char path[PATH_SIZE];
    if (check->config->backup_folder != NULL && *check->config->backup_folder != '\0')
        snprintf(path, sizeof(path), "%s", check->config->backup_folder);
    else
        snprintf(path, sizeof(path), "%s/backups", check->config->data);
    if (check_folder(check, path, "backups", "the first backup"))
        check_room(check, path, "backups", database_mib + FREE_LEAST_MIB);
}

static void check_log(struct check *check)
{
    const char *file = check->config->log_file;
    if (file == NULL || *file == '\0')
        return;
    char path[PATH_SIZE];
    const char *end = strrchr(file, '/');
    int length = end == NULL ? 0 : end == file ? 1 : (int)(end - file);
    snprintf(path, sizeof(path), "%.*s", length, file);
    if (length == 0)
        snprintf(path, sizeof(path), ".");
    if (check_folder(check, path, "log", NULL))
        check_room(check, path, "log", FREE_LEAST_MIB);
}

void check_disk(struct check *check)
{
    unsigned long long database_mib = 0;
    if (check_folder(check, check->config->data, "data", "the first start")) {
        check_room(check, check->config->data, "data", FREE_LEAST_MIB);
        database_mib = check_database(check);
        check_backups(check, database_mib);
    }
    check_log(check);
}
