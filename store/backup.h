/* backup.h: whole copies of the database, made beside those who use it.
 *
 * A copy has everything that was durable when it was begun. It is checked, and bears its name only
 * when it is whole and on the disk; it is one file that can take herald.db's place. */
#ifndef STORE_BACKUP_H
#define STORE_BACKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { BACKUP_NAME_SIZE = 48, BACKUPS_MAX = 10000 };

struct backup {
    char name[BACKUP_NAME_SIZE]; /* "herald-20261122T020501.123Z.db" */
    uint64_t bytes, made_ms;     /* wall clock */
};

struct backup_order {
    const char *folder, *into;      /* of the database; of backups, made when it is missing */
    unsigned keep;                  /* of all backups there, the newest; 1..BACKUPS_MAX */
    uint64_t now_ms;                /* wall clock */
    bool (*stopped)(void *context); /* asked again and again: is it not wanted any more? or NULL */
    void *context;
};

/* Copies the database into a new file; then the oldest backups go. Blocks for as long as that
 * takes. ERR_BUSY: another one is being made, ERR_CLOSED: it was stopped, ERR_DB: the copy is
 * damaged, ERR_IO, ERR_DENIED; with a message for the operator. */
enum err backup_make(const struct backup_order *order, struct backup *made, char *why,
                     size_t why_size) __attribute__((warn_unused_result));

/* Visits those that there are, the newest first, at most BACKUPS_MAX. ERR_IO: the folder cannot be
 * read; one that is missing is empty. */
enum err backup_list(const char *into, void (*visit)(void *context, const struct backup *backup),
                     void *context) __attribute__((warn_unused_result));

#endif
