/* subscribe_test.c: SUBSCRIBE by RFC 6665 4.2.1. */
#include "fixture/events.h"

static size_t subscriptions(void)
{
    return presence_count(presence).subscriptions;
}

START_TEST(order_of_the_checks)
{
    static const struct {
        const char *fields;
        unsigned status;
        const char *told;
    } cases[] = {
        {"Event: weather\r\nAccept: text/plain\r\nExpires: 1\r\nContact: *\r\n", 489,
         "\r\nAllow-Events: presence\r\n"},
        {"Event: presence;id=\"x\r\nAccept: text/plain\r\nExpires: 1\r\nContact: *\r\n", 489, ""},
        {"Accept: text/plain, application/pidf+xml;q=0\r\nExpires: 1\r\nContact: *\r\n", 406,
         "\r\nAccept: application/pidf+xml\r\n"},
        {"Accept: text/plain\r\nAccept: application/*\r\nExpires: x\r\nContact: *\r\n", 400, ""},
        {"Expires: 59\r\nContact: *\r\n", 423, "\r\nMin-Expires: 60\r\n"},
        {"Expires: 60\r\nContact: *\r\n", 400, "one SIP URI"},
        {"Contact: <sip:a@b>, <sip:c@d>\r\n", 400, "one SIP URI"},
        {"Contact: <tel:+1>\r\n", 400, "one SIP URI"},
        {"Contact: sip:\r\n", 400, "one SIP URI"},
        {"Record-Route: nonsense\r\n", 400, "Record-Route"},
    };
    events_open();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ck_assert_msg(subscribe(cases[i].fields) == cases[i].status, "%s", cases[i].fields);
        ck_assert_has(sent_text(ground, "SIP"), cases[i].told);
    }
    ck_assert_uint_eq(
        ground_do(ground, (struct ask){.method = "SUBSCRIBE", .fields = "Event: presence\r\n"}),
        400); /* RFC 3261 8.1.1.8: a request that opens a dialog has a Contact */
    ck_assert_uint_eq(
        ground_do(ground, (struct ask){.method = "SUBSCRIBE", .fields = ALICE_CONTACT}), 489);
    ck_assert_uint_eq(presence_count(presence).resources, 0);
    ck_assert_uint_eq(notifies(), 0);
    events_close();
}
END_TEST

/* Who cannot say who he is sees nobody, even from a trusted address (which is believed when it
 * speaks for users of another domain). */
START_TEST(without_identity)
{
    struct ask ask = subscribing("");
    events_open();
    ask.from = "<sip:x@anonymous.invalid>;tag=1";
    ck_assert_uint_eq(ground_do(ground, ask), 403);
    ask.from = "<sip:alice@example.org>"; /* no tag: no dialog */
    ck_assert_uint_eq(ground_do(ground, ask), 400);
    ck_assert_uint_eq(presence_count(presence).resources, 0);
    ask.from = "<sip:x@other.org>;tag=1";
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    events_close();
}
END_TEST

/* RFC 6665 4.2.1.1 and 4.2.1.2: the 200, then the NOTIFY in the dialog that it opened. */
START_TEST(opened)
{
    events_open();
    ground_ask(ground, subscribing("Expires: 7200\r\nEvent: presence;id=7\r\n"
                                   "Record-Route: <sip:p;lr>\r\n"));
    ck_assert_uint_eq(sent_count(ground, ""), 0); /* not before it is durable */
    ground_commit(ground);
    const char *ok = sent_text(ground, "SIP/2.0 200");
    ck_assert_has(ok, "\r\nExpires: 7200\r\n");
    ck_assert_has(ok, "\r\nContact: <sip:bob@127.0.0.1:5060>\r\n");
    ck_assert_has(ok, "\r\nRecord-Route: <sip:p;lr>\r\n"); /* RFC 3261 12.1.1 */
    const struct sent *first = &ground->net.sent[ground->mark % SENT_MAX];
    ck_assert_ptr_eq(first->text, ok);
    const char *notify = sent_text(ground, "NOTIFY sip:alice@127.0.0.2:5060 SIP/2.0\r\n");
    ck_assert_has(notify, "\r\nEvent: presence;id=7\r\n");
    ck_assert_has(notify, "\r\nSubscription-State: active;expires=7200\r\n");
    ck_assert_has(notify, "\r\nContent-Type: application/pidf+xml\r\n");
    ck_assert_has(notify, "\r\nRoute: <sip:p;lr>\r\n");
    ck_assert_has(notify, "\r\nTo: <sip:alice@example.org>;tag=a1\r\n");
    ck_assert_has(notify, "\r\nCall-ID: call-1\r\n");
    ck_assert_has(notify, "entity=\"sip:bob@example.org\"");
    char from[200];
    snprintf(from, sizeof(from), "\r\nFrom: %s\r\n", dialog_to());
    ck_assert_has(notify, from);
    events_close();
}
END_TEST

