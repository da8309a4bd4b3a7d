/* list_test.c: messages to several receivers (RFC 5363, RFC 5365). */
#include "im/list_internal.h"
#include "pidf/documents.h"
#include "posted.h"

#define MIXED "Require: recipient-list-message\r\nContent-Type: multipart/mixed;boundary=\"b\"\r\n"
#define TEXT_PART "--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n"
#define LIST_HEAD                                                      \
    "--b\r\nContent-Type: application/resource-lists+xml\r\n"          \
    "Content-Disposition: recipient-list\r\n\r\n"                      \
    "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\" " \
    "xmlns:cp=\"urn:ietf:params:xml:ns:copycontrol\"><list>"
#define LIST(entries) LIST_HEAD entries "</list></resource-lists>\r\n"
#define ENTRY(uri) "<entry uri=\"" uri "\"/>"
#define BOB ENTRY("sip:bob@example.org")
#define CAROL ENTRY("sip:carol@example.org")
#define END "--b--\r\n"

static struct ground *ground;
static struct proxy *proxy;
static struct im *im;
static struct im_settings settings;
static const char *unwilling; /* who does not consent; NULL: all do */

bool __wrap_judge_consents(const struct judge *judge, const struct im_settings *current,
                           const struct policy_watcher *sender, struct bytes receiver);
bool __wrap_judge_consents(const struct judge *judge, const struct im_settings *current,
                           const struct policy_watcher *sender, struct bytes receiver)
{
    (void)judge;
    (void)current;
    ck_assert(bytes_equal(sender->aor, BYTES("alice@example.org")));
    return unwilling == NULL ||
           memmem(unwilling, strlen(unwilling), receiver.at, receiver.length) == NULL;
}

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
    unwilling = NULL;
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

static struct ask to_list(const char *body)
{
    return (struct ask){.uri = "sip:list@example.org", .fields = MIXED, .body = body};
}

static unsigned send(const char *body)
{
    return ground_do(ground, to_list(body));
}

/* RFC 5365 7.2 and 7.3: one message each, without the wrapper when one body is left. */
START_TEST(rfc5365_7_2_shares)
{
    char wanted[2000];
    open_im();
    ck_assert_uint_eq(send(TEXT_PART LIST(BOB CAROL) END), 202);
    ck_assert_uint_eq(posted_count, 2);
    const struct posted *post = &posted[0];
    ck_assert_str_eq(post->owner, "bob@example.org");
    ck_assert_str_eq(post->peer, "alice@example.org");
    ck_assert(post->post.kind == STORE_RECEIVED && !post->post.goes_out);
    snprintf(wanted, sizeof(wanted),
             "MESSAGE sip:bob@example.org SIP/2.0\r\nMax-Forwards: 70\r\n"
             "From: <sip:alice@example.org>;tag=%s\r\nTo: <sip:bob@example.org>\r\nCall-ID: %s\r\n"
             "CSeq: 1 MESSAGE\r\nDate: Tue, 14 Nov 2023 22:13:20 GMT\r\n"
             "Content-Type: text/plain\r\nContent-Length: 5\r\n\r\n",
             post->tag, post->call);
    ck_assert_str_eq(post->head, wanted);
    ck_assert_str_eq(post->body, "hello");
    ck_assert_str_eq(posted[1].owner, "carol@example.org");
    ck_assert_str_ne(posted[1].call, post->call);
    ck_assert_uint_eq(ground->metrics.values[METRIC_lists_divided], 1);
    ck_assert_uint_eq(ground->metrics.values[METRIC_list_shares], 2);
    close_im();
}
END_TEST

