/* accounts_test.c: the users in memory follow the database file. */
#include "front/accounts.h"

#include <stdio.h>
#include <unistd.h>

#include "store/accounts.h"
#include "unit.h"

#define MD5_OF(digit) digit digit digit digit digit digit digit digit
#define MD5_A MD5_OF("aaaa")
#define MD5_B MD5_OF("bbbb")
#define SHA_A MD5_A MD5_A
#define SHA_B MD5_B MD5_B

static char folder[] = "/tmp/herald-accounts-XXXXXX";
static struct account_file *file;
static struct store *store;
static struct accounts *accounts;

static void on_refused(void *context, unsigned partition)
{
    (void)context, (void)partition;
    ck_abort_msg("nothing was submitted");
}

static void on_accounts_changed(void *context)
{
    (void)context;
}

static void on_wake(void *context)
{
    (void)context;
}

static void open_all(void)
{
    static const struct store_listener listener = {on_refused, on_accounts_changed, on_wake, NULL};
    enum err err = ERR_NONE;
    char why[200] = "";
    ck_assert_ptr_nonnull(mkdtemp(folder));
    struct store_settings settings = {
        .folder = folder, .queue_max = 100, .wal_max_bytes = 1 << 20, .stepped = true};
    store = store_open(&settings, &listener, NULL, NULL, &err, why, sizeof(why));
    ck_assert_msg(store != NULL, "%s", why);
    file = account_file_open(folder, &err, why, sizeof(why));
    ck_assert_msg(file != NULL, "%s", why);
    accounts = accounts_new(7);
}

static void close_all(void)
{
    char command[64];
    accounts_free(&accounts);
    ck_assert_ptr_null(accounts);
    account_file_close(&file);
    store_close(&store);
    snprintf(command, sizeof(command), "rm -r %s", folder);
    ck_assert_int_eq(system(command), 0);
}

static struct store_account row(const char *aor, struct bytes md5, struct bytes sha)
{
    return (struct store_account){.aor = bytes_of(aor), .ha1 = {md5, sha, sha}};
}

static void add(const char *aor)
{
    struct store_account account = row(aor, BYTES(MD5_A), BYTES(SHA_A));
    ck_assert_int_eq(account_add(file, &account), ERR_NONE);
}

static const struct account *find(const char *aor)
{
    return accounts_find(accounts, bytes_of(aor));
}

START_TEST(empty_at_first)
{
    open_all();
    ck_assert_int_eq(accounts_refresh(accounts, store), ERR_NONE);
    ck_assert_uint_eq(accounts_count(accounts), 0);
    ck_assert_ptr_null(find("alice@example.org"));
    ck_assert_ptr_null(find(""));
    close_all();
}
END_TEST

/* What cannot be read is not gone: nothing of anybody's is thrown away then. */
START_TEST(gone_when_that_is_known)
{
    open_all();
    add("alice@example.org");
    ck_assert(!accounts_gone(accounts, BYTES("bob@example.org")));
    ck_assert(!accounts_gone(accounts, BYTES("alice@example.org")));
    ck_assert_int_eq(accounts_refresh(accounts, store), ERR_NONE);
    ck_assert(accounts_gone(accounts, BYTES("bob@example.org")));
    ck_assert(!accounts_gone(accounts, BYTES("alice@example.org")));
    ck_assert_int_eq(account_delete(file, BYTES("alice@example.org")), ERR_NONE);
    ck_assert_int_eq(accounts_refresh(accounts, store), ERR_NONE);
    ck_assert(accounts_gone(accounts, BYTES("alice@example.org")));
    close_all();
}
END_TEST

START_TEST(found_by_canonical_aor)
{
    open_all();
    add("alice@example.org");
    add("bob@example.org");
    ck_assert_ptr_null(find("alice@example.org"));
    ck_assert_int_eq(accounts_refresh(accounts, store), ERR_NONE);
    ck_assert_uint_eq(accounts_count(accounts), 2);
    const struct account *alice = find("alice@example.org");
    ck_assert_ptr_nonnull(alice);
    ck_assert(bytes_equal(alice->aor, BYTES("alice@example.org")));
    ck_assert_str_eq(alice->ha1[DIGEST_MD5].text, MD5_A);
    ck_assert_str_eq(alice->ha1[DIGEST_SHA256].text, SHA_A);
    ck_assert_str_eq(alice->ha1[DIGEST_SHA512_256].text, SHA_A);
    ck_assert_ptr_nonnull(find("bob@example.org"));
    ck_assert_ptr_null(find("alice@example.or"));
    ck_assert_ptr_null(find("Alice@example.org"));
    close_all();
}
END_TEST

