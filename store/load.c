/* load.c: reading back, over a connection of its own beside the writer's.
 *
 * A partition is read in one read transaction, so its kinds of rows fit together. */
#include <assert.h>

#include "store/store_internal.h"

static struct store_origin row_origin(struct row *row)
{
    struct store_origin origin = {.call_id = row_bytes(row)};
    origin.branch = row_bytes(row);
    origin.cseq = (uint32_t)row_number(row);
    return origin;
}

static void load_binding(const struct store_visitor *visitor, struct row row)
{
    struct store_binding binding = {.aor = row_bytes(&row)};
    binding.contact = row_bytes(&row);
    binding.instance = row_bytes(&row);
    binding.reg_id = (uint32_t)row_number(&row);
    binding.path = row_bytes(&row);
    binding.parameters = row_bytes(&row);
    binding.flow = row_bytes(&row);
    binding.user_agent = row_bytes(&row);
    binding.origin = row_origin(&row);
    binding.q = (uint32_t)row_number(&row);
    binding.updated_ms = (uint64_t)row_number(&row);
    binding.expires_ms = (uint64_t)row_number(&row);
    visitor->binding(visitor->context, &binding);
}

static void load_publication(const struct store_visitor *visitor, struct row row)
{
    struct store_publication publication = {.aor = row_bytes(&row)};
    publication.event = row_bytes(&row);
    publication.id = row_bytes(&row);
    publication.tag = row_bytes(&row);
    publication.content_type = row_bytes(&row);
    publication.body = row_bytes(&row);
    publication.flow = row_bytes(&row);
    publication.origin = row_origin(&row);
    publication.made_ms = (uint64_t)row_number(&row);
    publication.expires_ms = (uint64_t)row_number(&row);
    publication.ended = row_number(&row) != 0;
    publication.instance = row_bytes(&row);
    publication.from_tag = row_bytes(&row);
    publication.previous = row_bytes(&row);
    publication.previous_until_ms = (uint64_t)row_number(&row);
    publication.closes_ms = (uint64_t)row_number(&row);
    publication.closed = row_number(&row) != 0;
    publication.publisher = (enum store_publisher)row_number(&row);
    visitor->publication(visitor->context, &publication);
}

static void load_subscription(const struct store_visitor *visitor, struct row row)
{
    struct store_subscription subscription = {.aor = row_bytes(&row)};
    subscription.event = row_bytes(&row);
    subscription.local_tag = row_bytes(&row);
    subscription.event_id = row_bytes(&row);
    subscription.watcher = row_bytes(&row);
    subscription.remote_tag = row_bytes(&row);
    subscription.local_uri = row_bytes(&row);
    subscription.remote_uri = row_bytes(&row);
    subscription.remote_target = row_bytes(&row);
    subscription.route_set = row_bytes(&row);
    subscription.contact = row_bytes(&row);
    subscription.flow = row_bytes(&row);
    subscription.accept = row_bytes(&row);
    subscription.origin = row_origin(&row);
    subscription.local_cseq = (uint32_t)row_number(&row);
    subscription.epoch = (uint64_t)row_number(&row);
    subscription.expires_ms = (uint64_t)row_number(&row);
    subscription.state = (enum store_state)row_number(&row);
    subscription.cause = row_bytes(&row);
    subscription.since_ms = (uint64_t)row_number(&row);
    subscription.foreign = row_number(&row) != 0;
    subscription.trusted = row_number(&row) != 0;
    subscription.instance = row_bytes(&row);
    subscription.filter = row_bytes(&row);
    subscription.min_interval_ms = (uint64_t)row_number(&row);
    subscription.max_interval_ms = (uint64_t)row_number(&row);
    subscription.adaptive_interval_ms = (uint64_t)row_number(&row);
    subscription.held_since_ms = (uint64_t)row_number(&row);
    subscription.begun_ms = (uint64_t)row_number(&row);
    visitor->subscription(visitor->context, &subscription);
}

