/* report_test.c: what a sender learns of a message (RFC 5438 8). */
#include "im/report_internal.h"
#include "pidf/documents.h"
#include "posted.h"

static struct ground *ground;
static struct proxy *proxy;
static struct im *im;
static struct im_settings settings;
static char raw[8000];
static struct sip_message message;

static void build(void)
{
    const struct proxy_settings usual = proxy_settings_default();
    proxy = proxy_new(ground->front, &usual);
    im = im_new(ground->front, proxy, &settings);
}

static void open_im(void)
{
    settings = im_settings_default();
    posted_count = posted_refuse = 0;
    ground = ground_new(NULL);
    build();
}

static void unbuild(void)
{
    im_free(&im);
    proxy_free(&proxy);
}

static void close_im(void)
{
    unbuild();
    ground_free(ground);
}

/* A message of alice's for bob. */
static struct report_about about(const char *fields, const char *body)
{
    int length = snprintf(raw, sizeof(raw),
                          "MESSAGE sip:bob@example.org SIP/2.0\r\n"
                          "Via: SIP/2.0/UDP 127.0.0.2;branch=z9hG4bK-1\r\n"
                          "From: <sip:alice@example.org>;tag=1\r\nTo: <sip:bob@example.org>\r\n"
                          "Call-ID: 1\r\nCSeq: 1 MESSAGE\r\n"
                          "Date: Sat, 13 Nov 2010 23:29:00 GMT\r\n%s\r\n%s",
                          fields, body);
    ck_assert_int_lt(length, (int)sizeof(raw));
    ck_assert(verdict_ok(sip_message_parse(bytes_from(raw, (size_t)length), false, &message)));
    return (struct report_about){.message = &message,
                                 .owner = BYTES("bob@example.org"),
                                 .sender = BYTES("alice@example.org"),
                                 .serial = 7};
}

static struct report_about plain(void)
{
    return about("Content-Type: text/plain\r\n", "hello");
}

/* The same in CPIM, with such headers in IMDN's namespace ("i."). */
static struct report_about wishing(const char *headers)
{
    char body[4000];
    snprintf(body, sizeof(body),
             "From: Alice <im:alice@example.org>\r\nTo: Bob <im:bob@example.org>\r\n"
             "DateTime: 2008-04-04T12:16:49-05:00\r\nNS: i <urn:ietf:params:imdn>\r\n"
             "i.Message-ID: 34jk324j\r\n%s\r\nContent-Type: text/plain\r\n\r\nhello",
             headers);
    return about("Content-Type: message/cpim\r\n", body);
}

#define PROCESSING "i.Disposition-Notification: processing\r\n"
#define NEGATIVE "i.Disposition-Notification: positive-delivery, negative-delivery\r\n"

static void failed(struct report_about report)
{
    struct store_change change;
    (void)report_failed(im, &report, 480, "Temporarily Unavailable", &change);
    ground_commit(ground);
}

static void stored(struct report_about report)
{
    report_stored(im, &report);
}

static const char *document_of(const struct posted *post)
{
    char text[512];
    const char *document = strstr(post->body, "<?xml");
    ck_assert_ptr_nonnull(document);
    xmlSchema *schema = schema_open_file(SOURCE_DIR "/schemas/imdn.xsd");
    schema_judge(schema, document, text);
    xmlSchemaFree(schema);
    ck_assert_msg(text[0] == '\0', "%s in %s", text, document);
    return document;
}

