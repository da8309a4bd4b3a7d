/* asserted_test.c: P-Asserted-Identity (RFC 3325 9.1) and Privacy (RFC 3323 4.2, RFC 3325 9.3). */
#include "front/asserted_internal.h"

#include <stdio.h>

#include "unit.h"

static char raw[2000];
static struct sip_message message;

static void parse(const char *fields)
{
    snprintf(raw, sizeof(raw),
             "INVITE sip:bob@example.org SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\n"
             "From: <sip:a@x.org>;tag=1\r\nTo: <sip:b@x.org>\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n"
             "%sContent-Length: 0\r\n\r\n",
             fields);
    ck_assert(verdict_ok(sip_message_parse(bytes_of(raw), false, &message)));
}

static void assert_asserted(const char *fields, const char *wanted)
{
    struct sip_uri uri;
    parse(fields);
    bool found = asserted_uri(&message, &uri);
    ck_assert_msg(found == (wanted != NULL), "%s", fields);
    if (found)
        ck_assert_msg(bytes_equal(uri.text, bytes_of(wanted)), "%s", fields);
}

/* 9.1: one value, or two: a sip or sips URI and a tel URI, in any order and in one field or two. */
START_TEST(rfc3325_9_1)
{
    assert_asserted("", NULL);
    assert_asserted("P-Asserted-Identity: \"Cullen\" <sip:fluffy@cisco.com>\r\n",
                    "sip:fluffy@cisco.com");
    assert_asserted("P-Asserted-Identity: <sips:a@x.org>\r\n", "sips:a@x.org");
    assert_asserted("P-Asserted-Identity: tel:+14085264000\r\n", NULL);
    assert_asserted("P-Asserted-Identity: tel:+14085264000\r\n"
                    "P-Asserted-Identity: <sip:fluffy@cisco.com>\r\n",
                    "sip:fluffy@cisco.com");
    assert_asserted("P-Asserted-Identity: <sip:fluffy@cisco.com>, <tel:+14085264000>\r\n",
                    "sip:fluffy@cisco.com");
    assert_asserted("P-Asserted-Identity: <tel:+14085264000>, \"A, B\" <sip:a@x.org>\r\n",
                    "sip:a@x.org");
    assert_asserted("p-asserted-IDENTITY: sip:a@x.org\r\n", "sip:a@x.org"); /* RFC 3261 7.3.1 */
}
END_TEST

/* What is preferred is no assertion, and what cannot be read none either. */
START_TEST(what_asserts_nothing)
{
    assert_asserted("P-Preferred-Identity: <sip:a@x.org>\r\n", NULL);
    assert_asserted("P-Asserted-Identity: \r\n", NULL);
    assert_asserted("P-Asserted-Identity: *\r\n", NULL);
    assert_asserted("P-Asserted-Identity: <sip:>\r\n", NULL);
    assert_asserted("P-Asserted-Identity: <http://x.org>\r\n", NULL);
    assert_asserted("P-Asserted-Identity: <sip:\r\nP-Asserted-Identity: <sip:a@x.org>\r\n",
                    "sip:a@x.org");
}
END_TEST

/* What is asked for: n(one), c(ritical), i(d), m(ore). */
static void assert_privacy(const char *fields, const char *wanted)
{
    char got[8] = "";
    parse(fields);
    const struct privacy privacy = privacy_of(&message);
    snprintf(got, sizeof(got), "%s%s%s%s", privacy.none ? "n" : "", privacy.critical ? "c" : "",
             privacy.id ? "i" : "", privacy.more ? "m" : "");
    ck_assert_msg(strcmp(got, wanted) == 0, "%s is %s", fields, got);
}

/* 4.2: priv-value *(";" priv-value), of header, session, user, none, critical and tokens to come.
 */
START_TEST(rfc3323_4_2)
{
    assert_privacy("", "");
    assert_privacy("Privacy: none\r\n", "n");
    assert_privacy("Privacy: id\r\n", "i");
    assert_privacy("Privacy: id;critical\r\n", "ci");
    assert_privacy("Privacy: header;user;session;critical\r\n", "cm");
    assert_privacy("Privacy: id ; header\r\n", "im");
    assert_privacy("Privacy: history\r\n", "m");
    assert_privacy("PRIVACY: ID;Critical\r\n", "ci"); /* tokens have no case (RFC 3261 7.3.1) */
    assert_privacy("Privacy: ident\r\n", "m");        /* no "id" */
}
END_TEST

/* Some write several fields, or commas, or nothing. */
START_TEST(tolerance)
{
    assert_privacy("Privacy: id\r\nPrivacy: critical\r\n", "ci");
    assert_privacy("Privacy: id, critical\r\n", "ci");
    assert_privacy("Privacy: ;;id;\r\n", "i");
    assert_privacy("Privacy: \r\n", "");
    assert_privacy("X-Privacy: id\r\n", "");
}
END_TEST

static void assert_more(const char *fields, const char *wanted)
{
    char text[100];
    struct buffer out = buffer_over(text, sizeof(text));
    parse(fields);
    privacy_write_more(&message, ", ", &out);
    ck_assert(bytes_equal(buffer_bytes(&out), bytes_of(wanted)));
}

/* RFC 3323 5: whoever fails a request for its privacy says which it lacks. */
START_TEST(what_we_lack)
{
    assert_more("Privacy: id;critical\r\n", "");
    assert_more("Privacy: header;id;user\r\nPrivacy: session;critical\r\n",
                "header, user, session");
}
END_TEST

UNIT_MAIN("asserted", rfc3325_9_1, what_asserts_nothing, rfc3323_4_2, tolerance, what_we_lack)
