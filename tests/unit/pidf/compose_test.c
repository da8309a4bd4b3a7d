/* compose_test.c: several publications in one document. */
#include "base/buffer.h"
#include "documents.h"

#define OPEN(id) \
    "<tuple id='" id "'><status><basic>open</basic></status><contact>" ENTITY "</contact></tuple>"

/* The composed document, which is freed, must be valid and be `wanted` between the root's tags. */
static void expect_inside(char *composed, const char *wanted)
{
    assert_valid(composed);
    char *start = strstr(composed, "entity=\"" ENTITY "\">");
    ck_assert_ptr_nonnull(start);
    start += strlen("entity=\"" ENTITY "\">");
    char *end = strstr(start, "</presence>\n");
    ck_assert_msg(end != NULL && end[strlen("</presence>\n")] == '\0', "%s", composed);
    *end = '\0';
    ck_assert_str_eq(start, wanted);
    free(composed);
}

static void expect(const char *const *texts, size_t count, const char *wanted)
{
    expect_inside(compose_texts(texts, count), wanted);
}

#define EXPECT_SAID(wanted, ...)                                                                  \
    expect_inside(compose_said((const struct said[]){__VA_ARGS__},                                \
                               sizeof((const struct said[]){__VA_ARGS__}) / sizeof(struct said)), \
                  wanted)

#define EXPECT(wanted, ...)                    \
    expect((const char *const[]){__VA_ARGS__}, \
           sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *), wanted)

/* RFC 3863 4.1: a document without tuples says that nothing is known to be open. */
START_TEST(test_rfc3863_nobody_published)
{
    expect(NULL, 0, "");
}
END_TEST

START_TEST(test_the_entity_is_escaped)
{
    struct blob *blob = pidf_compose(BYTES("sip:a&b\"<>\n\xc3\xb6@x"), NULL, 0);
    char *text = strndup(blob_bytes(blob).at, blob_bytes(blob).length);
    ck_assert_msg(strstr(text, "entity=\"sip:a&amp;b%22%3C%3E%0A%C3%B6@x\">") != NULL, "%s", text);
    assert_valid(text);
    free(text);
    blob_unref(&blob);
}
END_TEST

START_TEST(test_only_used_namespaces_are_declared)
{
    char *plain = COMPOSE(PRESENCE(OPEN("t")));
    char *person = COMPOSE(PRESENCE("<dm:person id='p'/>"));
    char *rich = COMPOSE(PRESENCE("<tuple id='t'><rpid:class>c</rpid:class></tuple>"));
    ck_assert(strstr(plain, "xmlns:") == NULL);
    ck_assert(strstr(person, "xmlns:dm") != NULL && strstr(person, "xmlns:rpid") == NULL);
    ck_assert(strstr(rich, "xmlns:dm") == NULL && strstr(rich, "xmlns:rpid") != NULL);
    free(plain);
    free(person);
    free(rich);
}
END_TEST

/* RFC 3863 4.4: tuples, notes, the rest; oldest publication first. */
START_TEST(test_rfc3863_order)
{
    EXPECT("<tuple id=\"a\"><status/></tuple><tuple id=\"b\"><status/></tuple>"
           "<tuple id=\"c\"><status/></tuple><note>1</note><note>2</note>"
           "<dm:person id=\"p\"/><x:y xmlns:x=\"urn:x\"/>",
           PRESENCE("<x:y xmlns:x='urn:x'/><dm:person id='p'/><note>1</note><tuple id='a'/>"),
           PRESENCE("<tuple id='b'/><note>2</note><tuple id='c'/>"));
}
END_TEST

/* baresip has the same ids in every device: both tuples stay. */
START_TEST(test_same_ids_from_two_devices)
{
    EXPECT("<tuple id=\"t4109\"><status/><note>one</note></tuple>"
           "<tuple id=\"t4109-2\"><status/><note>two</note></tuple>"
           "<tuple id=\"t4109-3\"><status/><note>three</note></tuple>",
           PRESENCE("<tuple id='t4109'><note>one</note></tuple>"),
           PRESENCE("<tuple id='t4109'><note>two</note></tuple>"),
           PRESENCE("<tuple id='t4109'><note>three</note></tuple>"));
}
END_TEST

