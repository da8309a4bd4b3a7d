/* statements.c: the SQL that runs more than once, each text in one place.
 *
 * Rows are put whole with REPLACE: on a table WITHOUT ROWID that has no further index SQLite then
 * writes with a single search of the tree, and overwrites in place when the size is the same. The
 * first parameter of everything that a change set does is the partition; `cells` types those that
 * follow. */
#include <assert.h>

#include "store/database_internal.h"

#define BINDING_COLUMNS                                                                    \
    "aor, contact, instance, reg_id, path, parameters, flow, user_agent, origin_call_id, " \
    "origin_branch, origin_cseq, q, updated_ms, expires_ms"
#define PUBLICATION_COLUMNS                                                                        \
    "aor, event, id, tag, content_type, body, flow, origin_call_id, origin_branch, origin_cseq, "  \
    "made_ms, expires_ms, ended, instance, from_tag, previous_tag, previous_until_ms, closes_ms, " \
    "closed, publisher"
#define SUBSCRIPTION_COLUMNS                                                                    \
    "aor, event, local_tag, event_id, watcher, remote_tag, local_uri, remote_uri, "             \
    "remote_target, route_set, contact, flow, accept, origin_call_id, origin_branch, "          \
    "origin_cseq, local_cseq, epoch, expires_ms, state, cause, since_ms, foreign_watcher, "     \
    "trusted, "                                                                                 \
    "instance, filter, min_interval_ms, max_interval_ms, adaptive_interval_ms, held_since_ms, " \
    "begun_ms"
#define RECENT_COLUMNS                                                                  \
    "aor, serial, kind, peer, foreign_sender, trusted, origin_call_id, origin_branch, " \
    "origin_cseq, from_tag, status, made_ms, expires_ms, keep_until_ms, content_type"
#define MESSAGE_COLUMNS RECENT_COLUMNS ", head, body"
#define DELIVERY_COLUMNS "aor, serial, whom, device, state, status, tries, changed_ms"
/* What somebody is still owed, or took a moment ago, is not old. */
#define OLD_MESSAGES                                                                     \
    "partition = ?1 AND made_ms < ?2 AND keep_until_ms < ?3 AND NOT EXISTS (SELECT 1 "   \
    "FROM deliveries d WHERE d.partition = messages.partition AND d.aor = messages.aor " \
    "AND d.serial = messages.serial AND (d.state = 0 OR (d.state = 1 AND d.changed_ms > ?4)))"
#define ACCOUNT_COLUMNS \
    "aor, ha1_md5, ha1_sha256, ha1_sha512_256, name, disabled, born, removed, changed"

#define LINE_COLUMNS                                                                      \
    "aor, call_id, local_tag, remote_tag, initiator, local_uri, local_name, remote_uri, " \
    "remote_name, silence_s, since_ms, expires_ms"
#define TOKEN_COLUMNS "id, digest, name, scopes, made_ms, expires_ms, used_ms"
#define WEBHOOK_COLUMNS "id, url, types, user, secret, active, made_ms, old_secret, secret_ms"
#define BUDDY_COLUMNS "aor, buddy, name, groups, notes, position"
#define SHARED_COLUMNS "name, title, members, watchers"
/* Lines of people without one of them. */
#define WITHOUT(lines)                                                                        \
    "trim(replace(char(10) || " lines " || char(10), char(10) || ?2 || char(10), char(10)), " \
    "char(10))"
#define HAS(lines) "instr(char(10) || " lines " || char(10), char(10) || ?2 || char(10)) > 0"
#define OWNER "partition = ?1 AND aor = ?2"

struct statement_text {
    const char *sql;
    const char *cells;
};

