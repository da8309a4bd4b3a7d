/* ways_test.c: which way a request takes, and what happens when one breaks (RFC 3261 8.1.2, 18.1.1,
 * RFC 3263 4). */
#include "requests.h"

static struct net_target target(enum net_protocol protocol, const char *at)
{
    return (struct net_target){protocol, address(at)};
}

/* True when the last message went there, with a Via for that protocol. */
static bool went(struct fixture *fixture, enum net_protocol protocol, const char *to)
{
    struct net_address expected = address(to);
    const char *via = protocol == NET_UDP ? "Via: SIP/2.0/UDP " : "Via: SIP/2.0/TCP ";
    return last_flow(fixture)->protocol == protocol &&
           net_address_equal(&last_flow(fixture)->remote, &expected) &&
           strstr(last_text(fixture), via) != NULL;
}

static void cut(struct fixture *fixture, uint64_t connection)
{
    fixture->net.open[connection] = false;
    fixture->net.handler.closed(fixture->net.handler.context, connection, ERR_IO);
}

START_TEST(a_living_flow_comes_first)
{
    struct fixture *fixture = fixture_new(NULL);
    struct net_flow flow = tcp_from(fixture, "127.0.0.2:40000");
    struct outcome outcome = {0};
    notify_hop(fixture, &flow, "sip:bob@127.0.0.9:5070", &outcome);
    ck_assert(went(fixture, NET_TCP, "127.0.0.2:40000"));
    ck_assert_uint_eq(fixture->net.lookup_count, 0);
    fixture_free(fixture);
}
END_TEST

START_TEST(a_dead_flow_leads_to_the_next_hop)
{
    struct fixture *fixture = fixture_new(NULL);
    struct net_flow flow = tcp_from(fixture, "127.0.0.2:40000");
    struct net_target found = target(NET_TCP, "127.0.0.9:5070");
    struct outcome outcome = {0};
    fixture->net.open[flow.connection] = false;
    notify_hop(fixture, &flow, "sip:bob@host.example.com:5070;transport=tcp", &outcome);
    ck_assert_uint_eq(fixture->net.sent_count, 0);
    ck_assert_str_eq(fixture->net.looked_up, "host.example.com 5070 TCP named");
    fake_found(&fixture->net, &found, 1);
    ck_assert(went(fixture, NET_TCP, "127.0.0.9:5070"));
    receive(fixture, *last_flow(fixture), response_to(fixture, 200));
    ck_assert_uint_eq(outcome.status, 200);
    fixture_free(fixture);
}
END_TEST

START_TEST(no_such_host_is_503)
{
    struct fixture *fixture = fixture_new(NULL);
    struct outcome outcome = {0};
    notify_hop(fixture, NULL, "sip:bob@host.example.com", &outcome);
    fake_found(&fixture->net, NULL, 0);
    elapse(fixture, 0);
    ck_assert_uint_eq(outcome.calls, 1);
    ck_assert_uint_eq(outcome.status, 503); /* RFC 3261 8.1.3.1 */
    ck_assert(!outcome.flow);
    fixture_free(fixture);
}
END_TEST

START_TEST(no_way_is_503_but_not_before_the_return)
{
    static const char *const hops[] = {"sips:bob@example.com;transport=udp",
                                       "sip:bob@example.com;transport=ws", "tel:+123", "nonsense"};
    struct fixture *fixture = fixture_new(NULL);
    struct outcome outcome = {0};
    for (unsigned i = 0; i < sizeof(hops) / sizeof(hops[0]); i++) {
        ck_assert_uint_ne(notify_hop(fixture, NULL, hops[i], &outcome), 0);
        ck_assert_uint_eq(outcome.calls, i);
        elapse(fixture, 0);
        ck_assert_uint_eq(outcome.calls, i + 1);
        ck_assert_uint_eq(outcome.status, 503);
    }
    fixture_free(fixture);
}
END_TEST

START_TEST(send_failure_is_503_later)
{
    struct fixture *fixture = fixture_new(NULL);
    struct outcome outcome = {0};
    fixture->net.send_fails = ERR_IO;
    notify_udp(fixture, &outcome);
    ck_assert_uint_eq(outcome.calls, 0);
    elapse(fixture, 0);
    ck_assert_uint_eq(outcome.calls, 1);
    ck_assert_uint_eq(outcome.status, 503);
    ck_assert(!outcome.flow);
    elapse(fixture, 40000);
    ck_assert_uint_eq(outcome.calls, 1);
    fixture_free(fixture);
}
END_TEST

START_TEST(retransmission_failure_is_503)
{
    struct fixture *fixture = fixture_new(NULL);
    struct outcome outcome = {0};
    notify_udp(fixture, &outcome);
    fixture->net.send_fails = ERR_IO;
    elapse(fixture, 500);
    ck_assert_uint_eq(outcome.calls, 1);
    ck_assert_uint_eq(outcome.status, 503);
    ck_assert(outcome.flow);
    fixture_free(fixture);
}
END_TEST

