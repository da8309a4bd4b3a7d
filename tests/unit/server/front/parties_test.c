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

/* Of a request for a user of ours, or, without one, for somebody elsewhere. */
static void sign_for(const char *target, const char *from, const char *to)
{
    struct front_request request = request_of(from, to);
    struct buffer out = buffer_over(signature, sizeof(signature) - 1);
    request.target = bytes_of(target);
    parties_sign(&request, &out);
    ck_assert(!out.overflow && out.length == 1 + PARTIES_SIGNATURE && out.at[0] == '.');
    signature[out.length] = '\0';
}

static void sign(const char *from, const char *to)
{
    sign_for("", from, to);
}

static enum front_party party(const char *from, const char *to)
{
    const struct front_request request = request_of(from, to);
    return parties_read(&request, bytes_of(signature + 1));
}

static bool is_signed(const char *from, const char *to)
{
    return party(from, to) != FRONT_PARTY_NONE;
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

/* Who was called is the user of ours whom the request was for, and nobody else, whatever To says.
 */
START_TEST(who_was_called)
{
    const char *eve = "<sip:eve@elsewhere.net>;tag=1", *bob = "<sip:bob@example.org>",
               *zoe = "<sip:zoe@EXAMPLE.org;x>", *answers = "<sip:bob@example.org>;tag=2";
    probe_open(false);
    sign_for("bob@example.org", eve, bob);
    ck_assert_int_eq(party(answers, eve), FRONT_PARTY_CALLED);
    ck_assert_int_eq(party(eve, answers), FRONT_PARTY_EITHER);
    sign_for("zoe@example.org", eve, zoe); /* the greater of the two */
    ck_assert_int_eq(party("<sip:zoe@example.org>;tag=2", eve), FRONT_PARTY_CALLED);
    ck_assert_int_eq(party(eve, zoe), FRONT_PARTY_EITHER);
    sign_for("alice@example.org", eve, bob);
    ck_assert_int_eq(party(answers, eve), FRONT_PARTY_EITHER);
    sign_for("", eve, bob);
    ck_assert_int_eq(party(answers, eve), FRONT_PARTY_EITHER);
    sign_for("", answers, "<sip:eve@elsewhere.net>"); /* bob calls */
    ck_assert_int_eq(party(answers, eve), FRONT_PARTY_EITHER);
    probe_close();
}
END_TEST

/* RFC 3261 12.2: what is inside a dialog begins none, and makes nobody the called one. */
START_TEST(inside_a_dialog)
{
    struct buffer out = buffer_over(signature, sizeof(signature) - 1);
    probe_open(false);
    struct front_request request =
        request_of("<sip:eve@elsewhere.net>;tag=1", "<sip:bob@example.org>;tag=2");
    request.target = BYTES("bob@example.org");
    parties_sign(&request, &out);
    ck_assert_uint_eq(out.length, 0);
    request.party = FRONT_PARTY_EITHER;
    parties_sign(&request, &out);
    ck_assert_int_eq(party("<sip:bob@example.org>;tag=2", "<sip:eve@elsewhere.net>;tag=1"),
                     FRONT_PARTY_EITHER);
    probe_close();
}
END_TEST

START_TEST(a_forged_signature)
{
    probe_open(false);
    sign("<sip:alice@example.org>;tag=1", "<sip:bob@elsewhere.net>");
    for (int i = 1; i <= PARTIES_SIGNATURE; i += PARTIES_SIGNATURE - 1) {
        const char was = signature[i];
        for (int c = '!'; c <= '~'; c++) {
            signature[i] = (char)c;
            ck_assert_int_eq(
                is_signed("<sip:alice@example.org>;tag=1", "<sip:bob@elsewhere.net>;tag=2"),
                c == was);
        }
        signature[i] = was;
    }
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

UNIT_MAIN("parties", rfc3261_12_2_1_1, somebody_else, who_was_called, inside_a_dialog,
          a_forged_signature, odd_addresses)
