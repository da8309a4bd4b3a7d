/* rules_permissions_test.c: actions and transformations of RFC 5025 3.2 and 3.3. */
#include "rulesets.h"

#define ALLOW_TO(transformations) RULESET(RULE("a", "", HANDLING("allow"), transformations))

static bool shows(const struct rights *rights, enum rights_kind kind, struct rights_part part)
{
    return rights_show_part(rights, kind, &part);
}

static enum sub_handling handling(const char *text)
{
    struct rules *rules = parse_rules(text);
    struct rules_decision decision = ask_rules(rules, "a@x", "", 0);
    ck_assert(decision.matched);
    ck_assert((decision.handling == SUB_ALLOW) || decision.rights != NULL);
    rights_unref(&decision.rights);
    rules_free(&rules);
    return decision.handling;
}

/* RFC 5025 3.2.1; nothing said is block. */
START_TEST(rfc5025_sub_handling)
{
    ck_assert_int_eq(handling(RULESET(RULE("a", "", HANDLING("block"), ""))), SUB_BLOCK);
    ck_assert_int_eq(handling(RULESET(RULE("a", "", HANDLING(" confirm\n"), ""))), SUB_CONFIRM);
    ck_assert_int_eq(handling(RULESET(RULE("a", "", HANDLING("polite-block"), ""))),
                     SUB_POLITE_BLOCK);
    ck_assert_int_eq(handling(RULESET(RULE("a", "", HANDLING("allow"), ""))), SUB_ALLOW);
    ck_assert_int_eq(handling(RULESET(RULE("a", "", "", ""))), SUB_BLOCK);
    assert_refused(RULESET(RULE("a", "", HANDLING("maybe"), "")), 400, "sub-handling");
    assert_refused(RULESET(RULE("a", "", HANDLING("al<x/>low"), "")), 400, "sub-handling");
}
END_TEST

/* RFC 5025 6: the document and what the text says of it. */
START_TEST(rfc5025_example)
{
    static const char text[] =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<cr:ruleset xmlns=\"" PRES
        "\" xmlns:pr=\"" PRES "\" xmlns:cr=\"" COMMON
        "\"><cr:rule id=\"a\"><cr:conditions><cr:identity><cr:one id=\"sip:user@example.com\"/>"
        "</cr:identity></cr:conditions><cr:actions><pr:sub-handling>allow</pr:sub-handling>"
        "</cr:actions><cr:transformations><pr:provide-services>"
        "<pr:service-uri-scheme>sip</pr:service-uri-scheme>"
        "<pr:service-uri-scheme>mailto</pr:service-uri-scheme></pr:provide-services>"
        "<pr:provide-persons><pr:all-persons/></pr:provide-persons>"
        "<pr:provide-activities>true</pr:provide-activities>"
        "<pr:provide-user-input>bare</pr:provide-user-input><pr:provide-unknown-attribute "
        "ns=\"urn:vendor-specific:foo-namespace\" name=\"foo\">true</pr:provide-unknown-attribute>"
        "</cr:transformations></cr:rule></cr:ruleset>";
    struct rights *rights = rights_of(text, "user@example.com");
    ck_assert(shows(rights, RIGHTS_SERVICE, (struct rights_part){.service = BYTES("sip:a@b")}));
    ck_assert(shows(rights, RIGHTS_SERVICE, (struct rights_part){.service = BYTES("mailto:a@b")}));
    ck_assert(!shows(rights, RIGHTS_SERVICE, (struct rights_part){.service = BYTES("tel:+1")}));
    ck_assert(!shows(rights, RIGHTS_SERVICE, (struct rights_part){.service = BYTES("sip")}));
    ck_assert(shows(rights, RIGHTS_PERSON, (struct rights_part){.class = BYTES("any")}));
    ck_assert(!shows(rights, RIGHTS_DEVICE, (struct rights_part){.device_id = BYTES("urn:x")}));
    for (int i = 0; i < RIGHTS_ATTRIBUTES; i++)
        ck_assert(rights_show(rights, (enum rights_attribute)i) == (i == RIGHTS_ACTIVITIES));
    ck_assert_int_eq(rights_user_input(rights), RIGHTS_INPUT_BARE);
    ck_assert(
        rights_show_unknown(rights, BYTES("urn:vendor-specific:foo-namespace"), BYTES("foo")));
    ck_assert(
        !rights_show_unknown(rights, BYTES("urn:vendor-specific:foo-namespace"), BYTES("bar")));
    ck_assert(!rights_show_unknown(rights, BYTES("urn:other"), BYTES("foo")));
    rights_unref(&rights);
    ck_assert(schema_takes(text));
}
END_TEST

