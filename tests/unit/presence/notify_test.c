/* notify_test.c: NOTIFY by RFC 6665 4.2.2. */
#include "fixture/events.h"

static size_t subscriptions(void)
{
    return presence_count(presence).subscriptions;
}

/* What changes while one is under way is told by the next, in its last state. */
START_TEST(one_at_a_time)
{
    events_open();
    ck_assert_uint_eq(subscribe(""), 200);
    const struct sent first = *sent_nth(ground, "NOTIFY", 0);
    const char *tag;
    char fields[200];
    ck_assert_uint_eq(publish("", "one"), 200);
    for (int i = 0; i < 3; i++) {
        tag = if_match();
        snprintf(fields, sizeof(fields), "%s", tag);
        ck_assert_uint_eq(publish(fields, i == 2 ? "last" : "middle"), 200);
        ck_assert_uint_eq(notifies(), 0);
    }
    ck_assert_uint_ge(ground->metrics.values[METRIC_notifies_folded], 3);
    ground_answer(ground, &first, "SIP/2.0 200 OK", "");
    ck_assert_has(sent_text(ground, "NOTIFY"), ">last<");
    ck_assert_lacks(notified("SIP/2.0 200 OK"), "middle");
    ck_assert_uint_eq(notifies(), 0);
    events_close();
}
END_TEST

/* A provisional answer is none. */
START_TEST(provisional_answers)
{
    events_open();
    ck_assert_uint_eq(subscribe(""), 200);
    const struct sent first = *sent_nth(ground, "NOTIFY", 0);
    ground_answer(ground, &first, "SIP/2.0 100 Trying", "");
    ck_assert_uint_eq(publish("", "one"), 200);
    ck_assert_uint_eq(notifies(), 0);
    ground_answer(ground, &first, "SIP/2.0 200 OK", "");
    ck_assert_uint_eq(notifies(), 1);
    events_close();
}
END_TEST

/* RFC 6665 4.2.2: these codes end the subscription, all others leave it. */
START_TEST(codes)
{
    static const unsigned ends[] = {404, 405, 410, 416, 480, 481, 482,
                                    483, 484, 485, 489, 501, 604};
    events_open();
    for (unsigned status = 200; status < 700; status++) {
        char line[40];
        bool over = false;
        for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
            over = over || ends[i] == status;
        ck_assert_uint_eq(subscribe(""), 200);
        snprintf(line, sizeof(line), "SIP/2.0 %u x", status);
        notified(line);
        ck_assert_msg(subscriptions() == (over ? 0 : 1), "%u", status);
        ground_commit(ground);
    }
    ck_assert_uint_eq(ground->metrics.values[METRIC_subscriptions_failed],
                      sizeof(ends) / sizeof(ends[0]));
    events_close();
}
END_TEST

/* RFC 6665 4.2.2: timer F ends it, one watcher alone (kamailio 4118). */
START_TEST(timeout)
{
    const struct net_flow flow = ground_udp("127.0.0.3:5060");
    events_open();
    watch("");
    struct ask carol = subscribing("Contact: <sip:carol@127.0.0.3:5060>\r\n");
    carol.from = "<sip:carol@example.org>;tag=c1";
    carol.via = "SIP/2.0/UDP 127.0.0.3:5060;branch=z9hG4bK-c";
    carol.flow = &flow;
    ck_assert_uint_eq(ground_do(ground, carol), 200);
    notified("SIP/2.0 200 OK");
    ck_assert_uint_eq(publish("", "one"), 200);
    ck_assert_uint_eq(notifies(), 2);
    const struct sent hers = *sent_nth(ground, "NOTIFY sip:carol@", 0);
    ground_answer(ground, &hers, "SIP/2.0 200 OK", "");
    ground_wait(ground, 31999);
    ck_assert_uint_eq(subscriptions(), 2);
    ground_wait(ground, 1);
    ck_assert_uint_eq(subscriptions(), 1);
    ground_commit(ground);
    ck_assert_uint_eq(publish("", "two"), 200);
    ck_assert_has(notified("SIP/2.0 200 OK"), "NOTIFY sip:carol@127.0.0.3:5060 SIP/2.0\r\n");
    events_restart();
    ck_assert_uint_eq(subscriptions(), 1);
    events_close();
}
END_TEST

/* The last NOTIFY of a dialog that is over needs no answer that pleases us. */
START_TEST(answers_to_the_last_one)
{
    static const char *const answers[] = {"SIP/2.0 200 OK", "SIP/2.0 481 Gone", "SIP/2.0 500 x"};
    events_open();
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        char to[200];
        keep_text(to, watch(""));
        ck_assert_uint_eq(refresh(to, "Expires: 0\r\n"), 200);
        notified(answers[i]);
        ck_assert_uint_eq(ground->metrics.values[METRIC_subscriptions_failed], 0);
        ground_wait(ground, 33000);
        ground_commit(ground);
        ck_assert_ptr_null(bob());
    }
    events_close();
}
END_TEST