/* A user part that needs escapes is escaped once, in our Contact and in the document. */
START_TEST(escaped_user)
{
    struct ask ask = subscribing("");
    events_open();
    ground_add_account(ground, "b%20b@example.org");
    ground_refresh_accounts(ground);
    ask.uri = "sip:%62%20b@example.org";
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    ck_assert_has(sent_text(ground, "SIP"), "\r\nContact: <sip:b%20b@127.0.0.1:5060>\r\n");
    ck_assert_has(sent_text(ground, "NOTIFY"), "entity=\"sip:b%20b@example.org\"");
    events_close();
}
END_TEST

/* RFC 3261 12.2.2: by Call-ID, tags and event, whatever the Request-URI. */
START_TEST(inside_the_dialog)
{
    char to[200];
    struct ask ask;
    events_open();
    keep_text(to, watch("Event: presence;id=1\r\n"));
    ask = subscribing("Event: presence;id=1\r\n");
    ask.to = to;
    ask.uri = "sip:127.0.0.1:5060"; /* our Contact without its user */
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    notified("SIP/2.0 200 OK");
    ask.uri = "sip:bob@example.org"; /* libpurple: the address that it watches */
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    notified("SIP/2.0 200 OK");
    ask.fields = "Event: presence;id=1\r\n"; /* and without a Contact */
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    notified("SIP/2.0 200 OK");
    ask.to = "<sip:bob@example.org>;tag=wrong";
    ck_assert_uint_eq(ground_do(ground, ask), 481);
    ask.to = to;
    ask.fields = "Event: presence;id=2\r\n";
    ck_assert_uint_eq(ground_do(ground, ask), 481);
    ask.fields = "Event: presence;id=1\r\n";
    ask.call = "call-2";
    ck_assert_uint_eq(ground_do(ground, ask), 481);
    ask.call = NULL;
    ask.from = "<sip:alice@example.org>;tag=a2";
    ck_assert_uint_eq(ground_do(ground, ask), 481);
    ask.from = NULL;
    ask.cseq = 1; /* RFC 3261 12.2.2 */
    ck_assert_uint_eq(ground_do(ground, ask), 500);
    ck_assert_uint_eq(notifies(), 0);
    ck_assert_uint_eq(subscriptions(), 1);
    events_close();
}
END_TEST

/* RFC 3261 12.2.2: the remote target moves, and only with a request that succeeds. */
START_TEST(retargeted)
{
    static char contact[17000];
    char to[200];
    events_open();
    keep_text(to, watch(""));
    ck_assert_uint_eq(refresh(to, "Contact: <sip:alice@127.0.0.2:5060;ob>\r\n"), 200);
    ck_assert_has(notified("SIP/2.0 200 OK"), "NOTIFY sip:alice@127.0.0.2:5060;ob SIP/2.0\r\n");
    snprintf(contact, sizeof(contact), "Contact: <sip:%016500d@h>\r\n", 0);
    ck_assert_uint_eq(refresh(to, contact), 400);
    ck_assert_uint_eq(publish("", "one"), 200);
    ck_assert_has(notified("SIP/2.0 200 OK"), "NOTIFY sip:alice@127.0.0.2:5060;ob SIP/2.0\r\n");
    /* to another place than where it comes from: there it goes */
    ck_assert_uint_eq(refresh(to, "Contact: <sip:alice@127.0.0.9:5070>\r\n"), 200);
    ck_assert_uint_eq(notifies(), 0);
    ck_assert_str_eq(ground->net.looked_up, "127.0.0.9 5070 UDP usual");
    events_close();
}
END_TEST

