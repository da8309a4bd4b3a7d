/* message_test.c: whole messages: what is read, what is refused, and what can still be answered. */
#include "sip/message.h"

#include <stdio.h>

#include "unit.h"

#define VIA "Via: SIP/2.0/UDP 192.0.2.4:5062;branch=z9hG4bK7;rport\r\n"
#define FROM "From: \"Ann\" <sip:ann@example.org>;tag=a1\r\n"
#define TO "To: <sip:bob@example.org>\r\n"
#define CALL_ID "Call-ID: 77@host\r\n"
#define CSEQ "CSeq: 3 MESSAGE\r\n"
#define START "MESSAGE sip:bob@example.org SIP/2.0\r\n"
#define HEAD START VIA FROM TO CALL_ID CSEQ

static struct sip_message message;

/* Parses a copy of exactly that size, so that a byte too far is seen; it lives until the next. */
static struct verdict parse_bytes(struct bytes text, bool stream)
{
    static char *copy;
    free(copy);
    copy = malloc(text.length > 0 ? text.length : 1);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, text.at, text.length);
    memset(&message, 0xa5, sizeof(message));
    return sip_message_parse(bytes_from(copy, text.length), stream, &message);
}

static struct verdict parse(const char *text)
{
    return parse_bytes(bytes_of(text), false);
}

static void assert_bytes(struct bytes got, const char *wanted)
{
    ck_assert_msg(bytes_equal(got, bytes_of(wanted)), "got \"%.*s\", wanted \"%s\"",
                  BYTES_ARGS(got), wanted);
}

static void assert_good(const char *text)
{
    struct verdict v = parse(text);
    ck_assert_msg(verdict_ok(v), "%s at %zu of:\n%s", v.reason, v.offset, text);
}

/* Refused with 400 for something that `word` names; and answerable or not. */
static void assert_bad(const char *text, const char *word, bool answerable)
{
    struct verdict v = parse(text);
    ck_assert_msg(v.status == 400 && v.reason != NULL, "was taken:\n%s", text);
    ck_assert_msg(strstr(v.reason, word) != NULL, "\"%s\" does not name %s", v.reason, word);
    ck_assert_msg(v.offset <= strlen(text), "%zu is outside", v.offset);
    ck_assert_msg(sip_message_answerable(&message) == answerable, "answerable?\n%s", text);
}

START_TEST(request_is_read)
{
    assert_good(HEAD "Expires: 60\r\nContent-Length: 5\r\n\r\nhello");
    ck_assert(message.request);
    ck_assert_int_eq(message.method, SIP_MESSAGE);
    assert_bytes(message.method_name, "MESSAGE");
    assert_bytes(message.request_uri, "sip:bob@example.org");
    assert_bytes(message.via.host, "192.0.2.4");
    assert_bytes(message.via.branch, "z9hG4bK7");
    ck_assert(message.via.has_rport);
    assert_bytes(message.from.tag, "a1");
    assert_bytes(message.from.uri.user, "ann");
    assert_bytes(message.to.uri.user, "bob");
    ck_assert(bytes_empty(message.to.tag));
    assert_bytes(message.call_id, "77@host");
    ck_assert_uint_eq(message.cseq, 3);
    assert_bytes(message.cseq_method, "MESSAGE");
    assert_bytes(message.body, "hello");
    ck_assert_int_eq(message.count, 7);
    ck_assert_int_eq(message.fields[message.first[SIP_EXPIRES]].next, -1);
    ck_assert_ptr_null(sip_message_field(&message, SIP_ROUTE));
    ck_assert(sip_message_answerable(&message));
}
END_TEST

START_TEST(response_is_read)
{
    assert_good("SIP/2.0 481 Gone = 2**3\t\xd0\xbd\r\n" VIA FROM TO CALL_ID
                "CSeq: 9 NOTIFY\r\n\r\n");
    ck_assert(!message.request);
    ck_assert_uint_eq(message.status, 481);
    assert_bytes(message.reason, "Gone = 2**3\t\xd0\xbd");
    ck_assert_int_eq(message.method, SIP_NOTIFY);
    ck_assert(!sip_message_answerable(&message));
    /* RFC 4475 3.1.1.13: an empty phrase, with its space and without */
    assert_good("SIP/2.0 100 \r\n" VIA FROM TO CALL_ID CSEQ "\r\n");
    ck_assert(bytes_empty(message.reason));
    assert_good("sip/2.0 699\r\n" VIA FROM TO CALL_ID CSEQ "\r\n");
    ck_assert_uint_eq(message.status, 699);
}
END_TEST

