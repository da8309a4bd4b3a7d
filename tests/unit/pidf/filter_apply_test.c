/* filter_apply_test.c: what filters leave of documents (RFC 4660 5.3.1 and 7, RFC 4661 3.5). */
#include "filters.h"
#include "pidf/text_internal.h"

/* What the filter leaves of the document as it stands; free() it. */
static char *apply(const char *body, const char *text)
{
    struct pidf_parser *parser = pidf_parser_new(NULL);
    struct pidf_filter *filter = make_filter(parser, body);
    struct blob *document = blob_of(text);
    struct blob *left = pidf_filter_apply(parser, filter, document);
    char *result = text_of(left);
    ck_assert((left == document) == (strcmp(result, text) == 0));
    blob_unref(&left);
    blob_unref(&document);
    pidf_filter_free(&filter);
    pidf_parser_free(&parser);
    return result;
}

/* The filter leaves `wanted` between the root's tags of the composed document; all valid. */
static void expect(const char *body, const char *text, const char *wanted)
{
    char *composed = COMPOSE(text);
    char *result = apply(body, composed);
    assert_valid(result);
    char *start = strstr(result, "entity=\"" ENTITY "\">");
    ck_assert_msg(start != NULL, "%s", result);
    start += strlen("entity=\"" ENTITY "\">");
    char *end = strstr(start, "</presence>\n");
    ck_assert_msg(end != NULL && end[strlen("</presence>\n")] == '\0', "%s", result);
    *end = '\0';
    ck_assert_msg(strcmp(start, wanted) == 0, "%s\nleaves %s\nnot    %s", body, start, wanted);
    free(result);
    free(composed);
}

#define RFC_HEAD                                       \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"     \
    "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" " \
    "xmlns:rpid=\"urn:ietf:params:xml:ns:pidf:rpid\" entity=\"sip:presentity@example.com\">"
#define RFC_IM                                                   \
    "<tuple id=\"432sd\"><status><basic>closed</basic></status>" \
    "<rpid:class>IM</rpid:class><contact>im:presentity@example.com</contact></tuple>"
#define RFC_VOICE                                                \
    "<tuple id=\"thr76jk\"><status><basic>open</basic></status>" \
    "<rpid:class>voice</rpid:class><contact>tel:2224055555@example.com</contact></tuple>"
#define RFC_TAIL "</presence>\n"

/* RFC 4660 7.1.1: messaging alone. */
START_TEST(test_rfc4660_7_1_1_messaging)
{
#define IS_MESSAGING "[rpid:class=\"IM\" or rpid:class=\"SMS\" or rpid:class=\"MMS\"]"
    char *result = apply(
        FILTER_SET(
            "<filter id=\"123\" uri=\"sip:presentity@example.com\"><what>"
            "<include type=\"xpath\">\n//pidf:tuple" IS_MESSAGING
            "/pidf:status/pidf:basic</include><include type=\"xpath\">\n//pidf:tuple" IS_MESSAGING
            "/rpid:class\n</include><include type=\"xpath\">\n//pidf:tuple" IS_MESSAGING
            "/pidf:contact</include></what></filter>"),
        RFC_HEAD RFC_IM RFC_VOICE RFC_TAIL);
    ck_assert_str_eq(result, RFC_HEAD RFC_IM RFC_TAIL);
    free(result);
}
END_TEST

/* RFC 4660 7.1.2: what is open. */
START_TEST(test_rfc4660_7_1_2_open)
{
    char *result =
        apply(FILTER_SET("<filter id=\"123\" uri=\"sip:presentity@example.com\"><what>"
                         "<include type=\"xpath\">"
                         "//pidf:tuple/pidf:status[pidf:basic=\"open\"]/pidf:basic</include>"
                         "<include type=\"xpath\">"
                         "//pidf:tuple[pidf:status/pidf:basic=\"open\"]/rpid:class</include>"
                         "<include type=\"xpath\">"
                         "//pidf:tuple[pidf:status/pidf:basic=\"open\"]/pidf:contact</include>"
                         "</what></filter>"),
              RFC_HEAD RFC_IM RFC_VOICE RFC_TAIL);
    ck_assert_str_eq(result, RFC_HEAD RFC_VOICE RFC_TAIL);
    free(result);
}
END_TEST

