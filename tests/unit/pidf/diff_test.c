/* diff_test.c: what changed, as a patch; whoever applies it has what is now. */
#include "applier.h"
#include "partials.h"

static struct pidf_parser *parser;
static xmlSchema *partial_schema;

static void open_parser(void)
{
    parser = pidf_parser_new(&(struct pidf_limits){.elements = 100000});
    partial_schema = schema_open_file(SOURCE_DIR "/schemas/pidf-diff.xsd");
}

static void close_parser(void)
{
    pidf_parser_free(&parser);
    xmlSchemaFree(partial_schema);
}

static void assert_partial_valid(const char *text)
{
    char message[512];
    schema_judge(partial_schema, text, message);
    ck_assert_msg(message[0] == '\0', "%s in %s", message, text);
}

static struct blob *composed(const char *text)
{
    char *copy = compose_texts(&text, 1);
    struct blob *blob = blob_new(bytes_of(copy));
    free(copy);
    return blob;
}

/* The operations that make one document the other, checked; NULL: the whole state is shorter.
 * free() it. */
static char *operations(const struct blob *before, const struct blob *now)
{
    struct pidf_partial full, diff, wanted;
    full = pidf_full(parser, before);
    wanted = pidf_full(parser, now);
    bool shorter = pidf_diff(parser, before, now, &diff);
    char *copy = NULL, *whole = versioned(&wanted, 1);
    assert_partial_valid(whole);
    if (shorter) {
        char *have = versioned(&full, 1);
        copy = versioned(&diff, 1);
        assert_partial_valid(copy);
        ck_assert_uint_lt(strlen(copy), strlen(whole) + 1);
        xmlDoc *target = tree_of(have), *goal = tree_of(whole);
        apply_patch(target, copy);
        char *reached = canonical(target), *goals = canonical(goal);
        ck_assert_msg(strcmp(reached, goals) == 0, "%s\nbecame\n%s\nby\n%s\nand not\n%s", have,
                      reached, copy, goals);
        free(reached);
        free(goals);
        free(have);
        xmlFreeDoc(target);
        xmlFreeDoc(goal);
        pidf_partial_release(&diff);
    }
    free(whole);
    pidf_partial_release(&full);
    pidf_partial_release(&wanted);
    return copy;
}

/* What makes one text the other must be exactly these operations. */
static void expect(const char *before_text, const char *now_text, const char *wanted)
{
    struct blob *before = composed(before_text), *now = composed(now_text);
    char *copy = operations(before, now);
    ck_assert_ptr_nonnull(copy);
    const char *start = strstr(copy, "version=\"1\">");
    ck_assert_ptr_nonnull(start);
    start += strlen("version=\"1\">");
    const char *end = strstr(start, "</p:pidf-diff>\n");
    ck_assert_msg(end != NULL && (size_t)(end - start) == strlen(wanted) &&
                      strncmp(start, wanted, strlen(wanted)) == 0,
                  "%s and not %s", copy, wanted);
    free(copy);
    blob_unref(&before);
    blob_unref(&now);
}

/* Enough around it that the whole state is longer. */
#define AROUND(content)                                                                          \
    PRESENCE("<tuple id='a'><status><basic>open</basic></status><contact priority='0.8'>sip:a@b" \
             "</contact><note>a long note about nothing that matters to anybody here</note>"     \
             "</tuple>" content "<note>another note, which makes the document longer</note>"     \
             "<note>and another one, so that no operation is as long</note>"                     \
             "<note>and another one, so that no operation is as long as all of them</note>")
#define PERSON(content) "<dm:person id='p'>" content "</dm:person>"

/* RFC 5262 3: the root, the version, and "exactly the same" below it. */
START_TEST(test_rfc5262_full)
{
    const char *text = PRESENCE("<tuple id='t'/>" PERSON("<rpid:mood><rpid:sad/></rpid:mood>"));
    struct blob *blob = composed(text),
                *empty = blob_new(
                    BYTES("<presence xmlns='"
                          "urn:ietf:params:xml:ns:pidf' xmlns:p='urn:x' entity='sip:a@b' />"));
    struct pidf_partial partial = pidf_full(parser, blob);
    char *full = versioned(&partial, 4294967295);
    ck_assert_str_eq(full,
                     "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<p:pidf-full "
                     "xmlns=\"urn:ietf:params:xml:ns:pidf\" "
                     "xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\" "
                     "xmlns:rpid=\"urn:ietf:params:xml:ns:pidf:rpid\" entity=\"" ENTITY "\" "
                     "xmlns:p=\"" DIFF_NS "\" version=\"4294967295\">"
                     "<tuple id=\"t\"><status/></tuple><dm:person id=\"p\"><rpid:mood><rpid:sad/>"
                     "</rpid:mood></dm:person></p:pidf-full>\n");
    assert_partial_valid(full);
    free(full);
    pidf_partial_release(&partial);
    partial = pidf_full(parser, empty);
    full = versioned(&partial, 1);
    assert_partial_valid(full);
    ck_assert_ptr_nonnull(strstr(full, "xmlns:p1=\"" DIFF_NS "\" version=\"1\"></p1:pidf-full>"));
    free(full);
    pidf_partial_release(&partial);
    ck_assert_ptr_null(partial.head);
    blob_unref(&blob);
    blob_unref(&empty);
}
END_TEST

