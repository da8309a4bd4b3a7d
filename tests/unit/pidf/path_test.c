/* path_test.c: the expressions of filters (RFC 4661 5); libxml2's XPath is the judge of what they
 * select. */
#include "pidf/path_internal.h"

#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>

#include "pidf/grammar_internal.h"
#include "unit.h"

static const struct path_binding items[] = {
    {{"a", 1}, {"urn:a", 5}},
    {{"b", 1}, {"urn:b", 5}},
};
static const struct path_bindings bindings = {items, 2};

static struct verdict parse(const char *text, bool conditions, struct arena *arena,
                            struct path *path)
{
    return path_parse(bytes_of(text), conditions, &bindings, arena, path);
}

/* The expression is good and reads `wanted` when it is written again. */
static void accept(const char *text, bool conditions, const char *wanted)
{
    struct arena arena;
    struct path path;
    struct text out = {0};
    arena_init(&arena, 0);
    struct verdict result = parse(text, conditions, &arena, &path);
    ck_assert_msg(verdict_ok(result), "%s: %s at %zu", text, result.reason, result.offset);
    path_write(&path, &bindings, &out);
    text_char(&out, '\0');
    ck_assert_str_eq(out.at, wanted);
    /* and once more, from what was written */
    struct path again;
    ck_assert(verdict_ok(parse(wanted, conditions, &arena, &again)));
    text_release(&out);
    arena_release(&arena);
}

static void refuse(const char *text, bool conditions, unsigned status)
{
    struct arena arena;
    struct path path;
    arena_init(&arena, 0);
    struct verdict result = parse(text, conditions, &arena, &path);
    ck_assert_msg(result.status == status, "%s: %u %s", text, result.status, result.reason);
    ck_assert_msg(result.offset <= strlen(text), "%s: %zu", text, result.offset);
    arena_release(&arena);
}

/* RFC 4661 5 and 6. */
START_TEST(test_rfc4661_5_selections)
{
    accept("/a:presence/a:tuple/a:status/a:basic", true, "/a:presence/a:tuple/a:status/a:basic");
    accept("//tuple/status/basic", true, "//tuple/status/basic");
    accept("/*/watcher", true, "/*/watcher");
    accept("//*[status/basic=\"open\"]", true, "//*[status/basic=\"open\"]");
    accept("/presence/tuple[*/basic=\"open\"]", true, "/presence/tuple[*/basic=\"open\"]");
    accept("//watcher[@duration-subscribed<500]", true, "//watcher[@duration-subscribed<500]");
    accept("/*/watcher[@event=\"rejected\"]", true, "/*/watcher[@event=\"rejected\"]");
    accept("//tuple[status/basic=\"open\" and type=\"device\"]", true,
           "//tuple[status/basic=\"open\" and type=\"device\"]");
    accept("//watcher/@duration-subscribed", true, "//watcher/@duration-subscribed");
    accept("/a:presence/a:tuple[b:class=\"IM\" or b:class=\"SMS\"]/a:status", true,
           "/a:presence/a:tuple[b:class=\"IM\" or b:class=\"SMS\"]/a:status");
}
END_TEST

START_TEST(test_other_good_ones)
{
    accept("  / a:x / \n b:y [ @b:z = 'it\"s' ] / @q ", true, "/a:x/b:y[@b:z='it\"s']/@q");
    accept("//@id", false, "//@id");
    accept("/x//@id", false, "/x//@id");
    accept("/x[.='1' or ..>-2.5 and y/@z<.5]", true, "/x[.=\"1\" or ..>-2.5 and y/@z<.5]");
    accept("/or/and[or='and' and and='or']", true, "/or/and[or=\"and\" and and=\"or\"]");
    accept("/x.y-z_1", true, "/x.y-z_1");
    accept("/\xc3\xbc", true, "/\xc3\xbc");
    accept("/x[y='']", true, "/x[y=\"\"]");
}
END_TEST

