/* dialog_test.c: the texts of a dialog (RFC 3261 12.1.1, 12.2.1.1). */
#include "front/dialog.h"

#include <stdio.h>

#include "base/memory.h"
#include "unit.h"

static const struct dialog_parts plain = {
    .call_id = {"c1", 2},
    .local_tag = {"l1", 2},
    .remote_tag = {"r1", 2},
    .local_uri = {"<sip:bob@example.org>", 21},
    .remote_uri = {"\"A\" <sip:alice@example.org>", 27},
    .remote_target = {"sip:alice@192.0.2.1:5070", 24},
    .contact = {"<sip:bob@127.0.0.1:5060>", 24},
};

static struct dialog dialog_of(struct dialog_parts parts)
{
    struct dialog dialog = {.local_cseq = 4};
    ck_assert(dialog_init(&dialog, &parts));
    return dialog;
}

#define ck_assert_bytes(slice, wanted)                                              \
    ck_assert_msg(bytes_equal((slice), bytes_of(wanted)), "\"%.*s\" is not \"%s\"", \
                  BYTES_ARGS(slice), (wanted))

static void assert_request(struct dialog *dialog, const char *wanted)
{
    char text[4000];
    struct buffer out = buffer_over(text, sizeof(text));
    dialog_write_line(dialog, SIP_NOTIFY, &out);
    dialog_write_head(dialog, SIP_NOTIFY, &out);
    ck_assert(!out.overflow);
    ck_assert_bytes(buffer_bytes(&out), wanted);
}

#define NAMES                                                              \
    "Max-Forwards: 70\r\nFrom: <sip:bob@example.org>;tag=l1\r\n"           \
    "To: \"A\" <sip:alice@example.org>;tag=r1\r\nCall-ID: c1\r\nContact: " \
    "<sip:bob@127.0.0.1:5060>\r\n"

START_TEST(without_routes)
{
    struct dialog dialog = dialog_of(plain);
    assert_request(&dialog,
                   "NOTIFY sip:alice@192.0.2.1:5070 SIP/2.0\r\n" NAMES "CSeq: 5 NOTIFY\r\n");
    ck_assert_bytes(dialog.next_hop, "sip:alice@192.0.2.1:5070");
    assert_request(&dialog,
                   "NOTIFY sip:alice@192.0.2.1:5070 SIP/2.0\r\n" NAMES "CSeq: 6 NOTIFY\r\n");
    dialog_release(&dialog);
}
END_TEST

/* RFC 3261 12.2.1.1: a loose router gets the remote target as Request-URI. */
START_TEST(loose_routes)
{
    struct dialog_parts parts = plain;
    parts.route_set = BYTES("<sip:p1.example.org;lr>, <sip:p2;x>");
    struct dialog dialog = dialog_of(parts);
    assert_request(&dialog, "NOTIFY sip:alice@192.0.2.1:5070 SIP/2.0\r\n" NAMES
                            "Route: <sip:p1.example.org;lr>, <sip:p2;x>\r\nCSeq: 5 NOTIFY\r\n");
    ck_assert_bytes(dialog.next_hop, "sip:p1.example.org;lr");
    dialog_release(&dialog);
}
END_TEST

/* RFC 3261 12.2.1.1: a strict router gets its own URI, the remote target is the last route. */
START_TEST(strict_routes)
{
    struct dialog_parts parts = plain;
    parts.route_set = BYTES("\"P, 1\" <sip:p1;method=INVITE;x?y=z>, <sip:p2;lr>");
    struct dialog dialog = dialog_of(parts);
    assert_request(&dialog, "NOTIFY sip:p1;x SIP/2.0\r\n" NAMES
                            "Route: <sip:p2;lr>, <sip:alice@192.0.2.1:5070>\r\nCSeq: 5 NOTIFY\r\n");
    ck_assert_bytes(dialog.next_hop, "sip:p1;method=INVITE;x?y=z");
    ck_assert_bytes(dialog.parts.route_set, "\"P, 1\" <sip:p1;method=INVITE;x?y=z>, <sip:p2;lr>");
    dialog_release(&dialog);
    parts.route_set = BYTES("<sip:p1>");
    dialog = dialog_of(parts);
    assert_request(&dialog, "NOTIFY sip:p1 SIP/2.0\r\n" NAMES
                            "Route: <sip:alice@192.0.2.1:5070>\r\nCSeq: 5 NOTIFY\r\n");
    dialog_release(&dialog);
}
END_TEST