START_TEST(test_ids_are_unique_over_all_kinds)
{
    EXPECT("<tuple id=\"x\"><status/></tuple><tuple id=\"x-2\"><status/></tuple>"
           "<dm:person id=\"x-3\"><rpid:sphere id=\"x-4\"/><rpid:class>x</rpid:class></dm:person>"
           "<dm:device id=\"x-5\"><dm:deviceID>urn:x</dm:deviceID></dm:device>",
           PRESENCE("<tuple id='x'/><tuple id='x'/><dm:person id='x'><rpid:sphere id='x'/>"
                    "<rpid:class>x</rpid:class></dm:person>"
                    "<dm:device id='x'><dm:deviceID>urn:x</dm:deviceID></dm:device>"));
}
END_TEST

START_TEST(test_made_ids_do_not_clash)
{
    EXPECT("<tuple id=\"t1\"><status/></tuple><tuple id=\"t2\"><status/></tuple>"
           "<tuple id=\"t2-2\"><status/></tuple><tuple id=\"t1-3\"><status/></tuple>",
           PRESENCE("<tuple/><tuple/><tuple id='t2'/>"), PRESENCE("<tuple/>"));
}
END_TEST

/* RFC 4479 3.2: there is one person, whatever the number of devices; the newest word holds. */
START_TEST(test_rfc4479_one_person)
{
    EXPECT("<tuple id=\"t\"><status/></tuple>"
           "<dm:person id=\"p\"><rpid:activities><rpid:away/></rpid:activities></dm:person>",
           PRESENCE("<dm:person id='p'><rpid:activities><rpid:busy/></rpid:activities>"
                    "</dm:person>"),
           PRESENCE("<dm:person id='p'><rpid:activities><rpid:away/></rpid:activities>"
                    "</dm:person><dm:person id='q'/>"),
           PRESENCE("<tuple id='t'/>"));
}
END_TEST

#define DEVICE(id, urn, text)                                                              \
    "<dm:device id='" id "'><dm:deviceID>" urn "</dm:deviceID><dm:note>" text "</dm:note>" \
    "</dm:device>"
#define DEVICE_OUT(id, urn, text)                                                            \
    "<dm:device id=\"" id "\"><dm:deviceID>" urn "</dm:deviceID><dm:note>" text "</dm:note>" \
    "</dm:device>"

/* RFC 4479 3.4: a device is known by its deviceID. */
START_TEST(test_rfc4479_devices)
{
    EXPECT(DEVICE_OUT("b", "urn:b", "old") DEVICE_OUT("a", "urn:a", "new")
               DEVICE_OUT("c", "urn:c", "two"),
           PRESENCE(DEVICE("a", "urn:a", "old") DEVICE("b", "urn:b", "old")),
           PRESENCE(DEVICE("a", " urn:a ", "new") DEVICE("c", "urn:c", "one")
                        DEVICE("c", "urn:c", "two")));
}
END_TEST

#define PERSON(what, stamp) \
    PRESENCE("<dm:person id='p'><rpid:class>" what "</rpid:class>" stamp "</dm:person>")
#define PERSON_OUT(what, stamp) \
    "<dm:person id=\"p\"><rpid:class>" what "</rpid:class>" stamp "</dm:person>"
#define DM_STAMP(when) "<dm:timestamp>" when "</dm:timestamp>"
#define NOON UINT64_C(1795262400000) /* 2026-11-21T12:00:00Z */

