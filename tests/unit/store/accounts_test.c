/* Accounts: the command line's side, and a running store that notices. */
#include <sys/wait.h>

#include "fixture.h"
#include "store/webhooks.h"

static const struct store_settings stepped = {.stepped = true};

static struct store_account account(const char *aor, const char *md5)
{
    return (struct store_account){
        .aor = bytes_of(aor),
        .ha1 = {bytes_of(md5), BYTES("sha256"), BYTES("sha512-256")},
    };
}

static struct account_file *open_file(struct fixture *f)
{
    struct account_file *file = account_file_open(f->folder, &f->err, f->why, sizeof(f->why));
    if (file == NULL)
        ck_abort_msg("account_file_open: %s", f->why);
    return file;
}

/* "aor=md5,sha256,sha512-256[-];" of each account that is visited. */
static void note(void *context, const struct store_account *seen)
{
    char *text = context;
    size_t used = strlen(text);
    snprintf(text + used, 512 - used, "%.*s=%.*s,%.*s,%.*s%s;", BYTES_ARGS(seen->aor),
             BYTES_ARGS(seen->ha1[0]), BYTES_ARGS(seen->ha1[1]), BYTES_ARGS(seen->ha1[2]),
             seen->removed ? "-" : "");
}

static void expect_list(struct account_file *file, const char *expected)
{
    char text[512] = "";
    ck_assert_int_eq(account_list(file, note, text), ERR_NONE);
    ck_assert_str_eq(text, expected);
}

static void expect_news(struct store *store, const char *expected)
{
    char text[512] = "";
    ck_assert_int_eq(store_load_accounts(store, note, text), ERR_NONE);
    ck_assert_str_eq(text, expected);
}

START_TEST(accounts_are_added_changed_removed_and_listed_by_name)
{
    struct fixture f;
    fixture_init(&f);
    struct account_file *file = open_file(&f);
    struct store_account bob = account("bob@example.org", "b1");
    struct store_account alice = account("alice@example.org", "a1");
    struct store_account later = account("bob@example.org", "b2");
    expect_list(file, "");
    ck_assert_int_eq(account_add(file, &bob), ERR_NONE);
    ck_assert_int_eq(account_add(file, &alice), ERR_NONE);
    ck_assert_int_eq(account_add(file, &later), ERR_CONFLICT);
    expect_list(file, "alice@example.org=a1,sha256,sha512-256;"
                      "bob@example.org=b1,sha256,sha512-256;");
    ck_assert_int_eq(account_change(file, &later), ERR_NONE);
    ck_assert_int_eq(account_delete(file, alice.aor), ERR_NONE);
    ck_assert_int_eq(account_delete(file, alice.aor), ERR_NOT_FOUND);
    ck_assert_int_eq(account_change(file, &alice), ERR_NOT_FOUND);
    expect_list(file, "bob@example.org=b2,sha256,sha512-256;");
    ck_assert_int_eq(account_add(file, &alice), ERR_NONE);
    account_file_close(&file);
    ck_assert_ptr_null(file);
    file = open_file(&f);
    expect_list(file, "alice@example.org=a1,sha256,sha512-256;"
                      "bob@example.org=b2,sha256,sha512-256;");
    account_file_close(&file);
    fixture_release(&f);
}
END_TEST

static void count_webhook(void *context, const struct store_webhook *seen)
{
    unsigned *bobs = context;
    ck_assert(bytes_equal(seen->user, BYTES("bob@example.org")) || bytes_empty(seen->user));
    ++*bobs;
}

/* Whoever asked whether there is such a user may have been told so a moment too early. */
START_TEST(a_webhook_of_nobody_is_not_kept)
{
    struct fixture f;
    unsigned kept = 0;
    fixture_init(&f);
    struct account_file *file = open_file(&f);
    struct store_account alice = account("alice@example.org", "a1");
    const struct store_webhook hook = {
        .id = BYTES("w-alice"), .url = BYTES("https://example.com/"), .user = alice.aor};
    ck_assert_int_eq(webhook_put(file, &hook, 9), ERR_NOT_FOUND);
    ck_assert_int_eq(account_add(file, &alice), ERR_NONE);
    ck_assert_int_eq(account_delete(file, alice.aor), ERR_NONE);
    ck_assert_int_eq(webhook_put(file, &hook, 9), ERR_NOT_FOUND);
    ck_assert_int_eq(webhook_list(file, count_webhook, &kept), ERR_NONE);
    ck_assert_uint_eq(kept, 0);
    account_file_close(&file);
    fixture_release(&f);
}
END_TEST

