/* fields_test.c: names, lists, Via, addresses, media types, Event. */
#include "sip/fields.h"

#include "unit.h"

static void assert_bytes(struct bytes got, const char *wanted)
{
    ck_assert_msg(bytes_equal(got, bytes_of(wanted)), "got \"%.*s\", wanted \"%s\"",
                  BYTES_ARGS(got), wanted);
}

struct name_case {
    const char *name;
    enum sip_header id;
    char compact;
    bool single;
};

static const struct name_case names[] = {
#define NAME_CASE(id, name, compact, single) {name, SIP_##id, compact, single},
    SIP_HEADERS(NAME_CASE)
#undef NAME_CASE
};

static void assert_id(struct bytes name, enum sip_header id)
{
    ck_assert_msg(sip_header_of(name) == id, "%.*s", BYTES_ARGS(name));
}

/* RFC 3261 7.3.1 (case does not matter), 7.3.3 (compact forms). */
START_TEST(every_name_is_known_in_every_form)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char text[32];
        size_t length = strlen(names[i].name);
        assert_id(bytes_of(names[i].name), names[i].id);
        for (size_t k = 0; k < length; k++) {
            text[k] = names[i].name[k];
            if (text[k] >= 'a' && text[k] <= 'z')
                text[k] = (char)(text[k] - 'a' + 'A');
            else
                text[k] = ascii_lower(text[k]);
        }
        assert_id(bytes_from(text, length), names[i].id);
        if (length > 2)
            assert_id(bytes_from(text, length - 1), SIP_HEADER_OTHER);
        text[length - 1] = '~';
        assert_id(bytes_from(text, length), SIP_HEADER_OTHER);
        ck_assert_str_eq(sip_header_name(names[i].id), names[i].name);
        ck_assert_int_eq(sip_header_single(names[i].id), names[i].single);
    }
}
END_TEST

START_TEST(compact_forms_are_those_of_the_list)
{
    for (int c = 0; c < 256; c++) {
        enum sip_header wanted = SIP_HEADER_OTHER;
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
            if (names[i].compact != 0 && names[i].compact == ascii_lower((char)c))
                wanted = names[i].id;
        char letter = (char)c;
        assert_id(bytes_from(&letter, 1), wanted);
    }
    assert_id(BYTES(""), SIP_HEADER_OTHER);
}
END_TEST

static void assert_list(const char *text, const char *const *wanted)
{
    struct bytes rest = bytes_of(text), element;
    for (; *wanted != NULL; wanted++) {
        ck_assert_msg(sip_list_next(&rest, &element), "%s: ends before %s", text, *wanted);
        assert_bytes(element, *wanted);
    }
    ck_assert_msg(!sip_list_next(&rest, &element), "%s: goes on", text);
    ck_assert(bytes_empty(element) && bytes_empty(rest));
}

/* RFC 3261 7.3.1, 25.1. */
START_TEST(lists_are_taken_apart)
{
    assert_list("", (const char *[]){NULL});
    assert_list(" , ,\r\n ,", (const char *[]){NULL});
    assert_list("a", (const char *[]){"a", NULL});
    assert_list(" a ,,b\r\n ,\tc d,", (const char *[]){"a", "b", "c d", NULL});
    assert_list("<sip:a,b@h>;x, \"q,\\\",r\" <sip:c>",
                (const char *[]){"<sip:a,b@h>;x", "\"q,\\\",r\" <sip:c>", NULL});
    assert_list("a (x, (y,) \\), z), b", (const char *[]){"a (x, (y,) \\), z)", "b", NULL});
    assert_list("\"open, b", (const char *[]){"\"open, b", NULL});
    assert_list("<open, b", (const char *[]){"<open, b", NULL});
    assert_list("(open, b", (const char *[]){"(open, b", NULL});
    assert_list("a) , b", (const char *[]){"a)", "b", NULL});
    assert_list("(a\\", (const char *[]){"(a\\", NULL});
}
END_TEST