/* RFC 5365 7.2: other fields go on; what was for this service does not. */
START_TEST(rfc5365_7_2_fields)
{
    open_im();
    struct ask ask = to_list(TEXT_PART LIST(BOB) END);
    ask.from = "\"Alice A.\" <sip:alice@example.org>;tag=secret";
    ask.call = "private@192.0.2.1";
    ask.fields = MIXED "Subject: lunch\r\nDate: Sat, 13 Nov 2010 23:29:00 GMT\r\n"
                       "Record-Route: <sip:192.0.2.1;lr>\r\n"
                       "Authorization: Digest username=\"alice\", realm=\"example.org\", "
                       "nonce=\"n\", uri=\"sip:x\", response=\"r\"\r\n"
                       "Proxy-Authorization: Digest username=\"alice\", realm=\"elsewhere.net\", "
                       "nonce=\"n\", uri=\"sip:x\", response=\"r\"\r\n";
    ck_assert_uint_eq(ground_do(ground, ask), 202);
    const char *head = posted[0].head;
    ck_assert_has(head, "From: \"Alice A.\" <sip:alice@example.org>;tag=");
    ck_assert_has(head, "Subject: lunch\r\n");
    ck_assert_has(head, "Date: Sat, 13 Nov 2010 23:29:00 GMT\r\n");
    ck_assert_has(head, "realm=\"elsewhere.net\"");
    ck_assert_ptr_null(strstr(head, "realm=\"example.org\""));
    ck_assert_ptr_null(strstr(head, "Require"));
    ck_assert_ptr_null(strstr(head, "Via"));
    ck_assert_ptr_null(strstr(head, "Route"));
    ck_assert_ptr_null(strstr(head, "secret"));
    ck_assert_ptr_null(strstr(head, "private"));
    ck_assert_ptr_null(strstr(head, "multipart"));
    close_im();
}
END_TEST

/* RFC 5365 7.3, RFC 5364 4: those of to and cc are shown, the bcc are not. */
START_TEST(rfc5365_7_3_history)
{
    open_im();
    ck_assert_uint_eq(send(TEXT_PART LIST(
                          "<entry uri=\"sip:bob@example.org\" cp:copyControl=\"to\"/>" CAROL) END),
                      202);
    ck_assert_uint_eq(posted_count, 2);
    ck_assert_has(posted[1].head, "Content-Type: multipart/mixed;boundary=\"b\"\r\n");
    ck_assert_str_eq(posted[1].body, TEXT_PART
                     "--b\r\nContent-Type: application/resource-lists+xml\r\n"
                     "Content-Disposition: recipient-list-history; handling=optional\r\n\r\n"
                     "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                     "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\" "
                     "xmlns:cp=\"urn:ietf:params:xml:ns:copycontrol\"><list>"
                     "<entry uri=\"sip:bob@example.org\" cp:copyControl=\"to\"/>"
                     "</list></resource-lists>\r\n" END);
    ck_assert_str_eq(posted[0].body, posted[1].body);
    close_im();
}
END_TEST

/* RFC 5365 7.3: further bodies stay together, byte for byte. */
START_TEST(rfc5365_7_3_several_bodies)
{
    open_im();
    ck_assert_uint_eq(
        send("preamble\r\n" TEXT_PART LIST(BOB) "--b\r\nContent-Type: image/png\r\n"
                                                "Content-ID: <1>\r\n\r\n\x89PNG\r\n" END),
        202);
    ck_assert_str_eq(posted[0].body, TEXT_PART "--b\r\nContent-Type: image/png\r\n"
                                               "Content-ID: <1>\r\n\r\n\x89PNG\r\n" END);
    close_im();
}
END_TEST

START_TEST(unwrapped_with_its_fields)
{
    open_im();
    ck_assert_uint_eq(send("--b\r\nContent-Type: message/cpim\r\nContent-Disposition: render\r\n"
                           "X: y\r\n\r\nFrom: <im:a@b>\r\n" LIST(BOB) END),
                      202);
    ck_assert_has(
        posted[0].head,
        "Content-Type: message/cpim\r\nContent-Disposition: render\r\nContent-Length: 14");
    ck_assert_ptr_null(strstr(posted[0].head, "X: y"));
    ck_assert_uint_eq(send("--b\r\n\r\nuntyped\r\n" LIST(BOB) END), 202);
    ck_assert_has(posted[1].head, "Content-Type: text/plain\r\nContent-Length: 7\r\n");
    close_im();
}
END_TEST

