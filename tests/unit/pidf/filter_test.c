/* filter_test.c: which filters are taken, and how they change (RFC 4660 5.2, RFC 4661 3). */
#include "base/buffer.h"
#include "filters.h"
#include "pidf/text_internal.h"

/* schemas/simple-filter.xsd as the judge of what we write. */
static void assert_filter_valid(const char *text)
{
    char message[512];
    xmlSchemaParserCtxt *reader = xmlSchemaNewParserCtxt(SOURCE_DIR "/schemas/simple-filter.xsd");
    xmlSchema *schema = xmlSchemaParse(reader);
    ck_assert_msg(schema != NULL, "schemas/simple-filter.xsd cannot be read");
    xmlSchemaFreeParserCtxt(reader);
    schema_judge(schema, text, message);
    xmlSchemaFree(schema);
    ck_assert_msg(message[0] == '\0', "%s in %s", message, text);
}

/* The filter's key; free() it. */
static char *key_of(const struct pidf_filter *filter)
{
    struct bytes key = pidf_filter_key(filter);
    return strndup(key.at, key.length);
}

static void expect_filter(const struct pidf_filter *filter, const char *wanted)
{
    char *key = key_of(filter);
    ck_assert_str_eq(key, wanted);
    free(key);
}

#define KEY(inside) \
    "<filter-set xmlns=\"urn:ietf:params:xml:ns:simple-filter\">" inside "</filter-set>"

/* RFC 4661 6.1 to 6.6 and RFC 4660 7.1.1 to 7.1.3, 4.1: all are taken; what we would store reads
 * again as the same filter, and is valid. */
START_TEST(test_rfc_examples)
{
    static const char *const examples[] = {
        FILTER_SET("<filter id=\"123\" uri=\"sip:presentity@example.com\"><what>"
                   "<include type=\"xpath\">/pidf:presence/pidf:tuple[rpid:class=\"IM\" or "
                   "rpid:class=\"SMS\" or rpid:class=\"MMS\"]/pidf:status/pidf:basic</include>"
                   "</what></filter>"),
        FILTER_SET("<filter id=\"123\" uri=\"sip:presentity@example.com\"><trigger>"
                   "<changed from=\"CLOSED\" to=\"OPEN\">"
                   "/pidf:presence/pidf:tuple/pidf:status/pidf:basic</changed></trigger></filter>"),
        "<filter-set xmlns=\"urn:ietf:params:xml:ns:simple-filter\"><ns-bindings>"
        "<ns-binding prefix=\"wi\" urn=\"urn:ietf:params:xml:ns:watcherinfo\"/></ns-bindings>"
        "<filter id=\"123\" uri=\"sip:presentity@example.com\"><what><include>"
        "/wi:watcherinfo/wi:watcher-list/wi:watcher[@status=\"pending\" or @status=\"waiting\"]"
        "</include></what><trigger><changed to=\"pending\">"
        "/wi:watcherinfo/wi:watcher-list/wi:watcher/@status</changed></trigger><trigger>"
        "<changed to=\"waiting\">/wi:watcherinfo/wi:watcher-list/wi:watcher/@status</changed>"
        "</trigger></filter></filter-set>",
        FILTER_SET("<filter id=\"123\"><what><include type=\"namespace\">"
                   "urn:ietf:params:xml:ns:pidf</include></what></filter>"),
        "<filter-set xmlns=\"urn:ietf:params:xml:ns:simple-filter\" ><ns-bindings>"
        "<ns-binding prefix=\"game-ext\" urn=\"urn:ietf:params:xml:ns:game-ext\"/></ns-bindings>"
        "<filter id=\"123\"><what><include>/pidf:presence/pidf:tuple/\n"
        "  pidf:status[game-ext:label=\"game-X\"]</include></what></filter></filter-set>",
        FILTER_SET("<filter id=\"8439\" uri=\"sip:presentity@example.com\"><what><include>"
                   "/pidf:presence/pidf:tuple[rpid:class=\"service\"]/pidf:status/\npidf:basic"
                   "</include></what></filter><filter id=\"999\" uri=\"sip:bob@example.com\">"
                   "<what><include type=\"namespace\">urn:ietf:params:xml:ns:pidf</include>"
                   "<exclude>/pidf:presence/pidf:tuple/pidf:note</exclude></what></filter>"),
        FILTER_SET("<filter id=\"123\" uri=\"sip:presentity@example.com\"><what>"
                   "<include type=\"xpath\">//pidf:tuple/pidf:status[pidf:basic=\"open\"]/"
                   "pidf:basic</include><include type=\"xpath\">"
                   "//pidf:tuple[pidf:status/pidf:basic=\"open\"]/rpid:class</include></what>"
                   "</filter>"),
    };
    struct pidf_parser *parser = pidf_parser_new(NULL);
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        assert_filter_valid(examples[i]);
        struct pidf_filter *filter = make_filter(parser, examples[i]);
        ck_assert_ptr_nonnull(filter);
        char *key = key_of(filter);
        assert_filter_valid(key);
        struct pidf_filter *again = make_filter(parser, key);
        expect_filter(again, key);
        ck_assert(bytes_equal(pidf_filter_view_key(filter), pidf_filter_view_key(again)));
        pidf_filter_free(&filter);
        pidf_filter_free(&again);
        free(key);
    }
    pidf_parser_free(&parser);
}
END_TEST

