/* people_test.c: what names somebody, and what does not. */
#include "front/people.h"

#include <stdio.h>

#include "unit.h"

static struct domains *ours(void)
{
    const struct domain first = {.name = "example.org", .algorithm_count = 1};
    const struct domain second = {.name = "example.com", .algorithm_count = 1};
    struct domains *domains = domains_new();
    domains_add(domains, &first);
    domains_add(domains, &second);
    domains_add_alias(domains, "example.org", BYTES("sip.example.org"));
    return domains;
}

START_TEST(users_are_named_in_several_ways)
{
    static const struct {
        const char *name, *aor;
        enum people_fault user, anybody;
    } cases[] = {
        {"alice", "alice@example.org", PEOPLE_GOOD, PEOPLE_GOOD},
        {"sip:alice", "alice@example.org", PEOPLE_GOOD, PEOPLE_GOOD},
        {"alice@EXAMPLE.com", "alice@example.com", PEOPLE_GOOD, PEOPLE_GOOD},
        {"sip:al%69ce@sip.example.org", "alice@example.org", PEOPLE_GOOD, PEOPLE_GOOD},
        {"carol@other.org", "carol@other.org", PEOPLE_ELSEWHERE, PEOPLE_GOOD},
        {"", "", PEOPLE_NO_NAME, PEOPLE_NO_NAME},
        {"a b", "", PEOPLE_NO_NAME, PEOPLE_NO_NAME},
        {"@example.org", "", PEOPLE_NO_NAME, PEOPLE_NO_NAME},
        {"alice@example.org:5060", "", PEOPLE_NO_NAME, PEOPLE_NO_NAME},
        {"alice:secret@example.org", "", PEOPLE_NO_NAME, PEOPLE_NO_NAME},
        {"alice@example.org;user=phone", "", PEOPLE_NO_NAME, PEOPLE_NO_NAME},
    };
    struct domains *domains = ours();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct people_aor aor;
        ck_assert_msg(people_find_anybody(domains, bytes_of(cases[i].name), &aor) ==
                          cases[i].anybody,
                      "%s", cases[i].name);
        if (cases[i].anybody == PEOPLE_GOOD)
            ck_assert_str_eq(aor.text, cases[i].aor);
        ck_assert_msg(people_find_user(domains, bytes_of(cases[i].name), &aor) == cases[i].user,
                      "%s", cases[i].name);
        ck_assert((aor.domain != NULL) == (cases[i].user == PEOPLE_GOOD));
        if (cases[i].user == PEOPLE_ELSEWHERE)
            ck_assert_str_eq(aor.text, "other.org");
    }
    domains_free(&domains);
}
END_TEST

START_TEST(addresses_are_bounded)
{
    char name[PEOPLE_AOR_MAX + 2];
    struct domains *domains = ours();
    struct people_aor aor;
    memset(name, 'a', sizeof(name));
    size_t most = PEOPLE_AOR_MAX - strlen("@example.org");
    ck_assert_int_eq(people_find_user(domains, bytes_from(name, most), &aor), PEOPLE_GOOD);
    ck_assert_uint_eq(strlen(aor.text), PEOPLE_AOR_MAX);
    ck_assert_int_eq(people_find_user(domains, bytes_from(name, most + 1), &aor), PEOPLE_TOO_LONG);
    ck_assert_int_eq(people_find_user(domains, bytes_from(name, sizeof(name)), &aor),
                     PEOPLE_TOO_LONG);
    domains_free(&domains);
}
END_TEST