#define WI_HEAD                                                                               \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"                                            \
    "<watcherinfo xmlns=\"urn:ietf:params:xml:ns:watcherinfo\" version=\"0\" state=\"full\">" \
    "<watcher-list resource=\"sip:presentity@example.com\" package=\"presence\">"
#define WI_WATCHER(status, duration, event, uri)                                    \
    "<watcher status=\"" status "\" id=\"" uri "\" duration-subscribed=\"" duration \
    "\" event=\"" event "\">sip:" uri "@example.com</watcher>"
#define WI_TAIL "</watcher-list></watcherinfo>\n"
#define WI_SET(what)                                                                       \
    "<filter-set xmlns=\"urn:ietf:params:xml:ns:simple-filter\"><ns-bindings>"             \
    "<ns-binding prefix=\"wi\" urn=\"urn:ietf:params:xml:ns:watcherinfo\"/></ns-bindings>" \
    "<filter id=\"123\" uri=\"sip:presentity@example.com\"><what>" what "</what></filter>" \
    "</filter-set>"
#define WI_ACTIVE WI_WATCHER("active", "509", "approved", "A")
#define WI_PENDING WI_WATCHER("pending", "501", "subscribe", "B")
#define WI_OVER WI_WATCHER("terminated", "500", "rejected", "C")

/* RFC 4660 7.2.1 and 7.2.2: watcher information. */
START_TEST(test_rfc4660_7_2_watchers)
{
    char *active = apply(WI_SET(INCLUDE("/wi:watcherinfo/wi:watcher-list[@package=\"presence\"]/\n"
                                        "wi:watcher[@status=\"active\"]")),
                         WI_HEAD WI_ACTIVE WI_PENDING WI_OVER WI_TAIL);
    ck_assert_str_eq(active, WI_HEAD WI_ACTIVE WI_TAIL);
    char *old = apply(WI_SET(INCLUDE("/wi:watcherinfo/wi:watcher-list[@package=\"presence\"]/\n"
                                     "wi:watcher[@duration-subscribed>500]")),
                      WI_HEAD WI_ACTIVE WI_PENDING WI_OVER WI_TAIL);
    ck_assert_str_eq(old, WI_HEAD WI_ACTIVE WI_PENDING WI_TAIL);
    /* and what the schema of RFC 3858 wants stays */
    char *bare =
        apply(WI_SET(EXCLUDE("//wi:watcher/@duration-subscribed") EXCLUDE("//wi:watcher/@status")),
              WI_HEAD WI_OVER WI_TAIL);
    ck_assert_str_eq(bare, WI_HEAD "<watcher status=\"terminated\" id=\"C\" event=\"rejected\">"
                                   "sip:C@example.com</watcher>" WI_TAIL);
    free(active);
    free(old);
    free(bare);
}
END_TEST

static const char rich[] = PRESENCE(
    "<tuple id='t1'><status><basic>open</basic></status><rpid:class>IM</rpid:class>"
    "<contact priority='0.5'>im:a@b.c</contact><note>n1</note>"
    "<timestamp>2026-11-21T02:15:08Z</timestamp></tuple>"
    "<tuple id='t2'><status><basic>closed</basic></status><contact>sip:a@b.c</contact></tuple>"
    "<note>root</note>"
    "<dm:person id='p'><rpid:activities from='2026-11-21T02:15:08Z' id='a'>"
    "<rpid:note>at sea</rpid:note><rpid:away/><rpid:busy/></rpid:activities>"
    "<rpid:mood><rpid:note>so</rpid:note><rpid:happy/><rpid:sad/></rpid:mood>"
    "<dm:note>n2</dm:note></dm:person>"
    "<dm:device id='d'><rpid:user-input idle-threshold='600'>idle</rpid:user-input>"
    "<dm:deviceID>urn:d</dm:deviceID></dm:device>");

