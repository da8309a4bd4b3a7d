/* entries_test.c: what is published of dialogs, contacts and conferences, and what is told of it.
 */
#include "documents.h"
#include "pidf/entries.h"

#define DIALOGS(attributes, content)                                                   \
    "<dialog-info xmlns='urn:ietf:params:xml:ns:dialog-info' version='0' state='full'" \
    " entity='" ENTITY "'" attributes ">" content "</dialog-info>"
#define CONTACTS(content)                                                             \
    "<reginfo xmlns='urn:ietf:params:xml:ns:reginfo' version='0' state='full'>"       \
    "<registration aor='" ENTITY "' id='x' state='active'>" content "</registration>" \
    "</reginfo>"
#define CONFERENCE(content)                                                                        \
    "<conference-info xmlns='urn:ietf:params:xml:ns:conference-info' entity='" ENTITY "'>" content \
    "</conference-info>"

static struct verdict parse(const struct entries_kind *kind, const char *text,
                            struct entries **entries)
{
    char entity[] = ENTITY;
    struct pidf_parser *parser = pidf_parser_new(&(struct pidf_limits){.fragments = 20});
    struct verdict result = entries_parse(parser, kind, bytes_of(text), entity_is, entity, entries);
    pidf_parser_free(&parser);
    ck_assert(verdict_ok(result) == (*entries != NULL));
    return result;
}

static void refuse(const struct entries_kind *kind, const char *text, unsigned status)
{
    struct entries *entries = NULL;
    struct verdict result = parse(kind, text, &entries);
    ck_assert_msg(result.status == status, "%u for %s", result.status, text);
    entries_free(&entries);
}

static const char *schema_of(const struct entries_kind *kind)
{
    if (kind == &entries_dialogs)
        return SOURCE_DIR "/schemas/dialog-info.xsd";
    return kind == &entries_contacts ? SOURCE_DIR "/schemas/reginfo.xsd"
                                     : SOURCE_DIR "/schemas/conference-info.xsd";
}

static void assert_valid_as(const struct entries_kind *kind, const char *text)
{
    char message[512];
    xmlSchema *schema = schema_open_file(schema_of(kind));
    schema_judge(schema, text, message);
    xmlSchemaFree(schema);
    ck_assert_msg(message[0] == '\0', "%s in %s", message, text);
}

/* The documents, NULL-ended, composed, and valid. */
static struct blob *composed(const struct entries_kind *kind, const char *const *texts)
{
    struct entries *documents[8] = {NULL};
    size_t count = 0;
    for (; texts[count] != NULL; count++) {
        struct verdict result = parse(kind, texts[count], &documents[count]);
        ck_assert_msg(verdict_ok(result), "%u %s: %s", result.status, result.reason, texts[count]);
    }
    struct blob *blob =
        entries_compose(kind, BYTES(ENTITY), (const struct entries *const *)documents, count);
    for (size_t i = 0; i < count; i++)
        entries_free(&documents[i]);
    char *text = strndup(blob_bytes(blob).at, blob_bytes(blob).length);
    assert_valid_as(kind, text);
    free(text);
    return blob;
}

#define COMPOSED(kind, ...) composed(kind, (const char *const[]){__VA_ARGS__, NULL})

/* With its version between the parts, valid; to be freed. */
static char *joined(const struct entries_kind *kind, struct pidf_partial *partial)
{
    char *text = NULL;
    struct bytes head = blob_bytes(partial->head), tail = blob_bytes(partial->tail);
    ck_assert_int_gt(asprintf(&text, "%.*s7%.*s", BYTES_ARGS(head), BYTES_ARGS(tail)), 0);
    blob_unref(&partial->head);
    blob_unref(&partial->tail);
    assert_valid_as(kind, text);
    return text;
}

/* What is told of the second document to who knows the first; NULL: the whole. Both go. */
static char *told(const struct entries_kind *kind, struct blob *before, struct blob *now)
{
    struct pidf_partial partial;
    bool shorter = entries_difference(kind, before, now, &partial);
    blob_unref(&before);
    blob_unref(&now);
    return shorter ? joined(kind, &partial) : NULL;
}