/* Timestamps are compared as moments, not as texts: the first one is newer. */
START_TEST(test_conflicts_by_time)
{
    static const char *const pairs[][2] = {
        {"2026-11-21T10:59:59-01:00", "2026-11-21T11:30:00Z"}, /* offsets */
        {"2026-11-21T10:00:00.9Z", "2026-11-21T10:00:00.85Z"}, /* fractions */
        {"2026-11-21T10:00:00.100Z", "2026-11-21T10:00:00Z"},
        {"2026-11-21T00:30:00+14:00", "2026-11-20T10:29:59.999Z"},
        {"2026-11-21T00:00:00Z", "2026-11-20T23:59:60Z"},     /* a leap second */
        {"2026-11-21T10:00:00", "2026-11-21T11:59:59+02:00"}, /* no zone: UTC */
        {"1970-01-01T00:00:01Z", "0001-01-01T00:00:00Z"},     /* the first year */
    };
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        char newer[512], older[512];
        snprintf(newer, sizeof(newer), PERSON("newer", DM_STAMP("%s")), pairs[i][0]);
        snprintf(older, sizeof(older), PERSON("older", DM_STAMP("%s")), pairs[i][1]);
        char *one = compose_said((struct said[]){{newer, NOON}, {older, NOON + 1}}, 2);
        char *two = compose_said((struct said[]){{older, NOON}, {newer, NOON + 1}}, 2);
        ck_assert_msg(strstr(one, ">newer<") != NULL, "%s lost to %s", pairs[i][0], pairs[i][1]);
        ck_assert_msg(strstr(two, ">newer<") != NULL, "%s lost to %s", pairs[i][0], pairs[i][1]);
        free(one);
        free(two);
    }
}
END_TEST

/* Without a timestamp the time of arrival counts; a clock that runs ahead does not win for ever. */
START_TEST(test_time_of_arrival)
{
    EXPECT_SAID(PERSON_OUT("bare", ""), {PERSON("bare", ""), NOON},
                {PERSON("dated", DM_STAMP("2026-11-21T11:59:59Z")), NOON + 1});
    EXPECT_SAID(PERSON_OUT("dated", DM_STAMP("2026-11-21T12:00:00Z")),
                {PERSON("dated", DM_STAMP("2026-11-21T12:00:00Z")), NOON},
                {PERSON("bare", ""), NOON - 1});
    EXPECT_SAID(PERSON_OUT("bare", ""), {PERSON("ahead", DM_STAMP("9999-12-31T23:59:59Z")), NOON},
                {PERSON("bare", ""), NOON + 1});
    /* a tie: the later source; of one document's persons the first, or the newest */
    EXPECT_SAID(PERSON_OUT("two", ""), {PERSON("one", ""), NOON}, {PERSON("two", ""), NOON});
    EXPECT_SAID("<dm:person id=\"p\"/>",
                {PRESENCE("<dm:person id='p'/><dm:person id='q'/>"), NOON});
    EXPECT_SAID("<dm:person id=\"q\">" DM_STAMP("2026-11-21T11:00:00Z") "</dm:person>",
                {PRESENCE("<dm:person id='p'>" DM_STAMP(
                     "2026-11-21T10:00:00Z") "</dm:person>"
                                             "<dm:person id='q'>" DM_STAMP(
                                                 "2026-11-21T11:00:00Z") "</dm:person>"),
                 NOON});
}
END_TEST

START_TEST(test_devices_by_time)
{
    EXPECT_SAID("<dm:device id=\"a\"><dm:deviceID>urn:x?a&amp;b</dm:deviceID>" DM_STAMP(
                    "2026-11-21T11:00:00Z") "</dm:device>",
                {PRESENCE("<dm:device id='a'><dm:deviceID>urn:x?a&amp;b</dm:deviceID>" DM_STAMP(
                     "2026-11-21T11:00:00Z") "</dm:device>"),
                 NOON},
                {PRESENCE("<dm:device id='b'><dm:deviceID> urn:x?a&amp;b </dm:deviceID>" DM_STAMP(
                     "2026-11-21T12:30:00+02:00") "</dm:device>"),
                 NOON});
}
END_TEST

