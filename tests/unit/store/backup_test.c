/* backup_test.c: a copy has all that was durable, is whole, private, and one of a bounded number.
 */
#include "store/backup.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "fixture.h"

static char into[96];

static struct account_file *open_file(struct fixture *f)
{
    fixture_init(f);
    snprintf(into, sizeof(into), "%s/backups", f->folder);
    struct account_file *file = account_file_open(f->folder, &f->err, f->why, sizeof(f->why));
    if (file == NULL)
        ck_abort_msg("account_file_open: %s", f->why);
    return file;
}

static void add(struct account_file *file, const char *aor)
{
    const struct store_account account = {.aor = bytes_of(aor)};
    ck_assert_int_eq(account_add(file, &account), ERR_NONE);
}

static enum err make(struct fixture *f, unsigned keep, uint64_t now_ms, struct backup *made)
{
    const struct backup_order order = {
        .folder = f->folder, .into = into, .keep = keep, .now_ms = now_ms};
    return backup_make(&order, made, f->why, sizeof(f->why));
}

/* More pages than one step copies. */
static void fill(const struct fixture *f)
{
    fixture_sql(f, "CREATE TABLE filler (x); INSERT INTO filler VALUES (zeroblob(4000000))");
}

static bool ends_there(void)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/herald-new.db", into);
    return access(path, F_OK) == 0;
}

/* "name name", the newest first. */
static void note(void *context, const struct backup *backup)
{
    char *text = context;
    size_t used = strlen(text);
    snprintf(text + used, 512 - used, "%s%s", used > 0 ? " " : "", backup->name);
    ck_assert_uint_gt(backup->bytes, 4096);
}

static const char *listed(void)
{
    static char text[512];
    text[0] = '\0';
    ck_assert_int_eq(backup_list(into, note, text), ERR_NONE);
    return text;
}

static void clear(void)
{
    char path[512];
    DIR *folder = opendir(into);
    for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
        snprintf(path, sizeof(path), "%s/%s", into, entry->d_name);
        unlink(path);
    }
    if (folder != NULL)
        closedir(folder);
    rmdir(into);
}

static int count_accounts(const char *name)
{
    char path[256];
    sqlite3 *copy;
    sqlite3_stmt *statement;
    snprintf(path, sizeof(path), "%s/%s", into, name);
    ck_assert_int_eq(sqlite3_open_v2(path, &copy, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    ck_assert_int_eq(
        sqlite3_prepare_v2(copy, "SELECT count(*) FROM accounts", -1, &statement, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
    int count = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(copy);
    return count;
}

START_TEST(a_copy_is_whole_and_private)
{
    struct fixture f;
    struct backup made;
    struct stat is;
    char path[256];
    struct account_file *file = open_file(&f);
    add(file, "alice@example.org");
    ck_assert_str_eq(listed(), "");
    ck_assert_msg(make(&f, 3, 1700000000123, &made) == ERR_NONE, "%s", f.why);
    add(file, "bob@example.org"); /* is not in it */
    ck_assert_str_eq(made.name, "herald-20231114T221320.123Z.db");
    ck_assert_uint_eq(made.made_ms, 1700000000123);
    ck_assert_str_eq(listed(), made.name);
    ck_assert_int_eq(count_accounts(made.name), 1);
    snprintf(path, sizeof(path), "%s/%s", into, made.name);
    ck_assert_int_eq(stat(path, &is), 0);
    ck_assert_uint_eq(is.st_mode & 0777, 0600);
    ck_assert_uint_eq((uint64_t)is.st_size, made.bytes);
    ck_assert_int_eq(stat(into, &is), 0);
    ck_assert_uint_eq(is.st_mode & 0777, 0700);
    account_file_close(&file);
    clear();
    fixture_release(&f);
}
END_TEST

/* Somebody writes, and has not committed: the copy has what was before. */
START_TEST(it_waits_for_nobody)
{
    struct fixture f;
    struct backup made;
    struct account_file *file = open_file(&f);
    add(file, "alice@example.org");
    ck_assert_int_eq(account_begin(file), ERR_NONE);
    add(file, "bob@example.org");
    ck_assert_msg(make(&f, 3, 1700000000123, &made) == ERR_NONE, "%s", f.why);
    ck_assert_int_eq(account_commit(file), ERR_NONE);
    ck_assert_int_eq(count_accounts(made.name), 1);
    account_file_close(&file);
    clear();
    fixture_release(&f);
}
END_TEST

START_TEST(the_oldest_go)
{
    struct fixture f;
    struct backup made;
    struct account_file *file = open_file(&f);
    for (uint64_t i = 0; i < 4; i++)
        ck_assert_int_eq(make(&f, 2, 1700000000000 + i * 1000, &made), ERR_NONE);
    ck_assert_str_eq(listed(), "herald-20231114T221323.000Z.db herald-20231114T221322.000Z.db");
    ck_assert_int_eq(make(&f, 2, 1700000003000, &made), ERR_NONE); /* the same moment */
    ck_assert_str_eq(listed(), "herald-20231114T221323.001Z.db herald-20231114T221323.000Z.db");
    account_file_close(&file);
    clear();
    fixture_release(&f);
}
END_TEST

/* What somebody else put there is not touched; what a crash left is. */
START_TEST(only_backups_are_looked_at)
{
    static const char *const others[] = {"herald-20231114T221323.00xZ.db", "notes.txt",
                                         "herald-20231114T221323.000Z.db.gz"};
    struct fixture f;
    struct backup made;
    char path[256];
    struct account_file *file = open_file(&f);
    ck_assert_int_eq(make(&f, 1, 1700000000000, &made), ERR_NONE);
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof(path), "%s/%s", into, others[i]);
        close(open(path, O_WRONLY | O_CREAT, 0600));
    }
    snprintf(path, sizeof(path), "%s/herald-new.db", into);
    FILE *torn = fopen(path, "w");
    fputs("half a database", torn);
    fclose(torn);
    ck_assert_int_eq(make(&f, 1, 1700000001000, &made), ERR_NONE);
    ck_assert_str_eq(listed(), made.name);
    ck_assert_int_ne(access(path, F_OK), 0);
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof(path), "%s/%s", into, others[i]);
        ck_assert_int_eq(access(path, F_OK), 0);
    }
    account_file_close(&file);
    clear();
    fixture_release(&f);
}
END_TEST