/* A new account of the same name does not inherit where the news of the erased one went. */
START_TEST(webhooks_of_a_user_are_erased_with_the_account)
{
    struct fixture f;
    unsigned left = 0;
    fixture_init(&f);
    struct account_file *file = open_file(&f);
    struct store_account alice = account("alice@example.org", "a1");
    struct store_account bob = account("bob@example.org", "b1");
    struct store_webhook hook = {.url = BYTES("https://example.com/")};
    ck_assert_int_eq(account_add(file, &alice), ERR_NONE);
    ck_assert_int_eq(account_add(file, &bob), ERR_NONE);
    hook.id = BYTES("w-all");
    ck_assert_int_eq(webhook_put(file, &hook, 9), ERR_NONE);
    hook.id = BYTES("w-alice");
    hook.user = alice.aor;
    ck_assert_int_eq(webhook_put(file, &hook, 9), ERR_NONE);
    hook.id = BYTES("w-bob");
    hook.user = bob.aor;
    ck_assert_int_eq(webhook_put(file, &hook, 9), ERR_NONE);
    ck_assert_int_eq(account_delete(file, alice.aor), ERR_NONE);
    ck_assert_int_eq(account_add(file, &alice), ERR_NONE);
    ck_assert_int_eq(webhook_list(file, count_webhook, &left), ERR_NONE);
    ck_assert_uint_eq(left, 2);
    account_file_close(&file);
    fixture_release(&f);
}
END_TEST

START_TEST(a_running_store_hears_of_each_change_once)
{
    struct fixture f;
    fixture_init(&f);
    struct account_file *file = open_file(&f);
    struct store_account bob = account("bob@example.org", "b1");
    struct store_account alice = account("alice@example.org", "a1");
    ck_assert_int_eq(account_add(file, &bob), ERR_NONE);
    fixture_open(&f, stepped);
    expect_news(f.store, "bob@example.org=b1,sha256,sha512-256;");
    expect_news(f.store, "");
    store_step(f.store, PARTITIONS, 1, STORE_DURABLE);
    ck_assert_uint_eq(f.account_news, 0);
    ck_assert_int_eq(account_add(file, &alice), ERR_NONE);
    ck_assert_int_eq(account_delete(file, bob.aor), ERR_NONE);
    store_step(f.store, PARTITIONS, 1, STORE_DURABLE);
    ck_assert_uint_eq(f.account_news, 1);
    expect_news(f.store, "alice@example.org=a1,sha256,sha512-256;bob@example.org=,,-;");
    store_step(f.store, PARTITIONS, 1, STORE_DURABLE);
    ck_assert_uint_eq(f.account_news, 1);
    /* news is not lost when it comes together with changes of our own */
    ck_assert_int_eq(account_change(file, &(struct store_account){.aor = alice.aor}), ERR_NONE);
    fixture_put(f.store, 1, BYTES("sip:a"), 1);
    store_step(f.store, PARTITIONS, 1, STORE_DURABLE);
    ck_assert_uint_eq(f.account_news, 2);
    expect_news(f.store, "alice@example.org=,,;");
    account_file_close(&file);
    fixture_release(&f);
}
END_TEST

START_TEST(our_own_commits_are_no_news_of_accounts)
{
    struct fixture f;
    fixture_init(&f);
    fixture_open(&f, stepped);
    for (uint32_t i = 0; i < 5; i++) {
        fixture_put(f.store, 1, BYTES("sip:a"), i);
        store_step(f.store, PARTITIONS, 1, STORE_DURABLE);
        ck_assert_uint_eq(fixture_bindings(f.store, 1), 1);
    }
    ck_assert_uint_eq(f.account_news, 0);
    fixture_release(&f);
}
END_TEST

START_TEST(the_next_life_forgets_removed_accounts_but_not_the_count)
{
    struct fixture f;
    fixture_init(&f);
    struct account_file *file = open_file(&f);
    struct store_account bob = account("bob@example.org", "b1");
    ck_assert_int_eq(account_add(file, &bob), ERR_NONE);
    ck_assert_int_eq(account_delete(file, bob.aor), ERR_NONE);
    fixture_open(&f, stepped);
    expect_news(f.store, "");
    ck_assert_int_eq(account_add(file, &bob), ERR_NONE);
    expect_news(f.store, "bob@example.org=b1,sha256,sha512-256;");
    account_file_close(&file);
    fixture_release(&f);
}
END_TEST

