/* Domains of the database: the command line's side, and a store that reads them. */
#include "store/domains.h"

#include "fixture.h"

static struct account_file *open_file(struct fixture *f)
{
    fixture_init(f);
    struct account_file *file = account_file_open(f->folder, &f->err, f->why, sizeof(f->why));
    if (file == NULL)
        ck_abort_msg("account_file_open: %s", f->why);
    return file;
}

static void expect(struct account_file *file, const char *expected)
{
    char *lines = NULL;
    ck_assert_int_eq(domain_lines(file, &lines), ERR_NONE);
    ck_assert_str_eq(lines, expected);
    free(lines);
}

START_TEST(domains_are_added_renamed_listed_and_removed)
{
    struct fixture f;
    struct account_file *file = open_file(&f);
    expect(file, "");
    ck_assert_int_eq(domain_put(file, BYTES("b.net"), BYTES(""), 2), ERR_NONE);
    ck_assert_int_eq(domain_put(file, BYTES("a.net"), BYTES("x.net y.net"), 2), ERR_NONE);
    expect(file, "a.net x.net y.net\nb.net\n");
    ck_assert_int_eq(domain_put(file, BYTES("c.net"), BYTES(""), 2), ERR_LIMIT);
    ck_assert_int_eq(domain_put(file, BYTES("a.net"), BYTES(""), 2), ERR_NONE);
    expect(file, "a.net\nb.net\n");
    ck_assert_int_eq(domain_delete(file, BYTES("a.net")), ERR_NONE);
    ck_assert_int_eq(domain_delete(file, BYTES("a.net")), ERR_NOT_FOUND);
    expect(file, "b.net\n");
    ck_assert_int_eq(domain_known(file, BYTES("b.net")), ERR_NONE);
    ck_assert_int_eq(domain_known(file, BYTES("a.net")), ERR_NOT_FOUND);
    account_file_close(&file);
    fixture_release(&f);
}
END_TEST

static void add(struct account_file *file, const char *aor)
{
    const struct store_account account = {.aor = bytes_of(aor)};
    ck_assert_int_eq(account_add(file, &account), ERR_NONE);
}

START_TEST(users_of_a_domain_are_counted)
{
    struct fixture f;
    struct account_file *file = open_file(&f);
    uint64_t users;
    add(file, "alice@a.net");
    add(file, "bob@a.net");
    add(file, "carol@xa.net");
    add(file, "dave@a.net.org");
    add(file, "erin@b.net");
    add(file, "x@a.net@b.net");
    ck_assert_int_eq(account_delete(file, BYTES("bob@a.net")), ERR_NONE);
    ck_assert_int_eq(domain_users(file, BYTES("a.net"), &users), ERR_NONE);
    ck_assert_uint_eq(users, 1);
    ck_assert_int_eq(domain_users(file, BYTES("net"), &users), ERR_NONE);
    ck_assert_uint_eq(users, 0);
    account_file_close(&file);
    fixture_release(&f);
}
END_TEST

START_TEST(a_store_reads_what_is_there)
{
    static const struct store_settings stepped = {.stepped = true};
    struct fixture f;
    char *lines = NULL;
    struct account_file *file = open_file(&f);
    ck_assert_int_eq(domain_put(file, BYTES("a.net"), BYTES("x.net"), 1), ERR_NONE);
    account_file_close(&file);
    fixture_open(&f, stepped);
    ck_assert_int_eq(store_load_domains(f.store, &lines), ERR_NONE);
    ck_assert_str_eq(lines, "a.net x.net\n");
    free(lines);
    fixture_release(&f);
}
END_TEST

UNIT_MAIN("store/domains", domains_are_added_renamed_listed_and_removed,
          users_of_a_domain_are_counted, a_store_reads_what_is_there)
