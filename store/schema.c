/* schema.c: the tables, as numbered migrations.
 *
 * PRAGMA user_version counts the migrations that a file has had; one that lacks some gets the rest
 * in one transaction, one that has more than we know is of a newer Herald and is left alone.
 * PRAGMA application_id tells our files from other people's.
 *
 * Every table that serves starts its key with the partition, so that one partition's rows lie
 * together, and has no further index: a put is one search and one write. Messages and deliveries
 * are a log and lie in the order of their serials, whosever they are: what one commit adds fills a
 * few pages, where a place of its own for each user would cost a page for each row. (Indexes say
 * what is a partition's; they hold little.) A migration that has been released is never edited;
 * changes are appended. */
#include <assert.h>
#include <sys/random.h>

#include "store/database_internal.h"

/* "Hrld" */
#define APPLICATION_ID 0x48726c64
#define APPLICATION_SQL "PRAGMA application_id = 1215458404"

enum { SECRET_BYTES = 32 };

#define ORIGIN \
    "origin_call_id TEXT NOT NULL, origin_branch TEXT NOT NULL, origin_cseq INTEGER NOT NULL, "

static const char *const migrations[] = {
    "CREATE TABLE meta (key TEXT NOT NULL PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;"
    "INSERT INTO meta (key, value) VALUES ('epoch', 0), ('accounts', 0), ('partitions', 1024);"

    "CREATE TABLE accounts (partition INTEGER NOT NULL, aor TEXT NOT NULL, ha1_md5 TEXT NOT NULL, "
    "ha1_sha256 TEXT NOT NULL, ha1_sha512_256 TEXT NOT NULL, removed INTEGER NOT NULL, "
    "changed INTEGER NOT NULL, PRIMARY KEY (partition, aor)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX accounts_changed ON accounts (changed);"

    "CREATE TABLE bindings (partition INTEGER NOT NULL, aor TEXT NOT NULL, contact TEXT NOT NULL, "
    "parameters TEXT NOT NULL, flow TEXT NOT NULL, user_agent TEXT NOT NULL, " ORIGIN
    "q INTEGER NOT NULL, expires_ms INTEGER NOT NULL, PRIMARY KEY (partition, aor, contact)) "
    "STRICT, WITHOUT ROWID;"

    "CREATE TABLE publications (partition INTEGER NOT NULL, aor TEXT NOT NULL, "
    "event TEXT NOT NULL, id TEXT NOT NULL, tag TEXT NOT NULL, content_type TEXT NOT NULL, "
    "body BLOB NOT NULL, flow TEXT NOT NULL, " ORIGIN
    "made_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL, "
    "ended INTEGER NOT NULL, PRIMARY KEY (partition, aor, event, id)) STRICT, WITHOUT ROWID;"

    "CREATE TABLE subscriptions (partition INTEGER NOT NULL, aor TEXT NOT NULL, "
    "event TEXT NOT NULL, local_tag TEXT NOT NULL, event_id TEXT NOT NULL, "
    "watcher TEXT NOT NULL, remote_tag TEXT NOT NULL, local_uri TEXT NOT NULL, "
    "remote_uri TEXT NOT NULL, remote_target TEXT NOT NULL, route_set TEXT NOT NULL, "
    "contact TEXT NOT NULL, flow TEXT NOT NULL, accept TEXT NOT NULL, " ORIGIN
    "local_cseq INTEGER NOT NULL, epoch INTEGER NOT NULL, expires_ms INTEGER NOT NULL, "
    "ended INTEGER NOT NULL, PRIMARY KEY (partition, aor, event, local_tag)) "
    "STRICT, WITHOUT ROWID;",

    /* The key of a binding grows, so its table is made anew. */
    "CREATE TABLE bindings_2 (partition INTEGER NOT NULL, aor TEXT NOT NULL, "
    "contact TEXT NOT NULL, instance TEXT NOT NULL, reg_id INTEGER NOT NULL, path TEXT NOT NULL, "
    "parameters TEXT NOT NULL, flow TEXT NOT NULL, user_agent TEXT NOT NULL, " ORIGIN
    "q INTEGER NOT NULL, updated_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL, "
    "PRIMARY KEY (partition, aor, contact, instance, reg_id)) STRICT, WITHOUT ROWID;"
    "INSERT INTO bindings_2 (partition, aor, contact, instance, reg_id, path, parameters, flow, "
    "user_agent, origin_call_id, origin_branch, origin_cseq, q, updated_ms, expires_ms) "
    "SELECT partition, aor, contact, '', 0, '', parameters, flow, user_agent, origin_call_id, "
    "origin_branch, origin_cseq, q, 0, expires_ms FROM bindings;"
    "DROP TABLE bindings;"
    "ALTER TABLE bindings_2 RENAME TO bindings;",

    /* policy_changes says whose rows another process changed, until the server's next start. */
    "CREATE TABLE rosters (partition INTEGER NOT NULL, aor TEXT NOT NULL, buddy TEXT NOT NULL, "
    "name TEXT NOT NULL, PRIMARY KEY (partition, aor, buddy)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE rules (partition INTEGER NOT NULL, aor TEXT NOT NULL, document BLOB NOT NULL, "
    "PRIMARY KEY (partition, aor)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE policy_changes (partition INTEGER NOT NULL, aor TEXT NOT NULL, "
    "changed INTEGER NOT NULL, PRIMARY KEY (partition, aor)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX policy_changes_changed ON policy_changes (changed);"
    "INSERT INTO meta (key, value) VALUES ('policy', 0);",

    /* What policy is asked with again later. Nobody knows who vouched for those that are there:
     * they are judged as if nobody had. */
    "ALTER TABLE subscriptions RENAME COLUMN ended TO state;"
    "ALTER TABLE subscriptions ADD COLUMN cause TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE subscriptions ADD COLUMN since_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE subscriptions ADD COLUMN foreign_watcher INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE subscriptions ADD COLUMN trusted INTEGER NOT NULL DEFAULT 0;",

    /* Who published, and whether it is still there. */
    "ALTER TABLE publications ADD COLUMN instance TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE publications ADD COLUMN from_tag TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE publications ADD COLUMN previous_tag TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE publications ADD COLUMN previous_until_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE publications ADD COLUMN closes_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE publications ADD COLUMN closed INTEGER NOT NULL DEFAULT 0;",

    /* What watchers asked for beside the state, and who could not be told it. */
    "ALTER TABLE subscriptions ADD COLUMN instance TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE subscriptions ADD COLUMN filter BLOB NOT NULL DEFAULT x'';"
    "ALTER TABLE subscriptions ADD COLUMN min_interval_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE subscriptions ADD COLUMN max_interval_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE subscriptions ADD COLUMN adaptive_interval_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE subscriptions ADD COLUMN held_since_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE subscriptions ADD COLUMN begun_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE publications ADD COLUMN publisher INTEGER NOT NULL DEFAULT 0;",

    /* Messages and who has them. What may be long is last: a row's cells are found one after the
     * other, so whatever asks only for the others never reads it. */
    "CREATE TABLE messages (partition INTEGER NOT NULL, aor TEXT NOT NULL, "
    "serial INTEGER NOT NULL, kind INTEGER NOT NULL, peer TEXT NOT NULL, "
    "foreign_sender INTEGER NOT NULL, trusted INTEGER NOT NULL, " ORIGIN
    "from_tag TEXT NOT NULL, status INTEGER NOT NULL, made_ms INTEGER NOT NULL, "
    "expires_ms INTEGER NOT NULL, keep_until_ms INTEGER NOT NULL, content_type TEXT NOT NULL, "
    "head BLOB NOT NULL, body BLOB NOT NULL, PRIMARY KEY (partition, aor, serial)) "
    "STRICT, WITHOUT ROWID;"
    "CREATE INDEX messages_made ON messages (partition, made_ms);"
    "CREATE TABLE deliveries (partition INTEGER NOT NULL, aor TEXT NOT NULL, "
    "serial INTEGER NOT NULL, whom INTEGER NOT NULL, device TEXT NOT NULL, "
    "state INTEGER NOT NULL, status INTEGER NOT NULL, tries INTEGER NOT NULL, "
    "changed_ms INTEGER NOT NULL, PRIMARY KEY (partition, aor, serial, whom, device)) "
    "STRICT, WITHOUT ROWID;"
    "CREATE INDEX deliveries_owed ON deliveries (partition) WHERE state = 0;"
    "CREATE TABLE devices (partition INTEGER NOT NULL, aor TEXT NOT NULL, "
    "instance TEXT NOT NULL, since_ms INTEGER NOT NULL, seen_ms INTEGER NOT NULL, "
    "PRIMARY KEY (partition, aor, instance)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE preferences (partition INTEGER NOT NULL, aor TEXT NOT NULL, "
    "name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (partition, aor, name)) "
    "STRICT, WITHOUT ROWID;"
    "ALTER TABLE rosters ADD COLUMN groups TEXT NOT NULL DEFAULT '';",

    /* Calls that were answered, for the lamps of those who have them. */
    "CREATE TABLE lines (partition INTEGER NOT NULL, aor TEXT NOT NULL, call_id TEXT NOT NULL, "
    "local_tag TEXT NOT NULL, remote_tag TEXT NOT NULL, initiator INTEGER NOT NULL, "
    "local_uri TEXT NOT NULL, local_name TEXT NOT NULL, remote_uri TEXT NOT NULL, "
    "remote_name TEXT NOT NULL, silence_s INTEGER NOT NULL, since_ms INTEGER NOT NULL, "
    "expires_ms INTEGER NOT NULL, "
    "PRIMARY KEY (partition, aor, call_id, local_tag, remote_tag)) STRICT, WITHOUT ROWID;",

    /* Messages and deliveries as a log. With a rowid, also a long row is one cell of its page. */
    "CREATE TABLE messages_2 (partition INTEGER NOT NULL, aor TEXT NOT NULL, "
    "serial INTEGER NOT NULL, kind INTEGER NOT NULL, peer TEXT NOT NULL, "
    "foreign_sender INTEGER NOT NULL, trusted INTEGER NOT NULL, " ORIGIN
    "from_tag TEXT NOT NULL, status INTEGER NOT NULL, made_ms INTEGER NOT NULL, "
    "expires_ms INTEGER NOT NULL, keep_until_ms INTEGER NOT NULL, content_type TEXT NOT NULL, "
    "head BLOB NOT NULL, body BLOB NOT NULL) STRICT;"
    "INSERT INTO messages_2 SELECT * FROM messages ORDER BY serial;"
    "DROP TABLE messages;"
    "ALTER TABLE messages_2 RENAME TO messages;"
    "CREATE UNIQUE INDEX messages_key ON messages (serial, partition, aor);"
    "CREATE INDEX messages_made ON messages (partition, made_ms, keep_until_ms, aor);"
    "CREATE TABLE deliveries_2 (partition INTEGER NOT NULL, aor TEXT NOT NULL, "
    "serial INTEGER NOT NULL, whom INTEGER NOT NULL, device TEXT NOT NULL, "
    "state INTEGER NOT NULL, status INTEGER NOT NULL, tries INTEGER NOT NULL, "
    "changed_ms INTEGER NOT NULL, PRIMARY KEY (serial, partition, aor, whom, device)) "
    "STRICT, WITHOUT ROWID;"
    "INSERT INTO deliveries_2 SELECT * FROM deliveries ORDER BY serial;"
    "DROP TABLE deliveries;"
    "ALTER TABLE deliveries_2 RENAME TO deliveries;"
    "CREATE INDEX deliveries_owed ON deliveries (partition, aor) WHERE state = 0;",
    /* Who may call the HTTP API. */
    "CREATE TABLE tokens (id TEXT NOT NULL PRIMARY KEY, digest BLOB NOT NULL UNIQUE, "
    "name TEXT NOT NULL, scopes TEXT NOT NULL, made_ms INTEGER NOT NULL, "
    "expires_ms INTEGER NOT NULL, used_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;",

    /* People and rosters for who administers them. Shared groups belong to no partition: they are
     * few, and whoever serves reads them all. */
    "ALTER TABLE accounts ADD COLUMN name TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE accounts ADD COLUMN disabled INTEGER NOT NULL DEFAULT 0;"
    "CREATE INDEX accounts_aor ON accounts (aor);"
    "ALTER TABLE rosters ADD COLUMN notes TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE rosters ADD COLUMN position INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE roster_groups (partition INTEGER NOT NULL, aor TEXT NOT NULL, "
    "name TEXT NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (partition, aor, name)) "
    "STRICT, WITHOUT ROWID;"
    "CREATE TABLE shared_groups (name TEXT NOT NULL PRIMARY KEY, title TEXT NOT NULL, "
    "members TEXT NOT NULL, watchers TEXT NOT NULL) STRICT, WITHOUT ROWID;",

    /* Who was removed and added again is somebody else, even when nobody looked in between. */
    "ALTER TABLE accounts ADD COLUMN born INTEGER NOT NULL DEFAULT 0;",

    /* Other names of accounts. Those that were removed stay until the server's next start, as
     * accounts do; their changes are counted with those. */
    "CREATE TABLE aliases (alias TEXT NOT NULL PRIMARY KEY, partition INTEGER NOT NULL, "
    "aor TEXT NOT NULL, removed INTEGER NOT NULL, changed INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX aliases_of ON aliases (partition, aor);"
    "CREATE INDEX aliases_changed ON aliases (changed);",
    /* Whom events are posted to; of no partition, like tokens. */
    "CREATE TABLE webhooks (id TEXT NOT NULL PRIMARY KEY, url TEXT NOT NULL, types TEXT NOT NULL, "
    "user TEXT NOT NULL, secret TEXT NOT NULL, active INTEGER NOT NULL, "
    "made_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;",

    /* A webhook's secret is changed without a moment in which its receiver knows none. */
    "ALTER TABLE webhooks ADD COLUMN old_secret TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE webhooks ADD COLUMN secret_ms INTEGER NOT NULL DEFAULT 0;"
    "UPDATE webhooks SET secret_ms = made_ms;",

    /* Domains beside those of the configuration, their other names with a blank between them. */
    ("CREATE TABLE domains (name TEXT NOT NULL PRIMARY KEY, others TEXT NOT NULL) "
     "STRICT, WITHOUT ROWID;"
     "CREATE INDEX accounts_domain ON accounts (" DOMAIN_OF_AOR ") WHERE removed = 0;"),
};