static char *text_of(struct blob *blob)
{
    char *text = strndup(blob_bytes(blob).at, blob_bytes(blob).length);
    blob_unref(&blob);
    return text;
}

/* RFC 4235 4.1: every element, in whatever order; what has no place is left out. */
START_TEST(rfc4235_4_1_elements)
{
    struct blob *blob = COMPOSED(
        &entries_dialogs,
        DIALOGS("",
                "<dialog call-id='c &amp; d' remote-tag='r' id='a&lt;b' local-tag='l' "
                "direction='Initiator' color='red'>"
                "<remote><cseq>12</cseq><target uri='sip:b@h'><param pval='true' pname='isfocus'/>"
                "<param pname='half'/></target>"
                "<identity display-name='B' display='B'>sip:bob@example.org</identity></remote>"
                "<state code='200' event='Remote-Bye'> Terminated </state>"
                "<duration>274</duration><route-set><hop>sip:p;lr</hop><hop>sip:q;lr</hop>"
                "</route-set><referred-by>sip:c@h</referred-by>"
                "<replaces call-id='1' local-tag='2' remote-tag='3'/>"
                "<local><session-description type='application/sdp'>v=0</session-description>"
                "</local><x:more xmlns:x='urn:x'><x:y/></x:more><unknown/></dialog>"));
    char *text = text_of(blob);
    ck_assert_str_eq(
        text,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"0\" state=\"full\" "
        "entity=\"" ENTITY "\"><dialog call-id=\"c &amp; d\" remote-tag=\"r\" id=\"a&lt;b\" "
        "local-tag=\"l\" direction=\"initiator\">"
        "<state code=\"200\" event=\"remote-bye\">terminated</state><duration>274</duration>"
        "<replaces call-id=\"1\" local-tag=\"2\" remote-tag=\"3\"/><referred-by>sip:c@h"
        "</referred-by><route-set><hop>sip:p;lr</hop><hop>sip:q;lr</hop></route-set><local/>"
        "<remote><identity display-name=\"B\" display=\"B\">sip:bob@example.org</identity>"
        "<target uri=\"sip:b@h\"><param pval=\"true\" pname=\"isfocus\"/></target><cseq>12</cseq>"
        "</remote><x:more xmlns:x=\"urn:x\"><x:y/></x:more></dialog></dialog-info>\n");
    free(text);
}
END_TEST

START_TEST(senseless_is_refused)
{
    const struct entries_kind *dialogs = &entries_dialogs;
    refuse(dialogs, DIALOGS("", "<dialog id='1'/>"), 400);
    refuse(dialogs, DIALOGS("", "<dialog id='1'><state/></dialog>"), 400);
    refuse(dialogs, DIALOGS("", "<dialog><state>early</state></dialog>"), 400);
    refuse(dialogs, DIALOGS("", "<dialog id=''><state>early</state></dialog>"), 400);
    refuse(dialogs, "<dialog-info/>", 400);
    refuse(dialogs, CONTACTS(""), 400);
    refuse(dialogs, "", 400);
    refuse(dialogs, "<!DOCTYPE a []>" DIALOGS("", ""), 400);
    refuse(dialogs,
           "<dialog-info xmlns='urn:ietf:params:xml:ns:dialog-info' entity='sip:bob@example.com'/>",
           403);
#define ONE "<dialog id='1'><state>early</state></dialog>"
    refuse(dialogs,
           DIALOGS(
               "",
               ONE ONE ONE ONE ONE ONE ONE ONE ONE ONE ONE ONE ONE ONE ONE ONE ONE ONE ONE ONE ONE),
           413);
    refuse(&entries_users, CONFERENCE("<users><user/></users>"), 400);
    refuse(&entries_users,
           "<conference-info xmlns='urn:ietf:params:xml:ns:conference-info' entity='" ENTITY
           "' state='partial'/>",
           400);
    refuse(&entries_contacts, CONTACTS("<contact id='1' state='active'/>"), 400);
}
END_TEST

