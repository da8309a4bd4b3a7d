/* cpim_test.c: message/cpim (RFC 3862). */
#include "im/cpim.h"

#include "unit.h"

#define ck_assert_bytes(slice, text) \
    ck_assert_msg(bytes_equal(slice, bytes_of(text)), "got \"%.*s\"", BYTES_ARGS(slice))

static const char usual[] = "From: MR SANDERS <im:piglet@100akerwood.com>\r\n"
                            "To: Depressed Donkey <im:eeyore@100akerwood.com>\r\n"
                            "DateTime: 2000-12-13T13:40:00-08:00\r\n"
                            "Subject: the weather will be fine today\r\n"
                            "Subject:;lang=fr beau temps prevu pour aujourd'hui\r\n"
                            "NS: MyFeatures <mid:MessageFeatures@id.foo.com>\r\n"
                            "MyFeatures.VitalMessageOption: Confirmation-requested\r\n"
                            "\r\n"
                            "Content-type: text/xml; charset=utf-8\r\n"
                            "Content-ID: <1234567890@foo.com>\r\n"
                            "\r\n"
                            "<body>\r\n\r\nHere is the text</body>";

static struct cpim parsed(const char *text)
{
    struct cpim cpim;
    ck_assert(cpim_parse(bytes_of(text), &cpim));
    return cpim;
}

/* RFC 3862 5.1 */
START_TEST(rfc3862_5_1_example)
{
    struct cpim cpim = parsed(usual);
    struct cpim_header header = {0};
    struct cpim_walk walk = cpim_headers(&cpim);
    ck_assert_bytes(cpim_uri(cpim_value(&cpim, "", "From")), "im:piglet@100akerwood.com");
    ck_assert_bytes(cpim_value(&cpim, "", "DateTime"), "2000-12-13T13:40:00-08:00");
    ck_assert_bytes(cpim_value(&cpim, "mid:MessageFeatures@id.foo.com", "VitalMessageOption"),
                    "Confirmation-requested");
    ck_assert_bytes(cpim_value(&cpim, "", "VitalMessageOption"), "");
    ck_assert_bytes(cpim_value(&cpim, "", "NS"), "");
    for (int i = 0; i < 5; i++)
        ck_assert(cpim_next(&walk, &header));
    ck_assert_bytes(header.language, "fr");
    ck_assert_bytes(header.value, "beau temps prevu pour aujourd'hui");
    ck_assert(cpim_next(&walk, &header));
    ck_assert(!cpim_next(&walk, &header));
    ck_assert_bytes(
        cpim.fields,
        "Content-type: text/xml; charset=utf-8\r\nContent-ID: <1234567890@foo.com>\r\n");
    ck_assert_bytes(cpim.content, "<body>\r\n\r\nHere is the text</body>");
}
END_TEST

/* RFC 3862 3.4: the prefix means nothing, its namespace everything, from its declaration on. */
START_TEST(rfc3862_3_4_namespaces)
{
    struct cpim cpim = parsed("x.Message-ID: too early\r\nNS: x <urn:ietf:params:imdn>\r\n"
                              "x.Message-ID: 1\r\nNS: <urn:other>\r\nMessage-ID: 2\r\n"
                              "From: of another space\r\nNS: x <urn:third>\r\nx.Message-ID: 3\r\n"
                              "x.NS: no declaration\r\nunknown.Message-ID: 4\r\n"
                              "\r\nContent-Type: a/b\r\n\r\n");
    ck_assert_bytes(cpim_value(&cpim, CPIM_IMDN, "Message-ID"), "1");
    ck_assert_bytes(cpim_value(&cpim, "urn:other", "Message-ID"), "2");
    ck_assert_bytes(cpim_value(&cpim, "urn:third", "Message-ID"), "3");
    ck_assert_bytes(cpim_value(&cpim, "urn:third", "NS"), "no declaration");
    ck_assert_bytes(cpim_value(&cpim, "", "Message-ID"), "");
    ck_assert_bytes(cpim_value(&cpim, "", "From"), "");
    ck_assert_bytes(cpim_value(&cpim, "urn:other", "From"), "of another space");
}
END_TEST

START_TEST(too_many_namespaces)
{
    char text[2000];
    struct buffer out = buffer_over(text, sizeof(text));
    for (int i = 0; i < CPIM_SPACES_MAX; i++)
        buffer_format(&out, "NS: p%d <urn:%d>\r\n", i, i);
    buffer_text(&out, "NS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: 1\r\np3.a: b\r\n\r\n"
                      "Content-Type: a/b\r\n\r\n");
    buffer_char(&out, '\0');
    struct cpim cpim = parsed(text);
    ck_assert_bytes(cpim_value(&cpim, CPIM_IMDN, "Message-ID"), "");
    ck_assert_bytes(cpim_value(&cpim, "urn:3", "a"), "b");
}
END_TEST

