/* digest_test.c: digests against published and captured examples, and the grammar of credentials.
 */
#include "sip/digest.h"

#include "unit.h"

static struct digest_engine *engine;

/* The response that credentials should have, from the password up. */
static struct digest_hex response_of(const struct digest_credentials *c, const char *password,
                                     const char *method)
{
    struct digest_hex ha1 =
        digest_ha1(engine, c->algorithm, c->username, c->realm, bytes_of(password));
    return digest_response(engine, c, ha1.text, bytes_of(method), BYTES(""));
}

static struct digest_credentials parse_good(const char *text)
{
    struct digest_credentials c;
    struct verdict v = digest_credentials_parse(bytes_of(text), &c);
    ck_assert_msg(verdict_ok(v), "%s: %s", text, v.reason);
    return c;
}

/* The credentials say what the password gives. */
static void assert_proves(const char *text, const char *password, const char *method)
{
    struct digest_credentials c = parse_good(text);
    struct digest_hex expected = response_of(&c, password, method);
    ck_assert_msg(bytes_equal(c.response, bytes_of(expected.text)), "%s: expected %s", text,
                  expected.text);
}

static void assert_bytes(struct bytes got, const char *wanted)
{
    ck_assert_msg(bytes_equal(got, bytes_of(wanted)), "got \"%.*s\", wanted \"%s\"",
                  BYTES_ARGS(got), wanted);
}

static void assert_refused(const char *text, const char *reason_part, size_t offset)
{
    struct digest_credentials c;
    struct verdict v = digest_credentials_parse(bytes_of(text), &c);
    ck_assert_msg(v.status == 400, "%s: taken", text);
    ck_assert_msg(strstr(v.reason, reason_part) != NULL, "%s: %s", text, v.reason);
    ck_assert_msg(v.offset == offset, "%s: offset %zu", text, v.offset);
}

START_TEST(rfc2617_3_5_md5)
{
    engine = digest_engine_new();
    assert_proves(
        "Digest username=\"Mufasa\", realm=\"testrealm@host.com\", "
        "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", uri=\"/dir/index.html\", qop=auth, "
        "nc=00000001, cnonce=\"0a4f113b\", response=\"6629fae49393a05397450978507c4ef1\", "
        "opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"",
        "Circle Of Life", "GET");
    digest_engine_free(&engine);
    ck_assert_ptr_null(engine);
}
END_TEST

START_TEST(rfc7616_3_9_1_md5_and_sha256)
{
    engine = digest_engine_new();
    assert_proves("Digest username=\"Mufasa\",\r\n realm=\"http-auth@example.org\",\r\n "
                  "uri=\"/dir/index.html\",\r\n algorithm=MD5,\r\n "
                  "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\",\r\n nc=00000001,\r\n "
                  "cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\",\r\n qop=auth,\r\n "
                  "response=\"8ca523f5e9506fed4657c9700eebdbec\",\r\n "
                  "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"",
                  "Circle of Life", "GET");
    assert_proves("Digest username=\"Mufasa\", realm=\"http-auth@example.org\", "
                  "uri=\"/dir/index.html\", algorithm=SHA-256, "
                  "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", nc=00000001, "
                  "cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\", qop=auth, "
                  "response=\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\", "
                  "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"",
                  "Circle of Life", "GET");
    digest_engine_free(&engine);
}
END_TEST

/* RFC 7616 3.9.2 prints values of a truncated SHA-512; erratum 4897 gives those of SHA-512/256. */
START_TEST(rfc7616_3_9_2_sha512_256_as_corrected)
{
    engine = digest_engine_new();
    assert_proves("Digest username=\"J\xc3\xa4s\xc3\xb8n Doe\", realm=\"api@example.org\", "
                  "uri=\"/doe.json\", algorithm=SHA-512-256, "
                  "nonce=\"5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK\", nc=00000001, "
                  "cnonce=\"NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v\", qop=auth, "
                  "response=\"3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5\", "
                  "opaque=\"HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS\", userhash=false",
                  "Secret, or not?", "GET");
    digest_engine_free(&engine);
}
END_TEST

