/* traced_test.c: what of a message nobody may see, and whose message it is. */
#include "web/api/traced_internal.h"

#include "base/memory.h"
#include "front/aliases.h"
#include "unit.h"

static void expect_masked(const char *text, const char *wanted)
{
    char *copy = memory_copy(bytes_of(text));
    traced_mask(copy, strlen(text));
    ck_assert_str_eq(copy, wanted);
    free(copy);
}

/* RFC 7616 3.4: what answers a challenge; all else is said openly, and helps to find a fault. */
START_TEST(a_digest_keeps_all_but_its_response)
{
    expect_masked(
        "REGISTER sip:x SIP/2.0\r\nAuthorization: Digest username=\"al\\\", response=\\\"\", "
        "realm=\"x\", nonce=\"n\", uri=\"sip:x;a=b\",response=\"0123456789abcdef\", qop=auth, "
        "nc=00000001, cnonce=\"c\"\r\nTo: <sip:response=\"a\"@x>\r\n\r\n",
        "REGISTER sip:x SIP/2.0\r\nAuthorization: Digest username=\"al\\\", response=\\\"\", "
        "realm=\"x\", nonce=\"n\", uri=\"sip:x;a=b\",response=******************, qop=auth, "
        "nc=00000001, cnonce=\"c\"\r\nTo: <sip:response=\"a\"@x>\r\n\r\n");
    expect_masked("proxy-authorization :\r\n digest a=b,\r\n\tRESPONSE = abc , realm=\"r\"\r\n",
                  "proxy-authorization :\r\n digest a=*,\r\n\tRESPONSE = *** , realm=\"r\"\r\n");
    expect_masked("Authentication-Info: nextnonce=\"n\", rspauth=\"abc\"\r\n",
                  "Authentication-Info: nextnonce=\"n\", rspauth=*****\r\n");
}
END_TEST

START_TEST(other_schemes_keep_their_name_alone)
{
    expect_masked("Authorization: Basic YWxpY2U6cHc=\r\nX: y\r\n",
                  "Authorization: Basic ************\r\nX: y\r\n");
    expect_masked("Authorization: Bearer a.b,c=d e\r\n z\r\nX: y",
                  "Authorization: Bearer *********\r\n**\r\nX: y");
    expect_masked("Authorization: secret\r\n", "Authorization: ******\r\n");
}
END_TEST

/* Who writes it wrongly has a secret, too. */
START_TEST(nothing_hides_behind_bad_grammar)
{
    static const char *const fields[] = {
        "Authorization: Digest username=\"a\" response=\"S3CRET\"\r\n",
        "Authorization: Digest username=a response=S3CRET\r\n",
        "Authorization: Digest username=\"a, response=S3CRET\r\n",
        "Authorization: Digest,response=\"S3CRET\"\r\n",
        "Authorization: Digest\r\n response=\"S3CRET\"\r\n",
        "Authorization: response=\"S3CRET\"\r\n",
        "Authorization: Digest=S3CRET\r\n",
        "Authorization: Digest S3CRET\r\n",
        "AUTHORIZATION\t: Digest response=S3CRET",
        "Authorization: Digest response=\"\\\"S3CRET",
        "Authorization: Digest username=\"x\", \"response\"=\"S3CRET\"\r\n",
        "X: y\nAuthorization: Digest response=S3CRET\n",
        "MESSAGE sip:x SIP/2.0\r\n\r\nAuthorization: Digest response=\"S3CRET\"\r\n",
    };
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        char *copy = memory_copy(bytes_of(fields[i]));
        traced_mask(copy, strlen(copy));
        ck_assert_msg(strstr(copy, "S3CRET") == NULL, "%s", copy);
        free(copy);
    }
}
END_TEST