static void load_device(const struct store_visitor *visitor, struct row row)
{
    struct store_device device = {.aor = row_bytes(&row)};
    device.instance = row_bytes(&row);
    device.since_ms = (uint64_t)row_number(&row);
    device.seen_ms = (uint64_t)row_number(&row);
    visitor->device(visitor->context, &device);
}

static void load_line(const struct store_visitor *visitor, struct row row)
{
    struct store_line line = {.aor = row_bytes(&row)};
    line.call_id = row_bytes(&row);
    line.local_tag = row_bytes(&row);
    line.remote_tag = row_bytes(&row);
    line.initiator = row_number(&row) != 0;
    line.local_uri = row_bytes(&row);
    line.local_name = row_bytes(&row);
    line.remote_uri = row_bytes(&row);
    line.remote_name = row_bytes(&row);
    line.silence_s = (uint32_t)row_number(&row);
    line.since_ms = (uint64_t)row_number(&row);
    line.expires_ms = (uint64_t)row_number(&row);
    visitor->line(visitor->context, &line);
}

struct store_delivery delivery_row(struct row *row)
{
    struct store_delivery delivery = {.aor = row_bytes(row)};
    delivery.serial = (uint64_t)row_number(row);
    delivery.whom = (enum store_whom)row_number(row);
    delivery.device = row_bytes(row);
    delivery.state = (enum store_delivery_state)row_number(row);
    delivery.status = (unsigned)row_number(row);
    delivery.tries = (unsigned)row_number(row);
    delivery.changed_ms = (uint64_t)row_number(row);
    return delivery;
}

static void load_owed(const struct store_visitor *visitor, struct row row)
{
    struct store_owed owed = {.delivery = delivery_row(&row)};
    owed.kind = (enum store_message_kind)row_number(&row);
    owed.peer = row_bytes(&row);
    owed.made_ms = (uint64_t)row_number(&row);
    owed.expires_ms = (uint64_t)row_number(&row);
    owed.keep_until_ms = (uint64_t)row_number(&row);
    owed.size = (size_t)row_number(&row);
    owed.taken_ms = (uint64_t)row_number(&row);
    visitor->owed(visitor->context, &owed);
}

struct store_message message_row(struct row *row)
{
    struct store_message message = {.aor = row_bytes(row)};
    message.serial = (uint64_t)row_number(row);
    message.kind = (enum store_message_kind)row_number(row);
    message.peer = row_bytes(row);
    message.foreign = row_number(row) != 0;
    message.trusted = row_number(row) != 0;
    message.origin = row_origin(row);
    message.from_tag = row_bytes(row);
    message.status = (unsigned)row_number(row);
    message.made_ms = (uint64_t)row_number(row);
    message.expires_ms = (uint64_t)row_number(row);
    message.keep_until_ms = (uint64_t)row_number(row);
    message.content_type = row_bytes(row);
    return message;
}

static void load_recent_row(const struct store_visitor *visitor, struct row row)
{
    struct store_message message = message_row(&row);
    visitor->recent(visitor->context, &message);
}

/* Visits a partition's rows of one kind; returns SQLite's code. */
static int load_rows(struct store *store, enum statement which, unsigned partition,
                     const struct store_visitor *visitor,
                     void (*load)(const struct store_visitor *visitor, struct row row))
{
    sqlite3_stmt *statement = database_statement(&store->reader, which);
    if (statement == NULL)
        return sqlite3_errcode(store->reader.handle);
    sqlite3_bind_int64(statement, 1, partition);
    while (sqlite3_step(statement) == SQLITE_ROW)
        load(visitor, (struct row){statement, 0});
    return sqlite3_reset(statement);
}

static int load_recent(struct store *store, unsigned partition, const struct store_visitor *visitor)
{
    assert(visitor->recent_ms <= INT64_MAX);
    sqlite3_stmt *statement = database_statement(&store->reader, SQL_RECENT);
    if (statement == NULL)
        return sqlite3_errcode(store->reader.handle);
    sqlite3_bind_int64(statement, 2, (int64_t)visitor->recent_ms);
    return load_rows(store, SQL_RECENT, partition, visitor, load_recent_row);
}

