/* domains.c: the table of domains. */
#include "store/domains.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "store/accounts_internal.h"
#include "store/named_internal.h"
#include "store/store_internal.h"

static enum err put(struct database *database, struct bytes name, struct bytes others)
{
    sqlite3_stmt *statement = named_statement(database, SQL_PUT_DOMAIN, name);
    if (statement == NULL)
        return named_error(database);
    bind_text(statement, 2, others);
    return database_err(database_run(database, SQL_PUT_DOMAIN));
}

enum err domain_put(struct account_file *file, struct bytes name, struct bytes others,
                    unsigned most)
{
    assert(!bytes_empty(name));
    enum err err = change_begin(file);
    if (err == ERR_NONE)
        err = named_room(&file->database, SQL_COUNT_DOMAINS, name, most);
    if (err == ERR_NONE)
        err = put(&file->database, name, others);
    return change_end(file, err);
}

enum err domain_delete(struct account_file *file, struct bytes name)
{
    enum err err = change_begin(file);
    if (err == ERR_NONE)
        err = named_delete(&file->database, SQL_DELETE_DOMAIN, name);
    return change_end(file, err);
}

enum err domain_known(struct account_file *file, struct bytes name)
{
    sqlite3_stmt *statement = named_statement(&file->database, SQL_DOMAIN, name);
    if (statement == NULL)
        return named_error(&file->database);
    bool found = sqlite3_step(statement) == SQLITE_ROW;
    enum err err = database_err(sqlite3_reset(statement));
    return err == ERR_NONE && !found ? ERR_NOT_FOUND : err;
}

enum err domain_users(struct account_file *file, struct bytes name, uint64_t *users)
{
    int64_t number = 0;
    enum err err = named_count(&file->database, SQL_COUNT_USERS_OF, name, &number);
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
