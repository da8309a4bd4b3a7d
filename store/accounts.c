/* accounts.c: `herald user` on the database file, beside a server or without one.
 *
 * Each change takes the next number of meta.accounts into accounts.changed, in one transaction with
 * the row. The server reads the rows after the last number that it has seen, so nothing is lost
 * when several changes come at once; a removed account therefore stays as a row without its HA1,
 * until the server's next start forgets it. */
#include "store/accounts.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/token.h"
#include "store/accounts_internal.h"

static struct account_file *file_open(const char *folder, enum database_use use, enum err *err,
                                      char *why, size_t why_size)
{
    assert(folder != NULL);
    struct failure failure = {0};
    struct account_file *file = memory_new(sizeof(*file));
    if (database_open(&file->database, folder, use, &failure))
        return file;
    failure_report(&failure, err, why, why_size);
    free(file);
    return NULL;
}

struct account_file *account_file_open(const char *folder, enum err *err, char *why,
                                       size_t why_size)
{
    return file_open(folder, DATABASE_ACCOUNTS, err, why, why_size);
}

struct account_file *account_file_look(const char *folder, enum err *err, char *why,
                                       size_t why_size)
{
    return file_open(folder, DATABASE_LOOK, err, why, why_size);
}

void account_file_close(struct account_file **file)
{
    struct account_file *old = *file;
    *file = NULL;
    if (old == NULL)
        return;
    database_close(&old->database);
    free(old);
}

enum err account_begin(struct account_file *file)
{
    assert(!file->within);
    enum err err = database_err(database_run(&file->database, SQL_BEGIN_WRITE));
    file->within = err == ERR_NONE;
    return err;
}

enum err account_begin_read(struct account_file *file)
{
    assert(!file->within);
    enum err err = database_err(database_run(&file->database, SQL_BEGIN_READ));
    file->within = err == ERR_NONE;
    return err;
}

enum err account_commit(struct account_file *file)
{
    assert(file->within);
    enum err err = database_err(database_run(&file->database, SQL_COMMIT));
    account_rollback(file);
    return err;
}

void account_rollback(struct account_file *file)
{
    database_rollback(&file->database);
    file->within = false;
}

enum err change_begin(struct account_file *file)
{
    return file->within ? ERR_NONE : database_err(database_run(&file->database, SQL_BEGIN_WRITE));
}

enum err change_end(struct account_file *file, enum err err)
{
    if (file->within)
        return err;
    if (err == ERR_NONE)
        err = database_err(database_run(&file->database, SQL_COMMIT));
    database_rollback(&file->database);
    return err;
}

struct store_account account_row(struct row *row)
{
    struct store_account account = {.aor = row_bytes(row)};
    for (unsigned i = 0; i < 3; i++)
        account.ha1[i] = row_bytes(row);
    account.name = row_bytes(row);
    account.disabled = row_number(row) != 0;
    account.born = (uint64_t)row_number(row);
    account.removed = row_number(row) != 0;
    account.changed = (uint64_t)row_number(row);
    return account;
}

enum err account_exists(struct database *database, struct bytes aor, bool *exists)
{
    sqlite3_stmt *statement = database_statement(database, SQL_ACCOUNT);
    if (statement == NULL)
        return database_err(sqlite3_errcode(database->handle));
    sqlite3_bind_int64(statement, 1, partition_of(aor));
    bind_text(statement, 2, aor);
    *exists = sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_int(statement, 0) == 0;
    return database_err(sqlite3_reset(statement));
}

/* Writes the row under the next change number. */
static int account_put(struct database *database, const struct store_account *account)
{
    int64_t changed = 0;
    sqlite3_stmt *statement = database_statement(database, SQL_PUT_ACCOUNT);
    if (statement == NULL || !database_number(database, SQL_NEXT_ACCOUNT_CHANGE, &changed))
        return sqlite3_errcode(database->handle);
    int parameter = 1;
    sqlite3_bind_int64(statement, parameter, partition_of(account->aor));
    bind_text(statement, ++parameter, account->aor);
    for (unsigned i = 0; i < 3; i++)
        bind_text(statement, ++parameter, account->ha1[i]);
    bind_text(statement, ++parameter, account->name);
    sqlite3_bind_int64(statement, ++parameter, account->disabled);
    sqlite3_bind_int64(statement, ++parameter, account->removed);
    sqlite3_bind_int64(statement, ++parameter, changed);
    sqlite3_step(statement);
    return sqlite3_reset(statement);
}

