/* hard_test.c: state that was set for a user, without any client (RFC 3903 3: hard state). */
#include "fixture/events.h"

static struct verdict set_as(const char *event, const char *type, const char *body)
{
    const struct presence_state state = {BOB, bytes_of(event), bytes_of(type), bytes_of(body)};
    struct store_change change;
    struct verdict v = presence_set_state(presence, &state, &change);
    return v;
}

/* Sets it, and has it committed; the status, 0: fine. */
static unsigned set(const char *body)
{
    ground->mark = ground->net.sent_count;
    unsigned status = set_as("presence", "application/pidf+xml", body).status;
    ground_commit(ground);
    return status;
}

/* A first fetch of bob's state. */
static const char *fetched(void)
{
    ck_assert_uint_eq(subscribe("Expires: 0\r\n"), 200);
    return notified("SIP/2.0 200 OK");
}

/* RFC 3903 3: "This event state represents the resource state that is present at all times, and
 * does not expire"; a person without any client has it. */
START_TEST(rfc3903_3_without_a_client)
{
    events_open();
    watch("");
    ck_assert_uint_eq(set(pidf("one")), 0);
    ck_assert_has(notified("SIP/2.0 200 OK"), ">one<");
    ck_assert_uint_eq(set(pidf("one")), 0); /* nothing new */
    ck_assert_uint_eq(notifies(), 0);
    ck_assert_uint_eq(set(pidf("two")), 0);
    const char *text = notified("SIP/2.0 200 OK");
    ck_assert_has(text, ">two<");
    ck_assert_lacks(text, ">one<");
    ground_wait(ground, 3700000); /* the watcher's time is over */
    ground_commit(ground);
    ground_wait(ground, 5000000000); /* 57 days */
    ck_assert_has(fetched(), ">two<");
    ck_assert_uint_eq(set(""), 0);
    ck_assert_lacks(fetched(), "<tuple");
    ck_assert_uint_eq(set(""), 0); /* nothing to remove */
    ck_assert_uint_eq(ground->metrics.values[METRIC_publications_set], 3);
    ck_assert_uint_eq(presence_count(presence).publications, 0);
    events_close();
}
END_TEST

/* It waits for its change, and is as durable as any. */
START_TEST(over_crashes)
{
    events_open();
    watch("");
    ground->mark = ground->net.sent_count;
    ck_assert_uint_eq(set_as("presence", "application/pidf+xml", pidf("one")).status, 0);
    ck_assert_uint_eq(notifies(), 0);
    store_step(ground->parts.store, PARTITIONS, SIZE_MAX, STORE_REFUSED);
    ck_assert_uint_eq(presence_count(presence).publications, 0);
    ground_wait(ground, 100);
    ground_commit(ground);
    ck_assert_lacks(notified("SIP/2.0 200 OK"), "<tuple");
    ck_assert_uint_eq(set(pidf("one")), 0);
    ck_assert_has(notified("SIP/2.0 200 OK"), ">one<");
    ck_assert_uint_eq(publish("", "client"), 200);
    notified("SIP/2.0 200 OK");
    ck_assert_uint_eq(set(pidf("two")), 0);
    char before[2000];
    keep_text(before, strstr(notified("SIP/2.0 200 OK"), "<?xml"));
    events_restart();
    ck_assert_uint_eq(presence_count(presence).publications, 2);
    ground_wait(ground, 100);
    ck_assert_str_eq(strstr(notified("SIP/2.0 200 OK"), "<?xml"), before);
    ck_assert_uint_eq(set(""), 0);
    ck_assert_lacks(notified("SIP/2.0 200 OK"), ">two<");
    events_restart();
    ck_assert_uint_eq(presence_count(presence).publications, 1);
    events_close();
}
END_TEST

/* RFC 3903 3: "in addition to" what clients publish, behind that. */
START_TEST(beside_clients)
{
    events_open();
    watch("");
    ck_assert_uint_eq(set(pidf("hard")), 0);
    notified("SIP/2.0 200 OK");
    ground_wait(ground, 1000);
    ck_assert_uint_eq(publish("Expires: 60\r\n", "soft"), 200);
    const char *text = notified("SIP/2.0 200 OK"), *soft = strstr(text, ">soft<");
    ck_assert(soft != NULL && strstr(soft, ">hard<") != NULL);
    ck_assert_uint_eq(set(pidf("harder")), 0);
    soft = strstr(notified("SIP/2.0 200 OK"), ">soft<");
    ck_assert(soft != NULL && strstr(soft, ">harder<") != NULL);
    ground_wait(ground, 60000);
    ground_commit(ground);
    text = notified("SIP/2.0 200 OK");
    ck_assert_has(text, ">harder<");
    ck_assert_lacks(text, ">soft<");
    events_close();
}
END_TEST

