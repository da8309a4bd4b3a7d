/* parties_test.c: who speaks in a dialog is From and To, which stay what they were (RFC 3261
 * 12.2.1.1), whichever side sends. */
#include "fixture/probe.h"
#include "front/front_internal.h"

static char raw[4000], signature[200];
static struct sip_message message;

static struct front_request request_of(const char *from, const char *to)
{
    snprintf(raw, sizeof(raw),
             "BYE sip:b@x.org SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: %s\r\n"
             "To: %s\r\nCall-ID: c\r\nCSeq: 1 BYE\r\nContent-Length: 0\r\n\r\n",
             from, to);
    ck_assert(verdict_ok(sip_message_parse(bytes_of(raw), false, &message)));
    return (struct front_request){.front = ground->front, .message = &message};
}

static void sign(const char *from, const char *to)
{
    const struct front_request request = request_of(from, to);
    struct buffer out = buffer_over(signature, sizeof(signature) - 1);
    parties_sign(&request, &out);
    ck_assert(!out.overflow && out.length > 0);
    signature[out.length] = '\0';
}

static bool is_signed(const char *from, const char *to)
{
    const struct front_request request = request_of(from, to);
    return parties_signed(&request, bytes_of(signature));
}

/* 12.2.1.1: the URIs and tags of both; the other side has them the other way round. */
START_TEST(rfc3261_12_2_1_1)
{
    probe_open(false);
    sign("\"Alice\" <sip:alice@example.org>;tag=1", "<sip:bob@elsewhere.net>");
    ck_assert(is_signed("<sip:alice@example.org>;tag=1", "<sip:bob@elsewhere.net>;tag=2"));
    ck_assert(is_signed("<sip:bob@elsewhere.net>;tag=2", "<sip:alice@example.org>;tag=1"));
    ck_assert(is_signed("sip:alice@EXAMPLE.org;tag=1", "<sip:bob@elsewhere.NET>;tag=2"));
    probe_close();
}
END_TEST

START_TEST(somebody_else)
{
    probe_open(false);
    sign("<sip:alice@example.org>;tag=1", "<sip:bob@elsewhere.net>");
    ck_assert(!is_signed("<sip:carol@example.org>;tag=1", "<sip:bob@elsewhere.net>;tag=2"));
    ck_assert(!is_signed("<sip:alice@example.org>;tag=1", "<sip:carol@elsewhere.net>;tag=2"));
    ck_assert(!is_signed("<sip:Alice@example.org>;tag=1", "<sip:bob@elsewhere.net>;tag=2"));
    ck_assert(!is_signed("<sip:bob@example.org>;tag=1", "<sip:alice@elsewhere.net>;tag=2"));
    ck_assert(!is_signed("<sip:alice@example.org>;tag=1", "<sip:alice@example.org>;tag=2"));
    probe_close();
}
END_TEST

START_TEST(a_forged_signature)
{
    probe_open(false);
    sign("<sip:alice@example.org>;tag=1", "<sip:bob@elsewhere.net>");
    signature[0] = signature[0] == 'A' ? 'B' : 'A';
    ck_assert(!is_signed("<sip:alice@example.org>;tag=1", "<sip:bob@elsewhere.net>;tag=2"));
    signature[0] = '\0';
    ck_assert(!is_signed("<sip:alice@example.org>;tag=1", "<sip:bob@elsewhere.net>;tag=2"));
    probe_close();
}
END_TEST

/* What has no host, and what is longer than anybody needs, are told apart as well. */
START_TEST(odd_addresses)
{
    static char longer[1500];
    probe_open(false);
    sign("<tel:+12125551212>;tag=1", "<sip:bob@elsewhere.net>");
    ck_assert(is_signed("<sip:bob@elsewhere.net>;tag=2", "<tel:+12125551212>;tag=1"));
    ck_assert(!is_signed("<sip:bob@elsewhere.net>;tag=2", "<tel:+12125551213>;tag=1"));
    snprintf(longer, sizeof(longer), "<sip:%01400d@example.org>;tag=1", 1);
    sign(longer, "<sip:bob@elsewhere.net>");
    ck_assert(is_signed(longer, "<sip:bob@elsewhere.net>;tag=2"));
    ck_assert(!is_signed(longer, "<sip:carol@elsewhere.net>;tag=2"));
    probe_close();
}
END_TEST

UNIT_MAIN("parties", rfc3261_12_2_1_1, somebody_else, a_forged_signature, odd_addresses)
