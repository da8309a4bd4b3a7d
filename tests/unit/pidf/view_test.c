/* view_test.c: what rights leave of a document (RFC 5025 3.3), and the sphere (3.1.2). */
#include "documents.h"
#include "pidf/view.h"
#include "rights_of.h"

#define ALL_PARTS                                                \
    "<pr:provide-devices><pr:all-devices/></pr:provide-devices>" \
    "<pr:provide-persons><pr:all-persons/></pr:provide-persons>" \
    "<pr:provide-services><pr:all-services/></pr:provide-services>"
#define OPEN "<status><basic>open</basic></status>"

/* What the transformations leave of `text`, which is composed first; free() it. It must be valid,
 * and the same when cut again (RFC 5025 4). */
static char *view(const char *text, const char *transformations)
{
    struct pidf_parser *parser = pidf_parser_new(NULL);
    struct rights *rights = rights_of(transformations);
    char *composed = COMPOSE(text);
    struct blob *document = blob_new(bytes_of(composed));
    struct blob *cut = pidf_view(parser, document, rights);
    char *result = strndup(blob_bytes(cut).at, blob_bytes(cut).length);
    assert_valid(result);
    ck_assert((cut == document) == (strcmp(result, composed) == 0));
    blob_unref(&document);
    blob_unref(&cut);
    rights_unref(&rights);
    pidf_parser_free(&parser);
    free(composed);
    return result;
}

static char *view_again(const char *view_text, const char *transformations)
{
    struct pidf_parser *parser = pidf_parser_new(NULL);
    struct rights *rights = rights_of(transformations);
    struct blob *document = blob_new(bytes_of(view_text));
    struct blob *cut = pidf_view(parser, document, rights);
    char *result = strndup(blob_bytes(cut).at, blob_bytes(cut).length);
    blob_unref(&document);
    blob_unref(&cut);
    rights_unref(&rights);
    pidf_parser_free(&parser);
    return result;
}

/* Between the root's tags, that must be all. */
static void expect(const char *text, const char *transformations, const char *wanted)
{
    char *result = view(text, transformations);
    char *again = view_again(result, transformations);
    ck_assert_str_eq(result, again);
    char *start = strstr(result, "entity=\"" ENTITY "\">");
    ck_assert_msg(start != NULL, "%s", result);
    start += strlen("entity=\"" ENTITY "\">");
    char *end = strstr(start, "</presence>\n");
    ck_assert_msg(end != NULL && end[strlen("</presence>\n")] == '\0', "%s", result);
    *end = '\0';
    ck_assert_str_eq(start, wanted);
    free(again);
    free(result);
}

/* The attribute is there with the permission, and gone without it. */
static void expect_permission(const char *part, const char *part_end, const char *attribute,
                              const char *permission)
{
    char text[4096], allowed[1024], whole[4096], rest[4096];
    snprintf(text, sizeof(text),
             "<presence " PIDF " " DM " " RPID " entity='" ENTITY "'>%s%s%s</presence>", part,
             attribute, part_end);
    snprintf(allowed, sizeof(allowed), ALL_PARTS "%s", permission);
    snprintf(whole, sizeof(whole), "%s%s%s", part, attribute, part_end);
    snprintf(rest, sizeof(rest), "%s%s", part, part_end);
    expect(text, allowed, whole);
    expect(text, ALL_PARTS, rest);
}

#define PERSON \
    "<dm:person id=\"p\">", "<dm:timestamp>2026-11-21T02:15:08Z</dm:timestamp></dm:person>"
#define TUPLE "<tuple id=\"t\">" OPEN, "<contact>sip:a@b.c</contact></tuple>"
#define DEVICE \
    "<dm:device id=\"d\">", "<dm:deviceID>urn:x-mac:0003ba4811e3</dm:deviceID></dm:device>"
#define PROVIDE(name) "<pr:provide-" name ">true</pr:provide-" name ">"

