/* uri_test.c: URIs taken apart, refused, compared and made canonical. */
#include "sip/uri.h"

#include <stdio.h>

#include "unit.h"

/* The linker sends what others call bytes_equal_nocase here (tests/CMakeLists.txt). */
static size_t counted;
bool __real_bytes_equal_nocase(struct bytes a, struct bytes b);
bool __wrap_bytes_equal_nocase(struct bytes a, struct bytes b);
bool __wrap_bytes_equal_nocase(struct bytes a, struct bytes b)
{
    counted++;
    return __real_bytes_equal_nocase(a, b);
}

static void assert_bytes(struct bytes got, const char *wanted)
{
    ck_assert_msg(bytes_equal(got, bytes_of(wanted)), "got \"%.*s\", wanted \"%s\"",
                  BYTES_ARGS(got), wanted);
}

static struct sip_uri parse_good(const char *text)
{
    struct sip_uri uri;
    struct verdict v = sip_uri_parse(bytes_of(text), &uri);
    ck_assert_msg(verdict_ok(v), "%s: %s at %zu", text, v.reason, v.offset);
    assert_bytes(uri.text, text);
    return uri;
}

static void assert_refused(const char *text, size_t offset)
{
    struct sip_uri uri;
    struct verdict v = sip_uri_parse(bytes_of(text), &uri);
    ck_assert_msg(v.status == 400 && v.reason != NULL, "%s was taken", text);
    ck_assert_msg(v.offset == offset, "%s: fault at %zu, not %zu", text, v.offset, offset);
}

/* RFC 3261 19.1.1: every component in its place. */
START_TEST(parts_are_found)
{
    struct sip_uri uri = parse_good("sips:ann:pw@Example.org:5071;transport=tcp;lr?a=b&c=");
    ck_assert_int_eq(uri.scheme, SIP_SCHEME_SIPS);
    assert_bytes(uri.user, "ann");
    ck_assert(uri.has_user);
    assert_bytes(uri.password, "pw");
    assert_bytes(uri.host, "Example.org");
    ck_assert_uint_eq(uri.port, 5071);
    assert_bytes(uri.parameters, ";transport=tcp;lr");
    assert_bytes(uri.headers, "?a=b&c=");
}
END_TEST

START_TEST(least_uri_is_a_host)
{
    struct sip_uri uri = parse_good("SIP:h");
    ck_assert_int_eq(uri.scheme, SIP_SCHEME_SIP);
    ck_assert(!uri.has_user && bytes_empty(uri.user));
    assert_bytes(uri.host, "h");
    ck_assert_uint_eq(uri.port, 0);
    ck_assert(bytes_empty(uri.parameters) && bytes_empty(uri.headers));
}
END_TEST

/* RFC 3261 19.1.3: ";", "?" and "/" may stand in the user part unescaped. */
START_TEST(user_part_reaches_to_the_at)
{
    struct sip_uri uri = parse_good("sip:a;day=mon?x=y/z,+$&!@h.example;p=1");
    assert_bytes(uri.user, "a;day=mon?x=y/z,+$&!");
    assert_bytes(uri.host, "h.example");
    assert_bytes(uri.parameters, ";p=1");
    assert_bytes(parse_good("sip:*21#@h").user, "*21#");
}
END_TEST

/* RFC 5118 4.1 to 4.4: brackets tell the port from the address. */
START_TEST(ipv6_literals_need_brackets)
{
    struct sip_uri uri = parse_good("sip:u@[2001:db8::7]:5080;lr");
    assert_bytes(uri.host, "[2001:db8::7]");
    ck_assert_uint_eq(uri.port, 5080);
    uri = parse_good("sip:[2001:db8::7:5080]");
    assert_bytes(uri.host, "[2001:db8::7:5080]");
    ck_assert_uint_eq(uri.port, 0);
    assert_bytes(parse_good("sip:[::ffff:192.0.2.1]").host, "[::ffff:192.0.2.1]");
    assert_refused("sip:2001:db8::7", 9);
    assert_refused("sip:[2001:db8::7", 4);
    assert_refused("sip:[name]", 4);
    assert_refused("sip:[::1%25eth0]", 4);
}
END_TEST

