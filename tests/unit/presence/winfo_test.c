/* winfo_test.c: watcher information: who is told what of bob's watchers (RFC 3857). */
#include "fixture/ruling.h"

static struct resource *winfo_resource(void)
{
    return resource_find(presence, package_find(BYTES("presence.winfo")), BOB, false);
}

/* The only NOTIFY of a dialog since the last request, a copy; its text is empty when there is none.
 */
static struct sent told(const char *call)
{
    char field[100];
    struct sent found = {0};
    unsigned count = 0;
    snprintf(field, sizeof(field), "\r\nCall-ID: %s\r\n", call);
    for (unsigned i = 0; i < notifies(); i++) {
        const struct sent *sent = sent_nth(ground, "NOTIFY ", i);
        if (strstr(sent->text, field) == NULL)
            continue;
        found = *sent;
        count++;
    }
    ck_assert_uint_le(count, 1);
    return found;
}

static void ok(const struct sent *sent)
{
    ck_assert_str_ne(sent->text, "");
    ground_answer(ground, sent, "SIP/2.0 200 OK", "");
    ground_commit(ground);
}

/* One of bob's devices subscribes to who watches him; its first document, not answered. */
static struct sent reader(const char *call)
{
    struct ask ask = subscribing("Event: presence.winfo\r\n");
    ask.from = "<sip:bob@example.org>;tag=b";
    ask.call = call;
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    return told(call);
}

/* Alice subscribes to bob; `first` and `second` are what those dialogs are told of it. */
static void alice(const char *call, const char *fields, struct sent *first, struct sent *second)
{
    struct ask ask = subscribing(fields);
    ask.call = call;
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    struct sent own = told(call);
    *first = told("one");
    *second = told("two");
    ok(&own);
}

static const char *id_in(const char *text)
{
    static char ids[2][64];
    static int which;
    const char *at = strstr(text, "<watcher id=\"");
    ck_assert_msg(at != NULL, "nobody in %s", text);
    which = 1 - which;
    snprintf(ids[which], sizeof(ids[which]), "%.*s", (int)strcspn(at + 13, "\""), at + 13);
    return ids[which];
}

static unsigned watchers_in(const char *text)
{
    unsigned count = 0;
    for (; (text = strstr(text, "<watcher ")) != NULL; text++)
        count++;
    return count;
}

/* RFC 3858 3: a token for each subscription, the same as long as it lives, also in another life of
 * the server; nothing of the dialog can be seen in it. */
START_TEST(rfc3858_3_id)
{
    struct sent sent, none;
    char id[64], tag[100];
    events_open();
    sent = reader("one");
    ok(&sent);
    alice("a", "", &sent, &none);
    keep_text(id, id_in(sent.text));
    struct bytes local_tag = bob()->subscriptions->dialog.parts.local_tag;
    snprintf(tag, sizeof(tag), "%.*s", BYTES_ARGS(local_tag));
    ck_assert_uint_eq(strlen(id), 20);
    ck_assert_uint_eq(strspn(id, "0123456789abcdef"), 20);
    ck_assert_lacks(strstr(sent.text, "<watcher "), tag);
    ck_assert_lacks(strstr(sent.text, "<watcher "), strchr(tag, '.') + 1);
    ok(&sent);
    alice("a2", "", &sent, &none);
    ck_assert_str_ne(id_in(sent.text), id);
    ok(&sent);
    events_restart();
    ground_wait(ground, 100);
    sent = told("one");
    ck_assert_has(sent.text, "state=\"full\"");
    ck_assert_has(sent.text, id);
    ck_assert_uint_eq(watchers_in(sent.text), 2);
    events_close();
}
END_TEST

/* RFC 3858 3, 4: from 0 by one, each subscription of its own; over a restart it goes on higher. */
START_TEST(rfc3858_4_versions)
{
    struct sent one, two;
    char expected[40];
    events_open();
    one = reader("one");
    ck_assert_has(one.text, "version=\"0\" state=\"full\"");
    ok(&one);
    for (unsigned i = 1; i < 5; i++) {
        char call[20];
        snprintf(call, sizeof(call), "a%u", i);
        alice(call, "", &one, &two);
        snprintf(expected, sizeof(expected), "version=\"%u\" state=\"partial\"", i);
        ck_assert_has(one.text, expected);
        ck_assert_uint_eq(watchers_in(one.text), 1);
        ok(&one);
    }
    two = reader("two");
    ck_assert_has(two.text, "version=\"0\" state=\"full\"");
    ck_assert_uint_eq(watchers_in(two.text), 4);
    ok(&two);
    events_restart();
    ground_wait(ground, 100);
    one = told("one");
    ck_assert_has(one.text, "version=\"65536\" state=\"full\""); /* CSEQ_STEP */
    ok(&one);
    alice("a9", "", &one, &two);
    ck_assert_has(one.text, "version=\"65537\" state=\"partial\"");
    events_close();
}
END_TEST