/* What four clients sent to another server. */
START_TEST(captured_clients)
{
    engine = digest_engine_new();
    /* baresip 1.0 */
    assert_proves("Digest username=\"alice\", realm=\"127.44.0.1\", "
                  "nonce=\"awD/52sA/ruP3Yt3BpA1m48BfIJHcGPb\", uri=\"sip:alice@127.44.0.1\", "
                  "response=\"2cf0e5d27cbdafeb27eeaa076d34772a\", cnonce=\"3a2871fd4629164a\", "
                  "qop=auth, nc=00000001",
                  "alice-pw", "SUBSCRIBE");
    /* linphone: two blanks after the scheme's colon are the message's, those inside are ours */
    assert_proves("Digest realm=\"127.44.0.1\", nonce=\"awD/2GsA/qzTFMpcEc09/U7uC1WVG+IV\", "
                  "username=\"alice\",  uri=\"sip:bob@127.44.0.1\", "
                  "response=\"5796c4d3f94bba28e35f00914115fb18\", cnonce=\"vbbJHBzEhN9QNNrZ\", "
                  "nc=00000001, qop=auth",
                  "alice-pw", "SUBSCRIBE");
    /* SIP.js */
    assert_proves("Digest algorithm=MD5, username=\"alice\", realm=\"127.44.0.1\", "
                  "nonce=\"awEAK2sA/v/iEdurGwZBl4Ut0fC1RbQQ\", uri=\"sip:127.44.0.1\", "
                  "response=\"00b26310e5a75228f4fddd036a1a70b2\", qop=auth, "
                  "cnonce=\"b8ceu45b1u2c\", nc=00000001",
                  "alice-pw", "REGISTER");
    /* sipp */
    assert_proves("Digest username=\"alice\",realm=\"127.44.0.1\",cnonce=\"6b8b4567\",nc=00000001,"
                  "qop=auth,uri=\"sip:127.44.0.1:5060\",nonce=\"awEAMWsA/wW4gLPB6LCJbbD48bveJhXN\","
                  "response=\"49fae7352f92cc3e75d941315f0ad7c3\",algorithm=MD5",
                  "alice-pw", "SUBSCRIBE");
    digest_engine_free(&engine);
}
END_TEST

/* RFC 2069 2.1.2: no qop; libpurple even then sends an nc, quoted. */
START_TEST(rfc2069_response_without_qop)
{
    engine = digest_engine_new();
    assert_proves("Digest username=\"Mufasa\", realm=\"testrealm@host.com\", "
                  "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", uri=\"/dir/index.html\", "
                  "nc=\"00000001\", response=\"670fd8c2df070c60b045671b8b24ff02\"",
                  "Circle Of Life", "GET");
    digest_engine_free(&engine);
}
END_TEST

/* Values longer than what is gathered in one piece; expected: Python's hashlib. */
START_TEST(long_values_are_hashed_whole)
{
    static const char *const expected[DIGEST_COUNT] = {
        "d9632111cd6368130c900fcbfb1596ec",
        "a3bc64bbc441430a5bd0d73f50a82c69b1a0b3460ac9897bb1ba93258c874504",
        "158804dcd8d7bfe8621cfaa4e30c53601f9ab487d82d4ce498c33039dc01fb21"};
    char uri[4 + 700 + 12 + 1] = "sip:", nonce[500];
    engine = digest_engine_new();
    memset(uri + 4, 'x', 700);
    memcpy(uri + 704, "@example.org", 13);
    memset(nonce, 'n', sizeof(nonce));
    for (int i = 0; i < DIGEST_COUNT; i++) {
        struct digest_credentials c = {.username = BYTES("alice"),
                                       .realm = BYTES("example.org"),
                                       .nonce = bytes_from(nonce, sizeof(nonce)),
                                       .uri = bytes_of(uri),
                                       .nc = BYTES("00000001"),
                                       .cnonce = BYTES("c"),
                                       .qop = BYTES("auth"),
                                       .algorithm = (enum digest_algorithm)i};
        ck_assert_str_eq(response_of(&c, "alice-pw", "PUBLISH").text, expected[i]);
    }
    digest_engine_free(&engine);
}
END_TEST

