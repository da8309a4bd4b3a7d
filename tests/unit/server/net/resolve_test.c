/* resolve_test.c: RFC 3263, each of its ways. (resolve_life_test.c: time, limits, ends.) */
#include "resolve_expect.h"

static const struct zone_record nothing[] = {{NULL}};

/* RFC 3263 4.1 and 4.2: a numeric host is its own answer. */
START_TEST(a_numeric_host)
{
    struct bench *bench = bench_new(nothing);
    expect(bench, "192.0.2.1", "udp 192.0.2.1:5060");
    expect(bench, "[2001:db8::1]", "udp [2001:db8::1]:5060");
    expect_named(bench, "192.0.2.1", NET_TCP, "tcp 192.0.2.1:5060");
    expect_named(bench, "192.0.2.1", NET_TLS, "tls 192.0.2.1:5061");
    expect_secure(bench, "192.0.2.1", "tls 192.0.2.1:5061");
    const struct net_query with_port = {.host = BYTES("192.0.2.1"), .port = 7, .secure = true};
    expect_query(bench, &with_port, "tls 192.0.2.1:7");
    const struct net_query over_tcp = {
        .host = BYTES("192.0.2.1"), .protocol = NET_TCP, .protocol_named = true, .secure = true};
    expect_query(bench, &over_tcp, "tls 192.0.2.1:5061"); /* RFC 3261 26.2.2 */
    questions_were(bench, "");
    bench_free(bench);
}
END_TEST

/* RFC 7118 5: nobody connects to a browser. RFC 3261 26.2.2: sips is never UDP. */
START_TEST(what_cannot_be_is_not_asked_for)
{
    struct bench *bench = bench_new(nothing);
    expect_named(bench, "192.0.2.1", NET_WS, "");
    expect_named(bench, "example", NET_WSS, "");
    const struct net_query query = {
        .host = BYTES("example"), .protocol = NET_UDP, .protocol_named = true, .secure = true};
    expect_query(bench, &query, "");
    questions_were(bench, "");
    bench_free(bench);
}
END_TEST

/* RFC 6761 6.3 */
START_TEST(localhost_is_loopback_in_the_families_that_we_have)
{
    struct bench *bench = bench_new(nothing);
    expect(bench, "LocalHost.", "udp 127.0.0.1:5060");
    speak_ipv6(bench);
    expect_named(bench, "pbx.localhost", NET_TCP, "tcp 127.0.0.1:5060, tcp [::1]:5060");
    memset(bench->speaks, 0, sizeof(bench->speaks));
    expect(bench, "localhost", "");
    questions_were(bench, "");
    bench_free(bench);
}
END_TEST

START_TEST(what_is_no_name_is_not_asked_for)
{
    static const char *const cases[] = {"",  ".",    "a b.example", "a/b", "\xc3\xa4.example",
                                        "*", "a\tb", ".a",          "a..", "a..b"};
    struct bench *bench = bench_new(nothing);
    char long_name[300];
    memset(long_name, 'a', sizeof(long_name));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect(bench, cases[i], "");
    const struct net_query too_long = {.host = bytes_from(long_name, 254)};
    expect_query(bench, &too_long, "");
    const struct net_query nul = {.host = bytes_from("a\0b", 3)};
    expect_query(bench, &nul, "");
    questions_were(bench, "");
    bench_free(bench);
}
END_TEST

static const struct zone_record plain[] = {
    {"example", RECORD_A, 60, "192.0.2.1"},
    {"example", RECORD_A, 60, "192.0.2.2"},
    {"_sip._udp.example", RECORD_SRV, 60, "0 0 5062 other.example"},
    {NULL},
};

/* RFC 3263 4.2: "a port is present in the URI": A and AAAA only; 4.1: UDP, for sips TCP. */
START_TEST(an_explicit_port)
{
    struct bench *bench = bench_new(plain);
    const struct net_query query = {.host = BYTES("Example."), .port = 5060};
    expect_query(bench, &query, "udp 192.0.2.1:5060, udp 192.0.2.2:5060");
    questions_were(bench, "A example");
    const struct net_query secure = {.host = BYTES("example"), .port = 5070, .secure = true};
    expect_query(bench, &secure, "tls 192.0.2.1:5070, tls 192.0.2.2:5070");
    const struct net_query named = {
        .host = BYTES("example"), .port = 5070, .protocol = NET_TCP, .protocol_named = true};
    expect_query(bench, &named, "tcp 192.0.2.1:5070, tcp 192.0.2.2:5070");
    questions_were(bench, ""); /* it is known */
    bench_free(bench);
}
END_TEST

