/* shared.c: shared groups in the database file, beside a server or without one.
 *
 * They are noticed like an owner's rows (rosters.c), under the empty address. */
#include <assert.h>

#include "base/token.h"
#include "store/accounts_internal.h"
#include "store/named_internal.h"

#define NOBODY BYTES("")

struct store_shared shared_row(struct row *row)
{
    struct store_shared shared = {.name = row_bytes(row)};
    shared.title = row_bytes(row);
    shared.members = row_bytes(row);
    shared.watchers = row_bytes(row);
    return shared;
}

int shared_leave(struct database *database, struct bytes aor)
{
    sqlite3_stmt *statement = database_statement(database, SQL_LEAVE_SHARED);
    if (statement == NULL)
        return sqlite3_errcode(database->handle);
    bind_text(statement, 2, aor);
    int code = database_run(database, SQL_LEAVE_SHARED);
    if (code != SQLITE_OK || sqlite3_changes(database->handle) == 0)
        return code;
    return owner_changed(database, NOBODY);
}

static enum err shared_end(struct account_file *file, enum err err)
{
    if (err == ERR_NONE)
        err = database_err(owner_changed(&file->database, NOBODY));
    return change_end(file, err);
}

static enum err put_shared(struct database *database, const struct store_shared *shared)
{
    sqlite3_stmt *statement = named_statement(database, SQL_PUT_SHARED, shared->name);
    if (statement == NULL)
        return named_error(database);
    bind_text(statement, 2, shared->title);
    bind_text(statement, 3, shared->members);
    bind_text(statement, 4, shared->watchers);
    return database_err(database_run(database, SQL_PUT_SHARED));
}

enum err account_put_shared(struct account_file *file, const struct store_shared *shared,
                            unsigned most)
{
    assert(!bytes_empty(shared->name));
    enum err err = change_begin(file);
    if (err == ERR_NONE)
        err = named_room(&file->database, SQL_COUNT_SHARED, shared->name, most);
    if (err == ERR_NONE)
        err = put_shared(&file->database, shared);
    return shared_end(file, err);
}

enum err account_delete_shared(struct account_file *file, struct bytes name)
{
    enum err err = change_begin(file);
    if (err == ERR_NONE)
        err = named_delete(&file->database, SQL_DELETE_SHARED, name);
    return shared_end(file, err);
}

typedef void (*visit_shared_fn)(void *context, const struct store_shared *shared);

/* Visits the groups of a statement that is bound already; how many. */
static enum err visit_shared(struct account_file *file, sqlite3_stmt *statement,
                             visit_shared_fn visit, void *context, unsigned *count)
{
    *count = 0;
    if (statement == NULL)
        return named_error(&file->database);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        struct row row = {statement, 0};
        struct store_shared shared = shared_row(&row);
        visit(context, &shared);
        ++*count;
    }
    return database_err(sqlite3_reset(statement));
}

enum err account_list_shared(struct account_file *file, struct bytes after, unsigned limit,
                             visit_shared_fn visit, void *context)
{
    assert(visit != NULL);
    unsigned count;
    sqlite3_stmt *statement = named_statement(&file->database, SQL_SHARED_AFTER, after);
    if (statement != NULL)
        sqlite3_bind_int64(statement, 2, limit);
    return visit_shared(file, statement, visit, context, &count);
}

enum err account_find_shared(struct account_file *file, struct bytes name, visit_shared_fn visit,
                             void *context)
{
    assert(visit != NULL);
    unsigned count;
    sqlite3_stmt *statement = named_statement(&file->database, SQL_SHARED, name);
    enum err err = visit_shared(file, statement, visit, context, &count);
    return err == ERR_NONE && count == 0 ? ERR_NOT_FOUND : err;
}