#define TUPLE(id, contact, stamp) "<tuple id='" id "'><status/>" contact stamp "</tuple>"
#define TUPLE_OUT(id, contact, stamp) "<tuple id=\"" id "\"><status/>" contact stamp "</tuple>"
#define CONTACT(q) "<contact priority='" q "'>sip:a@b</contact>"
#define CONTACT_OUT(q) "<contact priority=\"" q "\">sip:a@b</contact>"
#define STAMP(when) "<timestamp>" when "</timestamp>"

/* RFC 3863 4.1.5: no priority is the lowest, 0 is above it; then the newer first. */
START_TEST(test_rfc3863_tuples_by_priority_then_time)
{
    EXPECT_SAID(
        TUPLE_OUT("f", CONTACT_OUT("1.000"), "") TUPLE_OUT("c", CONTACT_OUT("0.9"), "")
            TUPLE_OUT("d", CONTACT_OUT("0.85"), "") TUPLE_OUT("b", CONTACT_OUT("0"), "")
                TUPLE_OUT("g", "", "") TUPLE_OUT("e", "", STAMP("2026-11-21T11:59:00Z"))
                    TUPLE_OUT("a", "", STAMP("2026-11-21T11:58:00Z")),
        {PRESENCE(TUPLE("a", "", STAMP("2026-11-21T11:58:00Z")) TUPLE("b", CONTACT("0"), "")
                      TUPLE("c", CONTACT("0.9"), "")),
         NOON},
        {PRESENCE(TUPLE("d", CONTACT("0.85"), "") TUPLE("e", "", STAMP("2026-11-21T11:59:00Z"))
                      TUPLE("f", CONTACT("1.000"), "") TUPLE("g", "", "")),
         NOON});
    /* a contact that is left out has no priority, whatever it said */
    EXPECT_SAID(TUPLE_OUT("b", CONTACT_OUT("0.1"), "") TUPLE_OUT("a", "", ""),
                {PRESENCE(TUPLE("a", "<contact priority='1'>:</contact>", "")
                              TUPLE("b", CONTACT("0.1"), "")),
                 NOON});
}
END_TEST

/* What an element that we do not know contains says nothing about the tuple around it. */
START_TEST(test_only_its_own_facts_count)
{
    EXPECT_SAID(
        "<tuple id=\"b\"><status/></tuple><tuple id=\"a\"><status/>"
        "<x:x xmlns:x=\"urn:x\"><dm:person id=\"p\">" DM_STAMP(
            "2026-11-21T11:00:00Z") "</dm:person></x:x>" STAMP("2026-11-21T10:00:00Z") "</tuple>",
        {PRESENCE("<tuple id='a'><x:x xmlns:x='urn:x'><dm:person id='p'>" DM_STAMP(
             "2026-11-21T11:00:00Z") "</dm:person></x:x>" STAMP("2026-11-21T10:00:00Z") "</tuple>"),
         NOON},
        {PRESENCE("<tuple id='b'/>"), NOON - 90 * 60000});
}
END_TEST

/* Renaming goes by the order of the sources, so that no device takes over another's id when that
 * one becomes newer or better. */
START_TEST(test_renamed_ids_stay)
{
    EXPECT_SAID(TUPLE_OUT("t-2", CONTACT_OUT("0.5"), "") TUPLE_OUT("t", "", ""),
                {PRESENCE(TUPLE("t", "", "")), NOON},
                {PRESENCE(TUPLE("t", CONTACT("0.5"), "")), NOON});
    EXPECT_SAID(TUPLE_OUT("t", CONTACT_OUT("0.6"), "") TUPLE_OUT("t-2", CONTACT_OUT("0.5"), ""),
                {PRESENCE(TUPLE("t", CONTACT("0.6"), "")), NOON},
                {PRESENCE(TUPLE("t", CONTACT("0.5"), "")), NOON});
}
END_TEST