/* RFC 3263 4.1, its example: TLS is preferred; a client without it uses TCP. The replacement may be
 * of another domain. */
START_TEST(naptr_by_order)
{
    struct bench *bench = bench_new(rfc3263);
    expect(bench, "example.com", "tcp 192.0.2.1:5060, tcp 192.0.2.2:5064");
    questions_were(bench, "NAPTR example.com, SRV _sip._tcp.school.edu, A server1.example.com, "
                          "A server2.example.com");
    speak_tls(bench);
    expect(bench, "example.com", "tls 192.0.2.1:5061");
    bench->speaks[NET_TLS][0] = bench->speaks[NET_TCP][0] = false;
    expect(bench, "example.com", "udp 192.0.2.2:5060");
    bench_free(bench);
}
END_TEST

/* RFC 3263 4.1: for a sips URI SIPS services alone count. */
START_TEST(naptr_for_sips)
{
    struct bench *bench = bench_new(rfc3263);
    speak_tls(bench);
    expect_secure(bench, "example.com", "tls 192.0.2.1:5061");
    questions_were(bench, "NAPTR example.com, SRV _sips._tcp.example.com, A server1.example.com");
    bench->speaks[NET_TLS][0] = false; /* never anything else, though it will fail */
    expect_secure(bench, "example.com", "tls 192.0.2.1:5061");
    bench_free(bench);
}
END_TEST

/* RFC 3263 4.2: a transport is named: no NAPTR. TLS: "_sips", for a sip URI too. */
START_TEST(a_named_transport)
{
    struct bench *bench = bench_new(rfc3263);
    expect_named(bench, "example.com", NET_UDP, "udp 192.0.2.2:5060");
    questions_were(bench, "SRV _sip._udp.example.com, A server2.example.com");
    expect_named(bench, "example.com", NET_TCP, "tcp 192.0.2.2:5065");
    questions_were(bench, "SRV _sip._tcp.example.com");
    expect_named(bench, "example.com", NET_TLS, "tls 192.0.2.1:5061");
    questions_were(bench, "SRV _sips._tcp.example.com, A server1.example.com");
    bench_free(bench);
}
END_TEST

/* RFC 3403 4.1: of the least order that serves, by preference. */
START_TEST(naptr_by_preference)
{
    static const struct zone_record records[] = {
        {"example", RECORD_NAPTR, 60, "10 30 s SIP+D2U _sip._udp.example"},
        {"example", RECORD_NAPTR, 60, "10 20 s SIP+D2T _sip._tcp.example"},
        {"example", RECORD_NAPTR, 60, "11 1 s SIP+D2U _sip._udp.late.example"},
        {"_sip._udp.example", RECORD_SRV, 60, "0 0 5060 a.example"},
        {"_sip._tcp.example", RECORD_SRV, 60, "5 0 5060 a.example"},
        {"_sip._udp.late.example", RECORD_SRV, 60, "0 0 5069 a.example"},
        {"a.example", RECORD_A, 60, "192.0.2.1"},
        {NULL},
    };
    struct bench *bench = bench_new(records);
    expect(bench, "example", "tcp 192.0.2.1:5060, udp 192.0.2.1:5060");
    questions_were(bench, "NAPTR example, SRV _sip._tcp.example, SRV _sip._udp.example, "
                          "A a.example");
    bench_free(bench);
}
END_TEST

/* RFC 3263 4.2: the NAPTR record names a transport without SRV records: the host itself. */
START_TEST(naptr_without_srv)
{
    static const struct zone_record records[] = {
        {"example", RECORD_NAPTR, 60, "10 30 s SIP+D2T _sip._tcp.example"},
        {"example", RECORD_A, 60, "192.0.2.1"},
        {NULL},
    };
    struct bench *bench = bench_new(records);
    expect(bench, "example", "tcp 192.0.2.1:5060");
    questions_were(bench, "NAPTR example, SRV _sip._tcp.example, A example");
    bench_free(bench);
}
END_TEST

