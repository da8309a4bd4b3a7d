/* resource_test.c: one address-of-record and event, composed once however many watch it. */
#include "fixture/events.h"

START_TEST(found_and_made)
{
    const struct event_package *package = presence_of_package();
    events_open();
    ck_assert_ptr_null(resource_find(presence, package, BOB, false));
    struct resource *resource = resource_find(presence, package, BOB, true);
    ck_assert_ptr_eq(resource_find(presence, package, BOB, true), resource);
    ck_assert_ptr_eq(resource_find(presence, package, BOB, false), resource);
    ck_assert_ptr_null(resource_find(presence, package, BYTES("carol@example.org"), false));
    ck_assert(bytes_equal(resource->aor, BOB));
    ck_assert_uint_eq(resource->partition, partition_of(BOB));
    ck_assert_uint_eq(presence_count(presence).resources, 1);
    resource_settle(resource);
    ck_assert_ptr_null(resource_find(presence, package, BOB, false));
    ck_assert_uint_eq(presence_count(presence).resources, 0);
    events_close();
}
END_TEST

/* The longest address-of-record that the front end lets pass. */
START_TEST(long_names)
{
    static char aor[1025];
    char wanted[1100];
    events_open();
    memset(aor, 'a', 1024);
    memcpy(aor + 1024 - 12, "@example.org", 12);
    struct resource *resource = resource_find(presence, presence_of_package(), bytes_of(aor), true);
    snprintf(wanted, sizeof(wanted), "entity=\"sip:%s\"", aor);
    struct bytes state = blob_bytes(resource_state(resource));
    ck_assert_ptr_nonnull(memmem(state.at, state.length, wanted, strlen(wanted)));
    resource_settle(resource);
    events_close();
}
END_TEST

START_TEST(composed_once)
{
    events_open();
    ck_assert_uint_eq(publish("", "one"), 200);
    ck_assert_ptr_null(bob()->state); /* nobody wants to know */
    watch("");
    struct blob *state = bob()->state;
    ck_assert_ptr_nonnull(state);
    ck_assert_ptr_eq(resource_state(bob()), state);
    struct ask carol = subscribing("");
    carol.from = "<sip:carol@example.org>;tag=c1";
    ck_assert_uint_eq(ground_do(ground, carol), 200);
    ck_assert_ptr_eq(bob()->state, state);
    events_close();
}
END_TEST

/* All publications, the newest first. */
START_TEST(of_several)
{
    events_open();
    watch("");
    ck_assert_uint_eq(publish("", "one"), 200);
    notified("SIP/2.0 200 OK");
    ground_wait(ground, 1000);
    ck_assert_uint_eq(publish("", "two"), 200);
    const char *text = notified("SIP/2.0 200 OK");
    ck_assert_has(text, ">two<");
    ck_assert_has(strstr(text, ">two<"), ">one<");
    events_close();
}
END_TEST

/* Who is removed has no state; who watches learns once that there is none any more. */
START_TEST(ended)
{
    events_open();
    watch("");
    ck_assert_uint_eq(publish("", "one"), 200);
    notified("SIP/2.0 200 OK");
    struct ask carol = subscribing("");
    carol.from = "<sip:carol@example.org>;tag=c1";
    ck_assert_uint_eq(ground_do(ground, carol), 200); /* and does not answer */
    ck_assert_uint_eq(publish("", "two"), 200);
    const struct sent alices = *sent_nth(ground, "NOTIFY", 0);
    ground_answer(ground, &alices, "SIP/2.0 200 OK", "");
    ground_fill_store(ground);
    resource_end(bob());
    ground_wait(ground, 500);
    ck_assert_uint_eq(presence_count(presence).publications, 2);
    store_step(ground->parts.store, PARTITIONS, SIZE_MAX, STORE_DURABLE);
    ground_wait(ground, 1000);
    ck_assert_uint_eq(presence_count(presence).publications, 0);
    ck_assert_uint_eq(presence_count(presence).subscriptions, 0);
    ck_assert_uint_eq(sent_count(ground, "NOTIFY sip:alice@127.0.0.2:5060"),
                      ground->metrics.values[METRIC_retransmissions_sent]); /* carol's */
    ground->mark = ground->net.sent_count;
    ground_commit(ground);
    const char *text = notified("SIP/2.0 200 OK");
    ck_assert_has(text, "terminated;reason=noresource\r\n");
    ck_assert_lacks(text, "<tuple");
    ck_assert_ptr_nonnull(bob()); /* carol's NOTIFY is under way */
    ground_wait(ground, 30000);   /* her timer F has not fired */
    ground->mark = ground->net.sent_count;
    ground_wait(ground, 1000);
    ck_assert_has(sent_text(ground, "NOTIFY"), "terminated;reason=noresource\r\n");
    ground_wait(ground, 33000);
    ck_assert_ptr_null(bob());
    ck_assert_uint_eq(ground->metrics.values[METRIC_subscriptions_failed], 0);
    events_restart();
    ck_assert_ptr_null(bob());
    events_close();
}
END_TEST

