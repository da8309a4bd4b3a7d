/* grammar_extensions_test.c: contact information, capabilities, timed status; and what no rule
 * knows passes through as it is. */
#include "documents.h"

#define NS "urn:ietf:params:xml:ns:pidf"
#define TUPLE(declarations, content)                                                          \
    "<presence " PIDF " " declarations " entity='" ENTITY "'><tuple id='t'><status/>" content \
    "</tuple></presence>"
#define CAPS "xmlns:c='" NS ":caps'"

/* RFC 4482 4, the second example: card and homepage of a service, everything of a person. */
START_TEST(test_rfc4482_example)
{
    char *composed =
        COMPOSE("<presence " PIDF " " DM " " RPID " xmlns:c='" NS ":cipid' "
                "xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' "
                "xsi:schemaLocation='" NS " pidf.xsd' entity='" ENTITY "'>"
                "<tuple id='bs78'><status><basic>closed</basic></status>"
                "<rpid:relationship><rpid:assistant/></rpid:relationship>"
                "<c:card>http://example.com/~assistant/card.vcd</c:card>"
                "<c:homepage>http://example.com/~assistant</c:homepage>"
                "<contact priority='0.1'>im:assistant@example.com</contact>"
                "<timestamp>2005-05-30T22:00:29Z</timestamp></tuple>"
                "<dm:person id='p1'><c:card>http://example.com/~someone/card.vcd</c:card>"
                "<c:homepage>http://example.com/~someone</c:homepage>"
                "<c:icon>http://example.com/~someone/icon.gif</c:icon>"
                "<c:map>http://example.com/~someone/gml-map.xml</c:map>"
                "<c:sound>http://example.com/~someone/whoosh.wav</c:sound>"
                "<dm:timestamp>2005-05-30T22:02:44+05:00</dm:timestamp></dm:person></presence>");
    const char *kept[] = {
        ">http://example.com/~assistant/card.vcd<", ">http://example.com/~assistant<",
        ">http://example.com/~someone/card.vcd<",   ">http://example.com/~someone<",
        ">http://example.com/~someone/icon.gif<",   ">http://example.com/~someone/gml-map.xml<",
        ">http://example.com/~someone/whoosh.wav<", "2005-05-30T22:02:44+05:00"};
    assert_valid(composed);
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
        ck_assert_msg(strstr(composed, kept[i]) != NULL, "no %s in %s", kept[i], composed);
    free(composed);
}
END_TEST

/* RFC 4482 7: display names may have languages; what is no URI is left out. */
START_TEST(test_rfc4482_values)
{
    assert_becomes(TUPLE("xmlns:c='" NS ":cipid'",
                         "<c:display-name xml:lang='de'>M\xc3\xbcller &amp; Co</c:display-name>"
                         "<c:icon>:</c:icon><c:card x='y'> http://example.com/a b </c:card>"
                         "<c:unheard-of>?</c:unheard-of>"),
                   "<status/><c:display-name xmlns:c=\"" NS
                   ":cipid\" xml:lang=\"de\">M\xc3\xbcller "
                   "&amp; Co</c:display-name><c:card xmlns:c=\"" NS ":cipid\">"
                   "http://example.com/a%20b</c:card><c:unheard-of",
                   "icon");
}
END_TEST

/* RFC 5196 5, the example. */
START_TEST(test_rfc5196_example)
{
    assert_becomes(
        TUPLE(CAPS,
              "<c:servcaps><c:audio>true</c:audio>"
              "<c:description xml:lang='en'> Example service </c:description>"
              "<c:duplex><c:supported><c:full/></c:supported></c:duplex>"
              "<c:message>true</c:message><c:methods><c:supported><c:ACK/><c:BYE/><c:INVITE/>"
              "<c:MESSAGE/></c:supported></c:methods>"
              "<c:priority><c:supported><c:lowerthan maxvalue='10'/></c:supported></c:priority>"
              "<c:schemes><c:supported><c:s>sip</c:s></c:supported></c:schemes>"
              "<c:video>false</c:video></c:servcaps>"),
        "<c:servcaps xmlns:c=\"" NS ":caps\"><c:audio>true</c:audio>"
        "<c:description xml:lang=\"en\"> Example service </c:description>"
        "<c:duplex><c:supported><c:full/></c:supported></c:duplex>"
        "<c:message>true</c:message><c:methods><c:supported><c:ACK/><c:BYE/><c:INVITE/>"
        "<c:MESSAGE/></c:supported></c:methods>"
        "<c:priority><c:supported><c:lowerthan maxvalue=\"10\"/></c:supported></c:priority>"
        "<c:schemes><c:supported><c:s>sip</c:s></c:supported></c:schemes>"
        "<c:video>false</c:video></c:servcaps>",
        NULL);
    assert_becomes("<presence " PIDF " " DM " " CAPS " entity='" ENTITY "'><dm:device id='hgt67'>"
                   "<c:devcaps><c:mobility><c:supported><c:mobile/></c:supported></c:mobility>"
                   "</c:devcaps><dm:deviceID>urn:x:1</dm:deviceID></dm:device></presence>",
                   "><c:mobility><c:supported><c:mobile/></c:supported></c:mobility></c:devcaps>",
                   NULL);
}
END_TEST

