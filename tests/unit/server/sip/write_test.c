/* write_test.c: what leaves: responses, fields, forwarded requests, responses passed back. */
#include "sip/write.h"

#include <stdio.h>

#include "unit.h"

#define VIA "Via: SIP/2.0/UDP 192.0.2.4:5062;rport;branch=z9hG4bK7\r\n"
#define FROM "From: <sip:ann@h>;tag=a1\r\n"
#define TO "To: <sip:bob@h>\r\n"
#define REST "Call-ID: 77@h\r\nCSeq: 3 MESSAGE\r\n"
#define START "MESSAGE sip:bob@h SIP/2.0\r\n"
#define STATUS "SIP/2.0 200 OK\r\n"

static struct sip_message message;
static char memory[4096];
static struct buffer out;

static void parse(struct bytes text)
{
    struct verdict v = sip_message_parse(text, false, &message);
    ck_assert_msg(verdict_ok(v), "%s at %zu", v.reason, v.offset);
}

static void assert_out(const char *wanted)
{
    ck_assert(!out.overflow);
    ck_assert_msg(bytes_equal(buffer_bytes(&out), bytes_of(wanted)), "got:\n%.*s\nwanted:\n%s",
                  BYTES_ARGS(buffer_bytes(&out)), wanted);
}

static void fresh(void)
{
    out = buffer_over(memory, sizeof(memory));
}

/* RFC 3261 8.2.6.2, 18.2.1; RFC 3581 4. */
START_TEST(response_has_what_identifies_it)
{
    parse(BYTES(START VIA "v: SIP/2.0/TCP p1, SIP/2.0/UDP p2\r\n" FROM TO REST
                          "Timestamp: 54\r\nSubject: x\r\n\r\n"));
    fresh();
    sip_write_response(&out, &message, 200, NULL, BYTES("t9"), BYTES("192.0.2.9"), 4711);
    assert_out(STATUS "Via: SIP/2.0/UDP 192.0.2.4:5062;rport=4711;branch=z9hG4bK7"
                      ";received=192.0.2.9\r\n"
                      "Via: SIP/2.0/TCP p1, SIP/2.0/UDP p2\r\n" FROM
                      "To: <sip:bob@h>;tag=t9\r\n" REST);
    fresh();
    sip_write_response(&out, &message, 100, "Wait", BYTES(""), BYTES(""), 0);
    assert_out("SIP/2.0 100 Wait\r\n" VIA "Via: SIP/2.0/TCP p1, SIP/2.0/UDP p2\r\n" FROM TO REST
               "Timestamp: 54\r\n");
}
END_TEST

static void assert_via(const char *value, const char *received, uint16_t rport, const char *wanted)
{
    char text[500], expected[500];
    snprintf(text, sizeof(text), START "Via: %s\r\n" FROM TO REST "\r\n", value);
    snprintf(expected, sizeof(expected), STATUS "Via: %s\r\n" FROM "To: <sip:bob@h>;tag=t\r\n" REST,
             wanted);
    parse(bytes_of(text));
    fresh();
    sip_write_response(&out, &message, 200, NULL, BYTES("t"), bytes_of(received), rport);
    assert_out(expected);
}

START_TEST(top_via_is_completed)
{
    /* without rport in the request none is added (RFC 3581 4) */
    assert_via("SIP/2.0/UDP h;branch=1", "192.0.2.9", 99,
               "SIP/2.0/UDP h;branch=1;received=192.0.2.9");
    /* what the sender claims himself is replaced */
    assert_via("SIP/2.0/UDP h;received=10.0.0.1;rport=7;branch=1;x", "2001:db8::1", 99,
               "SIP/2.0/UDP h;rport=99;branch=1;x;received=2001:db8::1");
    assert_via("SIP/2.0/UDP h", "192.0.2.9", 0, "SIP/2.0/UDP h;received=192.0.2.9");
    /* the first element only, and every other as it came */
    assert_via("SIP/2.0/UDP h ;rport , SIP/2.0/TCP p;rport;received=x", "192.0.2.9", 99,
               "SIP/2.0/UDP h ;rport=99;received=192.0.2.9 , SIP/2.0/TCP p;rport;received=x");
    assert_via(", SIP/2.0/UDP h;a=\"x,;rport\",SIP/2.0/TCP p", "192.0.2.9", 99,
               "SIP/2.0/UDP h;a=\"x,;rport\";received=192.0.2.9,SIP/2.0/TCP p");
    /* folds are undone */
    assert_via("SIP/2.0/UDP\r\n h\r\n ;branch=1,\r\n SIP/2.0/TCP p", "192.0.2.9", 99,
               "SIP/2.0/UDP   h   ;branch=1;received=192.0.2.9,   SIP/2.0/TCP p");
}
END_TEST

