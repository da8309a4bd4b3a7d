/* Rules over the API: watcher by watcher, as a list, as the document of RFC 5025. */
#include "web/api/rules.h"

#include "place.h"

static const struct web_endpoints endpoints = {rules_endpoints, 100};

#define RULES "/api/v1/users/alice/rules"
#define XML_TYPE "application/auth-policy+xml"

static void begin(struct place *p)
{
    place_init(p, &endpoints);
    place_add(p, "alice@example.org");
}

#define ENTRY(who, handling) "{\"who\": \"sip:" who "\", \"handling\": \"" handling "\"}"

static void expect_rules(struct place *p, const char *items)
{
    place_expect(p, "GET " RULES, NULL, 200);
    place_expect_member(p, "items", items);
    place_expect_member(p, "readable", "true");
}

START_TEST(a_watcher_is_handled_as_was_said_last)
{
    static const char *const words[] = {"allow", "block", "polite-block", "confirm"};
    char body[64], items[128];
    struct place p;
    begin(&p);
    expect_rules(&p, "[]");
    for (unsigned from = 0; from < 4; from++)
        for (unsigned to = 0; to < 4; to++) {
            snprintf(body, sizeof(body), "{\"handling\": \"%s\"}", words[from]);
            place_ask(&p, "PUT " RULES "/bob", body);
            snprintf(body, sizeof(body), "{\"handling\": \"%s\"}", words[to]);
            place_expect(&p, "PUT " RULES "/sip:bob@Example.org", body, 200);
            snprintf(items, sizeof(items),
                     "[{\"who\": \"sip:bob@example.org\", \"handling\": \"%s\"}]", words[to]);
            expect_rules(&p, items);
        }
    place_expect(&p, "PUT " RULES "/carol@other.org", "{\"handling\": \"allow\"}", 201);
    expect_rules(&p,
                 "[" ENTRY("bob@example.org", "confirm") "," ENTRY("carol@other.org", "allow") "]");
    place_expect(&p, "GET " RULES "/carol@other.org", NULL, 200);
    place_expect_json(&p, ENTRY("carol@other.org", "allow"));
    place_expect(&p, "DELETE " RULES "/bob", NULL, 204);
    place_expect(&p, "DELETE " RULES "/bob", NULL, 404);
    place_expect(&p, "GET " RULES "/bob", NULL, 404);
    expect_rules(&p, "[" ENTRY("carol@other.org", "allow") "]");
    place_release(&p);
}
END_TEST

START_TEST(what_is_wrong_is_named)
{
    struct place p;
    begin(&p);
    place_expect(&p, "PUT " RULES "/bob", "{\"handling\": \"maybe\"}", 400);
    place_expect_field(&p, "/handling");
    place_expect(&p, "PUT " RULES "/bob", "{}", 400);
    place_expect(&p, "PUT " RULES "/bob", "{\"handling\": \"allow\", \"who\": \"carol\"}", 400);
    place_expect_field(&p, "/who");
    place_expect(&p, "GET " RULES "/bob", NULL, 404);
    place_expect(&p, "PUT " RULES "/alice", "{\"handling\": \"block\"}", 400);
    place_expect_field(&p, "who");
    place_expect(&p, "PUT " RULES "/a%20b", "{\"handling\": \"block\"}", 400);
    place_expect(&p, "PUT /api/v1/users/nobody/rules/bob", "{\"handling\": \"block\"}", 404);
    place_expect(&p, "PUT " RULES, "{\"items\": [" ENTRY("alice@example.org", "block") "]}", 400);
    place_expect_field(&p, "/items/0/who");
    place_expect(&p, "PUT " RULES,
                 "{\"items\": [" ENTRY("b@x", "block") "," ENTRY("b@X", "allow") "]}", 400);
    place_expect(&p, "PUT " RULES, "{\"items\": 1}", 400);
    place_expect(&p, "PUT " RULES, "[", 400);
    p.type = "text/plain";
    place_expect(&p, "PUT " RULES, "x", 415);
    p.type = XML_TYPE;
    place_expect(&p, "PUT " RULES, "<a/>", 400);
    ck_assert_ptr_nonnull(strstr(fake_call_problem_detail(p.call), "line 1"));
    expect_rules(&p, "[]");
    p.field = "Accept", p.value = XML_TYPE;
    place_expect(&p, "GET " RULES, NULL, 404);
    place_release(&p);
}
END_TEST

