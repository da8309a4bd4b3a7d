/* parse_test.c: what is accepted, what is refused and how, and what stays bounded. */
#include "base/memory.h"
#include "documents.h"

static void expect(const char *text, unsigned status, const char *reason)
{
    struct verdict result = judge(text);
    ck_assert_msg(result.status == status, "%u %s for %.200s", result.status,
                  result.reason != NULL ? result.reason : "", text);
    if (status != 0)
        ck_assert_msg(strstr(result.reason, reason) != NULL, "\"%s\"", result.reason);
    ck_assert_uint_le(result.offset, strlen(text));
}

/* The bodies that clients send, in their way of writing. */

START_TEST(test_baresip)
{
    expect("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\r\n"
           "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\"\r\n"
           "    xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\"\r\n"
           "    xmlns:rpid=\"urn:ietf:params:xml:ns:pidf:rpid\"\r\n"
           "    entity=\"" ENTITY "\">\r\n"
           "  <dm:person id=\"p1\"><rpid:activities/></dm:person>\r\n"
           "  <tuple id=\"t1\">\r\n    <status>\r\n      <basic>open</basic>\r\n    </status>\r\n"
           "    <contact>" ENTITY "</contact>\r\n  </tuple>\r\n</presence>\r\n",
           0, NULL);
}
END_TEST

START_TEST(test_linphone)
{
    expect("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
           "<presence xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\" "
           "xmlns:rpid=\"urn:ietf:params:xml:ns:pidf:rpid\" "
           "xmlns:pidfonline=\"http://www.linphone.org/xsds/pidfonline.xsd\" "
           "entity=\"" ENTITY "\" xmlns=\"urn:ietf:params:xml:ns:pidf\">\n"
           " <tuple id=\"abcdef\">\n  <status>\n   <basic>open</basic>\n   <pidfonline:online/>\n"
           "  </status>\n  <contact priority=\"0.8\">" ENTITY "</contact>\n"
           "  <timestamp>2026-11-21T02:15:08Z</timestamp>\n </tuple>\n</presence>\n",
           0, NULL);
}
END_TEST

START_TEST(test_libpurple_leaving)
{
    expect("<?xml version='1.0' encoding='UTF-8'?>\n"
           "<presence\nxmlns='urn:ietf:params:xml:ns:pidf'\n"
           "xmlns:im='urn:ietf:params:xml:ns:pidf:im'\nentity='" ENTITY "'>\n"
           "<tuple id='ab12'>\n<status>\n<basic>closed</basic>\n</status>\n<note></note>\n"
           "</tuple>\n</presence>",
           0, NULL);
}
END_TEST

START_TEST(test_a_root_with_a_prefix)
{
    expect("<p:presence xmlns:p='urn:ietf:params:xml:ns:pidf' entity='" ENTITY "'/>", 0, NULL);
}
END_TEST

/* RFC 3863 4.1.1: the entity names the presentity, unescaped for the caller. */

static bool is_unescaped(void *context, struct bytes entity)
{
    *(unsigned *)context += 1;
    return bytes_equal(entity, BYTES("sip:a&b@example.com;x=\"1\""));
}

START_TEST(test_rfc3863_entity)
{
    struct pidf_parser *parser = pidf_parser_new(NULL);
    struct pidf_document *document;
    unsigned calls = 0;
    struct bytes body = BYTES("<presence " PIDF " entity=' sip:a&amp;b@example.com;x=&quot;"
                              "&#49;&quot; '/>");
    ck_assert(verdict_ok(pidf_parse(parser, body, is_unescaped, &calls, &document)));
    ck_assert_uint_eq(calls, 1);
    pidf_free(&document);
    pidf_parser_free(&parser);
    expect("<presence " PIDF " entity='sip:bob@example.com'/>", 403, "somebody else");
    expect("<presence " PIDF "/>", 400, "no entity");
    expect("<presence " PIDF " xmlns:p='urn:ietf:params:xml:ns:pidf' p:entity='" ENTITY "'/>", 400,
           "no entity");
    expect("<presence " PIDF " entity=' '/>", 400, "empty");
}
END_TEST

START_TEST(test_the_root)
{
    expect("<presence entity='" ENTITY "'/>", 400, "namespace of PIDF");
    expect("<tuple " PIDF " entity='" ENTITY "'/>", 400, "not presence");
    expect("<presence xmlns='urn:ietf:params:cpim-presence:' entity='" ENTITY "'/>", 400,
           "cpim-pidf");
}
END_TEST