/* RFC 4235 4.2 shows a document that does not say about whom it is. */
START_TEST(rfc4235_4_2_without_entity)
{
    struct entries *entries = NULL;
    ck_assert(verdict_ok(parse(&entries_dialogs,
                               "<d:dialog-info xmlns:d='urn:ietf:params:xml:ns:dialog-info'>"
                               "<d:dialog id='1'><d:state>early</d:state></d:dialog>"
                               "</d:dialog-info>",
                               &entries)));
    entries_free(&entries);
}
END_TEST

#define CALL(id, state) "<dialog id='" id "'><state>" state "</state></dialog>"

/* Ids that repeat, in one publication or among several. */
START_TEST(ids_are_told_apart)
{
    char *text =
        text_of(COMPOSED(&entries_dialogs, DIALOGS("", CALL("a", "early") CALL("a", "confirmed")),
                         DIALOGS("", CALL("&quot;", "early") CALL("a", "trying")),
                         DIALOGS("", CALL("&quot;", "trying"))));
    ck_assert_ptr_nonnull(strstr(text, "<dialog id=\"a\"><state>early<"));
    ck_assert_ptr_nonnull(strstr(text, "<dialog id=\"a-2\"><state>confirmed<"));
    ck_assert_ptr_nonnull(strstr(text, "<dialog id=\"a-3\"><state>trying<"));
    ck_assert_ptr_nonnull(strstr(text, "<dialog id=\"&quot;\"><state>early<"));
    ck_assert_ptr_nonnull(strstr(text, "<dialog id=\"&quot;-4\"><state>trying<"));
    free(text);
}
END_TEST

static bool same(const char *one, const char *other)
{
    struct entries *a = NULL, *b = NULL;
    ck_assert(verdict_ok(parse(&entries_dialogs, one, &a)));
    ck_assert(verdict_ok(parse(&entries_dialogs, other, &b)));
    bool result = entries_same(a, b);
    entries_free(&a);
    entries_free(&b);
    return result;
}

START_TEST(same_things_are_the_same_dialogs)
{
    const char *two = DIALOGS("", CALL("a", "early") CALL("b", "early"));
    ck_assert(same(two, DIALOGS("", CALL("a", "trying") CALL("b", "confirmed"))));
    ck_assert(!same(two, DIALOGS("", CALL("b", "early") CALL("a", "early"))));
    ck_assert(!same(two, DIALOGS("", CALL("a", "early"))));
    ck_assert(!same(DIALOGS("", ""), two));
    ck_assert(same(DIALOGS("", ""), DIALOGS("", "<x xmlns='urn:x'/>")));
}
END_TEST

/* RFC 4235 4.3: what changed, what is new, and what has gone, once. */
START_TEST(rfc4235_4_3_difference)
{
    char *text = told(
        &entries_dialogs,
        COMPOSED(&entries_dialogs,
                 DIALOGS("", CALL("a", "early") "<dialog id='b' call-id='c'><state>early</state>"
                                                "<duration>3</duration></dialog>" CALL("c", "early")
                                                    CALL("d", "terminated") CALL("e", "trying"))),
        COMPOSED(&entries_dialogs, DIALOGS("", CALL("n", "trying") CALL("e", "trying")
                                                   CALL("c", "confirmed") CALL("a", "early"))));
    ck_assert_str_eq(
        text,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"7\" "
        "state=\"partial\" entity=\"" ENTITY "\"><dialog id=\"n\"><state>trying</state></dialog>"
        "<dialog id=\"c\"><state>confirmed</state></dialog>"
        "<dialog id=\"b\" call-id=\"c\"><state>terminated</state></dialog></dialog-info>\n");
    free(text);
}
END_TEST