/* RFC 3263 4.1: "If no NAPTR records are found", or none that serves: those transports that we
 * support; we prefer TLS to TCP to UDP. */
START_TEST(srv_of_all_transports)
{
    static const struct zone_record records[] = {
        {"example", RECORD_NAPTR, 60, "10 30 u E2U+sip example"},
        {"_sip._udp.example", RECORD_SRV, 60, "0 0 5060 a.example"},
        {"_sip._tcp.example", RECORD_SRV, 60, "9 0 5064 a.example"},
        {"_sips._tcp.example", RECORD_SRV, 60, "9 0 5065 a.example"},
        {"a.example", RECORD_A, 60, "192.0.2.1"},
        {NULL},
    };
    struct bench *bench = bench_new(records);
    expect(bench, "example", "tcp 192.0.2.1:5064, udp 192.0.2.1:5060");
    questions_were(bench, "NAPTR example, SRV _sip._tcp.example, SRV _sip._udp.example, "
                          "A a.example");
    speak_tls(bench);
    expect(bench, "example", "tls 192.0.2.1:5065, tcp 192.0.2.1:5064, udp 192.0.2.1:5060");
    questions_were(bench, "SRV _sips._tcp.example");
    expect_secure(bench, "example", "tls 192.0.2.1:5065");
    bench_free(bench);
}
END_TEST

/* RFC 3263 4.1 and 4.2: no SRV records: UDP, TCP (with TLS) for sips, at the default port. */
START_TEST(neither_naptr_nor_srv)
{
    static const struct zone_record records[] = {{"example", RECORD_A, 60, "192.0.2.1"}, {NULL}};
    struct bench *bench = bench_new(records);
    speak_tls(bench);
    expect(bench, "example", "udp 192.0.2.1:5060");
    questions_were(bench, "NAPTR example, SRV _sips._tcp.example, SRV _sip._tcp.example, "
                          "SRV _sip._udp.example, A example");
    expect_secure(bench, "example", "tls 192.0.2.1:5061");
    expect_named(bench, "example", NET_TCP, "tcp 192.0.2.1:5060");
    questions_were(bench, "");
    expect(bench, "nobody.example", "");
    bench_free(bench);
}
END_TEST

/* RFC 2782: "." means that the service is decidedly not available. */
START_TEST(a_service_that_is_denied)
{
    static const struct zone_record records[] = {
        {"example", RECORD_A, 60, "192.0.2.1"},
        {"_sip._udp.example", RECORD_SRV, 60, "0 0 0 ."},
        {"half.example", RECORD_A, 60, "192.0.2.1"},
        {"_sip._udp.half.example", RECORD_SRV, 60, "0 0 0 ."},
        {"_sip._tcp.half.example", RECORD_SRV, 60, "0 0 5060 half.example"},
        {NULL},
    };
    struct bench *bench = bench_new(records);
    expect_named(bench, "example", NET_UDP, "");
    expect(bench, "example", "");
    expect_named(bench, "example", NET_TCP, "tcp 192.0.2.1:5060");
    expect(bench, "half.example", "tcp 192.0.2.1:5060");
    bench_free(bench);
}
END_TEST

/* RFC 2782: by priority; within one by weight. */
START_TEST(srv_by_priority_and_weight)
{
    static const struct zone_record records[] = {
        {"_sip._udp.example", RECORD_SRV, 6000, "20 0 5060 c.example"},
        {"_sip._udp.example", RECORD_SRV, 6000, "10 1 5060 a.example"},
        {"_sip._udp.example", RECORD_SRV, 6000, "10 7 5060 b.example"},
        {"a.example", RECORD_A, 6000, "192.0.2.1"},
        {"b.example", RECORD_A, 6000, "192.0.2.2"},
        {"c.example", RECORD_A, 6000, "192.0.2.3"},
        {NULL},
    };
    enum { ROUNDS = 2000 };
    struct bench *bench = bench_new(records);
    const struct net_query query = {.host = BYTES("example"), .protocol_named = true};
    unsigned first = 0;
    for (int i = 0; i < ROUNDS; i++) {
        struct wait wait = {0};
        start(bench, &wait, &query);
        answer_all(bench);
        ck_assert_uint_eq(wait.count, 3);
        first += strcmp(wait.targets, "udp 192.0.2.1:5060, udp 192.0.2.2:5060, "
                                      "udp 192.0.2.3:5060") == 0;
        ck_assert(ends_with(wait.targets, "udp 192.0.2.3:5060"));
    }
    ck_assert_double_eq_tol((double)first / ROUNDS, 2.0 / 9, 0.03);
    bench_free(bench);
}
END_TEST

