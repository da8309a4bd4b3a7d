/* repair_test.c: whatever was accepted is valid by the schema when it leaves. */
#include "documents.h"

#define TUPLE(content) PRESENCE("<tuple id='t'>" content "</tuple>")
#define PERSON(content) PRESENCE("<dm:person id='p'>" content "</dm:person>")

/* RFC 3863 4.1.2: status, extensions, contact, notes, timestamp, in this order. */
START_TEST(test_rfc3863_order_in_a_tuple)
{
    assert_becomes(TUPLE("<timestamp>2026-11-21T02:15:08Z</timestamp><note>n</note>"
                         "<rpid:class>x</rpid:class><contact>sip:a@b</contact>"
                         "<status><rpid:class>y</rpid:class><basic>open</basic></status>"),
                   "<tuple id=\"t\"><status><basic>open</basic><rpid:class>y</rpid:class></status>"
                   "<rpid:class>x</rpid:class><contact>sip:a@b</contact><note>n</note>"
                   "<timestamp>2026-11-21T02:15:08Z</timestamp></tuple>",
                   NULL);
}
END_TEST

START_TEST(test_missing_parts_of_a_tuple)
{
    assert_becomes(PRESENCE("<tuple/>"), "<tuple id=\"t1\"><status/></tuple>", NULL);
    assert_becomes(PRESENCE("<tuple id=''><note>x</note></tuple>"),
                   "<tuple id=\"t1\"><status/><note>x</note></tuple>", NULL);
    assert_becomes(TUPLE("<status><basic/></status>"), "<status/>", "basic");
}
END_TEST

START_TEST(test_bare_numbers_as_ids)
{
    assert_becomes(PRESENCE("<tuple id='102'/>"), "<tuple id=\"_102\">", NULL);
}
END_TEST

/* RFC 3863 4.1.4. */
START_TEST(test_rfc3863_basic)
{
    assert_becomes(TUPLE("<status><basic> Open\n</basic></status>"), "<basic>open</basic>", NULL);
    assert_becomes(TUPLE("<status><basic>closed</basic><basic>open</basic></status>"),
                   "<status><basic>closed</basic></status>", NULL);
    ck_assert_uint_eq(judge(TUPLE("<status><basic>away</basic></status>")).status, 400);
    /* what another namespace calls basic is its own affair */
    assert_becomes(TUPLE("<status><x:basic xmlns:x='urn:x'>away</x:basic></status>"), "away", NULL);
}
END_TEST

/* RFC 3863 4.1.5. */
START_TEST(test_rfc3863_contact)
{
    assert_becomes(TUPLE("<contact priority='0.8'>sip:a@b</contact>"),
                   "<contact priority=\"0.8\">sip:a@b</contact>", NULL);
    assert_becomes(TUPLE("<contact priority='7'> sip:a@b </contact>"), "<contact>sip:a@b</contact>",
                   "priority");
    assert_becomes(
        TUPLE("<contact>:</contact><contact>sip:a@b</contact><contact>sip:c@d</contact>"),
        "<status/><contact>sip:a@b</contact></tuple>", NULL);
    assert_becomes(TUPLE("<contact/>"), "<tuple", "contact");
}
END_TEST

START_TEST(test_times_that_are_none)
{
    assert_becomes(TUPLE("<timestamp>yesterday</timestamp>"), "<tuple", "timestamp");
    assert_becomes(PERSON("<rpid:activities from='now' until='2026-01-01T00:00:00Z'><rpid:busy/>"
                          "</rpid:activities>"),
                   "<rpid:activities until=\"2026-01-01T00:00:00Z\">", "from");
}
END_TEST

START_TEST(test_notes)
{
    assert_becomes(PRESENCE("<note></note>"), "<note/>", NULL);
    assert_becomes(PRESENCE("<note xml:lang='de' x='y'> so <b>und</b> so </note>"),
                   "<note xml:lang=\"de\"> so und so </note>", NULL);
    assert_becomes(PRESENCE("<note xml:lang='en_US'>hi</note>"), "<note>hi</note>", NULL);
}
END_TEST