/* No client can name it, take it over, or use its place; it lives on no device. */
START_TEST(nobody_publishes_it)
{
    events_open();
    ck_assert_uint_eq(set(pidf("hard")), 0);
    ck_assert_uint_eq(publish("SIP-If-Match: hard\r\n", NULL), 412);
    ck_assert_uint_eq(publish("SIP-If-Match: \"\"\r\n", NULL), 412);
    presence->settings.publications_max = 1;
    ck_assert_uint_eq(publish("", "hard"), 200);
    ck_assert_uint_eq(presence_count(presence).publications, 2);
    ck_assert_uint_eq(publish("", "other"), 403);
    const struct front_device nobody = {BYTES(""), NULL};
    presence_device_ended(presence, BOB, &nobody);
    ground_wait(ground, 3599000);
    ck_assert_has(fetched(), ">hard<");
    presence->settings.publications_max = 20;
    for (unsigned i = 0; i < 30; i++) { /* what is remembered of ended ones pushes it not out */
        ck_assert_uint_eq(publish("", "x"), 200);
        char fields[300];
        snprintf(fields, sizeof(fields), "%sExpires: 0\r\n", if_match());
        ck_assert_uint_eq(publish(fields, NULL), 200);
    }
    ck_assert_has(fetched(), ">hard<");
    events_close();
}
END_TEST

START_TEST(judged)
{
    const struct presence_state nobody = {BYTES("nobody@example.org"), BYTES("presence"),
                                          BYTES("application/pidf+xml"), BYTES("<presence/>")};
    struct store_change change;
    events_open();
    ck_assert_uint_eq(presence_set_state(presence, &nobody, &change).status, 404);
    ck_assert_uint_eq(set_as("weather", "application/pidf+xml", pidf("a")).status, 489);
    ck_assert_uint_eq(set_as("presence", "text/plain", pidf("a")).status, 415);
    ck_assert_uint_eq(set_as("presence", "application/pidf-diff+xml", pidf("a")).status, 415);
    ck_assert_uint_eq(set("<presence"), 400);
    ck_assert_uint_eq(set("<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" "
                          "entity=\"sip:alice@example.org\"/>"),
                      403);
    presence->settings.body_max_bytes = 100;
    ck_assert_uint_eq(set(pidf("a")), 413);
    presence->settings.body_max_bytes = 10000;
    front_set_closed(ground->front, partition_of(BOB), true);
    ck_assert_uint_eq(set(pidf("a")), 503);
    front_set_closed(ground->front, partition_of(BOB), false);
    ground_fill_store(ground);
    ck_assert_uint_eq(set_as("presence", "application/pidf+xml", pidf("a")).status, 503);
    ground_commit(ground);
    ck_assert_uint_eq(presence_count(presence).resources, 0);
    ck_assert_uint_eq(ground->metrics.values[METRIC_publications_set], 0);
    events_close();
}
END_TEST

/* It goes with its user. */
START_TEST(user_removed)
{
    events_open();
    ck_assert_uint_eq(set(pidf("hard")), 0);
    presence_drop_user(presence, BOB);
    ground_wait(ground, 1);
    ground_commit(ground);
    ck_assert_ptr_null(bob());
    events_restart();
    ck_assert_uint_eq(presence_count(presence).publications, 0);
    events_close();
}
END_TEST

static const char *person_in(const char *sphere)
{
    static char text[600];
    snprintf(text, sizeof(text),
             "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" "
             "xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\" "
             "xmlns:rpid=\"urn:ietf:params:xml:ns:pidf:rpid\" entity=\"sip:bob@example.org\">"
             "<dm:person id=\"p\"><rpid:sphere><rpid:%s/></rpid:sphere></dm:person></presence>",
             sphere);
    return text;
}

/* RFC 5025 3.1.2: the sphere that is set is used when no client says one, as the person is. */
START_TEST(sphere)
{
    events_open();
    ck_assert_uint_eq(set(person_in("home")), 0);
    ck_assert(bytes_equal(resource_sphere(bob()), BYTES("home")));
    ck_assert_uint_eq(publish("", "soft"), 200);
    ck_assert(bytes_equal(resource_sphere(bob()), BYTES("home")));
    const struct net_flow elsewhere = ground_udp("127.0.0.3:5060");
    struct ask ask = publishing("", "x");
    ask.body = person_in("work");
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    ck_assert(bytes_equal(resource_sphere(bob()), BYTES("work")));
    ask = publishing("", "x");
    ask.flow = &elsewhere;
    ask.body = person_in("home");
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    ck_assert(bytes_empty(resource_sphere(bob())));
    events_close();
}
END_TEST

UNIT_MAIN("hard", rfc3903_3_without_a_client, over_crashes, beside_clients, nobody_publishes_it,
          judged, user_removed, sphere)