/* RFC 5196 6: order by the schema, nothing twice, numbers where they are needed. */
START_TEST(test_rfc5196_repairs)
{
    assert_becomes(
        TUPLE(CAPS, "<c:servcaps x='y'><c:video>TRUE</c:video><c:audio>perhaps</c:audio>"
                    "<c:text>1</c:text><c:text>0</c:text><x:y xmlns:x='urn:x'/>"
                    "<c:priority><c:supported><c:range minvalue='1'/><c:equals value='x'/>"
                    "<c:range maxvalue='9' minvalue='+1'/></c:supported></c:priority>"
                    "<c:schemes><c:supported/><c:notsupported><c:s>tel</c:s></c:notsupported>"
                    "</c:schemes></c:servcaps>"),
        " x=\"y\"><c:priority><c:supported><c:range maxvalue=\"9\" minvalue=\"+1\"/></c:supported>"
        "</c:priority><c:schemes><c:notsupported><c:s>tel</c:s></c:notsupported></c:schemes>"
        "<c:text>1</c:text><c:video>true</c:video><x:y xmlns:x=\"urn:x\"/></c:servcaps>",
        "audio");
}
END_TEST

/* RFC 4481 4, the example; without `from` it says nothing (5). */
START_TEST(test_rfc4481_timed_status)
{
    assert_becomes(TUPLE("xmlns:ts='" NS ":timed-status'",
                         "<ts:timed-status from='2005-08-15T10:20:00.000-05:00' "
                         "until='2005-08-22T19:30:00.000-05:00'><ts:note>Tokyo</ts:note>"
                         "<ts:basic>closed</ts:basic></ts:timed-status>"
                         "<ts:timed-status until='2005-08-22T19:30:00.000-05:00'/>"
                         "<ts:timed-status from='soon'/>"),
                   "<status/><ts:timed-status xmlns:ts=\"" NS ":timed-status\" "
                   "from=\"2005-08-15T10:20:00.000-05:00\" until=\"2005-08-22T19:30:00.000-05:00\">"
                   "<ts:basic>closed</ts:basic><ts:note>Tokyo</ts:note></ts:timed-status></tuple>",
                   NULL);
}
END_TEST

/* RFC 4119 2.3, both examples: attributes with namespaces, prefixes and values stay. */
START_TEST(test_rfc4119_examples)
{
    assert_becomes(
        "<presence " PIDF " xmlns:gp='" NS ":geopriv10' "
        "xmlns:gml='urn:opengis:specification:gml:schema-xsd:feature:v3.0' entity='" ENTITY
        "'><tuple id='sg89ae'><status><gp:geopriv><gp:location-info><gml:location>"
        "<gml:Point gml:id='point1' srsName='epsg:4326'><gml:coordinates>37:46:30N 122:25:10W"
        "</gml:coordinates></gml:Point></gml:location></gp:location-info><gp:usage-rules>"
        "<gp:retransmission-allowed>no</gp:retransmission-allowed>"
        "<gp:retention-expiry>2003-06-23T04:57:29Z</gp:retention-expiry></gp:usage-rules>"
        "</gp:geopriv></status><timestamp>2003-06-22T20:57:29Z</timestamp></tuple></presence>",
        "<status><gp:geopriv xmlns:gp=\"" NS ":geopriv10\"><gp:location-info><gml:location "
        "xmlns:gml=\"urn:opengis:specification:gml:schema-xsd:feature:v3.0\">"
        "<gml:Point gml:id=\"point1\" srsName=\"epsg:4326\"><gml:coordinates>37:46:30N 122:25:10W"
        "</gml:coordinates></gml:Point></gml:location></gp:location-info><gp:usage-rules>"
        "<gp:retransmission-allowed>no</gp:retransmission-allowed>"
        "<gp:retention-expiry>2003-06-23T04:57:29Z</gp:retention-expiry></gp:usage-rules>"
        "</gp:geopriv></status>",
        NULL);
    assert_becomes(TUPLE("xmlns:cl='" NS ":geopriv10:civicLoc'",
                         "<cl:civicAddress><cl:country>US</cl:country><cl:A1>New York</cl:A1>"
                         "<cl:HNO>123</cl:HNO><cl:LOC>Suite 75</cl:LOC></cl:civicAddress>"),
                   "><cl:country>US</cl:country><cl:A1>New York</cl:A1><cl:HNO>123</cl:HNO>"
                   "<cl:LOC>Suite 75</cl:LOC></cl:civicAddress>",
                   NULL);
}
END_TEST