static struct sip_via via_good(const char *text)
{
    struct sip_via via;
    struct verdict v = sip_via_parse(bytes_of(text), &via);
    ck_assert_msg(verdict_ok(v), "%s: %s at %zu", text, v.reason, v.offset);
    return via;
}

static void via_bad(const char *text, size_t offset)
{
    struct sip_via via;
    struct verdict v = sip_via_parse(bytes_of(text), &via);
    ck_assert_msg(v.status == 400 && v.reason != NULL, "%s was taken", text);
    ck_assert_msg(v.offset == offset, "%s: fault at %zu, not %zu", text, v.offset, offset);
}

START_TEST(via_parts_are_found)
{
    struct sip_via via =
        via_good(" SIP/2.0/UDP 192.0.2.1:5062;rport;branch=z9hG4bK.x;received=2001:db8::1;ttl=3 ");
    assert_bytes(via.text,
                 "SIP/2.0/UDP 192.0.2.1:5062;rport;branch=z9hG4bK.x;received=2001:db8::1;ttl=3");
    assert_bytes(via.transport, "UDP");
    assert_bytes(via.host, "192.0.2.1");
    ck_assert_uint_eq(via.port, 5062);
    assert_bytes(via.branch, "z9hG4bK.x");
    ck_assert(via.has_rport && bytes_empty(via.rport));
    assert_bytes(via.received, "2001:db8::1");
    assert_bytes(via.parameters, ";rport;branch=z9hG4bK.x;received=2001:db8::1;ttl=3");
    via = via_good("SIP/2.0/WS df7jal23ls0d.invalid;rport=1234");
    assert_bytes(via.rport, "1234");
    ck_assert(bytes_empty(via.branch));
    ck_assert_uint_eq(via_good("SIP/2.0/TLS [2001:db8::1]:99").port, 99);
}
END_TEST

/* RFC 3261 25.1: SLASH, COLON, SEMI and EQUAL take white space, also folds. */
START_TEST(via_takes_white_space)
{
    struct sip_via via =
        via_good("SIP / 2.0\r\n / TCP \t host.example : 5061 ; branch\r\n = b1 ; x");
    assert_bytes(via.transport, "TCP");
    assert_bytes(via.host, "host.example");
    ck_assert_uint_eq(via.port, 5061);
    assert_bytes(via.branch, "b1");
}
END_TEST

START_TEST(malformed_via_is_refused)
{
    via_bad("", 0);
    via_bad(" \r\n ", 0);
    via_bad("HTTP/1.1/TCP h", 4);
    via_bad("SIP/2.0 h", 8);
    via_bad("SIP//UDP h", 4);
    via_bad("SIP/2.0/ h;x", 10);
    via_bad("SIP/2.0/UDP", 11);
    via_bad("SIP/2.0/UDP ;x", 12);
    via_bad("SIP/2.0/UDP h:", 14);
    via_bad("SIP/2.0/UDP h:x", 14);
    via_bad("SIP/2.0/UDP h:70000", 18);
    via_bad("SIP/2.0/UDP h x", 14);
    via_bad("SIP/2.0/UDP h;;", 13);
    via_bad("SIP/2.0/UDP h;=1", 13);
    via_bad("  SIP/2.0/UDP h;branch", 22);
    via_bad("SIP/2.0/UDP h;branch=\"x\"", 24);
    via_bad("SIP/2.0/UDP h;branch=1;branch=2", 31);
    via_bad("SIP/2.0/UDP h;rport;rport", 25);
    via_bad("SIP/2.0/UDP h;received=1;received=2", 35);
    via_bad("SIP/2.0/UDP h;x=\"open", 13);
}
END_TEST

/* RFC 3261 8.1.1.7; RFC 4475 3.2.1: the cookie alone is no identifier. */
START_TEST(cookie_needs_something_behind_it)
{
    struct sip_via via = via_good("SIP/2.0/UDP h;branch=z9hG4bKa");
    ck_assert(sip_via_rfc3261(&via));
    static const char *const older[] = {"SIP/2.0/UDP h;branch=z9hG4bK", "SIP/2.0/UDP h;branch=1",
                                        "SIP/2.0/UDP h"};
    for (size_t i = 0; i < 3; i++) {
        via = via_good(older[i]);
        ck_assert_msg(!sip_via_rfc3261(&via), "%s", older[i]);
    }
}
END_TEST

