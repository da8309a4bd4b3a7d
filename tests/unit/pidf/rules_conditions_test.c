/* rules_conditions_test.c: the conditions of RFC 4745 7, by its own examples. */
#include "rulesets.h"

enum { NO_TIME = 0 };

/* RFC 4745 7.1.2. */
START_TEST(rfc4745_one)
{
    static const char rules[] = RULESET(
        RULE("f3g44r1",
             "<cp:identity><cp:one id='sip:alice@example.com'/><cp:one id='tel:+1-212-555-1234'/>"
             "<cp:one id='mailto:bob@example.net'/></cp:identity>",
             "", ""));
    ck_assert(matches(rules, "alice@example.com", "", NO_TIME));
    ck_assert(!matches(rules, "Alice@example.com", "", NO_TIME));
    ck_assert(!matches(rules, "bob@example.net", "", NO_TIME)); /* RFC 5025 3.1.1.2: schemes */
    ck_assert(!matches(rules, "+1-212-555-1234", "", NO_TIME));
    ck_assert(!matches(rules, "", "", NO_TIME));
    ck_assert(schema_takes(rules));
}
END_TEST

/* RFC 4745 7.1.3.1; 7.1.1: only who is authenticated. */
START_TEST(rfc4745_many)
{
    static const char rules[] =
        RULESET(RULE("f3g44r5", "<cp:identity><cp:many/></cp:identity>", "", ""));
    ck_assert(matches(rules, "anybody@anywhere.example", "", NO_TIME));
    ck_assert(!matches(rules, "", "", NO_TIME));
}
END_TEST

#define EXCEPT                                                                         \
    "<cp:sphere value='work'/><cp:identity><cp:many><cp:except domain='example.com'/>" \
    "<cp:except domain='example.org'/><cp:except id='sip:alice@bad.example.net'/>"     \
    "<cp:except id='sip:bob@good.example.net'/><cp:except id='tel:+1-212-555-1234'/>"  \
    "<cp:except id='sip:alice@example.com'/></cp:many></cp:identity>"                  \
    "<cp:validity><cp:from>2003-12-24T17:00:00+01:00</cp:from>"                        \
    "<cp:until>2003-12-24T19:00:00+01:00</cp:until></cp:validity>"

/* RFC 4745 7.1.3.2: the example, at 17:15. */
START_TEST(rfc4745_many_except)
{
    static const char rules[] = RULESET(RULE("f3g44r1", EXCEPT, "", ""));
    const uint64_t now_ms = 1072282500000;
    ck_assert(matches(rules, "carol@elsewhere.example", "work", now_ms));
    ck_assert(matches(rules, "bob@bad.example.net", "work", now_ms));
    ck_assert(!matches(rules, "bob@example.com", "work", now_ms));
    ck_assert(!matches(rules, "bob@example.org", "work", now_ms));
    ck_assert(!matches(rules, "alice@bad.example.net", "work", now_ms));
    ck_assert(!matches(rules, "bob@good.example.net", "work", now_ms));
    ck_assert(!matches(rules, "carol@elsewhere.example", "home", now_ms));
    ck_assert(!matches(rules, "carol@elsewhere.example", "work", now_ms + 2 * 3600000));
    ck_assert(!matches(rules, "", "work", now_ms));
    ck_assert(schema_takes(rules));
}
END_TEST

/* RFC 4745 7.1.3.3. */
START_TEST(rfc4745_many_of_a_domain)
{
    static const char rules[] =
        RULESET(RULE("f3g44r1",
                     "<cp:identity><cp:many domain='Example.com'>"
                     "<cp:except id='sip:alice@example.com'/><cp:except id='sip:bob@home.example'/>"
                     "</cp:many></cp:identity>",
                     "", ""));
    ck_assert(matches(rules, "carol@example.com", "", NO_TIME));
    ck_assert(!matches(rules, "alice@example.com", "", NO_TIME));
    ck_assert(!matches(rules, "bob@example.com", "", NO_TIME)); /* by an alias of the domain */
    ck_assert(!matches(rules, "carol@sub.example.com", "", NO_TIME));
    ck_assert(!matches(rules, "carol@example.com@evil.example", "", NO_TIME));
    static const char by_alias[] =
        RULESET(RULE("a", "<cp:identity><cp:many domain='home.example'/></cp:identity>", "", ""));
    ck_assert(matches(by_alias, "carol@example.com", "", NO_TIME));
    static const char idn[] = RULESET(
        RULE("a", "<cp:identity><cp:many domain='B%C3%BCcher.example'/></cp:identity>", "", ""));
    ck_assert(matches(idn, "carol@xn--bcher-kva.example", "", NO_TIME));
    static const char broken[] =
        RULESET(RULE("a", "<cp:identity><cp:many domain='%FF'/></cp:identity>", "", ""));
    ck_assert(!matches(broken, "carol@example.com", "", NO_TIME));
}
END_TEST