static const struct {
    const char *part, *part_end, *attribute, *permission;
} attributes[] = {
    /* 3.3.2.1; 3.3.2.13: notes inside of it belong to it */
    {PERSON, "<rpid:activities><rpid:note>at sea</rpid:note><rpid:away/></rpid:activities>",
     PROVIDE("activities")},
    /* 3.3.2.2: in a person, service or device */
    {PERSON, "<rpid:class>c</rpid:class>", PROVIDE("class")},
    {TUPLE, "<rpid:class>c</rpid:class>", PROVIDE("class")},
    {DEVICE, "<rpid:class>c</rpid:class>", PROVIDE("class")},
    /* 3.3.2.3 */
    {TUPLE, "<dm:deviceID>urn:x-mac:0003ba4811e3</dm:deviceID>", PROVIDE("deviceID")},
    /* 3.3.2.4 to 3.3.2.11 */
    {PERSON, "<rpid:mood><rpid:happy/></rpid:mood>", PROVIDE("mood")},
    {PERSON, "<rpid:place-is><rpid:audio><rpid:noisy/></rpid:audio></rpid:place-is>",
     PROVIDE("place-is")},
    {PERSON, "<rpid:place-type><rpid:other>raft</rpid:other></rpid:place-type>",
     PROVIDE("place-type")},
    {PERSON, "<rpid:privacy><rpid:audio/></rpid:privacy>", PROVIDE("privacy")},
    {TUPLE, "<rpid:privacy><rpid:audio/></rpid:privacy>", PROVIDE("privacy")},
    {TUPLE, "<rpid:relationship><rpid:assistant/></rpid:relationship>", PROVIDE("relationship")},
    {PERSON, "<rpid:sphere><rpid:work/></rpid:sphere>", PROVIDE("sphere")},
    {PERSON, "<rpid:status-icon>http://e.org/i.png</rpid:status-icon>", PROVIDE("status-icon")},
    {TUPLE, "<rpid:status-icon>http://e.org/i.png</rpid:status-icon>", PROVIDE("status-icon")},
    {PERSON, "<rpid:time-offset>-240</rpid:time-offset>", PROVIDE("time-offset")},
    /* 3.3.2.12 */
    {PERSON, "<rpid:user-input id=\"u\">idle</rpid:user-input>",
     "<pr:provide-user-input>bare</pr:provide-user-input>"},
    {DEVICE, "<rpid:user-input idle-threshold=\"600\">idle</rpid:user-input>",
     "<pr:provide-user-input>thresholds</pr:provide-user-input>"},
    {TUPLE,
     "<rpid:user-input idle-threshold=\"600\" last-input=\"2026-11-21T02:15:08Z\">idle"
     "</rpid:user-input>",
     "<pr:provide-user-input>full</pr:provide-user-input>"},
    /* 3.3.2.14: CIPID (RFC 4482), capabilities (RFC 5196), timed status (RFC 4481), anything */
    {PERSON, "<c:icon xmlns:c=\"urn:ietf:params:xml:ns:pidf:cipid\">http://e.org/i</c:icon>",
     "<pr:provide-unknown-attribute ns='urn:ietf:params:xml:ns:pidf:cipid' name='icon'>true"
     "</pr:provide-unknown-attribute>"},
    {TUPLE,
     "<c:servcaps xmlns:c=\"urn:ietf:params:xml:ns:pidf:caps\"><c:audio>true</c:audio>"
     "</c:servcaps>",
     "<pr:provide-unknown-attribute ns='urn:ietf:params:xml:ns:pidf:caps' name='servcaps'>true"
     "</pr:provide-unknown-attribute>"},
    {DEVICE, "<c:devcaps xmlns:c=\"urn:ietf:params:xml:ns:pidf:caps\"><c:mobility/></c:devcaps>",
     "<pr:provide-unknown-attribute ns='urn:ietf:params:xml:ns:pidf:caps' name='devcaps'>true"
     "</pr:provide-unknown-attribute>"},
    {TUPLE,
     "<s:timed-status xmlns:s=\"urn:ietf:params:xml:ns:pidf:timed-status\" "
     "from=\"2026-11-21T02:15:08Z\"><s:basic>closed</s:basic></s:timed-status>",
     "<pr:provide-unknown-attribute ns='urn:ietf:params:xml:ns:pidf:timed-status' "
     "name='timed-status'>true</pr:provide-unknown-attribute>"},
    /* 3.3.2.15 */
    {PERSON, "<x:secret xmlns:x=\"urn:x\"><x:y/></x:secret>", "<pr:provide-all-attributes/>"},
};