enum { MIGRATIONS = sizeof(migrations) / sizeof(migrations[0]) };

/* A number that is asked for once; false: SQLite refused. */
static bool schema_ask(struct database *database, const char *sql, int64_t *number)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(database->handle, sql, -1, &statement, NULL) != SQLITE_OK)
        return false;
    bool found = sqlite3_step(statement) == SQLITE_ROW;
    if (found)
        *number = sqlite3_column_int64(statement, 0);
    return sqlite3_finalize(statement) == SQLITE_OK && found;
}

/* Reads how far the file is; false when it is not ours or newer than we are. */
static bool schema_check(struct database *database, int64_t *version, struct failure *failure)
{
    int64_t tables = 0, application = 0;
    if (!schema_ask(database, "PRAGMA user_version", version) ||
        !schema_ask(database, "PRAGMA application_id", &application) ||
        !schema_ask(database, "SELECT count(*) FROM sqlite_schema", &tables)) {
        database_explain(database, sqlite3_errcode(database->handle), failure);
        return false;
    }
    if (application != APPLICATION_ID && (tables > 0 || *version != 0)) {
        failure_set(failure, ERR_DB,
                    "%s belongs to another program: move it away or use another --data folder",
                    database->path);
        return false;
    }
    if (*version < 0 || *version > MIGRATIONS) {
        failure_set(failure, ERR_DB,
                    "%s was made by a newer herald (database version %lld, this one knows %d): "
                    "use that herald, or restore a backup from before its first start",
                    database->path, (long long)*version, (int)MIGRATIONS);
        return false;
    }
    return true;
}

