/* ways_test.c: which way a request takes, and what happens when one breaks, is silent or answers
 * 503 (RFC 3261 8.1.2, RFC 3263 4.3). What is too long for a datagram is in long_test.c. */
#include "invites.h"

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

static bool speaks(const struct fixture *fixture, const char *speaker)
{
    return bytes_equal(fixture->net.connected.speaker, bytes_of(speaker));
}

/* RFC 5923 9.3: every way of a request is gone for the same domain of ours. */
START_TEST(each_way_is_gone_for_the_speaker)
{
    struct fixture *fixture = fixture_new(NULL);
    const struct net_target found[] = {target(NET_TLS, "127.0.0.8:5061"),
                                       target(NET_TLS, "127.0.0.9:5061")};
    struct outcome outcome = {0};
    struct client_request request = notify(fixture, &outcome);
    char *speaker = memory_copy(BYTES("ours.example"));
    request.flow = NULL;
    request.next_hop = BYTES("sips:bob@example.com");
    request.speaker = bytes_of(speaker);
    ck_assert_uint_ne(transaction_request(fixture->layer, &request), 0);
    free(speaker);
    fake_found(&fixture->net, found, 2);
    ck_assert(speaks(fixture, "ours.example"));
    ck_assert(starts(last_text(fixture), "NOTIFY sip:"));
    cut(fixture, last_flow(fixture)->connection);
    fixture->net.connected.speaker = BYTES("");
    elapse(fixture, 0);
    ck_assert_uint_eq(fixture->net.connected.address.ip[3], 9);
    ck_assert(speaks(fixture, "ours.example"));
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

/* RFC 3263 4.3: the next server with a new branch, and the first one last for a while. */
START_TEST(a_503_leads_to_the_next_target)
{
    struct fixture *fixture = fixture_new(NULL);
    const struct net_target found[] = {target(NET_UDP, "127.0.0.8:5060"),
                                       target(NET_UDP, "127.0.0.9:5060")};
    struct outcome outcome = {0};
    notify_hop(fixture, NULL, "sip:bob@host.example.com", &outcome);
    fake_found(&fixture->net, found, 2);
    struct net_flow first = *last_flow(fixture);
    char busy[TEXT_MAX];
    snprintf(busy, sizeof(busy), "%s", response_to(fixture, 503));
    receive(fixture, first, busy);
    ck_assert_uint_eq(fixture->net.sent_count, 1); /* nobody is connected inside the net's call */
    elapse(fixture, 0);
    ck_assert_uint_eq(outcome.calls, 0);
    ck_assert(went(fixture, NET_UDP, "127.0.0.9:5060"));
    ck_assert_str_ne(sent_text(fixture, 0), last_text(fixture));
    ck_assert(net_address_equal(&fixture->net.shunned.address, &found[0].address));
    ck_assert_uint_eq(fixture->net.shunned_s, 30);
    receive(fixture, first, busy); /* timer K of the first runs */
    ck_assert_uint_eq(count_of(fixture, METRIC_responses_stray), 0);
    receive(fixture, *last_flow(fixture), response_to(fixture, 200));
    ck_assert_uint_eq(outcome.status, 200);
    ck_assert_uint_eq(count_of(fixture, METRIC_targets_shunned), 1);
    fixture_free(fixture);
}
END_TEST

START_TEST(the_last_503_is_reported)
{
    struct fixture *fixture = fixture_new(NULL);
    const struct net_target found[] = {target(NET_UDP, "127.0.0.8:5060"),
                                       target(NET_UDP, "127.0.0.9:5060")};
    struct outcome outcome = {0};
    notify_hop(fixture, NULL, "sip:bob@host.example.com", &outcome);
    fake_found(&fixture->net, found, 2);
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_uint_eq(outcome.calls, 0);
        receive(fixture, *last_flow(fixture), response_to(fixture, 503));
        elapse(fixture, 0);
    }
    ck_assert_uint_eq(outcome.calls, 1);
    ck_assert_uint_eq(outcome.status, 503);
    ck_assert(outcome.response);
    ck_assert_uint_eq(fixture->net.shun_count, 2);
    fixture_free(fixture);
}
END_TEST

