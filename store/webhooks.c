/* webhooks.c: the table of webhooks. */
#include "store/webhooks.h"

#include <assert.h>

#include "store/accounts_internal.h"
#include "store/named_internal.h"
#include "store/store_internal.h"

static struct store_webhook webhook_row(sqlite3_stmt *statement)
{
    struct row row = {statement, 0};
    struct store_webhook webhook = {.id = row_bytes(&row)};
    webhook.url = row_bytes(&row);
    webhook.types = row_bytes(&row);
    webhook.user = row_bytes(&row);
    webhook.secret = row_bytes(&row);
    webhook.active = row_number(&row) != 0;
    webhook.made_ms = (uint64_t)row_number(&row);
    webhook.before = row_bytes(&row);
    webhook.secret_ms = (uint64_t)row_number(&row);
    return webhook;
}

static enum err put(struct database *database, const struct store_webhook *webhook)
{
    sqlite3_stmt *statement = named_statement(database, SQL_PUT_WEBHOOK, webhook->id);
    if (statement == NULL)
        return named_error(database);
    bind_text(statement, 2, webhook->url);
    bind_text(statement, 3, webhook->types);
    bind_text(statement, 4, webhook->user);
    bind_text(statement, 5, webhook->secret);
    sqlite3_bind_int64(statement, 6, webhook->active);
    sqlite3_bind_int64(statement, 7, (int64_t)webhook->made_ms);
    bind_text(statement, 8, webhook->before);
    sqlite3_bind_int64(statement, 9, (int64_t)webhook->secret_ms);
    return database_err(database_run(database, SQL_PUT_WEBHOOK));
}

enum err webhook_put(struct account_file *file, const struct store_webhook *webhook, unsigned most)
{
    assert(!bytes_empty(webhook->id) && !bytes_empty(webhook->url));
    enum err err = change_begin(file);
    if (err == ERR_NONE && !bytes_empty(webhook->user)) /* here: who is erased takes them along */
        err = account_known(file, webhook->user);
    if (err == ERR_NONE)
        err = named_room(&file->database, SQL_COUNT_WEBHOOKS, webhook->id, most);
    if (err == ERR_NONE)
        err = put(&file->database, webhook);
    return change_end(file, err);
}

enum err webhook_delete(struct account_file *file, struct bytes id)
{
    enum err err = change_begin(file);
    if (err == ERR_NONE)
        err = named_delete(&file->database, SQL_DELETE_WEBHOOK, id);
    return change_end(file, err);
}

static int visit_all(struct database *database, webhook_visit_fn visit, void *context)
{
    sqlite3_stmt *statement = database_statement(database, SQL_WEBHOOKS);
    if (statement == NULL)
        return sqlite3_errcode(database->handle);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        struct store_webhook webhook = webhook_row(statement);
        visit(context, &webhook);
    }
    return sqlite3_reset(statement);
}

enum err webhook_list(struct account_file *file, webhook_visit_fn visit, void *context)
{
    return database_err(visit_all(&file->database, visit, context));
}

enum err webhook_read(struct account_file *file, struct bytes id, webhook_visit_fn visit,
                      void *context)
{
    sqlite3_stmt *statement = named_statement(&file->database, SQL_WEBHOOK, id);
    if (statement == NULL)
        return named_error(&file->database);
    bool found = sqlite3_step(statement) == SQLITE_ROW;
    if (found) {
        struct store_webhook webhook = webhook_row(statement);
        visit(context, &webhook);
    }
    enum err err = database_err(sqlite3_reset(statement));
    return err == ERR_NONE && !found ? ERR_NOT_FOUND : err;
}

enum err store_load_webhooks(struct store *store, webhook_visit_fn visit, void *context)
{
    assert(!store->loading);
    store->loading = true;
    int code = visit_all(&store->reader, visit, context);
    store->loading = false;
    if (code != SQLITE_OK)
        log_write(store->log, LOG_ERROR, "store", "cannot load webhooks: %s",
                  err_name(database_err(code)));
    return database_err(code);
}