/* RFC 2782: addresses in the additional section are used; those that are not there are asked for.
 */
START_TEST(addresses_that_came_along)
{
    static const struct zone_record records[] = {
        {"_sip._udp.example", RECORD_SRV, 600, "1 0 5060 a.example"},
        {"_sip._udp.example", RECORD_SRV, 600, "2 0 5060 b.example"},
        {"a.example", RECORD_A, 60, "192.0.2.1"},
        {"b.example", RECORD_AAAA, 60, "2001:db8::2"},
        {NULL},
    };
    struct bench *bench = bench_new(records);
    bench->zone.extras = true;
    expect_named(bench, "example", NET_UDP, "udp 192.0.2.1:5060");
    questions_were(bench, "SRV _sip._udp.example, A b.example");
    speak_ipv6(bench);
    expect_named(bench, "example", NET_UDP, "udp 192.0.2.1:5060, udp [2001:db8::2]:5060");
    questions_were(bench, "AAAA a.example");
    pass(bench, 60000); /* they are too old now, the SRV record is not */
    expect_named(bench, "example", NET_UDP, "udp 192.0.2.1:5060, udp [2001:db8::2]:5060");
    questions_were(bench, "AAAA a.example, A a.example, AAAA b.example, A b.example");
    bench_free(bench);
}
END_TEST

/* IPv6 first where we have it, and by turns, so that neither uses up all attempts. */
START_TEST(families_take_turns)
{
    static const struct zone_record records[] = {
        {"example", RECORD_A, 60, "192.0.2.1"},      {"example", RECORD_A, 60, "192.0.2.2"},
        {"example", RECORD_AAAA, 60, "2001:db8::1"}, {"example", RECORD_AAAA, 60, "2001:db8::2"},
        {"example", RECORD_AAAA, 60, "2001:db8::3"}, {NULL},
    };
    struct bench *bench = bench_new(records);
    const struct net_query query = {.host = BYTES("example"), .port = 5060};
    expect_query(bench, &query, "udp 192.0.2.1:5060, udp 192.0.2.2:5060");
    speak_ipv6(bench);
    expect_query(bench, &query,
                 "udp [2001:db8::1]:5060, udp 192.0.2.1:5060, udp [2001:db8::2]:5060, "
                 "udp 192.0.2.2:5060, udp [2001:db8::3]:5060");
    bench->speaks[NET_TCP][1] = false; /* by protocol */
    const struct net_query tcp = {
        .host = BYTES("example"), .port = 5060, .protocol = NET_TCP, .protocol_named = true};
    expect_query(bench, &tcp, "tcp 192.0.2.1:5060, tcp 192.0.2.2:5060");
    bench_free(bench);
}
END_TEST

