/* accounts_internal.h: the database file as the command line holds it. */
#ifndef STORE_ACCOUNTS_INTERNAL_H
#define STORE_ACCOUNTS_INTERNAL_H

#include "store/accounts.h"
#include "store/database_internal.h"

struct account_file {
    struct database database;
};

#endif
