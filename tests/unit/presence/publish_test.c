/* publish_test.c: PUBLISH by RFC 3903 section 6. */
#include "fixture/events.h"

static size_t publications(void)
{
    return presence_count(presence).publications;
}

/* Everything is wrong at first; what was told is mended in the next request. */
START_TEST(order_of_the_checks)
{
    static char large[34000];
    struct ask ask = {.method = "PUBLISH", .fields = "", .from = "<sip:alice@other>;tag=1"};
    struct front_settings settings;
    events_open();
    settings = *front_settings(ground->front);
    ck_assert_uint_eq(ground_do(ground, ask), 489); /* no Event at all */
    ck_assert_has(sent_text(ground, "SIP"), "\r\nAllow-Events: presence\r\n");
    ask.fields = "Event: weather\r\n";
    ck_assert_uint_eq(ground_do(ground, ask), 489);
    ask.fields = "Event: Presence\r\n"; /* RFC 6665 8.2.1: case matters */
    ck_assert_uint_eq(ground_do(ground, ask), 489);
    ask.fields = "Event: presence\r\nSIP-If-Match: a, b\r\nExpires: 1\r\n";
    ck_assert_uint_eq(ground_do(ground, ask), 400);
    ask.fields = "Event: presence\r\nSIP-If-Match:\r\nExpires: 1\r\n";
    ck_assert_uint_eq(ground_do(ground, ask), 400);
    ask.fields = "Event: presence\r\nSIP-If-Match: a\r\nExpires: 1\r\n";
    ck_assert_uint_eq(ground_do(ground, ask), 412);
    ask.fields = "Event: presence\r\nExpires: soon\r\n";
    ck_assert_uint_eq(ground_do(ground, ask), 400);
    ask.fields = "Event: presence\r\nExpires: 59\r\n";
    ck_assert_uint_eq(ground_do(ground, ask), 423);
    ck_assert_has(sent_text(ground, "SIP"), "\r\nMin-Expires: 60\r\n");
    ask.fields = "Event: presence\r\nExpires: 60\r\n";
    ck_assert_uint_eq(ground_do(ground, ask), 400); /* no body */
    memset(large, 'x', sizeof(large) - 1);
    ask.body = large;
    ask.fields = "Event: presence\r\nContent-Encoding: gzip\r\nContent-Type: text/plain\r\n";
    ck_assert_uint_eq(ground_do(ground, ask), 415);
    ck_assert_has(sent_text(ground, "SIP"), "\r\nAccept-Encoding: identity\r\n");
    ask.fields = "Event: presence\r\nContent-Encoding: Identity\r\nContent-Type: text/plain\r\n";
    ck_assert_uint_eq(ground_do(ground, ask), 413);
    ask.body = "x";
    ck_assert_uint_eq(ground_do(ground, ask), 415);
    ck_assert_has(sent_text(ground, "SIP"),
                  "\r\nAccept: application/pidf+xml, application/pidf-diff+xml\r\n");
    ask.fields = "Event: presence\r\nContent-Type: Application/PIDF+xml;charset=utf-8\r\n";
    ck_assert_uint_eq(ground_do(ground, ask), 400); /* no document */
    ck_assert_uint_eq(presence_count(presence).resources, 0);
    ck_assert_uint_eq(ground->metrics.values[METRIC_publications], 0);
    ask.body = pidf("x");
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    ck_assert_uint_eq(publications(), 1);
    /* who is not trusted is somebody else */
    settings.trusted_count = 0;
    front_reload(ground->front, &settings);
    ck_assert_uint_eq(ground_do(ground, ask), 403);
    events_close();
}
END_TEST

/* RFC 3903 6 step 6: each success has a tag of its own, and the one before is worth nothing. */
START_TEST(entity_tags)
{
    char tags[4][200];
    events_open();
    ck_assert_uint_eq(publish("", "one"), 200);
    ck_assert_has(sent_text(ground, "SIP"), "\r\nExpires: 3600\r\n");
    keep_text(tags[0], if_match());
    ck_assert_uint_eq(publish(tags[0], NULL), 200); /* refresh */
    keep_text(tags[1], if_match());
    ck_assert_uint_eq(publish(tags[1], "two"), 200); /* change */
    keep_text(tags[2], if_match());
    char remove[300];
    snprintf(remove, sizeof(remove), "%sExpires: 0\r\n", tags[2]);
    ck_assert_uint_eq(publications(), 1);
    ck_assert_uint_eq(publish(remove, NULL), 200);
    ck_assert_has(sent_text(ground, "SIP"), "\r\nExpires: 0\r\n");
    keep_text(tags[3], if_match());
    ck_assert_uint_eq(publications(), 0);
    for (int i = 0; i < 4; i++) {
        for (int j = 0; j < i; j++)
            ck_assert_str_ne(tags[i], tags[j]);
        ck_assert_uint_eq(publish(tags[i], "three"), 412);
    }
    ck_assert_uint_eq(publications(), 0);
    events_close();
}
END_TEST

