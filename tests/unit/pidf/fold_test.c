/* fold_test.c: which URIs and domains are the same. */
#include "pidf/fold_internal.h"
#include "unit.h"

static bool same(const char *a, const char *b)
{
    char left_text[256], right_text[256];
    struct buffer left = buffer_over(left_text, sizeof(left_text));
    struct buffer right = buffer_over(right_text, sizeof(right_text));
    fold_uri(bytes_of(a), &left);
    fold_uri(bytes_of(b), &right);
    ck_assert(left.length <= strlen(a) && right.length <= strlen(b)); /* never longer */
    return bytes_equal(buffer_bytes(&left), buffer_bytes(&right));
}

START_TEST(equivalent_uris_look_alike)
{
    ck_assert(same("sip:alice@Example.COM", "SIP:alice@example.com"));
    ck_assert(same("sip:%61lice@example.com", "sip:alice@example.com"));
    ck_assert(same("sip:a%2fb@x;Transport=TCP", "sip:a%2Fb@x;transport=tcp"));
    ck_assert(same("urn:uuid:F81D4FAE-7dec", "URN:UUID:f81d4fae-7DEC")); /* RFC 4122 3 */
    ck_assert(same("tel:+1-212-555-1234", "tel:+12125551234"));          /* RFC 3966 4 */
    ck_assert(same("http://WWW.example.org/A", "http://www.example.org/A"));
    ck_assert(same(" mailto:a@B ", "mailto:a@b"));
    ck_assert(same("URN:PC", "urn:pc"));
}
END_TEST

/* What is compared has room for as many bytes as were written, whatever is missing. */
START_TEST(never_longer)
{
    static const char *const odd[] = {
        "",     ":",     "urn:",  "urn::",   "urn:pc", "urn:pc:", "sip:",    "sip:@",   "sip:%4@1",
        "tel:", "tel:-", "http:", "http://", "%",      "%4",      "urn:%4a", "mailto:", "urn:uuid"};
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
        ck_assert(same(odd[i], odd[i]));
    ck_assert(!same("urn:pc", "urn:pc:"));
    ck_assert(!same("urn:", "urn::"));
}
END_TEST

START_TEST(others_stay_different)
{
    ck_assert(!same("sip:Alice@example.com", "sip:alice@example.com"));
    ck_assert(!same("sip:a@example.com", "sips:a@example.com"));
    ck_assert(!same("sip:a%2Fb@x", "sip:a/b@x"));
    ck_assert(!same("urn:mac:00A0", "urn:mac:00a0"));
    ck_assert(!same("http://x/A", "http://x/a"));
    ck_assert(!same("Alice", "alice"));
}
END_TEST

START_TEST(schemes)
{
    ck_assert(bytes_equal(uri_scheme(BYTES("im:a@b")), BYTES("im")));
    ck_assert(bytes_equal(uri_scheme(BYTES("z39.50r+x-y:a")), BYTES("z39.50r+x-y")));
    ck_assert(bytes_empty(uri_scheme(BYTES("alice"))));
    ck_assert(bytes_empty(uri_scheme(BYTES(":a"))));
    ck_assert(bytes_empty(uri_scheme(BYTES("1a:b"))));
    ck_assert(bytes_empty(uri_scheme(BYTES("a b:c"))));
    ck_assert(bytes_empty(uri_scheme(BYTES("a\0b:c"))));
}
END_TEST

static void expect_domain(const char *domain, const char *wanted)
{
    char text[256];
    struct buffer out = buffer_over(text, sizeof(text));
    bool good = fold_domain(bytes_of(domain), &out);
    ck_assert_msg(good == (wanted != NULL), "%s", domain);
    if (good)
        ck_assert_msg(bytes_equal(buffer_bytes(&out), bytes_of(wanted)), "%s: %.*s", domain,
                      BYTES_ARGS(buffer_bytes(&out)));
}

/* RFC 4745 7.1.3: escapes, then ToASCII, then label by label. */
START_TEST(rfc4745_domains)
{
    expect_domain("Example.COM", "example.com");
    expect_domain("ex%61mple.com", "example.com");
    expect_domain("b\xc3\xbc"
                  "cher.example",
                  "xn--bcher-kva.example");
    expect_domain("B%C3%9Ccher.example", "xn--bcher-kva.example");
    expect_domain("xn--bcher-kva.example", "xn--bcher-kva.example");
    expect_domain("[2001:DB8::1]", "[2001:db8::1]");
    expect_domain("", NULL);
    expect_domain("a%00b", NULL);
    expect_domain("a%zz", NULL);
    expect_domain("%FF%FE.example", NULL);
}
END_TEST

UNIT_MAIN("pidf/fold", equivalent_uris_look_alike, never_longer, others_stay_different, schemes,
          rfc4745_domains)