START_TEST(test_what_has_no_place_is_left_out)
{
    assert_becomes(PRESENCE("text<status/><made-up/><x xmlns=''/><tuple id='t' x='y' xml:lang='en'>"
                            "text<tuple/><basic>open</basic><x xmlns=''/></tuple>"),
                   "\"><tuple id=\"t\"><status/></tuple></presence>", "text");
}
END_TEST

/* RFC 4479 5: a device is known by its deviceID; without, it says nothing. */
START_TEST(test_rfc4479_device)
{
    assert_becomes(PRESENCE("<dm:device><dm:note>n</dm:note><dm:deviceID> urn:x:1 </dm:deviceID>"
                            "<rpid:user-input>Idle</rpid:user-input></dm:device>"),
                   "<dm:device id=\"d1\"><rpid:user-input>idle</rpid:user-input>"
                   "<dm:deviceID>urn:x:1</dm:deviceID><dm:note>n</dm:note></dm:device>",
                   NULL);
    assert_becomes(PRESENCE("<dm:device id='d'><dm:note>n</dm:note></dm:device>"), "<presence",
                   "device");
}
END_TEST

/* RFC 4480 5.1: an empty activities is valid, an empty mood is not. */
START_TEST(test_rfc4480_empty_elements)
{
    assert_becomes(PERSON("<rpid:activities/>"),
                   "<dm:person id=\"p\"><rpid:activities/></dm:person>", NULL);
    assert_becomes(PERSON("<rpid:mood/><rpid:place-type/><rpid:service-class/><rpid:user-input/>"
                          "<rpid:time-offset/><rpid:status-icon/>"
                          "<rpid:place-is><rpid:audio/></rpid:place-is>"),
                   "<dm:person id=\"p\"><rpid:place-is/></dm:person>", NULL);
}
END_TEST

START_TEST(test_rfc4480_choices)
{
    assert_becomes(PERSON("<rpid:activities><rpid:unknown/><rpid:busy/></rpid:activities>"),
                   "<rpid:activities><rpid:unknown/></rpid:activities>", NULL);
    assert_becomes(PERSON("<rpid:activities><rpid:busy>x<y/></rpid:busy><rpid:unknown/>"
                          "<x:y xmlns:x='urn:x'/><rpid:busy/><rpid:note>n</rpid:note>"
                          "<rpid:other>o</rpid:other><rpid:happy/></rpid:activities>"),
                   "<rpid:activities><rpid:note>n</rpid:note><rpid:busy/>"
                   "<x:y xmlns:x=\"urn:x\"/><rpid:busy/><rpid:other>o</rpid:other>"
                   "</rpid:activities>",
                   "happy");
    assert_becomes(PERSON("<rpid:sphere><rpid:home/><rpid:work/></rpid:sphere>"),
                   "<rpid:sphere><rpid:home/></rpid:sphere>", NULL);
    assert_becomes(PERSON("<rpid:privacy><rpid:video/><rpid:audio/><rpid:unknown/></rpid:privacy>"),
                   "<rpid:privacy><rpid:audio/><rpid:video/></rpid:privacy>", NULL);
}
END_TEST

/* An element whose only content is dropped is dropped with it. */
START_TEST(test_dropping_goes_upwards)
{
    assert_becomes(PERSON("<rpid:mood><dm:device id='x'/></rpid:mood>"), "<dm:person id=\"p\"/>",
                   NULL);
}
END_TEST

/* The schema lets other namespaces in, and then holds what it knows to its rules, at any depth. */
START_TEST(test_known_elements_inside_of_unknown_ones)
{
    assert_becomes(TUPLE("<x:x xmlns:x='urn:x'>a<dm:person><dm:note/></dm:person>b<rpid:mood/>"
                         "<presence entity='no'/><dm:deviceID>:</dm:deviceID></x:x>"),
                   "<x:x xmlns:x=\"urn:x\">a<dm:person id=\"p2\"><dm:note/></dm:person>b</x:x>",
                   NULL);
}
END_TEST