static struct sip_address address_good(const char *text)
{
    struct sip_address address;
    struct verdict v = sip_address_parse(bytes_of(text), &address);
    ck_assert_msg(verdict_ok(v), "%s: %s at %zu", text, v.reason, v.offset);
    return address;
}

static void address_bad(const char *text, size_t offset)
{
    struct sip_address address;
    struct verdict v = sip_address_parse(bytes_of(text), &address);
    ck_assert_msg(v.status == 400 && v.reason != NULL, "%s was taken", text);
    ck_assert_msg(v.offset == offset, "%s: fault at %zu, not %zu", text, v.offset, offset);
}

START_TEST(addresses_in_brackets)
{
    struct sip_address address =
        address_good(" \"Ann \\\"<x>\\\\\" \r\n <sip:ann@h;lr?a=b> ; tag = t1 ;epid=7 ");
    assert_bytes(address.display, "\"Ann \\\"<x>\\\\\"");
    assert_bytes(address.uri.text, "sip:ann@h;lr?a=b");
    assert_bytes(address.uri.parameters, ";lr");
    assert_bytes(address.parameters, "; tag = t1 ;epid=7");
    assert_bytes(address.tag, "t1");
    ck_assert(!address.star);
    address = address_good("<sip:h>");
    ck_assert(bytes_empty(address.display) && bytes_empty(address.tag));
    ck_assert(bytes_empty(address.parameters));
    assert_bytes(address_good("\"\"<sip:h>").display, "\"\"");
}
END_TEST

/* What clients forget to quote; RFC 4475 3.1.1.6 has no space before "<". */
START_TEST(display_names_without_quotes)
{
    assert_bytes(address_good("Ann B. <sip:h>").display, "Ann B.");
    assert_bytes(address_good("caller<sip:h>").display, "caller");
    assert_bytes(address_good("ann@h (home) <sip:h>").display, "ann@h (home)");
    assert_bytes(address_good("J\xc3\xbcrgen <sip:h>").display, "J\xc3\xbcrgen");
    assert_bytes(address_good("* <sip:h>").display, "*");
}
END_TEST

/* RFC 3261 20.10: without brackets, parameters are the field's. */
START_TEST(addresses_without_brackets)
{
    struct sip_address address = address_good("sip:ann@h:5070;tag=t1;x");
    assert_bytes(address.uri.text, "sip:ann@h:5070");
    ck_assert(bytes_empty(address.uri.parameters));
    assert_bytes(address.parameters, ";tag=t1;x");
    assert_bytes(address.tag, "t1");
    address = address_good("sip:h \r\n ; tag=t2");
    assert_bytes(address.uri.text, "sip:h");
    assert_bytes(address.tag, "t2");
    ck_assert_int_eq(address_good("isbn:2983792873").uri.scheme, SIP_SCHEME_OTHER);
}
END_TEST

START_TEST(star_is_alone)
{
    ck_assert(address_good(" * ").star);
    address_bad("*;x", 0);
    address_bad("**", 0);
}
END_TEST

START_TEST(malformed_addresses_are_refused)
{
    address_bad("", 0);
    address_bad("  ", 0);
    address_bad("ann", 3);
    address_bad("\"Ann <sip:h>", 0);
    address_bad("\"Ann\" sip:h", 6);
    address_bad("Ann, B <sip:h>", 3);
    address_bad("<sip:h", 1);
    address_bad("<", 1);
    address_bad("<>", 1);
    address_bad("< sip:h>", 1);
    address_bad("<sip:h >", 6);
    address_bad("<sip:h>x", 7);
    address_bad("<sip:h>;", 7);
    address_bad("<sip:h>;;", 7);
    address_bad("<sip:h>;tag", 11);
    address_bad("<sip:h>;tag=", 12);
    address_bad("<sip:h>;tag=\"x\"", 15);
    address_bad("<sip:h>;tag=1;tag=2", 19);
    address_bad("<sip:h>;x=\"open", 7);
    address_bad("sip:h?a=b", 5);
    address_bad("sip:a,b@h", 5);
    address_bad("sip:a b@h", 6);
}
END_TEST

