/* patch_test.c: partial publications: every kind of operation, every error, hostile ones. */
#include "applier.h"
#include "partials.h"

static struct pidf_parser *parser;

static void open_parser(void)
{
    parser = pidf_parser_new(NULL);
}

static void close_parser(void)
{
    pidf_parser_free(&parser);
}

/* A patch around operations, in the namespaces that RFC 5261 A.18 has. */
#define DIFF(operations)                                                             \
    "<p:pidf-diff xmlns='urn:doc' xmlns:y='urn:y' xmlns:p='" DIFF_NS "'>" operations \
    "</p:pidf-diff>"
#define DOC(content) "<doc xmlns='urn:doc' xmlns:z='urn:y'>" content "</doc>"

static char *canonical_text(struct bytes text)
{
    xmlDoc *tree = xmlReadMemory(text.at, (int)text.length, NULL, NULL, XML_PARSE_NONET);
    ck_assert_msg(tree != NULL, "%.*s", BYTES_ARGS(text));
    xmlChar *out = NULL;
    int length = xmlC14NDocDumpMemory(tree, NULL, XML_C14N_1_0, NULL, 1, &out);
    ck_assert_int_ge(length, 0);
    char *copy = strndup((const char *)out, (size_t)length);
    xmlFree(out);
    xmlFreeDoc(tree);
    return copy;
}

/* `patch` applied to `published` must be `wanted`, in canonical form with comments. */
static void expect_text(const char *published, const char *patch, const char *wanted)
{
    struct blob *body;
    struct verdict result = pidf_patch(parser, bytes_of(published), bytes_of(patch), &body);
    ck_assert_msg(verdict_ok(result), "%u %s: %s", result.status, result.reason, patch);
    char *is = canonical_text(blob_bytes(body)), *should = canonical_text(bytes_of(wanted));
    ck_assert_msg(strcmp(is, should) == 0, "%s is not\n%s", is, should);
    free(is);
    free(should);
    blob_unref(&body);
}

#define EXPECT(published, operations, wanted) \
    expect_text(DOC(published), DIFF(operations), DOC(wanted))

static void refuse_text(const char *published, const char *patch, unsigned status,
                        const char *reason)
{
    struct blob *body;
    struct verdict result = pidf_patch(parser, bytes_of(published), bytes_of(patch), &body);
    ck_assert_msg(result.status == status && strncmp(result.reason, reason, strlen(reason)) == 0,
                  "%u %s and not %s: %s", result.status, result.reason, reason, patch);
    ck_assert_ptr_null(body);
    ck_assert_uint_le(result.offset, strlen(patch));
}

#define REFUSE(error, published, operations) \
    refuse_text(DOC(published), DIFF(operations), 400, error ":")

/* RFC 5261 A.1 to A.5 and 4.3. */
START_TEST(test_rfc5261_add)
{
    EXPECT("\n <note>sample</note>\n", "<p:add sel='doc'><foo id='e'>new</foo></p:add>",
           "\n <note>sample</note>\n<foo id='e'>new</foo>");
    EXPECT("<foo id='e'/>", "<p:add sel=\"doc/foo[@id='e']\" type='@user'>Bob</p:add>",
           "<foo id='e' user='Bob'/>");
    EXPECT("<foo/>", "<p:add sel='doc/foo' type='namespace::pref'>urn:ns:xxx</p:add>",
           "<foo xmlns:pref='urn:ns:xxx'/>");
    EXPECT("<foo id='e'/>", "<p:add sel=\"doc/foo[@id='e']\" pos='before'><!-- c --></p:add>",
           "<!-- c --><foo id='e'/>");
    EXPECT("<foo/>\n  ", "<p:add sel='doc'><foo id='e'/><?pi x?></p:add>",
           "<foo/>\n  <foo id='e'/><?pi x?>");
    EXPECT("<foo><a/><b/></foo>", "<p:add sel='doc/foo' pos='prepend'>x<c/></p:add>",
           "<foo>x<c/><a/><b/></foo>");
    EXPECT("<foo><a/><b/></foo>", "<p:add sel='doc/foo/a' pos='after'>x<c/>y</p:add>",
           "<foo><a/>x<c/>y<b/></foo>");
    EXPECT("<foo/>", "<p:add sel='doc/foo' type='@y:user'>Bob</p:add>", "<foo z:user='Bob'/>");
    EXPECT("<foo/>", "<p:add sel='doc/foo' type='@xml:lang'>de</p:add>", "<foo xml:lang='de'/>");
    EXPECT("<foo/>", "<p:add sel='doc/foo' type='@a'>&lt;&amp;&quot;</p:add>",
           "<foo a='&lt;&amp;&quot;'/>");
    EXPECT("", "<p:add sel='doc' pos='before'><!-- gone --></p:add>", "");
}
END_TEST