static const struct statement_text statements[STATEMENT_COUNT] = {
    [SQL_BEGIN_WRITE] = {"BEGIN IMMEDIATE", ""},
    [SQL_BEGIN_READ] = {"BEGIN", ""},
    [SQL_COMMIT] = {"COMMIT", ""},
    [SQL_ROLLBACK] = {"ROLLBACK", ""},
    [SQL_DATA_VERSION] = {"PRAGMA data_version", ""},
    [SQL_META] = {"SELECT value FROM meta WHERE key = ?1", ""},
    [SQL_NEXT_EPOCH] = {"UPDATE meta SET value = value + 1 WHERE key = 'epoch' RETURNING value",
                        ""},
    [SQL_FORGET_REMOVED] = {"DELETE FROM accounts WHERE removed = 1", ""},
    [SQL_FORGET_ALIASES] = {"DELETE FROM aliases WHERE removed = 1", ""},
    [SQL_PUT_ALIAS] = {"REPLACE INTO aliases (partition, aor, alias, removed, changed) VALUES "
                       "(?1, ?2, ?3, ?4, ?5)",
                       "ttii"},
    [SQL_ALIAS] = {"SELECT aor FROM aliases WHERE alias = ?1 AND removed = 0", ""},
    [SQL_ALIASES_OF] = {"SELECT alias, aor, removed, changed FROM aliases WHERE " OWNER
                        " AND removed = 0 ORDER BY alias",
                        "t"},
    [SQL_ALIASES_CHANGED] = {"SELECT alias, aor, removed, changed FROM aliases WHERE changed > ?1 "
                             "ORDER BY changed",
                             ""},
    [SQL_COUNT_ALIASES] = {"SELECT count(*) FROM aliases WHERE " OWNER " AND removed = 0", "t"},
    [SQL_ERASE_ALIASES] =
        {"UPDATE aliases SET removed = 1, changed = (SELECT value FROM meta WHERE "
         "key = 'accounts') WHERE " OWNER,
         "t"},
    /* Whose roster has the name, or whose rules may. */
    [SQL_OWNERS_NAMING] = {"SELECT aor FROM rosters WHERE buddy = ?1 UNION SELECT aor FROM rules "
                           "WHERE instr(document, CAST(?2 AS BLOB)) > 0",
                           ""},
    [SQL_PUT_BINDING] = {"REPLACE INTO bindings (partition, " BINDING_COLUMNS ") VALUES "
                         "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
                         "tttittttttiiii"},
    [SQL_DELETE_BINDING] = {"DELETE FROM bindings WHERE partition = ?1 AND aor = ?2 AND "
                            "contact = ?3 AND instance = ?4 AND reg_id = ?5",
                            "ttti"},
    [SQL_PUT_PUBLICATION] =
        {"REPLACE INTO publications (partition, " PUBLICATION_COLUMNS
         ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, "
         "?18, ?19, ?20, ?21)",
         "tttttbtttiiiitttiiii"},
    [SQL_DELETE_PUBLICATION] = {"DELETE FROM publications WHERE partition = ?1 AND aor = ?2 AND "
                                "event = ?3 AND id = ?4",
                                "ttt"},
    [SQL_PUT_SUBSCRIPTION] =
        {"REPLACE INTO subscriptions (partition, " SUBSCRIPTION_COLUMNS
         ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, "
         "?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, "
         "?28, ?29, ?30, ?31, ?32)",
         "tttttttttttttttiiiiitiiitbiiiii"},
    [SQL_DELETE_SUBSCRIPTION] = {"DELETE FROM subscriptions WHERE partition = ?1 AND aor = ?2 AND "
                                 "event = ?3 AND local_tag = ?4",
                                 "ttt"},
    [SQL_PUT_MESSAGE] = {"REPLACE INTO messages (partition, " MESSAGE_COLUMNS ") VALUES (?1, ?2, "
                         "?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)",
                         "tiitiittitiiiitbb"},
    [SQL_PUT_DELIVERY] = {"REPLACE INTO deliveries (partition, " DELIVERY_COLUMNS ") VALUES "
                          "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                          "tiitiiii"},
    [SQL_PUT_DEVICE] = {"REPLACE INTO devices (partition, aor, instance, since_ms, seen_ms) "
                        "VALUES (?1, ?2, ?3, ?4, ?5)",
                        "ttii"},
    [SQL_DELETE_DEVICE] = {"DELETE FROM devices WHERE " OWNER " AND instance = ?3", "tt"},
    [SQL_PUT_LINE] = {"REPLACE INTO lines (partition, " LINE_COLUMNS ") VALUES "
                      "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
                      "ttttittttiii"},
    [SQL_DELETE_LINE] = {"DELETE FROM lines WHERE " OWNER " AND call_id = ?3 AND local_tag = ?4 "
                         "AND remote_tag = ?5",
                         "tttt"},
    [SQL_ERASE_LINES] = {"DELETE FROM lines WHERE " OWNER, "t"},
    [SQL_LINES] = {"SELECT " LINE_COLUMNS " FROM lines WHERE partition = ?1 "
                   "ORDER BY aor, since_ms, call_id, local_tag, remote_tag",
                   ""},
    [SQL_DELETE_DELIVERIES] = {"DELETE FROM deliveries WHERE " OWNER " AND serial = ?3", "ti"},
    [SQL_DELETE_MESSAGE] = {"DELETE FROM messages WHERE " OWNER " AND serial = ?3", "ti"},
    [SQL_FORGET_DELIVERIES] = {"DELETE FROM deliveries WHERE partition = ?1 AND (aor, serial) IN "
                               "(SELECT aor, serial FROM messages WHERE " OLD_MESSAGES ")",
                               "iii"},
    [SQL_FORGET_MESSAGES] = {"DELETE FROM messages WHERE " OLD_MESSAGES, "iii"},
    /* Deliveries whose messages are gone: those that are owed, and what lies before all messages.
     * To find the others, all would have to be gone through. */
    [SQL_FORGET_ORPHANS] = {"DELETE FROM deliveries INDEXED BY deliveries_owed WHERE "
                            "partition = ?1 AND state = 0 AND NOT EXISTS (SELECT 1 "
                            "FROM messages m WHERE m.partition = deliveries.partition AND "
                            "m.aor = deliveries.aor AND m.serial = deliveries.serial)",
                            ""},
    [SQL_FORGET_REMAINS] = {"DELETE FROM deliveries WHERE partition = ?1 AND serial < "
                            "coalesce((SELECT min(serial) FROM messages), 9223372036854775807)",
                            ""},
    [SQL_ERASE_DELIVERIES] = {"DELETE FROM deliveries WHERE " OWNER " AND serial IN "
                              "(SELECT serial FROM messages WHERE " OWNER ")",
                              "t"},
    [SQL_ERASE_MESSAGES] = {"DELETE FROM messages WHERE " OWNER, "t"},
    [SQL_ERASE_DEVICES] = {"DELETE FROM devices WHERE " OWNER, "t"},
    [SQL_BINDINGS] = {"SELECT " BINDING_COLUMNS " FROM bindings WHERE partition = ?1 "
                      "ORDER BY aor, updated_ms, contact, instance, reg_id",
                      ""},
    [SQL_PUBLICATIONS] = {"SELECT " PUBLICATION_COLUMNS " FROM publications WHERE partition = ?1 "
                          "ORDER BY made_ms, aor, event, id",
                          ""},
    [SQL_SUBSCRIPTIONS] = {"SELECT " SUBSCRIPTION_COLUMNS " FROM subscriptions WHERE "
                           "partition = ?1 ORDER BY aor, event, local_tag",
                           ""},
    [SQL_DEVICES] = {"SELECT aor, instance, since_ms, seen_ms FROM devices WHERE partition = ?1 "
                     "ORDER BY aor, instance",
                     ""},
    /* From the index of what is owed to its messages, never another way: by itself SQLite would
     * go through all deliveries of the partition, whose key leads there, too. */
    [SQL_OWED] = {"SELECT d.aor, d.serial, d.whom, d.device, d.state, d.status, d.tries, "
                  "d.changed_ms, m.kind, m.peer, m.made_ms, m.expires_ms, m.keep_until_ms, "
                  "length(m.head) + length(m.body), coalesce((SELECT min(t.changed_ms) FROM "
                  "deliveries t WHERE t.partition = d.partition AND t.aor = d.aor AND "
                  "t.serial = d.serial AND t.state = 1), 0) "
                  "FROM deliveries d INDEXED BY deliveries_owed "
                  "CROSS JOIN messages m ON "
                  "m.partition = d.partition AND m.aor = d.aor AND m.serial = d.serial "
                  "WHERE d.partition = ?1 AND d.state = 0 ORDER BY d.aor, d.serial, d.whom, "
                  "d.device",
                  ""},
    [SQL_RECENT] = {"SELECT " RECENT_COLUMNS " FROM messages INDEXED BY messages_made WHERE "
                    "partition = ?1 AND made_ms >= ?2 ORDER BY aor, serial",
                    "i"},
    [SQL_MESSAGE] = {"SELECT " MESSAGE_COLUMNS " FROM messages WHERE " OWNER " AND serial = ?3",
                     "ti"},
    [SQL_HISTORY] = {"SELECT " MESSAGE_COLUMNS
                     " FROM messages INDEXED BY messages_made WHERE " OWNER
                     " AND made_ms >= ?3 AND made_ms <= ?4 AND (made_ms < ?4 OR serial < ?5) "
                     "ORDER BY made_ms DESC, serial DESC",
                     "tiii"},
    [SQL_TRACE_MESSAGE] = {"SELECT serial FROM messages INDEXED BY messages_made WHERE " OWNER
                           " AND made_ms = ?3 AND origin_call_id = ?4 AND from_tag = ?5",
                           "titt"},
    [SQL_TRACE_RECENT] = {"SELECT serial FROM messages INDEXED BY messages_made WHERE " OWNER
                          " AND made_ms >= (SELECT max(made_ms) FROM messages INDEXED BY "
                          "messages_made WHERE partition = ?1) - ?3 AND origin_call_id = ?4 AND "
                          "from_tag = ?5",
                          "titt"},
    [SQL_DELIVERIES] = {"SELECT " DELIVERY_COLUMNS " FROM deliveries WHERE " OWNER
                        " AND serial = ?3 ORDER BY whom, device",
                        "ti"},
    [SQL_OWED_OF] =
        {"SELECT DISTINCT serial FROM deliveries INDEXED BY deliveries_owed WHERE " OWNER
         " AND state = 0 AND serial > ?3 ORDER BY serial LIMIT ?4",
         "tii"},
    [SQL_ANY_MESSAGE] = {"SELECT 1 FROM messages WHERE partition = ?1 LIMIT 1", ""},
    [SQL_PUT_ACCOUNT] =
        {"REPLACE INTO accounts (partition, " ACCOUNT_COLUMNS
         ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, coalesce((SELECT born FROM "
         "accounts WHERE partition = ?1 AND aor = ?2 AND removed = 0), ?9), ?8, ?9)",
         "tttttiii"},
    [SQL_ACCOUNTS_AFTER] = {"SELECT " ACCOUNT_COLUMNS " FROM accounts WHERE removed = 0 AND "
                            "aor > ?1 ORDER BY aor LIMIT ?2",
                            ""},
    [SQL_ACCOUNT] = {"SELECT removed FROM accounts WHERE partition = ?1 AND aor = ?2", "t"},
    [SQL_ACCOUNTS] = {"SELECT " ACCOUNT_COLUMNS " FROM accounts WHERE removed = 0 ORDER BY aor",
                      ""},
    [SQL_ACCOUNTS_CHANGED] = {"SELECT " ACCOUNT_COLUMNS " FROM accounts WHERE changed > ?1 "
                              "ORDER BY changed",
                              ""},
    [SQL_NEXT_ACCOUNT_CHANGE] = {"UPDATE meta SET value = value + 1 WHERE key = 'accounts' "
                                 "RETURNING value",
                                 ""},
    [SQL_PUT_BUDDY] = {"REPLACE INTO rosters (partition, " BUDDY_COLUMNS ") VALUES "
                       "(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                       "ttttti"},
    [SQL_BUDDY] = {"SELECT " BUDDY_COLUMNS " FROM rosters WHERE " OWNER " AND buddy = ?3", "tt"},
    [SQL_ROSTER_ORDERED] = {"SELECT " BUDDY_COLUMNS " FROM rosters WHERE " OWNER
                            " ORDER BY position, buddy",
                            "t"},
    [SQL_PUT_GROUP] = {"REPLACE INTO roster_groups (partition, aor, name, position) VALUES "
                       "(?1, ?2, ?3, ?4)",
                       "tti"},
    [SQL_DELETE_GROUP] = {"DELETE FROM roster_groups WHERE " OWNER " AND name = ?3", "tt"},
    [SQL_DELETE_GROUPS] = {"DELETE FROM roster_groups WHERE " OWNER, "t"},
    [SQL_GROUPS] = {"SELECT aor, name, position FROM roster_groups WHERE " OWNER
                    " ORDER BY position, name",
                    "t"},
    [SQL_PUT_SHARED] = {"REPLACE INTO shared_groups (" SHARED_COLUMNS ") VALUES "
                        "(?1, ?2, ?3, ?4)",
                        ""},
    [SQL_DELETE_SHARED] = {"DELETE FROM shared_groups WHERE name = ?1", ""},
    [SQL_LEAVE_SHARED] =
        {"UPDATE shared_groups SET members = " WITHOUT("members") ", watchers = " WITHOUT(
             "watchers") " WHERE " HAS("members") " OR " HAS("watchers"),
         "t"},
    [SQL_SHARED] = {"SELECT " SHARED_COLUMNS " FROM shared_groups WHERE name = ?1", ""},
    [SQL_SHARED_AFTER] = {"SELECT " SHARED_COLUMNS " FROM shared_groups WHERE name > ?1 "
                          "ORDER BY name LIMIT ?2",
                          ""},
    [SQL_COUNT_SHARED] = {"SELECT count(*) FROM shared_groups WHERE name != ?1", ""},
    [SQL_DELETE_BUDDY] = {"DELETE FROM rosters WHERE " OWNER " AND buddy = ?3", "tt"},
    [SQL_COUNT_BUDDIES] = {"SELECT count(*) FROM rosters WHERE " OWNER " AND buddy != ?3", "tt"},
    [SQL_DELETE_ROSTER] = {"DELETE FROM rosters WHERE " OWNER, "t"},
    [SQL_ROSTER] = {"SELECT " BUDDY_COLUMNS " FROM rosters WHERE " OWNER " ORDER BY buddy", "t"},
    [SQL_ROSTERS] = {"SELECT " BUDDY_COLUMNS " FROM rosters ORDER BY partition, aor, buddy", ""},
    [SQL_PUT_RULES] = {"REPLACE INTO rules (partition, aor, document) VALUES (?1, ?2, ?3)", "tb"},
    [SQL_DELETE_RULES] = {"DELETE FROM rules WHERE " OWNER, "t"},
    [SQL_RULES_OF] = {"SELECT aor, document FROM rules WHERE " OWNER, "t"},
    [SQL_RULES] = {"SELECT aor, document FROM rules ORDER BY partition, aor", ""},
    [SQL_PUT_PREFERENCE] = {"REPLACE INTO preferences (partition, aor, name, value) VALUES "
                            "(?1, ?2, ?3, ?4)",
                            "ttt"},
    [SQL_DELETE_PREFERENCE] = {"DELETE FROM preferences WHERE " OWNER " AND name = ?3", "tt"},
    [SQL_DELETE_PREFERENCES] = {"DELETE FROM preferences WHERE " OWNER, "t"},
    [SQL_PREFERENCES_OF] = {"SELECT aor, name, value FROM preferences WHERE " OWNER
                            " ORDER BY name",
                            "t"},
    [SQL_PREFERENCES] = {"SELECT aor, name, value FROM preferences ORDER BY partition, aor, name",
                         ""},
    [SQL_NEXT_POLICY_CHANGE] = {"UPDATE meta SET value = value + 1 WHERE key = 'policy' "
                                "RETURNING value",
                                ""},
    [SQL_PUT_POLICY_CHANGE] = {"REPLACE INTO policy_changes (partition, aor, changed) VALUES "
                               "(?1, ?2, ?3)",
                               "ti"},
    [SQL_POLICY_CHANGES] = {"SELECT aor, changed FROM policy_changes WHERE changed > ?1 "
                            "ORDER BY changed",
                            ""},
    [SQL_FORGET_POLICY_CHANGES] = {"DELETE FROM policy_changes", ""},
    [SQL_PUT_TOKEN] = {"INSERT INTO tokens (" TOKEN_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                       ""},
    [SQL_DELETE_TOKEN] = {"DELETE FROM tokens WHERE id = ?1", ""},
    [SQL_USE_TOKEN] = {"UPDATE tokens SET used_ms = ?2 WHERE id = ?1", ""},
    [SQL_COUNT_TOKENS] = {"SELECT count(*) FROM tokens", ""},
    [SQL_TOKENS] = {"SELECT " TOKEN_COLUMNS " FROM tokens ORDER BY made_ms, id", ""},
    [SQL_TOKEN] = {"SELECT " TOKEN_COLUMNS " FROM tokens WHERE id = ?1", ""},
    [SQL_TOKEN_OF_DIGEST] = {"SELECT " TOKEN_COLUMNS " FROM tokens WHERE digest = ?1", ""},
    [SQL_PUT_WEBHOOK] = {"REPLACE INTO webhooks (" WEBHOOK_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, "
                         "?6, ?7, ?8, ?9)",
                         ""},
    [SQL_DELETE_WEBHOOK] = {"DELETE FROM webhooks WHERE id = ?1", ""},
    [SQL_COUNT_WEBHOOKS] = {"SELECT count(*) FROM webhooks WHERE id <> ?1", ""},
    [SQL_WEBHOOKS] = {"SELECT " WEBHOOK_COLUMNS " FROM webhooks ORDER BY made_ms, id", ""},
    [SQL_WEBHOOK] = {"SELECT " WEBHOOK_COLUMNS " FROM webhooks WHERE id = ?1", ""},
    /* by a change set, which has a partition (?1) whatever it changes */
    [SQL_SILENCE_WEBHOOK] = {"UPDATE webhooks SET active = 0 WHERE ?1 >= 0 AND id = ?2", "t"},
    /* as of all that an account has, by its partition (?1); webhooks have none */
    [SQL_ERASE_WEBHOOKS] = {"DELETE FROM webhooks WHERE ?1 >= 0 AND user = ?2", ""},
    [SQL_PUT_DOMAIN] = {"REPLACE INTO domains (name, others) VALUES (?1, ?2)", ""},
    [SQL_DELETE_DOMAIN] = {"DELETE FROM domains WHERE name = ?1", ""},
    [SQL_COUNT_DOMAINS] = {"SELECT count(*) FROM domains WHERE name <> ?1", ""},
    [SQL_DOMAIN] = {"SELECT 1 FROM domains WHERE name = ?1", ""},
    [SQL_DOMAINS] = {"SELECT rtrim(name || ' ' || others) FROM domains ORDER BY name", ""},
    [SQL_COUNT_USERS_OF] = {"SELECT count(*) FROM accounts WHERE removed = 0 AND " DOMAIN_OF_AOR
                            " = ?1",
                            ""},
    [SQL_ACCOUNT_OF] = {"SELECT " ACCOUNT_COLUMNS " FROM accounts WHERE " OWNER " AND removed = 0",
                        "t"},
};

const char *statement_cells(enum statement which)
{
    assert(which < STATEMENT_COUNT);
    return statements[which].cells;
}

sqlite3_stmt *database_statement(struct database *database, enum statement which)
{
    assert(which < STATEMENT_COUNT);
    if (database->statements[which] == NULL)
        sqlite3_prepare_v3(database->handle, statements[which].sql, -1, SQLITE_PREPARE_PERSISTENT,
                           &database->statements[which], NULL);
    return database->statements[which];
}

int database_run(struct database *database, enum statement which)
{
    sqlite3_stmt *statement = database_statement(database, which);
    if (statement == NULL)
        return sqlite3_errcode(database->handle);
    int code;
    do
        code = sqlite3_step(statement);
    while (code == SQLITE_ROW);
    sqlite3_reset(statement);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

bool database_number(struct database *database, enum statement which, int64_t *number)
{
    sqlite3_stmt *statement = database_statement(database, which);
    if (statement == NULL)
        return false;
    bool found = sqlite3_step(statement) == SQLITE_ROW;
    if (found)
        *number = sqlite3_column_int64(statement, 0);
    sqlite3_reset(statement);
    return found;
}

int64_t database_version(struct database *database)
{
    int64_t version = 0;
    return database_number(database, SQL_DATA_VERSION, &version) ? version : 0;
}

int bind_text(sqlite3_stmt *statement, int parameter, struct bytes text)
{
    /* a NULL pointer would bind NULL, not the empty text */
    const char *at = text.at != NULL ? text.at : "";
    return sqlite3_bind_text(statement, parameter, at, (int)text.length, SQLITE_STATIC);
}

struct bytes row_bytes(struct row *row)
{
    const void *at = sqlite3_column_blob(row->statement, row->column);
    int length = sqlite3_column_bytes(row->statement, row->column);
    row->column++;
    return at != NULL ? bytes_from(at, (size_t)length) : BYTES("");
}

int64_t row_number(struct row *row)
{
    return sqlite3_column_int64(row->statement, row->column++);
}
