/* Rosters and rules: the command line's side, and a running store that notices. */
#include "fixture.h"
#include "store/accounts.h"

static const struct store_settings stepped = {.stepped = true};

#define ALICE BYTES("alice@example.org")
#define BOB BYTES("bob@example.org")

static struct account_file *open_file(struct fixture *f)
{
    struct account_file *file = account_file_open(f->folder, &f->err, f->why, sizeof(f->why));
    if (file == NULL)
        ck_abort_msg("account_file_open: %s", f->why);
    const struct store_account alice = {.aor = ALICE}, bob = {.aor = BOB};
    ck_assert_int_eq(account_add(file, &alice), ERR_NONE);
    ck_assert_int_eq(account_add(file, &bob), ERR_NONE);
    return file;
}

static void note(char *text, const char *kind, struct bytes a, struct bytes b, struct bytes c)
{
    size_t used = strlen(text);
    snprintf(text + used, 512 - used, "%s %.*s %.*s %.*s;", kind, BYTES_ARGS(a), BYTES_ARGS(b),
             BYTES_ARGS(c));
}

static void note_owner(void *context, struct bytes aor)
{
    note(context, "owner", aor, BYTES(""), BYTES(""));
}

static void note_rules(void *context, const struct store_rules *rules)
{
    note(context, "rules", rules->aor, rules->document, BYTES(""));
}

static void note_buddy(void *context, const struct store_buddy *buddy)
{
    note(context, "buddy", buddy->aor, buddy->buddy, buddy->name);
    if (!bytes_empty(buddy->groups))
        note(context, "groups", buddy->groups, BYTES(""), BYTES(""));
}

static void note_preference(void *context, const struct store_preference *preference)
{
    note(context, "preference", preference->aor, preference->name, preference->value);
}

static void expect_news(struct store *store, const char *expected)
{
    char text[512] = "";
    const struct store_policy_visitor visitor = {note_owner, note_rules, note_buddy,
                                                 note_preference, text};
    ck_assert_int_eq(store_load_policy(store, &visitor), ERR_NONE);
    ck_assert_str_eq(text, expected);
}

static enum err put(struct account_file *file, struct bytes owner, const char *buddy,
                    const char *name)
{
    const struct store_buddy row = {.aor = owner, .buddy = bytes_of(buddy), .name = bytes_of(name)};
    return account_put_buddy(file, &row, 2);
}

static enum err take(struct account_file *file, struct bytes owner, const char *buddy)
{
    const struct store_buddy row = {.aor = owner, .buddy = bytes_of(buddy)};
    return account_delete_buddy(file, &row);
}

/* Replaces what must be there ("old>new"); an empty new one: no rules any more. */
static bool edit(void *context, struct bytes document, struct blob **edited)
{
    struct bytes wanted = bytes_of(context);
    struct bytes old = bytes_split(&wanted, '>');
    ck_assert_msg(bytes_equal(old, document), "%.*s", BYTES_ARGS(document));
    *edited = bytes_empty(wanted) ? NULL : blob_new(wanted);
    return !bytes_equal(wanted, BYTES("no"));
}

static enum err set_rules(struct account_file *file, struct bytes owner, char *change)
{
    return account_edit_rules(file, owner, edit, change);
}

static void expect_file(struct account_file *file, struct bytes owner, const char *expected)
{
    char text[512] = "";
    ck_assert_int_eq(account_load_rules(file, owner, note_rules, text), ERR_NONE);
    ck_assert_int_eq(account_list_buddies(file, owner, note_buddy, text), ERR_NONE);
    ck_assert_int_eq(account_list_preferences(file, owner, note_preference, text), ERR_NONE);
    ck_assert_str_eq(text, expected);
}

START_TEST(rosters_are_kept_by_owner)
{
    struct fixture f;
    fixture_init(&f);
    struct account_file *file = open_file(&f);
    ck_assert_int_eq(put(file, ALICE, "c@x", "Carol"), ERR_NONE);
    ck_assert_int_eq(put(file, ALICE, "b@x", ""), ERR_NONE);
    ck_assert_int_eq(put(file, BOB, "c@x", ""), ERR_NONE);
    ck_assert_int_eq(put(file, ALICE, "d@x", ""), ERR_LIMIT);
    ck_assert_int_eq(put(file, ALICE, "b@x", "Bob"), ERR_NONE); /* another name for one of them */
    ck_assert_int_eq(put(file, BYTES("nobody@example.org"), "b@x", ""), ERR_NOT_FOUND);
    expect_file(file, ALICE, "buddy alice@example.org b@x Bob;buddy alice@example.org c@x Carol;");
    ck_assert_int_eq(take(file, ALICE, "c@x"), ERR_NONE);
    ck_assert_int_eq(take(file, ALICE, "c@x"), ERR_NOT_FOUND);
    expect_file(file, ALICE, "buddy alice@example.org b@x Bob;");
    expect_file(file, BOB, "buddy bob@example.org c@x ;");
    ck_assert_int_eq(account_known(file, ALICE), ERR_NONE);
    ck_assert_int_eq(account_known(file, BYTES("nobody@example.org")), ERR_NOT_FOUND);
    account_file_close(&file);
    fixture_release(&f);
}
END_TEST