/* RFC 5261 4.3.5: there are no two texts side by side. */
START_TEST(test_rfc5261_texts_are_one)
{
    const char *published = DOC("<foo>one<a/>two<b/>three</foo>");
    expect_text(published,
                DIFF("<p:add sel='*/foo/text()[2]' pos='after'>new<bar/>elem</p:add>"
                     "<p:replace sel='*/foo/text()[3]'>elements</p:replace>"),
                DOC("<foo>one<a/>twonew<bar/>elements<b/>three</foo>"));
    expect_text(published,
                DIFF("<p:add sel='*/foo/text()[2]' pos='before'>new<bar/>elem</p:add>"
                     "<p:replace sel='*/foo/text()[3]'>last</p:replace>"),
                DOC("<foo>one<a/>new<bar/>last<b/>three</foo>"));
    expect_text(published, DIFF("<p:remove sel='*/foo/a'/><p:remove sel='*/foo/text()[1]'/>"),
                DOC("<foo><b/>three</foo>"));
    expect_text(published, DIFF("<p:replace sel='*/foo/text()[1]'/><p:add sel='*/foo'>!</p:add>"),
                DOC("<foo><a/>two<b/>three!</foo>"));
    expect_text(DOC("<foo><![CDATA[<]]>x</foo>"),
                DIFF("<p:replace sel='*/foo/text()'><![CDATA[&]]></p:replace>"),
                DOC("<foo>&amp;</foo>"));
}
END_TEST

/* RFC 5261 A.6 to A.11 and 4.4. */
START_TEST(test_rfc5261_replace)
{
    EXPECT("<foo a='1'>x</foo>", "<p:replace sel=\"doc/foo[@a='1']\"><bar a='2'/></p:replace>",
           "<bar a='2'/>");
    EXPECT("<foo a='1'/>", "<p:replace sel='doc/foo/@a'>new &lt;value</p:replace>",
           "<foo a='new &lt;value'/>");
    EXPECT("<foo a='1'/>", "<p:replace sel='doc/foo/@a'/>", "<foo a=''/>");
    EXPECT("<foo xmlns:pref='urn:x'><pref:a/></foo>",
           "<p:replace sel='doc/foo/namespace::pref'>urn:new:xxx</p:replace>",
           "<foo xmlns:pref='urn:new:xxx'><pref:a/></foo>");
    EXPECT("<foo/><!-- c -->", "<p:replace sel='doc/comment()[1]'><!-- new --></p:replace>",
           "<foo/><!-- new -->");
    EXPECT("<?a b?><?test c?>",
           "<p:replace sel='doc/processing-instruction(\"test\")'><?test d?></p:replace>",
           "<?a b?><?test d?>");
    EXPECT("<foo a='1'>x</foo>", "<p:replace sel='doc/foo/text()[1]'>new</p:replace>",
           "<foo a='1'>new</foo>");
    EXPECT("<foo a='1'>x</foo>", "<p:replace sel='doc/foo/text()[1]'/>", "<foo a='1'/>");
    expect_text(DOC("x"), DIFF("<p:replace sel='*'>\n<root a='b'><c/></root></p:replace>"),
                "<root xmlns='urn:doc' a='b'><c/></root>");
}
END_TEST

