/* aliases.c: other names of accounts, in the database file.
 *
 * A change takes the next number of the accounts' changes, so the server notices it as one of
 * those. Whose roster or rules name the alias is changed, too: they mean somebody else now. */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/token.h"
#include "store/accounts_internal.h"

struct store_alias alias_row(struct row *row)
{
    struct store_alias alias = {.alias = row_bytes(row)};
    alias.aor = row_bytes(row);
    alias.removed = row_number(row) != 0;
    return alias;
}

static enum err failure(struct database *database)
{
    return database_err(sqlite3_errcode(database->handle));
}

enum err alias_find(struct database *database, struct bytes name, char **aor)
{
    sqlite3_stmt *statement = database_statement(database, SQL_ALIAS);
    *aor = NULL;
    if (statement == NULL)
        return failure(database);
    bind_text(statement, 1, name);
    if (sqlite3_step(statement) == SQLITE_ROW) {
        struct row row = {statement, 0};
        *aor = memory_copy(row_bytes(&row));
    }
    return database_err(sqlite3_reset(statement));
}

/* Who speaks of the name, as lines; NULL with *err, or when nobody does. */
static char *read_naming(struct database *database, struct bytes alias, enum err *err)
{
    sqlite3_stmt *statement = database_statement(database, SQL_OWNERS_NAMING);
    char *lines = NULL;
    size_t length = 0;
    if (statement == NULL) {
        *err = failure(database);
        return NULL;
    }
    ptrdiff_t at = bytes_index(alias, '@');
    bind_text(statement, 1, alias);
    bind_text(statement, 2, bytes_first(alias, at > 0 ? (size_t)at : alias.length));
    while (sqlite3_step(statement) == SQLITE_ROW) {
        struct row row = {statement, 0};
        struct bytes aor = row_bytes(&row);
        lines = memory_resize(lines, length + aor.length + 2);
        memcpy(lines + length, aor.at, aor.length);
        length += aor.length;
        lines[length++] = '\n';
        lines[length] = '\0';
    }
    *err = database_err(sqlite3_reset(statement));
    return lines;
}

static enum err note_naming(struct database *database, struct bytes alias)
{
    enum err err;
    char *lines = read_naming(database, alias, &err);
    struct bytes rest = bytes_of(lines);
    while (err == ERR_NONE && !bytes_empty(rest))
        err = database_err(owner_changed(database, bytes_split(&rest, '\n')));
    free(lines);
    return err;
}

static enum err write_alias(struct database *database, const struct store_alias *alias,
                            bool removed)
{
    int64_t changed = 0;
    sqlite3_stmt *statement = database_statement(database, SQL_PUT_ALIAS);
    if (statement == NULL || !database_number(database, SQL_NEXT_ACCOUNT_CHANGE, &changed))
        return failure(database);
    sqlite3_bind_int64(statement, 1, partition_of(alias->aor));
    bind_text(statement, 2, alias->aor);
    bind_text(statement, 3, alias->alias);
    sqlite3_bind_int64(statement, 4, removed);
    sqlite3_bind_int64(statement, 5, changed);
    enum err err = database_err(database_run(database, SQL_PUT_ALIAS));
    return err == ERR_NONE ? note_naming(database, alias->alias) : err;
}

/* ERR_CONFLICT: the name is taken. With a holder and ERR_NONE this very account has it. */
static enum err judge(struct database *database, const struct store_alias *alias, char **holder)
{
    bool taken = false;
    enum err err = account_exists(database, alias->alias, &taken);
    if (err == ERR_NONE && taken)
        err = ERR_CONFLICT;
    if (err == ERR_NONE)
        err = alias_find(database, alias->alias, holder);
    if (err == ERR_NONE && *holder != NULL && !bytes_equal(bytes_of(*holder), alias->aor))
        err = ERR_CONFLICT;
    return err;
}

static enum err count_aliases(struct database *database, struct bytes aor, int64_t *count)
{
    sqlite3_stmt *statement = database_statement(database, SQL_COUNT_ALIASES);
    if (statement == NULL)
        return failure(database);
    sqlite3_bind_int64(statement, 1, partition_of(aor));
    bind_text(statement, 2, aor);
    return database_number(database, SQL_COUNT_ALIASES, count) ? ERR_NONE : failure(database);
}

enum err account_of_alias(struct account_file *file, struct bytes alias, char **aor)
{
    return alias_find(&file->database, alias, aor);
}

enum err account_put_alias(struct account_file *file, const struct store_alias *alias,
                           unsigned most, char **holder)
{
    assert(!bytes_empty(alias->aor) && !bytes_empty(alias->alias));
    struct database *database = &file->database;
    int64_t count = 0;
    *holder = NULL;
    enum err err = change_begin(file);
    if (err == ERR_NONE)
        err = account_known(file, alias->aor);
    if (err == ERR_NONE)
        err = judge(database, alias, holder);
    bool has_it = err == ERR_NONE && *holder != NULL;
    if (err == ERR_NONE && !has_it)
        err = count_aliases(database, alias->aor, &count);
    if (err == ERR_NONE && count >= (int64_t)most)
        err = ERR_LIMIT;
    if (err == ERR_NONE && !has_it)
        err = write_alias(database, alias, false);
    return change_end(file, err);
}

enum err account_delete_alias(struct account_file *file, const struct store_alias *alias)
{
    struct database *database = &file->database;
    char *holder = NULL;
    enum err err = change_begin(file);
    if (err == ERR_NONE)
        err = alias_find(database, alias->alias, &holder);
    if (err == ERR_NONE && !bytes_equal(bytes_of(holder), alias->aor))
        err = ERR_NOT_FOUND;
    if (err == ERR_NONE)
        err = write_alias(database, alias, true);
    free(holder);
    return change_end(file, err);
}

enum err account_list_aliases(struct account_file *file, struct bytes aor,
                              void (*visit)(void *context, const struct store_alias *alias),
                              void *context)
{
    assert(visit != NULL);
    struct database *database = &file->database;
    sqlite3_stmt *statement = database_statement(database, SQL_ALIASES_OF);
    if (statement == NULL)
        return failure(database);
    sqlite3_bind_int64(statement, 1, partition_of(aor));
    bind_text(statement, 2, aor);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        struct row row = {statement, 0};
        struct store_alias alias = alias_row(&row);
        visit(context, &alias);
    }
    return database_err(sqlite3_reset(statement));
}
