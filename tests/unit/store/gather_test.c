/* gather_test.c: what is committed through a gathered log is there for everybody, at once and after
 * the end of the process; what cannot be written is not committed. */
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "fixture.h"
#include "store/database_internal.h"

enum { SMALL = 300, HUGE_BYTES = 1 << 20, LIMIT_BYTES = 400 * 1024 };

static struct database open_as(const struct fixture *f, enum database_use use)
{
    struct database database;
    struct failure failure;
    ck_assert(database_open(&database, f->folder, use, &failure));
    return database;
}

static int run(struct database *database, const char *sql)
{
    return database_execute(database, sql);
}

/* One transaction of `rows` rows with `bytes` each. */
static int put(struct database *database, unsigned rows, unsigned bytes)
{
    char sql[256];
    snprintf(sql, sizeof(sql),
             "BEGIN IMMEDIATE; WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
             " WHERE i < %u) INSERT INTO probe SELECT zeroblob(%u) FROM n; COMMIT",
             rows, bytes);
    return run(database, sql);
}

static int count(struct database *database)
{
    sqlite3_stmt *statement;
    ck_assert_int_eq(
        sqlite3_prepare_v2(database->handle, "SELECT count(*) FROM probe", -1, &statement, NULL),
        SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
    int rows = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return rows;
}

static bool is_sound(struct database *database)
{
    sqlite3_stmt *statement;
    ck_assert_int_eq(
        sqlite3_prepare_v2(database->handle, "PRAGMA integrity_check", -1, &statement, NULL),
        SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
    bool ok = strcmp((const char *)sqlite3_column_text(statement, 0), "ok") == 0;
    sqlite3_finalize(statement);
    return ok;
}

START_TEST(what_is_committed_is_there_for_others)
{
    struct fixture f;
    fixture_init(&f);
    struct database writer = open_as(&f, DATABASE_WRITE);
    ck_assert_int_eq(run(&writer, "CREATE TABLE probe(b BLOB)"), SQLITE_OK);
    struct database reader = open_as(&f, DATABASE_READ);
    int rows = 0;
    for (unsigned i = 1; i < 40; i++) {
        ck_assert_int_eq(put(&writer, i, i % 4 == 0 ? HUGE_BYTES / 8 : SMALL), SQLITE_OK);
        rows += (int)i;
        ck_assert_int_eq(count(&reader), rows);
    }
    /* spilled before its commit: more than the cache, read again by the writer itself */
    ck_assert_int_eq(run(&writer, "PRAGMA cache_size = 10"), SQLITE_OK);
    ck_assert_int_eq(put(&writer, 8, HUGE_BYTES), SQLITE_OK);
    ck_assert_int_eq(count(&writer), rows + 8);
    ck_assert_int_eq(count(&reader), rows + 8);
    ck_assert(is_sound(&reader));
    database_close(&reader);
    database_close(&writer);
    fixture_release(&f);
}
END_TEST

START_TEST(what_is_committed_outlives_the_process)
{
    struct fixture f;
    int status;
    fixture_init(&f);
    pid_t child = fork();
    if (child == 0) {
        struct database writer = open_as(&f, DATABASE_WRITE);
        bool done = run(&writer, "CREATE TABLE probe(b BLOB)") == SQLITE_OK &&
                    put(&writer, 50, SMALL) == SQLITE_OK && put(&writer, 50, SMALL) == SQLITE_OK &&
                    run(&writer, "BEGIN IMMEDIATE; INSERT INTO probe VALUES (1)") == SQLITE_OK;
        if (done)
            kill(getpid(), SIGKILL);
        _exit(1);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status));
    struct database reader = open_as(&f, DATABASE_READ);
    ck_assert_int_eq(count(&reader), 100);
    ck_assert(is_sound(&reader));
    database_close(&reader);
    fixture_release(&f);
}
END_TEST

/* A late failure is the commit's. */
START_TEST(what_cannot_be_written_is_not_committed)
{
    struct fixture f;
    struct rlimit before, small;
    fixture_init(&f);
    struct database writer = open_as(&f, DATABASE_WRITE);
    ck_assert_int_eq(run(&writer, "CREATE TABLE probe(b BLOB)"), SQLITE_OK);
    ck_assert_int_eq(put(&writer, 1, SMALL), SQLITE_OK);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = LIMIT_BYTES;
    (void)signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    ck_assert_int_ne(put(&writer, 1, HUGE_BYTES), SQLITE_OK);
    database_rollback(&writer);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
    ck_assert_int_eq(count(&writer), 1);
    ck_assert_int_eq(put(&writer, 1, HUGE_BYTES), SQLITE_OK);
    struct database reader = open_as(&f, DATABASE_READ);
    ck_assert_int_eq(count(&reader), 2);
    ck_assert(is_sound(&reader));
    database_close(&reader);
    database_close(&writer);
    fixture_release(&f);
}
END_TEST

/* Many pages, few writes: else all this were for nothing. */
START_TEST(writes_are_gathered)
{
    struct fixture f;
    char line[128];
    unsigned long long before = 0, after = 0;
    fixture_init(&f);
    struct database writer = open_as(&f, DATABASE_WRITE);
    ck_assert_int_eq(run(&writer, "CREATE TABLE probe(b BLOB)"), SQLITE_OK);
    for (int round = 0; round < 2; round++) {
        FILE *io = fopen("/proc/self/io", "r");
        ck_assert_ptr_nonnull(io);
        while (fgets(line, sizeof(line), io) != NULL)
            (void)sscanf(line, "syscw: %llu", round == 0 ? &before : &after);
        (void)fclose(io);
        if (round == 0)
            ck_assert_int_eq(put(&writer, 1, HUGE_BYTES), SQLITE_OK);
    }
    ck_assert_uint_lt(after - before, HUGE_BYTES / 4096 / 4); /* two a page without */
    database_close(&writer);
    fixture_release(&f);
}
END_TEST

UNIT_MAIN("store/gather", what_is_committed_is_there_for_others,
          what_is_committed_outlives_the_process, what_cannot_be_written_is_not_committed,
          writes_are_gathered)
