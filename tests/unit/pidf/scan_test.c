/* scan_test.c: counting attributes before libxml2 does. */
#include "pidf/scan_internal.h"
#include "unit.h"

static ptrdiff_t scan(const char *text, unsigned most)
{
    return scan_attributes(bytes_of(text), most);
}

/* XML 1.0 4.3.3 and F.1. */
START_TEST(test_encodings)
{
    ck_assert_int_eq(scan_encoding(BYTES("<presence/>")), SCAN_UTF8);
    ck_assert_int_eq(scan_encoding(BYTES(" \r\n<presence/>")), SCAN_UTF8);
    ck_assert_int_eq(scan_encoding(BYTES("\xef\xbb\xbf<presence/>")), SCAN_UTF8);
    ck_assert_int_eq(scan_encoding(BYTES("<?xml version='1.0'?><a encoding='x'/>")), SCAN_UTF8);
    ck_assert_int_eq(scan_encoding(BYTES("<?xml version='1.0' encoding = \"utf-8\" ?>")),
                     SCAN_UTF8);
    ck_assert_int_eq(scan_encoding(BYTES("<?xml encoding='iso-8859-1'?>")), SCAN_LATIN1);
    ck_assert_int_eq(scan_encoding(BYTES("<?xml encoding='UTF-7'?>")), SCAN_OTHER);
    ck_assert_int_eq(scan_encoding(BYTES("\xff\xfe<\0a\0")), SCAN_OTHER);
    ck_assert_int_eq(scan_encoding(BYTES("<\0?\0")), SCAN_OTHER);
    ck_assert_int_eq(scan_encoding(BYTES("\x4c\x6f\xa7\x94")), SCAN_OTHER);
    ck_assert_int_eq(scan_encoding((struct bytes){0}), SCAN_OTHER);
    ck_assert_int_eq(scan_encoding(BYTES("<?xml encoding")), SCAN_UTF8);
}
END_TEST

START_TEST(test_counts_each_tag_for_itself)
{
    ck_assert_int_eq(scan("<a x='1' y='2'/><b x='1' y='2'/>", 2), -1);
    ck_assert_int_eq(scan("<a x='1'/>  <b x='1' y='2'/>", 1), 12);
    ck_assert_int_eq(scan("<a x = '1' y\t=\n\"2\" z='3'>", 2), 0);
}
END_TEST

START_TEST(test_values_and_text_do_not_count)
{
    ck_assert_int_eq(scan("<a x='=====\">' y=\"='=\">====</a>", 2), -1);
    ck_assert_int_eq(scan("<a x='>' b='' c=''/>", 2), 0);
    ck_assert_int_eq(scan("a=b=c=d", 0), -1);
}
END_TEST

START_TEST(test_comments_and_the_like_do_not_count)
{
    ck_assert_int_eq(scan("<!-- don't == --><![CDATA[<x ='= ]]><?p a=b '?><a b='' c=''/>", 1), 47);
    ck_assert_int_eq(scan("<!-- never ends a=b=c", 0), -1);
}
END_TEST

START_TEST(test_ends_anywhere)
{
    static const char text[] = "<a b='c' d=\"e\"><!-- f --><?g?></a>";
    for (size_t length = 0; length < sizeof(text); length++)
        ck_assert_int_eq(scan_attributes(bytes_from(text, length), 2), -1);
    ck_assert_int_eq(scan_attributes((struct bytes){0}, 0), -1);
}
END_TEST

START_TEST(test_lines)
{
    struct bytes text = BYTES("one\ntwo\nthree");
    ck_assert_uint_eq(scan_line(text, 0), 0);
    ck_assert_uint_eq(scan_line(text, 1), 0);
    ck_assert_uint_eq(scan_line(text, 2), 4);
    ck_assert_uint_eq(scan_line(text, 3), 8);
    ck_assert_uint_eq(scan_line(text, 4), text.length);
}
END_TEST

UNIT_MAIN("pidf/scan", test_encodings, test_counts_each_tag_for_itself,
          test_values_and_text_do_not_count, test_comments_and_the_like_do_not_count,
          test_ends_anywhere, test_lines)