/* What would steer or upset a validator. */
START_TEST(test_attributes_of_unknown_elements)
{
    assert_becomes(TUPLE("<x:x xmlns:x='urn:x' "
                         "xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' "
                         "xmlns:p='urn:ietf:params:xml:ns:pidf' xsi:type='x:y' xsi:nil='true' "
                         "xsi:schemaLocation='urn:x http://127.0.0.1:1/' xml:lang='a b' "
                         "xml:space='preserve' xml:id='t' p:mustUnderstand='maybe' id='t'/>"),
                   "xml:space=\"preserve\" id=\"t\"/>", "xsi:");
}
END_TEST

/* Random documents: a grammar of everything that we know, and of everything that is wrong with it.
 */

struct dice {
    uint64_t state;
};

static unsigned roll(struct dice *dice, unsigned sides)
{
    dice->state = dice->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(dice->state >> 33) % sides;
}

#define PICK(dice, list) ((list)[roll(dice, sizeof(list) / sizeof((list)[0]))])

static const char *const prefixes[] = {"",   "",   "dm:", "dm:", "rpid:", "rpid:", "rpid:", "rpid:",
                                       "x:", "y:", "q:",  "c:",  "c:",    "ci:",   "ts:"};
static const char *const names[] = {
    "tuple",        "status",     "basic",        "contact",       "note",     "timestamp",
    "person",       "device",     "deviceID",     "activities",    "mood",     "place-is",
    "place-type",   "privacy",    "relationship", "service-class", "sphere",   "status-icon",
    "time-offset",  "user-input", "class",        "unknown",       "busy",     "away",
    "happy",        "audio",      "video",        "text",          "ok",       "noisy",
    "home",         "other",      "friend",       "courier",       "presence", "dark",
    "servcaps",     "devcaps",    "priority",     "range",         "methods",  "supported",
    "notsupported", "ACK",        "timed-status", "card",          "mobility", "description"};
static const char *const attributes[] = {" id='a'",
                                         " id='a-2'",
                                         " id='12'",
                                         " id=' b '",
                                         " xml:lang='en'",
                                         " xml:lang='-'",
                                         " xml:id='a'",
                                         " from='x'",
                                         " x:y='1'",
                                         " dm:id='a'",
                                         " priority='0.5'",
                                         " priority='2'",
                                         " xsi:type='x:y'",
                                         " p:mustUnderstand='x'",
                                         " until='2026-11-21T02:15:08Z'",
                                         " xmlns='urn:x'",
                                         " xmlns=''",
                                         " xmlns:q='urn:other'",
                                         " xml:space='x'",
                                         " last-input='2026-02-30T00:00:00Z'",
                                         " idle-threshold='0'",
                                         " minvalue='1'",
                                         " minvalue='x' maxvalue='2'",
                                         " from='2026-11-21T02:15:08+01:00'"};
static const char *const contents[] = {"open",    " closed ",     "idle",  "sip:a@b",
                                       "urn:x:1", "a &lt; b",     "-60",   "2026-11-21T02:15:08Z",
                                       "::",      "<![CDATA[]]>", "&#13;", "\xc3\xb6"};

struct draft {
    char text[16384];
    size_t length;
    unsigned elements;
};

static void put(struct draft *draft, const char *text)
{
    size_t length = strlen(text);
    ck_assert_uint_lt(draft->length + length, sizeof(draft->text));
    memcpy(draft->text + draft->length, text, length + 1);
    draft->length += length;
}