/* NET_TARGETS_MAX places: a host with many addresses leaves some to the others. */
START_TEST(so_many_targets_and_no_more)
{
    static const struct zone_record records[] = {
        {"_sip._udp.example", RECORD_SRV, 60, "1 0 5060 many.example"},
        {"_sip._udp.example", RECORD_SRV, 60, "2 0 5060 one.example"},
        {"many.example", RECORD_A, 60, "192.0.2.1"},
        {"many.example", RECORD_A, 60, "192.0.2.2"},
        {"many.example", RECORD_A, 60, "192.0.2.3"},
        {"many.example", RECORD_A, 60, "192.0.2.4"},
        {"many.example", RECORD_A, 60, "192.0.2.5"},
        {"many.example", RECORD_A, 60, "192.0.2.6"},
        {"many.example", RECORD_A, 60, "192.0.2.7"},
        {"many.example", RECORD_A, 60, "192.0.2.8"},
        {"many.example", RECORD_A, 60, "192.0.2.9"},
        {"one.example", RECORD_A, 60, "192.0.2.77"},
        {NULL},
    };
    struct bench *bench = bench_new(records);
    expect(bench, "example",
           "udp 192.0.2.1:5060, udp 192.0.2.2:5060, udp 192.0.2.3:5060, udp 192.0.2.4:5060, "
           "udp 192.0.2.77:5060");
    ck_assert_uint_eq(bench->metrics.values[METRIC_lookups_cut], 1);
    const struct net_query few = {.host = BYTES("one.example"), .port = 5060};
    expect_query(bench, &few, "udp 192.0.2.77:5060");
    ck_assert_uint_eq(bench->metrics.values[METRIC_lookups_cut], 1);
    const struct net_query query = {.host = BYTES("many.example"), .port = 5060};
    expect_query(bench, &query,
                 "udp 192.0.2.1:5060, udp 192.0.2.2:5060, udp 192.0.2.3:5060, "
                 "udp 192.0.2.4:5060, udp 192.0.2.5:5060, udp 192.0.2.6:5060, "
                 "udp 192.0.2.7:5060, udp 192.0.2.8:5060");
    ck_assert_uint_eq(bench->metrics.values[METRIC_lookups_cut], 2);
    ck_assert_uint_eq(bench->metrics.values[METRIC_dns_answers_cut], 0);
    bench_free(bench);
}
END_TEST

START_TEST(so_many_hosts_and_no_more)
{
    char names[40][32], services[40][64];
    struct zone_record records[81] = {{NULL}};
    for (unsigned i = 0; i < 40; i++) {
        snprintf(names[i], sizeof(names[i]), "h%u.example", i);
        snprintf(services[i], sizeof(services[i]), "%u 0 5060 h%u.example", i, i);
        records[i] = (struct zone_record){"_sip._udp.example", RECORD_SRV, 60, services[i]};
        records[40 + i] = (struct zone_record){names[i], RECORD_A, 60, "192.0.2.1"};
    }
    struct bench *bench = bench_new(records);
    bench->settings.lookups_max = 100;
    speak_ipv6(bench);
    expect_named(bench, "example", NET_UDP, "udp 192.0.2.1:5060"); /* and each only once */
    ck_assert_uint_eq(bench->metrics.values[METRIC_dns_questions], 1 + 2 * NET_TARGETS_MAX);
    bench_free(bench);
}
END_TEST

/* Not by the book (RFC 2782 wants a name), but seen. */
START_TEST(an_srv_target_that_is_an_address)
{
    static const struct zone_record records[] = {
        {"_sip._udp.example", RECORD_SRV, 60, "1 0 5070 192.0.2.9"}, {NULL}};
    struct bench *bench = bench_new(records);
    expect_named(bench, "example", NET_UDP, "udp 192.0.2.9:5070");
    questions_were(bench, "SRV _sip._udp.example");
    bench_free(bench);
}
END_TEST

START_TEST(aliases_are_followed)
{
    static const struct zone_record records[] = {
        {"example", RECORD_CNAME, 60, "real.example"},
        {"_sip._udp.example", RECORD_CNAME, 60, "_sip._udp.real.example"},
        {"_sip._udp.real.example", RECORD_SRV, 60, "1 0 5070 www.example"},
        {"www.example", RECORD_CNAME, 60, "host.example"},
        {"host.example", RECORD_A, 60, "192.0.2.9"},
        {NULL},
    };
    struct bench *bench = bench_new(records);
    expect(bench, "example", "udp 192.0.2.9:5070");
    bench_free(bench);
}
END_TEST

