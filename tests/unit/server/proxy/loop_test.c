/* loop_test.c: a loop from a spiral (RFC 5393 4.2): what decides the way is in the key, and what
 * differs between two rounds of one loop is not. */
#include "fixture/ask.h"
#include "proxy/proxy_internal.h"

static struct ground *ground;
static struct proxy proxy;
static struct sip_message message;
static struct incoming incoming;
static char raw[4000];

static void open_all(void)
{
    ground = ground_new(NULL);
    proxy = (struct proxy){.front = ground->front, .parts = &ground->parts, .seed = 4711};
}

static void close_all(void)
{
    ground_free(ground);
}

struct round {
    const char *uri, *via, *call, *from, *to, *fields, *route;
    unsigned cseq;
};

static struct front_request request_of(struct round round)
{
    snprintf(raw, sizeof(raw),
             "INVITE %s SIP/2.0\r\nVia: SIP/2.0/UDP %s\r\nFrom: <sip:a@x.org>;tag=%s\r\n"
             "To: <sip:b@x.org>%s\r\nCall-ID: %s\r\nCSeq: %u INVITE\r\n%sContent-Length: 0\r\n\r\n",
             round.uri ? round.uri : "sip:bob@example.org",
             round.via ? round.via : "h;branch=z9hG4bK1", round.from ? round.from : "f",
             round.to ? round.to : "", round.call ? round.call : "c", round.cseq ? round.cseq : 1,
             round.fields ? round.fields : "");
    ck_assert(verdict_ok(sip_message_parse(bytes_of(raw), false, &message)));
    incoming = (struct incoming){.message = &message};
    struct front_request request = {
        .front = ground->front,
        .incoming = &incoming,
        .message = &message,
        .route = bytes_of(round.route ? round.route : ""),
    };
    ck_assert(verdict_ok(sip_uri_parse(message.request_uri, &request.uri)));
    return request;
}

static uint64_t key(struct round round)
{
    const struct front_request request = request_of(round);
    uint64_t found = loop_key(&proxy, &request);
    ck_assert_uint_ne(found, 0);
    return found;
}

/* 4.2.1: Request-URI, Route and Proxy-Require decide; and so do the caller's preferences (RFC
 * 3841). */
START_TEST(rfc5393_4_2_1_what_decides)
{
    open_all();
    uint64_t usual = key((struct round){0});
    ck_assert_uint_eq(key((struct round){0}), usual);
    ck_assert_uint_ne(key((struct round){.uri = "sip:carol@example.org"}), usual);
    ck_assert_uint_ne(key((struct round){.uri = "sip:bob@example.org;x=1"}), usual);
    ck_assert_uint_ne(key((struct round){.route = "<sip:there.net;lr>"}), usual);
    ck_assert_uint_ne(key((struct round){.fields = "Proxy-Require: x\r\n"}), usual);
    ck_assert_uint_ne(key((struct round){.fields = "Accept-Contact: *;audio\r\n"}), usual);
    ck_assert_uint_ne(key((struct round){.fields = "Reject-Contact: *;audio\r\n"}), usual);
    ck_assert_uint_ne(key((struct round){.fields = "Request-Disposition: no-fork\r\n"}), usual);
    close_all();
}
END_TEST

/* 4.2.4: what makes it this request: Call-ID, tags, CSeq. */
START_TEST(rfc5393_4_2_4_which_request)
{
    open_all();
    uint64_t usual = key((struct round){0});
    ck_assert_uint_ne(key((struct round){.call = "d"}), usual);
    ck_assert_uint_ne(key((struct round){.from = "g"}), usual);
    ck_assert_uint_ne(key((struct round){.to = ";tag=t"}), usual);
    ck_assert_uint_ne(key((struct round){.cseq = 2}), usual);
    close_all();
}
END_TEST

/* The topmost Via, Max-Forwards and credentials differ between two rounds of the same loop. */
START_TEST(what_differs_in_a_loop)
{
    open_all();
    uint64_t usual = key((struct round){0});
    ck_assert_uint_eq(key((struct round){.via = "other;branch=z9hG4bK2"}), usual);
    ck_assert_uint_eq(key((struct round){.fields = "Max-Forwards: 9\r\n"}), usual);
    ck_assert_uint_eq(
        key((struct round){.fields = "Proxy-Authorization: Digest username=\"a\"\r\n"}), usual);
    ck_assert_uint_eq(key((struct round){.fields = "Record-Route: <sip:r;lr>\r\n"}), usual);
    close_all();
}
END_TEST

/* Two parts of a key cannot trade bytes. */
START_TEST(parts_stay_apart)
{
    open_all();
    ck_assert_uint_ne(key((struct round){.call = "ab", .from = "c"}),
                      key((struct round){.call = "a", .from = "bc"}));
    ck_assert_uint_ne(key((struct round){.fields = "Proxy-Require: x\r\n"}),
                      key((struct round){.fields = "Accept-Contact: x\r\n"}));
    close_all();
}
END_TEST

/* A Via of ours as it leaves with a key: asked of the transaction layer itself. */
static void write_our_via(uint64_t loop_key, char *via, size_t size)
{
    const struct net_flow flow = ground_udp("127.0.0.9:5060");
    const struct client_request request = {
        .line = BYTES("INFO sip:x@127.0.0.9 SIP/2.0\r\n"),
        .head = BYTES("From: <sip:a@x.org>;tag=1\r\nTo: <sip:b@x.org>\r\nCall-ID: c\r\n"
                      "CSeq: 1 INFO\r\nContent-Length: 0\r\n\r\n"),
        .method = SIP_METHOD_OTHER,
        .method_name = BYTES("INFO"),
        .flow = &flow,
        .loop_key = loop_key,
    };
    struct sip_message sent;
    ground->mark = ground->net.sent_count;
    ck_assert_uint_ne(transaction_request(ground->parts.transactions, &request), 0);
    const char *text = sent_text(ground, "INFO ");
    ck_assert(verdict_ok(sip_message_parse(bytes_of(text), true, &sent)));
    snprintf(via, size, "%.*s", BYTES_ARGS(bytes_skip(sent.via.text, strlen("SIP/2.0/UDP "))));
}

/* RFC 3261 16.3 step 4: "a Via of ours, and the part that was computed is the same": a loop,
 * wherever it stands among the Vias; with another key it is a spiral. */
START_TEST(rfc3261_16_3_step_4)
{
    char via[300], vias[900];
    open_all();
    uint64_t ours = key((struct round){0});
    write_our_via(ours, via, sizeof(via));
    struct front_request request = request_of((struct round){.via = via});
    ck_assert(loop_found(&proxy, &request, ours));
    ck_assert(!loop_found(&proxy, &request, ours + 1));
    snprintf(vias, sizeof(vias),
             "h;branch=z9hG4bK9\r\nVia: SIP/2.0/TCP g;branch=z9hG4bK8, "
             "SIP/2.0/UDP %s\r\nVia: SIP/2.0/UDP e;branch=z9hG4bK7",
             via);
    request = request_of((struct round){.via = vias});
    ck_assert(loop_found(&proxy, &request, ours));
    request = request_of((struct round){0});
    ck_assert(!loop_found(&proxy, &request, ours));
    write_our_via(0, via, sizeof(via)); /* one that we did not relay */
    request = request_of((struct round){.via = via});
    ck_assert(!loop_found(&proxy, &request, ours));
    close_all();
}
END_TEST

UNIT_MAIN("loop", rfc5393_4_2_1_what_decides, rfc5393_4_2_4_which_request, what_differs_in_a_loop,
          parts_stay_apart, rfc3261_16_3_step_4)