/* The secret of a new database. Scenarios replay bit for bit, so theirs is always the same. */
static bool schema_secret(struct database *database, bool stepped)
{
    unsigned char secret[SECRET_BYTES];
    for (unsigned i = 0; i < SECRET_BYTES; i++)
        secret[i] = (unsigned char)i;
    if (!stepped && getrandom(secret, sizeof(secret), 0) != (ssize_t)sizeof(secret))
        return false;
    sqlite3_stmt *statement = NULL;
    const char *sql = "INSERT OR IGNORE INTO meta (key, value) VALUES ('secret', ?1)";
    if (sqlite3_prepare_v2(database->handle, sql, -1, &statement, NULL) != SQLITE_OK)
        return false;
    sqlite3_bind_blob(statement, 1, secret, sizeof(secret), SQLITE_STATIC);
    sqlite3_step(statement);
    return sqlite3_finalize(statement) == SQLITE_OK;
}

/* Runs what the file lacks, within a transaction. */
static int schema_run(struct database *database, int64_t version, bool stepped)
{
    int code = SQLITE_OK;
    for (int64_t i = version; i < MIGRATIONS && code == SQLITE_OK; i++)
        code = database_execute(database, migrations[i]);
    if (code == SQLITE_OK)
        code = database_execute(database, APPLICATION_SQL);
    if (code == SQLITE_OK && !schema_secret(database, stepped))
        code = SQLITE_ERROR;
    char sql[48];
    sqlite3_snprintf(sizeof(sql), sql, "PRAGMA user_version = %d", (int)MIGRATIONS);
    if (code == SQLITE_OK)
        code = database_execute(database, sql);
    return code == SQLITE_OK ? database_run(database, SQL_COMMIT) : code;
}