START_TEST(response_depends_on_every_part)
{
    engine = digest_engine_new();
    const struct digest_credentials base = {.username = BYTES("alice"),
                                            .realm = BYTES("example.org"),
                                            .nonce = BYTES("n"),
                                            .uri = BYTES("sip:example.org"),
                                            .nc = BYTES("00000001"),
                                            .cnonce = BYTES("c"),
                                            .qop = BYTES("auth")};
    struct digest_hex right = response_of(&base, "pw", "REGISTER");
    struct digest_credentials other[7];
    for (size_t i = 0; i < 7; i++)
        other[i] = base;
    other[0].username = BYTES("bob");
    other[1].realm = BYTES("example.net");
    other[2].nonce = BYTES("m");
    other[3].uri = BYTES("sip:example.net");
    other[4].nc = BYTES("00000002");
    other[5].cnonce = BYTES("d");
    other[6].qop = BYTES("auth-int");
    for (size_t i = 0; i < 7; i++)
        ck_assert_str_ne(response_of(&other[i], "pw", "REGISTER").text, right.text);
    ck_assert_str_ne(response_of(&base, "pw2", "REGISTER").text, right.text);
    ck_assert_str_ne(response_of(&base, "pw", "SUBSCRIBE").text, right.text);
    ck_assert_str_eq(response_of(&base, "pw", "REGISTER").text, right.text);
    digest_engine_free(&engine);
}
END_TEST

static void assert_hmac(struct bytes key, struct bytes data, const char *hex)
{
    unsigned char mac[32];
    char memory[64];
    struct buffer out = buffer_over(memory, sizeof(memory));
    digest_hmac(engine, key, data, mac);
    buffer_hex(&out, mac, sizeof(mac));
    assert_bytes(buffer_bytes(&out), hex);
}