START_TEST(test_filters_that_mean_the_same_have_one_key)
{
    struct pidf_parser *parser = pidf_parser_new(NULL);
    struct pidf_filter *one = make_filter(parser, WHAT(INCLUDE("//pidf:tuple[ @id = 't' ]")));
    struct pidf_filter *other = make_filter(
        parser, "<f:filter-set xmlns:f='urn:ietf:params:xml:ns:simple-filter' package='presence'>"
                "<f:ns-bindings><f:ns-binding prefix='z' urn='urn:ietf:params:xml:ns:pidf'/>"
                "</f:ns-bindings><f:filter id='1' enabled='1' uri='sip:presentity@EXAMPLE.com;a=b'>"
                "<f:what><f:include type='xpath'> //z:tuple[@id=&quot;t&quot;]</f:include></f:what>"
                "</f:filter></f:filter-set>");
    expect_filter(one, KEY("<ns-bindings><ns-binding prefix=\"n0\" "
                           "urn=\"urn:ietf:params:xml:ns:pidf\"/></ns-bindings><filter id=\"1\">"
                           "<what><include>//n0:tuple[@id=\"t\"]</include></what></filter>"));
    char *key = key_of(other);
    expect_filter(one, key);
    free(key);
    pidf_filter_free(&one);
    pidf_filter_free(&other);
    pidf_parser_free(&parser);
}
END_TEST

/* What decides what is shown is neither id nor trigger. */
START_TEST(test_view_keys)
{
    struct pidf_parser *parser = pidf_parser_new(NULL);
    struct pidf_filter *filters[] = {
        make_filter(parser, FILTER_SET("<filter id='a'><what>" INCLUDE("//pidf:note") "</what>"
                                                                                      "</filter>")),
        make_filter(parser,
                    FILTER_SET("<filter id='b'><what>" INCLUDE(
                        "//pidf:note") "</what>"
                                       "<trigger><added>//rpid:mood</added></trigger></filter>")),
        make_filter(parser, FILTER_SET("<filter id='a'><what>" EXCLUDE("//pidf:note") "</what>"
                                                                                      "</filter>")),
        make_filter(parser, FILTER("<trigger><added>//pidf:tuple</added></trigger>")),
        make_filter(parser, FILTER("<what/>")),
    };
    struct bytes keys[5];
    for (int i = 0; i < 5; i++)
        keys[i] = pidf_filter_view_key(filters[i]);
    ck_assert(bytes_equal(keys[0], keys[1]));
    ck_assert(!bytes_equal(keys[0], keys[2]));
    ck_assert(bytes_empty(keys[3]) && bytes_empty(keys[4]));
    ck_assert(bytes_empty(pidf_filter_key(NULL)) && bytes_empty(pidf_filter_view_key(NULL)));
    for (int i = 0; i < 5; i++)
        pidf_filter_free(&filters[i]);
    pidf_parser_free(&parser);
}
END_TEST