static void watched_by(unsigned count)
{
    char call[20];
    for (unsigned i = 0; i < count; i++) {
        snprintf(call, sizeof(call), "watch-%u", i);
        struct ask ask = subscribing("");
        ask.call = call;
        ck_assert_uint_eq(ground_do(ground, ask), 200);
    }
}

/* However many watch: their rows do not come to lie in one change set, which has a bound. */
START_TEST(ended_in_rounds)
{
    events_open();
    ck_assert_uint_eq(publish("", "one"), 200);
    watched_by(450);
    uint64_t changes = ground->metrics.values[METRIC_store_changes];
    ck_assert_int_eq(account_delete(ground->accounts, BOB), ERR_NONE);
    ground_refresh_accounts(ground);
    presence_drop_user(presence, BOB);
    ground_wait(ground, 0);
    ck_assert_uint_eq(presence_count(presence).publications, 0);
    ck_assert_uint_eq(presence_count(presence).subscriptions, 250);
    ground_commit(ground);
    ground_fill_store(ground); /* with the store full the rest waits */
    ground_wait(ground, 500);
    ck_assert_uint_eq(presence_count(presence).subscriptions, 250);
    uint64_t filled = ground->metrics.values[METRIC_store_changes];
    store_step(ground->parts.store, PARTITIONS, SIZE_MAX, STORE_DURABLE);
    filled = ground->metrics.values[METRIC_store_changes] - filled;
    ground_wait(ground, 1100);
    ck_assert_uint_eq(presence_count(presence).subscriptions, 0);
    ground_commit(ground);
    ck_assert_uint_eq(ground->metrics.values[METRIC_store_changes] - filled, changes + 3);
    events_close();
}
END_TEST

/* Who is made again meanwhile keeps whom the rounds have not reached, and what is published. */
START_TEST(made_again_between_rounds)
{
    events_open();
    watched_by(201);
    ck_assert_int_eq(account_delete(ground->accounts, BOB), ERR_NONE);
    ground_refresh_accounts(ground);
    presence_drop_user(presence, BOB);
    ground_wait(ground, 0);
    ck_assert_uint_eq(presence_count(presence).subscriptions, 1);
    ground_add_account(ground, "bob@example.org");
    ground_refresh_accounts(ground);
    ck_assert_uint_eq(publish("", "two"), 200);
    ground_wait(ground, 100);
    ck_assert_uint_eq(presence_count(presence).subscriptions, 1);
    ck_assert_uint_eq(presence_count(presence).publications, 1);
    events_close();
}
END_TEST

/* A partition is forgotten with all that is under way. */
START_TEST(cleared)
{
    events_open();
    ck_assert_uint_eq(publish("", "one"), 200);
    ck_assert_uint_eq(subscribe(""), 200);
    const struct sent sent = *sent_nth(ground, "NOTIFY", 0);
    resource_end(bob());
    home_clear(presence, partition_of(BOB));
    const struct presence_counts counts = presence_count(presence);
    ck_assert_uint_eq(counts.resources + counts.publications + counts.subscriptions, 0);
    ck_assert_ptr_null(presence->watchers);
    ground_answer(ground, &sent, "SIP/2.0 200 OK", "");
    ground_wait(ground, 100000);
    ground_commit(ground);
    ck_assert_uint_eq(sent_count(ground, ""), 0);
    events_close();
}
END_TEST

UNIT_MAIN("resource", found_and_made, long_names, composed_once, of_several, ended, ended_in_rounds,
          made_again_between_rounds, cleared)
