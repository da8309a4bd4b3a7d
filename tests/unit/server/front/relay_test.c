/* relay_test.c: what goes on of a request, by who sent it and who gets it (RFC 3325, RFC 3323). */
#include "front/relay.h"

#include "fixture/ask.h"
#include "sip/write.h"

static struct ground *ground;
static struct sip_message message;
static struct front_request request;
static char raw[4000], text[4000];

/* A request of alice's with these fields, from a trusted source or not. */
static void take(bool trusted, const char *identity, const char *fields)
{
    snprintf(raw, sizeof(raw),
             "MESSAGE sip:bob@other SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\n"
             "From: <sip:alice@example.org>;tag=1\r\nTo: <sip:bob@other>\r\nCall-ID: c\r\n"
             "CSeq: 1 MESSAGE\r\n%sContent-Length: 0\r\n\r\n",
             fields);
    ck_assert(verdict_ok(sip_message_parse(bytes_of(raw), true, &message)));
    request = (struct front_request){
        .front = ground->front,
        .message = &message,
        .identity = bytes_of(identity),
        .trusted = trusted,
    };
}

/* What leaves: the fields that are added, then all that stay. */
static const char *leaves(struct front_departure departure)
{
    struct buffer out = buffer_over(text, sizeof(text) - 1);
    front_departure_write(&departure, &out);
    const struct sip_forward forward = {
        .request_uri = BYTES("sip:bob@other"),
        .drop = front_departure_drops,
        .context = &departure,
    };
    sip_write_forward(&out, &message, &forward);
    text[out.length] = '\0';
    return text;
}

static const char *to_trusted(void)
{
    const struct net_address hop = address("127.0.0.9:5060");
    return leaves(front_depart(&request, &hop));
}

static const char *to_others(void)
{
    const struct net_address hop = address("192.0.2.9:5060");
    return leaves(front_depart(&request, &hop));
}

#define ASSERTED "P-Asserted-Identity: "

/* RFC 3325 5: what a stranger or a user wrote is taken away; ours is for the Trust Domain alone. */
START_TEST(rfc3325_5_from_a_user)
{
    ground = ground_new(NULL);
    take(false, "alice@example.org",
         ASSERTED "<sip:boss@example.org>, <tel:+1>\r\np-asserted-identity: <sip:x@y>\r\n");
    ck_assert_has(to_trusted(), ASSERTED "<sip:alice@example.org>\r\n");
    ck_assert_lacks(to_trusted(), "boss");
    ck_assert_lacks(to_trusted(), "x@y");
    ck_assert_lacks(to_others(), "sserted");
    ck_assert_lacks(leaves(front_depart(&request, NULL)), "sserted"); /* a name: nobody we know */
    take(false, "", ASSERTED "<sip:boss@example.org>\r\n"); /* a stranger proves nothing */
    ck_assert_lacks(to_trusted(), "sserted");
    take(false, "carol@other", "");
    request.foreign = true; /* its domain vouches for it, not we */
    ck_assert_lacks(to_trusted(), "sserted");
    ground_free(ground);
}
END_TEST

START_TEST(rfc3325_5_from_a_trusted_one)
{
    ground = ground_new(NULL);
    take(true, "boss@example.org", ASSERTED "<sip:boss@example.org>\r\n");
    ck_assert_has(to_trusted(), ASSERTED "<sip:boss@example.org>\r\n");
    ck_assert_lacks(to_others(), "sserted");
    take(true, "boss@example.org", ""); /* it had its reasons to say nothing */
    ck_assert_lacks(to_trusted(), "sserted");
    ground_free(ground);
}
END_TEST

/* RFC 3325 6. */
START_TEST(rfc3325_6_hint)
{
    ground = ground_new(NULL);
    take(false, "alice@example.org", "P-Preferred-Identity: <sip:boss@example.org>\r\n");
    ck_assert_lacks(to_trusted(), "Preferred");
    ck_assert_lacks(to_others(), "Preferred");
    ground_free(ground);
}
END_TEST

/* RFC 3325 7: "id" keeps it inside, "none" must let it out. */
START_TEST(rfc3325_7_privacy)
{
    ground = ground_new(NULL);
    take(true, "boss@example.org", ASSERTED "<sip:boss@example.org>\r\nPrivacy: id\r\n");
    ck_assert_has(to_trusted(), ASSERTED "<sip:boss@example.org>\r\nPrivacy: id\r\n");
    ck_assert_lacks(to_others(), "boss");
    ck_assert_lacks(to_others(), "Privacy");
    take(true, "boss@example.org", ASSERTED "<sip:boss@example.org>\r\nPrivacy: none\r\n");
    ck_assert_has(to_others(), ASSERTED "<sip:boss@example.org>\r\nPrivacy: none\r\n");
    take(false, "alice@example.org", ASSERTED "<sip:boss@example.org>\r\nPrivacy: none\r\n");
    ck_assert_lacks(to_others(), "boss"); /* but a lie stays a lie */
    ck_assert_has(to_others(), "Privacy: none\r\n");
    ground_free(ground);
}
END_TEST

