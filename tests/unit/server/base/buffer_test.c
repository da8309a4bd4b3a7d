/* buffer_test.c: writing into fixed memory. */
#include "base/buffer.h"

#include "unit.h"

START_TEST(what_is_written_stands_in_order)
{
    char memory[64];
    struct buffer out = buffer_over(memory, sizeof(memory));
    buffer_text(&out, "CSeq: ");
    buffer_number(&out, 0);
    buffer_char(&out, ' ');
    buffer_number(&out, UINT64_MAX);
    buffer_put(&out, BYTES("/"));
    buffer_hex(&out, "\x00\xfe", 2);
    buffer_format(&out, ";q=0.%03u", 7U);
    ck_assert(!out.overflow);
    ck_assert(bytes_equal(buffer_bytes(&out), BYTES("CSeq: 0 18446744073709551615/00fe;q=0.007")));
}
END_TEST

/* Each kind of append, into a room one byte too small: nothing of it is written. */
START_TEST(what_does_not_fit_is_not_written_at_all)
{
    char memory[4];
    for (int kind = 0; kind < 4; kind++) {
        struct buffer out = buffer_over(memory, 3);
        memory[3] = '!';
        if (kind == 0)
            buffer_text(&out, "abcd");
        else if (kind == 1)
            buffer_number(&out, 1234);
        else if (kind == 2)
            buffer_hex(&out, "ab", 2);
        else
            buffer_format(&out, "%d", 1234);
        ck_assert(out.overflow);
        ck_assert_uint_eq(out.length, 0);
        ck_assert_int_eq(memory[3], '!');
    }
}
END_TEST

START_TEST(the_last_byte_can_be_used)
{
    char memory[5] = "....!";
    struct buffer out = buffer_over(memory, 4);
    buffer_format(&out, "%s", "abcd");
    ck_assert(!out.overflow);
    ck_assert(bytes_equal(buffer_bytes(&out), BYTES("abcd")));
    ck_assert_int_eq(memory[4], '!');
    buffer_char(&out, 'e');
    ck_assert(out.overflow);
}
END_TEST

/* RFC 3986 2.1 and 2.3. */
START_TEST(a_part_of_a_uri_keeps_the_unreserved)
{
    char memory[64];
    struct buffer out = buffer_over(memory, sizeof(memory));
    buffer_percent(&out, BYTES("Az09-._~"));
    buffer_percent(&out, BYTES(""));
    buffer_percent(&out, BYTES("a@b:/?&=%+ \0\xc3\xa4"));
    ck_assert(!out.overflow);
    ck_assert(
        bytes_equal(buffer_bytes(&out), BYTES("Az09-._~a%40b%3A%2F%3F%26%3D%25%2B%20%00%C3%A4")));
    out = buffer_over(memory, 3);
    buffer_percent(&out, BYTES("ab@"));
    ck_assert(out.overflow);
    ck_assert_uint_eq(out.length, 0);
}
END_TEST

UNIT_MAIN("buffer", what_is_written_stands_in_order, what_does_not_fit_is_not_written_at_all,
          the_last_byte_can_be_used, a_part_of_a_uri_keeps_the_unreserved)