START_TEST(q_values)
{
    static const struct {
        const char *text;
        unsigned value;
    } good[] = {{"0", 0},      {"1", 1000},    {"0.", 0},       {"0.5", 500},
                {"0.25", 250}, {"0.999", 999}, {"1.000", 1000}, {"1.0", 1000}};
    static const char *const bad[] = {"",     ".5",   "2",    "1.001", "0.1234",
                                      "0.5x", "-0.5", " 0.5", "0,5",   "00.5"};
    unsigned q;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        ck_assert_msg(sip_q_parse(bytes_of(good[i].text), &q), "%s", good[i].text);
        ck_assert_uint_eq(q, good[i].value);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(!sip_q_parse(bytes_of(bad[i]), &q), "%s", bad[i]);
}
END_TEST

START_TEST(media_types)
{
    struct sip_media media;
    ck_assert(verdict_ok(sip_media_parse(BYTES(" text / plain ; charset=UTF-8 "), &media)));
    assert_bytes(media.type, "text");
    assert_bytes(media.subtype, "plain");
    assert_bytes(media.parameters, "; charset=UTF-8");
    static const char *const bad[] = {"", "text", "text/", "/plain", "text/plain x", "te xt/plain"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(sip_media_parse(bytes_of(bad[i]), &media).status == 400, "%s", bad[i]);
    ck_assert(sip_media_is(BYTES("Application/PIDF+xml;charset=x"), "application/pidf+xml"));
    ck_assert(!sip_media_is(BYTES("application/pidf"), "application/pidf+xml"));
    ck_assert(!sip_media_is(BYTES("*/*"), "application/pidf+xml"));
}
END_TEST

/* RFC 3261 20.1. */
START_TEST(media_ranges)
{
    static const char *const wide[] = {"*/*", "application/*;q=0.1", "application/pidf+xml",
                                       "*/*;q=x"};
    for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++)
        ck_assert_msg(sip_media_accepts(bytes_of(wide[i]), "application/pidf+xml"), "%s", wide[i]);
    static const char *const narrow[] = {"text/*", "application/xml",          "*/pidf+xml",
                                         "*",      "application/pidf+xml;q=0", "*/*;q=0.000"};
    for (size_t i = 0; i < sizeof(narrow) / sizeof(narrow[0]); i++)
        ck_assert_msg(!sip_media_accepts(bytes_of(narrow[i]), "application/pidf+xml"), "%s",
                      narrow[i]);
}
END_TEST

/* RFC 6665 8.2.1. */
START_TEST(events)
{
    struct sip_event event;
    ck_assert(verdict_ok(sip_event_parse(BYTES("presence.winfo ; x=1;ID=7a"), &event)));
    assert_bytes(event.type, "presence.winfo");
    assert_bytes(event.id, "7a");
    ck_assert(verdict_ok(sip_event_parse(BYTES("presence"), &event)));
    ck_assert(bytes_empty(event.id));
    static const char *const bad[] = {"",
                                      ";id=1",
                                      "a b",
                                      "presence;",
                                      "presence;id",
                                      "presence;id=\"1\"",
                                      "presence;id=1;id=2",
                                      "presence,winfo"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(sip_event_parse(bytes_of(bad[i]), &event).status == 400, "%s", bad[i]);
}
END_TEST

UNIT_MAIN("fields", every_name_is_known_in_every_form, compact_forms_are_those_of_the_list,
          lists_are_taken_apart, via_parts_are_found, via_takes_white_space,
          malformed_via_is_refused, cookie_needs_something_behind_it, addresses_in_brackets,
          display_names_without_quotes, addresses_without_brackets, star_is_alone,
          malformed_addresses_are_refused, q_values, media_types, media_ranges, events)
