/* text_test.c: growing bytes and escaping. */
#include "pidf/text_internal.h"
#include "unit.h"

static void expect(struct text *text, struct bytes wanted)
{
    ck_assert_msg(bytes_equal(text_bytes(text), wanted), "%.*s", BYTES_ARGS(text_bytes(text)));
    text_release(text);
}

START_TEST(test_grows_and_keeps)
{
    struct text text = {0};
    for (size_t i = 0; i < 10000; i++)
        text_number(&text, i % 10);
    ck_assert_uint_eq(text.length, 10000);
    for (size_t i = 0; i < 10000; i++)
        ck_assert_int_eq(text.at[i], '0' + (int)(i % 10));
    text_release(&text);
    ck_assert_ptr_null(text.at);
}
END_TEST

START_TEST(test_numbers)
{
    struct text text = {0};
    text_number(&text, 0);
    text_char(&text, ' ');
    text_number(&text, SIZE_MAX);
    expect(&text, BYTES("0 18446744073709551615"));
}
END_TEST

/* XML 1.0 2.4 and 2.11: markup is escaped, and the CR that a parser would turn into LF. */
START_TEST(test_escapes_character_data)
{
    struct text text = {0};
    text_escaped(&text, BYTES("a<b>&\"c'\r\n\td"));
    expect(&text, BYTES("a&lt;b&gt;&amp;\"c'&#13;\n\td"));
}
END_TEST

/* XML 1.0 3.3.3: blanks in an attribute survive only as character references. */
START_TEST(test_escapes_attributes)
{
    struct text text = {0};
    text_quoted(&text, BYTES("\"a\t\n\r b<&>'"));
    expect(&text, BYTES("&quot;a&#9;&#10;&#13; b&lt;&amp;&gt;'"));
}
END_TEST

START_TEST(test_escapes_uris)
{
    struct text text = {0};
    text_uri(&text, BYTES("sip:a b\x01@[::1];x=\"y\"?q=%41&r=%4g%"));
    expect(&text, BYTES("sip:a%20b%01@[::1];x=%22y%22?q=%41&r=%254g%25"));
    text_uri(&text, BYTES("sip:\xc3\xb6@x"));
    expect(&text, BYTES("sip:%C3%B6@x"));
}
END_TEST

START_TEST(test_moments)
{
    static const struct {
        uint64_t ms;
        const char *text;
    } moments[] = {{0, "1970-01-01T00:00:00Z"},
                   {951868799999, "2000-02-29T23:59:59Z"},
                   {951868800000, "2000-03-01T00:00:00Z"},
                   {1709251199000, "2024-02-29T23:59:59Z"},
                   {1777863721000, "2026-05-04T03:02:01Z"},
                   {1798761599000, "2026-12-31T23:59:59Z"},
                   {4107542399000, "2100-02-28T23:59:59Z"},
                   {4107542400000, "2100-03-01T00:00:00Z"},
                   {253402300799999, "9999-12-31T23:59:59Z"}};
    for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
        struct text text = {0};
        text_moment(&text, moments[i].ms);
        expect(&text, bytes_of(moments[i].text));
    }
}
END_TEST

UNIT_MAIN("pidf/text", test_moments, test_grows_and_keeps, test_numbers,
          test_escapes_character_data, test_escapes_attributes, test_escapes_uris)