/* RFC 3261 19.1.1: header fields and a method may stand in a Contact, not in a Request-URI. */
START_TEST(target_with_what_no_request_line_has)
{
    struct dialog_parts parts = plain;
    parts.remote_target = BYTES("sip:alice@h;method=BYE;ob?Subject=x");
    struct dialog dialog = dialog_of(parts);
    assert_request(&dialog, "NOTIFY sip:alice@h;ob SIP/2.0\r\n" NAMES "CSeq: 5 NOTIFY\r\n");
    ck_assert_bytes(dialog.parts.remote_target, "sip:alice@h;method=BYE;ob?Subject=x");
    dialog_release(&dialog);
}
END_TEST

/* RFC 3261 12.2.2: the target moves, the route set stays. */
START_TEST(retargeted)
{
    struct dialog_parts parts = plain;
    parts.route_set = BYTES("<sip:p1>, <sip:p2>");
    struct dialog dialog = dialog_of(parts);
    const char *text = dialog.text;
    ck_assert(dialog_retarget(&dialog, BYTES("sip:alice@192.0.2.1:5070")));
    ck_assert_ptr_eq(dialog.text, text);
    ck_assert(dialog_retarget(&dialog, BYTES("sip:alice@192.0.2.2")));
    assert_request(&dialog, "NOTIFY sip:p1 SIP/2.0\r\n" NAMES
                            "Route: <sip:p2>, <sip:alice@192.0.2.2>\r\nCSeq: 5 NOTIFY\r\n");
    ck_assert_bytes(dialog.parts.remote_target, "sip:alice@192.0.2.2");
    ck_assert_bytes(dialog.parts.call_id, "c1");
    dialog_release(&dialog);
}
END_TEST

START_TEST(too_long)
{
    static char long_text[17000];
    struct dialog dialog = {.local_cseq = 4};
    memset(long_text, 'x', sizeof(long_text));
    for (size_t length = 15000; length < sizeof(long_text); length += 100) {
        struct dialog_parts parts = plain;
        parts.call_id = bytes_from(long_text, length);
        if (!dialog_init(&dialog, &parts)) {
            ck_assert_ptr_null(dialog.text);
            ck_assert_uint_gt(length, 15900); /* 16384 less the other fields */
            continue;
        }
        ck_assert_uint_lt(length, 16384);
        dialog_release(&dialog);
    }
    dialog = dialog_of(plain);
    memcpy(long_text, "sip:", 4);
    ck_assert(!dialog_retarget(&dialog, bytes_from(long_text, sizeof(long_text))));
    assert_request(&dialog,
                   "NOTIFY sip:alice@192.0.2.1:5070 SIP/2.0\r\n" NAMES "CSeq: 5 NOTIFY\r\n");
    dialog_release(&dialog);
}
END_TEST

/* The target is counted twice: in the request line and as the last route. */
START_TEST(too_long_for_a_strict_router)
{
    static char target[9000];
    struct dialog_parts parts = plain;
    struct dialog dialog = {.local_cseq = 0};
    memset(target, 'x', sizeof(target));
    memcpy(target, "sip:", 4);
    parts.remote_target = bytes_from(target, sizeof(target));
    parts.route_set = BYTES("<sip:p1>");
    ck_assert(!dialog_init(&dialog, &parts));
}
END_TEST

static struct sip_message message;
static char raw[20000], memory_text[8192];
static struct buffer memory;

