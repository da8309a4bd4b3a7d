/* contact_test.c: our Contact, and whose place a Contact names. */
#include <stdio.h>

#include "fixture/ask.h"

static struct sip_message message;
static char raw[2000];

/* `via`: one or more; `contact`: a URI; `peer`: where the request was seen to come from. */
static bool is_sender(enum net_protocol protocol, const char *via, const char *contact,
                      const char *peer)
{
    struct sip_uri uri;
    snprintf(raw, sizeof(raw),
             "REGISTER sip:example.org SIP/2.0\r\nVia: %s\r\nFrom: <sip:a@b>;tag=1\r\n"
             "To: <sip:a@b>\r\nCall-ID: c\r\nCSeq: 1 REGISTER\r\nContent-Length: 0\r\n\r\n",
             via);
    ck_assert(verdict_ok(sip_message_parse(bytes_of(raw), true, &message)));
    ck_assert(verdict_ok(sip_uri_parse(bytes_of(contact), &uri)));
    const struct incoming incoming = {&message,
                                      {protocol, address("127.0.0.1:5060"), address(peer), 0}};
    struct ground *ground = ground_new(NULL);
    bool is = front_contact_is_sender(ground->front, &incoming, &uri);
    ground_free(ground);
    return is;
}

/* A phone behind NAT writes the same private place into both. */
START_TEST(same_place_as_the_via)
{
    ck_assert(is_sender(NET_UDP, "SIP/2.0/UDP 10.0.0.1:5070;rport", "sip:a@10.0.0.1:5070",
                        "192.0.2.1:40000"));
    ck_assert(
        is_sender(NET_UDP, "SIP/2.0/UDP Phone.local", "sip:a@phone.LOCAL:5060", "192.0.2.1:40000"));
    ck_assert(is_sender(NET_UDP, "SIP/2.0/UDP [2001:db8::1]:5060", "sip:a@[2001:DB8::1]",
                        "192.0.2.1:40000"));
    ck_assert(
        !is_sender(NET_UDP, "SIP/2.0/UDP 10.0.0.1:5070", "sip:a@10.0.0.1:5071", "192.0.2.1:40000"));
    ck_assert(!is_sender(NET_UDP, "SIP/2.0/UDP 10.0.0.1", "sip:a@10.0.0.2", "192.0.2.1:40000"));
}
END_TEST

/* Linphone writes the GRUU that it was given, without a port (RFC 5627): it leads to us. */
START_TEST(a_gruu_of_ours)
{
    const char *via = "SIP/2.0/UDP 10.0.0.1:5070;rport";
    ck_assert(is_sender(NET_UDP, via, "sip:a@example.org;gr=urn:uuid:1", "192.0.2.1:40000"));
    ck_assert(!is_sender(NET_UDP, via, "sip:a@example.org", "192.0.2.1:40000"));
    ck_assert(!is_sender(NET_UDP, via, "sip:a@example.net;gr=urn:uuid:1", "192.0.2.1:40000"));
}
END_TEST

/* Over a stream the Contact's port is where the client listens, not the one that it called from. */
START_TEST(streams_compare_the_host_alone)
{
    ck_assert(is_sender(NET_TCP, "SIP/2.0/TCP 10.0.0.1:49152", "sip:a@10.0.0.1:5060;transport=tcp",
                        "192.0.2.1:40000"));
    ck_assert(!is_sender(NET_TCP, "SIP/2.0/TCP 10.0.0.1:49152", "sip:a@10.0.0.2:49152",
                         "192.0.2.1:40000"));
}
END_TEST

