/* remains_test.c: what is left of publications that nobody refreshed. */
#include "fixture/events.h"

static void open_all(void)
{
    events_open();
    presence->settings.last_seen_s = 1000;
}

static unsigned seen(void)
{
    const struct publication *publication;
    unsigned count = 0;
    DL_FOREACH(bob()->publications, publication)
    {
        count += publication->publisher == STORE_SEEN;
    }
    return count;
}

/* A first publication of a client at its own port, so of another publisher than others. */
static unsigned publish_from(unsigned port, const char *fields)
{
    char at[40];
    snprintf(at, sizeof(at), "127.0.0.2:%u", port);
    const struct net_flow flow = ground_udp(at);
    struct ask ask = publishing(fields, "secret");
    ask.flow = &flow;
    return ground_do(ground, ask);
}

static void pass(uint64_t ms)
{
    ground_wait(ground, ms);
    ground_commit(ground);
}

/* Nothing but that it is closed, and since when, is kept, also in the database. */
START_TEST(nothing_else_is_kept)
{
    static const char *const kept =
        "<tuple id=\"seen\"><status><basic>closed</basic></status>"
        "<timestamp>2023-11-14T22:14:20Z</timestamp></tuple></presence>";
    open_all();
    watch("");
    ck_assert_uint_eq(publish("Expires: 60\r\n", "secret"), 200);
    notified("SIP/2.0 200 OK");
    pass(60000);
    ck_assert_has(notified("SIP/2.0 200 OK"), kept);
    ck_assert(bytes_equal(bob()->publications->body, bytes_of(presence_of_package()->seen_body)));
    events_restart();
    ground_wait(ground, 100);
    ck_assert_has(notified("SIP/2.0 200 OK"), kept);
    pass(1000000);
    ck_assert_lacks(notified("SIP/2.0 200 OK"), "<tuple");
    events_restart();
    ck_assert_uint_eq(presence_count(presence).publications, 0);
    events_close();
}
END_TEST

/* As many as publications, the youngest; they take no publication's room. */
START_TEST(bounded)
{
    open_all();
    presence->settings.publications_max = 2;
    for (unsigned i = 0; i < 5; i++) {
        ck_assert_uint_eq(publish_from(5060 + i, "Expires: 60\r\n"), 200);
        pass(60000);
    }
    ck_assert_uint_eq(seen(), 2);
    ck_assert_uint_eq(ground->metrics.values[METRIC_publications_seen_forgotten], 3);
    ck_assert_uint_eq(publish_from(6000, ""), 200);
    ck_assert_uint_eq(publish_from(6001, ""), 200);
    ck_assert_uint_eq(publish_from(6002, ""), 403);
    ck_assert_uint_eq(publish_from(5064, ""), 403); /* which was seen, but has no room either */
    events_restart();
    ck_assert_uint_eq(presence_count(presence).publications, 4);
    events_close();
}
END_TEST

/* What its publisher says next takes its place, however the publisher is known: by place (as
 * here), by device or by Call-ID. Its entity-tag is void (RFC 3903 8.1), as is what came before. */
START_TEST(publisher_is_back)
{
    char tag[300];
    open_all();
    ck_assert_uint_eq(publish_from(5060, "Expires: 60\r\n"), 200);
    keep_text(tag, if_match());
    pass(60000);
    ck_assert_uint_eq(publish(tag, NULL), 412);
    ck_assert_uint_eq(publish("SIP-If-Match: seen\r\n", NULL), 412);
    ck_assert_uint_eq(publish_from(5070, "Expires: 60\r\n"), 200);
    ck_assert_uint_eq(seen(), 1);
    ck_assert_uint_eq(publish_from(5060, "Expires: 60\r\n"), 200);
    ck_assert_uint_eq(seen(), 0);
    ck_assert_uint_eq(presence_count(presence).publications, 2);
    keep_text(tag, if_match());
    snprintf(tag + strlen(tag), sizeof(tag) - strlen(tag), "Expires: 0\r\n");
    ck_assert_uint_eq(publish(tag, NULL), 200); /* removed by word: nothing is left of it */
    ck_assert_uint_eq(seen(), 0);
    pass(60000);
    ck_assert_uint_eq(seen(), 1);
    events_close();
}
END_TEST

/* Devices that register have nothing to do with it, and neither has what was set. */
START_TEST(stays_as_it_is)
{
    const struct presence_state state = {BOB, BYTES("presence"), BYTES("application/pidf+xml"),
                                         bytes_of(pidf("hard"))};
    struct store_change change;
    open_all();
    ck_assert(verdict_ok(presence_set_state(presence, &state, &change)));
    ck_assert_uint_eq(publish_from(5060, "Expires: 60\r\n"), 200);
    pass(60000);
    const struct net_flow flow = ground_udp("127.0.0.2:5060");
    const struct front_device device = {BYTES(""), &flow};
    presence_device_came(presence, BOB, &device);
    presence_device_ended(presence, BOB, &device);
    ground_commit(ground);
    ck_assert_uint_eq(seen(), 1);
    ck_assert(bob()->publications->closed);
    ck_assert_int_eq(bob()->publications->next->publisher, STORE_HARD);
    events_close();
}
END_TEST

/* Its end waits for room in the store, and comes again when it was refused. */
START_TEST(refused)
{
    open_all();
    ck_assert_uint_eq(publish_from(5060, "Expires: 60\r\n"), 200);
    ground_wait(ground, 60000);
    ck_assert_uint_eq(seen(), 1);
    ground_refuse(ground);
    pass(1);
    ck_assert_uint_eq(seen(), 1);
    events_restart();
    ck_assert_uint_eq(seen(), 1);
    ck_assert_uint_eq(presence_count(presence).publications, 1);
    events_close();
}
END_TEST

UNIT_MAIN("remains", nothing_else_is_kept, bounded, publisher_is_back, stays_as_it_is, refused)
