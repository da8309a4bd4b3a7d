/* owners_test.c: rosters, and tables of owners. */
#include "policy/policy_internal.h"
#include <stdio.h>
#include <string.h>

#include "unit.h"

START_TEST(a_roster_finds_its_buddies)
{
    struct roster roster = {0};
    char text[16];
    ck_assert(!roster_has(&roster, BYTES("a")));
    for (int i = 100; i < 400; i += 2) {
        snprintf(text, sizeof(text), "%d@x", i);
        roster_add(&roster, bytes_of(text), i % 4 == 0 ? BYTES("friends\nwork") : BYTES(""));
    }
    for (int i = 99; i < 402; i++) {
        snprintf(text, sizeof(text), "%d@x", i);
        ck_assert_msg(roster_has(&roster, bytes_of(text)) == (i >= 100 && i < 400 && i % 2 == 0),
                      "%s", text);
    }
    ck_assert(!roster_has(&roster, BYTES("100@")));
    ck_assert(!roster_has(&roster, BYTES("100@xx")));
    ck_assert(!roster_has(&roster, BYTES("")));
    roster_release(&roster);
}
END_TEST

static void note(void *context, struct bytes aor)
{
    char *text = context;
    size_t used = strlen(text);
    snprintf(text + used, 64 - used, "%.*s;", BYTES_ARGS(aor));
}

START_TEST(a_group_is_what_has_its_line)
{
    struct roster roster = {0};
    char told[64] = "";
    roster_add(&roster, BYTES("a"), BYTES("friends\nwork"));
    roster_add(&roster, BYTES("b"), BYTES("friend"));
    roster_add(&roster, BYTES("c"), BYTES("work\nfriends"));
    roster_add(&roster, BYTES("friends"), BYTES(""));
    ck_assert_uint_eq(roster_group(&roster, BYTES("friends"), note, told), 2);
    ck_assert_str_eq(told, "a;c;");
    ck_assert_uint_eq(roster_group(&roster, BYTES("friend"), note, told), 1);
    ck_assert_uint_eq(roster_group(&roster, BYTES("Friends"), note, told), 0);
    ck_assert_uint_eq(roster_group(&roster, BYTES("a"), note, told), 0);
    ck_assert_str_eq(told, "a;c;b;");
    ck_assert(roster_has(&roster, BYTES("a")) && roster_has(&roster, BYTES("friends")));
    ck_assert(!roster_has(&roster, BYTES("a\nfriends\nwork")) &&
              !roster_has(&roster, BYTES("work")));
    roster_release(&roster);
}
END_TEST

START_TEST(choices_are_found_by_their_names)
{
    struct choices choices = {0};
    ck_assert(bytes_empty(choices_find(&choices, BYTES("a"))));
    choices_add(&choices, BYTES("a"), BYTES("b"));
    choices_add(&choices, BYTES("b"), BYTES("long value"));
    ck_assert(bytes_equal(choices_find(&choices, BYTES("a")), BYTES("b")));
    ck_assert(bytes_equal(choices_find(&choices, BYTES("b")), BYTES("long value")));
    ck_assert(bytes_empty(choices_find(&choices, BYTES("long value"))));
    ck_assert(bytes_empty(choices_find(&choices, BYTES("long"))));
    choices_release(&choices);
    ck_assert(bytes_empty(choices_find(&choices, BYTES("a"))));
}
END_TEST

static struct owner *with_buddy(struct owners *owners, struct bytes aor, struct bytes buddy)
{
    struct owner *owner = owners_take(owners, aor);
    roster_add(&owner->roster, buddy, BYTES(""));
    return owner;
}

START_TEST(what_is_fresh_takes_the_place)
{
    struct owners *owners = owners_new(), *fresh = owners_new();
    char told[64] = "";
    with_buddy(owners, BYTES("a"), BYTES("x"));
    with_buddy(owners, BYTES("b"), BYTES("x"));
    owners_take(owners, BYTES("c"))->broken = true;
    with_buddy(fresh, BYTES("b"), BYTES("y"));
    owners_take(fresh, BYTES("c"));
    with_buddy(fresh, BYTES("d"), BYTES("z"));
    choices_add(&owners_take(fresh, BYTES("e"))->choices, BYTES("n"), BYTES("v"));
    owners_replace(owners, fresh, note, told);
    owners_free(&fresh);
    ck_assert_str_eq(told, "b;c;d;e;");
    ck_assert(bytes_equal(choices_find(&owners_find(owners, BYTES("e"))->choices, BYTES("n")),
                          BYTES("v")));
    ck_assert(roster_has(&owners_find(owners, BYTES("a"))->roster, BYTES("x")));
    ck_assert(!roster_has(&owners_find(owners, BYTES("b"))->roster, BYTES("x")));
    ck_assert(roster_has(&owners_find(owners, BYTES("b"))->roster, BYTES("y")));
    ck_assert_ptr_null(owners_find(owners, BYTES("c")));
    ck_assert(roster_has(&owners_find(owners, BYTES("d"))->roster, BYTES("z")));
    ck_assert_ptr_null(owners_find(owners, BYTES("")));
    owners_free(&owners);
    ck_assert_ptr_null(owners);
    owners_free(&owners);
}
END_TEST

UNIT_MAIN("policy/owners", a_roster_finds_its_buddies, a_group_is_what_has_its_line,
          choices_are_found_by_their_names, what_is_fresh_takes_the_place)