/* RFC 3323 5: what was done is taken from the list, an empty list goes, and with it the option. */
START_TEST(rfc3323_5_what_is_left)
{
    ground = ground_new(NULL);
    take(false, "alice@example.org", "Privacy: header;id , user;critical\r\n");
    ck_assert_has(to_others(), "Privacy: header;user\r\n");
    ck_assert_lacks(to_others(), "id");
    ck_assert_has(to_trusted(), "Privacy: header;id , user;critical\r\n");
    take(false, "alice@example.org", "Privacy: id\r\nPrivacy: user\r\nProxy-Require: privacy\r\n");
    ck_assert_has(to_others(), "Privacy: user\r\n");
    ck_assert_lacks(to_others(), "id");
    ck_assert_has(to_others(), "Proxy-Require: privacy\r\n");
    take(false, "alice@example.org", "Privacy: ID;critical\r\nProxy-Require: privacy\r\n");
    ck_assert_lacks(to_others(), "rivacy");
    ck_assert_has(to_trusted(), "Proxy-Require: privacy\r\n");
    take(false, "alice@example.org", "Privacy: user\r\nProxy-Require: privacy\r\n");
    ck_assert_has(to_others(), "Privacy: user\r\nProxy-Require: privacy\r\n");
    ground_free(ground);
}
END_TEST

/* A response with these fields, as it goes back. */
static const char *goes_back(const char *from, const char *to, const char *fields)
{
    const struct net_address came = address(from), goes = address(to);
    struct buffer out = buffer_over(text, sizeof(text) - 1);
    snprintf(raw, sizeof(raw),
             "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP b\r\nVia: SIP/2.0/UDP a\r\n"
             "From: <sip:alice@example.org>;tag=1\r\nTo: <sip:bob@other>;tag=2\r\nCall-ID: c\r\n"
             "CSeq: 1 MESSAGE\r\n%sContent-Length: 0\r\n\r\n",
             fields);
    ck_assert(verdict_ok(sip_message_parse(bytes_of(raw), true, &message)));
    struct front_return decided = front_return(ground->front, &message, &came, &goes);
    sip_write_backward(&out, &message, front_return_drops, &decided);
    text[out.length] = '\0';
    return text;
}

#define TRUSTED "127.0.0.9:5060"
#define OTHER "192.0.2.9:5060"

/* RFC 3325 5: "a message (request or response)". */
START_TEST(rfc3325_5_response)
{
    const char *boss = ASSERTED "<sip:boss@example.org>\r\nPrivacy: id;critical\r\nX: 1\r\n";
    ground = ground_new(NULL);
    ck_assert_has(goes_back(TRUSTED, TRUSTED, boss), boss);
    ck_assert_lacks(goes_back(TRUSTED, OTHER, boss), "boss");
    ck_assert_lacks(goes_back(TRUSTED, OTHER, boss), "Privacy"); /* it is done */
    ck_assert_has(goes_back(TRUSTED, OTHER, boss), "\r\nX: 1\r\n");
    ck_assert_lacks(goes_back(OTHER, TRUSTED, boss), "boss"); /* who answers proves nothing */
    ck_assert_has(goes_back(OTHER, TRUSTED, boss), "Privacy: id;critical\r\n");
    ck_assert_lacks(goes_back(OTHER, TRUSTED, "P-Preferred-Identity: <sip:b@x>\r\n"), "sip:b@x");
    boss = ASSERTED "<sip:boss@example.org>\r\nPrivacy: none\r\n";
    ck_assert_has(goes_back(TRUSTED, OTHER, boss), boss); /* RFC 3325 7 */
    ck_assert_lacks(goes_back(OTHER, OTHER, boss), "boss");
    boss = ASSERTED "<sip:boss@example.org>\r\nPrivacy: id;user\r\n";
    ck_assert_has(goes_back(TRUSTED, OTHER, boss), "Privacy: id;user\r\n");
    ck_assert_lacks(goes_back(TRUSTED, OTHER, boss), "boss");
    ground_free(ground);
}
END_TEST

/* RFC 3261 22.3, 16.6 step 6. */
START_TEST(credentials_and_routes)
{
    ground = ground_new(NULL);
    take(false, "alice@example.org",
         "Proxy-Authorization: Digest username=\"alice\", realm=\"example.org\", nonce=\"1\", "
         "uri=\"sip:bob@other\", response=\"0\"\r\n"
         "Authorization: Digest username=\"alice\", realm=\"other\", nonce=\"1\", "
         "uri=\"sip:bob@other\", response=\"0\"\r\nRoute: <sip:x;lr>\r\nX-Odd: 1\r\n");
    ck_assert_lacks(to_others(), "Proxy-Authorization");
    ck_assert_has(to_others(), "Authorization: Digest username=\"alice\", realm=\"other\"");
    ck_assert_lacks(to_others(), "Route");
    ck_assert_has(to_others(), "X-Odd: 1\r\n");
    ground_free(ground);
}
END_TEST

UNIT_MAIN("relay", rfc3325_5_from_a_user, rfc3325_5_from_a_trusted_one, rfc3325_6_hint,
          rfc3325_7_privacy, rfc3323_5_what_is_left, rfc3325_5_response, credentials_and_routes)