/* RFC 5438 8.1 and 7.2.1.1: an IMDN in CPIM, from the receiver's address to the sender. */
START_TEST(rfc5438_8_1_stored)
{
    char wanted[2000];
    open_im();
    stored(wishing(PROCESSING));
    ck_assert_uint_eq(posted_count, 1);
    const struct posted *post = &posted[0];
    ck_assert_str_eq(post->owner, "alice@example.org");
    ck_assert_str_eq(post->peer, "bob@example.org");
    ck_assert(post->post.kind == STORE_NOTICE && !post->post.goes_out);
    ck_assert_uint_eq(post->post.expires_ms, ground->world.wall_ms + 86400000);
    snprintf(wanted, sizeof(wanted),
             "MESSAGE sip:alice@example.org SIP/2.0\r\nMax-Forwards: 70\r\n"
             "From: <sip:bob@example.org>;tag=%s\r\nTo: <sip:alice@example.org>\r\nCall-ID: %s\r\n"
             "CSeq: 1 MESSAGE\r\nDate: Tue, 14 Nov 2023 22:13:20 GMT\r\n"
             "Auto-Submitted: auto-replied\r\nContent-Type: message/cpim\r\n"
             "Content-Length: %zu\r\n\r\n",
             post->tag, post->call, strlen(post->body));
    ck_assert_str_eq(post->head, wanted);
    snprintf(wanted, sizeof(wanted),
             "From: <im:bob@example.org>\r\nTo: <im:alice@example.org>\r\n"
             "DateTime: 2023-11-14T22:13:20Z\r\nNS: imdn <urn:ietf:params:imdn>\r\n"
             "imdn.Message-ID: %s\r\n\r\nContent-Disposition: notification\r\n"
             "Content-Type: message/imdn+xml\r\nContent-Length: %zu\r\n\r\n%s",
             post->call, strlen(document_of(post)), document_of(post));
    ck_assert_str_eq(post->body, wanted);
    ck_assert_has(document_of(post), "<message-id>34jk324j</message-id>"
                                     "<datetime>2008-04-04T12:16:49-05:00</datetime>"
                                     "<recipient-uri>im:bob@example.org</recipient-uri>");
    ck_assert_has(document_of(post), "<processing-notification><status><stored/>");
    close_im();
}
END_TEST

/* What is not durable yet is not stored yet: nothing is said before, and nothing when it fails. */
START_TEST(stored_when_it_is_durable)
{
    open_im();
    for (int i = 0; i < 3; i++) {
        struct store_set *set =
            store_begin(ground->parts.store, partition_of(BYTES("bob@example.org")));
        store_delete_device(set, BYTES("bob@example.org"), BYTES("-"));
        store_submit(ground->parts.store, &set);
        stored(wishing(PROCESSING));
        ck_assert_uint_eq(posted_count, i > 0);
        if (i == 0)
            ground_commit(ground);
        else if (i == 1)
            ground_refuse(ground);
        ck_assert_uint_eq(posted_count, 1);
    }
    ck_assert_has(posted[0].head, "MESSAGE sip:alice@example.org SIP/2.0\r\n");
    ck_assert_has(document_of(&posted[0]), "<stored/>");
    close_im(); /* while one waits */
}
END_TEST

/* RFC 5438 8.1: only to whom asked for it. */
START_TEST(rfc5438_8_1_stored_only_when_asked)
{
    open_im();
    stored(plain());
    stored(wishing(""));
    stored(wishing(NEGATIVE));
    struct report_about nameless =
        about("Content-Type: message/cpim\r\n",
              "NS: i <urn:ietf:params:imdn>\r\n" PROCESSING "\r\nContent-Type: text/plain\r\n\r\n");
    stored(nameless);
    settings.imdn = false;
    im_reload(im, &settings);
    stored(wishing(PROCESSING));
    ck_assert_uint_eq(posted_count, 0);
    close_im();
}
END_TEST

/* RFC 5438 8.2 */
START_TEST(rfc5438_8_2_failed)
{
    open_im();
    failed(wishing(NEGATIVE));
    ck_assert_uint_eq(posted_count, 1);
    ck_assert_has(document_of(&posted[0]), "<delivery-notification><status><failed/>");
    ck_assert_uint_eq(ground->metrics.values[METRIC_reports_sent], 1);
    close_im();
}
END_TEST

/* RFC 5438 8.1 and 8.2: one notification a disposition. What is told again, after a crash perhaps,
 * is the same message, and im_post knows it. */
START_TEST(rfc5438_8_2_the_same_message_again)
{
    open_im();
    stored(wishing(PROCESSING NEGATIVE));
    failed(wishing(PROCESSING NEGATIVE));
    unbuild();
    ground_restart(ground);
    build();
    stored(wishing(PROCESSING NEGATIVE));
    failed(wishing(PROCESSING NEGATIVE));
    ck_assert_uint_eq(posted_count, 4);
    ck_assert_str_eq(posted[0].call, posted[2].call);
    ck_assert_str_eq(posted[0].tag, posted[2].tag);
    ck_assert_str_eq(posted[1].call, posted[3].call);
    ck_assert_str_ne(posted[0].call, posted[1].call);
    struct report_about other = wishing(NEGATIVE);
    other.serial = 8;
    failed(other);
    ck_assert_str_ne(posted[4].call, posted[1].call);
    other.owner = BYTES("carol@example.org");
    failed(other);
    ck_assert_str_ne(posted[5].call, posted[4].call);
    close_im();
}
END_TEST