/* RFC 3261 21.5.4, 20.33: as long as the server asks, within our bounds. */
START_TEST(retry_after_says_for_how_long)
{
    static const struct {
        const char *field;
        unsigned shunned_s;
    } cases[] = {
        {"", 30},
        {"Retry-After: 18\r\n", 18},
        {"Retry-After: 120 (in a meeting);duration=3600\r\n", 120},
        {"Retry-After: 601\r\n", 600},
        {"Retry-After: 99999999999999999999\r\n", 600},
        {"Retry-After: soon\r\n", 30},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fixture *fixture = fixture_new(NULL);
        struct net_target found = target(NET_UDP, "127.0.0.8:5060");
        struct outcome outcome = {0};
        notify_hop(fixture, NULL, "sip:bob@host.example.com", &outcome);
        fake_found(&fixture->net, &found, 1);
        answer_with(fixture, 0, 503, "b1", cases[i].field);
        ck_assert_uint_eq(fixture->net.shunned_s, cases[i].shunned_s);
        ck_assert_uint_eq(outcome.status, 503);
        fixture_free(fixture);
    }
}
END_TEST

START_TEST(retry_after_0_shuns_nobody)
{
    struct fixture *fixture = fixture_new(NULL);
    struct net_target found = target(NET_UDP, "127.0.0.8:5060");
    struct outcome outcome = {0};
    notify_hop(fixture, NULL, "sip:bob@host.example.com", &outcome);
    fake_found(&fixture->net, &found, 1);
    answer_with(fixture, 0, 503, "b1", "Retry-After: 0\r\n");
    ck_assert_uint_eq(fixture->net.shun_count, 0);
    fixture_free(fixture);
}
END_TEST

/* The settings are the operator's. */
START_TEST(the_bounds_of_shunning_are_settings)
{
    struct transaction_settings settings = transaction_settings_default();
    settings.shun_s = 7;
    settings.shun_most_s = 9;
    struct fixture *fixture = fixture_new(&settings);
    struct net_target found = target(NET_UDP, "127.0.0.8:5060");
    struct outcome outcome = {0};
    notify_hop(fixture, NULL, "sip:bob@host.example.com", &outcome);
    fake_found(&fixture->net, &found, 1);
    answer_with(fixture, 0, 503, "b1", "Retry-After: 60\r\n");
    ck_assert_uint_eq(fixture->net.shunned_s, 9);
    notify_hop(fixture, NULL, "sip:bob@host.example.com", &outcome);
    fixture->net.send_fails = ERR_IO;
    fake_found(&fixture->net, &found, 1);
    ck_assert_uint_eq(fixture->net.shunned_s, 7);
    elapse(fixture, 0);
    fixture_free(fixture);
}
END_TEST

/* A flow is one client's: nothing else is sent to its place because it failed. */
START_TEST(a_flow_is_not_shunned)
{
    struct fixture *fixture = fixture_new(NULL);
    struct net_flow flow = tcp_from(fixture, "127.0.0.2:40000");
    struct outcome outcome = {0};
    notify_flow(fixture, &flow, &outcome);
    answer_with(fixture, 0, 503, "b1", "");
    notify_flow(fixture, &flow, &outcome);
    cut(fixture, flow.connection);
    elapse(fixture, 0);
    notify_udp(fixture, &outcome);
    elapse(fixture, 40000);
    ck_assert_uint_eq(outcome.calls, 3);
    ck_assert_uint_eq(fixture->net.shun_count, 0);
    fixture_free(fixture);
}
END_TEST

START_TEST(every_failure_of_a_target_shuns_it)
{
    struct fixture *fixture = fixture_new(NULL);
    struct net_target stream = target(NET_TCP, "127.0.0.8:5060");
    struct net_target datagrams = target(NET_UDP, "127.0.0.9:5060");
    struct outcome outcome = {0};
    notify_hop(fixture, NULL, "sip:bob@host.example.com", &outcome);
    fake_found(&fixture->net, &stream, 1);
    cut(fixture, last_flow(fixture)->connection); /* no connection */
    ck_assert_uint_eq(fixture->net.shun_count, 1);
    ck_assert(net_address_equal(&fixture->net.shunned.address, &stream.address));
    ck_assert(fixture->net.shunned.protocol == NET_TCP);
    notify_hop(fixture, NULL, "sip:bob@host.example.com", &outcome);
    fake_found(&fixture->net, &datagrams, 1);
    elapse(fixture, 31999);
    ck_assert_uint_eq(fixture->net.shun_count, 1);
    elapse(fixture, 1); /* timer F */
    ck_assert_uint_eq(fixture->net.shun_count, 2);
    ck_assert(net_address_equal(&fixture->net.shunned.address, &datagrams.address));
    ck_assert_uint_eq(fixture->net.shunned_s, 30);
    fixture_free(fixture);
}
END_TEST