static void add_buddy(const char *buddy, const char *groups)
{
    const struct store_buddy row = {
        .aor = BYTES("alice@example.org"), .buddy = bytes_of(buddy), .groups = bytes_of(groups)};
    ck_assert_int_eq(account_put_buddy(ground->accounts, &row, 10), ERR_NONE);
    ck_assert_int_eq(policy_refresh(ground->parts.policy, ground->parts.store), ERR_NONE);
}

/* Nobody there can be asked; who is in the sender's roster is known (RFC 5363 5.2). */
START_TEST(another_domain)
{
    open_im();
    ck_assert_uint_eq(send(TEXT_PART LIST(ENTRY("sip:dave@elsewhere.net")) END), 470);
    add_buddy("dave@elsewhere.net", "");
    ck_assert_uint_eq(send(TEXT_PART LIST(ENTRY(
                          "sip:dave@elsewhere.net;transport=tcp;method=INVITE?Subject=x")) END),
                      202);
    ck_assert(posted[0].post.goes_out);
    ck_assert_str_eq(posted[0].owner, "alice@example.org");
    ck_assert_str_eq(posted[0].peer, "dave@elsewhere.net");
    ck_assert_has(posted[0].head, "MESSAGE sip:dave@elsewhere.net;transport=tcp SIP/2.0\r\n");
    ck_assert_has(posted[0].head, "To: <sip:dave@elsewhere.net;transport=tcp>\r\n");
    close_im();
}
END_TEST

/* RFC 5363 4.1: one copy, whatever the receiver is called. */
START_TEST(rfc5363_4_1_duplicates)
{
    open_im();
    ck_assert_uint_eq(
        send(TEXT_PART LIST(BOB ENTRY("sips:%62ob@EXAMPLE.ORG") ENTRY("im:bob@example.org")) END),
        202);
    ck_assert_uint_eq(posted_count, 1);
    close_im();
}
END_TEST

/* RFC 5363 5.2: nobody but our users divides messages here. */
START_TEST(rfc5363_5_2_strangers)
{
    open_im();
    struct ask ask = to_list(TEXT_PART LIST(BOB) END);
    ask.from = "<sip:mallory@elsewhere.net>;tag=1";
    ck_assert_uint_eq(ground_do(ground, ask), 403);
    ask.from = "<sip:nobody@example.org>;tag=1";
    ck_assert_uint_eq(ground_do(ground, ask), 403);
    ask.from = "<sip:anonymous@anonymous.invalid>;tag=1";
    ck_assert_uint_eq(ground_do(ground, ask), 403);
    ck_assert_uint_eq(posted_count, 0);
    close_im();
}
END_TEST

/* RFC 5363 5.2, RFC 5360: who does not consent gets nothing; one notice tells the sender of all. */
START_TEST(rfc5363_5_2_consent)
{
    open_im();
    unwilling = "carol@example.org";
    ck_assert_uint_eq(send(TEXT_PART LIST(BOB CAROL ENTRY("sip:nobody@example.org")) END), 202);
    ck_assert_uint_eq(posted_count, 2);
    ck_assert_str_eq(posted[0].owner, "bob@example.org");
    ck_assert_str_eq(posted[1].owner, "alice@example.org");
    ck_assert_int_eq(posted[1].post.kind, STORE_NOTICE);
    ck_assert_has(posted[1].head, "From: <sip:example.org>;tag=");
    ck_assert_str_eq(posted[1].body,
                     "Your message was not sent to sip:carol@example.org, sip:nobody@example.org: "
                     "they do not take messages that you send to several receivers, or have no "
                     "room for them.");
    ck_assert_uint_eq(ground->metrics.values[METRIC_list_receivers_left_out], 2);
    close_im();
}
END_TEST