/* Who did not ask for an IMDN, or cannot be sent one, reads words, from the receiver's domain. */
START_TEST(words)
{
    open_im();
    failed(plain());
    ck_assert_uint_eq(posted_count, 1);
    const struct posted *post = &posted[0];
    ck_assert_str_eq(post->owner, "alice@example.org");
    ck_assert_str_eq(post->peer, "example.org");
    ck_assert_has(post->head, "From: <sip:example.org>;tag=");
    ck_assert_has(post->head, "Auto-Submitted: auto-replied\r\n");
    ck_assert_has(post->head, "Content-Type: text/plain;charset=utf-8\r\n");
    ck_assert_str_eq(post->body, "Your message to sip:bob@example.org of Sat, 13 Nov 2010 23:29:00 "
                                 "GMT could not be delivered: Temporarily Unavailable (480).");
    close_im();
}
END_TEST

START_TEST(words_instead_of_an_imdn)
{
    open_im();
    failed(wishing(PROCESSING));
    ck_assert_has(posted[0].head, "text/plain");
    ground_wait(ground, 61000);
    settings.imdn = false;
    im_reload(im, &settings);
    failed(wishing(NEGATIVE));
    ck_assert_uint_eq(posted_count, 2);
    ck_assert_has(posted[1].head, "text/plain");
    close_im();
}
END_TEST

static void both(struct report_about report)
{
    failed(report);
    stored(report);
}

/* RFC 5438 7.2.1, RFC 3834 2: no notification about a notification, nor about what programs send.
 */
START_TEST(nobody_is_told)
{
    open_im();
    both(about("Content-Type: message/imdn+xml\r\n", "<imdn/>"));
    both(about("Content-Type: message/cpim\r\n",
               "From: <im:alice@example.org>\r\nNS: i <urn:ietf:params:imdn>\r\ni.Message-ID: 1\r\n"
               "i.Disposition-Notification: processing, negative-delivery\r\n\r\n"
               "Content-Type: message/imdn+xml\r\nContent-Disposition: notification\r\n\r\n<x/>"));
    both(about("Auto-Submitted: auto-generated\r\n", "x"));
    both(about("Expires: 0\r\n", "x"));
    both(about("Content-Type: application/im-iscomposing+xml\r\n", "<x/>"));
    struct report_about report = wishing(PROCESSING NEGATIVE);
    report.sender = BYTES("");
    both(report);
    report.sender = BYTES("anonymous@anonymous.invalid");
    report.foreign = true;
    both(report);
    report.sender = BYTES("nobody@example.org"); /* not ours, not proved to be somebody else's */
    report.foreign = false;
    both(report);
    ck_assert_uint_eq(posted_count, 0);
    close_im();
}
END_TEST

/* RFC 5438 14: of the users of some domains nothing is told. */
START_TEST(quiet_domains)
{
    open_im();
    settings.quiet[settings.quiet_count++] = "example.org";
    im_reload(im, &settings);
    both(wishing(PROCESSING NEGATIVE));
    both(plain());
    ck_assert_uint_eq(posted_count, 0);
    close_im();
}
END_TEST

START_TEST(to_another_domain)
{
    open_im();
    struct report_about report = wishing(NEGATIVE);
    report.sender = BYTES("dave@elsewhere.net");
    report.foreign = true;
    failed(report);
    report.message = plain().message;
    failed(report);
    ck_assert_uint_eq(posted_count, 2);
    for (int i = 0; i < 2; i++) {
        ck_assert(posted[i].post.goes_out);
        ck_assert_str_eq(posted[i].owner, "bob@example.org");
        ck_assert_str_eq(posted[i].peer, "dave@elsewhere.net");
        ck_assert_has(posted[i].head, "MESSAGE sip:dave@elsewhere.net SIP/2.0\r\n");
    }
    report.owner = BYTES(""); /* nobody of ours, on whose behalf it could go */
    failed(report);
    ck_assert_uint_eq(posted_count, 2);
    close_im();
}
END_TEST

/* We do not speak for the users of another domain. */
START_TEST(about_another_domain)
{
    open_im();
    struct report_about report = wishing(NEGATIVE);
    report.owner = BYTES("");
    failed(report);
    report.message = plain().message;
    failed(report);
    ck_assert_uint_eq(posted_count, 2);
    for (int i = 0; i < 2; i++) {
        ck_assert_str_eq(posted[i].owner, "alice@example.org");
        ck_assert_has(posted[i].head, "From: <sip:example.org>;tag=");
    }
    ck_assert_has(posted[1].body, "Your message to sip:bob@example.org");
    close_im();
}
END_TEST