/* RFC 6665 4.2.1.4: a last NOTIFY, then the dialog is no more; its retransmission is answered
 * even after the partition was loaded again. */
START_TEST(unsubscribed)
{
    char to[200];
    struct ask ask;
    events_open();
    keep_text(to, watch(""));
    ask = subscribing("Expires: 0\r\n");
    ask.to = to;
    ask.cseq = 700;
    ask.via = "SIP/2.0/UDP 127.0.0.2:5060;branch=z9hG4bK-u";
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    ck_assert_has(sent_text(ground, "SIP"), "\r\nExpires: 0\r\n");
    ck_assert_uint_eq(subscriptions(), 0);
    ck_assert_has(notified("SIP/2.0 200 OK"), "\r\nSubscription-State: terminated;reason=timeout");
    events_restart();
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    ck_assert_has(sent_text(ground, "SIP"), "\r\nExpires: 0\r\n");
    ck_assert_uint_eq(notifies(), 0);
    ask.cseq = 701;
    ask.via = NULL;
    ck_assert_uint_eq(ground_do(ground, ask), 481);
    ground_wait(ground, 32000);
    ground_commit(ground);
    ck_assert_ptr_null(bob());
    events_close();
}
END_TEST

/* RFC 3261 8.2.2.2 cannot catch it over a crash: the row does. */
START_TEST(repeated_over_a_crash)
{
    struct ask ask;
    char tag[200];
    events_open();
    ask = subscribing("");
    ask.cseq = 1;
    ask.via = "SIP/2.0/UDP 127.0.0.2:5060;branch=z9hG4bK-s";
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    keep_text(tag, dialog_to());
    notified("SIP/2.0 200 OK");
    events_restart();
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    ck_assert_str_eq(dialog_to(), tag);
    ck_assert_uint_eq(subscriptions(), 1);
    events_close();
}
END_TEST

/* A client that has forgotten its dialog but not its Call-ID gets a new one in the place of the
 * old: nothing piles up. */
START_TEST(again_outside_the_dialog)
{
    char old[200];
    events_open();
    keep_text(old, watch(""));
    ck_assert_uint_eq(subscribe(""), 200);
    ck_assert_str_ne(dialog_to(), old);
    ck_assert_has(notified("SIP/2.0 200 OK"), "Subscription-State: active");
    ck_assert_uint_eq(subscriptions(), 1);
    ck_assert_uint_eq(refresh(old, ""), 481);
    events_restart();
    ck_assert_uint_eq(subscriptions(), 1);
    events_close();
}
END_TEST

static void count_row(void *context, const struct store_subscription *row)
{
    (void)row;
    ++*(unsigned *)context;
}

/* What a crash would leave now. */
static unsigned rows(void)
{
    unsigned count = 0;
    const struct store_visitor visitor = {.subscription = count_row, .context = &count};
    ck_assert_int_eq(store_load(ground->parts.store, partition_of(BOB), &visitor), ERR_NONE);
    return count;
}

/* A crash between leaves the old dialog or the new one, never none: both are one change. */
START_TEST(replaced_at_once)
{
    events_open();
    watch("");
    ground_ask(ground, subscribing(""));
    ck_assert_uint_eq(store_step(ground->parts.store, PARTITIONS, 1, STORE_DURABLE), 1);
    ck_assert_uint_eq(rows(), 1);
    ck_assert_uint_eq(store_step(ground->parts.store, PARTITIONS, 1, STORE_DURABLE), 0);
    ck_assert_uint_eq(sent_status(ground), 200);
    notified("SIP/2.0 200 OK");
    ground_ask(ground, subscribing("Expires: 0\r\n")); /* a fetch takes its place, too */
    ck_assert_uint_eq(sent_count(ground, ""), 0);
    ground_commit(ground);
    ck_assert_uint_eq(sent_status(ground), 200);
    notified("SIP/2.0 200 OK");
    ck_assert_uint_eq(ground->metrics.values[METRIC_subscriptions_failed], 0);
    events_restart();
    ck_assert_uint_eq(subscriptions(), 0);
    events_close();
}
END_TEST

