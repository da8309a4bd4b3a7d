/* multipart_test.c: MIME entities and multipart bodies (RFC 2045, RFC 2046 5.1). */
#include "sip/multipart.h"

#include "base/buffer.h"
#include "unit.h"

#define ck_assert_bytes(slice, text) \
    ck_assert_msg(bytes_equal(slice, bytes_of(text)), "got \"%.*s\"", BYTES_ARGS(slice))

static const char mixed[] = "multipart/mixed;boundary=\"abc\"";

/* The bodies of all parts, each in brackets; '!' behind them when the body is not whole. */
static const char *bodies_of(const char *type, const char *body)
{
    static _Thread_local char text[4096];
    struct buffer out = buffer_over(text, sizeof(text));
    struct multipart multipart;
    struct multipart_part part;
    if (!multipart_open(&multipart, bytes_of(type), bytes_of(body)))
        return "none";
    while (multipart_next(&multipart, &part))
        buffer_format(&out, "[%.*s|%.*s]", BYTES_ARGS(mime_field(part.header, "Content-Type")),
                      BYTES_ARGS(part.body));
    if (!multipart_whole(&multipart))
        buffer_char(&out, '!');
    buffer_char(&out, '\0');
    ck_assert(!out.overflow);
    return text;
}

/* RFC 2046 5.1.1, its own example: preamble, a part without a header, one with, an epilogue. */
START_TEST(rfc2046_5_1_1_example)
{
    ck_assert_str_eq(bodies_of("multipart/mixed; boundary=\"simple boundary\"",
                               "This is the preamble.\r\n\r\n--simple boundary\r\n\r\n"
                               "implicitly typed\r\n--simple boundary\r\n"
                               "Content-type: text/plain; charset=us-ascii\r\n\r\n"
                               "with a linebreak.\r\n\r\n--simple boundary--\r\n\r\nepilogue"),
                     "[|implicitly typed][text/plain; charset=us-ascii|with a linebreak.\r\n]");
}
END_TEST

START_TEST(rfc2046_5_1_1_boundaries)
{
    ck_assert_str_eq(bodies_of(mixed, "--abc\r\n\r\na\r\n--abc--"), "[|a]");
    ck_assert_str_eq(bodies_of(mixed, "--abc \t\r\n\r\na\r\n--abc-- \r\n"), "[|a]");
    ck_assert_str_eq(bodies_of(mixed, "--abc\n\na\n--abc--\n"), "[|a]");
    ck_assert_str_eq(bodies_of(mixed, "--abc\r\n\r\n--abcd\r\n--abc--"), "[|--abcd]");
    ck_assert_str_eq(bodies_of(mixed, "--abc\r\n\r\na --abc\r\n--abc--"), "[|a --abc]");
    ck_assert_str_eq(bodies_of(mixed, "--abc\r\n\r\n\r\n--abc--"), "[|]");
    ck_assert_str_eq(bodies_of(mixed, "--abc\r\nContent-Type: a/b\r\n--abc--"), "[a/b|]");
    ck_assert_str_eq(bodies_of(mixed, "--abc\r\n--abc\r\n\r\nb\r\n--abc--"), "[|][|b]");
}
END_TEST

START_TEST(not_whole)
{
    ck_assert_str_eq(bodies_of(mixed, ""), "!");
    ck_assert_str_eq(bodies_of(mixed, "--abc--"), "!");
    ck_assert_str_eq(bodies_of(mixed, "--abc\r\n\r\nthe end is missing"), "!");
    ck_assert_str_eq(bodies_of(mixed, "--abc\r\n\r\na\r\n--abc\r\n\r\nb"), "[|a]!");
}
END_TEST