static struct report_about numbered(struct report_about report, uint64_t serial)
{
    report.serial = serial;
    return report;
}

/* One notice a minute for one sender and one receiver; the rest is told together. */
START_TEST(words_once_a_minute)
{
    open_im();
    for (uint64_t i = 1; i <= 4; i++)
        failed(numbered(plain(), i));
    ck_assert_uint_eq(posted_count, 1);
    ck_assert_uint_eq(ground->metrics.values[METRIC_reports_folded], 3);
    struct report_about other = plain();
    other.owner = BYTES("carol@example.org");
    failed(other);
    ck_assert_uint_eq(posted_count, 2);
    ground_wait(ground, 59999);
    ck_assert_uint_eq(posted_count, 2);
    ground_wait(ground, 1);
    ck_assert_uint_eq(posted_count, 3);
    ck_assert_str_eq(posted[2].body,
                     "3 more of your messages to sip:bob@example.org could not be delivered.");
    ck_assert_str_ne(posted[2].call, posted[0].call);
    failed(numbered(plain(), 5)); /* still a minute from the last one */
    ck_assert_uint_eq(posted_count, 3);
    ground_wait(ground, 60000);
    ck_assert_uint_eq(posted_count, 4);
    ground_wait(ground, 120000);
    failed(numbered(plain(), 6));
    ck_assert_uint_eq(posted_count, 5);
    close_im();
}
END_TEST

/* So many are remembered; the oldest one then says at once what it has to say. */
START_TEST(words_for_many_receivers)
{
    char owner[40];
    struct store_change change;
    open_im();
    struct report_about report = plain();
    for (unsigned i = 0; i < 4097; i++) {
        snprintf(owner, sizeof(owner), "u%u@example.org", i);
        report.owner = bytes_of(owner);
        posted_count = 0;
        (void)report_failed(im, &report, 480, "x", &change);
        ck_assert_uint_eq(posted_count, 1 + (i == 4096));
        struct report_about second = numbered(report, 8);
        if (i == 0)
            (void)report_failed(im, &second, 480, "x", &change);
        ck_assert_uint_eq(posted_count, 1 + (i == 4096));
        ground_commit(ground);
    }
    ck_assert_str_eq(posted[0].body,
                     "1 more of your messages to sip:u0@example.org could not be delivered.");
    close_im();
}
END_TEST

/* IMDNs are asked for, one a message. */
START_TEST(imdns_are_not_folded)
{
    open_im();
    for (uint64_t i = 1; i <= 4; i++)
        failed(numbered(wishing(NEGATIVE), i));
    ck_assert_uint_eq(posted_count, 4);
    close_im();
}
END_TEST

START_TEST(the_sender_goes_meanwhile)
{
    open_im();
    failed(numbered(plain(), 1));
    failed(numbered(plain(), 2));
    ck_assert_int_eq(account_delete(ground->accounts, BYTES("alice@example.org")), ERR_NONE);
    ground_refresh_accounts(ground);
    ground_wait(ground, 60000);
    ck_assert_uint_eq(posted_count, 1);
    close_im();
}
END_TEST

/* No room: it is counted, and told once there is; in words too, though somebody was just told. */
START_TEST(refused)
{
    struct store_change change;
    open_im();
    struct report_about report = plain();
    posted_refuse = 1;
    ck_assert_int_eq(report_failed(im, &report, 480, "x", &change), REPORT_REFUSED);
    ck_assert_uint_eq(posted_count, 0);
    ck_assert_uint_eq(ground->metrics.values[METRIC_reports_refused], 1);
    posted_refuse = 0;
    ck_assert_int_eq(report_failed(im, &report, 480, "x", &change), REPORT_POSTED);
    ck_assert_uint_eq(posted_count, 1);
    ck_assert_uint_eq(ground->metrics.values[METRIC_reports_folded], 0);
    report.owner = BYTES("");
    report.sender = BYTES("");
    ck_assert_int_eq(report_failed(im, &report, 480, "x", &change), REPORT_NOT_DUE);
    close_im();
}
END_TEST