static void assert_to(const char *value, const char *tag, const char *wanted)
{
    char text[500], expected[500];
    snprintf(text, sizeof(text), START VIA FROM "t: %s\r\n" REST "\r\n", value);
    snprintf(expected, sizeof(expected), STATUS VIA FROM "To: %s\r\n" REST, wanted);
    parse(bytes_of(text));
    fresh();
    sip_write_response(&out, &message, 200, NULL, bytes_of(tag), BYTES(""), 0);
    assert_out(expected);
}

START_TEST(to_gets_a_tag_when_it_has_none)
{
    assert_to("sip:bob@h", "t", "sip:bob@h;tag=t");
    assert_to("sip:bob@h;x=1", "t", "sip:bob@h;x=1;tag=t");
    assert_to("\"B;tag=1\" <sip:bob@h;tag=2>", "t", "\"B;tag=1\" <sip:bob@h;tag=2>;tag=t");
    assert_to("<sip:bob@h> ; Tag = b1", "t", "<sip:bob@h> ; Tag = b1");
    assert_to("<sip:bob@h>", "", "<sip:bob@h>");
}
END_TEST

/* A broken request is answered with what it has; every line of the answer is one field. */
START_TEST(answer_to_a_broken_request)
{
    static const char text[] = START "Via: SIP/2.0/UDP h;;branch=z9hG4bK1\r\nFrom: a\rb\r\n"
                                     "To: \"open <sip:b>\r\nTo: two\r\n" REST "X: 1\n\r\n";
    struct verdict v = sip_message_parse(bytes_of(text), false, &message);
    ck_assert_uint_eq(v.status, 400);
    ck_assert(sip_message_answerable(&message));
    fresh();
    sip_write_response(&out, &message, 400, v.reason, BYTES("t"), BYTES("192.0.2.9"), 9);
    ck_assert_ptr_nonnull(strstr(v.reason, "CR LF"));
    assert_out("SIP/2.0 400 A line of the header does not end with CR LF\r\n"
               "Via: SIP/2.0/UDP h;;branch=z9hG4bK1;received=192.0.2.9\r\nFrom: a b\r\n"
               "To: \"open <sip:b>;tag=t\r\n" REST);
}
END_TEST

START_TEST(values_cannot_start_a_field)
{
    fresh();
    sip_write_field(&out, "Subject", bytes_from("a\r\nEvil: 1\nb\rc\0d", 16));
    assert_out("Subject: a  Evil: 1 b c d\r\n");
    fresh();
    sip_write_head_end(&out, BYTES("text/plain\r\nEvil: 1"), 0);
    assert_out("Content-Type: text/plain  Evil: 1\r\nContent-Length: 0\r\n\r\n");
    parse(BYTES(START VIA FROM TO REST "\r\n"));
    fresh();
    sip_write_response(&out, &message, 200, "O\r\nK", BYTES("t\r\nE: 1"), BYTES("x\nE: 1"), 0);
    for (const char *at = memory; at < memory + out.length; at++)
        if (*at == '\n')
            ck_assert(at + 1 == memory + out.length || at[1] != 'E');
}
END_TEST

START_TEST(numbers_and_bodies)
{
    fresh();
    sip_write_number(&out, "Expires", UINT64_MAX);
    sip_write_body(&out, BYTES("text/plain"), bytes_from("a\0\r\n", 4));
    struct bytes wanted = BYTES("Expires: 18446744073709551615\r\nContent-Type: text/plain\r\n"
                                "Content-Length: 4\r\n\r\na\0\r\n");
    ck_assert(bytes_equal(buffer_bytes(&out), wanted));
    fresh();
    sip_write_body(&out, BYTES(""), BYTES(""));
    assert_out("Content-Length: 0\r\n\r\n");
}
END_TEST

/* RFC 3261 12.1.1: every field, in order. */
START_TEST(copies)
{
    parse(BYTES(START VIA "Record-Route: <sip:p1;lr>,\r\n <sip:p2;lr>\r\n" FROM TO REST
                          "record-route: <sip:p3;lr>\r\nX: 1\r\n\r\n"));
    fresh();
    sip_write_copy(&out, &message, SIP_RECORD_ROUTE);
    assert_out("Record-Route: <sip:p1;lr>,   <sip:p2;lr>\r\nRecord-Route: <sip:p3;lr>\r\n");
    fresh();
    sip_write_copy(&out, &message, SIP_ROUTE);
    assert_out("");
    sip_write_copy(&out, &message, SIP_HEADER_OTHER);
    assert_out("X: 1\r\n");
}
END_TEST