START_TEST(test_nothing_changed)
{
    expect(AROUND(""), AROUND(""), "");
}
END_TEST

/* RFC 5261 4.4: text, attributes and elements are replaced. */
START_TEST(test_rfc5261_replace)
{
    expect(AROUND("<tuple id='t'><status><basic>open</basic></status></tuple>"),
           AROUND("<tuple id='t'><status><basic>closed</basic></status></tuple>"),
           "<p:replace sel=\"*/tuple[@id='t']/status/basic/text()\">closed</p:replace>");
    expect(AROUND("<tuple id='t'><status/><contact priority='0.5'>sip:some-body@example.com"
                  "</contact></tuple>"),
           AROUND("<tuple id='t'><status/><contact priority='0.7'>sip:some-body@example.com"
                  "</contact></tuple>"),
           "<p:replace sel=\"*/tuple[@id='t']/contact/@priority\">0.7</p:replace>");
    expect(AROUND(PERSON("<rpid:activities><rpid:busy/></rpid:activities>")),
           AROUND(PERSON("<rpid:activities><rpid:away/></rpid:activities>")),
           "<p:replace "
           "sel=\"*/dm:person[@id='p']/rpid:activities/rpid:busy\"><rpid:away/></p:replace>");
}
END_TEST

#define ACTIVITIES(first, last)                                                                  \
    PERSON(                                                                                      \
        "<rpid:activities>" first "<rpid:appointment/><rpid:breakfast/><rpid:dinner/>"           \
        "<rpid:in-transit/><rpid:looking-for-work/><rpid:on-the-phone/><rpid:performance/>" last \
        "</rpid:activities>")

/* RFC 5261 4.3. */
START_TEST(test_rfc5261_add)
{
    expect(
        AROUND(ACTIVITIES("", "")), AROUND(ACTIVITIES("<rpid:meal/>", "")),
        "<p:add sel=\"*/dm:person[@id='p']/rpid:activities\" pos=\"prepend\"><rpid:meal/></p:add>");
    expect(AROUND(ACTIVITIES("", "")), AROUND(ACTIVITIES("", "<rpid:meal/>")),
           "<p:add sel=\"*/dm:person[@id='p']/rpid:activities\"><rpid:meal/></p:add>");
    expect(AROUND(ACTIVITIES("<rpid:busy/>", "")),
           AROUND(ACTIVITIES("<rpid:busy/><rpid:tv/><rpid:meal/>", "")),
           "<p:add sel=\"*/dm:person[@id='p']/rpid:activities/rpid:busy\" pos=\"after\"><rpid:tv/>"
           "<rpid:meal/></p:add>");
    expect(
        AROUND(""), AROUND("<tuple id='t'/>"),
        "<p:add sel=\"*/tuple[@id='a']\" pos=\"after\"><tuple id=\"t\"><status/></tuple></p:add>");
    expect(AROUND(PERSON("<rpid:mood><rpid:happy/></rpid:mood>")),
           AROUND(PERSON("<rpid:mood until='2026-11-21T02:15:08Z'><rpid:happy/></rpid:mood>")),
           "<p:add sel=\"*/dm:person[@id='p']/rpid:mood\" "
           "type=\"@until\">2026-11-21T02:15:08Z</p:add>");
    expect(AROUND("<tuple id='t'><note/></tuple>"),
           AROUND("<tuple id='t'><note>&lt;</note></tuple>"),
           "<p:add sel=\"*/tuple[@id='t']/note\">&lt;</p:add>");
}
END_TEST