/* RFC 3261 7.3.1, 7.3.3, 25.1; RFC 4475 3.1.1.1. */
START_TEST(any_spelling_of_fields)
{
    assert_good("MESSAGE sip:bob@example.org SIP/2.0\r\n"
                "v  :\tSIP / 2.0 / TCP\r\n  h1 ;\r\n branch = b1 , SIP/2.0/UDP h2\r\n"
                "VIA:SIP/2.0/UDP h3\r\n"
                "f:sip:ann@h ; \r\n\ttag = x\r\n"
                "tO:\r\n <sip:bob@h>\r\n"
                "i:c1\r\n"
                "cseq: 0009\r\n   MESSAGE \r\n"
                "Subject:\r\n"
                "Odd!Name: ;;,,\" <\r\n"
                "L : 2 \r\n\r\nxyz");
    assert_bytes(message.via.host, "h1");
    assert_bytes(message.via.branch, "b1");
    assert_bytes(message.from.tag, "x");
    assert_bytes(message.to.uri.text, "sip:bob@h");
    assert_bytes(message.call_id, "c1");
    ck_assert_uint_eq(message.cseq, 9);
    assert_bytes(message.body, "xy");
    assert_bytes(message.fields[message.first[SIP_HEADER_OTHER]].name, "Subject");
    ck_assert(bytes_empty(message.fields[message.first[SIP_HEADER_OTHER]].value));
    struct sip_values values = sip_values_of(&message, SIP_VIA);
    struct bytes value;
    for (int i = 0; i < 3; i++)
        ck_assert(sip_values_next(&values, &value));
    assert_bytes(value, "SIP/2.0/UDP h3");
    ck_assert(!sip_values_next(&values, &value));
    ck_assert(!sip_values_next(&values, &value));
}
END_TEST

/* RFC 3261 7.5: CR LF before the start line. `raw` is then the message alone. */
START_TEST(blank_lines_before_and_noise_behind)
{
    assert_good("\r\n\r\n" HEAD "l: 1\r\n\r\nxNOISE");
    assert_bytes(message.raw, HEAD "l: 1\r\n\r\nx");
    assert_bad("\n" HEAD "\r\n", "CR LF", false);
}
END_TEST

/* RFC 3261 18.3. */
START_TEST(bodies_of_datagrams)
{
    assert_good(HEAD "\r\nall of it\r\n\r\n");
    assert_bytes(message.body, "all of it\r\n\r\n");
    assert_good(HEAD "\r\n");
    ck_assert(bytes_empty(message.body) && message.body.at != NULL);
    assert_good(HEAD "Content-Length: 0000\r\n\r\nno");
    ck_assert(bytes_empty(message.body));
    assert_bad(HEAD "Content-Length: 3\r\n\r\nno", "Content-Length", true);
    assert_bad(HEAD "Content-Length: 99999999999999999999999\r\n\r\nno", "Content-Length", true);
    /* 2^64 + 2 must not come out as 2 */
    assert_bad(HEAD "Content-Length: 18446744073709551618\r\n\r\nno", "Content-Length", true);
    static const char *const garbage[] = {"-1", "+1", "1 1", "1,1", "0x1", "", "five", "1.0"};
    for (size_t i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++) {
        char text[500];
        snprintf(text, sizeof(text), HEAD "Content-Length: %s\r\n\r\nno", garbage[i]);
        assert_bad(text, "Content-Length", true);
    }
    assert_bad(HEAD "Content-Length: 1\r\nl: 1\r\n\r\nno", "Content-Length", true);
}
END_TEST

START_TEST(streams_need_content_length)
{
    struct verdict v = parse_bytes(BYTES(HEAD "\r\n"), true);
    ck_assert_uint_eq(v.status, 400);
    ck_assert_ptr_nonnull(strstr(v.reason, "Content-Length"));
    ck_assert(verdict_ok(parse_bytes(BYTES(HEAD "l: 0\r\n\r\n"), true)));
}
END_TEST