static void count_removed(void *context, struct bytes aor)
{
    ck_assert(bytes_equal(aor, BYTES("alice@example.org")));
    ++*(unsigned *)context;
}

/* Nobody looked between the two: the devices of the one before are not those of the next. */
START_TEST(who_is_made_anew_is_somebody_else)
{
    unsigned removed = 0;
    open_all();
    accounts_watch(accounts, count_removed, &removed);
    add("alice@example.org");
    ck_assert_int_eq(accounts_refresh(accounts, store), ERR_NONE);
    struct store_account changed = row("alice@example.org", BYTES(MD5_B), BYTES(SHA_B));
    ck_assert_int_eq(account_change(file, &changed), ERR_NONE);
    ck_assert_int_eq(accounts_refresh(accounts, store), ERR_NONE);
    ck_assert_uint_eq(removed, 0);
    ck_assert_int_eq(account_delete(file, BYTES("alice@example.org")), ERR_NONE);
    add("alice@example.org");
    ck_assert_int_eq(accounts_refresh(accounts, store), ERR_NONE);
    ck_assert_uint_eq(removed, 1);
    ck_assert_str_eq(find("alice@example.org")->ha1[DIGEST_MD5].text, MD5_A);
    ck_assert_int_eq(accounts_refresh(accounts, store), ERR_NONE);
    ck_assert_uint_eq(removed, 1);
    close_all();
}
END_TEST

START_TEST(changed_added_and_removed_ones_are_taken_in)
{
    open_all();
    add("alice@example.org");
    add("bob@example.org");
    ck_assert_int_eq(accounts_refresh(accounts, store), ERR_NONE);
    struct store_account changed = row("alice@example.org", BYTES(MD5_B), BYTES(SHA_B));
    ck_assert_int_eq(account_change(file, &changed), ERR_NONE);
    ck_assert_int_eq(account_delete(file, BYTES("bob@example.org")), ERR_NONE);
    add("carol@example.org");
    ck_assert_int_eq(accounts_refresh(accounts, store), ERR_NONE);
    ck_assert_uint_eq(accounts_count(accounts), 2);
    ck_assert_str_eq(find("alice@example.org")->ha1[DIGEST_MD5].text, MD5_B);
    ck_assert_ptr_null(find("bob@example.org"));
    ck_assert_ptr_nonnull(find("carol@example.org"));
    /* nothing new: nothing changes */
    ck_assert_int_eq(accounts_refresh(accounts, store), ERR_NONE);
    ck_assert_uint_eq(accounts_count(accounts), 2);
    /* and back again */
    add("bob@example.org");
    ck_assert_int_eq(accounts_refresh(accounts, store), ERR_NONE);
    ck_assert_ptr_nonnull(find("bob@example.org"));
    ck_assert_uint_eq(accounts_count(accounts), 3);
    close_all();
}
END_TEST

static char removed[200];
static unsigned found_when_removed;

static void note_removed(void *context, struct bytes aor)
{
    ck_assert_ptr_eq(context, &removed);
    found_when_removed += accounts_find(accounts, aor) != NULL;
    snprintf(removed + strlen(removed), 100, "%.*s ", BYTES_ARGS(aor));
}

/* Each is told once, when it cannot be found any more; who never was is not told of. */
START_TEST(removals_are_told)
{
    open_all();
    add("alice@example.org");
    add("bob@example.org");
    accounts_watch(accounts, note_removed, &removed);
    ck_assert_int_eq(accounts_refresh(accounts, store), ERR_NONE);
    add("carol@example.org");
    ck_assert_int_eq(account_delete(file, BYTES("carol@example.org")), ERR_NONE);
    ck_assert_int_eq(account_delete(file, BYTES("bob@example.org")), ERR_NONE);
    struct store_account changed = row("alice@example.org", BYTES(MD5_B), BYTES(SHA_B));
    ck_assert_int_eq(account_change(file, &changed), ERR_NONE);
    ck_assert_str_eq(removed, "");
    ck_assert_int_eq(accounts_refresh(accounts, store), ERR_NONE);
    ck_assert_str_eq(removed, "bob@example.org ");
    ck_assert_uint_eq(found_when_removed, 0);
    ck_assert_int_eq(accounts_refresh(accounts, store), ERR_NONE);
    ck_assert_str_eq(removed, "bob@example.org ");
    close_all();
}
END_TEST

