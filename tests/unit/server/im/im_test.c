/* im_test.c: MESSAGE goes to every device of its receiver (RFC 3428 5), and is kept for those that
 * are away. */
#include "im/im.h"

#include "fixture/messaging.h"

#define COUNTED(name) (messaging.ground->metrics.values[METRIC_##name])

/* RFC 3428 7: 202 when it is stored; nothing is answered before. */
START_TEST(nobody_is_registered)
{
    messaging_open(NULL);
    ground_ask(messaging.ground, (struct ask){.body = "x"});
    ck_assert_uint_eq(sent_count(messaging.ground, "SIP/2.0 "), 0);
    ground_commit(messaging.ground);
    ck_assert_uint_eq(sent_status(messaging.ground), 202);
    ck_assert_uint_eq(COUNTED(messages_relayed), 0);
    ck_assert_uint_eq(COUNTED(messages_stored), 1);
    ck_assert_uint_eq(im_count(messaging.im).stored, 1);
    ck_assert_uint_eq(messaging_rows_of("bob@example.org").owed, 1);
    ck_assert_uint_eq(messaging_rows_of("alice@example.org").messages, 1); /* her history */
    ck_assert_uint_eq(ground_do(messaging.ground, (struct ask){.uri = "sip:nobody@example.org"}),
                      404);
    messaging_close();
}
END_TEST

/* An operator who does not want to store: as a proxy does it. */
START_TEST(nothing_is_stored)
{
    struct im_settings settings = im_settings_default();
    settings.store = false;
    messaging_open(&settings);
    ck_assert_uint_eq(messaging_send("x"), 480);
    ck_assert_uint_eq(messaging_rows_of("bob@example.org").messages, 0);
    messaging_close();
}
END_TEST

START_TEST(every_contact)
{
    messaging_open(NULL);
    messaging_contact("sip:0@127.0.0.2:5060", "");
    messaging_contact("sip:1@127.0.0.2:5060", "");
    ck_assert_uint_eq(messaging_send("x"), 0);
    ck_assert_uint_eq(sent_count(messaging.ground, "MESSAGE sip:0@127.0.0.2:5060 SIP/2.0\r\n"), 1);
    const struct sent *sent =
        sent_nth(messaging.ground, "MESSAGE sip:1@127.0.0.2:5060 SIP/2.0\r\n", 0);
    ck_assert_ptr_nonnull(sent);
    ck_assert_has(sent->text, "\r\n\r\nx");
    ck_assert_uint_eq(COUNTED(messages_relayed), 1);
    ck_assert_uint_eq(im_count(messaging.im).live, 1);
    ground_answer(messaging.ground, sent, "SIP/2.0 202 Accepted", "");
    ground_commit(messaging.ground);
    ck_assert_uint_eq(sent_status(messaging.ground), 202);
    ck_assert_uint_eq(im_count(messaging.im).live, 0);
    ck_assert_uint_eq(im_count(messaging.im).stored, 0);
    messaging_close();
}
END_TEST

/* RFC 3428 7: no body in a 2xx; what else the device says goes back. */
START_TEST(answer_without_body)
{
    messaging_open(NULL);
    messaging_contact("sip:0@127.0.0.2:5060", "");
    messaging_send("x");
    ground_answer(messaging.ground, sent_nth(messaging.ground, "MESSAGE ", 0), "SIP/2.0 200 Fine",
                  "X-Mine: yes\r\n");
    ground_commit(messaging.ground);
    ck_assert_has(sent_text(messaging.ground, "SIP/2.0 200 Fine"), "X-Mine: yes");
    messaging_close();
}
END_TEST

/* A tag in To makes no dialog with us: the message goes its way and is not kept. */
START_TEST(with_a_to_tag)
{
    messaging_open(NULL);
    ck_assert_uint_eq(
        ground_do(messaging.ground, (struct ask){.to = "<sip:bob@example.org>;tag=z"}), 480);
    messaging_contact("sip:0@127.0.0.2:5060", "");
    ground_ask(messaging.ground, (struct ask){.to = "<sip:bob@example.org>;tag=z"});
    ck_assert_uint_eq(sent_count(messaging.ground, "MESSAGE"), 1);
    ck_assert_uint_eq(im_count(messaging.im).live, 0);
    messaging_close();
}
END_TEST

START_TEST(more_than_fit)
{
    char uri[64];
    messaging_open(NULL);
    for (unsigned i = 0; i < 30; i++) {
        snprintf(uri, sizeof(uri), "sip:%u@127.0.0.2:5060", i);
        messaging_contact(uri, "");
    }
    messaging_send("x");
    ck_assert_uint_eq(sent_count(messaging.ground, "MESSAGE "), 20);
    ck_assert_uint_eq(COUNTED(forks_limited), 1);
    messaging_close();
}
END_TEST

