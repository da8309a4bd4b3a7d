/* added_test.c: fields that depend on the way, written by the user when it is known. */
#include "requests.h"

enum { PADDING = CLIENT_ADDED_MAX - 60 };
static const char *padding;

static void add(void *context, const struct net_flow *flow, struct buffer *out)
{
    struct outcome *outcome = context;
    ck_assert(outcome->fixture != NULL);
    buffer_format(out, "X-Way: %s ", net_protocol_name(flow->protocol));
    net_address_write(&flow->remote, out);
    buffer_text(out, padding);
    buffer_text(out, "\r\n");
}

static uint64_t send_added(struct fixture *fixture, const struct net_flow *flow,
                           struct outcome *outcome)
{
    struct client_request request = notify(fixture, outcome);
    request.flow = flow;
    request.next_hop = BYTES("sip:bob@host.example.com");
    request.add = add;
    return transaction_request(fixture->layer, &request);
}

static void last_has(struct fixture *fixture, const char *text)
{
    ck_assert_msg(strstr(last_text(fixture), text) != NULL, "no %s in:\n%s", text,
                  last_text(fixture));
}

/* Behind the Via, before the other fields; each way has its own. */
START_TEST(each_way_has_its_own)
{
    struct fixture *fixture = fixture_new(NULL);
    struct net_flow flow = tcp_from(fixture, "127.0.0.2:40000");
    struct net_target found = {NET_UDP, address("127.0.0.9:5070"), BYTES("")};
    struct outcome outcome = {0};
    padding = "";
    send_added(fixture, &flow, &outcome);
    last_has(fixture, "\r\nX-Way: TCP 127.0.0.2:40000\r\nFrom: ");
    ck_assert(strncmp(last_text(fixture), "NOTIFY sip:bob@example.com SIP/2.0\r\nVia: ", 41) == 0);
    fixture->net.open[flow.connection] = false;
    fixture->net.handler.closed(fixture->net.handler.context, flow.connection, ERR_CLOSED);
    elapse(fixture, 0);
    fake_found(&fixture->net, &found, 1);
    last_has(fixture, "\r\nX-Way: UDP 127.0.0.9:5070\r\nFrom: ");
    receive(fixture, *last_flow(fixture), response_to(fixture, 200)); /* matched by its Via */
    ck_assert_uint_eq(outcome.status, 200);
    fixture_free(fixture);
}
END_TEST

/* Whoever forgot the answer is not there any more. */
START_TEST(not_when_forgotten)
{
    struct fixture *fixture = fixture_new(NULL);
    struct net_target found = {NET_UDP, address("127.0.0.9:5070"), BYTES("")};
    struct outcome outcome = {0};
    padding = "";
    uint64_t handle = send_added(fixture, NULL, &outcome);
    transaction_forget(fixture->layer, handle);
    outcome.fixture = NULL;
    fake_found(&fixture->net, &found, 1);
    ck_assert_ptr_null(strstr(last_text(fixture), "X-Way"));
    fixture_free(fixture);
}
END_TEST

/* RFC 3261 18.1.1: it counts for the length by which the transport is chosen; and there is room. */
START_TEST(counts_for_the_length)
{
    char text[PADDING];
    struct transaction_settings settings = transaction_settings_default();
    settings.datagram_max_bytes = PADDING;
    struct fixture *fixture = fixture_new(&settings);
    struct net_target found = {NET_UDP, address("127.0.0.9:5070"), BYTES("")};
    struct outcome outcome = {0};
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    padding = text;
    send_added(fixture, NULL, &outcome);
    fake_found(&fixture->net, &found, 1);
    ck_assert_int_eq(last_flow(fixture)->protocol, NET_TCP);
    last_has(fixture, "\r\nX-Way: TCP ");
    padding = "";
    send_added(fixture, NULL, &outcome);
    fake_found(&fixture->net, &found, 1);
    ck_assert_int_eq(last_flow(fixture)->protocol, NET_UDP);
    fixture_free(fixture);
}
END_TEST

UNIT_MAIN("added", each_way_has_its_own, not_when_forgotten, counts_for_the_length)