static enum err prefer(struct account_file *file, struct bytes owner, const char *name,
                       const char *value)
{
    const struct store_preference row = {owner, bytes_of(name), bytes_of(value)};
    return account_put_preference(file, &row);
}

START_TEST(a_buddy_is_in_groups)
{
    struct fixture f;
    fixture_init(&f);
    struct account_file *file = open_file(&f);
    struct store_buddy row = {
        .aor = ALICE, .buddy = BYTES("b@x"), .groups = BYTES("friends\nwork")};
    ck_assert_int_eq(account_put_buddy(file, &row, 2), ERR_NONE);
    expect_file(file, ALICE, "buddy alice@example.org b@x ;groups friends\nwork  ;");
    fixture_open(&f, stepped);
    expect_news(f.store, "buddy alice@example.org b@x ;groups friends\nwork  ;");
    row.groups = BYTES("");
    ck_assert_int_eq(account_put_buddy(file, &row, 2), ERR_NONE);
    expect_news(f.store, "owner alice@example.org  ;buddy alice@example.org b@x ;");
    account_file_close(&file);
    fixture_release(&f);
}
END_TEST

START_TEST(preferences_are_kept_by_owner_and_heard_of)
{
    struct fixture f;
    fixture_init(&f);
    struct account_file *file = open_file(&f);
    ck_assert_int_eq(prefer(file, ALICE, "messages", "roster"), ERR_NONE);
    ck_assert_int_eq(prefer(file, ALICE, "carbon", "off"), ERR_NONE);
    ck_assert_int_eq(prefer(file, ALICE, "carbon", "on"), ERR_NONE);
    ck_assert_int_eq(prefer(file, BYTES("nobody@example.org"), "carbon", "on"), ERR_NOT_FOUND);
    expect_file(file, ALICE,
                "preference alice@example.org carbon on;"
                "preference alice@example.org messages roster;");
    fixture_open(&f, stepped);
    expect_news(f.store, "preference alice@example.org carbon on;"
                         "preference alice@example.org messages roster;");
    ck_assert_int_eq(prefer(file, ALICE, "carbon", ""), ERR_NONE);
    ck_assert_int_eq(prefer(file, ALICE, "never there", ""), ERR_NONE);
    ck_assert_int_eq(prefer(file, BOB, "blocked", "silent"), ERR_NONE);
    expect_news(f.store, "owner alice@example.org  ;preference alice@example.org messages roster;"
                         "owner bob@example.org  ;preference bob@example.org blocked silent;");
    account_file_close(&file);
    fixture_release(&f);
}
END_TEST

START_TEST(rules_are_edited_whole)
{
    struct fixture f;
    fixture_init(&f);
    struct account_file *file = open_file(&f);
    char first[] = ">one", second[] = "one>two", refused[] = "two>no", last[] = "two>";
    ck_assert_int_eq(set_rules(file, ALICE, first), ERR_NONE);
    ck_assert_int_eq(set_rules(file, ALICE, second), ERR_NONE);
    ck_assert_int_eq(set_rules(file, ALICE, refused), ERR_CLOSED);
    expect_file(file, ALICE, "rules alice@example.org two ;");
    ck_assert_int_eq(set_rules(file, ALICE, last), ERR_NONE);
    expect_file(file, ALICE, "");
    ck_assert_int_eq(set_rules(file, BYTES("nobody@example.org"), first), ERR_NOT_FOUND);
    account_file_close(&file);
    fixture_release(&f);
}
END_TEST