static int load_messages(struct store *store, unsigned partition,
                         const struct store_visitor *visitor)
{
    int code = SQLITE_OK;
    if (code == SQLITE_OK && visitor->line != NULL)
        code = load_rows(store, SQL_LINES, partition, visitor, load_line);
    if (visitor->device != NULL)
        code = load_rows(store, SQL_DEVICES, partition, visitor, load_device);
    if (code == SQLITE_OK && visitor->owed != NULL)
        code = load_rows(store, SQL_OWED, partition, visitor, load_owed);
    if (code == SQLITE_OK && visitor->recent != NULL)
        code = load_recent(store, partition, visitor);
    return code;
}

static int load_partition(struct store *store, unsigned partition,
                          const struct store_visitor *visitor)
{
    int code = database_run(&store->reader, SQL_BEGIN_READ);
    if (code == SQLITE_OK && visitor->binding != NULL)
        code = load_rows(store, SQL_BINDINGS, partition, visitor, load_binding);
    if (code == SQLITE_OK && visitor->publication != NULL)
        code = load_rows(store, SQL_PUBLICATIONS, partition, visitor, load_publication);
    if (code == SQLITE_OK && visitor->subscription != NULL)
        code = load_rows(store, SQL_SUBSCRIPTIONS, partition, visitor, load_subscription);
    if (code == SQLITE_OK)
        code = load_messages(store, partition, visitor);
    return code == SQLITE_OK ? database_run(&store->reader, SQL_COMMIT) : code;
}

/* Ends a read, logging what went wrong. */
static enum err load_end(struct store *store, int code, const char *what)
{
    struct failure failure;
    store->loading = false;
    if (code == SQLITE_OK)
        return ERR_NONE;
    database_explain(&store->reader, code, &failure);
    database_rollback(&store->reader);
    log_write(store->log, LOG_ERROR, "store", "cannot load %s: %s", what, failure.why);
    return database_err(code);
}

enum err store_load(struct store *store, unsigned partition, const struct store_visitor *visitor)
{
    assert(partition < PARTITIONS && visitor != NULL && !store->loading);
    store->loading = true;
    return load_end(store, load_partition(store, partition, visitor), "a partition");
}

static int read_message(struct store *store, struct bytes aor, uint64_t serial,
                        struct store_message *message, sqlite3_stmt **held)
{
    sqlite3_stmt *statement = database_statement(&store->reader, SQL_MESSAGE);
    if (statement == NULL)
        return sqlite3_errcode(store->reader.handle);
    sqlite3_bind_int64(statement, 1, partition_of(aor));
    bind_text(statement, 2, aor);
    sqlite3_bind_int64(statement, 3, (int64_t)serial);
    int code = sqlite3_step(statement);
    if (code != SQLITE_ROW)
        return sqlite3_reset(statement);
    struct row row = {statement, 0};
    *message = message_row(&row);
    message->head = row_bytes(&row);
    message->body = row_bytes(&row);
    *held = statement;
    return SQLITE_OK;
}

enum err store_read_message(struct store *store, struct bytes aor, uint64_t serial,
                            void (*visit)(void *context, const struct store_message *message),
                            void *context)
{
    assert(visit != NULL && serial <= INT64_MAX && !store->loading);
    struct store_message message = {0};
    sqlite3_stmt *held = NULL;
    store->loading = true;
    int code = read_message(store, aor, serial, &message, &held);
    if (held != NULL) {
        visit(context, &message);
        code = sqlite3_reset(held);
    }
    enum err err = load_end(store, code, "a message");
    return err == ERR_NONE && held == NULL ? ERR_NOT_FOUND : err;
}

bool store_has_messages(struct store *store, unsigned partition)
{
    assert(partition < PARTITIONS);
    sqlite3_stmt *statement = database_statement(&store->reader, SQL_ANY_MESSAGE);
    if (statement == NULL)
        return true;
    sqlite3_bind_int64(statement, 1, partition);
    bool found = sqlite3_step(statement) != SQLITE_DONE;
    sqlite3_reset(statement);
    return found;
}