/* A change of an account that must, or must not, be there. */
static enum err account_write(struct account_file *file, const struct store_account *account,
                              bool wanted, enum err otherwise)
{
    struct database *database = &file->database;
    bool exists = false;
    char *holder = NULL;
    enum err err = change_begin(file);
    if (err == ERR_NONE)
        err = account_exists(database, account->aor, &exists);
    if (err == ERR_NONE && exists != wanted)
        err = otherwise;
    if (err == ERR_NONE && !wanted)
        err = alias_find(database, account->aor, &holder);
    if (err == ERR_NONE && holder != NULL)
        err = otherwise;
    free(holder);
    if (err == ERR_NONE)
        err = database_err(account_put(database, account));
    if (err == ERR_NONE && account->removed)
        err = database_err(account_erase(database, account->aor));
    return change_end(file, err);
}

enum err account_add(struct account_file *file, const struct store_account *account)
{
    assert(!bytes_empty(account->aor) && !account->removed);
    return account_write(file, account, false, ERR_CONFLICT);
}

enum err account_change(struct account_file *file, const struct store_account *account)
{
    assert(!bytes_empty(account->aor) && !account->removed);
    return account_write(file, account, true, ERR_NOT_FOUND);
}

enum err account_delete(struct account_file *file, struct bytes aor)
{
    struct store_account nobody = {.aor = aor, .removed = true};
    return account_write(file, &nobody, true, ERR_NOT_FOUND);
}

enum err account_known(struct account_file *file, struct bytes aor)
{
    bool exists = false;
    enum err err = account_exists(&file->database, aor, &exists);
    return err == ERR_NONE && !exists ? ERR_NOT_FOUND : err;
}

typedef void (*visit_account_fn)(void *context, const struct store_account *account);

/* Visits the accounts of a statement that is bound already; how many. */
static enum err visit_accounts(struct database *database, sqlite3_stmt *statement,
                               visit_account_fn visit, void *context, unsigned *count)
{
    *count = 0;
    if (statement == NULL)
        return database_err(sqlite3_errcode(database->handle));
    while (sqlite3_step(statement) == SQLITE_ROW) {
        struct row row = {statement, 0};
        struct store_account account = account_row(&row);
        visit(context, &account);
        ++*count;
    }
    return database_err(sqlite3_reset(statement));
}

enum err account_list(struct account_file *file, visit_account_fn visit, void *context)
{
    assert(visit != NULL);
    unsigned count;
    sqlite3_stmt *statement = database_statement(&file->database, SQL_ACCOUNTS);
    return visit_accounts(&file->database, statement, visit, context, &count);
}

enum err account_list_after(struct account_file *file, struct bytes after, unsigned limit,
                            visit_account_fn visit, void *context)
{
    assert(visit != NULL);
    unsigned count;
    sqlite3_stmt *statement = database_statement(&file->database, SQL_ACCOUNTS_AFTER);
    if (statement != NULL) {
        bind_text(statement, 1, after);
        sqlite3_bind_int64(statement, 2, limit);
    }
    return visit_accounts(&file->database, statement, visit, context, &count);
}

enum err account_visit(struct account_file *file, struct bytes aor, visit_account_fn visit,
                       void *context)
{
    assert(visit != NULL);
    unsigned count;
    sqlite3_stmt *statement = database_statement(&file->database, SQL_ACCOUNT_OF);
    if (statement != NULL) {
        sqlite3_bind_int64(statement, 1, partition_of(aor));
        bind_text(statement, 2, aor);
    }
    enum err err = visit_accounts(&file->database, statement, visit, context, &count);
    return err == ERR_NONE && count == 0 ? ERR_NOT_FOUND : err;
}