/* RFC 5025 3.3.2.1 to 3.3.2.13: each permission shows its own attribute and no other. */
START_TEST(rfc5025_attributes)
{
    static const char *const words[RIGHTS_ATTRIBUTES] = {
        [RIGHTS_ACTIVITIES] = "activities",   [RIGHTS_CLASS] = "class",
        [RIGHTS_DEVICE_ID] = "deviceID",      [RIGHTS_MOOD] = "mood",
        [RIGHTS_PLACE_IS] = "place-is",       [RIGHTS_PLACE_TYPE] = "place-type",
        [RIGHTS_PRIVACY] = "privacy",         [RIGHTS_RELATIONSHIP] = "relationship",
        [RIGHTS_STATUS_ICON] = "status-icon", [RIGHTS_SPHERE] = "sphere",
        [RIGHTS_TIME_OFFSET] = "time-offset", [RIGHTS_NOTE] = "note",
    };
    for (int i = 0; i < RIGHTS_ATTRIBUTES; i++) {
        char text[1024];
        snprintf(text, sizeof(text), ALLOW_TO("<pr:provide-%s> 1 </pr:provide-%s>"), words[i],
                 words[i]);
        struct rights *rights = rights_of(text, "a@x");
        for (int j = 0; j < RIGHTS_ATTRIBUTES; j++)
            ck_assert(rights_show(rights, (enum rights_attribute)j) == (i == j));
        rights_unref(&rights);
        ck_assert_msg(schema_takes(text), "%s", words[i]);
    }
    struct rights *rights = rights_of(ALLOW_TO("<pr:provide-note>false</pr:provide-note>"), "a@x");
    ck_assert(!rights_show(rights, RIGHTS_NOTE));
    rights_unref(&rights);
    assert_refused(ALLOW_TO("<pr:provide-note>yes</pr:provide-note>"), 400, "true or false");
}
END_TEST

/* RFC 5025 3.3.2.12. */
START_TEST(rfc5025_user_input)
{
    static const struct {
        const char *text;
        enum rights_user_input input;
    } cases[] = {
        {ALLOW_TO("<pr:provide-user-input>false</pr:provide-user-input>"), RIGHTS_INPUT_NONE},
        {ALLOW_TO("<pr:provide-user-input>bare</pr:provide-user-input>"), RIGHTS_INPUT_BARE},
        {ALLOW_TO("<pr:provide-user-input>thresholds</pr:provide-user-input>"),
         RIGHTS_INPUT_THRESHOLDS},
        {ALLOW_TO("<pr:provide-user-input>full</pr:provide-user-input>"), RIGHTS_INPUT_FULL},
        {ALLOW_TO(""), RIGHTS_INPUT_NONE},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rights *rights = rights_of(cases[i].text, "a@x");
        ck_assert_int_eq(rights_user_input(rights), cases[i].input);
        rights_unref(&rights);
    }
    assert_refused(ALLOW_TO("<pr:provide-user-input>true</pr:provide-user-input>"), 400, "bare");
}
END_TEST

/* A device is named by any URI, and by what should be one: the server goes on. */
START_TEST(odd_uris_of_parts)
{
    struct rights *rights =
        rights_of(ALLOW_TO("<pr:provide-devices><pr:deviceID>urn:pc</pr:deviceID>"
                           "<pr:deviceID>urn:</pr:deviceID><pr:deviceID/></pr:provide-devices>"
                           "<pr:provide-services><pr:service-uri> sip:%4@ </pr:service-uri>"
                           "<pr:service-uri>:</pr:service-uri></pr:provide-services>"),
                  "a@x");
    ck_assert(shows(rights, RIGHTS_DEVICE, (struct rights_part){.device_id = BYTES("URN:PC")}));
    ck_assert(!shows(rights, RIGHTS_DEVICE, (struct rights_part){.device_id = BYTES("urn:p")}));
    ck_assert(!shows(rights, RIGHTS_DEVICE, (struct rights_part){.device_id = BYTES("")}));
    ck_assert(shows(rights, RIGHTS_SERVICE, (struct rights_part){.service = BYTES("sip:%4@")}));
    rights_unref(&rights);
}
END_TEST