/* A retransmission that no transaction knows any more gets the same answer; nothing happens twice.
 */
START_TEST(repeated_over_a_crash)
{
    struct ask ask;
    char tag[200];
    events_open();
    ask = publishing("", "one");
    ask.via = "SIP/2.0/UDP 127.0.0.2:5060;branch=z9hG4bK-p1";
    ask.cseq = 1;
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    keep_text(tag, if_match());
    events_restart();
    ground_wait(ground, 10000);
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    ck_assert_str_eq(if_match(), tag);
    ck_assert_has(sent_text(ground, "SIP"), "\r\nExpires: 3590\r\n");
    ck_assert_uint_eq(publications(), 1);
    char fields[300];
    snprintf(fields, sizeof(fields), "%sExpires: 0\r\n", tag);
    ask = publishing(fields, NULL);
    ask.via = "SIP/2.0/UDP 127.0.0.2:5060;branch=z9hG4bK-p2";
    ask.cseq = 2;
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    keep_text(tag, if_match());
    events_restart();
    ck_assert_uint_eq(publications(), 0);
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    ck_assert_str_eq(if_match(), tag);
    ck_assert_has(sent_text(ground, "SIP"), "\r\nExpires: 0\r\n");
    ground_wait(ground, 33000); /* timer J: nobody sends it any more */
    ground_commit(ground);
    ck_assert_ptr_null(bob());
    events_close();
}
END_TEST

/* A proxy on the way has sent it by two ways: another transaction, the same request. One is
 * answered (RFC 3261 8.2.2.2), when its change is durable. */
START_TEST(repeated_while_it_waits)
{
    struct ask ask;
    const struct net_flow first = ground_udp("127.0.0.2:5060");
    events_open();
    ck_assert_uint_eq(publish("", "one"), 200);
    ask = publishing(if_match(), NULL);
    ask.via = "SIP/2.0/UDP 127.0.0.2:5060;branch=z9hG4bK-p3";
    ask.cseq = 77;
    ground_ask(ground, ask);
    ask.via = "SIP/2.0/UDP 127.0.0.3:5060;branch=z9hG4bK-p3";
    ask_text(ground, ask);
    ground_receive(ground, &first, ground->request);
    ck_assert_uint_eq(sent_count(ground, ""), 1);
    ck_assert_uint_eq(sent_status(ground), 482);
    ground_commit(ground);
    ck_assert_uint_eq(sent_count(ground, "SIP/2.0 200"), 1);
    events_close();
}
END_TEST

START_TEST(limit)
{
    struct presence_settings settings;
    events_open();
    settings = presence->settings;
    settings.publications_max = 2;
    presence_reload(presence, &settings);
    ck_assert_uint_eq(publish("", "one"), 200);
    ck_assert_uint_eq(publish("", "two"), 200);
    const char *second = if_match();
    ck_assert_uint_eq(publish(second, "three"), 200);
    ck_assert_uint_eq(publish("", "four"), 403);
    ck_assert_uint_eq(ground->metrics.values[METRIC_publications_limited], 1);
    ck_assert_uint_eq(publications(), 2);
    events_close();
}
END_TEST

/* What was removed is remembered for its retransmission, but not without end. */
START_TEST(removed_ones_are_bounded)
{
    struct publication *publication;
    unsigned ended = 0;
    events_open();
    for (int i = 0; i < 50; i++) {
        char fields[300];
        ck_assert_uint_eq(publish("", "one"), 200);
        snprintf(fields, sizeof(fields), "%sExpires: 0\r\n", if_match());
        ck_assert_uint_eq(publish(fields, NULL), 200);
    }
    DL_FOREACH(bob()->publications, publication)
    {
        ended += publication->ended;
    }
    ck_assert_uint_eq(ended, presence->settings.publications_max);
    events_restart();
    ended = 0;
    DL_FOREACH(bob()->publications, publication)
    {
        ended += publication->ended;
    }
    ck_assert_uint_eq(ended, presence->settings.publications_max);
    events_close();
}
END_TEST

