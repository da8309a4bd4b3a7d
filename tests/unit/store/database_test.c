/* Opening: what is made, what is refused, and what the operator is told. */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "fixture.h"

static const struct store_settings threaded = {0};

static void expect_refused(struct fixture *f, enum err err, const char *part)
{
    ck_assert(!fixture_try(f, threaded));
    ck_assert_int_eq(f->err, err);
    ck_assert_msg(strstr(f->why, part) != NULL, "'%s' does not say '%s'", f->why, part);
    ck_assert_msg(strstr(f->why, f->folder) != NULL, "'%s' does not name the folder", f->why);
}

/* Makes herald.db with these bytes. */
static void make_file(const struct fixture *f, const void *at, size_t length)
{
    char path[128];
    int file = open(fixture_path(f, "herald.db", path), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(write(file, at, length), (ssize_t)length);
    close(file);
}

START_TEST(an_empty_file_becomes_a_database)
{
    struct fixture f;
    fixture_init(&f);
    make_file(&f, "", 0);
    fixture_open(&f, threaded);
    ck_assert_uint_eq(store_epoch(f.store), 1);
    ck_assert_uint_eq(fixture_bindings(f.store, 0), 0);
    fixture_release(&f);
}
END_TEST

START_TEST(files_are_for_the_owner_only)
{
    static const char *const names[] = {"herald.db", "herald.db-wal", "herald.db-shm",
                                        "herald.lock"};
    struct fixture f;
    struct stat status;
    char path[128];
    mode_t before = umask(0);
    fixture_init(&f);
    fixture_open(&f, threaded);
    umask(before);
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        ck_assert_int_eq(stat(fixture_path(&f, names[i], path), &status), 0);
        ck_assert_int_eq(status.st_mode & 0777, 0600);
    }
    fixture_release(&f);
}
END_TEST

START_TEST(closing_leaves_the_database_alone_in_its_file)
{
    struct fixture f;
    char path[128];
    fixture_init(&f);
    fixture_open(&f, threaded);
    fixture_put(f.store, 1, BYTES("sip:a"), 1);
    store_close(&f.store);
    ck_assert_int_eq(access(fixture_path(&f, "herald.db", path), F_OK), 0);
    ck_assert_int_ne(access(fixture_path(&f, "herald.db-wal", path), F_OK), 0);
    fixture_release(&f);
}
END_TEST

START_TEST(a_folder_has_one_herald)
{
    struct fixture f, second;
    char process[32];
    fixture_init(&f);
    fixture_open(&f, threaded);
    second = f;
    snprintf(process, sizeof(process), "process %ld", (long)getpid());
    expect_refused(&second, ERR_BUSY, process);
    ck_assert_ptr_nonnull(strstr(second.why, "--data"));
    store_close(&f.store);
    fixture_open(&f, threaded);
    ck_assert_uint_eq(store_epoch(f.store), 2); /* the refused one counted no life */
    fixture_release(&f);
}
END_TEST

START_TEST(a_folder_must_be_there)
{
    struct fixture f;
    fixture_init(&f);
    rmdir(f.folder);
    expect_refused(&f, ERR_NOT_FOUND, "does not exist: make it");
    fixture_release(&f);
}
END_TEST

START_TEST(a_missing_right_is_named)
{
    struct fixture f;
    int status = 0;
    fixture_init(&f);
    ck_assert_int_eq(chmod(f.folder, 0555), 0);
    fflush(stdout);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        /* for root every right is there: be nobody */
        if (geteuid() == 0 && seteuid(65534) != 0)
            _exit(2);
        bool refused = !fixture_try(&f, threaded) && f.err == ERR_DENIED &&
                       strstr(f.why, "Permission denied") != NULL;
        _exit(refused ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 0);
    fixture_release(&f);
}
END_TEST

START_TEST(a_file_that_is_no_database_is_left_alone)
{
    struct fixture f;
    char text[4096], path[128], after[8];
    fixture_init(&f);
    memset(text, 'x', sizeof(text));
    make_file(&f, text, sizeof(text));
    expect_refused(&f, ERR_DB, "damaged or no herald database");
    int file = open(fixture_path(&f, "herald.db", path), O_RDONLY);
    ck_assert_int_eq(read(file, after, sizeof(after)), sizeof(after));
    ck_assert_mem_eq(after, text, sizeof(after));
    close(file);
    fixture_release(&f);
}
END_TEST