START_TEST(test_not_well_formed)
{
    expect("", 400, "empty");
    expect("hello", 400, "not an XML document");
    expect(" <", 400, "");
    expect("\xff\xfe\x00", 400, "");
    expect("<presence", 400, "well formed");
    expect("<presence " PIDF " entity='" ENTITY "'>", 400, "no proper end");
    expect(PRESENCE("<tuple></note>"), 400, "tags do not match");
    expect(PRESENCE("") "<x/>", 400, "no proper end");
    expect("<presence " PIDF " entity='" ENTITY "' entity='" ENTITY "'/>", 400, "repeated");
    expect(PRESENCE("<note>\xff</note>"), 400, "character");
    expect(PRESENCE("<note>\x01</note>"), 400, "character");
    expect(PRESENCE("<x:y/>"), 400, "prefix");
    expect(PRESENCE("<tuple x:y='1'/>"), 400, "prefix");
    expect(PRESENCE("<note>&nbsp;</note>"), 400, "entity");
}
END_TEST

START_TEST(test_tells_where)
{
    const char *text = "<presence " PIDF " entity='" ENTITY "'>\n<tuple>\n"
                       "<status><basic>x</basic></status></tuple></presence>";
    struct verdict result = judge(text);
    ck_assert_uint_eq(result.status, 400);
    ck_assert_ptr_eq(text + result.offset, strstr(text, "<status>"));
    text = PRESENCE("<note>&oops;</note>");
    result = judge(text);
    ck_assert_uint_ge(result.offset, (size_t)(strstr(text, "&oops") - text));
    ck_assert_uint_le(result.offset, (size_t)(strstr(text, "</note") - text));
}
END_TEST

/* Entities, DTDs and the network are off. */

START_TEST(test_no_dtd)
{
    const char *rest = PRESENCE("<note>&a;</note>");
    const char *const types[] = {
        "<!DOCTYPE presence>",
        "<!DOCTYPE presence SYSTEM 'http://127.0.0.1:1/x.dtd'>",
        "<!DOCTYPE presence PUBLIC '-//x' 'file:///etc/passwd' []>",
        "<!DOCTYPE presence [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>",
        "<!DOCTYPE p [<!ENTITY a '12345678'><!ENTITY b '&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;'>]>",
        "<!DOCTYPE p [<!ENTITY % x SYSTEM 'file:///etc/hostname'> %x;]>",
    };
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        char text[1024];
        snprintf(text, sizeof(text), "<?xml version='1.0'?>%s%s", types[i], rest);
        expect(text, 400, "document type");
    }
}
END_TEST

/* A document in an encoding that hides ASCII would slip through the scan of attributes. */
START_TEST(test_encodings)
{
    expect("<?xml version='1.0' encoding='us-ascii'?>" PRESENCE(""), 0, NULL);
    expect("\xef\xbb\xbf<?xml version='1.0' encoding='UTF-8'?>" PRESENCE(""), 0, NULL);
    expect("<?xml version='1.0' encoding='UTF-7'?>" PRESENCE(""), 400, "UTF-8");
    expect("<?xml version='1.0' encoding='IBM037'?>" PRESENCE(""), 400, "UTF-8");
    expect("<?xml version='1.0' encoding='no-such'?>" PRESENCE(""), 400, "UTF-8");
    static const char wide[] = "\xff\xfe<\0p\0/\0>";
    struct pidf_parser *parser = pidf_parser_new(NULL);
    struct pidf_document *document;
    struct verdict result = pidf_parse(parser, bytes_from(wide, sizeof(wide)), entity_is,
                                       (void *)(uintptr_t)ENTITY, &document);
    ck_assert_uint_eq(result.status, 400);
    pidf_parser_free(&parser);
}
END_TEST

/* Limits. */

/* The verdict on `text` under `limits`. */
static struct verdict judge_within(struct pidf_limits limits, const char *text)
{
    struct pidf_parser *parser = pidf_parser_new(&limits);
    struct pidf_document *document;
    struct verdict result = parse_with(parser, text, &document);
    pidf_free(&document);
    pidf_parser_free(&parser);
    return result;
}