static bool drop_route(void *context, const struct sip_field *field)
{
    ++*(int *)context;
    return field->id == SIP_ROUTE;
}

/* RFC 3261 16.6: nothing changes but what must. */
START_TEST(forwarded_request)
{
    parse(BYTES("\r\n" START "v :  SIP/2.0/UDP  a\r\n" FROM "mAx-forwards :\r\n 0068\r\n" TO REST
                "X: a\r\n  b\r\nl: 2\r\n\r\nxyNOISE"));
    const struct sip_forward forward = {.request_uri = BYTES("sip:bob@next;lr")};
    fresh();
    size_t via_at = sip_write_forward(&out, &message, &forward);
    assert_out("MESSAGE sip:bob@next;lr SIP/2.0\r\nv :  SIP/2.0/UDP  a\r\n" FROM
               "Max-Forwards: 67\r\n" TO REST "X: a\r\n  b\r\nl: 2\r\n\r\nxy");
    ck_assert_uint_eq(via_at, strlen("MESSAGE sip:bob@next;lr SIP/2.0\r\n"));
}
END_TEST

START_TEST(forwarding_drops_fields)
{
    parse(BYTES(START "Route: <sip:a>\r\nRoute: <sip:b>\r\n" VIA "Max-Forwards: 1\r\n"
                      "Route: <sip:c>\r\n" FROM TO REST "l: 0\r\nroute: <sip:d>\r\n\r\n"));
    int asked = 0;
    const struct sip_forward forward = {
        .request_uri = BYTES("sip:x"), .drop = drop_route, .context = &asked};
    fresh();
    sip_write_forward(&out, &message, &forward);
    assert_out("MESSAGE sip:x SIP/2.0\r\n" VIA "Max-Forwards: 0\r\n" FROM TO REST "l: 0\r\n\r\n");
    ck_assert_int_eq(asked, message.count - 2); /* Via and Max-Forwards are not for it */
}
END_TEST

/* RFC 3261 16.6 steps 3 and 11. */
START_TEST(forwarding_adds_what_is_missing)
{
    parse(BYTES(START VIA FROM TO REST "\r\nbody"));
    const struct sip_forward forward = {.request_uri = BYTES("sip:x")};
    fresh();
    size_t via_at = sip_write_forward(&out, &message, &forward);
    assert_out("MESSAGE sip:x SIP/2.0\r\nMax-Forwards: 70\r\n" VIA FROM TO REST
               "Content-Length: 4\r\n\r\nbody");
    ck_assert_uint_eq(via_at, strlen("MESSAGE sip:x SIP/2.0\r\n"));
}
END_TEST

/* What is sent again later begins here: no Via of those that brought it. */
START_TEST(forwarding_later_leaves_the_vias_behind)
{
    parse(BYTES(START VIA "Via: SIP/2.0/TCP 192.0.2.9\r\nMax-Forwards: 9\r\n" FROM TO REST
                          "l: 4\r\n\r\nbody"));
    const struct sip_forward forward = {.request_uri = BYTES("sip:x"), .begins_here = true};
    fresh();
    sip_write_forward(&out, &message, &forward);
    assert_out("MESSAGE sip:x SIP/2.0\r\nMax-Forwards: 8\r\n" FROM TO REST "l: 4\r\n\r\nbody");
}
END_TEST

/* RFC 5393 5.3.3: a single Max-Breadth, in its place when there was one. */
START_TEST(forwarding_sets_max_breadth)
{
    struct sip_forward forward = {.request_uri = BYTES("sip:x"), .max_breadth = 30};
    parse(BYTES(START VIA "Max-Forwards: 9\r\n" FROM TO REST "l: 0\r\n\r\n"));
    fresh();
    sip_write_forward(&out, &message, &forward);
    assert_out("MESSAGE sip:x SIP/2.0\r\nMax-Breadth: 30\r\n" VIA "Max-Forwards: 8\r\n" FROM TO REST
               "l: 0\r\n\r\n");
    parse(BYTES(START VIA "max-breadth: 60\r\nMax-Forwards: 9\r\n" FROM TO REST
                          "Max-Breadth: 7\r\nl: 0\r\n\r\n"));
    fresh();
    sip_write_forward(&out, &message, &forward);
    assert_out("MESSAGE sip:x SIP/2.0\r\n" VIA "Max-Breadth: 30\r\nMax-Forwards: 8\r\n" FROM TO REST
               "l: 0\r\n\r\n");
    forward.max_breadth = 0;
    fresh();
    sip_write_forward(&out, &message, &forward);
    assert_out("MESSAGE sip:x SIP/2.0\r\n" VIA "max-breadth: 60\r\nMax-Forwards: 8\r\n" FROM TO REST
               "Max-Breadth: 7\r\nl: 0\r\n\r\n");
}
END_TEST