START_TEST(types)
{
    static const char body[] = "--a'(:?=)\r\n\r\nx\r\n--a'(:?=)--";
    ck_assert_str_eq(bodies_of("MultiPart/Mixed ; charset=x ;BOUNDARY=\"a'(:?=)\"", body), "[|x]");
    ck_assert_str_eq(bodies_of("multipart/related;boundary=b", "--b\r\n\r\nx\r\n--b--"), "[|x]");
    ck_assert_str_eq(bodies_of("multipart/mixed", body), "none");
    ck_assert_str_eq(bodies_of("multipart/mixed;boundary=\"\"", body), "none");
    ck_assert_str_eq(bodies_of("text/plain;boundary=abc", body), "none");
    ck_assert_str_eq(bodies_of("", body), "none");
    ck_assert_str_eq(bodies_of("multipart/mixed;boundary=1234567890123456789012345678901234567890"
                               "1234567890123456789012345678901",
                               body),
                     "none");
}
END_TEST

/* What nests keeps its own boundaries. */
START_TEST(nested)
{
    ck_assert_str_eq(bodies_of(mixed, "--abc\r\nContent-Type: multipart/mixed;boundary=abcd\r\n\r\n"
                                      "--abcd\r\n\r\nx\r\n--abcd--\r\n--abc--"),
                     "[multipart/mixed;boundary=abcd|--abcd\r\n\r\nx\r\n--abcd--]");
}
END_TEST

START_TEST(too_many_parts)
{
    char body[2000];
    struct buffer out = buffer_over(body, sizeof(body));
    struct multipart multipart;
    struct multipart_part part;
    unsigned count = 0;
    for (int i = 0; i <= MULTIPART_PARTS_MAX; i++)
        buffer_text(&out, "--abc\r\n\r\nx\r\n");
    buffer_text(&out, "--abc--");
    ck_assert(multipart_open(&multipart, bytes_of(mixed), buffer_bytes(&out)));
    while (multipart_next(&multipart, &part))
        count++;
    ck_assert_uint_eq(count, MULTIPART_PARTS_MAX);
    ck_assert(!multipart_whole(&multipart));
}
END_TEST

START_TEST(fields)
{
    struct bytes body, parameter;
    struct bytes header = mime_split(
        BYTES("A: 1\r\ncontent-TYPE :text/plain;\r\n charset=utf-8\r\nno field\r\nA: 2\r\n\r\nb"),
        &body);
    ck_assert_bytes(body, "b");
    ck_assert_bytes(mime_field(header, "a"), "1");
    ck_assert_bytes(mime_field(header, "no field"), "");
    ck_assert_bytes(mime_field(header, "B"), "");
    struct bytes type = mime_field(header, "Content-Type");
    ck_assert_bytes(type, "text/plain;\r\n charset=utf-8");
    ck_assert_bytes(mime_value(type), "text/plain");
    ck_assert(mime_parameter(type, "Charset", &parameter));
    ck_assert_bytes(parameter, "utf-8");
    ck_assert(mime_parameter(BYTES("a/b;x=\"y z\""), "x", &parameter));
    ck_assert_bytes(parameter, "y z");
    ck_assert(!mime_parameter(BYTES("a/b;x=y"), "z", &parameter));
    ck_assert(!mime_parameter(BYTES("a/b"), "x", &parameter));
}
END_TEST

START_TEST(split)
{
    struct bytes body;
    ck_assert_bytes(mime_split(BYTES("\r\nb\r\n\r\nc"), &body), "");
    ck_assert_bytes(body, "b\r\n\r\nc");
    ck_assert_bytes(mime_split(BYTES("a: b\n\nc"), &body), "a: b\n");
    ck_assert_bytes(body, "c");
    ck_assert_bytes(mime_split(BYTES("a: b"), &body), "a: b");
    ck_assert_bytes(body, "");
    ck_assert_bytes(mime_split(BYTES(""), &body), "");
}
END_TEST

UNIT_MAIN("sip/multipart", rfc2046_5_1_1_example, rfc2046_5_1_1_boundaries, not_whole, types,
          nested, too_many_parts, fields, split)