START_TEST(missing_fields_are_named)
{
    assert_bad(START FROM TO CALL_ID CSEQ "\r\n", "Via", false);
    assert_bad(START VIA TO CALL_ID CSEQ "\r\n", "From", false);
    assert_bad(START VIA FROM CALL_ID CSEQ "\r\n", "To", false);
    assert_bad(START VIA FROM TO CSEQ "\r\n", "Call-ID", false);
    assert_bad(START VIA FROM TO CALL_ID "\r\n", "CSeq", false);
}
END_TEST

/* RFC 3261 7.3.1; RFC 4475 3.3.8. Compact forms are the same field. */
START_TEST(single_fields_stand_once)
{
    assert_bad(HEAD "t: <sip:eve@example.org>\r\n\r\n", "To", true);
    assert_bytes(message.to.uri.user, "bob");
    assert_bad(HEAD FROM "\r\n", "From", true);
    assert_bad(HEAD CALL_ID "\r\n", "Call-ID", true);
    assert_bad(HEAD "cseq: 3 MESSAGE\r\n\r\n", "CSeq", true);
    assert_bad(HEAD "Max-Forwards: 3\r\nMax-Forwards: 3\r\n\r\n", "Max-Forwards", true);
    assert_bad(HEAD "l: 0\r\nContent-Length: 0\r\n\r\n", "Content-Length", true);
    assert_good(HEAD "Contact: <sip:a>\r\nm: <sip:b>\r\nX: 1\r\nX: 1\r\n\r\n");
}
END_TEST

/* RFC 3261 16.3 step 1: what others read is for them to judge. */
START_TEST(other_duplicates_are_for_who_reads_them)
{
    static const enum sip_header others[] = {
        SIP_DATE,      SIP_MIN_EXPIRES, SIP_RETRY_AFTER,  SIP_SIP_ETAG,
        SIP_TIMESTAMP, SIP_EXPIRES,     SIP_SIP_IF_MATCH, SIP_SUBSCRIPTION_STATE,
        SIP_EVENT,     SIP_USER_AGENT,  SIP_CONTENT_TYPE};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        const char *name = sip_header_name(others[i]);
        char text[500];
        snprintf(text, sizeof(text), HEAD "%s: 1\r\nSubject: x\r\n%s: 2\r\n\r\n", name, name);
        assert_good(text);
        struct verdict v = sip_message_once(&message, others[i]);
        ck_assert_uint_eq(v.status, 400);
        ck_assert_ptr_nonnull(strstr(v.reason, name));
        ck_assert_int_eq(strncmp(message.raw.at + v.offset, name, strlen(name)), 0);
        assert_bytes(sip_message_value(&message, others[i]), "1");
    }
    assert_good(HEAD "Expires: 1\r\n\r\n");
    ck_assert(verdict_ok(sip_message_once(&message, SIP_EXPIRES)));
    ck_assert(verdict_ok(sip_message_once(&message, SIP_EVENT)));
}
END_TEST