START_TEST(a_lost_connection_is_503)
{
    struct fixture *fixture = fixture_new(NULL);
    struct net_flow flow = tcp_from(fixture, "127.0.0.2:40000");
    struct net_flow other = tcp_from(fixture, "127.0.0.3:40000");
    struct outcome lost = {0}, lost_too = {0}, stays = {0};
    notify_flow(fixture, &flow, &lost);
    notify_flow(fixture, &other, &stays);
    notify_flow(fixture, &flow, &lost_too);
    cut(fixture, flow.connection);
    ck_assert_uint_eq(lost.calls, 0); /* nothing is reported inside the net's call */
    elapse(fixture, 0);
    ck_assert_uint_eq(lost.calls, 1);
    ck_assert_uint_eq(lost.status, 503);
    ck_assert_uint_eq(lost_too.calls, 1);
    ck_assert_uint_eq(stays.calls, 0);
    cut(fixture, 4000); /* nobody's */
    elapse(fixture, 40000);
    ck_assert_uint_eq(stays.status, 408);
    ck_assert_uint_eq(lost.calls, 1);
    fixture_free(fixture);
}
END_TEST

START_TEST(a_lost_flow_leads_to_the_next_hop_with_a_new_branch)
{
    struct fixture *fixture = fixture_new(NULL);
    struct net_flow flow = tcp_from(fixture, "127.0.0.2:40000");
    struct net_target found = target(NET_UDP, "127.0.0.9:5070");
    struct outcome outcome = {0};
    notify_hop(fixture, &flow, "sip:bob@host.example.com", &outcome);
    char late[TEXT_MAX];
    snprintf(late, sizeof(late), "%s", response_to(fixture, 200));
    cut(fixture, flow.connection);
    elapse(fixture, 0);
    ck_assert_uint_eq(outcome.calls, 0);
    fake_found(&fixture->net, &found, 1);
    ck_assert(went(fixture, NET_UDP, "127.0.0.9:5070"));
    receive(fixture, flow, late); /* the first branch is nobody's any more */
    ck_assert_uint_eq(outcome.calls, 0);
    ck_assert_uint_eq(count_of(fixture, METRIC_responses_stray), 1);
    elapse(fixture, 500); /* and over UDP it is repeated */
    ck_assert_uint_eq(fixture->net.sent_count, 3);
    receive(fixture, *last_flow(fixture), response_to(fixture, 202));
    ck_assert_uint_eq(outcome.calls, 1);
    ck_assert_uint_eq(outcome.status, 202);
    fixture_free(fixture);
}
END_TEST

START_TEST(targets_are_tried_in_turn)
{
    struct fixture *fixture = fixture_new(NULL);
    const struct net_target found[] = {target(NET_TCP, "127.0.0.7:5060"),
                                       target(NET_TCP, "127.0.0.8:5060"),
                                       target(NET_UDP, "127.0.0.9:5060")};
    struct outcome outcome = {0};
    fixture->net.connect_failures = 1; /* of the first target, at once */
    fixture->net.connect_fails = ERR_NOT_FOUND;
    notify_hop(fixture, NULL, "sip:bob@host.example.com", &outcome);
    fake_found(&fixture->net, found, 3);
    ck_assert(went(fixture, NET_TCP, "127.0.0.8:5060"));
    cut(fixture, last_flow(fixture)->connection); /* the second could not be connected after all */
    elapse(fixture, 0);
    ck_assert(went(fixture, NET_UDP, "127.0.0.9:5060"));
    fixture->net.send_fails = ERR_IO;
    elapse(fixture, 500);
    ck_assert_uint_eq(outcome.calls, 1); /* none is left */
    ck_assert_uint_eq(outcome.status, 503);
    ck_assert_uint_eq(fixture->net.sent_count, 2);
    fixture_free(fixture);
}
END_TEST

START_TEST(ends_while_looking_up)
{
    struct fixture *fixture = fixture_new(NULL);
    struct outcome outcome = {0};
    notify_hop(fixture, NULL, "sip:bob@host.example.com", &outcome);
    struct client_request request = notify(fixture, &outcome);
    request.next_hop = BYTES("sip:bob@host.example.com");
    request.after = change(fixture);
    transaction_request(fixture->layer, &request);
    transaction_layer_free(&fixture->layer);
    ck_assert_uint_eq(fixture->net.lookup_count, 0);
    ck_assert_uint_eq(outcome.calls, 0);
    fixture_free(fixture);
}
END_TEST

UNIT_MAIN("ways", a_living_flow_comes_first, a_dead_flow_leads_to_the_next_hop, no_such_host_is_503,
          no_way_is_503_but_not_before_the_return, send_failure_is_503_later,
          retransmission_failure_is_503, a_lost_connection_is_503,
          a_lost_flow_leads_to_the_next_hop_with_a_new_branch, targets_are_tried_in_turn,
          ends_while_looking_up)
