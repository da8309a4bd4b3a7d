/* presence_test.c: the dispatcher's partitions, and users who are no more. */
#include "presence/presence.h"

#include "fixture/broken.h"
#include "fixture/events.h"

START_TEST(starts_empty_and_ends)
{
    events_open();
    const struct presence_counts counts = presence_count(presence);
    ck_assert_uint_eq(counts.resources + counts.publications + counts.subscriptions, 0);
    presence_free(&presence);
    ck_assert_ptr_null(presence);
    events_close();
}
END_TEST

/* Everything acknowledged is there in the next life; what is in the middle of something ends with
 * the dispatcher. */
START_TEST(lives_on)
{
    events_open();
    ck_assert_uint_eq(publish("", "one"), 200);
    ck_assert_uint_eq(publish("", "two"), 200);
    ck_assert_uint_eq(subscribe(""), 200); /* its NOTIFY is not answered */
    ground_ask(ground, publishing("", "three"));
    events_restart(); /* a polite end commits what waits */
    ck_assert_uint_eq(presence_count(presence).publications, 3);
    ck_assert_uint_eq(presence_count(presence).subscriptions, 1);
    ground_wait(ground, 100);
    const char *text = notified("SIP/2.0 200 OK");
    ck_assert_has(text, ">one<");
    ck_assert_has(text, ">three<");
    events_close();
}
END_TEST

/* Only what belongs to the partition is loaded again. */
START_TEST(one_partition)
{
    struct ask ask;
    events_open();
    ck_assert_uint_eq(publish("", "one"), 200);
    ask = subscribing("");
    ask.uri = "sip:carol@example.org";
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    notified("SIP/2.0 200 OK");
    const struct resource *carol =
        resource_find(presence, presence_of_package(), BYTES("carol@example.org"), false);
    ck_assert_int_eq(presence_load(presence, partition_of(BOB)), ERR_NONE);
    ck_assert_ptr_eq(
        resource_find(presence, presence_of_package(), BYTES("carol@example.org"), false), carol);
    ck_assert_uint_eq(presence_count(presence).publications, 1);
    ck_assert_uint_eq(presence_count(presence).subscriptions, 1);
    events_close();
}
END_TEST

/* Publications are read before subscriptions: half a partition is none, and nobody is told of it.
 */
START_TEST(half_a_partition)
{
    unsigned partition = partition_of(BOB);
    events_open();
    watch("");
    ck_assert_uint_eq(publish("Expires: 600\r\n", "one"), 200);
    notified("SIP/2.0 200 OK");
    ground->mark = ground->net.sent_count;
    ground_break(ground, "subscriptions");
    ck_assert_int_ne(presence_load(presence, partition), ERR_NONE);
    ck_assert_uint_eq(presence_count(presence).resources, 0);
    ck_assert_uint_eq(presence_count(presence).publications, 0);
    ground_wait(ground, 700000);
    ck_assert_uint_eq(store_latest(ground->parts.store, partition).number, 0);
    ck_assert_uint_eq(notifies(), 0);
    ground_mend(ground, "subscriptions");
    ck_assert_int_eq(presence_load(presence, partition), ERR_NONE);
    ck_assert_uint_eq(presence_count(presence).publications, 1);
    ck_assert_uint_eq(presence_count(presence).subscriptions, 1);
    presence_close(presence, partition);
    ck_assert_uint_eq(presence_count(presence).resources, 0);
    ground_wait(ground, 100);
    ck_assert_uint_eq(notifies(), 0);
    events_close();
}
END_TEST

/* RFC 3903 6: what was acknowledged stays until it is over, also under a lower limit. */
START_TEST(body_limit_lowered)
{
    char fields[200];
    events_open();
    watch("");
    ck_assert_uint_eq(publish("Expires: 600\r\n", "one"), 200);
    notified("SIP/2.0 200 OK");
    presence->settings.body_max_bytes = 100;
    events_restart();
    ck_assert_uint_eq(presence->settings.body_max_bytes, 100);
    ck_assert_uint_eq(presence_count(presence).publications, 1);
    ground_wait(ground, 100);
    ck_assert_has(notified("SIP/2.0 200 OK"), ">one<");
    snprintf(fields, sizeof(fields), "SIP-If-Match: %s\r\n", bob()->publications->tag.text);
    ck_assert_uint_eq(publish(fields, NULL), 200);
    snprintf(fields, sizeof(fields), "%s", if_match());
    ck_assert_uint_eq(publish(fields, "two"), 413); /* a new document is a new document */
    ck_assert_uint_eq(publish("", "two"), 413);
    events_restart();
    ck_assert_uint_eq(presence_count(presence).publications, 1);
    ground_wait(ground, 100);
    ck_assert_has(notified("SIP/2.0 200 OK"), ">one<");
    snprintf(fields + strlen(fields), sizeof(fields) - strlen(fields), "Expires: 0\r\n");
    ck_assert_uint_eq(publish(fields, NULL), 200);
    ck_assert_lacks(notified("SIP/2.0 200 OK"), "<tuple");
    ck_assert_uint_eq(presence_count(presence).publications, 0);
    events_close();
}
END_TEST

/* What nobody can read does no harm. A body that makes no sense goes when its time is over; an
 * event that this version does not know is left alone. */
