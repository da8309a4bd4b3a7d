/* record_route_test.c: our Record-Route (RFC 3261 16.6 step 4, RFC 5658 5, RFC 5626 5.3). */
#include "fixture/ask.h"
#include "front/relay.h"

static struct ground *ground;
static struct sip_message message;
static char written[1000];

static struct net_flow flow_of(enum net_protocol protocol, const char *local, const char *remote)
{
    return (struct net_flow){protocol, address(local), address(remote),
                             net_is_stream(protocol) ? 5 : 0};
}

/* What is written for a request between two sides. */
static const char *record(const char *uri, struct front_side from, struct front_side to)
{
    struct buffer out = buffer_over(written, sizeof(written) - 1);
    struct front_request request = {.front = ground->front, .message = &message};
    message.call_id = BYTES("call-1");
    ck_assert(verdict_ok(sip_uri_parse(bytes_of(uri), &request.uri)));
    front_write_record_route(&request, &from, &to, &out);
    ck_assert(!out.overflow);
    written[out.length] = '\0';
    return written;
}

/* The token of the `index`th value; what stands before and behind it must be so. */
static struct flow_token token_at(unsigned index, const char *before, const char *behind)
{
    char line[200];
    const char *at = written;
    for (; index > 0; index--)
        at = strstr(at, "\r\n") + 2;
    snprintf(line, sizeof(line), "Record-Route: <%s:", before);
    ck_assert_msg(strncmp(at, line, strlen(line)) == 0, "%s", at);
    struct bytes rest = bytes_of(at + strlen(line)), user = bytes_split(&rest, '@');
    snprintf(line, sizeof(line), "%s>\r\n", behind);
    ck_assert_msg(bytes_starts_with(rest, bytes_of(line)), "%s", at);
    user = bytes_first(user, user.length - 2 - FLOW_TOKEN_SIGNATURE); /* step_route_test.c */
    struct flow_token token = flow_token_read(ground->parts.flow_tokens, user, BYTES("call-1"));
    ck_assert(token.kind != FLOW_TOKEN_NONE && token.kind != FLOW_TOKEN_FORGED && token.bound);
    return token;
}

static unsigned lines(void)
{
    unsigned count = 0;
    for (const char *at = written; (at = strstr(at, "\r\n")) != NULL; at += 2)
        count++;
    return count;
}

#define UDP(remote) flow_of(NET_UDP, "127.0.0.1:5060", remote)
#define TCP(remote) flow_of(NET_TCP, "127.0.0.1:5060", remote)

START_TEST(one_listener)
{
    struct net_flow a = UDP("192.0.2.1:5060"), b = UDP("192.0.2.2:5060");
    ground = ground_new(NULL);
    record("sip:x@y", (struct front_side){&a, false}, (struct front_side){&b, false});
    ck_assert_uint_eq(lines(), 1);
    ck_assert_int_eq(token_at(0, "sip", "127.0.0.1:5060;lr").kind, FLOW_TOKEN_OURS);
    record("sip:x@y", (struct front_side){&a, true}, (struct front_side){&b, false});
    ck_assert_uint_eq(lines(), 1);
    struct flow_token token = token_at(0, "sip", "127.0.0.1:5060;lr");
    ck_assert(net_flow_equal(&token.flow, &a));
    record("sip:x@y", (struct front_side){&a, false}, (struct front_side){&b, true});
    ck_assert_uint_eq(lines(), 1);
    token = token_at(0, "sip", "127.0.0.1:5060;lr");
    ck_assert(net_flow_equal(&token.flow, &b));
    /* two flows do not fit in one token */
    record("sip:x@y", (struct front_side){&a, true}, (struct front_side){&b, true});
    ck_assert_uint_eq(lines(), 2);
    token = token_at(0, "sip", "127.0.0.1:5060;lr");
    ck_assert(net_flow_equal(&token.flow, &b));
    token = token_at(1, "sip", "127.0.0.1:5060;lr");
    ck_assert(net_flow_equal(&token.flow, &a));
    ground_free(ground);
}
END_TEST

/* RFC 5658 5: the value that faces the next hop stands first. */
START_TEST(change_of_transport)
{
    struct net_flow a = UDP("192.0.2.1:5060"), b = TCP("192.0.2.2:5060");
    struct net_flow tls = flow_of(NET_TLS, "127.0.0.1:5061", "192.0.2.2:1");
    ground = ground_new(NULL);
    record("sip:x@y", (struct front_side){&a, false}, (struct front_side){&b, true});
    ck_assert_uint_eq(lines(), 2);
    struct flow_token token = token_at(0, "sip", "127.0.0.1:5060;transport=tcp;lr");
    ck_assert(net_flow_equal(&token.flow, &b));
    ck_assert_int_eq(token_at(1, "sip", "127.0.0.1:5060;lr").kind, FLOW_TOKEN_OURS);
    record("sips:x@y", (struct front_side){&tls, false, true},
           (struct front_side){&tls, false, true});
    token_at(0, "sips", "127.0.0.1:5061;lr");
    ck_assert_uint_eq(lines(), 1);
    ground_free(ground);
}
END_TEST

/* RFC 3261 16.6 step 4: sips where the request is sips, on either side. */
START_TEST(change_of_scheme)
{
    struct net_flow a = flow_of(NET_TLS, "127.0.0.1:5061", "192.0.2.1:1");
    struct net_flow b = flow_of(NET_TLS, "127.0.0.1:5061", "192.0.2.2:1");
    struct net_flow udp = UDP("192.0.2.1:5060");
    ground = ground_new(NULL);
    record("sip:x@y", (struct front_side){&a, false, false}, (struct front_side){&b, false, true});
    ck_assert_uint_eq(lines(), 2);
    token_at(0, "sips", "127.0.0.1:5061;lr");
    token_at(1, "sip", "127.0.0.1:5061;transport=tls;lr");
    record("sips:x@y", (struct front_side){&a, false, true}, (struct front_side){&b, false, false});
    ck_assert_uint_eq(lines(), 2);
    token_at(0, "sip", "127.0.0.1:5061;transport=tls;lr");
    token_at(1, "sips", "127.0.0.1:5061;lr");
    record("sip:x@y", (struct front_side){&udp, false, false},
           (struct front_side){&b, false, true});
    token_at(0, "sips", "127.0.0.1:5061;lr");
    token_at(1, "sip", "127.0.0.1:5060;lr");
    ground_free(ground);
}
END_TEST

/* The way out is looked up only later. */
START_TEST(unknown_next_hop)
{
    struct net_flow a = TCP("192.0.2.1:5060");
    struct net_flow ws = flow_of(NET_WS, "127.0.0.1:80", "192.0.2.1:1");
    ground = ground_new(NULL);
    record("sip:x@y", (struct front_side){&a, true}, (struct front_side){NULL, false});
    ck_assert_uint_eq(lines(), 1);
    struct flow_token token = token_at(0, "sip", "127.0.0.1:5060;transport=tcp;lr");
    ck_assert(net_flow_equal(&token.flow, &a));
    record("sip:x@y", (struct front_side){&ws, true}, (struct front_side){NULL, false});
    ck_assert_uint_eq(lines(), 2);
    ck_assert_int_eq(token_at(0, "sip", "example.org;lr").kind, FLOW_TOKEN_OURS);
    token = token_at(1, "sip", "127.0.0.1:80;transport=ws;lr");
    ck_assert(net_flow_equal(&token.flow, &ws));
    ground_free(ground);
}
END_TEST

UNIT_MAIN("record_route", one_listener, change_of_transport, change_of_scheme, unknown_next_hop)