/* RFC 4745 7.1.1: children of identity are alternatives, 10.1: conditions are not. */
START_TEST(rfc4745_or_and)
{
    static const char either[] =
        RULESET(RULE("a",
                     "<cp:identity><cp:one id='sip:a@x.example'/><cp:many domain='y.example'/>"
                     "</cp:identity>",
                     "", ""));
    ck_assert(matches(either, "a@x.example", "", NO_TIME));
    ck_assert(matches(either, "b@y.example", "", NO_TIME));
    ck_assert(!matches(either, "b@x.example", "", NO_TIME));
    static const char both[] =
        RULESET(RULE("a",
                     ONE("sip:a@x.example") "<cp:identity><cp:many domain='y.example'/>"
                                            "</cp:identity>",
                     "", ""));
    ck_assert(!matches(both, "a@x.example", "", NO_TIME));
    ck_assert(!matches(both, "b@y.example", "", NO_TIME));
}
END_TEST

/* Without an identity condition a rule is for anybody, authenticated or not (7.1.1). */
START_TEST(rfc4745_no_identity)
{
    ck_assert(matches(RULESET("<cp:rule id='a'/>"), "", "", NO_TIME));
    ck_assert(matches(RULESET(RULE("a", "", "", "")), "a@x", "", NO_TIME));
    ck_assert(!matches(RULESET(""), "a@x", "", NO_TIME));
}
END_TEST

/* RFC 4745 7.3: the three rules. */
START_TEST(rfc4745_sphere)
{
    static const char rules[] = RULESET(
        RULE("f3g44r2", "<cp:sphere value='work'/>" ONE("sip:andrew@example.com"), "", "")
            RULE("y6y55r2", "<cp:sphere value='home'/>" ONE("sip:allison@example.com"), "", "")
                RULE("z6y55r2", ONE("sip:john@doe.example.com") "<cp:sphere value='home work'/>",
                     "", ""));
    ck_assert(matches(rules, "andrew@example.com", "work", NO_TIME));
    ck_assert(matches(rules, "andrew@example.com", "WORK", NO_TIME)); /* without case */
    ck_assert(!matches(rules, "andrew@example.com", "home", NO_TIME));
    ck_assert(matches(rules, "allison@example.com", "home", NO_TIME));
    ck_assert(matches(rules, "john@doe.example.com", "home", NO_TIME));
    ck_assert(matches(rules, "john@doe.example.com", "work", NO_TIME));
    ck_assert(!matches(rules, "john@doe.example.com", "home work", NO_TIME));
    ck_assert(!matches(rules, "john@doe.example.com", "", NO_TIME)); /* undefined */
    struct rules *parsed = parse_rules(rules);
    ck_assert(rules_use_sphere(parsed));
    rules_free(&parsed);
    parsed = parse_rules(RULESET(RULE("a", "", "", "")));
    ck_assert(!rules_use_sphere(parsed));
    rules_free(&parsed);
}
END_TEST

#define VALIDITY(dates) RULESET(RULE("f3g44r3", "<cp:validity>" dates "</cp:validity>", "", ""))
#define FROM(date) "<cp:from>" date "</cp:from>"
#define UNTIL(date) "<cp:until>" date "</cp:until>"

/* RFC 4745 7.4: from the first moment on, before the last. */
START_TEST(rfc4745_validity)
{
    static const char rules[] =
        VALIDITY(FROM("2003-08-15T10:20:00.000-05:00") UNTIL("2003-09-15T10:20:00.000-05:00"));
    const uint64_t from_ms = 1060960800000, until_ms = 1063639200000;
    ck_assert(!matches(rules, "", "", from_ms - 1));
    ck_assert(matches(rules, "", "", from_ms));
    ck_assert(matches(rules, "", "", until_ms - 1));
    ck_assert(!matches(rules, "", "", until_ms));
}
END_TEST

START_TEST(rfc4745_validity_pairs)
{
    static const char rules[] = VALIDITY(FROM("1970-01-01T00:00:10Z") UNTIL(
        "1970-01-01T00:00:20Z") FROM("1970-01-01T00:00:30Z") UNTIL("1970-01-01T00:00:40Z"));
    ck_assert(matches(rules, "", "", 15000));
    ck_assert(!matches(rules, "", "", 25000));
    ck_assert(matches(rules, "", "", 35000));
    assert_refused(VALIDITY(""), 400, "empty");
    assert_refused(VALIDITY(FROM("1970-01-01T00:00:10Z")), 400, "pairs");
    assert_refused(VALIDITY(UNTIL("1970-01-01T00:00:10Z") FROM("1970-01-01T00:00:10Z")), 400,
                   "pairs");
    assert_refused(VALIDITY(FROM("soon") UNTIL("later")), 400, "no date");
}
END_TEST