/* RFC 4235 3.3: what has no dialog is a whole document; so are changes of something else. */
START_TEST(rfc4235_3_3_whole)
{
    const struct entries_kind *kind = &entries_dialogs;
    ck_assert_ptr_null(told(kind, COMPOSED(kind, DIALOGS("", CALL("d", "terminated"))),
                            COMPOSED(kind, DIALOGS("", ""))));
    ck_assert_ptr_null(told(kind, COMPOSED(kind, DIALOGS("", CALL("d", "early"))),
                            COMPOSED(kind, DIALOGS("", CALL("d", "trying") "<x xmlns='u:x'/>"))));
    ck_assert_ptr_null(told(kind,
                            COMPOSED(kind, DIALOGS("", CALL("d", "early") "<x xmlns='u:x'/>")),
                            COMPOSED(kind, DIALOGS("", CALL("d", "trying")))));
    struct blob *state = COMPOSED(kind, DIALOGS("", CALL("d", "early")));
    struct pidf_partial whole = entries_whole(state);
    char *text = joined(kind, &whole);
    ck_assert_ptr_nonnull(strstr(text, " version=\"7\" state=\"full\" entity="));
    ck_assert_ptr_nonnull(strstr(text, "<dialog id=\"d\"><state>early<"));
    free(text);
    blob_unref(&state);
}
END_TEST

/* RFC 4235 3.6 */
START_TEST(rfc4235_3_6_outline)
{
    struct blob *state =
        COMPOSED(&entries_dialogs,
                 DIALOGS("", "<dialog id='1' call-id='x' direction='recipient'><state code='486' "
                             "event='rejected'>terminated</state><local/></dialog>"
                             "<dialog id='2'><state>early</state></dialog><x xmlns='urn:x'/>"));
    char *text = text_of(entries_outline(state));
    blob_unref(&state);
    assert_valid_as(&entries_dialogs, text);
    ck_assert_ptr_nonnull(
        strstr(text, "entity=\"" ENTITY "\"><dialog id=\"1\" direction=\"recipient\"><state>"
                     "terminated</state></dialog><dialog id=\"2\"><state>early</state></dialog>"
                     "</dialog-info>"));
    free(text);
}
END_TEST

static bool has_confirmed(const char *document)
{
    struct blob *state = COMPOSED(&entries_dialogs, document);
    bool has = entries_has_confirmed(state);
    blob_unref(&state);
    return has;
}

/* RFC 4235 3.7.1 */
START_TEST(rfc4235_3_7_1_confirmed)
{
    ck_assert(!has_confirmed(DIALOGS("", "")));
    ck_assert(!has_confirmed(DIALOGS("", "<dialog id='1'><state>early</state><remote><identity "
                                         "display='confirmed'>sip:confirmed@h</identity></remote>"
                                         "</dialog>")));
    ck_assert(has_confirmed(DIALOGS("", "<dialog id='1'><state>early</state></dialog>"
                                        "<dialog id='2'><state>Confirmed</state></dialog>")));
}
END_TEST

/* However they are ordered, it is the entries that count; and many of them take no time to speak
 * of, which a quadratic walk would. */
