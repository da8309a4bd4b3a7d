/* domains_test.c: our names, and the canonical address-of-record (RFC 3261 10.3 step 5). */
#include "front/domains.h"

#include <stdio.h>

#include "unit.h"

static const struct domain org = {"Example.ORG", {DIGEST_MD5}, 1};
static const struct domain net = {"example.net", {DIGEST_SHA256, DIGEST_MD5}, 2};

static struct domains *domains_of_test(void)
{
    struct domains *domains = domains_new();
    domains_add(domains, &org);
    domains_add(domains, &net);
    domains_add_alias(domains, "example.org", BYTES("127.0.0.1"));
    domains_add_alias(domains, "EXAMPLE.org", BYTES("[::1]"));
    domains_add_alias(domains, "example.net", BYTES("SIP.example.net"));
    return domains;
}

static void assert_domain(const struct domains *domains, const char *host, const char *name)
{
    const struct domain *domain = domains_find(domains, bytes_of(host));
    ck_assert_msg((domain == NULL) == (name == NULL), "%s", host);
    if (name != NULL)
        ck_assert_str_eq(domain->name, name);
}

START_TEST(names_and_aliases)
{
    struct domains *domains = domains_of_test();
    assert_domain(domains, "example.org", "example.org");
    assert_domain(domains, "EXAMPLE.ORG", "example.org");
    assert_domain(domains, "example.org.", "example.org");
    assert_domain(domains, "127.0.0.1", "example.org");
    assert_domain(domains, "sip.example.net", "example.net");
    assert_domain(domains, "Example.Net", "example.net");
    assert_domain(domains, "example.com", NULL);
    assert_domain(domains, "sip.example.org", NULL);
    assert_domain(domains, "example.or", NULL);
    assert_domain(domains, "127.0.0.10", NULL);
    assert_domain(domains, "", NULL);
    assert_domain(domains, ".", NULL);
    domains_free(&domains);
    ck_assert_ptr_null(domains);
}
END_TEST

/* RFC 5952: one IPv6 address has many texts. */
START_TEST(ipv6_literals_by_value)
{
    struct domains *domains = domains_of_test();
    domains_add_alias(domains, "example.net", BYTES("[2001:DB8::0:5]"));
    assert_domain(domains, "[::1]", "example.org");
    assert_domain(domains, "[0:0:0:0:0:0:0:1]", "example.org");
    assert_domain(domains, "[2001:db8:0::5]", "example.net");
    assert_domain(domains, "[::2]", NULL);
    assert_domain(domains, "::1", NULL);
    assert_domain(domains, "[::1", NULL);
    assert_domain(domains, "[]", NULL);
    assert_domain(domains, "[", NULL);
    assert_domain(domains, "[::1]]", NULL);
    assert_domain(domains, "[00000000000000000000000000000000000000000000000000001]", NULL);
    domains_free(&domains);
}
END_TEST

/* The network chooses what is looked up: a host longer than any name is nobody's. */
START_TEST(overlong_host)
{
    struct domains *domains = domains_of_test();
    char host[2000];
    memset(host, 'a', sizeof(host));
    for (size_t length = 250; length < sizeof(host); length++)
        ck_assert_ptr_null(domains_find(domains, bytes_from(host, length)));
    domains_free(&domains);
}
END_TEST

START_TEST(domain_keeps_what_it_was_given)
{
    char name[] = "example.com";
    struct domain given = {name, {DIGEST_SHA512_256, DIGEST_MD5}, 2};
    struct domains *domains = domains_new();
    ck_assert_ptr_null(domains_first(domains));
    domains_add(domains, &given);
    memset(name, 'x', sizeof(name) - 1);
    const struct domain *found = domains_find(domains, BYTES("example.com"));
    ck_assert_ptr_nonnull(found);
    ck_assert_str_eq(found->name, "example.com");
    ck_assert_uint_eq(found->algorithm_count, 2);
    ck_assert_int_eq(found->algorithms[0], DIGEST_SHA512_256);
    ck_assert_int_eq(found->algorithms[1], DIGEST_MD5);
    domains_free(&domains);
}
END_TEST