START_TEST(test_rfc5025_3_3_2_permissions)
{
    for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++)
        expect_permission(attributes[i].part, attributes[i].part_end, attributes[i].attribute,
                          attributes[i].permission);
}
END_TEST

/* RFC 5025 3.3.2: contact, service-class, basic and timestamp of a tuple, timestamp of a person,
 * timestamp and deviceID of a device are there without a permission. */
START_TEST(test_rfc5025_3_3_2_what_is_always_there)
{
    static const char stays[] =
        "<tuple id=\"t\">" OPEN "<rpid:service-class><rpid:electronic/></rpid:service-class>"
        "<contact priority=\"0.8\">sip:a@b.c</contact>"
        "<timestamp>2026-11-21T02:15:08Z</timestamp></tuple>"
        "<dm:person id=\"p\"><dm:timestamp>2026-11-21T02:15:08Z</dm:timestamp></dm:person>"
        "<dm:device id=\"d\"><dm:deviceID>urn:x-mac:0003ba4811e3</dm:deviceID>"
        "<dm:timestamp>2026-11-21T02:15:08Z</dm:timestamp></dm:device>";
    char text[2048];
    snprintf(text, sizeof(text), PRESENCE("%s"), stays);
    expect(text, ALL_PARTS, stays);
    /* the service-class is one of a service */
    expect(PRESENCE("<dm:person id='p'><rpid:service-class><rpid:postal/></rpid:service-class>"
                    "</dm:person>"),
           ALL_PARTS, "<dm:person id=\"p\"/>");
}
END_TEST

/* RFC 5025 3.3.2.13: in tuple, person and device; of the document's own the RFC does not speak. */
START_TEST(test_rfc5025_3_3_2_13_notes)
{
    static const char text[] =
        PRESENCE("<tuple id='t'>" OPEN "<note>n1</note></tuple><note>n2</note>"
                 "<dm:person id='p'><dm:note>n3</dm:note></dm:person>"
                 "<dm:device id='d'><dm:deviceID>urn:d</dm:deviceID><dm:note>n4</dm:note>"
                 "</dm:device>");
    char *with = view(text, ALL_PARTS PROVIDE("note"));
    char *without = view(text, ALL_PARTS PROVIDE("activities") PROVIDE("mood"));
    for (int i = 1; i <= 4; i++) {
        char note[8];
        snprintf(note, sizeof(note), ">n%d<", i);
        ck_assert_msg(strstr(with, note) != NULL, "%s", with);
        ck_assert_msg(strstr(without, note) == NULL, "%s", without);
    }
    free(with);
    free(without);
}
END_TEST

/* RFC 5025 3.3.2.12: each value shows what the one before does, and more. */
START_TEST(test_rfc5025_3_3_2_12_user_input)
{
    static const char text[] = PRESENCE(
        "<dm:person id='p'><rpid:user-input id='u' idle-threshold='600' "
        "last-input='2026-11-21T02:15:08Z' x:more='1' xmlns:x='urn:x'>idle</rpid:user-input>"
        "</dm:person>");
    char *bare = view(text, ALL_PARTS "<pr:provide-user-input>bare</pr:provide-user-input>");
    char *some = view(text, ALL_PARTS "<pr:provide-user-input>thresholds</pr:provide-user-input>");
    char *full = view(text, ALL_PARTS "<pr:provide-user-input>full</pr:provide-user-input>");
    ck_assert(strstr(bare, "idle<") != NULL && strstr(bare, "threshold") == NULL);
    ck_assert(strstr(bare, "last-input") == NULL && strstr(bare, "more") == NULL);
    ck_assert(strstr(some, "idle-threshold=\"600\"") != NULL);
    ck_assert(strstr(some, "last-input") == NULL && strstr(some, "more") == NULL);
    ck_assert(strstr(full, "last-input") != NULL && strstr(full, "more=\"1\"") != NULL);
    free(bare);
    free(some);
    free(full);
}
END_TEST