static void note_aor(void *told, struct bytes aor)
{
    snprintf((char *)told + strlen(told), 100, "%.*s ", BYTES_ARGS(aor));
}

/* Told when it begins, not while it lasts; the account is there all the same. */
START_TEST(disabled_ones_are_told_of)
{
    char told[200] = "", all[200] = "";
    open_all();
    accounts_watch_disabled(accounts, note_aor, told);
    add("alice@example.org");
    add("bob@example.org");
    add("carol@other.org");
    struct store_account off = row("bob@example.org", BYTES(MD5_A), BYTES(SHA_A));
    ck_assert_int_eq(accounts_refresh(accounts, store), ERR_NONE);
    ck_assert_str_eq(told, "");
    off.disabled = true;
    ck_assert_int_eq(account_change(file, &off), ERR_NONE);
    ck_assert_int_eq(accounts_refresh(accounts, store), ERR_NONE);
    ck_assert_int_eq(account_change(file, &off), ERR_NONE);
    ck_assert_int_eq(accounts_refresh(accounts, store), ERR_NONE);
    ck_assert_str_eq(told, "bob@example.org ");
    ck_assert(accounts_disabled(accounts, BYTES("bob@example.org")));
    ck_assert(!accounts_disabled(accounts, BYTES("alice@example.org")));
    ck_assert(!accounts_disabled(accounts, BYTES("")));
    ck_assert(!accounts_gone(accounts, BYTES("bob@example.org")));
    accounts_each(accounts, BYTES("example.org"), note_aor, all);
    ck_assert_str_eq(all, "alice@example.org ");
    off.disabled = false;
    ck_assert_int_eq(account_change(file, &off), ERR_NONE);
    ck_assert_int_eq(accounts_refresh(accounts, store), ERR_NONE);
    ck_assert(!accounts_disabled(accounts, BYTES("bob@example.org")));
    close_all();
}
END_TEST

/* Made and removed between two refreshes: never seen. */
START_TEST(short_lived_account)
{
    open_all();
    add("alice@example.org");
    ck_assert_int_eq(accounts_refresh(accounts, store), ERR_NONE);
    add("bob@example.org");
    ck_assert_int_eq(account_delete(file, BYTES("bob@example.org")), ERR_NONE);
    ck_assert_int_eq(accounts_refresh(accounts, store), ERR_NONE);
    ck_assert_ptr_null(find("bob@example.org"));
    ck_assert_uint_eq(accounts_count(accounts), 1);
    close_all();
}
END_TEST

/* An account from before an algorithm was known has no HA1 for it. */
START_TEST(missing_ha1_stays_empty)
{
    open_all();
    struct store_account old = {.aor = BYTES("old@example.org"),
                                .ha1 = {BYTES(MD5_A), BYTES(""), BYTES("")}};
    ck_assert_int_eq(account_add(file, &old), ERR_NONE);
    ck_assert_int_eq(accounts_refresh(accounts, store), ERR_NONE);
    ck_assert_str_eq(find("old@example.org")->ha1[DIGEST_MD5].text, MD5_A);
    ck_assert_str_eq(find("old@example.org")->ha1[DIGEST_SHA256].text, "");
    ck_assert_str_eq(find("old@example.org")->ha1[DIGEST_SHA512_256].text, "");
    close_all();
}
END_TEST

START_TEST(many_accounts)
{
    open_all();
    for (int i = 0; i < 300; i++) {
        char aor[40];
        snprintf(aor, sizeof(aor), "user%d@example.org", i);
        add(aor);
    }
    ck_assert_int_eq(accounts_refresh(accounts, store), ERR_NONE);
    ck_assert_uint_eq(accounts_count(accounts), 300);
    for (int i = 0; i < 300; i++) {
        char aor[40];
        snprintf(aor, sizeof(aor), "user%d@example.org", i);
        ck_assert_ptr_nonnull(find(aor));
        ck_assert(bytes_equal(find(aor)->aor, bytes_of(aor)));
    }
    close_all();
}
END_TEST