START_TEST(a_damaged_database_is_refused)
{
    struct fixture f;
    char path[128], damage[4096 - 100];
    fixture_init(&f);
    fixture_open(&f, threaded);
    store_close(&f.store);
    memset(damage, 0x5a, sizeof(damage));
    int file = open(fixture_path(&f, "herald.db", path), O_WRONLY);
    /* the first page, behind its header: the schema */
    ck_assert_int_eq(pwrite(file, damage, sizeof(damage), 100), sizeof(damage));
    close(file);
    expect_refused(&f, ERR_DB, "restore a backup");
    fixture_release(&f);
}
END_TEST

START_TEST(another_programs_database_is_left_alone)
{
    struct fixture f;
    fixture_init(&f);
    make_file(&f, "", 0);
    fixture_sql(&f, "CREATE TABLE recipes (name)");
    expect_refused(&f, ERR_DB, "belongs to another program");
    fixture_sql(&f, "INSERT INTO recipes VALUES ('soup')");
    fixture_release(&f);
}
END_TEST

/* Of the file, as text. */
static void user_version(const struct fixture *f, char text[64])
{
    char path[128];
    sqlite3 *database = NULL;
    sqlite3_stmt *statement = NULL;
    ck_assert_int_eq(sqlite3_open(fixture_path(f, "herald.db", path), &database), SQLITE_OK);
    ck_assert_int_eq(sqlite3_prepare_v2(database, "PRAGMA user_version", -1, &statement, NULL),
                     SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
    snprintf(text, 64, "PRAGMA user_version = %d", sqlite3_column_int(statement, 0));
    sqlite3_finalize(statement);
    sqlite3_close(database);
}

START_TEST(a_newer_version_is_left_alone)
{
    struct fixture f;
    fixture_init(&f);
    fixture_open(&f, threaded);
    char ours[64];
    store_close(&f.store);
    user_version(&f, ours);
    fixture_sql(&f, "PRAGMA user_version = 4711");
    expect_refused(&f, ERR_DB, "newer herald (database version 4711");
    fixture_sql(&f, ours);
    fixture_open(&f, threaded);
    ck_assert_uint_eq(store_epoch(f.store), 2);
    fixture_release(&f);
}
END_TEST

START_TEST(account_files_are_checked_alike)
{
    struct fixture f;
    fixture_init(&f);
    make_file(&f,
              "no database, but longer than a header of one hundred bytes............"
              "..............................................................",
              120);
    ck_assert_ptr_null(account_file_open(f.folder, &f.err, f.why, sizeof(f.why)));
    ck_assert_int_eq(f.err, ERR_DB);
    ck_assert_ptr_nonnull(strstr(f.why, "herald.db"));
    fixture_release(&f);
}
END_TEST

static void expect_nothing_to_see(struct fixture *f, const char *why)
{
    ck_assert_ptr_null(account_file_look(f->folder, &f->err, f->why, sizeof(f->why)));
    ck_assert_int_eq(f->err, ERR_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(f->why, why));
}

START_TEST(who_looks_makes_and_migrates_nothing)
{
    struct fixture f;
    char ours[64];
    fixture_init(&f);
    expect_nothing_to_see(&f, "is not there yet");
    fixture_open(&f, threaded);
    store_close(&f.store);
    struct account_file *file = account_file_look(f.folder, &f.err, f.why, sizeof(f.why));
    ck_assert_ptr_nonnull(file);
    const struct store_account account = {.aor = BYTES("alice@example.org")};
    ck_assert_int_ne(account_add(file, &account), ERR_NONE);
    account_file_close(&file);
    user_version(&f, ours);
    fixture_sql(&f, "PRAGMA user_version = 3");
    expect_nothing_to_see(&f, "of an earlier herald (database version 3");
    fixture_sql(&f, ours);
    fixture_release(&f);
}
END_TEST

UNIT_MAIN("store/database", an_empty_file_becomes_a_database, files_are_for_the_owner_only,
          closing_leaves_the_database_alone_in_its_file, a_folder_has_one_herald,
          a_folder_must_be_there, a_missing_right_is_named,
          a_file_that_is_no_database_is_left_alone, a_damaged_database_is_refused,
          another_programs_database_is_left_alone, a_newer_version_is_left_alone,
          account_files_are_checked_alike, who_looks_makes_and_migrates_nothing)
