/* closing_test.c: publications whose publisher is lost. */
#include "fixture/events.h"
#include "presence/closing_internal.h"

static bool registered; /* what the registrar says of any device */

static struct bytes instance_at(void *context, struct bytes aor, const struct net_flow *flow)
{
    (void)context;
    (void)aor;
    (void)flow;
    return BYTES("");
}

static bool is_there(void *context, struct bytes aor, const struct front_device *device)
{
    (void)context;
    ck_assert(bytes_equal(aor, BOB));
    ck_assert(device->flow != NULL || !bytes_empty(device->instance));
    return registered;
}

static void ask_registrar(void)
{
    const struct presence_registrations registrations = {.instance_at = instance_at,
                                                         .is_there = is_there};
    presence_ask_registrar(presence, &registrations);
}

static void open_all(void)
{
    events_open();
    registered = false;
    ask_registrar();
}

static unsigned publish_over(const struct net_flow *flow, const char *fields, const char *note)
{
    struct ask ask = publishing(fields, note);
    ask.flow = flow;
    ask.via = "SIP/2.0/TCP 127.0.0.2:40001;branch=z9hG4bK-f1";
    return ground_do(ground, ask);
}

static unsigned closed(void)
{
    const struct publication *publication;
    unsigned count = 0;
    DL_FOREACH(bob()->publications, publication)
    {
        count += publication->closed;
    }
    return count;
}

/* All of one connection go at one time, and are told once. */
START_TEST(connection_goes)
{
    open_all();
    watch("");
    struct net_flow flow = ground_tcp(ground, "127.0.0.2:40001");
    ck_assert_uint_eq(publish_over(&flow, "", "one"), 200);
    notified("SIP/2.0 200 OK");
    struct ask ask = publishing("", "two");
    ask.flow = &flow;
    ask.via = "SIP/2.0/TCP 127.0.0.2:40001;branch=z9hG4bK-f2";
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    notified("SIP/2.0 200 OK");
    ground->mark = ground->net.sent_count;
    ground_hang_up(ground, flow.connection);
    ck_assert_ptr_null(presence->connections);
    ck_assert_uint_eq(ground->metrics.values[METRIC_publications_lost], 2);
    ground_wait(ground, 59999);
    ck_assert_uint_eq(closed(), 0);
    ground_wait(ground, 1);
    ck_assert_uint_eq(closed(), 2);
    ck_assert_uint_eq(notifies(), 0); /* before it is durable */
    ground_commit(ground);
    const char *text = notified("SIP/2.0 200 OK");
    ck_assert_has(text, "<basic>closed</basic>");
    ck_assert_lacks(text, "<basic>open</basic>");
    ck_assert_uint_eq(presence->closed_count, 2);
    events_restart(); /* and so it stays */
    ck_assert_uint_eq(closed(), 2);
    ck_assert_uint_eq(presence->closed_count, 2);
    events_close();
}
END_TEST

/* A refresh over the same connection, over another one, and over UDP. */
START_TEST(connection_changes)
{
    char tag[200];
    open_all();
    struct net_flow one = ground_tcp(ground, "127.0.0.2:40001");
    struct net_flow two = ground_tcp(ground, "127.0.0.2:40002");
    ck_assert_uint_eq(publish_over(&one, "", "one"), 200);
    keep_text(tag, if_match());
    struct ask ask = publishing(tag, NULL);
    ask.flow = &one;
    ask.via = "SIP/2.0/TCP 127.0.0.2:40001;branch=z9hG4bK-g1";
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    ck_assert_uint_eq(HASH_COUNT(presence->connections), 1);
    keep_text(tag, if_match());
    ask = publishing(tag, NULL);
    ask.flow = &two;
    ask.via = "SIP/2.0/TCP 127.0.0.2:40002;branch=z9hG4bK-g2";
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    ck_assert_uint_eq(HASH_COUNT(presence->connections), 1);
    keep_text(tag, if_match());
    ground_hang_up(ground, one.connection);
    ck_assert_uint_eq(ground->metrics.values[METRIC_publications_lost], 0);
    ck_assert_uint_eq(publish(tag, NULL), 200);
    ck_assert_ptr_null(presence->connections);
    ground_hang_up(ground, two.connection);
    ground_wait(ground, 100000);
    ck_assert_uint_eq(closed(), 0);
    events_close();
}
END_TEST