/* \1 stands for NUL, which a quoted pair may be (RFC 3261 25.1). */
static struct verdict parts_of(const char *from, const char *fields, struct dialog_parts *parts)
{
    int length =
        snprintf(raw, sizeof(raw),
                 "SUBSCRIBE sip:bob@example.org SIP/2.0\r\nVia: SIP/2.0/UDP a\r\nFrom: %s\r\n"
                 "To: sip:bob@example.org;x=y\r\nCall-ID: c1\r\nCSeq: 1 SUBSCRIBE\r\n%s"
                 "Content-Length: 0\r\n\r\n",
                 from, fields);
    for (int i = 0; i < length; i++)
        if (raw[i] == '\1')
            raw[i] = '\0';
    memory = buffer_over(memory_text, sizeof(memory_text));
    ck_assert(verdict_ok(sip_message_parse(bytes_from(raw, (size_t)length), true, &message)));
    return dialog_parts_of(&message, BYTES("sip:alice@a"), BYTES("l1"), BYTES("<sip:us>"), &memory,
                           parts);
}

/* RFC 3261 12.1.1: the remote side is From; no fold and no field parameter of it goes on. */
START_TEST(parts_of_a_request)
{
    struct dialog_parts parts;
    ck_assert(verdict_ok(parts_of("\"A\"\r\n <sip:alice@example.org> ;\r\n\ttag=r1;epid=7",
                                  "Record-Route: <sip:p1;lr>,\r\n <sip:p2>\r\nX: 1\r\n"
                                  "record-route: \"P\"\r\n\t<sip:p3;lr>\r\n",
                                  &parts)));
    ck_assert_bytes(parts.remote_uri, "\"A\"   <sip:alice@example.org>");
    ck_assert_bytes(parts.remote_tag, "r1");
    ck_assert_bytes(parts.local_uri, "sip:bob@example.org");
    ck_assert_bytes(parts.local_tag, "l1");
    ck_assert_bytes(parts.route_set, "<sip:p1;lr>, <sip:p2>, \"P\"  \t<sip:p3;lr>");
    ck_assert_bytes(parts.call_id, "c1");
    ck_assert_bytes(parts.contact, "<sip:us>");
    struct dialog dialog = dialog_of(parts);
    ck_assert_bytes(dialog.next_hop, "sip:p1;lr");
    dialog_release(&dialog);
}
END_TEST

/* Rows are text, and what leaves has no NUL. */
START_TEST(parts_have_no_nul)
{
    struct dialog_parts parts;
    ck_assert(verdict_ok(parts_of("\"A\\\1\" <sip:alice@example.org>;tag=r1",
                                  "Record-Route: \"P\\\1\" <sip:p3;lr>\r\n", &parts)));
    ck_assert_bytes(parts.remote_uri, "\"A\\ \" <sip:alice@example.org>");
    ck_assert_bytes(parts.route_set, "\"P\\ \" <sip:p3;lr>");
}
END_TEST

START_TEST(parts_without_tag_or_too_long)
{
    static char fields[9000];
    struct dialog_parts parts;
    ck_assert_uint_eq(parts_of("<sip:alice@example.org>", "", &parts).status, 400);
    snprintf(fields, sizeof(fields), "Record-Route: <sip:%08200d;lr>\r\n", 0);
    ck_assert_uint_eq(parts_of("<sip:alice@example.org>;tag=r1", fields, &parts).status, 400);
}
END_TEST

/* What we would write into a Route is a Route (RFC 3261 20.34). */
START_TEST(parts_with_a_broken_route)
{
    struct dialog_parts parts;
    static const char *const broken[] = {"p1", "<sip:p1", "<sip:p1;lr>, *", "<sip:a b>"};
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        char fields[100];
        snprintf(fields, sizeof(fields), "Record-Route: %s\r\n", broken[i]);
        ck_assert_uint_eq(parts_of("<sip:alice@example.org>;tag=r1", fields, &parts).status, 400);
    }
}
END_TEST

UNIT_MAIN("dialog", without_routes, loose_routes, strict_routes,
          target_with_what_no_request_line_has, retargeted, too_long, too_long_for_a_strict_router,
          parts_of_a_request, parts_have_no_nul, parts_without_tag_or_too_long,
          parts_with_a_broken_route)
