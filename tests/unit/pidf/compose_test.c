/* compose_test.c: several publications in one document. */
#include "documents.h"

#define OPEN(id) \
    "<tuple id='" id "'><status><basic>open</basic></status><contact>" ENTITY "</contact></tuple>"

/* The composition of the texts must be valid and be `wanted` between the root's tags. */
static void expect(const char *const *texts, size_t count, const char *wanted)
{
    char *composed = compose_texts(texts, count);
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
    const struct pidf_document *documents[MANY];
    ck_assert(verdict_ok(parse_with(parser, PRESENCE(OPEN("t") "<dm:person id='t'/>"), &document)));
    ck_assert_uint_gt(pidf_memory_bytes(document), 100);
    ck_assert_uint_lt(pidf_memory_bytes(document), 1000);
    for (size_t i = 0; i < MANY; i++)
        documents[i] = document;
    struct blob *blob = pidf_compose(BYTES(ENTITY), documents, MANY);
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

UNIT_MAIN("pidf/compose", test_rfc3863_nobody_published, test_the_entity_is_escaped,
          test_only_used_namespaces_are_declared, test_rfc3863_order,
          test_same_ids_from_two_devices, test_ids_are_unique_over_all_kinds,
          test_made_ids_do_not_clash, test_rfc4479_one_person, test_rfc4479_devices,
          test_composing_again_changes_nothing, test_many_documents)
