/* accounts.h: accounts in the database file, for the command line. Works beside a running server,
 * which notices within a second or two. Each call is one durable transaction. */
#ifndef STORE_ACCOUNTS_H
#define STORE_ACCOUNTS_H

#include "base/err.h"
#include "store/rows.h"

struct account_file;

/* Opens (makes, migrates) herald.db in the folder; does not take the server's lock nor count an
 * epoch. `why` gets a message for the operator on failure. */
struct account_file *account_file_open(const char *folder, enum err *err, char *why,
                                       size_t why_size);
void account_file_close(struct account_file **file);

/* Adds one (ERR_CONFLICT: it is there), changes one's HA1 (ERR_NOT_FOUND), removes one
 * (ERR_NOT_FOUND). */
enum err account_add(struct account_file *file, const struct store_account *account)
    __attribute__((warn_unused_result));
enum err account_change(struct account_file *file, const struct store_account *account)
    __attribute__((warn_unused_result));
enum err account_delete(struct account_file *file, struct bytes aor)
    __attribute__((warn_unused_result));

/* Visits all accounts by name. */
enum err account_list(struct account_file *file,
                      void (*visit)(void *context, const struct store_account *account),
                      void *context) __attribute__((warn_unused_result));

#endif
