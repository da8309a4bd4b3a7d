/* gruu_test.c: what we hand out reads back, and nothing else reads (RFC 5627 3.1, 5.1, 5.4). */
#include "front/gruu.h"

#include <stdio.h>

#include "unit.h"

#define UUID "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"

static struct world world;
static uint64_t seed = 7;
static struct domains *domains;
static struct gruu *gruu;
static char memory[8192];
static struct gruu_parts read_parts;

static struct gruu *make(const char *secret)
{
    return gruu_new(&world, domains, bytes_of(secret));
}

static void begin(void)
{
    const struct domain first = {.name = "example.org", .algorithm_count = 1};
    const struct domain second = {.name = "example.net", .algorithm_count = 1};
    world_init(&world, 1000, 1700000000000, seeded_random, &seed);
    domains = domains_new();
    domains_add(domains, &first);
    domains_add_alias(domains, "example.org", BYTES("127.0.0.1"));
    domains_add(domains, &second);
    gruu = make("a secret");
}

static void end(void)
{
    gruu_free(&gruu);
    ck_assert_ptr_null(gruu);
    gruu_free(&gruu);
    domains_free(&domains);
    world_release(&world);
}

static bool reads_with(const struct gruu *with, struct bytes text, size_t room)
{
    struct sip_uri uri;
    struct buffer out = buffer_over(memory, room);
    if (!verdict_ok(sip_uri_parse(text, &uri)))
        return false;
    return gruu_read(with, &uri, &out, &read_parts);
}

static bool reads(struct bytes text)
{
    return reads_with(gruu, text, sizeof(memory));
}

static struct bytes temporary(const struct gruu_parts *parts, char *text, size_t size)
{
    struct buffer out = buffer_over(text, size);
    gruu_write_temporary(gruu, parts, &out);
    ck_assert(!out.overflow);
    return buffer_bytes(&out);
}

static struct gruu_parts alice(void)
{
    return (struct gruu_parts){BYTES("alice@example.org"), BYTES(UUID), BYTES("\0call-1\xff")};
}

static void assert_read(const struct gruu_parts *parts)
{
    ck_assert(bytes_equal(read_parts.aor, parts->aor));
    ck_assert(bytes_equal(read_parts.instance, parts->instance));
    ck_assert(bytes_equal(read_parts.call, parts->call));
}

/* RFC 5627 3.1.1: the AOR with the instance in "gr". */
START_TEST(public)
{
    char text[400];
    struct buffer out = buffer_over(text, sizeof(text));
    struct gruu_parts parts = alice();
    begin();
    parts.call = BYTES("");
    gruu_write_public(&parts, &out);
    ck_assert(bytes_equal(buffer_bytes(&out), BYTES("sip:alice@example.org;gr=" UUID)));
    ck_assert(reads(buffer_bytes(&out)));
    assert_read(&parts);
    /* what others make of it on the way, and the other names of the domain */
    ck_assert(reads(BYTES("SIPS:%61lice@EXAMPLE.org.:5070;x=1;GR=URN:UUID:F81D4FAE-7dec-"
                          "11d0-a765-00a0c91e6bf6;lr")));
    assert_read(&parts);
    ck_assert(reads(BYTES("sip:alice@127.0.0.1;gr=" UUID)));
    assert_read(&parts);
    end();
}
END_TEST

/* Whatever an instance may be made of stands in the URI, escaped where it must. */
START_TEST(public_of_odd_instances)
{
    static const char odd[] = "x-1:-_.!~*'();/?:@&=+$,%41%";
    char text[400];
    struct buffer out = buffer_over(text, sizeof(text));
    struct gruu_parts parts = {BYTES("alice@example.org"), bytes_of(odd), BYTES("")};
    begin();
    gruu_write_public(&parts, &out);
    ck_assert(reads(buffer_bytes(&out)));
    assert_read(&parts);
    end();
}
END_TEST

/* An address-of-record has its bound everywhere; escapes count as they are written. */
START_TEST(users_that_are_too_long)
{
    char text[2000], large[4096];
    begin();
    for (int fits = 0; fits < 2; fits++) {
        struct buffer out = buffer_over(text, sizeof(text)), room = buffer_over(large, 4096);
        struct sip_uri uri;
        buffer_text(&out, "sip:");
        for (int i = 0; i < (fits ? 300 : 400); i++)
            buffer_text(&out, "%23");
        buffer_text(&out, "@example.org;gr=" UUID);
        ck_assert(verdict_ok(sip_uri_parse(buffer_bytes(&out), &uri)));
        ck_assert_int_eq(gruu_read(gruu, &uri, &room, &read_parts), fits);
    }
    end();
}
END_TEST