/* RFC 5261 A.12 to A.17 and 4.5. */
START_TEST(test_rfc5261_remove)
{
    EXPECT("\n <foo a='1'/>\n <bar/>", "<p:remove sel=\"doc/foo[@a='1']\" ws='after'/>",
           "\n <bar/>");
    EXPECT("\n <foo a='1'/> <bar/>", "<p:remove sel='doc/foo' ws='before'/>", " <bar/>");
    EXPECT("\n <foo a='1'/> <bar/>", "<p:remove sel='doc/foo' ws='both'/>", "<bar/>");
    EXPECT("<foo a='1' b='2'/>", "<p:remove sel='doc/foo/@a'/>", "<foo b='2'/>");
    EXPECT("<foo xmlns:pref='urn:x' a='1'/>", "<p:remove sel='doc/foo/namespace::pref'/>",
           "<foo a='1'/>");
    EXPECT("<!-- a --><foo/><!-- b -->", "<p:remove sel='doc/comment()[2]'/>", "<!-- a --><foo/>");
    EXPECT("<foo/><?test?>", "<p:remove sel='doc/processing-instruction(\"test\")'/>", "<foo/>");
    EXPECT("<foo a='1'>x</foo>", "<p:remove sel='doc/foo/text()[1]'/>", "<foo a='1'/>");
}
END_TEST

/* RFC 5261 A.18. */
START_TEST(test_rfc5261_several_with_namespaces)
{
    EXPECT("\n  <note>This is a sample document</note>\n  <elem a='foo'>\n    <child/>\n  </elem>\n"
           "  <elem a='bar'>\n    <z:child/>\n  </elem>\n",
           "<p:add sel=\"doc/elem[@a='foo']\">  <!-- This is a new child -->\n    "
           "<child id='ert4773'>\n      <y:node/>\n    </child>\n  </p:add>"
           "<p:replace sel='doc/note/text()'>Patched doc</p:replace>"
           "<p:remove sel=\"*/elem[@a='bar']/y:child\" ws='both'/>"
           "<p:add sel=\"*/elem[@a='bar']\" type='@b'>new attr</p:add>",
           "\n  <note>Patched doc</note>\n  <elem a='foo'>\n    <child/>\n    "
           "<!-- This is a new child -->\n    <child id='ert4773'>\n      <z:node/>\n    "
           "</child>\n  </elem>\n  <elem a='bar' b='new attr'/>\n");
}
END_TEST

/* RFC 5261 4.2.3: which prefix, when there are several, or none. */
START_TEST(test_rfc5261_prefixes)
{
    /* the patch's own, else the one of the parent, else by the alphabet */
    EXPECT("<a xmlns:y='urn:y'/>", "<p:add sel='doc/a'><y:n/></p:add>",
           "<a xmlns:y='urn:y'><y:n/></a>");
    EXPECT("<q:a xmlns:q='urn:y'/>", "<p:add sel='doc/y:a'><y:n/></p:add>",
           "<q:a xmlns:q='urn:y'><q:n/></q:a>");
    EXPECT("<a xmlns:x='urn:y'/>", "<p:add sel='doc/a'><y:n y:b='1'/></p:add>",
           "<a xmlns:x='urn:y'><x:n x:b='1'/></a>");
    EXPECT("<a xmlns:x='urn:y'/>", "<p:add sel='doc/a' xmlns:b='urn:y'><b:n/></p:add>",
           "<a xmlns:x='urn:y'><x:n/></a>");
    EXPECT("<a xmlns='urn:y'/>", "<p:add sel='doc/y:a' xmlns:b='urn:y'><b:n b:c='1'/></p:add>",
           "<a xmlns='urn:y'><n z:c='1'/></a>");
    /* declared where it is not, under another name when that is taken */
    EXPECT("<a/>", "<p:add sel='doc/a' xmlns:b='urn:b'><b:n b:c='1'><b:m/></b:n></p:add>",
           "<a><b:n xmlns:b='urn:b' b:c='1'><b:m/></b:n></a>");
    EXPECT("<a/>", "<p:add sel='doc/a' xmlns:z='urn:b'><z:n/></p:add>",
           "<a><n1:n xmlns:n1='urn:b'/></a>");
    EXPECT("<a/>", "<p:add sel='doc/a' xmlns:z='urn:b' type='@z:c'>1</p:add>",
           "<a xmlns:n1='urn:b' n1:c='1'/>");
    /* what the content declares is copied as it is; what is unqualified stays so */
    EXPECT("<a/>", "<p:add sel='doc/a'><z:n xmlns:z='urn:b'><e xmlns=''><f/></e></z:n></p:add>",
           "<a><z:n xmlns:z='urn:b'><e xmlns=''><f/></e></z:n></a>");
    expect_text("<doc><a/></doc>",
                "<p:pidf-diff xmlns:p='" DIFF_NS "'><p:add sel='doc/a'><b/></p:add></p:pidf-diff>",
                "<doc><a><b/></a></doc>");
}
END_TEST