/* Not in the grammar, however good XPath some of it is. */
static const char *const refused[] = {
    "",
    " ",
    "/",
    "//",
    "x",
    "x/y",
    ".",
    "..",
    "/..",
    "/.",
    "/@x",
    "@x",
    "/x/",
    "/x//",
    "///x",
    "/x|/y",
    "/x[1]",
    "/x[y]",
    "/x[y!='1']",
    "/x[y<='1']",
    "/x[y>='1']",
    "/x[y==1]",
    "/x[last()]",
    "/x[position()=1]",
    "/x[count(y)=1]",
    "/x/text()",
    "/x/node()",
    "/child::x",
    "//descendant::x",
    "/x[not(y='1')]",
    "/x[y='1'",
    "/x[y='1",
    "/x[y=]",
    "/x[y=z]",
    "/x[y=1-]",
    "/x[y=--1]",
    "/x[y=1e3]",
    "/x[y='1' y='2']",
    "/x[y='1' and]",
    "/x[y='1' xor z='2']",
    "/x[]",
    "/x[=1]",
    "/x[y='1'][z='2']",
    "/x[../y='1']",
    "/x[./y='1']",
    "/x[y//z='1']",
    "/x[/y='1']",
    "/x[(y='1')]",
    "/x[$y='1']",
    "/$x",
    "/x:",
    "/:x",
    "/nobody:x",
    "/a:*",
    "/*:x",
    "/a:x:y",
    "/@*",
    "//@*",
    "/x/@y/z",
    "/x/@y[.='1']",
    "/x#",
    "/1x",
    "/-x",
    "id('x')",
    "document('http://e.org/')",
    "/x[@='1']",
    "/x[@*='1']",
    "/x]",
    "/x[y='1']]",
};

/* RFC 4660 5.4: 488. */
START_TEST(test_rfc4660_5_4_refused)
{
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        refuse(refused[i], true, 488);
}
END_TEST

/* RFC 4661 3.6: triggers have references, which are without conditions. */
START_TEST(test_rfc4661_3_6_references)
{
    accept("/a:presence/a:tuple", false, "/a:presence/a:tuple");
    refuse("/a:presence/a:tuple[x='1']", false, 488);
}
END_TEST

START_TEST(test_limits)
{
    char text[PATH_BYTES_MOST + 2];
    memset(text, 'x', sizeof(text) - 1);
    text[0] = '/';
    text[sizeof(text) - 1] = '\0';
    refuse(text, true, 413);
    text[sizeof(text) - 2] = '\0';
    accept(text, true, text);
    refuse("/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x", true, 413);
    accept("/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x", true, "/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x/x");
    refuse("/x[x/x/x/x/x/x/x/x/x=1]", true, 413);
    accept("/x[x/x/x/x/x/x/x/x=1]", true, "/x[x/x/x/x/x/x/x/x=1]");
    refuse("/x[a=1 or a=1 or a=1 or a=1 or a=1 or a=1 or a=1 or a=1]"
           "/x[a=1 or a=1 or a=1 or a=1 or a=1 or a=1 or a=1 or a=1 or a=1]",
           true, 413);
    snprintf(text, sizeof(text), "/x[y='%0*d']", PATH_VALUE_BYTES_MOST + 1, 0);
    refuse(text, true, 413);
}
END_TEST

/* RFC 4661 6.5 uses a prefix of PIDF that nobody bound. */
START_TEST(test_usual_prefixes)
{
    struct arena arena;
    struct path path;
    arena_init(&arena, 0);
    ck_assert(verdict_ok(parse("/pidf:presence/dm:person/rpid:mood", true, &arena, &path)));
    ck_assert(bytes_equal(path.steps[0].name.space, BYTES(PIDF_NAMESPACE)));
    ck_assert(bytes_equal(path.steps[1].name.space, BYTES(DATA_MODEL_NAMESPACE)));
    ck_assert(bytes_equal(path.steps[2].name.space, BYTES(RPID_NAMESPACE)));
    arena_release(&arena);
}
END_TEST

START_TEST(test_numbers)
{
    double number = 0;
    static const char *const bad[] = {"",    " ",   "-",     ".",   "+1",  "1e3", "0x1",
                                      "--1", "1 2", "1.2.3", "inf", "nan", "1,5"};
    ck_assert(path_number(BYTES(" -12.50\n"), &number) && number == -12.5);
    ck_assert(path_number(BYTES("5."), &number) && number == 5);
    ck_assert(path_number(BYTES(".5"), &number) && number == 0.5);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(!path_number(bytes_of(bad[i]), &number), "%s", bad[i]);
}
END_TEST

/* Selecting. */

struct found {
    const void *nodes[512];
    size_t count;
};

static void add_found(void *context, xmlNode *element, xmlAttr *attribute)
{
    struct found *found = context;
    ck_assert_uint_lt(found->count, 512);
    found->nodes[found->count++] = attribute != NULL ? (const void *)attribute : element;
}

