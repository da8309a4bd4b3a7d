/* content_test.c: what kind of message this is (RFC 3428, 3862, 3994, 5438, 5365). */
#include "im/content.h"

#include <stdio.h>

#include "unit.h"

#define ck_assert_bytes(slice, text) \
    ck_assert_msg(bytes_equal(slice, bytes_of(text)), "got \"%.*s\"", BYTES_ARGS(slice))

#define CPIM_TYPE "Content-Type: message/cpim\r\n"
#define LIST_PART                                             \
    "--b\r\nContent-Type: application/resource-lists+xml\r\n" \
    "Content-Disposition: recipient-list; handling=required\r\n\r\n<x/>\r\n--b--"

static const char *const momentary[] = {"application/x-typing"};
static char raw[4000];
static struct sip_message message;

static void parse(const char *fields, const char *body)
{
    int length = snprintf(raw, sizeof(raw),
                          "MESSAGE sip:bob@example.org SIP/2.0\r\n"
                          "Via: SIP/2.0/UDP 127.0.0.2;branch=z9hG4bK-1\r\n"
                          "From: <sip:alice@example.org>;tag=1\r\nTo: <sip:bob@example.org>\r\n"
                          "Call-ID: 1\r\nCSeq: 1 MESSAGE\r\n%s\r\n%s",
                          fields, body);
    ck_assert_int_lt(length, (int)sizeof(raw));
    struct verdict v = sip_message_parse(bytes_from(raw, (size_t)length), false, &message);
    ck_assert_msg(verdict_ok(v), "%s", v.reason);
}

static struct content read_content(const char *fields, const char *body)
{
    struct im_settings settings = im_settings_default();
    settings.momentary[0] = momentary[0];
    settings.momentary_count = 1;
    parse(fields, body);
    return content_read(&settings, &message);
}

/* CPIM with such headers and fields of its entity. */
static struct content read_cpim(const char *headers, const char *fields)
{
    char body[2000];
    snprintf(body, sizeof(body),
             "From: Bob <im:bob@example.org>\r\nTo: <im:alice@example.org>\r\n"
             "DateTime: 2008-04-04T12:16:49-05:00\r\nNS: i <urn:ietf:params:imdn>\r\n%s\r\n%s\r\nx",
             headers, fields);
    return read_content(CPIM_TYPE, body);
}

static bool is_plain(const struct content *content)
{
    return !content->momentary && !content->notice && !content->automatic && !content->list &&
           content->wishes == 0 && bytes_empty(content->message_id);
}

START_TEST(plain)
{
    static const char *const types[] = {
        "",
        "Content-Type: text/plain\r\n",
        "Content-Type: application/pkcs7-mime\r\n",
        "Content-Type: multipart/encrypted;boundary=b\r\n",
        "Content-Type: broken\r\n",
        "Content-Type: text/plain\r\nExpires: 60\r\nAuto-Submitted: no\r\n"};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        struct content content = read_content(types[i], LIST_PART);
        ck_assert_msg(is_plain(&content), "%s", types[i]);
    }
}
END_TEST

/* RFC 3994 3: isComposing, plain and in CPIM; what the operator says; Expires: 0 (RFC 3428 4). */
START_TEST(rfc3994_momentary)
{
    ck_assert(read_content("Content-Type: application/im-iscomposing+xml\r\n", "<x/>").momentary);
    ck_assert(read_content("c: Application/IM-isComposing+XML;charset=utf-8\r\n", "").momentary);
    ck_assert(read_content("Content-Type: application/x-typing\r\n", "").momentary);
    ck_assert(read_content("Expires: 0\r\n", "").momentary);
    ck_assert(!read_content("Expires: 1\r\n", "").momentary);
    ck_assert(!read_content("Expires: soon\r\n", "").momentary);
    struct content content = read_cpim("", "Content-Type: application/im-iscomposing+xml\r\n");
    ck_assert(content.momentary && !content.notice);
    ck_assert(read_cpim("", "Content-Type: application/x-typing\r\n").momentary);
    ck_assert(!read_cpim("", "Content-Type: text/plain\r\n").momentary);
}
END_TEST