static const char document[] =
    "<ruleset xmlns=\"urn:ietf:params:xml:ns:common-policy\" "
    "xmlns:pr=\"urn:ietf:params:xml:ns:pres-rules\">\n<!-- mine -->\n"
    "<rule id=\"a\"><conditions><identity><one id=\"sip:bob@example.org\"/>"
    "<one id=\"sip:carol@example.org\"/></identity></conditions>"
    "<actions><pr:sub-handling>allow</pr:sub-handling></actions></rule>\n"
    "<rule id=\"b\"><conditions><identity><many domain=\"example.org\">"
    "<except id=\"sip:carol@example.org\"/></many></identity></conditions>"
    "<actions><pr:sub-handling>polite-block</pr:sub-handling></actions></rule></ruleset>";

/* RFC 9110 12.4.2, 12.5.1; 12.5.5 */
START_TEST(the_form_that_is_wanted_most_is_answered)
{
    static const struct {
        const char *accept;
        bool document;
    } cases[] = {
        {XML_TYPE, true},
        {XML_TYPE ";q=0", false},
        {XML_TYPE "; Q=0.000, application/xml;q=0", false},
        {"application/json, " XML_TYPE ";q=0.5", false},
        {"application/json;q=0.9, " XML_TYPE ";v=1;q=0.91", true},
        {"application/json;q=0, " XML_TYPE ";q=0.001", true},
        {XML_TYPE ", */*;q=0.1", true},
        {XML_TYPE ";q=0.1, application/*;q=0.2", false},
        {XML_TYPE ";q=x", false},
        {XML_TYPE ";q=1.0005", false},
        {"*/*", false},
        {"application/*", false},
    };
    struct place p;
    begin(&p);
    p.type = XML_TYPE;
    place_expect(&p, "PUT " RULES, document, 204);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        p.field = "Accept", p.value = cases[i].accept;
        place_expect(&p, "GET " RULES, NULL, 200);
        ck_assert_msg((strcmp(fake_call_type(p.call), XML_TYPE) == 0) == cases[i].document, "%s",
                      cases[i].accept);
        ck_assert_str_eq(fake_call_answer_field(p.call, "Vary"), "Accept");
    }
    place_release(&p);
}
END_TEST

START_TEST(a_document_goes_in_and_out_as_it_is)
{
    struct place p;
    begin(&p);
    p.type = XML_TYPE;
    place_expect(&p, "PUT " RULES, document, 204);
    p.field = "Accept", p.value = "text/html, " XML_TYPE ";q=0.5";
    place_expect(&p, "GET " RULES, NULL, 200);
    ck_assert_str_eq(fake_call_type(p.call), XML_TYPE);
    ck_assert(bytes_equal(fake_call_text(p.call), bytes_of(document)));
    expect_rules(&p,
                 "[" ENTRY("bob@example.org", "allow") "," ENTRY("carol@example.org", "allow") "]");
    place_expect(&p, "PUT " RULES "/bob", "{\"handling\": \"block\"}", 200);
    p.field = "Accept", p.value = XML_TYPE;
    place_expect(&p, "GET " RULES, NULL, 200);
    ck_assert_ptr_nonnull(strstr(fake_call_text(p.call).at, "<!-- mine -->"));
    place_expect(&p, "DELETE " RULES "/bob", NULL, 204);
    place_expect(&p, "DELETE " RULES "/carol", NULL, 204);
    expect_rules(&p, "[]");
    p.field = "Accept", p.value = XML_TYPE;
    place_expect(&p, "GET " RULES, NULL, 200);
    ck_assert_ptr_nonnull(strstr(fake_call_text(p.call).at, "id=\"b\""));
    ck_assert_ptr_null(strstr(fake_call_text(p.call).at, "except"));
    ck_assert_ptr_null(strstr(fake_call_text(p.call).at, "id=\"a\""));
    place_expect(&p, "DELETE " RULES, NULL, 204);
    p.field = "Accept", p.value = XML_TYPE;
    place_expect(&p, "GET " RULES, NULL, 404);
    place_release(&p);
}
END_TEST