/* RFC 4661 3.5.1: an element comes with all above and in it, and with what must be there. */
START_TEST(test_rfc4661_3_5_1_include)
{
    expect(WHAT(INCLUDE("/pidf:presence/pidf:tuple/pidf:status/pidf:basic")), rich,
           "<tuple id=\"t1\"><status><basic>open</basic></status></tuple>"
           "<tuple id=\"t2\"><status><basic>closed</basic></status></tuple>");
    /* the status is mandatory, with its value */
    expect(WHAT(INCLUDE("//pidf:tuple/pidf:note")), rich,
           "<tuple id=\"t1\"><status><basic>open</basic></status><note>n1</note></tuple>");
    expect(WHAT(INCLUDE("//rpid:user-input")), rich,
           "<dm:device id=\"d\"><rpid:user-input idle-threshold=\"600\">idle</rpid:user-input>"
           "<dm:deviceID>urn:d</dm:deviceID></dm:device>");
    expect(WHAT(INCLUDE("//rpid:away") INCLUDE("//dm:note")), rich,
           "<dm:person id=\"p\"><rpid:activities from=\"2026-11-21T02:15:08Z\"><rpid:away/>"
           "</rpid:activities><dm:note>n2</dm:note></dm:person>");
    /* a mood must be some mood */
    expect(WHAT(INCLUDE("//rpid:mood/rpid:note")), rich,
           "<dm:person id=\"p\"><rpid:mood><rpid:note>so</rpid:note><rpid:happy/><rpid:sad/>"
           "</rpid:mood></dm:person>");
    expect(WHAT(INCLUDE("//rpid:mood/rpid:sad")), rich,
           "<dm:person id=\"p\"><rpid:mood><rpid:sad/></rpid:mood></dm:person>");
    expect(WHAT(INCLUDE("/pidf:presence/pidf:tuple[@id='t2']")), rich,
           "<tuple id=\"t2\"><status><basic>closed</basic></status>"
           "<contact>sip:a@b.c</contact></tuple>");
    expect(WHAT(INCLUDE("//pidf:nothing")), rich, "");
    /* RFC 4661 5: a name without prefix is in no namespace */
    expect(WHAT(INCLUDE("/presence/tuple")), rich, "");
}
END_TEST

/* RFC 4661 3.5.1: an attribute comes with its element and the element's value. */
START_TEST(test_rfc4661_3_5_1_include_attribute)
{
    expect(WHAT(INCLUDE("//pidf:contact/@priority")), rich,
           "<tuple id=\"t1\"><status><basic>open</basic></status>"
           "<contact priority=\"0.5\">im:a@b.c</contact></tuple>");
    expect(WHAT(INCLUDE("//rpid:activities/@id")), rich,
           "<dm:person id=\"p\"><rpid:activities from=\"2026-11-21T02:15:08Z\" id=\"a\"/>"
           "</dm:person>");
    expect(WHAT(INCLUDE("//pidf:tuple/@id")), rich,
           "<tuple id=\"t1\"><status><basic>open</basic></status></tuple>"
           "<tuple id=\"t2\"><status><basic>closed</basic></status></tuple>");
}
END_TEST

