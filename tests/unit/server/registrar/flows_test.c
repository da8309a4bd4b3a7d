/* flows_test.c: bindings and the connections that they came over (RFC 5626 6, 7). */
#include "fixture/registering.h"

#define DEVICE ";+sip.instance=\"<urn:uuid:1>\""

static void no_grace(struct registrar_settings *settings)
{
    settings->flow_grace_s = 0;
}

static unsigned flow_died(void)
{
    return (unsigned)ground->metrics.values[METRIC_bindings_flow_died];
}

/* The binding stays for the grace, though nobody is sent there, and goes with its row. */
START_TEST(outbound_ends_after_the_grace)
{
    struct registrar_target target;
    struct net_flow flow;
    open_registrar();
    ck_assert_uint_eq(register_over_tcp("127.0.0.2:4000",
                                        "m: <sip:bob@192.168.1.2>" DEVICE ";reg-id=1\r\n", &flow),
                      200);
    ck_assert_uint_eq(find(&target, 1), 1);
    ck_assert(target.has_flow && target.outbound && net_flow_equal(&target.flow, &flow));
    ground_hang_up(ground, flow.connection);
    ck_assert_uint_eq(flow_died(), 1);
    ck_assert_uint_eq(find(&target, 1), 0);
    ck_assert_uint_eq(registrar_count(registrar), 1);
    ck_assert_uint_eq(do_register(""), 200);
    ck_assert_has(told(), ";reg-id=1;expires=30\r\n");
    ground_wait(ground, 29999);
    ck_assert_uint_eq(registrar_count(registrar), 1);
    ground_wait(ground, 1);
    ck_assert_uint_eq(registrar_count(registrar), 0);
    ground_commit(ground);
    restart();
    ck_assert_uint_eq(registrar_count(registrar), 0);
    close_registrar();
}
END_TEST

/* It came back in time, over another connection. */
START_TEST(outbound_comes_back)
{
    static const char contact[] = "m: <sip:bob@192.168.1.2>" DEVICE ";reg-id=1\r\n";
    struct registrar_target target;
    struct net_flow flow, next;
    open_registrar();
    ck_assert_uint_eq(register_over_tcp("127.0.0.2:4000", contact, &flow), 200);
    ground_hang_up(ground, flow.connection);
    ground_wait(ground, 20000);
    ck_assert_uint_eq(register_over_tcp("127.0.0.2:4001", contact, &next), 200);
    ground_hang_up(ground, flow.connection); /* told twice does no harm */
    ground_wait(ground, 40000);
    ck_assert_uint_eq(find(&target, 1), 1);
    ck_assert(net_flow_equal(&target.flow, &next));
    ck_assert_uint_eq(registrar_count(registrar), 1);
    close_registrar();
}
END_TEST

START_TEST(without_grace)
{
    struct net_flow flow;
    open_registrar();
    use_settings(no_grace);
    ck_assert_uint_eq(
        register_over_tcp("127.0.0.2:4000", "m: <sip:bob@x.invalid;transport=ws>\r\n", &flow), 200);
    ground_hang_up(ground, flow.connection);
    ground_wait(ground, 0);
    ck_assert_uint_eq(registrar_count(registrar), 0);
    close_registrar();
}
END_TEST

/* Who can be dialled stays, whatever else came over the connection. */
START_TEST(dialable_ones_stay)
{
    struct registrar_target targets[4];
    struct net_flow flow;
    struct ask ask;
    open_registrar();
    ck_assert_uint_eq(register_over_tcp("127.0.0.2:4000",
                                        "m: <sip:bob@127.0.0.2:5070;transport=tcp>" DEVICE
                                        ", <sip:bob@x.invalid>, <sip:bob@127.0.0.9>\r\n",
                                        &flow),
                      200);
    ask = bob("m: <sip:alice@y.invalid>\r\n"); /* another user of the same connection */
    ask.from = ask.to = "<sip:alice@example.org>";
    ask.from = "<sip:alice@example.org>;tag=1";
    ask.flow = &flow;
    ck_assert_uint_eq(ground_do(ground, ask), 200);
    ck_assert_uint_eq(find(targets, 4), 3);
    ground_hang_up(ground, flow.connection);
    ck_assert_uint_eq(flow_died(), 2);
    ck_assert_uint_eq(find(targets, 4), 2);
    ground_wait(ground, 30000);
    ck_assert_uint_eq(registrar_count(registrar), 2);
    close_registrar();
}
END_TEST

/* What would have ended before is not prolonged. */
START_TEST(grace_is_no_gift)
{
    struct net_flow flow;
    open_registrar();
    ck_assert_uint_eq(
        register_over_tcp("127.0.0.2:4000", "m: <sip:bob@x.invalid>;expires=60\r\n", &flow), 200);
    ground_wait(ground, 50000);
    ground_hang_up(ground, flow.connection);
    ground_wait(ground, 10000);
    ck_assert_uint_eq(registrar_count(registrar), 0);
    ck_assert_uint_eq(flow_died(), 0);
    close_registrar();
}
END_TEST

/* Datagrams have no connection to lose. */
START_TEST(udp_flows_stay)
{
    struct registrar_target target;
    open_registrar();
    ck_assert_uint_eq(do_register("m: <sip:bob@192.168.1.2>" DEVICE ";reg-id=1\r\n"), 200);
    ground_hang_up(ground, 7);
    restart();
    ck_assert_uint_eq(find(&target, 1), 1);
    ck_assert(target.has_flow && target.outbound);
    ground_wait(ground, 40000);
    ck_assert_uint_eq(registrar_count(registrar), 1);
    close_registrar();
}
END_TEST

/* After a restart connections are gone: their bindings have the grace to come back in. */
START_TEST(another_life)
{
    struct registrar_target target;
    struct net_flow flow;
    open_registrar();
    ck_assert_uint_eq(register_over_tcp("127.0.0.2:4000",
                                        "m: <sip:bob@192.168.1.2>" DEVICE ";reg-id=1\r\n", &flow),
                      200);
    restart();
    ck_assert_uint_eq(find(&target, 1), 0);
    ck_assert_uint_eq(registrar_count(registrar), 1);
    ground_wait(ground, 30000);
    ck_assert_uint_eq(registrar_count(registrar), 0);
    close_registrar();
}
END_TEST

/* A partition that is loaded again because the store refused keeps its connections. */
START_TEST(loaded_while_alive)
{
    struct registrar_target target;
    struct net_flow flow;
    open_registrar();
    ck_assert_uint_eq(register_over_tcp("127.0.0.2:4000",
                                        "m: <sip:bob@192.168.1.2>" DEVICE ";reg-id=1\r\n", &flow),
                      200);
    ground_ask(ground, bob("m: <sip:1@h>\r\n"));
    ground_refuse(ground);
    ck_assert_uint_eq(ground->refusals, 1);
    ck_assert_uint_eq(find(&target, 1), 1);
    ck_assert(net_flow_equal(&target.flow, &flow));
    ground_wait(ground, 40000);
    ck_assert_uint_eq(registrar_count(registrar), 1);
    ground_hang_up(ground, flow.connection); /* and is watched on */
    ground_wait(ground, 30000);
    ck_assert_uint_eq(registrar_count(registrar), 0);
    close_registrar();
}
END_TEST

UNIT_MAIN("registrar/flows", outbound_ends_after_the_grace, outbound_comes_back, without_grace,
          dialable_ones_stay, grace_is_no_gift, udp_flows_stay, another_life, loaded_while_alive)