/* RFC 4660 5.4: what is not aligned with the schema is 488; 400 is for what is no XML. */
START_TEST(test_rfc4660_5_4_refused)
{
    static const struct {
        unsigned status;
        const char *body;
    } cases[] = {
        {400, ""},
        {400, "nonsense"},
        {400, "<filter-set xmlns='urn:ietf:params:xml:ns:simple-filter'><filter id='1'>"},
        {400, "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>" WHAT(INCLUDE("//pidf:a"))},
        {488, "<filter-set/>"},
        {488, "<presence " PIDF " entity='sip:a@b.c'/>"},
        {488, FILTER_SET("")},
        {488, FILTER_SET("<what/>")},
        {488, FILTER_SET("<filter><what/></filter>")},
        {488, FILTER("")},
        {488, FILTER("<nonsense/>")},
        {488, FILTER("<trigger/><what/>")},
        {488, FILTER("<what/><what/>")},
        {488, WHAT(EXCLUDE("//pidf:a") INCLUDE("//pidf:b"))},
        {488, WHAT("<nonsense/>")},
        {488, WHAT("<include type='regex'>//pidf:a</include>")},
        {488, WHAT(INCLUDE(""))},
        {488, WHAT(INCLUDE("//nobody:a"))},
        {488, WHAT(INCLUDE("//pidf:a[1]"))},
        {488, WHAT(EXCLUDE("document('http://example.org/')"))},
        {488, FILTER("<trigger><nonsense/></trigger>")},
        {488, FILTER("<trigger><added>//pidf:a</added><changed>//pidf:a</changed></trigger>")},
        {488, FILTER("<trigger><changed>//pidf:a[@b='c']</changed></trigger>")},
        {488, FILTER("<trigger><changed by='two'>//pidf:a</changed></trigger>")},
        {488, FILTER("<trigger><changed by='2' from='x'>//pidf:a</changed></trigger>")},
        {488, FILTER_SET("<filter id='1' enabled='maybe'><what/></filter>")},
        {488, FILTER_SET("<filter id='1' remove='2'><what/></filter>")},
        {488, FILTER_SET("<filter id='1' uri='sip:a@b.c' domain='b.c'><what/></filter>")},
        {488, FILTER_SET("<filter id='1'><what/></filter><filter id='1' domain='x'><what/>"
                         "</filter>")},
        {488, "<filter-set xmlns='urn:ietf:params:xml:ns:simple-filter'><ns-bindings/>"
              "<filter id='1'><what/></filter></filter-set>"},
        {488, "<filter-set xmlns='urn:ietf:params:xml:ns:simple-filter'><ns-bindings>"
              "<ns-binding prefix='a'/></ns-bindings><filter id='1'><what/></filter>"
              "</filter-set>"},
        {488, "<filter-set xmlns='urn:ietf:params:xml:ns:simple-filter'><ns-bindings>"
              "<ns-binding prefix='a' urn='urn:a'/><ns-binding prefix='a' urn='urn:b'/>"
              "</ns-bindings><filter id='1'><what/></filter></filter-set>"},
        /* RFC 4661 3.4: without content only to disable */
        {0, FILTER_SET("<filter id='1' enabled='false'/>")},
        /* RFC 4660 5.4: empty elements are as if they were not there */
        {0, FILTER("<what/>")},
        {0, FILTER("<trigger/>")},
        /* RFC 4661 4: extensions are passed over */
        {0, FILTER("<what><x:y xmlns:x='urn:x'/></what><x:y xmlns:x='urn:x'/>")},
        /* nothing to remove */
        {0, FILTER_SET("<filter id='1' remove='true'/>")},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        unsigned status = judge_filter(cases[i].body);
        ck_assert_msg(status == cases[i].status, "%u: %s", status, cases[i].body);
    }
}
END_TEST