START_TEST(malformed_uris_are_refused_where_they_break)
{
    assert_refused("", 0);
    assert_refused("sip", 3);
    assert_refused(":x", 0);
    assert_refused("<sip:a@b>", 0);
    assert_refused("sip:", 4);
    assert_refused("sip:@h", 4);
    assert_refused("sip::pw@h", 4);
    assert_refused("sip:a@", 6);
    assert_refused("sip:a@b@c", 7);
    assert_refused("sip:a b@c", 5);
    assert_refused("sip:a%4@c", 5);
    assert_refused("sip:a%zz@c", 5);
    assert_refused("sip:a\"b@c", 5);
    assert_refused("sip:a@b c", 7);
    assert_refused("sip:a@h%41", 7);
    assert_refused("sip:a@b:", 8);
    assert_refused("sip:a@b:0", 9);
    assert_refused("sip:a@b:65536", 12);
    assert_refused("sip:a@b:50x", 10);
    assert_refused("sip:a@b;", 8);
    assert_refused("sip:a@b;;lr", 8);
    assert_refused("sip:a@b;=x", 8);
    assert_refused("sip:a@b;x=\"y\"", 10);
    assert_refused("sip:a@b?", 8);
    assert_refused("sip:a@b?x", 9);
    assert_refused("sip:a@b?x=1&", 12);
    assert_refused("tel:", 4);
    assert_refused("isbn:", 5);
    assert_refused("isbn:a b", 6);
}
END_TEST

START_TEST(bytes_outside_ascii_and_controls_are_refused)
{
    const char text[] = "sip:a?@h";
    struct sip_uri uri;
    for (unsigned c = 0; c < 256; c++) {
        char copy[sizeof(text)];
        memcpy(copy, text, sizeof(text));
        copy[5] = (char)c;
        if (c > ' ' && c < 0x7f)
            continue;
        struct verdict v = sip_uri_parse(bytes_from(copy, sizeof(text) - 1), &uri);
        ck_assert_msg(v.status == 400, "byte %u was taken", c);
    }
}
END_TEST

/* What compares in every pair has a bound. */
START_TEST(parameters_and_headers_are_bounded)
{
    static const char *const heads[] = {"sip:h", "sip:h?x=1"};
    static const char *const units[] = {";p", "&x=1"};
    for (int kind = 0; kind < 2; kind++) {
        char memory[2048];
        struct buffer text = buffer_over(memory, sizeof(memory));
        struct sip_uri uri;
        buffer_text(&text, heads[kind]);
        for (int i = kind; i < 64; i++)
            buffer_text(&text, units[kind]);
        ck_assert(verdict_ok(sip_uri_parse(buffer_bytes(&text), &uri)));
        buffer_text(&text, units[kind]);
        ck_assert_uint_eq(sip_uri_parse(buffer_bytes(&text), &uri).status, 400);
    }
}
END_TEST

/* RFC 3261 8.2.2.1 wants 416 for them: they parse. RFC 4475 3.3.2 to 3.3.4. */
START_TEST(unknown_schemes_are_text)
{
    struct sip_uri uri = parse_good("nobody-knows.it+2:opaque/part@x?y");
    ck_assert_int_eq(uri.scheme, SIP_SCHEME_OTHER);
    ck_assert(bytes_empty(uri.host) && bytes_empty(uri.user) && !uri.has_user);
}
END_TEST

START_TEST(other_schemes_of_presence_are_known)
{
    struct sip_uri uri = parse_good("pres:ann@example.org");
    ck_assert_int_eq(uri.scheme, SIP_SCHEME_PRES);
    assert_bytes(uri.user, "ann");
    assert_bytes(uri.host, "example.org");
    ck_assert_int_eq(parse_good("im:ann@example.org").scheme, SIP_SCHEME_IM);
    uri = parse_good("tel:+1-201-555-0123;phone-context=example.com");
    ck_assert_int_eq(uri.scheme, SIP_SCHEME_TEL);
    assert_bytes(uri.user, "+1-201-555-0123");
    assert_bytes(uri.parameters, ";phone-context=example.com");
    ck_assert(bytes_empty(uri.host));
}
END_TEST

START_TEST(parameters_are_found_by_name)
{
    struct bytes all = BYTES(" ;LR ; tag = a1;q=\"x;y=2\\\"\";empty=;last=[::1]:5"), value;
    ck_assert(sip_parameter(all, "lr", &value) && value.at == NULL);
    ck_assert(sip_parameter(all, "Tag", &value));
    assert_bytes(value, "a1");
    ck_assert(sip_parameter(all, "q", &value));
    assert_bytes(value, "\"x;y=2\\\"\"");
    ck_assert(sip_parameter(all, "empty", &value) && bytes_empty(value));
    ck_assert(sip_parameter(all, "last", &value));
    assert_bytes(value, "[::1]:5");
    ck_assert(!sip_parameter(all, "y", &value) && bytes_empty(value));
    ck_assert(!sip_parameter(BYTES(""), "y", &value));
}
END_TEST