START_TEST(senseless_rows)
{
    const struct store_publication rows[] = {
        {.aor = BOB, .event = BYTES("weather"), .id = BYTES("1"), .expires_ms = 1800000000000},
        {.aor = BOB,
         .event = BYTES("presence"),
         .id = BYTES("2"),
         .tag = BYTES("2"),
         .body = BYTES("<presence"),
         .expires_ms = 1800000000000},
    };
    events_open();
    struct store_set *set = store_begin(ground->parts.store, partition_of(BOB));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        store_put_publication(set, &rows[i]);
    store_submit(ground->parts.store, &set);
    ground_commit(ground);
    events_restart();
    ck_assert_uint_eq(presence_count(presence).publications, 0);
    ck_assert_uint_eq(publish("SIP-If-Match: 2\r\n", NULL), 412);
    ck_assert_uint_eq(publish("", "one"), 200);
    events_restart();
    ck_assert_uint_eq(presence_count(presence).publications, 1);
    ck_assert(bob()->publications->ended && bob()->publications->next != NULL);
    ground->world.wall_ms = 1800000000000; /* the refresh was in time */
    bob()->publications->next->expires_ms = 1900000000000;
    publication_arm(bob()->publications->next);
    publication_arm(bob()->publications);
    ground_wait(ground, 1);
    ground_commit(ground);
    events_restart();
    ck_assert(!bob()->publications->ended && bob()->publications->next == NULL);
    events_close();
}
END_TEST

/* RFC 6665 4.1.3: who is watched does not exist any more, and who watches may not. */
START_TEST(user_removed)
{
    struct ask ask;
    events_open();
    watch("");
    ck_assert_uint_eq(publish("", "one"), 200);
    notified("SIP/2.0 200 OK");
    ask = subscribing("Contact: <sip:bob@127.0.0.2:5060>\r\n"); /* bob watches carol */
    ask.from = "<sip:bob@example.org>;tag=b1";
    ask.uri = "sip:carol@example.org";
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    notified("SIP/2.0 200 OK");
    ask = subscribing(""); /* alice watches carol too */
    ask.uri = "sip:carol@example.org";
    ask.call = "call-2";
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    notified("SIP/2.0 200 OK");
    presence_drop_user(presence, BYTES("nobody@example.org"));
    presence_drop_user(presence, BOB);
    ground->mark = ground->net.sent_count;
    ground_wait(ground, 1);
    ck_assert_uint_eq(notifies(), 0); /* not before it is durable */
    ground_commit(ground);
    ck_assert_uint_eq(notifies(), 2);
    ck_assert_has(sent_text(ground, "NOTIFY sip:alice@"), "terminated;reason=noresource\r\n");
    ck_assert_has(sent_text(ground, "NOTIFY sip:bob@"), "terminated;reason=rejected\r\n");
    ck_assert_uint_eq(presence_count(presence).subscriptions, 1);
    ck_assert_uint_eq(presence_count(presence).publications, 0);
    events_restart();
    ck_assert_uint_eq(presence_count(presence).subscriptions, 1);
    ck_assert_uint_eq(presence_count(presence).publications, 0);
    events_close();
}
END_TEST

/* The same when the accounts went while the server was down; nobody else suffers. */
START_TEST(user_removed_while_down)
{
    struct ask ask;
    events_open();
    watch("");
    ck_assert_uint_eq(publish("", "one"), 200);
    notified("SIP/2.0 200 OK");
    ask = subscribing("Contact: <sip:bob@127.0.0.2:5060>\r\n"); /* bob watches carol */
    ask.from = "<sip:bob@example.org>;tag=b1";
    ask.uri = "sip:carol@example.org";
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    notified("SIP/2.0 200 OK");
    ask.from = "<sip:x@elsewhere.org>;tag=x1"; /* somebody whose account is not here, too */
    ask.call = "call-2";
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    notified("SIP/2.0 200 OK");
    ck_assert_int_eq(account_delete(ground->accounts, BOB), ERR_NONE);
    events_restart();
    ground_wait(ground, 1);
    ground_commit(ground);
    ck_assert_has(sent_text(ground, "NOTIFY sip:alice@"), "terminated;reason=noresource\r\n");
    ck_assert_has(sent_text(ground, "NOTIFY sip:bob@"), "terminated;reason=rejected\r\n");
    ck_assert_uint_eq(presence_count(presence).subscriptions, 1);
    ck_assert_uint_eq(presence_count(presence).publications, 0);
    events_restart();
    ck_assert_uint_eq(presence_count(presence).subscriptions, 1);
    ck_assert_uint_eq(presence_count(presence).publications, 0);
    events_close();
}
END_TEST

/* Limits change while running; who is over them keeps what he has. */
START_TEST(settings_while_running)
{
    struct presence_settings settings;
    events_open();
    watch("");
    ck_assert_uint_eq(publish("", "one"), 200);
    settings = presence->settings;
    settings.publications_max = 1;
    settings.subscriptions_max_per_resource = 1;
    presence_reload(presence, &settings);
    ck_assert_uint_eq(publish("", "two"), 403);
    settings.body_max_bytes = 10;
    presence_reload(presence, &settings);
    ck_assert_uint_eq(publish("", "two"), 413);
    struct ask ask = subscribing("");
    ask.call = "call-2";
    ck_assert_uint_eq(ground_do(ground, ask), 403);
    ck_assert_uint_eq(presence_count(presence).publications, 1);
    ck_assert_uint_eq(presence_count(presence).subscriptions, 1);
    events_close();
}
END_TEST

UNIT_MAIN("presence", starts_empty_and_ends, lives_on, one_partition, half_a_partition,
          body_limit_lowered, senseless_rows, user_removed, user_removed_while_down,
          settings_while_running)
