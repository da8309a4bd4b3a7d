/* step_trust_test.c: what trusted addresses assert (RFC 3325 5). */
#include "fixture/probe.h"

static void assert_identity(const char *from, const char *fields, const char *identity,
                            bool foreign)
{
    const struct net_flow pbx = ground_udp("127.0.0.9:5060");
    struct ask ask = {.method = "INFO", .from = from, .fields = fields, .flow = &pbx};
    ck_assert_uint_eq(probe_send(ask), 0);
    ck_assert(probe.trusted);
    ck_assert_str_eq(probe.identity, identity);
    ck_assert_int_eq(probe.foreign, foreign);
}

START_TEST(rfc3325_5_asserted)
{
    const char *anonymous = "\"Anonymous\" <sip:anonymous@anonymous.invalid>;tag=1";
    probe_open(true);
    assert_identity(anonymous, "P-Asserted-Identity: \"Al\" <sip:%61lice@EXAMPLE.org;x>\r\n",
                    "alice@example.org", false);
    assert_identity(anonymous, "P-Asserted-Identity: tel:+1, <sip:carol@other.org>\r\n",
                    "carol@other.org", true);
    assert_identity(anonymous,
                    "P-Asserted-Identity: <tel:+1>\r\nP-asserted-IDENTITY: sip:bob@example.org\r\n",
                    "bob@example.org", false);
    assert_identity("<sip:bob@example.org>;tag=1",
                    "P-Asserted-Identity: <sip:alice@example.org>\r\n", "alice@example.org", false);
    probe_close();
}
END_TEST

START_TEST(from_where_nothing_is_asserted)
{
    probe_open(true);
    assert_identity("<sip:bob@example.org>;tag=1", "", "bob@example.org", false);
    assert_identity("<sip:carol@Other.org>;tag=1", "", "carol@other.org", true);
    assert_identity("<sip:carol@other.org>;tag=1", "P-Asserted-Identity: <tel:+1>\r\n",
                    "carol@other.org", true);
    assert_identity("<sip:carol@other.org>;tag=1", "P-Asserted-Identity: sip:@, *\r\n",
                    "carol@other.org", true);
    assert_identity("<sip:anonymous@anonymous.invalid>;tag=1", "", "", false);
    assert_identity("<tel:+1>;tag=1", "", "", false);
    probe_close();
}
END_TEST

/* RFC 3325 8: what others write there is not used in any way. */
START_TEST(asserted_by_others)
{
    struct ask ask = {.method = "INFO",
                      .fields = "P-Asserted-Identity: <sip:alice@example.org>\r\n"};
    probe_open(true);
    ck_assert_uint_eq(probe_stranger(ask), 0);
    ck_assert(!probe.trusted && !probe.foreign);
    ck_assert_str_eq(probe.identity, "");
    ck_assert_uint_eq(probe_send(ask), 407);
    ask.method = "PUBLISH";
    ck_assert_uint_eq(probe_stranger(ask), 403);
    probe_close();
}
END_TEST

UNIT_MAIN("step_trust", rfc3325_5_asserted, from_where_nothing_is_asserted, asserted_by_others)
