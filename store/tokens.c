/* tokens.c: the table of tokens. A revoked one is deleted. */
#include "store/tokens.h"

#include <assert.h>

#include "store/accounts_internal.h"
#include "store/named_internal.h"

static enum err put(struct database *database, const struct store_token *token)
{
    sqlite3_stmt *statement = named_statement(database, SQL_PUT_TOKEN, token->id);
    if (statement == NULL)
        return named_error(database);
    sqlite3_bind_blob(statement, 2, token->digest.at, (int)token->digest.length, SQLITE_STATIC);
    bind_text(statement, 3, token->name);
    bind_text(statement, 4, token->scopes);
    sqlite3_bind_int64(statement, 5, (int64_t)token->made_ms);
    sqlite3_bind_int64(statement, 6, (int64_t)token->expires_ms);
    sqlite3_bind_int64(statement, 7, (int64_t)token->used_ms);
    sqlite3_step(statement);
    int code = sqlite3_reset(statement);
    return (code & 0xff) == SQLITE_CONSTRAINT ? ERR_CONFLICT : database_err(code);
}

enum err token_add(struct account_file *file, const struct store_token *token, unsigned most)
{
    assert(!bytes_empty(token->id) && token->digest.length == 32);
    struct database *database = &file->database;
    int64_t count = 0;
    enum err err = database_err(database_run(database, SQL_BEGIN_WRITE));
    if (err == ERR_NONE && !database_number(database, SQL_COUNT_TOKENS, &count))
        err = named_error(database);
    if (err == ERR_NONE && count >= (int64_t)most)
        err = ERR_LIMIT;
    if (err == ERR_NONE)
        err = put(database, token);
    if (err == ERR_NONE)
        err = database_err(database_run(database, SQL_COMMIT));
    database_rollback(database);
    return err;
}

enum err token_revoke(struct account_file *file, struct bytes id)
{
    return named_delete(&file->database, SQL_DELETE_TOKEN, id);
}

enum err token_used(struct account_file *file, struct bytes id, uint64_t used_ms)
{
    sqlite3_stmt *statement = named_statement(&file->database, SQL_USE_TOKEN, id);
    if (statement == NULL)
        return named_error(&file->database);
    sqlite3_bind_int64(statement, 2, (int64_t)used_ms);
    return named_change(&file->database, SQL_USE_TOKEN);
}

/* The hour that it was used in may have begun before it was made. */
static struct store_token token_row(sqlite3_stmt *statement)
{
    struct row row = {statement, 0};
    struct store_token token;
    token.id = row_bytes(&row);
    token.digest = row_bytes(&row);
    token.name = row_bytes(&row);
    token.scopes = row_bytes(&row);
    token.made_ms = (uint64_t)row_number(&row);
    token.expires_ms = (uint64_t)row_number(&row);
    token.used_ms = (uint64_t)row_number(&row);
    if (token.used_ms != 0 && token.used_ms < token.made_ms)
        token.used_ms = token.made_ms;
    return token;
}

enum err token_list(struct account_file *file, token_visit_fn visit, void *context)
{
    sqlite3_stmt *statement = database_statement(&file->database, SQL_TOKENS);
    if (statement == NULL)
        return named_error(&file->database);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        struct store_token token = token_row(statement);
        visit(context, &token);
    }
    return database_err(sqlite3_reset(statement));
}

static enum err visit_one(struct account_file *file, enum statement which, struct bytes key,
                          token_visit_fn visit, void *context)
{
    sqlite3_stmt *statement = database_statement(&file->database, which);
    if (statement == NULL)
        return named_error(&file->database);
    if (which == SQL_TOKEN_OF_DIGEST)
        sqlite3_bind_blob(statement, 1, key.at, (int)key.length, SQLITE_STATIC);
    else
        bind_text(statement, 1, key);
    bool found = sqlite3_step(statement) == SQLITE_ROW;
    if (found) {
        struct store_token token = token_row(statement);
        visit(context, &token);
    }
    enum err err = database_err(sqlite3_reset(statement));
    return err == ERR_NONE && !found ? ERR_NOT_FOUND : err;
}

enum err token_find(struct account_file *file, struct bytes digest, token_visit_fn visit,
                    void *context)
{
    return visit_one(file, SQL_TOKEN_OF_DIGEST, digest, visit, context);
}

enum err token_read(struct account_file *file, struct bytes id, token_visit_fn visit, void *context)
{
    return visit_one(file, SQL_TOKEN, id, visit, context);
}

enum err token_any(struct account_file *file, bool *any)
{
    int64_t count = 0;
    if (!database_number(&file->database, SQL_COUNT_TOKENS, &count))
        return named_error(&file->database);
    *any = count > 0;
    return ERR_NONE;
}