/* What the selectors below are read against. */
static const char *const selected =
    DOC("<a id='1'>x</a><a id='2' z:k='v'><b>one</b><b>two</b></a><c><a>x</a></c>"
        "<z:a xml:id='four'/><a/>");

/* RFC 5261 4.1, 4.2.1 and 8: what a selector may look like. One node each. */
START_TEST(test_rfc5261_selectors)
{
    static const char *const found[] = {"doc/a[1]",
                                        "*/*[1]",
                                        "/doc/a[@id='1']",
                                        "*/a[.='x']",
                                        "*/a[@id=\"1\"]",
                                        "*/a[@id='1'][1]",
                                        "*/*[@id='1'][.=\"x\"]",
                                        "doc/c",
                                        "doc/c/a",
                                        "*/*/a",
                                        "*/c/*",
                                        "*/y:a",
                                        "*/a[b='two']",
                                        "*/a[b='one'][@y:k='v']",
                                        "*/a/b[2]",
                                        "*/a[2]/b[.='two']",
                                        "*/*[4]",
                                        "id('four')",
                                        "/id(\"four\")",
                                        " doc/c ",
                                        "*/*[@xml:id='four']",
                                        "*/a[.='']",
                                        "*/a[3]",
                                        "*/a[2]/b[1]/text()",
                                        "p:pidf-full/c"};
    char patch[512];
    for (size_t i = 0; i < sizeof(found) / sizeof(found[0]); i++) {
        bool quoted = strchr(found[i], '"') != NULL;
        snprintf(patch, sizeof(patch), DIFF("<p:remove sel=%c%s%c/>"), quoted ? '\'' : '"',
                 found[i], quoted ? '\'' : '"');
        if (quoted && strchr(found[i], '\'') != NULL)
            continue;
        struct blob *body;
        struct verdict result = pidf_patch(parser, bytes_of(selected), bytes_of(patch), &body);
        ck_assert_msg(verdict_ok(result), "%s: %s", result.reason, found[i]);
        blob_unref(&body);
    }
}
END_TEST

/* RFC 5261 4.1: good selectors that do not find exactly one node. */
START_TEST(test_rfc5261_selectors_of_nothing)
{
    static const char *const nowhere[] = {"doc/d",
                                          "*/a",
                                          "a",
                                          "*/a[@id='3']",
                                          "*/a[4]",
                                          "*/a[0]",
                                          "*/a[99999999999999999999]",
                                          "*/*/*/*",
                                          "*/y:b",
                                          "*/a[b='three']",
                                          "*/a[@k='v']",
                                          "id('1')",
                                          "id('x')",
                                          "*/comment()",
                                          "*/a/b/text()",
                                          "*/c/@x",
                                          "*/c/namespace::z",
                                          "*/processing-instruction('x')",
                                          "*/a[.='onetwo'][2]"};
    char patch[512];
    for (size_t i = 0; i < sizeof(nowhere) / sizeof(nowhere[0]); i++) {
        snprintf(patch, sizeof(patch), DIFF("<p:remove sel=\"%s\"/>"), nowhere[i]);
        refuse_text(selected, patch, 400, "unlocated-node:");
    }
}
END_TEST