bool schema_look(struct database *database, struct failure *failure)
{
    int64_t version = 0;
    if (!schema_check(database, &version, failure))
        return false;
    if (version < MIGRATIONS)
        failure_set(failure, ERR_NOT_FOUND,
                    "%s is of an earlier herald (database version %lld, this one has %d): the next "
                    "start brings it there",
                    database->path, (long long)version, (int)MIGRATIONS);
    return version == MIGRATIONS;
}

bool schema_migrate(struct database *database, bool stepped, struct failure *failure)
{
    int64_t version = 0;
    if (!schema_check(database, &version, failure))
        return false;
    /* only now: somebody else's file stays as it is */
    int code = database_execute(database, "PRAGMA journal_mode = WAL");
    if (code == SQLITE_OK && version == MIGRATIONS)
        return true;
    if (code == SQLITE_OK)
        code = database_run(database, SQL_BEGIN_WRITE);
    /* another process may have been faster while we waited for the lock */
    if (code == SQLITE_OK && !schema_check(database, &version, failure)) {
        database_rollback(database);
        return false;
    }
    if (code == SQLITE_OK)
        code = schema_run(database, version, stepped);
    if (code != SQLITE_OK)
        database_explain(database, code, failure);
    database_rollback(database);
    return code == SQLITE_OK;
}