/* A publisher that is gone: its tuples closed and behind the others, everything else kept. */
START_TEST(test_stale_sources)
{
    EXPECT_SAID(
        "<tuple id=\"b\"><status/></tuple>"
        "<tuple id=\"a\"><status><basic>closed</basic><x:y xmlns:x=\"urn:x\" "
        "id=\"q\"/></status>" CONTACT_OUT("1") "<note>n</note>" STAMP(
            "2026-11-21T10:00:00Z") "</tuple>"
                                    "<tuple id=\"c\"><status><basic>closed</basic></status>" STAMP(
                                        "2026-11-21T12:00:00Z") "</tuple>"
                                                                "<tuple "
                                                                "id=\"d\"><status><basic>closed</"
                                                                "basic><x:y "
                                                                "xmlns:x=\"urn:x\"/></"
                                                                "status>" STAMP(
                                                                    "2026-11-21T12:00:"
                                                                    "00Z") "</tuple>"
                                                                           "<note>live<"
                                                                           "/note><"
                                                                           "note>stale<"
                                                                           "/note"
                                                                           ">" PERSON_OUT("stale",
                                                                                          ""),
        {PRESENCE("<tuple id='a'><status><basic>open</basic><x:y xmlns:x='urn:x' id='q'/>"
                  "</status>" CONTACT("1") "<note>n</note>" STAMP(
                      "2026-11-21T10:00:00Z") "</tuple><tuple id='c'/>"
                                              "<tuple id='d'><status><x:y "
                                              "xmlns:x='urn:x'/></status></tuple>"
                                              "<note>stale</note>"
                                              "<dm:person "
                                              "id='p'><rpid:class>stale</rpid:class></dm:person>"),
         NOON, true},
        {PRESENCE("<tuple id='b'/><note>live</note>"), NOON - 1000});
}
END_TEST

/* Stale words lose against live ones, however new. */
START_TEST(test_stale_conflicts)
{
    EXPECT_SAID(PERSON_OUT("live", DM_STAMP("2026-11-20T00:00:00Z")),
                {PERSON("stale", ""), NOON, true},
                {PERSON("live", DM_STAMP("2026-11-20T00:00:00Z")), NOON - 5000});
    EXPECT_SAID(PERSON_OUT("new", ""), {PERSON("new", ""), NOON, true},
                {PERSON("old", ""), NOON - 5000, true});
}
END_TEST

/* RFC 3903 3: hard state is shown in addition to what clients publish, behind it, and before what
 * is only known of the past, however new either is; of one person the live client's word holds. */
START_TEST(test_hard_state)
{
    EXPECT_SAID(
        "<tuple id=\"live\"><status/></tuple><tuple id=\"hard\"><status/>" CONTACT_OUT(
            "1") "</tuple><tuple id=\"gone\"><status><basic>closed</basic></status>" STAMP("2026-"
                                                                                           "11-"
                                                                                           "21T12:"
                                                                                           "00:00Z") "</tuple><note>live</note><note>hard</note>",
        {PRESENCE("<tuple id='gone'/>"), NOON, true},
        {PRESENCE("<tuple id='hard'>" CONTACT("1") "</tuple><note>hard</note>"), NOON,
         .hard = true},
        {PRESENCE("<tuple id='live'/><note>live</note>"), NOON - 5000});
    EXPECT_SAID(PERSON_OUT("live", ""), {PERSON("hard", ""), NOON, .hard = true},
                {PERSON("live", ""), NOON - 5000});
    EXPECT_SAID(PERSON_OUT("hard", ""), {PERSON("hard", ""), NOON - 5000, .hard = true},
                {PERSON("stale", ""), NOON, true});
}
END_TEST

/* RFC 4479: "last seen" is a closed tuple with the time of what was last known; ids are renamed in
 * what is written anew as well. */
START_TEST(test_last_seen)
{
    EXPECT_SAID(
        "<tuple id=\"t\"><status><basic>open</basic></status></tuple>"
        "<tuple id=\"t-2\"><status><basic>closed</basic></status><rpid:sphere id=\"t-3\"/>" STAMP(
            "2024-02-29T23:59:59Z") "</tuple>",
        {PRESENCE("<tuple id='t'><status><basic>open</basic></status></tuple>"), NOON},
        {PRESENCE("<tuple id='t'><status><basic>open</basic></status><rpid:sphere id='t'/>"
                  "</tuple>"),
         UINT64_C(1709251199999), true});
}
END_TEST