/* RFC 5261 8: what its subset of XPath does not have. */
START_TEST(test_rfc5261_no_selectors)
{
    static const char *const wrong[] = {"",
                                        "/",
                                        "//a",
                                        "doc//a",
                                        "doc/",
                                        "doc/a[",
                                        "doc/a[]",
                                        "doc/a[last()]",
                                        "doc/a[position()=1]",
                                        "doc/a[@id]",
                                        "doc/a[@id=1]",
                                        "doc/a[@id='1'",
                                        "doc/a[@id='1]",
                                        "doc/a[1 or 2]",
                                        "doc/a | doc/c",
                                        "doc/parent::a",
                                        "doc/..",
                                        "doc/.",
                                        "@a",
                                        "namespace::z",
                                        "doc/node()",

                                        "doc/a[-1]",
                                        "doc/1",
                                        "id()",
                                        "id('')",
                                        "id('a",
                                        "id('a'",
                                        "doc/*/[1]",
                                        "doc/text()/a",
                                        "doc/@a/b",
                                        "doc/a[*='x']",
                                        "doc/a[@*='x']",
                                        "count(doc)",
                                        "doc/a[namespace-uri()='x']",
                                        "doc/:a",
                                        "doc/a:",
                                        "$x",
                                        "doc/@",
                                        "doc/a/@*"};
    char patch[512];
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        snprintf(patch, sizeof(patch), DIFF("<p:remove sel=\"%s\"/>"), wrong[i]);
        refuse_text(selected, patch, 400, "invalid-attribute-value:");
    }
}
END_TEST

/* RFC 5261 5.1, each by its name; nothing has changed then. */
START_TEST(test_rfc5261_errors)
{
    REFUSE("invalid-attribute-value", "<a/>", "<p:add sel='doc/a' pos='beside'><b/></p:add>");
    REFUSE("invalid-attribute-value", "<a/>", "<p:add sel='doc/a' type='b'>1</p:add>");
    REFUSE("invalid-attribute-value", "<a/>", "<p:add sel='doc/a' type='@b'><c/></p:add>");
    REFUSE("invalid-attribute-value", "<a/>", "<p:add sel='doc/a' type='namespace::b:c'>1</p:add>");
    REFUSE("invalid-attribute-value", "<a b='1'/>", "<p:add sel='doc/a/@b'>2</p:add>");
    REFUSE("invalid-attribute-value", "<a/>", "<p:remove sel='doc/a' ws='all'/>");
    REFUSE("invalid-diff-format", "<a/>", "<p:add><b/></p:add>");
    REFUSE("invalid-diff-format", "<a/>", "<p:move sel='doc/a'/>");
    REFUSE("invalid-diff-format", "<a/>", "<remove sel='doc/a'/>");
    REFUSE("invalid-diff-format", "<a/>", "text");
    REFUSE("invalid-diff-format", "<a/>", "<p:remove sel='doc/a'><b/></p:remove>");
    REFUSE("invalid-namespace-prefix", "<a/>", "<p:remove sel='doc/q:a'/>");
    REFUSE("invalid-namespace-prefix", "<a/>", "<p:remove sel=\"doc/a[@q:b='1']\"/>");
    REFUSE("invalid-namespace-prefix", "<a/>", "<p:add sel='doc/a' type='@q:b'>1</p:add>");
    REFUSE("invalid-namespace-prefix", "<a/>",
           "<p:add sel='doc/a' type='namespace::z'>urn:q</p:add>");
    REFUSE("invalid-namespace-prefix", "<a/>",
           "<p:add sel='doc' type='namespace::z'>urn:y</p:add>");
    REFUSE("invalid-namespace-prefix", "<a/>", "<p:add sel='doc' type='namespace::xml'>u</p:add>");
    REFUSE("invalid-namespace-prefix", "<z:a/>", "<p:remove sel='doc/namespace::z'/>");
    REFUSE("invalid-namespace-prefix", "<a><b z:c='1'/></a>", "<p:remove sel='doc/namespace::z'/>");
    REFUSE("invalid-namespace-uri", "<a/>", "<p:add sel='doc/a' type='namespace::b'/>");
    REFUSE("invalid-namespace-uri", "<a/>", "<p:replace sel='doc/namespace::z'> </p:replace>");
    REFUSE("invalid-node-types", "<a/>", "<p:replace sel='doc/a'>text</p:replace>");
    REFUSE("invalid-node-types", "<a/>", "<p:replace sel='doc/a'><b/><c/></p:replace>");
    REFUSE("invalid-node-types", "<a/>", "<p:replace sel='doc/a'/>");
    REFUSE("invalid-node-types", "<a>x</a>", "<p:replace sel='doc/a/text()'><b/></p:replace>");
    REFUSE("invalid-node-types", "<a b='1'/>", "<p:replace sel='doc/a/@b'>1<!-- --></p:replace>");
    REFUSE("invalid-node-types", "<!-- a -->", "<p:replace sel='doc/comment()'><b/></p:replace>");
    REFUSE("invalid-patch-directive", "<a b='1'/>", "<p:add sel='doc/a' type='@b'>2</p:add>");
    REFUSE("invalid-patch-directive", "<a>x</a>", "<p:add sel='doc/a/text()'><b/></p:add>");
    REFUSE("invalid-patch-directive", "<a>x</a>", "<p:add sel='doc/a/text()' type='@b'>1</p:add>");
    REFUSE("invalid-patch-directive", "<a/>", "<p:add sel='doc/a' pos='after' type='@b'>1</p:add>");
    REFUSE("invalid-patch-directive", "<a>x</a>", "<p:remove sel='doc/a/text()' ws='after'/>");
    REFUSE("invalid-patch-directive", "<a b='1'/>", "<p:remove sel='doc/a/@b' ws='after'/>");
    REFUSE("invalid-root-element-operation", "<a/>", "<p:remove sel='doc'/>");
    REFUSE("invalid-root-element-operation", "", "<p:add sel='doc' pos='after'><b/></p:add>");
    REFUSE("invalid-xml-prolog-operation", "", "<p:add sel='doc' pos='before'>text</p:add>");
    REFUSE("invalid-whitespace-directive", "<a/>", "<p:remove sel='doc/a' ws='after'/>");
    REFUSE("invalid-whitespace-directive", " <a/>x", "<p:remove sel='doc/a' ws='both'/>");
    REFUSE("unlocated-node", "<a/><a/>", "<p:remove sel='doc/a'/>");
    /* the first one that fails ends all */
    REFUSE("unlocated-node", "<a/>", "<p:remove sel='doc/a'/><p:remove sel='doc/a'/>");
}
END_TEST