/* Having no listener or no room is our own fault. */
START_TEST(our_own_failure_shuns_nobody)
{
    struct fixture *fixture = fixture_new(NULL);
    struct net_target found = target(NET_TCP, "127.0.0.8:5060");
    struct outcome outcome = {0};
    fixture->net.connect_failures = 1;
    fixture->net.connect_fails = ERR_LIMIT;
    notify_hop(fixture, NULL, "sip:bob@host.example.com", &outcome);
    fake_found(&fixture->net, &found, 1);
    elapse(fixture, 0);
    ck_assert_uint_eq(outcome.status, 503);
    ck_assert_uint_eq(fixture->net.shun_count, 0);
    fixture_free(fixture);
}
END_TEST

/* A success clears nothing while nobody is shunned; later it makes the target well again. */
START_TEST(a_success_makes_well_what_is_shunned)
{
    struct fixture *fixture = fixture_new(NULL);
    struct net_target found = target(NET_UDP, "127.0.0.8:5060");
    struct outcome outcome = {0};
    for (unsigned i = 0; i < 4; i++) {
        static const unsigned statuses[] = {200, 503, 200, 200};
        static const unsigned shuns[] = {0, 1, 2, 2};
        if (i == 3)
            elapse(fixture, 30000); /* the 503 is forgotten */
        notify_hop(fixture, NULL, "sip:bob@host.example.com", &outcome);
        fake_found(&fixture->net, &found, 1);
        receive(fixture, *last_flow(fixture), response_to(fixture, statuses[i]));
        ck_assert_uint_eq(fixture->net.shun_count, shuns[i]);
        if (i == 2)
            ck_assert_uint_eq(fixture->net.shunned_s, 0);
    }
    ck_assert(net_address_equal(&fixture->net.shunned.address, &found.address));
    fixture_free(fixture);
}
END_TEST

/* Silence: after 15*T1 over UDP in place of the fifth sending, on streams by the clock. */
static void check_silence(enum net_protocol protocol, bool is_invite)
{
    struct fixture *fixture = fixture_new(NULL);
    const struct net_target found[] = {target(protocol, "127.0.0.8:5060"),
                                       target(NET_UDP, "127.0.0.9:5060")};
    struct outcome outcome = {0};
    struct call call = {0};
    size_t sent = protocol == NET_UDP ? 4 : 1;
    if (is_invite)
        invite_hop(fixture, NULL, "sip:bob@host.example.com", &call);
    else
        notify_hop(fixture, NULL, "sip:bob@host.example.com", &outcome);
    fake_found(&fixture->net, found, 2);
    elapse(fixture, 7499);
    ck_assert_uint_eq(fixture->net.sent_count, sent);
    ck_assert(went(fixture, protocol, "127.0.0.8:5060"));
    elapse(fixture, 1);
    ck_assert_uint_eq(fixture->net.sent_count, sent + 1);
    ck_assert(went(fixture, NET_UDP, "127.0.0.9:5060"));
    ck_assert(net_address_equal(&fixture->net.shunned.address, &found[0].address));
    elapse(fixture, 32000 - 7500 - 1); /* what is left of 64*T1 is the last way's */
    ck_assert_uint_eq(outcome.calls + call.count, 0);
    elapse(fixture, 1);
    ck_assert_uint_eq(outcome.status + call.told[0], 408);
    ck_assert_uint_eq(fixture->net.shun_count, 2);
    fixture_free(fixture);
}

START_TEST(a_silent_target_gives_up_its_place)
{
    check_silence(NET_UDP, false);
    check_silence(NET_TCP, false);
    check_silence(NET_UDP, true);
    check_silence(NET_TCP, true);
}
END_TEST

/* RFC 4320 4.1: who needs longer says 100; then the request is in good hands. */
START_TEST(a_100_keeps_its_place)
{
    struct fixture *fixture = fixture_new(NULL);
    const struct net_target found[] = {target(NET_UDP, "127.0.0.8:5060"),
                                       target(NET_UDP, "127.0.0.9:5060")};
    struct outcome outcome = {0};
    notify_hop(fixture, NULL, "sip:bob@host.example.com", &outcome);
    fake_found(&fixture->net, found, 2);
    elapse(fixture, 3500);
    receive(fixture, *last_flow(fixture), response_to(fixture, 100));
    elapse(fixture, 28499);
    ck_assert_uint_eq(outcome.calls, 0);
    ck_assert(went(fixture, NET_UDP, "127.0.0.8:5060"));
    elapse(fixture, 1);
    ck_assert_uint_eq(outcome.status, 408);
    ck_assert_uint_eq(fixture->net.shun_count, 0); /* it is not dead */
    fixture_free(fixture);
}
END_TEST

