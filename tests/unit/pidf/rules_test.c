/* rules_test.c: several rules that match (RFC 4745 10). */
#include "rulesets.h"

#define A1 "<cp:from>2003-12-24T17:00:00+01:00</cp:from>"
#define A2 "<cp:until>2003-12-24T21:00:00+01:00</cp:until>"
#define A3 "<cp:until>2003-12-24T23:30:00+01:00</cp:until>"
#define B1 "<cp:from>2003-12-22T17:00:00+01:00</cp:from>"
#define B2 "<cp:until>2003-12-23T17:00:00+01:00</cp:until>"
#define WHEN(who, sphere, from, until) \
    ONE("sip:" who "@example.com")     \
    "<cp:sphere value='" sphere "'/><cp:validity>" from until "</cp:validity>"
#define X "<pr:provide-mood>true</pr:provide-mood>"
#define Z(value) "<pr:provide-user-input>" value "</pr:provide-user-input>"

/* RFC 4745 10.3, with sub-handling and user-input for its integers Y and Z, and mood for X. */
START_TEST(rfc4745_combining)
{
    static const char text[] = RULESET(
        RULE("r1", WHEN("bob", "home", A1, A2), HANDLING("allow"), X Z("thresholds"))
            RULE("r2", WHEN("alice", "work", A1, A2), HANDLING("polite-block"),
                 Z("full")) RULE("r3", WHEN("bob", "work", A1, A2), "", X Z("bare"))
                RULE("r4", WHEN("tom", "work", A1, A2), HANDLING("block"), X Z("full"))
                    RULE("r5", WHEN("bob", "work", A1, A3), HANDLING("allow"), Z("thresholds"))
                        RULE("r6", WHEN("bob", "work", B1, B2), HANDLING("confirm"), Z("bare")));
    const uint64_t at_1715_ms = 1072282500000, a2_ms = 1072296000000;
    struct rules *rules = parse_rules(text);
    struct rules_decision decision = ask_rules(rules, "bob@example.com", "work", at_1715_ms);
    ck_assert(decision.matched);
    ck_assert_int_eq(decision.handling, SUB_ALLOW);
    ck_assert(rights_show(decision.rights, RIGHTS_MOOD));
    ck_assert_int_eq(rights_user_input(decision.rights), RIGHTS_INPUT_THRESHOLDS);
    ck_assert_uint_eq(decision.until_ms, a2_ms);
    rights_unref(&decision.rights);
    decision = ask_rules(rules, "bob@example.com", "work", a2_ms); /* rule 5 alone */
    ck_assert(!rights_show(decision.rights, RIGHTS_MOOD));
    rights_unref(&decision.rights);
    decision = ask_rules(rules, "carol@example.com", "work", at_1715_ms);
    ck_assert(!decision.matched);
    ck_assert_ptr_null(decision.rights);
    rules_free(&rules);
}
END_TEST

/* RFC 5025 3.2.1, "note well", and 10: a block blocks nobody whom another rule allows. */
START_TEST(rfc5025_the_highest_wins)
{
    static const char text[] = RULESET(
        RULE("everybody", "<cp:identity><cp:many domain='example.com'/></cp:identity>",
             HANDLING("allow"), "") RULE("joe", ONE("sip:joe@example.com"), HANDLING("block"), ""));
    struct rules *rules = parse_rules(text);
    struct rules_decision decision = ask_rules(rules, "joe@example.com", "", 0);
    ck_assert_int_eq(decision.handling, SUB_ALLOW);
    rights_unref(&decision.rights);
    rules_free(&rules);
}
END_TEST

/* Who is not allowed is shown nothing, whatever the rules would show. */
START_TEST(only_allow_shows)
{
    static const char *const texts[] = {
        RULESET(RULE("a", "", HANDLING("polite-block"), "<pr:provide-all-attributes/>")),
        RULESET(RULE("a", "", "", "<pr:provide-all-attributes/>")
                    RULE("b", "", HANDLING("confirm"), "<pr:provide-mood>true</pr:provide-mood>")),
    };
    for (size_t i = 0; i < 2; i++) {
        struct rights *rights = rights_of(texts[i], "a@x");
        ck_assert_ptr_nonnull(rights);
        ck_assert(!rights_show(rights, RIGHTS_MOOD));
        ck_assert(!rights_show_part(rights, RIGHTS_PERSON, &(struct rights_part){{0}}));
        rights_unref(&rights);
    }
}
END_TEST

/* Sets are united over rules; when nothing is left to hide, that is everything. */
START_TEST(rfc4745_union)
{
    static const char text[] =
        RULESET(RULE("a", ONE("sip:a@x"), HANDLING("allow"),
                     "<pr:provide-devices><pr:all-devices/></pr:provide-devices>"
                     "<pr:provide-services><pr:class>w</pr:class></pr:provide-services>")
                    RULE("b", "", "",
                         "<pr:provide-services><pr:all-services/></pr:provide-services>"
                         "<pr:provide-persons><pr:all-persons/></pr:provide-persons>")
                        RULE("c", "<cp:sphere value='home'/>", "", "<pr:provide-all-attributes/>"));
    struct rules *rules = parse_rules(text);
    struct rules_decision decision = ask_rules(rules, "a@x", "work", 0);
    ck_assert_ptr_nonnull(decision.rights);
    ck_assert(rights_show_part(decision.rights, RIGHTS_DEVICE, &(struct rights_part){{0}}));
    ck_assert(rights_show_part(decision.rights, RIGHTS_SERVICE, &(struct rights_part){{0}}));
    ck_assert(!rights_show(decision.rights, RIGHTS_NOTE));
    rights_unref(&decision.rights);
    decision = ask_rules(rules, "a@x", "home", 0);
    ck_assert(decision.matched && decision.rights == NULL);
    rules_free(&rules);
}
END_TEST

/* Watchers whom the same rules concern share a view: their rights have one key. */
START_TEST(one_key_for_all_who_see_the_same)
{
    static const char text[] = RULESET(
        RULE("a", ONE("sip:a@x"), HANDLING("allow"), "<pr:provide-mood>1</pr:provide-mood>")
            RULE("b", ONE("sip:b@x"), HANDLING("allow"), "<pr:provide-mood>true</pr:provide-mood>")
                RULE("c", ONE("sip:b@x"), "", "<pr:provide-note>false</pr:provide-note>"));
    struct rights *a = rights_of(text, "a@x"), *b = rights_of(text, "b@x");
    ck_assert(bytes_equal(rights_key(a), rights_key(b)));
    rights_unref(&a);
    rights_unref(&b);
}
END_TEST

UNIT_MAIN("pidf/rules", rfc4745_combining, rfc5025_the_highest_wins, only_allow_shows,
          rfc4745_union, one_key_for_all_who_see_the_same)