START_TEST(start_lines_are_judged)
{
    static const char rest[] = VIA FROM TO CALL_ID CSEQ "\r\n";
    static const struct {
        const char *line;
        unsigned status;
        bool answerable;
    } lines[] = {
        {"MESSAGE sip:b@h sip/2.0", 0, true},
        {"MESSAGE sip:b@h SIP/7.0", 505, true},
        {"MESSAGE sip:b@h SIP/2.1", 505, true},
        {"MESSAGE sip:b@h SIP/12.34", 505, true},
        {"MESSAGE sip:b@h SIP/2.", 400, true},
        {"MESSAGE sip:b@h SIP/two", 400, true},
        {"MESSAGE sip:b@h HTTP/1.1", 400, true},
        {"MESSAGE sip:b@h SIP/2.0 ", 400, true},    /* RFC 4475 3.1.2.10 */
        {"MESSAGE  sip:b@h SIP/2.0", 400, true},    /* 3.1.2.9 */
        {"MESSAGE sip:b@h; lr SIP/2.0", 400, true}, /* 3.1.2.8 */
        {"MESSAGE sip:b\t@h SIP/2.0", 400, true},
        {"MESSAGE\tsip:b@h SIP/2.0", 400, true},
        {"MESSAGE sip:b@h", 400, true},
        {"MESSAGE", 400, true},
        {"MESS@GE sip:b@h SIP/2.0", 400, true},
        {"", 400, false},
        {" MESSAGE sip:b@h SIP/2.0", 400, false},
        {"SIP/2.0 099 x", 400, false},
        {"SIP/2.0 700 x", 400, false},
        {"SIP/2.0 2000 x", 400, false},
        {"SIP/2.0 4294967496 x", 400, false}, /* 3.1.2.19 */
        {"SIP/2.0 20 x", 400, false},
        {"SIP/2.0 2x0 x", 400, false},
        {"SIP/2.0", 400, false},
        {"SIP/3.0 200 OK", 505, false},
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        char text[600];
        snprintf(text, sizeof(text), "%s\r\n%s", lines[i].line, rest);
        struct verdict v = parse(text);
        if (lines[i].line[0] == '\0') /* a blank line; the start line is then Via */
            ck_assert_uint_eq(v.status, 400);
        ck_assert_msg(v.status == lines[i].status, "%s: %u", lines[i].line, v.status);
        ck_assert_msg(sip_message_answerable(&message) == lines[i].answerable ||
                          lines[i].line[0] == '\0',
                      "%s", lines[i].line);
    }
}
END_TEST

START_TEST(nothing_and_garbage)
{
    static const char *const garbage[] = {
        "",           "\r",    "\r\n",         "\r\n\r\n",
        "x",          "x\r\n", "\x16\x03\x01", "GET / HTTP/1.1\r\n\r\n",
        ":::\r\n\r\n"};
    for (size_t i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++) {
        ck_assert_uint_eq(parse(garbage[i]).status, 400);
        ck_assert(!sip_message_answerable(&message));
    }
}
END_TEST

/* Whatever is missing at the end, it is a verdict and no read too far. */
START_TEST(every_truncation_is_refused)
{
    struct bytes text = BYTES(HEAD "Subject: a\r\n b\r\nContent-Length: 3\r\n\r\nabc");
    ck_assert(verdict_ok(parse_bytes(text, false)));
    for (size_t length = 0; length < text.length; length++)
        ck_assert_uint_eq(parse_bytes(bytes_first(text, length), false).status, 400);
}
END_TEST

START_TEST(cseq_is_judged)
{
    static const char *const bad[] = {"2147483648 MESSAGE",
                                      "36893488147419103232 MESSAGE",
                                      "4294967299 MESSAGE",
                                      "-1 MESSAGE",
                                      "x MESSAGE",
                                      "MESSAGE",
                                      "3",
                                      "3MESSAGE",
                                      "3 ",
                                      "3 MESSAGE x",
                                      "3 message",
                                      "3 INVITE",
                                      "",
                                      "3 @"};
    char text[500];
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        snprintf(text, sizeof(text), START VIA FROM TO CALL_ID "CSeq: %s\r\n\r\n", bad[i]);
        assert_bad(text, "CSeq", true);
    }
    assert_good(START VIA FROM TO CALL_ID "CSeq: 2147483647\tMESSAGE\r\n\r\n");
    ck_assert_uint_eq(message.cseq, 2147483647);
    assert_good(START VIA FROM TO CALL_ID "CSeq: 0 MESSAGE\r\n\r\n");
}
END_TEST