START_TEST(a_silent_flow_leads_to_the_next_hop)
{
    struct fixture *fixture = fixture_new(NULL);
    struct net_flow flow = tcp_from(fixture, "127.0.0.2:40000");
    struct net_target found = target(NET_UDP, "127.0.0.9:5060");
    struct outcome outcome = {0};
    notify_hop(fixture, &flow, "sip:bob@127.0.0.9", &outcome);
    elapse(fixture, 7500);
    fake_found(&fixture->net, &found, 1);
    ck_assert(went(fixture, NET_UDP, "127.0.0.9:5060"));
    fixture_free(fixture);
}
END_TEST

/* A phone without NAT registers from the address of its Contact: that is no other way. */
START_TEST(the_same_place_is_no_other_way)
{
    static const char *const hops[] = {"sip:bob@127.0.0.2:5070", "sip:bob@127.0.0.2:5070;ob",
                                       "sip:bob@127.0.0.2:5070;transport=udp", "tel:+1",
                                       "sip:x@df7jal23ls0d.invalid;transport=ws"};
    for (size_t i = 0; i < sizeof(hops) / sizeof(hops[0]); i++) {
        struct fixture *fixture = fixture_new(NULL);
        struct net_flow flow = udp_from("127.0.0.2:5070");
        struct outcome outcome = {0};
        notify_hop(fixture, &flow, hops[i], &outcome);
        elapse(fixture, 31999);
        ck_assert_uint_eq(fixture->net.sent_count, 11);
        ck_assert_str_eq(sent_text(fixture, 0), last_text(fixture));
        elapse(fixture, 1);
        ck_assert_uint_eq(outcome.status, 408);
        notify_hop(fixture, &flow, hops[i], &outcome);
        receive(fixture, flow, response_to(fixture, 503));
        ck_assert_uint_eq(outcome.calls, 2);
        ck_assert(outcome.response);
        ck_assert_uint_eq(fixture->net.lookup_count, 0);
        fixture_free(fixture);
    }
}
END_TEST

/* No way is begun when the request's time is over. */
START_TEST(the_whole_time_is_bounded)
{
    struct fixture *fixture = fixture_new(NULL);
    struct net_flow flow = tcp_from(fixture, "127.0.0.2:40000");
    struct net_target found = target(NET_UDP, "127.0.0.9:5060");
    struct outcome outcome = {0};
    notify_hop(fixture, &flow, "sip:bob@host.example.com", &outcome);
    elapse(fixture, 7500);
    ck_assert_uint_eq(fixture->net.lookup_count, 1);
    elapse(fixture, 24500); /* the name server is slow */
    fake_found(&fixture->net, &found, 1);
    elapse(fixture, 0);
    ck_assert_uint_eq(outcome.status, 408);
    ck_assert_uint_eq(fixture->net.sent_count, 1);
    fixture_free(fixture);
}
END_TEST

START_TEST(an_invite_fails_over_before_a_provisional_response)
{
    struct fixture *fixture = fixture_new(NULL);
    const struct net_target found[] = {target(NET_TCP, "127.0.0.7:5060"),
                                       target(NET_UDP, "127.0.0.8:5060"),
                                       target(NET_UDP, "127.0.0.9:5060")};
    struct call call = {0};
    invite_hop(fixture, NULL, "sip:host.example.com", &call);
    fake_found(&fixture->net, found, 3);
    cut(fixture, last_flow(fixture)->connection);
    elapse(fixture, 0);
    ck_assert(went(fixture, NET_UDP, "127.0.0.8:5060"));
    answer(fixture, 1, 503);
    ck_assert(starts(last_text(fixture), "ACK ")); /* that transaction has ended as any other */
    elapse(fixture, 0);
    ck_assert(went(fixture, NET_UDP, "127.0.0.9:5060"));
    ck_assert(starts(last_text(fixture), "INVITE "));
    answer(fixture, 1, 503); /* once more: acknowledged by timer D's rules, and no news */
    ck_assert(starts(last_text(fixture), "ACK "));
    ck_assert(went(fixture, NET_UDP, "127.0.0.8:5060"));
    answer(fixture, 3, 180);
    answer(fixture, 3, 200);
    ck_assert_uint_eq(call.count, 2);
    ck_assert_uint_eq(call.told[1], 200);
    fixture_free(fixture);
}
END_TEST