START_TEST(no_gruus)
{
    static const char *const others[] = {
        "sip:alice@example.org",
        "sip:alice@example.com;gr=" UUID,
        "sip:example.org;gr=" UUID,
        "sip:alice@example.org;gr",
        "sip:tgruu.@example.org;gr",
        "sip:tgruu.abc@example.org;gr",
        "tel:+1;gr=1",
        "sip:alice@example.org;gr=%00",
        "sip:alice@example.org;gr=a%20b",
        "sip:alice@example.org?gr=1",
        "mailto:alice@example.org;gr=" UUID,
    };
    char text[600];
    begin();
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        ck_assert_msg(!reads(bytes_of(others[i])), "%s", others[i]);
    snprintf(text, sizeof(text), "sip:alice@example.org;gr=%0*d", GRUU_INSTANCE_MAX, 1);
    ck_assert(reads(bytes_of(text)));
    snprintf(text, sizeof(text), "sip:alice@example.org;gr=%0*d", GRUU_INSTANCE_MAX + 1, 1);
    ck_assert(!reads(bytes_of(text)));
    end();
}
END_TEST

/* RFC 5627 5.1: no two are the same, and all read back. */
START_TEST(temporary_ones)
{
    char first[600], second[600];
    struct gruu_parts parts = alice();
    begin();
    struct bytes one = temporary(&parts, first, sizeof(first));
    struct bytes two = temporary(&parts, second, sizeof(second));
    ck_assert(bytes_starts_with(one, BYTES("sip:tgruu.")));
    ck_assert(bytes_equal(bytes_skip(one, one.length - 15), BYTES("@example.org;gr")));
    ck_assert(!bytes_equal(one, two) && one.length == two.length);
    ck_assert(reads(one));
    assert_read(&parts);
    ck_assert(reads(two));
    assert_read(&parts);
    end();
}
END_TEST

/* Every length of user and instance, up to the longest. */
START_TEST(all_lengths)
{
    static char aor[1025], instance[GRUU_INSTANCE_MAX + 1], text[4000];
    begin();
    memset(aor, 'a', sizeof(aor));
    memset(instance, 'i', sizeof(instance));
    for (size_t length = 1; length <= 1012; length += length < 80 ? 1 : 37) {
        struct gruu_parts parts = alice();
        memcpy(aor + length, "@example.org", 12);
        parts.aor = bytes_from(aor, length + 12);
        parts.instance = bytes_from(instance, 1 + length % GRUU_INSTANCE_MAX);
        ck_assert(reads(temporary(&parts, text, sizeof(text))));
        assert_read(&parts);
        memset(aor + length, 'a', 12);
    }
    struct gruu_parts parts = {.instance = bytes_from(instance, GRUU_INSTANCE_MAX),
                               .call = BYTES("\0call-1\xff")};
    memcpy(aor + 1012, "@example.org", 12);
    parts.aor = bytes_from(aor, 1024);
    struct bytes longest = temporary(&parts, text, sizeof(text));
    ck_assert(reads(longest));
    assert_read(&parts);
    /* no room for the parts */
    for (size_t room = 0; room < 1298; room += 59)
        ck_assert(!reads_with(gruu, longest, room));
    end();
}
END_TEST

/* Every bit of the token counts. */
START_TEST(changed_ones)
{
    char text[600];
    struct gruu_parts parts = alice();
    begin();
    struct bytes whole = temporary(&parts, text, sizeof(text));
    size_t token_end = (size_t)bytes_index(whole, '@');
    for (size_t i = strlen("sip:tgruu."); i < token_end; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            text[i] = (char)(text[i] ^ (1 << bit));
            ck_assert_msg(!reads(whole), "bit %u of character %zu", bit, i);
            text[i] = (char)(text[i] ^ (1 << bit));
        }
    }
    ck_assert(reads(whole));
    end();
}
END_TEST