/* What libxml2 says that the expression selects, in the order of the document. */
static void select_by_xpath(xmlXPathContext *context, const char *text, struct found *found)
{
    xmlXPathObject *object = xmlXPathEvalExpression(BAD_CAST text, context);
    ck_assert_msg(object != NULL && object->type == XPATH_NODESET, "%s", text);
    xmlXPathNodeSetSort(object->nodesetval);
    for (int i = 0; object->nodesetval != NULL && i < object->nodesetval->nodeNr; i++)
        found->nodes[found->count++] = object->nodesetval->nodeTab[i];
    xmlXPathFreeObject(object);
}

/* A document, for drop_document. */
static xmlXPathContext *read_document(struct bytes text)
{
    xmlDoc *tree = xmlReadMemory(text.at, (int)text.length, NULL, NULL, XML_PARSE_NONET);
    ck_assert_ptr_nonnull(tree);
    xmlXPathContext *context = xmlXPathNewContext(tree);
    xmlXPathRegisterNs(context, BAD_CAST "a", BAD_CAST "urn:a");
    xmlXPathRegisterNs(context, BAD_CAST "b", BAD_CAST "urn:b");
    return context;
}

static void drop_document(xmlXPathContext *context)
{
    xmlDoc *tree = context->doc;
    xmlXPathFreeContext(context);
    xmlFreeDoc(tree);
}

/* Both must find the same; how many that is. */
static size_t compare(xmlXPathContext *context, const char *text)
{
    struct arena arena;
    struct path path;
    struct found ours = {.count = 0}, theirs = {.count = 0};
    struct path_budget budget = {1000000};
    arena_init(&arena, 0);
    struct verdict result = parse(text, true, &arena, &path);
    ck_assert_msg(verdict_ok(result), "%s: %s", text, result.reason);
    path_select(&path, xmlDocGetRootElement(context->doc), &budget, add_found, &ours);
    select_by_xpath(context, text, &theirs);
    ck_assert_msg(ours.count == theirs.count, "%s: %zu, not %zu", text, ours.count, theirs.count);
    for (size_t i = 0; i < ours.count; i++)
        ck_assert_msg(ours.nodes[i] == theirs.nodes[i], "%s: %zu differs", text, i);
    arena_release(&arena);
    return ours.count;
}

static const char document[] =
    "<r xmlns:a='urn:a' xmlns:b='urn:b' k='0'><a:x k='1'>5<y>open</y><y k='2'> 7 </y></a:x>"
    "<b:x a:k='1'>-2<y>op<z>en</z></y></b:x><x><x><x k='3'>5.0</x></x></x><y/></r>";

START_TEST(test_same_as_xpath)
{
    static const struct {
        const char *text;
        size_t count;
    } cases[] = {
        {"/r", 1},
        {"/x", 0},
        {"//x", 3},
        {"//a:x", 1},
        {"/r/*", 4},
        {"//*", 11},
        {"//x//x", 2},
        {"//x/x//x", 1},
        {"//@k", 4},
        {"/r//@k", 4},
        {"/r/@k", 1},
        {"//@a:k", 1},
        {"//x//@k", 1},
        {"//*[.='open']", 2},
        {"//*[y='open']", 2},
        {"//*[y/z='en']", 1},
        {"//y[..='5open 7 ']", 2},
        {"//*[.=5]", 3},
        {"//*[.>4]", 4},
        {"//*[.<0]", 0},
        {"//*[@k>0 and @k<3]", 2},
        {"//*[@k=1 or @k=3]", 2},
        {"//*[@k=1 and y='open' or @k=3]", 2},
        {"//*[@k=3 or @k=1 and y='closed']", 1},
        {"//*[*/@k=2]", 1},
        {"//*[x/x=5]", 2},
        {"/*[..>0]", 0},
        {"//y[.='']", 1},
    };
    xmlXPathContext *context = read_document(bytes_of(document));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t count = compare(context, cases[i].text);
        ck_assert_msg(count == cases[i].count, "%s: %zu", cases[i].text, count);
    }
    drop_document(context);
}
END_TEST

/* Random documents and expressions. */

static uint32_t draw(uint32_t *state, uint32_t below)
{
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 16) % below;
}

static void put_random_name(struct text *out, uint32_t *state, bool any)
{
    static const char *const names[] = {"x", "y", "a:x", "b:y", "*"};
    text_put(out, bytes_of(names[draw(state, any ? 5 : 4)]));
}