/* RFC 4661 3.5.3, 6.4: the elements of a namespace, and 6.6: but for some. */
START_TEST(test_rfc4661_3_5_3_namespace)
{
#define NAMESPACE(uri) "<include type=\"namespace\">\n " uri "\n</include>"
#define TUPLES(note)                                                                      \
    "<tuple id=\"t1\"><status><basic>open</basic></status>"                               \
    "<contact priority=\"0.5\">im:a@b.c</contact>" note                                   \
    "<timestamp>2026-11-21T02:15:08Z</timestamp></tuple>"                                 \
    "<tuple id=\"t2\"><status><basic>closed</basic></status><contact>sip:a@b.c</contact>" \
    "</tuple><note>root</note>"
    expect(WHAT(NAMESPACE("urn:ietf:params:xml:ns:pidf")), rich, TUPLES("<note>n1</note>"));
    expect(WHAT(NAMESPACE("urn:ietf:params:xml:ns:pidf")
                    EXCLUDE("/pidf:presence/pidf:tuple/pidf:note")),
           rich, TUPLES(""));
    expect(WHAT(NAMESPACE("urn:ietf:params:xml:ns:pidf:data-model")), rich,
           "<dm:person id=\"p\"><dm:note>n2</dm:note></dm:person>"
           "<dm:device id=\"d\"><dm:deviceID>urn:d</dm:deviceID></dm:device>");
    expect(WHAT(NAMESPACE("urn:x")), rich, "");
}
END_TEST

static const char small[] = PRESENCE(
    "<tuple id='t1'><status><basic>open</basic></status><note>n</note></tuple>"
    "<dm:person id='p'><rpid:mood><rpid:happy/><rpid:sad/></rpid:mood></dm:person>"
    "<dm:device id='d'><rpid:class>c</rpid:class><dm:deviceID>urn:d</dm:deviceID></dm:device>");
#define T1 "<tuple id=\"t1\"><status><basic>open</basic></status>"
#define P_HEAD "<dm:person id=\"p\"><rpid:mood>"
#define P_TAIL "</rpid:mood></dm:person>"
#define D_TAIL "<dm:deviceID>urn:d</dm:deviceID></dm:device>"
#define D "<dm:device id=\"d\"><rpid:class>c</rpid:class>" D_TAIL

/* RFC 4661 3.5.2: what is excluded goes, from everything when nothing is included; but for what a
 * valid document needs. */
START_TEST(test_rfc4661_3_5_2_exclude)
{
    expect(WHAT(EXCLUDE("//pidf:note")), small,
           T1 "</tuple>" P_HEAD "<rpid:happy/><rpid:sad/>" P_TAIL D);
    expect(WHAT(EXCLUDE("//dm:person") EXCLUDE("//dm:device")), small, T1 "<note>n</note></tuple>");
    expect(WHAT(EXCLUDE("//rpid:happy")), small,
           T1 "<note>n</note></tuple>" P_HEAD "<rpid:sad/>" P_TAIL D);
    /* one mood is needed: the step that takes the last one is undone */
    expect(WHAT(EXCLUDE("//rpid:happy") EXCLUDE("//rpid:sad")), small,
           T1 "<note>n</note></tuple>" P_HEAD "<rpid:sad/>" P_TAIL D);
    expect(WHAT(EXCLUDE("//rpid:mood/*")), small,
           T1 "<note>n</note></tuple>" P_HEAD "<rpid:happy/><rpid:sad/>" P_TAIL D);
    /* status, basic, deviceID, ids and the root are mandatory */
    expect(WHAT(EXCLUDE("//pidf:status") EXCLUDE("//dm:deviceID") EXCLUDE("//pidf:basic")
                    EXCLUDE("//@id") EXCLUDE("/*") EXCLUDE("/*/@entity")),
           small, T1 "<note>n</note></tuple>" P_HEAD "<rpid:happy/><rpid:sad/>" P_TAIL D);
    expect(WHAT(EXCLUDE("//*")), small, "");
    expect(WHAT(EXCLUDE("/*/*//*")), small,
           T1 "</tuple><dm:person id=\"p\"/><dm:device id=\"d\">" D_TAIL);
    expect(WHAT("<exclude type='namespace'>urn:ietf:params:xml:ns:pidf:rpid</exclude>"), small,
           T1 "<note>n</note></tuple><dm:person id=\"p\"/><dm:device id=\"d\">" D_TAIL);
    expect(WHAT(INCLUDE("//pidf:tuple") EXCLUDE("//pidf:note")), small, T1 "</tuple>");
}
END_TEST

