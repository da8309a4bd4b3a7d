/* features_test.c: Supported, Path and Vias of a REGISTER (RFC 3327 4, 5.3; RFC 5626 6). */
#include "registrar/features_internal.h"

#include <stdio.h>

#include "unit.h"

static struct registrar_settings settings;
static struct sip_message message;
static struct features features;
static char raw[20000];

/* \1 stands for NUL, which a quoted pair may be (RFC 3261 25.1). */
static unsigned read_fields(const char *fields)
{
    int length = snprintf(raw, sizeof(raw),
                          "REGISTER sip:example.org SIP/2.0\r\nVia: SIP/2.0/UDP a\r\n"
                          "From: <sip:a@example.org>;tag=1\r\nTo: <sip:a@example.org>\r\n"
                          "Call-ID: c\r\nCSeq: 1 REGISTER\r\n%sContent-Length: 0\r\n\r\n",
                          fields);
    ck_assert_int_lt(length, (int)sizeof(raw));
    for (int i = 0; i < length; i++)
        if (raw[i] == '\1')
            raw[i] = '\0';
    ck_assert(verdict_ok(sip_message_parse(bytes_from(raw, (size_t)length), true, &message)));
    settings.path_max_bytes = 1024;
    return features_read(&message, &settings, &features).status;
}

static void assert_path(const char *fields, const char *wanted)
{
    char all[12000];
    snprintf(all, sizeof(all), "Supported: path\r\n%s", fields);
    ck_assert_uint_eq(read_fields(all), 0);
    ck_assert(bytes_equal(features_path(&features), bytes_of(wanted)));
}

START_TEST(supported)
{
    ck_assert_uint_eq(read_fields("k: path, Outbound\r\nSupported: 100rel,GRUU\r\n"), 0);
    ck_assert(features.path && features.outbound && features.gruu);
    ck_assert_uint_eq(read_fields("Supported: paths, out, gru\r\nRequire: gruu\r\n"), 0);
    ck_assert(!features.path && !features.outbound && !features.gruu);
}
END_TEST

START_TEST(first_hop)
{
    ck_assert_uint_eq(read_fields(""), 0);
    ck_assert(features.direct);
    ck_assert_uint_eq(read_fields("v: SIP/2.0/UDP b\r\n"), 0);
    ck_assert(!features.direct);
}
END_TEST

START_TEST(path)
{
    assert_path("Path: <sip:p1;lr>\r\n", "<sip:p1;lr>");
    ck_assert(!features.edge);
    assert_path("Path: <sips:p2;lr>;x=1 ,<sip:p1@h;lr;ob>\r\nPath: <sip:p0;ob;lr>\r\n",
                "<sips:p2;lr>;x=1, <sip:p1@h;lr;ob>, <sip:p0;ob;lr>");
    ck_assert(features.edge);
    /* the first hop's own is the last */
    assert_path("Path: <sip:p2;lr;ob>, <sip:p1;lr>\r\n", "<sip:p2;lr;ob>, <sip:p1;lr>");
    ck_assert(!features.edge);
    assert_path("Path: \"a\r\n b\" <sip:p1;lr>\r\n", "\"a   b\" <sip:p1;lr>");
    assert_path("", "");
    ck_assert(!features.edge);
    assert_path("Path: \"p\\\1\" <sip:p;lr>\r\n", "\"p\\ \" <sip:p;lr>");
}
END_TEST

START_TEST(refused)
{
    static const char *const broken[] = {"*",           "<sip:p1>",   "sip:p1;lr",
                                         "<tel:+1;lr>", "<sip:p1;lr", "<sip:p1;lr>, x"};
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        char fields[100];
        snprintf(fields, sizeof(fields), "Supported: path\r\nPath: %s\r\n", broken[i]);
        ck_assert_msg(read_fields(fields) == 400, "%s", broken[i]);
    }
    ck_assert_uint_eq(read_fields("Path: <sip:p1;lr>\r\n"), 420);
    ck_assert_uint_eq(read_fields("Path: <sip:p1;lr>\r\nSupported: outbound\r\n"), 420);
}
END_TEST

START_TEST(bounds)
{
    char fields[10000];
    settings.path_max_bytes = 1024;
    snprintf(fields, sizeof(fields), "Path: <sip:%0*d;lr>\r\n", 1024 - 9, 1);
    ck_assert_uint_eq(read_fields(fields), 420);
    snprintf(fields, sizeof(fields), "k: path\r\nPath: <sip:%0*d;lr>\r\n", 1024 - 9, 1);
    ck_assert_uint_eq(read_fields(fields), 0);
    ck_assert_uint_eq(features.path_length, 1024);
    snprintf(fields, sizeof(fields), "k: path\r\nPath: <sip:%0*d;lr>\r\n", 1025 - 9, 1);
    ck_assert_uint_eq(read_fields(fields), 400);
    ck_assert_uint_eq(read_fields("k: path\r\n"), 0);
    ck_assert_uint_eq(features.path_length, 0); /* nothing is left of the one before */
}
END_TEST

UNIT_MAIN("features", supported, first_hop, path, refused, bounds)