static void put_element(struct draft *draft, struct dice *dice, unsigned depth)
{
    const char *prefix = PICK(dice, prefixes), *name = PICK(dice, names);
    if (draft->elements++ > 60)
        return;
    put(draft, "<");
    put(draft, prefix);
    put(draft, name);
    const char *first = roll(dice, 2) == 0 ? PICK(dice, attributes) : "";
    put(draft, first);
    put(draft, ">");
    if (roll(dice, 3) == 0)
        put(draft, PICK(dice, contents));
    for (unsigned i = roll(dice, 4); i > 0 && depth < 6; i--)
        put_element(draft, dice, depth + 1);
    put(draft, "</");
    put(draft, prefix);
    put(draft, name);
    put(draft, ">");
}

static void put_document(struct draft *draft, struct dice *dice)
{
    draft->length = 0;
    draft->elements = 0;
    put(draft, "<presence " PIDF " " DM " " RPID " xmlns:p='urn:ietf:params:xml:ns:pidf' "
               "xmlns:c='urn:ietf:params:xml:ns:pidf:caps' "
               "xmlns:ci='urn:ietf:params:xml:ns:pidf:cipid' "
               "xmlns:ts='urn:ietf:params:xml:ns:pidf:timed-status' "
               "xmlns:x='urn:x' xmlns:y='urn:y' xmlns:q='urn:q' "
               "xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' entity='" ENTITY "'>");
    for (unsigned i = roll(dice, 6); i > 0; i--) {
        put(draft, "<tuple><status/>");
        put_element(draft, dice, 1);
        put(draft, "</tuple><dm:person>");
        put_element(draft, dice, 1);
        put_element(draft, dice, 1);
        put(draft, "</dm:person>");
        put_element(draft, dice, 0);
    }
    put(draft, "</presence>");
}

/* Composes `count` documents and holds the result to the schema; then what was composed must be
 * accepted, and valid, again. */
static void check_composed(struct pidf_parser *parser, xmlSchema *schema,
                           const struct pidf_source *sources, size_t count, const char *source)
{
    char message[512];
    struct blob *blob = pidf_compose(BYTES(ENTITY), sources, count);
    char *copy = strndup(blob_bytes(blob).at, blob_bytes(blob).length);
    schema_judge(schema, copy, message);
    ck_assert_msg(message[0] == '\0', "%s\nin %s\nfrom %s", message, copy, source);
    struct pidf_document *again;
    struct verdict result = parse_with(parser, copy, &again);
    ck_assert_msg(verdict_ok(result), "%s: %s", result.reason, copy);
    pidf_free(&again);
    blob_unref(&blob);
    free(copy);
}

START_TEST(test_random_documents_leave_valid)
{
    enum { ROUNDS = 600 };
    struct dice dice = {1};
    struct draft draft;
    unsigned accepted = 0;
    xmlSchema *schema = schema_open();
    struct pidf_parser *parser =
        pidf_parser_new(&(struct pidf_limits){.fragments = 1000, .elements = 100000});
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct pidf_document *document;
        put_document(&draft, &dice);
        struct verdict result = parse_with(parser, draft.text, &document);
        if (!verdict_ok(result)) {
            ck_assert_uint_eq(result.status, 400);
            continue;
        }
        accepted++;
        const struct pidf_source twice[] = {{document, 2000, false}, {document, 1000, true}};
        check_composed(parser, schema, twice, 1, draft.text);
        check_composed(parser, schema, twice, 2, draft.text);
        check_composed(parser, schema, twice + 1, 1, draft.text);
        pidf_free(&document);
    }
    ck_assert_uint_gt(accepted, ROUNDS / 2);
    pidf_parser_free(&parser);
    xmlSchemaFree(schema);
}
END_TEST

UNIT_MAIN("pidf/repair", test_rfc3863_order_in_a_tuple, test_missing_parts_of_a_tuple,
          test_bare_numbers_as_ids, test_rfc3863_basic, test_rfc3863_contact,
          test_times_that_are_none, test_notes, test_what_has_no_place_is_left_out,
          test_rfc4479_device, test_rfc4480_empty_elements, test_rfc4480_choices,
          test_dropping_goes_upwards, test_known_elements_inside_of_unknown_ones,
          test_attributes_of_unknown_elements, test_random_documents_leave_valid)