/* Without a <what>, or with an empty one (RFC 4660 5.4), nothing goes. */
START_TEST(test_rfc4660_5_4_empty_what)
{
    static const char *const bodies[] = {
        FILTER("<what/>"),
        FILTER("<what><x:y xmlns:x='urn:x'/></what>"),
        FILTER("<trigger><added>//pidf:tuple</added></trigger>"),
        FILTER_SET(
            "<filter id='1' enabled='false'><what>" INCLUDE("//pidf:tuple") "</what></filter>"),
        FILTER_SET(
            "<filter id='1' uri='sip:x@y.z'><what>" INCLUDE("//pidf:tuple") "</what></filter>"),
        WHAT(INCLUDE("/*")),
        WHAT(EXCLUDE("//pidf:nothing")),
    };
    char *composed = COMPOSE(rich);
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        char *result = apply(bodies[i], composed);
        ck_assert_str_eq(result, composed);
        free(result);
    }
    free(composed);
}
END_TEST

/* RFC 3863 4.1.4: a status has some child. */
START_TEST(test_status_without_basic)
{
    static const char text[] =
        PRESENCE("<tuple id='t'><status><x:a xmlns:x='urn:x'/></status><note>n</note></tuple>");
    expect(WHAT(INCLUDE("//pidf:note")), text,
           "<tuple id=\"t\"><status><x:a xmlns:x=\"urn:x\"/></status><note>n</note></tuple>");
    expect(WHAT(EXCLUDE("//pidf:status/*")), text,
           "<tuple id=\"t\"><status><x:a xmlns:x=\"urn:x\"/></status><note>n</note></tuple>");
}
END_TEST

/* Of elements without a schema here, what is on the way stays with its attributes. */
START_TEST(test_unknown_elements)
{
    static const char text[] = PRESENCE(
        "<tuple id='t'><status/><x:a xmlns:x='urn:x' p='1'>text<x:b q='2'>two</x:b><x:c/></x:a>"
        "</tuple>");
    expect(FILTER_SET("<filter id='1'><what><include>//*[.='two']</include></what></filter>"), text,
           "<tuple id=\"t\"><status/><x:a xmlns:x=\"urn:x\" p=\"1\"><x:b q=\"2\">two</x:b></x:a>"
           "</tuple>");
    expect(WHAT("<exclude type='namespace'>urn:x</exclude>"), text,
           "<tuple id=\"t\"><status/></tuple>");
}
END_TEST

/* RFC 4119 2.2.2: a location does not go about without its rules of usage. */
START_TEST(test_rfc4119_location_is_whole)
{
#define GEOPRIV                                                                      \
    "<g:geopriv xmlns:g=\"urn:ietf:params:xml:ns:pidf:geopriv10\"><g:location-info>" \
    "<c:city xmlns:c=\"urn:c\">Ulm</c:city></g:location-info><g:usage-rules>"        \
    "<g:retransmission-allowed>no</g:retransmission-allowed></g:usage-rules></g:geopriv>"
#define LOCATION "<tuple id=\"t\"><status>" GEOPRIV "</status>"
    static const char text[] = PRESENCE(LOCATION "<note>n</note></tuple>");
    expect(WHAT(INCLUDE("//*[.='Ulm']")), text, LOCATION "</tuple>");
    expect(WHAT("<exclude type='namespace'>urn:c</exclude>" EXCLUDE("//pidf:note")), text,
           LOCATION "</tuple>");
}
END_TEST

/* RFC 4660 5.3.1: the namespaces of what is selected, no others. */
START_TEST(test_rfc4660_5_3_1_namespaces)
{
    char *composed = COMPOSE(rich);
    char *result = apply(WHAT(INCLUDE("//pidf:basic")), composed);
    ck_assert_msg(strstr(result, "xmlns:") == NULL, "%s", result);
    free(result);
    free(composed);
}
END_TEST