/* Aliases. */

static enum err put_alias(const char *alias, const char *aor, char **holder)
{
    const struct store_alias row = {bytes_of(alias), bytes_of(aor), false};
    return account_put_alias(file, &row, 2, holder);
}

static bool is_alias_of(const char *alias, const char *aor)
{
    char text[64];
    struct buffer out = buffer_over(text, sizeof(text));
    return aliases_resolve(accounts_aliases(accounts), bytes_of(alias), &out) &&
           bytes_equal(buffer_bytes(&out), bytes_of(aor));
}

START_TEST(aliases_follow_the_file)
{
    char *holder = NULL;
    open_all();
    add("alice@a");
    add("bob@a");
    ck_assert_int_eq(accounts_refresh(accounts, store), ERR_NONE);
    ck_assert_int_eq(put_alias("sales@a", "alice@a", &holder), ERR_NONE);
    ck_assert_int_eq(put_alias("desk@a", "alice@a", &holder), ERR_NONE);
    ck_assert(!is_alias_of("sales@a", "alice@a"));
    ck_assert_int_eq(accounts_refresh(accounts, store), ERR_NONE);
    ck_assert(is_alias_of("sales@a", "alice@a"));
    ck_assert(is_alias_of("desk@a", "alice@a"));
    ck_assert(!is_alias_of("alice@a", "alice@a"));
    const struct store_alias sales = {BYTES("sales@a"), BYTES("alice@a"), false};
    ck_assert_int_eq(account_delete_alias(file, &sales), ERR_NONE);
    ck_assert_int_eq(account_delete_alias(file, &sales), ERR_NOT_FOUND);
    ck_assert_int_eq(put_alias("sales@a", "bob@a", &holder), ERR_NONE);
    ck_assert_int_eq(accounts_refresh(accounts, store), ERR_NONE);
    ck_assert(is_alias_of("sales@a", "bob@a"));
    ck_assert_int_eq(account_delete(file, BYTES("alice@a")), ERR_NONE);
    ck_assert_int_eq(accounts_refresh(accounts, store), ERR_NONE);
    ck_assert(!is_alias_of("desk@a", "alice@a"));
    ck_assert_uint_eq(aliases_count(accounts_aliases(accounts)), 1);
    close_all();
}
END_TEST

START_TEST(a_name_is_one_accounts)
{
    const struct store_account taken = {.aor = BYTES("sales@a")};
    char *holder = NULL;
    open_all();
    add("alice@a");
    add("bob@a");
    ck_assert_int_eq(put_alias("sales@a", "nobody@a", &holder), ERR_NOT_FOUND);
    ck_assert_int_eq(put_alias("sales@a", "alice@a", &holder), ERR_NONE);
    ck_assert_ptr_null(holder);
    ck_assert_int_eq(put_alias("sales@a", "alice@a", &holder), ERR_NONE); /* once more */
    free(holder);
    ck_assert_int_eq(put_alias("sales@a", "bob@a", &holder), ERR_CONFLICT);
    ck_assert_str_eq(holder, "alice@a");
    free(holder);
    ck_assert_int_eq(put_alias("bob@a", "alice@a", &holder), ERR_CONFLICT);
    ck_assert_ptr_null(holder);
    ck_assert_int_eq(account_add(file, &taken), ERR_CONFLICT);
    ck_assert_int_eq(put_alias("two@a", "alice@a", &holder), ERR_NONE);
    ck_assert_int_eq(put_alias("three@a", "alice@a", &holder), ERR_LIMIT);
    close_all();
}
END_TEST

UNIT_MAIN("front/accounts", aliases_follow_the_file, a_name_is_one_accounts, empty_at_first,
          gone_when_that_is_known, found_by_canonical_aor,
          changed_added_and_removed_ones_are_taken_in, who_is_made_anew_is_somebody_else,
          removals_are_told, disabled_ones_are_told_of, short_lived_account,
          missing_ha1_stays_empty, many_accounts)