/* `head`, `count` times `part`, `tail`; free() it. */
static char *repeat(const char *head, const char *part, size_t count, const char *tail)
{
    size_t length = strlen(head), each = strlen(part);
    char *text = memory_new(length + each * count + strlen(tail) + 1);
    memcpy(text, head, length);
    for (size_t i = 0; i < count; i++)
        memcpy(text + length + i * each, part, each);
    memcpy(text + length + each * count, tail, strlen(tail));
    return text;
}

#define HEAD "<presence " PIDF " entity='" ENTITY "'>"

START_TEST(test_size_is_bounded)
{
    const char *text = PRESENCE("<note>0123456789</note>");
    struct pidf_limits limits = {.size_bytes = strlen(text)};
    ck_assert_uint_eq(judge_within(limits, text).status, 0);
    limits.size_bytes--;
    ck_assert_uint_eq(judge_within(limits, text).status, 413);
}
END_TEST

START_TEST(test_depth_is_bounded)
{
    struct pidf_limits limits = {.depth = 4};
    ck_assert_uint_eq(
        judge_within(limits, PRESENCE("<x:a xmlns:x='urn:x'><b><c/></b></x:a>")).status, 0);
    ck_assert_uint_eq(
        judge_within(limits, PRESENCE("<x:a xmlns:x='urn:x'><b><c><d/></c></b></x:a>")).status,
        413);
    char *deep = repeat(HEAD, "<a>", 20000, "");
    expect(deep, 413, "nested");
    free(deep);
}
END_TEST

START_TEST(test_elements_are_bounded)
{
    struct pidf_limits limits = {.elements = 3};
    ck_assert_uint_eq(judge_within(limits, PRESENCE("<note/><note/>")).status, 0);
    ck_assert_uint_eq(judge_within(limits, PRESENCE("<note/><note/><note/>")).status, 413);
    char *many = repeat(HEAD "<x xmlns='urn:x'>", "<a/>", 3000, "</x></presence>");
    expect(many, 413, "elements");
    free(many);
}
END_TEST

START_TEST(test_parts_are_bounded)
{
    char *enough = repeat(HEAD, "<tuple/>", 100, "</presence>");
    char *many = repeat(HEAD, "<tuple/>", 101, "</presence>");
    expect(enough, 0, NULL);
    expect(many, 413, "parts");
    free(enough);
    free(many);
}
END_TEST

START_TEST(test_attributes_are_bounded)
{
    char *many = repeat(HEAD "<x ", "a='' ", 129, "/></presence>");
    expect(many, 413, "attributes");
    free(many);
}
END_TEST

/* A fault ends the parser at once: what stands behind it, and was scanned from the wrong place, is
 * not read any more. */
START_TEST(test_nothing_behind_a_fault_is_read)
{
    char *many = repeat(HEAD "<x y'><z ", "a='' ", 12000, "'/></presence>");
    struct verdict result = judge(many);
    ck_assert_uint_eq(result.status, 400);
    ck_assert_uint_lt(result.offset, 120);
    free(many);
}
END_TEST

/* One parser for ever: names that peers think of must not fill its dictionary, which libxml2 ends
 * at some ten million bytes. */
START_TEST(test_a_parser_lasts)
{
    enum { ROUNDS = 1200, NAME_BYTES = 40000 };
    struct pidf_parser *parser = pidf_parser_new(NULL);
    char *text = repeat(HEAD "<x:n0000", "n", NAME_BYTES, " xmlns:x='urn:x'/></presence>");
    char *digits = strstr(text, "0000");
    for (unsigned i = 0; i < ROUNDS; i++) {
        for (unsigned j = 0, rest = i; j < 4; j++, rest /= 10)
            digits[j] = (char)('0' + rest % 10);
        struct pidf_document *document;
        struct verdict result = parse_with(parser, text, &document);
        ck_assert_msg(verdict_ok(result), "%s in round %u", result.reason, i);
        pidf_free(&document);
    }
    free(text);
    pidf_parser_free(&parser);
}
END_TEST