static void put_random_element(struct text *out, uint32_t *state, unsigned depth)
{
    static const char *const names[] = {"x", "y", "a:x", "b:y"};
    const char *name = names[draw(state, 4)];
    text_char(out, '<');
    text_put(out, bytes_of(name));
    if (draw(state, 3) == 0) {
        text_put(out, BYTES(" k='"));
        text_number(out, draw(state, 3));
        text_char(out, '\'');
    }
    text_char(out, '>');
    for (unsigned i = draw(state, 4); i > 0; i--) {
        if (depth > 0 && draw(state, 3) != 0)
            put_random_element(out, state, depth - 1);
        else
            text_number(out, draw(state, 3));
    }
    text_put(out, BYTES("</"));
    text_put(out, bytes_of(name));
    text_char(out, '>');
}

static void put_random_term(struct text *out, uint32_t *state)
{
    static const char *const values[] = {"'1'", "1", "'0'", "2", "'12'", "''", "1.0", "-1"};
    static const char *const operators[] = {"=", "<", ">"};
    unsigned kind = draw(state, 5);
    if (kind == 0)
        text_put(out, BYTES("."));
    else if (kind == 1)
        text_put(out, BYTES(".."));
    else if (kind == 2)
        text_put(out, BYTES("@k"));
    else
        put_random_name(out, state, true);
    if (kind == 3)
        text_put(out, BYTES("/@k"));
    text_put(out, bytes_of(operators[draw(state, 3)]));
    text_put(out, bytes_of(values[draw(state, 8)]));
}

static void put_random_path(struct text *out, uint32_t *state)
{
    for (unsigned i = 1 + draw(state, 4); i > 0; i--) {
        text_put(out, draw(state, 2) == 0 ? BYTES("/") : BYTES("//"));
        put_random_name(out, state, true);
        if (draw(state, 3) != 0)
            continue;
        text_char(out, '[');
        put_random_term(out, state);
        for (unsigned j = draw(state, 3); j > 0; j--) {
            text_put(out, draw(state, 2) == 0 ? BYTES(" or ") : BYTES(" and "));
            put_random_term(out, state);
        }
        text_char(out, ']');
    }
    if (draw(state, 4) == 0)
        text_put(out, draw(state, 2) == 0 ? BYTES("/@k") : BYTES("//@k"));
}

START_TEST(test_same_as_xpath_at_random)
{
    struct text text = {0};
    uint32_t state = 4661;
    size_t found = 0;
    for (int round = 0; round < 150; round++) {
        text.length = 0;
        text_put(&text, BYTES("<x xmlns:a='urn:a' xmlns:b='urn:b'>"));
        for (int i = 0; i < 3; i++)
            put_random_element(&text, &state, 4);
        text_put(&text, BYTES("</x>"));
        xmlXPathContext *context = read_document(text_bytes(&text));
        for (int i = 0; i < 30; i++) {
            text.length = 0;
            put_random_path(&text, &state);
            text_char(&text, '\0');
            found += compare(context, text.at);
        }
        drop_document(context);
    }
    ck_assert_uint_gt(found, 3000);
    text_release(&text);
}
END_TEST

/* What would be quadratic ends when it is paid for. */
START_TEST(test_the_budget_holds)
{
    struct text text = {0};
    struct arena arena;
    struct path path;
    struct found found = {.count = 0};
    struct path_budget budget = {100000};
    text_put(&text, BYTES("<r>"));
    for (int i = 0; i < 20000; i++)
        text_put(&text, BYTES("<a/>"));
    text_put(&text, BYTES("</r>"));
    xmlDoc *tree = xmlReadMemory(text.at, (int)text.length, NULL, NULL, XML_PARSE_NONET);
    arena_init(&arena, 0);
    ck_assert(verdict_ok(parse("//*[..='x' or ..<5]", true, &arena, &path)));
    path_select(&path, xmlDocGetRootElement(tree), &budget, add_found, &found);
    ck_assert_uint_eq(budget.left, 0);
    ck_assert_uint_eq(found.count, 0);
    /* while one walk costs no more than there are nodes */
    budget.left = 20001;
    ck_assert(verdict_ok(parse("//b//*//*//*//*//*//*[.='x']", true, &arena, &path)));
    path_select(&path, xmlDocGetRootElement(tree), &budget, add_found, &found);
    ck_assert_uint_gt(budget.left, 0);
    arena_release(&arena);
    xmlFreeDoc(tree);
    text_release(&text);
}
END_TEST

UNIT_MAIN("path", test_rfc4661_5_selections, test_other_good_ones, test_rfc4660_5_4_refused,
          test_rfc4661_3_6_references, test_limits, test_usual_prefixes, test_numbers,
          test_same_as_xpath, test_same_as_xpath_at_random, test_the_budget_holds)