/* The document of the parts' tests: two services, two devices, a person. */
static const char parts[] = PRESENCE(
    "<tuple id='im'>" OPEN "<rpid:class>biz</rpid:class><contact>im:a@b.c</contact></tuple>"
    "<tuple id='call'>" OPEN "<contact>sip:a@b.c</contact></tuple>"
    "<dm:person id='me'><rpid:class>home</rpid:class></dm:person>"
    "<dm:device id='pc'><dm:deviceID>urn:x:pc</dm:deviceID></dm:device>"
    "<dm:device id='phone'><rpid:class>biz</rpid:class><rpid:class>red</rpid:class>"
    "<dm:deviceID>urn:x:phone</dm:deviceID></dm:device>");

/* The ids that are left with the permission; "|" around each. */
static void expect_parts(const char *permission, const char *wanted)
{
    static const char *const ids[] = {"im", "call", "me", "pc", "phone"};
    char left[64] = "|";
    char *result = view(parts, permission);
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        char id[16];
        snprintf(id, sizeof(id), "id=\"%s\"", ids[i]);
        if (strstr(result, id) == NULL)
            continue;
        size_t length = strlen(left);
        snprintf(left + length, sizeof(left) - length, "%s|", ids[i]);
    }
    ck_assert_str_eq(left, wanted);
    free(result);
}

/* RFC 5025 3.3.1.1 to 3.3.1.3: what is not provided goes whole. */
START_TEST(test_rfc5025_3_3_1_parts)
{
#define SERVICES(set) "<pr:provide-services>" set "</pr:provide-services>"
#define DEVICES(set) "<pr:provide-devices>" set "</pr:provide-devices>"
#define PERSONS(set) "<pr:provide-persons>" set "</pr:provide-persons>"
    expect_parts("", "|");
    expect_parts("<pr:provide-all-attributes/>", "|");
    expect_parts(ALL_PARTS, "|im|call|me|pc|phone|");
    expect_parts(SERVICES("<pr:all-services/>"), "|im|call|");
    expect_parts(SERVICES("<pr:class>biz</pr:class>"), "|im|");
    expect_parts(SERVICES("<pr:class>Biz</pr:class>"), "|");
    expect_parts(SERVICES("<pr:occurrence-id>call</pr:occurrence-id>"), "|call|");
    expect_parts(SERVICES("<pr:service-uri>sip:a@b.c</pr:service-uri>"), "|call|");
    expect_parts(SERVICES("<pr:service-uri-scheme>im</pr:service-uri-scheme>"), "|im|");
    expect_parts(DEVICES("<pr:all-devices/>"), "|pc|phone|");
    expect_parts(DEVICES("<pr:deviceID>urn:x:pc</pr:deviceID>"), "|pc|");
    expect_parts(DEVICES("<pr:occurrence-id>phone</pr:occurrence-id>"), "|phone|");
    /* any of its classes will do */
    expect_parts(DEVICES("<pr:class>red</pr:class>"), "|phone|");
    expect_parts(PERSONS("<pr:class>home</pr:class>"), "|me|");
    expect_parts(PERSONS("<pr:occurrence-id>me</pr:occurrence-id>"), "|me|");
    expect_parts(PERSONS("<pr:occurrence-id>pc</pr:occurrence-id>"), "|");
}
END_TEST

/* A class that is not provided selects a service all the same. */
START_TEST(test_rfc5025_3_3_1_3_hidden_class)
{
    char *result = view(parts, SERVICES("<pr:class>biz</pr:class>"));
    ck_assert(strstr(result, "id=\"im\"") != NULL);
    ck_assert(strstr(result, "biz") == NULL);
    free(result);
}
END_TEST

/* Elements in <status> are shown as if they stood in the tuple: location, RPID of old clients. */
START_TEST(test_extensions_of_status)
{
    static const char text[] = PRESENCE(
        "<tuple id='t'><status><basic>open</basic><rpid:activities><rpid:away/></rpid:activities>"
        "<g:geopriv xmlns:g='urn:ietf:params:xml:ns:pidf:geopriv10'><g:secret/></g:geopriv>"
        "</status></tuple>");
    expect(text, ALL_PARTS, "<tuple id=\"t\">" OPEN "</tuple>");
    expect(text, ALL_PARTS PROVIDE("activities"),
           "<tuple id=\"t\"><status><basic>open</basic><rpid:activities><rpid:away/>"
           "</rpid:activities></status></tuple>");
    char *all = view(text, ALL_PARTS "<pr:provide-all-attributes/>");
    ck_assert_msg(strstr(all, "g:secret") != NULL && strstr(all, "rpid:away") != NULL, "%s", all);
    free(all);
}
END_TEST