/* The same request, which the client sends once more: the same answer, and no second message. */
START_TEST(repeated)
{
    struct ask ask = {.body = "x", .cseq = 7, .call = "same"};
    messaging_open(NULL);
    ck_assert_uint_eq(ground_do(messaging.ground, ask), 202);
    ck_assert_uint_eq(ground_do(messaging.ground, ask), 202);
    ck_assert_uint_eq(messaging_rows_of("bob@example.org").messages, 1);
    messaging_unbuild();
    ground_restart(messaging.ground);
    messaging_build(NULL);
    for (unsigned partition = 0; partition < PARTITIONS; partition++)
        ck_assert_int_eq(im_load(messaging.im, partition), ERR_NONE);
    ck_assert_uint_eq(im_count(messaging.im).stored, 1);
    ck_assert_uint_eq(ground_do(messaging.ground, ask), 202);
    ck_assert_uint_eq(messaging_rows_of("bob@example.org").messages, 1);
    ck_assert_uint_eq(COUNTED(messages_repeated), 2);
    messaging_close();
}
END_TEST

/* The user goes: so does what is theirs, also what is under way. */
START_TEST(user_is_dropped)
{
    messaging_open(NULL);
    ck_assert_uint_eq(messaging_send("x"), 202);
    messaging_came("bob@example.org", "urn:uuid:1");
    messaging_contact("sip:0@127.0.0.2:5060", "urn:uuid:2");
    messaging_send("y");
    im_drop_user(messaging.im, BYTES("bob@example.org"));
    ground_commit(messaging.ground);
    const struct messaging_rows rows = messaging_rows_of("bob@example.org");
    ck_assert_uint_eq(rows.messages + rows.owed + rows.devices, 0);
    ck_assert_uint_eq(im_count(messaging.im).stored + im_count(messaging.im).live, 0);
    ck_assert_uint_eq(im_count(messaging.im).devices, 0);
    messaging_close();
}
END_TEST

/* Who sends has the message in the history; who was removed while it was live has nothing. */
START_TEST(sender_goes_meanwhile)
{
    for (int removed = 0; removed < 2; removed++) {
        messaging_open(NULL);
        messaging_contact("sip:0@127.0.0.2:5060", "");
        ck_assert_uint_eq(messaging_send("x"), 0);
        if (removed) {
            ck_assert_int_eq(account_delete(messaging.ground->accounts, BYTES("alice@example.org")),
                             ERR_NONE);
            ground_refresh_accounts(messaging.ground);
            im_drop_user(messaging.im, BYTES("alice@example.org"));
        }
        im_drain(messaging.im);
        ground_commit(messaging.ground);
        ck_assert_uint_eq(messaging_rows_of("bob@example.org").messages, 1);
        ck_assert_uint_eq(messaging_rows_of("alice@example.org").messages, !removed);
        messaging_close();
    }
}
END_TEST

/* At the end of the server whoever waits is answered, and what is owed is stored. */
START_TEST(drained)
{
    messaging_open(NULL);
    messaging_contact("sip:0@127.0.0.2:5060", "");
    ck_assert_uint_eq(messaging_send("x"), 0);
    im_drain(messaging.im);
    ground_commit(messaging.ground);
    ck_assert_uint_eq(sent_status(messaging.ground), 202);
    ck_assert_uint_eq(messaging_rows_of("bob@example.org").owed, 1);
    messaging_close();
}
END_TEST

/* im_post: stored first, delivered from there; the same one is not made twice; limits. */
START_TEST(posted)
{
    struct im_settings settings = im_settings_default();
    settings.stored_max = 1;
    bool refused;
    struct im_post post = {
        .owner = BYTES("bob@example.org"),
        .kind = STORE_NOTICE,
        .peer = BYTES("alice@example.org"),
        .origin = {BYTES("c1"), BYTES("z9hG4bK1"), 1},
        .from_tag = BYTES("t"),
        .content_type = BYTES("text/plain"),
        .head = BYTES("MESSAGE sip:bob@example.org SIP/2.0\r\nFrom: <sip:alice@example.org>;tag=t"
                      "\r\nTo: <sip:bob@example.org>\r\nCall-ID: c1\r\nCSeq: 1 MESSAGE\r\n"
                      "Content-Length: 2\r\n\r\n"),
        .body = BYTES("hi"),
        .expires_ms = UINT64_MAX >> 2,
    };
    messaging_open(&settings);
    messaging_contact("sip:0@127.0.0.2:5060", "");
    messaging.ground->mark = messaging.ground->net.sent_count;
    struct store_change change = im_post(messaging.im, &post, &refused);
    ck_assert(!refused && change.number != 0);
    ck_assert_uint_eq(sent_count(messaging.ground, "MESSAGE "), 0);
    ground_commit(messaging.ground);
    ck_assert_uint_eq(sent_count(messaging.ground, "MESSAGE sip:0@127.0.0.2:5060 "), 1);
    ck_assert_has(sent_text(messaging.ground, "MESSAGE "), "\r\n\r\nhi");
    (void)im_post(messaging.im, &post, &refused);
    ck_assert(!refused);
    post.origin.cseq = 2;
    change = im_post(messaging.im, &post, &refused);
    ck_assert(refused && change.number == 0);
    ck_assert_uint_eq(COUNTED(messages_limited), 1);
    messaging_close();
}
END_TEST

UNIT_MAIN("im", nobody_is_registered, nothing_is_stored, every_contact, answer_without_body,
          with_a_to_tag, more_than_fit, repeated, user_is_dropped, sender_goes_meanwhile, drained,
          posted)