/* RFC 6665 4.4.3: one NOTIFY that ends it; nothing is kept. */
START_TEST(fetch)
{
    events_open();
    ck_assert_uint_eq(publish("", "one"), 200);
    uint64_t changes = ground->metrics.values[METRIC_store_changes];
    ck_assert_uint_eq(subscribe("Expires: 0\r\n"), 200);
    ck_assert_has(sent_text(ground, "SIP"), "\r\nExpires: 0\r\n");
    ck_assert_uint_eq(subscriptions(), 0);
    const char *text = notified("SIP/2.0 200 OK");
    ck_assert_has(text, "\r\nSubscription-State: terminated;reason=timeout\r\n");
    ck_assert_has(text, ">one<");
    ck_assert_ptr_null(bob()->subscriptions);
    ck_assert_uint_eq(ground->metrics.values[METRIC_store_changes], changes);
    /* of somebody of whom there is nothing: nothing remains when nobody answers */
    struct ask ask = subscribing("Expires: 0\r\n");
    ask.uri = "sip:carol@example.org";
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    ck_assert_uint_eq(presence_count(presence).resources, 2);
    ground_wait(ground, 33000);
    ck_assert_uint_eq(presence_count(presence).resources, 1);
    ck_assert_ptr_null(presence->watchers);
    events_close();
}
END_TEST

/* A fetch shows what is published when that is durable, and nothing of what is refused. */
START_TEST(fetch_of_what_is_not_yet_durable)
{
    events_open();
    ground_ask(ground, publishing("", "one"));
    ground_ask(ground, subscribing("Expires: 0\r\n"));
    ck_assert_uint_eq(sent_count(ground, ""), 0);
    ground_refuse(ground);
    ck_assert_uint_eq(sent_count(ground, "SIP/2.0 500"), 2);
    ck_assert_uint_eq(notifies(), 0);
    ck_assert_ptr_null(bob());
    events_close();
}
END_TEST

/* A 481 tells of a dialog's end; the dialog lies in another partition than the Request-URI. */
START_TEST(no_such_dialog_any_more)
{
    char to[200];
    struct ask ask;
    events_open();
    keep_text(to, watch(""));
    ask = subscribing("Expires: 0\r\n");
    ask.to = to;
    ground_ask(ground, ask);
    ask.uri = "sip:carol@example.org";
    ground_ask(ground, ask);
    ck_assert_uint_eq(sent_count(ground, ""), 0);
    ground_commit(ground);
    ck_assert_uint_eq(sent_count(ground, "SIP/2.0 200"), 1);
    ck_assert_uint_eq(sent_count(ground, "SIP/2.0 481"), 1);
    events_close();
}
END_TEST

static unsigned subscribe_as(unsigned call, const char *fields)
{
    char name[20];
    struct ask ask = subscribing(fields);
    snprintf(name, sizeof(name), "call-%u", call);
    ask.call = name;
    return ground_do(ground, ask);
}