/* RFC 5025 3.3.1: whatever identifies a part shows it. */
START_TEST(rfc5025_parts)
{
    struct rights *rights = rights_of(
        ALLOW_TO("<pr:provide-devices><pr:deviceID>urn:uuid:AB</pr:deviceID>"
                 "<pr:occurrence-id>d1</pr:occurrence-id></pr:provide-devices>"
                 "<pr:provide-services><pr:service-uri>sip:alice@Example.com</pr:service-uri>"
                 "<pr:class>work</pr:class><pr:occurrence-id>t1</pr:occurrence-id>"
                 "<x:y xmlns:x='urn:x'>t9</x:y></pr:provide-services>"
                 "<pr:provide-persons><pr:class>p</pr:class></pr:provide-persons>"),
        "a@x");
    ck_assert(
        shows(rights, RIGHTS_DEVICE, (struct rights_part){.device_id = BYTES("urn:UUID:ab")}));
    ck_assert(shows(rights, RIGHTS_DEVICE, (struct rights_part){.occurrence_id = BYTES("d1")}));
    ck_assert(!shows(rights, RIGHTS_DEVICE, (struct rights_part){.occurrence_id = BYTES("D1")}));
    ck_assert(!shows(rights, RIGHTS_DEVICE, (struct rights_part){.occurrence_id = BYTES("t1")}));
    ck_assert(shows(rights, RIGHTS_SERVICE,
                    (struct rights_part){.service = BYTES("sip:%61lice@example.com")}));
    ck_assert(!shows(rights, RIGHTS_SERVICE,
                     (struct rights_part){.service = BYTES("sip:bob@example.com")}));
    ck_assert(shows(rights, RIGHTS_SERVICE, (struct rights_part){.class = BYTES("work")}));
    ck_assert(shows(rights, RIGHTS_SERVICE, (struct rights_part){.occurrence_id = BYTES("t1")}));
    ck_assert(!shows(rights, RIGHTS_SERVICE, (struct rights_part){.occurrence_id = BYTES("t9")}));
    ck_assert(shows(rights, RIGHTS_PERSON, (struct rights_part){.class = BYTES("p")}));
    ck_assert(!shows(rights, RIGHTS_PERSON, (struct rights_part){.class = BYTES("work")}));
    rights_unref(&rights);
    assert_refused(ALLOW_TO("<pr:provide-persons><pr:all-devices/></pr:provide-persons>"), 400,
                   "no place");
}
END_TEST

#define ALL_PARTS                                                   \
    "<pr:provide-devices><pr:all-devices/></pr:provide-devices>"    \
    "<pr:provide-services><pr:all-services/></pr:provide-services>" \
    "<pr:provide-persons><pr:all-persons/></pr:provide-persons>"

/* RFC 5025 3.3.2.15: all attributes, but no part that is not shown itself. */
START_TEST(rfc5025_all_attributes)
{
    struct rights *rights = rights_of(ALLOW_TO("<pr:provide-all-attributes/>"), "a@x");
    ck_assert_ptr_nonnull(rights);
    for (int i = 0; i < RIGHTS_ATTRIBUTES; i++)
        ck_assert(rights_show(rights, (enum rights_attribute)i));
    ck_assert_int_eq(rights_user_input(rights), RIGHTS_INPUT_FULL);
    ck_assert(rights_show_unknown(rights, BYTES("urn:any"), BYTES("thing")));
    ck_assert(!shows(rights, RIGHTS_PERSON, (struct rights_part){.class = BYTES("a")}));
    rights_unref(&rights);
    rights = rights_of(ALLOW_TO(ALL_PARTS "<pr:provide-all-attributes/>"), "a@x");
    ck_assert_ptr_null(rights); /* everything */
}
END_TEST

/* RFC 5025 3.3.2.14. */
START_TEST(rfc5025_unknown_attribute)
{
    struct rights *rights = rights_of(ALLOW_TO("<pr:provide-unknown-attribute ns='urn:x' "
                                               "name='y'>false</pr:provide-unknown-attribute>"),
                                      "a@x");
    ck_assert(!rights_show_unknown(rights, BYTES("urn:x"), BYTES("y")));
    rights_unref(&rights);
    assert_refused(ALLOW_TO("<pr:provide-unknown-attribute "
                            "ns='urn:x'>true</pr:provide-unknown-attribute>"),
                   400, "name and an ns");
    assert_refused(ALLOW_TO("<pr:provide-unknown-attribute ns='urn:x' "
                            "name='x:y'>true</pr:provide-unknown-attribute>"),
                   400, "prefix");
}
END_TEST

/* RFC 4745 10.2, RFC 5025 8: what we do not know permits nothing, and does no harm. */
START_TEST(unknown_permissions_permit_nothing)
{
    static const char text[] =
        RULESET(RULE("a", "", "<x:do xmlns:x='urn:x'>all</x:do>" HANDLING("allow"),
                     "<x:provide-note xmlns:x='urn:x'>true</x:provide-note><pr:provide-more>true"
                     "</pr:provide-more><pr:provide-mood>true</pr:provide-mood>"));
    struct rights *rights = rights_of(text, "a@x");
    ck_assert(rights_show(rights, RIGHTS_MOOD));
    ck_assert(!rights_show(rights, RIGHTS_NOTE));
    rights_unref(&rights);
    assert_refused(RULESET(RULE("a", "", "<cp:do/>", "")), 400, "no action");
    assert_refused(RULESET(RULE("a", "", "", "show all")), 400, "text");
}
END_TEST

UNIT_MAIN("pidf/rules_permissions", rfc5025_sub_handling, rfc5025_example, rfc5025_attributes,
          rfc5025_user_input, odd_uris_of_parts, rfc5025_parts, rfc5025_all_attributes,
          rfc5025_unknown_attribute, unknown_permissions_permit_nothing)
