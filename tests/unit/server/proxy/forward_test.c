/* forward_test.c: the request that a target gets (RFC 3261 16.6 steps 1 to 9). */
#include "fixture/ask.h"
#include "proxy/proxy_internal.h"

static struct ground *ground;
static struct proxy proxy;

/* What is written for the next request, and what came of it. */
static const char *uri, *route;
static const struct net_flow *by;
static bool written;
static char line[2000], head[MESSAGE_MAX], next_hop[2000];

static void relay(void *context, struct front_request *request)
{
    struct forwarded out;
    const struct forward forward = {.request = request,
                                    .uri = bytes_of(uri),
                                    .route = bytes_of(route),
                                    .flow = by,
                                    .breadth = 30};
    (void)context;
    written = forward_write(&proxy, &forward, &out);
    if (written) {
        snprintf(line, sizeof(line), "%.*s", BYTES_ARGS(out.line));
        snprintf(head, sizeof(head), "%.*s", BYTES_ARGS(out.head));
        snprintf(next_hop, sizeof(next_hop), "%.*s", BYTES_ARGS(out.next_hop));
    }
    front_respond(request, 200, NULL, BYTES(""));
    front_send(request, STORE_NOTHING);
}

static void open_all(void)
{
    const struct front_method method = {
        SIP_MESSAGE, FRONT_PROVED | FRONT_LOCAL_USER | FRONT_RELAYED, relay, NULL};
    ground = ground_new(NULL);
    front_register(ground->front, &method);
    proxy = (struct proxy){.front = ground->front,
                           .parts = &ground->parts,
                           .scratch = memory_new(MESSAGE_MAX),
                           .added = memory_new(ADDED_MAX)};
    uri = "sip:bob@192.0.2.7";
    route = "";
    by = NULL;
}

static void close_all(void)
{
    free(proxy.scratch);
    free(proxy.added);
    ground_free(ground);
}

static void forward(struct ask ask)
{
    written = false;
    ground_ask(ground, ask);
}

/* Step 2: the target takes the Request-URI's place, without what may not stand there (19.1.1 table
 * 1: method and headers). */
START_TEST(rfc3261_16_6_step_2)
{
    open_all();
    uri = "sip:bob@192.0.2.7:5070;transport=tcp;method=BYE;x=1?Subject=a";
    forward((struct ask){0});
    ck_assert(written);
    ck_assert_str_eq(line, "MESSAGE sip:bob@192.0.2.7:5070;transport=tcp;x=1 SIP/2.0\r\n");
    ck_assert_has(next_hop, "sip:bob@192.0.2.7:5070;transport=tcp");
    close_all();
}
END_TEST

/* Steps 1, 3 and 5: a copy, one hop less, and every field that we do not know as it was. */
START_TEST(rfc3261_16_6_steps_1_and_3)
{
    open_all();
    forward((struct ask){.fields = "X-Own:  two  spaces\r\nSubject: first\r\nSubject: second\r\n",
                         .body = "as it is"});
    ck_assert(written);
    ck_assert_has(head, "\r\nMax-Forwards: 69\r\n");
    ck_assert_has(head, "\r\nX-Own:  two  spaces\r\n");
    ck_assert(strstr(head, "Subject: first") < strstr(head, "Subject: second"));
    ck_assert_has(head, "\r\nFrom: <sip:alice@example.org>;tag=a1\r\n");
    ck_assert_has(head, "\r\nCall-ID: call-1\r\n");
    ck_assert_has(head, "\r\nContent-Length: 8\r\n");
    ck_assert_has(head, "\r\n\r\nas it is");
    ck_assert_has(head, "Max-Breadth: 30\r\n"); /* RFC 5393 5.3.3 */
    close_all();
}
END_TEST

/* Step 6 and 7: a loose route stays in Route and is where the request goes. */
START_TEST(rfc3261_16_6_step_6_loose)
{
    open_all();
    route = "<sip:edge.example.net;lr>, <sip:inner.example.net;lr>";
    forward((struct ask){0});
    ck_assert(written);
    ck_assert_str_eq(line, "MESSAGE sip:bob@192.0.2.7 SIP/2.0\r\n");
    ck_assert_has(head, "Route: <sip:edge.example.net;lr>, <sip:inner.example.net;lr>\r\n");
    ck_assert_str_eq(next_hop, "sip:edge.example.net;lr");
    close_all();
}
END_TEST