/* RFC 5438 9; also without CPIM, as some send it. */
START_TEST(rfc5438_9_notices)
{
    struct content content = read_cpim("i.Disposition-Notification: display\r\n",
                                       "Content-Type: message/imdn+xml\r\n"
                                       "Content-Disposition: notification\r\n");
    ck_assert(content.notice);
    ck_assert_uint_eq(content.wishes, 0); /* RFC 5438 7.2.1: an IMDN asks for none */
    ck_assert(read_cpim("", "Content-Type: message/imdn+xml\r\n").notice);
    ck_assert(read_cpim("", "Content-Type: multipart/mixed;boundary=x\r\n"
                            "Content-Disposition: notification\r\n")
                  .notice); /* 8.3: several in one */
    ck_assert(!read_cpim("", "Content-Type: text/plain\r\n").notice);
    ck_assert(read_content("Content-Type: message/imdn+xml\r\n", "<imdn/>").notice);
}
END_TEST

/* RFC 3834 5, for SIP in RFC 6468 */
START_TEST(automatic)
{
    ck_assert(read_content("Auto-Submitted: auto-replied\r\n", "").automatic);
    ck_assert(read_content("auto-submitted: auto-generated; x=y\r\n", "").automatic);
    ck_assert(!read_content("Auto-Submitted: No\r\n", "").automatic);
}
END_TEST

/* RFC 5438 6.2 and 6.3, by the namespace, whatever its prefix. */
START_TEST(rfc5438_6_wishes)
{
    static const char text[] = "Content-Type: text/plain\r\n";
    struct content content =
        read_cpim("i.Disposition-Notification: positive-delivery, negative-delivery;x=y,display\r\n"
                  "i.Message-ID: 34jk324j\r\ni.Message-ID: second\r\n"
                  "i.IMDN-Record-Route: <im:one@example.com>\r\n"
                  "i.IMDN-Record-Route: <im:two@example.com>\r\n",
                  text);
    ck_assert_uint_eq(content.wishes,
                      CONTENT_WISH_POSITIVE | CONTENT_WISH_NEGATIVE | CONTENT_WISH_DISPLAY);
    ck_assert_bytes(content.message_id, "34jk324j");
    ck_assert_bytes(content.record_route, "<im:one@example.com>");
    ck_assert_bytes(content.cpim_from, "im:bob@example.org");
    ck_assert_bytes(content.cpim_to, "im:alice@example.org");
    ck_assert_bytes(content.date_time, "2008-04-04T12:16:49-05:00");
    content = read_cpim("i.Disposition-Notification: processing, whatever, Display\r\n", text);
    ck_assert_uint_eq(content.wishes, CONTENT_WISH_PROCESSING);
    content = read_cpim("Disposition-Notification: processing\r\nMessage-ID: 1\r\n"
                        "imdn.Message-ID: 2\r\n",
                        text);
    ck_assert_uint_eq(content.wishes, 0);
    ck_assert_bytes(content.message_id, "");
}
END_TEST

START_TEST(message_id_too_long)
{
    char header[400];
    snprintf(header, sizeof(header), "i.Message-ID: %0257d\r\n", 1);
    ck_assert_bytes(read_cpim(header, "Content-Type: text/plain\r\n").message_id, "");
}
END_TEST

/* What is encoded is not looked into. */
START_TEST(encoded)
{
    struct content content = read_content(CPIM_TYPE "Content-Encoding: gzip\r\n",
                                          "From: <im:a@b>\r\n\r\nContent-Type: message/imdn+xml\r\n"
                                          "\r\n");
    ck_assert(is_plain(&content));
    ck_assert(
        read_content("Content-Type: application/im-iscomposing+xml\r\ne: gzip\r\n", "x").momentary);
    content = read_content("Content-Type: multipart/mixed;boundary=b\r\ne: gzip\r\n", LIST_PART);
    ck_assert(!content.list);
    ck_assert(read_content("Content-Type: multipart/mixed;boundary=b\r\ne: identity\r\n", LIST_PART)
                  .list);
}
END_TEST