START_TEST(test_no_filter)
{
    struct pidf_parser *parser = pidf_parser_new(NULL);
    struct blob *document = blob_of("anything");
    struct blob *same = pidf_filter_apply(parser, NULL, document);
    ck_assert_ptr_eq(same, document);
    blob_unref(&same);
    blob_unref(&document);
    pidf_parser_free(&parser);
}
END_TEST

/* A hostile filter on a hostile document ends, and then is as if it were not there. */
START_TEST(test_what_takes_too_long)
{
    struct pidf_parser *parser = pidf_parser_new(NULL);
    struct pidf_filter *filter =
        make_filter(parser, WHAT(INCLUDE("//*[..='x' or ..&lt;5]") INCLUDE("//pidf:note")));
    struct text text = {0};
    text_put(&text, BYTES("<presence " PIDF " entity='sip:a@b.c'>"));
    for (int i = 0; i < 20000; i++)
        text_put(&text, BYTES("<x xmlns=''/>"));
    text_put(&text, BYTES("</presence>"));
    struct blob *document = blob_new(text_bytes(&text));
    struct blob *left = pidf_filter_apply(parser, filter, document);
    ck_assert_ptr_eq(left, document);
    text_release(&text);
    blob_unref(&left);
    blob_unref(&document);
    pidf_filter_free(&filter);
    pidf_parser_free(&parser);
}
END_TEST

/* Whatever a filter takes out, what is left is valid: every path of one or two names. */
START_TEST(test_always_valid)
{
    static const char *const names[] = {"*",           "pidf:presence",   "pidf:tuple",
                                        "pidf:status", "pidf:basic",      "pidf:contact",
                                        "pidf:note",   "dm:person",       "dm:device",
                                        "dm:deviceID", "rpid:activities", "rpid:mood",
                                        "rpid:happy",  "rpid:user-input", "rpid:note",
                                        "@id",         "@from",           "@idle-threshold"};
    enum { NAMES = sizeof(names) / sizeof(names[0]) };
    struct pidf_parser *parser = pidf_parser_new(NULL);
    xmlSchema *schema = schema_open();
    char *composed = COMPOSE(rich);
    struct blob *document = blob_of(composed);
    for (int i = 0; i < 4 * NAMES * NAMES; i++) {
        const char *first = names[i % NAMES], *second = names[i / NAMES % NAMES];
        char body[1024], message[512], *result;
        if (first[0] == '@')
            continue;
        snprintf(body, sizeof(body), WHAT("<%s>//%s%s%s</%s>"),
                 i / (NAMES * NAMES) % 2 == 0 ? "include" : "exclude", first,
                 i / (NAMES * NAMES) / 2 == 0 ? "/" : "//", second,
                 i / (NAMES * NAMES) % 2 == 0 ? "include" : "exclude");
        struct pidf_filter *filter = make_filter(parser, body);
        struct blob *left = pidf_filter_apply(parser, filter, document);
        result = text_of(left);
        schema_judge(schema, result, message);
        ck_assert_msg(message[0] == '\0', "%s: %s in %s", body, message, result);
        free(result);
        blob_unref(&left);
        pidf_filter_free(&filter);
    }
    blob_unref(&document);
    free(composed);
    xmlSchemaFree(schema);
    pidf_parser_free(&parser);
}
END_TEST

UNIT_MAIN("filter_apply", test_rfc4660_7_1_1_messaging, test_rfc4660_7_1_2_open,
          test_rfc4660_7_2_watchers, test_rfc4661_3_5_1_include,
          test_rfc4661_3_5_1_include_attribute, test_rfc4661_3_5_3_namespace,
          test_rfc4661_3_5_2_exclude, test_rfc4660_5_4_empty_what, test_status_without_basic,
          test_unknown_elements, test_rfc4119_location_is_whole, test_rfc4660_5_3_1_namespaces,
          test_no_filter, test_what_takes_too_long, test_always_valid)