static void put_many(struct text *out, const char *start, const char *part, unsigned count,
                     const char *end)
{
    out->length = 0;
    text_put(out, bytes_of(start));
    for (unsigned i = 0; i < count; i++)
        text_put(out, bytes_of(part));
    text_put(out, bytes_of(end));
    text_char(out, '\0');
}

#define HEAD "<filter-set xmlns='urn:ietf:params:xml:ns:simple-filter'><filter id='1'>"
#define TAIL "</filter></filter-set>"

/* A limit is 413, and what it still allows is good. */
START_TEST(test_limits)
{
    static const struct {
        const char *start, *part, *end;
        unsigned most;
    } cases[] = {
        {HEAD "<what>", "<include>//a</include>", "</what>" TAIL, 32},
        {HEAD "<what>", "<exclude type='namespace'>urn:a</exclude>", "</what>" TAIL, 32},
        {HEAD, "<trigger><added>//a</added></trigger>", TAIL, 32},
        {HEAD "<trigger>", "<changed>//a</changed>", "</trigger>" TAIL, 32},
        {HEAD "<what>", "<include>/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a</include>", "</what>" TAIL, 16},
        {HEAD, "<what></what>", TAIL, 1},
        {"<filter-set xmlns='urn:ietf:params:xml:ns:simple-filter'><ns-bindings>"
         "<ns-binding prefix='a' urn='urn:a'/></ns-bindings><filter id='1'><what><include>/a:b",
         " ", "</include></what>" TAIL, 1020},
    };
    struct text text = {0};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        put_many(&text, cases[i].start, cases[i].part, cases[i].most, cases[i].end);
        ck_assert_msg(judge_filter(text.at) == 0, "%s", text.at);
        put_many(&text, cases[i].start, cases[i].part, cases[i].most + 1, cases[i].end);
        unsigned wanted = i == 5 ? 488 : i == 6 ? 0 : 413; /* blanks behind do not count */
        ck_assert_msg(judge_filter(text.at) == wanted, "%s", text.at);
    }
    put_many(&text, HEAD "<what>", " ", 16384, "</what>" TAIL);
    ck_assert_uint_eq(judge_filter(text.at), 413);
    text_release(&text);
}
END_TEST

START_TEST(test_many_filters)
{
    char body[4096];
    for (unsigned count = 16; count <= 17; count++) {
        struct buffer out = buffer_over(body, sizeof(body));
        buffer_text(&out, "<filter-set xmlns='urn:ietf:params:xml:ns:simple-filter'>");
        for (unsigned i = 0; i < count; i++)
            buffer_format(&out, "<filter id='%u' uri='sip:u%u@x.org'><what/></filter>", i, i);
        buffer_text(&out, "</filter-set>");
        buffer_char(&out, '\0');
        ck_assert(!out.overflow);
        ck_assert_uint_eq(judge_filter(body), count == 16 ? 0 : 413);
    }
}
END_TEST

/* RFC 4660 5.2: one filter for a resource, one for a domain. */
START_TEST(test_rfc4660_5_2_same_resource)
{
#define TWO(one, other)                                  \
    FILTER_SET("<filter id='1' " one "><what/></filter>" \
               "<filter id='2' " other "><what/></filter>")
    ck_assert_uint_eq(judge_filter(TWO("", "")), 488);
    ck_assert_uint_eq(judge_filter(TWO("", "uri='" RESOURCE "'")), 488);
    ck_assert_uint_eq(judge_filter(TWO("uri='" RESOURCE "'", "uri='pres:presentity@Example.com'")),
                      488);
    ck_assert_uint_eq(judge_filter(TWO("domain='example.com'", "domain='EXAMPLE.com'")), 488);
    ck_assert_uint_eq(judge_filter(TWO("uri='sip:x@y.z'", "uri='sip:x@y.z'")), 488);
    ck_assert_uint_eq(judge_filter(TWO("uri='sip:x@y.z'", "uri='sip:X@y.z'")), 0);
    ck_assert_uint_eq(judge_filter(TWO("uri='sip:x@y.z'", "")), 0);
    ck_assert_uint_eq(judge_filter(TWO("domain='example.com'", "uri='" RESOURCE "'")), 0);
}
END_TEST