/* RFC 3861 3 to 5 */
START_TEST(im_and_pres)
{
    static const struct zone_record records[] = {
        {"_im._sip.example", RECORD_SRV, 60, "2 0 5060 b.example"},
        {"_im._sip.example", RECORD_SRV, 60, "1 0 5070 a.example"},
        {"_sip._udp.example", RECORD_SRV, 60, "0 0 5060 c.example"},
        {"a.example", RECORD_A, 60, "192.0.2.1"},
        {"b.example", RECORD_A, 60, "192.0.2.2"},
        {"c.example", RECORD_A, 60, "192.0.2.3"},
        {"_pres._sip.none.example", RECORD_SRV, 60, "0 0 0 ."},
        {"none.example", RECORD_A, 60, "192.0.2.3"},
        {NULL},
    };
    struct bench *bench = bench_new(records);
    struct net_query query = {.host = BYTES("example"), .service = NET_IM};
    expect_query(bench, &query, "udp 192.0.2.1:5070, udp 192.0.2.2:5060");
    questions_were(bench, "SRV _im._sip.example, A a.example, A b.example");
    query.service = NET_PRES; /* RFC 3861 4: no such record: the domain itself */
    expect_query(bench, &query, "udp 192.0.2.3:5060");
    questions_were(bench, "SRV _pres._sip.example, NAPTR example, SRV _sip._tcp.example, "
                          "SRV _sip._udp.example, A c.example");
    query.host = BYTES("none.example"); /* denied */
    expect_query(bench, &query, "");
    questions_were(bench, "SRV _pres._sip.none.example");
    bench_free(bench);
}
END_TEST

/* RFC 3263 4.3: those that failed are tried last, but are tried. */
START_TEST(shunned_targets_go_behind)
{
    struct bench *bench = bench_new(plain);
    const struct net_query query = {.host = BYTES("example"), .port = 5060};
    struct net_target target = {.protocol = NET_UDP};
    ck_assert(net_address_parse(BYTES("192.0.2.1"), 5060, &target.address));
    resolve_shun(resolver_of(bench), &target, 30);
    expect_query(bench, &query, "udp 192.0.2.2:5060, udp 192.0.2.1:5060");
    pass(bench, 30000);
    expect_query(bench, &query, "udp 192.0.2.1:5060, udp 192.0.2.2:5060");
    resolve_shun(bench->resolver, &target, 30);
    resolve_shun(bench->resolver, &target, 0);
    expect_query(bench, &query, "udp 192.0.2.1:5060, udp 192.0.2.2:5060");
    bench_free(bench);
}
END_TEST

/* A name server that fails for what it does not know is no reason to give up. */
START_TEST(failed_questions_count_as_unanswered)
{
    static const struct zone_record records[] = {
        {"example", RECORD_A, 60, "192.0.2.1"},
        {"_sip._tcp.half.example", RECORD_SRV, 60, "0 0 5060 example"},
        {NULL},
    };
    struct bench *bench = bench_new(records);
    bench->failing = "_udp.half.example";
    expect(bench, "half.example", "tcp 192.0.2.1:5060");
    bench->failing = "_udp.example";
    expect_named(bench, "example", NET_UDP, "udp 192.0.2.1:5060");
    bench->failing = "";
    expect(bench, "broken.example", "");
    ck_assert_uint_eq(bench->metrics.values[METRIC_dns_failures], 6);
    bench_free(bench);
}
END_TEST

/* A name that is itself allowed, but too long with "_sip._udp." before it. */
START_TEST(a_very_long_name)
{
    static const char label[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    char name[256];
    snprintf(name, sizeof(name), "%s.%s.%s.%s.%s", label, label, label, label, "example");
    const struct zone_record records[] = {{name, RECORD_A, 60, "192.0.2.1"}, {NULL}};
    struct bench *bench = bench_new(records);
    ck_assert_uint_gt(strlen(name), NAME_SIZE - 1 - strlen("_sip._udp."));
    ck_assert_uint_lt(strlen(name), NAME_SIZE);
    expect(bench, name, "udp 192.0.2.1:5060");
    ck_assert_uint_eq(bench->metrics.values[METRIC_dns_questions], 2);
    bench_free(bench);
}
END_TEST

UNIT_MAIN("net/resolve", a_numeric_host, what_cannot_be_is_not_asked_for,
          localhost_is_loopback_in_the_families_that_we_have, what_is_no_name_is_not_asked_for,
          an_explicit_port, naptr_by_order, naptr_for_sips, a_named_transport, naptr_by_preference,
          naptr_without_srv, srv_of_all_transports, neither_naptr_nor_srv, a_service_that_is_denied,
          srv_by_priority_and_weight, addresses_that_came_along, families_take_turns,
          so_many_targets_and_no_more, so_many_hosts_and_no_more, an_srv_target_that_is_an_address,
          aliases_are_followed, im_and_pres, shunned_targets_go_behind,
          failed_questions_count_as_unanswered, a_very_long_name)