START_TEST(a_running_store_hears_whose_rows_changed)
{
    struct fixture f;
    fixture_init(&f);
    struct account_file *file = open_file(&f);
    char first[] = ">one", second[] = "one>two", cleared[] = "two>", bobs[] = ">three";
    ck_assert_int_eq(set_rules(file, ALICE, first), ERR_NONE);
    ck_assert_int_eq(put(file, BOB, "c@x", "C"), ERR_NONE);
    fixture_open(&f, stepped);
    expect_news(f.store, "rules alice@example.org one ;buddy bob@example.org c@x C;");
    expect_news(f.store, "");
    ck_assert_int_eq(put(file, ALICE, "d@x", ""), ERR_NONE);
    ck_assert_int_eq(set_rules(file, ALICE, second), ERR_NONE);
    store_step(f.store, PARTITIONS, 1, STORE_DURABLE);
    ck_assert_uint_eq(f.account_news, 1);
    expect_news(f.store, "owner alice@example.org  ;rules alice@example.org two ;"
                         "buddy alice@example.org d@x ;");
    expect_news(f.store, "");
    ck_assert_int_eq(set_rules(file, BOB, bobs), ERR_NONE);
    ck_assert_int_eq(set_rules(file, ALICE, cleared), ERR_NONE);
    ck_assert_int_eq(take(file, ALICE, "d@x"), ERR_NONE);
    expect_news(f.store, "owner bob@example.org  ;rules bob@example.org three ;"
                         "buddy bob@example.org c@x C;owner alice@example.org  ;");
    store_close(&f.store);
    fixture_open(&f, stepped); /* the next life reads all, and forgets who changed */
    expect_news(f.store, "rules bob@example.org three ;buddy bob@example.org c@x C;");
    expect_news(f.store, "");
    ck_assert_int_eq(put(file, ALICE, "e@x", ""), ERR_NONE);
    expect_news(f.store, "owner alice@example.org  ;buddy alice@example.org e@x ;");
    account_file_close(&file);
    fixture_release(&f);
}
END_TEST

/* One message that is owed to one device. */
static void put_letters(struct store *store, struct bytes aor)
{
    struct store_set *set = store_begin(store, partition_of(aor));
    store_put_message(set, &(struct store_message){.aor = aor, .serial = 1});
    store_put_delivery(set, &(struct store_delivery){.aor = aor, .serial = 1});
    store_put_device(set, &(struct store_device){.aor = aor});
    store_submit(store, &set);
    store_step(store, PARTITIONS, 1, STORE_DURABLE);
}

static void note_word(char *text, const char *word)
{
    snprintf(text + strlen(text), 64 - strlen(text), "%s", word);
}

static void see_device(void *context, const struct store_device *device)
{
    (void)device;
    note_word(context, "device;");
}

static void see_owed(void *context, const struct store_owed *owed)
{
    (void)owed;
    note_word(context, "owed;");
}

static void see_recent(void *context, const struct store_message *message)
{
    (void)message;
    note_word(context, "recent;");
}

static void expect_letters(struct store *store, struct bytes aor, const char *expected)
{
    char text[64] = "";
    const struct store_visitor visitor = {
        .device = see_device, .owed = see_owed, .recent = see_recent, .context = text};
    ck_assert_int_eq(store_load(store, partition_of(aor), &visitor), ERR_NONE);
    ck_assert_str_eq(text, expected);
}

/* Whose account goes takes everything along, and others' rosters stay as they are. */
START_TEST(erasing_an_account_erases_all_that_it_had)
{
    struct fixture f;
    fixture_init(&f);
    struct account_file *file = open_file(&f);
    char first[] = ">one";
    fixture_open(&f, stepped);
    expect_news(f.store, "");
    ck_assert_int_eq(set_rules(file, ALICE, first), ERR_NONE);
    ck_assert_int_eq(put(file, ALICE, "bob@example.org", "secret"), ERR_NONE);
    ck_assert_int_eq(put(file, BOB, "alice@example.org", "A"), ERR_NONE);
    ck_assert_int_eq(prefer(file, ALICE, "carbon", "on"), ERR_NONE);
    put_letters(f.store, ALICE);
    put_letters(f.store, BOB);
    ck_assert_int_eq(account_delete(file, ALICE), ERR_NONE);
    expect_file(file, ALICE, "");
    expect_letters(f.store, ALICE, "");
    expect_letters(f.store, BOB, "device;owed;recent;");
    expect_news(f.store, "owner bob@example.org  ;buddy bob@example.org alice@example.org A;"
                         "owner alice@example.org  ;");
    const struct store_account alice = {.aor = ALICE};
    ck_assert_int_eq(account_add(file, &alice), ERR_NONE);
    expect_file(file, ALICE, "");
    account_file_close(&file);
    fixture_release(&f);
}
END_TEST

UNIT_MAIN("store/rosters", rosters_are_kept_by_owner, rules_are_edited_whole, a_buddy_is_in_groups,
          preferences_are_kept_by_owner_and_heard_of, a_running_store_hears_whose_rows_changed,
          erasing_an_account_erases_all_that_it_had)