/* A 100 is nobody's promise; what the user was told of is. */
START_TEST(an_invite_does_not_fail_over_after_what_was_reported)
{
    for (unsigned provisional = 100; provisional <= 180; provisional += 80) {
        struct fixture *fixture = fixture_new(NULL);
        const struct net_target found[] = {target(NET_UDP, "127.0.0.8:5060"),
                                           target(NET_UDP, "127.0.0.9:5060")};
        struct call call = {0};
        invite_hop(fixture, NULL, "sip:host.example.com", &call);
        fake_found(&fixture->net, found, 2);
        answer(fixture, 0, provisional);
        elapse(fixture, 100000);
        ck_assert_uint_eq(fixture->net.sent_count, 1);
        answer(fixture, 0, 503);
        elapse(fixture, 0);
        ck_assert_uint_eq(call.lasts, provisional == 180);
        ck_assert_uint_eq(fixture->net.sent_count, provisional == 180 ? 2 : 3);
        elapse(fixture, 32000);
        ck_assert_uint_eq(call.lasts, 1);
        ck_assert_uint_eq(call.told[call.count - 1], provisional == 180 ? 503 : 408);
        fixture_free(fixture);
    }
}
END_TEST

/* What rings somewhere must not ring elsewhere too. */
START_TEST(an_invite_that_breaks_after_a_100_is_over)
{
    struct fixture *fixture = fixture_new(NULL);
    const struct net_target found[] = {target(NET_TCP, "127.0.0.8:5060"),
                                       target(NET_UDP, "127.0.0.9:5060")};
    struct call call = {0};
    invite_hop(fixture, NULL, "sip:host.example.com", &call);
    fake_found(&fixture->net, found, 2);
    answer(fixture, 0, 100);
    cut(fixture, last_flow(fixture)->connection);
    elapse(fixture, 0);
    ck_assert_uint_eq(call.told[0], 503);
    ck_assert(!call.response[0] && call.lasts == 1);
    ck_assert_uint_eq(fixture->net.sent_count, 1);
    fixture_free(fixture);
}
END_TEST

/* RFC 5922 4: the name that was asked for goes with the target, in memory that outlives the
 * caller's. */
START_TEST(a_tls_target_keeps_its_domain)
{
    struct fixture *fixture = fixture_new(NULL);
    char *uri = memory_copy(BYTES("sips:bob@example.com"));
    struct outcome outcome = {0};
    notify_hop(fixture, NULL, uri, &outcome);
    free(uri);
    struct net_target found[] = {{NET_TLS, address("127.0.0.8:5061"), fixture->net.query.host},
                                 {NET_TLS, address("127.0.0.9:5061"), fixture->net.query.host}};
    fake_found(&fixture->net, found, 2);
    ck_assert(bytes_equal(fixture->net.connected.domain, BYTES("example.com")));
    ck_assert_ptr_nonnull(strstr(last_text(fixture), "Via: SIP/2.0/TLS "));
    cut(fixture, last_flow(fixture)->connection);
    elapse(fixture, 0);
    ck_assert(bytes_equal(fixture->net.connected.domain, BYTES("example.com")));
    ck_assert(net_address_equal(&fixture->net.connected.address, &found[1].address));
    fixture_free(fixture);
}
END_TEST

UNIT_MAIN("ways", a_living_flow_comes_first, a_dead_flow_leads_to_the_next_hop,
          each_way_is_gone_for_the_speaker, no_such_host_is_503,
          no_way_is_503_but_not_before_the_return, send_failure_is_503_later,
          retransmission_failure_is_503, a_lost_connection_is_503,
          a_lost_flow_leads_to_the_next_hop_with_a_new_branch, targets_are_tried_in_turn,
          ends_while_looking_up, a_503_leads_to_the_next_target, the_last_503_is_reported,
          retry_after_says_for_how_long, retry_after_0_shuns_nobody,
          the_bounds_of_shunning_are_settings, a_flow_is_not_shunned,
          every_failure_of_a_target_shuns_it, our_own_failure_shuns_nobody,
          a_success_makes_well_what_is_shunned, a_silent_target_gives_up_its_place,
          a_100_keeps_its_place, a_silent_flow_leads_to_the_next_hop,
          the_same_place_is_no_other_way, the_whole_time_is_bounded,
          an_invite_fails_over_before_a_provisional_response,
          an_invite_does_not_fail_over_after_what_was_reported,
          an_invite_that_breaks_after_a_100_is_over, a_tls_target_keeps_its_domain)