/* Step 6: a strict router finds its own URI as the Request-URI, and the target last in Route. */
START_TEST(rfc3261_16_6_step_6_strict)
{
    open_all();
    route = "<sip:strict.example.net>, <sip:inner.example.net;lr>";
    forward((struct ask){0});
    ck_assert(written);
    ck_assert_str_eq(line, "MESSAGE sip:strict.example.net SIP/2.0\r\n");
    ck_assert_has(head, "Route: <sip:inner.example.net;lr>, <sip:bob@192.0.2.7>\r\n");
    ck_assert_str_eq(next_hop, "sip:strict.example.net");
    route = "<sip:strict.example.net>";
    forward((struct ask){0});
    ck_assert_has(head, "Route: <sip:bob@192.0.2.7>\r\n");
    close_all();
}
END_TEST

/* 26.2.2: a sips Request-URI wants TLS on each hop, whatever the Route says. */
START_TEST(sips_all_the_way)
{
    open_all();
    uri = "sips:bob@there.net";
    route = "<sip:edge.example.net;lr>";
    forward((struct ask){0});
    ck_assert_str_eq(line, "MESSAGE sips:bob@there.net SIP/2.0\r\n");
    ck_assert_str_eq(next_hop, "sips:edge.example.net;lr");
    route = "";
    forward((struct ask){0});
    ck_assert_str_eq(next_hop, "sips:bob@there.net");
    uri = "sip:bob@there.net";
    route = "<sips:edge.example.net;lr>";
    forward((struct ask){0});
    ck_assert_str_eq(next_hop, "sips:edge.example.net;lr");
    close_all();
}
END_TEST

/* 22.3: credentials for our realm have done their work here, others are somebody else's. */
START_TEST(rfc3261_22_3)
{
    open_all();
    forward((struct ask){
        .fields = "Proxy-Authorization: Digest username=\"alice\", realm=\"example.org\", "
                  "nonce=\"n\", uri=\"sip:bob@example.org\", response=\"r\"\r\n"
                  "Proxy-Authorization: Digest username=\"alice\", realm=\"other.net\", "
                  "nonce=\"n\", uri=\"sip:bob@example.org\", response=\"r\"\r\n"});
    ck_assert_lacks(head, "realm=\"example.org\"");
    ck_assert_has(head, "realm=\"other.net\"");
    close_all();
}
END_TEST

/* What others could not read is not sent: fields and Vias have a limit, ours included. */
START_TEST(too_much)
{
    static char fields[60000];
    open_all();
    size_t length = 0;
    for (int i = 0; i < SIP_FIELDS_MAX - 12; i++)
        length += (size_t)snprintf(fields + length, sizeof(fields) - length, "X-%d: 1\r\n", i);
    forward((struct ask){.fields = fields});
    ck_assert(!written);
    length = 0;
    for (int i = 0; i < SIP_VIAS_MAX; i++)
        length += (size_t)snprintf(fields + length, sizeof(fields) - length,
                                   "Via: SIP/2.0/UDP h;branch=z9hG4bK%d\r\n", i);
    forward((struct ask){.fields = fields});
    ck_assert(!written);
    close_all();
}
END_TEST

/* Who can be reached by nothing but the flow: a stream, whom a NAT hides, whose URI is no address.
 */
START_TEST(flows_and_addresses)
{
    const struct net_flow udp = {NET_UDP, {0}, address("192.0.2.7:5060"), 0};
    const struct net_flow tcp = {NET_TCP, {0}, address("192.0.2.7:5060"), 1};
    ck_assert(!forward_flow_only(&udp, BYTES("sip:bob@192.0.2.7")));
    ck_assert(!forward_flow_only(&udp, BYTES("sip:bob@192.0.2.7:5060")));
    ck_assert(forward_flow_only(&udp, BYTES("sip:bob@192.0.2.7:5070")));
    ck_assert(forward_flow_only(&udp, BYTES("sip:bob@10.0.0.1")));
    ck_assert(forward_flow_only(&udp, BYTES("sip:bob@phone.invalid")));
    ck_assert(forward_flow_only(&udp, BYTES("http://192.0.2.7")));
    ck_assert(forward_flow_only(&tcp, BYTES("sip:bob@192.0.2.7")));
}
END_TEST

UNIT_MAIN("forward", rfc3261_16_6_step_2, rfc3261_16_6_steps_1_and_3, rfc3261_16_6_step_6_loose,
          rfc3261_16_6_step_6_strict, sips_all_the_way, rfc3261_22_3, too_much, flows_and_addresses)