START_TEST(iteration_stops_before_a_fault)
{
    struct bytes rest = BYTES(";a=1;;b=2"), name, value;
    ck_assert(sip_parameter_next(&rest, &name, &value));
    assert_bytes(name, "a");
    assert_bytes(value, "1");
    ck_assert(!sip_parameter_next(&rest, &name, &value));
    assert_bytes(rest, ";;b=2");
    rest = BYTES(";a=\"open");
    ck_assert(!sip_parameter_next(&rest, &name, &value));
}
END_TEST

static bool equal(const char *a, const char *b)
{
    struct sip_uri left = parse_good(a), right = parse_good(b);
    bool same = sip_uri_equal(&left, &right);
    ck_assert_msg(same == sip_uri_equal(&right, &left), "%s and %s: not symmetric", a, b);
    return same;
}

/* RFC 3261 19.1.4: the rules, one by one. */
START_TEST(equal_uris)
{
    static const char *const pairs[][2] = {
        {"sip:%61nn@h;transport=TCP", "sip:ann@H;Transport=tcp"},
        {"sip:a@h", "sip:a@h;unknown=5"},
        {"sip:a@h;x=1", "sip:a@h;y=2"},
        {"sip:a@h;lr;x=%41", "sip:a@h;x=a;%6cr"},
        {"sip:h;method=REGISTER;transport=tcp?to=a%40b",
         "sip:h;transport=tcp;METHOD=register?to=a%40B"},
        {"sip:a@h?s=1&p=2", "sip:a@h?p=2&s=1"},
        {"sip:a:%70w@h", "sip:a:pw@h"},
        {"isbn:2983792873", "isbn:2983792873"},
        {"sip:a%3bb@h", "sip:a%3Bb@h"},
    };
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
        ck_assert_msg(equal(pairs[i][0], pairs[i][1]), "%s != %s", pairs[i][0], pairs[i][1]);
}
END_TEST

START_TEST(different_uris)
{
    static const char *const pairs[][2] = {
        {"sip:a@h", "sips:a@h"},
        {"sip:A@h", "sip:a@h"},
        {"sip:a@h", "sip:a@h:5060"},
        {"sip:a@h", "sip:h"},
        {"sip:a@h", "sip:a:pw@h"},
        {"sip:a@h", "sip:a:@h"},
        {"sip:a:pw@h", "sip:a:PW@h"},
        {"sip:a@h", "sip:a@i"},
        {"sip:a@h", "sip:a@h;transport=udp"},
        {"sip:a@h", "sip:a@h;user=ip"},
        {"sip:a@h", "sip:a@h;ttl=1"},
        {"sip:a@h", "sip:a@h;method=INVITE"},
        {"sip:a@h", "sip:a@h;ma%64dr=h"},
        {"sip:a@h;x=1", "sip:a@h;x=2"},
        {"sip:a@h;x", "sip:a@h;x=2"},
        {"sip:a@h", "sip:a@h?s=1"},
        {"sip:a@h?s=1", "sip:a@h?s=2"},
        {"sip:a@h?s=1&t=1", "sip:a@h?s=1"},
        /* "reserved" characters differ from their escapes */
        {"sip:a;b@h", "sip:a%3Bb@h"},
        /* an escape is undone once: RFC 4475 3.1.1.3 */
        {"sip:a@h;x=%25%34%31", "sip:a@h;x=A"},
        {"sip:%00@h", "sip:%00%00@h"},
        {"isbn:1", "isbn:2"},
        {"pres:a@h", "im:a@h"},
    };
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
        ck_assert_msg(!equal(pairs[i][0], pairs[i][1]), "%s == %s", pairs[i][0], pairs[i][1]);
}
END_TEST

static void assert_aor(const char *text, const char *wanted)
{
    char memory[200];
    struct buffer out = buffer_over(memory, sizeof(memory));
    struct sip_uri uri = parse_good(text);
    sip_uri_write_aor(&uri, &out);
    ck_assert(!out.overflow);
    assert_bytes(buffer_bytes(&out), wanted);
}

/* RFC 3261 10.3 step 5. */
START_TEST(addresses_of_record_are_canonical)
{
    assert_aor("sip:Ann:pw@Example.ORG:5070;transport=tcp?a=b", "Ann@example.org");
    assert_aor("sips:%41nn%2dx@h", "Ann-x@h");
    assert_aor("sip:j%40s0n@h", "j%40s0n@h");
    assert_aor("sip:%c3%a9%00@h", "%C3%A9%00@h");
    assert_aor("sip:*21#@h", "*21%23@h");
    assert_aor("sip:*21%23@h", "*21%23@h");
    assert_aor("sip:%25x@h", "%25x@h");
    assert_aor("sip:Example.org", "example.org");
    assert_aor("pres:ann@[2001:DB8::1]", "ann@[2001:db8::1]");
    assert_aor("tel:+1-201", "+1-201");
}
END_TEST