/* RFC 4660 5.2.1: filters for others are passed over. */
START_TEST(test_rfc4660_5_2_1_addresses)
{
    static const struct {
        const char *address;
        bool ours;
    } cases[] = {
        {"", true},
        {"uri='sip:presentity@example.com'", true},
        {"uri='SIPS:presentity@EXAMPLE.COM;transport=tcp'", true},
        {"uri='pres:presentity@example.com'", true},
        {"uri='sip:pre%73entity@example.com?x=y'", true},
        {"uri='sip:Presentity@example.com'", false},
        {"uri='sip:presentity@example.com.org'", false},
        {"uri='sip:presentit@example.com'", false},
        {"uri='sip:presentity%'", false},
        {"uri='sip:example.com'", false},
        {"uri='tel:presentity@example.com'", false},
        {"uri=''", false},
        {"domain='example.com'", true},
        {"domain='Example.Com'", true},
        {"domain='example.org'", false},
    };
    struct pidf_parser *parser = pidf_parser_new(NULL);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char body[512];
        snprintf(body, sizeof(body), FILTER_SET("<filter id='1' %s><what/></filter>"),
                 cases[i].address);
        struct pidf_filter *filter = make_filter(parser, body);
        ck_assert_msg((filter != NULL) == cases[i].ours, "%s", cases[i].address);
        pidf_filter_free(&filter);
    }
    pidf_parser_free(&parser);
}
END_TEST

/* A subscription: each body changes what there is. */
struct dialog {
    struct pidf_parser *parser;
    struct pidf_filter *filter;
};

static unsigned subscribe(struct dialog *dialog, const char *body)
{
    struct pidf_filter *next;
    struct verdict result = update_filter(dialog->parser, dialog->filter, body, &next);
    if (!verdict_ok(result))
        return result.status;
    pidf_filter_free(&dialog->filter);
    dialog->filter = next;
    return 0;
}

static bool shows(const struct dialog *dialog, const char *part)
{
    struct bytes key = pidf_filter_view_key(dialog->filter);
    return memmem(key.at, key.length, part, strlen(part)) != NULL;
}

#define ONE(id, attributes, path) \
    FILTER_SET("<filter id='" id "' " attributes "><what>" INCLUDE(path) "</what></filter>")