START_TEST(order_does_not_matter)
{
    enum { MANY = 6000 };
    struct buffer up = buffer_over(malloc(60 * MANY), 60 * MANY),
                  down = buffer_over(malloc(60 * MANY), 60 * MANY);
    struct pidf_parser *parser = pidf_parser_new(
        &(struct pidf_limits){.size_bytes = 1 << 20, .elements = 4 * MANY, .fragments = MANY + 1});
    struct pidf_partial partial;
    const char *start = "<dialog-info xmlns='urn:ietf:params:xml:ns:dialog-info'>";
    buffer_text(&up, start);
    buffer_text(&down, start);
    for (unsigned i = 0; i < MANY; i++) {
        buffer_format(&up, "<dialog id='%u'><state>early</state></dialog>", i);
        buffer_format(&down, "<dialog id='%u'><state>early</state></dialog>", MANY - i);
    }
    buffer_text(&up, "</dialog-info>");
    buffer_text(&down, "</dialog-info>");
    ck_assert(!up.overflow && !down.overflow);
    struct blob *states[2];
    for (size_t i = 0; i < 2; i++) {
        struct entries *entries = NULL;
        ck_assert(
            verdict_ok(entries_parse(parser, &entries_dialogs, buffer_bytes(i == 0 ? &up : &down),
                                     entity_is, NULL, &entries)));
        states[i] = entries_compose(&entries_dialogs, BYTES(ENTITY),
                                    (const struct entries *const[]){entries}, 1);
        entries_free(&entries);
    }
    ck_assert(entries_difference(&entries_dialogs, states[0], states[1], &partial));
    char *text = joined(&entries_dialogs, &partial);
    ck_assert_ptr_nonnull(strstr(text, "<dialog id=\"6000\"><state>early</state></dialog>"
                                       "<dialog id=\"0\"><state>terminated</state></dialog></"));
    ck_assert_uint_lt(strlen(text), 400);
    free(text);
    for (size_t i = 0; i < 2; i++)
        blob_unref(&states[i]);
    pidf_parser_free(&parser);
    free(up.at);
    free(down.at);
}
END_TEST

#define CONTACT(id, more, times)                                                                   \
    "<contact id='" id "' state='active' event='registered'" times "><uri>sip:" id "@h</uri>" more \
    "</contact>"

/* RFC 3680 5.1, 5.2 */
START_TEST(rfc3680_5_contacts)
{
    const struct entries_kind *kind = &entries_contacts;
    char *text = told(
        kind,
        COMPOSED(kind, CONTACTS(CONTACT("a", "",
                                        " duration-registered='0' "
                                        "expires='60'") CONTACT("b", "", " q='0.5' expires='7'"))),
        COMPOSED(kind,
                 CONTACTS(CONTACT("a", "",
                                  " duration-registered='9' "
                                  "expires='51'") CONTACT("c", "<unknown-param name='+x'/>", ""))));
    ck_assert_str_eq(text,
                     "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                     "<reginfo xmlns=\"urn:ietf:params:xml:ns:reginfo\" version=\"7\" "
                     "state=\"partial\"><registration aor=\"" ENTITY "\" id=\"r1\" "
                     "state=\"active\"><contact id=\"c\" state=\"active\" event=\"registered\">"
                     "<uri>sip:c@h</uri><unknown-param name=\"+x\"/></contact>"
                     "<contact id=\"b\" q=\"0.5\" state=\"terminated\" event=\"unregistered\">"
                     "<uri>sip:b@h</uri></contact></registration></reginfo>\n");
    free(text);
    text = told(kind, COMPOSED(kind, CONTACTS(CONTACT("a", "", ""))), COMPOSED(kind, CONTACTS("")));
    ck_assert_ptr_nonnull(strstr(text, "id=\"r1\" state=\"terminated\"><contact id=\"a\""));
    free(text);
    text = text_of(entries_compose(kind, BYTES(ENTITY), NULL, 0));
    assert_valid_as(kind, text);
    ck_assert_ptr_nonnull(strstr(text, "id=\"r1\" state=\"init\"></registration>"));
    free(text);
}
END_TEST