/* Nothing of a refused document shows in the next. */
START_TEST(test_a_parser_forgets)
{
    struct pidf_parser *parser = pidf_parser_new(NULL);
    const char *const bad[] = {PRESENCE("<tuple><status><basic>x</basic></status></tuple>"),
                               "<!DOCTYPE x><x/>",
                               "<?xml version='1.0' encoding='UTF-7'?><x/>",
                               PRESENCE("<note>"),
                               PRESENCE("<a:b/>"),
                               "<"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct pidf_document *document;
        ck_assert_uint_eq(parse_with(parser, bad[i], &document).status, 400);
        ck_assert_ptr_null(document);
        const char *latin =
            "<?xml version='1.0' encoding='ISO-8859-1'?>" PRESENCE("<note>\xf6</note>");
        ck_assert(verdict_ok(parse_with(parser, latin, &document)));
        pidf_free(&document);
        ck_assert(verdict_ok(parse_with(parser, PRESENCE("<note>\xc3\xb6</note>"), &document)));
        const struct pidf_source one = {.document = document};
        struct blob *blob = pidf_compose(BYTES(ENTITY), &one, 1);
        ck_assert(bytes_equal(blob_bytes(blob),
                              BYTES("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                                    "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" "
                                    "entity=\"" ENTITY "\"><note>\xc3\xb6</note></presence>\n")));
        blob_unref(&blob);
        pidf_free(&document);
    }
    pidf_parser_free(&parser);
    pidf_parser_free(&parser);
}
END_TEST

/* Every beginning of a document is refused or accepted, never more. */
START_TEST(test_truncated)
{
    const char *text = PRESENCE("<!-- c --><tuple id='t'><status><basic>open</basic></status>"
                                "<note xml:lang='en'><![CDATA[x]]>&amp;&#9;</note></tuple><?p i?>"
                                "<dm:person id='p'><rpid:mood><rpid:sad/></rpid:mood></dm:person>");
    struct pidf_parser *parser = pidf_parser_new(NULL);
    for (size_t length = 0; length < strlen(text); length++) {
        struct pidf_document *document;
        char entity[] = ENTITY;
        char *exact = memory_new(length);
        memcpy(exact, text, length);
        struct verdict result =
            pidf_parse(parser, bytes_from(exact, length), entity_is, entity, &document);
        ck_assert_uint_eq(result.status, 400);
        free(exact);
    }
    pidf_parser_free(&parser);
    expect(text, 0, NULL);
}
END_TEST

static bool same_tuples(const char *one, const char *other)
{
    struct pidf_parser *parser = pidf_parser_new(NULL);
    struct pidf_document *a = NULL, *b = NULL;
    ck_assert(verdict_ok(parse_with(parser, one, &a)));
    ck_assert(verdict_ok(parse_with(parser, other, &b)));
    bool same = pidf_same_tuples(a, b);
    ck_assert(pidf_same_tuples(b, a) == same);
    pidf_free(&a);
    pidf_free(&b);
    pidf_parser_free(&parser);
    return same;
}

#define TUPLE(id, more) "<tuple id='" id "'><status><basic>open</basic></status>" more "</tuple>"

START_TEST(test_same_tuples)
{
    const char *one = PRESENCE(TUPLE("t1", "")), *two = PRESENCE(TUPLE("t1", "") TUPLE("t2", ""));
    ck_assert(same_tuples(one, one));
    ck_assert(same_tuples(PRESENCE(""), PRESENCE("<note>away</note>")));
    /* what the tuples say, and what else there is, makes no difference */
    ck_assert(same_tuples(one, PRESENCE("<dm:person id='p'/>" TUPLE("t1", "<note>away</note>"))));
    ck_assert(same_tuples(two, PRESENCE(TUPLE("t1", "") "<note>x</note>" TUPLE("t2", ""))));
    ck_assert(!same_tuples(one, PRESENCE("")));
    ck_assert(!same_tuples(one, PRESENCE(TUPLE("t2", ""))));
    ck_assert(!same_tuples(one, PRESENCE(TUPLE("t11", ""))));
    ck_assert(!same_tuples(one, two));
    ck_assert(!same_tuples(PRESENCE("<dm:person id='t1'/>"), one));
}
END_TEST

UNIT_MAIN("pidf/parse", test_baresip, test_linphone, test_libpurple_leaving,
          test_a_root_with_a_prefix, test_rfc3863_entity, test_the_root, test_not_well_formed,
          test_tells_where, test_no_dtd, test_encodings, test_size_is_bounded,
          test_depth_is_bounded, test_elements_are_bounded, test_parts_are_bounded,
          test_attributes_are_bounded, test_nothing_behind_a_fault_is_read, test_a_parser_lasts,
          test_a_parser_forgets, test_truncated, test_same_tuples)