START_TEST(test_composing_again_changes_nothing)
{
    char *once = COMPOSE(PRESENCE(OPEN(
        "t") "<note/><dm:person id='p'><rpid:activities/>"
             "</dm:person>" DEVICE("d", "urn:d", "n") "<x:y xmlns:x='urn:x' a='&amp;'>&lt;</x:y>"));
    char *twice = COMPOSE(once);
    ck_assert_str_eq(once, twice);
    free(once);
    free(twice);
}
END_TEST

START_TEST(test_many_documents)
{
    enum { MANY = 200 };
    struct pidf_parser *parser = pidf_parser_new(NULL);
    struct pidf_document *document;
    struct pidf_source sources[MANY];
    ck_assert(verdict_ok(parse_with(parser, PRESENCE(OPEN("t") "<dm:person id='t'/>"), &document)));
    ck_assert_uint_gt(pidf_memory_bytes(document), 100);
    ck_assert_uint_lt(pidf_memory_bytes(document), 1000);
    for (size_t i = 0; i < MANY; i++)
        sources[i] = (struct pidf_source){document, i, false};
    struct blob *blob = pidf_compose(BYTES(ENTITY), sources, MANY);
    char *text = strndup(blob_bytes(blob).at, blob_bytes(blob).length);
    assert_valid(text);
    ck_assert_ptr_nonnull(strstr(text, "<tuple id=\"t-200\">"));
    free(text);
    blob_unref(&blob);
    pidf_free(&document);
    pidf_free(&document);
    pidf_parser_free(&parser);
}
END_TEST

/* However many devices: which of them are the same does not take a look at every pair. */
START_TEST(test_many_devices)
{
    enum { MANY = 30000, ROOM = MANY * 70 + 400 };
    const struct pidf_limits limits = {
        .size_bytes = ROOM, .depth = 9, .elements = 4 * MANY, .fragments = MANY};
    struct pidf_parser *parser = pidf_parser_new(&limits);
    struct pidf_document *document;
    char *text = calloc(1, ROOM);
    struct buffer out = buffer_over(text, ROOM - 1);
    buffer_text(&out, "<presence " PIDF " " DM " entity='" ENTITY "'>");
    for (unsigned i = 0; i < MANY; i++)
        buffer_format(&out, "<dm:device id='d%u'><dm:deviceID>u:%05u</dm:deviceID></dm:device>", i,
                      i % (MANY / 2));
    buffer_text(&out, "</presence>");
    ck_assert(!out.overflow);
    ck_assert(verdict_ok(parse_with(parser, text, &document)));
    struct blob *blob = pidf_compose(BYTES(ENTITY), &(struct pidf_source){document, 1, false}, 1);
    struct bytes body = blob_bytes(blob);
    ck_assert_ptr_null(memmem(body.at, body.length, "\"d14999\"", 8));
    ck_assert_ptr_nonnull(memmem(body.at, body.length, "\"d15000\"", 8));
    ck_assert_ptr_nonnull(memmem(body.at, body.length, "\"d29999\"", 8));
    blob_unref(&blob);
    pidf_free(&document);
    pidf_parser_free(&parser);
    free(text);
}
END_TEST

UNIT_MAIN("pidf/compose", test_rfc3863_nobody_published, test_the_entity_is_escaped,
          test_only_used_namespaces_are_declared, test_rfc3863_order,
          test_same_ids_from_two_devices, test_ids_are_unique_over_all_kinds,
          test_made_ids_do_not_clash, test_rfc4479_one_person, test_rfc4479_devices,
          test_conflicts_by_time, test_time_of_arrival, test_devices_by_time,
          test_rfc3863_tuples_by_priority_then_time, test_only_its_own_facts_count,
          test_renamed_ids_stay, test_stale_sources, test_stale_conflicts, test_hard_state,
          test_last_seen, test_composing_again_changes_nothing, test_many_documents,
          test_many_devices)
