/* rosters.c: `herald roster`, `herald rule` and `herald setting` on the database file, beside a
 * server or without one.
 *
 * Each change takes the next number of meta.policy into the owner's row of policy_changes, in one
 * transaction with the rows. The server reads the owners after the last number that it has seen,
 * and all rows of theirs; so what is deleted leaves nothing behind. */
#include <assert.h>

#include "base/token.h"
#include "store/accounts_internal.h"

struct store_buddy buddy_row(struct row *row)
{
    struct store_buddy buddy = {.aor = row_bytes(row)};
    buddy.buddy = row_bytes(row);
    buddy.name = row_bytes(row);
    buddy.groups = row_bytes(row);
    buddy.notes = row_bytes(row);
    buddy.position = (uint64_t)row_number(row);
    return buddy;
}

struct store_group group_row(struct row *row)
{
    struct store_group group = {.aor = row_bytes(row)};
    group.name = row_bytes(row);
    group.position = (uint64_t)row_number(row);
    return group;
}

struct store_rules rules_row(struct row *row)
{
    struct store_rules rules = {.aor = row_bytes(row)};
    rules.document = row_bytes(row);
    return rules;
}

struct store_preference preference_row(struct row *row)
{
    struct store_preference preference = {.aor = row_bytes(row)};
    preference.name = row_bytes(row);
    preference.value = row_bytes(row);
    return preference;
}

/* A statement whose first parameters are partition and owner; NULL when SQLite refuses. */
static sqlite3_stmt *owner_statement(struct database *database, enum statement which,
                                     struct bytes aor)
{
    sqlite3_stmt *statement = database_statement(database, which);
    if (statement == NULL)
        return NULL;
    sqlite3_bind_int64(statement, 1, partition_of(aor));
    bind_text(statement, 2, aor);
    return statement;
}

/* Runs such a statement to its end; returns SQLite's code. */
static int owner_run(struct database *database, enum statement which, struct bytes aor)
{
    if (owner_statement(database, which, aor) == NULL)
        return sqlite3_errcode(database->handle);
    return database_run(database, which);
}

int owner_changed(struct database *database, struct bytes aor)
{
    int64_t changed = 0;
    sqlite3_stmt *statement = owner_statement(database, SQL_PUT_POLICY_CHANGE, aor);
    if (statement == NULL || !database_number(database, SQL_NEXT_POLICY_CHANGE, &changed))
        return sqlite3_errcode(database->handle);
    sqlite3_bind_int64(statement, 3, changed);
    return database_run(database, SQL_PUT_POLICY_CHANGE);
}

int account_erase(struct database *database, struct bytes aor)
{
    static const enum statement parts[] = {
        SQL_DELETE_ROSTER,    SQL_DELETE_GROUPS,  SQL_DELETE_RULES,  SQL_DELETE_PREFERENCES,
        SQL_ERASE_DELIVERIES, SQL_ERASE_MESSAGES, SQL_ERASE_DEVICES, SQL_ERASE_LINES,
        SQL_ERASE_ALIASES,    SQL_ERASE_WEBHOOKS,
    };
    int code = SQLITE_OK;
    for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]) && code == SQLITE_OK; i++)
        code = owner_run(database, parts[i], aor);
    if (code == SQLITE_OK)
        code = shared_leave(database, aor);
    return code == SQLITE_OK ? owner_changed(database, aor) : code;
}

/* Begins a change of an account that must be there. */
static enum err owner_begin(struct account_file *file, struct bytes aor)
{
    bool exists = false;
    enum err err = change_begin(file);
    if (err == ERR_NONE)
        err = account_exists(&file->database, aor, &exists);
    return err == ERR_NONE && !exists ? ERR_NOT_FOUND : err;
}

/* Ends it: with ERR_NONE so far it becomes durable, else nothing has happened. */
static enum err owner_end(struct account_file *file, struct bytes aor, enum err err)
{
    if (err == ERR_NONE)
        err = database_err(owner_changed(&file->database, aor));
    return change_end(file, err);
}

/* The buddies of a roster but for this one. */
static enum err count_others(struct database *database, const struct store_buddy *buddy,
                             int64_t *count)
{
    sqlite3_stmt *statement = owner_statement(database, SQL_COUNT_BUDDIES, buddy->aor);
    if (statement == NULL)
        return database_err(sqlite3_errcode(database->handle));
    bind_text(statement, 3, buddy->buddy);
    return database_number(database, SQL_COUNT_BUDDIES, count)
               ? ERR_NONE
               : database_err(sqlite3_errcode(database->handle));
}

static enum err put_buddy(struct database *database, const struct store_buddy *buddy)
{
    sqlite3_stmt *statement = owner_statement(database, SQL_PUT_BUDDY, buddy->aor);
    if (statement == NULL)
        return database_err(sqlite3_errcode(database->handle));
    bind_text(statement, 3, buddy->buddy);
    bind_text(statement, 4, buddy->name);
    bind_text(statement, 5, buddy->groups);
    bind_text(statement, 6, buddy->notes);
    sqlite3_bind_int64(statement, 7, (int64_t)buddy->position);
    return database_err(database_run(database, SQL_PUT_BUDDY));
}