START_TEST(canonical_users_stay_canonical)
{
    for (int c = 0; c < 256; c++) {
        char first[40], second[40], byte = (char)c;
        struct buffer text = buffer_over(first, sizeof(first));
        buffer_text(&text, "sip:");
        sip_write_escaped_user(bytes_from(&byte, 1), &text);
        buffer_text(&text, "@h");
        struct sip_uri uri;
        ck_assert_msg(verdict_ok(sip_uri_parse(buffer_bytes(&text), &uri)), "byte %d", c);
        struct buffer aor = buffer_over(second, sizeof(second));
        sip_uri_write_aor(&uri, &aor);
        ck_assert_msg(bytes_equal(buffer_bytes(&aor), bytes_skip(buffer_bytes(&text), 4)),
                      "byte %d is not stable", c);
    }
}
END_TEST

START_TEST(an_address_of_record_has_a_domain)
{
    assert_bytes(sip_aor_domain(BYTES("ann@example.org")), "example.org");
    assert_bytes(sip_aor_domain(BYTES("a@b@example.org")), "example.org");
    assert_bytes(sip_aor_domain(BYTES("example.org")), "example.org");
    assert_bytes(sip_aor_domain(BYTES("ann@")), "");
    assert_bytes(sip_aor_domain(BYTES("")), "");
}
END_TEST

/* "sip:a@h" with `count` parameters and as many headers, in order or backwards. */
static void write_long(char *out, size_t size, unsigned count, bool backwards)
{
    size_t length = (size_t)snprintf(out, size, "sip:a@h");
    for (unsigned i = 0; i < 2 * count; i++) {
        unsigned number = backwards ? count - 1 - i % count : i % count;
        const char *before = i < count ? ";" : i == count ? "?" : "&";
        length += (size_t)snprintf(out + length, size - length, "%sx%02u=1", before, number);
    }
}

/* Who registers chooses both URIs: what comparing them costs grows with their length, not with its
 * square. */
START_TEST(long_uris_are_compared_cheaply)
{
    static char forwards[2000], backwards[2000], folded[2000];
    write_long(forwards, sizeof(forwards), 64, false);
    write_long(backwards, sizeof(backwards), 64, true);
    memcpy(folded, backwards, sizeof(folded));
    for (char *at = folded + 7; *at != '\0'; at++)
        *at = *at == 'x' ? 'X' : *at;
    counted = 0;
    ck_assert(equal(forwards, backwards)); /* both ways round */
    ck_assert(equal(forwards, folded));
    ck_assert_uint_le(counted, 2 * 2 * 2 * 64 * 3);
}
END_TEST

START_TEST(extras_are_counted)
{
    struct sip_uri uri = parse_good("sip:a@h;x;y=1?s=1&p=2&q=");
    ck_assert_uint_eq(sip_uri_extras(&uri), 5);
    uri = parse_good("sip:a@h");
    ck_assert_uint_eq(sip_uri_extras(&uri), 0);
}
END_TEST

START_TEST(escapes_are_undone_once)
{
    char memory[32];
    struct buffer out = buffer_over(memory, sizeof(memory));
    ck_assert(sip_unescape(BYTES("a%20b%2541%e9"), &out));
    assert_bytes(buffer_bytes(&out), "a b%41\xe9");
    static const char *const broken[] = {"%", "a%4", "%4x", "%x4", "a%00"};
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
        ck_assert_msg(!sip_unescape(bytes_of(broken[i]), &out), "%s", broken[i]);
}
END_TEST

START_TEST(invalid_hosts)
{
    ck_assert(sip_host_is_invalid(BYTES("a1b2.invalid")));
    ck_assert(sip_host_is_invalid(BYTES("Anonymous.INVALID")));
    ck_assert(!sip_host_is_invalid(BYTES("invalid.example.org")));
    ck_assert(!sip_host_is_invalid(BYTES("notinvalid")));
    ck_assert(!sip_host_is_invalid(BYTES("")));
}
END_TEST

UNIT_MAIN("uri", parts_are_found, least_uri_is_a_host, user_part_reaches_to_the_at,
          ipv6_literals_need_brackets, malformed_uris_are_refused_where_they_break,
          bytes_outside_ascii_and_controls_are_refused, parameters_and_headers_are_bounded,
          unknown_schemes_are_text, other_schemes_of_presence_are_known,
          parameters_are_found_by_name, iteration_stops_before_a_fault, equal_uris, different_uris,
          addresses_of_record_are_canonical, canonical_users_stay_canonical,
          an_address_of_record_has_a_domain, long_uris_are_compared_cheaply, extras_are_counted,
          escapes_are_undone_once, invalid_hosts)