START_TEST(texts_are_judged)
{
    char long_text[5000];
    memset(long_text, 'a', sizeof(long_text));
    ck_assert_ptr_null(people_group_fault(BYTES("My friends, \xc3\xa4; \"x\"")));
    ck_assert_ptr_nonnull(people_group_fault(BYTES("")));
    ck_assert_ptr_nonnull(people_group_fault(BYTES(" x")));
    ck_assert_ptr_nonnull(people_group_fault(BYTES("a\nb")));
    ck_assert_ptr_nonnull(people_group_fault(BYTES("\xff")));
    ck_assert_ptr_null(people_group_fault(bytes_from(long_text, PEOPLE_GROUP_MAX_BYTES)));
    ck_assert_ptr_nonnull(people_group_fault(bytes_from(long_text, PEOPLE_GROUP_MAX_BYTES + 1)));
    ck_assert_ptr_nonnull(people_group_fault(BYTES(".")));
    ck_assert_ptr_nonnull(people_group_fault(BYTES("..")));
    ck_assert_ptr_null(people_group_fault(BYTES("...")));
    ck_assert_ptr_nonnull(people_made_fault(BYTES(".@example.org")));
    ck_assert_ptr_nonnull(people_made_fault(BYTES("..@example.org")));
    ck_assert_ptr_null(people_made_fault(BYTES("a.@example.org")));
    ck_assert_ptr_null(people_name_fault(BYTES("")));
    ck_assert_ptr_nonnull(people_name_fault(BYTES("a\x7f")));
    ck_assert_ptr_nonnull(people_name_fault(bytes_from(long_text, PEOPLE_NAME_MAX_BYTES + 1)));
    ck_assert_ptr_null(people_notes_fault(BYTES("a\n\tb")));
    ck_assert_ptr_nonnull(people_notes_fault(BYTES("a\rb")));
    ck_assert_ptr_nonnull(people_notes_fault(bytes_from(long_text, PEOPLE_NOTES_MAX_BYTES + 1)));
    ck_assert_ptr_null(people_password_fault(BYTES(" pass word ")));
    ck_assert_ptr_nonnull(people_password_fault(BYTES("")));
    ck_assert_ptr_nonnull(people_password_fault(BYTES("a\0b")));
    ck_assert_ptr_nonnull(people_password_fault(bytes_from(long_text, 256)));
}
END_TEST

static void note_domain(void *context, const struct domain *domain)
{
    char *told = context;
    snprintf(told + strlen(told), 64 - strlen(told), "%s;", domain->name);
}

START_TEST(domains_are_visited_in_their_order)
{
    char told[64] = "";
    struct domains *domains = ours();
    domains_each(domains, note_domain, told);
    ck_assert_str_eq(told, "example.org;example.com;");
    domains_free(&domains);
}
END_TEST

START_TEST(rfc3261_25_1_a_domain_is_a_host_name)
{
    static const char *const wrong[] = {"",        ".",     "a..b",  "-a.b",     "a-.b",     "a.1",
                                        "1.2.3.4", "a_b",   "[::1]", "a b",      "a.b:5060", "a@b",
                                        ".a",      "a.b..", "a.-b",  "\xc3\xa4", "a/b"};
    char name[PEOPLE_DOMAIN_MAX_BYTES + 1];
    ck_assert_ptr_null(people_domain_fault(BYTES("Example.ORG."), name));
    ck_assert_str_eq(name, "example.org");
    ck_assert_ptr_null(people_domain_fault(BYTES("a"), name));
    ck_assert_ptr_null(people_domain_fault(BYTES("4.a1-b.c2"), name));
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        ck_assert_msg(people_domain_fault(bytes_of(wrong[i]), name) != NULL, "%s", wrong[i]);
}
END_TEST

START_TEST(a_service_has_a_name_of_its_own)
{
    ck_assert(people_is_service(BYTES("list@example.org"), BYTES("list")));
    ck_assert(people_is_service(BYTES("list+x@example.org"), BYTES("list")));
    ck_assert(!people_is_service(BYTES("lists@example.org"), BYTES("list")));
    ck_assert(!people_is_service(BYTES("list@example.org"), BYTES("")));
}
END_TEST

UNIT_MAIN("front/people", a_service_has_a_name_of_its_own, rfc3261_25_1_a_domain_is_a_host_name,
          users_are_named_in_several_ways, addresses_are_bounded, texts_are_judged,
          domains_are_visited_in_their_order)