START_TEST(forwarding_adds_lines)
{
    const struct sip_forward forward = {.request_uri = BYTES("sip:x"),
                                        .added = BYTES("Route: <sip:p;lr>\r\nX: 1\r\n")};
    parse(BYTES(START VIA FROM TO REST "l: 0\r\n\r\n"));
    fresh();
    size_t via_at = sip_write_forward(&out, &message, &forward);
    assert_out("MESSAGE sip:x SIP/2.0\r\nRoute: <sip:p;lr>\r\nX: 1\r\nMax-Forwards: 70\r\n" VIA FROM
                   TO REST "l: 0\r\n\r\n");
    ck_assert_uint_eq(via_at, strlen("MESSAGE sip:x SIP/2.0\r\n"));
}
END_TEST

static void assert_hops(const char *value, const char *wanted)
{
    char text[500], expected[500];
    const struct sip_forward forward = {.request_uri = BYTES("sip:bob@h")};
    snprintf(text, sizeof(text), START VIA FROM TO REST "Max-Forwards: %s\r\nl: 0\r\n\r\n", value);
    snprintf(expected, sizeof(expected), START VIA FROM TO REST "Max-Forwards: %s\r\nl: 0\r\n\r\n",
             wanted);
    parse(bytes_of(text));
    fresh();
    sip_write_forward(&out, &message, &forward);
    assert_out(expected);
}

/* RFC 4475 3.1.2.4: over 255 counts as absent. */
START_TEST(max_forwards)
{
    assert_hops("255", "254");
    assert_hops("1", "0");
    assert_hops("0", "0");
    assert_hops("256", "70");
    assert_hops("99999999999999999999", "70");
    assert_hops("x", "70");
}
END_TEST

START_TEST(forwarded_uri_stays_one_word)
{
    parse(BYTES(START VIA FROM TO REST "Max-Forwards: 9\r\nl: 0\r\n\r\n"));
    const struct sip_forward forward = {.request_uri = BYTES("sip:a b\r\nE: 1@\xc3")};
    fresh();
    sip_write_forward(&out, &message, &forward);
    ck_assert(bytes_starts_with(buffer_bytes(&out),
                                BYTES("MESSAGE sip:a%20b%0d%0aE:%201@%c3 SIP/2.0\r\nVia")));
}
END_TEST

/* RFC 3261 18.2.1, RFC 3581 4: whoever receives it can answer past us. */
START_TEST(forwarding_tells_where_it_came_from)
{
    const struct sip_forward forward = {
        .request_uri = BYTES("sip:x"), .received = BYTES("192.0.2.9"), .rport = 4711};
    parse(BYTES(START "Max-Forwards: 9\r\nv: SIP/2.0/UDP a;rport;branch=1, SIP/2.0/UDP b;rport\r\n"
                      "X: 1\r\n" VIA FROM TO REST "l: 0\r\n\r\n"));
    fresh();
    sip_write_forward(&out, &message, &forward);
    assert_out("MESSAGE sip:x SIP/2.0\r\nMax-Forwards: 8\r\n"
               "Via: SIP/2.0/UDP a;rport=4711;branch=1;received=192.0.2.9, SIP/2.0/UDP b;rport\r\n"
               "X: 1\r\n" VIA FROM TO REST "l: 0\r\n\r\n");
}
END_TEST

static void assert_request_uri(const char *text, const char *wanted)
{
    struct sip_uri uri;
    ck_assert(verdict_ok(sip_uri_parse(bytes_of(text), &uri)));
    fresh();
    sip_write_request_uri(&out, &uri);
    assert_out(wanted);
}

/* RFC 3261 19.1.1 (table 1) and 16.6 step 2. */
START_TEST(request_uri_without_what_is_not_allowed)
{
    assert_request_uri("sip:bob@h;lr", "sip:bob@h;lr");
    assert_request_uri("sip:bob?x=y@h", "sip:bob?x=y@h");
    assert_request_uri("sip:bob@h:5070;transport=tcp?Subject=a&To=b",
                       "sip:bob@h:5070;transport=tcp");
    assert_request_uri("sip:bob@h;a=1;Method=BYE;lr?x=y", "sip:bob@h;a=1;lr");
    assert_request_uri("sip:bob@h;method=INVITE", "sip:bob@h");
    assert_request_uri("tel:+1;ext=2", "tel:+1;ext=2");
}
END_TEST