/* RFC 3903 6: completely or not at all. */
START_TEST(refused_by_the_store)
{
    char tag[200];
    events_open();
    watch("");
    ck_assert_uint_eq(publish("", "one"), 200);
    notified("SIP/2.0 200 OK");
    ground->mark = ground->net.sent_count;
    ck_assert_uint_eq(publications(), 1);
    keep_text(tag, value_of(token_bytes(&bob()->publications->tag).at, ""));
    char fields[300];
    snprintf(fields, sizeof(fields), "SIP-If-Match: %s\r\n", tag);
    ground_ask(ground, publishing(fields, "two"));
    ck_assert_uint_eq(sent_count(ground, ""), 0);
    ground_refuse(ground);
    ck_assert_uint_eq(sent_status(ground), 500);
    ground_wait(ground, 100);
    ground_commit(ground);
    /* what the watcher is told is what there was before */
    ck_assert_has(notified("SIP/2.0 200 OK"), ">one<");
    ck_assert_uint_eq(publish(fields, "three"), 200);
    ck_assert_has(notified("SIP/2.0 200 OK"), ">three<");
    events_close();
}
END_TEST

START_TEST(store_full)
{
    events_open();
    ground_fill_store(ground);
    ground_ask(ground, publishing("", "one"));
    ck_assert_uint_eq(sent_status(ground), 503);
    ck_assert_uint_eq(presence_count(presence).resources, 0);
    events_close();
}
END_TEST

/* RFC 3903 6 step 5: nothing is stored of what is over at once. */
START_TEST(over_at_once)
{
    events_open();
    ck_assert_uint_eq(publish("Expires: 0\r\n", "one"), 200);
    ck_assert_has(sent_text(ground, "SIP"), "\r\nExpires: 0\r\n");
    ck_assert_uint_eq(presence_count(presence).resources, 0);
    ck_assert_uint_eq(ground->metrics.values[METRIC_store_changes], 0);
    /* with a tag it removes, whatever document comes along */
    ck_assert_uint_eq(publish("", "one"), 200);
    char fields[300];
    snprintf(fields, sizeof(fields), "%sExpires: 0\r\n", if_match());
    ck_assert_uint_eq(publish(fields, "bye"), 200);
    ck_assert_uint_eq(publications(), 0);
    events_close();
}
END_TEST

/* RFC 3903 4.1: no more than the usual most; a refresh tells nobody. */
START_TEST(lifetimes)
{
    events_open();
    watch("");
    ck_assert_uint_eq(publish("Expires: 100000\r\n", "one"), 200);
    ck_assert_has(sent_text(ground, "SIP"), "\r\nExpires: 86400\r\n");
    char fields[300];
    snprintf(fields, sizeof(fields), "%sExpires: 60\r\n", if_match());
    notified("SIP/2.0 200 OK");
    ck_assert_uint_eq(publish(fields, NULL), 200);
    ck_assert_has(sent_text(ground, "SIP"), "\r\nExpires: 60\r\n");
    ck_assert_uint_eq(notifies(), 0);
    ground_wait(ground, 59999);
    ck_assert_uint_eq(publications(), 1);
    ground_wait(ground, 1);
    ck_assert_uint_eq(publications(), 0);
    ck_assert_uint_eq(notifies(), 0); /* before its end is durable */
    ground_commit(ground);
    ck_assert_lacks(notified("SIP/2.0 200 OK"), "<tuple");
    events_close();
}
END_TEST

/* Whatever scheme, port and parameters the document's entity is written with. */
START_TEST(entities)
{
    static const struct {
        const char *entity;
        unsigned status;
    } cases[] = {{"pres:bob@example.org", 200},   {"sip:bob@EXAMPLE.org:5060;transport=tcp", 200},
                 {"sips:%62ob@example.org", 200}, {"sip:alice@example.org", 403},
                 {"sip:bob@other.org", 403},      {"bob", 403}};
    events_open();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ask ask = publishing("", "x");
        char body[1000];
        snprintf(body, sizeof(body),
                 "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"%s\"><tuple id=\"t\">"
                 "<status><basic>open</basic></status></tuple></presence>",
                 cases[i].entity);
        ask.body = body;
        ck_assert_msg(ground_do(ground, ask) == cases[i].status, "%s", cases[i].entity);
    }
    events_close();
}
END_TEST

UNIT_MAIN("publish", order_of_the_checks, entity_tags, repeated_over_a_crash,
          repeated_while_it_waits, limit, removed_ones_are_bounded, refused_by_the_store,
          store_full, over_at_once, lifetimes, entities)