/* Visits what changed after *upto, and moves that on. Who knows of nobody yet (0) need not hear who
 * is gone. */
static int load_accounts(struct store *store, int64_t *upto,
                         void (*account)(void *context, const struct store_account *account),
                         void *context)
{
    sqlite3_stmt *statement = database_statement(&store->reader, SQL_ACCOUNTS_CHANGED);
    if (statement == NULL)
        return sqlite3_errcode(store->reader.handle);
    bool first = *upto == 0;
    sqlite3_bind_int64(statement, 1, *upto);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        struct row row = {statement, 0};
        struct store_account value = account_row(&row);
        *upto = (int64_t)value.changed;
        if (!value.removed || !first)
            account(context, &value);
    }
    return sqlite3_reset(statement);
}

enum err store_load_accounts(struct store *store,
                             void (*account)(void *context, const struct store_account *account),
                             void *context)
{
    assert(account != NULL && !store->loading);
    store->loading = true;
    int64_t upto = store->accounts_seen;
    int code = load_accounts(store, &upto, account, context);
    if (code == SQLITE_OK)
        store->accounts_seen = upto;
    return load_end(store, code, "accounts");
}

static int load_aliases(struct store *store, int64_t *upto,
                        void (*alias)(void *context, const struct store_alias *alias),
                        void *context)
{
    sqlite3_stmt *statement = database_statement(&store->reader, SQL_ALIASES_CHANGED);
    if (statement == NULL)
        return sqlite3_errcode(store->reader.handle);
    sqlite3_bind_int64(statement, 1, *upto);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        struct row row = {statement, 0};
        struct store_alias value = alias_row(&row);
        *upto = row_number(&row);
        alias(context, &value);
    }
    return sqlite3_reset(statement);
}

enum err store_load_aliases(struct store *store,
                            void (*alias)(void *context, const struct store_alias *alias),
                            void *context)
{
    assert(alias != NULL && !store->loading);
    store->loading = true;
    int64_t upto = store->aliases_seen;
    int code = load_aliases(store, &upto, alias, context);
    if (code == SQLITE_OK)
        store->aliases_seen = upto;
    return load_end(store, code, "aliases");
}

/* Visits the rows of a statement that is bound already; returns SQLite's code. */
static int visit_rules(sqlite3_stmt *statement, const struct store_policy_visitor *visitor)
{
    while (sqlite3_step(statement) == SQLITE_ROW) {
        struct row row = {statement, 0};
        struct store_rules rules = rules_row(&row);
        visitor->rules(visitor->context, &rules);
    }
    return sqlite3_reset(statement);
}

static int visit_buddies(sqlite3_stmt *statement, const struct store_policy_visitor *visitor)
{
    while (sqlite3_step(statement) == SQLITE_ROW) {
        struct row row = {statement, 0};
        struct store_buddy buddy = buddy_row(&row);
        visitor->buddy(visitor->context, &buddy);
    }
    return sqlite3_reset(statement);
}

static int visit_preferences(sqlite3_stmt *statement, const struct store_policy_visitor *visitor)
{
    while (sqlite3_step(statement) == SQLITE_ROW) {
        struct row row = {statement, 0};
        struct store_preference preference = preference_row(&row);
        visitor->preference(visitor->context, &preference);
    }
    return sqlite3_reset(statement);
}

/* All shared groups; SQLite's code. */
static int load_shared(struct store *store, const struct store_policy_visitor *visitor)
{
    sqlite3_stmt *statement = database_statement(&store->reader, SQL_SHARED_AFTER);
    if (visitor->shared == NULL)
        return SQLITE_OK;
    if (statement == NULL)
        return sqlite3_errcode(store->reader.handle);
    bind_text(statement, 1, BYTES(""));
    sqlite3_bind_int64(statement, 2, -1);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        struct row row = {statement, 0};
        struct store_shared shared = shared_row(&row);
        visitor->shared(visitor->context, &shared);
    }
    return sqlite3_reset(statement);
}