/* RFC 4660 5.2.2, RFC 4661 3.4: replaced, disabled, enabled again, removed. */
START_TEST(test_rfc4660_5_2_2_changes_in_a_dialog)
{
    struct dialog dialog = {pidf_parser_new(NULL), NULL};
    ck_assert_uint_eq(subscribe(&dialog, ONE("1", "", "//pidf:note")), 0);
    ck_assert(shows(&dialog, "note"));
    ck_assert_uint_eq(subscribe(&dialog, ONE("1", "", "//rpid:mood")), 0);
    ck_assert(shows(&dialog, "mood") && !shows(&dialog, "note"));
    ck_assert_uint_eq(subscribe(&dialog, FILTER_SET("<filter id='1' enabled='false'/>")), 0);
    ck_assert(dialog.filter != NULL && bytes_empty(pidf_filter_view_key(dialog.filter)));
    ck_assert_uint_eq(subscribe(&dialog, FILTER_SET("<filter id='1' enabled='true'/>")), 0);
    ck_assert(shows(&dialog, "mood"));
    ck_assert_uint_eq(subscribe(&dialog, FILTER_SET("<filter id='1' enabled='0'/>")), 0);
    ck_assert_uint_eq(subscribe(&dialog, FILTER_SET("<filter id='1'/>")), 0);
    ck_assert(shows(&dialog, "mood"));
    ck_assert_uint_eq(subscribe(&dialog, FILTER_SET("<filter id='2' remove='true'/>")), 0);
    ck_assert(shows(&dialog, "mood"));
    ck_assert_uint_eq(subscribe(&dialog, FILTER_SET("<filter id='1' remove='true'/>")), 0);
    ck_assert_ptr_null(dialog.filter);
    /* nor is there anything to enable in one that never had content */
    ck_assert_uint_eq(subscribe(&dialog, FILTER_SET("<filter id='1' enabled='false'/>")), 0);
    ck_assert_uint_eq(subscribe(&dialog, FILTER_SET("<filter id='1' enabled='true'/>")), 488);
    ck_assert_uint_eq(subscribe(&dialog, FILTER_SET("<filter id='1' remove='true'/>")), 0);
    /* there is nothing that could be enabled any more */
    ck_assert_uint_eq(subscribe(&dialog, FILTER_SET("<filter id='1' enabled='true'/>")), 488);
    pidf_parser_free(&dialog.parser);
}
END_TEST

/* RFC 4660 3.3.3, 5.2.2: another id for the same resource is an error, and changes nothing; unless
 * the first one goes. */
START_TEST(test_rfc4660_5_2_2_another_id)
{
    struct dialog dialog = {pidf_parser_new(NULL), NULL};
    ck_assert_uint_eq(subscribe(&dialog, ONE("1", "", "//pidf:note")), 0);
    ck_assert_uint_eq(subscribe(&dialog, ONE("2", "", "//rpid:mood")), 488);
    ck_assert(shows(&dialog, "note"));
    ck_assert_uint_eq(subscribe(&dialog, FILTER_SET("<filter id='1' remove='true'/>"
                                                    "<filter id='2'><what>" INCLUDE(
                                                        "//rpid:mood") "</what></filter>")),
                      0);
    ck_assert(shows(&dialog, "mood") && !shows(&dialog, "note"));
    pidf_filter_free(&dialog.filter);
    pidf_parser_free(&dialog.parser);
}
END_TEST

/* RFC 4660 3.3.2: the resource's filter overrides that of its domain; one that is disabled is as if
 * it were not there (5.3). */
START_TEST(test_rfc4660_3_3_2_resource_before_domain)
{
    struct dialog dialog = {pidf_parser_new(NULL), NULL};
    ck_assert_uint_eq(subscribe(&dialog, ONE("d", "domain='example.com'", "//pidf:note")), 0);
    ck_assert(shows(&dialog, "note"));
    ck_assert_uint_eq(subscribe(&dialog, ONE("r", "", "//rpid:mood")), 0);
    ck_assert(shows(&dialog, "mood"));
    ck_assert_uint_eq(subscribe(&dialog, FILTER_SET("<filter id='r' enabled='false'/>")), 0);
    ck_assert(shows(&dialog, "note"));
    ck_assert_uint_eq(subscribe(&dialog, FILTER_SET("<filter id='d' remove='1'/>")), 0);
    ck_assert(bytes_empty(pidf_filter_view_key(dialog.filter)));
    /* what moves to another resource is none of ours */
    ck_assert_uint_eq(subscribe(&dialog, ONE("r", "uri='sip:x@y.z'", "//rpid:mood")), 0);
    ck_assert_ptr_null(dialog.filter);
    pidf_parser_free(&dialog.parser);
}
END_TEST

/* A large filter may be replaced by a large one, as often as one likes. */
START_TEST(test_replacing_does_not_add_up)
{
    struct dialog dialog = {pidf_parser_new(NULL), NULL};
    struct text text = {0};
    put_many(&text, HEAD "<what>", "<include>/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a</include>", 16,
             "</what>" TAIL);
    for (int i = 0; i < 4; i++)
        ck_assert_uint_eq(subscribe(&dialog, text.at), 0);
    pidf_filter_free(&dialog.filter);
    pidf_parser_free(&dialog.parser);
    text_release(&text);
}
END_TEST