/* RFC 5360 5.9: nobody is left. */
START_TEST(rfc5360_5_9_nobody_consents)
{
    open_im();
    unwilling = "bob@example.org carol@example.org";
    ck_assert_uint_eq(send(TEXT_PART LIST(BOB CAROL) END), 470);
    ck_assert_has(sent_text(ground, "SIP"), "SIP/2.0 470 Consent Needed\r\n");
    ck_assert_has(sent_text(ground, "SIP"),
                  "Permission-Missing: sip:bob@example.org, sip:carol@example.org\r\n");
    ck_assert_uint_eq(posted_count, 0);
    close_im();
}
END_TEST

/* Programs are not told (RFC 3834 2). */
START_TEST(left_out_by_a_program)
{
    open_im();
    unwilling = "carol@example.org";
    struct ask ask = to_list(TEXT_PART LIST(BOB CAROL) END);
    ask.fields = MIXED "Auto-Submitted: auto-generated\r\n";
    ck_assert_uint_eq(ground_do(ground, ask), 202);
    ck_assert_uint_eq(posted_count, 1);
    close_im();
}
END_TEST

START_TEST(no_room)
{
    open_im();
    posted_refuse = 1;
    ck_assert_uint_eq(send(TEXT_PART LIST(BOB CAROL) END), 202);
    ck_assert_has(posted[1].body, "Your message was not sent to sip:bob@example.org: ");
    posted_refuse = 2;
    ck_assert_uint_eq(send(TEXT_PART LIST(BOB CAROL) END), 480);
    close_im();
}
END_TEST

/* What cannot be read is refused, with the way out. */
START_TEST(refused)
{
    static const struct {
        const char *fields, *body;
        unsigned status;
    } samples[] = {
        {"Content-Type: text/plain\r\n", "hello", 415},
        {"", "", 415},
        {MIXED "Content-Encoding: gzip\r\n", TEXT_PART LIST(BOB) END, 415},
        {MIXED,
         TEXT_PART "--b\r\nContent-Type: text/uri-list\r\nContent-Disposition: "
                   "recipient-list\r\n\r\nsip:bob@example.org\r\n" END,
         415},
        {MIXED,
         TEXT_PART "--b\r\nContent-Type: application/resource-lists+xml\r\n"
                   "Content-Transfer-Encoding: base64\r\nContent-Disposition: "
                   "recipient-list\r\n\r\nPHg+\r\n" END,
         415},
        {MIXED, TEXT_PART END, 400},
        {MIXED, LIST(BOB) END, 400},
        {MIXED, TEXT_PART LIST(BOB) LIST(CAROL) END, 400},
        {MIXED, TEXT_PART LIST(BOB), 400},
        {MIXED, TEXT_PART LIST("") END, 400},
        {MIXED, TEXT_PART LIST("<entry/>") END, 400},
        {MIXED, TEXT_PART LIST("<entry-ref ref=\"x\"/>") END, 400},
        {MIXED, TEXT_PART LIST(ENTRY("tel:123")) END, 400},
        {MIXED "Require: x\r\n", TEXT_PART LIST(BOB) END, 420},
    };
    open_im();
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        struct ask ask = to_list(samples[i].body);
        ask.fields = samples[i].fields;
        ck_assert_msg(ground_do(ground, ask) == samples[i].status, "%zu", i);
        if (samples[i].status == 415)
            ck_assert_has(sent_text(ground, "SIP"),
                          "Accept: multipart/mixed, application/resource-lists+xml\r\n");
    }
    ck_assert_uint_eq(posted_count, 0);
    close_im();
}
END_TEST