/* A NOTIFY whose change is refused never leaves. */
START_TEST(waits_for_its_change)
{
    events_open();
    watch("");
    ground_ask(ground, publishing("", "one"));
    ck_assert_uint_eq(notifies(), 0);
    ground_refuse(ground);
    ground_wait(ground, 100);
    ground_commit(ground);
    ck_assert_uint_eq(notifies(), 1); /* of the loading; the state of before */
    ck_assert_lacks(sent_text(ground, "NOTIFY"), "<tuple");
    events_close();
}
END_TEST

/* The same document once more, or a refresh of it, is no news. */
START_TEST(nothing_new)
{
    events_open();
    watch("");
    ck_assert_uint_eq(publish("", "one"), 200);
    char fields[200];
    snprintf(fields, sizeof(fields), "%s", if_match());
    notified("SIP/2.0 200 OK");
    ck_assert_uint_eq(publish(fields, "one"), 200);
    ck_assert_uint_eq(notifies(), 0);
    events_close();
}
END_TEST

/* Where an answer came from is where the watcher is from then on. */
START_TEST(way_is_learned)
{
    const struct net_target found = {NET_UDP, address("127.0.0.9:5070")};
    events_open();
    ck_assert_uint_eq(subscribe("Contact: <sip:alice@far.example.org>\r\n"), 200);
    ck_assert_str_eq(ground->net.looked_up, "far.example.org 0 UDP usual");
    ground->mark = ground->net.sent_count;
    fake_found(&ground->net, &found, 1);
    ck_assert(bytes_equal(ground->net.connected.speaker, BYTES("example.org"))); /* the watched's */
    notified("SIP/2.0 200 OK");
    ck_assert_uint_eq(publish("", "one"), 200);
    ck_assert_uint_eq(ground->net.lookup_count, 0);
    const struct sent *sent = sent_nth(ground, "NOTIFY", 0);
    ck_assert(net_address_equal(&sent->flow.remote, &found.address));
    events_close();
}
END_TEST

static unsigned subscribe_many(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct ask ask = subscribing("");
        char call[20];
        snprintf(call, sizeof(call), "many-%u", i);
        ask.call = call;
        ck_assert_uint_eq(ground_do(ground, ask), 200);
        notified("SIP/2.0 200 OK");
    }
    return count;
}

/* How many leave in these milliseconds. */
static unsigned leaving(unsigned ms)
{
    uint64_t before = ground->metrics.values[METRIC_notifies_sent];
    ground_wait(ground, ms);
    return (unsigned)(ground->metrics.values[METRIC_notifies_sent] - before);
}

static void assert_pace(unsigned per_s, unsigned ms, unsigned wanted)
{
    presence->settings.restore_notify_per_s = per_s;
    events_restart();
    ck_assert_uint_eq(leaving(0), 0);
    ck_assert_uint_eq(leaving(ms), wanted);
}

/* After a restart each watcher is told once, as fast as the operator wants. */
START_TEST(paced)
{
    events_open();
    subscribe_many(40);
    assert_pace(1000, 20, 20);
    ck_assert_uint_eq(leaving(20), 20);
    assert_pace(1000, 300, 40);
    assert_pace(100, 200, 20);
    assert_pace(10, 990, 9);
    assert_pace(1, 1000, 1);
    ck_assert_uint_eq(leaving(3000), 3);
    assert_pace(75, 400, 30);
    events_close();
}
END_TEST

/* Who is told for another reason does not wait in the queue as well. */
START_TEST(told_before_its_turn)
{
    events_open();
    watch("");
    events_restart();
    ck_assert_uint_eq(publish("", "one"), 200);
    ck_assert_has(notified("SIP/2.0 200 OK"), ">one<");
    ground_wait(ground, 1000);
    ck_assert_uint_eq(notifies(), 0);
    events_close();
}
END_TEST

/* No room for a transaction: later, nobody is forgotten, and no CSeq is left out. */
START_TEST(too_many_at_once)
{
    struct transaction_settings settings = transaction_settings_default();
    settings.client_max = 3;
    events_open_with(&(struct ground_options){.transaction = &settings});
    subscribe_many(8);
    ck_assert_uint_eq(publish("", "one"), 200);
    ck_assert_uint_eq(notifies(), 3);
    unsigned told = 0;
    for (int round = 0; round < 100 && told < 8; round++) {
        struct sent under_way[3];
        unsigned count = notifies();
        ck_assert_uint_le(count, 3);
        for (unsigned i = 0; i < count; i++)
            under_way[i] = *sent_nth(ground, "NOTIFY", i);
        for (unsigned i = 0; i < count; i++) {
            ck_assert_has(under_way[i].text, "CSeq: 2 NOTIFY");
            ground_answer(ground, &under_way[i], "SIP/2.0 200 OK", "");
        }
        told += count;
        ground->mark = ground->net.sent_count;
        ground_wait(ground, 20);
    }
    ck_assert_uint_eq(told, 8);
    ground_wait(ground, 1000);
    ck_assert_uint_eq(notifies(), 0);
    events_close();
}
END_TEST

UNIT_MAIN("notify", one_at_a_time, provisional_answers, codes, timeout, answers_to_the_last_one,
          waits_for_its_change, nothing_new, way_is_learned, paced, told_before_its_turn,
          too_many_at_once)
