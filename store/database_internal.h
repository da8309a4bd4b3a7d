/* database_internal.h: one connection to herald.db with its prepared statements, and the folder it
 * lies in.
 *
 * A connection belongs to one thread at a time. Nothing here logs: failures are described in a
 * struct failure for whoever handles them. */
#ifndef STORE_DATABASE_INTERNAL_H
#define STORE_DATABASE_INTERNAL_H

#include <sqlite3.h>

#include "base/bytes.h"
#include "base/err.h"
#include "store/rows.h"
#include "store/statements_internal.h"

/* What went wrong, for the operator: what, and the way out. */
struct failure {
    enum err err;
    char why[640];
};

void failure_set(struct failure *failure, enum err err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Copies a failure to the parameters of a public function; any of them may be NULL or 0. */
void failure_report(const struct failure *failure, enum err *err, char *why, size_t why_size);

struct gather;

struct database {
    sqlite3 *handle;
    struct gather *gather; /* the writer's; else NULL */
    char *path;            /* of the file; owned */
    sqlite3_stmt *statements[STATEMENT_COUNT];
};

/* How a connection is going to be used: */
enum database_use {
    DATABASE_WRITE,      /* the writer, durable before COMMIT returns */
    DATABASE_WRITE_FAST, /* the writer of scenarios: survives the process, not the machine */
    DATABASE_READ,
    DATABASE_CHECKPOINT,
    DATABASE_ACCOUNTS, /* the command line, beside a server */
    DATABASE_LOOK,     /* reads alone, a file that perhaps nobody has brought to this version */
};

/* Opens herald.db in the folder, making it (mode 0600) when a writing use finds none. Writing uses
 * also bring it to this version (see schema.c). False: *failure says why, and nothing is open. */
bool database_open(struct database *database, const char *folder, enum database_use use,
                   struct failure *failure);
void database_close(struct database *database);

/* The types of a statement's parameters after the first, a letter each: i integer, t text, b blob.
 */
const char *statement_cells(enum statement which);

/* The statement, prepared at its first use; NULL when SQLite refuses it (sqlite3_errmsg). */
sqlite3_stmt *database_statement(struct database *database, enum statement which);

/* Runs a statement that has no parameters, or bound ones, to its end; returns SQLite's code. */
int database_run(struct database *database, enum statement which);

/* Ends a transaction that failed, if SQLite has not done so itself. */
void database_rollback(struct database *database);

/* Runs SQL text that is run once. */
int database_execute(struct database *database, const char *sql);

/* The first column of the first row of a statement with no parameters, or bound ones: false when
 * there is none or SQLite refuses. */
bool database_number(struct database *database, enum statement which, int64_t *number);

/* What PRAGMA data_version says: differs when another connection has committed something. */
int64_t database_version(struct database *database);

/* Describes the last error of the connection (or of its opening). */
void database_explain(const struct database *database, int code, struct failure *failure);

/* The error class of a SQLite code. */
enum err database_err(int code);

/* Binds a text as it lies (SQLITE_STATIC): it must live until the next reset. */
int bind_text(sqlite3_stmt *statement, int parameter, struct bytes text);

/* Reads the columns of a result row one after the other; slices live until the next step. */
struct row {
    sqlite3_stmt *statement;
    int column;
};
struct bytes row_bytes(struct row *row);
int64_t row_number(struct row *row);
/* An account, in the order of its columns; the cursor stands at `changed` then. */
struct store_account account_row(struct row *row);
/* Likewise an alias. */
struct store_alias alias_row(struct row *row);
struct store_buddy buddy_row(struct row *row);
/* A message without head and body; the row stands at them then. */
struct store_message message_row(struct row *row);
struct store_delivery delivery_row(struct row *row);
struct store_group group_row(struct row *row);
struct store_shared shared_row(struct row *row);
struct store_rules rules_row(struct row *row);
struct store_preference preference_row(struct row *row);

/* rosters.c: notes that the owner's rows (empty: the shared groups) are others now; SQLite's code.
 */
int owner_changed(struct database *database, struct bytes aor);
/* shared.c: takes a user out of all shared groups; SQLite's code. */
int shared_leave(struct database *database, struct bytes aor);
/* rosters.c: erases what an account has beside its bindings, publications and subscriptions, within
 * its transaction; SQLite's code. */
int account_erase(struct database *database, struct bytes aor);
/* aliases.c: whose alias a name is, to be freed; NULL: nobody's. */
enum err alias_find(struct database *database, struct bytes name, char **aor);
/* accounts.c: true when the account exists. */
enum err account_exists(struct database *database, struct bytes aor, bool *exists);

/* schema.c: checks that the file is ours and not of a later version, and runs the migrations that
 * it lacks. */
bool schema_migrate(struct database *database, bool stepped, struct failure *failure);
/* The same without the migrations: ERR_NOT_FOUND when it lacks some. */
bool schema_look(struct database *database, struct failure *failure);

/* gather.c: the system's files, but the log's writes gathered into few. For connections with
 * synchronous FULL; to be freed (free()) after the connection that gather_connect opens, which
 * otherwise is as sqlite3_open_v2. */
struct gather *gather_new(void);
int gather_connect(struct gather *gather, const char *path, int flags, sqlite3 **handle);

/* folder.c: takes herald.lock in the folder for this process; the descriptor to close, or -1. */
int folder_lock(const char *folder, struct failure *failure);
/* Makes sure that the folder is one, and that an (empty) file with mode 0600 exists at `path`. */
bool folder_prepare(const char *folder, const char *path, struct failure *failure);
/* "folder/name"; free() it. */
char *folder_path(const char *folder, const char *name);

#endif