/* RFC 5264 4.2 and 4.3; the version orders nothing (3.2), but has to be one (RFC 5262 11). */
#define PATCH(attributes, operations)                                                    \
    "<p:pidf-diff xmlns='urn:ietf:params:xml:ns:pidf' xmlns:p='" DIFF_NS "' " attributes \
    ">" operations "</p:pidf-diff>"
START_TEST(test_rfc5264_publications)
{
    const char *published = PRESENCE("<tuple id='t'/>");
    expect_text("",
                "<p:pidf-full " PIDF " xmlns:p='" DIFF_NS "' version='7' entity='" ENTITY "'>"
                "\n<tuple id='t'/><!-- c --></p:pidf-full>",
                "<presence " PIDF " xmlns:p='" DIFF_NS "' entity='" ENTITY "'>\n<tuple id='t'/>"
                "<!-- c --></presence>");
    expect_text("", "<pidf-full xmlns='" DIFF_NS "' entity='" ENTITY "'/>",
                "<pidf:presence xmlns='" DIFF_NS "' xmlns:pidf='urn:ietf:params:xml:ns:pidf' "
                "entity='" ENTITY "'/>");
    expect_text(published, PATCH("version='4294967295'", "<p:remove sel='*/tuple' />"),
                PRESENCE(""));
    expect_text(published, PATCH("entity='pres:alice@example.com'", ""), published);
    expect_text(published, PATCH("", "<p:remove sel=\"id('t')\"/>"), PRESENCE(""));
    refuse_text("", PATCH("", ""), 400, "Invalid Partial Publication");
    refuse_text(published, PATCH("version='-1'", ""), 400, "invalid-attribute-value:");
    refuse_text(published, PATCH("version='4294967296'", ""), 400, "invalid-attribute-value:");
    refuse_text(published, PATCH("entity='sip:bob@example.com'", ""), 400,
                "invalid-attribute-value:");
    refuse_text(published, published, 400, "invalid-diff-format:");
    refuse_text(published, "<p:pidf-diff xmlns:p='" DIFF_NS "'>", 400, "invalid-diff-format:");
    refuse_text(published, "<pidf-diff/>", 400, "invalid-diff-format:");
    refuse_text(published, "", 400, "invalid-diff-format:");
    refuse_text("rubbish", PATCH("", ""), 500, "the published");
}
END_TEST

