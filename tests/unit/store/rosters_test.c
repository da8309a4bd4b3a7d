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

static void note_place(void *context, const struct store_group *group)
{
    char number[24];
    snprintf(number, sizeof(number), "%llu", (unsigned long long)group->position);
    note(context, "group", group->aor, group->name, bytes_of(number));
}

static void expect_places(struct account_file *file, const char *expected)
{
    char text[512] = "";
    ck_assert_int_eq(account_list_groups(file, ALICE, note_place, text), ERR_NONE);
    ck_assert_str_eq(text, expected);
}

START_TEST(groups_have_places)
{
    struct fixture f;
    fixture_init(&f);
    struct account_file *file = open_file(&f);
    struct store_group work = {ALICE, BYTES("work"), 2}, friends = {ALICE, BYTES("friends"), 1};
    const struct store_group nobodys = {BYTES("nobody@example.org"), BYTES("work"), 1};
    ck_assert_int_eq(account_put_group(file, &work), ERR_NONE);
    ck_assert_int_eq(account_put_group(file, &friends), ERR_NONE);
    ck_assert_int_eq(account_put_group(file, &nobodys), ERR_NOT_FOUND);
    expect_places(file, "group alice@example.org friends 1;group alice@example.org work 2;");
    friends.position = 3;
    ck_assert_int_eq(account_put_group(file, &friends), ERR_NONE);
    expect_places(file, "group alice@example.org work 2;group alice@example.org friends 3;");
    ck_assert_int_eq(account_delete_group(file, &work), ERR_NONE);
    ck_assert_int_eq(account_delete_group(file, &work), ERR_NONE);
    expect_places(file, "group alice@example.org friends 3;");
    ck_assert_int_eq(put(file, ALICE, "b@x", ""), ERR_NONE);
    ck_assert_int_eq(account_clear_roster(file, ALICE), ERR_NONE);
    expect_places(file, "");
    expect_file(file, ALICE, "");
    ck_assert_int_eq(account_clear_roster(file, BYTES("nobody@x")), ERR_NOT_FOUND);
    account_file_close(&file);
    fixture_release(&f);
}
END_TEST

static void note_whole(void *context, const struct store_buddy *buddy)
{
    char number[24];
    snprintf(number, sizeof(number), "%llu", (unsigned long long)buddy->position);
    note(context, "buddy", buddy->buddy, buddy->notes, bytes_of(number));
}

/* Whoever lists sees the owner's order; the server, which searches, that of the addresses. */
START_TEST(a_roster_has_an_order)
{
    struct fixture f;
    char text[512] = "";
    fixture_init(&f);
    struct account_file *file = open_file(&f);
    struct store_buddy row = {
        .aor = ALICE, .buddy = BYTES("b@x"), .notes = BYTES("tall"), .position = 2};
    ck_assert_int_eq(account_put_buddy(file, &row, 9), ERR_NONE);
    row = (struct store_buddy){.aor = ALICE, .buddy = BYTES("c@x"), .position = 1};
    ck_assert_int_eq(account_put_buddy(file, &row, 9), ERR_NONE);
    ck_assert_int_eq(account_list_buddies(file, ALICE, note_whole, text), ERR_NONE);
    ck_assert_str_eq(text, "buddy c@x  1;buddy b@x tall 2;");
    text[0] = '\0';
    row.buddy = BYTES("b@x");
    ck_assert_int_eq(account_find_buddy(file, &row, note_whole, text), ERR_NONE);
    ck_assert_str_eq(text, "buddy b@x tall 2;");
    row.buddy = BYTES("d@x");
    ck_assert_int_eq(account_find_buddy(file, &row, note_whole, text), ERR_NOT_FOUND);
    fixture_open(&f, stepped);
    expect_news(f.store, "buddy alice@example.org b@x ;buddy alice@example.org c@x ;");
    account_file_close(&file);
    fixture_release(&f);
}
END_TEST