/* RFC 4575 7.1, and every element of 5. */
START_TEST(rfc4575_5_elements)
{
    char *text = text_of(COMPOSED(
        &entries_users,
        CONFERENCE(
            "<users><user entity='sip:bob@example.com' state='full'>"
            "<endpoint entity='sip:bob@pc33.example.com'><display-text>Laptop</display-text>"
            "<media id='1'><status>SendRecv</status><type>audio</type><src-id>432424</src-id>"
            "<label>34567</label></media><media/>"
            "<call-info><sip><to-tag>t</to-tag><call-id>c</call-id><from-tag>f</from-tag></sip>"
            "</call-info><status>disconnected</status><joining-method>dialed-out</joining-method>"
            "<disconnection-method>departed</disconnection-method><disconnection-info>"
            "<when>2005-03-04T20:00:00Z</when><reason>bad</reason><by>sip:mike@example.com</by>"
            "</disconnection-info><referred><by>sip:m@h</by></referred></endpoint>"
            "<display-text>Bob</display-text><languages>en de</languages>"
            "<roles><entry>participant</entry></roles><associated-aors><entry><uri>mailto:b@h</uri>"
            "</entry></associated-aors><cascaded-focus>sip:f@h</cascaded-focus></user></users>"
            "<sidebars-by-val><entry entity='sip:s@h'><users><user entity='sip:x@h'/></users>"
            "</entry></sidebars-by-val>"
            "<sidebars-by-ref><entry><uri>sip:s2@h</uri></entry></sidebars-by-ref>"
            "<conference-state><locked>false</locked><user-count>33</user-count>"
            "<active>true</active></conference-state>"
            "<host-info><web-page>http://h/</web-page><uris><entry><uri>sip:h@h</uri></entry></"
            "uris>"
            "</host-info>"
            "<conference-description><available-media><entry label='1'><type>audio</type></entry>"
            "</available-media><subject>Goals</subject><keywords>a b</keywords><conf-uris><entry>"
            "<purpose>participation</purpose><uri>tel:+18005671234</uri></entry></conf-uris>"
            "<maximum-user-count>100</maximum-user-count></conference-description>"),
        CONFERENCE("<users><user entity='sip:bob@example.com'><display-text>B.</display-text>"
                   "</user><user entity='sip:alice@example.com'/></users>"
                   "<conference-state><user-count>9</user-count></conference-state>")));
    ck_assert_ptr_nonnull(strstr(text, "<user-count>33</user-count>"));
    ck_assert_ptr_null(strstr(text, "<user-count>9</user-count>"));
    ck_assert_ptr_nonnull(strstr(text, "<status>sendrecv</status>"));
    ck_assert_ptr_null(strstr(text, "B.</display-text>"));
    ck_assert_ptr_nonnull(strstr(text, "</user><user entity=\"sip:alice@example.com\"/></users>"));
    ck_assert_ptr_nonnull(strstr(text, "<sip><call-id>c</call-id>"));
    free(text);
}
END_TEST

/* RFC 4575 5.2: a full document has a description and users. 4.6: who left is deleted. */
START_TEST(rfc4575_4_difference)
{
    const struct entries_kind *kind = &entries_users;
#define STATE(n) "<conference-state><user-count>" n "</user-count></conference-state>"
#define USER(u, more) "<user entity='sip:" u "@h'>" more "</user>"
    char *text = told(
        kind,
        COMPOSED(kind, CONFERENCE(STATE("2") "<users>" USER("a", "") USER("b", "") "</users>")),
        COMPOSED(kind, CONFERENCE(STATE("1") "<users>" USER("a", "") "</users>")));
    ck_assert_ptr_nonnull(
        strstr(text, "version=\"7\" state=\"partial\" entity=\"" ENTITY "\"><conference-state>"
                     "<user-count>1</user-count></conference-state><users state=\"partial\">"
                     "<user entity=\"sip:b@h\" state=\"deleted\"/></users></conference-info>"));
    free(text);
    ck_assert_ptr_null(
        told(kind, COMPOSED(kind, CONFERENCE(STATE("2"))), COMPOSED(kind, CONFERENCE(""))));
    text = text_of(entries_compose(kind, BYTES(ENTITY), NULL, 0));
    assert_valid_as(kind, text);
    ck_assert_ptr_nonnull(strstr(text, "><conference-description/><users></users></confer"));
    free(text);
}
END_TEST

UNIT_MAIN("entries", rfc4235_4_1_elements, senseless_is_refused, rfc4235_4_2_without_entity,
          ids_are_told_apart, same_things_are_the_same_dialogs, rfc4235_4_3_difference,
          rfc4235_3_3_whole, rfc4235_3_6_outline, rfc4235_3_7_1_confirmed, order_does_not_matter,
          rfc3680_5_contacts, rfc4575_5_elements, rfc4575_4_difference)