/* RFC 4231 4.2, 4.3, 4.7; twice, and changing the key, since the engine keeps the last one. */
START_TEST(rfc4231_hmac)
{
    char key1[20], key6[131];
    memset(key1, 0x0b, sizeof(key1));
    memset(key6, (char)0xaa, sizeof(key6));
    engine = digest_engine_new();
    for (int i = 0; i < 2; i++) {
        assert_hmac(bytes_from(key1, sizeof(key1)), BYTES("Hi There"),
                    "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
        assert_hmac(bytes_from(key1, sizeof(key1)), BYTES("Hi There"),
                    "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
        assert_hmac(bytes_from(key6, sizeof(key6)),
                    BYTES("Test Using Larger Than Block-Size Key - Hash Key First"),
                    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
        assert_hmac(BYTES("Jefe"), BYTES("what do ya want for nothing?"),
                    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }
    digest_engine_free(&engine);
}
END_TEST

START_TEST(equal_compares_all)
{
    ck_assert(digest_equal(BYTES("abc"), BYTES("abc")));
    ck_assert(digest_equal(BYTES(""), (struct bytes){NULL, 0}));
    ck_assert(!digest_equal(BYTES("abc"), BYTES("abd")));
    ck_assert(!digest_equal(BYTES("bbc"), BYTES("abc")));
    ck_assert(!digest_equal(BYTES("abc"), BYTES("ab")));
    ck_assert(!digest_equal(BYTES(""), BYTES("a")));
}
END_TEST

/* RFC 7616 6.1 and 3.3: no algorithm means MD5; session variants are not supported. */
START_TEST(rfc7616_6_1_algorithm_names)
{
    ck_assert_int_eq(digest_algorithm_of(BYTES("MD5")), DIGEST_MD5);
    ck_assert_int_eq(digest_algorithm_of(BYTES("sha-256")), DIGEST_SHA256);
    ck_assert_int_eq(digest_algorithm_of(BYTES("SHA-512-256")), DIGEST_SHA512_256);
    ck_assert_int_eq(digest_algorithm_of(BYTES("")), DIGEST_MD5);
    ck_assert_int_eq(digest_algorithm_of(BYTES("MD5-sess")), DIGEST_COUNT);
    ck_assert_int_eq(digest_algorithm_of(BYTES("SHA-512/256")), DIGEST_COUNT);
    for (int i = 0; i < DIGEST_COUNT; i++) {
        const char *name = digest_algorithm_name((enum digest_algorithm)i);
        ck_assert_int_eq(digest_algorithm_of(bytes_of(name)), i);
    }
}
END_TEST

static void challenge(struct buffer *out, enum digest_algorithm algorithm, bool stale)
{
    const struct digest_challenge written = {BYTES("example.org"), BYTES("abc"), algorithm, stale,
                                             false};
    digest_write_challenge(&written, out);
}

/* RFC 7616 3.3: realm, nonce, qop quoted; algorithm and stale not. RFC 8760 2.6 item 8: qop always.
 */
START_TEST(rfc7616_3_3_challenge)
{
    char memory[256], small[40];
    struct buffer out = buffer_over(memory, sizeof(memory));
    challenge(&out, DIGEST_SHA256, false);
    assert_bytes(buffer_bytes(&out),
                 "Digest realm=\"example.org\", nonce=\"abc\", algorithm=SHA-256, qop=\"auth\"");
    out = buffer_over(memory, sizeof(memory));
    challenge(&out, DIGEST_MD5, true);
    assert_bytes(buffer_bytes(&out), "Digest realm=\"example.org\", nonce=\"abc\", algorithm=MD5, "
                                     "qop=\"auth\", stale=true");
    out = buffer_over(small, sizeof(small));
    challenge(&out, DIGEST_MD5, true);
    ck_assert(out.overflow);
}
END_TEST

START_TEST(credentials_all_parameters)
{
    struct digest_credentials c = parse_good(
        "digest USERNAME = \"al\\\"ice\" ,, Realm=\"a, b=c\"\r\n\t,nonce=\"\",uri=sip:a@b;x=1,"
        "response=\"R\", cnonce=\"C\", qop=\"auth\", nc=\"1\", opaque=\"O\", algorithm=\"MD5\", "
        "future=\"x\", other=y,");
    assert_bytes(c.username, "al\\\"ice");
    assert_bytes(c.realm, "a, b=c");
    assert_bytes(c.nonce, "");
    assert_bytes(c.uri, "sip:a@b;x=1");
    assert_bytes(c.response, "R");
    assert_bytes(c.cnonce, "C");
    assert_bytes(c.qop, "auth");
    assert_bytes(c.nc, "1");
    assert_bytes(c.opaque, "O");
    ck_assert_int_eq(c.algorithm, DIGEST_MD5);
}
END_TEST

START_TEST(credentials_of_unknown_algorithm_parse)
{
    struct digest_credentials c =
        parse_good("Digest username=\"a\",realm=\"r\",nonce=\"n\",uri=\"u\",response=\"x\","
                   "algorithm=AKAv1-MD5");
    ck_assert_int_eq(c.algorithm, DIGEST_COUNT);
}
END_TEST

/* RFC 7616 3.4: "If a parameter or its value is improper, or required parameters are missing, the
 * proper response is a 4xx error code." */
START_TEST(rfc7616_3_4_credentials_refused)
{
    static const char *const wanted[] = {"username", "realm", "nonce", "uri", "response"};
    for (size_t missing = 0; missing < 5; missing++) {
        char memory[200];
        struct buffer text = buffer_over(memory, sizeof(memory) - 1);
        buffer_text(&text, "Digest ");
        for (size_t i = 0; i < 5; i++)
            if (i != missing)
                buffer_format(&text, "%s=\"x\",", wanted[i]);
        memory[text.length] = '\0';
        assert_refused(memory, wanted[missing], text.length);
    }
    assert_refused("", "scheme", 0);
    assert_refused("Digest", "scheme", 0);
    assert_refused("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "scheme", 0);
    assert_refused("Digestusername=\"a\"", "scheme", 0);
    assert_refused(
        "Digest username=\"a\",realm=\"r\",nonce=\"n\",uri=\"u\",response=\"x\",qop=auth,"
        "nc=1",
        "cnonce", 74);
    assert_refused(
        "Digest username=\"a\",realm=\"r\",nonce=\"n\",uri=\"u\",response=\"x\",qop=auth,"
        "cnonce=\"\"",
        "without nc", 79);
}
END_TEST

START_TEST(credentials_broken_grammar)
{
    assert_refused("Digest username=\"a\",realm=\"r\",username=\"b\"", "twice", 30);
    assert_refused("Digest qop=auth, QOP=auth-int", "twice", 17);
    assert_refused("Digest username", "no value", 15);
    assert_refused("Digest username,realm=\"r\"", "no value", 15);
    assert_refused("Digest =\"a\"", "no value", 7);
    assert_refused("Digest \"a\"", "no value", 7);
    assert_refused("Digest username=\"a", "does not end", 7);
    assert_refused("Digest username=\"a\\\"", "does not end", 7);
    assert_refused("Digest username=\"a\\", "does not end", 7);
    assert_refused("Digest username=\"a\" realm=\"r\"", "comma", 20);
    assert_refused("Digest username=a\"b\"", "comma", 17);
}
END_TEST

/* What was read before the fault is kept: the caller may see whose credentials they were. */
START_TEST(credentials_partly_read)
{
    struct digest_credentials c;
    struct verdict v = digest_credentials_parse(BYTES("Digest realm=\"r\", nonce"), &c);
    ck_assert_uint_eq(v.status, 400);
    assert_bytes(c.realm, "r");
    assert_bytes(c.nonce, "");
}
END_TEST

/* RFC 7616 3.4.3: H(A2) covers the body. The expected text is what sha256sum and md5sum say. */
START_TEST(auth_int_covers_the_body)
{
    engine = digest_engine_new();
    const struct digest_credentials c = {.nonce = BYTES("n"),
                                         .uri = BYTES("sip:b"),
                                         .cnonce = BYTES("c"),
                                         .nc = BYTES("00000001"),
                                         .qop = BYTES("auth-int"),
                                         .algorithm = DIGEST_MD5};
    struct digest_hex one = digest_response(engine, &c, "h", BYTES("MESSAGE"), BYTES("hello"));
    ck_assert_str_eq(one.text, "4b4a272d5d91ab579d640d3ff7ffa9aa");
    struct digest_hex other = digest_response(engine, &c, "h", BYTES("MESSAGE"), BYTES("hullo"));
    ck_assert_str_ne(other.text, one.text);
    digest_engine_free(&engine);
}
END_TEST

UNIT_MAIN("sip/digest", auth_int_covers_the_body, rfc2617_3_5_md5, rfc7616_3_9_1_md5_and_sha256,
          rfc7616_3_9_2_sha512_256_as_corrected, captured_clients, rfc2069_response_without_qop,
          long_values_are_hashed_whole, response_depends_on_every_part, rfc4231_hmac,
          equal_compares_all, rfc7616_6_1_algorithm_names, rfc7616_3_3_challenge,
          credentials_all_parameters, credentials_of_unknown_algorithm_parse,
          rfc7616_3_4_credentials_refused, credentials_broken_grammar, credentials_partly_read)
