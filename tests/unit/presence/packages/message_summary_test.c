/* message_summary_test.c: message waiting through its table (RFC 3842). */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "presence/packages/package.h"
#include "unit.h"

static const struct event_package *package;
static struct package_workshop *workshop;

static void open_all(void)
{
    static const struct package_limits limits = {.body_max_bytes = 4096,
                                                 .message_headers = "From, Subject"};
    package = package_find(BYTES("message-summary"));
    ck_assert_ptr_nonnull(package);
    workshop = package->workshop_new(&limits);
}

static void close_all(void)
{
    package->workshop_free(&workshop);
    ck_assert_ptr_null(workshop);
}

static struct document *accepted(const char *body)
{
    const struct entity_check entity = {NULL, NULL};
    struct document *document = NULL;
    struct verdict v = package->accept(workshop, bytes_of(body), &entity, &document);
    ck_assert_msg(verdict_ok(v), "%u %s: %s", v.status, v.reason, body);
    return document;
}

static void assert_refused(const char *body, unsigned status, const char *reason)
{
    const struct entity_check entity = {NULL, NULL};
    struct document *document = NULL;
    struct verdict v = package->accept(workshop, bytes_of(body), &entity, &document);
    ck_assert_msg(v.status == status, "%u: %s", v.status, body);
    ck_assert_ptr_nonnull(strstr(v.reason, reason));
    ck_assert_ptr_null(document);
}

enum { BODIES_MAX = 8 };

/* What these bodies make together. */
static struct blob *composed(const char *const *bodies)
{
    struct document_source sources[BODIES_MAX] = {0};
    struct document *documents[BODIES_MAX] = {NULL};
    size_t count = 0;
    for (; bodies[count] != NULL; count++) {
        documents[count] = accepted(bodies[count]);
        sources[count].document = documents[count];
    }
    struct blob *state = package->compose(BYTES("sip:alice@example.org"), sources, count);
    for (size_t i = 0; i < count; i++)
        package->document_free(&documents[i]);
    return state;
}

static void assert_blob(struct blob *blob, const char *wanted)
{
    ck_assert_msg(bytes_equal(blob_bytes(blob), bytes_of(wanted)), "%.*s\nis not\n%s",
                  BYTES_ARGS(blob_bytes(blob)), wanted);
    blob_unref(&blob);
}

#define assert_composed(wanted, ...) \
    assert_blob(composed((const char *const[]){__VA_ARGS__, NULL}), wanted)

START_TEST(rfc3842_facts)
{
    open_all();
    ck_assert_str_eq(package->spec, "RFC 3842");
    ck_assert_str_eq(package->notify_types[0], "application/simple-message-summary");
    ck_assert_ptr_null(package->notify_types[1]);
    ck_assert_uint_eq(package->subscribe.usual, 3600); /* 3.4 */
    ck_assert_int_eq(package->audience, AUDIENCE_BY_OWN_RULES);
    close_all();
}
END_TEST

/* Whatever stands there comes out again, each class by its usual name. */
START_TEST(rfc3842_5_2)
{
    open_all();
    assert_composed("Messages-Waiting: yes\r\nMessage-Account: sip:alice@vmail.example.com\r\n"
                    "Voice-Message: 2/8 (0/2)\r\n",
                    "Messages-Waiting: yes\r\nMessage-Account: sip:alice@vmail.example.com\r\n"
                    "Voice-Message: 2/8 (0/2)\r\n");
    assert_composed("Messages-Waiting: no\r\n", "Messages-Waiting: no");
    assert_composed("Messages-Waiting: no\r\nVoice-Message: 0/0\r\nVideo-Message: 1/2\r\n"
                    "Fax-Message: 3/4\r\nPager-Message: 5/6\r\nMultimedia-Message: 7/8\r\n"
                    "Text-Message: 9/10\r\nNone: 11/12\r\nx-own: 1/1 (1/0)\r\n",
                    "messages-waiting : NO\nx-own: 1/1 (1/0)\nNONE: 11/12\ntext-message:9/10\n"
                    "multimedia-message: 7 / 8\npager-message: 5/6\nfax-message: 3/4\n"
                    "video-message: 1/2\nvoice-message: 0/0\n");
    /* folded lines (RFC 3261 7.3.1), brackets that should not be there */
    assert_composed("Messages-Waiting: yes\r\nMessage-Account: sip:vm@example.org\r\n"
                    "Voice-Message: 1/2\r\n",
                    "Messages-Waiting:\r\n yes\r\nMessage-Account: <sip:vm@example.org>\r\n"
                    "Voice-Message: 1/\r\n\t2\r\n");
    close_all();
}
END_TEST

/* 3.5: what is larger than a count may be is the largest, in one source and in all. */
START_TEST(rfc3842_3_5_largest)
{
    open_all();
    assert_composed("Messages-Waiting: yes\r\nVoice-Message: 4294967295/1\r\n",
                    "Messages-Waiting: yes\r\nVoice-Message: 99999999999999999999999/1\r\n");
    assert_composed("Messages-Waiting: yes\r\nVoice-Message: 4294967295/3\r\n",
                    "Messages-Waiting: yes\r\nVoice-Message: 4294967295/1\r\n",
                    "Messages-Waiting: yes\r\nVoice-Message: 7/2\r\n");
    close_all();
}
END_TEST