START_TEST(broken_essentials)
{
    assert_bad(START "Via: SIP/2.0/UDP h;;\r\n" FROM TO CALL_ID CSEQ "\r\n", "Via", true);
    assert_bad(START "Via: ,\r\n" VIA FROM TO CALL_ID CSEQ "\r\n", "Via", false);
    assert_bad(START "Via: UDP h\r\n" FROM TO CALL_ID CSEQ "\r\n", "Via", false);
    assert_bad(START VIA "From: *\r\n" TO CALL_ID CSEQ "\r\n", "From", true);
    assert_bad(START VIA FROM "To: \"x <sip:b>\r\n" CALL_ID CSEQ "\r\n", "display", true);
    assert_bad(START VIA FROM TO "Call-ID: a b\r\n" CSEQ "\r\n", "Call-ID", false);
    assert_bad(START VIA FROM TO "Call-ID:\r\n" CSEQ "\r\n", "Call-ID", false);
    assert_bad(START VIA FROM TO "Call-ID: \xc3\xa9\r\n" CSEQ "\r\n", "Call-ID", false);
    /* all of "word" (RFC 4475 3.1.1.2), and "=", which ends base64 */
    assert_good(START VIA FROM TO "i: a%ZK-!.*_+'@w`~)(><:\\/\"][?}{==\r\n" CSEQ "\r\n");
}
END_TEST

START_TEST(ack_is_never_answered)
{
    assert_bad("ACK sip:b SIP/2.0\r\n" VIA FROM TO CALL_ID CSEQ "\r\n", "CSeq", false);
}
END_TEST

/* One reader must not see a field where another sees none. */
START_TEST(line_ends_are_cr_lf_only)
{
    assert_bad(HEAD "X: a\nEvil: 1\r\n\r\n", "CR LF", true);
    assert_bad(HEAD "X: a\rEvil: 1\r\n\r\n", "CR LF", true);
    assert_bad(HEAD "X: a\r\r\n\r\n", "CR LF", true);
    assert_bad(HEAD "X: a\n\r\n", "CR LF", true);
    assert_bad(HEAD "X: a\n b\r\n\r\n", "CR LF", true);
    assert_bad("MESSAGE sip:b SIP/2.0\n" VIA FROM TO CALL_ID CSEQ "\r\n", "CR LF", true);
    assert_bad(HEAD "\n", "CR LF", true);
}
END_TEST

START_TEST(field_names_are_judged)
{
    assert_bad(HEAD "No Token: 1\r\n\r\n", "colon", true);
    assert_bad(HEAD "NoColon\r\n\r\n", "colon", true);
    assert_bad(HEAD ": 1\r\n\r\n", "name", true);
    assert_bad(HEAD "Split\r\n : 1\r\n\r\n", "colon", true);
    assert_bad(HEAD "X\xc3: 1\r\n\r\n", "colon", true);
    assert_bad(START " : fold\r\n" VIA FROM TO CALL_ID CSEQ "\r\n", "start line", true);
}
END_TEST

/* RFC 3261 25.1: NUL only as a quoted pair (RFC 4475 3.1.1.2); free in the body (3.1.1.11). */
START_TEST(nul_bytes)
{
    ck_assert_uint_eq(parse_bytes(BYTES(HEAD "X: a\0b\r\n\r\n"), false).status, 400);
    ck_assert_uint_eq(parse_bytes(BYTES(HEAD "\0: a\r\n\r\n"), false).status, 400);
    ck_assert_uint_eq(parse_bytes(BYTES("MESSAGE sip:b\0 SIP/2.0\r\n\r\n"), false).status, 400);
    ck_assert(verdict_ok(parse_bytes(
        BYTES(START VIA FROM "To: \"\\\0\" <sip:b>\r\n" CALL_ID CSEQ "\r\na\0b"), false)));
    ck_assert_uint_eq(message.body.length, 3);
    assert_bytes(message.to.uri.text, "sip:b");
}
END_TEST

static struct buffer repeated(const char *head, const char *line, int times, char *memory,
                              size_t size)
{
    struct buffer text = buffer_over(memory, size);
    buffer_text(&text, head);
    for (int i = 0; i < times; i++)
        buffer_text(&text, line);
    buffer_text(&text, "\r\n");
    ck_assert(!text.overflow);
    return text;
}

