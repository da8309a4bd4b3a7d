/* folder.c: makes the data folder (0750: accounts are nobody else's business). */
#include "folder.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool folder_make(const char *path, bool *made, char *why, size_t why_size)
{
    assert(path != NULL && made != NULL);
    *made = mkdir(path, 0750) == 0;
    if (*made || errno == EEXIST)
        return true;
    snprintf(why, why_size,
             "the data folder %s cannot be made: %s; make it for this user, or name another one",
             path, strerror(errno));
    return false;
}

void folder_unmake(const char *path)
{
    DIR *folder = opendir(path);
    if (folder == NULL)
        return;
    /* unlinkat refuses folders, so nothing but our own files can go */
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder))
        (void)unlinkat(dirfd(folder), entry->d_name, 0);
    closedir(folder);
    (void)rmdir(path);
}
