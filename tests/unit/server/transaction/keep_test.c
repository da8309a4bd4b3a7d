/* keep_test.c: a kept request is what parsing its copy anew would give, word for word. */
#include "fixture.h"

/* Everything that has a place in a parsed message, at least once. */
static const char rich[] =
    "INVITE sip:bob:pw@example.com:5070;transport=tcp;lr?Subject=x&Priority=urgent SIP/2.0\r\n"
    "Via: SIP/2.0/UDP pc.example.com:5070;rport=9;received=127.0.0.9;maddr=127.0.0.8;ttl=3;"
    "branch=z9hG4bK-rich, SIP/2.0/TCP [::1]:5060;branch=z9hG4bK-2\r\n"
    "v: SIP/2.0/TLS last.example.com;branch=z9hG4bK-3\r\n"
    "From: \"Alice \\\"A\\\"\" <sip:alice:pw@example.com:5061;user=phone?X=1>;tag=a1;epid=7\r\n"
    "To: Bob <sip:bob@[2001:db8::1]:5062;lr>;tag=b1;x=y\r\n"
    "Call-ID: call-1@example.com\r\nCSeq: 4711 INVITE\r\nMax-Forwards: 70\r\n"
    "Route: <sip:a.example.com;lr>,\r\n <sip:b.example.com;lr>\r\nRoute: <sip:c.example.com>\r\n"
    "X-Empty:\r\nContact: <sip:alice@pc.example.com>;q=0.5\r\nContent-Type: text/plain\r\n"
    "Content-Length: 5\r\n\r\nhello";

static const char bare[] = "MESSAGE sip:bob@example.com SIP/2.0\r\n"
                           "Via: SIP/2.0/UDP 127.0.0.2;branch=z9hG4bK-bare\r\n"
                           "From: sip:alice@example.com\r\nTo: sip:bob@example.com\r\n"
                           "Call-ID: 1\r\nCSeq: 1 MESSAGE\r\n\r\n";

static struct sip_message parsed, anew;

static size_t used(const struct sip_message *message)
{
    return offsetof(struct sip_message, fields) +
           (size_t)message->count * sizeof(message->fields[0]);
}

/* A field that the parser will know one day and that nobody shifts is found too. */
static void check_words(const struct sip_message *kept)
{
    uintptr_t word, expected;
    memset(&anew, 0, sizeof(anew));
    ck_assert(verdict_ok(sip_message_parse(kept->raw, false, &anew)));
    ck_assert_int_eq(kept->count, anew.count);
    for (size_t at = 0; at < used(&anew); at += sizeof(word)) {
        memcpy(&word, (const char *)kept + at, sizeof(word));
        memcpy(&expected, (const char *)&anew + at, sizeof(word));
        ck_assert_msg(word == expected, "the word at %zu of struct sip_message is not shifted", at);
    }
}

static void keep_own(struct fixture *fixture, struct incoming *incoming)
{
    struct server_transaction *transaction = transaction_begin(fixture->layer, incoming);
    memset(&parsed, 0, sizeof(parsed));
    ck_assert(verdict_ok(sip_message_parse(incoming->message->raw, false, &parsed)));
    const struct incoming own = {&parsed, incoming->flow};
    const struct sip_message *kept = transaction_keep(transaction, &own);
    ck_assert(kept->raw.at != incoming->message->raw.at);
    ck_assert(bytes_equal(kept->raw, incoming->message->raw));
    check_words(kept);
    fixture->kept = kept;
}

static void check(const char *raw)
{
    struct fixture *fixture = fixture_new(NULL);
    fixture->on_request = keep_own;
    receive(fixture, udp_from("127.0.0.2:5070"), raw);
    ck_assert_uint_eq(fixture->requests, 1);
    check_words(fixture->kept); /* the bytes that came are gone now */
    fixture_free(fixture);
}

START_TEST(as_if_parsed_anew)
{
    check(rich);
    check(bare);
}
END_TEST

START_TEST(with_as_many_fields_as_may_be)
{
    char raw[TEXT_MAX * 2];
    size_t length = (size_t)snprintf(raw, sizeof(raw), "%.*s", (int)sizeof(bare) - 3, bare);
    for (int i = 5; i < SIP_FIELDS_MAX; i++)
        length += (size_t)snprintf(raw + length, sizeof(raw) - length, "X-%d: %d\r\n", i, i);
    snprintf(raw + length, sizeof(raw) - length, "\r\n");
    check(raw);
    ck_assert_int_eq(anew.count, SIP_FIELDS_MAX);
}
END_TEST

UNIT_MAIN("keep", as_if_parsed_anew, with_as_many_fields_as_may_be)
