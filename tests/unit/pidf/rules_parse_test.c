/* rules_parse_test.c: which documents are rules, and how large they may be. */
#include "rulesets.h"

START_TEST(the_frame)
{
    assert_refused("", 400, "empty");
    assert_refused("rules", 400, "not");
    assert_refused("<ruleset/>", 400, "ruleset of");
    assert_refused("<ruleset xmlns='" PRES "'/>", 400, "ruleset of");
    assert_refused(RULESET("<cp:role id='a'/>"), 400, "nothing but rules");
    assert_refused(RULESET("<rule id='a'/>"), 400, "nothing but rules");
    assert_refused(RULESET("all"), 400, "text");
    struct rules *rules = parse_rules(RULESET("<!-- none --> "));
    rules_free(&rules);
    ck_assert_ptr_null(rules);
}
END_TEST

/* RFC 4745 13: the parts of a rule in their order, and an id for each. */
START_TEST(rfc4745_rule)
{
    assert_refused(RULESET("<cp:rule/>"), 400, "no id");
    assert_refused(RULESET("<cp:rule id='1'/>"), 400, "XML name");
    assert_refused(RULESET("<cp:rule id='a'/><cp:rule id='b'/><cp:rule id='a'/>"), 400, "same id");
    assert_refused(RULESET("<cp:rule id='a'><cp:actions/><cp:conditions/></cp:rule>"), 400,
                   "order");
    assert_refused(RULESET("<cp:rule id='a'><cp:actions/><cp:actions/></cp:rule>"), 400, "order");
    assert_refused(RULESET("<cp:rule id='a'><pr:actions/></cp:rule>"), 400, "order");
}
END_TEST

START_TEST(a_fault_has_its_line)
{
    static const char text[] = RULESET("\n<cp:rule id='a'/>\n\n <cp:rule id='2'/>");
    struct rules *rules;
    struct verdict result = judge_within(text, rules_limits_default(), &rules);
    ck_assert_uint_eq(result.offset, (size_t)(strstr(text, " <cp:rule id='2'") - text));
}
END_TEST

START_TEST(bounds)
{
    static const char text[] =
        RULESET(RULE("a", ONE("sip:a@x") ONE("sip:b@x"), "", "") RULE("b", ONE("sip:c@x"), "", ""));
    const struct {
        struct rules_limits limits;
        bool fits;
    } cases[] = {
        {{.size_bytes = sizeof(text) - 1, .rules = 2, .conditions = 2, .members = 3}, true},
        {{.size_bytes = sizeof(text) - 2, .rules = 2, .conditions = 2, .members = 3}, false},
        {{.size_bytes = sizeof(text), .rules = 1, .conditions = 2, .members = 3}, false},
        {{.size_bytes = sizeof(text), .rules = 2, .conditions = 1, .members = 3}, false},
        {{.size_bytes = sizeof(text), .rules = 2, .conditions = 2, .members = 2}, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rules *rules;
        struct verdict result = judge_within(text, cases[i].limits, &rules);
        ck_assert_msg(verdict_ok(result) == cases[i].fits, "case %zu", i);
        if (!cases[i].fits)
            ck_assert_uint_eq(result.status, 413);
        rules_free(&rules);
    }
}
END_TEST

START_TEST(tricks_of_xml)
{
    assert_refused("<!DOCTYPE a [<!ENTITY b 'c'><!ENTITY d '&b;&b;'>]><cp:ruleset xmlns:cp='" COMMON
                   "'>&d;</cp:ruleset>",
                   400, "type declaration");
    assert_refused("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", 400, "type declaration");
    char deep[2048];
    struct buffer out = buffer_over(deep, sizeof(deep) - 1);
    buffer_text(&out, "<cp:ruleset xmlns:cp='" COMMON "'>");
    for (int i = 0; i < 40; i++)
        buffer_text(&out, "<cp:rule id='a'>");
    deep[out.length] = '\0';
    assert_refused(deep, 413, "deep");
}
END_TEST

START_TEST(another_encoding)
{
    static const char text[] =
        "<?xml version='1.0' encoding='ISO-8859-1'?><cp:ruleset xmlns:cp='" COMMON
        "'><cp:rule id='a'><cp:conditions><cp:identity><cp:many domain='b\xfc"
        "cher.example'/>"
        "</cp:identity></cp:conditions></cp:rule></cp:ruleset>";
    ck_assert(matches(text, "a@xn--bcher-kva.example", "", 0));
}
END_TEST

UNIT_MAIN("pidf/rules_parse", the_frame, rfc4745_rule, a_fault_has_its_line, bounds, tricks_of_xml,
          another_encoding)