enum err account_put_buddy(struct account_file *file, const struct store_buddy *buddy,
                           unsigned most)
{
    assert(!bytes_empty(buddy->aor) && !bytes_empty(buddy->buddy));
    struct database *database = &file->database;
    int64_t others = 0;
    enum err err = owner_begin(file, buddy->aor);
    if (err == ERR_NONE)
        err = count_others(database, buddy, &others);
    if (err == ERR_NONE && others >= (int64_t)most)
        err = ERR_LIMIT;
    if (err == ERR_NONE)
        err = put_buddy(database, buddy);
    return owner_end(file, buddy->aor, err);
}

static enum err delete_buddy(struct database *database, const struct store_buddy *buddy)
{
    sqlite3_stmt *statement = owner_statement(database, SQL_DELETE_BUDDY, buddy->aor);
    if (statement == NULL)
        return database_err(sqlite3_errcode(database->handle));
    bind_text(statement, 3, buddy->buddy);
    enum err err = database_err(database_run(database, SQL_DELETE_BUDDY));
    return err == ERR_NONE && sqlite3_changes(database->handle) == 0 ? ERR_NOT_FOUND : err;
}

enum err account_delete_buddy(struct account_file *file, const struct store_buddy *buddy)
{
    enum err err = owner_begin(file, buddy->aor);
    if (err == ERR_NONE)
        err = delete_buddy(&file->database, buddy);
    return owner_end(file, buddy->aor, err);
}

typedef void (*visit_buddy_fn)(void *context, const struct store_buddy *buddy);

/* Visits the buddies of a statement that is bound already; how many. */
static enum err visit_buddies(struct account_file *file, sqlite3_stmt *statement,
                              visit_buddy_fn visit, void *context, unsigned *count)
{
    *count = 0;
    if (statement == NULL)
        return database_err(sqlite3_errcode(file->database.handle));
    while (sqlite3_step(statement) == SQLITE_ROW) {
        struct row row = {statement, 0};
        struct store_buddy buddy = buddy_row(&row);
        visit(context, &buddy);
        ++*count;
    }
    return database_err(sqlite3_reset(statement));
}

enum err account_list_buddies(struct account_file *file, struct bytes aor, visit_buddy_fn visit,
                              void *context)
{
    assert(visit != NULL);
    unsigned count;
    sqlite3_stmt *statement = owner_statement(&file->database, SQL_ROSTER_ORDERED, aor);
    return visit_buddies(file, statement, visit, context, &count);
}

enum err account_find_buddy(struct account_file *file, const struct store_buddy *key,
                            visit_buddy_fn visit, void *context)
{
    assert(visit != NULL);
    unsigned count;
    sqlite3_stmt *statement = owner_statement(&file->database, SQL_BUDDY, key->aor);
    if (statement != NULL)
        bind_text(statement, 3, key->buddy);
    enum err err = visit_buddies(file, statement, visit, context, &count);
    return err == ERR_NONE && count == 0 ? ERR_NOT_FOUND : err;
}

enum err account_clear_roster(struct account_file *file, struct bytes aor)
{
    enum err err = owner_begin(file, aor);
    if (err == ERR_NONE)
        err = database_err(owner_run(&file->database, SQL_DELETE_ROSTER, aor));
    if (err == ERR_NONE)
        err = database_err(owner_run(&file->database, SQL_DELETE_GROUPS, aor));
    return owner_end(file, aor, err);
}

static enum err put_group(struct database *database, const struct store_group *group)
{
    sqlite3_stmt *statement = owner_statement(database, SQL_PUT_GROUP, group->aor);
    if (statement == NULL)
        return database_err(sqlite3_errcode(database->handle));
    bind_text(statement, 3, group->name);
    sqlite3_bind_int64(statement, 4, (int64_t)group->position);
    return database_err(database_run(database, SQL_PUT_GROUP));
}

enum err account_put_group(struct account_file *file, const struct store_group *group)
{
    assert(!bytes_empty(group->aor) && !bytes_empty(group->name));
    enum err err = owner_begin(file, group->aor);
    if (err == ERR_NONE)
        err = put_group(&file->database, group);
    return owner_end(file, group->aor, err);
}

static enum err delete_group(struct database *database, const struct store_group *key)
{
    sqlite3_stmt *statement = owner_statement(database, SQL_DELETE_GROUP, key->aor);
    if (statement == NULL)
        return database_err(sqlite3_errcode(database->handle));
    bind_text(statement, 3, key->name);
    return database_err(database_run(database, SQL_DELETE_GROUP));
}