/* A broken CPIM is a body like any. */
START_TEST(broken_cpim)
{
    struct content content = read_content(CPIM_TYPE, "NS: i <urn:ietf:params:imdn>\r\n"
                                                     "i.Disposition-Notification: display\r\n");
    ck_assert(is_plain(&content));
    content = read_content(CPIM_TYPE, "");
    ck_assert(is_plain(&content));
}
END_TEST

/* RFC 5363 4.1, RFC 5365 6 */
START_TEST(rfc5365_6_lists)
{
    static const char mixed[] = "Content-Type: multipart/mixed;boundary=b\r\n";
    ck_assert(read_content(mixed, LIST_PART).list);
    ck_assert(read_content(mixed, "--b\r\n\r\nx\r\n" LIST_PART).list);
    ck_assert(!read_content(mixed, "--b\r\nContent-Type: application/resource-lists+xml\r\n\r\n"
                                   "<x/>\r\n--b--")
                   .list);
    ck_assert(
        !read_content(mixed, "--b\r\nContent-Disposition: recipient-list\r\n\r\n\r\n--b--").list);
    ck_assert(read_content("Content-Type: application/resource-lists+xml\r\n"
                           "Content-Disposition: recipient-list\r\n",
                           "<x/>")
                  .list);
    ck_assert(read_content("Require: recipient-list-message\r\n", "").list);
    ck_assert(!read_content("Require: recipient-list-invite\r\n", "").list);
}
END_TEST

enum { ARRIVED_S = 1289690940 }; /* Sat, 13 Nov 2010 23:29:00 GMT */

static uint64_t expires_s(const char *fields)
{
    parse(fields, "");
    uint64_t expires_ms = content_expires_ms(&message, (uint64_t)ARRIVED_S * 1000);
    return expires_ms == UINT64_MAX ? UINT64_MAX : expires_ms / 1000;
}

/* RFC 3428 7: from Date if there is one, else from the arrival. */
START_TEST(rfc3428_7_expires)
{
    ck_assert_uint_eq(expires_s(""), UINT64_MAX);
    ck_assert_uint_eq(expires_s("Date: Sat, 13 Nov 2010 23:29:00 GMT\r\n"), UINT64_MAX);
    ck_assert_uint_eq(expires_s("Expires: soon\r\n"), UINT64_MAX);
    ck_assert_uint_eq(expires_s("Expires: 60\r\n"), ARRIVED_S + 60);
    ck_assert_uint_eq(expires_s("Expires: 60\r\nDate: Sat, 13 Nov 2010 23:00:00 GMT\r\n"),
                      ARRIVED_S - 29 * 60 + 60);
    ck_assert_uint_eq(expires_s("Expires: 60\r\nDate: Sun, 14 Nov 2010 00:00:00 GMT\r\n"),
                      ARRIVED_S + 31 * 60 + 60);
    ck_assert_uint_eq(expires_s("Expires: 4294967295\r\n"), (uint64_t)ARRIVED_S + UINT32_MAX);
}
END_TEST

/* A clock that is wrong by days would make everything expired, or last for years. */
START_TEST(insane_dates)
{
    ck_assert_uint_eq(expires_s("Expires: 9\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"),
                      ARRIVED_S + 9);
    ck_assert_uint_eq(expires_s("Expires: 9\r\nDate: Sat, 13 Nov 2011 23:29:00 GMT\r\n"),
                      ARRIVED_S + 9);
    ck_assert_uint_eq(expires_s("Expires: 9\r\nDate: yesterday\r\n"), ARRIVED_S + 9);
}
END_TEST

UNIT_MAIN("im/content", plain, rfc3994_momentary, rfc5438_9_notices, automatic, rfc5438_6_wishes,
          message_id_too_long, encoded, broken_cpim, rfc5365_6_lists, rfc3428_7_expires,
          insane_dates)