/* The statement for all owners, or bound to one; NULL when SQLite refuses. */
static sqlite3_stmt *owner_rows(struct store *store, struct bytes aor, enum statement of_all,
                                enum statement of_one)
{
    sqlite3_stmt *statement =
        database_statement(&store->reader, bytes_empty(aor) ? of_all : of_one);
    if (statement == NULL || bytes_empty(aor))
        return statement;
    sqlite3_bind_int64(statement, 1, partition_of(aor));
    bind_text(statement, 2, aor);
    return statement;
}

/* One kind of row of one owner, or of all (empty). */
struct owner_part {
    enum statement of_all, of_one;
    int (*visit)(sqlite3_stmt *statement, const struct store_policy_visitor *visitor);
};

static const struct owner_part owner_parts[] = {
    {SQL_RULES, SQL_RULES_OF, visit_rules},
    {SQL_ROSTERS, SQL_ROSTER, visit_buddies},
    {SQL_PREFERENCES, SQL_PREFERENCES_OF, visit_preferences},
};

/* Rules, roster and preferences of one owner, or of all (empty). */
static int load_owner(struct store *store, struct bytes aor,
                      const struct store_policy_visitor *visitor)
{
    int code = SQLITE_OK;
    for (unsigned i = 0; i < sizeof(owner_parts) / sizeof(owner_parts[0]) && code == SQLITE_OK;
         i++) {
        const struct owner_part *part = &owner_parts[i];
        sqlite3_stmt *statement = owner_rows(store, aor, part->of_all, part->of_one);
        code = statement != NULL ? part->visit(statement, visitor)
                                 : sqlite3_errcode(store->reader.handle);
    }
    return code;
}

static int load_all_owners(struct store *store, int64_t *upto,
                           const struct store_policy_visitor *visitor)
{
    sqlite3_stmt *statement = database_statement(&store->reader, SQL_META);
    if (statement == NULL)
        return sqlite3_errcode(store->reader.handle);
    bind_text(statement, 1, BYTES("policy"));
    if (!database_number(&store->reader, SQL_META, upto))
        return SQLITE_CORRUPT;
    int code = load_owner(store, BYTES(""), visitor);
    return code == SQLITE_OK ? load_shared(store, visitor) : code;
}

static int load_changed_owners(struct store *store, int64_t *upto,
                               const struct store_policy_visitor *visitor)
{
    sqlite3_stmt *statement = database_statement(&store->reader, SQL_POLICY_CHANGES);
    if (statement == NULL)
        return sqlite3_errcode(store->reader.handle);
    int code = SQLITE_OK;
    sqlite3_bind_int64(statement, 1, *upto);
    while (code == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW) {
        struct row row = {statement, 0};
        struct bytes aor = row_bytes(&row);
        *upto = row_number(&row);
        visitor->owner(visitor->context, aor);
        code = bytes_empty(aor) ? load_shared(store, visitor) : load_owner(store, aor, visitor);
    }
    int end = sqlite3_reset(statement);
    return code == SQLITE_OK ? end : code;
}

enum err store_load_policy(struct store *store, const struct store_policy_visitor *visitor)
{
    assert(visitor->owner && visitor->rules && visitor->buddy && visitor->preference);
    assert(!store->loading);
    store->loading = true;
    int64_t upto = store->policy_seen;
    int code = database_run(&store->reader, SQL_BEGIN_READ);
    if (code == SQLITE_OK)
        code = store->policy_known ? load_changed_owners(store, &upto, visitor)
                                   : load_all_owners(store, &upto, visitor);
    if (code == SQLITE_OK)
        code = database_run(&store->reader, SQL_COMMIT);
    if (code == SQLITE_OK) {
        store->policy_seen = upto;
        store->policy_known = true;
    }
    return load_end(store, code, "rosters, rules and preferences");
}