/* RFC 3862 2.2: names must be the same to the letter. */
START_TEST(rfc3862_2_2_names)
{
    struct cpim cpim = parsed("from: <im:a@b>\r\n\r\nContent-Type: a/b\r\n\r\n");
    ck_assert_bytes(cpim_value(&cpim, "", "From"), "");
    ck_assert_bytes(cpim_value(&cpim, "", "from"), "<im:a@b>");
}
END_TEST

START_TEST(tolerated)
{
    struct cpim cpim = parsed("From:<im:a@b>\nTo : <im:c@d> \n\ncontent-type:text/plain\n\nx\n");
    ck_assert_bytes(cpim_value(&cpim, "", "From"), "<im:a@b>");
    ck_assert_bytes(cpim_value(&cpim, "", "To"), "<im:c@d>");
    ck_assert_bytes(cpim.content, "x\n");
    /* RFC 5438 8.1 prints no empty line before the fields of the entity */
    cpim = parsed("From: <im:a@b>\r\nContent-type: message/imdn+xml\r\n"
                  "Content-Disposition: notification\r\n\r\n<imdn/>");
    ck_assert_bytes(cpim.header, "From: <im:a@b>\r\n");
    ck_assert_bytes(cpim.fields,
                    "Content-type: message/imdn+xml\r\nContent-Disposition: notification\r\n");
    ck_assert_bytes(cpim.content, "<imdn/>");
}
END_TEST

START_TEST(no_cpim)
{
    static const char *const texts[] = {"",
                                        "x",
                                        "From: <im:a@b>\r\n",
                                        "From: <im:a@b>\r\n\r\nhello",
                                        "\r\nContent-Type: text/plain\r\n\r\nx",
                                        "Content-Type: text/plain\r\n\r\nx"};
    struct cpim cpim;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        ck_assert_msg(!cpim_parse(bytes_of(texts[i]), &cpim), "%s", texts[i]);
}
END_TEST

START_TEST(uris)
{
    ck_assert_bytes(cpim_uri(BYTES("Bob <im:b@c>")), "im:b@c");
    ck_assert_bytes(cpim_uri(BYTES("\"a <b>\" <im:b@c>")), "im:b@c");
    ck_assert_bytes(cpim_uri(BYTES("< im:b@c >")), "im:b@c");
    ck_assert_bytes(cpim_uri(BYTES("im:b@c")), "im:b@c");
    ck_assert_bytes(cpim_uri(BYTES("Bob <im:b@c")), "im:b@c");
    ck_assert_bytes(cpim_uri(BYTES("")), "");
}
END_TEST

static const char *plain(const char *value)
{
    static _Thread_local char text[200];
    struct buffer out = buffer_over(text, sizeof(text) - 1);
    memset(text, 0, sizeof(text));
    cpim_unescape(bytes_of(value), &out);
    return text;
}

/* RFC 3862 2.3.1: all escapes are understood, an unknown one is the character behind it. */
START_TEST(rfc3862_2_3_1_escapes_read)
{
    ck_assert_str_eq(plain("a\\\\b\\\"c\\'d"), "a\\b\"c'd");
    ck_assert_str_eq(plain("\\b\\t\\n\\r"), "\b\t\n\r");
    ck_assert_str_eq(plain("\\u0041\\u00e9\\u20aC\\ud800"), "A\xc3\xa9\xe2\x82\xac\xef\xbf\xbd");
    ck_assert_str_eq(plain("\\q\\u12g4\\u12"), "qu12g4u12");
    ck_assert_str_eq(plain("end\\"), "end");
}
END_TEST

START_TEST(rfc3862_2_3_1_escapes_written)
{
    char text[300];
    struct buffer out = buffer_over(text, sizeof(text));
    cpim_write(&out, "", "Subject", BYTES("a\\b\b\t\n\r\x01\x7f\xc3\xa9"));
    cpim_write(&out, "imdn", "Message-ID", BYTES("1"));
    cpim_copy(&out, "imdn", "IMDN-Route", BYTES("a\\\\b\r\n<x>"));
    ck_assert_bytes(buffer_bytes(&out),
                    "Subject: a\\\\b\\b\\t\\n\\r\\u0001\\u007f\xc3\xa9\r\nimdn.Message-ID: 1\r\n"
                    "imdn.IMDN-Route: a\\\\b\\r\\n<x>\r\n");
    struct cpim cpim = {.header = buffer_bytes(&out)};
    ck_assert_str_eq(plain(strndupa(cpim_value(&cpim, "", "Subject").at,
                                    cpim_value(&cpim, "", "Subject").length)),
                     "a\\b\b\t\n\r\x01\x7f\xc3\xa9");
}
END_TEST

UNIT_MAIN("im/cpim", rfc3862_5_1_example, rfc3862_3_4_namespaces, too_many_namespaces,
          rfc3862_2_2_names, tolerated, no_cpim, uris, rfc3862_2_3_1_escapes_read,
          rfc3862_2_3_1_escapes_written)