/* Of one watcher and of one resource. 403, not 503, which would speak for the server. */
START_TEST(limits)
{
    struct presence_settings settings;
    events_open();
    settings = presence->settings;
    settings.subscriptions_max_per_watcher = 3;
    settings.subscriptions_max_per_resource = 5;
    presence_reload(presence, &settings);
    for (unsigned i = 1; i <= 3; i++)
        ck_assert_uint_eq(subscribe_as(i, ""), 200);
    ck_assert_uint_eq(subscribe_as(4, ""), 403);
    ck_assert_uint_eq(subscribe_as(4, "Expires: 0\r\n"), 403);
    ck_assert_uint_eq(subscribe_as(3, ""), 200); /* in the place of an old one */
    struct ask carol = subscribing("");
    carol.from = "<sip:carol@example.org>;tag=c";
    for (unsigned i = 0; i < 3; i++) {
        char name[20];
        snprintf(name, sizeof(name), "carol-%u", i);
        carol.call = name;
        ck_assert_uint_eq(ground_do(ground, carol), i < 2 ? 200 : 403);
    }
    ck_assert_uint_eq(ground->metrics.values[METRIC_subscriptions_limited], 3);
    events_restart();
    ck_assert_uint_eq(subscriptions(), 5);
    ck_assert_uint_eq(subscribe_as(4, ""), 403);
    events_close();
}
END_TEST

/* Fetches whose NOTIFYs nobody answers, and unsubscribed dialogs, take memory for a while. */
START_TEST(ended_ones_are_bounded)
{
    struct presence_settings settings;
    unsigned taken = 0;
    events_open();
    settings = presence->settings;
    settings.subscriptions_max_per_watcher = 10;
    presence_reload(presence, &settings);
    for (unsigned i = 0; i < 100; i++)
        taken += subscribe_as(i, "Expires: 0\r\n") == 200;
    ck_assert_uint_eq(taken, 20);
    ground_wait(ground, 33000);
    ck_assert_uint_eq(subscribe_as(1, "Expires: 0\r\n"), 200);
    events_close();
}
END_TEST

/* The name of a subscription is bounded: it must be found again, and fit into a NOTIFY. */
START_TEST(long_names)
{
    static char fields[65000], call[3000];
    struct ask ask;
    events_open();
    memset(fields, 'x', sizeof(fields) - 1);
    memcpy(fields, "Event: presence;id=", 19);
    memcpy(fields + sizeof(fields) - 3, "\r\n", 2);
    ck_assert_uint_eq(subscribe(fields), 400);
    memset(call, 'c', sizeof(call) - 1);
    ask = subscribing("");
    ask.call = call;
    ck_assert_uint_eq(ground_do(ground, ask), 400);
    call[2000] = '\0';
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    ask.to = dialog_to();
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    ck_assert_uint_eq(subscriptions(), 1);
    events_close();
}
END_TEST

START_TEST(store_full_and_refusing)
{
    events_open();
    ground_fill_store(ground);
    ground_ask(ground, subscribing(""));
    ck_assert_uint_eq(sent_status(ground), 503);
    ck_assert_ptr_null(bob());
    ground_commit(ground);
    ground_ask(ground, subscribing(""));
    ground_refuse(ground);
    ck_assert_uint_eq(sent_status(ground), 500);
    ck_assert_uint_eq(notifies(), 0);
    ck_assert_ptr_null(bob());
    ck_assert_ptr_null(presence->watchers);
    events_close();
}
END_TEST

/* The user was removed while nobody was looking: the watcher learns it with its refresh. */
START_TEST(refresh_of_somebody_removed)
{
    char to[200];
    events_open();
    keep_text(to, watch(""));
    ck_assert_int_eq(account_delete(ground->accounts, BOB), ERR_NONE);
    ground_refresh_accounts(ground);
    ck_assert_uint_eq(refresh(to, ""), 404);
    ground_wait(ground, 1);
    ground_commit(ground);
    ck_assert_has(notified("SIP/2.0 200 OK"), "terminated;reason=noresource\r\n");
    ck_assert_ptr_null(bob());
    events_close();
}
END_TEST

UNIT_MAIN("subscribe", order_of_the_checks, without_identity, opened, escaped_user,
          inside_the_dialog, retargeted, unsubscribed, repeated_over_a_crash,
          again_outside_the_dialog, replaced_at_once, fetch, fetch_of_what_is_not_yet_durable,
          no_such_dialog_any_more, limits, ended_ones_are_bounded, long_names,
          store_full_and_refusing, refresh_of_somebody_removed)