/* RFC 5262 6, the example: the same patch, and what becomes of it. */
START_TEST(test_rfc5262_example)
{
#define EXAMPLE(new_tuple, basic, busy, priority)                                                \
    "<presence " PIDF " " DM " xmlns:r='urn:ietf:params:xml:ns:pidf:rpid' entity='" ENTITY "'>"  \
    "<tuple id='cg231jcr'><status><basic>open</basic></status>"                                  \
    "<contact priority='" priority "'>im:pep@example.com</contact></tuple>"                      \
    "<tuple id='r1230d'><status><basic>" basic "</basic></status>"                               \
    "<contact priority='0.9'>sip:pep@example.com</contact></tuple>" new_tuple                    \
    "<note xml:lang='en'>Full state presence document</note><dm:person id='p123'><r:activities>" \
    "<r:on-the-phone/>" busy "</r:activities></dm:person></presence>"
#define NEW_TUPLE                                              \
    "<tuple id='ert4773'><status><basic>open</basic></status>" \
    "<contact priority='0.4'>mailto:pep@example.com</contact></tuple>"
    expect_text(EXAMPLE("", "closed", "<r:busy/> ", "1.0"),
                "<p:pidf-diff " PIDF " xmlns:p='" DIFF_NS "' "
                "xmlns:r='urn:ietf:params:xml:ns:pidf:rpid' "
                "xmlns:d='urn:ietf:params:xml:ns:pidf:data-model' entity='" ENTITY "' "
                "version='568'>\n<p:add sel='presence/note' pos='before'>" NEW_TUPLE "</p:add>\n"
                "<p:replace sel=\"*/tuple[@id='r1230d']/status/basic/text()\">open</p:replace>\n"
                "<p:remove sel='*/d:person/r:activities/r:busy' ws='after'/>\n"
                "<p:replace sel=\"*/tuple[@id='cg231jcr']/contact/@priority\">0.7</p:replace>\n"
                "</p:pidf-diff>",
                EXAMPLE(NEW_TUPLE, "open", "", "0.7"));
}
END_TEST

/* Our own patches, applied by our own applier: the way of a publisher that is one of us. */
START_TEST(test_random_patches)
{
    struct pidf_parser *wide = pidf_parser_new(&(struct pidf_limits){.elements = 100000});
    struct dice dice = {5};
    unsigned applied = 0;
    for (unsigned i = 0; i < 600; i++) {
        struct plan was = plan_new(&dice), is = plan_change(&was, &dice);
        struct blob *before = compose_plan(wide, &was), *now = compose_plan(wide, &is), *body;
        struct pidf_partial diff;
        if (pidf_diff(wide, before, now, &diff)) {
            char *patch = versioned(&diff, i);
            struct verdict result = pidf_patch(wide, blob_bytes(before), bytes_of(patch), &body);
            ck_assert_msg(verdict_ok(result), "%s: %s", result.reason, patch);
            xmlDoc *reached = xmlReadMemory(blob_bytes(body).at, (int)blob_bytes(body).length, NULL,
                                            NULL, XML_PARSE_NONET);
            char *goal = blob_text(now);
            xmlDoc *goals = tree_of(goal);
            char *is_text = canonical(reached), *should = canonical(goals);
            ck_assert_str_eq(is_text, should);
            free(is_text);
            free(should);
            free(goal);
            free(patch);
            xmlFreeDoc(reached);
            xmlFreeDoc(goals);
            blob_unref(&body);
            pidf_partial_release(&diff);
            applied++;
        }
        blob_unref(&before);
        blob_unref(&now);
    }
    ck_assert_uint_gt(applied, 300);
    pidf_parser_free(&wide);
}
END_TEST

/* Hostile ones. */