/* Several messaging systems, one lamp. */
START_TEST(sources_are_added)
{
    open_all();
    assert_composed("Messages-Waiting: yes\r\nMessage-Account: sip:a@x\r\n"
                    "Voice-Message: 3/9 (0/2)\r\nFax-Message: 1/0\r\n",
                    "Messages-Waiting: no\r\nVoice-Message: 1/1\r\n",
                    "Messages-Waiting: yes\r\nMessage-Account: sip:a@x\r\nFax-Message: 1/0\r\n",
                    "Messages-Waiting: no\r\nMessage-Account: sip:b@x\r\n"
                    "voice-message: 2/8 (0/2)\r\n");
    assert_blob(package->compose(BYTES("sip:alice@example.org"), NULL, 0),
                "Messages-Waiting: no\r\n");
    close_all();
}
END_TEST

START_TEST(what_is_wrong_is_named)
{
    open_all();
    assert_refused("", 400, "begins with");
    assert_refused("Voice-Message: 1/1\r\n", 400, "begins with");
    assert_refused("Messages-Waiting: maybe\r\n", 400, "neither yes nor no");
    assert_refused("Messages-Waiting: yes\r\nVoice-Message: 1\r\n", 400, "2/8");
    assert_refused("Messages-Waiting: yes\r\nVoice-Message: -1/2\r\n", 400, "2/8");
    assert_refused("Messages-Waiting: yes\r\nVoice-Message: 1/2 (1/2\r\n", 400, "2/8");
    assert_refused("Messages-Waiting: yes\r\nVoice-Message: 1/2 (1/2) x\r\n", 400, "2/8");
    assert_refused("Messages-Waiting: yes\r\nVoice Message: 1/2\r\n", 400, "not like");
    assert_refused("Messages-Waiting: yes\r\nFax-Message: 1/2\r\nfax-message: 1/2\r\n", 400,
                   "twice");
    assert_refused("Messages-Waiting: yes\r\nMessage-Account: alice\r\n", 400, "no URI");
    assert_refused("Messages-Waiting: yes\r\nMessage-Account: sip:a b\r\n", 400, "no URI");
    assert_refused("Messages-Waiting: yes\r\nMessage-Account: sip:a\r\nMessage-Account: sip:a\r\n",
                   400, "twice");
    assert_refused("Messages-Waiting: yes\r\n\r\nno field\r\n", 400, "no header field");
    assert_refused("Messages-Waiting: yes\r\n\r\nSubject: a\x01z\r\n", 400, "control");
    char many[1024] = "Messages-Waiting: yes\r\n";
    for (int i = 0; i < 17; i++)
        snprintf(many + strlen(many), sizeof(many) - strlen(many), "c%d: 1/1\r\n", i);
    assert_refused(many, 400, "too many");
    char *large = memory_new(5000);
    memset(large, ' ', 4999);
    assert_refused(large, 413, "too long");
    free(large);
    close_all();
}
END_TEST

#define ONE "\r\nFrom: <sip:bob@example.org>\r\nSubject: one\r\n"
#define TWO "\r\nFrom: <sip:carol@example.org>\r\nSubject: two\r\n"
#define COUNTS(new_ones) "Messages-Waiting: yes\r\nVoice-Message: " #new_ones "/0\r\n"

static void assert_parts(struct package_parts *parts, const char *wanted)
{
    ck_assert_ptr_null(parts->tail); /* no version */
    assert_blob(parts->head, wanted);
}

/* 3.5: nothing of messages at first, then of those alone that are new; of them what the
 * administrator wants told. */
START_TEST(rfc3842_3_5_headers)
{
    struct package_parts parts;
    open_all();
    struct blob *first = composed((const char *const[]){
        COUNTS(1) "\r\nFrom: <sip:bob@example.org>\r\nX-Own: 1\r\nSubject:\r\n one\r\n", NULL});
    struct blob *second = composed((const char *const[]){COUNTS(2) ONE TWO "\r\nTo: x\r\n", NULL});
    ck_assert_ptr_eq(package->partials->type, package->notify_types[0]);
    package->partials->whole(workshop, first, &parts);
    assert_parts(&parts, COUNTS(1));
    ck_assert(package->partials->difference(workshop, first, second, &parts));
    assert_parts(&parts, COUNTS(2) TWO);
    ck_assert(package->partials->difference(workshop, second, second, &parts));
    assert_parts(&parts, COUNTS(2));
    ck_assert(package->partials->difference(workshop, second, first, &parts));
    assert_parts(&parts, COUNTS(1));
    blob_unref(&first);
    blob_unref(&second);
    close_all();
}
END_TEST

/* A name may hold much, but not everything. */
START_TEST(no_nul_in_names)
{
    static const char body[] = "Messages-Waiting: yes\r\nVoice\0-Message: 1/0\r\n";
    const struct entity_check entity = {NULL, NULL};
    struct document *document = NULL;
    open_all();
    struct verdict v =
        package->accept(workshop, bytes_from(body, sizeof(body) - 1), &entity, &document);
    ck_assert_uint_eq(v.status, 400);
    close_all();
}
END_TEST

/* An orphan's successor speaks of the same account. */
START_TEST(same_account)
{
    open_all();
    struct document *a = accepted("Messages-Waiting: yes\r\nMessage-Account: sip:a@x\r\n");
    struct document *b = accepted("Messages-Waiting: no\r\nMessage-Account: sip:a@x\r\n");
    struct document *c = accepted("Messages-Waiting: no\r\n");
    ck_assert(package->same_things(a, b));
    ck_assert(!package->same_things(a, c));
    package->document_free(&a);
    package->document_free(&b);
    package->document_free(&c);
    close_all();
}
END_TEST

UNIT_MAIN("message_summary", rfc3842_facts, rfc3842_5_2, rfc3842_3_5_largest, sources_are_added,
          what_is_wrong_is_named, rfc3842_3_5_headers, no_nul_in_names, same_account)