/* A phone that has learned its place by rport writes it into its Contact, not into its Via. */
START_TEST(place_where_it_was_seen)
{
    ck_assert(is_sender(NET_UDP, "SIP/2.0/UDP 10.0.0.1:5060;rport", "sip:a@192.0.2.1:40000",
                        "192.0.2.1:40000"));
    ck_assert(is_sender(NET_TCP, "SIP/2.0/TCP 10.0.0.1:5060;rport", "sip:a@192.0.2.1:40000",
                        "192.0.2.1:40000"));
    ck_assert(!is_sender(NET_UDP, "SIP/2.0/UDP 10.0.0.1:5060;rport", "sip:a@192.0.2.1:40001",
                         "192.0.2.1:40000"));
    ck_assert(is_sender(NET_UDP, "SIP/2.0/UDP 10.0.0.1", "sip:a@192.0.2.1", "192.0.2.1:5060"));
}
END_TEST

/* Through a proxy the flow is the proxy's. */
START_TEST(relayed)
{
    ck_assert(!is_sender(NET_UDP, "SIP/2.0/UDP 10.0.0.1, SIP/2.0/UDP 10.0.0.2", "sip:a@10.0.0.1",
                         "192.0.2.1:5060"));
    ck_assert(!is_sender(NET_UDP, "SIP/2.0/UDP 10.0.0.1\r\nVia: SIP/2.0/UDP 10.0.0.2",
                         "sip:a@192.0.2.1", "192.0.2.1:5060"));
}
END_TEST

/* RFC 7118 5: browsers write hosts that nobody can dial. */
START_TEST(undialable)
{
    ck_assert(is_sender(NET_TCP, "SIP/2.0/WS x.invalid", "sip:a@df7jal23ls0d.INVALID;transport=ws",
                        "192.0.2.1:40000"));
    ck_assert(is_sender(NET_TCP, "SIP/2.0/WS x.invalid, SIP/2.0/UDP b", "sip:a@y.invalid",
                        "192.0.2.1:40000"));
    ck_assert(!is_sender(NET_TCP, "SIP/2.0/TCP a", "sip:a@invalid", "192.0.2.1:40000"));
}
END_TEST

static struct ground *ground;

static void assert_contact(const char *user, enum net_protocol protocol, const char *local,
                           bool secure, const char *wanted)
{
    char text[200];
    struct buffer out = buffer_over(text, sizeof(text) - 1);
    const struct net_flow flow = {protocol, address(local), address("192.0.2.1:1"), 0};
    front_write_contact(ground->front, &flow, bytes_of(user), secure, &out);
    text[out.length] = '\0';
    ck_assert_str_eq(text, wanted);
}

/* A user part comes as an address-of-record has it: escaped once is enough. */
START_TEST(our_contact)
{
    ground = ground_new(NULL);
    assert_contact("bob", NET_UDP, "127.0.0.1:5060", false, "<sip:bob@127.0.0.1:5060>");
    assert_contact("b%40b", NET_TCP, "[::1]:5070", false, "<sip:b%40b@[::1]:5070;transport=tcp>");
    assert_contact("", NET_UDP, "127.0.0.1:5060", false, "<sip:127.0.0.1:5060>");
    assert_contact("b", NET_TLS, "127.0.0.1:5061", false, "<sip:b@127.0.0.1:5061;transport=tls>");
    assert_contact("b", NET_WSS, "127.0.0.1:443", false, "<sip:b@127.0.0.1:443;transport=ws>");
    ground_free(ground);
}
END_TEST

/* RFC 3261 12.1.1: a sips URI for a sips Request-URI; where nothing is secure it would lead
 * nowhere.
 */
START_TEST(our_secure_contact)
{
    ground = ground_new(NULL);
    assert_contact("b", NET_TLS, "127.0.0.1:5061", true, "<sips:b@127.0.0.1:5061>");
    assert_contact("b", NET_WSS, "127.0.0.1:443", true, "<sips:b@127.0.0.1:443;transport=ws>");
    assert_contact("b", NET_TCP, "127.0.0.1:5060", true, "<sip:b@127.0.0.1:5060;transport=tcp>");
    ground_free(ground);
}
END_TEST

UNIT_MAIN("contact", a_gruu_of_ours, same_place_as_the_via, streams_compare_the_host_alone,
          place_where_it_was_seen, relayed, undialable, our_contact, our_secure_contact)