/* A filter for `address` (an attribute, or nothing) of `count` expressions, each of as many steps
 * and all of namespaces of their own. */
static const char *wide_filter(const char *id, const char *address, unsigned count, unsigned steps)
{
    static char body[20000];
    struct buffer out = buffer_over(body, sizeof(body));
    buffer_text(&out, "<filter-set xmlns='urn:ietf:params:xml:ns:simple-filter'><ns-bindings>");
    for (unsigned i = 0; i < count; i++)
        buffer_format(&out, "<ns-binding prefix='p%u' urn='urn:%s:%u'/>", i, id, i);
    buffer_format(&out, "</ns-bindings><filter id='%s' %s><what>", id, address);
    for (unsigned i = 0; i < count; i++) {
        buffer_text(&out, "<include>/");
        for (unsigned j = 0; j < steps; j++)
            buffer_format(&out, "/p%u:a", i);
        buffer_text(&out, "</include>");
    }
    buffer_text(&out, "</what></filter></filter-set>");
    buffer_char(&out, '\0');
    ck_assert(!out.overflow);
    return body;
}

/* The filter for the resource and the one for its domain are within the limits, but not both. */
START_TEST(test_too_large_together)
{
    static const struct {
        unsigned count, steps;
    } cases[] = {{10, 16}, {20, 2}}; /* expressions, namespaces */
    struct pidf_parser *parser = pidf_parser_new(NULL);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        unsigned count = cases[i].count, steps = cases[i].steps;
        struct pidf_filter *old = make_filter(parser, wide_filter("a", "", count, steps)), *made;
        const char *domain = "domain='example.com'";
        ck_assert_uint_eq(
            update_filter(parser, old, wide_filter("b", domain, count, steps), &made).status, 413);
        ck_assert_ptr_null(made);
        ck_assert(verdict_ok(update_filter(parser, old, wide_filter("b", domain, 2, 2), &made)));
        char *key = strndup(pidf_filter_key(made).at, pidf_filter_key(made).length);
        struct pidf_filter *again = make_filter(parser, key);
        free(key);
        ck_assert(bytes_equal(pidf_filter_key(again), pidf_filter_key(made)));
        pidf_filter_free(&again);
        pidf_filter_free(&made);
        pidf_filter_free(&old);
    }
    pidf_parser_free(&parser);
}
END_TEST

START_TEST(test_has_triggers)
{
    struct pidf_parser *parser = pidf_parser_new(NULL);
    static const struct {
        const char *body;
        bool has;
    } cases[] = {
        {WHAT(INCLUDE("//pidf:basic")), false},
        {FILTER("<trigger><added>//pidf:tuple</added></trigger>"), true},
        {FILTER("<trigger/>"), false},
        {FILTER_SET("<filter id='1' enabled='false'><trigger><added>//pidf:tuple</added></trigger>"
                    "</filter>"),
         false},
    };
    ck_assert(!pidf_filter_has_triggers(NULL));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pidf_filter *filter = make_filter(parser, cases[i].body);
        ck_assert_msg(pidf_filter_has_triggers(filter) == cases[i].has, "%s", cases[i].body);
        pidf_filter_free(&filter);
    }
    pidf_parser_free(&parser);
}
END_TEST

UNIT_MAIN("filter", test_rfc_examples, test_filters_that_mean_the_same_have_one_key, test_view_keys,
          test_rfc4660_5_4_refused, test_limits, test_many_filters, test_rfc4660_5_2_same_resource,
          test_rfc4660_5_2_1_addresses, test_rfc4660_5_2_2_changes_in_a_dialog,
          test_rfc4660_5_2_2_another_id, test_rfc4660_3_3_2_resource_before_domain,
          test_replacing_does_not_add_up, test_too_large_together, test_has_triggers)
