/* named.c: rows that a text names, beside the partitions. */
#include "store/named_internal.h"

enum err named_error(const struct database *database)
{
    return database_err(sqlite3_errcode(database->handle));
}

sqlite3_stmt *named_statement(struct database *database, enum statement which, struct bytes name)
{
    sqlite3_stmt *statement = database_statement(database, which);
    if (statement != NULL)
        bind_text(statement, 1, name);
    return statement;
}

enum err named_count(struct database *database, enum statement which, struct bytes name,
                     int64_t *number)
{
    return named_statement(database, which, name) != NULL &&
                   database_number(database, which, number)
               ? ERR_NONE
               : named_error(database);
}

enum err named_room(struct database *database, enum statement which, struct bytes name,
                    unsigned most)
{
    int64_t others = 0;
    enum err err = named_count(database, which, name, &others);
    return err == ERR_NONE && others >= (int64_t)most ? ERR_LIMIT : err;
}

enum err named_change(struct database *database, enum statement which)
{
    enum err err = database_err(database_run(database, which));
    return err == ERR_NONE && sqlite3_changes(database->handle) == 0 ? ERR_NOT_FOUND : err;
}

enum err named_delete(struct database *database, enum statement which, struct bytes name)
{
    return named_statement(database, which, name) != NULL ? named_change(database, which)
                                                          : named_error(database);
}
