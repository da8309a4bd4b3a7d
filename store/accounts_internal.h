/* accounts_internal.h: the database file as the command line holds it. */
#ifndef STORE_ACCOUNTS_INTERNAL_H
#define STORE_ACCOUNTS_INTERNAL_H

#include "store/accounts.h"
#include "store/database_internal.h"

struct account_file {
    struct database database;
    bool within; /* a transaction of the caller's */
};

/* Begins a change: a transaction of its own, unless the caller has one. */
enum err change_begin(struct account_file *file);
/* Ends it: with ERR_NONE so far it becomes durable, else nothing has happened. Within the caller's
 * transaction nothing more is done. Returns what happened in all. */
enum err change_end(struct account_file *file, enum err err);

#endif
