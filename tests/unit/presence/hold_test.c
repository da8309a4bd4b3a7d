/* hold_test.c: watchers to whom there is no way. */
#include "fixture/events.h"

static struct net_flow flow;

/* Alice watches over a connection that then goes; something is to be told to her. */
static void lose(const char *contact)
{
    events_open();
    flow = ground_tcp(ground, "127.0.0.2:40001");
    struct ask ask = subscribing(contact);
    ask.flow = &flow;
    ask.via = "SIP/2.0/TCP 10.0.0.7:5060;branch=z9hG4bK-h1";
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    notified("SIP/2.0 200 OK");
    ground_hang_up(ground, flow.connection);
    ck_assert_uint_eq(publish("", "one"), 200);
}

/* What is not dialled (RFC 7118 5, RFC 5626 5.4, RFC 5627, an address behind a NAT) is held. */
START_TEST(not_dialled)
{
    static const char *const contacts[] = {
        "Contact: <sip:a@x.invalid>\r\n",
        "Contact: <sip:alice@10.0.0.7:5060;transport=tcp>\r\n",
        "Contact: <sip:alice@127.0.0.2:40001;transport=tcp;ob>\r\n",
        "Contact: <sip:alice@example.org;gr=urn:uuid:1>\r\n",
    };
    for (size_t i = 0; i < sizeof(contacts) / sizeof(contacts[0]); i++) {
        lose(contacts[i]);
        ck_assert_msg(presence->held_count == 1, "%s", contacts[i]);
        ck_assert_uint_eq(notifies(), 0);
        events_close();
    }
}
END_TEST

/* The bound counts from the row: a restart does not begin it anew. */
START_TEST(bound)
{
    lose("Contact: <sip:a@x.invalid>;+sip.instance=\"<urn:uuid:1>\"\r\n");
    ground_commit(ground);
    ground_wait(ground, 400000);
    events_restart();
    ck_assert_uint_eq(presence->held_count, 1);
    ck_assert_str_eq(bob()->subscriptions->instance, "urn:uuid:1");
    ground_wait(ground, 199000);
    ck_assert_uint_eq(presence_count(presence).subscriptions, 1);
    ground_wait(ground, 1100);
    ck_assert_uint_eq(presence_count(presence).subscriptions, 0);
    ck_assert_uint_eq(presence->held_count, 0);
    events_close();
}
END_TEST

/* presence.hold_s = 0: nothing is held; presence.held_max: not more. */
START_TEST(nothing_held)
{
    lose("Contact: <sip:a@x.invalid>\r\n");
    presence->settings.hold_s = 0;
    ground_wait(ground, 600000);
    ck_assert_uint_eq(ground->metrics.values[METRIC_subscriptions_unreachable], 1);
    events_close();
}
END_TEST

/* Its device came back by another flow; others do not count. */
START_TEST(came_back)
{
    lose("Contact: <sip:a@x.invalid>;+sip.instance=\"<urn:uuid:1>\"\r\n");
    struct net_flow back = ground_tcp(ground, "127.0.0.9:40001");
    const struct front_device other = {BYTES("urn:uuid:2"), &back},
                              own = {BYTES("urn:uuid:1"), &back},
                              unknown = {BYTES("urn:uuid:1"), NULL};
    presence_device_came(presence, BYTES("alice@example.org"), &other);
    presence_device_came(presence, BYTES("alice@example.org"), &unknown);
    presence_device_came(presence, BYTES("carol@example.org"), &own);
    ck_assert_uint_eq(presence->held_count, 1);
    presence_device_came(presence, BYTES("alice@example.org"), &own);
    ground_commit(ground);
    ck_assert_uint_eq(notifies(), 0); /* the 200 to the REGISTER goes first */
    ground_wait(ground, 20);
    ck_assert_has(notified("SIP/2.0 200 OK"), ">one<");
    ck_assert_uint_eq(presence->held_count, 0);
    ck_assert(net_flow_equal(&bob()->subscriptions->dialog.flow, &back));
    ck_assert_uint_eq(hold_since_ms(bob()->subscriptions), 0);
    events_close();
}
END_TEST

/* The row forgets that it was held, also when its watcher asked for few NOTIFYs: a restart long
 * after that, without a connection, holds it for the whole time again. */
START_TEST(row_forgets)
{
    lose("Event: presence;max-rate=0.01\r\n"
         "Contact: <sip:a@x.invalid>;+sip.instance=\"<urn:uuid:1>\"\r\n");
    ground_commit(ground);
    ground_wait(ground, 110000);
    ck_assert_uint_eq(presence->held_count, 1);
    ground_commit(ground);
    struct net_flow back = ground_tcp(ground, "127.0.0.9:40001");
    const struct front_device own = {BYTES("urn:uuid:1"), &back};
    presence_device_came(presence, BYTES("alice@example.org"), &own);
    ground_wait(ground, 20);
    notified("SIP/2.0 200 OK");
    ground_commit(ground);
    ck_assert_uint_eq(presence->held_count, 0);
    ground_wait(ground, 1000000);
    events_restart();
    ck_assert_uint_eq(presence->held_count, 0);
    ground_wait(ground, 590000);
    ck_assert_uint_eq(presence_count(presence).subscriptions, 1);
    events_close();
}
END_TEST

UNIT_MAIN("presence/hold", row_forgets, not_dialled, bound, nothing_held, came_back)