enum err account_delete_group(struct account_file *file, const struct store_group *key)
{
    enum err err = owner_begin(file, key->aor);
    if (err == ERR_NONE)
        err = delete_group(&file->database, key);
    return owner_end(file, key->aor, err);
}

enum err account_list_groups(struct account_file *file, struct bytes aor,
                             void (*visit)(void *context, const struct store_group *group),
                             void *context)
{
    assert(visit != NULL);
    sqlite3_stmt *statement = owner_statement(&file->database, SQL_GROUPS, aor);
    if (statement == NULL)
        return database_err(sqlite3_errcode(file->database.handle));
    while (sqlite3_step(statement) == SQLITE_ROW) {
        struct row row = {statement, 0};
        struct store_group group = group_row(&row);
        visit(context, &group);
    }
    return database_err(sqlite3_reset(statement));
}

enum err account_load_rules(struct account_file *file, struct bytes aor,
                            void (*visit)(void *context, const struct store_rules *rules),
                            void *context)
{
    assert(visit != NULL);
    sqlite3_stmt *statement = owner_statement(&file->database, SQL_RULES_OF, aor);
    if (statement == NULL)
        return database_err(sqlite3_errcode(file->database.handle));
    if (sqlite3_step(statement) == SQLITE_ROW) {
        struct row row = {statement, 0};
        struct store_rules rules = rules_row(&row);
        visit(context, &rules);
    }
    return database_err(sqlite3_reset(statement));
}

static void keep_document(void *context, const struct store_rules *rules)
{
    struct blob **document = context;
    *document = blob_new(rules->document);
}

static enum err put_rules(struct database *database, struct bytes aor, struct bytes document)
{
    assert(!bytes_empty(document));
    sqlite3_stmt *statement = owner_statement(database, SQL_PUT_RULES, aor);
    if (statement == NULL)
        return database_err(sqlite3_errcode(database->handle));
    sqlite3_bind_blob64(statement, 3, document.at, document.length, SQLITE_STATIC);
    return database_err(database_run(database, SQL_PUT_RULES));
}

static enum err replace_rules(struct database *database, struct bytes aor,
                              const struct blob *edited)
{
    if (edited != NULL)
        return put_rules(database, aor, blob_bytes(edited));
    return database_err(owner_run(database, SQL_DELETE_RULES, aor));
}

enum err account_edit_rules(struct account_file *file, struct bytes aor, account_edit_fn edit,
                            void *context)
{
    assert(edit != NULL);
    struct database *database = &file->database;
    struct blob *document = NULL, *edited = NULL;
    enum err err = owner_begin(file, aor);
    if (err == ERR_NONE)
        err = account_load_rules(file, aor, keep_document, &document);
    if (err == ERR_NONE && !edit(context, blob_bytes(document), &edited))
        err = ERR_CLOSED;
    if (err == ERR_NONE)
        err = replace_rules(database, aor, edited);
    err = owner_end(file, aor, err);
    blob_unref(&document);
    blob_unref(&edited);
    return err;
}

static enum err put_preference(struct database *database, const struct store_preference *preference)
{
    sqlite3_stmt *statement = owner_statement(database, SQL_PUT_PREFERENCE, preference->aor);
    if (statement == NULL)
        return database_err(sqlite3_errcode(database->handle));
    bind_text(statement, 3, preference->name);
    bind_text(statement, 4, preference->value);
    return database_err(database_run(database, SQL_PUT_PREFERENCE));
}

static enum err delete_preference(struct database *database,
                                  const struct store_preference *preference)
{
    sqlite3_stmt *statement = owner_statement(database, SQL_DELETE_PREFERENCE, preference->aor);
    if (statement == NULL)
        return database_err(sqlite3_errcode(database->handle));
    bind_text(statement, 3, preference->name);
    return database_err(database_run(database, SQL_DELETE_PREFERENCE));
}

enum err account_put_preference(struct account_file *file,
                                const struct store_preference *preference)
{
    assert(!bytes_empty(preference->aor) && !bytes_empty(preference->name));
    struct database *database = &file->database;
    enum err err = owner_begin(file, preference->aor);
    if (err == ERR_NONE)
        err = bytes_empty(preference->value) ? delete_preference(database, preference)
                                             : put_preference(database, preference);
    return owner_end(file, preference->aor, err);
}

enum err account_list_preferences(struct account_file *file, struct bytes aor,
                                  void (*visit)(void *context,
                                                const struct store_preference *preference),
                                  void *context)
{
    assert(visit != NULL);
    sqlite3_stmt *statement = owner_statement(&file->database, SQL_PREFERENCES_OF, aor);
    if (statement == NULL)
        return database_err(sqlite3_errcode(file->database.handle));
    while (sqlite3_step(statement) == SQLITE_ROW) {
        struct row row = {statement, 0};
        struct store_preference preference = preference_row(&row);
        visit(context, &preference);
    }
    return database_err(sqlite3_reset(statement));
}
