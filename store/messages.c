/* messages.c: logs, read.
 *
 * A log is walked from its newest message along messages_made, whose entries have partition, time
 * and owner: of other users' messages nothing but that is looked at. */
#include "store/messages.h"

#include <assert.h>

#include "base/token.h"
#include "store/accounts_internal.h"

/* A statement whose first parameters are partition and owner; NULL with *err. */
static sqlite3_stmt *begin(struct account_file *file, enum statement which, struct bytes aor,
                           enum err *err)
{
    assert(!bytes_empty(aor));
    sqlite3_stmt *statement = database_statement(&file->database, which);
    *err = ERR_NONE;
    if (statement == NULL) {
        *err = database_err(sqlite3_errcode(file->database.handle));
        return NULL;
    }
    sqlite3_bind_int64(statement, 1, partition_of(aor));
    bind_text(statement, 2, aor);
    return statement;
}

static struct store_message read_whole(sqlite3_stmt *statement)
{
    struct row row = {statement, 0};
    struct store_message message = message_row(&row);
    message.head = row_bytes(&row);
    message.body = row_bytes(&row);
    return message;
}

/* SQLite's numbers have a sign. */
static void bind_moment(sqlite3_stmt *statement, int parameter, uint64_t moment)
{
    sqlite3_bind_int64(statement, parameter, moment > INT64_MAX ? INT64_MAX : (int64_t)moment);
}

enum err account_each_message(struct account_file *file, const struct store_span *span,
                              bool (*visit)(void *context, const struct store_message *message),
                              void *context)
{
    enum err err;
    bool more = true;
    sqlite3_stmt *statement = begin(file, SQL_HISTORY, span->aor, &err);
    if (statement == NULL)
        return err;
    bind_moment(statement, 3, span->since_ms);
    bind_moment(statement, 4, span->before_ms);
    bind_moment(statement, 5, span->before_serial);
    while (more && sqlite3_step(statement) == SQLITE_ROW) {
        struct store_message message = read_whole(statement);
        more = visit(context, &message);
    }
    return database_err(sqlite3_reset(statement));
}

enum err account_find_message(struct account_file *file, struct bytes aor, uint64_t serial,
                              void (*visit)(void *context, const struct store_message *message),
                              void *context)
{
    enum err err;
    sqlite3_stmt *statement = begin(file, SQL_MESSAGE, aor, &err);
    if (statement == NULL)
        return err;
    bind_moment(statement, 3, serial);
    bool found = sqlite3_step(statement) == SQLITE_ROW;
    if (found) {
        struct store_message message = read_whole(statement);
        visit(context, &message);
    }
    err = database_err(sqlite3_reset(statement));
    return err == ERR_NONE && !found ? ERR_NOT_FOUND : err;
}

/* `moment`: when, or how long ago at most. */
static enum err trace(struct account_file *file, enum statement which,
                      const struct store_trail *trail, uint64_t moment, uint64_t *serial)
{
    enum err err;
    sqlite3_stmt *statement = begin(file, which, trail->aor, &err);
    if (statement == NULL)
        return err;
    bind_moment(statement, 3, moment);
    bind_text(statement, 4, trail->call_id);
    bind_text(statement, 5, trail->from_tag);
    bool found = sqlite3_step(statement) == SQLITE_ROW;
    if (found)
        *serial = (uint64_t)sqlite3_column_int64(statement, 0);
    err = database_err(sqlite3_reset(statement));
    return err == ERR_NONE && !found ? ERR_NOT_FOUND : err;
}

enum err account_trace_message(struct account_file *file, const struct store_trail *trail,
                               uint64_t *serial)
{
    return trace(file, SQL_TRACE_MESSAGE, trail, trail->made_ms, serial);
}

enum err account_trace_recent(struct account_file *file, const struct store_trail *trail,
                              uint64_t window_ms, uint64_t *serial)
{
    return trace(file, SQL_TRACE_RECENT, trail, window_ms, serial);
}

enum err account_list_deliveries(struct account_file *file, struct bytes aor, uint64_t serial,
                                 void (*visit)(void *context,
                                               const struct store_delivery *delivery),
                                 void *context)
{
    enum err err;
    sqlite3_stmt *statement = begin(file, SQL_DELIVERIES, aor, &err);
    if (statement == NULL)
        return err;
    bind_moment(statement, 3, serial);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        struct row row = {statement, 0};
        struct store_delivery delivery = delivery_row(&row);
        visit(context, &delivery);
    }
    return database_err(sqlite3_reset(statement));
}

enum err account_list_owed(struct account_file *file, struct bytes aor, uint64_t after,
                           unsigned limit, void (*visit)(void *context, uint64_t serial),
                           void *context)
{
    enum err err;
    sqlite3_stmt *statement = begin(file, SQL_OWED_OF, aor, &err);
    if (statement == NULL)
        return err;
    bind_moment(statement, 3, after);
    sqlite3_bind_int64(statement, 4, limit);
    while (sqlite3_step(statement) == SQLITE_ROW)
        visit(context, (uint64_t)sqlite3_column_int64(statement, 0));
    return database_err(sqlite3_reset(statement));
}