/* Where nobody asks nothing is kept; news go with the last reader who had not been told. */
START_TEST(kept_while_wanted)
{
    struct sent one, two;
    events_open();
    alice("a", "", &one, &two);
    ck_assert_str_eq(one.text, "");
    ck_assert_ptr_null(bob()->informs);
    ck_assert_ptr_null(bob()->subscriptions->news);
    one = reader("one");
    ck_assert_ptr_eq(bob()->informs, winfo_resource());
    ok(&one);
    two = reader("two"); /* does not answer */
    alice("a2", "", &one, &two);
    ck_assert_str_eq(two.text, "");
    ck_assert_uint_eq(winfo_resource()->winfo->readers, 2);
    ck_assert_ptr_nonnull(winfo_resource()->winfo->news);
    ok(&one);
    ck_assert_ptr_nonnull(winfo_resource()->winfo->news); /* the other's */
    ground_wait(ground, 33000);
    ground_commit(ground); /* it is gone (RFC 6665 4.2.2) */
    ck_assert_uint_eq(winfo_resource()->winfo->readers, 1);
    ck_assert_ptr_null(winfo_resource()->winfo->news);
    alice("a3", "", &one, &two);
    ck_assert_uint_eq(watchers_in(one.text), 1);
    ck_assert_ptr_null(winfo_resource()->winfo->news); /* it is in a document */
    events_close();
}
END_TEST

/* RFC 3857 4.7.2: who came and went before anybody heard is no news; who was heard of is. */
START_TEST(rfc3857_4_7_2_transient)
{
    struct sent one, two, none;
    events_open();
    one = reader("one");
    ok(&one);
    two = reader("two"); /* does not answer */
    const struct sent first = two;
    alice("a", "", &one, &none); /* `one` has heard of it, `two` has not */
    char dialog[200];
    snprintf(dialog, sizeof(dialog), "<sip:bob@example.org>;tag=%.*s",
             BYTES_ARGS(bob()->subscriptions->dialog.parts.local_tag));
    ok(&one);
    struct ask ask = subscribing("Expires: 0\r\n");
    ask.call = "a";
    ask.to = dialog;
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    one = told("one");
    ck_assert_has(one.text, "status=\"terminated\" event=\"timeout\"");
    ok(&one);
    ground_answer(ground, &first, "SIP/2.0 200 OK", "");
    ground_commit(ground);
    two = told("two");
    ck_assert_has(two.text, "version=\"1\" state=\"partial\"");
    ck_assert_uint_eq(watchers_in(two.text), 0);
    ok(&two);
    ck_assert_ptr_null(winfo_resource()->winfo->news);
    alice("f", "Expires: 0\r\n", &one, &two); /* a fetch */
    ck_assert_str_eq(one.text, "");
    ck_assert_str_eq(two.text, "");
    ck_assert_ptr_null(winfo_resource()->winfo->news);
    events_close();
}
END_TEST

/* What has gone is remembered for a slow reader, but not without end: then it gets everything. */
START_TEST(bounded)
{
    enum { MANY = 1010 };
    struct sent one, two;
    events_open();
    presence->settings.winfo_max_bytes = 2000;
    presence->settings.subscriptions_max_per_watcher = 2 * MANY;
    for (unsigned i = 0; i < MANY; i++) {
        char call[20];
        snprintf(call, sizeof(call), "a%u", i);
        alice(call, "", &one, &two);
    }
    one = reader("one"); /* does not answer */
    struct winfo *winfo = winfo_resource()->winfo;
    subscription_drop_watcher(presence, BYTES("alice@example.org"));
    for (unsigned i = 0; i < 20; i++) {
        ground_wait(ground, 1000);
        ground_commit(ground);
        ck_assert_uint_le(winfo->over_count, 1000);
    }
    ck_assert_uint_eq(bob()->subscription_count, 0);
    ck_assert(winfo->resource->subscriptions->reader->whole);
    ck_assert_uint_eq(winfo->over_count, MANY - 1001);
    ground_answer(ground, &one, "SIP/2.0 200 OK", "");
    ground_commit(ground);
    one = told("one");
    ck_assert_has(one.text, "version=\"1\" state=\"full\"");
    ck_assert_ptr_null(winfo->news);
    events_close();
}
END_TEST