START_TEST(a_list_says_all)
{
    struct place p;
    begin(&p);
    place_expect(&p, "PUT " RULES "/dave", "{\"handling\": \"block\"}", 201);
    place_expect(&p, "PUT " RULES,
                 "{\"items\": [" ENTRY("carol@example.org", "polite-block") "," ENTRY(
                     "bob@example.org", "allow") "," ENTRY("eve@x.org", "allow") "]}",
                 204);
    expect_rules(&p, "[" ENTRY("bob@example.org", "allow") "," ENTRY(
                         "carol@example.org", "polite-block") "," ENTRY("eve@x.org", "allow") "]");
    char *same = json_dumps(fake_call_json(p.call), 0);
    char *tag = place_etag(&p);
    p.field = "If-Match", p.value = tag;
    place_expect(&p, "PUT " RULES, same, 204);
    place_expect(&p, "PUT " RULES "/eve@x.org", "{\"handling\": \"block\"}", 200);
    p.field = "If-Match", p.value = tag;
    place_expect(&p, "PUT " RULES, "{\"items\": []}", 412);
    p.field = "If-None-Match", p.value = "*";
    place_expect(&p, "PUT " RULES "/bob", "{\"handling\": \"block\"}", 412);
    place_expect(&p, "PUT " RULES, "{\"items\": []}", 204);
    expect_rules(&p, "[]");
    free(same);
    free(tag);
    place_release(&p);
}
END_TEST

/* What JSON does not show is not erased by it; each way out that the problem names is one. */
START_TEST(a_list_erases_nothing_that_it_does_not_show)
{
    static const char list[] = "{\"items\": [" ENTRY("dave@example.org", "block") "]}";
    struct place p;
    begin(&p);
    p.type = XML_TYPE;
    place_expect(&p, "PUT " RULES, document, 204);
    place_expect(&p, "GET " RULES, NULL, 200);
    char *tag = place_etag(&p);
    p.field = "If-Match", p.value = tag;
    place_expect(&p, "PUT " RULES, list, 409);
    ck_assert_ptr_nonnull(strstr(fake_call_problem_detail(p.call), "/rules/{who}"));
    p.field = "If-Match", p.value = "\"another\"";
    place_expect(&p, "PUT " RULES, list, 412);
    p.field = "Accept", p.value = XML_TYPE;
    place_expect(&p, "GET " RULES, NULL, 200);
    ck_assert(bytes_equal(fake_call_text(p.call), bytes_of(document)));
    place_expect(&p, "PUT " RULES "/dave", "{\"handling\": \"block\"}", 201);
    p.type = XML_TYPE;
    place_expect(&p, "PUT " RULES, document, 204);
    place_expect(&p, "DELETE " RULES, NULL, 204);
    place_expect(&p, "PUT " RULES, list, 204);
    place_expect(&p, "PUT " RULES, list, 204);
    free(tag);
    place_release(&p);
}
END_TEST

START_TEST(rules_are_bounded)
{
    const struct web_limits limits = {.buddies_max = 10, .rules_max_bytes = 300};
    static const char *const requests[][2] = {
        {"PUT " RULES, document},
        {"PUT " RULES "/somebody-with-a-name", "{\"handling\": \"allow\"}"},
    };
    struct place p;
    begin(&p);
    for (size_t i = 0; i < 2; i++) {
        struct web_call *call = fake_call(&endpoints, requests[i][0], requests[i][1]);
        fake_call_limits(call, &limits);
        fake_call_field(call, "Content-Type", i == 0 ? XML_TYPE : "application/json");
        fake_call_run(call, p.file, NULL);
        ck_assert_uint_eq(fake_call_status(call), 413);
        fake_call_free(&call);
    }
    expect_rules(&p, "[]");
    place_release(&p);
}
END_TEST

UNIT_MAIN("web/api/rules", a_watcher_is_handled_as_was_said_last, what_is_wrong_is_named,
          a_document_goes_in_and_out_as_it_is, the_form_that_is_wanted_most_is_answered,
          a_list_says_all, a_list_erases_nothing_that_it_does_not_show, rules_are_bounded)