/* Nobody sees the half of it, and nothing of it stays when it is given up. */
START_TEST(several_changes_are_one)
{
    struct fixture f;
    fixture_init(&f);
    struct account_file *file = open_file(&f), *other;
    other = account_file_open(f.folder, &f.err, f.why, sizeof(f.why));
    ck_assert_ptr_nonnull(other);
    ck_assert_int_eq(account_begin(file), ERR_NONE);
    ck_assert_int_eq(put(file, ALICE, "b@x", ""), ERR_NONE);
    ck_assert_int_eq(prefer(file, ALICE, "carbon", "on"), ERR_NONE);
    expect_file(other, ALICE, "");
    account_rollback(file);
    expect_file(file, ALICE, "");
    ck_assert_int_eq(account_begin(file), ERR_NONE);
    ck_assert_int_eq(put(file, ALICE, "b@x", ""), ERR_NONE);
    ck_assert_int_eq(take(file, ALICE, "c@x"), ERR_NOT_FOUND);
    ck_assert_int_eq(put(file, BOB, "c@x", ""), ERR_NONE);
    expect_file(other, ALICE, "");
    ck_assert_int_eq(account_commit(file), ERR_NONE);
    expect_file(other, ALICE, "buddy alice@example.org b@x ;");
    expect_file(other, BOB, "buddy bob@example.org c@x ;");
    ck_assert_int_eq(account_begin_read(other), ERR_NONE);
    expect_file(other, ALICE, "buddy alice@example.org b@x ;");
    ck_assert_int_eq(take(file, ALICE, "b@x"), ERR_NONE);
    expect_file(other, ALICE, "buddy alice@example.org b@x ;"); /* as it was when it began */
    ck_assert_int_eq(account_commit(other), ERR_NONE);
    expect_file(other, ALICE, "");
    account_file_close(&other);
    account_file_close(&file);
    fixture_release(&f);
}
END_TEST

static void note_shared(void *context, const struct store_shared *shared)
{
    note(context, "shared", shared->name, shared->members, shared->watchers);
}

static void expect_shared(struct account_file *file, const char *after, unsigned limit,
                          const char *expected)
{
    char text[512] = "";
    ck_assert_int_eq(account_list_shared(file, bytes_of(after), limit, note_shared, text),
                     ERR_NONE);
    ck_assert_str_eq(text, expected);
}

static void expect_shared_news(struct store *store, const char *expected)
{
    char text[512] = "";
    const struct store_policy_visitor visitor = {.owner = note_owner,
                                                 .rules = note_rules,
                                                 .buddy = note_buddy,
                                                 .preference = note_preference,
                                                 .context = text,
                                                 .shared = note_shared};
    ck_assert_int_eq(store_load_policy(store, &visitor), ERR_NONE);
    ck_assert_str_eq(text, expected);
}

START_TEST(shared_groups_are_kept_and_heard_of)
{
    struct fixture f;
    char text[512] = "";
    fixture_init(&f);
    struct account_file *file = open_file(&f);
    struct store_shared a = {BYTES("a"), BYTES("A"), BYTES("bob@example.org\n@x\nal@x"),
                             BYTES("bob@example.org")};
    const struct store_shared b = {.name = BYTES("b")}, c = {.name = BYTES("c")};
    ck_assert_int_eq(account_put_shared(file, &a, 2), ERR_NONE);
    ck_assert_int_eq(account_put_shared(file, &b, 2), ERR_NONE);
    ck_assert_int_eq(account_put_shared(file, &c, 2), ERR_LIMIT);
    ck_assert_int_eq(account_put_shared(file, &b, 2), ERR_NONE);
    expect_shared(file, "", 1, "shared a bob@example.org\n@x\nal@x bob@example.org;");
    expect_shared(file, "a", 9, "shared b  ;");
    ck_assert_int_eq(account_find_shared(file, BYTES("b"), note_shared, text), ERR_NONE);
    ck_assert_int_eq(account_find_shared(file, BYTES("c"), note_shared, text), ERR_NOT_FOUND);
    ck_assert_str_eq(text, "shared b  ;");
    fixture_open(&f, stepped);
    expect_shared_news(f.store, "shared a bob@example.org\n@x\nal@x bob@example.org;shared b  ;");
    expect_shared_news(f.store, "");
    ck_assert_int_eq(account_delete_shared(file, BYTES("b")), ERR_NONE);
    ck_assert_int_eq(account_delete_shared(file, BYTES("b")), ERR_NOT_FOUND);
    expect_shared_news(f.store, "owner   ;shared a bob@example.org\n@x\nal@x bob@example.org;");
    ck_assert_int_eq(account_delete(file, ALICE), ERR_NONE);
    expect_shared_news(f.store, "owner alice@example.org  ;");
    ck_assert_int_eq(account_delete(file, BOB), ERR_NONE); /* leaves it, too */
    expect_shared_news(f.store, "owner   ;shared a @x\nal@x ;owner bob@example.org  ;");
    account_file_close(&file);
    fixture_release(&f);
}
END_TEST

UNIT_MAIN("store/rosters", rosters_are_kept_by_owner, rules_are_edited_whole, a_buddy_is_in_groups,
          preferences_are_kept_by_owner_and_heard_of, a_running_store_hears_whose_rows_changed,
          erasing_an_account_erases_all_that_it_had, groups_have_places, a_roster_has_an_order,
          several_changes_are_one, shared_groups_are_kept_and_heard_of)