START_TEST(too_many)
{
    open_im();
    settings.list_max = 1;
    im_reload(im, &settings);
    ck_assert_uint_eq(send(TEXT_PART LIST(BOB) END), 202);
    ck_assert_uint_eq(send(TEXT_PART LIST(BOB CAROL) END), 413);
    ck_assert_has(sent_text(ground, "SIP"), "SIP/2.0 413 A message has at most 1 receivers\r\n");
    ck_assert_uint_eq(ground->metrics.values[METRIC_lists_limited], 1);
    ck_assert_uint_eq(posted_count, 1);
    close_im();
}
END_TEST

/* Who is left out and cannot be named any more is counted. */
START_TEST(too_many_to_name)
{
    static char body[40000];
    struct buffer out = buffer_over(body, sizeof(body));
    open_im();
    buffer_text(&out, TEXT_PART LIST_HEAD BOB);
    for (int i = 0; i < 99; i++)
        buffer_format(&out, "<entry uri=\"sip:%0100d@example.org\"/>", i);
    buffer_text(&out, "</list></resource-lists>\r\n" END);
    buffer_char(&out, '\0');
    ck_assert(!out.overflow);
    ck_assert_uint_eq(send(body), 202);
    ck_assert_uint_eq(posted_count, 2);
    ck_assert_has(posted[1].body, "@example.org and ");
    ck_assert_has(posted[1].body, " others: they do not take");
    close_im();
}
END_TEST

/* The same request makes the same shares, whenever it comes; another one makes others. */
START_TEST(the_same_again)
{
    open_im();
    struct ask ask = to_list(TEXT_PART LIST(BOB) END);
    ask.cseq = 1;
    ck_assert_uint_eq(ground_do(ground, ask), 202);
    unbuild();
    ground_restart(ground);
    build();
    ask.body = TEXT_PART LIST(CAROL BOB) END;
    ck_assert_uint_eq(ground_do(ground, ask), 202);
    ck_assert_str_eq(posted[0].call, posted[2].call);
    ck_assert_str_eq(posted[0].tag, posted[2].tag);
    ck_assert_str_ne(posted[1].call, posted[2].call);
    ask.body = TEXT_PART LIST(BOB) END;
    ask.cseq = 2;
    ck_assert_uint_eq(ground_do(ground, ask), 202);
    ck_assert_str_ne(posted[3].call, posted[0].call);
    ask.cseq = 1;
    ask.call = "call-2";
    ck_assert_uint_eq(ground_do(ground, ask), 202);
    ck_assert_str_ne(posted[4].call, posted[0].call);
    ask.call = NULL;
    ask.from = "<sip:alice@example.org>;tag=another";
    ck_assert_uint_eq(ground_do(ground, ask), 202);
    ck_assert_str_ne(posted[5].call, posted[0].call);
    close_im();
}
END_TEST

/* The answer waits for every share, in whatever order their partitions are written. */
START_TEST(answered_when_all_are_durable)
{
    open_im();
    ground_ask(ground, to_list(TEXT_PART LIST(BOB CAROL) END));
    ck_assert_uint_eq(posted_count, 2);
    ck_assert_uint_eq(sent_status(ground), 0);
    store_step(ground->parts.store, partition_of(BYTES("carol@example.org")), SIZE_MAX,
               STORE_DURABLE);
    ground_wait(ground, 0);
    ck_assert_uint_eq(sent_status(ground), 0);
    ground_commit(ground);
    ck_assert_uint_eq(sent_status(ground), 202);
    close_im();
}
END_TEST

START_TEST(a_share_that_cannot_be_written)
{
    open_im();
    ground_ask(ground, to_list(TEXT_PART LIST(BOB CAROL) END));
    store_step(ground->parts.store, partition_of(BYTES("carol@example.org")), SIZE_MAX,
               STORE_DURABLE);
    ground_refuse(ground);
    ck_assert_uint_eq(sent_status(ground), 500);
    close_im();
}
END_TEST

START_TEST(freed_while_waiting)
{
    open_im();
    ground_ask(ground, to_list(TEXT_PART LIST(BOB CAROL) END));
    close_im();
}
END_TEST