/* Registered elsewhere when the connection goes, or when the grace is over: it is there. */
START_TEST(registration_holds)
{
    open_all();
    struct net_flow flow = ground_tcp(ground, "127.0.0.2:40001");
    ck_assert_uint_eq(publish_over(&flow, "", "one"), 200);
    registered = true;
    ground_hang_up(ground, flow.connection);
    ck_assert_uint_eq(ground->metrics.values[METRIC_publications_lost], 0);
    registered = false;
    const struct front_device device = {BYTES(""), &flow};
    presence_device_ended(presence, BOB, &device);
    ck_assert_uint_eq(ground->metrics.values[METRIC_publications_lost], 1);
    presence_device_ended(presence, BOB, &device);
    ck_assert_uint_eq(ground->metrics.values[METRIC_publications_lost], 1);
    registered = true;
    ground_wait(ground, 60000);
    ck_assert_uint_eq(closed(), 0);
    ck_assert_uint_eq(bob()->publications->closes_ms, 0);
    events_close();
}
END_TEST

/* RFC 5626 4.1: by instance where both say theirs, else by the flow. */
START_TEST(devices)
{
    const struct net_flow here = ground_udp("127.0.0.2:5060");
    const struct net_flow elsewhere = ground_udp("127.0.0.9:5060");
    open_all();
    ck_assert_uint_eq(
        publish("Contact: <sip:bob@127.0.0.2>;+sip.instance=\"<urn:uuid:1>\"\r\n", "one"), 200);
    presence_device_ended(presence, BOB, &(struct front_device){BYTES("urn:uuid:2"), &here});
    presence_device_ended(presence, BOB, &(struct front_device){BYTES(""), &elsewhere});
    presence_device_ended(presence, BOB, &(struct front_device){BYTES(""), NULL});
    presence_device_ended(presence, BYTES("alice@example.org"),
                          &(struct front_device){BYTES("urn:uuid:1"), &here});
    ck_assert_uint_eq(ground->metrics.values[METRIC_publications_lost], 0);
    presence_device_ended(presence, BOB, &(struct front_device){BYTES("urn:uuid:1"), &elsewhere});
    ground_commit(ground);
    ck_assert_uint_eq(ground->metrics.values[METRIC_publications_lost], 1);
    /* it was written: another life gives the grace anew */
    ground_wait(ground, 30000);
    events_restart();
    ask_registrar();
    ground_wait(ground, 59999);
    ck_assert_uint_eq(closed(), 0);
    ground_wait(ground, 1);
    ck_assert_uint_eq(closed(), 1);
    ground_commit(ground);
    presence_device_came(presence, BOB, &(struct front_device){BYTES("urn:uuid:2"), &here});
    ck_assert_uint_eq(closed(), 1);
    presence_device_came(presence, BOB, &(struct front_device){BYTES(""), &here});
    ck_assert_uint_eq(closed(), 0);
    ck_assert_uint_eq(presence->closed_count, 0);
    ground_commit(ground);
    events_restart();
    ck_assert_uint_eq(closed(), 0);
    events_close();
}
END_TEST

/* Without room in the store it waits; and what would end first ends. */
START_TEST(store_full_and_short_lives)
{
    open_all();
    struct net_flow flow = ground_tcp(ground, "127.0.0.2:40001");
    ck_assert_uint_eq(publish_over(&flow, "Expires: 100\r\n", "one"), 200);
    ground_hang_up(ground, flow.connection);
    ground_wait(ground, 59000);
    ground_fill_store(ground);
    ground_wait(ground, 1500);
    ck_assert_uint_eq(closed(), 0);
    ground_commit(ground);
    ground_wait(ground, 1000);
    ck_assert_uint_eq(closed(), 1);
    ground_commit(ground);
    ground_wait(ground, 40000);
    ck_assert_uint_eq(presence_count(presence).publications, 0);
    ck_assert_uint_eq(presence->closed_count, 0);
    ground_commit(ground);
    flow = ground_tcp(ground, "127.0.0.2:40003");
    struct ask ask = publishing("Expires: 60\r\n", "two");
    ask.flow = &flow;
    ask.via = "SIP/2.0/TCP 127.0.0.2:40003;branch=z9hG4bK-h1";
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    ground_hang_up(ground, flow.connection);
    ground_wait(ground, 60000);
    ck_assert_uint_eq(presence_count(presence).publications, 0);
    ck_assert_uint_eq(ground->metrics.values[METRIC_publications_closed], 1);
    events_close();
}
END_TEST

UNIT_MAIN("closing", connection_goes, connection_changes, registration_holds, devices,
          store_full_and_short_lives)