/* Pointers stay good however many names are added later. */
START_TEST(first_domain_and_stable_pointers)
{
    struct domains *domains = domains_of_test();
    const struct domain *first = domains_first(domains);
    const struct domain *second = domains_find(domains, BYTES("example.net"));
    ck_assert_str_eq(first->name, "example.org");
    for (int i = 0; i < 1000; i++) {
        char alias[32];
        struct buffer out = buffer_over(alias, sizeof(alias));
        buffer_format(&out, "alias%d.example", i);
        domains_add_alias(domains, i % 2 ? "example.org" : "example.net", buffer_bytes(&out));
    }
    ck_assert_ptr_eq(domains_first(domains), first);
    ck_assert_ptr_eq(domains_find(domains, BYTES("alias999.example")), first);
    ck_assert_ptr_eq(domains_find(domains, BYTES("alias998.example")), second);
    domains_free(&domains);
}
END_TEST

/* An address that is listened on twice (UDP and TCP), or that is another domain's already. */
START_TEST(first_owner_of_an_alias_keeps_it)
{
    struct domains *domains = domains_of_test();
    domains_add_alias(domains, "example.org", BYTES("127.0.0.1"));
    domains_add_alias(domains, "example.net", BYTES("127.0.0.1"));
    domains_add_alias(domains, "example.net", BYTES("example.org"));
    assert_domain(domains, "127.0.0.1", "example.org");
    assert_domain(domains, "example.org", "example.org");
    domains_free(&domains);
}
END_TEST

/* However many ports a machine's addresses came to have: no more are known than there is room. */
START_TEST(more_ports_than_anybody_needs)
{
    struct domains *domains = domains_of_test();
    for (uint16_t port = 1; port <= 1000; port++)
        domains_add_listener(domains, BYTES("127.0.0.2"), port);
    ck_assert(domains_has_port(domains, 1));
    ck_assert(!domains_has_port(domains, 1000));
    domains_free(&domains);
}
END_TEST

/* Another port of an address that we listen on may be another server; a name means us at any. */
START_TEST(listeners_at_their_ports)
{
    struct domains *domains = domains_of_test();
    domains_add_listener(domains, BYTES("127.0.0.2"), 5070);
    domains_add_listener(domains, BYTES("127.0.0.2"), 5071);
    domains_add_listener(domains, BYTES("127.0.0.1"), 5072);
    domains_add_listener(domains, BYTES(""), 5073); /* every address */
    assert_domain(domains, "127.0.0.2", "example.org");
    static const struct {
        const char *host;
        uint16_t port;
        bool ours;
    } samples[] = {
        {"127.0.0.2", 0, true},       {"127.0.0.2", 5070, true},  {"127.0.0.2", 5071, true},
        {"127.0.0.2", 5073, true},    {"127.0.0.2", 5074, false}, {"127.0.0.3", 5070, false},
        {"example.org", 9999, true},  {"127.0.0.1", 9999, false}, /* a number, though a name */
        {"example.com", 5070, false}, {"", 5073, false},
    };
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
        ck_assert_msg((domains_find_at(domains, bytes_of(samples[i].host), samples[i].port) !=
                       NULL) == samples[i].ours,
                      "%s:%u", samples[i].host, samples[i].port);
    ck_assert(domains_has_port(domains, 5073) && !domains_has_port(domains, 5060));
    domains_free(&domains);
}
END_TEST

static void assert_aor(const struct domains *domains, const char *text, const char *aor)
{
    char memory[256];
    struct buffer out = buffer_over(memory, sizeof(memory));
    struct sip_uri uri;
    ck_assert_msg(verdict_ok(sip_uri_parse(bytes_of(text), &uri)), "%s", text);
    const struct domain *domain = domains_write_aor(domains, &uri, &out);
    ck_assert_msg((domain == NULL) == (aor == NULL), "%s", text);
    ck_assert_msg(bytes_equal(buffer_bytes(&out), bytes_of(aor)), "%s: %.*s", text,
                  BYTES_ARGS(buffer_bytes(&out)));
}

START_TEST(rfc3261_10_3_canonical_aor)
{
    struct domains *domains = domains_of_test();
    assert_aor(domains, "sip:alice@example.org", "alice@example.org");
    assert_aor(domains, "sips:alice@EXAMPLE.org:5061;transport=tls?a=b", "alice@example.org");
    assert_aor(domains, "sip:alice:secret@127.0.0.1:5060", "alice@example.org");
    assert_aor(domains, "sip:Alice@[0::1]", "Alice@example.org");
    assert_aor(domains, "sip:%61lice@sip.example.net", "alice@example.net");
    assert_aor(domains, "pres:alice@example.net", "alice@example.net");
    assert_aor(domains, "im:alice@example.net", "alice@example.net");
    assert_aor(domains, "sip:example.org;transport=tcp", "example.org");
    assert_aor(domains, "sip:127.0.0.1", "example.org");
    assert_aor(domains, "sip:alice@example.com", NULL);
    assert_aor(domains, "tel:+15551234", NULL);
    assert_aor(domains, "mailto:alice@example.org", NULL);
    domains_free(&domains);
}
END_TEST