/* What stands beside tuples, persons and devices is nobody's attribute: it takes a permission. */
START_TEST(test_other_children_of_the_root)
{
    static const char text[] =
        PRESENCE("<tuple id='t'>" OPEN "</tuple><x:y xmlns:x='urn:x'/><rpid:mood><rpid:sad/>"
                 "</rpid:mood>");
    expect(text, ALL_PARTS, "<tuple id=\"t\">" OPEN "</tuple>");
    expect(text, ALL_PARTS PROVIDE("mood"),
           "<tuple id=\"t\">" OPEN "</tuple><rpid:mood><rpid:sad/></rpid:mood>");
}
END_TEST

/* Who may not see the mood shall not see that there is one: documents that differ in what is hidden
 * alone look the same. */
START_TEST(test_hidden_namespaces_go)
{
    char *none = view(PRESENCE("<tuple id='t'>" OPEN "</tuple>"), ALL_PARTS);
    char *mood = view(PRESENCE("<tuple id='t'>" OPEN "<rpid:mood><rpid:sad/></rpid:mood></tuple>"),
                      ALL_PARTS);
    char *person = view(PRESENCE("<tuple id='t'>" OPEN "</tuple><dm:person id='p'/>"),
                        SERVICES("<pr:all-services/>"));
    ck_assert_str_eq(none, mood);
    ck_assert_str_eq(none, person);
    free(none);
    free(mood);
    free(person);
}
END_TEST

/* Prefixes in the values of elements that we do not know stay declared. */
START_TEST(test_namespaces_of_values_stay)
{
    char *result = view(
        PRESENCE("<tuple id='t'>" OPEN "<rpid:class>c</rpid:class>"
                 "<x:kind xmlns:x='urn:x' xmlns:rpid='urn:ietf:params:xml:ns:pidf:rpid'>rpid:away"
                 "</x:kind></tuple>"),
        ALL_PARTS "<pr:provide-unknown-attribute ns='urn:x' name='kind'>true"
                  "</pr:provide-unknown-attribute>");
    ck_assert_msg(strstr(result, "xmlns:rpid=") != NULL, "%s", result);
    ck_assert_msg(strstr(result, "rpid:away") != NULL, "%s", result);
    free(result);
}
END_TEST

START_TEST(test_no_rights_stand_for_everything)
{
    struct pidf_parser *parser = pidf_parser_new(NULL);
    struct blob *document = blob_new(BYTES("anything"));
    struct blob *same = pidf_view(parser, document, NULL);
    ck_assert_ptr_eq(document, same);
    blob_unref(&same);
    blob_unref(&document);
    pidf_parser_free(&parser);
}
END_TEST

/* What is composed of many publications may be larger than one may be. */
START_TEST(test_documents_larger_than_the_limits)
{
    struct pidf_parser *parser =
        pidf_parser_new(&(struct pidf_limits){.size_bytes = 64, .depth = 2, .elements = 2});
    struct rights *rights = rights_of(ALL_PARTS);
    char *composed = COMPOSE(parts);
    struct blob *document = blob_new(bytes_of(composed));
    struct blob *cut = pidf_view(parser, document, rights);
    char *result = strndup(blob_bytes(cut).at, blob_bytes(cut).length);
    ck_assert_msg(strstr(result, "id=\"phone\"") != NULL, "%s", result);
    /* and the limits hold again */
    struct pidf_document *refused;
    ck_assert_uint_eq(parse_with(parser, parts, &refused).status, 413);
    blob_unref(&cut);
    blob_unref(&document);
    rights_unref(&rights);
    pidf_parser_free(&parser);
    free(result);
    free(composed);
}
END_TEST