static void refuse_repeated(const char *published, const char *before, const char *part,
                            unsigned times, const char *after, unsigned status)
{
    struct draft *patch = calloc(1, sizeof(*patch));
    draft(patch, "<p:pidf-diff xmlns='urn:doc' xmlns:p='" DIFF_NS "'>%s", before);
    for (unsigned i = 0; i < times; i++)
        draft(patch, "%s", part);
    draft(patch, "%s</p:pidf-diff>", after);
    struct blob *body;
    struct verdict result = pidf_patch(parser, bytes_of(published), bytes_of(patch->text), &body);
    ck_assert_msg(result.status == status, "%u %s", result.status, result.reason);
    blob_unref(&body);
    free(patch);
}

START_TEST(test_hostile_patches)
{
    struct draft *wide = calloc(1, sizeof(*wide));
    draft(wide, "<doc xmlns='urn:doc'>");
    for (unsigned i = 0; i < 1900; i++)
        draft(wide, "<a>aaaa</a>");
    draft(wide, "</doc>");
    /* many looks at many nodes, many conditions, long values */
    refuse_repeated(wide->text, "", "<p:replace sel='*/a[1900]'><a>b</a></p:replace>", 400, "",
                    413);
    refuse_repeated(wide->text, "<p:remove sel=\"*/*", "[.='aaaa']", 2000, "\"/>", 413);
    refuse_repeated(wide->text, "<p:remove sel=\"id('x')\"/>", "", 0, "", 400);
    /* deeper and deeper */
    refuse_repeated(DOC("<a/>"), "",
                    "<p:add sel='*/a' pos='before'><a><a><a><a/></a></a></a></p:add>"
                    "<p:remove sel='*/a[2]'/>",
                    20, "", 0);
    refuse_repeated(
        DOC(""), "",
        "<p:add sel=\"*\"><a><a><a/></a></a></p:add>"
        "<p:replace sel='*/a/a/a'><a><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b><b>"
        "<b><b><b><b><b/></b></b></b></b></b></b></b></b></b></b></b></b></b></b></b></b>"
        "</b></b></b></b></b></a></p:replace>"
        "<p:add sel='*/a/a/a/b/b/b/b/b/b/b'><b><b><b><b><b><b><b><b><b><b><b><b><b><b>"
        "<b><b><b><b><b><b><b><b><b/></b></b></b></b></b></b></b></b></b></b></b></b></b>"
        "</b></b></b></b></b></b></b></b></b></p:add>",
        1, "", 413);
    free(wide);
    refuse_text(DOC(""), "<!DOCTYPE x [<!ENTITY a 'b'>]><p:pidf-diff xmlns:p='" DIFF_NS "'/>", 400,
                "invalid-diff-format:");
    refuse_text(DOC(""), DIFF("<p:add sel='doc'>&x;</p:add>"), 400, "invalid-diff-format:");
}
END_TEST

/* More than may be published cannot be patched together. */
START_TEST(test_too_large)
{
    struct pidf_parser *small = pidf_parser_new(&(struct pidf_limits){.size_bytes = 250});
    struct blob *body;
    struct verdict result =
        pidf_patch(small,
                   BYTES(DOC("<a>0123456789012345678901234567890123456789012345678901234567"
                             "89012345678901234567890123456789</a>")),
                   BYTES(DIFF("<p:add sel='doc'><b>01234567890123456789012345678901234567890123456"
                              "7890123456789012345678901234567890123456789012</b></p:add>")),
                   &body);
    ck_assert_uint_eq(result.status, 413);
    char large[400] = "<p:pidf-diff";
    memset(large + 12, ' ', sizeof(large) - 12);
    result = pidf_patch(small, BYTES(DOC("")), bytes_from(large, sizeof(large)), &body);
    ck_assert_uint_eq(result.status, 413);
    pidf_parser_free(&small);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pidf/patch");
    TCase *cases = tcase_create("pidf/patch");
    const TTest *tests[] = {test_rfc5261_add,
                            test_rfc5261_texts_are_one,
                            test_rfc5261_replace,
                            test_rfc5261_remove,
                            test_rfc5261_several_with_namespaces,
                            test_rfc5261_prefixes,
                            test_rfc5261_selectors,
                            test_rfc5261_selectors_of_nothing,
                            test_rfc5261_no_selectors,
                            test_rfc5261_errors,
                            test_rfc5264_publications,
                            test_rfc5262_example,
                            test_random_patches,
                            test_hostile_patches,
                            test_too_large};
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