START_TEST(fields_and_vias_are_bounded)
{
    char memory[8192];
    struct buffer text = repeated(HEAD, "X: 1\r\n", SIP_FIELDS_MAX - 5, memory, sizeof(memory));
    ck_assert(verdict_ok(parse_bytes(buffer_bytes(&text), false)));
    text = repeated(HEAD, "X: 1\r\n", SIP_FIELDS_MAX - 4, memory, sizeof(memory));
    ck_assert_uint_eq(parse_bytes(buffer_bytes(&text), false).status, 400);
    ck_assert(sip_message_answerable(&message));
    text = repeated(HEAD, "v: SIP/2.0/UDP h,\r\n", SIP_VIAS_MAX - 1, memory, sizeof(memory));
    ck_assert(verdict_ok(parse_bytes(buffer_bytes(&text), false)));
    text = repeated(HEAD, "v: SIP/2.0/UDP h,\r\n", SIP_VIAS_MAX, memory, sizeof(memory));
    ck_assert_uint_eq(parse_bytes(buffer_bytes(&text), false).status, 400);
}
END_TEST

START_TEST(offsets_point_at_the_fault)
{
    static const char text[] = "\r\n" HEAD "No Colon\r\n\r\n";
    ck_assert_uint_eq(parse(text).offset, (size_t)(strstr(text, "No Colon") - text));
    static const char tag[] = START VIA "From: <sip:a>;tag=1;;x\r\n" TO CALL_ID CSEQ "\r\n";
    ck_assert_uint_eq(parse(tag).offset, (size_t)(strstr(tag, ";;x") - tag));
    static const char twice[] = HEAD "i: 1\r\n\r\n";
    ck_assert_uint_eq(parse(twice).offset, (size_t)(strstr(twice, "i: 1") - twice));
    static const char version[] = "MESSAGE sip:b SIP/3.0\r\n" VIA "\r\n";
    ck_assert_uint_eq(parse(version).offset, (size_t)(strstr(version, "SIP/3.0") - version));
}
END_TEST

/* RFC 3261 7.3.1: credentials are no list; a Date has a comma of its own. */
START_TEST(commas_separate_only_lists)
{
    assert_good(HEAD "Authorization: Digest a=\"1\", b=2\r\nDate: Sat, 15 Oct 2005\r\n"
                     "Route: <sip:a,b>,\r\n <sip:c>\r\nX: 1, 2\r\nRoute: <sip:d>\r\n"
                     "Require:\r\nRequire: a,,b\r\n\r\n");
    static const struct {
        enum sip_header id;
        const char *values[4];
    } lists[] = {
        {SIP_AUTHORIZATION, {"Digest a=\"1\", b=2"}},
        {SIP_DATE, {"Sat, 15 Oct 2005"}},
        {SIP_ROUTE, {"<sip:a,b>", "<sip:c>", "<sip:d>"}},
        {SIP_HEADER_OTHER, {"1, 2"}},
        {SIP_REQUIRE, {"a", "b"}},
        {SIP_ACCEPT, {NULL}},
    };
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        struct sip_values values = sip_values_of(&message, lists[i].id);
        struct bytes value;
        for (const char *const *wanted = lists[i].values; *wanted != NULL; wanted++) {
            ck_assert(sip_values_next(&values, &value));
            assert_bytes(value, *wanted);
        }
        ck_assert(!sip_values_next(&values, &value));
    }
}
END_TEST

START_TEST(several_vias_tell_of_a_relay)
{
    static const struct {
        const char *vias;
        bool relayed;
    } cases[] = {{VIA, false},
                 {VIA "v: SIP/2.0/UDP b;branch=z9hG4bK8\r\n", true},
                 {"Via: SIP/2.0/UDP a;branch=z9hG4bK7, SIP/2.0/UDP b;branch=z9hG4bK8\r\n", true},
                 {"Via: SIP/2.0/UDP a;branch=z9hG4bK7;x=\"a, b\"\r\n", false}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[512];
        snprintf(text, sizeof(text), START "%s" FROM TO CALL_ID CSEQ "\r\n", cases[i].vias);
        ck_assert(verdict_ok(parse(text)));
        ck_assert_int_eq(sip_message_is_relayed(&message), cases[i].relayed);
    }
}
END_TEST