/* RFC 5261 4.5; a person may be the first thing in the data model's namespace, and the last. */
START_TEST(test_rfc5261_remove)
{
    expect(AROUND(PERSON("")), AROUND(""), "<p:remove sel=\"*/dm:person[@id='p']\"/>");
    expect(AROUND(""), AROUND(PERSON("")), "<p:add sel=\"*\"><dm:person id=\"p\"/></p:add>");
    expect(AROUND("<tuple id='t'><note xml:lang='de'>n</note></tuple>"),
           AROUND("<tuple id='t'><note>n</note></tuple>"),
           "<p:remove sel=\"*/tuple[@id='t']/note/@xml:lang\"/>");
    expect(AROUND("<tuple id='t'><note>n</note></tuple>"), AROUND("<tuple id='t'><note/></tuple>"),
           "<p:remove sel=\"*/tuple[@id='t']/note/text()\"/>");
}
END_TEST

/* Elements without an id are counted, among those of their name, or among all. */
START_TEST(test_positions)
{
    expect(AROUND(PERSON("<rpid:activities><rpid:busy/><rpid:away/><rpid:busy/>"
                         "</rpid:activities>")),
           AROUND(PERSON("<rpid:activities><rpid:busy/><rpid:away/></rpid:activities>")),
           "<p:remove sel=\"*/dm:person[@id='p']/rpid:activities/rpid:busy[2]\"/>");
    expect(AROUND("<x:a xmlns:x='urn:x'/><x:a xmlns:x='urn:x'/><x:b xmlns:x='urn:x'/>"),
           AROUND("<x:a xmlns:x='urn:x'/><x:b xmlns:x='urn:x'/>"), "<p:remove sel=\"*/*[6]\"/>");
    expect(AROUND("<tuple id='b'><x:a xmlns:x='urn:x'>longer than its place<x:c/></x:a></tuple>"),
           AROUND("<tuple id='b'><x:a xmlns:x='urn:x'>longer than its place<x:d/></x:a></tuple>"),
           "<p:replace sel=\"*/tuple[@id='b']/*[2]\"><x:a xmlns:x=\"urn:x\">longer than its place"
           "<x:d/></x:a></p:replace>");
}
END_TEST

/* Two that change places: for a moment both have the same id, and are counted. */
START_TEST(test_order)
{
    expect(AROUND("<tuple id='b'/><tuple id='c'/>"), AROUND("<tuple id='c'/><tuple id='b'/>"),
           "<p:remove sel=\"*/tuple[@id='b']\"/><p:add sel=\"*/tuple[@id='c']\" pos=\"after\">"
           "<tuple id=\"b\"><status/></tuple></p:add>");
}
END_TEST

/* RFC 5263 4.2, RFC 5262 4: full state when it is not longer; nothing between two presentities. */
START_TEST(test_rfc5263_no_diff)
{
    struct pidf_partial partial;
    struct blob *before = composed(PRESENCE("<tuple id='a'/><tuple id='b'/>"));
    struct blob *now = composed(PRESENCE("<note>everything else</note>"));
    ck_assert(!pidf_diff(parser, before, now, &partial));
    blob_unref(&now);
    now = blob_new(BYTES("<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='sip:bob@x'/>"));
    ck_assert(!pidf_diff(parser, before, now, &partial));
    blob_unref(&now);
    blob_unref(&before);
}
END_TEST

/* Namespaces that only one root declares, as a view may write them (RFC 5261 4.3.3, 4.5.3); a
 * prefix that changes its meaning is no matter for a patch. */
#define ROOT(declarations, content)                                                               \
    "<presence xmlns='urn:ietf:params:xml:ns:pidf' " declarations " entity='sip:a@b'>" content    \
    "<note>enough to be longer than the operations that follow from it</note><note>enough to be " \
    "longer than the operations that follow from it, all together in one</note></presence>"
START_TEST(test_namespaces_of_the_root)
{
    static const char *const roots[] = {
        ROOT("xmlns:x='urn:x'", "<x:a/>"),
        ROOT("xmlns:x='urn:x' xmlns:dm='urn:ietf:params:xml:ns:pidf:data-model'", "<x:b/>"),
        ROOT("xmlns:y='urn:y'", "<y:a y:b='1'/>"),
        ROOT("xmlns:y='urn:y'", "<y:a y:b='2' y:c='3'/>"),
        ROOT("xmlns:y='urn:y'", "<y:a y:b=''/>"),
        ROOT("", ""),
        ROOT("xmlns:y='urn:other'", ""),
        ROOT("xmlns:dm='urn:other'", ""),
        ROOT("xmlns:p='urn:other'", ""),
    };
    enum { ROOTS = sizeof(roots) / sizeof(roots[0]) };
    static const bool agree[ROOTS][ROOTS] = {
        {1, 1, 1, 1, 1, 1, 1, 0, 0}, {1, 1, 1, 1, 1, 1, 1, 0, 0}, {1, 1, 1, 1, 1, 1, 0, 0, 0},
        {1, 1, 1, 1, 1, 1, 0, 0, 0}, {1, 1, 1, 1, 1, 1, 0, 0, 0}, {1, 1, 1, 1, 1, 1, 1, 0, 0},
        {1, 1, 0, 0, 0, 1, 1, 0, 0}, {0, 0, 0, 0, 0, 0, 0, 0, 0}, {0, 0, 0, 0, 0, 0, 0, 0, 1}};
    for (size_t i = 0; i < ROOTS; i++)
        for (size_t j = 0; j < ROOTS; j++) {
            struct blob *before = blob_new(bytes_of(roots[i])), *now = blob_new(bytes_of(roots[j]));
            char *copy = operations(before, now);
            ck_assert_msg((copy != NULL) == agree[i][j], "%s\n%s\n%s", roots[i], roots[j], copy);
            free(copy);
            blob_unref(&before);
            blob_unref(&now);
        }
}
END_TEST