static unsigned send_group(const char *uri, const char *fields)
{
    return ground_do(ground, (struct ask){.uri = uri, .fields = fields, .body = "hello"});
}

/* A group of the sender's own roster; the body goes as it came. */
START_TEST(groups)
{
    open_im();
    add_buddy("bob@example.org", "work\nclose friends");
    add_buddy("carol@example.org", "work");
    add_buddy("dave@elsewhere.net", "work");
    ck_assert_uint_eq(
        send_group("sip:list+work@example.org",
                   "Content-Type: text/plain\r\nContent-Language: en\r\nContent-Encoding: x\r\n"),
        202);
    ck_assert_uint_eq(posted_count, 3);
    ck_assert_str_eq(posted[0].owner, "bob@example.org");
    ck_assert_str_eq(posted[0].body, "hello");
    ck_assert_has(posted[0].head, "Content-Type: text/plain\r\nContent-Language: en\r\n"
                                  "Content-Encoding: x\r\n");
    ck_assert(posted[2].post.goes_out);
    ck_assert_has(posted[2].head, "MESSAGE sip:dave@elsewhere.net SIP/2.0\r\n");
    ck_assert_uint_eq(send_group("sip:list+close%20friends@example.org", NULL), 202);
    ck_assert_uint_eq(posted_count, 4);
    ck_assert_uint_eq(send_group("sip:list+nobody@example.org", NULL), 404);
    ck_assert_uint_eq(send_group("sip:list+Work@example.org", NULL), 404);
    ck_assert_uint_eq(send_group("sip:list+work@example.org", MIXED), 400);
    settings.list_max = 2;
    im_reload(im, &settings);
    ck_assert_uint_eq(send_group("sip:list+work@example.org", NULL), 413);
    close_im();
}
END_TEST

/* Expires of the message is that of its shares; what is good for a moment is not kept: 488. */
START_TEST(expiry)
{
    open_im();
    add_buddy("dave@elsewhere.net", "");
    uint64_t now_ms = ground->world.wall_ms;
    struct ask ask = to_list(TEXT_PART LIST(BOB ENTRY("sip:dave@elsewhere.net")) END);
    ck_assert_uint_eq(ground_do(ground, ask), 202);
    ck_assert_uint_eq(posted[0].post.expires_ms, now_ms + (uint64_t)30 * 86400000);
    ck_assert_uint_eq(posted[1].post.expires_ms, now_ms + (uint64_t)2 * 86400000);
    ask.fields = MIXED "Expires: 60\r\n";
    ck_assert_uint_eq(ground_do(ground, ask), 202);
    ck_assert_uint_eq(posted[2].post.expires_ms, now_ms + 60000);
    ask.fields = MIXED "Expires: 0\r\n";
    ck_assert_uint_eq(ground_do(ground, ask), 488);
    ck_assert_uint_eq(posted_count, 4);
    close_im();
}
END_TEST

START_TEST(another_name)
{
    open_im();
    settings.list_user = "all";
    im_reload(im, &settings);
    ck_assert_uint_eq(send(TEXT_PART LIST(BOB) END), 404);
    struct ask ask = to_list(TEXT_PART LIST(BOB) END);
    ask.uri = "sip:all@example.org";
    ck_assert_uint_eq(ground_do(ground, ask), 202);
    close_im();
}
END_TEST

UNIT_MAIN("im/list", rfc5365_7_2_shares, rfc5365_7_2_fields, rfc5365_7_3_history,
          rfc5365_7_3_several_bodies, unwrapped_with_its_fields, another_domain,
          rfc5363_4_1_duplicates, rfc5363_5_2_strangers, rfc5363_5_2_consent,
          rfc5360_5_9_nobody_consents, left_out_by_a_program, no_room, refused, too_many,
          too_many_to_name, the_same_again, answered_when_all_are_durable,
          a_share_that_cannot_be_written, freed_while_waiting, groups, expiry, another_name)