/* RFC 5491 5.2: a shape in a device, a civic address beside it, default namespaces inside. */
START_TEST(test_rfc5491_location_of_a_device)
{
    assert_becomes(
        "<presence " PIDF " " DM " xmlns:gp='" NS ":geopriv10' entity='" ENTITY "'>"
        "<dm:device id='nesspc-1'><gp:geopriv><gp:location-info>"
        "<gs:Circle xmlns:gs='http://www.opengis.net/pidflo/1.0' "
        "xmlns:gml='http://www.opengis.net/gml' srsName='urn:ogc:def:crs:EPSG::4326'>"
        "<gml:pos>42.5463 -73.2512</gml:pos><gs:radius uom='urn:ogc:def:uom:EPSG::9001'>850.24"
        "</gs:radius></gs:Circle>"
        "<civicAddress xmlns='" NS ":geopriv10:civicAddr' xml:lang='en-AU'><country>AU</country>"
        "</civicAddress></gp:location-info><gp:usage-rules/><gp:method>OTDOA</gp:method>"
        "</gp:geopriv><dm:deviceID>mac:8asd7d7d70cf</dm:deviceID></dm:device></presence>",
        "<gs:Circle xmlns:gs=\"http://www.opengis.net/pidflo/1.0\" "
        "xmlns:gml=\"http://www.opengis.net/gml\" srsName=\"urn:ogc:def:crs:EPSG::4326\">"
        "<gml:pos>42.5463 -73.2512</gml:pos><gs:radius uom=\"urn:ogc:def:uom:EPSG::9001\">850.24"
        "</gs:radius></gs:Circle><civicAddress xmlns=\"" NS ":geopriv10:civicAddr\" "
        "xml:lang=\"en-AU\"><country>AU</country></civicAddress></gp:location-info>"
        "<gp:usage-rules/><gp:method>OTDOA</gp:method></gp:geopriv>",
        NULL);
}
END_TEST

/* Mixed content, CDATA, entities, attributes with namespaces and prefixes in values. */
START_TEST(test_unknown_content_keeps_its_meaning)
{
    assert_becomes(
        TUPLE("xmlns:x='urn:x' xmlns:y='urn:y'",
              "<x:a y:b='&lt;&quot;&#10;' b='2' t='y:q'> one <![CDATA[<two> & ]]>"
              "<y:c/>\n&#13;three &amp; <e xmlns=''>four</e> <x:d xmlns:x='urn:other' t='x:q'/>"
              "</x:a>"),
        "<x:a xmlns:x=\"urn:x\" xmlns:y=\"urn:y\" y:b=\"&lt;&quot;&#10;\" b=\"2\" "
        "t=\"y:q\"> one &lt;two&gt; &amp; <y:c/>\n&#13;three &amp; "
        "<e xmlns=\"\">four</e> <x:d xmlns:x=\"urn:other\" t=\"x:q\"/></x:a>",
        NULL);
}
END_TEST

UNIT_MAIN("pidf/grammar_extensions", test_rfc4482_example, test_rfc4482_values,
          test_rfc5196_example, test_rfc5196_repairs, test_rfc4481_timed_status,
          test_rfc4119_examples, test_rfc5491_location_of_a_device,
          test_unknown_content_keeps_its_meaning)