/* Whatever changed: whoever had the one and applies the patch has the other. */
START_TEST(test_random_pairs)
{
    enum { ROUNDS = 600 };
    struct dice dice = {11};
    unsigned shorter = 0, changed = 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct plan was = plan_new(&dice), is = plan_change(&was, &dice);
        struct blob *before = compose_plan(parser, &was), *now = compose_plan(parser, &is);
        char *copy = operations(before, now);
        changed += !bytes_equal(blob_bytes(before), blob_bytes(now));
        shorter += copy != NULL && strstr(copy, "</p:pidf-diff>") != NULL;
        free(copy);
        blob_unref(&before);
        blob_unref(&now);
    }
    ck_assert_uint_gt(changed, ROUNDS / 2);
    ck_assert_uint_gt(shorter, ROUNDS / 2);
}
END_TEST

/* One after the other, as a watcher gets them. */
START_TEST(test_random_chains)
{
    struct dice dice = {23};
    for (unsigned i = 0; i < 40; i++) {
        struct plan plan = plan_new(&dice);
        struct blob *before = compose_plan(parser, &plan);
        struct pidf_partial partial = pidf_full(parser, before);
        char *text = versioned(&partial, 1);
        xmlDoc *copy = tree_of(text);
        for (unsigned step = 0; step < 20; step++) {
            plan = plan_change(&plan, &dice);
            struct blob *now = compose_plan(parser, &plan);
            struct pidf_partial full = pidf_full(parser, now), diff;
            char *whole = versioned(&full, 1);
            if (pidf_diff(parser, before, now, &diff)) {
                char *patch = versioned(&diff, 1);
                apply_patch(copy, patch);
                free(patch);
                pidf_partial_release(&diff);
            } else {
                xmlFreeDoc(copy);
                copy = tree_of(whole);
            }
            xmlDoc *goal = tree_of(whole);
            char *reached = canonical(copy), *goals = canonical(goal);
            ck_assert_str_eq(reached, goals);
            free(reached);
            free(goals);
            xmlFreeDoc(goal);
            free(whole);
            pidf_partial_release(&full);
            blob_unref(&before);
            before = now;
        }
        xmlFreeDoc(copy);
        free(text);
        pidf_partial_release(&partial);
        blob_unref(&before);
    }
}
END_TEST

/* Many parts, all changed: an answer soon, whatever it is. */
START_TEST(test_large_documents)
{
    struct draft *one = calloc(1, sizeof(*one)), *two = calloc(1, sizeof(*two));
    draft(one, "<presence " PIDF " entity='" ENTITY "'>");
    draft(two, "<presence " PIDF " entity='" ENTITY "'>");
    for (unsigned i = 0; i < 1500; i++) {
        draft(one, "<note>%u</note>", i);
        draft(two, "<note>%u</note>", (i + 7) % 1500);
    }
    draft(one, "</presence>");
    draft(two, "</presence>");
    struct blob *before = blob_new(bytes_of(one->text)), *now = blob_new(bytes_of(two->text));
    char *copy = operations(before, now);
    free(copy);
    blob_unref(&before);
    blob_unref(&now);
    free(one);
    free(two);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pidf/diff");
    TCase *cases = tcase_create("pidf/diff");
    const TTest *tests[] = {test_rfc5262_full, test_nothing_changed, test_rfc5261_replace,
                            test_rfc5261_add,  test_rfc5261_remove,  test_positions,
                            test_order,        test_rfc5263_no_diff, test_namespaces_of_the_root,
                            test_random_pairs, test_random_chains,   test_large_documents};
    tcase_add_checked_fixture(cases, open_parser, close_parser);
    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
        tcase_add_test(cases, tests[i]);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