static void note_domain(void *context, const struct domain *domain)
{
    char *text = context;
    size_t used = strlen(text);
    snprintf(text + used, 256 - used, "%s%s ", domain->name, domain->made ? "+" : "");
}

static void note_name(void *context, const char *name)
{
    char *text = context;
    size_t used = strlen(text);
    snprintf(text + used, 256 - used, "%s ", name);
}

START_TEST(domains_of_the_database_come_and_go)
{
    struct domains *domains = domains_of_test();
    char text[256] = "", names[256] = "";
    const struct bytes lines = BYTES("made.net\nother.org sip.other.org OTHER.net\n");
    ck_assert(domains_take(domains, lines));
    ck_assert(!domains_take(domains, lines));
    assert_domain(domains, "made.net", "made.net");
    assert_domain(domains, "other.NET", "other.org");
    const struct domain *made = domains_find(domains, BYTES("made.net"));
    ck_assert(made->made && made->algorithm_count == 1 && made->algorithms[0] == DIGEST_MD5);
    ck_assert(!domains_find(domains, BYTES("example.net"))->made);
    domains_each(domains, note_domain, text);
    ck_assert_str_eq(text, "example.org example.net made.net+ other.org+ ");
    domains_each_name(domains, domains_find(domains, BYTES("other.org")), note_name, names);
    ck_assert_str_eq(names, "sip.other.org other.net ");
    domains_take(domains, BYTES("other.org third.net\n"));
    assert_domain(domains, "made.net", NULL);
    assert_domain(domains, "other.net", NULL);
    assert_domain(domains, "third.net", "other.org");
    ck_assert_str_eq(made->name, "made.net"); /* whoever has it may look at it */
    domains_take(domains, BYTES("made.net\n"));
    ck_assert_ptr_eq(domains_find(domains, BYTES("made.net")), made);
    assert_domain(domains, "other.org", NULL);
    domains_take(domains, BYTES(""));
    assert_domain(domains, "made.net", NULL);
    assert_domain(domains, "example.org", "example.org");
    domains_free(&domains);
}
END_TEST

START_TEST(names_that_come_and_go_are_bounded)
{
    struct domains *domains = domains_of_test();
    char line[32];
    for (int i = 0; i <= DOMAINS_ASIDE_MAX; i++) {
        ck_assert(domains_have_room(domains, BYTES("another.net")));
        snprintf(line, sizeof(line), "n%d.net\n", i);
        domains_take(domains, bytes_of(line));
    }
    domains_take(domains, BYTES(""));
    ck_assert(!domains_have_room(domains, BYTES("another.net")));
    ck_assert(domains_have_room(domains, BYTES("N7.net.")));
    domains_take(domains, BYTES("n7.net\nn8.net\n"));
    ck_assert(domains_have_room(domains, BYTES("another.net")));
    domains_free(&domains);
}
END_TEST

START_TEST(what_the_configuration_names_is_the_configurations)
{
    struct domains *domains = domains_of_test();
    domains_take(domains, BYTES("example.net a.net\nb.net sip.example.net c.net\nc.net\n"));
    assert_domain(domains, "a.net", NULL);
    assert_domain(domains, "sip.example.net", "example.net");
    assert_domain(domains, "c.net", "b.net");
    ck_assert(!domains_find(domains, BYTES("example.net"))->made);
    domains_free(&domains);
}
END_TEST

UNIT_MAIN("front/domains", domains_of_the_database_come_and_go, names_that_come_and_go_are_bounded,
          what_the_configuration_names_is_the_configurations, names_and_aliases,
          ipv6_literals_by_value, overlong_host, domain_keeps_what_it_was_given,
          first_domain_and_stable_pointers, first_owner_of_an_alias_keeps_it,
          more_ports_than_anybody_needs, listeners_at_their_ports, rfc3261_10_3_canonical_aor)