static void assert_backward(const char *head, const char *wanted)
{
    char text[500], expected[500];
    snprintf(text, sizeof(text), STATUS "%s" FROM TO REST "l: 1\r\n\r\nx", head);
    snprintf(expected, sizeof(expected), STATUS "%s" FROM TO REST "l: 1\r\n\r\nx", wanted);
    parse(bytes_of(text));
    fresh();
    sip_write_backward(&out, &message, NULL, NULL);
    assert_out(expected);
}

/* RFC 3261 16.7 step 3. */
START_TEST(response_passed_back)
{
    assert_backward("Via: SIP/2.0/UDP me\r\nVia: SIP/2.0/UDP a\r\n", "Via: SIP/2.0/UDP a\r\n");
    assert_backward("X: 1\r\nv: SIP/2.0/UDP me;x=\"a,b\",\r\n SIP/2.0/UDP a ,SIP/2.0/UDP b\r\n",
                    "X: 1\r\nVia: SIP/2.0/UDP a ,SIP/2.0/UDP b\r\n");
}
END_TEST

static bool is_extension(void *context, const struct sip_field *field)
{
    ++*(int *)context;
    return field->id == SIP_HEADER_OTHER;
}

/* Fields that stay behind, wherever they stand. */
START_TEST(response_passed_back_without)
{
    int asked = 0;
    parse(BYTES(STATUS "X: 1\r\nVia: SIP/2.0/UDP me, SIP/2.0/UDP a\r\nX: 2\r\nX: 3\r\n" FROM TO REST
                       "X: 4\r\nl: 1\r\n\r\nx"));
    fresh();
    sip_write_backward(&out, &message, is_extension, &asked);
    assert_out(STATUS "Via: SIP/2.0/UDP a\r\n" FROM TO REST "l: 1\r\n\r\nx");
    ck_assert_int_eq(asked, message.count - 1); /* the Via is ours to change */
}
END_TEST

START_TEST(response_passed_back_alone)
{
    assert_backward("Via: , SIP/2.0/UDP me , ,\r\nX: 1\r\n", "X: 1\r\n");
    parse(BYTES("SIP/2.0 200\r\nVia: SIP/2.0/UDP me\r\n" FROM TO REST "\r\nx"));
    fresh();
    sip_write_backward(&out, &message, NULL, NULL);
    assert_out("SIP/2.0 200 \r\n" FROM TO REST "Content-Length: 1\r\n\r\nx"); /* 7.2 */
    parse(BYTES("SIP/2.0 404  Not \xc3\xa9 here \r\nVia: SIP/2.0/UDP me\r\n" FROM TO REST
                "l: 0\r\n\r\n"));
    fresh();
    sip_write_backward(&out, &message, NULL, NULL);
    assert_out("SIP/2.0 404  Not \xc3\xa9 here \r\n" FROM TO REST "l: 0\r\n\r\n");
    /* RFC 3261 7.1: the version is not case-sensitive, and we send it in upper case */
    parse(BYTES("sip/2.0 200 x\r\nVia: SIP/2.0/UDP me\r\n" FROM TO REST "l: 0\r\n\r\n"));
    fresh();
    sip_write_backward(&out, &message, NULL, NULL);
    assert_out("SIP/2.0 200 x\r\n" FROM TO REST "l: 0\r\n\r\n");
}
END_TEST

START_TEST(too_little_room_is_told)
{
    const struct sip_forward forward = {.request_uri = BYTES("sip:x")};
    parse(BYTES(START VIA FROM TO REST "\r\nbody"));
    for (size_t size = 0; size < 150; size++) {
        out = buffer_over(memory, size);
        sip_write_response(&out, &message, 200, NULL, BYTES("t"), BYTES("x"), 9);
        ck_assert(out.overflow && out.length <= size);
        out = buffer_over(memory, size);
        sip_write_forward(&out, &message, &forward);
        ck_assert(out.overflow && out.length <= size);
    }
}
END_TEST

UNIT_MAIN("write", response_has_what_identifies_it, top_via_is_completed,
          to_gets_a_tag_when_it_has_none, answer_to_a_broken_request, values_cannot_start_a_field,
          numbers_and_bodies, copies, forwarded_request, forwarding_drops_fields,
          forwarding_adds_what_is_missing, forwarding_later_leaves_the_vias_behind,
          forwarding_sets_max_breadth, forwarding_adds_lines, max_forwards,
          forwarded_uri_stays_one_word, forwarding_tells_where_it_came_from,
          request_uri_without_what_is_not_allowed, response_passed_back,
          response_passed_back_without, response_passed_back_alone, too_little_room_is_told)