struct step {
    struct account_file *file;
    const char *names[3];
    unsigned count, last; /* steps; the one that stops */
};

static bool look_on(void *context)
{
    struct step *step = context;
    if (step->names[step->count] != NULL)
        add(step->file, step->names[step->count]);
    step->count += step->count < 2;
    return step->last != 0 && step->count >= step->last;
}

/* Others commit between its steps, which neither come in nor make it begin anew. */
START_TEST(it_is_of_one_moment)
{
    struct fixture f;
    struct backup made;
    struct step step = {.file = open_file(&f), .names = {"bob@example.org", "carol@example.org"}};
    const struct backup_order order = {.folder = f.folder,
                                       .into = into,
                                       .keep = 3,
                                       .now_ms = 1700000000123,
                                       .stopped = look_on,
                                       .context = &step};
    fill(&f);
    add(step.file, "alice@example.org");
    ck_assert_msg(backup_make(&order, &made, f.why, sizeof(f.why)) == ERR_NONE, "%s", f.why);
    ck_assert_uint_eq(step.count, 2);
    ck_assert_int_eq(count_accounts(made.name), 1);
    account_file_close(&step.file);
    clear();
    fixture_release(&f);
}
END_TEST

START_TEST(one_that_is_stopped_leaves_nothing)
{
    struct fixture f;
    struct backup made;
    struct step step = {.file = open_file(&f), .last = 1};
    const struct backup_order order = {
        .folder = f.folder, .into = into, .keep = 3, .stopped = look_on, .context = &step};
    fill(&f);
    ck_assert_int_eq(backup_make(&order, &made, f.why, sizeof(f.why)), ERR_CLOSED);
    ck_assert_ptr_nonnull(strstr(f.why, "the server ends"));
    ck_assert_str_eq(listed(), "");
    ck_assert(!ends_there());
    account_file_close(&step.file);
    clear();
    fixture_release(&f);
}
END_TEST

static bool die(void *context)
{
    (void)context;
    kill(getpid(), SIGKILL);
    return false;
}

/* Half a copy has no name; the next one clears it away. */
START_TEST(one_that_is_killed_has_no_name)
{
    struct fixture f;
    struct backup made;
    int status = 0;
    struct account_file *file = open_file(&f);
    const struct backup_order order = {.folder = f.folder, .into = into, .keep = 3, .stopped = die};
    fill(&f);
    pid_t child = fork();
    if (child == 0) {
        _exit(backup_make(&order, &made, NULL, 0) == ERR_NONE ? 1 : 2);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    ck_assert(ends_there());
    ck_assert_str_eq(listed(), "");
    ck_assert_msg(make(&f, 3, 1700000000000, &made) == ERR_NONE, "%s", f.why);
    ck_assert_str_eq(listed(), made.name);
    ck_assert(!ends_there());
    account_file_close(&file);
    clear();
    fixture_release(&f);
}
END_TEST

/* No file of this process may be longer than a step, as if the disk were full. */
START_TEST(a_full_disk_leaves_nothing)
{
    struct fixture f;
    struct backup made;
    struct rlimit before, small;
    struct account_file *file = open_file(&f);
    fill(&f);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 1 << 20;
    ck_assert_ptr_ne(signal(SIGXFSZ, SIG_IGN), SIG_ERR);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    enum err err = make(&f, 3, 1700000000000, &made);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
    ck_assert_int_ne(err, ERR_NONE);
    ck_assert_ptr_nonnull(strstr(f.why, "disk"));
    ck_assert_str_eq(listed(), "");
    ck_assert(!ends_there());
    account_file_close(&file);
    clear();
    fixture_release(&f);
}
END_TEST

START_TEST(failures_leave_nothing_and_say_why)
{
    struct fixture f;
    struct backup made;
    struct account_file *file = open_file(&f);
    ck_assert_int_eq(mkdir(into, 0700), 0);
    int held = open(into, O_RDONLY | O_DIRECTORY);
    ck_assert_int_eq(flock(held, LOCK_EX), 0);
    ck_assert_int_eq(make(&f, 3, 1, &made), ERR_BUSY);
    ck_assert_ptr_nonnull(strstr(f.why, "being made"));
    close(held);
    rmdir(into);
    close(open(into, O_WRONLY | O_CREAT, 0600));
    ck_assert_int_eq(make(&f, 3, 1, &made), ERR_DENIED);
    ck_assert_ptr_nonnull(strstr(f.why, "backup.folder"));
    ck_assert_int_eq(backup_list(into, note, NULL), ERR_IO);
    unlink(into);
    snprintf(into, sizeof(into), "%s/not/there", f.folder);
    ck_assert_int_eq(make(&f, 3, 1, &made), ERR_DENIED);
    account_file_close(&file);
    fixture_release(&f);
}
END_TEST

UNIT_MAIN("backup", a_copy_is_whole_and_private, it_waits_for_nobody, the_oldest_go,
          only_backups_are_looked_at, it_is_of_one_moment, one_that_is_stopped_leaves_nothing,
          one_that_is_killed_has_no_name, a_full_disk_leaves_nothing,
          failures_leave_nothing_and_say_why)