/* RFC 5438 7.2.1: IMDN-Record-Route becomes IMDN-Route, in its order. */
START_TEST(rfc5438_7_2_1_routes)
{
    open_im();
    failed(wishing(NEGATIVE "i.IMDN-Record-Route: One <sip:carol@example.org>\r\n"
                            "i.IMDN-Record-Route: <im:two@elsewhere.net>\r\n"));
    ck_assert_uint_eq(posted_count, 1);
    ck_assert_has(posted[0].body, "imdn.IMDN-Route: One <sip:carol@example.org>\r\n"
                                  "imdn.IMDN-Route: <im:two@elsewhere.net>\r\n");
    ck_assert_ptr_null(strstr(posted[0].body, "Record"));
    ck_assert_str_eq(posted[0].owner, "alice@example.org");
    ck_assert_has(posted[0].head, "MESSAGE sip:alice@example.org SIP/2.0\r\n");
    ck_assert_has(posted[0].head, "To: <sip:alice@example.org>\r\n");
    close_im();
}
END_TEST

/* A route to somebody who did not ask for anything is not followed: we are no amplifier. */
START_TEST(routes_to_others)
{
    static const char *const routes[] = {"sip:victim@elsewhere.net", "sip:carol@example.org", "x",
                                         "sip:x@127.0.0.9:9"};
    open_im();
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        char headers[500];
        snprintf(headers, sizeof(headers), NEGATIVE "i.IMDN-Record-Route: <%s>\r\n", routes[i]);
        failed(wishing(headers));
        ck_assert_str_eq(posted[i].owner, "alice@example.org");
        ck_assert(!posted[i].post.goes_out);
        ck_assert_has(posted[i].head, "MESSAGE sip:alice@example.org SIP/2.0\r\n");
    }
    struct report_about report =
        wishing(NEGATIVE "i.IMDN-Record-Route: <sip:relay@elsewhere.net:5070>\r\n");
    report.sender = BYTES("dave@elsewhere.net");
    report.foreign = true;
    failed(report);
    ck_assert_has(posted[4].head, "MESSAGE sip:relay@elsewhere.net:5070 SIP/2.0\r\n");
    ck_assert_has(posted[4].head, "To: <sip:dave@elsewhere.net>\r\n");
    close_im();
}
END_TEST

/* So many routes that nobody meant it: words instead. */
START_TEST(too_many_routes)
{
    char headers[3000];
    struct buffer out = buffer_over(headers, sizeof(headers));
    buffer_text(&out, NEGATIVE);
    for (int i = 0; i < 9; i++)
        buffer_format(&out, "i.IMDN-Record-Route: <im:%d@example.org>\r\n", i);
    buffer_char(&out, '\0');
    open_im();
    failed(wishing(headers));
    ck_assert_uint_eq(posted_count, 1);
    ck_assert_has(posted[0].head, "text/plain");
    close_im();
}
END_TEST

/* RFC 5438 11.1.2 and 11.1.4 */
START_TEST(rfc5438_11_1_original_to)
{
    open_im();
    failed(wishing(NEGATIVE "i.Original-To: <im:list@example.org>\r\n"));
    ck_assert_has(document_of(&posted[0]),
                  "<recipient-uri>im:bob@example.org</recipient-uri>"
                  "<original-recipient-uri>im:list@example.org</original-recipient-uri>");
    failed(about("Content-Type: message/cpim\r\n",
                 "Subject: no addresses\r\nNS: i <urn:ietf:params:imdn>\r\ni.Message-ID: "
                 "1\r\n" NEGATIVE "\r\nContent-Type: text/plain\r\n\r\n"));
    ck_assert_has(document_of(&posted[1]), "<datetime>2010-11-13T23:29:00Z</datetime>"
                                           "<recipient-uri>sip:bob@example.org</recipient-uri>");
    ck_assert_has(posted[1].body, "From: <sip:bob@example.org>\r\nTo: <sip:alice@example.org>\r\n");
    close_im();
}
END_TEST

UNIT_MAIN("im/report", rfc5438_8_1_stored, stored_when_it_is_durable,
          rfc5438_8_1_stored_only_when_asked, rfc5438_8_2_failed,
          rfc5438_8_2_the_same_message_again, words, words_instead_of_an_imdn, nobody_is_told,
          quiet_domains, to_another_domain, about_another_domain, words_once_a_minute,
          words_for_many_receivers, imdns_are_not_folded, the_sender_goes_meanwhile, refused,
          rfc5438_7_2_1_routes, routes_to_others, too_many_routes, rfc5438_11_1_original_to)