START_TEST(numbers)
{
    bool present;
    uint32_t number;
    assert_good(HEAD "Expires: 0070\r\nMin-Expires: 1000000000000\r\nMax-Forwards: 7x\r\n"
                     "Retry-After: 18000 (busy) ;duration=3600\r\n\r\n");
    ck_assert(verdict_ok(sip_message_number(&message, SIP_EXPIRES, &present, &number)));
    ck_assert(present && number == 70);
    /* RFC 3261 20.19: larger than 2^32-1 is that */
    ck_assert(verdict_ok(sip_message_number(&message, SIP_MIN_EXPIRES, &present, &number)));
    ck_assert(present && number == UINT32_MAX);
    struct verdict v = sip_message_number(&message, SIP_MAX_FORWARDS, &present, &number);
    ck_assert_uint_eq(v.status, 400);
    ck_assert_ptr_eq(message.raw.at + v.offset, sip_message_value(&message, SIP_MAX_FORWARDS).at);
    ck_assert(verdict_ok(sip_message_number(&message, SIP_RETRY_AFTER, &present, &number)));
    ck_assert(present && number == 18000);
    assert_good(HEAD "Expires:\r\nRetry-After: 5x\r\n\r\n");
    ck_assert_uint_eq(sip_message_number(&message, SIP_EXPIRES, &present, &number).status, 400);
    ck_assert_uint_eq(sip_message_number(&message, SIP_RETRY_AFTER, &present, &number).status, 400);
    ck_assert(verdict_ok(sip_message_number(&message, SIP_MAX_FORWARDS, &present, &number)));
    ck_assert(!present);
}
END_TEST

START_TEST(tokens_in_lists)
{
    assert_good(HEAD "k: path, GRUU\r\nSupported: outbound ; x=1\r\n\r\n");
    ck_assert(sip_message_lists(&message, SIP_SUPPORTED, BYTES("gruu")));
    ck_assert(sip_message_lists(&message, SIP_SUPPORTED, BYTES("outbound")));
    ck_assert(!sip_message_lists(&message, SIP_SUPPORTED, BYTES("out")));
    ck_assert(!sip_message_lists(&message, SIP_REQUIRE, BYTES("gruu")));
}
END_TEST

/* RFC 3261 7.1: the case of methods matters. RFC 4475 3.1.1.5: "%" is no escape in them. */
START_TEST(methods)
{
    for (int method = SIP_INVITE; method < SIP_METHOD_COUNT; method++) {
        const char *name = sip_method_name(method);
        char lower[16] = "";
        for (size_t i = 0; i < strlen(name); i++)
            lower[i] = ascii_lower(name[i]);
        ck_assert_int_eq(sip_method_of(bytes_of(name)), method);
        ck_assert_int_eq(sip_method_of(bytes_of(lower)), SIP_METHOD_OTHER);
        ck_assert_int_eq(sip_method_of(bytes_from(name, strlen(name) - 1)), SIP_METHOD_OTHER);
    }
    ck_assert_int_eq(sip_method_of(BYTES("RE%47ISTER")), SIP_METHOD_OTHER);
    ck_assert_int_eq(sip_method_of(BYTES("")), SIP_METHOD_OTHER);
    assert_good("B!%*_+`'~ sip:b SIP/2.0\r\n" VIA FROM TO CALL_ID "CSeq: 1 B!%*_+`'~\r\n\r\n");
    ck_assert_int_eq(message.method, SIP_METHOD_OTHER);
}
END_TEST

START_TEST(phrases)
{
    ck_assert_str_eq(sip_status_phrase(200), "OK");
    ck_assert_str_eq(sip_status_phrase(489), "Bad Event");
    for (unsigned status = 100; status < 700; status++)
        ck_assert(strlen(sip_status_phrase(status)) > 0);
}
END_TEST

UNIT_MAIN("message", request_is_read, response_is_read, any_spelling_of_fields,
          blank_lines_before_and_noise_behind, bodies_of_datagrams, streams_need_content_length,
          missing_fields_are_named, single_fields_stand_once,
          other_duplicates_are_for_who_reads_them, start_lines_are_judged, nothing_and_garbage,
          every_truncation_is_refused, cseq_is_judged, broken_essentials, ack_is_never_answered,
          line_ends_are_cr_lf_only, field_names_are_judged, nul_bytes, fields_and_vias_are_bounded,
          offsets_point_at_the_fault, commas_separate_only_lists, several_vias_tell_of_a_relay,
          numbers, tokens_in_lists, methods, phrases)