/* Bob's device refreshes; its document, not answered. */
static struct sent reads_again(const char *call, const char *to)
{
    struct ask ask = subscribing("Event: presence.winfo\r\n");
    ask.from = "<sip:bob@example.org>;tag=b";
    ask.call = call;
    ask.to = to;
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    return told(call);
}

/* Answers until nothing follows; how many watchers there were, and in how many documents. */
static unsigned read_on(const char *call, struct sent sent, unsigned *documents)
{
    unsigned count = 0;
    for (*documents = 0; sent.text[0] != '\0'; ++*documents) {
        count += watchers_in(sent.text);
        ground->mark = ground->net.sent_count;
        ok(&sent);
        sent = told(call);
    }
    return count;
}

/* What does not fit into one reader's full document goes on for that reader alone: the others are
 * told nothing (RFC 3857 4.3: it is the subscriber's own refresh). */
START_TEST(continued_for_one)
{
    enum { MANY = 40 };
    struct sent one, two, none;
    char to[200];
    unsigned documents;
    events_open();
    presence->settings.winfo_max_bytes = 1024;
    for (unsigned i = 0; i < MANY; i++) {
        char call[20];
        snprintf(call, sizeof(call), "a%u", i);
        alice(call, "", &none, &none);
    }
    one = reader("one");
    keep_text(to, dialog_to());
    ck_assert_uint_eq(read_on("one", one, &documents), MANY);
    ck_assert_uint_gt(documents, 2);
    two = reader("two");
    ck_assert_uint_eq(read_on("two", two, &documents), MANY);
    const size_t sent = ground->net.sent_count;
    one = reads_again("one", to);
    ck_assert_has(one.text, "state=\"full\"");
    ck_assert_ptr_null(winfo_resource()->winfo->news);
    ck_assert_str_eq(told("two").text, "");
    ck_assert_uint_eq(read_on("one", one, &documents), MANY);
    ck_assert_uint_eq(ground->net.sent_count - sent, 1 + documents); /* the 200 and these */
    events_close();
}
END_TEST

/* Where a list goes on may end meanwhile; what moves meanwhile is told once, as it is then. */
START_TEST(continued_over_changes)
{
    enum { MANY = 12 };
    struct sent one, none;
    unsigned documents;
    events_open();
    presence->settings.winfo_max_bytes = 1024;
    for (unsigned i = 0; i < MANY; i++) {
        char call[20];
        snprintf(call, sizeof(call), "a%u", i);
        alice(call, "", &none, &none);
    }
    one = reader("one");
    unsigned first = watchers_in(one.text);
    ck_assert_uint_lt(first + 3, MANY);
    struct subscription *rest = winfo_resource()->subscriptions->reader->rest;
    ck_assert_ptr_eq(rest->resource, bob());
    struct subscription *next = rest->next;
    subscription_drop(rest);
    ck_assert_ptr_eq(winfo_resource()->subscriptions->reader->rest, next);
    while (next != NULL) {
        rest = next;
        next = next->next;
        subscription_drop(rest);
    }
    ck_assert_ptr_null(winfo_resource()->subscriptions->reader->rest);
    alice("new", "", &none, &none);
    ck_assert_uint_eq(read_on("one", one, &documents), MANY + 1); /* who has gone, too */
    ck_assert_ptr_null(winfo_resource()->winfo->news);
    events_close();
}
END_TEST

/* A reader that ends leaves nothing behind, whatever it was not told; a resource that goes takes
 * all of it along. */
START_TEST(leaves)
{
    struct sent one, two;
    events_open();
    one = reader("one");
    char to[200];
    keep_text(to, dialog_to());
    alice("a", "", &two, &two);
    ck_assert_ptr_nonnull(bob()->subscriptions->news);
    ground_answer(ground, &one, "SIP/2.0 481 x", "");
    ground_commit(ground);
    ck_assert_ptr_null(winfo_resource());
    ck_assert_ptr_null(bob()->informs);
    ck_assert_ptr_null(bob()->subscriptions->news);
    one = reader("one"); /* news that nobody is told of any more: the partition is forgotten */
    alice("a2", "", &two, &two);
    ck_assert_ptr_nonnull(bob()->subscriptions->next->news);
    presence_close(presence, partition_of(BOB));
    ck_assert_ptr_null(winfo_resource());
    events_close();
}
END_TEST

UNIT_MAIN("presence/winfo", rfc3858_3_id, rfc3858_4_versions, kept_while_wanted,
          rfc3857_4_7_2_transient, bounded, continued_for_one, continued_over_changes, leaves)