/* RFC 3261 19.1.1 has them in URIs; a port is none. */
START_TEST(passwords_of_addresses_are_hidden)
{
    expect_masked("INVITE sip:alice:S3CR%45T@x:5060;a=b@c SIP/2.0\r\n",
                  "INVITE sip:alice:********@x:5060;a=b@c SIP/2.0\r\n");
    expect_masked("From: \"sip:a\" <SIPS:al;x:pw@x>;tag=a:b@c\r\n",
                  "From: \"sip:a\" <SIPS:al;x:**@x>;tag=a:b@c\r\n");
    static const char *const open[] = {"To: <sip:x:5060>, <sip:alice@x:5060>\r\n",
                                       "Call-ID: sip:a@b:c@d\r\n",
                                       "Contact: <sip:x:5060;a@b>\r\n",
                                       "sip:",
                                       "sip:a:",
                                       "sip:a:b",
                                       "sip::",
                                       ":",
                                       "ip:a:b@c"};
    for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++)
        expect_masked(open[i], open[i]);
}
END_TEST

START_TEST(no_text_is_harmed_by_its_end)
{
    const char *text =
        "Authorization: Digest username=\"a\\\", response=\"b\\\"\r\n \r\n\tsips:a:b@c";
    for (size_t length = 0; length <= strlen(text); length++) {
        char *copy = memory_new(length > 0 ? length : 1); /* exactly: ASan sees what is beyond */
        memcpy(copy, text, length);
        traced_mask(copy, length);
        free(copy);
    }
}
END_TEST

#define FROM_ALICE                                                                        \
    "MESSAGE sip:bob@127.0.0.3:5060 SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\n"    \
    "From: <sip:alice@EXAMPLE.org:5060>;tag=1\r\nTo: \"alice\" <sip:bob@example.org>\r\n" \
    "Call-ID: c-1@x\r\nCSeq: 7 MESSAGE\r\nContent-Length: 0\r\n\r\n"

static bool takes(const char *call_id, const char *user, const char *text)
{
    static const struct domain domain = {.name = "example.org", .algorithm_count = 1};
    struct domains *domains = domains_new();
    domains_add(domains, &domain);
    const struct traced_query query = {bytes_of(call_id), bytes_of(user), domains};
    const struct trace_message kept = {.id = 1, .text = bytes_of(text)};
    struct traced traced;
    bool taken = traced_take(&query, &kept, &traced);
    domains_free(&domains);
    return taken;
}

START_TEST(whose_message_it_is)
{
    ck_assert(takes("", "", FROM_ALICE));
    ck_assert(takes("c-1@x", "", FROM_ALICE));
    ck_assert(!takes("c-1", "", FROM_ALICE)); /* a part of it is another one */
    ck_assert(!takes("z9hG4bK1", "", FROM_ALICE));
    ck_assert(takes("", "alice@example.org", FROM_ALICE));
    ck_assert(takes("", "bob@example.org", FROM_ALICE));
    ck_assert(!takes("", "carol@example.org", FROM_ALICE));
    ck_assert(!takes("", "alice@example.net", FROM_ALICE));
    ck_assert(takes("c-1@x", "bob@example.org", FROM_ALICE));
    ck_assert(!takes("c-2@x", "bob@example.org", FROM_ALICE));
    ck_assert(takes("", "", "RUBBISH"));
    ck_assert(!takes("RUBBISH", "", "RUBBISH"));
    ck_assert(!takes("", "alice@example.org", "alice"));
}
END_TEST

/* Hers are those to her other names, too. */
START_TEST(other_names_are_found)
{
    static const struct domain domain = {.name = "example.org", .algorithm_count = 1};
    struct domains *domains = domains_new();
    struct aliases *aliases = aliases_new(1);
    domains_add(domains, &domain);
    domains_use_aliases(domains, aliases);
    const struct traced_query query = {BYTES(""), BYTES("carol@example.org"), domains};
    const struct trace_message kept = {.id = 1, .text = BYTES(FROM_ALICE)};
    struct traced traced;
    ck_assert(!traced_take(&query, &kept, &traced));
    aliases_put(aliases, BYTES("bob@example.org"), BYTES("carol@example.org"));
    ck_assert(traced_take(&query, &kept, &traced));
    domains_free(&domains);
    aliases_free(&aliases);
}
END_TEST

UNIT_MAIN("web/api/traced", passwords_of_addresses_are_hidden, other_names_are_found,
          a_digest_keeps_all_but_its_response, other_schemes_keep_their_name_alone,
          nothing_hides_behind_bad_grammar, no_text_is_harmed_by_its_end, whose_message_it_is)
