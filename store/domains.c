/* domains.c: the table of domains. */
#include "store/domains.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "store/accounts_internal.h"
#include "store/store_internal.h"

static enum err err_of(const struct database *database)
{
    return database_err(sqlite3_errcode(database->handle));
}

/* Of a statement with a name; NULL: SQLite refuses. */
static sqlite3_stmt *statement_of(struct database *database, enum statement which,
                                  struct bytes name)
{
    sqlite3_stmt *statement = database_statement(database, which);
    if (statement != NULL)
        bind_text(statement, 1, name);
    return statement;
}

static enum err count(struct database *database, enum statement which, struct bytes name,
                      int64_t *number)
{
    return statement_of(database, which, name) != NULL && database_number(database, which, number)
               ? ERR_NONE
               : err_of(database);
}

static enum err check_room(struct database *database, struct bytes name, unsigned most)
{
    int64_t others = 0;
    enum err err = count(database, SQL_COUNT_DOMAINS, name, &others);
    return err == ERR_NONE && others >= (int64_t)most ? ERR_LIMIT : err;
}

static enum err put(struct database *database, struct bytes name, struct bytes others)
{
    sqlite3_stmt *statement = statement_of(database, SQL_PUT_DOMAIN, name);
    if (statement == NULL)
        return err_of(database);
    bind_text(statement, 2, others);
    sqlite3_step(statement);
    return database_err(sqlite3_reset(statement));
}

enum err domain_put(struct account_file *file, struct bytes name, struct bytes others,
                    unsigned most)
{
    assert(!bytes_empty(name));
    enum err err = change_begin(file);
    if (err == ERR_NONE)
        err = check_room(&file->database, name, most);
    if (err == ERR_NONE)
        err = put(&file->database, name, others);
    return change_end(file, err);
}

static enum err take_out(struct database *database, struct bytes name)
{
    sqlite3_stmt *statement = statement_of(database, SQL_DELETE_DOMAIN, name);
    if (statement == NULL)
        return err_of(database);
    sqlite3_step(statement);
    enum err err = database_err(sqlite3_reset(statement));
    return err == ERR_NONE && sqlite3_changes(database->handle) == 0 ? ERR_NOT_FOUND : err;
}

enum err domain_delete(struct account_file *file, struct bytes name)
{
    enum err err = change_begin(file);
    if (err == ERR_NONE)
        err = take_out(&file->database, name);
    return change_end(file, err);
}

enum err domain_known(struct account_file *file, struct bytes name)
{
    sqlite3_stmt *statement = statement_of(&file->database, SQL_DOMAIN, name);
    if (statement == NULL)
        return err_of(&file->database);
    bool found = sqlite3_step(statement) == SQLITE_ROW;
    enum err err = database_err(sqlite3_reset(statement));
    return err == ERR_NONE && !found ? ERR_NOT_FOUND : err;
}

enum err domain_users(struct account_file *file, struct bytes name, uint64_t *users)
{
    int64_t number = 0;
    enum err err = count(&file->database, SQL_COUNT_USERS_OF, name, &number);
    *users = (uint64_t)number;
    return err;
}

/* SQLite's code; `lines` in any case. */
static int read_lines(struct database *database, char **lines)
{
    sqlite3_stmt *statement = database_statement(database, SQL_DOMAINS);
    size_t length = 0;
    *lines = memory_copy(BYTES(""));
    if (statement == NULL)
        return sqlite3_errcode(database->handle);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        struct row row = {statement, 0};
        struct bytes line = row_bytes(&row);
        *lines = memory_resize(*lines, length + line.length + 2);
        memcpy(*lines + length, line.at, line.length);
        length += line.length;
        (*lines)[length++] = '\n';
        (*lines)[length] = '\0';
    }
    return sqlite3_reset(statement);
}

/* What could not be read whole is none. */
static enum err end(int code, char **lines)
{
    if (code == SQLITE_OK)
        return ERR_NONE;
    free(*lines);
    *lines = NULL;
    return database_err(code);
}

enum err domain_lines(struct account_file *file, char **lines)
{
    return end(read_lines(&file->database, lines), lines);
}

enum err store_load_domains(struct store *store, char **lines)
{
    assert(!store->loading);
    store->loading = true;
    int code = read_lines(&store->reader, lines);
    store->loading = false;
    if (code != SQLITE_OK)
        log_write(store->log, LOG_ERROR, "store", "cannot load domains: %s",
                  err_name(database_err(code)));
    return end(code, lines);
}