/* Should a document not be readable, nothing of it is shown. */
START_TEST(test_unreadable_documents_show_nothing)
{
    struct pidf_parser *parser = pidf_parser_new(NULL);
    struct rights *rights = rights_of(ALL_PARTS);
    struct blob *document = blob_new(BYTES("<?xml version=\"1.0\"?>\n<presence " PIDF
                                           " entity=\"sip:a@b.c\"><tuple id=\"t\"><secret"));
    struct blob *cut = pidf_view(parser, document, rights);
    char *result = strndup(blob_bytes(cut).at, blob_bytes(cut).length);
    assert_valid(result);
    ck_assert_msg(strstr(result, "secret") == NULL, "%s", result);
    blob_unref(&cut);
    blob_unref(&document);
    rights_unref(&rights);
    pidf_parser_free(&parser);
    free(result);
}
END_TEST

/* Spheres. */

#define SPHERE(inside) \
    PRESENCE("<dm:person id='p'><rpid:sphere>" inside "</rpid:sphere></dm:person>")

static void expect_common(const char *const *texts, size_t count, const char *wanted)
{
    struct pidf_parser *parser = pidf_parser_new(NULL);
    struct pidf_document *documents[4] = {0};
    for (size_t i = 0; i < count; i++)
        ck_assert(verdict_ok(parse_with(parser, texts[i], &documents[i])));
    struct bytes sphere = pidf_common_sphere((const struct pidf_document *const *)documents, count);
    ck_assert_msg(bytes_equal(sphere, bytes_of(wanted)), "%.*s", BYTES_ARGS(sphere));
    for (size_t i = 0; i < count; i++)
        pidf_free(&documents[i]);
    pidf_parser_free(&parser);
}

static void expect_sphere(const char *text, const char *wanted)
{
    expect_common(&text, 1, wanted);
}

START_TEST(test_rfc4480_3_10_sphere)
{
    expect_sphere(SPHERE("<rpid:work/>"), "work");
    expect_sphere(SPHERE("<rpid:home/>"), "home");
    expect_sphere(SPHERE("<x:bowling xmlns:x='urn:x'/>"), "bowling");
    expect_sphere(SPHERE("<x:bowling xmlns:x='urn:x'/><x:tennis xmlns:x='urn:x'/>"), "");
    expect_sphere(SPHERE(""), "");
    expect_sphere(PRESENCE("<dm:person id='p'/>"), "");
    /* of a person only */
    expect_sphere(PRESENCE("<tuple id='t'><rpid:sphere><rpid:work/></rpid:sphere></tuple>"), "");
}
END_TEST

#define COMMON(wanted, ...)                           \
    expect_common((const char *const[]){__VA_ARGS__}, \
                  sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *), wanted)

/* RFC 5025 3.1.2: at least one document says it, and all that do agree. */
START_TEST(test_rfc5025_3_1_2_common_sphere)
{
    expect_common(NULL, 0, "");
    COMMON("", PRESENCE("<tuple id='t'/>"));
    COMMON("work", SPHERE("<rpid:work/>"));
    COMMON("", SPHERE("<rpid:work/><x:b xmlns:x='urn:x'/>"));
    COMMON("", SPHERE("<x:a xmlns:x='urn:x'/><x:b xmlns:x='urn:x'/>"));
    COMMON("work", SPHERE("<rpid:work/>"), PRESENCE("<tuple id='t'/>"), SPHERE("<rpid:work/>"));
    COMMON("", SPHERE("<rpid:work/>"), SPHERE("<rpid:home/>"));
    COMMON("", SPHERE("<rpid:work/>"), SPHERE("<rpid:home/>"), SPHERE("<rpid:work/>"));
    COMMON("", SPHERE("<x:a xmlns:x='urn:x'/><x:b xmlns:x='urn:x'/>"), SPHERE("<rpid:work/>"));
}
END_TEST

UNIT_MAIN("view", test_rfc5025_3_3_2_permissions, test_rfc5025_3_3_2_what_is_always_there,
          test_rfc5025_3_3_2_13_notes, test_rfc5025_3_3_2_12_user_input, test_rfc5025_3_3_1_parts,
          test_rfc5025_3_3_1_3_hidden_class, test_extensions_of_status,
          test_other_children_of_the_root, test_hidden_namespaces_go,
          test_namespaces_of_values_stay, test_no_rights_stand_for_everything,
          test_documents_larger_than_the_limits, test_unreadable_documents_show_nothing,
          test_rfc4480_3_10_sphere, test_rfc5025_3_1_2_common_sphere)