START_TEST(an_idle_writer_notices_by_itself)
{
    struct fixture f;
    fixture_init(&f);
    fixture_open(&f, (struct store_settings){0});
    struct account_file *file = open_file(&f);
    struct store_account bob = account("bob@example.org", "b1");
    ck_assert_int_eq(account_add(file, &bob), ERR_NONE);
    fixture_turn(&f);
    ck_assert_uint_eq(f.account_news, 1);
    expect_news(f.store, "bob@example.org=b1,sha256,sha512-256;");
    account_file_close(&file);
    fixture_release(&f);
}
END_TEST

/* The last to close a database removes its log. A second connection here must not let another
 * process think that it is the last (POSIX: closing any descriptor of a file drops all locks). */
START_TEST(another_connection_here_keeps_the_log_where_it_is)
{
    struct fixture f;
    char path[128];
    int status = 0;
    fixture_init(&f);
    fixture_open(&f, stepped);
    struct account_file *file = open_file(&f);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0)
        execlp("python3", "python3", "-c",
               "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); "
               "c.execute('SELECT count(*) FROM meta').fetchall(); c.close()",
               fixture_path(&f, "herald.db", path), NULL);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ck_assert_int_eq(access(fixture_path(&f, "herald.db-wal", path), F_OK), 0);
    account_file_close(&file);
    fixture_release(&f);
}
END_TEST

static void note_name(void *context, const struct store_account *seen)
{
    char *text = context;
    size_t used = strlen(text);
    snprintf(text + used, 512 - used, "%.*s=%.*s%s;", BYTES_ARGS(seen->aor), BYTES_ARGS(seen->name),
             seen->disabled ? " off" : "");
}

START_TEST(accounts_have_names_and_can_be_disabled)
{
    struct fixture f;
    char text[512] = "";
    fixture_init(&f);
    struct account_file *file = open_file(&f);
    struct store_account bob = account("bob@example.org", "b1");
    bob.name = BYTES("Bob");
    ck_assert_int_eq(account_add(file, &bob), ERR_NONE);
    fixture_open(&f, stepped);
    ck_assert_int_eq(store_load_accounts(f.store, note_name, text), ERR_NONE);
    bob.disabled = true;
    ck_assert_int_eq(account_change(file, &bob), ERR_NONE);
    ck_assert_int_eq(store_load_accounts(f.store, note_name, text), ERR_NONE);
    ck_assert_str_eq(text, "bob@example.org=Bob;bob@example.org=Bob off;");
    text[0] = '\0';
    ck_assert_int_eq(account_visit(file, bob.aor, note_name, text), ERR_NONE);
    ck_assert_str_eq(text, "bob@example.org=Bob off;");
    ck_assert_int_eq(account_delete(file, bob.aor), ERR_NONE);
    ck_assert_int_eq(account_visit(file, bob.aor, note_name, text), ERR_NOT_FOUND);
    account_file_close(&file);
    fixture_release(&f);
}
END_TEST

START_TEST(accounts_are_listed_page_by_page)
{
    static const char *const names[] = {"c@x", "a@x", "d@x", "b@x"};
    struct fixture f;
    char text[512] = "";
    fixture_init(&f);
    struct account_file *file = open_file(&f);
    for (unsigned i = 0; i < 4; i++) {
        const struct store_account row = account(names[i], "1");
        ck_assert_int_eq(account_add(file, &row), ERR_NONE);
    }
    ck_assert_int_eq(account_delete(file, BYTES("b@x")), ERR_NONE);
    ck_assert_int_eq(account_list_after(file, BYTES(""), 2, note_name, text), ERR_NONE);
    ck_assert_str_eq(text, "a@x=;c@x=;");
    ck_assert_int_eq(account_list_after(file, BYTES("c@x"), 2, note_name, text), ERR_NONE);
    ck_assert_str_eq(text, "a@x=;c@x=;d@x=;");
    account_file_close(&file);
    fixture_release(&f);
}
END_TEST

UNIT_MAIN("store/accounts", accounts_are_added_changed_removed_and_listed_by_name,
          a_running_store_hears_of_each_change_once, our_own_commits_are_no_news_of_accounts,
          the_next_life_forgets_removed_accounts_but_not_the_count,
          an_idle_writer_notices_by_itself, another_connection_here_keeps_the_log_where_it_is,
          accounts_have_names_and_can_be_disabled, accounts_are_listed_page_by_page,
          webhooks_of_a_user_are_erased_with_the_account, a_webhook_of_nobody_is_not_kept)