START_TEST(cut_and_stretched_ones)
{
    char text[600], other[700];
    struct gruu_parts parts = alice();
    begin();
    struct bytes whole = temporary(&parts, text, sizeof(text));
    size_t start = strlen("sip:tgruu."), token_end = (size_t)bytes_index(whole, '@');
    for (size_t length = 0; length < token_end - start; length++) {
        snprintf(other, sizeof(other), "%.*s@example.org;gr", (int)(start + length), text);
        ck_assert(!reads(bytes_of(other)));
    }
    for (int more = 1; more <= 64; more++) {
        snprintf(other, sizeof(other), "%.*s%0*d@example.org;gr", (int)token_end, text, more, 0);
        ck_assert(!reads(bytes_of(other)));
    }
    /* in another domain, or with a value, it is none */
    snprintf(other, sizeof(other), "%.*s@example.net;gr", (int)token_end, text);
    ck_assert(!reads(bytes_of(other)));
    snprintf(other, sizeof(other), "%.*s@127.0.0.1;gr", (int)token_end, text);
    ck_assert(reads(bytes_of(other)));
    end();
}
END_TEST

/* Of another server, or of ours after the domain went. */
START_TEST(made_by_others)
{
    char text[600];
    struct gruu_parts parts = alice();
    begin();
    struct gruu *other = make("another secret"), *same = make("a secret");
    struct bytes whole = temporary(&parts, text, sizeof(text));
    ck_assert(!reads_with(other, whole, sizeof(memory)));
    ck_assert(reads_with(same, whole, sizeof(memory)));
    assert_read(&parts);
    parts.aor = BYTES("alice@example.com");
    ck_assert(!reads(temporary(&parts, text, sizeof(text))));
    gruu_free(&other);
    gruu_free(&same);
    end();
}
END_TEST

START_TEST(calls)
{
    unsigned char one[GRUU_CALL_BYTES], two[GRUU_CALL_BYTES];
    begin();
    struct gruu *other = make("another secret");
    gruu_digest_call(gruu, BYTES("a@b"), one);
    gruu_digest_call(gruu, BYTES("a@b"), two);
    ck_assert_mem_eq(one, two, sizeof(one));
    gruu_digest_call(gruu, BYTES("a@B"), two);
    ck_assert_mem_ne(one, two, sizeof(one));
    gruu_digest_call(other, BYTES("a@b"), two);
    ck_assert_mem_ne(one, two, sizeof(one));
    gruu_free(&other);
    end();
}
END_TEST

static void assert_instance(const char *value, const char *wanted)
{
    char text[GRUU_INSTANCE_MAX];
    struct buffer out = buffer_over(text, sizeof(text));
    bool good = gruu_write_instance(bytes_of(value), &out);
    ck_assert_msg(good == (wanted != NULL), "%s", value);
    if (good)
        ck_assert(bytes_equal(buffer_bytes(&out), bytes_of(wanted)));
}

/* RFC 5626 4.1 and 10, RFC 8141 3.1, RFC 9562 4. */
START_TEST(instances)
{
    static char text[GRUU_INSTANCE_MAX + 10];
    assert_instance("\"<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>\"",
                    "urn:uuid:00000000-0000-1000-8000-aabbccddeeff");
    assert_instance("\"<URN:IMEI:90420156-025763-0;svn=AB>\"", "urn:imei:90420156-025763-0;svn=AB");
    assert_instance("\"<urn:X>\"", "urn:x");
    assert_instance("\"<Mine>\"", "Mine");
    assert_instance("\"<>\"", NULL);
    assert_instance("\"urn:uuid:1\"", NULL);
    assert_instance("<urn:uuid:1>", NULL);
    assert_instance("\"<urn:uuid:1\"", NULL);
    assert_instance("\"<urn:uuid: 1>\"", NULL);
    assert_instance("\"<urn:<1>\"", NULL);
    assert_instance("\"<urn:\\\"1>\"", NULL);
    assert_instance("\"<urn:\xc3\xa4>\"", NULL);
    assert_instance("\"\"", NULL);
    assert_instance("\"", NULL);
    assert_instance("", NULL);
    snprintf(text, sizeof(text), "\"<%0*d>\"", GRUU_INSTANCE_MAX, 1);
    struct buffer out = buffer_over(memory, sizeof(memory));
    ck_assert(gruu_write_instance(bytes_of(text), &out));
    snprintf(text, sizeof(text), "\"<%0*d>\"", GRUU_INSTANCE_MAX + 1, 1);
    ck_assert(!gruu_write_instance(bytes_of(text), &out));
}
END_TEST

UNIT_MAIN("gruu", public, public_of_odd_instances, no_gruus, users_that_are_too_long,
          temporary_ones, all_lengths, changed_ones, cut_and_stretched_ones, made_by_others, calls,
          instances)