/* The answer says when it may change. */
START_TEST(the_next_change)
{
    static const char text[] = RULESET(RULE(
        "a",
        ONE("sip:a@x") "<cp:validity>" FROM("1970-01-01T00:00:10Z") UNTIL("1970-01-01T00:00:20Z")
            FROM("1970-01-01T00:00:15Z") UNTIL("1970-01-01T00:00:40Z") "</cp:validity>",
        "", "") RULE("b",
                     ONE("sip:b@x") "<cp:validity>" FROM("1970-01-01T00:00:05Z")
                         UNTIL("1970-01-01T00:00:06Z") "</cp:validity>",
                     "", ""));
    static const struct {
        uint64_t now_ms, until_ms;
    } cases[] = {{0, 10000}, {10000, 15000}, {15000, 20000}, {20000, 40000}, {40000, 0}};
    struct rules *rules = parse_rules(text);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rules_decision decision = ask_rules(rules, "a@x", "", cases[i].now_ms);
        ck_assert_uint_eq(decision.until_ms, cases[i].until_ms);
        rights_unref(&decision.rights);
    }
    ck_assert_uint_eq(ask_rules(rules, "c@x", "", 0).until_ms, 0);
    rules_free(&rules);
}
END_TEST

/* RFC 4745 7, 7.1.1: what an extension asks is false. */
START_TEST(rfc4745_unknown_conditions)
{
    ck_assert(!matches(RULESET(RULE("a", "<x:y xmlns:x='urn:x'/>", "", "")), "a@x", "", 0));
    ck_assert(!matches(RULESET(RULE("a", "<pr:identity/>" ONE("sip:a@x"), "", "")), "a@x", "", 0));
    static const char rules[] =
        RULESET(RULE("a",
                     "<cp:identity><x:y xmlns:x='urn:x'/><cp:one id='sip:a@x'/><cp:one "
                     "id='sip:b@x'><x:y xmlns:x='urn:x'/></cp:one><cp:many domain='z'><x:but "
                     "xmlns:x='urn:x'/></cp:many></cp:identity>",
                     "", ""));
    ck_assert(matches(rules, "a@x", "", NO_TIME));
    ck_assert(!matches(rules, "b@x", "", NO_TIME)); /* who knows what the extension wants */
    ck_assert(!matches(rules, "c@z", "", NO_TIME));
    ck_assert(schema_takes(rules));
    static const char second[] = RULESET(
        RULE("a",
             "<cp:identity><cp:many><cp:except id='sip:a@x'/><x:but xmlns:x='urn:x'/></cp:many>"
             "<cp:many><cp:except id='sip:b@x'/></cp:many></cp:identity>",
             "", ""));
    ck_assert(matches(second, "a@x", "", NO_TIME));
    ck_assert(!matches(second, "b@x", "", NO_TIME));
}
END_TEST

START_TEST(broken_conditions_are_refused)
{
    assert_refused(RULESET(RULE("a", "<cp:identity/>", "", "")), 400, "names nobody");
    assert_refused(RULESET(RULE("a", "<cp:who/>", "", "")), 400, "no such condition");
    assert_refused(RULESET(RULE("a", "<cp:identity><cp:two/></cp:identity>", "", "")), 400,
                   "one and many");
    assert_refused(RULESET(RULE("a", "<cp:identity><cp:one/></cp:identity>", "", "")), 400,
                   "no id");
    assert_refused(
        RULESET(RULE("a", "<cp:identity><cp:one id='sip:a@x' domain='x'/></cp:identity>", "", "")),
        400, "domain");
    assert_refused(
        RULESET(RULE("a", "<cp:identity><cp:many><cp:except/></cp:many></cp:identity>", "", "")),
        400, "an id or a domain");
    assert_refused(RULESET(RULE("a", "<cp:sphere/>", "", "")), 400, "no value");
    assert_refused(RULESET(RULE("a", "everybody", "", "")), 400, "text");
}
END_TEST

UNIT_MAIN("pidf/rules_conditions", rfc4745_one, rfc4745_many, rfc4745_many_except,
          rfc4745_many_of_a_domain, rfc4745_or_and, rfc4745_no_identity, rfc4745_sphere,
          rfc4745_validity, rfc4745_validity_pairs, the_next_change, rfc4745_unknown_conditions,
          broken_conditions_are_refused)
